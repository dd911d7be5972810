/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A frame's stream as a FITS file. FITS standard 4.0: blocks of 2880 bytes (3.1), cards of 80 (4.1), binary table with
 * variable-length arrays (7.3.5), tiled image compression (10.1), HCOMPRESS_1 (10.4.4). */
#include "base/bytes.h"
#include "codec/hcompress/hcompress.h"
#include "codec/hcompress/stream.h"

#include <stdio.h>
#include <string.h>

#define BLOCK      2880
#define CARD       80
#define DESCRIPTOR 8 /* length and heap offset of one tile, 32 bits each */

static size_t whole_blocks(size_t bytes)
{
    return (bytes + BLOCK - 1) / BLOCK * BLOCK;
}

/* Longest tile and all tiles together, as HCOMPRESS_1 streams. */
static void measure(lbc_hcomp_stream s, size_t *longest, size_t *heap)
{
    *longest = *heap = 0;
    for (uint32_t t = 0; t < s.tiles; t++) {
        size_t size = lbc_hcomp_stream_next(&s, t).size + LBC_HCOMP_REPEATED;
        if (size > *longest) *longest = size;
        *heap += size;
    }
}

/* Cards are written one after the other; the block was filled with spaces. */
typedef struct header {
    uint8_t *at;
} header;

static void put_card(header *h, const char *key, const char *value, const char *comment)
{
    char card[CARD + 1];
    int n = snprintf(card, sizeof card, "%-8s= %s / %s", key, value, comment);
    memcpy(h->at, card, (size_t)n < CARD ? (size_t)n : CARD);
    h->at += CARD;
}

static void put_integer(header *h, const char *key, long long value, const char *comment)
{
    char text[32];
    snprintf(text, sizeof text, "%20lld", value);
    put_card(h, key, text, comment);
}

static void put_true(header *h, const char *key, const char *comment)
{
    put_card(h, key, "                   T", comment);
}

static void put_string(header *h, const char *key, const char *value, const char *comment)
{
    char quoted[72], text[72];
    snprintf(quoted, sizeof quoted, "'%-8s'", value);
    snprintf(text, sizeof text, "%-20s", quoted);
    put_card(h, key, text, comment);
}

static void put_end(header *h)
{
    memcpy(h->at, "END", 3);
}

static void put_primary(uint8_t *block)
{
    header h = {block};
    put_true(&h, "SIMPLE", "file does conform to FITS standard");
    put_integer(&h, "BITPIX", 8, "no data in the primary HDU");
    put_integer(&h, "NAXIS", 0, "number of data axes");
    put_true(&h, "EXTEND", "FITS dataset may contain extensions");
    put_end(&h);
}

static void put_table(uint8_t *block, const lbc_hcomp_stream *s, int32_t limit, size_t longest, size_t heap)
{
    char form[32], scale[32];
    header h = {block};
    snprintf(form, sizeof form, "1PB(%zu)", longest);
    /* fpack's convention: a negative scale is absolute, not relative to the noise. */
    snprintf(scale, sizeof scale, "%18d.0", -s->scale);
    put_string(&h, "XTENSION", "BINTABLE", "binary table extension");
    put_integer(&h, "BITPIX", 8, "8-bit bytes");
    put_integer(&h, "NAXIS", 2, "2-dimensional binary table");
    put_integer(&h, "NAXIS1", DESCRIPTOR, "width of table in bytes");
    put_integer(&h, "NAXIS2", s->tiles, "number of rows in table");
    put_integer(&h, "PCOUNT", (long long)heap, "size of special data area");
    put_integer(&h, "GCOUNT", 1, "one data group");
    put_integer(&h, "TFIELDS", 1, "number of fields in each row");
    put_string(&h, "TTYPE1", "COMPRESSED_DATA", "label for field 1");
    put_string(&h, "TFORM1", form, "variable length array");
    put_true(&h, "ZIMAGE", "extension contains compressed image");
    put_integer(&h, "ZTILE1", s->shape.nx, "size of tiles to be compressed");
    put_integer(&h, "ZTILE2", s->tile_rows, "size of tiles to be compressed");
    put_string(&h, "ZCMPTYPE", "HCOMPRESS_1", "compression algorithm");
    put_string(&h, "ZNAME1", "SCALE", "HCOMPRESS scale factor");
    put_card(&h, "ZVAL1", scale, "absolute where negative");
    put_string(&h, "ZNAME2", "SMOOTH", "HCOMPRESS smooth option");
    put_integer(&h, "ZVAL2", 0, "HCOMPRESS smooth option");
    put_string(&h, "EXTNAME", "COMPRESSED_IMAGE", "");
    put_true(&h, "ZSIMPLE", "conforms to FITS standard");
    put_integer(&h, "ZBITPIX", limit <= INT16_MAX ? 16 : 32, "bits of a pixel, signed");
    put_integer(&h, "ZNAXIS", 2, "number of data axes");
    put_integer(&h, "ZNAXIS1", s->shape.nx, "pixels of a row");
    put_integer(&h, "ZNAXIS2", s->shape.ny, "rows");
    put_true(&h, "ZEXTEND", "FITS dataset may contain extensions");
    put_end(&h);
}

/* Descriptors, then the tiles, each with what its body leaves out. Returns the end. */
static uint8_t *put_data(uint8_t *data, lbc_hcomp_stream s)
{
    static const uint8_t magic[2] = {0xdd, 0x99};
    uint8_t *heap = data + (size_t)s.tiles * DESCRIPTOR, *p = heap;
    for (uint32_t t = 0; t < s.tiles; t++) {
        lbc_hcomp_span span = lbc_hcomp_stream_next(&s, t);
        lbc_put_be32(data + (size_t)t * DESCRIPTOR, (uint32_t)(span.size + LBC_HCOMP_REPEATED));
        lbc_put_be32(data + (size_t)t * DESCRIPTOR + 4, (uint32_t)(p - heap));
        memcpy(p, magic, sizeof magic);
        lbc_put_be32(p + 2, span.rows);
        lbc_put_be32(p + 6, s.shape.nx);
        lbc_put_be32(p + 10, (uint32_t)s.scale);
        memcpy(p + LBC_HCOMP_REPEATED, span.body, span.size);
        p += LBC_HCOMP_REPEATED + span.size;
    }
    return p;
}

lbc_status lbc_hcomp_fits_size(const uint8_t *stream, size_t size, size_t *fits_size)
{
    lbc_hcomp_stream s;
    lbc_status status = lbc_hcomp_stream_open(&s, stream, size);
    if (status) return status;
    size_t longest, heap;
    measure(s, &longest, &heap);
    if (heap > INT32_MAX) return LBC_E_UNSUPPORTED;
    *fits_size = 2 * BLOCK + whole_blocks((size_t)s.tiles * DESCRIPTOR + heap);
    return LBC_OK;
}

lbc_status lbc_hcomp_to_fits(const uint8_t *stream, size_t size, int32_t limit, uint8_t *fits, size_t capacity,
                             size_t *fits_size)
{
    lbc_status status = lbc_hcomp_fits_size(stream, size, fits_size);
    if (status) return status;
    if (*fits_size > capacity) return LBC_E_SPACE;
    lbc_hcomp_stream s;
    lbc_hcomp_stream_open(&s, stream, size);
    size_t longest, heap;
    measure(s, &longest, &heap);
    memset(fits, ' ', 2 * BLOCK);
    put_primary(fits);
    put_table(fits + BLOCK, &s, limit, longest, heap);
    uint8_t *end = put_data(fits + 2 * BLOCK, s);
    memset(end, 0, (size_t)(fits + *fits_size - end));
    return LBC_OK;
}
