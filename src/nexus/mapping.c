/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/mapping.h"

#include "base/bytes.h"
#include "base/checksum.h"
#include "base/memory.h"
#include "base/read.h"
#include "nexus/doubt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE        14 /* bytes: version, class, address of a heap, number of the object in it */
#define PREFIX         16 /* of a heap: "GCOL", version, 3 spare bytes, its size */
#define OBJECT         16 /* before an object: its number, uses, 4 spare bytes, its size */
#define LARGEST_HEAP   ((uint64_t)1 << 28)
#define SPECULATION    512 /* bytes that HDF5 reads of a header before it knows how long it is */
#define SMALLEST_BLOCK 13  /* version, number of parts, checksum */

/* The object of this number, or NULL. Objects lie end to end, at multiples of 8 bytes; number 0 is what is free. */
static const uint8_t *find_object(const uint8_t *heap, size_t size, uint32_t number, size_t *length)
{
    for (size_t at = PREFIX; size - at >= OBJECT;) {
        const uint32_t here = lbc_get_le16(heap + at);
        const uint64_t bytes = lbc_get_le64(heap + at + 8);
        const size_t rest = size - at - OBJECT;
        if (here == 0 || bytes > rest) return NULL;
        *length = (size_t)bytes;
        if (here == number) return heap + at + OBJECT;
        const size_t padded = (*length + 7) & ~(size_t)7;
        if (padded > rest) return NULL;
        at += OBJECT + padded;
    }
    return NULL;
}

static bool block_sound(const uint8_t *heap, size_t size, uint32_t number)
{
    size_t length;
    const uint8_t *block = find_object(heap, size, number, &length);
    return block && length >= SMALLEST_BLOCK && lbc_lookup3(block, length - 4) == lbc_get_le32(block + length - 4);
}

/* Notes what is wrong. */
static bool doubtful(const char *why)
{
    lbc_doubt(H5I_INVALID_HID, "where the parts of a virtual data set are, in it or in a file it leads to,", why);
    return false;
}

static bool heap_sound(int fd, uint64_t at, uint64_t size, uint32_t number)
{
    static const char damaged[] = "its checksum is wrong";
    if (size < PREFIX || size > LARGEST_HEAP) return doubtful(damaged);
    uint8_t *heap = lbc_alloc((size_t)size, 1);
    if (!heap) return doubtful("out of memory");
    const bool read = lbc_read_at(fd, heap, (size_t)size, at) == size;
    const char *trouble = read || errno == 0 ? damaged : strerror(errno);
    const bool sound = read && block_sound(heap, (size_t)size, number);
    free(heap);
    return sound || doubtful(trouble);
}

/* What may be a message of a virtual layout. It is none when no heap is where it leads. */
static bool message_sound(int fd, uint64_t base, const uint8_t *message)
{
    uint8_t prefix[PREFIX];
    const uint64_t at = base + lbc_get_le64(message + 2);
    if (at > INT64_MAX - PREFIX) return true;
    if (lbc_read_at(fd, prefix, PREFIX, at) < PREFIX) return errno == 0 || doubtful(strerror(errno));
    return memcmp(prefix, "GCOL", 4) != 0 || heap_sound(fd, at, lbc_get_le64(prefix + 8), lbc_get_le32(message + 10));
}

/* Where a header ends that HDF5 may have read more than: what is behind it is another's, or nobody's any more. Blocks
 * that a header goes on in have no such beginning, and are read as long as they are. */
static size_t header_end(const uint8_t *h, size_t size)
{
    uint64_t end = size;
    if (size < 32 || size > SPECULATION) return size;
    if (memcmp(h, "OHDR", 4) == 0) { /* version 2: times and limits may stand before the size, a checksum behind */
        const unsigned flags = h[5], wide = 1U << (flags & 3);
        const size_t at = 6U + (flags & 0x20 ? 16U : 0U) + (flags & 0x10 ? 4U : 0U);
        end = at + wide + 4;
        for (unsigned i = 0; i < wide && i < 4; i++) end += (uint64_t)h[at + i] << 8 * i;
    } else if (h[0] == 1 && h[1] == 0 && lbc_get_le32(h + 4) > 0 && lbc_get_le32(h + 12) == 0) {
        end = 16 + (uint64_t)lbc_get_le32(h + 8); /* version 1: messages, references, size, spare bytes */
    }
    return end < size ? (size_t)end : size;
}

bool lbc_mappings_sound(int fd, uint64_t base, uint64_t at, const unsigned char *header, size_t size)
{
    size = header_end(header, size);
    for (size_t i = 0; i < size; i++) {
        uint8_t message[MESSAGE];
        const size_t here = size - i < MESSAGE ? size - i : MESSAGE;
        if (header[i] != 4 || (here > 1 && header[i + 1] != 3)) continue;
        memcpy(message, header + i, here);
        /* one that goes on where HDF5 has not read yet; the end of the file is the end of it as well */
        if (lbc_read_at(fd, message + here, MESSAGE - here, at + i + here) < MESSAGE - here) {
            if (errno) return doubtful(strerror(errno));
            continue;
        }
        if (message[1] == 3 && !message_sound(fd, base, message)) return false;
    }
    return true;
}
