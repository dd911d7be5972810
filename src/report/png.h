/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* png.h - bitmaps as PNG inside a page. */
#ifndef LBC_REPORT_PNG_H
#define LBC_REPORT_PNG_H

#include "report/picture.h"
#include "report/text.h"

typedef enum lbc_palette {
    LBC_PALETTE_INK,       /* white to black: the more counts the darker */
    LBC_PALETTE_DIFFERENCE /* blue, white in the middle, red */
} lbc_palette;

/* Appends "data:image/png;base64,..." . Out of memory, the text has failed. */
void lbc_png_add(lbc_text *text, const lbc_bitmap *bitmap, lbc_palette palette);

#endif
