/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bit planes against their definition, bit by bit, at every instruction set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../support/random.h"
#include "codec/bitshuffle/bitshuffle.h"

#include <stdlib.h>
#include <string.h>

static uint64_t seed = 3;

static void expected_planes(uint8_t *planes, const uint8_t *elements, size_t n, size_t size)
{
    memset(planes, 0, n * size);
    for (size_t e = 0; e < n; e++)
        for (size_t p = 0; p < 8 * size; p++) {
            const unsigned bit = elements[e * size + p / 8] >> (p % 8) & 1;
            planes[p * (n / 8) + e / 8] |= (uint8_t)(bit << (e % 8));
        }
}

static void check(size_t n, size_t size)
{
    enum { GUARD = 0x5A };
    uint8_t *elements = malloc(n * size + 16), *planes = malloc(n * size), *got = malloc(n * size + 17);
    assert_true(elements && planes && got);
    const size_t skew_in = random_below(&seed, 16), skew_out = random_below(&seed, 16);
    for (size_t i = 0; i < n * size; i++) elements[skew_in + i] = (uint8_t)random_u32(&seed);
    expected_planes(planes, elements + skew_in, n, size);
    for (FOR_EACH_LEVEL(level)) {
        memset(got, GUARD, n * size + 17);
        lbc_bits_to_planes(got + skew_out, elements + skew_in, n, size);
        assert_memory_equal(got + skew_out, planes, n * size);
        assert_int_equal(got[skew_out + n * size], GUARD);
        if (skew_out) assert_int_equal(got[skew_out - 1], GUARD);
        memset(got, GUARD, n * size + 17);
        lbc_bits_from_planes(got + skew_out, planes, n, size);
        assert_memory_equal(got + skew_out, elements + skew_in, n * size);
        assert_int_equal(got[skew_out + n * size], GUARD);
        if (skew_out) assert_int_equal(got[skew_out - 1], GUARD);
    }
    free(elements);
    free(planes);
    free(got);
}

static void test_transposition(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 4; size *= 2) {
        for (size_t n = 8; n <= 1100; n += 8) check(n, size);
        for (int i = 0; i < 20; i++) check(8 * (size_t)(1 + random_below(&seed, 1024)), size);
        check(8192 / size, size);
    }
}

static void test_default_block(void **state)
{
    (void)state;
    assert_int_equal(lbc_bitshuffle_default_block(1), 8192);
    assert_int_equal(lbc_bitshuffle_default_block(2), 4096);
    assert_int_equal(lbc_bitshuffle_default_block(4), 2048);
    assert_int_equal(lbc_bitshuffle_default_block(1000), 128);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transposition),
        cmocka_unit_test(test_default_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
