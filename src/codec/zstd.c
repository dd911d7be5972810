/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Zstandard, in the two forms HDF5 files have it: Blosc's container (filter 32001), which is what
 * `-c zstd` writes, and a bare Zstandard frame (filter 32015), which is only read.
 *
 * Blosc: cd_values are filter version 2, format version 2, element size, chunk bytes, level, shuffle,
 * compressor (5 = zstd). A chunk names all that matters in its own 16-byte header, so whatever
 * compressor and shuffle Blosc was built with can be read. One internal thread, no shuffle and no
 * settings from the environment make its output the same everywhere.
 */
#include "codec/storage.h"

#include <blosc.h>

enum { BLOSC_FILTER_VERSION = 2, BLOSC_ZSTD_CODE = 5, LEVEL_PARAM = 4 };

/* ---- Blosc ------------------------------------------------------------------------------------ */

static lbc_status blosc_configure(lbc_chunk_format *format, int level)
{
    if (!lbc_frame_fits(format) || lbc_frame_bytes(format) > BLOSC_MAX_BUFFERSIZE) return LBC_E_UNSUPPORTED;
    const uint32_t params[] = {BLOSC_FILTER_VERSION,
                               BLOSC_VERSION_FORMAT,
                               (uint32_t)lbc_pixel_size(format->type),
                               (uint32_t)lbc_frame_bytes(format),
                               (uint32_t)level,
                               BLOSC_NOSHUFFLE,
                               BLOSC_ZSTD_CODE};
    format->codec = &lbc_codec_blosc_zstd;
    format->nparams = sizeof params / sizeof *params;
    for (uint32_t i = 0; i < format->nparams; i++) format->params[i] = params[i];
    return LBC_OK;
}

static lbc_status blosc_recognise(const lbc_chunk_format *format)
{
    if (lbc_frame_bytes(format) > BLOSC_MAX_BUFFERSIZE) return LBC_E_UNSUPPORTED;
    return format->nparams >= 4 ? LBC_OK : LBC_E_UNSUPPORTED;
}

static size_t blosc_bound(const lbc_chunk_format *format)
{
    return lbc_frame_bytes(format) + BLOSC_MAX_OVERHEAD;
}

static lbc_status blosc_encode(lbc_codec_work *w, const lbc_chunk_format *format, const lbc_pixel_source *source,
                               uint8_t *chunk, size_t capacity, size_t *size)
{
    const size_t bytes = lbc_frame_bytes(format);
    if (!lbc_buffer_need(&w->frame, bytes)) return LBC_E_MEMORY;
    source->give(source->user, 0, lbc_shape_pixels(format->shape), w->frame.data);
    const int made = blosc_compress_ctx((int)format->params[LEVEL_PARAM], BLOSC_NOSHUFFLE, lbc_pixel_size(format->type),
                                        bytes, w->frame.data, chunk, capacity, BLOSC_ZSTD_COMPNAME, 0, 1);
    if (made < 0) return LBC_E_MEMORY;
    if (made == 0) return LBC_E_SPACE;
    *size = (size_t)made;
    return LBC_OK;
}

static lbc_status blosc_decode(lbc_codec_work *w, const lbc_chunk_format *format, const uint8_t *chunk, size_t size,
                               const lbc_pixel_sink *sink)
{
    const size_t bytes = lbc_frame_bytes(format);
    size_t promised;
    if (blosc_cbuffer_validate(chunk, size, &promised) < 0 || promised != bytes) return LBC_E_FORMAT;
    if (!lbc_buffer_need(&w->frame, bytes)) return LBC_E_MEMORY;
    const int made = blosc_decompress_ctx(chunk, w->frame.data, bytes, 1);
    if (made < 0 || (size_t)made != bytes) return LBC_E_FORMAT;
    sink->take(sink->user, w->frame.data, lbc_shape_pixels(format->shape));
    return LBC_OK;
}

const lbc_codec lbc_codec_blosc_zstd = {
    .name = "zstd",
    .what = "Blosc with Zstandard, as the original program writes",
    .filter = 32001,
    .plugin = "hdf5-filter-plugin-blosc-serial",
    .level_min = 0,
    .level_max = 9,
    .level_default = 3,
    .writable = true,
    .configure = blosc_configure,
    .recognise = blosc_recognise,
    .bound = blosc_bound,
    .encode = blosc_encode,
    .decode = blosc_decode,
};

/* ---- bare Zstandard --------------------------------------------------------------------------- */

static lbc_status plain_configure(lbc_chunk_format *format, int level)
{
    if (!lbc_frame_fits(format)) return LBC_E_UNSUPPORTED;
    format->codec = &lbc_codec_plain_zstd;
    format->nparams = 1;
    format->params[0] = (uint32_t)level;
    return LBC_OK;
}

static lbc_status plain_recognise(const lbc_chunk_format *format)
{
    (void)format;
    return LBC_OK;
}

static size_t plain_bound(const lbc_chunk_format *format)
{
    return lbc_pack_zstd.bound(lbc_frame_bytes(format));
}

static lbc_status plain_encode(lbc_codec_work *w, const lbc_chunk_format *format, const lbc_pixel_source *source,
                               uint8_t *chunk, size_t capacity, size_t *size)
{
    const size_t bytes = lbc_frame_bytes(format);
    if (!lbc_buffer_need(&w->frame, bytes)) return LBC_E_MEMORY;
    source->give(source->user, 0, lbc_shape_pixels(format->shape), w->frame.data);
    const int level = (int)(int32_t)format->params[0];
    return lbc_pack_zstd.pack(w, level, w->frame.data, bytes, chunk, capacity, size);
}

static lbc_status plain_decode(lbc_codec_work *w, const lbc_chunk_format *format, const uint8_t *chunk, size_t size,
                               const lbc_pixel_sink *sink)
{
    const size_t bytes = lbc_frame_bytes(format);
    if (!lbc_buffer_need(&w->frame, bytes)) return LBC_E_MEMORY;
    const lbc_status status = lbc_pack_zstd.unpack(w, chunk, size, w->frame.data, bytes);
    if (status == LBC_OK) sink->take(sink->user, w->frame.data, lbc_shape_pixels(format->shape));
    return status;
}

const lbc_codec lbc_codec_plain_zstd = {
    .name = "zstd-plain",
    .what = "a bare Zstandard frame",
    .filter = 32015,
    .plugin = "hdf5plugin",
    .level_min = -2,
    .level_max = 22,
    .level_default = 3,
    .writable = false,
    .configure = plain_configure,
    .recognise = plain_recognise,
    .bound = plain_bound,
    .encode = plain_encode,
    .decode = plain_decode,
};
