/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _DEFAULT_SOURCE /* flock */
#include "base/claim.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static char *lock_path(const char *prefix)
{
    const char *slash = strrchr(prefix, '/');
    const char *base = slash ? slash + 1 : prefix;
    return lbc_asprintf("%.*s.%s.lbc-lock", (int)(base - prefix), prefix, base);
}

/* The file that was locked is still the one of that name: its last holder removes it. */
static bool still_there(const lbc_claim *claim)
{
    struct stat held, named;
    return fstat(claim->file, &held) == 0 && lstat(claim->path, &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

/* Nothing is claimed. */
static void forget(lbc_claim *claim)
{
    free(claim->path);
    claim->path = NULL;
}

/* How: of flock. LBC_E_EXISTS, without a message: somebody else holds it, and how was not to wait. */
static lbc_status take(lbc_claim *claim, const char *prefix, int how, lbc_error *err)
{
    claim->path = lock_path(prefix);
    if (!claim->path) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    for (;;) {
        claim->file = open(claim->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (claim->file < 0) {
            const lbc_status status =
                lbc_fail(err, LBC_E_IO, "%s: cannot make a lock file: %s", claim->path, strerror(errno));
            forget(claim);
            return status;
        }
        int failed;
        do failed = flock(claim->file, how);
        while (failed && errno == EINTR);
        const bool held = failed && errno == EWOULDBLOCK;
        if (!failed && still_there(claim)) return LBC_OK;
        close(claim->file);
        if (!failed) continue;
        if (!held) unlink(claim->path); /* no locks here */
        forget(claim);
        return held ? LBC_E_EXISTS : LBC_OK;
    }
}

lbc_status lbc_claim_take(lbc_claim *claim, const char *prefix, bool shared, lbc_error *err)
{
    const lbc_status status = take(claim, prefix, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB, err);
    if (status != LBC_E_EXISTS) return status;
    return lbc_fail(err, status, "%s: another run is writing this set; wait for it, or choose another -o", prefix);
}

lbc_status lbc_claim_wait(lbc_claim *claim, const char *prefix, lbc_error *err)
{
    return take(claim, prefix, LOCK_EX, err);
}

void lbc_claim_drop(lbc_claim *claim)
{
    if (!claim->path) return;
    /* Removed by whoever can have it alone: another holder of a shared claim removes it later. */
    if (flock(claim->file, LOCK_EX | LOCK_NB) == 0 && still_there(claim)) unlink(claim->path);
    close(claim->file);
    free(claim->path);
    claim->path = NULL;
}
