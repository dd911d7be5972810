/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/bitshuffle/transpose.h"

#include <immintrin.h>

#define TO_PLANES   lbc_to_planes_avx2
#define FROM_PLANES lbc_from_planes_avx2

typedef __m256i vec;
enum { LANES = 2 };

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

/* Lane l is at p + l * apart. */
static inline vec v_load_lanes(const uint8_t *p, size_t apart)
{
    const __m128i low = _mm_loadu_si128((const __m128i *)(const void *)p);
    const __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(p + apart));
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

static inline void v_store_lanes(uint8_t *p, size_t apart, vec a)
{
    _mm_storeu_si128((__m128i *)(void *)p, _mm256_castsi256_si128(a));
    _mm_storeu_si128((__m128i *)(void *)(p + apart), _mm256_extracti128_si256(a, 1));
}

#include "codec/bitshuffle/x86/transpose.inc"
