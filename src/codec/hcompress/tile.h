/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tile.h - one tile to its body and back (hcompress.h says what a body is). */
#ifndef LBC_CODEC_HCOMPRESS_TILE_H
#define LBC_CODEC_HCOMPRESS_TILE_H

#include "base/memory.h"
#include "lbc.h"

#include <stdbool.h>

typedef struct lbc_hcomp_tile {
    uint32_t rows, cols; /* at least 4 each */
    int32_t scale;
    bool wide; /* coefficients may leave 32 bits */
} lbc_hcomp_tile;

lbc_status lbc_hcomp_tile_encode(lbc_buffer *scratch, const lbc_hcomp_tile *tile, const int32_t *pixels, uint8_t *body,
                                 size_t capacity, size_t *size);
lbc_status lbc_hcomp_tile_decode(lbc_buffer *scratch, const lbc_hcomp_tile *tile, const uint8_t *body, size_t size,
                                 int32_t *pixels);

#endif
