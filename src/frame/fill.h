/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fill.h - what masked pixels are for a lossy codec.
 *
 * No function here allocates or fails. */
#ifndef LBC_FRAME_FILL_H
#define LBC_FRAME_FILL_H

#include "frame/frame.h"

/* out = frame with overloaded pixels limit, and masked ones about the mean of the counts around them: of the smallest
 * cell of 8, 16, 32, ... pixels a side that has at least 16; 0 where there is none. What lies beyond a gap's edge then
 * costs a codec little, and is not smeared into the gap. out may be frame. room: lbc_fill_room bytes. */
size_t lbc_fill_room(lbc_shape shape);
void lbc_fill_mean(int32_t *out, const int32_t *frame, lbc_shape shape, int32_t limit, void *room);

#endif
