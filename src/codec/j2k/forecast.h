/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* forecast.h - what coding a block would cost and gain, plane by plane, without coding it.
 *
 * From how many coefficients reach each plane and how large they are: the cost from the entropy, the gain
 * from what a magnitude's bits take from its squared error. Good to some ten per cent, which is enough to
 * know which planes can be left out, and to begin the search for the slope threshold near its end.
 *
 * A forecast is a function of the frame only, by arithmetic that is the same everywhere, so that
 * codestreams are too.
 */
#ifndef LBC_CODEC_J2K_FORECAST_H
#define LBC_CODEC_J2K_FORECAST_H

#include "codec/j2k/layout.h"

enum { LBC_J2K_PLANES = 31 };

/* Coefficients of a block whose magnitude is at least 2^plane, for each plane below `planes`, and the sum of
 * the magnitudes, shifted down by `shift`, of those that are below 2^(plane + 1). */
typedef struct lbc_j2k_census {
    uint32_t planes, shift;
    uint16_t reach[LBC_J2K_PLANES];
    uint32_t sum[LBC_J2K_PLANES];
} lbc_j2k_census;

void lbc_j2k_take_census(lbc_j2k_census *census, const lbc_j2k_block *block, const uint32_t *rows, size_t stride);

/* By plane: bytes, squared error taken away, and the latter per byte. Slopes fall from plane to plane (a plane
 * that does better than the one above it is averaged with it). */
typedef struct lbc_j2k_forecast {
    float bytes[LBC_J2K_PLANES];
    float gain[LBC_J2K_PLANES];
    float slope[LBC_J2K_PLANES];
} lbc_j2k_forecast;

/* What packet headers say of a block when it first comes in, and then about once in a plane. */
static inline double lbc_j2k_header_bytes(bool first) { return first ? 3 : 1.5; }

/* weight: squared error in pixels of an error of one unit of the coefficients. exact: as in
 * lbc_j2k_block_encode. */
void lbc_j2k_make_forecast(lbc_j2k_forecast *f, const lbc_j2k_census *census, const lbc_j2k_block *block,
                           double weight, bool exact);

/* The slope at which the planes of n blocks with at least that slope cost about `bytes`; 0 when all planes
 * cost less. */
double lbc_j2k_forecast_threshold(const lbc_j2k_forecast *forecasts, const lbc_j2k_census *census, uint32_t n,
                                  double bytes);

#endif
