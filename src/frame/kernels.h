/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernels.h - the loops over pixels of this room, one table per instruction set.
 *
 * The loops themselves are written once, in kernels.inc, so that a compiler can turn them into vector
 * code, and compiled once per instruction set. Every table gives the same results.
 */
#ifndef LBC_FRAME_KERNELS_H
#define LBC_FRAME_KERNELS_H

#include "frame/frame.h"

/* What gather does to a stored pixel before anything else. */
typedef struct lbc_widen_rule {
    uint32_t saturation; /* a count above it becomes LBC_OVERLOADED */
    int32_t masked;      /* what the type's marker, or a negative pixel, becomes */
} lbc_widen_rule;

/* How decoded values become counts (see diffuse.h). */
typedef struct lbc_diffuse_rule {
    int32_t limit;
    uint32_t fraction;
    uint32_t seed; /* of the row's first pixel; each next has one more */
} lbc_diffuse_rule;

typedef struct lbc_frame_kernels {
    /* out[i] = the working value of stored pixel i; pixels at any alignment. By lbc_pixel_type. */
    void (*widen[6])(int32_t *restrict out, const void *restrict pixels, size_t n, const lbc_widen_rule *rule);
    /* values[i] = 0 where mask[i] is not 0. */
    void (*blank)(int32_t *restrict values, const uint8_t *restrict mask, size_t n);
    /* acc[i] = acc[i] joined with values[i] (see lbc_frame_add). */
    void (*add)(int32_t *restrict acc, const int32_t *restrict values, size_t n);
    /* out[i] = values[2 i] joined with values[2 i + 1], for n pairs; fold3: the same by threes. */
    void (*fold2)(int32_t *restrict out, const int32_t *restrict values, size_t n);
    void (*fold3)(int32_t *restrict out, const int32_t *restrict values, size_t n);
    void (*finish)(int32_t *restrict frame, size_t n, const uint8_t *restrict mask, int32_t limit,
                   lbc_frame_counts *counts);
    void (*fill)(int32_t *out, const int32_t *frame, size_t n, int32_t limit);
    void (*restore)(int32_t *restrict decoded, const int32_t *restrict marks, size_t n, int32_t limit);
    /* A row of lbc_diffuse: values to counts, errors[i] those of each pixel; above[-1 .. n]: those of the row above. */
    void (*diffuse)(int32_t *restrict values, int32_t *restrict errors, const int32_t *restrict above, size_t n,
                    const lbc_diffuse_rule *rule);
    /* masked and overloaded: bit patterns of the stored marks. */
    void (*store16)(void *restrict out, const int32_t *restrict frame, size_t n, uint32_t masked, uint32_t overloaded);
    void (*store32)(void *restrict out, const int32_t *restrict frame, size_t n, uint32_t masked, uint32_t overloaded);
} lbc_frame_kernels;

extern const lbc_frame_kernels lbc_frame_kernels_c;
extern const lbc_frame_kernels lbc_frame_kernels_avx2;
extern const lbc_frame_kernels lbc_frame_kernels_avx512;

/* The table for the instruction set in force. */
const lbc_frame_kernels *lbc_frame_kernels_get(void);

/* Two contributors of one pixel: a mark is stronger than a count, masked stronger than overloaded,
 * and counts add up to at most INT32_MAX. Commutative and associative. */
static inline int32_t lbc_join(int32_t a, int32_t b)
{
    const uint32_t sum = (uint32_t)a + (uint32_t)b;
    const int32_t count = (int32_t)(sum < INT32_MAX ? sum : INT32_MAX);
    const int32_t mark = a < b ? a : b;
    return (a | b) < 0 ? mark : count;
}

#endif
