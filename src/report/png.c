/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/png.h"

#include "base/memory.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* ---- palettes -------------------------------------------------------------------------------- */

static const png_color masked = {0xCB, 0xD3, 0xDD}, overloaded = {0xE0, 0x7A, 0x1F};
static const png_color blue = {0x21, 0x5F, 0xA6}, white = {0xFA, 0xFA, 0xFA}, red = {0xB3, 0x26, 0x2B};

static png_byte mix(png_byte a, png_byte b, int part, int whole)
{
    return (png_byte)(a + (b - a) * part / whole);
}

static png_color mixed(png_color a, png_color b, int part, int whole)
{
    return (png_color){mix(a.red, b.red, part, whole), mix(a.green, b.green, part, whole),
                       mix(a.blue, b.blue, part, whole)};
}

static void fill_palette(png_color out[256], lbc_palette palette)
{
    const png_color paper = {0xFF, 0xFF, 0xFF}, ink = {0x0B, 0x0F, 0x14};
    const int last = LBC_SHADES - 1, middle = last / 2;
    for (int i = 0; i < 256; i++)
        if (i > last)
            out[i] = i == LBC_SHADE_OVERLOADED ? overloaded : masked;
        else if (palette == LBC_PALETTE_INK)
            out[i] = mixed(paper, ink, i, last);
        else
            out[i] = i < middle ? mixed(blue, white, i, middle) : mixed(white, red, i - middle, last - middle);
}

/* ---- into memory ----------------------------------------------------------------------------- */

typedef struct {
    uint8_t *data;
    size_t size, capacity;
} bytes;

static void take(png_structp png, png_bytep data, size_t size)
{
    bytes *b = png_get_io_ptr(png);
    if (size > b->capacity - b->size) {
        const size_t capacity = 2 * (b->size + size);
        uint8_t *grown = lbc_alloc(capacity, 1);
        if (!grown) png_error(png, "out of memory");
        if (b->size) memcpy(grown, b->data, b->size);
        free(b->data);
        b->data = grown;
        b->capacity = capacity;
    }
    memcpy(b->data + b->size, data, size);
    b->size += size;
}

static void flush(png_structp png)
{
    (void)png;
}

static void stay_silent(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void give_up(png_structp png, png_const_charp message)
{
    (void)message;
    png_longjmp(png, 1);
}

/* False: out of memory. What setjmp must not lose is all behind pointers. */
static bool encode(bytes *out, const lbc_bitmap *b, const png_color palette[256])
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, give_up, stay_silent);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info || setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        return false;
    }
    png_set_write_fn(png, out, take, flush);
    png_set_IHDR(png, info, b->nx, b->ny, 8, PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_set_PLTE(png, info, palette, 256);
    png_set_compression_level(png, 9);
    png_write_info(png, info);
    for (uint32_t y = 0; y < b->ny; y++) png_write_row(png, b->shade + (size_t)y * b->nx);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return true;
}

/* ---- as text --------------------------------------------------------------------------------- */

static void add_base64(lbc_text *text, const bytes *b)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char piece[4 * 256];
    for (size_t i = 0; i < b->size;) {
        size_t n = 0;
        for (; i < b->size && n < sizeof piece; i += 3, n += 4) {
            const size_t left = b->size - i;
            const unsigned three = (unsigned)b->data[i] << 16 | (left > 1 ? (unsigned)b->data[i + 1] << 8 : 0) |
                                   (left > 2 ? b->data[i + 2] : 0);
            for (int k = 0; k < 4; k++) piece[n + (size_t)k] = letters[three >> (18 - 6 * k) & 63];
            if (left < 3) piece[n + 3] = '=';
            if (left < 2) piece[n + 2] = '=';
        }
        lbc_text_put(text, piece, n);
    }
}

void lbc_png_add(lbc_text *text, const lbc_bitmap *bitmap, lbc_palette palette)
{
    png_color colours[256];
    bytes out = {0};
    fill_palette(colours, palette);
    if (encode(&out, bitmap, colours)) {
        lbc_text_add(text, "data:image/png;base64,");
        add_base64(text, &out);
    } else {
        lbc_text_fail(text);
    }
    free(out.data);
}
