/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/bitshuffle/bitshuffle.h"
#include "codec/bitshuffle/transpose.h"

#include "base/cpu.h"

/* The 8 x 8 bit matrix whose row i is byte i, transposed (Warren, Hacker's Delight, 7-3). */
static uint64_t transpose8(uint64_t x)
{
    uint64_t t = (x ^ (x >> 7)) & UINT64_C(0x00AA00AA00AA00AA);
    x ^= t ^ (t << 7);
    t = (x ^ (x >> 14)) & UINT64_C(0x0000CCCC0000CCCC);
    x ^= t ^ (t << 14);
    t = (x ^ (x >> 28)) & UINT64_C(0x00000000F0F0F0F0);
    return x ^ t ^ (t << 28);
}

void lbc_to_planes_c(uint8_t *restrict planes, const uint8_t *restrict elements, size_t size, size_t stride,
                     size_t begin, size_t end)
{
    for (size_t j = begin; j < end; j++)
        for (size_t k = 0; k < size; k++) {
            const uint8_t *e = elements + 8 * j * size + k;
            uint64_t x = 0;
            for (unsigned i = 0; i < 8; i++) x |= (uint64_t)e[i * size] << (8 * i);
            x = transpose8(x);
            for (unsigned b = 0; b < 8; b++) planes[(8 * k + b) * stride + j] = (uint8_t)(x >> (8 * b));
        }
}

void lbc_from_planes_c(uint8_t *restrict elements, const uint8_t *restrict planes, size_t size, size_t stride,
                       size_t begin, size_t end)
{
    for (size_t j = begin; j < end; j++)
        for (size_t k = 0; k < size; k++) {
            uint8_t *e = elements + 8 * j * size + k;
            uint64_t x = 0;
            for (unsigned b = 0; b < 8; b++) x |= (uint64_t)planes[(8 * k + b) * stride + j] << (8 * b);
            x = transpose8(x);
            for (unsigned i = 0; i < 8; i++) e[i * size] = (uint8_t)(x >> (8 * i));
        }
}

typedef struct kernels {
    lbc_to_planes_fn *to;
    lbc_from_planes_fn *from;
} kernels;

static kernels get(void)
{
#ifdef LBC_HAVE_X86
    const lbc_cpu_level level = lbc_cpu();
    if (level >= LBC_CPU_AVX512) return (kernels){lbc_to_planes_avx512, lbc_from_planes_avx512};
    if (level >= LBC_CPU_AVX2) return (kernels){lbc_to_planes_avx2, lbc_from_planes_avx2};
    if (level >= LBC_CPU_SSE2) return (kernels){lbc_to_planes_sse2, lbc_from_planes_sse2};
#endif
#ifdef LBC_HAVE_NEON
    if (lbc_cpu() >= LBC_CPU_NEON) return (kernels){lbc_to_planes_neon, lbc_from_planes_neon};
#endif
    return (kernels){lbc_to_planes_c, lbc_from_planes_c};
}

void lbc_bits_to_planes(void *restrict planes, const void *restrict elements, size_t n, size_t size)
{
    get().to(planes, elements, size, n / 8, 0, n / 8);
}

void lbc_bits_from_planes(void *restrict elements, const void *restrict planes, size_t n, size_t size)
{
    get().from(elements, planes, size, n / 8, 0, n / 8);
}
