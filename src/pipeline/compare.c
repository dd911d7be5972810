/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two series compared: the first is brought to the bin and sum of the second, frame by frame. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/pool.h"
#include "pipeline/image.h"
#include "pipeline/match.h"
#include "report/record.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct lane {
    lbc_frame_reader *reader;
    int32_t *before, *after; /* [pixels] */
    void *room;              /* for lbc_measure */
} lane;

typedef struct slot {
    lbc_frame_measures measures;
    lbc_frame_counts counts; /* of B */
} slot;

/* How the stored frames of one side become frames that can be compared. */
typedef struct side {
    lbc_input *input;
    const lbc_series *series;
    lbc_gather_rule rule;
    uint8_t *mask; /* [pixels] of the frames compared; NULL: none */
} side;

typedef struct comparing {
    const lbc_compare_options *options;
    lbc_comparison *result;
    side a, b;
    lbc_match match;
    lbc_shape shape;
    size_t pixels;
    int32_t limit;
    uint8_t *ring;
    lane *lane;
    slot *slot;
    unsigned lanes, slots;
    double started;
} comparing;

/* ---- opening --------------------------------------------------------------------------------- */

static lbc_status open_side(side *s, const char *path, const lbc_log *log, lbc_error *err)
{
    const lbc_input_options how = {.log = *log};
    const lbc_status status = lbc_input_open(&s->input, path, &how, err);
    if (status == LBC_OK) s->series = lbc_input_series(s->input);
    return status;
}

/* The rule for stored pixels, and the mask of binned frames. */
static lbc_status prepare_side(side *s, uint32_t bin, size_t pixels, lbc_error *err)
{
    const lbc_series *series = s->series;
    s->rule = (lbc_gather_rule){
        .type = series->type, .in = series->shape, .bin = bin, .saturation = series->saturation, .gaps_zero = false};
    uint32_t *binned = lbc_alloc(pixels, sizeof *binned);
    s->mask = lbc_alloc(pixels, 1);
    if (binned && s->mask) {
        lbc_mask_bin(binned, series->mask, series->shape, bin);
        lbc_mask_flags(s->mask, binned, pixels);
    }
    free(binned);
    return binned && s->mask ? LBC_OK : lbc_fail(err, LBC_E_MEMORY, "out of memory for the pixel mask");
}

static lbc_status make_rings(comparing *c, lbc_error *err)
{
    const lbc_series *b = c->b.series;
    const lbc_geometry geometry = {b->wavelength, b->distance, b->pixel_x, b->pixel_y, b->beam_x, b->beam_y};
    c->ring = lbc_alloc(c->pixels, 1);
    if (!c->ring) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    c->result->record = lbc_record_new(lbc_rings(c->ring, c->shape, &geometry));
    return c->result->record ? LBC_OK : lbc_fail(err, LBC_E_MEMORY, "out of memory");
}

static void describe(comparing *c)
{
    lbc_comparison *r = c->result;
    r->bin = c->match.bin;
    r->sum = c->match.plan.sum;
    r->first_image = c->match.plan.first + 1;
    r->shape_a = c->a.series->shape;
    r->shape_b = c->b.series->shape;
    r->type_a = c->a.series->type;
    r->type_b = c->b.series->type;
    r->saturation = c->b.series->saturation;
}

static lbc_status prepare(comparing *c, lbc_error *err)
{
    const lbc_log log = {c->options->message, c->options->user};
    lbc_status status = open_side(&c->a, c->options->a, &log, err);
    if (status == LBC_OK) status = open_side(&c->b, c->options->b, &log, err);
    if (status == LBC_OK) status = lbc_match_make(&c->match, c->options, c->a.series, c->b.series, err);
    if (status) return status;
    c->shape = c->b.series->shape;
    c->pixels = lbc_shape_pixels(c->shape);
    c->limit = c->b.series->saturation < INT32_MAX ? (int32_t)c->b.series->saturation : INT32_MAX;
    describe(c);
    status = prepare_side(&c->a, c->match.bin, c->pixels, err);
    if (status == LBC_OK) status = prepare_side(&c->b, 1, c->pixels, err);
    if (status == LBC_OK) status = make_rings(c, err);
    return status;
}

static lbc_status open_lanes(comparing *c, unsigned workers, lbc_error *err)
{
    const size_t room = lbc_measure_room(c->shape);
    bool ok = room > 0;
    c->lane = lbc_alloc_zero(workers, sizeof *c->lane);
    c->slot = lbc_alloc(workers + 2, sizeof *c->slot);
    c->slots = workers + 2;
    ok = ok && c->lane && c->slot;
    while (ok && c->lanes < workers) {
        lane *l = &c->lane[c->lanes++];
        l->reader = lbc_frame_reader_new();
        l->before = lbc_alloc_aligned(c->pixels, sizeof *l->before);
        l->after = lbc_alloc_aligned(c->pixels, sizeof *l->after);
        l->room = lbc_alloc(room, 1);
        ok = l->reader && l->before && l->after && l->room;
    }
    return ok ? LBC_OK : lbc_fail(err, LBC_E_MEMORY, "out of memory for %u workers (fewer need less: -p)", workers);
}

static void close_all(comparing *c)
{
    for (unsigned i = 0; i < c->lanes; i++) {
        lbc_frame_reader_free(c->lane[i].reader);
        free(c->lane[i].before);
        free(c->lane[i].after);
        free(c->lane[i].room);
    }
    free(c->lane);
    free(c->slot);
    free(c->ring);
    free(c->a.mask);
    free(c->b.mask);
    lbc_input_close(c->a.input);
    lbc_input_close(c->b.input);
}

/* ---- frames ---------------------------------------------------------------------------------- */

/* Frames first .. first + count - 1 of a side, as one. */
static lbc_status read_frames(const comparing *c, const side *s, lbc_frame_reader *reader, uint64_t first,
                              uint32_t count, int32_t *frame, lbc_frame_counts *counts, lbc_error *err)
{
    for (uint64_t f = first; f < first + count; f++) {
        const lbc_status status = lbc_image_read(s->input, reader, f, &s->rule, frame, f == first, err);
        if (status) return status;
    }
    lbc_frame_finish(frame, c->pixels, s->mask, c->limit, counts);
    return LBC_OK;
}

static lbc_status read_pair(const comparing *c, const lane *l, uint64_t k, lbc_frame_counts *counts, lbc_error *err)
{
    lbc_frame_counts of_a = {0};
    uint64_t first;
    uint32_t count;
    *counts = (lbc_frame_counts){0};
    lbc_plan_group(&c->match.plan, k, &first, &count);
    const lbc_status status = read_frames(c, &c->a, l->reader, first, count, l->before, &of_a, err);
    return status ? status : read_frames(c, &c->b, l->reader, k, 1, l->after, counts, err);
}

static lbc_status work(void *user, const lbc_pool_job *at, lbc_error *err)
{
    comparing *c = user;
    const lane *l = &c->lane[at->worker];
    slot *s = &c->slot[at->slot];
    const lbc_status status = read_pair(c, l, at->job, &s->counts, err);
    if (status == LBC_OK) lbc_measure(&s->measures, l->before, l->after, c->shape, c->ring, l->room);
    return status;
}

static lbc_status deliver(void *user, const lbc_pool_job *at, lbc_error *err)
{
    comparing *c = user;
    const slot *s = &c->slot[at->slot];
    uint64_t first, bytes = 0;
    uint32_t count;
    lbc_plan_group(&c->match.plan, at->job, &first, &count);
    for (uint64_t f = first; f < first + count; f++) bytes += lbc_input_frame_bytes(c->a.input, f);
    const lbc_row row = {.number = at->job + 1,
                         .first = first + 1,
                         .count = count,
                         .bytes_in = bytes,
                         .bytes_chunk = lbc_input_frame_bytes(c->b.input, at->job),
                         .counts = s->counts};
    if (!lbc_record_add(c->result->record, row, &s->measures)) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    c->result->frames++;
    c->result->frames_in += count;
    c->result->bytes_a += row.bytes_in;
    c->result->bytes_b += row.bytes_chunk;
    return LBC_OK;
}

static lbc_status tick(void *user, lbc_error *err)
{
    const comparing *c = user;
    const lbc_compare_options *o = c->options;
    const lbc_progress progress = {.frames_done = c->result->frames,
                                   .frames = c->b.series->frames,
                                   .frames_read = c->result->frames_in,
                                   .bytes_in = c->result->bytes_a,
                                   .bytes_out = c->result->bytes_b,
                                   .seconds = lbc_clock() - c->started};
    if (o->progress && o->progress(o->user, &progress)) return lbc_fail(err, LBC_E_CANCELLED, "stopped");
    return LBC_OK;
}

static lbc_status compare_frames(comparing *c, lbc_error *err)
{
    lbc_pool *pool = lbc_pool_new(c->options->threads);
    if (!pool) return lbc_fail(err, LBC_E_MEMORY, "cannot start %u threads (fewer: -p)", c->options->threads);
    lbc_status status = open_lanes(c, lbc_pool_workers(pool), err);
    if (status == LBC_OK) {
        const lbc_pool_task task = {.jobs = c->b.series->frames,
                                    .parts = 1,
                                    .slots = c->slots,
                                    .user = c,
                                    .work = work,
                                    .deliver = deliver,
                                    .tick = tick};
        status = lbc_pool_run(pool, &task, err);
    }
    lbc_pool_free(pool);
    return status;
}

static lbc_status draw(comparing *c, lbc_error *err)
{
    uint64_t row[LBC_PICTURES];
    lbc_record *record = c->result->record;
    const unsigned count = lbc_record_choose(record, row);
    const lane *l = &c->lane[0];
    slot *s = &c->slot[0];
    lbc_status status = LBC_OK;
    for (unsigned i = 0; i < count && status == LBC_OK; i++) {
        status = read_pair(c, l, row[i], &s->counts, err);
        if (status) break;
        lbc_measure(&s->measures, l->before, l->after, c->shape, c->ring, l->room);
        status = lbc_picture_make(&record->picture[i], row[i] + 1, l->before, l->after, c->shape, &s->measures, err);
        if (status == LBC_OK) record->pictures++;
    }
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

void lbc_compare_options_init(lbc_compare_options *o)
{
    *o = (lbc_compare_options){.max_rmse = NAN, .max_shift = NAN, .min_correlation = NAN, .max_lost = 0};
}

lbc_status lbc_compare(const lbc_compare_options *options, lbc_comparison *comparison, lbc_error *err)
{
    *comparison = (lbc_comparison){0};
    comparing c = {.options = options, .result = comparison, .started = lbc_clock()};
    lbc_status status = prepare(&c, err);
    if (status == LBC_OK) status = compare_frames(&c, err);
    if (status == LBC_OK) {
        comparison->figures = lbc_figures_of_record(comparison->record);
        lbc_match_judge(&c.match, options, comparison);
        if (options->draw) status = draw(&c, err);
    }
    comparison->seconds = lbc_clock() - c.started;
    close_all(&c);
    if (status == LBC_OK && *comparison->outside)
        return lbc_fail(err, LBC_E_MISMATCH, "%s: %s", options->b, comparison->outside);
    return status;
}

void lbc_comparison_free(lbc_comparison *comparison)
{
    lbc_record_free(comparison->record);
    *comparison = (lbc_comparison){0};
}
