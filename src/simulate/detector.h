/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* detector.h - the Eiger that the simulated photons meet: geometry, sensor, faults, and the smooth background. */
#ifndef LBC_SIMULATE_DETECTOR_H
#define LBC_SIMULATE_DETECTOR_H

#include "simulate/simulate.h"

/* Bits of a FileWriter pixel mask. */
#define LBC_PIXEL_GAP   UINT32_C(1)
#define LBC_PIXEL_DEAD  UINT32_C(2)
#define LBC_PIXEL_NOISY UINT32_C(16)

typedef struct lbc_eiger {
    const char *name;        /* as an option takes it: "1M" */
    const char *description; /* as a FileWriter says it: "Dectris Eiger 1M" */
    unsigned modules_x, modules_y;
    double distance; /* a fitting one, m */
} lbc_eiger;

typedef struct lbc_hot_pixel {
    size_t pixel;
    double mean; /* counts an image */
} lbc_hot_pixel;

/* The detector where it stands. */
typedef struct lbc_detector {
    const lbc_eiger *model;
    lbc_shape shape;
    double pixel_size, distance, beam_x, beam_y; /* m, m, pixels, pixels */
    double wavelength, polarization;
    double sensor_thickness;            /* m */
    double attenuation;                 /* of the sensor, 1/m */
    double stop_radius, arm_half_width; /* shadows of the beam stop and of its holder, pixels; 0: none */
    uint32_t *mask;                     /* [ny * nx] */
    uint64_t masked;
    lbc_hot_pixel *hot;
    uint32_t hots;
} lbc_detector;

/* From the simulation's values; lbc_detector_free accepts what a failure left. */
lbc_status lbc_detector_init(lbc_detector *detector, const lbc_simulation *simulation, lbc_error *err);
void lbc_detector_free(lbc_detector *detector);

/* Smallest spacing d that any pixel sees, in angstrom. */
double lbc_detector_d_min(const lbc_detector *detector);
/* Share of light that passes the beam stop to (x, y), in pixels. */
double lbc_detector_transmission(const lbc_detector *detector, double x, double y);
/* Of photons scattered along the unit vector s (imgCIF axes): polarization factor; share the sensor counts; place
 * where they are counted on average, in pixels, by their path in the sensor (false: they miss the plane). */
double lbc_detector_polarization(const lbc_detector *detector, const double s[3]);
double lbc_detector_efficiency(const lbc_detector *detector, const double s[3]);
bool lbc_detector_hit(const lbc_detector *detector, const double s[3], double *x, double *y);

/* Expected background of an image in photons, as levels: level 0 is none, level n is
 * LBC_BACKGROUND_LEAST * 2^((n - 1) / 64), steps of 1.1 percent. levels: uint16_t[ny * nx]. photons: at the top of
 * the solvent ring. */
#define LBC_BACKGROUND_LEVELS 1536
#define LBC_BACKGROUND_LEAST  0x1p-12
double lbc_background_level(unsigned level);
lbc_status lbc_detector_background(const lbc_detector *detector, double photons, uint16_t *levels);

#endif
