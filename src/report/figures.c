/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/figures.h"

#include "report/figures_parts.h"

#include <math.h>
#include <string.h>

/* ---- the tally ------------------------------------------------------------------------------- */

/* The sums of so many pixels fit 32 bits wherever the loop keeps them there. */
#define PIECE 4096

static void tally_piece(lbc_tally *t, const int32_t *restrict before, const int32_t *restrict after, size_t n)
{
    uint64_t sum_b = 0, sum_a = 0, low = 0, high = 0;
    uint32_t both = 0, lost = 0, gained = 0, largest = 0;
    for (size_t i = 0; i < n; i++) {
        const int32_t b = before[i], a = after[i];
        const int32_t is_b = ~(b >> 31), is_a = ~(a >> 31); /* all ones for a count */
        const int32_t is = is_b & is_a;
        const int32_t d = (a & is) - (b & is);
        const uint32_t u = (uint32_t)(d < 0 ? -d : d);
        const uint64_t square = (uint64_t)u * u;
        low += (uint32_t)square;
        high += square >> 32;
        sum_b += (uint32_t)(b & is);
        sum_a += (uint32_t)(a & is);
        both += (uint32_t)is & 1;
        lost += (uint32_t)(is_b & ~is_a) & 1;
        gained += (uint32_t)(is_a & ~is_b) & 1;
        largest = u > largest ? u : largest;
    }
    const lbc_tally piece = {both, sum_b, sum_a, low, high, largest, lost, gained};
    lbc_tally_merge(t, &piece);
}

void lbc_tally_add(lbc_tally *t, const int32_t *before, const int32_t *after, size_t n)
{
    for (size_t i = 0; i < n; i += PIECE) tally_piece(t, before + i, after + i, n - i < PIECE ? n - i : PIECE);
}

void lbc_tally_merge(lbc_tally *t, const lbc_tally *other)
{
    t->pixels += other->pixels;
    t->before += other->before;
    t->after += other->after;
    t->squares_low += other->squares_low;
    t->squares_high += other->squares_high;
    if (other->largest > t->largest) t->largest = other->largest;
    t->lost += other->lost;
    t->gained += other->gained;
}

static double over(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

double lbc_tally_rmse(const lbc_tally *t)
{
    const double squares = ldexp((double)t->squares_high, 32) + (double)t->squares_low;
    return t->pixels ? sqrt(squares / (double)t->pixels) : NAN;
}

double lbc_tally_mean_before(const lbc_tally *t)
{
    return over((double)t->before, (double)t->pixels);
}
double lbc_tally_mean_after(const lbc_tally *t)
{
    return over((double)t->after, (double)t->pixels);
}
double lbc_tally_relative_shift(const lbc_tally *t)
{
    return over((double)t->after, (double)t->before) - 1;
}

/* ---- how many pixels hold a count ------------------------------------------------------------ */

static unsigned bin_of_count(uint32_t count)
{
    if (count < 32) return count;
    const unsigned top = 31 - (unsigned)__builtin_clz(count); /* 5 .. 30 */
    return 32 + (top - 5) * 8 + (count >> (top - 3) & 7);
}

uint64_t lbc_count_bin_first(unsigned i)
{
    if (i < 32) return i;
    return (uint64_t)(8 + (i - 32) % 8) << ((i - 32) / 8 + 2);
}

void lbc_count_histogram(uint64_t bins[LBC_COUNT_BINS], const int32_t *frame, size_t n)
{
    uint32_t zeros = 0, ones = 0; /* most pixels: not one memory cell that all must wait for */
    for (size_t i = 0; i < n; i++) {
        zeros += frame[i] == 0;
        ones += frame[i] == 1;
        if (frame[i] > 1) bins[bin_of_count((uint32_t)frame[i])]++;
    }
    bins[0] += zeros;
    bins[1] += ones;
}

/* ---- means by resolution --------------------------------------------------------------------- */

/* 1/d^2 = (2 sin(theta) / lambda)^2 = 2 (1 - cos(2 theta)) / lambda^2, with tan(2 theta) = r / distance. */
static double resolution_at(const lbc_geometry *g, double x, double y)
{
    const double dx = (x - g->beam_x) * g->pixel_x, dy = (y - g->beam_y) * g->pixel_y;
    const double t2 = (dx * dx + dy * dy) / (g->distance * g->distance);
    const double root = sqrt(1 + t2);
    return 2 * t2 / (root * (root + 1)) / (g->wavelength * g->wavelength);
}

static bool is_known(const lbc_geometry *g)
{
    return g->wavelength > 0 && g->distance > 0 && g->pixel_x > 0 && g->pixel_y > 0 && isfinite(g->beam_x) &&
           isfinite(g->beam_y) && isfinite(g->wavelength) && isfinite(g->distance);
}

double lbc_rings(uint8_t *ring, lbc_shape shape, const lbc_geometry *g)
{
    memset(ring, LBC_NO_RING, lbc_shape_pixels(shape));
    if (!is_known(g)) return 0;
    double outer = 0;
    for (int corner = 0; corner < 4; corner++)
        outer = fmax(outer, resolution_at(g, corner & 1 ? shape.nx : 0, corner & 2 ? shape.ny : 0));
    if (!(outer > 0) || !isfinite(outer)) return 0;
    for (uint32_t y = 0; y < shape.ny; y++)
        for (uint32_t x = 0; x < shape.nx; x++) {
            const double part = resolution_at(g, x + 0.5, y + 0.5) / outer * LBC_RADIAL_BINS;
            *ring++ = part < LBC_RADIAL_BINS ? (uint8_t)part : LBC_RADIAL_BINS - 1;
        }
    return outer;
}

static void add_rings(lbc_measures *m, const int32_t *before, const int32_t *after, const uint8_t *ring, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (before[i] < 0 || after[i] < 0 || ring[i] >= LBC_RADIAL_BINS) continue;
        m->ring[ring[i]].pixels++;
        m->ring[ring[i]].before += (uint32_t)before[i];
        m->ring[ring[i]].after += (uint32_t)after[i];
    }
}

/* ---- all of them ------------------------------------------------------------------------------ */

void lbc_measures_merge(lbc_measures *m, const lbc_measures *other)
{
    lbc_tally_merge(&m->tally, &other->tally);
    for (unsigned i = 0; i < LBC_COUNT_BINS; i++) {
        m->counts_before[i] += other->counts_before[i];
        m->counts_after[i] += other->counts_after[i];
    }
    for (unsigned i = 0; i < LBC_RADIAL_BINS; i++) {
        m->ring[i].pixels += other->ring[i].pixels;
        m->ring[i].before += other->ring[i].before;
        m->ring[i].after += other->ring[i].after;
    }
    for (unsigned i = 0; i < LBC_SHIFT_BINS; i++) m->shift[i] += other->shift[i];
    lbc_spot_sums_merge(&m->spots, &other->spots);
}

void lbc_measure(lbc_frame_measures *m, const int32_t *before, const int32_t *after, lbc_shape shape,
                 const uint8_t *ring, void *room)
{
    const size_t n = lbc_shape_pixels(shape);
    memset(m, 0, sizeof *m);
    lbc_tally_add(&m->sums.tally, before, after, n);
    lbc_count_histogram(m->sums.counts_before, before, n);
    lbc_count_histogram(m->sums.counts_after, after, n);
    if (ring) add_rings(&m->sums, before, after, ring, n);
    const lbc_cells cells = lbc_cells_in(room, shape);
    lbc_local_means(&cells, m->sums.shift, before, after);
    lbc_find_spots(m, &cells, before, after);
}
