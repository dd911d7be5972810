/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cells of 8 x 8 pixels, 2 x 2 of which make one of the next level, up to one cell. */
#include "frame/fill.h"

#include "frame/diffuse.h"

#include <string.h>

enum { SIDE = 8, LEVELS = 32, FEWEST = 16, FRACTION = 16 };

typedef struct cell {
    uint64_t sum; /* of counts; in the end their mean, in units of 2^-FRACTION */
    uint64_t count;
} cell;

typedef struct pyramid {
    uint32_t levels;
    uint32_t ny[LEVELS], nx[LEVELS];
    cell *cells[LEVELS];
} pyramid;

static uint32_t half(uint32_t n)
{
    return n / 2 + n % 2;
}

/* cells may be NULL: then only sizes are reckoned. Returns how many cells there are. */
static size_t lay_out(pyramid *p, lbc_shape shape, cell *cells)
{
    uint32_t ny = shape.ny / SIDE + (shape.ny % SIDE != 0), nx = shape.nx / SIDE + (shape.nx % SIDE != 0);
    size_t all = 0;
    for (p->levels = 0;; ny = half(ny), nx = half(nx)) {
        p->ny[p->levels] = ny;
        p->nx[p->levels] = nx;
        p->cells[p->levels++] = cells ? cells + all : NULL;
        all += (size_t)ny * nx;
        if (ny <= 1 && nx <= 1) return all;
    }
}

size_t lbc_fill_room(lbc_shape shape)
{
    pyramid p;
    return lay_out(&p, shape, NULL) * sizeof(cell);
}

static void gather(const pyramid *p, const int32_t *frame, lbc_shape shape)
{
    for (uint32_t y = 0; y < shape.ny; y++, frame += shape.nx) {
        cell *row = p->cells[0] + (size_t)(y / SIDE) * p->nx[0];
        for (uint32_t x = 0; x < shape.nx; x++) {
            const bool counts = frame[x] >= 0;
            row[x / SIDE].sum += counts ? (uint64_t)frame[x] : 0;
            row[x / SIDE].count += counts;
        }
    }
    for (uint32_t l = 1; l < p->levels; l++)
        for (uint32_t y = 0; y < p->ny[l - 1]; y++)
            for (uint32_t x = 0; x < p->nx[l - 1]; x++) {
                const cell *from = &p->cells[l - 1][(size_t)y * p->nx[l - 1] + x];
                cell *to = &p->cells[l][(size_t)(y / 2) * p->nx[l] + x / 2];
                to->sum += from->sum;
                to->count += from->count;
            }
}

/* A cell with too few counts has the mean of the one it is part of. */
static void take_means(const pyramid *p)
{
    for (uint32_t l = p->levels; l-- > 0;)
        for (uint32_t y = 0; y < p->ny[l]; y++)
            for (uint32_t x = 0; x < p->nx[l]; x++) {
                cell *c = &p->cells[l][(size_t)y * p->nx[l] + x];
                const bool top = l + 1 == p->levels;
                if (c->count >= FEWEST)
                    c->sum = (c->sum / c->count << FRACTION) + (c->sum % c->count << FRACTION) / c->count;
                else
                    c->sum = top ? 0 : p->cells[l + 1][(size_t)(y / 2) * p->nx[l + 1] + x / 2].sum;
            }
}

void lbc_fill_mean(int32_t *out, const int32_t *frame, lbc_shape shape, int32_t limit, void *room)
{
    pyramid p;
    const size_t cells = lay_out(&p, shape, room), n = lbc_shape_pixels(shape);
    memset(room, 0, cells * sizeof(cell));
    gather(&p, frame, shape);
    take_means(&p);
    for (size_t i = 0; i < n; i++) {
        if (frame[i] != LBC_MASKED) {
            out[i] = frame[i] < 0 ? limit : frame[i];
            continue;
        }
        const cell *c = &p.cells[0][i / shape.nx / SIDE * p.nx[0] + i % shape.nx / SIDE];
        out[i] = (int32_t)((c->sum + (lbc_hash32((uint32_t)i) >> (32 - FRACTION))) >> FRACTION);
    }
}
