/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* job.h - one job, made ready: the options checked against the input, and all that stays the same
 * from frame to frame. Read by workers, written by nobody once it is made. */
#ifndef LBC_PIPELINE_JOB_H
#define LBC_PIPELINE_JOB_H

#include "codec/codec.h"
#include "metadata/change.h"
#include "nexus/input.h"
#include "pipeline/measuring.h"
#include "pipeline/names.h"
#include "pipeline/plan.h"

#define LBC_MAX_STEPS 5

typedef struct lbc_old_set lbc_old_set; /* pipeline/clear.h */

struct lbc_job {
    const lbc_options *options;
    lbc_log log;
    lbc_input *input; /* NULL: frames come from elsewhere */
    const lbc_series *series;
    lbc_names names;

    lbc_plan plan;
    uint32_t shares, share; /* data files f (0-based) with f mod shares = share - 1; share 0: none */
    uint32_t *todo;         /* [ntodo] data files this run makes, ascending */
    uint32_t ntodo, kept;   /* kept: data files a resumed run found complete */
    uint64_t frames;        /* output frames in them */
    lbc_old_set *old;       /* what --overwrite takes the place of; NULL: nothing */
    bool writes_master;
    bool whole_groups; /* a group is never split among workers */
    char identity[32]; /* name of the job (identity.h) */
    bool in_pieces;    /* nobody wants an output frame as a whole */
    uint32_t band;     /* rows of a piece that the lossy codec takes; 0 without one */

    lbc_shape shape; /* of the output */
    size_t pixels;   /* in an output frame */
    int32_t limit;   /* S' */
    lbc_gather_rule gather;
    lbc_store_rule store;
    lbc_chunk_format *format;
    int level;              /* of the storage codec */
    bool at_rest;           /* the chunk holds the lossy codec's codestream */
    const lbc_lossy *lossy; /* NULL: none */
    lbc_lossy_params lossy_params;

    uint8_t *mask_in;       /* [in pixels], with gaps zero: where the pixel mask masks; NULL: nowhere */
    uint8_t *mask_out;      /* [pixels], where a bin is masked, without gaps zero */
    uint32_t *mask_written; /* [pixels], the output's pixel mask; NULL: the input has none and b is 1 */

    lbc_measuring measuring;

    char weights[96]; /* of the wavelet's levels, as provenance tells them */
    char date[16];    /* of the run: "2026-11-22" */
    lbc_step steps[LBC_MAX_STEPS];
    lbc_change change;
};

/* Checks the options, opens the input, and fills job (zero-initialised). options must outlive it. */
lbc_status lbc_job_prepare(lbc_job *job, const lbc_options *options, lbc_error *err);
/* The same for frames that come from elsewhere than an input: there is none, and series says what they are.
 * It must outlive the job. */
lbc_status lbc_job_prepare_stream(lbc_job *job, const lbc_options *options, const lbc_series *series, lbc_error *err);
/* When a stream ends: makes the plan over the frames that came, as series now tells. */
void lbc_job_cut(lbc_job *job);
void lbc_job_free(lbc_job *job);

/* Takes data file number f, which is there already, off the list of those to make. */
void lbc_job_keep(lbc_job *job, uint32_t f);

/* Number j (0-based, below job->frames) of this run: which frame of the output series it is. */
uint64_t lbc_job_frame(const lbc_job *job, uint64_t j);

#endif
