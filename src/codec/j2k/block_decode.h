/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* block_decode.h - tier-1 decoding of one code block (Annex D). */
#ifndef LBC_CODEC_J2K_BLOCK_DECODE_H
#define LBC_CODEC_J2K_BLOCK_DECODE_H

#include "codec/j2k/contexts.h"

/* Working memory for one block after another. */
typedef struct lbc_j2k_block_decoder {
    lbc_j2k_cells cells;
} lbc_j2k_block_decoder;

/* Decodes the first npasses passes of a w x h block of `planes` <= 30 magnitude bit planes. data must go on with two
 * bytes 0xff. Any data decode to something; npasses must be at most 3 * planes - 2.
 * halves: what is known of each coefficient, in rows `stride` apart: sign in bit 31, magnitude with one more bit below
 * the unit, so that the middle of the interval it is known to lie in can be told (E.1.1.2, r = 1/2). */
void lbc_j2k_block_decode(lbc_j2k_block_decoder *d, lbc_j2k_orientation orientation, uint32_t w, uint32_t h,
                          uint32_t planes, uint32_t npasses, const uint8_t *data, uint32_t *halves, size_t stride);

#endif
