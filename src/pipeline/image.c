/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/image.h"

#include <inttypes.h>

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
