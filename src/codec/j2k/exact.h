/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* exact.h - frames so sparse that the bytes asked for hold every count of them.
 *
 * The 9/7 transform never gives counts back exactly; 5/3, coded whole, does. So where the whole fits, it is taken. That
 * is done where decoded values go through lbc_diffuse, which leaves whole counts as they are.
 */
#ifndef LBC_CODEC_J2K_EXACT_H
#define LBC_CODEC_J2K_EXACT_H

#include "codec/codec.h"

/* Bytes that the last layer's ratio allows a codestream. */
double lbc_j2k_budget(const lbc_lossy_params *params);

/* True where the frame may fit, by the entropy of a part of its pixels; then *exact is what codes it whole. Only the
 * size it comes to tells whether it does. */
bool lbc_j2k_may_be_exact(const lbc_lossy_params *params, const int32_t *frame, lbc_lossy_params *exact);

#endif
