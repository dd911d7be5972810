/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/image.h"

lbc_image lbc_image_after(lbc_image image, uint32_t bin, uint32_t count)
{
    image.pixel_x *= bin;
    image.pixel_y *= bin;
    image.beam_x /= bin;
    image.beam_y /= bin;
    image.exposure_time *= count;
    image.exposure_period *= count;
    image.angle_increment *= count;
    return image;
}
