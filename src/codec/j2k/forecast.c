/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/j2k/forecast.h"

#include "base/bytes.h"
#include "codec/j2k/rows.h"

#include <string.h>

/* ---- census ---------------------------------------------------------------------------------- */

void lbc_j2k_census_row(lbc_j2k_census *census, uint32_t y, const uint32_t *row, uint32_t w)
{
    const uint32_t planes = lbc_j2k_rows_best()->count(census->reach, census->sum, row, census->shift, w);
    census->row_planes[y] = (uint8_t)planes;
    if (planes > census->planes) census->planes = planes;
}

void lbc_j2k_census_end(lbc_j2k_census *census, const uint32_t *rows, size_t stride, uint32_t w, uint32_t h)
{
    const uint32_t bits_of_a_term = 20; /* 4096 of them fit 32 bits */
    if (census->planes > bits_of_a_term) {
        *census = (lbc_j2k_census){.shift = census->planes - bits_of_a_term};
        for (uint32_t y = 0; y < h; y++) lbc_j2k_census_row(census, y, rows + y * stride, w);
    }
    for (uint32_t p = 0; p + 1 < census->planes; p++) census->sum[p] -= census->sum[p + 1];
}

/* ---- cost and gain --------------------------------------------------------------------------- */

/* By the series of atanh in a fixed order: no library's logarithm, which may differ in the last bit from
 * one machine to the next. */
static double log2_of(uint32_t n)
{
    const uint32_t whole = lbc_bits_of(n) - 1;
    const double x = (double)n / (double)(1u << whole), t = (x - 1) / (x + 1), t2 = t * t;
    const double series = t * (1 + t2 * (1.0 / 3 + t2 * (1.0 / 5 + t2 * (1.0 / 7 + t2 / 9))));
    return whole + 2 * 1.4426950408889634 * series;
}

static double n_log2_n(uint32_t n)
{
    return n < 2 ? 0 : n * log2_of(n);
}

/* Bits of saying which `rising` of `still` coefficients become significant, when these are all alike, and their
 * signs; and of refining those that are. */
static double rising_bits(uint32_t still, uint32_t rising)
{
    return n_log2_n(still) - n_log2_n(rising) - n_log2_n(still - rising) + rising;
}

static double refining_bits(uint32_t significant)
{
    return 0.95 * significant;
}

static uint32_t significant_above(const lbc_j2k_census *census, uint32_t plane)
{
    return plane + 1 < census->planes ? census->reach[plane + 1] : 0;
}

/* In units of 2^plane squared, as in block_encode.c: a magnitude of y 2^plane that becomes significant gains
 * 3 (y - 3/4), here of the block's mean y; a refined one a quarter on average, as its interval is halved. */
static double rising_gain(const lbc_j2k_census *census, uint32_t plane, bool exact)
{
    const uint32_t rising = census->reach[plane] - significant_above(census, plane);
    if (exact && plane == 0) return 1;
    if (plane < census->shift || rising == 0) return 1.5;
    return 3 * ((double)census->sum[plane] / (double)((uint64_t)rising << (plane - census->shift)) - 0.75);
}

static double refining_gain(uint32_t plane, bool exact)
{
    return exact && plane == 0 ? 0.5 : 0.25;
}

lbc_j2k_outlook lbc_j2k_make_outlook(const lbc_j2k_census *census, uint32_t n, uint32_t plane, uint32_t near,
                                     uint32_t rising, bool exact)
{
    const uint32_t significant = significant_above(census, plane);
    const uint32_t far = n - significant - near, far_rising = census->reach[plane] - significant - rising;
    const double unit = (double)((uint64_t)1 << plane), squared = unit * unit;
    const double gain = rising_gain(census, plane, exact) * squared;
    return (lbc_j2k_outlook){
        .bytes = {rising_bits(near, rising) / 8, refining_bits(significant) / 8, rising_bits(far, far_rising) / 8},
        .gain = {gain * rising, refining_gain(plane, exact) * squared * significant, gain * far_rising},
    };
}

void lbc_j2k_make_forecast(lbc_j2k_forecast *f, const lbc_j2k_census *census, const lbc_j2k_block *block, double weight,
                           bool exact)
{
    /* The passes of a plane are not equally good. */
    static const double shares[3] = {1.4 / 3, 1.0 / 3, 0.6 / 3};
    /* Coefficients rise near others, which contexts make use of. */
    const double known_places = 0.9;
    const uint32_t n = block->w * block->h;
    uint32_t significant = 0, pass = 0;
    for (uint32_t p = census->planes; p-- > 0;) {
        const uint32_t rising = census->reach[p] - significant;
        const double unit = (double)((uint64_t)1 << p);
        const double bytes = (known_places * rising_bits(n - significant, rising) + refining_bits(significant)) / 8;
        const double gain =
            (rising_gain(census, p, exact) * rising + refining_gain(p, exact) * significant) * unit * unit * weight;
        if (pass == 0) /* the clean-up pass is the only one */
            lbc_j2k_correct_forecast(f, pass++, bytes, gain);
        else
            for (int k = 0; k < 3; k++) lbc_j2k_correct_forecast(f, pass++, bytes / 3, gain * shares[k]);
        significant = census->reach[p];
    }
    lbc_j2k_forecast_slopes(f, census->planes);
}

void lbc_j2k_correct_forecast(lbc_j2k_forecast *f, uint32_t pass, double bytes, double gain)
{
    f->bytes[pass] = (float)(bytes + lbc_j2k_header_bytes(pass));
    f->gain[pass] = (float)(gain > 0 ? gain : 0);
}

static uint32_t passes_of(uint32_t planes)
{
    return planes ? 3 * planes - 2 : 0;
}

void lbc_j2k_forecast_slopes(lbc_j2k_forecast *f, uint32_t planes)
{
    struct {
        uint32_t start;
        float bytes, gain;
    } groups[LBC_J2K_MAX_PASSES];
    uint32_t n = 0, end = passes_of(planes);
    for (uint32_t i = 0; i < end; i++, n++) {
        groups[n].start = i;
        groups[n].bytes = f->bytes[i];
        groups[n].gain = f->gain[i];
        for (; n && groups[n].gain * groups[n - 1].bytes > groups[n - 1].gain * groups[n].bytes; n--) {
            groups[n - 1].bytes += groups[n].bytes;
            groups[n - 1].gain += groups[n].gain;
        }
    }
    while (n--)
        for (; end > groups[n].start; end--) f->slope[end - 1] = groups[n].gain / groups[n].bytes;
}

uint32_t lbc_j2k_forecast_plane(const lbc_j2k_forecast *f, uint32_t planes, double slope)
{
    uint32_t n = passes_of(planes);
    while (n && (double)f->slope[n - 1] < slope) n--;
    return n ? planes - 1 - (n + 1) / 3 : planes;
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
    for (uint32_t b = 0; b < n; b++)
        for (uint32_t p = 0; p < passes_of(census[b].planes); p++)
            sums[bin_of(forecasts[b].slope[p])] += (double)forecasts[b].bytes[p];
    for (uint32_t bin = bins; bin-- > 0;) {
        sum += sums[bin];
        if (sum > bytes) return (double)bin_start(bin);
    }
    return 0;
}
