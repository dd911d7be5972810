/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lz4 - HDF5 filter 32004 as the HDF Group registered it.
 *
 * Chunk: 8 bytes big-endian total bytes, 4 bytes big-endian block bytes, then for each block 4 bytes
 * big-endian packed size and the payload; a block that did not shrink is stored as it is, with its
 * own length as packed size. The last block is shorter; what follows it is ignored. cd_values: block bytes, or nothing.
 */
#include "base/bytes.h"
#include "codec/storage.h"

#include <string.h>

enum { HEADER = 12, DEFAULT_BLOCK = 1 << 30 };

static lbc_status configure(lbc_chunk_format *format, int level)
{
    (void)level;
    if (!lbc_frame_fits(format)) return LBC_E_UNSUPPORTED;
    format->codec = &lbc_codec_lz4;
    format->nparams = 1;
    format->params[0] = 0;
    return LBC_OK;
}

static lbc_status recognise(const lbc_chunk_format *format)
{
    (void)format;
    return LBC_OK;
}

/* Bytes of the blocks that encode() writes, all but the last. */
static size_t block_bytes(const lbc_chunk_format *format)
{
    const size_t frame = lbc_frame_bytes(format);
    const size_t asked = format->nparams && format->params[0] ? format->params[0] : DEFAULT_BLOCK;
    const size_t block = asked < DEFAULT_BLOCK ? asked : DEFAULT_BLOCK;
    return block < frame ? block : frame;
}

static size_t bound(const lbc_chunk_format *format)
{
    const size_t frame = lbc_frame_bytes(format), block = block_bytes(format);
    return HEADER + (block ? frame / block + 1 : 0) * (4 + lbc_pack_lz4.bound(block));
}

static lbc_status encode(lbc_codec_work *w, const lbc_chunk_format *format, const lbc_pixel_source *source,
                         uint8_t *chunk, size_t capacity, size_t *size)
{
    const size_t frame = lbc_frame_bytes(format), block = block_bytes(format);
    if (capacity < bound(format)) return LBC_E_SPACE;
    if (!lbc_buffer_need(&w->frame, frame)) return LBC_E_MEMORY;
    source->give(source->user, 0, lbc_shape_pixels(format->shape), w->frame.data);

    uint8_t *out = chunk;
    lbc_put_be64(out, frame);
    lbc_put_be32(out + 8, (uint32_t)block);
    out += HEADER;
    for (size_t at = 0, n, made; at < frame; at += n, out += 4 + made) {
        n = frame - at < block ? frame - at : block;
        const size_t room = capacity - (size_t)(out + 4 - chunk);
        const lbc_status status = lbc_pack_lz4.pack(w, 0, w->frame.data + at, n, out + 4, room, &made);
        if (status != LBC_OK) return status;
        if (made >= n) {
            memcpy(out + 4, w->frame.data + at, n);
            made = n;
        }
        lbc_put_be32(out, (uint32_t)made);
    }
    *size = (size_t)(out - chunk);
    return LBC_OK;
}

/* Blocks need not end between pixels: what is whole so far is handed over after each of them. */
static lbc_status decode(lbc_codec_work *w, const lbc_chunk_format *format, const uint8_t *chunk, size_t size,
                         const lbc_pixel_sink *sink)
{
    const size_t frame = lbc_frame_bytes(format), pixel = lbc_pixel_size(format->type);
    if (size < HEADER || lbc_get_be64(chunk) != frame) return LBC_E_FORMAT;
    const size_t block = lbc_get_be32(chunk + 8);
    if (block == 0 && frame) return LBC_E_FORMAT;
    if (!lbc_buffer_need(&w->frame, frame)) return LBC_E_MEMORY;

    const uint8_t *in = chunk + HEADER, *const end = chunk + size;
    size_t taken = 0;
    for (size_t at = 0, n; at < frame; at += n) {
        n = frame - at < block ? frame - at : block;
        if (end - in < 4) return LBC_E_FORMAT;
        const size_t packed = lbc_get_be32(in);
        in += 4;
        if (packed > (size_t)(end - in)) return LBC_E_FORMAT;
        if (packed == n) {
            memcpy(w->frame.data + at, in, n);
        } else {
            const lbc_status status = lbc_pack_lz4.unpack(w, in, packed, w->frame.data + at, n);
            if (status != LBC_OK) return status;
        }
        in += packed;
        const size_t whole = (at + n) / pixel;
        sink->take(sink->user, w->frame.data + taken * pixel, whole - taken);
        taken = whole;
    }
    return LBC_OK;
}

const lbc_codec lbc_codec_lz4 = {
    .name = "lz4",
    .what = "LZ4 without bitshuffle",
    .filter = 32004,
    .plugin = "hdf5-filter-plugin",
    .writable = false,
    .configure = configure,
    .recognise = recognise,
    .bound = bound,
    .encode = encode,
    .decode = decode,
};
