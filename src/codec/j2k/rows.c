/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define ROWS lbc_j2k_rows_c
#include "codec/j2k/rows_template.h"

#include "base/cpu.h"

const lbc_j2k_rows *lbc_j2k_rows_best(void)
{
#if defined(__x86_64__)
    const lbc_cpu_level level = lbc_cpu();
    if (level >= LBC_CPU_AVX512) return &lbc_j2k_rows_avx512;
    if (level >= LBC_CPU_AVX2) return &lbc_j2k_rows_avx2;
#endif
    return &lbc_j2k_rows_c;
}
