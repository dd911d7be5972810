/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/facts.h"

#include "frame/frame.h"

#include <math.h>
#include <stdio.h>

static const char *text_or_null(const char *text)
{
    return *text ? text : NULL;
}

lbc_facts lbc_facts_of(const lbc_series *s)
{
    return (lbc_facts){.frames = s->frames,
                       .shape = s->shape,
                       .type = s->type,
                       .saturation = s->saturation,
                       .mask = s->mask,
                       .wavelength = s->wavelength,
                       .distance = s->distance,
                       .pixel_x = s->pixel_x,
                       .pixel_y = s->pixel_y,
                       .beam_x = s->beam_x,
                       .beam_y = s->beam_y,
                       .angle = s->angles && s->frames ? s->angles[0] : NAN,
                       .oscillation = s->oscillation,
                       .frame_time = s->frame_time,
                       .count_time = s->count_time,
                       .sensor_thickness = s->sensor_thickness,
                       .sensor_material = text_or_null(s->sensor_material),
                       .description = text_or_null(s->description),
                       .serial = text_or_null(s->serial),
                       .start_time = text_or_null(s->start_time)};
}

static void put_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

static const char *missing(const lbc_facts *f)
{
    if (f->frames == 0) return "the number of frames";
    if (f->shape.ny == 0 || f->shape.nx == 0) return "the shape";
    if (f->saturation < 1) return "the saturation value";
    if (!(f->wavelength > 0)) return "the wavelength";
    if (!(f->distance > 0)) return "the distance";
    if (!(f->pixel_x > 0) || !(f->pixel_y > 0)) return "the pixel size";
    return isfinite(f->beam_x) && isfinite(f->beam_y) ? NULL : "the beam centre";
}

lbc_status lbc_facts_series(lbc_series *s, const lbc_facts *f, lbc_error *err)
{
    const char *unknown = missing(f);
    if (unknown) return lbc_fail(err, LBC_E_ARGUMENT, "%s of the series must be known", unknown);
    if ((uint64_t)f->shape.ny * f->shape.nx > INT32_MAX || f->frames > UINT32_MAX)
        return lbc_fail(err, LBC_E_ARGUMENT, "images too large, or too many");
    const int64_t largest = lbc_pixel_largest_count(f->type);
    *s = (lbc_series){.frames = f->frames,
                      .nimages = f->frames,
                      .ntrigger = 1,
                      .shape = f->shape,
                      .type = f->type,
                      .saturation = f->saturation < largest ? f->saturation : largest,
                      .saturation_from = "caller",
                      .mask = f->mask,
                      .wavelength = f->wavelength,
                      .distance = f->distance,
                      .pixel_x = f->pixel_x,
                      .pixel_y = f->pixel_y,
                      .beam_x = f->beam_x,
                      .beam_y = f->beam_y,
                      .oscillation = isfinite(f->oscillation) ? f->oscillation : 0,
                      .sensor_thickness = f->sensor_thickness,
                      .count_time = f->count_time,
                      .frame_time = f->frame_time,
                      .threshold = NAN};
    put_text(s->sensor_material, sizeof s->sensor_material, f->sensor_material);
    put_text(s->description, sizeof s->description, f->description);
    put_text(s->serial, sizeof s->serial, f->serial);
    put_text(s->start_time, sizeof s->start_time, f->start_time);
    return LBC_OK;
}
