/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simulate/spots.h"

#include "base/memory.h"
#include "codec/codec.h"
#include "simulate/elementary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A reflection whose path through the sphere is nearly along it (Kabsch's zeta near 0) lies next to the rotation
 * axis, is on nearly all images and cannot be integrated; real ones are as useless, and we leave them out. */
#define LEAST_ZETA    0.03
#define ROCKING_REACH 4.0 /* standard deviations of the rocking curve that are drawn */
#define LEAST_PHOTONS 0.01
#define EDGE          8.0 /* pixels beyond the detector from where a spot's tail can reach it */

typedef struct predictor {
    lbc_spots *spots;
    const lbc_crystal *crystal;
    const lbc_detector *detector;
    const lbc_scan *scan;
    double mosaicity, exposure;
} predictor;

static lbc_status append(lbc_spots *spots, const lbc_spot *spot)
{
    if (spots->count == spots->capacity) {
        const size_t capacity = spots->capacity ? 2 * spots->capacity : 4096;
        lbc_spot *grown = lbc_alloc(capacity, sizeof *grown);
        if (!grown) return LBC_E_MEMORY;
        if (spots->count) memcpy(grown, spots->spot, spots->count * sizeof *grown);
        free(spots->spot);
        spots->spot = grown;
        spots->capacity = capacity;
    }
    spots->spot[spots->count++] = *spot;
    return LBC_OK;
}

/* Adds a crossing at `angle` (any turn of it that the scan sees) with diffracted direction s, a unit vector. */
static lbc_status add_crossing(const predictor *p, lbc_hkl hkl, uint16_t side, double r2, double angle,
                               const double s[3])
{
    double x, y;
    if (!lbc_detector_hit(p->detector, s, &x, &y)) return LBC_OK;
    if (x < -EDGE || y < -EDGE || x > p->detector->shape.nx + EDGE || y > p->detector->shape.ny + EDGE) return LBC_OK;
    /* With the axis along x and the beam along -z: zeta = |s_y| / sin(2 theta), Lorentz factor 1 / |s_y|. */
    const double zeta = fabs(s[1]) / sqrt(s[0] * s[0] + s[1] * s[1]);
    if (!(zeta > LEAST_ZETA)) return LBC_OK;
    const double width = p->mosaicity / zeta, reach = ROCKING_REACH * width;
    const double end = p->scan->start + p->scan->images * p->scan->oscillation;
    double turned = angle + 360.0 * floor((p->scan->start - reach - angle) / 360.0 + 1.0);
    if (!(turned < end + reach)) return LBC_OK;

    const lbc_hkl_class c = lbc_classify(&p->crystal->group, hkl);
    double plus, minus;
    lbc_crystal_intensity(p->crystal, &c, r2, &plus, &minus);
    const double photons = (c.minus ? minus : plus) * p->exposure / fabs(s[1]) *
                           lbc_detector_polarization(p->detector, s) * lbc_detector_efficiency(p->detector, s);
    if (!(photons > LEAST_PHOTONS)) return LBC_OK;
    for (uint16_t turn = side; turned < end + reach; turned += 360.0, turn = (uint16_t)(turn + 2)) {
        const lbc_spot spot = {.hkl = hkl,
                               .turn = turn,
                               .x = (float)x,
                               .y = (float)y,
                               .angle = turned,
                               .width = (float)width,
                               .photons = photons};
        const lbc_status status = append(p->spots, &spot);
        if (status != LBC_OK) return status;
    }
    return LBC_OK;
}

/* The two crossings of a reflection. Turned about x by phi it diffracts when r.s0 = -r^2/2 with s0 = (0,0,-1)/lambda,
 * that is when z cos(phi) + y sin(phi) = lambda r^2 / 2. */
static lbc_status add_reflection(const predictor *p, lbc_hkl hkl, const double r[3], double r2)
{
    const double wavelength = p->detector->wavelength;
    const double height = 0.5 * wavelength * r2, radius = sqrt(r[1] * r[1] + r[2] * r[2]);
    if (!(radius > height)) return LBC_OK; /* in the blind region */
    const double at_top = lbc_atan2(r[1], r[2]), away = lbc_acos(height / radius);
    const double across = sqrt((radius - height) * (radius + height));
    for (uint16_t side = 0; side < 2; side++) {
        const double angle = side ? at_top + away : at_top - away;
        /* The turned vector: z is height; y = y cos - z sin = -radius sin(phi - at_top). */
        const double s[3] = {wavelength * r[0], wavelength * (side ? -across : across), wavelength * height - 1.0};
        const lbc_status status = add_crossing(p, hkl, side, r2, angle / LBC_DEGREE, s);
        if (status != LBC_OK) return status;
    }
    return LBC_OK;
}

/* ---- by image ------------------------------------------------------------------------------ */

static void image_range(const lbc_spot *spot, const lbc_scan *scan, uint32_t *from, uint32_t *to)
{
    const double reach = ROCKING_REACH * spot->width;
    const double first = floor((spot->angle - reach - scan->start) / scan->oscillation);
    const double last = floor((spot->angle + reach - scan->start) / scan->oscillation);
    *from = (uint32_t)fmax(first, 0.0);
    *to = (uint32_t)fmax(fmin(last + 1.0, scan->images), *from);
}

static lbc_status sort_by_image(lbc_spots *spots, const lbc_scan *scan)
{
    spots->first = lbc_alloc_zero((size_t)scan->images + 2, sizeof *spots->first);
    if (!spots->first) return LBC_E_MEMORY;
    /* fill[n] is where image n's next spot goes; when all are in, it has become the start of image n + 1. */
    size_t *const fill = spots->first + 1;
    for (size_t i = 0; i < spots->count; i++) {
        uint32_t from, to;
        image_range(&spots->spot[i], scan, &from, &to);
        for (uint32_t n = from; n < to; n++) fill[n + 1]++;
    }
    for (uint32_t n = 1; n <= scan->images; n++) fill[n] += fill[n - 1];
    spots->of_image = lbc_alloc(fill[scan->images], sizeof *spots->of_image);
    if (!spots->of_image) return LBC_E_MEMORY;
    for (size_t i = 0; i < spots->count; i++) {
        uint32_t from, to;
        image_range(&spots->spot[i], scan, &from, &to);
        for (uint32_t n = from; n < to; n++) spots->of_image[fill[n]++] = (uint32_t)i;
    }
    return LBC_OK;
}

/* ---- public -------------------------------------------------------------------------------- */

lbc_status lbc_spots_predict(lbc_spots *spots, const lbc_crystal *crystal, const lbc_detector *detector,
                             const lbc_scan *scan, double mosaicity, double exposure, double d_min)
{
    const predictor p = {spots, crystal, detector, scan, mosaicity, exposure};
    const double r2_max = 1.0 / (d_min * d_min);
    int limit[3];
    lbc_crystal_limits(crystal, d_min, limit);
    for (int h = -limit[0]; h <= limit[0]; h++)
        for (int k = -limit[1]; k <= limit[1]; k++)
            for (int l = -limit[2]; l <= limit[2]; l++) {
                const lbc_hkl hkl = {(int16_t)h, (int16_t)k, (int16_t)l};
                double r[3];
                lbc_crystal_vector(crystal, hkl, r);
                const double r2 = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
                if (r2 > r2_max || r2 == 0.0) continue;
                const lbc_status status = add_reflection(&p, hkl, r, r2);
                if (status != LBC_OK) return status;
            }
    return spots->count <= UINT32_MAX ? sort_by_image(spots, scan) : LBC_E_SPACE;
}

void lbc_spots_free(lbc_spots *spots)
{
    free(spots->spot);
    free(spots->of_image);
    free(spots->first);
    memset(spots, 0, sizeof *spots);
}

double lbc_spot_share(const lbc_spot *spot, const lbc_scan *scan, uint32_t image)
{
    const double from = scan->start + image * scan->oscillation, to = scan->start + (image + 1.0) * scan->oscillation;
    return lbc_normal_cdf((to - spot->angle) / spot->width) - lbc_normal_cdf((from - spot->angle) / spot->width);
}
