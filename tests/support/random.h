/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* random.h - repeatable random numbers for tests, and every instruction set in turn. */
#ifndef LBC_TESTS_RANDOM_H
#define LBC_TESTS_RANDOM_H

#include "base/cpu.h"

#include <stddef.h>
#include <stdint.h>

/* xorshift64* (S. Vigna (2016), ACM Trans. Math. Softw. 42(4)); state is never 0. */
static inline uint32_t random_u32(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)((*state * UINT64_C(2685821657736338717)) >> 32);
}

/* 0 .. n-1 */
static inline uint32_t random_below(uint64_t *state, uint32_t n)
{
    return (uint32_t)((uint64_t)random_u32(state) * n >> 32);
}

/* for (FOR_EACH_LEVEL(level)) ...: the body runs at every level that this machine has, and the
 * machine's own is in force afterwards. */
static inline int next_level(int level)
{
    lbc_cpu_limit(LBC_CPU_AVX512);
    const int best = (int)lbc_cpu();
    if (level <= best) lbc_cpu_limit((lbc_cpu_level)level);
    return level <= best;
}
#define FOR_EACH_LEVEL(level)                                                                                          \
    int level = LBC_CPU_C;                                                                                             \
    next_level(level);                                                                                                 \
    level++

#endif
