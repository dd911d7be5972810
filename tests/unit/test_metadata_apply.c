/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules applied to numbers, geometry, times and the note for XDS, against values reckoned by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frame/map.h"
#include "metadata/apply.h"
#include "metadata/geometry.h"
#include "metadata/isotime.h"
#include "metadata/note.h"

#include <math.h>
#include <string.h>

#define NEAR(a, b) assert_true(is_near(a, b))

static int is_near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (1 + fabs(b)); /* false for NAN */
}

/* Output frames from images 2, 4, 6 on, two each, the last with one: as -1 3 -N 7 -s 2 --partial keep
 * would make them. */
static void in_pairs(const void *plan, uint64_t k, uint64_t *first, uint32_t *count)
{
    (void)plan;
    *first = 2 + 2 * k;
    *count = k == 2 ? 1 : 2;
}

static const lbc_change change = {.bin = 3,
                                  .sum = 2,
                                  .in = {11, 14},
                                  .out = {4, 5},
                                  .type = LBC_U16,
                                  .saturation = 65532,
                                  .codec = "bslz4",
                                  .frames_in = 9,
                                  .groups = 3,
                                  .group = in_pairs,
                                  .masked = 7};

static void test_scale(void **state)
{
    (void)state;
    NEAR(lbc_scale_value(LBC_SCALE_NONE, 1.5, &change), 1.5);
    NEAR(lbc_scale_value(LBC_SCALE_BIN, 75e-6, &change), 225e-6);
    NEAR(lbc_scale_value(LBC_SCALE_PER_BIN, 518.37, &change), 172.79);
    NEAR(lbc_scale_value(LBC_SCALE_SUM, 0.005, &change), 0.01);
}

static void check_set(lbc_value_name name, double expected)
{
    double values[2] = {NAN, NAN};
    assert_int_equal(lbc_set_values(name, &change, values), 1);
    NEAR(values[0], expected);
}

static void test_set(void **state)
{
    (void)state;
    double size[2];
    check_set(LBC_VALUE_ONE, 1);
    check_set(LBC_VALUE_ZERO, 0);
    check_set(LBC_VALUE_FRAMES, 3);
    check_set(LBC_VALUE_NX, 5);
    check_set(LBC_VALUE_NY, 4);
    check_set(LBC_VALUE_SATURATION, 65532);
    check_set(LBC_VALUE_DEPTH, 16);
    check_set(LBC_VALUE_MASKED, 7);
    assert_int_equal(lbc_set_values(LBC_VALUE_SIZE, &change, size), 2);
    NEAR(size[0], 4);
    NEAR(size[1], 5);
    lbc_change wide = change;
    wide.type = LBC_I32;
    lbc_set_values(LBC_VALUE_DEPTH, &wide, size);
    NEAR(size[0], 32);
}

static void test_sample(void **state)
{
    (void)state;
    const int32_t in[9][2] = {{0, 100}, {1, 101}, {2, 102}, {3, 103}, {4, 104}, {5, 105}, {6, 106}, {7, 107}, {8, 108}};
    int32_t out[3][2];
    lbc_sample_rows(out, in, sizeof in[0], LBC_SAMPLE_FIRST, &change);
    const int32_t first[3][2] = {{2, 102}, {4, 104}, {6, 106}};
    assert_memory_equal(out, first, sizeof first);
    lbc_sample_rows(out, in, sizeof in[0], LBC_SAMPLE_LAST, &change);
    const int32_t last[3][2] = {{3, 103}, {5, 105}, {6, 106}};
    assert_memory_equal(out, last, sizeof last);
}

static void test_axis_from_arrays(void **state)
{
    (void)state;
    const double start[9] = {10, 10.5, 11, 11.5, 12, 12.5, 13, 13.5, 14};
    const double end[9] = {10.4, 10.9, 11.4, 11.9, 12.4, 12.9, 13.4, 13.9, 14.4};
    const lbc_axis both = {start, end, 9, 9, NAN, NAN};
    NEAR(lbc_axis_new_start(&both, &change), 11);
    NEAR(lbc_axis_new_total(&both, &change), 13.4 - 11);
    const lbc_axis no_end = {start, NULL, 9, 0, NAN, NAN};
    NEAR(lbc_axis_new_total(&no_end, &change), 13.5 - 11); /* as far as the next image's start */
    const lbc_axis with_step = {start, NULL, 9, 0, NAN, 0.45};
    NEAR(lbc_axis_new_total(&with_step, &change), 13.45 - 11);
}

static void test_axis_from_numbers(void **state)
{
    (void)state;
    const lbc_axis numbers = {NULL, NULL, 0, 0, 90, 0.1};
    NEAR(lbc_axis_new_start(&numbers, &change), 90.2);
    NEAR(lbc_axis_new_total(&numbers, &change), 0.5);
    const lbc_axis unknown = {NULL, NULL, 0, 0, NAN, NAN};
    assert_true(isnan(lbc_axis_new_start(&unknown, &change)));
    assert_true(isnan(lbc_axis_new_total(&unknown, &change)));
}

static void test_material(void **state)
{
    (void)state;
    assert_string_equal(lbc_material_name("Si"), "Si");
    assert_string_equal(lbc_material_name("SILICON"), "Silicon");
    assert_string_equal(lbc_material_name("cdte"), "CdTe");
    assert_string_equal(lbc_material_name("Gallium Arsenide"), "GaAs");
    assert_null(lbc_material_name("unobtainium"));
}

/* Bins of 2 in 3 x 5: means over what is unmasked, over all where nothing is, and over what a bin at the
 * edge has. Bits above the low 16 are no mask. */
static void test_map(void **state)
{
    (void)state;
    const double in[15] = {1, 2, 10, 20, 5, 3, 6, 30, 40, 7, 8, 9, 1, 2, 4};
    const uint32_t mask[15] = {0, 0, 1, 1, 0, 0, 1, 2, 8, 0x10000, 0, 0, 0, 16, 0};
    double out[6];
    lbc_map_bin(out, in, mask, (lbc_shape){3, 5}, 2);
    const double masked[6] = {2, 25, 6, 8.5, 1, 4};
    for (int i = 0; i < 6; i++) NEAR(out[i], masked[i]);
    lbc_map_bin(out, in, NULL, (lbc_shape){3, 5}, 2);
    const double all[6] = {3, 25, 6, 8.5, 1.5, 4};
    for (int i = 0; i < 6; i++) NEAR(out[i], all[i]);
}

static void test_module_offset(void **state)
{
    (void)state;
    /* 400 pixels of 75 um and 300: a triangle of 3, 4, 5 */
    const lbc_translation t = lbc_module_offset(400, 300, 75e-6, 75e-6);
    NEAR(t.value, 0.0375);
    NEAR(t.vector[0], 0.8);
    NEAR(t.vector[1], 0.6);
    NEAR(t.vector[2], 0);
    const lbc_translation none = lbc_module_offset(0, 0, 75e-6, 75e-6);
    NEAR(none.value, 0);
    NEAR(none.vector[0], 1);
}

static void near_vector(const double got[3], double x, double y, double z)
{
    NEAR(got[0], x);
    NEAR(got[1], y);
    NEAR(got[2], z);
}

/* An arm that is raised: rows stay along x, columns lean by a triangle of 3, 4, 5. */
static void test_cosines(void **state)
{
    (void)state;
    const lbc_stand stand = {400, 300, 1e-4, 1e-4, 0.2};
    const double unset[3] = {0, 0, -0.2}, corner[3] = {0.04, 0.2, -0.15}, along[3] = {0.04, 0.2, 0.15};
    const double against_beam[6] = {-1, 0, 0, 0, -0.8, 0.6}, along_beam[6] = {-1, 0, 0, 0, -0.8, -0.6};
    lbc_plane plane;
    assert_true(lbc_plane_of_cosines(&plane, &stand, against_beam, unset));
    near_vector(plane.fast, -1, 0, 0);
    near_vector(plane.slow, 0, -0.8, -0.6);
    assert_false(signbit(plane.fast[2])); /* 0 is written alike everywhere */
    NEAR(plane.offset.value, 0.05);
    near_vector(plane.offset.vector, 0.8, 0.48, 0.36); /* 0.04 along -fast and 0.03 along -slow */

    for (int turned = 0; turned < 2; turned++) { /* whichever way z points, the detector is behind the sample */
        assert_true(lbc_plane_of_cosines(&plane, &stand, turned ? along_beam : against_beam, turned ? along : corner));
        near_vector(plane.slow, 0, -0.8, -0.6);
        NEAR(plane.offset.value * plane.offset.vector[0], 0.04);
        NEAR(plane.offset.value * plane.offset.vector[1], 0.2);
        NEAR(plane.offset.value * plane.offset.vector[2], -0.05);
    }
}

/* The usual cosines, with the corner where it may, and cosines that are none. */
static void test_cosines_of_upright_detectors(void **state)
{
    (void)state;
    const lbc_stand stand = {400, 300, 75e-6, 75e-6, 0.2};
    const lbc_translation offset = lbc_module_offset(400, 300, 75e-6, 75e-6);
    const double unset[3] = {NAN, NAN, NAN}, corner[3] = {0.03, 0.0225, -0.2}, usual[6] = {-1, 0, 0, 0, -1, 0};
    const double none[][6] = {
        {0}, {-1, 0, 0, 0, NAN, 0}, {-1, 0, 0, -1, 0, 0}, {-1, 0, 0, 0, -2, 0}, {0.9, 0, 0, 0, 1, 0}};
    lbc_plane plane;
    assert_true(lbc_plane_of_cosines(&plane, &stand, usual, corner));
    for (size_t i = 0; i <= sizeof none / sizeof none[0]; i++) {
        near_vector(plane.fast, -1, 0, 0);
        near_vector(plane.slow, 0, -1, 0);
        assert_memory_equal(&plane.offset, &offset, sizeof offset); /* to the last bit */
        if (i < sizeof none / sizeof none[0]) assert_false(lbc_plane_of_cosines(&plane, &stand, none[i], unset));
    }
}

/* Two modules of 10 rows, 4 apart, over 11 columns. */
static void test_modules(void **state)
{
    (void)state;
    const lbc_shape image = {24, 11};
    const lbc_module two[] = {{"upper", {0, 0}, {10, 11}}, {"lower", {14, 0}, {10, 11}}};
    assert_int_equal(lbc_modules_divisor(two, 2, image), 2);
    assert_true(lbc_module_is_cut(&two[0], image, 4));
    assert_true(lbc_module_is_cut(&two[1], image, 4));
    assert_true(lbc_module_is_cut(&two[1], image, 5)); /* it begins within a bin */
    assert_false(lbc_module_is_cut(&two[0], image, 5));
    for (uint32_t bin = 1; bin <= 2; bin++) assert_false(lbc_module_is_cut(&two[0], image, bin));
    assert_false(lbc_module_is_image(two, 2));
    assert_true(lbc_module_is_image(two, 1));
    assert_false(lbc_module_is_image(two + 1, 1));
    assert_false(lbc_module_is_image(NULL, 0));

    const lbc_module whole = {"whole", {0, 0}, {24, 11}};
    assert_int_equal(lbc_modules_divisor(&whole, 1, image), 0);
    assert_int_equal(lbc_modules_divisor(NULL, 0, image), 0);
    assert_false(lbc_module_is_cut(&whole, image, 7));
}

static void test_reversed_size(void **state)
{
    (void)state;
    assert_true(lbc_data_size_is_reversed("I04", "2019-01-21T14:55:29"));
    assert_true(lbc_data_size_is_reversed("i03", "2021-09-10T13:11:59Z"));
    assert_false(lbc_data_size_is_reversed("I03", "2021-09-10T13:12:00"));
    assert_true(lbc_data_size_is_reversed("DLS I04", "2021-09-14T15:02:59"));
    assert_true(lbc_data_size_is_reversed("DIAMOND BEAMLINE VMXm", "2021-12-31T00:00:00"));
    assert_false(lbc_data_size_is_reversed("DLS I04", "2022-12-09T16:18:01Z"));
    assert_false(lbc_data_size_is_reversed("DLS I24", "2019-01-21T14:55:29"));
    assert_false(lbc_data_size_is_reversed("MX3", "2019-01-21T14:55:29"));
    assert_false(lbc_data_size_is_reversed("SOLEIL I044", "2019-01-21T14:55:29"));
    assert_false(lbc_data_size_is_reversed("I04", ""));
    assert_false(lbc_data_size_is_reversed("", "2019-01-21T14:55:29"));
}

static void check_time(const char *text, double seconds, const char *expected)
{
    char out[LBC_TIME_SIZE];
    assert_int_equal(lbc_time_add(text, seconds, out), expected[0] != '\0');
    assert_string_equal(out, expected);
}

static void test_times(void **state)
{
    (void)state;
    check_time("2016-12-16T07:06:17.852051", 0, "2016-12-16T07:06:17.852051");
    check_time("2016-12-16T07:06:17.852051", 0.3, "2016-12-16T07:06:18.152051");
    check_time("2019-02-14T23:59:59", 1, "2019-02-15T00:00:00");
    check_time("2020-02-28T23:00:00Z", 7200, "2020-02-29T01:00:00Z");
    check_time("2021-12-31T23:59:59.9+01:00", 0.1, "2022-01-01T00:00:00.0+01:00");
    check_time("2022-01-01T00:00:00-0700", -1, "2021-12-31T23:59:59-0700");
    check_time("2000-03-01 12:00:00", -86400, "2000-02-29T12:00:00");
    check_time("1900-03-01T00:00:00", -86400, "1900-02-28T00:00:00");
    check_time("0001-01-01T00:00:00", -1, "");
    check_time("9999-12-31T23:59:59", 1, "");
    check_time("14 Feb 2019", 1, "");
    check_time("2019-13-14T00:00:00", 1, "");
    check_time("2019-02-14T14:26", 1, "");
    check_time("2019-02-14T14:26:24 local", 1, "");
    check_time("", 1, "");
    check_time("2019-02-14T14:26:24", NAN, "");
}

static void test_note(void **state)
{
    (void)state;
    static const char expected[] = "fast_dp needs this line in dxtbx's data/detectors.lib:\n"
                                   "  PAD          1383 1454  225  225 eiger-16M-3x3-binned\n"
                                   "XDS.INP must say:\n"
                                   "  NX= 1383 NY= 1454 QX= 0.225 QY= 0.225\n"
                                   "  ORGX= 742.16 ORGY= 767.15\n"
                                   "  (a refined ORGX or ORGY of the unbinned images becomes (ORGX - 0.5)/3 + 0.5)\n"
                                   "  OVERLOAD= 65532\n"
                                   "  DATA_RANGE= 1 3\n"
                                   "  OSCILLATION_RANGE= 0.2\n";
    lbc_change large = change;
    large.in = (lbc_shape){4362, 4148};
    large.out = (lbc_shape){1454, 1383};
    const lbc_note_series series = {75e-6, 75e-6, 2224.98, 2299.96, 0.1, false};
    char text[1000], cut[20];
    assert_int_equal(lbc_xds_note(text, sizeof text, &large, &series), sizeof expected - 1);
    assert_string_equal(text, expected);
    assert_int_equal(lbc_xds_note(cut, sizeof cut, &large, &series), sizeof expected - 1);
    assert_memory_equal(cut, expected, sizeof cut - 1);
    assert_int_equal(cut[sizeof cut - 1], '\0');
    assert_int_equal(lbc_xds_note(NULL, 0, &large, &series), sizeof expected - 1);

    large.bin = 1;
    const lbc_note_series unknown = {NAN, NAN, NAN, NAN, NAN, false};
    lbc_xds_note(text, sizeof text, &large, &unknown);
    assert_null(strstr(text, "detectors.lib"));
    assert_null(strstr(text, "ORGX"));
    assert_null(strstr(text, "nan"));
    const lbc_note_series stills = {75e-6, 75e-6, 2224.98, 2299.96, 0, false};
    lbc_xds_note(text, sizeof text, &large, &stills);
    assert_non_null(strstr(text, "DATA_RANGE"));
    assert_null(strstr(text, "OSCILLATION_RANGE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_axis_from_arrays),
        cmocka_unit_test(test_axis_from_numbers),
        cmocka_unit_test(test_material),
        cmocka_unit_test(test_map),
        cmocka_unit_test(test_module_offset),
        cmocka_unit_test(test_cosines),
        cmocka_unit_test(test_cosines_of_upright_detectors),
        cmocka_unit_test(test_modules),
        cmocka_unit_test(test_reversed_size),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_note),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
