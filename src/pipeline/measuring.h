/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* measuring.h - which frames of a job are compared with what went into the lossy codec, and how closely. */
#ifndef LBC_PIPELINE_MEASURING_H
#define LBC_PIPELINE_MEASURING_H

#include "report/record.h"

typedef struct lbc_job lbc_job;

/* Constant over a job. Zero-initialise. */
typedef struct lbc_measuring {
    uint32_t every;    /* every nth output frame is measured; 0: none */
    bool full;         /* by all figures (and every is 1); else by the tally alone */
    uint8_t *ring;     /* [pixels], for the means by resolution; NULL unless full */
    double resolution; /* 1/d^2 at the end of the rings */
} lbc_measuring;

/* A job that is asked to measures every frame by all figures. Else, a lossy codec is watched by a tally of
 * one frame in 8, or in 32 where pixels must be decoded for it, which takes less than 3 % of the time that
 * the fastest of the codecs takes. */
lbc_status lbc_measuring_prepare(lbc_measuring *measuring, const lbc_job *job, lbc_error *err);
void lbc_measuring_free(lbc_measuring *measuring);

static inline bool lbc_measuring_wants(const lbc_measuring *m, uint64_t k)
{
    return m->every && k % m->every == 0;
}

/* What was measured of a frame in flight. */
typedef struct lbc_measured {
    bool done;
    lbc_tally tally;          /* unless full */
    lbc_frame_measures *full; /* NULL unless the job measures by all figures */
} lbc_measured;

#endif
