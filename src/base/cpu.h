/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cpu.h - which instruction sets a kernel may use. */
#ifndef LBC_BASE_CPU_H
#define LBC_BASE_CPU_H

typedef enum lbc_cpu_level {
    LBC_CPU_C,    /* plain C, as the compiler's baseline allows */
    LBC_CPU_NEON, /* of AArch64; no level of an x86-64 machine, where it is as good as C */
    LBC_CPU_SSE2,
    LBC_CPU_AVX2,   /* with BMI and BMI2; no FMA is ever used */
    LBC_CPU_AVX512, /* F, BW, VL, DQ */
} lbc_cpu_level;

/* The level in force: the machine's, or what lbc_cpu_limit allows of it. Kernels that keep a
 * function pointer choose it with this on each public entry (it is one load). Any thread. */
lbc_cpu_level lbc_cpu(void);
/* Forbids levels above limit for the whole process, for tests and for finding faults. Call it while
 * no other thread runs. */
void lbc_cpu_limit(lbc_cpu_level limit);
/* "c", "neon", "sse2", "avx2", "avx512"; -1 for another word. */
int lbc_cpu_level_by_name(const char *name);
const char *lbc_cpu_level_name(lbc_cpu_level level);

#endif
