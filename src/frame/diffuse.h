/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* diffuse.h - what is done around a lossy codec so that sums over neighbouring pixels survive it.
 *
 * A codec's decoded values are real numbers about the local mean, some of them below 0. Rounding each by itself, and
 * clamping at 0, moves the mean: at 0.1 counts a pixel everything becomes 0, and clamped ringing adds what was never
 * there. Here the error of each pixel is carried on to the three below it instead, so that the sum over a box is that
 * of the decoded values, but for what crosses its edges. A little noise in the threshold keeps even areas free of
 * patterns; it comes from a hash of the pixel's place and of all decoded values, so that it differs from frame to
 * frame and is the same whenever and wherever the frame is decoded. All is integer arithmetic.
 *
 * No function here allocates or fails.
 */
#ifndef LBC_FRAME_DIFFUSE_H
#define LBC_FRAME_DIFFUSE_H

#include "frame/frame.h"

/* Decoded values are multiples of 2^-f, f by lbc_diffuse_fraction, within -LBC_DIFFUSE_MOST .. LBC_DIFFUSE_MOST of
 * them. Fits limits below 2^25, which leave at least four bits. */
#define LBC_DIFFUSE_MOST (INT32_C(1) << 29)
#define LBC_DIFFUSE_NONE INT32_MIN /* no value: the pixel is no count */

/* 29 less the bits of limit. */
uint32_t lbc_diffuse_fraction(int32_t limit);

/* Sets values to LBC_DIFFUSE_NONE where marks is below 0. */
void lbc_diffuse_except(int32_t *values, const int32_t *marks, size_t n);

/* In place, decoded values to counts of 0 .. limit; where there was no value, 0, past which errors are carried. room:
 * lbc_diffuse_room bytes. */
size_t lbc_diffuse_room(lbc_shape shape);
void lbc_diffuse(int32_t *values, lbc_shape shape, int32_t limit, void *room);

/* A number that looks random. */
static inline uint32_t lbc_hash32(uint32_t x)
{
    x ^= x >> 16;
    x *= UINT32_C(0x7feb352d);
    x ^= x >> 15;
    x *= UINT32_C(0x846ca68b);
    return x ^ x >> 16;
}

#endif
