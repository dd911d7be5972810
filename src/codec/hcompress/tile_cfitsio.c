/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tile coder on cfitsio's routines. */
#include "base/bytes.h"
#include "codec/hcompress/stream.h"
#include "codec/hcompress/tile.h"

#include <fitsio.h>
#include <string.h>

/* cfitsio does not bound its bit writer, so its output gets room for the worst case: every plane of
 * every quadrant as a bit map, and the signs. */
static size_t worst_case(size_t pixels) { return 64 + pixels * 8; }

lbc_status lbc_hcomp_tile_encode(lbc_buffer *scratch, const lbc_hcomp_tile *tile, const int32_t *pixels, uint8_t *body,
                                 size_t capacity, size_t *size)
{
    size_t n = (size_t)tile->rows * tile->cols, room = worst_case(n);
    if (!lbc_buffer_need(scratch, n * 8 + room)) return LBC_E_MEMORY;
    char *out = (char *)scratch->data + n * 8;
    long bytes = (long)room;
    int status = 0;
    if (tile->wide) {
        LONGLONG *a = (LONGLONG *)(void *)scratch->data;
        for (size_t i = 0; i < n; i++)
            a[i] = pixels[i];
        fits_hcompress64(a, (int)tile->cols, (int)tile->rows, tile->scale, out, &bytes, &status);
    } else {
        memcpy(scratch->data, pixels, n * sizeof *pixels);
        fits_hcompress((int *)(void *)scratch->data, (int)tile->cols, (int)tile->rows, tile->scale, out, &bytes,
                       &status);
    }
    if (status) return LBC_E_MEMORY;
    size_t body_size = (size_t)bytes - LBC_HCOMP_REPEATED;
    if (body_size > capacity) return LBC_E_SPACE;
    memcpy(body, out + LBC_HCOMP_REPEATED, body_size);
    *size = body_size;
    return LBC_OK;
}

lbc_status lbc_hcomp_tile_decode(lbc_buffer *scratch, const lbc_hcomp_tile *tile, const uint8_t *body, size_t size,
                                 int32_t *pixels)
{
    size_t n = (size_t)tile->rows * tile->cols;
    if (!lbc_buffer_need(scratch, n * 8 + LBC_HCOMP_REPEATED + size)) return LBC_E_MEMORY;
    uint8_t *in = scratch->data + n * 8;
    in[0] = 0xdd;
    in[1] = 0x99;
    lbc_put_be32(in + 2, tile->rows);
    lbc_put_be32(in + 6, tile->cols);
    lbc_put_be32(in + 10, (uint32_t)tile->scale);
    memcpy(in + LBC_HCOMP_REPEATED, body, size);
    int rows, cols, scale, status = 0;
    fits_hdecompress64(in, 0, (LONGLONG *)(void *)scratch->data, &cols, &rows, &scale, &status);
    if (status) return LBC_E_FORMAT;
    memcpy(pixels, scratch->data, n * sizeof *pixels);
    return LBC_OK;
}
