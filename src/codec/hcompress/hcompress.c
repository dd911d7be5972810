/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/hcompress/hcompress.h"

#include "codec/hcompress/stream.h"
#include "codec/hcompress/tile.h"
#include "codec/work.h"
#include "frame/diffuse.h"

#include <stdlib.h>
#include <string.h>

uint32_t lbc_hcomp_tile_rows(uint32_t ny)
{
    static const uint8_t candidates[] = {16, 24, 20, 30, 28, 26, 22, 18, 14};
    if (ny <= 30) return ny;
    for (size_t i = 0; i < sizeof candidates; i++) {
        uint32_t last = ny % candidates[i];
        if (last == 0 || last >= LBC_HCOMP_SIDE_MIN) return candidates[i];
    }
    return 17;
}

/* Where values are for lbc_diffuse they keep what rounding at each level would take from the mean. */
static uint32_t fraction_of(const lbc_lossy_params *p)
{
    return p->diffuse ? lbc_diffuse_fraction(p->limit) : 0;
}

static lbc_hcomp_stream cut(const lbc_lossy_params *p)
{
    lbc_hcomp_stream s = {.shape = p->shape, .scale = p->scale, .tile_rows = lbc_hcomp_tile_rows(p->shape.ny)};
    s.tiles = lbc_hcomp_tile_count(s.shape.ny, s.tile_rows);
    return s;
}

static lbc_status check_diffuse(const lbc_lossy_params *p, lbc_error *err)
{
    if (p->limit >> LBC_HCOMP_DIFFUSE_BITS)
        return lbc_fail(err, LBC_E_UNSUPPORTED,
                        "with diffusion HCompress takes counts below 2^%d, and the largest is %d",
                        LBC_HCOMP_DIFFUSE_BITS, p->limit);
    const int32_t most = INT32_MAX >> fraction_of(p);
    if (p->scale > most)
        return lbc_fail(err, LBC_E_ARGUMENT, "with diffusion the HCompress scale is at most %d here, not %d", most,
                        p->scale);
    return LBC_OK;
}

static lbc_status check(const lbc_lossy_params *p, lbc_error *err)
{
    if (p->shape.ny < LBC_HCOMP_SIDE_MIN || p->shape.nx < LBC_HCOMP_SIDE_MIN)
        return lbc_fail(err, LBC_E_ARGUMENT, "HCompress needs images of at least %d x %d pixels, not %u x %u",
                        LBC_HCOMP_SIDE_MIN, LBC_HCOMP_SIDE_MIN, p->shape.nx, p->shape.ny);
    if (p->shape.nx > LBC_HCOMP_COLS_MAX)
        return lbc_fail(err, LBC_E_ARGUMENT, "HCompress takes rows of at most %d pixels, not %u", LBC_HCOMP_COLS_MAX,
                        p->shape.nx);
    if (p->scale < 1) return lbc_fail(err, LBC_E_ARGUMENT, "the HCompress scale must be 1 or more, not %d", p->scale);
    if (p->knee) return lbc_fail(err, LBC_E_ARGUMENT, "HCompress codes counts as they are, not on a curve");
    return p->diffuse ? check_diffuse(p, err) : LBC_OK;
}

static size_t bound(const lbc_lossy_params *p)
{
    const lbc_hcomp_stream s = cut(p);
    const size_t tile = lbc_hcomp_tile_bound(s.tile_rows, s.shape.nx, s.scale, p->limit);
    return LBC_HCOMP_HEAD + s.tiles * (LBC_HCOMP_INDEX_MAX + tile);
}

static void free_memory(void *state)
{
    lbc_buffer_free(state);
    free(state);
}

/* The memory this thread's tiles are worked on in; NULL: there is none. */
static lbc_buffer *memory_of(lbc_codec_work *w)
{
    if (!w->slots[LBC_WORK_HCOMPRESS].state) {
        w->slots[LBC_WORK_HCOMPRESS].state = lbc_alloc_zero(1, sizeof(lbc_buffer));
        w->slots[LBC_WORK_HCOMPRESS].free = free_memory;
    }
    return w->slots[LBC_WORK_HCOMPRESS].state;
}

static lbc_status encode(lbc_codec_work *w, const lbc_lossy_params *p, const int32_t *frame, uint8_t *stream,
                         size_t capacity, size_t *size)
{
    const lbc_hcomp_stream s = cut(p);
    const size_t reserved = LBC_HCOMP_HEAD + (size_t)s.tiles * LBC_HCOMP_INDEX_MAX;
    lbc_buffer *memory = memory_of(w);
    if (!memory) return LBC_E_MEMORY;
    if (capacity < reserved) return LBC_E_SPACE;
    const lbc_hcomp_coder coder = lbc_hcomp_coder_init(memory, s.scale, p->limit, fraction_of(p));
    uint8_t *index = stream + LBC_HCOMP_HEAD, *body = stream + reserved;
    lbc_hcomp_put_head(stream, &s);
    for (uint32_t t = 0; t < s.tiles; t++) {
        size_t length = 0;
        lbc_status status = lbc_hcomp_tile_encode(&coder, lbc_hcomp_rows_of(&s, t), s.shape.nx, frame, body,
                                                  capacity - (size_t)(body - stream), &length);
        if (status) return status;
        if (length > LBC_HCOMP_LENGTH_MAX) return LBC_E_UNSUPPORTED;
        frame += (size_t)s.tile_rows * s.shape.nx;
        body += length;
        index += lbc_hcomp_put_length(index, length);
    }
    /* The bodies close up to the index, which rarely needs all of its room. */
    const size_t bodies = (size_t)(body - stream) - reserved;
    memmove(index, stream + reserved, bodies);
    *size = (size_t)(index - stream) + bodies;
    return LBC_OK;
}

static lbc_status decode(lbc_codec_work *w, const lbc_lossy_params *p, const uint8_t *stream, size_t size,
                         int32_t *frame)
{
    lbc_hcomp_stream s;
    lbc_status status = lbc_hcomp_stream_open(&s, stream, size);
    if (status) return status;
    if (s.shape.ny != p->shape.ny || s.shape.nx != p->shape.nx) return LBC_E_FORMAT;
    if (s.scale > INT32_MAX >> fraction_of(p)) return LBC_E_FORMAT;
    lbc_buffer *memory = memory_of(w);
    if (!memory) return LBC_E_MEMORY;
    const lbc_hcomp_coder coder = lbc_hcomp_coder_init(memory, s.scale, p->limit, fraction_of(p));
    for (uint32_t t = 0; t < s.tiles && !status; t++) {
        const lbc_hcomp_span span = lbc_hcomp_stream_next(&s, t);
        status = lbc_hcomp_tile_decode(&coder, span.rows, s.shape.nx, span.body, span.size,
                                       frame + (size_t)span.first_row * s.shape.nx);
    }
    return status;
}

static uint32_t band_rows(const lbc_lossy_params *p)
{
    return lbc_hcomp_tile_rows(p->shape.ny);
}

/* The head counts as the first tile's. */
static lbc_status roundtrip_band(lbc_codec_work *w, const lbc_lossy_params *p, uint32_t first_row, int32_t *band,
                                 size_t *size)
{
    const lbc_hcomp_stream s = cut(p);
    lbc_buffer *memory = memory_of(w);
    if (!memory) return LBC_E_MEMORY;
    const lbc_hcomp_coder coder = lbc_hcomp_coder_init(memory, s.scale, p->limit, fraction_of(p));
    size_t body = 0;
    const lbc_status status = lbc_hcomp_tile_roundtrip(&coder, lbc_hcomp_rows_of(&s, first_row / s.tile_rows),
                                                       s.shape.nx, band, size ? &body : NULL);
    if (size) *size += (first_row ? 0 : LBC_HCOMP_HEAD) + lbc_hcomp_length_bytes(body) + body;
    return status;
}

static lbc_status roundtrip(lbc_codec_work *w, const lbc_lossy_params *p, int32_t *frame, size_t *size)
{
    const uint32_t rows = band_rows(p);
    lbc_status status = LBC_OK;
    if (size) *size = 0;
    if (p->scale == 1 && !p->diffuse && !size) return LBC_OK; /* lossless */
    for (uint32_t y = 0; y < p->shape.ny && status == LBC_OK; y += rows)
        status = roundtrip_band(w, p, y, frame + (size_t)y * p->shape.nx, size);
    return status;
}

const lbc_lossy lbc_hcomp = {
    .name = "hcomp",
    .check = check,
    .bound = bound,
    .encode = encode,
    .decode = decode,
    .roundtrip = roundtrip,
    .band_rows = band_rows,
    .roundtrip_band = roundtrip_band,
};
