/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/j2k/forecast.h"

#include "codec/j2k/rows.h"

#include <string.h>

/* ---- census ---------------------------------------------------------------------------------- */

static uint32_t bits_of(uint32_t v) { return v ? 32 - (uint32_t)__builtin_clz(v) : 0; }

void lbc_j2k_take_census(lbc_j2k_census *census, const lbc_j2k_block *block, const uint32_t *rows, size_t stride)
{
    const lbc_j2k_rows *k = lbc_j2k_rows_best();
    const uint32_t bits_of_a_term = 20; /* 4096 of them fit 32 bits */
    uint32_t any = 0;
    for (uint32_t y = 0; y < block->h; y++) any |= k->any(rows + y * stride, block->w);
    census->planes = bits_of(any);
    census->shift = census->planes > bits_of_a_term ? census->planes - bits_of_a_term : 0;
    uint32_t above = 0;
    for (uint32_t p = census->planes; p-- > 0;) {
        uint64_t sum = 0;
        for (uint32_t y = 0; y < block->h; y++) sum += k->reach(rows + y * stride, 1u << p, census->shift, block->w);
        census->reach[p] = (uint16_t)(sum >> 32);
        census->sum[p] = (uint32_t)sum - above;
        above = (uint32_t)sum;
    }
}

/* ---- cost and gain --------------------------------------------------------------------------- */

/* By the series of atanh in a fixed order: no library's logarithm, which may differ in the last bit from
 * one machine to the next. */
static double log2_of(uint32_t n)
{
    const uint32_t whole = bits_of(n) - 1;
    const double x = (double)n / (double)(1u << whole), t = (x - 1) / (x + 1), t2 = t * t;
    const double series = t * (1 + t2 * (1.0 / 3 + t2 * (1.0 / 5 + t2 * (1.0 / 7 + t2 / 9))));
    return whole + 2 * 1.4426950408889634 * series;
}

static double n_log2_n(uint32_t n) { return n < 2 ? 0 : n * log2_of(n); }

/* Bits of saying which `rising` of `still` coefficients become significant, which is what contexts do
 * better than chance, with their signs; and of refining those that are. */
static double plane_bits(uint32_t still, uint32_t rising, uint32_t significant)
{
    const double which = n_log2_n(still) - n_log2_n(rising) - n_log2_n(still - rising);
    return 0.9 * which + rising + 0.95 * significant;
}

/* In units of 2^plane squared, as in block_encode.c: a magnitude of y 2^plane that becomes significant gains
 * 3 (y - 3/4); a refined one a quarter on average, as its interval is halved. */
static double plane_gain(const lbc_j2k_census *census, uint32_t plane, uint32_t rising, uint32_t significant,
                         bool exact)
{
    if (exact && plane == 0) return rising + 0.5 * significant;
    if (plane < census->shift) return 1.5 * rising + 0.25 * significant;
    const double sum = (double)census->sum[plane] / (double)((uint64_t)1 << (plane - census->shift));
    return 3 * (sum - 0.75 * rising) + 0.25 * significant;
}

void lbc_j2k_make_forecast(lbc_j2k_forecast *f, const lbc_j2k_census *census, const lbc_j2k_block *block,
                           double weight, bool exact)
{
    const uint32_t n = block->w * block->h;
    uint32_t significant = 0;
    for (uint32_t p = census->planes; p-- > 0;) {
        const uint32_t rising = census->reach[p] - significant;
        const double unit = (double)((uint64_t)1 << p);
        const double bytes = plane_bits(n - significant, rising, significant) / 8 +
                             lbc_j2k_header_bytes(p + 1 == census->planes);
        const double own = plane_gain(census, p, rising, significant, exact) * unit * unit * weight;
        double gain = own, cost = bytes;
        uint32_t top = p;
        while (top + 1 < census->planes && gain > (double)f->slope[top + 1] * cost) {
            top++;
            gain += (double)f->gain[top];
            cost += (double)f->bytes[top];
        }
        f->bytes[p] = (float)bytes;
        f->gain[p] = (float)own;
        for (uint32_t q = p; q <= top; q++) f->slope[q] = (float)(gain / cost);
        significant = census->reach[p];
    }
}

/* ---- threshold ------------------------------------------------------------------------------- */

/* Slopes are gathered in bins of equal ratio: the exponent and the leading bits of the mantissa. */
enum { bin_shift = 18, bins = 1 << (31 - bin_shift) };

static uint32_t bin_of(float slope)
{
    uint32_t bits;
    memcpy(&bits, &slope, sizeof bits);
    return bits >> bin_shift;
}

static float bin_start(uint32_t bin)
{
    const uint32_t bits = bin << bin_shift;
    float slope;
    memcpy(&slope, &bits, sizeof slope);
    return slope;
}

double lbc_j2k_forecast_threshold(const lbc_j2k_forecast *forecasts, const lbc_j2k_census *census, uint32_t n,
                                  double bytes)
{
    double sums[bins] = {0}, sum = 0;
    for (uint32_t b = 0; b < n; b++) {
        for (uint32_t p = 0; p < census[b].planes; p++) {
            /* The three passes of a plane are not equally good. */
            const double third = (double)forecasts[b].bytes[p] / 3;
            const float slope = forecasts[b].slope[p];
            sums[bin_of(slope * 1.4F)] += third;
            sums[bin_of(slope)] += third;
            sums[bin_of(slope * 0.6F)] += third;
        }
    }
    for (uint32_t bin = bins; bin-- > 0;) {
        sum += sums[bin];
        if (sum > bytes) return (double)bin_start(bin);
    }
    return 0;
}
