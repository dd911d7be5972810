/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/hcompress/transform.h"

#include <immintrin.h>

#define PAIRS 8 /* a turn of the loops */

/* A step of quantisation, as vectors. Scales that are powers of two need no multiplication; `power` is
 * known at compile time where these functions are inlined. */
typedef struct factors {
    __m256i bias, reciprocal, scale, half_mixed, half_diagonal;
    __m128i level, level_above, shift, log2_scale;
} factors;

static inline factors factors_of(const lbc_hcomp_step *step)
{
    return (factors){
        .bias = _mm256_set1_epi32((int)step->bias),
        .reciprocal = _mm256_set1_epi32((int)step->reciprocal),
        .scale = _mm256_set1_epi32((int)step->scale),
        .half_mixed = _mm256_set1_epi32((int)step->half_mixed),
        .half_diagonal = _mm256_set1_epi32((int)step->half_diagonal),
        .level = _mm_cvtsi32_si128((int)step->level),
        .level_above = _mm_cvtsi32_si128((int)step->level + 1),
        .shift = _mm_cvtsi32_si128((int)step->shift),
        .log2_scale = _mm_cvtsi32_si128((int)step->shift - 31),
    };
}

static inline int is_power(const lbc_hcomp_step *step)
{
    return (step->scale & (step->scale - 1)) == 0;
}

static inline __m256i load(const int32_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}
static inline void store(int32_t *p, __m256i v)
{
    _mm256_storeu_si256((__m256i *)(void *)p, v);
}

static inline __m256i divide(__m256i n, const factors *f, int power)
{
    if (power) return _mm256_srl_epi32(n, f->log2_scale);
    const __m256i even = _mm256_srl_epi64(_mm256_mul_epu32(n, f->reciprocal), f->shift);
    const __m256i odd = _mm256_srl_epi64(_mm256_mul_epu32(_mm256_srli_epi64(n, 32), f->reciprocal), f->shift);
    return _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa);
}

static inline __m256i multiply(__m256i n, const factors *f, int power)
{
    return power ? _mm256_sll_epi32(n, f->log2_scale) : _mm256_mullo_epi32(n, f->scale);
}

static inline __m256i quantise(__m256i h, const factors *f, int power)
{
    const __m256i n = _mm256_add_epi32(_mm256_sll_epi32(_mm256_abs_epi32(h), f->level), f->bias);
    return _mm256_sign_epi32(divide(n, f, power), h);
}

static inline __m256i take_mixed(__m256i q, const factors *f, int power)
{
    const __m256i h = _mm256_add_epi32(multiply(_mm256_abs_epi32(q), f, power), f->half_mixed);
    return _mm256_sign_epi32(_mm256_slli_epi32(_mm256_srl_epi32(h, f->level_above), 1), q);
}

static inline __m256i take_diagonal(__m256i q, const factors *f, int power)
{
    const __m256i h = _mm256_add_epi32(multiply(_mm256_abs_epi32(q), f, power), f->half_diagonal);
    return _mm256_sign_epi32(_mm256_srl_epi32(h, f->level), q);
}

/* Odd numbers away from zero: up, and for negative ones one less up. */
static inline __m256i to_even(__m256i h)
{
    const __m256i up = _mm256_add_epi32(_mm256_set1_epi32(1), _mm256_srai_epi32(h, 31));
    return _mm256_and_si256(_mm256_add_epi32(h, up), _mm256_set1_epi32(~1));
}

/* h - by where h >= 0, else h + by. */
static inline __m256i nearer_zero(__m256i h, __m256i by)
{
    const __m256i negative = _mm256_srai_epi32(h, 31);
    return _mm256_sub_epi32(h, _mm256_sub_epi32(_mm256_xor_si256(by, negative), negative));
}

/* The even and the odd ones of 16 values. */
static inline void deinterleave(__m256i v0, __m256i v1, __m256i *even, __m256i *odd)
{
    const __m256 f0 = _mm256_castsi256_ps(v0), f1 = _mm256_castsi256_ps(v1);
    *even = _mm256_permute4x64_epi64(_mm256_castps_si256(_mm256_shuffle_ps(f0, f1, 0x88)), 0xd8);
    *odd = _mm256_permute4x64_epi64(_mm256_castps_si256(_mm256_shuffle_ps(f0, f1, 0xdd)), 0xd8);
}

static inline void store_interleaved(int32_t *row, __m256i even, __m256i odd)
{
    const __m256i low = _mm256_unpacklo_epi32(even, odd), high = _mm256_unpackhi_epi32(even, odd);
    store(row, _mm256_permute2x128_si256(low, high, 0x20));
    store(row + 8, _mm256_permute2x128_si256(low, high, 0x31));
}

/* Returns the pairs done. */
static inline size_t forward2_turns(const int32_t *top, const int32_t *bottom, size_t pairs, int32_t *smooth,
                                    int32_t *hy, int32_t *hx, int32_t *hc, const lbc_hcomp_step *step, int power)
{
    const factors f = factors_of(step);
    size_t j = 0;
    for (; j + PAIRS <= pairs; j += PAIRS) {
        const __m256i t0 = load(top + 2 * j), t1 = load(top + 2 * j + 8);
        const __m256i b0 = load(bottom + 2 * j), b1 = load(bottom + 2 * j + 8);
        __m256i sum_left, sum_right, diff_left, diff_right;
        deinterleave(_mm256_add_epi32(t0, b0), _mm256_add_epi32(t1, b1), &sum_left, &sum_right);
        deinterleave(_mm256_sub_epi32(b0, t0), _mm256_sub_epi32(b1, t1), &diff_left, &diff_right);
        const __m256i h0 = _mm256_add_epi32(sum_left, sum_right);
        store(smooth + j, _mm256_srai_epi32(_mm256_add_epi32(h0, _mm256_set1_epi32(2)), 2));
        store(hy + j, quantise(to_even(_mm256_sub_epi32(sum_right, sum_left)), &f, power));
        store(hx + j, quantise(to_even(_mm256_add_epi32(diff_left, diff_right)), &f, power));
        store(hc + j, quantise(_mm256_sub_epi32(diff_right, diff_left), &f, power));
    }
    return j;
}

static void forward2(const int32_t *top, const int32_t *bottom, size_t pairs, int32_t *smooth, int32_t *hy, int32_t *hx,
                     int32_t *hc, const lbc_hcomp_step *step)
{
    const size_t j = is_power(step) ? forward2_turns(top, bottom, pairs, smooth, hy, hx, hc, step, 1)
                                    : forward2_turns(top, bottom, pairs, smooth, hy, hx, hc, step, 0);
    lbc_hcomp_loops_c.forward2(top + 2 * j, bottom + 2 * j, pairs - j, smooth + j, hy + j, hx + j, hc + j, step);
}

static inline size_t inverse2_turns(const int32_t *smooth, const int32_t *hy, const int32_t *hx, const int32_t *hc,
                                    size_t pairs, int32_t *top, int32_t *bottom, const lbc_hcomp_step *step, int power)
{
    const __m256i one = _mm256_set1_epi32(1), two = _mm256_set1_epi32(2);
    const factors f = factors_of(step);
    size_t j = 0;
    for (; j + PAIRS <= pairs; j += PAIRS) {
        const __m256i c = take_diagonal(load(hc + j), &f, power), odd = _mm256_and_si256(c, one);
        const __m256i x = nearer_zero(take_mixed(load(hx + j), &f, power), odd);
        const __m256i y = nearer_zero(take_mixed(load(hy + j), &f, power), odd);
        const __m256i parity = _mm256_and_si256(_mm256_xor_si256(_mm256_xor_si256(c, x), y), two);
        __m256i h0 = _mm256_slli_epi32(load(smooth + j), 2);
        /* odd - parity; but parity where h0 < 0 and odd is 0 */
        const __m256i up = _mm256_and_si256(_mm256_srai_epi32(h0, 31), _mm256_sub_epi32(odd, one));
        const __m256i back = _mm256_sub_epi32(_mm256_xor_si256(parity, up), up);
        h0 = _mm256_sub_epi32(_mm256_add_epi32(h0, odd), back);
        const __m256i upper = _mm256_sub_epi32(h0, x), lower = _mm256_add_epi32(h0, x);
        const __m256i left = _mm256_sub_epi32(y, c), right = _mm256_add_epi32(y, c);
        store_interleaved(top + 2 * j, _mm256_srai_epi32(_mm256_sub_epi32(upper, left), 2),
                          _mm256_srai_epi32(_mm256_add_epi32(upper, left), 2));
        store_interleaved(bottom + 2 * j, _mm256_srai_epi32(_mm256_sub_epi32(lower, right), 2),
                          _mm256_srai_epi32(_mm256_add_epi32(lower, right), 2));
    }
    return j;
}

static void inverse2(const int32_t *smooth, const int32_t *hy, const int32_t *hx, const int32_t *hc, size_t pairs,
                     int32_t *top, int32_t *bottom, const lbc_hcomp_step *step)
{
    const size_t j = is_power(step) ? inverse2_turns(smooth, hy, hx, hc, pairs, top, bottom, step, 1)
                                    : inverse2_turns(smooth, hy, hx, hc, pairs, top, bottom, step, 0);
    lbc_hcomp_loops_c.inverse2(smooth + j, hy + j, hx + j, hc + j, pairs - j, top + 2 * j, bottom + 2 * j, step);
}

/* Single rows are few: the odd last one, and what is left when a tile's rows are used up. */
static void forward1(const int32_t *row, size_t pairs, int32_t *smooth, int32_t *hy, const lbc_hcomp_step *step)
{
    lbc_hcomp_loops_c.forward1(row, pairs, smooth, hy, step);
}

static void inverse1(const int32_t *smooth, const int32_t *hy, size_t pairs, int32_t *row, const lbc_hcomp_step *step)
{
    lbc_hcomp_loops_c.inverse1(smooth, hy, pairs, row, step);
}

const lbc_hcomp_loops lbc_hcomp_loops_avx2 = {forward2, forward1, inverse2, inverse1};
