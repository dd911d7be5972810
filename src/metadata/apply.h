/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* apply.h - the rules of rules.h applied to numbers. Pure: no I/O, no allocation. */
#ifndef LBC_METADATA_APPLY_H
#define LBC_METADATA_APPLY_H

#include "metadata/rules.h"

#include <stddef.h>

/* value x b, / b or x s. */
double lbc_scale_value(lbc_scale scale, double value, const lbc_change *change);

/* The number or numbers a field is set to, in out; returns how many (2 for LBC_VALUE_SIZE, else 1). */
unsigned lbc_set_values(lbc_value_name value, const lbc_change *change, double out[2]);

/* Gathers one row of row_bytes for each output frame: that of its group's first or last image. in has
 * at least change->frames_in rows. */
void lbc_sample_rows(void *out, const void *in, size_t row_bytes, lbc_sample sample, const lbc_change *change);

/* A rotation or translation axis as a master gives it, in any unit. Arrays may be NULL; numbers NAN. */
typedef struct lbc_axis {
    const double *start; /* for each image */
    const double *end;
    uint64_t nstart, nend;
    double first, increment; /* NAME_start and NAME_increment, of the input's images */
} lbc_axis;

/* Where image n (0-based, of the input) starts and ends; NAN: cannot be known. */
double lbc_axis_start(const lbc_axis *axis, uint64_t n);
double lbc_axis_end(const lbc_axis *axis, uint64_t n);
/* The changed series: where it starts, and how far it goes. NAN: cannot be known. */
double lbc_axis_new_start(const lbc_axis *axis, const lbc_change *change);
double lbc_axis_new_total(const lbc_axis *axis, const lbc_change *change);

/* Seconds by which the first image of the changed series comes after that of the input, and its last one after that of
 * the input, which is 0 or less. Both 0 where the time from frame to frame is not known. */
double lbc_begin_shift(const lbc_change *change);
double lbc_finish_shift(const lbc_change *change);

/* Si, Silicon, CdTe or GaAs when name is one of them in whatever letters or words; else NULL. */
const char *lbc_material_name(const char *name);

#endif
