/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trial.h - a job tried on a few of its frames, without writing anything. */
#ifndef LBC_PIPELINE_TRIAL_H
#define LBC_PIPELINE_TRIAL_H

#include "pipeline/worker.h"

#define LBC_TRIAL_FRAMES 3

typedef struct lbc_trial {
    unsigned frames;       /* tried, and not bad: from the first to the last of the job */
    uint64_t bytes_in;     /* stored bytes of their input frames */
    uint64_t bytes_out;    /* of their chunks */
    double seconds;        /* on one core, without measuring */
    lbc_measures measures; /* where the job measures by all figures */
} lbc_trial;

/* job->measuring.every is 0 afterwards. tick (NULL: none) is called after each frame, and may end the trial. */
lbc_status lbc_trial_run(lbc_trial *trial, lbc_job *job, lbc_status (*tick)(void *user, lbc_error *err), void *user,
                         lbc_error *err);

#endif
