/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* image.h - what a header of a single image says, before and after binning and summing. */
#ifndef LBC_METADATA_IMAGE_H
#define LBC_METADATA_IMAGE_H

#include <stdint.h>

/* Pixel size in m, beam centre in pixels from the corner of the first one, times in s, angles in
 * degrees. NAN: unknown. */
typedef struct lbc_image {
    double pixel_x, pixel_y, beam_x, beam_y;
    double exposure_time, exposure_period;
    double start_angle, angle_increment;
} lbc_image;

/* An image made of `count` images like this one, binned bin x bin. start_angle is that of the first. */
lbc_image lbc_image_after(lbc_image before, uint32_t bin, uint32_t count);

#endif
