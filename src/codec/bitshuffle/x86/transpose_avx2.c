/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/bitshuffle/transpose.h"

#include <immintrin.h>

#define TO_PLANES        lbc_to_planes_avx2
#define FROM_PLANES      lbc_from_planes_avx2
#define TO_PLANES_REST   lbc_to_planes_sse2
#define FROM_PLANES_REST lbc_from_planes_sse2

typedef __m256i vec;
#define LANES 2

#define v_and(a, b)         _mm256_and_si256(a, b)
#define v_xor(a, b)         _mm256_xor_si256(a, b)
#define v_sll(a, n)         _mm256_slli_epi16(a, n)
#define v_srl(a, n)         _mm256_srli_epi16(a, n)
#define v_set1(byte)        _mm256_set1_epi8(byte)
#define v_unpack_low(a, b)  _mm256_unpacklo_epi8(a, b)
#define v_unpack_high(a, b) _mm256_unpackhi_epi8(a, b)

static inline vec v_load(const uint8_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}
static inline void v_store(uint8_t *p, vec a)
{
    _mm256_storeu_si256((__m256i *)(void *)p, a);
}

/* Two vectors to those of their low and of their high lanes; its own inverse. */
static inline void swap_lanes(vec *a, vec *b)
{
    const vec low = _mm256_permute2x128_si256(*a, *b, 0x20);
    *b = _mm256_permute2x128_si256(*a, *b, 0x31);
    *a = low;
}

/* Lanes l of the four vectors are side by side at p + l * apart. */
static inline void v_load_lanes(const uint8_t *p, size_t apart, vec *a, vec *b, vec *c, vec *d)
{
    *a = v_load(p);
    *b = v_load(p + apart);
    *c = v_load(p + 32);
    *d = v_load(p + apart + 32);
    swap_lanes(a, b);
    swap_lanes(c, d);
}

static inline void v_store_lanes(uint8_t *p, size_t apart, vec a, vec b, vec c, vec d)
{
    swap_lanes(&a, &b);
    swap_lanes(&c, &d);
    v_store(p, a);
    v_store(p + apart, b);
    v_store(p + 32, c);
    v_store(p + apart + 32, d);
}

#include "codec/bitshuffle/transpose.inc"
