/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simulate/detector.h"

#include "base/memory.h"
#include "codec/codec.h"
#include "simulate/elementary.h"
#include "simulate/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MODULE_NX             1030
#define MODULE_NY             514
#define GAP_X                 10
#define GAP_Y                 37
#define ELECTRONVOLT_ANGSTROM 12398.4198
#define PENUMBRA              3.0   /* pixels from full shadow to full light */
#define SHADOW                0.005 /* light in full shadow: scatter from behind the stop */

/* clang-format off */
static const lbc_eiger eigers[] = {
    {"500K", "Dectris Eiger 500K", 1, 1, 0.080},
    {"1M",   "Dectris Eiger 1M",   1, 2, 0.080},
    {"4M",   "Dectris Eiger 4M",   2, 4, 0.160},
    {"9M",   "Dectris Eiger 9M",   3, 6, 0.240},
    {"16M",  "Dectris Eiger 16M",  4, 8, 0.320},
};
/* clang-format on */

#define EIGERS (sizeof eigers / sizeof *eigers)

const char *lbc_simulation_detector(unsigned n)
{
    return n < EIGERS ? eigers[n].name : NULL;
}

/* Linear attenuation of silicon in 1/m; mass attenuation from NIST (Hubbell & Seltzer), interpolated in logarithms. */
static double silicon_attenuation(double energy)
{
    static const double table[][2] = {{4000, 452.9},  {5000, 245.2},  {6000, 147.0},  {8000, 64.68},  {10000, 33.89},
                                      {15000, 10.34}, {20000, 4.464}, {30000, 1.436}, {40000, 0.7012}};
    const unsigned last = sizeof table / sizeof *table - 1;
    unsigned n = 1;
    while (n < last && energy > table[n][0]) n++;
    const double slope = lbc_log(table[n][1] / table[n - 1][1]) / lbc_log(table[n][0] / table[n - 1][0]);
    const double square_cm_per_g = table[n][1] * lbc_exp(slope * lbc_log(energy / table[n][0]));
    return square_cm_per_g * 2.33 * 100.0;
}

/* ---- mask and faulty pixels ---------------------------------------------------------------- */

static void mask_gaps(lbc_detector *detector)
{
    for (uint32_t y = 0; y < detector->shape.ny; y++) {
        const bool gap_row = y % (MODULE_NY + GAP_Y) >= MODULE_NY;
        uint32_t *row = detector->mask + (size_t)y * detector->shape.nx;
        for (uint32_t x = 0; x < detector->shape.nx; x++)
            row[x] = gap_row || x % (MODULE_NX + GAP_X) >= MODULE_NX ? LBC_PIXEL_GAP : 0;
    }
}

/* A pixel that has no fault yet. */
static size_t choose_pixel(const lbc_detector *detector, lbc_stream *stream)
{
    const size_t n = lbc_shape_pixels(detector->shape);
    size_t pixel;
    do pixel = (size_t)(lbc_stream_next(stream) % n);
    while (detector->mask[pixel]);
    return pixel;
}

static lbc_status choose_faults(lbc_detector *detector, const lbc_simulation *simulation)
{
    lbc_stream stream = {.key = lbc_random_key(simulation->seed, 3)};
    for (uint32_t n = 0; n < simulation->dead; n++) detector->mask[choose_pixel(detector, &stream)] = LBC_PIXEL_DEAD;
    for (uint32_t n = 0; n < simulation->noisy; n++) detector->mask[choose_pixel(detector, &stream)] = LBC_PIXEL_NOISY;
    detector->hot = lbc_alloc(simulation->hot, sizeof *detector->hot);
    if (!detector->hot) return LBC_E_MEMORY;
    for (; detector->hots < simulation->hot; detector->hots++) {
        lbc_hot_pixel *hot = &detector->hot[detector->hots];
        hot->pixel = choose_pixel(detector, &stream);
        hot->mean = lbc_exp(4.0 + 4.0 * lbc_uniform(lbc_stream_next(&stream))); /* 50 to 3000 */
    }
    for (size_t i = 0; i < lbc_shape_pixels(detector->shape); i++) detector->masked += detector->mask[i] != 0;
    return LBC_OK;
}

/* ---- setting up ---------------------------------------------------------------------------- */

static lbc_status no_such_detector(const char *name, lbc_error *err)
{
    char names[100] = "";
    for (size_t i = 0; i < EIGERS; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i == 0 ? "" : ", ", eigers[i].name);
    return lbc_fail(err, LBC_E_ARGUMENT, "-D %s: no such detector; there are %s", name, names);
}

lbc_status lbc_detector_init(lbc_detector *detector, const lbc_simulation *simulation, lbc_error *err)
{
    memset(detector, 0, sizeof *detector);
    const lbc_eiger *model = eigers;
    while (model < eigers + EIGERS && strcasecmp(model->name, simulation->detector) != 0) model++;
    if (model == eigers + EIGERS) return no_such_detector(simulation->detector, err);
    const unsigned mx = model->modules_x, my = model->modules_y;
    *detector = (lbc_detector){
        .model = model,
        .shape = {.ny = my * MODULE_NY + (my - 1) * GAP_Y, .nx = mx * MODULE_NX + (mx - 1) * GAP_X},
        .pixel_size = 75e-6,
        .distance = simulation->distance > 0.0 ? simulation->distance : model->distance,
        .wavelength = simulation->wavelength,
        .polarization = simulation->polarization,
        .sensor_thickness = 450e-6,
        .attenuation = silicon_attenuation(ELECTRONVOLT_ANGSTROM / simulation->wavelength),
    };
    detector->beam_x = isnan(simulation->beam_x) ? 0.5 * detector->shape.nx + 3.37 : simulation->beam_x;
    detector->beam_y = isnan(simulation->beam_y) ? 0.5 * detector->shape.ny - 5.81 : simulation->beam_y;
    detector->stop_radius = simulation->beam_stop / detector->pixel_size;
    detector->arm_half_width = 0.5 * simulation->beam_arm / detector->pixel_size;
    detector->mask = lbc_alloc(lbc_shape_pixels(detector->shape), sizeof *detector->mask);
    if (!detector->mask) return lbc_fail(err, LBC_E_MEMORY, "no memory for a pixel mask");
    mask_gaps(detector);
    const lbc_status status = choose_faults(detector, simulation);
    return status == LBC_OK ? LBC_OK : lbc_fail(err, status, "no memory for %u hot pixels", simulation->hot);
}

void lbc_detector_free(lbc_detector *detector)
{
    free(detector->mask);
    free(detector->hot);
    detector->mask = NULL;
    detector->hot = NULL;
}

/* ---- where photons go ---------------------------------------------------------------------- */

double lbc_detector_d_min(const lbc_detector *detector)
{
    const double dx = fmax(detector->beam_x, detector->shape.nx - detector->beam_x) * detector->pixel_size;
    const double dy = fmax(detector->beam_y, detector->shape.ny - detector->beam_y) * detector->pixel_size;
    const double ray = sqrt(dx * dx + dy * dy + detector->distance * detector->distance);
    /* |s - s0|^2 = 2 - 2 cos(2 theta) for unit vectors */
    return detector->wavelength / sqrt(2.0 - 2.0 * detector->distance / ray);
}

double lbc_detector_transmission(const lbc_detector *detector, double x, double y)
{
    const double dx = x - detector->beam_x, dy = y - detector->beam_y;
    double outside = PENUMBRA;
    if (detector->stop_radius > 0.0) outside = sqrt(dx * dx + dy * dy) - detector->stop_radius;
    if (detector->arm_half_width > 0.0 && dy > 0.0) outside = fmin(outside, fabs(dx) - detector->arm_half_width);
    const double light = fmin(fmax(outside / PENUMBRA + 0.5, 0.0), 1.0);
    return SHADOW + (1.0 - SHADOW) * light;
}

double lbc_detector_polarization(const lbc_detector *detector, const double s[3])
{
    /* The plane of polarization has its normal along y, the beam runs along -z (Kahn et al. 1982). */
    const double f = detector->polarization;
    return (1.0 - 2.0 * f) * (1.0 - s[1] * s[1]) + f * (1.0 + s[2] * s[2]);
}

double lbc_detector_efficiency(const lbc_detector *detector, const double s[3])
{
    return 1.0 - lbc_exp(detector->attenuation * detector->sensor_thickness / s[2]); /* s[2] < 0 */
}

bool lbc_detector_hit(const lbc_detector *detector, const double s[3], double *x, double *y)
{
    if (!(s[2] < -0.05)) return false;
    /* Mean depth, along the ray, at which the sensor absorbs a photon that it absorbs. */
    const double mu = detector->attenuation, length = -detector->sensor_thickness / s[2];
    const double lost = lbc_exp(-mu * length);
    const double depth = 1.0 / mu - length * lost / (1.0 - lost);
    const double path = -detector->distance / s[2] + depth;
    *x = detector->beam_x + s[0] * path / detector->pixel_size;
    *y = detector->beam_y - s[1] * path / detector->pixel_size;
    return true;
}

/* ---- background ---------------------------------------------------------------------------- */

double lbc_background_level(unsigned level)
{
    return level ? LBC_BACKGROUND_LEAST * lbc_exp((level - 1) * (0.69314718055994530942 / 64)) : 0.0;
}

static unsigned nearest_level(double photons)
{
    if (photons < 0.5 * LBC_BACKGROUND_LEAST) return 0;
    const double n = floor(1.5 + lbc_log(photons / LBC_BACKGROUND_LEAST) * (64 / 0.69314718055994530942));
    return (unsigned)fmin(fmax(n, 1.0), LBC_BACKGROUND_LEVELS - 1);
}

static double bell(double x, double mean, double sigma)
{
    const double z = (x - mean) / sigma;
    return lbc_exp(-0.5 * z * z);
}

/* Scatter per solid angle at spacing d = 1/s: air, which falls steeply; the two rings of water; Compton. */
static double scatter(double s)
{
    return 4.0 * lbc_exp(-s / 0.05) + bell(s, 0.30, 0.055) + 0.25 * bell(s, 0.48, 0.08) + 0.30 * lbc_exp(-s * s);
}

/* Background by distance from the beam centre in quarter pixels, without polarization and shadow. */
static void radial_profile(const lbc_detector *detector, double photons, double *profile, size_t n)
{
    const double scale = photons / scatter(0.30);
    for (size_t i = 0; i < n; i++) {
        const double radius = 0.25 * (double)i * detector->pixel_size;
        const double cosine = detector->distance / sqrt(radius * radius + detector->distance * detector->distance);
        const double s = sqrt(2.0 - 2.0 * cosine) / detector->wavelength;
        const double along[3] = {0.0, 0.0, -cosine};
        profile[i] = scale * scatter(s) * cosine * cosine * cosine * lbc_detector_efficiency(detector, along);
    }
}

lbc_status lbc_detector_background(const lbc_detector *detector, double photons, uint16_t *levels)
{
    const lbc_shape shape = detector->shape;
    const double dx = fmax(fabs(detector->beam_x), fabs(shape.nx - detector->beam_x));
    const double dy = fmax(fabs(detector->beam_y), fabs(shape.ny - detector->beam_y));
    const size_t n = (size_t)(4.0 * sqrt(dx * dx + dy * dy)) + 8;
    double *profile = lbc_alloc(n, sizeof *profile);
    if (!profile) return LBC_E_MEMORY;
    radial_profile(detector, photons, profile, n);
    const double plane = detector->distance / detector->pixel_size;
    for (uint32_t y = 0; y < shape.ny; y++) {
        for (uint32_t x = 0; x < shape.nx; x++) {
            const double px = x + 0.5 - detector->beam_x, py = detector->beam_y - (y + 0.5);
            const double r2 = px * px + py * py, ray = sqrt(r2 + plane * plane);
            const double s[3] = {px / ray, py / ray, -plane / ray};
            const size_t i = (size_t)(4.0 * sqrt(r2) + 0.5);
            const double transmission = lbc_detector_transmission(detector, x + 0.5, y + 0.5);
            levels[(size_t)y * shape.nx + x] =
                (uint16_t)nearest_level(profile[i] * lbc_detector_polarization(detector, s) * transmission);
        }
    }
    free(profile);
    return LBC_OK;
}
