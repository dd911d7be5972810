/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/storage.h"

#include <lz4.h>

static size_t bound(size_t bytes)
{
    return (size_t)LZ4_compressBound((int)bytes);
}

static lbc_status pack(lbc_codec_work *w, int level, const void *in, size_t bytes, uint8_t *out, size_t capacity,
                       size_t *size)
{
    (void)w;
    (void)level;
    const int room = capacity < INT32_MAX ? (int)capacity : INT32_MAX;
    const int made = LZ4_compress_default(in, (char *)out, (int)bytes, room);
    if (made <= 0) return LBC_E_SPACE;
    *size = (size_t)made;
    return LBC_OK;
}

static lbc_status unpack(lbc_codec_work *w, const uint8_t *in, size_t size, void *out, size_t bytes)
{
    (void)w;
    if (size > INT32_MAX || bytes > LZ4_MAX_INPUT_SIZE) return LBC_E_FORMAT;
    const int made = LZ4_decompress_safe((const char *)in, out, (int)size, (int)bytes);
    return made >= 0 && (size_t)made == bytes ? LBC_OK : LBC_E_FORMAT;
}

const lbc_packer lbc_pack_lz4 = {.max_input = LZ4_MAX_INPUT_SIZE, .bound = bound, .pack = pack, .unpack = unpack};
