/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Means over boxes of 31 x 31 pixels, by column sums that move down the frame. */
#include "report/figures_parts.h"

#include <math.h>
#include <string.h>

#define REACH      (LBC_BOX / 2)
#define FEWEST     (LBC_BOX * LBC_BOX / 2) /* counts in a box that tells something */
#define SMALLEST   1e-6
#define PER_DECADE 128

static uint32_t cells_along(uint32_t n)
{
    return n / LBC_CELL + (n % LBC_CELL != 0);
}

size_t lbc_measure_room(lbc_shape shape)
{
    const uint64_t cells = (uint64_t)cells_along(shape.ny) * cells_along(shape.nx);
    const uint64_t bytes = cells * sizeof(float) + (uint64_t)shape.nx * sizeof(lbc_column);
    return bytes <= SIZE_MAX ? (size_t)bytes : 0;
}

lbc_cells lbc_cells_in(void *room, lbc_shape shape)
{
    lbc_column *column = room;
    return (lbc_cells){shape, cells_along(shape.ny), cells_along(shape.nx), column, (float *)(column + shape.nx)};
}

static void add_row(lbc_column *column, const int32_t *before, const int32_t *after, uint32_t nx)
{
    for (uint32_t x = 0; x < nx; x++) {
        if (before[x] < 0 || after[x] < 0) continue;
        column[x].before += (uint32_t)before[x];
        column[x].after += (uint32_t)after[x];
        column[x].pixels++;
    }
}

static void remove_row(lbc_column *column, const int32_t *before, const int32_t *after, uint32_t nx)
{
    for (uint32_t x = 0; x < nx; x++) {
        if (before[x] < 0 || after[x] < 0) continue;
        column[x].before -= (uint32_t)before[x];
        column[x].after -= (uint32_t)after[x];
        column[x].pixels--;
    }
}

static unsigned bin_of_shift(double error)
{
    if (error < SMALLEST) return 0;
    const double bin = 1 + log10(error / SMALLEST) * PER_DECADE;
    return bin < LBC_SHIFT_BINS - 1 ? (unsigned)bin : LBC_SHIFT_BINS - 1;
}

double lbc_shift_median(const uint64_t bins[LBC_SHIFT_BINS])
{
    uint64_t all = 0, below = 0;
    for (unsigned i = 0; i < LBC_SHIFT_BINS; i++) all += bins[i];
    if (all == 0) return NAN;
    unsigned i = 0;
    while (below + bins[i] <= (all - 1) / 2) below += bins[i++];
    return i == 0 ? 0 : SMALLEST * pow(10, (i - 0.5) / PER_DECADE);
}

/* The boxes of one row of cells, their columns being summed. */
static void close_boxes(const lbc_cells *c, uint32_t cy, uint64_t bins[LBC_SHIFT_BINS])
{
    for (uint32_t cx = 0; cx < c->nx; cx++) {
        const uint32_t centre = cx * LBC_CELL + LBC_CELL / 2;
        const uint32_t from = centre < REACH ? 0 : centre - REACH;
        const uint32_t to = centre + REACH < c->frame.nx ? centre + REACH + 1 : c->frame.nx;
        lbc_column box = {0, 0, 0};
        for (uint32_t x = from; x < to; x++) {
            box.before += c->column[x].before;
            box.after += c->column[x].after;
            box.pixels += c->column[x].pixels;
        }
        const bool tells = box.pixels >= FEWEST;
        c->mean[(size_t)cy * c->nx + cx] = tells ? (float)((double)box.before / box.pixels) : -1;
        if (tells && box.before) bins[bin_of_shift(fabs((double)box.after / (double)box.before - 1))]++;
    }
}

void lbc_local_means(const lbc_cells *c, uint64_t bins[LBC_SHIFT_BINS], const int32_t *before, const int32_t *after)
{
    const uint32_t nx = c->frame.nx;
    uint32_t first = 0, end = 0; /* the rows that are in the columns */
    memset(c->column, 0, nx * sizeof *c->column);
    for (uint32_t cy = 0; cy < c->ny; cy++) {
        const uint32_t centre = cy * LBC_CELL + LBC_CELL / 2;
        const uint32_t from = centre < REACH ? 0 : centre - REACH;
        const uint32_t to = centre + REACH < c->frame.ny ? centre + REACH + 1 : c->frame.ny;
        for (; end < to; end++) add_row(c->column, before + (size_t)end * nx, after + (size_t)end * nx, nx);
        for (; first < from; first++)
            remove_row(c->column, before + (size_t)first * nx, after + (size_t)first * nx, nx);
        close_boxes(c, cy, bins);
    }
}
