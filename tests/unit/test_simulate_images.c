/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where spots go, what the detector does, and what an image of the simulation holds. */
#include "simulate/image.h"

#include "frame/frame.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DEGREE (3.14159265358979323846 / 180.0)

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance)) fail_msg("%.17g is not within %g of %.17g", value, tolerance, expected);
}

/* A small series with everything settled. */
static lbc_simulation small(void)
{
    lbc_simulation s = lbc_simulation_default();
    s.detector = "500K";
    s.images = 20;
    s.seed = 11;
    s.distance = 0.09;
    s.cutoff = 12440;
    s.d_min = 2.2;
    return s;
}

static lbc_scene *scene_of(const lbc_simulation *s)
{
    lbc_scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    assert_int_equal(lbc_detector_init(&scene->detector, s, NULL), LBC_OK);
    assert_int_equal(lbc_scene_init(scene, s, NULL), LBC_OK);
    return scene;
}

static void scene_drop(lbc_scene *scene)
{
    lbc_scene_free(scene);
    free(scene);
}

/* ---- spots --------------------------------------------------------------------------------- */

/* Each spot, derived again from first principles: turn the reciprocal-lattice vector about +x, it must lie on the
 * Ewald sphere, and the ray along s0 + r must meet the detector at (x, y) but for the path in the sensor. */
static void spots_obey_laue(void **state)
{
    (void)state;
    const lbc_simulation s = small();
    lbc_scene *scene = scene_of(&s);
    assert_true(scene->spots.count > 500);
    for (size_t i = 0; i < scene->spots.count; i++) {
        const lbc_spot *spot = &scene->spots.spot[i];
        const double hkl[3] = {spot->hkl.h, spot->hkl.k, spot->hkl.l};
        const double c = cos(spot->angle * DEGREE), q = sin(spot->angle * DEGREE);
        double v[3] = {0, 0, 0};
        for (int j = 0; j < 9; j++) v[j / 3] += scene->crystal.ub[j / 3][j % 3] * hkl[j % 3];
        const double ray[3] = {v[0], c * v[1] - q * v[2], q * v[1] + c * v[2] - 1.0 / s.wavelength};
        assert_near(sqrt(ray[0] * ray[0] + ray[1] * ray[1] + ray[2] * ray[2]) * s.wavelength, 1.0, 1e-9);
        const double path = -scene->detector.distance / ray[2] / scene->detector.pixel_size;
        const double x = scene->detector.beam_x + ray[0] * path, y = scene->detector.beam_y - ray[1] * path;
        const double slope = sqrt(ray[0] * ray[0] + ray[1] * ray[1]) / -ray[2];
        const double deepest = scene->detector.sensor_thickness / scene->detector.pixel_size * slope;
        const double off = hypot(spot->x - x, spot->y - y);
        assert_true(off < 0.5 * deepest + 1e-3 && off > 0.2 * deepest - 1e-3);
        /* parallax moves spots away from the beam */
        assert_true(hypot(spot->x - scene->detector.beam_x, spot->y - scene->detector.beam_y) >
                    hypot(x - scene->detector.beam_x, y - scene->detector.beam_y) - 1e-3);
        assert_true(spot->width >= 0.99 * s.mosaicity && spot->photons > 0.01);
    }
    scene_drop(scene);
}

static void images_share_a_spot_out(void **state)
{
    (void)state;
    const lbc_simulation s = small();
    lbc_scene *scene = scene_of(&s);
    size_t whole = 0;
    for (size_t i = 0; i < scene->spots.count; i++) {
        const lbc_spot *spot = &scene->spots.spot[i];
        double sum = 0.0;
        for (uint32_t n = 0; n < s.images; n++) sum += lbc_spot_share(spot, &scene->scan, n);
        const double reach = 4.5 * spot->width;
        if (spot->angle - reach > s.start && spot->angle + reach < s.start + s.images * s.oscillation) {
            assert_near(sum, 1.0, 1e-4);
            whole++;
        }
    }
    assert_true(whole > 200);
    /* the list by image has each spot exactly on the images within reach */
    for (uint32_t n = 0; n < s.images; n++)
        for (size_t i = scene->spots.first[n]; i < scene->spots.first[n + 1]; i++) {
            const lbc_spot *spot = &scene->spots.spot[scene->spots.of_image[i]];
            const double from = s.start + n * s.oscillation;
            assert_true(spot->angle > from - 4.01 * spot->width);
            assert_true(spot->angle < from + s.oscillation + 4.01 * spot->width);
        }
    scene_drop(scene);
}

/* Beyond a full turn each crossing comes again, with noise of its own. */
static void second_turn_repeats_the_first(void **state)
{
    (void)state;
    lbc_simulation s = small();
    s.images = 80;
    s.oscillation = 9.0;
    s.d_min = 8.0;
    lbc_scene *scene = scene_of(&s);
    size_t pairs = 0;
    for (size_t i = 0; i + 1 < scene->spots.count; i++) {
        const lbc_spot *a = &scene->spots.spot[i], *b = a + 1;
        if (memcmp(&a->hkl, &b->hkl, sizeof a->hkl) != 0 || fabs(b->angle - a->angle - 360.0) > 1e-6) continue;
        assert_true(a->turn != b->turn && a->x == b->x && a->photons == b->photons);
        pairs++;
    }
    assert_true(pairs > scene->spots.count / 3);
    scene_drop(scene);
}

/* ---- detector ------------------------------------------------------------------------------ */

static void detectors_have_their_sizes_and_gaps(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t nx, ny;
        uint64_t live; /* pixels in modules */
    } expected[] = {{"500k", 1030, 514, 1},
                    {"1M", 1030, 1065, 2},
                    {"4m", 2070, 2167, 8},
                    {"9M", 3110, 3269, 18},
                    {"16M", 4150, 4371, 32}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        lbc_simulation s = small();
        lbc_detector detector;
        s.detector = expected[i].name;
        s.dead = s.noisy = 7;
        assert_int_equal(lbc_detector_init(&detector, &s, NULL), LBC_OK);
        assert_int_equal(detector.shape.nx, expected[i].nx);
        assert_int_equal(detector.shape.ny, expected[i].ny);
        const uint64_t live = expected[i].live * 1030 * 514;
        assert_int_equal(detector.masked, (uint64_t)expected[i].nx * expected[i].ny - live + 14);
        uint64_t dead = 0, noisy = 0;
        for (size_t p = 0; p < lbc_shape_pixels(detector.shape); p++) {
            dead += detector.mask[p] == LBC_PIXEL_DEAD;
            noisy += detector.mask[p] == LBC_PIXEL_NOISY;
        }
        assert_int_equal(dead, 7);
        assert_int_equal(noisy, 7);
        lbc_detector_free(&detector);
    }
    lbc_simulation s = small();
    lbc_detector detector;
    lbc_error err;
    s.detector = "6M";
    assert_int_equal(lbc_detector_init(&detector, &s, &err), LBC_E_ARGUMENT);
    lbc_detector_free(&detector);
}

static void sensor_absorbs_as_silicon_does(void **state)
{
    (void)state;
    lbc_simulation s = small();
    lbc_detector detector;
    s.wavelength = 12398.4198 / 12000.0;
    assert_int_equal(lbc_detector_init(&detector, &s, NULL), LBC_OK);
    static const double straight[3] = {0, 0, -1}, slanting[3] = {0.6, 0, -0.8};
    /* 450 um of silicon stop 87 % of photons of 12 keV (NIST: 19.6 cm2/g) */
    assert_near(lbc_detector_efficiency(&detector, straight), 1.0 - exp(-19.6 * 2.33 * 0.045), 0.01);
    assert_true(lbc_detector_efficiency(&detector, slanting) > lbc_detector_efficiency(&detector, straight));
    double x, y;
    assert_true(lbc_detector_hit(&detector, straight, &x, &y));
    assert_near(x, detector.beam_x, 1e-9);
    assert_false(lbc_detector_hit(&detector, (const double[]){0, 0, 1}, &x, &y));
    assert_near(lbc_detector_polarization(&detector, straight), 1.0, 1e-12);
    lbc_detector_free(&detector);
}

static void beam_stop_casts_a_shadow(void **state)
{
    (void)state;
    lbc_simulation s = small();
    lbc_detector detector;
    s.beam_stop = 1.5e-3; /* 20 pixels */
    s.beam_arm = 0.75e-3; /* 10 pixels */
    assert_int_equal(lbc_detector_init(&detector, &s, NULL), LBC_OK);
    const double x = detector.beam_x, y = detector.beam_y;
    assert_true(lbc_detector_transmission(&detector, x, y) < 0.01);
    assert_true(lbc_detector_transmission(&detector, x + 17, y) < 0.01);
    assert_true(lbc_detector_transmission(&detector, x + 23, y) == 1.0);
    assert_true(lbc_detector_transmission(&detector, x, y + 200) < 0.01);
    assert_true(lbc_detector_transmission(&detector, x + 8, y + 200) == 1.0);
    assert_true(lbc_detector_transmission(&detector, x, y - 200) == 1.0);
    lbc_detector_free(&detector);
    s.beam_stop = s.beam_arm = 0.0;
    assert_int_equal(lbc_detector_init(&detector, &s, NULL), LBC_OK);
    assert_true(lbc_detector_transmission(&detector, x, y + 1) == 1.0);
    lbc_detector_free(&detector);
}

/* ---- images -------------------------------------------------------------------------------- */

static double sum_of(const uint32_t *counts, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) sum += counts[i];
    return sum;
}

static void background_has_its_mean(void **state)
{
    (void)state;
    lbc_simulation s = small();
    s.intensity = 0.0;
    s.images = 3;
    lbc_scene *scene = scene_of(&s);
    assert_int_equal(scene->spots.count, 0);
    const size_t n = lbc_shape_pixels(scene->detector.shape);
    uint32_t *counts = calloc(n, sizeof *counts);
    double expected = 0.0;
    for (size_t i = 0; i < n; i++) expected += lbc_background_level(scene->background[i]);
    for (uint32_t image = 0; image < 3; image++) {
        lbc_scene_draw(scene, image, counts);
        assert_near(sum_of(counts, n), expected, 5.0 * sqrt(expected));
    }
    /* the top of the solvent ring is what was asked for, times what the sensor stops; 0.30/A is 26.9 mm out */
    const size_t ring = (size_t)scene->detector.beam_y * 1030 + (size_t)(scene->detector.beam_x + 26.9e-3 / 75e-6);
    assert_near(lbc_background_level(scene->background[ring]), 4.0 * 0.84 * 0.88, 0.35);
    free(counts);
    scene_drop(scene);
}

static void spots_have_their_photons(void **state)
{
    (void)state;
    lbc_simulation s = small();
    s.background = 0.0;
    s.beam_stop = 0.0;
    lbc_scene *scene = scene_of(&s);
    const size_t n = lbc_shape_pixels(scene->detector.shape);
    uint32_t *counts = calloc(n, sizeof *counts);
    double expected = 0.0;
    for (size_t i = scene->spots.first[10]; i < scene->spots.first[11]; i++) {
        const lbc_spot *spot = &scene->spots.spot[scene->spots.of_image[i]];
        const double edge = fmin(fmin(spot->x, 1030 - spot->x), fmin(spot->y, 514 - spot->y));
        if (edge > 0.0) expected += spot->photons * lbc_spot_share(spot, &scene->scan, 10);
    }
    lbc_scene_draw(scene, 10, counts);
    assert_true(expected > 10000.0);
    assert_near(sum_of(counts, n) / expected, 1.0, 0.03); /* spots over the edge blur the comparison */
    free(counts);
    scene_drop(scene);
}

static void stored_pixels_carry_their_marks(void **state)
{
    (void)state;
    lbc_simulation s = small();
    s.cutoff = 50;
    s.hot = 4;
    lbc_scene *scene = scene_of(&s);
    const size_t n = lbc_shape_pixels(scene->detector.shape);
    uint32_t *counts = calloc(n, sizeof *counts), *wide = calloc(n, sizeof *wide);
    uint16_t *narrow = calloc(n, sizeof *narrow);
    lbc_image_facts facts = {0}, again = {0};
    lbc_scene_draw(scene, 4, counts);
    for (uint32_t i = 0; i < scene->detector.hots; i++) assert_true(counts[scene->detector.hot[i].pixel] > 20);
    lbc_scene_store(scene, counts, 16, narrow, &facts);
    lbc_scene_store(scene, counts, 32, wide, &again);
    uint64_t over = 0, photons = 0, masked = 0;
    for (size_t i = 0; i < n; i++) {
        if (scene->detector.mask[i]) {
            assert_true(narrow[i] == UINT16_MAX && wide[i] == UINT32_MAX);
            masked++;
            continue;
        }
        assert_true(narrow[i] == wide[i] && wide[i] == (counts[i] > 50 ? 51 : counts[i]));
        over += counts[i] > 50;
        photons += counts[i] > 50 ? 0 : counts[i];
    }
    assert_int_equal(masked, 26);
    assert_true(over > 10 && facts.overloaded == over && again.overloaded == over);
    assert_true(facts.photons == photons && again.photons == photons);
    free(counts);
    free(narrow);
    free(wide);
    scene_drop(scene);
}

/* The same image whatever was drawn before it; another seed gives another. */
static void images_are_repeatable(void **state)
{
    (void)state;
    lbc_simulation s = small();
    lbc_scene *scene = scene_of(&s), *twin = scene_of(&s);
    s.seed++;
    lbc_scene *other = scene_of(&s);
    const size_t n = lbc_shape_pixels(scene->detector.shape);
    uint32_t *a = calloc(n, sizeof *a), *b = calloc(n, sizeof *b);
    lbc_scene_draw(scene, 0, a);
    lbc_scene_draw(scene, 7, a);
    lbc_scene_draw(twin, 7, b);
    assert_memory_equal(a, b, n * sizeof *a);
    lbc_scene_draw(twin, 8, b);
    assert_memory_not_equal(a, b, n * sizeof *a);
    lbc_scene_draw(other, 7, b);
    assert_memory_not_equal(a, b, n * sizeof *a);
    free(a);
    free(b);
    scene_drop(scene);
    scene_drop(twin);
    scene_drop(other);
}

/* ---- refusals ------------------------------------------------------------------------------ */

static void nonsense_is_refused(void **state)
{
    (void)state;
    const lbc_simulation good = small();
    lbc_error err;
#define REFUSED(field, value)                                                                                          \
    do {                                                                                                               \
        lbc_simulation s = good;                                                                                       \
        s.prefix = "/nonexistent/x";                                                                                   \
        s.field = (value);                                                                                             \
        assert_int_equal(lbc_simulate(&s, NULL, &err), LBC_E_ARGUMENT);                                                \
        assert_true(err.status == LBC_E_ARGUMENT && err.text[0]);                                                      \
    } while (0)
    REFUSED(prefix, "");
    REFUSED(bits, 8);
    REFUSED(images, 0);
    REFUSED(block, 0);
    REFUSED(first_block, 2);
    REFUSED(oscillation, 0.0);
    REFUSED(oscillation, NAN);
    REFUSED(mosaicity, 0.0);
    REFUSED(wavelength, 0.0);
    REFUSED(distance, 0.001);
    REFUSED(spot, 100.0);
    REFUSED(exposure, -1.0);
    REFUSED(exposure, 1000.0);
    REFUSED(cutoff, 65533);
    REFUSED(space_group, "P5");
    REFUSED(detector, "2M");
    REFUSED(compression, "gzip");
    REFUSED(cell[0], 50.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spots_obey_laue),
        cmocka_unit_test(images_share_a_spot_out),
        cmocka_unit_test(second_turn_repeats_the_first),
        cmocka_unit_test(detectors_have_their_sizes_and_gaps),
        cmocka_unit_test(sensor_absorbs_as_silicon_does),
        cmocka_unit_test(beam_stop_casts_a_shadow),
        cmocka_unit_test(background_has_its_mean),
        cmocka_unit_test(spots_have_their_photons),
        cmocka_unit_test(stored_pixels_carry_their_marks),
        cmocka_unit_test(images_are_repeatable),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
