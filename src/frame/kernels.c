/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define LBC_KERNELS lbc_frame_kernels_c
#include "frame/kernels.inc"

#include "base/cpu.h"

const lbc_frame_kernels *lbc_frame_kernels_get(void)
{
#ifdef LBC_HAVE_X86
    const lbc_cpu_level level = lbc_cpu();
    if (level >= LBC_CPU_AVX512) return &lbc_frame_kernels_avx512;
    if (level >= LBC_CPU_AVX2) return &lbc_frame_kernels_avx2;
#endif
    return &lbc_frame_kernels_c;
}
