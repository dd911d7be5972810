/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* master_check.h - a new master read again, before it is put in place. */
#ifndef LBC_PIPELINE_MASTER_CHECK_H
#define LBC_PIPELINE_MASTER_CHECK_H

#include "pipeline/job.h"

/* Opens the new master as any reader of ours would, with its data files, and compares what it says with
 * what the job makes of its input: number, size and type of the images, where each of them begins,
 * saturation value, pixel mask, wavelength, distance, pixel size, beam centre, list of files, checksum.
 * LBC_E_MISMATCH: it differs, and err says in what. A share's master may come before the images; then it is
 * only seen to that those which are there are of this job and in their places, with a notice. job is a const
 * lbc_job; the type is that of lbc_inspection. */
lbc_status lbc_master_check(void *job, const char *temporary, lbc_error *err);

/* Of a share's master that is not checked: says when not all that it lists is there, or something else is. */
void lbc_master_tell_early(const lbc_job *job);

#endif
