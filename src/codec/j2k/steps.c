/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/j2k/steps.h"

#include <math.h>

/* Norms of the one-dimensional synthesis vectors after n levels, of which a band's is the product. */
enum { NORMS = 7 };
static const double low_norms[2][NORMS] = {
    {1, 1.402108, 2.030372, 2.901163, 4.115285, 5.824511, 8.238760}, /* 9/7 */
    {1, 1.224745, 1.658312, 2.318405, 3.269174, 4.619930, 6.532371}, /* 5/3 */
};
static const double high_norms[2][NORMS] = {
    {1, 0.721261, 0.983471, 1.441962, 2.073760, 2.947325, 4.173589},
    {1, 0.847791, 0.960143, 1.259340, 1.744411, 2.453871, 3.465652},
};

/* Beyond the tables a level makes a vector twice as long, and its norm grows by the square root of 2. */
static double norm_1d(const double norms[NORMS], uint32_t level)
{
    double norm = norms[level < NORMS ? level : NORMS - 1];
    for (; level >= NORMS; level--) norm *= 1.4142135623730951;
    return norm;
}

double lbc_j2k_norm(bool reversible, uint32_t level, lbc_j2k_orientation o)
{
    const double *low = low_norms[reversible], *high = high_norms[reversible];
    return norm_1d(o & 1 ? high : low, level) * norm_1d(o & 2 ? high : low, level);
}

static uint32_t log2_gain(lbc_j2k_orientation o)
{
    return (o & 1u) + (o >> 1u);
} /* Table E.1 */

/* (E-3) the other way round. */
static lbc_j2k_step step_of(double delta, uint32_t range)
{
    int exponent;
    const double fraction = 2 * frexp(delta, &exponent); /* 1 <= fraction < 2, delta = fraction * 2^(exponent - 1) */
    uint32_t mantissa = (uint32_t)((fraction - 1) * 2048 + 0.5);
    if (mantissa == 2048) {
        mantissa = 0;
        exponent++;
    }
    return (lbc_j2k_step){(uint8_t)((int)range - (exponent - 1)), (uint16_t)mantissa};
}

/* Error of one step in pixels, 9/7. With 16 bits the low band then has 23 planes, and Grok takes 24; from 22 bits on
 * our own 30 run out. */
static double base_step(uint32_t precision)
{
    return ldexp(1, precision > 22 ? (int)precision - 24 : -2);
}

void lbc_j2k_set_steps(lbc_j2k_header *h)
{
    h->guard_bits = 2;
    for (uint32_t i = 0; i < 3 * h->levels + 1; i++) {
        const lbc_j2k_orientation o = i ? (lbc_j2k_orientation)((i - 1) % 3 + 1) : LBC_J2K_LL;
        const uint32_t level = i ? h->levels - (i - 1) / 3 : h->levels, range = h->precision + log2_gain(o);
        if (h->reversible)
            h->steps[i] = (lbc_j2k_step){(uint8_t)range, 0};
        else
            h->steps[i] = step_of(base_step(h->precision) / lbc_j2k_norm(false, level, o), range);
    }
}
