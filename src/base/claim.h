/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* claim.h - a lock on an output prefix, so that two live runs do not write the same set.
 *
 * The lock is flock() on a hidden file beside the outputs, so it ends with the process however that
 * ends. Whole runs claim a prefix for themselves; shares of one job claim it together.
 */
#ifndef LBC_BASE_CLAIM_H
#define LBC_BASE_CLAIM_H

#include "lbc.h"

/* Zero-initialise; lbc_claim_drop accepts that state. */
typedef struct lbc_claim {
    char *path; /* NULL: nothing is claimed */
    int file;
} lbc_claim;

/* Claims prefix ("folder/name", in an existing folder), alone or together with others that share.
 * LBC_E_EXISTS: a live run holds it. Where the file system has no locks, nothing is claimed. */
lbc_status lbc_claim_take(lbc_claim *claim, const char *prefix, bool shared, lbc_error *err);
/* The same, alone, of what others hold for moments: waits until it is free. */
lbc_status lbc_claim_wait(lbc_claim *claim, const char *prefix, lbc_error *err);
void lbc_claim_drop(lbc_claim *claim);

#endif
