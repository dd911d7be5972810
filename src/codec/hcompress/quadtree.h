/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* quadtree.h - a bit plane of a quadrant as HCOMPRESS_1 codes it.
 *
 * White, Postman & Lattanzi (1992). The cells of a plane (planes.h) are the leaves of a quadtree: a cell
 * that is not empty is a set corner of a cell one layer up, until one cell is left. A plane starts with four bits:
 *
 *   1111  the tree: from the top layer down, in each layer backwards (last row first, last cell of a row first), the
 *         four corners of each cell that is not empty in the code below. An empty tree is the one code 0.
 *   0000  the leaves as they are, four bits a cell in raster order, where the tree would take as much room
 *
 *   corners  0 111110   1 000     2 001     3 1000    4 010    5 1001   6 11010  7 11011
 *            8 011      9 11100  10 1010   11 11101  12 1011  13 11110 14 111111 15 1100
 *
 * where the top left corner counts 8, the top right one 4, the bottom left 2, the bottom right 1.
 */
#ifndef LBC_CODEC_HCOMPRESS_QUADTREE_H
#define LBC_CODEC_HCOMPRESS_QUADTREE_H

#include "codec/hcompress/bitio.h"
#include "codec/hcompress/planes.h"

#define LBC_HCOMP_LAYERS_MAX 24

/* Layer 0 holds the leaves. */
typedef struct lbc_hcomp_tree {
    uint32_t layers;
    uint32_t rows[LBC_HCOMP_LAYERS_MAX], cols[LBC_HCOMP_LAYERS_MAX]; /* cells */
    size_t words[LBC_HCOMP_LAYERS_MAX];                              /* lbc_hcomp_cells of a row */
    bool odd_rows, odd_cols;                                         /* of the quadrant */
} lbc_hcomp_tree;

/* The tree of a quadrant of rows x cols coefficients, 1 .. 2^24 each. */
void lbc_hcomp_tree_init(lbc_hcomp_tree *t, uint32_t rows, uint32_t cols);
/* lbc_hcomp_cells of the leaves, and of all layers above. */
size_t lbc_hcomp_tree_leaves(const lbc_hcomp_tree *t);
size_t lbc_hcomp_tree_upper(const lbc_hcomp_tree *t);

typedef struct lbc_hcomp_plane_size {
    uint64_t bits; /* with the four at the start */
    bool direct;   /* leaves, not tree */
} lbc_hcomp_plane_size;

/* How a plane is to be coded. For a tree, `upper` gets the layers above the leaves. */
lbc_hcomp_plane_size lbc_hcomp_plane_measure(const lbc_hcomp_tree *t, const lbc_hcomp_cells *leaves,
                                             lbc_hcomp_cells *upper);
/* Writes a plane just measured; the writer has room for it. */
void lbc_hcomp_plane_put(const lbc_hcomp_tree *t, const lbc_hcomp_cells *leaves, const lbc_hcomp_cells *upper,
                         bool direct, lbc_hcomp_writer *w);
/* Reads a plane into leaves; upper is scratch. false: not a plane, or cut off. */
bool lbc_hcomp_plane_take(const lbc_hcomp_tree *t, lbc_hcomp_cells *leaves, lbc_hcomp_cells *upper,
                          lbc_hcomp_reader *r);

#endif
