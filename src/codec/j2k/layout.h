/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* layout.h - how a tile falls into resolutions, subbands, precincts and code blocks (Annex B).
 *
 * The tile starts at the origin of the reference grid, so every subband and every precinct does too,
 * and sizes are all there is to know. Code blocks are numbered in the order packets name them:
 * by resolution, precinct, subband, then raster order within the precinct.
 */
#ifndef LBC_CODEC_J2K_LAYOUT_H
#define LBC_CODEC_J2K_LAYOUT_H

#include "codec/j2k/codestream.h"

/* Horizontal, then vertical filter. The values are those of B.9's order within a resolution. */
typedef enum lbc_j2k_orientation { LBC_J2K_LL, LBC_J2K_HL, LBC_J2K_LH, LBC_J2K_HH } lbc_j2k_orientation;

typedef struct lbc_j2k_band {
    lbc_j2k_orientation orientation;
    uint32_t level;       /* n_b: how many decompositions made it, 0 without a transform */
    uint32_t w, h;        /* may be 0 */
    size_t stride;        /* elements from row to row */
    size_t offset;        /* of the first coefficient */
    uint32_t blocks_x;    /* code blocks side by side, in all precincts */
    uint32_t first_block; /* in the layout's raster */
    uint32_t planes;      /* M_b: magnitude bit planes, the always empty ones included (E-2) */
    double step;          /* quantisation step; 1 with the reversible transform */
} lbc_j2k_band;

/* The code blocks of one subband in one precinct. */
typedef struct lbc_j2k_precinct {
    uint32_t band;
    uint32_t blocks_x, blocks_y; /* may be 0 */
    uint32_t first_block;
} lbc_j2k_precinct;

typedef struct lbc_j2k_block {
    uint32_t band;
    uint32_t x, y; /* within the band */
    uint32_t w, h; /* 1 .. 64 */
    size_t offset; /* of its first coefficient */
} lbc_j2k_block;

/* A packet is what one layer has of one precinct number of one resolution: 1 or 3 precincts. */
typedef struct lbc_j2k_packet {
    uint32_t first_precinct, precincts;
} lbc_j2k_packet;

typedef struct lbc_j2k_layout {
    lbc_shape shape;
    uint32_t levels;
    uint32_t block_w, block_h;                      /* log2 of the nominal code block size */
    uint32_t nbands, nprecincts, nblocks, npackets; /* npackets: of one layer */
    size_t coefficients;                            /* elements of all, with their padding */
    lbc_j2k_band bands[LBC_J2K_MAX_BANDS];
    lbc_j2k_precinct *precincts;
    lbc_j2k_block *blocks;
    uint32_t *raster;        /* numbers of code blocks, band after band, each in raster order */
    lbc_j2k_packet *packets; /* in LRCP order within a layer */
} lbc_j2k_layout;

/* Fills layout, which must be zeroed or hold an earlier layout, from a header that has been read or
 * made. LBC_E_MEMORY or LBC_OK. */
lbc_status lbc_j2k_layout_set(lbc_j2k_layout *layout, const lbc_j2k_header *header);
void lbc_j2k_layout_clear(lbc_j2k_layout *layout);

/* The numbers of the code blocks that row y of a band lies in, from left to right. */
static inline const uint32_t *lbc_j2k_blocks_of_row(const lbc_j2k_layout *layout, const lbc_j2k_band *band, uint32_t y)
{
    return layout->raster + band->first_block + (size_t)(y >> layout->block_h) * band->blocks_x;
}

/* Size of a side after n decompositions keeping the low half: ceil(size / 2^n). */
static inline uint32_t lbc_j2k_low_size(uint32_t size, uint32_t n)
{
    return (uint32_t)(((uint64_t)size + ((uint64_t)1 << n) - 1) >> n);
}

#endif
