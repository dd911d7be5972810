/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/identity.h"

#include "base/checksum.h"
#include "pipeline/image.h"

#include <inttypes.h>
#include <stdio.h>

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
    const int n = snprintf(text, sizeof text,
                           "%s;%" PRIu64 "-%" PRIu64 ";b%" PRIu32 ";s%" PRIu32 ";d%" PRIu32 ";%s;l%d;u%d;p%d;g%d;bad%d",
                           lbc_version(), job->plan.first, job->plan.last, o->bin, o->sum, o->block,
                           job->format->codec->name, job->level, o->stored, o->keep_partial, o->gaps_zero, o->skip_bad);
    return lossy_crc(lbc_crc32c(0, text, (size_t)n), o);
}

static uint32_t facts_crc(const lbc_job *job)
{
    const lbc_series *s = job->series;
    char text[512];
    const int n = snprintf(
        text, sizeof text, "%" PRIu64 ";%" PRIu32 "x%" PRIu32 ";t%d;S%" PRId64 ";%.17g;%.17g;%.17g;%.17g", s->frames,
        s->shape.nx, s->shape.ny, (int)s->type, s->saturation, s->wavelength, s->distance, s->beam_x, s->beam_y);
    uint32_t crc = lbc_crc32c(0, text, (size_t)n);
    if (s->mask) crc = lbc_crc32c(crc, s->mask, lbc_shape_pixels(s->shape) * sizeof *s->mask);
    for (uint64_t f = job->plan.first; job->input && f <= job->plan.last; f++) {
        const uint64_t size = lbc_input_frame_bytes(job->input, f);
        crc = lbc_crc32c(crc, &size, sizeof size);
    }
    return crc;
}

/* Adds a frame's chunk as it is stored. A frame without a chunk of its own adds nothing, nor does one that cannot be
 * read and may be skipped. */
static lbc_status add_chunk(const lbc_job *job, lbc_frame_reader *reader, uint64_t frame, uint32_t *crc, lbc_error *err)
{
    const lbc_chunk_format *format;
    const uint8_t *bytes;
    size_t size;
    if (!lbc_input_frame_is_fast(job->input, frame)) return LBC_OK;
    const lbc_status status = lbc_input_read_chunk(job->input, reader, frame, &format, &bytes, &size, err);
    if (status == LBC_OK) *crc = lbc_crc32c(*crc, bytes, size);
    return lbc_image_may_be_skipped(job, status) ? LBC_OK : status;
}

lbc_status lbc_identity_make(const lbc_job *job, char text[LBC_JOB_SIZE], lbc_error *err)
{
    lbc_frame_reader *reader = lbc_frame_reader_new();
    if (!reader) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    uint32_t chunks = 0;
    lbc_status status = job->input ? add_chunk(job, reader, job->plan.first, &chunks, err) : LBC_OK;
    if (status == LBC_OK && job->input) status = add_chunk(job, reader, job->plan.last, &chunks, err);
    lbc_frame_reader_free(reader);
    snprintf(text, LBC_JOB_SIZE, "%08" PRIx32 "%08" PRIx32 "%08" PRIx32, options_crc(job), facts_crc(job), chunks);
    return status;
}
