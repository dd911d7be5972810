/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* planes.h - coefficients taken apart into bit planes and signs, and put together again.
 *
 * A plane of magnitudes is kept as cells of 2 x 2 coefficients, the leaves of the quadtree, 64 of them side by side in
 * four words: bit j of corner[c] belongs to cell j. Cells that hang over the edge have zeros there.
 *
 * Signs are one bit for each nonzero coefficient in raster order, first in the highest bit of a byte; set is negative.
 *
 * Each loop is there in plain C for 32 and 64 bits; the 32-bit ones may be replaced by faster ones.
 */
#ifndef LBC_CODEC_HCOMPRESS_PLANES_H
#define LBC_CODEC_HCOMPRESS_PLANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LBC_HCOMP_TOP_LEFT, LBC_HCOMP_TOP_RIGHT, LBC_HCOMP_BOTTOM_LEFT, LBC_HCOMP_BOTTOM_RIGHT };

typedef struct lbc_hcomp_cells {
    uint64_t corner[4];
} lbc_hcomp_cells;

/* The OR of n magnitudes; adds the number of those that are not zero to *nonzero. */
uint32_t lbc_hcomp_survey32(const int32_t *coef, size_t n, size_t *nonzero);
uint64_t lbc_hcomp_survey64(const int64_t *coef, size_t n, size_t *nonzero);

/* Takes a row of cols coefficients apart, with magnitudes below 2^planes. cells: the row's cells in plane 0; those of
 * plane p come p * stride later. half 0 fills the top corners and clears the bottom ones; half 1 fills the bottom
 * ones. */
void lbc_hcomp_split32(const int32_t *coef, size_t cols, uint32_t planes, lbc_hcomp_cells *cells, size_t stride,
                       int half);
void lbc_hcomp_split64(const int64_t *coef, size_t cols, uint32_t planes, lbc_hcomp_cells *cells, size_t stride,
                       int half);

/* Puts the magnitudes of a row together. */
void lbc_hcomp_join32(int32_t *coef, size_t cols, uint32_t planes, const lbc_hcomp_cells *cells, size_t stride,
                      int half);
void lbc_hcomp_join64(int64_t *coef, size_t cols, uint32_t planes, const lbc_hcomp_cells *cells, size_t stride,
                      int half);

/* Writes the signs of n coefficients as whole bytes, the last filled up with zeros. */
void lbc_hcomp_put_signs32(const int32_t *coef, size_t n, uint8_t *out);
void lbc_hcomp_put_signs64(const int64_t *coef, size_t n, uint8_t *out);

/* Gives n magnitudes their signs. false: they want more than size bytes, or fewer. */
bool lbc_hcomp_take_signs32(int32_t *coef, size_t n, const uint8_t *in, size_t size);
bool lbc_hcomp_take_signs64(int64_t *coef, size_t n, const uint8_t *in, size_t size);

typedef struct lbc_hcomp_plane_loops {
    uint32_t (*survey)(const int32_t *coef, size_t n, size_t *nonzero);
    void (*split)(const int32_t *coef, size_t cols, uint32_t planes, lbc_hcomp_cells *cells, size_t stride, int half);
    void (*join)(int32_t *coef, size_t cols, uint32_t planes, const lbc_hcomp_cells *cells, size_t stride, int half);
    void (*put_signs)(const int32_t *coef, size_t n, uint8_t *out);
    bool (*take_signs)(int32_t *coef, size_t n, const uint8_t *in, size_t size);
} lbc_hcomp_plane_loops;

extern const lbc_hcomp_plane_loops lbc_hcomp_plane_loops_c;
extern const lbc_hcomp_plane_loops lbc_hcomp_plane_loops_avx2;

#endif
