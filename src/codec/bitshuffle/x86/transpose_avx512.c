/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/bitshuffle/transpose.h"

#include <immintrin.h>

#define TO_PLANES        lbc_to_planes_avx512
#define FROM_PLANES      lbc_from_planes_avx512
#define TO_PLANES_REST   lbc_to_planes_avx2
#define FROM_PLANES_REST lbc_from_planes_avx2

typedef __m512i vec;
#define LANES 4

#define v_unpack_low(a, b)  _mm512_unpacklo_epi8(a, b)
#define v_unpack_high(a, b) _mm512_unpackhi_epi8(a, b)

/* The bits of b that mask selects, and else those of a. */
#define SELECT(mask, a, b) _mm512_ternarylogic_epi64(_mm512_set1_epi8((char)(mask)), a, b, 0xAC)

/* See transpose.inc; selecting takes one operation less than exclusive or. */
#define SWAP_BITS(a, b, shift, mask)                                                                                   \
    do {                                                                                                               \
        const vec down = _mm512_srli_epi16(a, shift);                                                                  \
        (a) = SELECT((mask) << (shift), a, _mm512_slli_epi16(b, shift));                                               \
        (b) = SELECT(mask, b, down);                                                                                   \
    } while (0)

static inline vec v_load(const uint8_t *p)
{
    return _mm512_loadu_si512(p);
}
static inline void v_store(uint8_t *p, vec a)
{
    _mm512_storeu_si512(p, a);
}

/* Lane i of vector j changes places with lane j of vector i. */
static inline void transpose_lanes(vec *a, vec *b, vec *c, vec *d)
{
    const vec ab_low = _mm512_shuffle_i64x2(*a, *b, 0x44), ab_high = _mm512_shuffle_i64x2(*a, *b, 0xEE);
    const vec cd_low = _mm512_shuffle_i64x2(*c, *d, 0x44), cd_high = _mm512_shuffle_i64x2(*c, *d, 0xEE);
    *a = _mm512_shuffle_i64x2(ab_low, cd_low, 0x88);
    *b = _mm512_shuffle_i64x2(ab_low, cd_low, 0xDD);
    *c = _mm512_shuffle_i64x2(ab_high, cd_high, 0x88);
    *d = _mm512_shuffle_i64x2(ab_high, cd_high, 0xDD);
}

/* Lanes l of the four vectors are side by side at p + l * apart. */
static inline void v_load_lanes(const uint8_t *p, size_t apart, vec *a, vec *b, vec *c, vec *d)
{
    *a = v_load(p);
    *b = v_load(p + apart);
    *c = v_load(p + 2 * apart);
    *d = v_load(p + 3 * apart);
    transpose_lanes(a, b, c, d);
}

static inline void v_store_lanes(uint8_t *p, size_t apart, vec a, vec b, vec c, vec d)
{
    transpose_lanes(&a, &b, &c, &d);
    v_store(p, a);
    v_store(p + apart, b);
    v_store(p + 2 * apart, c);
    v_store(p + 3 * apart, d);
}

#include "codec/bitshuffle/transpose.inc"
