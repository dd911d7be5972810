/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* identity.h - what makes two runs the same job: the options that decide the stored bytes, and the
 * input. Not where anything lies, nor how many threads or shares do it. */
#ifndef LBC_PIPELINE_IDENTITY_H
#define LBC_PIPELINE_IDENTITY_H

#include "nexus/data_check.h"
#include "pipeline/job.h"

/* Writes the name of the job, 24 hexadecimal digits: CRC-32C of the options, of the input's facts and
 * stored sizes, and of its first, middle and last selected frame, as far as these can be read. */
lbc_status lbc_identity_make(const lbc_job *job, char text[LBC_JOB_SIZE], lbc_error *err);

/* What is to be said of a file that tells another job than ours, of both such names: the options may be the same. */
const char *lbc_identity_difference(const char *theirs, const char *ours);

#endif
