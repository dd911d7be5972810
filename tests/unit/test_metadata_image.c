/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/image.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void near(double got, double want)
{
    assert_true(fabs(got - want) < 1e-12);
}

static void test_an_image_after_binning_and_summing(void **state)
{
    (void)state;
    const lbc_image before = {75e-6, 75e-6, 1000.5, 900.25, 0.0099, 0.01, 30.0, 0.1};
    const lbc_image after = lbc_image_after(before, 2, 5);
    near(after.pixel_x, 150e-6);
    near(after.pixel_y, 150e-6);
    near(after.beam_x, 500.25);
    near(after.beam_y, 450.125);
    near(after.exposure_time, 0.0495);
    near(after.exposure_period, 0.05);
    near(after.start_angle, 30.0);
    near(after.angle_increment, 0.5);
}

static void test_what_is_unknown_stays_so(void **state)
{
    (void)state;
    const lbc_image before = {NAN, 1e-4, 1, 1, NAN, NAN, NAN, NAN};
    const lbc_image after = lbc_image_after(before, 3, 2);
    assert_true(isnan(after.pixel_x) && isnan(after.exposure_time) && isnan(after.start_angle));
    near(after.pixel_y, 3e-4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_image_after_binning_and_summing),
        cmocka_unit_test(test_what_is_unknown_stays_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
