/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/trial.h"

#include "base/clock.h"
#include "base/memory.h"
#include "pipeline/clear.h"
#include "pipeline/image.h"
#include "pipeline/space.h"

#include <stdlib.h>
#include <string.h>

static uint64_t bytes_of_input(const lbc_job *job, uint64_t k)
{
    uint64_t first, bytes = 0;
    uint32_t count;
    lbc_plan_group(&job->plan, k, &first, &count);
    for (uint64_t f = first; f < first + count; f++) bytes += lbc_input_frame_bytes(job->input, f);
    return bytes;
}

static lbc_status try_frame(lbc_trial *t, lbc_workshop *shop, uint64_t k, lbc_error *err)
{
    const double started = lbc_clock();
    lbc_status status = lbc_workshop_gather(shop, 0, 0, 0, k, err);
    if (status == LBC_OK) status = lbc_workshop_encode(shop, 0, 0, k, err);
    if (status) return status;
    lbc_workshop_tell_bad(shop, 0);
    if (shop->slot[0].input.bad) return LBC_OK; /* a masked image says nothing of the others */
    t->seconds += lbc_clock() - started;
    t->frames++;
    t->bytes_in += bytes_of_input(shop->job, k);
    t->bytes_out += shop->slot[0].chunk_size;
    if (!shop->job->measuring.full) return LBC_OK;
    status = lbc_workshop_measure(shop, 0, 0, k, err);
    if (status == LBC_OK) lbc_measures_merge(&t->measures, &shop->slot[0].measured.full->sums);
    return status;
}

lbc_status lbc_trial_run(lbc_trial *t, lbc_job *job, lbc_status (*tick)(void *user, lbc_error *err), void *user,
                         lbc_error *err)
{
    const uint64_t n = job->frames < LBC_TRIAL_FRAMES ? job->frames : LBC_TRIAL_FRAMES;
    lbc_workshop shop;
    *t = (lbc_trial){0};
    job->measuring.every = 0; /* measuring is not to be timed */
    lbc_status status = lbc_workshop_open(&shop, job, 1, err);
    for (uint64_t i = 0; i < n && status == LBC_OK; i++) {
        status = try_frame(t, &shop, lbc_job_frame(job, n > 1 ? i * (job->frames - 1) / (n - 1) : 0), err);
        if (status == LBC_OK && tick) status = tick(user, err);
    }
    lbc_workshop_close(&shop);
    return status;
}

/* ---- what a run would do --------------------------------------------------------------------- */

static uint64_t bytes_of_selection(const lbc_job *job, uint64_t *frames)
{
    uint64_t bytes = 0;
    *frames = 0;
    for (uint64_t j = 0; j < job->frames; j++) {
        uint64_t first;
        uint32_t count;
        const uint64_t k = lbc_job_frame(job, j);
        lbc_plan_group(&job->plan, k, &first, &count);
        bytes += bytes_of_input(job, k);
        *frames += count;
    }
    return bytes;
}

/* False: out of memory. */
static bool name_outputs(lbc_estimate *e, lbc_job *job)
{
    e->master = job->names.master;
    job->names.master = NULL;
    if (!job->ntodo) return true;
    e->first_file = lbc_names_file(job->names.prefix, job->todo[0]);
    e->last_file = lbc_names_file(job->names.prefix, job->todo[job->ntodo - 1]);
    return e->first_file && e->last_file;
}

static void describe(lbc_estimate *e, const lbc_job *job, const lbc_trial *t)
{
    const lbc_series *s = job->series;
    e->shape_in = s->shape;
    e->shape_out = job->shape;
    e->type_in = s->type;
    e->type_out = job->store.type;
    e->files = job->ntodo;
    e->files_kept = job->kept;
    e->frames_out = job->frames;
    e->frames_dropped = job->plan.dropped;
    e->bytes_in = bytes_of_selection(job, &e->frames_in);
    e->bytes_raw = e->frames_in * lbc_shape_pixels(s->shape) * lbc_pixel_size(s->type);
    e->samples = t->frames;
    if (!t->frames) return;
    const double frames = (double)job->frames, threads = job->options->threads > 1 ? job->options->threads : 1;
    e->bytes_out = (uint64_t)((double)t->bytes_out / t->frames * frames) + 4096 * (uint64_t)job->ntodo;
    e->seconds = t->seconds / t->frames * frames / (threads < frames ? threads : frames);
}

static lbc_status look_at_space(const lbc_job *job, lbc_error *err)
{
    lbc_workshop shop;
    if (!job->frames) return LBC_OK;
    lbc_status status = lbc_workshop_open(&shop, job, 1, err);
    if (status == LBC_OK) status = lbc_space_check(&shop, err);
    lbc_workshop_close(&shop);
    return status;
}

/* What a run looks at before it begins, as far as nothing is written. What it finds does not end the estimate. */
static lbc_status look_ahead(lbc_estimate *e, lbc_job *job, lbc_error *err)
{
    lbc_error why = {LBC_OK, ""};
    lbc_status status = lbc_clear_try(job, &why);
    if (status == LBC_OK) status = look_at_space(job, &why);
    if (status == LBC_E_MEMORY || status == LBC_E_CANCELLED) return lbc_fail(err, status, "%s", why.text);
    if (status == LBC_OK) return LBC_OK;
    e->stop = lbc_strdup(why.text);
    return e->stop ? LBC_OK : lbc_fail(err, LBC_E_MEMORY, "out of memory");
}

lbc_status lbc_estimate_run(const lbc_options *options, lbc_estimate *estimate, lbc_error *err)
{
    lbc_job job = {0};
    lbc_trial trial = {0};
    *estimate = (lbc_estimate){0};
    lbc_status status = lbc_job_prepare(&job, options, err);
    if (status == LBC_OK) status = lbc_image_some(&job, err);
    if (status == LBC_OK) status = look_ahead(estimate, &job, err);
    if (status == LBC_OK && job.frames) status = lbc_trial_run(&trial, &job, NULL, NULL, err);
    if (status == LBC_OK) {
        describe(estimate, &job, &trial);
        if (!name_outputs(estimate, &job)) status = lbc_fail(err, LBC_E_MEMORY, "out of memory");
    }
    lbc_job_free(&job);
    return status;
}

void lbc_estimate_free(lbc_estimate *e)
{
    free(e->master);
    free(e->first_file);
    free(e->last_file);
    free(e->stop);
    *e = (lbc_estimate){0};
}
