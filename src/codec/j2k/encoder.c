/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/j2k/encoder.h"

#include "codec/j2k/j2k.h"
#include "codec/j2k/steps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory ---------------------------------------------------------------------------------- */

/* *at: where the bytes are from now on, until the store is emptied. */
static lbc_status keep(lbc_j2k_store *s, const void *bytes, size_t n, size_t *at)
{
    const size_t aligned = (n + 15) / 16 * 16;
    if (s->size + aligned > s->room) {
        const size_t room = 2 * (s->size + aligned) + (1 << 16);
        uint8_t *grown = realloc(s->data, room);
        if (!grown) return LBC_E_MEMORY;
        s->data = grown;
        s->room = room;
    }
    memcpy(s->data + s->size, bytes, n);
    *at = s->size;
    s->size += aligned;
    return LBC_OK;
}

static void drop_blocks(lbc_j2k_encoder *e)
{
    free(e->census);
    free(e->forecasts);
    free(e->progress);
    free(e->coded);
    e->census = NULL;
    e->forecasts = NULL;
    e->progress = NULL;
    e->coded = NULL;
}

static lbc_status make_blocks(lbc_j2k_encoder *e)
{
    const uint32_t n = e->layout.nblocks;
    drop_blocks(e);
    e->census = lbc_alloc(n, sizeof *e->census);
    e->forecasts = lbc_alloc(n, sizeof *e->forecasts);
    e->progress = lbc_alloc(n, sizeof *e->progress);
    e->coded = lbc_alloc(n, sizeof *e->coded);
    return e->census && e->forecasts && e->progress && e->coded ? LBC_OK : LBC_E_MEMORY;
}

void lbc_j2k_encoder_clear(lbc_j2k_encoder *e)
{
    lbc_j2k_layout_clear(&e->layout);
    lbc_j2k_transform_clear(&e->transform);
    lbc_buffer_free(&e->coefficients);
    drop_blocks(e);
    lbc_j2k_block_encoder_clear(&e->block);
    free(e->passes.data);
    free(e->codewords.data);
    free(e->propagated.data);
    lbc_j2k_allocation_clear(&e->allocation);
    lbc_j2k_packet_writer_clear(&e->packets);
    memset(e, 0, sizeof *e);
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static lbc_j2k_header make_header(const lbc_lossy_params *params)
{
    lbc_j2k_header h = {
        .shape = params->shape,
        .precision = lbc_j2k_precision(params),
        .levels = lbc_j2k_resolutions(params->shape) - 1,
        .block_w = LBC_J2K_LOG2_BLOCK,
        .block_h = LBC_J2K_LOG2_BLOCK,
        .layers = params->nlayers,
        .reversible = params->wavelet == LBC_WAVELET_53,
    };
    lbc_j2k_set_steps(&h);
    return h;
}

static bool same_layout(const lbc_j2k_header *a, const lbc_j2k_header *b)
{
    return a->shape.nx == b->shape.nx && a->shape.ny == b->shape.ny && a->precision == b->precision &&
           a->layers == b->layers && a->reversible == b->reversible && a->guard_bits == b->guard_bits;
}

/* Frames of a series have one layout, which is kept. */
static lbc_status set_layout(lbc_j2k_encoder *e, const lbc_lossy_params *params)
{
    const lbc_j2k_header h = make_header(params);
    if (e->layout.blocks && e->coded && same_layout(&h, &e->header)) return LBC_OK;
    e->header = h;
    lbc_status status = lbc_j2k_layout_set(&e->layout, &h);
    if (!status) status = make_blocks(e);
    for (uint32_t b = 0; b < e->layout.nbands && !status; b++) {
        const lbc_j2k_band *band = &e->layout.bands[b];
        const double norm = lbc_j2k_norm(h.reversible, band->level, band->orientation);
        e->weights[b] = norm * norm * band->step * band->step;
    }
    return status;
}

static uint32_t *coefficients_of(const lbc_j2k_encoder *e) { return (uint32_t *)(void *)e->coefficients.data; }

static uint32_t *rows_of(const lbc_j2k_encoder *e, const lbc_j2k_block *b)
{
    const lbc_j2k_band *band = &e->layout.bands[b->band];
    return coefficients_of(e) + band->offset + b->y * band->stride + b->x;
}

/* ---- what is worth coding -------------------------------------------------------------------- */

/* A plane is coded when its forecast reaches this part of the threshold: the first pass of a plane is often
 * better than the plane, and forecasts err. */
static const double first_margin = 0.6, second_margin = 0.7;

static void forecast_blocks(lbc_j2k_encoder *e)
{
    uint32_t guard_bits = 2;
    for (uint32_t i = 0; i < e->layout.nblocks; i++) {
        const lbc_j2k_block *b = &e->layout.blocks[i];
        const lbc_j2k_band *band = &e->layout.bands[b->band];
        lbc_j2k_take_census(&e->census[i], b, rows_of(e, b), band->stride);
        lbc_j2k_make_forecast(&e->forecasts[i], &e->census[i], b, e->weights[b->band]);
        const uint32_t exponent = band->planes + 1 - e->header.guard_bits;
        if (e->census[i].planes + 1 > exponent + guard_bits) guard_bits = e->census[i].planes + 1 - exponent;
    }
    /* Seldom more than 2, but a header must not say fewer planes than there are. */
    for (uint32_t b = 0; b < e->layout.nbands; b++) e->layout.bands[b].planes += guard_bits - e->header.guard_bits;
    e->header.guard_bits = guard_bits;
}

/* Planes of block i down to a slope: the lowest of them, or all of its planes when none. */
static uint32_t planes_down_to(const lbc_j2k_encoder *e, uint32_t i, double slope)
{
    uint32_t p = e->census[i].planes;
    while (p && (double)e->forecasts[i].slope[p - 1] >= slope) p--;
    return p;
}

static void want_planes(lbc_j2k_encoder *e, const lbc_j2k_target *target)
{
    double threshold = 0;
    if (!e->everything && !(target->gain > 0))
        threshold = lbc_j2k_forecast_threshold(e->forecasts, e->census, e->layout.nblocks,
                                               (double)target->budget[target->layers - 1]);
    for (uint32_t i = 0; i < e->layout.nblocks; i++) {
        lbc_j2k_progress *p = &e->progress[i];
        p->last = e->census[i].planes;
        p->wanted = planes_down_to(e, i, first_margin * threshold);
        e->coded[i] = (lbc_j2k_coded){.zero_planes = e->layout.bands[e->layout.blocks[i].band].planes - p->last};
    }
}

/* Slope of the lowest plane that has been coded, over what was forecast for it. */
static double forecast_error(const lbc_j2k_encoder *e, uint32_t i)
{
    const lbc_j2k_coded *c = &e->coded[i];
    const uint32_t first = c->npasses > 3 ? c->npasses - 3 : 0;
    const uint32_t bytes = c->passes[c->npasses - 1].bytes - (first ? c->passes[first - 1].bytes : 0);
    double gain = 0;
    for (uint32_t p = first; p < c->npasses; p++) gain += c->passes[p].gain;
    const double forecast = (double)e->forecasts[i].slope[e->progress[i].last];
    if (bytes == 0 || !(forecast > 0)) return 1;
    return gain * e->weights[e->layout.blocks[i].band] / bytes / forecast;
}

/* Which blocks were left too early, now that the threshold is known. False: none. */
static bool want_more(lbc_j2k_encoder *e, double threshold)
{
    bool more = false;
    for (uint32_t i = 0; i < e->layout.nblocks; i++) {
        lbc_j2k_progress *p = &e->progress[i];
        if (p->last == 0) continue;
        const double error = e->coded[i].npasses ? forecast_error(e, i) : 1;
        const uint32_t wanted = planes_down_to(e, i, second_margin * threshold / error);
        if (wanted >= p->last) continue;
        p->wanted = wanted;
        more = true;
    }
    return more;
}

/* ---- tier-1 ---------------------------------------------------------------------------------- */

static lbc_status code_block(lbc_j2k_encoder *e, uint32_t i)
{
    const lbc_j2k_block *b = &e->layout.blocks[i];
    const lbc_j2k_band *band = &e->layout.bands[b->band];
    lbc_j2k_block_encoder *block = &e->block;
    lbc_j2k_progress *p = &e->progress[i];
    lbc_j2k_block_load(block, rows_of(e, b), band->stride, b->w, b->h);
    lbc_status status = lbc_j2k_block_encode(block, band->orientation, p->wanted, e->header.reversible);
    if (!status) status = keep(&e->passes, block->passes, block->npasses * sizeof *block->passes, &p->passes);
    if (!status) status = keep(&e->codewords, block->codeword, block->size, &p->codeword);
    if (!status) status = keep(&e->propagated, block->propagated, b->h * sizeof *block->propagated, &p->propagated);
    p->last = p->wanted;
    e->coded[i].npasses = block->npasses;
    return status;
}

static lbc_status code_blocks(lbc_j2k_encoder *e)
{
    for (uint32_t i = 0; i < e->layout.nblocks; i++) {
        if (e->progress[i].wanted >= e->progress[i].last) continue;
        lbc_status status = code_block(e, i);
        if (status) return status;
    }
    for (uint32_t i = 0; i < e->layout.nblocks; i++) { /* the stores may have moved */
        if (e->coded[i].npasses == 0) continue;
        e->coded[i].passes = (const lbc_j2k_pass *)(const void *)(e->passes.data + e->progress[i].passes);
        e->coded[i].codeword = e->codewords.data + e->progress[i].codeword;
    }
    return LBC_OK;
}

/* ---- the frame ------------------------------------------------------------------------------- */

static lbc_j2k_target make_target(const lbc_lossy_params *params, size_t header_size)
{
    lbc_j2k_target t = {.layers = params->nlayers};
    const double frame = (double)lbc_shape_pixels(params->shape) * params->stored_bytes;
    const double around = (double)header_size + 2;
    for (uint32_t i = 0; i < t.layers; i++) {
        const double bytes = frame / params->layers[i] - around;
        t.budget[i] = bytes > 0 ? (size_t)bytes : 0;
    }
    return t;
}

/* Codes a frame as far as its target needs it. header: LBC_J2K_HEADER_SIZE bytes for the headers. */
static lbc_status code_frame(lbc_j2k_encoder *e, const lbc_lossy_params *params, const int32_t *frame, uint8_t *header,
                             size_t *header_size)
{
    lbc_status status = set_layout(e, params);
    if (status) return status;
    if (!lbc_buffer_need(&e->coefficients, e->layout.coefficients * sizeof(uint32_t))) return LBC_E_MEMORY;
    status = lbc_j2k_forward(&e->transform, &e->layout, &e->header, frame, coefficients_of(e));
    if (status) return status;
    forecast_blocks(e);
    *header_size = lbc_j2k_write_headers(header, &e->header);
    const lbc_j2k_target target = make_target(params, *header_size);
    e->passes.size = e->codewords.size = e->propagated.size = 0;
    want_planes(e, &target);
    do {
        status = code_blocks(e);
        if (!status)
            status = lbc_j2k_allocate(&e->allocation, &e->packets, &e->layout, e->coded, e->weights, &target);
    } while (!status && want_more(e, e->allocation.threshold));
    return status;
}

size_t lbc_j2k_encode_bound(const lbc_lossy_params *params)
{
    const double pixels = (double)lbc_shape_pixels(params->shape);
    return (size_t)(pixels * params->stored_bytes / params->layers[params->nlayers - 1]) + LBC_J2K_HEADER_SIZE +
           (size_t)(pixels / 1024) + 8192;
}

lbc_status lbc_j2k_encode(lbc_j2k_encoder *e, const lbc_lossy_params *params, const int32_t *frame, uint8_t *stream,
                          size_t capacity, size_t *size)
{
    uint8_t header[LBC_J2K_HEADER_SIZE];
    size_t header_size;
    lbc_status status = code_frame(e, params, frame, header, &header_size);
    if (!status) status = lbc_j2k_packets_begin(&e->packets, &e->layout, e->coded);
    if (status) return status;
    *size = header_size + e->allocation.bytes + 2;
    if (*size > capacity) return LBC_E_SPACE;
    memcpy(stream, header, header_size);
    size_t at = header_size;
    for (uint32_t layer = 0; layer < params->nlayers; layer++)
        at += lbc_j2k_write_layer(&e->packets, &e->layout, e->coded, layer,
                                  e->allocation.chosen + (size_t)layer * e->layout.nblocks, stream + at,
                                  capacity - 2 - at);
    *size = lbc_j2k_finish_headers(stream, header_size, at - header_size);
    return LBC_OK;
}

/* ---- roundtrip ------------------------------------------------------------------------------- */

/* What a decoder knows of a block's magnitudes after n passes, in halves, in place. A magnitude is known
 * down to the plane of the last pass that visited it: the last plane, or the one above where the pass in
 * question is still to come; and a coefficient that the last plane would make significant is still 0
 * then, unless the propagation pass has found it. */
static void reconstruct(uint32_t *rows, size_t stride, const lbc_j2k_block *b, uint32_t planes, uint32_t n,
                        const uint64_t *propagated)
{
    const uint32_t plane = planes - 1 - (n + 1) / 3, kind = (n + 1) % 3;
    for (uint32_t y = 0; y < b->h; y++, rows += stride) {
        for (uint32_t x = 0; x < b->w; x++) {
            const uint32_t m = rows[x] & ~LBC_J2K_SIGN;
            const bool found = kind == 2 || (propagated[y] >> x & 1);
            const uint32_t known = kind == 0 && m >> plane > 1 ? plane + 1 : plane;
            const uint32_t seen = m >> plane > 1 || (m >> plane == 1 && found);
            rows[x] = seen ? (rows[x] & LBC_J2K_SIGN) | (m >> known << (known + 1)) | 1u << known : 0;
        }
    }
}

lbc_status lbc_j2k_roundtrip(lbc_j2k_encoder *e, const lbc_lossy_params *params, int32_t *frame, size_t *size)
{
    uint8_t header[LBC_J2K_HEADER_SIZE];
    size_t header_size;
    lbc_status status = code_frame(e, params, frame, header, &header_size);
    if (status) return status;
    const uint32_t *chosen = e->allocation.chosen + (size_t)(params->nlayers - 1) * e->layout.nblocks;
    for (uint32_t i = 0; i < e->layout.nblocks; i++) {
        const lbc_j2k_block *b = &e->layout.blocks[i];
        const size_t stride = e->layout.bands[b->band].stride;
        uint32_t *rows = rows_of(e, b);
        const uint64_t *propagated = (const uint64_t *)(const void *)(e->propagated.data + e->progress[i].propagated);
        if (chosen[i])
            reconstruct(rows, stride, b, e->census[i].planes, chosen[i], propagated);
        else
            for (uint32_t y = 0; y < b->h; y++) memset(rows + y * stride, 0, b->w * sizeof *rows);
    }
    *size = header_size + e->allocation.bytes + 2;
    return lbc_j2k_inverse(&e->transform, &e->layout, &e->header, coefficients_of(e), frame);
}
