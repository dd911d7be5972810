/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* transform.h - the H-transform of a tile with its quantisation, and the way back.
 *
 * White, Postman & Lattanzi (1992). One reduction turns each 2 x 2 block (a b / c d) into a smooth value and
 * three differences:
 *
 *     h0 = a + b + c + d    hx = c + d - a - b    hy = b + d - a - c    hc = a + d - b - c
 *
 * The smooth values are reduced again until one is left. Where a side is odd, the last column (row) takes part as if
 * it had an equal neighbour.
 *
 * In HCOMPRESS_1 the sums of level k (from 0) carry a factor 2^k; h0 is rounded to a multiple of 2^(k+2), hx and hy to
 * one of 2^(k+1), halves away from zero. The low bits so lost are told by the parity of the other sums. All of level k
 * is then a multiple of 2^k, and the code here works without that factor: a smooth value is just the rounded mean of
 * its block, all levels are alike, and 32 bits are enough for most tiles. The factor appears where coefficients are
 * quantised, q = (|2^k h| + (scale + 1) / 2 - 1) / scale with the sign of h, and where they are taken up again.
 *
 * Coefficients lie in the tile's own shape: top left the smooth values, right of them hy, below them hx, and hc in the
 * corner; the smooth part is divided likewise. Of the smooth values the last one alone is kept, apart from the others;
 * in its place is a 0.
 *
 * Counts are not negative. Nothing here allocates or fails.
 */
#ifndef LBC_CODEC_HCOMPRESS_TRANSFORM_H
#define LBC_CODEC_HCOMPRESS_TRANSFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LBC_HCOMP_LEVELS_MAX 24

/* The sizes a tile goes through: rows[k] x cols[k] values enter level k. */
typedef struct lbc_hcomp_grid {
    uint32_t levels;
    uint32_t rows[LBC_HCOMP_LEVELS_MAX + 1], cols[LBC_HCOMP_LEVELS_MAX + 1];
} lbc_hcomp_grid;

/* 1 <= rows, cols <= 2^24 */
void lbc_hcomp_grid_init(lbc_hcomp_grid *g, uint32_t rows, uint32_t cols);
/* Values of scratch that the transforms need. */
size_t lbc_hcomp_grid_scratch(const lbc_hcomp_grid *g);

/* Whether 32 bits are enough for counts 0..largest at this scale. */
bool lbc_hcomp_fits32(const lbc_hcomp_grid *g, int64_t largest, int32_t scale);

/* Quantisation at one level. */
typedef struct lbc_hcomp_step {
    uint32_t level;
    uint32_t scale;
    uint32_t bias;              /* (scale + 1) / 2 - 1 */
    uint32_t reciprocal, shift; /* n / scale is n * reciprocal >> shift for n < 2^31; shift is 31 .. 62 */
    uint32_t half_mixed;        /* 2^k, half of what hx and hy are rounded to */
    uint32_t half_diagonal;     /* 2^(k-1), half of what hc is rounded to; 0 at level 0 */
} lbc_hcomp_step;

/* The inner loops in 32 bits, over pairs of columns; what is odd at the edges is not theirs.
 * forward2: two rows of values -> one of smooth values, and one each of quantised hy, hx, hc.
 * forward1: one row (the last of an odd number). inverse2, inverse1: back. Rows do not overlap. */
typedef struct lbc_hcomp_loops {
    void (*forward2)(const int32_t *top, const int32_t *bottom, size_t pairs, int32_t *smooth, int32_t *hy, int32_t *hx,
                     int32_t *hc, const lbc_hcomp_step *step);
    void (*forward1)(const int32_t *row, size_t pairs, int32_t *smooth, int32_t *hy, const lbc_hcomp_step *step);
    void (*inverse2)(const int32_t *smooth, const int32_t *hy, const int32_t *hx, const int32_t *hc, size_t pairs,
                     int32_t *top, int32_t *bottom, const lbc_hcomp_step *step);
    void (*inverse1)(const int32_t *smooth, const int32_t *hy, size_t pairs, int32_t *row, const lbc_hcomp_step *step);
} lbc_hcomp_loops;

extern const lbc_hcomp_loops lbc_hcomp_loops_c;
extern const lbc_hcomp_loops lbc_hcomp_loops_avx2;

/* counts -> coef; returns the last smooth value, quantised. Narrow only where lbc_hcomp_fits32. */
int64_t lbc_hcomp_forward32(const lbc_hcomp_loops *loops, const lbc_hcomp_grid *g, int32_t scale, const int32_t *counts,
                            int32_t *coef, int32_t *scratch);
int64_t lbc_hcomp_forward64(const lbc_hcomp_grid *g, int32_t scale, const int64_t *counts, int64_t *coef,
                            int64_t *scratch);
/* coef and `last` -> values. 32 bits want |coef| * scale < 2^27 and |last| * scale < 2^(27 + levels), 64 bits 2^58. */
void lbc_hcomp_inverse32(const lbc_hcomp_loops *loops, const lbc_hcomp_grid *g, int32_t scale, const int32_t *coef,
                         int64_t last, int32_t *values, int32_t *scratch);
void lbc_hcomp_inverse64(const lbc_hcomp_grid *g, int32_t scale, const int64_t *coef, int64_t last, int64_t *values,
                         int64_t *scratch);

#endif
