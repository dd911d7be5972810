/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/geometry.h"

#include <math.h>

const double lbc_fast_direction[3] = {-1, 0, 0};
const double lbc_slow_direction[3] = {0, -1, 0};
const double lbc_beam_direction[3] = {0, 0, 1};
const double lbc_rotation_vector[3] = {-1, 0, 0};

lbc_translation lbc_module_offset(double beam_x, double beam_y, double pixel_x, double pixel_y)
{
    /* beam_x pixels along -x lead from the corner to the beam, so the corner is at +beam_x */
    const double x = beam_x * pixel_x, y = beam_y * pixel_y, length = hypot(x, y);
    if (!(length > 0)) return (lbc_translation){0, {1, 0, 0}};
    return (lbc_translation){length, {x / length, y / length, 0}};
}
