/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/apply.h"

#include <math.h>
#include <string.h>
#include <strings.h>

double lbc_scale_value(lbc_scale scale, double value, const lbc_change *change)
{
    switch (scale) {
    case LBC_SCALE_NONE: break;
    case LBC_SCALE_BIN: return value * change->bin;
    case LBC_SCALE_PER_BIN: return value / change->bin;
    case LBC_SCALE_SUM: return value * change->sum;
    }
    return value;
}

static double stored_bits(lbc_pixel_type type)
{
    switch (type) {
    case LBC_U8:
    case LBC_I8: return 8;
    case LBC_U16:
    case LBC_I16: return 16;
    case LBC_U32:
    case LBC_I32: return 32;
    }
    return NAN;
}

unsigned lbc_set_values(lbc_value_name value, const lbc_change *change, double out[2])
{
    switch (value) {
    case LBC_VALUE_NONE:
    case LBC_VALUE_ZERO: out[0] = 0; break;
    case LBC_VALUE_ONE: out[0] = 1; break;
    case LBC_VALUE_FRAMES: out[0] = (double)change->groups; break;
    case LBC_VALUE_NX: out[0] = change->out.nx; break;
    case LBC_VALUE_NY: out[0] = change->out.ny; break;
    case LBC_VALUE_SATURATION: out[0] = (double)change->saturation; break;
    case LBC_VALUE_DEPTH: out[0] = stored_bits(change->type); break;
    case LBC_VALUE_MASKED: out[0] = (double)change->masked; break;
    case LBC_VALUE_SIZE:
        out[0] = change->out.ny;
        out[1] = change->out.nx;
        return 2;
    }
    return 1;
}

static uint64_t image_of(uint64_t k, lbc_sample sample, const lbc_change *change)
{
    uint64_t first = 0;
    uint32_t count = 1;
    change->group(change->plan, k, &first, &count);
    return sample == LBC_SAMPLE_LAST ? first + count - 1 : first;
}

void lbc_sample_rows(void *out, const void *in, size_t row_bytes, lbc_sample sample, const lbc_change *change)
{
    unsigned char *to = out;
    const unsigned char *from = in;
    for (uint64_t k = 0; k < change->groups; k++)
        memcpy(to + k * row_bytes, from + image_of(k, sample, change) * row_bytes, row_bytes);
}

double lbc_axis_start(const lbc_axis *axis, uint64_t n)
{
    if (axis->start && n < axis->nstart) return axis->start[n];
    return axis->first + (double)n * axis->increment;
}

double lbc_axis_end(const lbc_axis *axis, uint64_t n)
{
    if (axis->end && n < axis->nend) return axis->end[n];
    if (!isnan(axis->increment)) return lbc_axis_start(axis, n) + axis->increment;
    return lbc_axis_start(axis, n + 1); /* the next image's start: the axis moves on without a stop */
}

double lbc_axis_new_start(const lbc_axis *axis, const lbc_change *change)
{
    return change->groups ? lbc_axis_start(axis, image_of(0, LBC_SAMPLE_FIRST, change)) : NAN;
}

double lbc_axis_new_total(const lbc_axis *axis, const lbc_change *change)
{
    if (!change->groups) return NAN;
    return lbc_axis_end(axis, image_of(change->groups - 1, LBC_SAMPLE_LAST, change)) - lbc_axis_new_start(axis, change);
}

double lbc_begin_shift(const lbc_change *change)
{
    return change->groups ? change->frame_time * (double)image_of(0, LBC_SAMPLE_FIRST, change) : 0;
}

double lbc_finish_shift(const lbc_change *change)
{
    if (!change->groups) return 0;
    const uint64_t after = change->frames_in - 1 - image_of(change->groups - 1, LBC_SAMPLE_LAST, change);
    return -change->frame_time * (double)after;
}

const char *lbc_material_name(const char *name)
{
    static const struct {
        const char *spelling, *name;
    } known[] = {
        {"Si", "Si"},
        {"Silicon", "Silicon"},
        {"CdTe", "CdTe"},
        {"Cadmium telluride", "CdTe"},
        {"CadmiumTelluride", "CdTe"},
        {"GaAs", "GaAs"},
        {"Gallium arsenide", "GaAs"},
        {"GalliumArsenide", "GaAs"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcasecmp(name, known[i].spelling) == 0) return known[i].name;
    return NULL;
}
