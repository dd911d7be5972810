/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/cpu.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic int level_in_force;
static int level_of_machine;

static const char *const names[] = {"c", "neon", "sse2", "avx2", "avx512"};

static void detect(void)
{
    int level = LBC_CPU_C;
#if defined(__x86_64__)
    __builtin_cpu_init();
    level = LBC_CPU_SSE2;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"))
        level = LBC_CPU_AVX2;
    if (level == LBC_CPU_AVX2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        level = LBC_CPU_AVX512;
#elif defined(__aarch64__)
    level = LBC_CPU_NEON;
#endif
    level_of_machine = level;
    atomic_store(&level_in_force, level);
}

lbc_cpu_level lbc_cpu(void)
{
    pthread_once(&once, detect);
    return (lbc_cpu_level)atomic_load_explicit(&level_in_force, memory_order_relaxed);
}

void lbc_cpu_limit(lbc_cpu_level limit)
{
    pthread_once(&once, detect);
    atomic_store(&level_in_force, (int)limit < level_of_machine ? (int)limit : level_of_machine);
}

int lbc_cpu_level_by_name(const char *name)
{
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
        if (strcmp(name, names[i]) == 0) return i;
    return -1;
}

const char *lbc_cpu_level_name(lbc_cpu_level level)
{
    return names[level];
}
