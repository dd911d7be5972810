/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/image.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

static void take_pixels(void *user, const void *pixels, size_t count)
{
    lbc_gather_pixels(user, pixels, count);
}

lbc_status lbc_image_read(const lbc_input *input, lbc_frame_reader *reader, uint64_t frame, const lbc_gather_rule *rule,
                          int32_t *sum, bool first, lbc_error *err)
{
    lbc_gather gather;
    lbc_gather_begin(&gather, rule, sum, first);
    const lbc_pixel_sink sink = {take_pixels, &gather};
    const lbc_status status = lbc_input_read(input, reader, frame, &sink, err);
    if (status) return status;
    if (lbc_gather_done(&gather)) return LBC_OK;
    uint64_t offset;
    const char *file = lbc_input_frame_place(input, frame, &offset);
    return lbc_fail(err, LBC_E_FORMAT, "%s: image %" PRIu64 " (chunk at byte %" PRIu64 ") holds too few pixels", file,
                    frame + 1, offset);
}

lbc_status lbc_image_gather(const lbc_job *job, lbc_frame_reader *reader, uint64_t frame, int32_t *sum, bool first,
                            lbc_error *err)
{
    return lbc_image_read(job->input, reader, frame, &job->gather, sum, first, err);
}

uint32_t lbc_image_sum(const lbc_frame_reader *reader)
{
    uint32_t x = lbc_frame_reader_crc(reader);
    x = (x ^ x >> 16) * UINT32_C(0x9E3779B1); /* odd, so that no two become the same; the carries mix */
    x = (x ^ x >> 15) * UINT32_C(0xC2B2AE3D);
    return x ^ x >> 16;
}

bool lbc_image_may_be_skipped(const lbc_job *job, lbc_status status)
{
    return job->options->skip_bad && status == LBC_E_FORMAT;
}

lbc_status lbc_image_fail(const lbc_job *job, lbc_status status, const lbc_error *trouble, lbc_error *err)
{
    const lbc_options *o = job->options;
    const bool helps = status == LBC_E_FORMAT && !o->skip_bad && !o->gaps_zero;
    return lbc_fail(err, status, "%s%s", trouble->text, helps ? " (--skip-bad masks what cannot be read)" : "");
}

/* ---- whether there is a good one ------------------------------------------------------------- */

/* Up to the first bad image of output frame k. */
static lbc_status try_frame(const lbc_job *job, lbc_frame_reader *reader, uint64_t k, int32_t *sum, lbc_error *err)
{
    uint64_t first;
    uint32_t count;
    lbc_status status = LBC_OK;
    lbc_plan_group(&job->plan, k, &first, &count);
    for (uint64_t i = first; status == LBC_OK && i < first + count; i++)
        status = lbc_image_gather(job, reader, i, sum, i == first, err);
    return status;
}

static bool is_cancelled(const lbc_job *job)
{
    const lbc_options *o = job->options;
    const lbc_progress nothing_done = {.frames = job->frames};
    return o->progress && o->progress(o->user, &nothing_done);
}

/* The failure of the first frame that cannot be skipped, or of the first of all; LBC_OK: one is good. */
static lbc_status find_good(const lbc_job *job, lbc_frame_reader *reader, int32_t *sum, lbc_error *err)
{
    lbc_status status = try_frame(job, reader, 0, sum, err);
    for (uint64_t k = 1; k < job->plan.groups && lbc_image_may_be_skipped(job, status); k++) {
        lbc_error trouble = {LBC_OK, ""};
        if (is_cancelled(job)) return lbc_fail(err, LBC_E_CANCELLED, "stopped before the first image");
        status = try_frame(job, reader, k, sum, &trouble);
        if (status && !lbc_image_may_be_skipped(job, status)) *err = trouble;
    }
    return status;
}

lbc_status lbc_image_some(const lbc_job *job, lbc_error *err)
{
    if (!job->options->skip_bad || !job->frames) return LBC_OK;
    lbc_error trouble = {LBC_OK, ""};
    int32_t *sum = lbc_alloc(job->pixels, sizeof *sum);
    lbc_frame_reader *reader = lbc_frame_reader_new();
    const bool room = sum && reader;
    const lbc_status status = room ? find_good(job, reader, sum, &trouble) : LBC_E_MEMORY;
    lbc_frame_reader_free(reader);
    free(sum);
    if (status == LBC_OK) return LBC_OK;
    if (!room) return lbc_fail(err, status, "out of memory");
    if (!lbc_image_may_be_skipped(job, status)) return lbc_fail(err, status, "%s", trouble.text);
    return lbc_fail(err, status, "%s: --skip-bad would mask every image that is to be written; the first trouble: %s",
                    job->options->input, trouble.text);
}
