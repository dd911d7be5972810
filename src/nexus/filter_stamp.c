/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Object headers of version 1: HDF5 file format specification, section IV.A.1.a; the filter pipeline
 * message: IV.A.2.l; continuation: IV.A.2.q. */
#include "nexus/filter_stamp.h"

#include "base/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define STAND_IN 511 /* the last of 256 to 511, which HDF5 keeps for tests */

enum { MESSAGE_FILTERS = 0x0b, MESSAGE_CONTINUATION = 0x10 };

static size_t never_runs(unsigned flags, size_t nparams, const unsigned params[], size_t size, size_t *capacity,
                         void **buffer)
{
    (void)flags, (void)nparams, (void)params, (void)size, (void)capacity, (void)buffer;
    return 0;
}

bool lbc_filter_stand_in(hid_t create, uint32_t nparams, const uint32_t *params)
{
    static const H5Z_class2_t stand_in = {H5Z_CLASS_T_VERS, STAND_IN, 1, 1, NULL, NULL, NULL, never_runs};
    return H5Zregister(&stand_in) >= 0 && H5Pset_filter(create, STAND_IN, H5Z_FLAG_MANDATORY, nparams, params) >= 0;
}

static bool read_at(int fd, uint8_t *to, size_t size, uint64_t offset)
{
    return pread(fd, to, size, (off_t)offset) == (ssize_t)size;
}

/* Looks through one block of messages. *at: file offset of the stand-in's number, 0 while not found;
 * *next, *next_size: the continuation block, if any. */
static bool scan_block(int fd, uint64_t offset, uint64_t size, uint64_t *at, uint64_t *next, uint64_t *next_size)
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
            const bool ours = body[0] == 1 && body[1] == 1 && lbc_get_le16(body + 8) == STAND_IN;
            if (!ours || *at) return false;
            *at = offset + 8;
        }
        offset += length;
    }
    return true;
}

static uint64_t find_stand_in(int fd, uint64_t address)
{
    uint8_t prefix[16];
    if (!read_at(fd, prefix, sizeof prefix, address) || prefix[0] != 1) return 0;
    uint64_t at = 0, block = address + sizeof prefix, size = lbc_get_le32(prefix + 8);
    for (int blocks = 0; size && blocks < 16; blocks++) {
        uint64_t next = 0, next_size = 0;
        if (!scan_block(fd, block, size, &at, &next, &next_size)) return 0;
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
    const uint64_t at = find_stand_in(fd, address);
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
