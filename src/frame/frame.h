/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* frame.h - the working frame, and what is done to it between reading and writing.
 *
 * A working frame is int32_t[ny * nx]. A value >= 0 is a count; two negative values are not counts
 * and survive every step exactly. They are ordered so that min() is the rule for mixing: a block or
 * a sum with a masked contributor is masked, else with an overloaded one overloaded.
 *
 * Sums saturate at INT32_MAX. That is exact for all that can be written: the output saturation value
 * S' is at most 2^31 - 3, and every sum above S' becomes overloaded.
 *
 * No function here allocates or fails; all may be called from several threads on different frames.
 */
#ifndef LBC_FRAME_FRAME_H
#define LBC_FRAME_FRAME_H

#include "lbc.h"

#include <stdbool.h>

#define LBC_OVERLOADED INT32_C(-1)
#define LBC_MASKED     INT32_C(-2)

static inline size_t lbc_shape_pixels(lbc_shape s)
{
    return (size_t)s.ny * s.nx;
}

/* Shape after b x b binning: ceil(n / b) blocks a side. */
lbc_shape lbc_shape_binned(lbc_shape s, uint32_t bin);

size_t lbc_pixel_size(lbc_pixel_type type); /* bytes: 1, 2 or 4 */
bool lbc_pixel_signed(lbc_pixel_type type);
/* Largest value of the type that is a count: unsigned 2^n - 3, signed 2^(n-1) - 1. */
int64_t lbc_pixel_largest_count(lbc_pixel_type type);

/* ---- gather: stored pixels -> binned, summed working frame -------------------------------- */

/* What stored pixels mean and where they go. Constant over a series. */
typedef struct lbc_gather_rule {
    lbc_pixel_type type;
    lbc_shape in;       /* shape of the stored frame */
    uint32_t bin;       /* b >= 1 */
    int64_t saturation; /* S: a count above it is overloaded */
    bool gaps_zero;     /* masked pixels count as 0 (needs mask); else markers become LBC_MASKED */
    /* With gaps_zero: uint8_t[in.ny * in.nx], nonzero where the pixel mask masks; NULL: none.
     * Without gaps_zero it is not read: the series' mask is applied once, after binning, by
     * lbc_frame_finish. */
    const uint8_t *mask;
} lbc_gather_rule;

/* One input frame on its way into an accumulator. Pixels arrive in raster order in runs of any
 * length (a decoder hands over what it has just decoded, while it is in cache). */
typedef struct lbc_gather {
    const lbc_gather_rule *rule;
    int32_t *acc;  /* int32_t[binned shape] */
    uint32_t y, x; /* the next pixel */
    bool first;    /* the accumulator's old content does not count */
} lbc_gather;

/* Begins an input frame. first: the frame starts the sum (acc is overwritten), else it is added. */
void lbc_gather_begin(lbc_gather *g, const lbc_gather_rule *rule, int32_t *acc, bool first);
/* Takes the next n pixels, stored as rule->type in native byte order, at any alignment. Pixels
 * beyond the frame are ignored. */
void lbc_gather_pixels(lbc_gather *g, const void *pixels, size_t n);
/* True when every pixel of the frame has come. */
bool lbc_gather_done(const lbc_gather *g);

/* The same without binning, and without a frame to gather in: out[i] = the working value of pixel first + i of the
 * frame, joined with acc[i] unless acc is NULL. */
void lbc_gather_values(const lbc_gather_rule *rule, int32_t *restrict out, const int32_t *restrict acc,
                       const void *pixels, size_t first, size_t n);

/* acc += other, by the rules above (partial sums of one group made by several workers). */
void lbc_frame_add(int32_t *acc, const int32_t *other, size_t n);

/* Masks every pixel. */
void lbc_frame_mask(int32_t *frame, size_t n);

/* ---- the mask of a series ------------------------------------------------------------------ */

/* Pixel mask of a binned frame: OR over the block of the low 16 bits of mask (NULL: all 0), with
 * bit 0 set in blocks that hang over the edge. out: uint32_t[binned shape]. */
void lbc_mask_bin(uint32_t *out, const uint32_t *mask, lbc_shape in, uint32_t bin);

/* flags[i] = 1 where the low 16 bits of mask[i] are not 0, else 0. Returns how many are 1. */
uint64_t lbc_mask_flags(uint8_t *flags, const uint32_t *mask, size_t n);

/* ---- after the sum ------------------------------------------------------------------------- */

typedef struct lbc_frame_counts {
    uint64_t masked, overloaded; /* pixels so marked; overloaded includes clipped */
    uint64_t clipped;            /* sums above S' that became overloaded */
    uint64_t above_i16;          /* counts above 32767 */
} lbc_frame_counts;

/* Applies the series' binned mask (uint8_t[n], nonzero = masked; NULL: none) and clips: a sum above
 * limit (S') becomes LBC_OVERLOADED. Adds to counts. */
void lbc_frame_finish(int32_t *frame, size_t n, const uint8_t *mask, int32_t limit, lbc_frame_counts *counts);

/* Marks every count of limit as overloaded: with gaps zero an overload is stored as S', and so no count
 * of S' is to be told from one. */
void lbc_frame_mark_limit(int32_t *frame, size_t n, int32_t limit);

/* out = frame with masked pixels 0 and overloaded ones limit: what a lossy codec sees in profile
 * `original`. out may be frame. */
void lbc_frame_fill(int32_t *out, const int32_t *frame, size_t n, int32_t limit);
/* Puts the marks of `marks` back into a decoded frame and clamps the rest to 0..limit. */
void lbc_frame_restore(int32_t *decoded, const int32_t *marks, size_t n, int32_t limit);

/* ---- working frame -> stored pixels -------------------------------------------------------- */

/* How a working frame is stored. Counts are written as they are; the marks as given here. */
typedef struct lbc_store_rule {
    lbc_pixel_type type; /* LBC_U16, LBC_U32 or LBC_I32 */
    int64_t masked;      /* 2^n - 1, or -1 for LBC_I32; with gaps zero: 0 */
    int64_t overloaded;  /* S' + 1; with gaps zero: S' */
} lbc_store_rule;

/* Writes n pixels from a working frame as rule->type, native byte order. */
void lbc_store_pixels(void *out, const int32_t *frame, size_t n, const lbc_store_rule *rule);

#endif
