/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* figures.h - what a lossy step did to frames, in numbers.
 *
 * Two working frames of one shape are compared: `before`, as it went into the step, and `after`, as it was
 * stored. Pixels that are counts in both enter the figures; those that are counts in only one of them are
 * told apart as lost and gained. Everything is kept as sums and histograms, which merge by adding, so that
 * workers measure frames on their own and a run is the sum of its frames, in any order.
 *
 * Nothing here allocates or fails; memory comes from the caller. Any thread, on different objects.
 */
#ifndef LBC_REPORT_FIGURES_H
#define LBC_REPORT_FIGURES_H

#include "frame/frame.h"

/* ---- the tally: cheap enough for every run --------------------------------------------------- */

typedef struct lbc_tally {
    uint64_t pixels;        /* counts in both frames */
    uint64_t before, after; /* sums of these counts */
    /* Sums of the low and the high 32 bits of the squared differences: exact, whatever they are. */
    uint64_t squares_low, squares_high;
    uint32_t largest;      /* difference */
    uint64_t lost, gained; /* counts in `before` alone, in `after` alone */
} lbc_tally;

/* Adds n pixels to t. */
void lbc_tally_add(lbc_tally *t, const int32_t *before, const int32_t *after, size_t n);
void lbc_tally_merge(lbc_tally *t, const lbc_tally *other);
/* Root of the mean squared difference, and the means. NAN where no pixel was compared. */
double lbc_tally_rmse(const lbc_tally *t);
double lbc_tally_mean_before(const lbc_tally *t);
double lbc_tally_mean_after(const lbc_tally *t);
/* Mean after / mean before - 1. NAN where that is not defined. */
double lbc_tally_relative_shift(const lbc_tally *t);

/* ---- how many pixels hold a count ------------------------------------------------------------ */

/* A bin for each count to 31, then eight to an octave. */
#define LBC_COUNT_BINS 240

/* Smallest count of bin i; i may be LBC_COUNT_BINS. */
uint64_t lbc_count_bin_first(unsigned i);
void lbc_count_histogram(uint64_t bins[LBC_COUNT_BINS], const int32_t *frame, size_t n);

/* ---- means by resolution --------------------------------------------------------------------- */

#define LBC_RADIAL_BINS 100
#define LBC_NO_RING     255

/* Geometry of a frame, the detector taken to be perpendicular to the beam. Lengths in m, wavelength in
 * angstrom, beam centre in pixels from the corner of the first one. */
typedef struct lbc_geometry {
    double wavelength, distance, pixel_x, pixel_y, beam_x, beam_y;
} lbc_geometry;

/* ring[i] is the bin of pixel i, of equal width in 1/d^2, or LBC_NO_RING. Returns 1/d^2, in 1/angstrom^2,
 * at the outer edge of the last bin, which is that of the farthest corner; 0 where the geometry is not
 * known, and every pixel has no ring. */
double lbc_rings(uint8_t *ring, lbc_shape shape, const lbc_geometry *geometry);

/* ---- local means ------------------------------------------------------------------------------ */

#define LBC_BOX        31 /* pixels a side of the box of a local mean */
#define LBC_CELL       8  /* pixels between boxes, along and across */
#define LBC_SHIFT_BINS 1024

/* The relative error of a local mean, |after / before - 1|, in bins: 0 for less than 1e-6, then 128 a
 * decade. Returns the median; NAN when the bins are empty. */
double lbc_shift_median(const uint64_t bins[LBC_SHIFT_BINS]);

/* ---- spots ------------------------------------------------------------------------------------ */

/* A spot is a pixel above mean + 6 sqrt(mean) + 4, mean being that of the box around it, and not below any
 * other within 2 pixels. Its intensity is the sum of 5 x 5 pixels less the background, which is the mean
 * of the pixels of the surrounding 11 x 11 that are outside 7 x 7. */
typedef struct lbc_spot {
    uint32_t x, y;
    float before, after; /* integrated intensities, counts */
} lbc_spot;

/* Means and central moments of the intensities of spots; merged as Chan, Golub and LeVeque (1979) do. */
typedef struct lbc_spot_sums {
    uint64_t n;
    double before, after;             /* means */
    double square_b, square_a, cross; /* sums of (b - mean)^2, (a - mean)^2, and of their product */
    double difference;                /* sum of |after - before| */
} lbc_spot_sums;

void lbc_spot_sums_merge(lbc_spot_sums *s, const lbc_spot_sums *other);
/* Pearson's correlation of the intensities before and after; NAN for fewer than 3 spots, or equal ones. */
double lbc_spot_correlation(const lbc_spot_sums *s);
/* Mean intensity after over mean intensity before; NAN without spots. */
double lbc_spot_scale(const lbc_spot_sums *s);
/* Sum of |after - before| over the sum of before, as an R factor; NAN without spots. */
double lbc_spot_r(const lbc_spot_sums *s);

/* A sample of spots, thinned evenly: every step-th that was offered is kept. */
#define LBC_SPOT_SAMPLE 512
typedef struct lbc_spot_sample {
    uint32_t count, step, skip; /* skip: offers until the next one that is kept. Zero-initialise. */
    lbc_spot spot[LBC_SPOT_SAMPLE];
} lbc_spot_sample;

void lbc_spot_sample_offer(lbc_spot_sample *sample, const lbc_spot *spot);

/* ---- all of them ------------------------------------------------------------------------------ */

typedef struct lbc_measures {
    lbc_tally tally;
    uint64_t counts_before[LBC_COUNT_BINS], counts_after[LBC_COUNT_BINS];
    struct {
        uint64_t pixels, before, after;
    } ring[LBC_RADIAL_BINS];
    uint64_t shift[LBC_SHIFT_BINS];
    lbc_spot_sums spots;
} lbc_measures;

#define LBC_STRONGEST 3

/* Of one frame. */
typedef struct lbc_frame_measures {
    lbc_measures sums;
    lbc_spot_sample sample;
    lbc_spot strongest[LBC_STRONGEST]; /* by intensity before, strongest first; before 0: none */
} lbc_frame_measures;

void lbc_measures_merge(lbc_measures *m, const lbc_measures *other);

/* Bytes of memory that lbc_measure needs, at any alignment that malloc gives; 0: too many. */
size_t lbc_measure_room(lbc_shape shape);
/* Measures a frame; m is overwritten. ring: as lbc_rings made it, or NULL. room: lbc_measure_room bytes. */
void lbc_measure(lbc_frame_measures *m, const int32_t *before, const int32_t *after, lbc_shape shape,
                 const uint8_t *ring, void *room);

#endif
