/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/hcompress/planes.h"

#include "base/bytes.h"

#include <immintrin.h>
#include <string.h>

#define GROUP 64 /* coefficients of a turn: 32 cells, half a word */

static inline __m256i load(const void *p)
{
    return _mm256_loadu_si256(p);
}

static uint32_t survey(const int32_t *coef, size_t n, size_t *nonzero)
{
    __m256i all = _mm256_setzero_si256(), zeros = all;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const __m256i v = load(coef + i);
        all = _mm256_or_si256(all, _mm256_abs_epi32(v));
        zeros = _mm256_sub_epi32(zeros, _mm256_cmpeq_epi32(v, _mm256_setzero_si256()));
    }
    uint32_t lanes[2][8];
    memcpy(lanes[0], &all, sizeof all);
    memcpy(lanes[1], &zeros, sizeof zeros);
    uint32_t magnitudes = 0;
    *nonzero += i;
    for (int k = 0; k < 8; k++) {
        magnitudes |= lanes[0][k];
        *nonzero -= lanes[1][k];
    }
    return magnitudes | lbc_hcomp_survey32(coef + i, n - i, nonzero);
}

/* ---- split ----------------------------------------------------------------------------------- */

/* Byte `byte` of the magnitudes of every other one of 64 coefficients, from the first (odd 0) or the second. */
static inline __m256i every_other_byte(const __m256i magnitude[8], int byte, int odd)
{
    const __m128i shift = _mm_cvtsi32_si128(8 * byte);
    __m256i words[4];
    for (int k = 0; k < 4; k++) {
        const __m256 v0 = _mm256_castsi256_ps(magnitude[2 * k]), v1 = _mm256_castsi256_ps(magnitude[2 * k + 1]);
        const __m256 picked = odd ? _mm256_shuffle_ps(v0, v1, 0xdd) : _mm256_shuffle_ps(v0, v1, 0x88);
        words[k] = _mm256_and_si256(_mm256_srl_epi32(_mm256_castps_si256(picked), shift), _mm256_set1_epi32(0xff));
    }
    /* Each pick and pack keeps the halves of its vectors apart: now the low one has bytes 0 1, 4 5, 8 9, ... and the
     * high one 2 3, 6 7, 10 11, ... */
    __m256i bytes =
        _mm256_packus_epi16(_mm256_packus_epi32(words[0], words[1]), _mm256_packus_epi32(words[2], words[3]));
    bytes = _mm256_permute4x64_epi64(bytes, 0xd8);
    return _mm256_unpacklo_epi16(bytes, _mm256_srli_si256(bytes, 8));
}

/* The planes of one side of 32 cells; each gets its 32 bits at `out`, plane p `stride` bytes further p times. */
static inline void split_side(const __m256i magnitude[8], uint32_t planes, int odd, uint8_t *out, size_t stride)
{
    for (uint32_t p = 0; p < planes;) {
        const __m256i bytes = every_other_byte(magnitude, (int)(p / 8), odd);
        const uint32_t end = planes - p < 8 ? planes : p + 8;
        for (; p < end; p++, out += stride) {
            const __m256i highest = _mm256_sll_epi16(bytes, _mm_cvtsi32_si128((int)(7 - p % 8)));
            lbc_put_le32(out, (uint32_t)_mm256_movemask_epi8(highest));
        }
    }
}

static inline void split_group(const int32_t *coef, uint32_t planes, uint8_t *left, size_t stride)
{
    __m256i magnitude[8], all = _mm256_setzero_si256();
    for (int k = 0; k < 8; k++) {
        magnitude[k] = _mm256_abs_epi32(load(coef + 8 * k));
        all = _mm256_or_si256(all, magnitude[k]);
    }
    if (_mm256_testz_si256(all, all)) return;
    split_side(magnitude, planes, 0, left, stride);
    split_side(magnitude, planes, 1, left + sizeof(uint64_t), stride);
}

static void split(const int32_t *coef, size_t cols, uint32_t planes, lbc_hcomp_cells *cells, size_t stride, int half)
{
    if (half == 0)
        for (uint32_t p = 0; p < planes; p++) memset(cells + p * stride, 0, (cols + 127) / 128 * sizeof *cells);
    uint8_t *left = (uint8_t *)&cells->corner[half * 2];
    for (size_t j = 0; j < cols; j += GROUP) {
        uint8_t *out = left + j / (2 * GROUP) * sizeof *cells + j / GROUP % 2 * sizeof(uint32_t);
        if (cols - j >= GROUP) {
            split_group(coef + j, planes, out, stride * sizeof *cells);
        } else {
            int32_t padded[GROUP] = {0};
            memcpy(padded, coef + j, (cols - j) * sizeof *coef);
            split_group(padded, planes, out, stride * sizeof *cells);
        }
    }
}

/* ---- join ------------------------------------------------------------------------------------ */

/* 32 bits to 32 bytes, 0 or all ones. */
static inline __m256i bytes_of_bits(uint32_t bits)
{
    const __m256i which = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3,
                                           3, 3, 3, 3, 3, 3);
    const __m256i bit = _mm256_set1_epi64x((long long)UINT64_C(0x8040201008040201));
    const __m256i spread = _mm256_shuffle_epi8(_mm256_set1_epi32((int)bits), which);
    return _mm256_cmpeq_epi8(_mm256_and_si256(spread, bit), bit);
}

/* Up to 8 planes of one side of 32 cells, as bytes. */
static inline __m256i join_side(uint32_t planes, const uint8_t *in, size_t stride)
{
    __m256i sum = _mm256_setzero_si256(), weight = _mm256_set1_epi8(1);
    for (uint32_t p = 0; p < planes; p++, in += stride) {
        const uint32_t bits = lbc_get_le32(in);
        if (bits) sum = _mm256_or_si256(sum, _mm256_and_si256(bytes_of_bits(bits), weight));
        weight = _mm256_add_epi8(weight, weight);
    }
    return sum;
}

/* Ors 16 bytes, each at `shift`, into 16 coefficients; shift 0 stores them. */
static inline void join_bytes(int32_t *coef, __m128i bytes, int shift)
{
    const __m128i count = _mm_cvtsi32_si128(shift);
    for (int k = 0; k < 2; k++) {
        __m256i v = _mm256_sll_epi32(_mm256_cvtepu8_epi32(k ? _mm_srli_si128(bytes, 8) : bytes), count);
        if (shift) v = _mm256_or_si256(v, load(coef + 8 * k));
        _mm256_storeu_si256((__m256i *)(void *)(coef + 8 * k), v);
    }
}

static inline void join_group(int32_t *coef, uint32_t planes, const uint8_t *left, size_t stride)
{
    for (uint32_t p = 0; p < planes || p == 0; p += 8) {
        const uint32_t n = planes - p < 8 ? planes - p : 8;
        const uint8_t *in = left + p * stride;
        const __m256i even = join_side(n, in, stride), odd = join_side(n, in + sizeof(uint64_t), stride);
        const __m256i low = _mm256_unpacklo_epi8(even, odd), high = _mm256_unpackhi_epi8(even, odd);
        join_bytes(coef, _mm256_castsi256_si128(low), (int)p);
        join_bytes(coef + 16, _mm256_castsi256_si128(high), (int)p);
        join_bytes(coef + 32, _mm256_extracti128_si256(low, 1), (int)p);
        join_bytes(coef + 48, _mm256_extracti128_si256(high, 1), (int)p);
    }
}

static void join(int32_t *coef, size_t cols, uint32_t planes, const lbc_hcomp_cells *cells, size_t stride, int half)
{
    const uint8_t *left = (const uint8_t *)&cells->corner[half * 2];
    for (size_t j = 0; j < cols; j += GROUP) {
        const uint8_t *in = left + j / (2 * GROUP) * sizeof *cells + j / GROUP % 2 * sizeof(uint32_t);
        if (cols - j >= GROUP) {
            join_group(coef + j, planes, in, stride * sizeof *cells);
        } else {
            int32_t padded[GROUP];
            join_group(padded, planes, in, stride * sizeof *cells);
            memcpy(coef + j, padded, (cols - j) * sizeof *coef);
        }
    }
}

/* ---- signs ----------------------------------------------------------------------------------- */

/* Which of 32 coefficients are not zero, and which are negative. */
static inline uint32_t nonzero_of(const int32_t *coef, uint32_t *negative)
{
    const __m256i words0 = _mm256_packs_epi32(load(coef), load(coef + 8));
    const __m256i words1 = _mm256_packs_epi32(load(coef + 16), load(coef + 24));
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(words0, words1), order);
    *negative = (uint32_t)_mm256_movemask_epi8(bytes);
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_setzero_si256()));
}

/* Signs are collected and given out from the lowest bit of a word; in a stream the first is the highest of a byte. */
static inline uint64_t reverse_in_bytes(uint64_t x)
{
    x = (x >> 1 & UINT64_C(0x5555555555555555)) | (x & UINT64_C(0x5555555555555555)) << 1;
    x = (x >> 2 & UINT64_C(0x3333333333333333)) | (x & UINT64_C(0x3333333333333333)) << 2;
    return (x >> 4 & UINT64_C(0x0f0f0f0f0f0f0f0f)) | (x & UINT64_C(0x0f0f0f0f0f0f0f0f)) << 4;
}

/* Signs on their way to bytes; count < 32 between groups. */
typedef struct sign_writer {
    uint64_t bits;
    unsigned count;
    uint8_t *out;
} sign_writer;

static inline void put_group_signs(sign_writer *w, const int32_t *coef)
{
    uint32_t negative;
    const uint32_t nonzero = nonzero_of(coef, &negative);
    if (!nonzero) return;
    w->bits |= (uint64_t)_pext_u32(negative, nonzero) << w->count;
    w->count += (unsigned)_mm_popcnt_u32(nonzero);
    if (w->count < 32) return;
    lbc_put_le32(w->out, (uint32_t)reverse_in_bytes(w->bits));
    w->out += 4;
    w->bits >>= 32;
    w->count -= 32;
}

static void put_signs(const int32_t *coef, size_t n, uint8_t *out)
{
    sign_writer w = {.out = out};
    size_t i = 0;
    for (; i + 32 <= n; i += 32) put_group_signs(&w, coef + i);
    if (i < n) {
        int32_t padded[32] = {0};
        memcpy(padded, coef + i, (n - i) * sizeof *coef);
        put_group_signs(&w, padded);
    }
    w.bits = reverse_in_bytes(w.bits);
    for (unsigned written = 0; written < w.count; written += 8) *w.out++ = (uint8_t)(w.bits >> written);
}

/* Changes the sign of the coefficients marked in the low 8 bits. */
static inline __m256i negate(__m256i v, uint32_t marked)
{
    const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i mask = _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32((int)marked), bit), bit);
    return _mm256_sub_epi32(_mm256_xor_si256(v, mask), mask);
}

static inline void negate_group(int32_t *coef, uint32_t marked)
{
    for (int k = 0; k < 4; k++)
        _mm256_storeu_si256((__m256i *)(void *)(coef + 8 * k), negate(load(coef + 8 * k), marked >> 8 * k));
}

typedef struct sign_reader {
    uint64_t bits;
    unsigned count;
    const uint8_t *in, *end;
} sign_reader;

/* false: there are not `wanted` (at most 32) bits more. */
static inline bool refill(sign_reader *r, unsigned wanted)
{
    while (r->count < wanted) {
        if (r->end - r->in >= 4) {
            r->bits |= reverse_in_bytes(lbc_get_le32(r->in)) << r->count;
            r->in += 4;
            r->count += 32;
        } else {
            if (r->in == r->end) return false;
            r->bits |= reverse_in_bytes(*r->in++) << r->count;
            r->count += 8;
        }
    }
    return true;
}

static inline bool take_group_signs(sign_reader *r, int32_t *coef)
{
    uint32_t negative;
    const uint32_t nonzero = nonzero_of(coef, &negative);
    const unsigned wanted = (unsigned)_mm_popcnt_u32(nonzero);
    if (!nonzero) return true;
    if (!refill(r, wanted)) return false;
    const uint32_t marked = _pdep_u32((uint32_t)r->bits, nonzero);
    r->bits >>= wanted;
    r->count -= wanted;
    if (marked) negate_group(coef, marked);
    return true;
}

static bool take_signs(int32_t *coef, size_t n, const uint8_t *in, size_t size)
{
    sign_reader r = {.in = in, .end = in + size};
    size_t i = 0;
    for (; i + 32 <= n; i += 32)
        if (!take_group_signs(&r, coef + i)) return false;
    if (i < n) {
        int32_t padded[32] = {0};
        memcpy(padded, coef + i, (n - i) * sizeof *coef);
        if (!take_group_signs(&r, padded)) return false;
        memcpy(coef + i, padded, (n - i) * sizeof *coef);
    }
    return r.in == r.end && r.count < 8;
}

const lbc_hcomp_plane_loops lbc_hcomp_plane_loops_avx2 = {survey, split, join, put_signs, take_signs};
