/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/bitshuffle/transpose.h"

#include <emmintrin.h>

#define TO_PLANES        lbc_to_planes_sse2
#define FROM_PLANES      lbc_from_planes_sse2
#define TO_PLANES_REST   lbc_to_planes_c
#define FROM_PLANES_REST lbc_from_planes_c

typedef __m128i vec;
#define LANES 1

#define v_and(a, b)         _mm_and_si128(a, b)
#define v_xor(a, b)         _mm_xor_si128(a, b)
#define v_sll(a, n)         _mm_slli_epi16(a, n)
#define v_srl(a, n)         _mm_srli_epi16(a, n)
#define v_set1(byte)        _mm_set1_epi8(byte)
#define v_unpack_low(a, b)  _mm_unpacklo_epi8(a, b)
#define v_unpack_high(a, b) _mm_unpackhi_epi8(a, b)

static inline vec v_load(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}
static inline void v_store(uint8_t *p, vec a)
{
    _mm_storeu_si128((__m128i *)(void *)p, a);
}

#include "codec/bitshuffle/transpose.inc"
