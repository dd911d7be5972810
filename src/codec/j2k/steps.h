/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* steps.h - how much the error of one coefficient matters, and the quantisation steps that follow. */
#ifndef LBC_CODEC_J2K_STEPS_H
#define LBC_CODEC_J2K_STEPS_H

#include "codec/j2k/layout.h"

/* L2 norm of the image that a coefficient of 1 alone makes: the synthesis vector of a band. */
double lbc_j2k_norm(bool reversible, uint32_t level, lbc_j2k_orientation orientation);

/* Sets a header's steps, and its guard bits to the usual 2. With 9/7 an error of one step is worth the same
 * in every band, a fraction of a count: fine enough that the lowest planes are noise at any ratio in use,
 * and no finer than 30 bit planes allow. */
void lbc_j2k_set_steps(lbc_j2k_header *header);

#endif
