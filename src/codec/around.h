/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* around.h - what is done to a frame before a lossy codec encodes it, and to decoded values to make counts of them.
 * The program and the HDF5 plugin do the same, and so get the same pixels. */
#ifndef LBC_CODEC_AROUND_H
#define LBC_CODEC_AROUND_H

#include "codec/codec.h"

/* Bytes of working memory that the functions below want; 0: none. */
size_t lbc_around_room(const lbc_lossy_params *params);

/* out = frame as the codec is to see it: overloaded pixels S', masked ones filled, all on the curve where there is a
 * knee. out may be frame. */
void lbc_before_lossy(const lbc_lossy_params *params, int32_t *out, const int32_t *frame, void *room);

/* Whether decoded values are to go through lbc_after_lossy, those of pixels that are no counts having been set to
 * LBC_DIFFUSE_NONE (frame/diffuse.h); else they are counts, to be held within 0..S'. */
static inline bool lbc_wants_after_lossy(const lbc_lossy_params *params)
{
    return params->diffuse;
}
void lbc_after_lossy(const lbc_lossy_params *params, int32_t *values, void *room);

#endif
