/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Figures of error, compared with the same by definition. */
#include "report/figures.h"

#include "../support/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NY = 203, NX = 310, N = NY * NX };
static const lbc_shape shape = {NY, NX};

static int32_t before[N], after[N];

static int close_to(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance * (fabs(a) + fabs(b) + 1e-300);
}

/* A weak background with some marks, and after it the same with errors. */
static void make_frames(uint64_t seed)
{
    uint64_t r = seed;
    for (int i = 0; i < N; i++) {
        before[i] = (int32_t)(random_below(&r, 7));
        after[i] = before[i] + (int32_t)(random_below(&r, 3));
        if (random_below(&r, 50) == 0) before[i] = after[i] = LBC_MASKED;
    }
}

/* A peak of 5 x 5 pixels on top of what is there. */
static void put_peak(int32_t *frame, int y, int x, int32_t height)
{
    for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++) frame[(y + dy) * NX + x + dx] = height / (1 + dy * dy + dx * dx);
}

static void clear_around(int32_t *frame, int y, int x, int32_t level)
{
    for (int dy = -6; dy <= 6; dy++)
        for (int dx = -6; dx <= 6; dx++) frame[(y + dy) * NX + x + dx] = level;
}

static void measure(lbc_frame_measures *m, const uint8_t *ring)
{
    void *room = malloc(lbc_measure_room(shape));
    assert_non_null(room);
    lbc_measure(m, before, after, shape, ring, room);
    free(room);
}

/* ---- the tally ------------------------------------------------------------------------------- */

static void tally_is_the_definition(void **state)
{
    (void)state;
    make_frames(1);
    before[3] = 70000;
    after[3] = 0;
    after[5] = LBC_OVERLOADED;
    before[5] = 4;
    before[6] = LBC_OVERLOADED;
    after[6] = 4;
    double squares = 0, sum_b = 0, sum_a = 0;
    uint64_t n = 0;
    for (int i = 0; i < N; i++) {
        if (before[i] < 0 || after[i] < 0) continue;
        const double d = (double)after[i] - before[i];
        squares += d * d;
        sum_b += before[i];
        sum_a += after[i];
        n++;
    }
    lbc_tally t = {0};
    lbc_tally_add(&t, before, after, N);
    assert_int_equal(t.pixels, n);
    assert_int_equal(t.largest, 70000);
    assert_int_equal(t.lost, 1);
    assert_int_equal(t.gained, 1);
    assert_true(close_to(lbc_tally_rmse(&t), sqrt(squares / (double)n), 1e-12));
    assert_true(close_to(lbc_tally_mean_before(&t), sum_b / (double)n, 1e-12));
    assert_true(close_to(lbc_tally_mean_after(&t), sum_a / (double)n, 1e-12));
    assert_true(close_to(lbc_tally_relative_shift(&t), sum_a / sum_b - 1, 1e-9));
}

static void tally_bears_the_extremes(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) {
        before[i] = i & 1 ? INT32_MAX : 0;
        after[i] = i & 1 ? 0 : INT32_MAX;
    }
    lbc_tally t = {0};
    lbc_tally_add(&t, before, after, N);
    assert_int_equal(t.largest, INT32_MAX);
    assert_true(close_to(lbc_tally_rmse(&t), INT32_MAX, 1e-12));
}

static void tally_of_nothing_is_not_a_number(void **state)
{
    (void)state;
    lbc_tally t = {0};
    for (int i = 0; i < N; i++) before[i] = after[i] = LBC_MASKED;
    lbc_tally_add(&t, before, after, N);
    assert_true(isnan(lbc_tally_rmse(&t)));
    assert_true(isnan(lbc_tally_mean_before(&t)));
    assert_true(isnan(lbc_tally_relative_shift(&t)));
    assert_int_equal(t.lost + t.gained + t.pixels, 0);
}

/* ---- histograms ------------------------------------------------------------------------------ */

static void every_count_is_in_its_bin(void **state)
{
    (void)state;
    assert_true(lbc_count_bin_first(LBC_COUNT_BINS) > INT32_MAX);
    for (unsigned i = 0; i + 1 <= LBC_COUNT_BINS - 1; i++) {
        const uint64_t first = lbc_count_bin_first(i), last = lbc_count_bin_first(i + 1) - 1;
        assert_true(last >= first);
        uint64_t bins[LBC_COUNT_BINS] = {0};
        const int32_t edge[2] = {(int32_t)first, (int32_t)last};
        lbc_count_histogram(bins, edge, 2);
        assert_int_equal(bins[i], 2);
    }
    uint64_t bins[LBC_COUNT_BINS] = {0};
    const int32_t ends[4] = {INT32_MAX, LBC_MASKED, LBC_OVERLOADED, 0};
    lbc_count_histogram(bins, ends, 4);
    assert_int_equal(bins[LBC_COUNT_BINS - 1], 1);
    assert_int_equal(bins[0], 1);
}

/* ---- resolution ------------------------------------------------------------------------------ */

static void rings_follow_bragg(void **state)
{
    (void)state;
    static uint8_t ring[N];
    const lbc_geometry g = {1.0, 0.1, 75e-6, 75e-6, 20.5, 30.5};
    const double outer = lbc_rings(ring, shape, &g);
    const double r = hypot((NX - 20.5) * 75e-6, (NY - 30.5) * 75e-6);
    const double d = g.wavelength / (2 * sin(atan(r / g.distance) / 2));
    assert_true(close_to(outer, 1 / (d * d), 1e-9));
    assert_int_equal(ring[30 * NX + 20], 0);
    assert_int_equal(ring[N - 1], LBC_RADIAL_BINS - 1);
    const double at = hypot(100 * 75e-6, 0), theta = atan(at / g.distance) / 2;
    assert_int_equal(ring[30 * NX + 120], (int)(pow(2 * sin(theta), 2) / outer * LBC_RADIAL_BINS));
}

static void unknown_geometry_has_no_rings(void **state)
{
    (void)state;
    static uint8_t ring[N];
    const lbc_geometry unknown[] = {{NAN, 0.1, 75e-6, 75e-6, 0, 0},
                                    {1, 0, 75e-6, 75e-6, 0, 0},
                                    {1, 0.1, 75e-6, 0, 0, 0},
                                    {1, 0.1, 75e-6, 75e-6, NAN, 0}};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        assert_true(lbc_rings(ring, shape, &unknown[i]) == 0);
        for (int k = 0; k < N; k++) assert_int_equal(ring[k], LBC_NO_RING);
    }
}

static void ring_sums_are_those_of_the_pixels(void **state)
{
    (void)state;
    static uint8_t ring[N];
    const lbc_geometry g = {1.0, 0.1, 75e-6, 75e-6, 150, 100};
    make_frames(2);
    lbc_rings(ring, shape, &g);
    static lbc_frame_measures m;
    measure(&m, ring);
    uint64_t pixels = 0, sum_b = 0, sum_a = 0;
    for (unsigned i = 0; i < LBC_RADIAL_BINS; i++) {
        pixels += m.sums.ring[i].pixels;
        sum_b += m.sums.ring[i].before;
        sum_a += m.sums.ring[i].after;
    }
    assert_int_equal(pixels, m.sums.tally.pixels);
    assert_int_equal(sum_b, m.sums.tally.before);
    assert_int_equal(sum_a, m.sums.tally.after);
}

/* ---- local means ----------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void local_shift_is_the_definition(void **state)
{
    (void)state;
    make_frames(3);
    static double error[N];
    int count = 0;
    for (int cy = 4; cy < NY + 4; cy += LBC_CELL)
        for (int cx = 4; cx < NX + 4; cx += LBC_CELL) {
            double b = 0, a = 0;
            int n = 0;
            for (int y = cy - 15; y <= cy + 15; y++)
                for (int x = cx - 15; x <= cx + 15; x++) {
                    if (y < 0 || y >= NY || x < 0 || x >= NX || before[y * NX + x] < 0) continue;
                    b += before[y * NX + x];
                    a += after[y * NX + x];
                    n++;
                }
            if (n >= 480) error[count++] = fabs(a / b - 1);
        }
    qsort(error, (size_t)count, sizeof *error, ascending);
    static lbc_frame_measures m;
    measure(&m, NULL);
    uint64_t boxes = 0;
    for (unsigned i = 0; i < LBC_SHIFT_BINS; i++) boxes += m.sums.shift[i];
    assert_int_equal(boxes, count);
    assert_true(close_to(lbc_shift_median(m.sums.shift), error[(count - 1) / 2], 0.02));
}

static void equal_frames_have_no_shift(void **state)
{
    (void)state;
    make_frames(4);
    memcpy(after, before, sizeof after);
    static lbc_frame_measures m;
    measure(&m, NULL);
    assert_true(lbc_shift_median(m.sums.shift) == 0);
    assert_true(lbc_tally_rmse(&m.sums.tally) == 0);
    uint64_t none[LBC_SHIFT_BINS] = {0};
    assert_true(isnan(lbc_shift_median(none)));
}

/* ---- spots ----------------------------------------------------------------------------------- */

static void spots_are_found_and_integrated(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) before[i] = after[i] = 2;
    put_peak(before, 50, 60, 900);
    put_peak(after, 50, 60, 450);
    put_peak(before, 120, 200, 300);
    put_peak(after, 120, 200, 150);
    put_peak(before, 160, 30, 600);
    put_peak(after, 160, 30, 300);
    put_peak(before, 2, 100, 600); /* at the edge: its background is cut off */
    static lbc_frame_measures m;
    measure(&m, NULL);
    assert_int_equal(m.sums.spots.n, 3);
    assert_int_equal(m.sample.count, 3);
    assert_int_equal(m.strongest[0].y, 50);
    assert_int_equal(m.strongest[0].x, 60);
    assert_int_equal(m.strongest[1].y, 160);
    assert_int_equal(m.strongest[2].y, 120);
    /* 900, four times 450 and four times 300, each over a background of 2 */
    assert_true(close_to((double)m.strongest[0].before, 900 + 4 * 450 + 4 * 300 - 9 * 2, 1e-6));
    assert_true(close_to(lbc_spot_correlation(&m.sums.spots), 1, 1e-3));
    assert_true(close_to(lbc_spot_scale(&m.sums.spots), 0.5, 0.01));
    assert_true(close_to(lbc_spot_r(&m.sums.spots), 0.5, 0.01));
}

static void a_marked_pixel_spoils_its_spot(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) before[i] = after[i] = 2;
    put_peak(before, 50, 60, 900);
    put_peak(after, 50, 60, 900);
    after[51 * NX + 62] = LBC_OVERLOADED;
    static lbc_frame_measures m;
    measure(&m, NULL);
    assert_int_equal(m.sums.spots.n, 0);
    clear_around(after, 50, 60, LBC_MASKED);
    measure(&m, NULL);
    assert_int_equal(m.sums.spots.n, 0);
    assert_true(isnan(lbc_spot_correlation(&m.sums.spots)));
    assert_true(isnan(lbc_spot_scale(&m.sums.spots)));
}

static void a_flat_peak_counts_once(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) before[i] = after[i] = 0;
    for (int x = 100; x < 104; x++) before[100 * NX + x] = after[100 * NX + x] = 500;
    static lbc_frame_measures m;
    measure(&m, NULL);
    assert_int_equal(m.sums.spots.n, 1);
    assert_int_equal(m.strongest[0].x, 100);
}

static void merging_is_measuring_together(void **state)
{
    (void)state;
    uint64_t r = 5;
    lbc_spot_sums all = {0}, half[2] = {{0}, {0}};
    double sb = 0, sa = 0, bb = 0, aa = 0, ab = 0;
    for (int i = 0; i < 1000; i++) {
        const double b = (double)(random_below(&r, 5000)), a = b + (double)(random_below(&r, 300));
        const lbc_spot_sums one = {1, b, a, 0, 0, 0, a - b};
        lbc_spot_sums_merge(&half[i & 1], &one);
        sb += b;
        sa += a;
        bb += b * b;
        aa += a * a;
        ab += a * b;
    }
    lbc_spot_sums_merge(&all, &half[0]);
    lbc_spot_sums_merge(&all, &half[1]);
    const double cross = ab - sa * sb / 1000, vb = bb - sb * sb / 1000, va = aa - sa * sa / 1000;
    assert_int_equal(all.n, 1000);
    assert_true(close_to(lbc_spot_correlation(&all), cross / sqrt(va * vb), 1e-9));
    assert_true(close_to(lbc_spot_scale(&all), sa / sb, 1e-12));
}

static void the_sample_is_even(void **state)
{
    (void)state;
    static lbc_spot_sample s;
    for (uint32_t i = 0; i < 10000; i++) {
        const lbc_spot spot = {i, 0, 0, 0};
        lbc_spot_sample_offer(&s, &spot);
    }
    assert_true(s.count > LBC_SPOT_SAMPLE / 2 && s.count <= LBC_SPOT_SAMPLE);
    for (uint32_t i = 0; i < s.count; i++) assert_int_equal(s.spot[i].x, i * s.step);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tally_is_the_definition),
        cmocka_unit_test(tally_bears_the_extremes),
        cmocka_unit_test(tally_of_nothing_is_not_a_number),
        cmocka_unit_test(every_count_is_in_its_bin),
        cmocka_unit_test(rings_follow_bragg),
        cmocka_unit_test(unknown_geometry_has_no_rings),
        cmocka_unit_test(ring_sums_are_those_of_the_pixels),
        cmocka_unit_test(local_shift_is_the_definition),
        cmocka_unit_test(equal_frames_have_no_shift),
        cmocka_unit_test(spots_are_found_and_integrated),
        cmocka_unit_test(a_marked_pixel_spoils_its_spot),
        cmocka_unit_test(a_flat_peak_counts_once),
        cmocka_unit_test(merging_is_measuring_together),
        cmocka_unit_test(the_sample_is_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
