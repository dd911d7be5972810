/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* image.h - one image of the series: expected photons become counts, counts become stored pixels. */
#ifndef LBC_SIMULATE_IMAGE_H
#define LBC_SIMULATE_IMAGE_H

#include "simulate/random.h"
#include "simulate/spots.h"

/* What all images share. Read-only while images are drawn, by any number of threads. */
typedef struct lbc_scene {
    lbc_detector detector;
    lbc_crystal crystal;
    lbc_scan scan;
    lbc_spots spots;
    double spot_sigma;                        /* pixels */
    uint32_t cutoff;                          /* saturation value: a higher count is stored as cutoff + 1 */
    uint64_t key;                             /* of the photons' noise */
    uint16_t *background;                     /* [ny * nx] levels */
    lbc_poisson level[LBC_BACKGROUND_LEVELS]; /* those in use */
    lbc_poisson_any poisson;
} lbc_scene;

typedef struct lbc_image_facts {
    uint64_t overloaded;
    uint64_t photons; /* of pixels neither masked nor overloaded */
} lbc_image_facts;

/* Zero-initialise scene and set its detector; the simulation's values must all be settled (no 0 that stands for
 * another). lbc_scene_free accepts what a failure left, and frees the detector too. */
lbc_status lbc_scene_init(lbc_scene *scene, const lbc_simulation *simulation, lbc_error *err);
void lbc_scene_free(lbc_scene *scene);

/* Draws image n into counts, uint32_t[ny * nx]. */
void lbc_scene_draw(const lbc_scene *scene, uint32_t n, uint32_t *counts);
/* Turns counts into stored pixels of 16 or 32 bits: masked ones become the type's largest value. */
void lbc_scene_store(const lbc_scene *scene, const uint32_t *counts, unsigned bits, void *pixels,
                     lbc_image_facts *facts);

#endif
