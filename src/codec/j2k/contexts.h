/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* contexts.h - what encoder and decoder of a code block share: which coefficients are significant,
 * and the contexts that follow from it (Annex D).
 *
 * A code block is scanned in stripes of four rows, column by column. A cell holds what matters to
 * one column of a stripe: the significance of its 3 x 6 neighbourhood, row by row (bit 3 * row + column,
 * the column's own first coefficient at row 1, column 1), so that the 3 x 3 neighbourhood of its
 * coefficient r is the nine bits from 3 * r; the signs in the same layout 32 bits higher; and between
 * them the coefficients visited in the plane's first pass and the ones that were refined before.
 *
 * Beside the cells, each stripe has a word with a bit a column: `near` for a cell that is not empty,
 * `significant` for a column with a significant coefficient. Passes go from bit to bit in them, so that
 * the empty areas of a detector image cost nothing.
 */
#ifndef LBC_CODEC_J2K_CONTEXTS_H
#define LBC_CODEC_J2K_CONTEXTS_H

#include "codec/j2k/layout.h"
#include "codec/j2k/mq.h"

enum { LBC_J2K_BLOCK = 64, LBC_J2K_STRIPES = LBC_J2K_BLOCK / 4 };

/* Bits of a cell, for coefficient 0; coefficient r has them 3 * r higher. */
#define LBC_CELL_NEIGHBOURS UINT64_C(0757) /* the eight around */
#define LBC_CELL_SELF       4
#define LBC_CELL_VISITED    20
#define LBC_CELL_REFINED    21
#define LBC_CELL_SIGNS      32
#define LBC_CELL_ALL_NEAR   UINT64_C(0777777) /* the whole neighbourhood of the column */
/* One bit a coefficient, at 3 * r. */
#define LBC_CELL_ROWS UINT64_C(01111)

typedef struct lbc_j2k_cells {
    /* With a border of one stripe and one column all round. */
    uint64_t cell[LBC_J2K_STRIPES + 2][LBC_J2K_BLOCK + 2];
    uint64_t near[LBC_J2K_STRIPES + 2];
    uint64_t significant[LBC_J2K_STRIPES + 2];
    uint64_t columns; /* bits of the columns there are */
    uint32_t w, h, stripes;
} lbc_j2k_cells;

/* Makes all coefficients of a w x h block insignificant. */
void lbc_j2k_cells_clear(lbc_j2k_cells *cells, uint32_t w, uint32_t h);

/* Rows that stripe s (from 0) has, one bit each at 3 * r. */
static inline uint64_t lbc_j2k_stripe_rows(const lbc_j2k_cells *cells, uint32_t s)
{
    const uint32_t rows = cells->h - 4 * s;
    return rows >= 4 ? LBC_CELL_ROWS : LBC_CELL_ROWS & ((UINT64_C(1) << 3 * rows) - 1);
}

/* Rows of a cell that are significant, or have a significant neighbour: one bit each at 3 * r. */
static inline uint64_t lbc_cell_significant(uint64_t cell)
{
    return cell >> LBC_CELL_SELF & LBC_CELL_ROWS;
}
static inline uint64_t lbc_cell_near(uint64_t cell)
{
    const uint64_t any = cell | cell >> 1 | cell >> 2; /* per row of the neighbourhood, at 3 * row */
    return (any | any >> 3 | any >> 6) & LBC_CELL_ROWS;
}

/* Tells the neighbours that coefficient `row3` / 3 of the cell (stripe, column), both from 0, has become
 * significant. The cell itself is the caller's to update, with the returned bits. */
static inline uint64_t lbc_j2k_cells_raise(lbc_j2k_cells *cells, uint32_t stripe, uint32_t column, uint32_t row3,
                                           uint64_t negative)
{
    uint64_t *cell = &cells->cell[stripe + 1][column + 1];
    const uint64_t mark = 1 | negative << LBC_CELL_SIGNS;
    const uint64_t bit = UINT64_C(1) << column, around = (bit | bit << 1 | bit >> 1) & cells->columns;
    cell[-1] |= mark << (row3 + 5);
    cell[+1] |= mark << (row3 + 3);
    cells->near[stripe + 1] |= around;
    cells->significant[stripe + 1] |= bit;
    if (row3 == 0) {
        uint64_t *above = &cells->cell[stripe][column + 1];
        above[-1] |= mark << 17;
        above[0] |= mark << 16;
        above[+1] |= mark << 15;
        cells->near[stripe] |= around;
    } else if (row3 == 9) {
        uint64_t *below = &cells->cell[stripe + 2][column + 1];
        below[-1] |= mark << 2;
        below[0] |= mark << 1;
        below[+1] |= mark;
        cells->near[stripe + 2] |= around;
    }
    return mark << (row3 + LBC_CELL_SELF);
}

/* Zero coding (Table D.1): context by the nine bits of a 3 x 3 neighbourhood; its own does not count. */
extern const uint8_t lbc_j2k_zero_contexts[4][512];

/* Sign coding (Tables D.2 and D.3): context | predicted sign << 7, by the significance of the four
 * direct neighbours in the odd bits and their signs in the even bits below. */
extern const uint8_t lbc_j2k_sign_contexts[256];

static inline uint32_t lbc_cell_sign_context(uint64_t cell, uint32_t row3)
{
    const uint64_t significant = cell >> row3 & 0xaa, negative = cell >> (row3 + LBC_CELL_SIGNS) & 0xaa;
    return lbc_j2k_sign_contexts[significant | negative >> 1];
}

/* Magnitude refinement (Table D.4). */
static inline uint32_t lbc_cell_refine_context(uint64_t cell, uint32_t row3)
{
    const uint64_t here = cell >> row3;
    if (here >> LBC_CELL_REFINED & 1) return LBC_MQ_REFINE + 2;
    return LBC_MQ_REFINE + ((here & LBC_CELL_NEIGHBOURS) != 0);
}

#endif
