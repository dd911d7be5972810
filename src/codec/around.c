/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/around.h"

#include "frame/curve.h"
#include "frame/diffuse.h"
#include "frame/fill.h"

size_t lbc_around_room(const lbc_lossy_params *params)
{
    const size_t fill = params->fill_mean ? lbc_fill_room(params->shape) : 0;
    const size_t diffuse = params->diffuse ? lbc_diffuse_room(params->shape) : 0;
    return fill > diffuse ? fill : diffuse;
}

void lbc_before_lossy(const lbc_lossy_params *params, int32_t *out, const int32_t *frame, void *room)
{
    if (params->fill_mean)
        lbc_fill_mean(out, frame, params->shape, params->limit, room);
    else
        lbc_frame_fill(out, frame, lbc_shape_pixels(params->shape), params->limit);
    if (params->knee) lbc_curve_bend(out, lbc_shape_pixels(params->shape), params->knee);
}

void lbc_after_lossy(const lbc_lossy_params *params, int32_t *values, void *room)
{
    if (params->knee) lbc_curve_straighten(values, lbc_shape_pixels(params->shape), params->limit, params->knee);
    lbc_diffuse(values, params->shape, params->limit, room);
}
