/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* spots.h - which reflections cross the Ewald sphere during the rotation, where, when, and how brightly. */
#ifndef LBC_SIMULATE_SPOTS_H
#define LBC_SIMULATE_SPOTS_H

#include "simulate/crystal.h"
#include "simulate/detector.h"

/* One crossing that hits the detector. */
typedef struct lbc_spot {
    lbc_hkl hkl;
    uint16_t turn;  /* tells several crossings of one reflection apart */
    float x, y;     /* pixels from the corner of the first pixel */
    double angle;   /* of rotation at the crossing, degrees */
    float width;    /* standard deviation of the rocking curve, degrees */
    double photons; /* expected over the whole rocking curve */
} lbc_spot;

typedef struct lbc_scan {
    uint32_t images;
    double start, oscillation; /* degrees */
} lbc_scan;

typedef struct lbc_spots {
    lbc_spot *spot;
    size_t count, capacity;
    /* Spots of image n: spot[of_image[first[n]]] .. spot[of_image[first[n + 1] - 1]]. */
    uint32_t *of_image;
    size_t *first; /* [images + 1] */
} lbc_spots;

/* All spots of more than a hundredth of a photon down to d_min; exposure is a factor on their photons, mosaicity in
 * degrees. Zero-initialise spots; lbc_spots_free accepts what a failure left. */
lbc_status lbc_spots_predict(lbc_spots *spots, const lbc_crystal *crystal, const lbc_detector *detector,
                             const lbc_scan *scan, double mosaicity, double exposure, double d_min);
void lbc_spots_free(lbc_spots *spots);

/* Share of the spot's photons that image n records. */
double lbc_spot_share(const lbc_spot *spot, const lbc_scan *scan, uint32_t image);

#endif
