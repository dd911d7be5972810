/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pixel loops compiled for AVX-512. */
#define LBC_KERNELS lbc_frame_kernels_avx512
#include "frame/kernels.inc"
