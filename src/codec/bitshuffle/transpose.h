/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* transpose.h - the transposition kernels, one pair per instruction set.
 *
 * A kernel does the groups of 8 elements begin .. end-1 of a block whose planes are stride bytes
 * each; elements and planes point to the whole block.
 */
#ifndef LBC_CODEC_BITSHUFFLE_TRANSPOSE_H
#define LBC_CODEC_BITSHUFFLE_TRANSPOSE_H

#include <stddef.h>
#include <stdint.h>

typedef void lbc_to_planes_fn(uint8_t *restrict planes, const uint8_t *restrict elements, size_t size, size_t stride,
                              size_t begin, size_t end);
typedef void lbc_from_planes_fn(uint8_t *restrict elements, const uint8_t *restrict planes, size_t size, size_t stride,
                                size_t begin, size_t end);

lbc_to_planes_fn lbc_to_planes_c, lbc_to_planes_sse2, lbc_to_planes_avx2, lbc_to_planes_avx512, lbc_to_planes_neon;
lbc_from_planes_fn lbc_from_planes_c, lbc_from_planes_sse2, lbc_from_planes_avx2, lbc_from_planes_avx512,
    lbc_from_planes_neon;

#endif
