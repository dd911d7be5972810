/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/diffuse.h"

#include "frame/kernels.h"

uint32_t lbc_diffuse_fraction(int32_t limit)
{
    uint32_t fraction = 29;
    for (; limit > 0; limit >>= 1) fraction--;
    return fraction;
}

void lbc_diffuse_except(int32_t *values, const int32_t *marks, size_t n)
{
    for (size_t i = 0; i < n; i++) values[i] = marks[i] < 0 ? LBC_DIFFUSE_NONE : values[i];
}

/* Two rows of errors, with one more at either end. */
size_t lbc_diffuse_room(lbc_shape shape)
{
    return 2 * ((size_t)shape.nx + 2) * sizeof(int32_t);
}

static uint32_t seed_of(const int32_t *values, size_t n)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += (uint32_t)values[i];
    return lbc_hash32(sum);
}

/* What goes over an edge stays where it was. */
static void close_ends(int32_t *errors, uint32_t nx)
{
    errors[-1] = errors[0];
    errors[nx] = errors[nx - 1];
}

void lbc_diffuse(int32_t *values, lbc_shape shape, int32_t limit, void *room)
{
    const lbc_frame_kernels *k = lbc_frame_kernels_get();
    lbc_diffuse_rule rule = {.limit = limit, .fraction = lbc_diffuse_fraction(limit)};
    const uint32_t seed = seed_of(values, lbc_shape_pixels(shape)), down = 33 - rule.fraction;
    int32_t *above = (int32_t *)room + 1, *errors = above + shape.nx + 2;
    /* As if rows had gone before. */
    for (uint32_t x = 0; x < shape.nx; x++)
        above[x] = (int32_t)(lbc_hash32(~(seed + x)) >> down) - (INT32_C(1) << (rule.fraction - 2));
    for (uint32_t y = 0; y < shape.ny; y++) {
        close_ends(above, shape.nx);
        rule.seed = seed + y * shape.nx;
        k->diffuse(values + (size_t)y * shape.nx, errors, above, shape.nx, &rule);
        int32_t *const swap = above;
        above = errors;
        errors = swap;
    }
}
