/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/lossy.h"

#include "codec/j2k/j2k.h"

#include <stdio.h>
#include <string.h>

/* ---- profiles -------------------------------------------------------------------------------- */

void lbc_options_spot_weights(lbc_options *options)
{
    static const double weights[LBC_MAX_WEIGHTS] = {0.4, 0.7, 1, 0.8, 0.7, 3};
    memcpy(options->weights, weights, sizeof weights);
}

void lbc_options_profile(lbc_options *options, lbc_profile profile)
{
    options->profile = profile;
    options->wavelet = LBC_WAVELET_53;
    options->engine = LBC_ENGINE_OPENJPEG;
    options->fill = LBC_FILL_ZERO;
    options->rounding = LBC_ROUNDING_NEAREST;
    options->curve = LBC_CURVE_NONE;
    options->one_layer = false;
    memset(options->weights, 0, sizeof options->weights);
    if (profile == LBC_PROFILE_ORIGINAL) return;
    options->wavelet = LBC_WAVELET_97;
    options->engine = LBC_ENGINE_OWN;
    options->fill = LBC_FILL_MEAN;
    options->rounding = LBC_ROUNDING_DIFFUSE;
    options->curve = LBC_CURVE_AUTO;
    options->one_layer = true;
    lbc_options_spot_weights(options);
}

/* ---- parameters ------------------------------------------------------------------------------ */

/* Where a pixel gets few bits, strong spots would take them all. Where it gets more, a curve costs what it gives; and a
 * PSNR is that of counts as they are. */
static int32_t knee_for(const lbc_options *o, double bits_per_pixel)
{
    const double few = 0.07;
    const int32_t knee = 24;
    if (o->curve != LBC_CURVE_AUTO) return o->curve;
    return o->rounding == LBC_ROUNDING_DIFFUSE && !(o->psnr > 0) && bits_per_pixel < few ? knee : LBC_CURVE_NONE;
}

static void set_hcompress(lbc_lossy_params *p, const lbc_options *o)
{
    p->scale = (int32_t)o->lossy_value;
    p->fill_mean = o->fill == LBC_FILL_MEAN && p->scale > 1;
    p->diffuse = lbc_hcompress_is_real(o);
}

static lbc_status set_j2k(lbc_lossy_params *p, const lbc_options *o, lbc_error *err)
{
    const double frame = lbc_lossy_frame_bytes(p);
    if ((o->lossy_value || o->lossy == LBC_LOSSY_J2K_ALT) && o->bytes_per_frame)
        return lbc_fail(err, LBC_E_ARGUMENT, "a ratio and --bytes-per-frame are two sizes: give one of them");
    if (!o->lossy_value && !o->bytes_per_frame && !(o->psnr > 0))
        return lbc_fail(err, LBC_E_ARGUMENT, "JPEG 2000 needs a size: -J, -K, --bytes-per-frame or --psnr");
    p->wavelet = o->wavelet;
    p->engine = o->engine;
    p->fill_mean = o->fill == LBC_FILL_MEAN;
    p->diffuse = o->rounding == LBC_ROUNDING_DIFFUSE;
    p->psnr = o->psnr;
    memcpy(p->weights, o->weights, sizeof p->weights);
    const double ratio = o->bytes_per_frame ? frame / (double)o->bytes_per_frame : o->lossy_value;
    p->nlayers = 1;
    p->layers[0] = ratio > 1 ? ratio : 1;
    p->knee = knee_for(o, 8 * p->stored_bytes / p->layers[0]);
    if (!o->one_layer && (ratio > 1 || o->lossy_value))
        lbc_j2k_layers(p, o->lossy == LBC_LOSSY_J2K_ALT ? LBC_J2K_K : LBC_J2K_J, ratio);
    return LBC_OK;
}

lbc_status lbc_job_set_lossy(lbc_job *job, lbc_error *err)
{
    const lbc_options *o = job->options;
    if (o->lossy == LBC_LOSSY_NONE) return LBC_OK;
    lbc_lossy_params *p = &job->lossy_params;
    p->shape = job->shape;
    p->limit = job->limit;
    p->stored_bytes = o->stored == 2 ? 2 : 4;
    if (o->lossy == LBC_LOSSY_HCOMPRESS) {
        job->lossy = &lbc_hcomp;
        set_hcompress(p, o);
    } else {
        job->lossy = &lbc_j2k;
        const lbc_status status = set_j2k(p, o, err);
        if (status) return status;
    }
    return job->lossy->check(p, err);
}

/* ---- provenance ------------------------------------------------------------------------------ */

/* "0.5,0.8,1,1,1,1" in job->weights; NULL: there are none. */
static const char *weights_text(lbc_job *job)
{
    const double *weights = job->options->weights;
    bool any = false;
    size_t at = 0;
    for (int i = 0; i < LBC_MAX_WEIGHTS; i++) {
        any |= weights[i] > 0;
        at += (size_t)snprintf(job->weights + at, sizeof job->weights - at, "%s%.6g", i ? "," : "",
                               weights[i] > 0 ? weights[i] : 1);
    }
    return any ? job->weights : NULL;
}

void lbc_job_describe_lossy(lbc_job *job, lbc_step *step)
{
    const lbc_options *o = job->options;
    lbc_step_text(step, "profile", o->profile == LBC_PROFILE_FAITHFUL ? "faithful" : "original");
    if (o->lossy == LBC_LOSSY_HCOMPRESS) {
        lbc_step_text(step, "codec", "HCompress");
        lbc_step_number(step, "scale", o->lossy_value);
        if (o->fill == LBC_FILL_MEAN) lbc_step_text(step, "fill", "mean");
        if (o->rounding == LBC_ROUNDING_DIFFUSE) lbc_step_text(step, "rounding", "diffuse");
        return;
    }
    lbc_step_text(step, "codec", "JPEG 2000");
    if (o->lossy_value) lbc_step_number(step, "ratio", o->lossy_value);
    if (o->bytes_per_frame) lbc_step_number(step, "bytes_per_frame", (double)o->bytes_per_frame);
    if (o->psnr > 0) lbc_step_number(step, "psnr", o->psnr);
    lbc_step_text(step, "layers", o->one_layer ? "one" : o->lossy == LBC_LOSSY_J2K ? "J" : "K");
    lbc_step_text(step, "wavelet", o->wavelet == LBC_WAVELET_53 ? "5/3" : "9/7");
    lbc_step_text(step, "engine", o->engine == LBC_ENGINE_OWN ? "own" : "openjpeg");
    lbc_step_text(step, "fill", o->fill == LBC_FILL_MEAN ? "mean" : "zero");
    lbc_step_text(step, "rounding", o->rounding == LBC_ROUNDING_DIFFUSE ? "diffuse" : "nearest");
    const char *weights = weights_text(job);
    lbc_step_number(step, "curve", job->lossy_params.knee);
    if (weights) lbc_step_text(step, "weights", weights);
}
