/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/j2k/contexts.h"

#include <string.h>

void lbc_j2k_cells_clear(lbc_j2k_cells *cells, uint32_t w, uint32_t h)
{
    cells->w = w;
    cells->h = h;
    cells->stripes = (h + 3) / 4;
    cells->columns = w == 64 ? UINT64_MAX : (UINT64_C(1) << w) - 1;
    for (uint32_t s = 0; s < cells->stripes + 2; s++) memset(cells->cell[s], 0, (w + 2) * sizeof cells->cell[s][0]);
    memset(cells->near, 0, sizeof cells->near);
    memset(cells->significant, 0, sizeof cells->significant);
}

/* The tables are written as expressions of their index, expanded to constants. */
#define TIMES_2(f, n)   f(n), f((n) + 1)
#define TIMES_4(f, n)   TIMES_2(f, n), TIMES_2(f, (n) + 2)
#define TIMES_8(f, n)   TIMES_4(f, n), TIMES_4(f, (n) + 4)
#define TIMES_16(f, n)  TIMES_8(f, n), TIMES_8(f, (n) + 8)
#define TIMES_32(f, n)  TIMES_16(f, n), TIMES_16(f, (n) + 16)
#define TIMES_64(f, n)  TIMES_32(f, n), TIMES_32(f, (n) + 32)
#define TIMES_128(f, n) TIMES_64(f, n), TIMES_64(f, (n) + 64)
#define TIMES_256(f, n) TIMES_128(f, n), TIMES_128(f, (n) + 128)
#define TIMES_512(f, n) TIMES_256(f, n), TIMES_256(f, (n) + 256)

/* Table D.1. Neighbours by bit: 0 1 2 above, 3 left, 5 right, 6 7 8 below. */
#define BIT(n, b)      ((n) >> (b)&1)
#define SIDES(n)       (BIT(n, 3) + BIT(n, 5))
#define VERTICALS(n)   (BIT(n, 1) + BIT(n, 7))
#define DIAGONALS(n)   (BIT(n, 0) + BIT(n, 2) + BIT(n, 6) + BIT(n, 8))
#define CAP(v, most)   ((v) > (most) ? (most) : (v))
#define ALONG(h, v, d) ((h) == 2 ? 8 : (h) == 1 ? ((v) ? 7 : (d) ? 6 : 5) : (v) == 2 ? 4 : (v) == 1 ? 3 : CAP(d, 2))
#define ACROSS(hv, d)  ((d) >= 3 ? 8 : (d) == 2 ? ((hv) ? 7 : 6) : (d) == 1 ? 3 + CAP(hv, 2) : CAP(hv, 2))
#define ZERO_LOW_X(n)  ALONG(SIDES(n), VERTICALS(n), DIAGONALS(n))
#define ZERO_HIGH_X(n) ALONG(VERTICALS(n), SIDES(n), DIAGONALS(n))
#define ZERO_HH(n)     ACROSS(SIDES(n) + VERTICALS(n), DIAGONALS(n))

const uint8_t lbc_j2k_zero_contexts[4][512] = {
    [LBC_J2K_LL] = {TIMES_512(ZERO_LOW_X, 0)},
    [LBC_J2K_HL] = {TIMES_512(ZERO_HIGH_X, 0)},
    [LBC_J2K_LH] = {TIMES_512(ZERO_LOW_X, 0)},
    [LBC_J2K_HH] = {TIMES_512(ZERO_HH, 0)},
};

/* Table D.2: +1, 0 or -1 from two opposite neighbours, here 1 too high. Table D.3: a prediction where
 * the sum is negative, and the context by how sure it is. */
#define ONE(n, b)        (BIT(n, b) * (1 - 2 * BIT(n, (b)-1)))
#define CLIP(v)          ((v) > 0 ? 1 : (v) < 0 ? -1 : 0)
#define SIGN_H(n)        CLIP(ONE(n, 3) + ONE(n, 5))
#define SIGN_V(n)        CLIP(ONE(n, 1) + ONE(n, 7))
#define SIGN_MINUS(h, v) ((h) < 0 || ((h) == 0 && (v) < 0))
#define SIGN_CLASS(h, v) ((h) == 0 ? ((v) ? 1 : 0) : 3 + (h) * (v))
#define SIGN_FLIP(h, v)  (SIGN_MINUS(h, v) ? 0x80 : 0)
#define SIGN(n)          (LBC_MQ_SIGN + SIGN_CLASS(SIGN_H(n), SIGN_V(n)) + SIGN_FLIP(SIGN_H(n), SIGN_V(n)))

const uint8_t lbc_j2k_sign_contexts[256] = {TIMES_256(SIGN, 0)};
