/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* symmetry.h - space groups: what reflections are mates, centric, or absent.
 *
 * Groups are given by generators in the notation of International Tables A and multiplied out. A symmetry
 * operation x' = R x + t takes reflection h (a row) to its mate hR, with h.t as the shift of phase.
 */
#ifndef LBC_SIMULATE_SYMMETRY_H
#define LBC_SIMULATE_SYMMETRY_H

#include "lbc.h"

#include <stdbool.h>

#define LBC_MAX_SYMOPS 96

typedef struct lbc_symop {
    int8_t r[3][3];
    int8_t t[3]; /* in 24ths, 0..23 */
} lbc_symop;

typedef struct lbc_space_group {
    const char *name;  /* "P43212" */
    double cell[6];    /* of a typical protein in it; angstrom and degrees */
    unsigned centring; /* lattice points in the cell */
    unsigned nops;
    lbc_symop op[LBC_MAX_SYMOPS]; /* op[0] is the identity */
} lbc_space_group;

typedef struct lbc_hkl {
    int16_t h, k, l;
} lbc_hkl;

/* What symmetry says about one reflection. */
typedef struct lbc_hkl_class {
    lbc_hkl unique;   /* of all mates and their Friedel opposites, the one with the largest (l, k, h) */
    bool minus;       /* a mate of -unique and not of unique */
    bool centric;     /* a mate of its own Friedel opposite */
    bool absent;      /* systematically */
    unsigned epsilon; /* rotations that leave it where it is: its mean intensity is that much higher */
} lbc_hkl_class;

/* By name, without regard to case and blanks; LBC_E_ARGUMENT: unknown. */
lbc_status lbc_space_group_find(lbc_space_group *group, const char *name, lbc_error *err);
/* Names of all groups known; ends with NULL. */
const char *lbc_space_group_name(unsigned n);

lbc_hkl_class lbc_classify(const lbc_space_group *group, lbc_hkl hkl);

#endif
