/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* picture.h - a frame before and after, and the difference, as people look at diffraction: inverted,
 * on a logarithmic scale, with a zoom into its strongest spots. */
#ifndef LBC_REPORT_PICTURE_H
#define LBC_REPORT_PICTURE_H

#include "report/figures.h"

/* Pixels of a bitmap are indices: 0 .. LBC_SHADES - 1 is the scale, then the marks. */
#define LBC_SHADES           253
#define LBC_SHADE_MASKED     254
#define LBC_SHADE_OVERLOADED 255

typedef struct lbc_bitmap {
    uint32_t nx, ny;
    uint8_t *shade; /* [ny * nx]; NULL: none */
} lbc_bitmap;

/* before and after: shade 0 is no count, the last is `top` counts or more, and between them shade goes with
 * log(1 + count / base). difference (after - before): the middle shade is none, the ends are -span and +span,
 * linear. */
typedef struct lbc_panel {
    lbc_bitmap before, after, difference;
    double base, top, span;
} lbc_panel;

typedef struct lbc_picture {
    uint64_t number; /* of the frame in the output, from 1 */
    uint32_t shrink; /* pixels of the frame a side of one of the picture, which is their mean */
    lbc_panel whole;
    lbc_panel zoom[LBC_STRONGEST];
    lbc_spot spot[LBC_STRONGEST]; /* in the middle of each zoom */
    unsigned zooms;
} lbc_picture;

/* Draws a pair of frames, m being their measures. The picture is the caller's unless this fails. */
lbc_status lbc_picture_make(lbc_picture *picture, uint64_t number, const int32_t *before, const int32_t *after,
                            lbc_shape shape, const lbc_frame_measures *m, lbc_error *err);
void lbc_picture_free(lbc_picture *picture);

#endif
