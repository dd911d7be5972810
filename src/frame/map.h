/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* map.h - numbers that belong to the pixels of a detector and not to one frame: flat fields and such. */
#ifndef LBC_FRAME_MAP_H
#define LBC_FRAME_MAP_H

#include "lbc.h"

/* out[binned shape] = mean of in[shape] over the pixels of each bin whose mask has none of its low 16
 * bits set (NULL: no mask); where all are masked, over all. A bin that hangs over the edge is the mean
 * of the pixels it has. bin >= 1. */
void lbc_map_bin(double *out, const double *in, const uint32_t *mask, lbc_shape shape, uint32_t bin);

#endif
