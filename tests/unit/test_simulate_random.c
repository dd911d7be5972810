/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Elementary functions, numbered random numbers and Poisson counts of the simulation. */
#include "simulate/elementary.h"
#include "simulate/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance)) fail_msg("%.17g is not within %g of %.17g", value, tolerance, expected);
}

static void elementary_functions_agree_with_libm(void **state)
{
    (void)state;
    for (int i = -4000; i <= 4000; i++) {
        const double x = i * 0.0371;
        double sine, cosine;
        lbc_sincos(x, &sine, &cosine);
        assert_near(sine, sin(x), 2e-14);
        assert_near(cosine, cos(x), 2e-14);
        assert_near(lbc_exp(x) / exp(x), 1.0, 1e-14);
        assert_near(lbc_log(exp(x)), log(exp(x)), 1e-13);
        assert_near(lbc_normal_cdf(x * 0.1), 0.5 * erfc(-x * 0.1 / sqrt(2.0)), 1e-7);
    }
    for (int i = 0; i <= 2000; i++) {
        const double angle = -3.14 + i * 0.00314;
        assert_near(lbc_atan2(3.7 * sin(angle), 3.7 * cos(angle)), angle, 1e-14);
        const double x = i * 0.001 - 1.0;
        assert_near(lbc_acos(x), acos(x), 1e-14);
    }
    assert_true(lbc_exp(-701.0) == 0.0);
    assert_true(lbc_atan2(0.0, 0.0) == 0.0);
    assert_near(lbc_atan2(1.0, 0.0), LBC_PI / 2, 1e-15);
    assert_near(lbc_atan2(0.0, -1.0), LBC_PI, 1e-15);
}

/* The bits themselves: what makes a seed mean the same series on every machine. */
static void numbers_are_the_same_everywhere(void **state)
{
    (void)state;
    assert_true(lbc_random(0, 0) == UINT64_C(0xE220A8397B1DCDAF)); /* SplitMix64's published first output for 0 */
    assert_true(lbc_random(0, 1) == UINT64_C(0x6E789E6AA1B965F4));
    uint64_t hash = 0;
    for (int i = 1; i < 1000; i++) {
        double value[7], normal[2];
        const double x = i * 0.0123;
        lbc_sincos(x, &value[0], &value[1]);
        value[2] = lbc_exp(-x);
        value[3] = lbc_log(x);
        value[4] = lbc_atan2(x - 5.0, 3.0 - x);
        value[5] = lbc_acos(x / 13.0);
        value[6] = lbc_normal_cdf(x - 5.0);
        lbc_normal_pair(lbc_random(7, (uint64_t)i), lbc_random(8, (uint64_t)i), normal);
        for (int k = 0; k < 9; k++) {
            uint64_t bits;
            memcpy(&bits, k < 7 ? &value[k] : &normal[k - 7], sizeof bits);
            hash = lbc_mix64(hash ^ bits);
        }
    }
    if (hash != UINT64_C(0x843E7A432D773FE6))
        fail_msg("the hash of the functions' bits is 0x%016llX", (unsigned long long)hash);
}

static void normal_numbers_are_normal(void **state)
{
    (void)state;
    const int n = 200000;
    double sum = 0.0, sum2 = 0.0, sum4 = 0.0, product = 0.0;
    for (int i = 0; i < n; i++) {
        double z[2];
        lbc_normal_pair(lbc_random(1, 2 * (uint64_t)i), lbc_random(1, 2 * (uint64_t)i + 1), z);
        sum += z[0] + z[1];
        sum2 += z[0] * z[0] + z[1] * z[1];
        sum4 += z[0] * z[0] * z[0] * z[0];
        product += z[0] * z[1];
    }
    assert_near(sum / (2 * n), 0.0, 0.01);
    assert_near(sum2 / (2 * n), 1.0, 0.015);
    assert_near(sum4 / n, 3.0, 0.12);
    assert_near(product / n, 0.0, 0.012);
}

/* Chi-square of counts against the Poisson law over bins expecting at least 20, as standard deviations above its
 * mean. */
static double chi_square(const uint32_t *histogram, uint32_t bins, uint32_t draws, double mean)
{
    double chi2 = 0.0, log_p = -mean;
    int freedom = 0;
    for (uint32_t k = 0; k < bins; k++) {
        if (k > 0) log_p += log(mean / k);
        const double expected = draws * exp(log_p), off = histogram[k] - expected;
        if (expected < 20.0) continue;
        chi2 += off * off / expected;
        freedom++;
    }
    return (chi2 - freedom) / sqrt(2.0 * freedom);
}

enum { DRAWS = 400000, BINS = 512 };

static void check_counts(const uint32_t *histogram, double mean)
{
    double sum = 0.0, sum2 = 0.0;
    for (uint32_t k = 0; k < BINS; k++) {
        sum += (double)k * histogram[k];
        sum2 += (double)k * k * histogram[k];
    }
    const double found = sum / DRAWS, variance = sum2 / DRAWS - found * found;
    assert_near(found, mean, 5.0 * sqrt(mean / DRAWS));
    assert_near(variance / mean, 1.0, 0.02 + 5.0 * sqrt((1.0 / mean + 2.0) / DRAWS));
    const double chi2 = chi_square(histogram, BINS, DRAWS, mean);
    if (!(chi2 < 5.0)) fail_msg("mean %g: chi-square is %g standard deviations too large", mean, chi2);
}

static void tables_draw_poisson_counts(void **state)
{
    (void)state;
    static const double means[] = {0.003, 0.07, 0.9, 4.0, 21.3, 150.0};
    for (size_t m = 0; m < sizeof means / sizeof *means; m++) {
        static uint32_t histogram[BINS];
        lbc_poisson p;
        memset(histogram, 0, sizeof histogram);
        assert_int_equal(lbc_poisson_init(&p, means[m]), LBC_OK);
        for (uint64_t i = 0; i < DRAWS; i++) histogram[lbc_poisson_draw(&p, lbc_random(m, i)) % BINS]++;
        check_counts(histogram, means[m]);
        lbc_poisson_free(&p);
    }
    lbc_poisson none;
    assert_int_equal(lbc_poisson_init(&none, 0.0), LBC_OK);
    assert_int_equal(lbc_poisson_draw(&none, UINT64_MAX), 0);
}

static void any_mean_draws_poisson_counts(void **state)
{
    (void)state;
    static const double means[] = {0.004, 0.5, 0.99, 1.0, 5.37, 63.9, 200.25};
    lbc_poisson_any p;
    assert_int_equal(lbc_poisson_any_init(&p), LBC_OK);
    for (size_t m = 0; m < sizeof means / sizeof *means; m++) {
        static uint32_t histogram[BINS];
        lbc_stream stream = {.key = 100 + m};
        memset(histogram, 0, sizeof histogram);
        for (int i = 0; i < DRAWS; i++) histogram[lbc_poisson_any_draw(&p, means[m], &stream) % BINS]++;
        check_counts(histogram, means[m]);
    }
    /* Beyond the largest digit, which then serves several times. */
    lbc_stream stream = {.key = 200};
    double sum = 0.0;
    for (int i = 0; i < 200; i++) sum += lbc_poisson_any_draw(&p, 50000.5, &stream);
    assert_near(sum / 200, 50000.5, 5.0 * sqrt(50000.5 / 200));
    assert_int_equal(lbc_poisson_any_draw(&p, 0.0, &stream), 0);
    lbc_poisson_any_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elementary_functions_agree_with_libm),
        cmocka_unit_test(numbers_are_the_same_everywhere),
        cmocka_unit_test(normal_numbers_are_normal),
        cmocka_unit_test(tables_draw_poisson_counts),
        cmocka_unit_test(any_mean_draws_poisson_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
