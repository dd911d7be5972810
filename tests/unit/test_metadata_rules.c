/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What binning and summing do to each field of a master, row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "metadata/rules.h"

#include <string.h>

/* 100 images of 1065 x 1030 become 33 of 355 x 344 (b 3, s 3). */
enum { IMAGES = 100, NY = 1065, NX = 1030 };

static lbc_change change_of(uint32_t bin, uint32_t sum)
{
    return (lbc_change){.bin = bin, .sum = sum, .in = {NY, NX}, .frames_in = IMAGES};
}

static lbc_field number(lbc_group group, const char *name)
{
    return (lbc_field){.group = group, .name = name, .numeric = true};
}

static lbc_field text(lbc_group group, const char *name)
{
    return (lbc_field){.group = group, .name = name};
}

static lbc_field array(lbc_group group, const char *name, int rank, uint64_t n0, uint64_t n1, uint64_t n2)
{
    return (lbc_field){.group = group, .name = name, .numeric = true, .rank = rank, .dims = {n0, n1, n2}};
}

static lbc_rule find(lbc_field field, uint32_t bin, uint32_t sum)
{
    const lbc_change change = change_of(bin, sum);
    return lbc_rule_find(&field, &change, 0);
}

static void expect(lbc_field field, lbc_action action, lbc_scale scale, lbc_sample sample, lbc_value_name value)
{
    const lbc_rule rule = find(field, 3, 3);
    if (rule.action != action || rule.scale != scale || rule.sample != sample || rule.value != value)
        fail_msg("%s: action %d, scale %d, sample %d, value %d", field.name, rule.action, rule.scale, rule.sample,
                 rule.value);
}

static void expect_copied(lbc_field field)
{
    expect(field, LBC_ACTION_KEEP, LBC_SCALE_NONE, LBC_SAMPLE_NONE, LBC_VALUE_NONE);
}

static void expect_scaled(lbc_field field, lbc_scale scale)
{
    expect(field, LBC_ACTION_KEEP, scale, LBC_SAMPLE_NONE, LBC_VALUE_NONE);
}

static void expect_set(lbc_field field, lbc_value_name value)
{
    expect(field, LBC_ACTION_SET, LBC_SCALE_NONE, LBC_SAMPLE_NONE, value);
}

static void expect_done(lbc_field field, lbc_action action)
{
    expect(field, action, LBC_SCALE_NONE, LBC_SAMPLE_NONE, LBC_VALUE_NONE);
}

/* ---- groups -------------------------------------------------------------------------------- */

static void test_groups_by_class(void **state)
{
    (void)state;
    static const struct {
        lbc_group parent;
        const char *name, *nx_class;
        lbc_group expected;
    } rows[] = {
        {LBC_GROUP_OTHER, "entry", "NXentry", LBC_GROUP_ENTRY},
        {LBC_GROUP_ENTRY, "data", "NXdata", LBC_GROUP_DATA},
        {LBC_GROUP_INSTRUMENT, "eiger", "NXdetector", LBC_GROUP_DETECTOR},
        {LBC_GROUP_DETECTOR, "detectorSpecific", "", LBC_GROUP_SPECIFIC},
        {LBC_GROUP_DETECTOR, "detectorSpecific", "NXcollection", LBC_GROUP_SPECIFIC},
        {LBC_GROUP_SPECIFIC, "detectorModule_007", "", LBC_GROUP_TILE},
        {LBC_GROUP_DETECTOR, "module", "NXdetector_module", LBC_GROUP_MODULE},
        {LBC_GROUP_DETECTOR, "threshold_1_channel", "NXdetector_channel", LBC_GROUP_CHANNEL},
        {LBC_GROUP_SAMPLE, "sample_omega", "NXpositioner", LBC_GROUP_AXES},
        {LBC_GROUP_SAMPLE, "goniometer", "NXtransformations", LBC_GROUP_AXES},
        {LBC_GROUP_SAMPLE, "goniometer", "NXcollection", LBC_GROUP_AXES},
        {LBC_GROUP_DETECTOR, "geometry", "NXgeometry", LBC_GROUP_GEOMETRY},
        {LBC_GROUP_GEOMETRY, "translation", "NXtranslation", LBC_GROUP_GEOMETRY},
        {LBC_GROUP_GEOMETRY, "transformations", "NXtransformations", LBC_GROUP_GEOMETRY},
        {LBC_GROUP_PROCESS, "parameters", "NXparameters", LBC_GROUP_PROCESS},
        {LBC_GROUP_SAMPLE, "beam", "", LBC_GROUP_BEAM}, /* no class: by its usual name */
        {LBC_GROUP_SAMPLE, "beam", "NXcollection", LBC_GROUP_OTHER},
        {LBC_GROUP_ENTRY, "site", "NXcollection", LBC_GROUP_OTHER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (lbc_group_of(rows[i].parent, rows[i].name, rows[i].nx_class) != rows[i].expected)
            fail_msg("%s of class '%s'", rows[i].name, rows[i].nx_class);
}

/* ---- rows ---------------------------------------------------------------------------------- */

static void test_images(void **state)
{
    (void)state;
    expect_done(array(LBC_GROUP_DATA, "data", 3, IMAGES, NY, NX), LBC_ACTION_IMAGES);
    expect_done(array(LBC_GROUP_DATA, "data_000001", 2, NY, NX, 0), LBC_ACTION_IMAGES);
    expect_done(array(LBC_GROUP_DETECTOR, "copy_of_images", 3, 7, NY, NX), LBC_ACTION_IMAGES);
    expect_copied(array(LBC_GROUP_DETECTOR, "cube", 3, NY, NX, 3));
}

static void test_detector_shape_and_place(void **state)
{
    (void)state;
    expect_scaled(number(LBC_GROUP_DETECTOR, "x_pixel_size"), LBC_SCALE_BIN);
    expect_scaled(number(LBC_GROUP_DETECTOR, "y_pixel_size"), LBC_SCALE_BIN);
    expect_scaled(number(LBC_GROUP_MODULE, "fast_pixel_direction"), LBC_SCALE_BIN);
    expect_scaled(number(LBC_GROUP_MODULE, "slow_pixel_direction"), LBC_SCALE_BIN);
    expect_scaled(number(LBC_GROUP_DETECTOR, "beam_center_x"), LBC_SCALE_PER_BIN);
    expect_scaled(number(LBC_GROUP_DETECTOR, "beam_center_y"), LBC_SCALE_PER_BIN);
    expect_set(number(LBC_GROUP_SPECIFIC, "x_pixels_in_detector"), LBC_VALUE_NX);
    expect_set(number(LBC_GROUP_SPECIFIC, "y_pixels_in_detector"), LBC_VALUE_NY);
    expect_set(array(LBC_GROUP_MODULE, "data_size", 1, 2, 0, 0), LBC_VALUE_SIZE);
    expect(array(LBC_GROUP_MODULE, "data_origin", 1, 2, 0, 0), LBC_ACTION_FLOOR, LBC_SCALE_PER_BIN, LBC_SAMPLE_NONE,
           LBC_VALUE_NONE);
    expect(array(LBC_GROUP_TILE, "data_origin", 1, 2, 0, 0), LBC_ACTION_FLOOR, LBC_SCALE_PER_BIN, LBC_SAMPLE_NONE,
           LBC_VALUE_NONE);
    expect(array(LBC_GROUP_TILE, "data_size", 1, 2, 0, 0), LBC_ACTION_CEIL, LBC_SCALE_PER_BIN, LBC_SAMPLE_NONE,
           LBC_VALUE_NONE);
}

static void test_what_stays(void **state)
{
    (void)state;
    expect_copied(number(LBC_GROUP_DETECTOR, "detector_distance"));
    expect_copied(number(LBC_GROUP_DETECTOR, "distance"));
    expect_copied(number(LBC_GROUP_MODULE, "module_offset"));
    expect_copied(array(LBC_GROUP_MODULE, "module_offset", 1, 3, 0, 0));
    expect_copied(number(LBC_GROUP_AXES, "translation"));
    expect_copied(number(LBC_GROUP_AXES, "det_z"));
    expect_copied(array(LBC_GROUP_GEOMETRY, "distances", 1, 3, 0, 0));
    expect_copied(array(LBC_GROUP_GEOMETRY, "value", 1, IMAGES, 0, 0));
    expect_copied(number(LBC_GROUP_DETECTOR, "detector_readout_time"));
    expect_copied(number(LBC_GROUP_SPECIFIC, "frame_period"));
    expect_copied(number(LBC_GROUP_SPECIFIC, "frame_count_time"));
    expect_copied(number(LBC_GROUP_BEAM, "incident_wavelength"));
    expect_copied(text(LBC_GROUP_SAMPLE, "start_time"));
    expect_copied(number(LBC_GROUP_OTHER, "x_pixel_size")); /* a name alone means nothing */
    expect_copied(number(LBC_GROUP_PROCESS, "nimages"));
    expect_copied(array(LBC_GROUP_PROCESS, "per_image", 1, IMAGES, 0, 0));
}

static void test_series(void **state)
{
    (void)state;
    expect_set(number(LBC_GROUP_SPECIFIC, "nimages"), LBC_VALUE_FRAMES);
    expect_set(number(LBC_GROUP_SPECIFIC, "ntrigger"), LBC_VALUE_ONE);
    expect_scaled(number(LBC_GROUP_DETECTOR, "count_time"), LBC_SCALE_SUM);
    expect_scaled(number(LBC_GROUP_DETECTOR, "frame_time"), LBC_SCALE_SUM);
    expect_scaled(number(LBC_GROUP_SPECIFIC, "nframes_sum"), LBC_SCALE_SUM);
    expect_scaled(number(LBC_GROUP_SPECIFIC, "summation_nimages"), LBC_SCALE_SUM);
    expect_done(text(LBC_GROUP_ENTRY, "start_time"), LBC_ACTION_BEGIN);
    expect_done(text(LBC_GROUP_SPECIFIC, "data_collection_date"), LBC_ACTION_BEGIN);
    expect_done(text(LBC_GROUP_ENTRY, "end_time"), LBC_ACTION_FINISH);
    expect_done(text(LBC_GROUP_ENTRY, "end_time_estimated"), LBC_ACTION_FINISH);
    expect(array(LBC_GROUP_DETECTOR, "count_time", 1, IMAGES, 0, 0), LBC_ACTION_KEEP, LBC_SCALE_SUM, LBC_SAMPLE_FIRST,
           LBC_VALUE_NONE);
}

static void test_pixels(void **state)
{
    (void)state;
    expect_set(number(LBC_GROUP_DETECTOR, "saturation_value"), LBC_VALUE_SATURATION);
    expect_set(number(LBC_GROUP_SPECIFIC, "saturation_value"), LBC_VALUE_SATURATION);
    expect_set(number(LBC_GROUP_SPECIFIC, "countrate_correction_count_cutoff"), LBC_VALUE_SATURATION);
    expect_set(number(LBC_GROUP_TILE, "countrate_correction_count_cutoff"), LBC_VALUE_SATURATION);
    expect_copied(number(LBC_GROUP_TILE, "countrate_correction_cutoff")); /* a rate, not a count */
    expect_set(number(LBC_GROUP_DETECTOR, "underload_value"), LBC_VALUE_ZERO);
    expect_set(number(LBC_GROUP_DETECTOR, "bit_depth_image"), LBC_VALUE_DEPTH);
    expect_set(number(LBC_GROUP_DETECTOR, "bit_depth_readout"), LBC_VALUE_DEPTH);
    expect_set(number(LBC_GROUP_SPECIFIC, "number_of_excluded_pixels"), LBC_VALUE_MASKED);
    expect_done(text(LBC_GROUP_SPECIFIC, "compression"), LBC_ACTION_CODEC);
}

/* A threshold's own fields are the detector's, but for those of the series and of its mask. */
static void test_channels(void **state)
{
    (void)state;
    expect_set(number(LBC_GROUP_CHANNEL, "saturation_value"), LBC_VALUE_SATURATION);
    expect_set(number(LBC_GROUP_CHANNEL, "countrate_correction_count_cutoff"), LBC_VALUE_SATURATION);
    expect_set(number(LBC_GROUP_CHANNEL, "underload_value"), LBC_VALUE_ZERO);
    expect_set(number(LBC_GROUP_CHANNEL, "bit_depth_image"), LBC_VALUE_DEPTH);
    expect_scaled(number(LBC_GROUP_CHANNEL, "count_time"), LBC_SCALE_SUM);
    expect_done(number(LBC_GROUP_CHANNEL, "flatfield_applied"), LBC_ACTION_BOOLEAN);
    expect_copied(number(LBC_GROUP_CHANNEL, "threshold_energy"));
    expect_copied(array(LBC_GROUP_CHANNEL, "threshold_energy", 1, 2, 0, 0));
    expect_done(array(LBC_GROUP_CHANNEL, "flatfield", 2, NY, NX, 0), LBC_ACTION_MAP);
    const lbc_field mask = array(LBC_GROUP_CHANNEL, "pixel_mask", 2, NY, NX, 0);
    expect_done(mask, LBC_ACTION_MASK_MAP);
    assert_int_equal(find(mask, 1, 3).action, LBC_ACTION_KEEP);
    expect(array(LBC_GROUP_CHANNEL, "count_time", 1, IMAGES, 0, 0), LBC_ACTION_KEEP, LBC_SCALE_SUM, LBC_SAMPLE_FIRST,
           LBC_VALUE_NONE);
}

static void test_peaks(void **state)
{
    (void)state;
    const lbc_field x = array(LBC_GROUP_OTHER, "peakXPosRaw", 2, IMAGES, 1024, 0);
    const lbc_field n = array(LBC_GROUP_OTHER, "nPeaks", 1, IMAGES, 0, 0);
    for (uint32_t bin = 1; bin <= 2; bin++)
        for (uint32_t sum = 1; sum <= 2; sum++) {
            const bool as_it_is = bin == 1 && sum == 1;
            assert_int_equal(find(x, bin, sum).action, as_it_is ? LBC_ACTION_KEEP : LBC_ACTION_LOSE);
            assert_int_equal(find(n, bin, sum).action, as_it_is ? LBC_ACTION_KEEP : LBC_ACTION_LOSE);
        }
    assert_int_equal(find(x, 1, 1).sample, LBC_SAMPLE_FIRST); /* of a selection */
    expect_copied(number(LBC_GROUP_BEAM, "peak_flux"));
}

static void test_forms(void **state)
{
    (void)state;
    expect_done(text(LBC_GROUP_ENTRY, "definition"), LBC_ACTION_NXMX);
    expect_done(text(LBC_GROUP_DETECTOR, "sensor_material"), LBC_ACTION_MATERIAL);
    expect_done(number(LBC_GROUP_DETECTOR, "pixel_mask_applied"), LBC_ACTION_BOOLEAN);
    expect_done(number(LBC_GROUP_DETECTOR, "countrate_correction_applied"), LBC_ACTION_BOOLEAN);
    expect_done(number(LBC_GROUP_SPECIFIC, "auto_summation"), LBC_ACTION_BOOLEAN);
}

static void test_maps(void **state)
{
    (void)state;
    const lbc_field mask = array(LBC_GROUP_DETECTOR, "pixel_mask", 2, NY, NX, 0);
    const lbc_field flat = array(LBC_GROUP_SPECIFIC, "flatfield", 2, NY, NX, 0);
    const lbc_field other_mask = array(LBC_GROUP_SPECIFIC, "shadow_mask", 2, NY, NX, 0);
    const lbc_field tile_map = array(LBC_GROUP_TILE, "trimbit", 2, 256, 1024, 0);
    const lbc_field tile_table = array(LBC_GROUP_TILE, "countrate_correction_table", 2, 4000, 2, 0);
    expect_done(mask, LBC_ACTION_MASK);
    expect_done(flat, LBC_ACTION_MAP);
    expect_done(other_mask, LBC_ACTION_MASK_MAP);
    expect_done(tile_map, LBC_ACTION_DROP);
    expect_copied(tile_table);
    expect_done(text(LBC_GROUP_SPECIFIC, "eiger_fw_version"), LBC_ACTION_DROP);

    /* without binning the maps still fit */
    assert_int_equal(find(mask, 1, 3).action, LBC_ACTION_MASK);
    assert_int_equal(find(flat, 1, 3).action, LBC_ACTION_KEEP);
    assert_int_equal(find(other_mask, 1, 3).action, LBC_ACTION_KEEP);
    assert_int_equal(find(tile_map, 1, 3).action, LBC_ACTION_KEEP);
    assert_int_equal(find(text(LBC_GROUP_SPECIFIC, "eiger_fw_version"), 1, 3).action, LBC_ACTION_DROP);
}

static void expect_axis(const char *name, lbc_scale scale, lbc_sample sample)
{
    const lbc_field field = array(LBC_GROUP_AXES, name, 1, IMAGES, 0, 0);
    expect(field, LBC_ACTION_KEEP, scale, sample, LBC_VALUE_NONE);
    assert_true(find(field, 3, 3).wide);
}

static void test_axes(void **state)
{
    (void)state;
    expect_axis("omega", LBC_SCALE_NONE, LBC_SAMPLE_FIRST);
    expect_axis("sam_x", LBC_SCALE_NONE, LBC_SAMPLE_FIRST);
    expect_axis("omega_end", LBC_SCALE_NONE, LBC_SAMPLE_LAST);
    expect_axis("omega_increment_set", LBC_SCALE_SUM, LBC_SAMPLE_FIRST);
    expect_scaled(number(LBC_GROUP_AXES, "omega_increment"), LBC_SCALE_SUM);
    expect_scaled(number(LBC_GROUP_AXES, "omega_range_average"), LBC_SCALE_SUM);
    expect_done(number(LBC_GROUP_AXES, "omega_range_total"), LBC_ACTION_TOTAL);
    expect_done(number(LBC_GROUP_AXES, "omega_start"), LBC_ACTION_START);
    expect(array(LBC_GROUP_DATA, "omega", 1, IMAGES, 0, 0), LBC_ACTION_KEEP, LBC_SCALE_NONE, LBC_SAMPLE_FIRST,
           LBC_VALUE_NONE);
    expect_copied(array(LBC_GROUP_AXES, "phi", 1, 1, 0, 0)); /* one value for all images */
}

static void test_per_image_elsewhere(void **state)
{
    (void)state;
    expect(array(LBC_GROUP_DETECTOR, "timestamps", 1, IMAGES, 0, 0), LBC_ACTION_KEEP, LBC_SCALE_NONE, LBC_SAMPLE_FIRST,
           LBC_VALUE_NONE);
    expect(array(LBC_GROUP_OTHER, "ring_current", 1, IMAGES, 0, 0), LBC_ACTION_KEEP, LBC_SCALE_NONE, LBC_SAMPLE_FIRST,
           LBC_VALUE_NONE);
    expect(array(LBC_GROUP_DETECTOR, "exposure_end", 1, IMAGES, 0, 0), LBC_ACTION_KEEP, LBC_SCALE_NONE, LBC_SAMPLE_LAST,
           LBC_VALUE_NONE);
    expect_copied(array(LBC_GROUP_DETECTOR, "lookup", 1, IMAGES + 1, 0, 0));
    expect_copied(array(LBC_GROUP_TILE, "lookup", 1, IMAGES, 0, 0));

    /* three images: a vector is not a series */
    lbc_change few = change_of(2, 1);
    few.frames_in = 3;
    const lbc_field vector = array(LBC_GROUP_SAMPLE, "unit_vector", 1, 3, 0, 0);
    const lbc_field omega = array(LBC_GROUP_AXES, "omega", 1, 3, 0, 0);
    assert_int_equal(lbc_rule_find(&vector, &few, 0).sample, LBC_SAMPLE_NONE);
    assert_int_equal(lbc_rule_find(&omega, &few, 0).sample, LBC_SAMPLE_FIRST);
}

/* A collection that was aborted after 40 of 100 images has arrays of 100. */
static void test_claimed_length(void **state)
{
    (void)state;
    lbc_change change = change_of(1, 2);
    change.frames_in = 40;
    const lbc_field times = array(LBC_GROUP_DETECTOR, "timestamps", 1, 100, 0, 0);
    const lbc_field omega = array(LBC_GROUP_AXES, "omega", 1, 100, 0, 0);
    const lbc_field short_omega = array(LBC_GROUP_AXES, "omega", 1, 39, 0, 0);
    assert_int_equal(lbc_rule_find(&times, &change, 100).sample, LBC_SAMPLE_FIRST);
    assert_int_equal(lbc_rule_find(&times, &change, 0).sample, LBC_SAMPLE_NONE);
    assert_int_equal(lbc_rule_find(&omega, &change, 0).sample, LBC_SAMPLE_FIRST);
    assert_int_equal(lbc_rule_find(&short_omega, &change, 0).sample, LBC_SAMPLE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups_by_class),
        cmocka_unit_test(test_images),
        cmocka_unit_test(test_detector_shape_and_place),
        cmocka_unit_test(test_what_stays),
        cmocka_unit_test(test_series),
        cmocka_unit_test(test_pixels),
        cmocka_unit_test(test_channels),
        cmocka_unit_test(test_peaks),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_axes),
        cmocka_unit_test(test_per_image_elsewhere),
        cmocka_unit_test(test_claimed_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
