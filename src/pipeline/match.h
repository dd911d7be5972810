/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* match.h - how one series was made from another, and whether it is good enough. Arithmetic alone. */
#ifndef LBC_PIPELINE_MATCH_H
#define LBC_PIPELINE_MATCH_H

#include "nexus/input.h"
#include "pipeline/plan.h"

typedef struct lbc_match {
    uint32_t bin;
    lbc_plan plan;      /* frames of A in each frame of B */
    uint64_t missing;   /* frames of A that should be in B, but B ends before */
    uint64_t uncovered; /* frames of A beyond B that make no whole sum */
} lbc_match;

/* Finds bin, sum and first image where options do not say them: the bin by the pixel sizes, or the shapes;
 * the sum by the oscillation widths, or the numbers of frames; the first image by the angles. LBC_E_ARGUMENT
 * when that leads to no series of B's shape and number of frames. */
lbc_status lbc_match_make(lbc_match *match, const lbc_compare_options *options, const lbc_series *a,
                          const lbc_series *b, lbc_error *err);

/* Sets comparison->outside by the bounds of options. */
void lbc_match_judge(const lbc_match *match, const lbc_compare_options *options, lbc_comparison *comparison);

#endif
