/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* curve.h - counts on a curve that is straight well below a knee and a square root well above it.
 *
 * A lossy codec makes errors of about the same size everywhere, while the noise of a count n grows with its root. Where
 * bytes are few they would all go into the noise of the strongest spots. On the curve errors grow as the root of
 * 1 + n / K does, so that the background is coded as before and strong spots cost what weak ones do.
 *
 * No function here allocates or fails. The knee K is 1 .. LBC_CURVE_MOST. Arithmetic is that of IEEE 754 doubles, in
 * the order given, and so the same everywhere.
 */
#ifndef LBC_FRAME_CURVE_H
#define LBC_FRAME_CURVE_H

#include "frame/frame.h"

/* c(n) = 8 K (sqrt(1 + n / K) - 1), to the nearest integer: four to a count where the curve is straight. For every
 * count below 2^16 that fits 16 bits. */
int32_t lbc_curve_bend_one(int32_t count, int32_t knee);
void lbc_curve_bend(int32_t *counts, size_t n, int32_t knee);

/* In place, decoded values on the curve, as multiples of 2^-lbc_diffuse_fraction(c(limit)), to values for lbc_diffuse
 * with that limit: c / 4 + (c / 4)^2 / (4 K) where c > 0, c / 4 elsewhere. LBC_DIFFUSE_NONE stays. */
void lbc_curve_straighten(int32_t *values, size_t n, int32_t limit, int32_t knee);

#endif
