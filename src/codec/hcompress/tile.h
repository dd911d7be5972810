/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tile.h - one tile to its body and back (hcompress.h says what a body is). */
#ifndef LBC_CODEC_HCOMPRESS_TILE_H
#define LBC_CODEC_HCOMPRESS_TILE_H

#include "base/memory.h"
#include "codec/hcompress/planes.h"
#include "codec/hcompress/transform.h"
#include "lbc.h"

/* What all tiles of a frame have in common, and working memory that is kept from tile to tile. */
typedef struct lbc_hcomp_coder {
    const lbc_hcomp_loops *loops;
    const lbc_hcomp_plane_loops *plane_loops;
    lbc_buffer *memory;
    int32_t scale;     /* the stream's, times 2^fraction */
    int32_t largest;   /* no count is above; encode and roundtrip only */
    uint32_t fraction; /* bits that values have behind the point: those of lbc_diffuse; 0: they are counts */
} lbc_hcomp_coder;

/* Chooses loops for this machine. fraction: 0, or at least 4, with which scale and largest still fit 31 bits. */
lbc_hcomp_coder lbc_hcomp_coder_init(lbc_buffer *memory, int32_t scale, int32_t largest, uint32_t fraction);

/* Largest body of a tile. */
size_t lbc_hcomp_tile_bound(uint32_t rows, uint32_t cols, int32_t scale, int32_t largest);

/* Counts are int32_t[rows * cols], 0 .. coder->largest; rows, cols >= 4. */
lbc_status lbc_hcomp_tile_encode(const lbc_hcomp_coder *coder, uint32_t rows, uint32_t cols, const int32_t *counts,
                                 uint8_t *body, size_t capacity, size_t *size);
lbc_status lbc_hcomp_tile_decode(const lbc_hcomp_coder *coder, uint32_t rows, uint32_t cols, const uint8_t *body,
                                 size_t size, int32_t *values);
/* counts = decode(encode(counts)). size: NULL, or gets the bytes of the body. */
lbc_status lbc_hcomp_tile_roundtrip(const lbc_hcomp_coder *coder, uint32_t rows, uint32_t cols, int32_t *counts,
                                    size_t *size);

#endif
