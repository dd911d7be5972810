/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For LD_PRELOAD: an HDF5 library that does not outlive a file it opens, as the real one does not outlive some damage.
 * LBC_BREAK says how: crash, spin, grow, or kill, as somebody from outside does; and with LBC_BREAK_AT set, only at
 * data sets of that name. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef int64_t open_object(int64_t location, const char *name, int64_t access);

__attribute__((visibility("default"))) open_object H5Oopen, H5Dopen2;

/* Four times what is allowed, and then an end: the test is not to bring down the machine. */
static void grow(void)
{
    const size_t piece = (size_t)1 << 24;
    for (int i = 0; i < 1024; i++) {
        void *more = malloc(piece);
        if (!more) break;
        memset(more, i, piece);
    }
}

static void end_here(void)
{
    const char *how = getenv("LBC_BREAK");
    if (how && strcmp(how, "grow") == 0) grow();
    volatile int forever = how && strcmp(how, "spin") == 0;
    while (forever) continue;
    raise(how && strcmp(how, "kill") == 0 ? SIGKILL : SIGSEGV);
}

int64_t H5Oopen(int64_t location, const char *name, int64_t access)
{
    open_object *real;
    if (!getenv("LBC_BREAK_AT")) end_here();
    *(void **)&real = dlsym(RTLD_NEXT, "H5Oopen");
    return real(location, name, access);
}

int64_t H5Dopen2(int64_t location, const char *name, int64_t access)
{
    open_object *real;
    const char *where = getenv("LBC_BREAK_AT");
    if (where && strcmp(name, where) == 0) end_here();
    *(void **)&real = dlsym(RTLD_NEXT, "H5Dopen2");
    return real(location, name, access);
}
