/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of settings, tried on a few frames. */
#include "pipeline/trial.h"

#include <math.h>
#include <stdlib.h>

enum { VALUES = 4 };

/* Settings that differ in their lossy_value alone. */
typedef struct family {
    lbc_lossy_kind lossy;
    lbc_profile profile;
    lbc_wavelet wavelet;
    uint32_t values[VALUES];
} family;

static const uint32_t bins[] = {1, 2};
static const family families[] = {
    {LBC_LOSSY_HCOMPRESS, LBC_PROFILE_ORIGINAL, LBC_WAVELET_53, {4, 8, 16, 32}},
    {LBC_LOSSY_HCOMPRESS, LBC_PROFILE_FAITHFUL, LBC_WAVELET_53, {4, 8, 16, 32}},
    {LBC_LOSSY_J2K, LBC_PROFILE_ORIGINAL, LBC_WAVELET_53, {20, 50, 125, 250}},
    {LBC_LOSSY_J2K, LBC_PROFILE_ORIGINAL, LBC_WAVELET_97, {20, 50, 125, 250}},
    {LBC_LOSSY_J2K, LBC_PROFILE_FAITHFUL, LBC_WAVELET_97, {20, 50, 125, 250}},
};
enum { BINS = sizeof bins / sizeof *bins, SETTINGS = VALUES * sizeof families / sizeof *families };
_Static_assert(BINS *SETTINGS == LBC_SUGGESTIONS, "a suggestion for each setting");

typedef struct trials {
    const lbc_options *options;
    lbc_progress progress;
} trials;

static lbc_status tick(void *user, lbc_error *err)
{
    trials *t = user;
    t->progress.frames_done++;
    if (t->options->progress && t->options->progress(t->options->user, &t->progress))
        return lbc_fail(err, LBC_E_CANCELLED, "stopped");
    return LBC_OK;
}

/* Suggestions of one class keep the spots about equally well. */
static double least_of_class(double correlation)
{
    static const double least[] = {0.9999, 0.999, 0.99, 0.98, 0.95, 0.9};
    for (size_t i = 0; i < sizeof least / sizeof *least; i++)
        if (correlation >= least[i]) return least[i];
    return 0;
}

static lbc_suggestion suggestion_of(const lbc_options *o, const lbc_job *job, const lbc_trial *t)
{
    const double images = (double)t->frames * o->sum;
    const double raw =
        images * (double)lbc_shape_pixels(job->series->shape) * (double)lbc_pixel_size(job->series->type);
    lbc_suggestion s = {.bin = o->bin, .lossy = o->lossy, .lossy_value = o->lossy_value, .wavelet = o->wavelet};
    s.profile = o->profile;
    s.bytes = (double)t->bytes_out / t->frames;
    s.ratio = raw / (double)t->bytes_out;
    s.ratio_stored = (double)t->bytes_in / (double)t->bytes_out;
    s.frames_per_second = t->seconds > 0 ? t->frames / t->seconds : NAN;
    s.figures = lbc_figures_of_measures(&t->measures, t->frames);
    s.least_correlation = least_of_class(s.figures.spot_correlation);
    return s;
}

static lbc_status try_setting(trials *all, const lbc_options *options, lbc_suggestion *suggestion, lbc_error *err)
{
    lbc_job job = {0};
    lbc_trial trial;
    lbc_status status = lbc_job_prepare(&job, options, err);
    if (status == LBC_OK) {
        all->progress.frames = (job.frames < LBC_TRIAL_FRAMES ? job.frames : LBC_TRIAL_FRAMES) * LBC_SUGGESTIONS;
        status = lbc_trial_run(&trial, &job, tick, all, err);
    }
    if (status == LBC_OK && !trial.frames)
        status = lbc_fail(err, LBC_E_FORMAT, "%s: of the images to be tried not one can be read", options->input);
    if (status == LBC_OK) *suggestion = suggestion_of(options, &job, &trial);
    lbc_job_free(&job);
    return status;
}

/* Best first: by class, then by size. */
static int best_first(const void *x, const void *y)
{
    const lbc_suggestion *a = x, *b = y;
    if (a->least_correlation != b->least_correlation) return a->least_correlation < b->least_correlation ? 1 : -1;
    return (a->ratio < b->ratio) - (a->ratio > b->ratio);
}

lbc_status lbc_suggest(const lbc_options *options, lbc_suggestion suggestions[LBC_SUGGESTIONS], unsigned *count,
                       lbc_error *err)
{
    trials all = {.options = options};
    *count = 0;
    const unsigned trials_wanted = options->bin > 1 ? SETTINGS : LBC_SUGGESTIONS; /* a bin that was given stays */
    for (unsigned i = 0; i < trials_wanted; i++) {
        const family *f = &families[i % SETTINGS / VALUES];
        lbc_options o = *options;
        if (options->bin <= 1) o.bin = bins[i / SETTINGS];
        lbc_options_profile(&o, f->profile);
        o.wavelet = f->wavelet;
        o.lossy = f->lossy;
        o.lossy_value = f->values[i % VALUES];
        o.bytes_per_frame = 0;
        o.psnr = 0;
        o.compression = f->lossy == LBC_LOSSY_HCOMPRESS ? "hcomp" : "j2k";
        o.out_squash = o.minicbf = NULL;
        o.measure = true;
        o.draw = o.verify = o.resume = false;
        if (i) o.message = NULL; /* once is enough */
        const lbc_status status = try_setting(&all, &o, &suggestions[*count], err);
        if (status == LBC_OK)
            ++*count;
        else if (status != LBC_E_UNSUPPORTED && (status != LBC_E_ARGUMENT || i == 0))
            return status;
    }
    if (*count == 0) return lbc_fail(err, LBC_E_ARGUMENT, "%s: no lossy codec takes such images", options->input);
    qsort(suggestions, *count, sizeof *suggestions, best_first);
    return LBC_OK;
}
