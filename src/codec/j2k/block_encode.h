/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* block_encode.h - tier-1 encoding of one code block (Annex D).
 *
 * Coefficients come as sign and magnitude: the sign in bit 31, an integer magnitude below it.
 */
#ifndef LBC_CODEC_J2K_BLOCK_ENCODE_H
#define LBC_CODEC_J2K_BLOCK_ENCODE_H

#include "codec/j2k/contexts.h"

#define LBC_J2K_SIGN UINT32_C(0x80000000)

enum { LBC_J2K_MAX_PASSES = 3 * 31 - 2 };

typedef struct lbc_j2k_pass {
    double gain;    /* squared error that this pass takes away, in units of the step squared */
    uint32_t bytes; /* of the codeword, for this pass and all before it */
} lbc_j2k_pass;

/* Working memory for one block after another. Zero-initialise. */
typedef struct lbc_j2k_block_encoder {
    lbc_j2k_cells cells;
    uint32_t data[LBC_J2K_STRIPES][LBC_J2K_BLOCK][4]; /* by stripe, column, row */
    /* Columns whose largest magnitude has its leading bit in a plane, by plane and stripe. */
    uint64_t rising[31][LBC_J2K_STRIPES];
    /* Coefficients that became significant in a significance propagation pass, by row. */
    uint64_t propagated[LBC_J2K_BLOCK];
    uint8_t symbols[4 * LBC_J2K_BLOCK * LBC_J2K_BLOCK];
    lbc_mq_mark marks[LBC_J2K_MAX_PASSES];
    /* Results */
    lbc_j2k_pass passes[LBC_J2K_MAX_PASSES];
    uint32_t npasses;
    uint32_t planes; /* of the largest magnitude; 0: all coefficients are 0 */
    uint8_t *codeword;
    uint32_t size;
    uint8_t *buffer; /* owns codeword */
    size_t capacity;
} lbc_j2k_block_encoder;

/* Takes the coefficients of a block of w x h <= 64 x 64, rows `stride` apart, and sets planes. */
void lbc_j2k_block_load(lbc_j2k_block_encoder *e, const uint32_t *rows, size_t stride, uint32_t w, uint32_t h);

/* Codes the loaded block from its highest plane through plane `last` (0: all there is), and sets passes,
 * npasses, codeword and size. exact: a magnitude known to plane 0 is decoded without error (reversible
 * transform). Only for planes > last. LBC_E_MEMORY or LBC_OK. */
lbc_status lbc_j2k_block_encode(lbc_j2k_block_encoder *e, lbc_j2k_orientation orientation, uint32_t last, bool exact);

void lbc_j2k_block_encoder_clear(lbc_j2k_block_encoder *e);

#endif
