/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/bitshuffle/transpose.h"

#include <arm_neon.h>

#define TO_PLANES        lbc_to_planes_neon
#define FROM_PLANES      lbc_from_planes_neon
#define TO_PLANES_REST   lbc_to_planes_c
#define FROM_PLANES_REST lbc_from_planes_c

typedef uint8x16_t vec;
#define LANES 1

#define v_unpack_low(a, b)  vzip1q_u8(a, b)
#define v_unpack_high(a, b) vzip2q_u8(a, b)

/* See transpose.inc; selecting takes one operation less than exclusive or. */
#define SWAP_BITS(a, b, shift, mask)                                                                                   \
    do {                                                                                                               \
        const vec down = vshrq_n_u8(a, shift);                                                                         \
        (a) = vbslq_u8(vdupq_n_u8(mask), a, vshlq_n_u8(b, shift));                                                     \
        (b) = vbslq_u8(vdupq_n_u8(mask), down, b);                                                                     \
    } while (0)

static inline vec v_load(const uint8_t *p)
{
    return vld1q_u8(p);
}
static inline void v_store(uint8_t *p, vec a)
{
    vst1q_u8(p, a);
}

#include "codec/bitshuffle/transpose.inc"
