/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rows.h - the arithmetic of the wavelet transforms and of quantisation, on rows of n elements.
 *
 * Lifting is the same along rows and along columns: an element takes in the sum of two neighbours. Down
 * the columns those are the rows above and below; along a row, split into even and odd elements, they are
 * elements i and i + 1 of the other half.
 *
 * Every version does the same operations in the same order on the same types, so all give the same bits:
 * IEEE single precision without contraction, and two's complement that wraps. Rows may have any
 * alignment; destinations overlap no source unless it says so.
 */
#ifndef LBC_CODEC_J2K_ROWS_H
#define LBC_CODEC_J2K_ROWS_H

#include <stddef.h>
#include <stdint.h>

/* An element of a row whose type does not matter: int32_t with the 5/3 transform, else float. */
typedef uint32_t __attribute__((__may_alias__)) lbc_j2k_word;

/* Lifting steps (F.3.8, F.4.8) in place. 5/3: odd elements -= (a + b) >> 1, then even ones += (a + b + 2)
 * >> 2; 9/7: += factor * (a + b) four times, odd ones first. Backwards from the last to the first, with
 * the other sign. */
typedef struct lbc_j2k_rows {
    /* One step: dst takes in a and b. */
    void (*lift53[2][2])(int32_t *dst, const int32_t *a, const int32_t *b, size_t n); /* [inverse][step] */
    void (*lift97)(float *dst, const float *a, const float *b, float factor, size_t n);
    /* All steps of a direction at once, where a row and the three or five before it are at hand: r1 takes in
     * r0 and r2 by the first step, r2 then takes in r1 and r3 by the second, and so on. */
    void (*cascade53[2])(const int32_t *r0, int32_t *r1, int32_t *r2, const int32_t *r3, size_t n);
    void (*cascade97)(const float *r0, float *r1, float *r2, float *r3, float *r4, const float *r5,
                      const float factors[4], size_t n);

    /* Even and odd elements of a row of n, and back. */
    void (*split)(lbc_j2k_word *even, lbc_j2k_word *odd, const lbc_j2k_word *row, size_t n);
    void (*merge97)(float *row, const float *even, const float *odd, float scale, size_t n); /* times scale */
    /* Both steps backwards along a row of n > 1, and its halves joined. These need one element before odd ones, one
     * after even ones and one after as many odd ones, such that elements there come out as mirrored. */
    void (*join53)(int32_t *row, const int32_t *even, const int32_t *odd, size_t n);
    void (*scale97)(float *row, float scale, size_t n);

    /* Pixels as elements; 5/3: less the level shift (G.1), which 9/7 takes away in its low band. */
    void (*load53)(int32_t *dst, const int32_t *pixels, int32_t shift, size_t n);
    void (*load97)(float *dst, const int32_t *pixels, size_t n);
    /* And back, rounded to nearest, halves to even, and held within 0..most < 2^24. */
    void (*store53)(int32_t *pixels, const int32_t *src, int32_t shift, int32_t most, size_t n);
    void (*store97)(int32_t *pixels, const float *src, int32_t shift, int32_t most, size_t n);
    /* And back as multiples of 2^-fraction, held within -2^29..2^29 of them; with 9/7 the level shift is not added,
     * for the low band was restored by restore97_offset. */
    void (*store53_fixed)(int32_t *pixels, const int32_t *src, int32_t shift, uint32_t fraction, size_t n);
    void (*store97_fixed)(int32_t *pixels, const float *src, uint32_t fraction, size_t n);

    /* Quantisation (E.1): sign in bit 31, floor of the magnitude times scale below it. */
    void (*quantise53)(uint32_t *dst, const int32_t *src, size_t n);
    void (*quantise97)(uint32_t *dst, const float *src, float scale, size_t n);
    /* The same of (src - offset) * scale, where the offset is beyond single precision. */
    void (*quantise97_offset)(uint32_t *dst, const float *src, double scale, double offset, size_t n);
    /* For each plane below the bits of the largest of n <= 64 magnitudes, which it returns, adds to reach how many are
     * at least 2^plane, and to sum the sum of those, each shifted down. */
    uint32_t (*count)(uint16_t *reach, uint32_t *sum, const uint32_t *coefficients, uint32_t shift, size_t n);
    /* The bits that any magnitude of a column of four rows has. */
    void (*stripe)(uint32_t *any, const uint32_t *const rows[4], size_t n);
    /* What a decoder knows, in halves, of n <= 64 magnitudes: of those with a bit above `plane`, the bits down to
     * plane `refined`; of those with their first bit in it, that bit, where `found` has one. Nothing is told by 0,
     * the rest by the middle of the interval. */
    void (*settle)(uint32_t *halves, const uint32_t *coefficients, uint64_t found, uint32_t plane, uint32_t refined,
                   size_t n);
    /* In halves, a magnitude in the middle of its interval to five eighths of that, down to whole halves. */
    void (*lean)(uint32_t *halves, size_t n);
    /* Reconstruction (E.1.1.2) from sign and magnitude in halves. 5/3: halves are dropped. 9/7: times step,
     * then times scale. */
    void (*restore53)(int32_t *dst, const uint32_t *halves, size_t n);
    void (*restore97)(float *dst, const uint32_t *halves, float step, float scale, size_t n);
    /* The same with an offset, beyond single precision, added between the two. */
    void (*restore97_offset)(float *dst, const uint32_t *halves, double step, double offset, float scale, size_t n);
} lbc_j2k_rows;

/* The fastest at the level in force. */
const lbc_j2k_rows *lbc_j2k_rows_best(void);

extern const lbc_j2k_rows lbc_j2k_rows_c;
#if defined(__x86_64__)
extern const lbc_j2k_rows lbc_j2k_rows_avx2;   /* x86/ */
extern const lbc_j2k_rows lbc_j2k_rows_avx512; /* x86/ */
#endif

#endif
