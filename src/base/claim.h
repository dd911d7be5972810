/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* claim.h - locks on the names of outputs, so that two live runs do not write the same set.
 *
 * A lock is flock() on a hidden file beside the outputs, so it ends with the process however that
 * ends. Whole runs claim their names for themselves; shares of one job claim them together.
 */
#ifndef LBC_BASE_CLAIM_H
#define LBC_BASE_CLAIM_H

#include "lbc.h"

/* Zero-initialise; lbc_claim_drop accepts that state. */
typedef struct lbc_claim {
    char *path; /* NULL: nothing is claimed */
    int file;
} lbc_claim;

/* What one run holds: a file name or a prefix each. Zero-initialise. */
typedef struct lbc_claims {
    lbc_claim of[4];
    unsigned count;
} lbc_claims;

/* Claims a name ("folder/name", in an existing folder), alone or together with others that share. One that the run
 * holds already is claimed. option: that which gives the name, for the error.
 * LBC_E_EXISTS: a live run holds it. Where the file system has no locks, nothing is claimed. */
lbc_status lbc_claims_add(lbc_claims *claims, const char *name, const char *option, bool shared, lbc_error *err);
void lbc_claims_drop(lbc_claims *claims);

/* For a moment, alone among shares that have claimed the name together: waits until it is free. */
lbc_status lbc_claim_turn(lbc_claim *claim, const char *name, lbc_error *err);
void lbc_claim_drop(lbc_claim *claim);

#endif
