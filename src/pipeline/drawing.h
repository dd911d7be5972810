/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* drawing.h - pictures of a few frames of a job that is done. */
#ifndef LBC_PIPELINE_DRAWING_H
#define LBC_PIPELINE_DRAWING_H

#include "pipeline/job.h"

/* Makes the frames that lbc_record_choose names once more, in the caller's thread, and draws them: frames
 * need not be kept through a run for the sake of three. */
lbc_status lbc_draw_frames(const lbc_job *job, lbc_record *record, lbc_error *err);

#endif
