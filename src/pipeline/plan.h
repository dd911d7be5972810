/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan.h - which input frames make which output frame in which file. Pure arithmetic.
 *
 * The selected frames are cut at triggers into runs; each run is cut into groups of `sum` frames, the
 * last of a run possibly shorter, and then kept or dropped. Frames and groups are counted from 0.
 */
#ifndef LBC_PIPELINE_PLAN_H
#define LBC_PIPELINE_PLAN_H

#include "lbc.h"

typedef struct lbc_plan {
    uint64_t first, last; /* selected input frames, last inclusive */
    uint64_t per_trigger; /* frames of one trigger; 0: no cuts */
    uint32_t sum;
    uint32_t block; /* output frames a file */
    bool keep_partial;

    uint64_t groups;  /* output frames */
    uint64_t dropped; /* selected frames that are in no group */
    uint64_t files;
} lbc_plan;

/* Fills the last three fields from the others; needs first <= last, sum and block at least 1. */
void lbc_plan_make(lbc_plan *plan);

/* Input frames of group k < groups: first .. first + count - 1, 1 <= count <= sum. */
void lbc_plan_group(const lbc_plan *plan, uint64_t k, uint64_t *first, uint32_t *count);

/* How much later than the first the last group begins, beyond what it would if all were of sum frames, one after
 * another. Above 0: frames between groups are in none; below 0: groups before the last are of fewer. Needs a group. */
int64_t lbc_plan_slip(const lbc_plan *plan);

/* Groups of file f < files: first .. first + count - 1. */
void lbc_plan_file(const lbc_plan *plan, uint64_t f, uint64_t *first, uint64_t *count);

/* The share t (1-based) of p does the files f with f mod p = t - 1. How many these are. */
uint64_t lbc_plan_share_files(const lbc_plan *plan, uint32_t shares, uint32_t share);

#endif
