/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* figures_parts.h - what lbc_measure does frame by frame, beyond a pixel at a time. */
#ifndef LBC_REPORT_FIGURES_PARTS_H
#define LBC_REPORT_FIGURES_PARTS_H

#include "report/figures.h"

/* A column of pixels within the rows of a box: sums of pixels that are counts in both frames. */
typedef struct lbc_column {
    uint64_t before, after;
    uint32_t pixels;
} lbc_column;

/* The grid of boxes over a frame: cell (cx, cy) holds LBC_CELL x LBC_CELL pixels, and its box is centred
 * on it. */
typedef struct lbc_cells {
    lbc_shape frame;
    uint32_t ny, nx;
    lbc_column *column; /* [frame.nx] */
    float *mean;        /* [ny * nx] local mean of `before`; negative: too few counts to tell */
} lbc_cells;

/* Lays the cells of frames of a shape out in memory of lbc_measure_room(shape) bytes. */
lbc_cells lbc_cells_in(void *room, lbc_shape shape);

/* Fills cells->mean, and adds the relative errors of the local means to bins. */
void lbc_local_means(const lbc_cells *cells, uint64_t bins[LBC_SHIFT_BINS], const int32_t *before,
                     const int32_t *after);

/* Finds the spots of `before`, the local means being known: fills m->sums.spots, sample and strongest. */
void lbc_find_spots(lbc_frame_measures *m, const lbc_cells *cells, const int32_t *before, const int32_t *after);

#endif
