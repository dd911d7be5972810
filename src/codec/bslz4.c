/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bslz4 - bitshuffle and LZ4, as DECTRIS detectors write. Five cd_values: durin decodes such chunks itself. */
#include "codec/bitshuffle/bitshuffle.h"

static lbc_status configure(lbc_chunk_format *format, int level)
{
    (void)level;
    format->codec = &lbc_codec_bslz4;
    return lbc_bitshuffle_configure(format, 3, LBC_BITSHUFFLE_LZ4, 0, 5);
}

static lbc_status recognise(const lbc_chunk_format *format)
{
    return lbc_bitshuffle_recognise(format, LBC_BITSHUFFLE_LZ4);
}

static size_t bound(const lbc_chunk_format *format)
{
    return lbc_bitshuffle_bound(format, &lbc_pack_lz4);
}

static lbc_status encode(lbc_codec_work *w, const lbc_chunk_format *format, const lbc_pixel_source *source,
                         uint8_t *chunk, size_t capacity, size_t *size)
{
    return lbc_bitshuffle_encode(w, format, &lbc_pack_lz4, source, chunk, capacity, size);
}

static lbc_status decode(lbc_codec_work *w, const lbc_chunk_format *format, const uint8_t *chunk, size_t size,
                         const lbc_pixel_sink *sink)
{
    return lbc_bitshuffle_decode(w, format, &lbc_pack_lz4, chunk, size, sink);
}

static lbc_status begin(lbc_codec_work *w, const lbc_chunk_format *format, const uint8_t *chunk, size_t size,
                        lbc_chunk_cursor *cursor)
{
    return lbc_bitshuffle_begin(w, format, &lbc_pack_lz4, chunk, size, cursor);
}

static lbc_status next(lbc_codec_work *w, lbc_chunk_cursor *cursor, const void **pixels, size_t *count)
{
    return lbc_bitshuffle_next(w, &lbc_pack_lz4, cursor, pixels, count);
}

const lbc_codec lbc_codec_bslz4 = {
    .name = "bslz4",
    .what = "bitshuffle and LZ4, the detectors' own",
    .filter = LBC_BITSHUFFLE_FILTER,
    .plugin = "bitshuffle",
    .writable = true,
    .configure = configure,
    .recognise = recognise,
    .bound = bound,
    .encode = encode,
    .decode = decode,
    .begin = begin,
    .next = next,
};
