/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* forecast.h - what coding a block would cost and gain, pass by pass, without coding it.
 *
 * From how many coefficients reach each plane and how large they are: the cost from the entropy, the gain
 * from what a magnitude's bits take from its squared error. Good to some ten per cent, which is enough to
 * know which passes can be left out, and to begin the search for the slope threshold near its end.
 *
 * A forecast is a function of the frame only, by arithmetic that is the same everywhere, so that
 * codestreams are too.
 */
#ifndef LBC_CODEC_J2K_FORECAST_H
#define LBC_CODEC_J2K_FORECAST_H

#include "codec/j2k/layout.h"

enum { LBC_J2K_PLANES = 31, LBC_J2K_MAX_PASSES = 3 * LBC_J2K_PLANES - 2 };

/* Coefficients of a block whose magnitude is at least 2^plane, for each plane below `planes`, and the sum of
 * the magnitudes, shifted down by `shift`, of those that are below 2^(plane + 1). By row, bits of the largest
 * magnitude. */
typedef struct lbc_j2k_census {
    uint32_t planes, shift;
    uint32_t sum[LBC_J2K_PLANES];
    uint16_t reach[LBC_J2K_PLANES];
    uint8_t row_planes[1 << LBC_J2K_LOG2_BLOCK];
} lbc_j2k_census;

/* Row by row, from a census of zeros; when all rows of w <= 64 coefficients are in it, the end makes it what it should
 * be, where it may need them once more. */
void lbc_j2k_census_row(lbc_j2k_census *census, uint32_t y, const uint32_t *row, uint32_t w);
void lbc_j2k_census_end(lbc_j2k_census *census, const uint32_t *rows, size_t stride, uint32_t w, uint32_t h);

/* By coding pass: bytes, squared error taken away, and the latter per byte. Slopes never rise from pass to pass: one
 * that does better than what is before it is averaged with it. */
typedef struct lbc_j2k_forecast {
    float bytes[LBC_J2K_MAX_PASSES];
    float gain[LBC_J2K_MAX_PASSES];
    float slope[LBC_J2K_MAX_PASSES];
} lbc_j2k_forecast;

/* What packet headers say of a block when it first comes in, and then about once in a plane. */
static inline double lbc_j2k_header_bytes(uint32_t pass)
{
    return pass ? 0.5 : 3;
}

/* weight: squared error in pixels of an error of one unit of the coefficients. exact: as in
 * lbc_j2k_block_encode. */
void lbc_j2k_make_forecast(lbc_j2k_forecast *f, const lbc_j2k_census *census, const lbc_j2k_block *block, double weight,
                           bool exact);

/* A pass as it turned out, or as it can be told better; bytes without packet headers. Slopes are due then. */
void lbc_j2k_correct_forecast(lbc_j2k_forecast *f, uint32_t pass, double bytes, double gain);
void lbc_j2k_forecast_slopes(lbc_j2k_forecast *f, uint32_t planes);
/* The lowest plane that has a pass of at least that slope; all of the planes when none has. */
uint32_t lbc_j2k_forecast_plane(const lbc_j2k_forecast *f, uint32_t planes, double slope);

/* The passes of a plane whose neighbourhoods are known: significance propagation, refinement, clean-up. In units
 * of the step squared. */
typedef struct lbc_j2k_outlook {
    double bytes[3], gain[3];
} lbc_j2k_outlook;

/* near: coefficients that are not significant but have a significant neighbour; rising: those of them that this
 * plane makes significant. n: coefficients of the block. */
lbc_j2k_outlook lbc_j2k_make_outlook(const lbc_j2k_census *census, uint32_t n, uint32_t plane, uint32_t near,
                                     uint32_t rising, bool exact);

/* The slope at which the passes of n blocks with at least that slope cost about `bytes`; 0 when all cost less. */
double lbc_j2k_forecast_threshold(const lbc_j2k_forecast *forecasts, const lbc_j2k_census *census, uint32_t n,
                                  double bytes);

#endif
