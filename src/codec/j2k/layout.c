/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/j2k/layout.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Precincts are of the largest size, 2^15 a side in their resolution (A.6.1). */
enum { log2_precinct = 15 };

static uint32_t ceil_shift(uint32_t n, uint32_t shift)
{
    return lbc_j2k_low_size(n, shift);
}

static uint32_t min32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Table E.1 */
static uint32_t log2_gain(lbc_j2k_orientation o)
{
    return o == LBC_J2K_LL ? 0 : o == LBC_J2K_HH ? 2 : 1;
}

static void set_band(lbc_j2k_layout *l, const lbc_j2k_header *h, uint32_t index)
{
    lbc_j2k_band *b = &l->bands[index];
    const uint32_t resolution = index ? (index - 1) / 3 + 1 : 0;
    b->orientation = index ? (lbc_j2k_orientation)((index - 1) % 3 + 1) : LBC_J2K_LL;
    b->level = index ? h->levels - resolution + 1 : h->levels;
    const uint32_t n = b->level;
    /* (B-15): a high band has what the low one leaves of the level before. */
    const uint32_t low_w = lbc_j2k_low_size(h->shape.nx, n), low_h = lbc_j2k_low_size(h->shape.ny, n);
    const bool high_x = b->orientation & 1, high_y = b->orientation & 2;
    b->w = high_x ? lbc_j2k_low_size(h->shape.nx, n - 1) - low_w : low_w;
    b->h = high_y ? lbc_j2k_low_size(h->shape.ny, n - 1) - low_h : low_h;
    b->stride = ((size_t)b->w + 15) / 16 * 16; /* so that rows start on cache lines */
    b->offset = l->coefficients;
    l->coefficients += b->stride * b->h;
    b->blocks_x = b->h ? ceil_shift(b->w, l->block_w) : 0;
    b->first_block = index ? b[-1].first_block + b[-1].blocks_x * ceil_shift(b[-1].h, l->block_h) : 0;

    const lbc_j2k_step *step = &h->steps[index];
    const int range = (int)(h->precision + log2_gain(b->orientation)); /* R_b */
    b->step = h->reversible ? 1 : ldexp(1 + step->mantissa / 2048.0, range - step->exponent);
    b->planes = h->guard_bits + step->exponent;
    b->planes -= b->planes ? 1 : 0;
}

/* Precincts of a band form a grid that is the same for all bands of a resolution (B.6). */
typedef struct precinct_grid {
    uint32_t nx, ny;           /* precincts of the resolution */
    uint32_t log2_in_band;     /* their side in a band of it */
    uint32_t block_w, block_h; /* log2 of a code block's sides (B-17, B-18) */
} precinct_grid;

static precinct_grid grid_of(const lbc_j2k_header *h, uint32_t resolution)
{
    const uint32_t n = h->levels - resolution;
    precinct_grid g;
    g.nx = ceil_shift(lbc_j2k_low_size(h->shape.nx, n), log2_precinct);
    g.ny = ceil_shift(lbc_j2k_low_size(h->shape.ny, n), log2_precinct);
    g.log2_in_band = resolution ? log2_precinct - 1 : log2_precinct;
    g.block_w = min32(h->block_w, g.log2_in_band);
    g.block_h = min32(h->block_h, g.log2_in_band);
    return g;
}

/* The part of a side of n coefficients that lies in precinct i. */
static uint32_t part_of(uint32_t n, uint32_t i, uint32_t log2_size)
{
    const uint64_t start = (uint64_t)i << log2_size, size = (uint64_t)1 << log2_size;
    if (start >= n) return 0;
    return n - start < size ? n - (uint32_t)start : (uint32_t)size;
}

/* Appends a precinct and its code blocks; where counting, only counts. */
static void add_precinct(lbc_j2k_layout *l, const precinct_grid *g, uint32_t band, uint32_t px, uint32_t py,
                         bool counting)
{
    const lbc_j2k_band *b = &l->bands[band];
    const uint32_t w = part_of(b->w, px, g->log2_in_band), h = part_of(b->h, py, g->log2_in_band);
    const uint32_t nx = h ? ceil_shift(w, g->block_w) : 0, ny = w ? ceil_shift(h, g->block_h) : 0;
    if (!counting) {
        l->precincts[l->nprecincts] = (lbc_j2k_precinct){band, nx, ny, l->nblocks};
        lbc_j2k_block *block = l->blocks + l->nblocks;
        for (uint32_t y = 0; y < ny; y++) {
            for (uint32_t x = 0; x < nx; x++, block++) {
                block->band = band;
                block->x = (px << g->log2_in_band) + (x << g->block_w);
                block->y = (py << g->log2_in_band) + (y << g->block_h);
                block->w = min32(1u << g->block_w, w - (x << g->block_w));
                block->h = min32(1u << g->block_h, h - (y << g->block_h));
                block->offset = b->offset + block->y * b->stride + block->x;
                l->raster[b->first_block + (block->y >> l->block_h) * b->blocks_x + (block->x >> l->block_w)] =
                    (uint32_t)(block - l->blocks);
            }
        }
    }
    l->nprecincts++;
    l->nblocks += nx * ny;
}

static void add_resolution(lbc_j2k_layout *l, const lbc_j2k_header *h, uint32_t resolution, bool counting)
{
    const precinct_grid g = grid_of(h, resolution);
    const uint32_t first_band = resolution ? 3 * resolution - 2 : 0, bands = resolution ? 3 : 1;
    for (uint32_t py = 0; py < g.ny; py++) {
        for (uint32_t px = 0; px < g.nx; px++) {
            if (!counting) l->packets[l->npackets] = (lbc_j2k_packet){l->nprecincts, bands};
            l->npackets++;
            for (uint32_t b = 0; b < bands; b++) add_precinct(l, &g, first_band + b, px, py, counting);
        }
    }
}

static void add_all(lbc_j2k_layout *l, const lbc_j2k_header *h, bool counting)
{
    l->nprecincts = l->nblocks = l->npackets = 0;
    for (uint32_t r = 0; r <= h->levels; r++) add_resolution(l, h, r, counting);
}

lbc_status lbc_j2k_layout_set(lbc_j2k_layout *l, const lbc_j2k_header *h)
{
    lbc_j2k_layout_clear(l);
    l->shape = h->shape;
    l->levels = h->levels;
    l->block_w = h->block_w;
    l->block_h = h->block_h;
    l->nbands = 3 * h->levels + 1;
    for (uint32_t b = 0; b < l->nbands; b++) set_band(l, h, b);
    add_all(l, h, true);
    l->precincts = lbc_alloc(l->nprecincts, sizeof *l->precincts);
    l->blocks = lbc_alloc(l->nblocks, sizeof *l->blocks);
    l->raster = lbc_alloc(l->nblocks, sizeof *l->raster);
    l->packets = lbc_alloc(l->npackets, sizeof *l->packets);
    if (!l->precincts || !l->blocks || !l->raster || !l->packets) {
        lbc_j2k_layout_clear(l);
        return LBC_E_MEMORY;
    }
    add_all(l, h, false);
    return LBC_OK;
}

void lbc_j2k_layout_clear(lbc_j2k_layout *l)
{
    free(l->precincts);
    free(l->blocks);
    free(l->raster);
    free(l->packets);
    memset(l, 0, sizeof *l);
}
