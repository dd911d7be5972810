/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rows_template.h - the kernels of rows.h, as plain loops, compiled once for each instruction set by the
 * file that includes this one after defining ROWS as the name of its table. The loops carry nothing from
 * one element to the next, so compilers turn them into vector code; what they compute is theirs alone,
 * for no option in use lets a compiler contract or reorder floating-point operations.
 */
#include "codec/j2k/rows.h"

#include "base/bytes.h"

#include <math.h>
#include <string.h>

#define SIGN UINT32_C(0x80000000)

/* Wrapping sums: damaged codestreams may hold any number. */
static inline int32_t plus(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}
static inline int32_t minus(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a - (uint32_t)b);
}

static inline int32_t predict(int32_t a, int32_t b)
{
    return plus(a, b) >> 1;
}
static inline int32_t update(int32_t a, int32_t b)
{
    return plus(plus(a, b), 2) >> 2;
}

/* a and b may overlap each other (b = a + 1 along a row), never dst. */
static void forward53_odd(int32_t *restrict dst, const int32_t *a, const int32_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++) dst[i] = minus(dst[i], predict(a[i], b[i]));
}

static void forward53_even(int32_t *restrict dst, const int32_t *a, const int32_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++) dst[i] = plus(dst[i], update(a[i], b[i]));
}

static void inverse53_even(int32_t *restrict dst, const int32_t *a, const int32_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++) dst[i] = minus(dst[i], update(a[i], b[i]));
}

static void inverse53_odd(int32_t *restrict dst, const int32_t *a, const int32_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++) dst[i] = plus(dst[i], predict(a[i], b[i]));
}

static void lift97(float *restrict dst, const float *a, const float *b, float factor, size_t n)
{
    for (size_t i = 0; i < n; i++) dst[i] += factor * (a[i] + b[i]);
}

/* The rows are parameters, for gcc heeds `restrict` nowhere else. */
static void forward53(const int32_t *restrict r0, int32_t *restrict r1, int32_t *restrict r2,
                      const int32_t *restrict r3, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const int32_t odd = minus(r1[i], predict(r0[i], r2[i]));
        r1[i] = odd;
        r2[i] = plus(r2[i], update(odd, r3[i]));
    }
}

static void inverse53(const int32_t *restrict r0, int32_t *restrict r1, int32_t *restrict r2,
                      const int32_t *restrict r3, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const int32_t even = minus(r1[i], update(r0[i], r2[i]));
        r1[i] = even;
        r2[i] = plus(r2[i], predict(even, r3[i]));
    }
}

static void cascade97(const float *restrict r0, float *restrict r1, float *restrict r2, float *restrict r3,
                      float *restrict r4, const float *restrict r5, const float factors[4], size_t n)
{
    const float f0 = factors[0], f1 = factors[1], f2 = factors[2], f3 = factors[3];
    for (size_t i = 0; i < n; i++) {
        const float v1 = r1[i] + f0 * (r0[i] + r2[i]);
        const float v2 = r2[i] + f1 * (v1 + r3[i]);
        const float v3 = r3[i] + f2 * (v2 + r4[i]);
        const float v4 = r4[i] + f3 * (v3 + r5[i]);
        r1[i] = v1;
        r2[i] = v2;
        r3[i] = v3;
        r4[i] = v4;
    }
}

static void split(lbc_j2k_word *restrict even, lbc_j2k_word *restrict odd, const lbc_j2k_word *restrict row, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        even[i] = row[2 * i];
        odd[i] = row[2 * i + 1];
    }
    if (n & 1) even[n / 2] = row[n - 1];
}

/* The next even element is made twice, which costs less than keeping it. */
static void join53(int32_t *restrict row, const int32_t *restrict even, const int32_t *restrict odd, size_t n)
{
    const int32_t *before = odd - 1;
    for (size_t i = 0; i < n / 2; i++) {
        const int32_t here = minus(even[i], update(before[i], odd[i]));
        const int32_t next = minus(even[i + 1], update(odd[i], odd[i + 1]));
        row[2 * i] = here;
        row[2 * i + 1] = plus(odd[i], predict(here, next));
    }
    if (n & 1) row[n - 1] = minus(even[n / 2], update(before[n / 2], odd[n / 2]));
}

static void merge97(float *restrict row, const float *restrict even, const float *restrict odd, float scale, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        row[2 * i] = even[i] * scale;
        row[2 * i + 1] = odd[i] * scale;
    }
    if (n & 1) row[n - 1] = even[n / 2] * scale;
}

static void scale97(float *row, float scale, size_t n)
{
    for (size_t i = 0; i < n; i++) row[i] *= scale;
}

static void load53(int32_t *restrict dst, const int32_t *restrict pixels, int32_t shift, size_t n)
{
    for (size_t i = 0; i < n; i++) dst[i] = minus(pixels[i], shift);
}

static void load97(float *restrict dst, const int32_t *restrict pixels, size_t n)
{
    for (size_t i = 0; i < n; i++) dst[i] = (float)pixels[i];
}

static void store53(int32_t *restrict pixels, const int32_t *restrict src, int32_t shift, int32_t most, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const int32_t v = plus(src[i], shift);
        const int32_t floored = v < 0 ? 0 : v;
        pixels[i] = floored > most ? most : floored;
    }
}

static void store53_fixed(int32_t *restrict pixels, const int32_t *restrict src, int32_t shift, uint32_t fraction,
                          size_t n)
{
    const int32_t most = (INT32_C(1) << 29) >> fraction, one = INT32_C(1) << fraction;
    for (size_t i = 0; i < n; i++) {
        const int32_t v = plus(src[i], shift), above = v < -most ? -most : v;
        pixels[i] = (above > most ? most : above) * one;
    }
}

/* To the nearest whole number by adding what leaves no fraction bits: for |v| <= 2^23. */
static inline float nearest(float v)
{
    const float big = copysignf(0x1p23F, v);
    return (v + big) - big;
}

/* Values are held within the range before they become integers, which a NaN leaves at its lower end. */
static void store97(int32_t *restrict pixels, const float *restrict src, int32_t shift, int32_t most, size_t n)
{
    const float low = (float)-shift, high = (float)(most - shift);
    for (size_t i = 0; i < n; i++) {
        const float above = src[i] > low ? src[i] : low;
        pixels[i] = (int32_t)nearest(above < high ? above : high) + shift;
    }
}

static void store97_fixed(int32_t *restrict pixels, const float *restrict src, uint32_t fraction, size_t n)
{
    const float most = 0x1p29F, whole = 0x1p23F, one = (float)(INT32_C(1) << fraction);
    for (size_t i = 0; i < n; i++) {
        const float v = src[i] * one, above = v > -most ? v : -most, held = above < most ? above : most;
        const float magnitude = held < 0 ? -held : held;
        pixels[i] = (int32_t)(magnitude < whole ? nearest(held) : held); /* from 2^23 on all are whole */
    }
}

static void quantise53(uint32_t *restrict dst, const int32_t *restrict src, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t v = (uint32_t)src[i], sign = v & SIGN;
        const uint32_t mask = (uint32_t)(src[i] >> 31);
        dst[i] = ((v ^ mask) - mask) | sign;
    }
}

static void quantise97(uint32_t *restrict dst, const float *restrict src, float scale, size_t n)
{
    const float most = 0x1.fffffep29F; /* of 30 bits */
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &src[i], sizeof bits);
        const float scaled = src[i] * scale, magnitude = scaled < 0 ? -scaled : scaled;
        dst[i] = (uint32_t)(int32_t)(magnitude < most ? magnitude : most) | (bits & SIGN);
    }
}

static void quantise97_offset(uint32_t *restrict dst, const float *restrict src, double scale, double offset, size_t n)
{
    const double most = 0x1.fffffep29;
    for (size_t i = 0; i < n; i++) {
        const double scaled = ((double)src[i] - offset) * scale, magnitude = scaled < 0 ? -scaled : scaled;
        dst[i] = (uint32_t)(int32_t)(magnitude < most ? magnitude : most) | (scaled < 0 ? SIGN : 0);
    }
}

static inline uint32_t bits_of_largest(const uint32_t *coefficients, size_t n)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < n; i++) bits |= coefficients[i];
    bits &= ~SIGN;
    return lbc_bits_of(bits);
}

/* Number and sum in one, while both together fit. */
static inline void count_plane(uint16_t *reach, uint32_t *sum, const uint32_t *coefficients, uint32_t plane, size_t n)
{
    const uint32_t one = UINT32_C(1) << 25;
    const int32_t least = (int32_t)(UINT32_C(1) << plane);
    uint32_t both = 0;
    for (size_t i = 0; i < n; i++) {
        const int32_t magnitude = (int32_t)(coefficients[i] & ~SIGN);
        both += magnitude >= least ? (uint32_t)magnitude + one : 0;
    }
    *reach = (uint16_t)(*reach + both / one);
    *sum += both % one;
}

static void count_large(uint16_t *reach, uint32_t *sum, const uint32_t *coefficients, uint32_t plane, uint32_t shift,
                        size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t magnitude = coefficients[i] & ~SIGN;
        if (magnitude >> plane == 0) continue;
        ++*reach;
        *sum += magnitude >> shift;
    }
}

static uint32_t count(uint16_t *reach, uint32_t *sum, const uint32_t *coefficients, uint32_t shift, size_t n)
{
    enum { whole = 64, small = 18 }; /* rows are nearly all: loops of known length, and sums below 2^25 */
    const uint32_t planes = n == whole ? bits_of_largest(coefficients, whole) : bits_of_largest(coefficients, n);
    for (uint32_t p = 0; p < planes; p++) {
        if (planes > small || shift)
            count_large(&reach[p], &sum[p], coefficients, p, shift, n);
        else if (n == whole)
            count_plane(&reach[p], &sum[p], coefficients, p, whole);
        else
            count_plane(&reach[p], &sum[p], coefficients, p, n);
    }
    return planes;
}

static void stripe(uint32_t *restrict bits, const uint32_t *const rows[4], size_t n)
{
    const uint32_t *restrict r0 = rows[0], *restrict r1 = rows[1], *restrict r2 = rows[2], *restrict r3 = rows[3];
    for (size_t i = 0; i < n; i++) bits[i] = (r0[i] | r1[i] | r2[i] | r3[i]) & ~SIGN;
}

static void settle(uint32_t *restrict halves, const uint32_t *restrict coefficients, uint64_t found, uint32_t plane,
                   uint32_t refined, size_t n)
{
    const uint32_t half = 1u << refined, whole = ~(half - 1);
    for (size_t i = 0; i < n; i++) {
        const uint32_t sign = coefficients[i] & SIGN, m = coefficients[i] & ~SIGN, seen = m >> plane;
        const uint32_t first = seen == 1 && (found >> i & 1) ? sign | 3u << plane : 0;
        halves[i] = seen > 1 ? sign | (m & whole) << 1 | half : first;
    }
}

/* The lowest bit of the magnitude is half the interval. */
static void lean(uint32_t *halves, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t m = halves[i] & ~SIGN;
        halves[i] += (m & (0u - m)) >> 2;
    }
}

static void restore53(int32_t *restrict dst, const uint32_t *restrict halves, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t whole = (halves[i] & ~SIGN) >> 1;
        const uint32_t mask = (uint32_t)((int32_t)halves[i] >> 31);
        dst[i] = (int32_t)((whole ^ mask) - mask);
    }
}

static void restore97(float *restrict dst, const uint32_t *restrict halves, float step, float scale, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const float magnitude = (float)(int32_t)(halves[i] & ~SIGN) * step * scale;
        uint32_t bits;
        memcpy(&bits, &magnitude, sizeof bits);
        bits |= halves[i] & SIGN;
        memcpy(&dst[i], &bits, sizeof bits);
    }
}

static void restore97_offset(float *restrict dst, const uint32_t *restrict halves, double step, double offset,
                             float scale, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const int32_t magnitude = (int32_t)(halves[i] & ~SIGN), mask = (int32_t)halves[i] >> 31;
        dst[i] = (float)((double)((magnitude ^ mask) - mask) * step + offset) * scale;
    }
}

const lbc_j2k_rows ROWS = {
    .lift53 = {{forward53_odd, forward53_even}, {inverse53_even, inverse53_odd}},
    .lift97 = lift97,
    .cascade53 = {forward53, inverse53},
    .cascade97 = cascade97,
    .split = split,
    .merge97 = merge97,
    .join53 = join53,
    .scale97 = scale97,
    .load53 = load53,
    .load97 = load97,
    .store53 = store53,
    .store97 = store97,
    .store53_fixed = store53_fixed,
    .store97_fixed = store97_fixed,
    .quantise53 = quantise53,
    .quantise97 = quantise97,
    .quantise97_offset = quantise97_offset,
    .count = count,
    .stripe = stripe,
    .settle = settle,
    .lean = lean,
    .restore53 = restore53,
    .restore97 = restore97,
    .restore97_offset = restore97_offset,
};
