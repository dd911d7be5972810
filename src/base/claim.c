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
#include <time.h>
#include <unistd.h>

#define END ".lbc-lock"

/* end: of the kind of lock. */
static char *lock_path(const char *name, const char *end)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash ? slash + 1 : name;
    return lbc_asprintf("%.*s.%s%s", (int)(base - name), name, base, end);
}

/* Whether the lock file at path is the one that is claimed. */
static bool is_at(const lbc_claim *claim, const char *path)
{
    struct stat held, named;
    return claim->path && fstat(claim->file, &held) == 0 && lstat(path, &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

/* Nothing is claimed. */
static void forget(lbc_claim *claim)
{
    free(claim->path);
    claim->path = NULL;
}

/* How: of flock. LBC_E_EXISTS, without a message: it is held, and how was not to wait. */
static lbc_status take(lbc_claim *claim, const char *name, const char *end, int how, lbc_error *err)
{
    claim->path = lock_path(name, end);
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
        if (!failed && is_at(claim, claim->path)) return LBC_OK; /* else its last holder has removed it */
        close(claim->file);
        if (!failed) continue;
        if (!held) unlink(claim->path); /* no locks here */
        forget(claim);
        return held ? LBC_E_EXISTS : LBC_OK;
    }
}

static bool is_held(const lbc_claims *claims, const char *name)
{
    bool held = false;
    char *path = lock_path(name, END);
    for (unsigned i = 0; path && i < claims->count; i++) held = held || is_at(&claims->of[i], path);
    free(path);
    return held;
}

/* A share that ends has the lock alone for a moment. */
static lbc_status take_shared(lbc_claim *claim, const char *name, lbc_error *err)
{
    const struct timespec moment = {.tv_nsec = 20000000};
    lbc_status status = LBC_E_EXISTS;
    for (int tries = 0; status == LBC_E_EXISTS && tries < 50; tries++) {
        if (tries) nanosleep(&moment, NULL);
        status = take(claim, name, END, LOCK_SH | LOCK_NB, err);
    }
    return status;
}

lbc_status lbc_claims_add(lbc_claims *claims, const char *name, const char *option, bool shared, lbc_error *err)
{
    if (is_held(claims, name)) return LBC_OK;
    lbc_claim *claim = &claims->of[claims->count];
    const lbc_status status = shared ? take_shared(claim, name, err) : take(claim, name, END, LOCK_EX | LOCK_NB, err);
    if (status == LBC_OK) claims->count++;
    if (status != LBC_E_EXISTS) return status;
    return lbc_fail(err, status, "%s: another run is writing files of this name; wait for it, or choose another %s",
                    name, option);
}

void lbc_claims_drop(lbc_claims *claims)
{
    while (claims->count) lbc_claim_drop(&claims->of[--claims->count]);
}

lbc_status lbc_claim_turn(lbc_claim *claim, const char *name, lbc_error *err)
{
    return take(claim, name, ".turn" END, LOCK_EX, err);
}

void lbc_claim_drop(lbc_claim *claim)
{
    if (!claim->path) return;
    /* Removed by whoever can have it alone: another holder of a shared claim removes it later. */
    if (flock(claim->file, LOCK_EX | LOCK_NB) == 0 && is_at(claim, claim->path)) unlink(claim->path);
    close(claim->file);
    free(claim->path);
    claim->path = NULL;
}
