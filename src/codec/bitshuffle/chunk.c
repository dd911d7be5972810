/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/bytes.h"
#include "codec/bitshuffle/bitshuffle.h"

#include <string.h>

enum { HEADER = 12, BLOCK_HEADER = 4, MAJOR = 0 };

/* cd_values */
enum { VERSION_MAJOR, VERSION_MINOR, ELEMENT_SIZE, BLOCK, COMPRESSION, LEVEL };

size_t lbc_bitshuffle_default_block(size_t element_size)
{
    const size_t elements = 8192 / element_size / 8 * 8;
    return elements > 128 ? elements : 128;
}

lbc_status lbc_bitshuffle_configure(lbc_chunk_format *format, uint32_t minor, uint32_t compression, int level,
                                    uint32_t nparams)
{
    if (!lbc_frame_fits(format)) return LBC_E_UNSUPPORTED;
    format->nparams = nparams;
    format->params[VERSION_MAJOR] = MAJOR;
    format->params[VERSION_MINOR] = minor;
    format->params[ELEMENT_SIZE] = (uint32_t)lbc_pixel_size(format->type);
    format->params[BLOCK] = 0;
    format->params[COMPRESSION] = compression;
    format->params[LEVEL] = (uint32_t)level;
    return LBC_OK;
}

lbc_status lbc_bitshuffle_recognise(const lbc_chunk_format *format, uint32_t compression)
{
    const uint32_t found = format->nparams > COMPRESSION ? format->params[COMPRESSION] : LBC_BITSHUFFLE_NONE;
    const uint32_t block = format->nparams > BLOCK ? format->params[BLOCK] : 0;
    const int ok = format->nparams > ELEMENT_SIZE && found == compression && block % 8 == 0 &&
                   format->params[ELEMENT_SIZE] == lbc_pixel_size(format->type);
    return ok ? LBC_OK : LBC_E_UNSUPPORTED;
}

/* ---- how a frame is cut into blocks ------------------------------------------------------------ */

typedef struct layout {
    size_t size;     /* bytes of an element */
    size_t elements; /* of the frame */
    size_t packable; /* elements in blocks: all but the last few beyond a multiple of 8 */
    size_t block;    /* elements in every block but the last; not 0 */
} layout;

/* block 0: the default. A block is never longer than the frame, which bounds the buffers. */
static layout make_layout(const lbc_chunk_format *format, size_t block)
{
    layout l = {.size = lbc_pixel_size(format->type), .elements = lbc_shape_pixels(format->shape)};
    l.packable = l.elements / 8 * 8;
    if (block == 0) block = lbc_bitshuffle_default_block(l.size);
    l.block = block < l.packable || l.packable == 0 ? block : l.packable;
    return l;
}

static layout layout_by_params(const lbc_chunk_format *format)
{
    return make_layout(format, format->nparams > BLOCK ? format->params[BLOCK] : 0);
}

static size_t block_at(const layout *l, size_t first)
{
    return l->packable - first < l->block ? l->packable - first : l->block;
}

static lbc_status need_buffers(lbc_codec_work *w, const layout *l)
{
    const size_t bytes = (l->block < l->packable ? l->block : l->packable) * l->size;
    return lbc_buffer_need(&w->block, bytes) && lbc_buffer_need(&w->planes, bytes) ? LBC_OK : LBC_E_MEMORY;
}

/* ---- encode ------------------------------------------------------------------------------------ */

size_t lbc_bitshuffle_bound(const lbc_chunk_format *format, const lbc_packer *packer)
{
    const layout l = layout_by_params(format);
    if (!packer) return l.elements * l.size;
    const size_t full = l.packable / l.block, rest = l.packable % l.block;
    return HEADER + full * (BLOCK_HEADER + packer->bound(l.block * l.size)) +
           (rest ? BLOCK_HEADER + packer->bound(rest * l.size) : 0) + (l.elements - l.packable) * l.size;
}

lbc_status lbc_bitshuffle_encode(lbc_codec_work *w, const lbc_chunk_format *format, const lbc_packer *packer,
                                 const lbc_pixel_source *source, uint8_t *chunk, size_t capacity, size_t *size)
{
    const layout l = layout_by_params(format);
    const int level = format->nparams > LEVEL ? (int)(int32_t)format->params[LEVEL] : 0;
    if (packer && l.block * l.size > packer->max_input) return LBC_E_UNSUPPORTED;
    if (capacity < lbc_bitshuffle_bound(format, packer)) return LBC_E_SPACE;
    if (need_buffers(w, &l) != LBC_OK) return LBC_E_MEMORY;

    uint8_t *out = chunk;
    if (packer) {
        lbc_put_be64(out, l.elements * l.size);
        lbc_put_be32(out + 8, (uint32_t)(l.block * l.size));
        out += HEADER;
    }
    for (size_t first = 0, n; first < l.packable; first += n) {
        n = block_at(&l, first);
        source->give(source->user, first, n, w->block.data);
        if (!packer) {
            lbc_bits_to_planes(out, w->block.data, n, l.size);
            out += n * l.size;
            continue;
        }
        lbc_bits_to_planes(w->planes.data, w->block.data, n, l.size);
        size_t made;
        const size_t room = capacity - (size_t)(out + BLOCK_HEADER - chunk);
        const lbc_status status = packer->pack(w, level, w->planes.data, n * l.size, out + BLOCK_HEADER, room, &made);
        if (status != LBC_OK) return status;
        lbc_put_be32(out, (uint32_t)made);
        out += BLOCK_HEADER + made;
    }
    if (l.elements > l.packable) source->give(source->user, l.packable, l.elements - l.packable, out);
    *size = (size_t)(out - chunk) + (l.elements - l.packable) * l.size;
    return LBC_OK;
}

/* ---- decode ------------------------------------------------------------------------------------ */

/* Reads the header of a packed chunk. */
static lbc_status read_layout(layout *l, const lbc_chunk_format *format, const uint8_t *chunk, size_t size)
{
    const size_t pixel = lbc_pixel_size(format->type);
    if (size < HEADER || lbc_get_be64(chunk) != lbc_frame_bytes(format)) return LBC_E_FORMAT;
    const size_t block_bytes = lbc_get_be32(chunk + 8);
    if (block_bytes % (8 * pixel)) return LBC_E_FORMAT;
    *l = make_layout(format, block_bytes / pixel);
    return LBC_OK;
}

lbc_status lbc_bitshuffle_begin(lbc_codec_work *w, const lbc_chunk_format *format, const lbc_packer *packer,
                                const uint8_t *chunk, size_t size, lbc_chunk_cursor *cursor)
{
    layout l = layout_by_params(format);
    if (!packer && size != lbc_frame_bytes(format)) return LBC_E_FORMAT;
    if (packer && read_layout(&l, format, chunk, size) != LBC_OK) return LBC_E_FORMAT;
    *cursor = (lbc_chunk_cursor){format, chunk + (packer ? HEADER : 0), chunk + size, 0, l.block};
    return need_buffers(w, &l);
}

/* The block of n pixels that comes next: its planes, in the chunk or in w->planes. */
static lbc_status take_planes(lbc_codec_work *w, const lbc_packer *packer, lbc_chunk_cursor *c, size_t bytes,
                              const uint8_t **planes)
{
    size_t stored = bytes;
    if (packer) {
        if (c->end - c->in < BLOCK_HEADER) return LBC_E_FORMAT;
        stored = lbc_get_be32(c->in);
        c->in += BLOCK_HEADER;
    }
    if (stored > (size_t)(c->end - c->in)) return LBC_E_FORMAT;
    *planes = packer ? w->planes.data : c->in;
    const lbc_status status = packer ? packer->unpack(w, c->in, stored, w->planes.data, bytes) : LBC_OK;
    c->in += stored;
    return status;
}

lbc_status lbc_bitshuffle_next(lbc_codec_work *w, const lbc_packer *packer, lbc_chunk_cursor *c, const void **pixels,
                               size_t *count)
{
    const layout l = make_layout(c->format, c->block);
    if (c->first < l.packable) {
        const size_t n = block_at(&l, c->first);
        const uint8_t *planes;
        const lbc_status status = take_planes(w, packer, c, n * l.size, &planes);
        if (status != LBC_OK) return status;
        lbc_bits_from_planes(w->block.data, planes, n, l.size);
        *pixels = w->block.data;
        *count = n;
    } else {
        *count = l.elements - c->first;
        if ((size_t)(c->end - c->in) < *count * l.size) return LBC_E_FORMAT;
        *pixels = c->in;
    }
    c->first += *count;
    return LBC_OK;
}

lbc_status lbc_bitshuffle_decode(lbc_codec_work *w, const lbc_chunk_format *format, const lbc_packer *packer,
                                 const uint8_t *chunk, size_t size, const lbc_pixel_sink *sink)
{
    lbc_chunk_cursor cursor;
    const void *pixels;
    size_t count;
    lbc_status status = lbc_bitshuffle_begin(w, format, packer, chunk, size, &cursor);
    while (status == LBC_OK) {
        status = lbc_bitshuffle_next(w, packer, &cursor, &pixels, &count);
        if (status != LBC_OK || count == 0) break;
        sink->take(sink->user, pixels, count);
    }
    return status;
}
