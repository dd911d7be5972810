/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* none - chunks are the pixels. */
#include "codec/storage.h"

static lbc_status configure(lbc_chunk_format *format, int level)
{
    (void)level;
    if (!lbc_frame_fits(format)) return LBC_E_UNSUPPORTED;
    format->codec = &lbc_codec_none;
    format->nparams = 0;
    return LBC_OK;
}

static lbc_status recognise(const lbc_chunk_format *format)
{
    (void)format;
    return LBC_OK;
}

static lbc_status encode(lbc_codec_work *w, const lbc_chunk_format *format, const lbc_pixel_source *source,
                         uint8_t *chunk, size_t capacity, size_t *size)
{
    (void)w;
    const size_t bytes = lbc_frame_bytes(format);
    if (capacity < bytes) return LBC_E_SPACE;
    source->give(source->user, 0, lbc_shape_pixels(format->shape), chunk);
    *size = bytes;
    return LBC_OK;
}

static lbc_status decode(lbc_codec_work *w, const lbc_chunk_format *format, const uint8_t *chunk, size_t size,
                         const lbc_pixel_sink *sink)
{
    (void)w;
    if (size != lbc_frame_bytes(format)) return LBC_E_FORMAT;
    sink->take(sink->user, chunk, lbc_shape_pixels(format->shape));
    return LBC_OK;
}

static lbc_status begin(lbc_codec_work *w, const lbc_chunk_format *format, const uint8_t *chunk, size_t size,
                        lbc_chunk_cursor *cursor)
{
    (void)w;
    if (size != lbc_frame_bytes(format)) return LBC_E_FORMAT;
    *cursor = (lbc_chunk_cursor){.format = format, .in = chunk, .end = chunk + size};
    return LBC_OK;
}

/* All that is left at once. */
static lbc_status next(lbc_codec_work *w, lbc_chunk_cursor *c, const void **pixels, size_t *count)
{
    (void)w;
    *pixels = c->in;
    *count = lbc_shape_pixels(c->format->shape) - c->first;
    c->in = c->end;
    c->first += *count;
    return LBC_OK;
}

const lbc_codec lbc_codec_none = {
    .name = "none",
    .what = "pixels as they are",
    .filter = 0,
    .writable = true,
    .configure = configure,
    .recognise = recognise,
    .bound = lbc_frame_bytes,
    .encode = encode,
    .decode = decode,
    .begin = begin,
    .next = next,
};
