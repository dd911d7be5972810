/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stream.h - the head and index of a frame's stream (the layout is in hcompress.h). */
#ifndef LBC_CODEC_HCOMPRESS_STREAM_H
#define LBC_CODEC_HCOMPRESS_STREAM_H

#include "lbc.h"

#include <stdint.h>

#define LBC_HCOMP_HEAD       20 /* bytes before the index */
#define LBC_HCOMP_INDEX_MAX  4  /* bytes of one length, at most */
#define LBC_HCOMP_LENGTH_MAX 0xfffffff
#define LBC_HCOMP_REPEATED   14  /* bytes of an HCOMPRESS_1 stream that a body leaves out */
#define LBC_HCOMP_BODY_MIN   12  /* bytes of the shortest body: no planes, no signs */
#define LBC_HCOMP_SIDE_MIN   4   /* rows and columns of the smallest tile */
#define LBC_HCOMP_ROWS_MAX   255 /* of a tile; bounds what a decoder needs of memory */
#define LBC_HCOMP_COLS_MAX   (1 << 24)

/* How a frame is cut, and where in its stream the tiles are. */
typedef struct lbc_hcomp_stream {
    lbc_shape shape;
    int32_t scale;
    uint32_t tile_rows;
    uint32_t tiles;
    /* A cursor over the tiles: the next one's place in the index and its body. */
    const uint8_t *index, *body;
} lbc_hcomp_stream;

/* One tile: rows first_row .. first_row + rows - 1, and its body. */
typedef struct lbc_hcomp_span {
    uint32_t first_row, rows;
    const uint8_t *body;
    size_t size;
} lbc_hcomp_span;

/* Tiles of `tile_rows` rows that make ny. */
uint32_t lbc_hcomp_tile_count(uint32_t ny, uint32_t tile_rows);
/* Rows of tile number `tile`. */
uint32_t lbc_hcomp_rows_of(const lbc_hcomp_stream *s, uint32_t tile);

/* Parses a stream's head, and checks head and index against each other and against size: after LBC_OK the
 * `s->tiles` bodies fill the stream to its last byte. The bodies themselves are not looked at. */
lbc_status lbc_hcomp_stream_open(lbc_hcomp_stream *s, const uint8_t *stream, size_t size);
/* The next tile; called at most s->tiles times, with tile = 0, 1, ... */
lbc_hcomp_span lbc_hcomp_stream_next(lbc_hcomp_stream *s, uint32_t tile);

/* Writes the head (LBC_HCOMP_HEAD bytes) of a frame cut like s. */
void lbc_hcomp_put_head(uint8_t *stream, const lbc_hcomp_stream *s);
/* Writes a length below 2^28 and returns its bytes, 1 .. LBC_HCOMP_INDEX_MAX. */
size_t lbc_hcomp_put_length(uint8_t *index, size_t length);
size_t lbc_hcomp_length_bytes(size_t length);

#endif
