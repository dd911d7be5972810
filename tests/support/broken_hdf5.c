/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For LD_PRELOAD: an HDF5 library that does not outlive the file it opens, as the real one does not outlive some
 * damage. LBC_BREAK says how: crash, or spin. */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

__attribute__((visibility("default"))) int64_t H5Oopen(int64_t location, const char *name, int64_t access);

int64_t H5Oopen(int64_t location, const char *name, int64_t access)
{
    const char *how = getenv("LBC_BREAK");
    volatile int forever = how && strcmp(how, "spin") == 0;
    (void)location;
    (void)name;
    (void)access;
    while (forever) continue;
    raise(SIGSEGV);
    return -1;
}
