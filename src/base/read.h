/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* read.h - bytes of a file from any place in it, by any number of threads at once. */
#ifndef LBC_BASE_READ_H
#define LBC_BASE_READ_H

#include <stddef.h>
#include <stdint.h>

/* Reads size bytes at offset `at` of the file fd, and returns how many it got. Fewer: errno is 0 where the file ends
 * there, else it says why. */
size_t lbc_read_at(int fd, void *to, size_t size, uint64_t at);

#endif
