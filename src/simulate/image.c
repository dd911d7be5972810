/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simulate/image.h"

#include "base/memory.h"
#include "codec/codec.h"
#include "simulate/elementary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SPOT_REACH 4.5  /* standard deviations of a spot that are drawn */
#define BOX_MAX    128  /* pixels a side; the options keep spots smaller */
#define LEAST_MEAN 1e-3 /* photons on an image, below which a spot is not drawn on it */

#define MOST_INDICES 1e9 /* triples of indices that are looked at */

/* ---- the scene ----------------------------------------------------------------------------- */

static lbc_status init_background(lbc_scene *scene, const lbc_simulation *simulation)
{
    const size_t n = lbc_shape_pixels(scene->detector.shape);
    scene->background = lbc_alloc_aligned(n, sizeof *scene->background);
    if (!scene->background) return LBC_E_MEMORY;
    lbc_status status =
        lbc_detector_background(&scene->detector, simulation->background * simulation->exposure, scene->background);
    for (size_t i = 0; status == LBC_OK && i < n; i++) {
        lbc_poisson *level = &scene->level[scene->background[i]];
        if (scene->background[i] && !level->cells)
            status = lbc_poisson_init(level, lbc_background_level(scene->background[i]));
    }
    return status;
}

lbc_status lbc_scene_init(lbc_scene *scene, const lbc_simulation *simulation, lbc_error *err)
{
    bool own_cell = false;
    for (int i = 0; i < 6; i++) own_cell |= simulation->cell[i] != 0.0;
    lbc_status status = lbc_crystal_init(&scene->crystal, simulation->space_group, own_cell ? simulation->cell : NULL,
                                         simulation->seed, err);
    if (status != LBC_OK) return status;
    int limit[3];
    lbc_crystal_limits(&scene->crystal, simulation->d_min, limit);
    if ((2.0 * limit[0] + 1) * (2.0 * limit[1] + 1) * (2.0 * limit[2] + 1) > MOST_INDICES)
        return lbc_fail(err, LBC_E_ARGUMENT, "too many reflections to %.2f A: give a larger d_min or a smaller cell",
                        simulation->d_min);
    scene->crystal.intensity = simulation->intensity;
    scene->crystal.b_factor = simulation->b_factor;
    scene->crystal.anomalous = simulation->anomalous;
    scene->scan = (lbc_scan){simulation->images, simulation->start, simulation->oscillation};
    scene->spot_sigma = simulation->spot;
    scene->cutoff = simulation->cutoff;
    scene->key = lbc_random_key(simulation->seed, 4);
    status = init_background(scene, simulation);
    if (status == LBC_OK) status = lbc_poisson_any_init(&scene->poisson);
    if (status == LBC_OK)
        status = lbc_spots_predict(&scene->spots, &scene->crystal, &scene->detector, &scene->scan,
                                   simulation->mosaicity, simulation->exposure, simulation->d_min);
    return status == LBC_OK ? LBC_OK : lbc_fail(err, status, "no memory for the spots and the background");
}

void lbc_scene_free(lbc_scene *scene)
{
    lbc_spots_free(&scene->spots);
    lbc_poisson_any_free(&scene->poisson);
    for (unsigned n = 0; n < LBC_BACKGROUND_LEVELS; n++) lbc_poisson_free(&scene->level[n]);
    free(scene->background);
    scene->background = NULL;
    lbc_detector_free(&scene->detector);
}

/* ---- drawing ------------------------------------------------------------------------------- */

static void draw_background(const lbc_scene *scene, uint64_t key, uint32_t *counts)
{
    const size_t n = lbc_shape_pixels(scene->detector.shape);
    for (size_t i = 0; i < n; i++)
        counts[i] = lbc_poisson_draw(&scene->level[scene->background[i]], lbc_random(key, i));
}

/* Shares of a normal distribution about centre that fall into pixels first .. first + n - 1. */
static void pixel_shares(double centre, double sigma, int first, int n, double *share)
{
    double below = lbc_normal_cdf((first - centre) / sigma);
    for (int i = 0; i < n; i++) {
        const double above = lbc_normal_cdf((first + i + 1 - centre) / sigma);
        share[i] = above - below;
        below = above;
    }
}

/* The pixels within reach of centre that the detector has: first and number. */
static int box(double centre, double sigma, uint32_t size, int *first)
{
    const double reach = SPOT_REACH * sigma;
    const double from = fmax(floor(centre - reach), 0.0), to = fmin(ceil(centre + reach), size);
    *first = (int)from;
    return (int)fmin(fmax(to - from, 0.0), BOX_MAX);
}

static void draw_spot(const lbc_scene *scene, const lbc_spot *spot, double photons, uint64_t key, uint32_t *counts)
{
    const lbc_shape shape = scene->detector.shape;
    const double sigma = scene->spot_sigma;
    double share_x[BOX_MAX], share_y[BOX_MAX];
    int x0, y0;
    const int nx = box(spot->x, sigma, shape.nx, &x0), ny = box(spot->y, sigma, shape.ny, &y0);
    pixel_shares(spot->x, sigma, x0, nx, share_x);
    pixel_shares(spot->y, sigma, y0, ny, share_y);
    lbc_stream stream = {.key = key};
    for (int y = 0; y < ny; y++) {
        uint32_t *row = counts + (size_t)(y0 + y) * shape.nx + x0;
        for (int x = 0; x < nx; x++)
            row[x] += lbc_poisson_any_draw(&scene->poisson, photons * share_y[y] * share_x[x], &stream);
    }
}

/* The noise of a spot depends on the reflection and the image alone, not on which others were predicted. */
static uint64_t spot_key(const lbc_spot *spot, uint64_t image_key)
{
    return lbc_random_key(image_key, (uint64_t)(uint16_t)spot->hkl.h | (uint64_t)(uint16_t)spot->hkl.k << 16 |
                                         (uint64_t)(uint16_t)spot->hkl.l << 32 | (uint64_t)spot->turn << 48);
}

void lbc_scene_draw(const lbc_scene *scene, uint32_t n, uint32_t *counts)
{
    const uint64_t key = lbc_random_key(scene->key, n);
    const uint64_t background_key = lbc_random_key(key, 0), spots_key = lbc_random_key(key, 1);
    draw_background(scene, background_key, counts);
    for (size_t i = scene->spots.first[n]; i < scene->spots.first[n + 1]; i++) {
        const lbc_spot *spot = &scene->spots.spot[scene->spots.of_image[i]];
        const double photons = spot->photons * lbc_spot_share(spot, &scene->scan, n) *
                               lbc_detector_transmission(&scene->detector, spot->x, spot->y);
        if (photons > LEAST_MEAN) draw_spot(scene, spot, photons, spot_key(spot, spots_key), counts);
    }
    lbc_stream hot_stream = {.key = lbc_random_key(key, 2)};
    for (uint32_t i = 0; i < scene->detector.hots; i++)
        counts[scene->detector.hot[i].pixel] +=
            lbc_poisson_any_draw(&scene->poisson, scene->detector.hot[i].mean, &hot_stream);
}

void lbc_scene_store(const lbc_scene *scene, const uint32_t *counts, unsigned bits, void *pixels,
                     lbc_image_facts *facts)
{
    const size_t n = lbc_shape_pixels(scene->detector.shape);
    const uint32_t *mask = scene->detector.mask, cutoff = scene->cutoff;
    uint16_t *narrow = pixels;
    uint32_t *wide = pixels;
    for (size_t i = 0; i < n; i++) {
        const bool over = counts[i] > cutoff;
        const uint32_t value = mask[i] ? UINT32_MAX : over ? cutoff + 1 : counts[i];
        if (!mask[i]) {
            facts->overloaded += over;
            facts->photons += over ? 0 : counts[i];
        }
        if (bits == 16)
            narrow[i] = (uint16_t)value;
        else
            wide[i] = value;
    }
}
