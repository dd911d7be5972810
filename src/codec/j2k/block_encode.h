/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* block_encode.h - tier-1 encoding of one code block (Annex D).
 *
 * Coefficients come as sign and magnitude: the sign in bit 31, an integer magnitude below it.
 */
#ifndef LBC_CODEC_J2K_BLOCK_ENCODE_H
#define LBC_CODEC_J2K_BLOCK_ENCODE_H

#include "codec/j2k/contexts.h"
#include "codec/j2k/forecast.h"

#define LBC_J2K_SIGN UINT32_C(0x80000000)

typedef struct lbc_j2k_pass {
    double gain;    /* squared error that this pass takes away, in units of the step squared */
    uint32_t bytes; /* of the codeword, for this pass and all before it */
    lbc_mq_mark mark;
} lbc_j2k_pass;

/* The end of a plane, from where coding can go on. What is significant there follows from the magnitudes,
 * so only the arithmetic coder is remembered. */
typedef struct lbc_j2k_boundary {
    uint32_t plane; /* the one that is complete; the block's planes when none is */
    uint32_t npasses;
    uint32_t bytes; /* that were out */
    uint32_t a, c, ct;
    uint8_t last; /* the last of the bytes, as it was */
    uint8_t rows[LBC_MQ_CONTEXTS];
} lbc_j2k_boundary;

/* Working memory for one block after another. Zero-initialise. */
typedef struct lbc_j2k_block_encoder {
    lbc_j2k_cells cells;
    const uint32_t *rows; /* the caller's coefficients */
    size_t stride;
    const lbc_j2k_census *census;
    /* Columns whose largest magnitude has its leading bit in a plane, by plane and stripe. */
    uint64_t rising[LBC_J2K_PLANES][LBC_J2K_STRIPES];
    uint8_t symbols[4 * LBC_J2K_BLOCK * LBC_J2K_BLOCK];
    uint32_t planes; /* of the largest magnitude; 0: all coefficients are 0 */
    uint8_t *buffer; /* owns codeword */
    size_t capacity;
    /* Results */
    lbc_j2k_pass passes[LBC_J2K_MAX_PASSES];
    uint32_t npasses;
    bool stopped;            /* before the end of the planes asked for */
    double slope;            /*   ... which would have gained this much per byte */
    lbc_j2k_outlook outlook; /* ... by this */
    uint8_t *codeword;
    uint32_t size;
    lbc_j2k_boundary boundary; /* after the last complete plane */
    /* Coefficients that became significant in a significance propagation pass, by row. */
    uint64_t propagated[LBC_J2K_BLOCK];
} lbc_j2k_block_encoder;

/* Prepares the coefficients of a block of w x h <= 64 x 64, rows `stride` apart, for coding no deeper than plane
 * `last`; sets planes, and boundary to the beginning. The coefficients and their census must stay until the block is
 * coded. */
void lbc_j2k_block_load(lbc_j2k_block_encoder *e, const lbc_j2k_census *census, const uint32_t *rows, size_t stride,
                        uint32_t w, uint32_t h, uint32_t last);

/* To go on with a loaded block where an earlier coding of it left it: what its results were then. */
lbc_status lbc_j2k_block_resume(lbc_j2k_block_encoder *e, const lbc_j2k_boundary *boundary, const lbc_j2k_pass *passes,
                                const uint8_t *codeword, const uint64_t *propagated);

/* How far to code: from plane `good` down to `last`, coding stops before passes that are expected, by what the census
 * of the block says, to gain less than `stop` per byte. 0: it does not stop. */
typedef struct lbc_j2k_goal {
    uint32_t good, last;
    double stop;
} lbc_j2k_goal;

/* Codes the loaded block from its boundary to a goal below it, and sets the results. exact: a magnitude known
 * to plane 0 is decoded without error (reversible transform). LBC_E_MEMORY or LBC_OK. */
lbc_status lbc_j2k_block_encode(lbc_j2k_block_encoder *e, lbc_j2k_orientation orientation, bool exact,
                                const lbc_j2k_goal *goal);

void lbc_j2k_block_encoder_clear(lbc_j2k_block_encoder *e);

#endif
