/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simulate/elementary.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* ln 2 and pi / 2 in two parts: the first has trailing zero bits, so that a small multiple of it is exact. */
#define LN2_HIGH     6.93147180369123816490e-01
#define LN2_LOW      1.90821492927058770002e-10
#define HALF_PI_HIGH 1.57079632673412561417e+00
#define HALF_PI_LOW  6.07710050650619224932e-11

static double power_of_two(int n)
{
    const uint64_t bits = (uint64_t)(1023 + n) << 52;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

double lbc_exp(double x)
{
    if (x < -700.0) return 0.0;
    const double n = floor(x / (LN2_HIGH + LN2_LOW) + 0.5);
    const double r = (x - n * LN2_HIGH) - n * LN2_LOW;
    double sum = 1.0;
    for (int k = 13; k >= 1; k--) sum = 1.0 + sum * r / k; /* Taylor, |r| <= 0.35 */
    return sum * power_of_two((int)n);
}

double lbc_log(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> 52 & 2047) - 1023;
    bits = (bits & UINT64_C(0x000FFFFFFFFFFFFF)) | UINT64_C(1023) << 52;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.41421356237309504880) {
        m *= 0.5;
        exponent++;
    }
    const double s = (m - 1.0) / (m + 1.0), s2 = s * s; /* log m = 2 artanh s, |s| <= 0.172 */
    double sum = 0.0;
    for (int k = 21; k >= 1; k -= 2) sum = sum * s2 + 1.0 / k;
    return exponent * LN2_HIGH + (2.0 * s * sum + exponent * LN2_LOW);
}

void lbc_sincos(double x, double *sine, double *cosine)
{
    const double n = floor(x / (HALF_PI_HIGH + HALF_PI_LOW) + 0.5);
    const double r = (x - n * HALF_PI_HIGH) - n * HALF_PI_LOW, r2 = r * r;
    double s = 1.0, c = 1.0; /* Taylor, |r| <= pi / 4 */
    for (int k = 16; k >= 2; k -= 2) {
        s = 1.0 - s * r2 / (k * (k + 1));
        c = 1.0 - c * r2 / (k * (k - 1));
    }
    s *= r;
    switch ((int64_t)n & 3) {
    case 0: *sine = s, *cosine = c; break;
    case 1: *sine = c, *cosine = -s; break;
    case 2: *sine = -s, *cosine = -c; break;
    default: *sine = -c, *cosine = s; break;
    }
}

/* arctan of t in 0..1: the half-angle formula twice, then the series. */
static double arctan(double t)
{
    const double u = t / (1.0 + sqrt(1.0 + t * t));
    const double v = u / (1.0 + sqrt(1.0 + u * u)), v2 = v * v; /* v <= tan(pi / 16) = 0.199 */
    double sum = 0.0;
    for (int k = 21; k >= 1; k -= 2) sum = 1.0 / k - sum * v2;
    return 4.0 * v * sum;
}

double lbc_atan2(double y, double x)
{
    const double ax = fabs(x), ay = fabs(y);
    if (ax == 0.0 && ay == 0.0) return 0.0;
    double angle = ay <= ax ? arctan(ay / ax) : LBC_PI / 2 - arctan(ax / ay);
    if (x < 0.0) angle = LBC_PI - angle;
    return y < 0.0 ? -angle : angle;
}

double lbc_acos(double x)
{
    return lbc_atan2(sqrt(fmax(0.0, (1.0 - x) * (1.0 + x))), x);
}

double lbc_normal_cdf(double x)
{
    const double z = fabs(x) * 0.70710678118654752440, t = 1.0 / (1.0 + 0.3275911 * z);
    const double series =
        t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    const double tail = 0.5 * series * lbc_exp(-z * z);
    return x < 0.0 ? tail : 1.0 - tail;
}
