/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* image.h - one input image on its way into a sum. */
#ifndef LBC_PIPELINE_IMAGE_H
#define LBC_PIPELINE_IMAGE_H

#include "pipeline/job.h"

/* Reads image `frame` (0-based over the series), bins it, and adds it to sum; first: sum's old content does not count.
 * An image with too few pixels is LBC_E_FORMAT. */
lbc_status lbc_image_read(const lbc_input *input, lbc_frame_reader *reader, uint64_t frame, const lbc_gather_rule *rule,
                          int32_t *sum, bool first, lbc_error *err);
/* The same of the job's input, by the job's rule. */
lbc_status lbc_image_gather(const lbc_job *job, lbc_frame_reader *reader, uint64_t frame, int32_t *sum, bool first,
                            lbc_error *err);
/* Of the image read last, for the sum that tells what a file was made from (lbc_input_sum): its CRC, mixed. A CRC is
 * linear, and a sum of them may stay the same when images change places. */
uint32_t lbc_image_sum(const lbc_frame_reader *reader);
/* True when the failure is damage of that one image, and the user would rather lose it. A file that is not there, or
 * cannot be opened, is more than that. */
bool lbc_image_may_be_skipped(const lbc_job *job, lbc_status status);
/* The end of a run for trouble with an image: says what the user may do about it. Returns status. */
lbc_status lbc_image_fail(const lbc_job *job, lbc_status status, const lbc_error *trouble, lbc_error *err);
/* Where bad images may be skipped: LBC_E_FORMAT when not one image of the output would be left unmasked. Reads images
 * up to the first of the output that is whole, and no more. */
lbc_status lbc_image_some(const lbc_job *job, lbc_error *err);

#endif
