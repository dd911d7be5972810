/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* marks.h - sets of pixels (masked, overloaded) as bit maps, and their packed form.
 *
 * What a detector masks is made of rectangles (gaps, dead chips), lines and single pixels. Packing predicts each row
 * from the two above it: a pixel is expected in the set when the one above it is, and with that one the pixel left,
 * right or above of it. So a rectangle costs only where it begins and ends, and a single pixel nothing below itself.
 * The pixels where the prediction fails are coded as runs in raster order.
 *
 * The packed form:
 *
 *   offset  bytes  content
 *        0      1  form: 0 plain, 1 predicted runs
 *   plain:
 *        1      -  the set's bits, ceil(nx / 8) bytes a row, the leftmost pixel in bit 0
 *   predicted runs:
 *        1      1  K, order of the codes of gaps, 0 .. 31
 *        2      1  L, order of the codes of lengths, 0 .. 31
 *        3      -  bits, highest of each byte first: the number of runs in a code of order 0, then for each run the
 *                  pixels between it and the run before it (or the frame's begin), in a code of order K, and its
 *                  length less 1, in a code of order L; then zeros up to a byte
 *
 * A code of order k is an exponential Golomb code: of v, with u = (v >> k) + 1 of b bits, b - 1 zero bits, the b bits
 * of u, and the low k bits of v. Bytes behind the last are ignored. An empty set packs to no bytes at all.
 */
#ifndef LBC_CODEC_REST_MARKS_H
#define LBC_CODEC_REST_MARKS_H

#include "base/memory.h"
#include "lbc.h"

/* One bit a pixel, rows padded with zero bits to whole words, the leftmost pixel in bit 0. */
typedef struct lbc_marks {
    lbc_shape shape;
    size_t stride;   /* words a row */
    uint64_t *words; /* stride * ny */
} lbc_marks;

/* Sets up m as an empty set in memory that `memory` holds (grown when needed). 0: out of memory. */
int lbc_marks_init(lbc_marks *m, lbc_shape shape, lbc_buffer *memory);
bool lbc_marks_empty(const lbc_marks *m);

static inline uint64_t *lbc_marks_row(const lbc_marks *m, uint32_t y)
{
    return m->words + (size_t)y * m->stride;
}
static inline void lbc_marks_set(lbc_marks *m, uint32_t y, uint32_t x)
{
    lbc_marks_row(m, y)[x / 64] |= UINT64_C(1) << (x % 64);
}
static inline bool lbc_marks_get(const lbc_marks *m, uint32_t y, uint32_t x)
{
    return lbc_marks_row(m, y)[x / 64] >> (x % 64) & 1;
}

/* Most bytes that a set of this shape packs to. */
size_t lbc_marks_bound(lbc_shape shape);
/* Packs m into out (lbc_marks_bound bytes) and returns the bytes written. m's content is used up. */
size_t lbc_marks_pack(lbc_marks *m, uint8_t *out);
/* Unpacks into m, which is initialised and empty. LBC_E_FORMAT: not a packed set of this shape. */
lbc_status lbc_marks_unpack(lbc_marks *m, const uint8_t *packed, size_t size);
/* m ^= other, of the same shape. */
void lbc_marks_xor(lbc_marks *m, const lbc_marks *other);

#endif
