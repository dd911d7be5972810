/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/hcompress/stream.h"

#include "base/bytes.h"

#include <string.h>

static const uint8_t magic[6] = {'L', 'B', 'C', 'H', 1, 0};

uint32_t lbc_hcomp_tile_count(uint32_t ny, uint32_t tile_rows)
{
    return (ny - 1) / tile_rows + 1;
}

uint32_t lbc_hcomp_rows_of(const lbc_hcomp_stream *s, uint32_t tile)
{
    uint32_t first = tile * s->tile_rows;
    uint32_t left = s->shape.ny - first;
    return left < s->tile_rows ? left : s->tile_rows;
}

size_t lbc_hcomp_length_bytes(size_t length)
{
    size_t bytes = 1;
    for (; length >= 0x80; length >>= 7) bytes++;
    return bytes;
}

size_t lbc_hcomp_put_length(uint8_t *index, size_t length)
{
    size_t bytes = 0;
    for (; length >= 0x80; length >>= 7) index[bytes++] = (uint8_t)(length | 0x80);
    index[bytes++] = (uint8_t)length;
    return bytes;
}

/* Reads one length from p .. end. Returns its bytes; 0: cut off, too long, or not the shortest form. */
static size_t get_length(const uint8_t *p, const uint8_t *end, size_t *length)
{
    size_t value = 0;
    for (size_t i = 0; i < LBC_HCOMP_INDEX_MAX && i < (size_t)(end - p); i++) {
        value |= (size_t)(p[i] & 0x7f) << (7 * i);
        if (p[i] & 0x80) continue;
        if (i > 0 && p[i] == 0) return 0;
        *length = value;
        return i + 1;
    }
    return 0;
}

static lbc_status parse_head(lbc_hcomp_stream *s, const uint8_t *stream, size_t size)
{
    if (size < LBC_HCOMP_HEAD || memcmp(stream, magic, sizeof magic) != 0) return LBC_E_FORMAT;
    s->tile_rows = lbc_get_le16(stream + 6);
    s->shape.ny = lbc_get_le32(stream + 8);
    s->shape.nx = lbc_get_le32(stream + 12);
    uint32_t scale = lbc_get_le32(stream + 16);
    if (s->shape.ny > INT32_MAX || s->shape.nx > LBC_HCOMP_COLS_MAX || scale > INT32_MAX || scale == 0)
        return LBC_E_FORMAT;
    if (s->shape.nx < LBC_HCOMP_SIDE_MIN || s->tile_rows < LBC_HCOMP_SIDE_MIN || s->tile_rows > s->shape.ny ||
        s->tile_rows > LBC_HCOMP_ROWS_MAX)
        return LBC_E_FORMAT;
    s->scale = (int32_t)scale;
    s->tiles = lbc_hcomp_tile_count(s->shape.ny, s->tile_rows);
    return lbc_hcomp_rows_of(s, s->tiles - 1) < LBC_HCOMP_SIDE_MIN ? LBC_E_FORMAT : LBC_OK;
}

lbc_status lbc_hcomp_stream_open(lbc_hcomp_stream *s, const uint8_t *stream, size_t size)
{
    lbc_status status = parse_head(s, stream, size);
    if (status) return status;
    const uint8_t *end = stream + size, *p = stream + LBC_HCOMP_HEAD;
    size_t sum = 0;
    s->index = p;
    for (uint32_t t = 0; t < s->tiles; t++) {
        size_t length, bytes = get_length(p, end, &length);
        if (bytes == 0 || length < LBC_HCOMP_BODY_MIN) return LBC_E_FORMAT;
        p += bytes;
        sum += length;
        if (sum > (size_t)(end - p)) return LBC_E_FORMAT;
    }
    s->body = p;
    return sum == (size_t)(end - p) ? LBC_OK : LBC_E_FORMAT;
}

lbc_hcomp_span lbc_hcomp_stream_next(lbc_hcomp_stream *s, uint32_t tile)
{
    lbc_hcomp_span span = {.first_row = tile * s->tile_rows, .rows = lbc_hcomp_rows_of(s, tile), .body = s->body};
    s->index += get_length(s->index, s->body, &span.size);
    s->body += span.size;
    return span;
}

void lbc_hcomp_put_head(uint8_t *stream, const lbc_hcomp_stream *s)
{
    memcpy(stream, magic, sizeof magic);
    lbc_put_le16(stream + 6, (uint16_t)s->tile_rows);
    lbc_put_le32(stream + 8, s->shape.ny);
    lbc_put_le32(stream + 12, s->shape.nx);
    lbc_put_le32(stream + 16, (uint32_t)s->scale);
}
