/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/read.h"

#include <errno.h>
#include <unistd.h>

size_t lbc_read_at(int fd, void *to, size_t size, uint64_t at)
{
    size_t done = 0;
    while (done < size) {
        const ssize_t n = pread(fd, (char *)to + done, size - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) errno = 0;
        if (n <= 0) break;
        done += (size_t)n;
    }
    return done;
}
