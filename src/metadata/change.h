/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* change.h - what binning, summing and storing do to a series, as its metadata need to know it. */
#ifndef LBC_METADATA_CHANGE_H
#define LBC_METADATA_CHANGE_H

#include "lbc.h"

#include <stdbool.h>

#define LBC_MAX_STEP_PARAMETERS 16

/* One processing step, for provenance (an NXprocess group). Values are those that change pixels or
 * stored bytes: never threads, paths or results. */
typedef struct lbc_step {
    const char *name; /* "select", "bin", "sum", "lossy", "store" */
    uint32_t nparameters;
    struct {
        const char *name;
        const char *text; /* NULL: number */
        double number;
    } parameters[LBC_MAX_STEP_PARAMETERS];
} lbc_step;

/* Adds a parameter; the strings stay the caller's. */
void lbc_step_number(lbc_step *step, const char *name, double number);
void lbc_step_text(lbc_step *step, const char *name, const char *text);

typedef struct lbc_change {
    uint32_t bin, sum;
    lbc_shape in, out;
    lbc_pixel_type type; /* stored pixels of the output */
    int64_t saturation;  /* S' */
    const char *codec;   /* name of the storage codec written: "bslz4" */
    bool gaps_zero;

    uint64_t frames_in; /* frames of the input series */
    uint64_t groups;    /* N': frames of the output series */
    double frame_time;  /* from one input frame to the next, s; 0: not known, or not the same between all */
    bool past_trigger;  /* frames beyond the first trigger are taken, and the axes may have gone anywhere before them */
    /* Input frames (0-based) that make output frame k: first .. first + count - 1. */
    void (*group)(const void *plan, uint64_t k, uint64_t *first, uint32_t *count);
    const void *plan;

    /* Pixel mask of the output, uint32_t[out.ny * out.nx] (low 16 bits), NULL: none; and how many of
     * its pixels are masked. */
    const uint32_t *mask;
    uint64_t masked;

    uint32_t nsteps;
    const lbc_step *steps;
    /* ISO 8601 time of the run for the provenance; NULL: left out, so that the same input and options
     * give the same bytes. */
    const char *date;
} lbc_change;

#endif
