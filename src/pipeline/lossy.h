/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lossy.h - what the options say of the lossy codec: profiles, its parameters, and how provenance tells of it. */
#ifndef LBC_PIPELINE_LOSSY_H
#define LBC_PIPELINE_LOSSY_H

#include "pipeline/job.h"

/* Sets job->lossy and ->lossy_params, the output's shape and saturation value being known. LBC_E_ARGUMENT: options that
 * contradict one another; LBC_E_UNSUPPORTED: frames that the codec cannot take. */
lbc_status lbc_job_set_lossy(lbc_job *job, lbc_error *err);

/* Adds the lossy codec's parameters to a step of provenance, which points into job. */
void lbc_job_describe_lossy(lbc_job *job, lbc_step *step);

/* Whether decoded values of HCompress keep bits behind the point. A scale of 1 loses nothing, and needs none. */
static inline bool lbc_hcompress_is_real(const lbc_options *o)
{
    return o->lossy == LBC_LOSSY_HCOMPRESS && o->rounding == LBC_ROUNDING_DIFFUSE && o->lossy_value > 1;
}

static inline bool lbc_lossy_is_j2k(lbc_lossy_kind kind)
{
    return kind == LBC_LOSSY_J2K || kind == LBC_LOSSY_J2K_ALT;
}

#endif
