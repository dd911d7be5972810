/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/identity.h"

#include "base/checksum.h"
#include "pipeline/image.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OPTIONS_DIGITS 8

/* The lossy codec. Numbers are told to their last bit. */
static uint32_t lossy_crc(uint32_t crc, const lbc_options *o)
{
    char text[512];
    int n = snprintf(text, sizeof text, "%d:%" PRIu32 ";w%d;e%d;o%d;f%d;r%d;c%d;n%" PRIu64 ";q%a", (int)o->lossy,
                     o->lossy_value, (int)o->wavelet, (int)o->engine, o->one_layer, (int)o->fill, (int)o->rounding,
                     (int)o->curve, o->bytes_per_frame, o->psnr);
    for (int i = 0; i < LBC_MAX_WEIGHTS; i++) n += snprintf(text + n, sizeof text - (size_t)n, ";%a", o->weights[i]);
    return lbc_crc32c(crc, text, (size_t)n);
}

static uint32_t options_crc(const lbc_job *job)
{
    const lbc_options *o = job->options;
    char text[512];
    const int n =
        snprintf(text, sizeof text,
                 "%s;%" PRIu64 "-%" PRIu64 ";t%" PRIu64 ";b%" PRIu32 ";s%" PRIu32 ";d%" PRIu32 ";%s;l%d;u%d;p%d;g%d",
                 lbc_version(), job->plan.first, job->plan.last, job->plan.per_trigger, o->bin, o->sum, o->block,
                 job->format->codec->name, job->level, o->stored, o->keep_partial, o->gaps_zero);
    return lossy_crc(lbc_crc32c(0, text, (size_t)n), o);
}

static uint32_t facts_crc(const lbc_job *job)
{
    const lbc_series *s = job->series;
    char text[512];
    int n = snprintf(text, sizeof text, "%" PRIu64 ";%" PRIu32 "x%" PRIu32 ";t%d;S%" PRId64, s->frames, s->shape.nx,
                     s->shape.ny, (int)s->type, s->saturation);
    const double facts[] = {s->wavelength,  s->distance,   s->pixel_x,    s->pixel_y,   s->beam_x,          s->beam_y,
                            s->oscillation, s->count_time, s->frame_time, s->threshold, s->sensor_thickness};
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, ";%a", facts[i]);
    uint32_t crc = lbc_crc32c(0, text, (size_t)n);
    if (s->angles) crc = lbc_crc32c(crc, s->angles, s->frames * sizeof *s->angles);
    if (s->mask) crc = lbc_crc32c(crc, s->mask, lbc_shape_pixels(s->shape) * sizeof *s->mask);
    for (uint64_t f = job->plan.first; job->input && f <= job->plan.last; f++) {
        const uint64_t size = lbc_input_frame_bytes(job->input, f);
        crc = lbc_crc32c(crc, &size, sizeof size);
    }
    return crc;
}

/* Adds a frame as it is stored. One that cannot be read and may be skipped adds nothing. */
static lbc_status add_frame(const lbc_job *job, lbc_frame_reader *reader, uint64_t frame, uint32_t *crc, lbc_error *err)
{
    lbc_error trouble = {LBC_OK, ""};
    const lbc_status status = lbc_input_read(job->input, reader, frame, NULL, &trouble);
    if (lbc_image_may_be_skipped(job, status)) return LBC_OK;
    if (status) return lbc_image_fail(job, status, &trouble, err);
    const uint32_t frame_crc = lbc_frame_reader_crc(reader);
    *crc = lbc_crc32c(*crc, &frame_crc, sizeof frame_crc);
    return LBC_OK;
}

/* Some frames stand for all, which would take as long to read as the run. */
static lbc_status frames_crc(const lbc_job *job, uint32_t *crc, lbc_error *err)
{
    const lbc_plan *p = &job->plan;
    const uint64_t some[] = {p->first, p->first + (p->last - p->first) / 2, p->last};
    lbc_frame_reader *reader = lbc_frame_reader_new();
    lbc_status status = reader ? LBC_OK : lbc_fail(err, LBC_E_MEMORY, "out of memory");
    for (size_t i = 0; status == LBC_OK && i < sizeof some / sizeof *some; i++)
        status = add_frame(job, reader, some[i], crc, err);
    lbc_frame_reader_free(reader);
    return status;
}

lbc_status lbc_identity_make(const lbc_job *job, char text[LBC_JOB_SIZE], lbc_error *err)
{
    uint32_t frames = 0;
    const lbc_status status = job->input ? frames_crc(job, &frames, err) : LBC_OK;
    snprintf(text, LBC_JOB_SIZE, "%08" PRIx32 "%08" PRIx32 "%08" PRIx32, options_crc(job), facts_crc(job), frames);
    return status;
}

const char *lbc_identity_difference(const char *theirs, const char *ours)
{
    if (strlen(theirs) == strlen(ours) && strncmp(theirs, ours, OPTIONS_DIGITS) == 0)
        return "was made from an input that has changed since (its images, or which of them can be read), or from "
               "another";
    return "was made by another job (other options, or another input)";
}
