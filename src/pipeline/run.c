/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One process, one pool: workers take output frames from input chunk to output chunk, the calling
 * thread writes what they made, in order. */
#include "base/clock.h"
#include "base/cpu.h"
#include "base/memory.h"
#include "base/pool.h"
#include "metadata/note.h"
#include "pipeline/cbf.h"
#include "pipeline/clear.h"
#include "pipeline/drawing.h"
#include "pipeline/image.h"
#include "pipeline/outputs.h"
#include "pipeline/space.h"
#include "pipeline/worker.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct lbc_run {
    lbc_job job;
    lbc_workshop shop;
    lbc_outputs outputs;
    lbc_claims claims;
    lbc_result *result;
    uint64_t cbf;    /* miniCBF files that are in place */
    lbc_tally tally; /* of the lossy codec, unless a record is kept */
    uint64_t frames_tallied;
    double started;
} lbc_run;

/* ---- the pool's jobs ------------------------------------------------------------------------ */

static lbc_status work(void *user, const lbc_pool_job *at, lbc_error *err)
{
    lbc_run *run = user;
    return lbc_workshop_gather(&run->shop, at->worker, at->slot, at->part, lbc_job_frame(&run->job, at->job), err);
}

static lbc_status finish(void *user, const lbc_pool_job *at, lbc_error *err)
{
    lbc_run *run = user;
    return lbc_workshop_encode(&run->shop, at->worker, at->slot, lbc_job_frame(&run->job, at->job), err);
}

static void count_frame(lbc_run *run, uint64_t k, const lbc_slot *slot)
{
    lbc_result *r = run->result;
    uint64_t first;
    uint32_t count;
    lbc_plan_group(&run->job.plan, k, &first, &count);
    for (uint64_t f = first; f < first + count; f++) r->bytes_in += lbc_input_frame_bytes(run->job.input, f);
    r->frames_in += count;
    lbc_outputs_count(r, slot);
}

/* Adds what was measured of a frame, with its row where rows are kept. */
static lbc_status note_measured(lbc_run *run, uint64_t k, const lbc_slot *slot, lbc_error *err)
{
    if (!slot->measured.done) return LBC_OK;
    if (!run->result->record) {
        lbc_tally_merge(&run->tally, &slot->measured.tally);
        run->frames_tallied++;
        return LBC_OK;
    }
    const lbc_job *job = &run->job;
    uint64_t first, bytes_in = 0;
    uint32_t count;
    lbc_plan_group(&job->plan, k, &first, &count);
    for (uint64_t f = first; f < first + count; f++) bytes_in += lbc_input_frame_bytes(job->input, f);
    const lbc_row row = {.number = k + 1,
                         .first = first + 1,
                         .count = count,
                         .bytes_in = bytes_in,
                         .bytes_chunk = slot->chunk_size,
                         .bytes_stream = slot->stream_known ? slot->stream_size : 0,
                         .counts = slot->counts};
    return lbc_record_add(run->result->record, row, slot->measured.full)
               ? LBC_OK
               : lbc_fail(err, LBC_E_MEMORY, "out of memory for a report");
}

static lbc_status deliver(void *user, const lbc_pool_job *at, lbc_error *err)
{
    lbc_run *run = user;
    const lbc_slot *slot = &run->shop.slot[at->slot];
    const uint64_t k = lbc_job_frame(&run->job, at->job);
    /* A data file that is in place has its miniCBF files beside it, on which a run that resumes counts. */
    lbc_status status = slot->cbf ? lbc_cbf_put(&run->job, k, slot->cbf, slot->cbf_size, err) : LBC_OK;
    if (status == LBC_OK && slot->cbf) run->cbf++;
    if (status == LBC_OK) status = lbc_outputs_add(&run->outputs, &run->job, at->job, slot, err);
    if (status) return status;
    count_frame(run, k, slot);
    run->result->frames_bad += slot->input.bad;
    lbc_workshop_tell_bad(&run->shop, at->slot);
    return note_measured(run, k, slot, err);
}

static lbc_status tick(void *user, lbc_error *err)
{
    const lbc_run *run = user;
    const lbc_options *o = run->job.options;
    const lbc_progress progress = {.frames_done = run->result->frames_out,
                                   .frames = run->job.frames,
                                   .frames_read = run->result->frames_in,
                                   .bytes_in = run->result->bytes_in,
                                   .bytes_out = run->result->bytes_chunks,
                                   .seconds = lbc_clock() - run->started};
    if (o->progress && o->progress(o->user, &progress))
        return lbc_fail(err, LBC_E_CANCELLED, "stopped after %" PRIu64 " of %" PRIu64 " images", progress.frames_done,
                        progress.frames);
    return LBC_OK;
}

/* ---- the run -------------------------------------------------------------------------------- */

static lbc_status run_frames(lbc_run *run, lbc_error *err)
{
    if (run->job.frames == 0) return LBC_OK;
    lbc_pool *pool = lbc_pool_new(run->job.options->threads);
    if (!pool) return lbc_fail(err, LBC_E_MEMORY, "cannot start %u threads (fewer: -p)", run->job.options->threads);
    lbc_status status = lbc_workshop_open(&run->shop, &run->job, lbc_pool_workers(pool), err);
    if (status == LBC_OK) status = lbc_space_check(&run->shop, err);
    if (status == LBC_OK) {
        const lbc_pool_task task = {.jobs = run->job.frames,
                                    .parts = run->shop.parts,
                                    .slots = run->shop.slots,
                                    .user = run,
                                    .work = work,
                                    .finish = finish,
                                    .deliver = deliver,
                                    .tick = tick};
        status = lbc_pool_run(pool, &task, err);
    }
    lbc_pool_free(pool);
    lbc_workshop_close(&run->shop);
    lbc_outputs_drop(&run->outputs);
    return status;
}

static void describe_series(const lbc_run *run)
{
    const lbc_job *job = &run->job;
    lbc_result *r = run->result;
    r->shape_in = job->series->shape;
    r->shape_out = job->shape;
    r->type_in = job->series->type;
    r->type_out = job->store.type;
    r->saturation = job->limit;
    r->frames_dropped = job->plan.dropped;
    r->frames_there = job->series->frames;
    r->frames_set = job->plan.groups;
    r->files_set = (uint32_t)job->plan.files;
}

/* A record is kept of a job that measures by all figures. */
static lbc_status begin_record(lbc_run *run, lbc_error *err)
{
    const lbc_measuring *m = &run->job.measuring;
    if (!m->full) return LBC_OK;
    run->result->record = lbc_record_new(m->resolution);
    return run->result->record ? LBC_OK : lbc_fail(err, LBC_E_MEMORY, "out of memory for a report");
}

/* What was done, whether or not it is all that was to be done. */
static lbc_status describe_result(lbc_run *run, lbc_error *err)
{
    const lbc_job *job = &run->job;
    lbc_result *r = run->result;
    r->bytes_raw = r->frames_in * lbc_shape_pixels(r->shape_in) * lbc_pixel_size(r->type_in);
    r->bytes_raw_out = r->frames_out * lbc_shape_pixels(r->shape_out) * lbc_pixel_size(r->type_out);
    r->bytes_out = run->outputs.bytes;
    r->files = run->outputs.committed;
    r->files_kept = job->kept;
    r->figures = r->record ? lbc_figures_of_record(r->record)
                           : lbc_figures_of_tally(&run->tally, run->frames_tallied, job->measuring.every);
    if (r->files) {
        r->first_file = lbc_names_file(job->names.prefix, job->todo[0]);
        r->last_file = lbc_names_file(job->names.prefix, job->todo[r->files - 1]);
        if (!r->first_file || !r->last_file) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    }
    return LBC_OK;
}

#define SHIFT_TO_WARN_OF 0.05 /* of the mean: the background that integration subtracts */

static const char *remedy(const lbc_options *o)
{
    if (o->lossy == LBC_LOSSY_HCOMPRESS)
        return o->rounding == LBC_ROUNDING_NEAREST ? "--profile faithful or a smaller -H keeps it better"
                                                   : "a smaller -H keeps it better";
    return o->wavelet == LBC_WAVELET_53 ? "--wavelet 9/7 (--profile faithful) or a smaller ratio keeps it better"
                                        : "a smaller ratio keeps it better";
}

/* Of a word that counts n things. */
static const char *end_of(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void warn_of_loss(const lbc_run *run)
{
    const lbc_result *r = run->result;
    const lbc_log *log = &run->job.log;
    const bool wider = run->job.options->stored == 2;
    const double shift = r->figures.relative_shift;
    if (r->figures.frames && fabs(shift) > SHIFT_TO_WARN_OF)
        lbc_log_send(log, LBC_LEVEL_WARNING, "the lossy codec moves the mean count by %+.0f %% (%.3g to %.3g): %s",
                     100 * shift, r->figures.mean_before, r->figures.mean_after, remedy(run->job.options));
    if (r->frames_bad)
        lbc_log_send(log, LBC_LEVEL_WARNING, "%" PRIu64 " image%s could not be read and %s %s", r->frames_bad,
                     end_of(r->frames_bad), r->frames_bad == 1 ? "was" : "were",
                     run->job.options->sum > 1 ? "skipped: any sum with such a one is masked" : "masked");
    if (r->clipped)
        lbc_log_send(log, LBC_LEVEL_WARNING,
                     "%" PRIu64 " pixel%s held more than the largest count that can be written, %" PRId64
                     ": marked as overloaded%s",
                     r->clipped, end_of(r->clipped), r->saturation, wider ? " (-u 4 has room for more)" : "");
    if (wider && r->above_i16)
        lbc_log_send(log, LBC_LEVEL_WARNING,
                     "%" PRIu64 " pixel%s with counts above 32767, which XDS ignores when it reads 16-bit images "
                     "through the durin plugin (-u 4 writes 32-bit ones)",
                     r->above_i16, end_of(r->above_i16));
}

/* What readers must be told; NULL: out of memory, which is no reason to fail a run that is done. */
static char *make_note(const lbc_job *job)
{
    const lbc_series *s = job->series;
    const lbc_note_series facts = {s->pixel_x, s->pixel_y, s->beam_x, s->beam_y, s->oscillation, lbc_turns_by_step(s)};
    const size_t size = lbc_xds_note(NULL, 0, &job->change, &facts) + 1;
    char *note = lbc_alloc(size, 1);
    if (note) lbc_xds_note(note, size, &job->change, &facts);
    return note;
}

static lbc_status finish_run(lbc_run *run, lbc_error *err)
{
    if (!run->job.writes_master) return LBC_OK;
    const lbc_status status = lbc_outputs_master(&run->job, err);
    if (status) return status;
    run->result->master = run->job.names.master;
    run->job.names.master = NULL;
    run->result->note = make_note(&run->job);
    return LBC_OK;
}

/* A run that is done does not fail for want of pictures. */
static void draw_pictures(const lbc_run *run)
{
    lbc_error trouble = {LBC_OK, ""};
    if (lbc_draw_frames(&run->job, run->result->record, &trouble))
        lbc_log_send(&run->job.log, LBC_LEVEL_WARNING, "%s; the report lacks pictures", trouble.text);
}

/* What a run that stopped has left, for the user to know. */
static void tell_what_is_left(const lbc_run *run)
{
    const lbc_job *job = &run->job;
    const lbc_options *o = job->options;
    const char *how = o->overwrite ? "--resume --overwrite" : "--resume";
    const uint32_t left = run->outputs.committed + job->kept;
    if (lbc_clear_untouched(job)) {
        lbc_log_send(&job->log, LBC_LEVEL_NOTICE, "%s: the set that was there is as it was", job->names.master);
        return;
    }
    if (run->cbf)
        lbc_log_send(&job->log, LBC_LEVEL_NOTICE, "%" PRIu64 " miniCBF file%s left (%s_...; %s goes on from there)",
                     run->cbf, run->cbf == 1 ? " was" : "s were", o->minicbf, how);
    if (left)
        lbc_log_send(&job->log, LBC_LEVEL_NOTICE,
                     "%" PRIu32 " complete data file%s left (%s_...); no master was written (%s goes on from there)",
                     left, left == 1 ? " was" : "s were", job->names.prefix, how);
}

lbc_status lbc_compress(const lbc_options *options, lbc_result *result, lbc_error *err)
{
    lbc_run run = {.result = result};
    *result = (lbc_result){0};
    lbc_status status = lbc_job_prepare(&run.job, options, err);
    if (status == LBC_OK) status = lbc_image_some(&run.job, err);
    if (status == LBC_OK) {
        describe_series(&run);
        status = begin_record(&run, err);
        if (status == LBC_OK) status = lbc_clear(&run.job, &run.claims, err);
    }
    if (status == LBC_OK) {
        run.started = lbc_clock();
        status = run_frames(&run, err);
        const lbc_status described = describe_result(&run, status ? NULL : err);
        if (status == LBC_OK) status = described;
        if (status == LBC_OK) status = finish_run(&run, err);
        result->seconds = lbc_clock() - run.started;
        if (status == LBC_OK && options->draw) draw_pictures(&run);
        if (status)
            tell_what_is_left(&run);
        else
            warn_of_loss(&run);
    }
    lbc_claims_drop(&run.claims);
    lbc_job_free(&run.job);
    return status;
}

void lbc_result_free(lbc_result *result)
{
    free(result->master);
    free(result->first_file);
    free(result->last_file);
    free(result->note);
    lbc_record_free(result->record);
    *result = (lbc_result){0};
}

/* ---- small questions ------------------------------------------------------------------------ */

static const lbc_codec *writable_codec(unsigned n)
{
    for (const lbc_codec *const *c = lbc_codecs; *c; c++)
        if ((*c)->writable && n-- == 0) return *c;
    return NULL;
}

const char *lbc_codec_name(unsigned n)
{
    const lbc_codec *codec = writable_codec(n);
    return codec ? codec->name : NULL;
}

const char *lbc_codec_text(unsigned n)
{
    const lbc_codec *codec = writable_codec(n);
    return codec ? codec->what : NULL;
}

lbc_status lbc_limit_cpu(const char *level)
{
    const int n = lbc_cpu_level_by_name(level);
    if (n < 0) return LBC_E_ARGUMENT;
    lbc_cpu_limit((lbc_cpu_level)n);
    return LBC_OK;
}
