/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* transform.h - the wavelet transforms and quantisation of a whole tile (Annexes E, F, G).
 *
 * Rows stream through the lifting steps: a row is transformed down the columns as soon as its neighbours
 * have come, then along itself, and goes at once to where it stays, so that an image passes through
 * memory once per level.
 */
#ifndef LBC_CODEC_J2K_TRANSFORM_H
#define LBC_CODEC_J2K_TRANSFORM_H

#include "base/memory.h"
#include "codec/j2k/j2k.h"
#include "codec/j2k/layout.h"

/* Scratch between calls. Zero-initialise. */
typedef struct lbc_j2k_transform {
    lbc_buffer low[2]; /* what a level hands to the next, by turns */
    lbc_buffer rows;   /* rows on their way */
} lbc_j2k_transform;

void lbc_j2k_transform_clear(lbc_j2k_transform *t);

/* Takes the rows of coefficients of a band, from the first to the last: sign in bit 31, quantised magnitude below. */
typedef struct lbc_j2k_sink {
    void (*row)(void *context, uint32_t band, uint32_t y, const uint32_t *coefficients);
    void *context;
} lbc_j2k_sink;

lbc_status lbc_j2k_forward(lbc_j2k_transform *t, const lbc_j2k_layout *layout, const lbc_j2k_header *header,
                           const int32_t *frame, const lbc_j2k_sink *sink);

/* Gives the rows of coefficients of a band, from the first to the last: sign and magnitude in halves of a unit. */
typedef struct lbc_j2k_source {
    void (*row)(const void *context, uint32_t band, uint32_t y, uint32_t *halves);
    const void *context;
} lbc_j2k_source;

/* params: lbc_j2k_fraction says how many bits behind the point pixels keep, which are then held within -2^29..2^29
 * units alone, or else within the component's range; lbc_j2k_leans where in their intervals details are put: at 1/2,
 * or where these are of four units or more at 5/8. */
lbc_status lbc_j2k_inverse(lbc_j2k_transform *t, const lbc_j2k_layout *layout, const lbc_j2k_header *header,
                           const lbc_lossy_params *params, const lbc_j2k_source *source, int32_t *frame);

#endif
