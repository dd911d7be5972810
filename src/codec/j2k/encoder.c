/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/j2k/encoder.h"

#include "codec/j2k/j2k.h"
#include "codec/j2k/rows.h"
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

/* What keep left there; before it kept anything NULL, where nobody looks. */
static const void *kept(const lbc_j2k_store *s, size_t at)
{
    return s->data ? s->data + at : NULL;
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

/* Bits of the component: what this frame needs, where the series could need more than 16. The fewer, the
 * smaller the level shift, to which single precision is relative. */
static uint32_t precision_for(const lbc_lossy_params *params, const int32_t *frame)
{
    lbc_lossy_params p = *params;
    if (p.stored_bytes == 2) return lbc_j2k_precision(&p);
    p.limit = p.knee = 0; /* the frame has been bent */
    for (size_t i = 0, n = lbc_shape_pixels(p.shape); i < n; i++) p.limit = frame[i] > p.limit ? frame[i] : p.limit;
    return lbc_j2k_precision(&p);
}

static lbc_j2k_header make_header(const lbc_lossy_params *params, const int32_t *frame)
{
    lbc_j2k_header h = {
        .shape = params->shape,
        .precision = precision_for(params, frame),
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

/* Frames of a series mostly have one layout, which is kept. */
static lbc_status set_layout(lbc_j2k_encoder *e, const lbc_lossy_params *params, const int32_t *frame)
{
    const lbc_j2k_header h = make_header(params, frame);
    if (e->layout.blocks && e->coded && same_layout(&h, &e->header)) return LBC_OK;
    e->header = h;
    lbc_status status = lbc_j2k_layout_set(&e->layout, &h);
    if (!status) status = make_blocks(e);
    for (uint32_t b = 0; b < e->layout.nbands && !status; b++) {
        const lbc_j2k_band *band = &e->layout.bands[b];
        const double norm = lbc_j2k_norm(h.reversible, band->level, band->orientation);
        e->norms[b] = norm * norm * band->step * band->step;
    }
    return status;
}

/* Details of level 1, the finest, have the first weight; the low band has the last. */
static void set_weights(lbc_j2k_encoder *e, const lbc_lossy_params *params)
{
    enum { LOW = LBC_MAX_WEIGHTS - 1 };
    for (uint32_t b = 0; b < e->layout.nbands; b++) {
        const lbc_j2k_band *band = &e->layout.bands[b];
        const bool low = band->orientation == LBC_J2K_LL;
        const double weight = low ? params->weights[LOW] : band->level <= LOW ? params->weights[band->level - 1] : 0;
        e->weights[b] = e->norms[b] * (weight > 0 ? weight * weight : 1);
    }
}

static uint32_t *rows_of(const lbc_j2k_encoder *e, const lbc_j2k_block *b)
{
    return (uint32_t *)(void *)e->coefficients.data + b->offset;
}

/* ---- what is worth coding -------------------------------------------------------------------- */

/* A plane is begun when a forecast reaches the first part of the threshold, for the forecast is rough; of those that
 * do not reach the second part, each pass is looked at closely, for that part, as the threshold is not known to the
 * last. */
static const double plane_margin = 0.4, pass_margin = 0.85;

/* A row from the transform goes to its blocks, and takes part in their census. */
static void take_row(void *context, uint32_t band, uint32_t y, const uint32_t *row)
{
    lbc_j2k_encoder *e = context;
    const lbc_j2k_band *b = &e->layout.bands[band];
    const uint32_t *block = lbc_j2k_blocks_of_row(&e->layout, b, y), y_in_block = y % LBC_J2K_BLOCK;
    for (uint32_t i = 0; i < b->blocks_x; i++, row += LBC_J2K_BLOCK) {
        const lbc_j2k_block *to = &e->layout.blocks[block[i]];
        memcpy(rows_of(e, to) + y_in_block * b->stride, row, to->w * sizeof *row);
        lbc_j2k_census_row(&e->census[block[i]], y_in_block, row, to->w);
    }
}

static lbc_status transform_frame(lbc_j2k_encoder *e, const int32_t *frame)
{
    const lbc_j2k_sink sink = {take_row, e};
    memset(e->census, 0, e->layout.nblocks * sizeof *e->census);
    return lbc_j2k_forward(&e->transform, &e->layout, &e->header, frame, &sink);
}

static void forecast_blocks(lbc_j2k_encoder *e)
{
    uint32_t guard_bits = 2;
    for (uint32_t i = 0; i < e->layout.nblocks; i++) {
        const lbc_j2k_block *b = &e->layout.blocks[i];
        const lbc_j2k_band *band = &e->layout.bands[b->band];
        lbc_j2k_census_end(&e->census[i], rows_of(e, b), band->stride, b->w, b->h);
        lbc_j2k_make_forecast(&e->forecasts[i], &e->census[i], b, e->weights[b->band], e->header.reversible);
        const uint32_t exponent = band->planes + 1 - e->header.guard_bits;
        if (e->census[i].planes + 1 > exponent + guard_bits) guard_bits = e->census[i].planes + 1 - exponent;
    }
    /* Seldom more than 2, but a header must not say fewer planes than there are. */
    for (uint32_t b = 0; b < e->layout.nbands; b++) e->layout.bands[b].planes += guard_bits - e->header.guard_bits;
    e->header.guard_bits = guard_bits;
}

/* Before anything is coded. */
static void start_blocks(lbc_j2k_encoder *e)
{
    e->passes.size = e->codewords.size = e->propagated.size = 0;
    for (uint32_t i = 0; i < e->layout.nblocks; i++) {
        const uint32_t planes = e->census[i].planes;
        e->progress[i] = (lbc_j2k_progress){.boundary.plane = planes};
        e->coded[i] = (lbc_j2k_coded){.zero_planes = e->layout.bands[e->layout.blocks[i].band].planes - planes};
    }
}

/* Should block i be coded further for that threshold? Then sets how far. Where it stopped before a pass, that must be
 * worth it now, so this comes to an end. */
static bool want_more_of(lbc_j2k_encoder *e, uint32_t i, double threshold)
{
    lbc_j2k_progress *p = &e->progress[i];
    const uint32_t planes = e->census[i].planes;
    p->stop = pass_margin * threshold / e->weights[e->layout.blocks[i].band];
    if (p->stopped && p->slope < p->stop) return false;
    p->good = lbc_j2k_forecast_plane(&e->forecasts[i], planes, pass_margin * threshold);
    p->wanted = lbc_j2k_forecast_plane(&e->forecasts[i], planes, plane_margin * threshold);
    return p->wanted < p->boundary.plane;
}

/* The same of the blocks before `end`, and no others. */
static bool want_more(lbc_j2k_encoder *e, double threshold, uint32_t end)
{
    bool more = false;
    for (uint32_t i = 0; i < e->layout.nblocks; i++) {
        e->progress[i].more = i < end && want_more_of(e, i, threshold);
        more |= e->progress[i].more;
    }
    return more;
}

static uint32_t blocks_of_low_band(const lbc_j2k_layout *layout)
{
    uint32_t n = 0;
    while (n < layout->nblocks && layout->blocks[n].band == 0) n++;
    return n;
}

/* ---- tier-1 ---------------------------------------------------------------------------------- */

static lbc_status load_block(lbc_j2k_encoder *e, uint32_t i)
{
    const lbc_j2k_block *b = &e->layout.blocks[i];
    const lbc_j2k_progress *p = &e->progress[i];
    lbc_j2k_block_load(&e->block, &e->census[i], rows_of(e, b), e->layout.bands[b->band].stride, b->w, b->h, p->wanted);
    return lbc_j2k_block_resume(&e->block, &p->boundary, kept(&e->passes, p->passes), kept(&e->codewords, p->codeword),
                                kept(&e->propagated, p->propagated));
}

static lbc_status keep_block(lbc_j2k_encoder *e, uint32_t i)
{
    const lbc_j2k_block_encoder *b = &e->block;
    lbc_j2k_progress *p = &e->progress[i];
    lbc_status status = keep(&e->passes, b->passes, b->npasses * sizeof *b->passes, &p->passes);
    if (!status) status = keep(&e->codewords, b->codeword, b->size, &p->codeword);
    if (!status)
        status = keep(&e->propagated, b->propagated, e->layout.blocks[i].h * sizeof *b->propagated, &p->propagated);
    p->boundary = b->boundary;
    p->stopped = b->stopped;
    p->slope = b->slope;
    e->coded[i].npasses = b->npasses;
    return status;
}

/* Of the first n passes. */
static uint32_t bytes_of(const lbc_j2k_block_encoder *b, uint32_t n)
{
    return n ? b->passes[n - 1].bytes : 0;
}

/* What coding has shown takes the place of what was forecast; where it stopped in a plane, so does what it
 * expected of the rest. */
static void correct_forecast(lbc_j2k_encoder *e, uint32_t i)
{
    const lbc_j2k_block_encoder *b = &e->block;
    const double weight = e->weights[e->layout.blocks[i].band];
    lbc_j2k_forecast *f = &e->forecasts[i];
    for (uint32_t n = 0; n < b->npasses; n++)
        lbc_j2k_correct_forecast(f, n, bytes_of(b, n + 1) - bytes_of(b, n), b->passes[n].gain * weight);
    for (uint32_t n = b->npasses; b->stopped && (n == b->npasses || n % 3 != 1); n++)
        lbc_j2k_correct_forecast(f, n, b->outlook.bytes[(n + 2) % 3], b->outlook.gain[(n + 2) % 3] * weight);
    lbc_j2k_forecast_slopes(f, b->planes);
}

static lbc_status code_block(lbc_j2k_encoder *e, uint32_t i)
{
    const lbc_j2k_progress *p = &e->progress[i];
    const uint32_t band = e->layout.blocks[i].band;
    const lbc_j2k_orientation orientation = e->layout.bands[band].orientation;
    const lbc_j2k_goal goal = {.good = p->good, .last = p->wanted, .stop = p->stop};
    lbc_status status = load_block(e, i);
    if (!status) status = lbc_j2k_block_encode(&e->block, orientation, e->header.reversible, &goal);
    if (!status) status = keep_block(e, i);
    if (!status) correct_forecast(e, i);
    return status;
}

static lbc_status code_blocks(lbc_j2k_encoder *e)
{
    for (uint32_t i = 0; i < e->layout.nblocks; i++) {
        if (!e->progress[i].more) continue;
        lbc_status status = code_block(e, i);
        if (status) return status;
    }
    for (uint32_t i = 0; i < e->layout.nblocks; i++) { /* the stores may have moved */
        if (e->coded[i].npasses == 0) continue;
        e->coded[i].passes = kept(&e->passes, e->progress[i].passes);
        e->coded[i].codeword = kept(&e->codewords, e->progress[i].codeword);
    }
    return LBC_OK;
}

/* ---- the frame ------------------------------------------------------------------------------- */

/* Squared error when nothing is sent. */
static double error_of_nothing(const lbc_j2k_encoder *e)
{
    double sum = 0;
    for (uint32_t i = 0; i < e->layout.nblocks; i++) {
        const lbc_j2k_block *b = &e->layout.blocks[i];
        double squares = 0;
        for (uint32_t y = 0; y < b->h; y++) {
            const uint32_t *row = rows_of(e, b) + y * e->layout.bands[b->band].stride;
            for (uint32_t x = 0; x < b->w; x++) {
                const double magnitude = row[x] & ~LBC_J2K_SIGN;
                squares += magnitude * magnitude;
            }
        }
        sum += squares * e->norms[b->band];
    }
    return sum;
}

/* Squared error of a frame at the PSNR that is asked for, less what rounding to whole counts will add: 1/12 each by
 * itself; diffused with its noise (frame/diffuse.h) 5/48, and by what is carried from three pixels 3/8 more of that. */
static double error_allowed(const lbc_lossy_params *params)
{
    const double peak = (double)(((uint32_t)1 << lbc_j2k_precision(params)) - 1);
    const double mean = peak * peak / pow(10, params->psnr / 10),
                 rounding = params->diffuse ? 5.0 / 48 * 11 / 8 : 1.0 / 12;
    return (mean > 2 * rounding ? mean - rounding : mean / 2) * (double)lbc_shape_pixels(params->shape);
}

static lbc_j2k_target make_target(const lbc_j2k_encoder *e, const lbc_lossy_params *params, size_t header_size)
{
    lbc_j2k_target t = {.layers = params->nlayers, .by_gain = params->psnr > 0, .norms = e->norms};
    if (t.by_gain) t.gain = error_of_nothing(e) - error_allowed(params);
    const double frame = lbc_lossy_frame_bytes(params);
    const double around = (double)header_size + 2;
    for (uint32_t i = 0; i < t.layers; i++) {
        const double bytes = frame / params->layers[i] - around;
        t.budget[i] = bytes > 0 ? (size_t)bytes : 0;
        if (params->layers[i] <= 1) t.budget[i] = SIZE_MAX; /* as with OpenJPEG: all there is */
    }
    return t;
}

/* Codes what the forecasts ask for, which they know better each time. The low band goes first: its coefficients are
 * large and all alike, and cost far less than forecast. Sets the last threshold. */
static lbc_status code_by_forecast(lbc_j2k_encoder *e, double bytes, double *threshold)
{
    enum { most_rounds = 5 };
    *threshold = 0;
    for (int round = 0; round < most_rounds; round++) {
        const uint32_t end = round ? e->layout.nblocks : blocks_of_low_band(&e->layout);
        if (!e->everything) *threshold = lbc_j2k_forecast_threshold(e->forecasts, e->census, e->layout.nblocks, bytes);
        if (!want_more(e, *threshold, end) && round) break;
        lbc_status status = code_blocks(e);
        if (status) return status;
    }
    return LBC_OK;
}

/* An allocation that took all there was has shown only that there must be more, below the threshold that was coded
 * to. False: nothing is missing. */
static bool want_for_allocation(lbc_j2k_encoder *e, double *threshold)
{
    const uint32_t all = e->layout.nblocks;
    const double further = 0.6, least = 1e-9;
    if (e->allocation.threshold > 0) {
        *threshold = e->allocation.threshold;
        return want_more(e, *threshold, all);
    }
    if (!want_more(e, 0, all)) return false;
    for (*threshold *= further; *threshold > least; *threshold *= further)
        if (want_more(e, *threshold, all)) return true;
    *threshold = 0;
    return want_more(e, 0, all);
}

/* Codes and allocates until nothing is missing. */
static lbc_status code_to_target(lbc_j2k_encoder *e, const lbc_j2k_target *target)
{
    /* Where quality is the target, its bytes are not known: some to begin with. */
    const double budget = (double)target->budget[target->layers - 1], some = (double)e->layout.coefficients / 32;
    double threshold;
    lbc_status status = code_by_forecast(e, target->by_gain && some < budget ? some : budget, &threshold);
    while (!status) {
        status = lbc_j2k_allocate(&e->allocation, &e->packets, &e->layout, e->coded, e->weights, target);
        if (status || !want_for_allocation(e, &threshold)) break;
        status = code_blocks(e);
    }
    return status;
}

/* Codes a frame as far as its target needs it. header: LBC_J2K_HEADER_SIZE bytes for the headers. */
static lbc_status code_frame(lbc_j2k_encoder *e, const lbc_lossy_params *params, const int32_t *frame, uint8_t *header,
                             size_t *header_size)
{
    lbc_status status = set_layout(e, params, frame);
    if (status) return status;
    if (!lbc_buffer_need(&e->coefficients, e->layout.coefficients * sizeof(uint32_t))) return LBC_E_MEMORY;
    status = transform_frame(e, frame);
    if (status) return status;
    set_weights(e, params);
    forecast_blocks(e);
    start_blocks(e);
    *header_size = lbc_j2k_write_headers(header, &e->header);
    const lbc_j2k_target target = make_target(e, params, *header_size);
    return code_to_target(e, &target);
}

size_t lbc_j2k_encode_bound(const lbc_lossy_params *params)
{
    const double pixels = (double)lbc_shape_pixels(params->shape), ratio = params->layers[params->nlayers - 1];
    /* Bit planes below the unit come with 9/7, and code that does not compress is longer than its bits. */
    const double whole = pixels * (lbc_j2k_precision(params) + 8) / 8 * 1.25;
    const double target = ratio <= 1 ? whole : lbc_lossy_frame_bytes(params) / ratio;
    /* Headers of empty packets are written whatever the target: one byte each, and a bit for some blocks. */
    return (size_t)(target < whole ? target : whole) + LBC_J2K_HEADER_SIZE + (size_t)(pixels / 1024) + 8192;
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

/* What a decoder knows of a row of a block's magnitudes after n passes, in halves. A magnitude is known
 * down to the plane of the last pass that visited it: the last plane, or the one above where the pass in
 * question is still to come; and a coefficient that the last plane would make significant is still 0
 * then, unless the propagation pass has found it. */
static void reconstruct(uint32_t *halves, const uint32_t *row, uint32_t w, uint32_t planes, uint32_t n,
                        uint64_t propagated)
{
    const uint32_t plane = planes - 1 - (n + 1) / 3, kind = (n + 1) % 3;
    lbc_j2k_rows_best()->settle(halves, row, kind == 2 ? UINT64_MAX : propagated, plane, plane + (kind == 0), w);
}

/* Are all magnitudes of a row below the plane of the last of n passes, or are there none? */
static bool nothing_known(const lbc_j2k_census *census, uint32_t y, uint32_t n)
{
    return n == 0 || census->row_planes[y] < census->planes - (n + 1) / 3;
}

/* A row for the transform. */
static void known_row(const void *context, uint32_t band, uint32_t y, uint32_t *halves)
{
    const lbc_j2k_encoder *e = context;
    const lbc_j2k_band *b = &e->layout.bands[band];
    const uint32_t *block = lbc_j2k_blocks_of_row(&e->layout, b, y), y_in_block = y % LBC_J2K_BLOCK;
    const uint32_t *passes = e->allocation.chosen + (size_t)(e->header.layers - 1) * e->layout.nblocks;
    for (uint32_t i = 0; i < b->blocks_x; i++, halves += LBC_J2K_BLOCK) {
        const lbc_j2k_block *from = &e->layout.blocks[block[i]];
        const lbc_j2k_census *census = &e->census[block[i]];
        const uint32_t n = passes[block[i]];
        const uint64_t *propagated = kept(&e->propagated, e->progress[block[i]].propagated);
        if (nothing_known(census, y_in_block, n))
            memset(halves, 0, from->w * sizeof *halves);
        else
            reconstruct(halves, rows_of(e, from) + y_in_block * b->stride, from->w, census->planes, n,
                        propagated[y_in_block]);
    }
}

lbc_status lbc_j2k_roundtrip(lbc_j2k_encoder *e, const lbc_lossy_params *params, int32_t *frame, size_t *size)
{
    uint8_t header[LBC_J2K_HEADER_SIZE];
    size_t header_size;
    lbc_status status = code_frame(e, params, frame, header, &header_size);
    if (status) return status;
    const lbc_j2k_source source = {known_row, e};
    *size = header_size + e->allocation.bytes + 2;
    return lbc_j2k_inverse(&e->transform, &e->layout, &e->header, params, &source, frame);
}
