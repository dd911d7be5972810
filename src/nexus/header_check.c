/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Object headers of version 1: HDF5 file format specification, section IV.A.1.a; the attribute message: IV.A.2.m;
 * continuation: IV.A.2.q. */
#include "nexus/header_check.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "nexus/h5file.h"
#include "nexus/h5util.h"

#include <stdlib.h>
#include <string.h>

enum { PREFIX = 16, HEAD = 8, MESSAGE_ATTRIBUTE = 0x0c, MESSAGE_CONTINUATION = 0x10 };
enum { MOST_BLOCKS = 256 }; /* of a header: ours have two or three, and damaged ones may lead in a circle */

typedef struct header {
    hid_t object;
    uint64_t room; /* bytes of all its blocks */
    unsigned blocks;
} header;

static bool attribute_fits(hid_t object, const uint8_t *message, size_t size)
{
    if (size < 9) return false;
    const unsigned version = message[0];
    const size_t fixed = version < 3 ? 8 : 9, step = version == 1 ? 8 : 1;
    size_t used = fixed;
    for (int part = 2; part <= 6; part += 2) /* name, type, space */
        used += (lbc_get_le16(message + part) + step - 1) / step * step;
    if (used > size || !memchr(message + fixed, 0, lbc_get_le16(message + 2))) return false;
    hid_t attribute = H5Aopen(object, (const char *)message + fixed, H5P_DEFAULT);
    const bool fits = attribute >= 0 && H5Aget_storage_size(attribute) <= size - used;
    lbc_h5_close(&attribute);
    return fits;
}

static bool block_fits(header *h, uint64_t address, uint64_t size);

static bool message_fits(header *h, unsigned type, const uint8_t *message, size_t size)
{
    if (type == MESSAGE_ATTRIBUTE) return attribute_fits(h->object, message, size);
    if (type != MESSAGE_CONTINUATION) return true;
    return size >= 16 && block_fits(h, lbc_get_le64(message), lbc_get_le64(message + 8));
}

static bool messages_fit(header *h, const uint8_t *block, size_t size)
{
    while (size >= HEAD) {
        const unsigned type = lbc_get_le16(block), length = lbc_get_le16(block + 2);
        block += HEAD;
        size -= HEAD;
        if (length > size || !message_fits(h, type, block, length)) return false;
        block += length;
        size -= length;
    }
    return true;
}

static bool block_fits(header *h, uint64_t address, uint64_t size)
{
    if (size > h->room || h->blocks++ == MOST_BLOCKS) return false;
    uint8_t *block = lbc_alloc(size, 1);
    const bool fits = block && lbc_h5_bytes(h->object, address, block, size) && messages_fit(h, block, size);
    free(block);
    return fits;
}

bool lbc_header_fits(hid_t object)
{
    uint8_t prefix[PREFIX];
    H5O_info_t info;
    if (H5Oget_info2(object, &info, H5O_INFO_BASIC | H5O_INFO_HDR) < 0) return false;
    if (info.hdr.version != 1 || !lbc_h5_has_bytes(object)) return true;
    header h = {.object = object, .room = info.hdr.space.total};
    return lbc_h5_bytes(object, info.addr, prefix, PREFIX) &&
           block_fits(&h, info.addr + PREFIX, lbc_get_le32(prefix + 8));
}
