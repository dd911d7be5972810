/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Object headers of version 1: HDF5 file format specification, section IV.A.1.a; the filter pipeline
 * message: IV.A.2.l; continuation: IV.A.2.q. */
#include "nexus/filter_stamp.h"

#include "base/bytes.h"
#include "base/read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGE_FILTERS = 0x0b, MESSAGE_CONTINUATION = 0x10 };

static size_t never_runs(unsigned flags, size_t nparams, const unsigned params[], size_t size, size_t *capacity,
                         void **buffer)
{
    (void)flags, (void)nparams, (void)params, (void)size, (void)capacity, (void)buffer;
    return 0;
}

/* A stand-in for each filter, among the last of 256 to 511, which HDF5 keeps for tests. Each has the name
 * that its filter has: the name stands in the file, for messages, and h5repack of HDF5 1.10 damages a copy
 * of a data set whose filter has no name in the file and one in its plugin. */
#define STAND_IN(id, name)                                                                                             \
    {                                                                                                                  \
        H5Z_CLASS_T_VERS, id, 1, 1, name, NULL, NULL, never_runs                                                       \
    }
static const struct {
    uint32_t filter; /* 0: any other */
    H5Z_class2_t stand_in;
} stand_ins[] = {
    {32001, STAND_IN(511, "blosc")},
    {32004, STAND_IN(510, "lz4")},
    {32008, STAND_IN(509, "bitshuffle; see https://github.com/kiyo-masui/bitshuffle")},
    {32015, STAND_IN(508, "Zstandard")},
    {33212, STAND_IN(507, "h5lbc: codestreams of l_bnl_compress")},
    {0, STAND_IN(506, "unnamed")},
};

static const H5Z_class2_t *stand_in_for(uint32_t filter)
{
    size_t i = 0;
    while (stand_ins[i].filter && stand_ins[i].filter != filter) i++;
    return &stand_ins[i].stand_in;
}

bool lbc_filter_stand_in(hid_t create, uint32_t filter, uint32_t nparams, const uint32_t *params)
{
    const H5Z_class2_t *stand_in = stand_in_for(filter);
    return H5Zregister(stand_in) >= 0 && H5Pset_filter(create, stand_in->id, H5Z_FLAG_MANDATORY, nparams, params) >= 0;
}

static bool read_at(int fd, uint8_t *to, size_t size, uint64_t offset)
{
    return lbc_read_at(fd, to, size, offset) == size;
}

/* Looks through one block of messages. *at: file offset of the stand-in's number, 0 while not found;
 * *next, *next_size: the continuation block, if any. */
static bool scan_block(int fd, uint64_t offset, uint64_t size, unsigned number, uint64_t *at, uint64_t *next,
                       uint64_t *next_size)
{
    uint8_t head[8], body[16];
    for (uint64_t end = offset + size; offset + sizeof head <= end;) {
        if (!read_at(fd, head, sizeof head, offset)) return false;
        const unsigned type = lbc_get_le16(head), length = lbc_get_le16(head + 2);
        offset += sizeof head;
        if (type == MESSAGE_CONTINUATION && length >= 16) {
            if (!read_at(fd, body, 16, offset)) return false;
            *next = lbc_get_le64(body);
            *next_size = lbc_get_le64(body + 8);
        }
        if (type == MESSAGE_FILTERS && length >= 10) {
            if (!read_at(fd, body, 10, offset)) return false;
            const bool ours = body[0] == 1 && body[1] == 1 && lbc_get_le16(body + 8) == number;
            if (!ours || *at) return false;
            *at = offset + 8;
        }
        offset += length;
    }
    return true;
}

static uint64_t find_stand_in(int fd, uint64_t address, unsigned number)
{
    uint8_t prefix[16];
    if (!read_at(fd, prefix, sizeof prefix, address) || prefix[0] != 1) return 0;
    uint64_t at = 0, block = address + sizeof prefix, size = lbc_get_le32(prefix + 8);
    for (int blocks = 0; size && blocks < 16; blocks++) {
        uint64_t next = 0, next_size = 0;
        if (!scan_block(fd, block, size, number, &at, &next, &next_size)) return 0;
        block = next;
        size = next_size;
    }
    return at;
}

lbc_status lbc_filter_stamp(const char *path, uint64_t address, uint32_t filter, lbc_error *err)
{
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return lbc_fail(err, LBC_E_IO, "%s: cannot be opened again (%s)", path, strerror(errno));
    lbc_status status = LBC_OK;
    const uint64_t at = find_stand_in(fd, address, (unsigned)stand_in_for(filter)->id);
    uint8_t number[2];
    lbc_put_le16(number, (uint16_t)filter);
    if (!at)
        status = lbc_fail(err, LBC_E_FORMAT, "%s: HDF5 wrote an object header of a kind that is not understood", path);
    else if (pwrite(fd, number, sizeof number, (off_t)at) != (ssize_t)sizeof number)
        status = lbc_fail(err, LBC_E_IO, "%s: write failed (%s)", path, strerror(errno));
    if (close(fd) != 0 && status == LBC_OK)
        status = lbc_fail(err, LBC_E_IO, "%s: write failed (%s)", path, strerror(errno));
    return status;
}
