/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A series written as its frames come. Frames are summed in the lanes of a workshop; when every lane has a
 * whole group, or at the end, the pool compresses them all. What a block of images has become is held until the
 * block is whole, so that a data file knows from the beginning how many it has, however early the series ends. */
#include "base/claim.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/place.h"
#include "base/pool.h"
#include "nexus/bare_master.h"
#include "pipeline/clear.h"
#include "pipeline/facts.h"
#include "pipeline/outputs.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct lbc_writer {
    lbc_options options;
    char *strings[4]; /* copies that the options point to */
    lbc_series series;
    double angle, *angles; /* where the first frame begins; [frames] each, at the end */
    uint32_t *mask;
    lbc_job job;
    lbc_claims claims;
    lbc_pool *pool;
    lbc_workshop shop;
    lbc_outputs outputs;
    unsigned whole;    /* lanes that have a whole group */
    uint32_t in_group; /* frames in the group after these */
    uint64_t encoded;  /* output frames so far */
    lbc_slot *held;    /* [block] chunks and codestreams of the block begun */
    uint32_t nheld;
    lbc_result result;
    lbc_tally tally;
    uint64_t tallied;
    bool failed;
    double started;
};

/* ---- opening --------------------------------------------------------------------------------- */

/* The options with strings of their own, and without what a stream has not. */
static lbc_status copy_options(lbc_writer *w, const lbc_options *o, lbc_error *err)
{
    const char *const given[4] = {o->out_file, o->out_master, o->out_squash, o->compression};
    w->options = *o;
    for (int i = 0; i < 4; i++) {
        if (!given[i]) continue;
        w->strings[i] = lbc_strdup(given[i]);
        if (!w->strings[i]) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    }
    w->options.input = "memory";
    w->options.out_file = w->strings[0];
    w->options.out_master = w->strings[1];
    w->options.out_squash = w->strings[2];
    w->options.compression = w->strings[3];
    w->options.minicbf = NULL;
    w->options.first_image = 1;
    w->options.last_image = w->series.frames;
    w->options.shares = w->options.share = 0;
    w->options.resume = w->options.skip_bad = w->options.measure = w->options.draw = false;
    return LBC_OK;
}

static lbc_status copy_facts(lbc_writer *w, const lbc_facts *facts, lbc_error *err)
{
    const lbc_status status = lbc_facts_series(&w->series, facts, err);
    w->angle = isfinite(facts->angle) ? facts->angle : 0;
    if (status || !facts->mask) return status;
    const size_t pixels = lbc_shape_pixels(facts->shape);
    w->mask = lbc_alloc(pixels, sizeof *w->mask);
    if (!w->mask) return lbc_fail(err, LBC_E_MEMORY, "out of memory for the pixel mask");
    memcpy(w->mask, facts->mask, pixels * sizeof *w->mask);
    w->series.mask = w->mask;
    return LBC_OK;
}

static lbc_status open_workshop(lbc_writer *w, lbc_error *err)
{
    const uint64_t largest = w->job.plan.block < w->job.plan.groups ? w->job.plan.block : w->job.plan.groups;
    w->pool = lbc_pool_new(w->options.threads);
    w->held = lbc_alloc_zero(largest, sizeof *w->held);
    if (!w->pool || !w->held) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    return lbc_workshop_open(&w->shop, &w->job, lbc_pool_workers(w->pool), err);
}

lbc_status lbc_writer_open(lbc_writer **writer, const lbc_options *options, const lbc_facts *facts, lbc_error *err)
{
    lbc_writer *w = *writer = lbc_alloc_zero(1, sizeof *w);
    if (!w) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    lbc_status status = copy_facts(w, facts, err);
    if (status == LBC_OK) status = copy_options(w, options, err);
    if (status == LBC_OK) status = lbc_job_prepare_stream(&w->job, &w->options, &w->series, err);
    if (status == LBC_OK) status = open_workshop(w, err);
    if (status == LBC_OK) status = lbc_clear(&w->job, &w->claims, err);
    w->started = lbc_clock();
    if (status) {
        lbc_writer_drop(w);
        *writer = NULL;
    }
    return status;
}

/* ---- frames ---------------------------------------------------------------------------------- */

/* Keeps what slot has become; its buffers are used again. */
static bool hold(lbc_slot *held, const lbc_slot *slot)
{
    *held = *slot;
    held->chunk = lbc_alloc(slot->chunk_size, 1);
    held->stream = slot->stream ? lbc_alloc(slot->stream_size, 1) : NULL;
    if (!held->chunk || (slot->stream && !held->stream)) return false;
    memcpy(held->chunk, slot->chunk, slot->chunk_size);
    if (slot->stream) memcpy(held->stream, slot->stream, slot->stream_size);
    return true;
}

static void free_held(lbc_writer *w)
{
    for (uint32_t i = 0; i < w->nheld; i++) {
        free(w->held[i].chunk);
        free(w->held[i].stream);
    }
    w->nheld = 0;
}

/* Writes the block that is held as a data file. */
static lbc_status write_block(lbc_writer *w, lbc_error *err)
{
    const uint64_t first = w->encoded - w->nheld;
    lbc_status status = LBC_OK;
    for (uint32_t i = 0; i < w->nheld && status == LBC_OK; i++)
        status = lbc_outputs_add(&w->outputs, &w->job, first + i, &w->held[i], err);
    free_held(w);
    return status;
}

static void count(lbc_writer *w, const lbc_slot *slot)
{
    lbc_outputs_count(&w->result, slot);
    if (!slot->measured.done) return;
    lbc_tally_merge(&w->tally, &slot->measured.tally);
    w->tallied++;
}

/* Lane i and slot i belong to job i, whichever worker has it. */
static lbc_status work(void *user, const lbc_pool_job *at, lbc_error *err)
{
    lbc_writer *w = user;
    const unsigned i = (unsigned)at->job;
    return lbc_workshop_encode(&w->shop, i, i, w->encoded + i, err);
}

static lbc_status deliver(void *user, const lbc_pool_job *at, lbc_error *err)
{
    (void)user;
    (void)at;
    (void)err;
    return LBC_OK;
}

/* Compresses the groups that are in the first lanes. */
static lbc_status encode_groups(lbc_writer *w, unsigned groups, lbc_error *err)
{
    const lbc_pool_task task = {
        .jobs = groups, .parts = 1, .slots = w->shop.lanes, .user = w, .work = work, .deliver = deliver};
    lbc_status status = groups ? lbc_pool_run(w->pool, &task, err) : LBC_OK;
    for (unsigned i = 0; i < groups && status == LBC_OK; i++) {
        count(w, &w->shop.slot[i]);
        if (!hold(&w->held[w->nheld++], &w->shop.slot[i])) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
        w->encoded++;
        if (w->nheld == w->job.plan.block) status = write_block(w, err);
    }
    w->whole = 0;
    return status;
}

lbc_status lbc_writer_add(lbc_writer *w, const void *pixels, lbc_error *err)
{
    lbc_gather gather;
    if (w->failed) return lbc_fail(err, LBC_E_ARGUMENT, "the writer has failed before");
    if (w->result.frames_in == w->series.frames)
        return lbc_fail(err, LBC_E_ARGUMENT, "%" PRIu64 " frame%s announced, and here is another", w->series.frames,
                        w->series.frames == 1 ? " was" : "s were");
    lbc_gather_begin(&gather, &w->job.gather, w->shop.lane[w->whole].sum, w->in_group == 0);
    lbc_gather_pixels(&gather, pixels, lbc_shape_pixels(w->series.shape));
    w->result.frames_in++;
    if (++w->in_group < w->options.sum) return LBC_OK;
    w->in_group = 0;
    if (++w->whole < w->shop.lanes) return LBC_OK;
    const lbc_status status = encode_groups(w, w->whole, err);
    w->failed = status != LBC_OK;
    return status;
}

/* ---- the end --------------------------------------------------------------------------------- */

/* The series is now of the frames that came. */
static lbc_status end_series(lbc_writer *w, lbc_error *err)
{
    lbc_series *s = &w->series;
    s->frames = s->nimages = w->result.frames_in;
    w->angles = lbc_alloc(s->frames, sizeof *w->angles);
    if (!w->angles) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    for (uint64_t i = 0; i < s->frames; i++) w->angles[i] = w->angle + (double)i * s->oscillation;
    s->angles = w->angles;
    lbc_job_cut(&w->job);
    return LBC_OK;
}

/* A master of the frames as they came, beside the one that is made of it, and no longer than that takes. */
static lbc_status write_master(lbc_writer *w, lbc_error *err)
{
    lbc_place bare = {0};
    lbc_status status = lbc_place_begin(&bare, w->job.names.master, err);
    if (status == LBC_OK) status = lbc_bare_master_write(bare.temporary, &w->series, err);
    if (status == LBC_OK) status = lbc_bare_master_open(&w->job.input, bare.temporary, &w->series, err);
    if (status == LBC_OK) status = lbc_outputs_master(&w->job, err);
    lbc_input_close(w->job.input);
    w->job.input = NULL;
    lbc_place_drop(&bare);
    return status;
}

static lbc_status describe(lbc_writer *w, lbc_error *err)
{
    lbc_result *r = &w->result;
    r->shape_in = w->series.shape;
    r->shape_out = w->job.shape;
    r->type_in = w->series.type;
    r->type_out = w->job.store.type;
    r->saturation = w->job.limit;
    r->frames_dropped = w->job.plan.dropped;
    r->frames_there = r->frames_in;
    r->frames_set = r->frames_out;
    r->files_set = w->outputs.committed;
    r->frames_in -= r->frames_dropped;
    r->bytes_raw = r->bytes_in = r->frames_in * lbc_shape_pixels(r->shape_in) * lbc_pixel_size(r->type_in);
    r->bytes_raw_out = r->frames_out * lbc_shape_pixels(r->shape_out) * lbc_pixel_size(r->type_out);
    r->bytes_out = w->outputs.bytes;
    r->files = w->outputs.committed;
    r->figures = lbc_figures_of_tally(&w->tally, w->tallied, w->job.measuring.every);
    r->first_file = lbc_names_file(w->job.names.prefix, 0);
    r->last_file = lbc_names_file(w->job.names.prefix, w->job.plan.files - 1);
    if (!r->first_file || !r->last_file) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    r->master = w->job.names.master;
    w->job.names.master = NULL;
    r->seconds = lbc_clock() - w->started;
    return LBC_OK;
}

static lbc_status finish(lbc_writer *w, lbc_error *err)
{
    if (w->failed) return lbc_fail(err, LBC_E_ARGUMENT, "the writer has failed before");
    if (w->result.frames_in == 0) return lbc_fail(err, LBC_E_ARGUMENT, "%s: no frame was added", w->options.out_file);
    lbc_status status = end_series(w, err);
    if (status) return status;
    if (w->job.plan.groups == 0)
        return lbc_fail(err, LBC_E_ARGUMENT, "%s: fewer frames were added than one image sums", w->options.out_file);
    const bool partial = w->in_group && w->options.keep_partial;
    status = encode_groups(w, w->whole + partial, err);
    if (status == LBC_OK) status = write_block(w, err);
    if (status == LBC_OK) status = write_master(w, err);
    return status ? status : describe(w, err);
}

lbc_status lbc_writer_close(lbc_writer *w, lbc_result *result, lbc_error *err)
{
    if (result) *result = (lbc_result){0};
    if (!w) return lbc_fail(err, LBC_E_ARGUMENT, "no writer is open");
    const lbc_status status = finish(w, err);
    if (result) {
        *result = w->result;
        w->result = (lbc_result){0};
    }
    lbc_writer_drop(w);
    return status;
}

void lbc_writer_drop(lbc_writer *w)
{
    if (!w) return;
    lbc_outputs_drop(&w->outputs);
    if (w->held) free_held(w);
    free(w->held);
    lbc_pool_free(w->pool);
    lbc_workshop_close(&w->shop);
    lbc_claims_drop(&w->claims);
    lbc_job_free(&w->job);
    lbc_result_free(&w->result);
    for (int i = 0; i < 4; i++) free(w->strings[i]);
    free(w->angles);
    free(w->mask);
    free(w);
}
