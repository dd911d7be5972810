/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gather.c - stored pixels into a binned, summed working frame.
 *
 * Two stages over pieces that stay in L1: stored pixels are widened to working values, then the values
 * of each row piece are folded to binned cells and joined with the accumulator. Joining is
 * associative, so rows and pieces can come in any cut.
 */
#include "frame/frame.h"
#include "frame/kernels.h"

#include <string.h>

enum { PIECE = 2048 }; /* pixels widened at a time: 8 KB of working values */

/* One gather call on its way: what the stages below need. */
typedef struct run {
    const lbc_frame_kernels *kernels;
    const lbc_gather_rule *rule;
    const lbc_gather *gather; /* NULL: values alone are wanted */
    lbc_widen_rule widen;
} run;

static run begin_run(const lbc_gather_rule *rule, const lbc_gather *gather)
{
    const int64_t largest = lbc_pixel_largest_count(rule->type);
    const int64_t s = rule->saturation < 0 ? 0 : rule->saturation;
    return (run){
        .kernels = lbc_frame_kernels_get(),
        .rule = rule,
        .gather = gather,
        .widen = {.saturation = (uint32_t)(s < largest ? s : largest), .masked = rule->gaps_zero ? 0 : LBC_MASKED}};
}

/* Working values of n stored pixels that begin at pixel `first` of the frame. */
static void widen(const run *r, int32_t *out, const uint8_t *pixels, size_t first, size_t n)
{
    const lbc_gather_rule *rule = r->rule;
    r->kernels->widen[rule->type](out, pixels, n, &r->widen);
    if (rule->gaps_zero && rule->mask) r->kernels->blank(out, rule->mask + first, n);
}

/* Without binning, rows do not matter. */
static void gather_plain(const run *r, const uint8_t *pixels, size_t first, size_t n)
{
    const size_t size = lbc_pixel_size(r->rule->type);
    int32_t values[PIECE], *acc = r->gather->acc;
    if (r->gather->first) {
        widen(r, acc + first, pixels, first, n);
        return;
    }
    for (size_t m; n; first += m, pixels += m * size, n -= m) {
        m = n < PIECE ? n : PIECE;
        widen(r, values, pixels, first, m);
        r->kernels->add(acc + first, values, m);
    }
}

/* Joins n values into one cell. begin: the cell's old content does not count. */
static void join_cell(int32_t *cell, const int32_t *values, size_t n, bool begin)
{
    int32_t sum = begin ? 0 : *cell;
    for (size_t i = 0; i < n; i++) sum = lbc_join(sum, values[i]);
    *cell = sum;
}

/* Folds n * bin values to n cells: by the factors 2 and 3 of bin in vectors, by what is left of it one
 * by one. Returns where the cells are; values and spare are both used up. */
static const int32_t *fold(const run *r, int32_t *values, int32_t *spare, size_t n, uint32_t bin)
{
    int32_t *from = values, *to = spare;
    while (bin > 1) {
        const uint32_t factor = bin % 2 == 0 ? 2 : bin % 3 == 0 ? 3 : bin;
        bin /= factor;
        if (factor == 2)
            r->kernels->fold2(to, from, n * bin);
        else if (factor == 3)
            r->kernels->fold3(to, from, n * bin);
        else
            for (size_t i = 0; i < n; i++) join_cell(to + i, from + i * factor, factor, true);
        int32_t *const folded = to;
        to = from;
        from = folded;
    }
    return from;
}

/* Joins the working values of columns x .. x+n-1 of one row into its row of cells. */
static void bin_row(const run *r, int32_t *cells, int32_t *values, uint32_t x, size_t n, bool begin)
{
    const uint32_t bin = r->rule->bin;
    cells += x / bin;
    if (x % bin) { /* the rest of a cell that an earlier piece began */
        const size_t rest = bin - x % bin, m = n < rest ? n : rest;
        join_cell(cells, values, m, false);
        cells += m == rest;
        values += m;
        n -= m;
    }
    const size_t whole = n / bin;
    if (n % bin) join_cell(cells + whole, values + whole * bin, n % bin, begin);
    int32_t spare[PIECE / 2];
    const int32_t *folded = fold(r, values, spare, whole, bin);
    if (begin)
        memcpy(cells, folded, whole * sizeof *cells);
    else
        r->kernels->add(cells, folded, whole);
}

static void gather_binned(const run *r, const uint8_t *pixels, uint32_t y, uint32_t x, size_t n)
{
    const lbc_gather_rule *rule = r->rule;
    const size_t size = lbc_pixel_size(rule->type), row = lbc_shape_binned(rule->in, rule->bin).nx;
    int32_t values[PIECE];
    while (n) {
        size_t m = rule->in.nx - x;
        m = m < n ? m : n;
        m = m < PIECE ? m : PIECE;
        widen(r, values, pixels, (size_t)y * rule->in.nx + x, m);
        bin_row(r, r->gather->acc + y / rule->bin * row, values, x, m, r->gather->first && y % rule->bin == 0);
        pixels += m * size;
        n -= m;
        x += (uint32_t)m;
        if (x == rule->in.nx) {
            x = 0;
            y++;
        }
    }
}

void lbc_gather_begin(lbc_gather *g, const lbc_gather_rule *rule, int32_t *acc, bool first)
{
    *g = (lbc_gather){.rule = rule, .acc = acc, .y = 0, .x = 0, .first = first};
}

void lbc_gather_pixels(lbc_gather *g, const void *pixels, size_t n)
{
    const lbc_gather_rule *rule = g->rule;
    const size_t first = (size_t)g->y * rule->in.nx + g->x, left = lbc_shape_pixels(rule->in) - first;
    const run r = begin_run(rule, g);
    if (n > left) n = left;
    if (n == 0) return;
    if (rule->bin == 1)
        gather_plain(&r, pixels, first, n);
    else
        gather_binned(&r, pixels, g->y, g->x, n);
    g->y = (uint32_t)((first + n) / rule->in.nx);
    g->x = (uint32_t)((first + n) % rule->in.nx);
}

void lbc_gather_values(const lbc_gather_rule *rule, int32_t *restrict out, const int32_t *restrict acc,
                       const void *pixels, size_t first, size_t n)
{
    const run r = begin_run(rule, NULL);
    widen(&r, out, pixels, first, n);
    if (acc) r.kernels->add(out, acc, n);
}

bool lbc_gather_done(const lbc_gather *g)
{
    return lbc_shape_pixels(g->rule->in) == (size_t)g->y * g->rule->in.nx + g->x;
}
