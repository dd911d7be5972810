/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packed sets of pixels. */
#include "codec/rest/marks.h"

#include "../support/random.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t random_state = 1;

/* Packs what `pixels` (nonzero: in the set) holds, unpacks it, compares. Returns the packed bytes. */
static size_t round_trip(const uint8_t *pixels, lbc_shape shape)
{
    lbc_buffer memory = {0}, memory_back = {0};
    lbc_marks m, back;
    const size_t bound = lbc_marks_bound(shape);
    uint8_t *packed = malloc(bound);
    assert_non_null(packed);
    assert_true(lbc_marks_init(&m, shape, &memory));
    for (uint32_t y = 0; y < shape.ny; y++)
        for (uint32_t x = 0; x < shape.nx; x++)
            if (pixels[(size_t)y * shape.nx + x]) lbc_marks_set(&m, y, x);
    const size_t size = lbc_marks_pack(&m, packed);
    assert_true(size <= bound);
    uint8_t *exact = malloc(size + 1); /* a read beyond the end shows under ASan */
    assert_non_null(exact);
    memcpy(exact, packed, size);
    assert_true(lbc_marks_init(&back, shape, &memory_back));
    assert_int_equal(lbc_marks_unpack(&back, exact, size), LBC_OK);
    for (uint32_t y = 0; y < shape.ny; y++)
        for (uint32_t x = 0; x < shape.nx; x++)
            assert_int_equal(lbc_marks_get(&back, y, x), pixels[(size_t)y * shape.nx + x] != 0);
    /* Bits beyond the row stay 0: all row operations are on whole words. */
    if (shape.nx % 64)
        for (uint32_t y = 0; y < shape.ny; y++)
            assert_int_equal(lbc_marks_row(&back, y)[back.stride - 1] >> (shape.nx % 64), 0);
    free(exact);
    free(packed);
    lbc_buffer_free(&memory);
    lbc_buffer_free(&memory_back);
    return size;
}

static void known_bytes(void **state)
{
    (void)state;
    /* 3 x 5 pixels, one of them marked: pixel 7. One run: gap 7, length 1. Orders 2 and 0: 7 >> 2 = 1 -> 010 11. */
    uint8_t pixels[15] = {0};
    pixels[7] = 1;
    const lbc_shape shape = {3, 5};
    lbc_buffer memory = {0};
    lbc_marks m;
    uint8_t packed[16];
    assert_true(lbc_marks_init(&m, shape, &memory));
    assert_true(lbc_marks_empty(&m));
    assert_int_equal(lbc_marks_pack(&m, packed), 0);
    lbc_marks_set(&m, 1, 2);
    assert_false(lbc_marks_empty(&m));
    /* 4 bytes plain, and not fewer as runs: plain it is. */
    static const uint8_t plain[] = {0, 0, 1 << 2, 0};
    assert_int_equal(lbc_marks_pack(&m, packed), sizeof plain);
    assert_memory_equal(packed, plain, sizeof plain);
    /* The same as runs: count 1 -> 010; gap 7 in order 2 -> 010 11; length 0 in order 0 -> 1; 0100 1011 1. */
    static const uint8_t runs[] = {1, 2, 0, 0x4b, 0x80};
    assert_true(lbc_marks_init(&m, shape, &memory));
    assert_int_equal(lbc_marks_unpack(&m, runs, sizeof runs), LBC_OK);
    for (uint32_t i = 0; i < 15; i++) assert_int_equal(lbc_marks_get(&m, i / 5, i % 5), pixels[i]);
    lbc_buffer_free(&memory);
    assert_int_equal(round_trip(pixels, shape), sizeof plain);
}

static void any_set_comes_back(void **state)
{
    (void)state;
    static const uint32_t sides[] = {1, 2, 3, 7, 8, 63, 64, 65, 127, 128, 130};
    const size_t n = sizeof sides / sizeof *sides;
    uint8_t *pixels = malloc(130 * 130);
    assert_non_null(pixels);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const lbc_shape shape = {sides[i], sides[j]};
            const size_t count = (size_t)shape.ny * shape.nx;
            for (uint32_t density = 0; density <= 100; density += 20) {
                for (size_t p = 0; p < count; p++) pixels[p] = random_below(&random_state, 100) < density;
                round_trip(pixels, shape);
            }
            memset(pixels, 0, count);
            pixels[count - 1] = 1;
            round_trip(pixels, shape);
            pixels[0] = 1;
            round_trip(pixels, shape);
        }
    free(pixels);
}

/* A detector of 4 x 8 modules with gaps, and single bad pixels as on a real Eiger 16M: must fit the cd_values. */
static void detector_mask_is_small(void **state)
{
    (void)state;
    const lbc_shape shape = {4362, 4148};
    const size_t count = (size_t)shape.ny * shape.nx;
    uint8_t *pixels = calloc(count, 1);
    assert_non_null(pixels);
    for (uint32_t y = 0; y < shape.ny; y++)
        for (uint32_t x = 0; x < shape.nx; x++) pixels[(size_t)y * shape.nx + x] = y % 550 >= 512 || x % 1040 >= 1028;
    const size_t gaps = round_trip(pixels, shape);
    assert_in_range(gaps, 1, 400);
    for (int i = 0; i < 2000; i++)
        pixels[(size_t)random_below(&random_state, shape.ny) * shape.nx + random_below(&random_state, shape.nx)] = 1;
    const size_t all = round_trip(pixels, shape);
    assert_in_range(all, 2000, 1850 * 4 - 2000);
    free(pixels);
}

static void exceptions_are_small(void **state)
{
    (void)state;
    const lbc_shape shape = {1065, 1030};
    uint8_t *pixels = calloc((size_t)shape.ny * shape.nx, 1);
    assert_non_null(pixels);
    assert_int_equal(round_trip(pixels, shape), 0);
    pixels[500000] = 1;
    assert_in_range(round_trip(pixels, shape), 1, 7);
    free(pixels);
}

static void xor_is_xor(void **state)
{
    (void)state;
    lbc_buffer memory[2] = {{0}};
    lbc_marks a, b;
    const lbc_shape shape = {2, 70};
    assert_true(lbc_marks_init(&a, shape, &memory[0]));
    assert_true(lbc_marks_init(&b, shape, &memory[1]));
    lbc_marks_set(&a, 0, 0);
    lbc_marks_set(&a, 1, 69);
    lbc_marks_set(&b, 1, 69);
    lbc_marks_set(&b, 1, 3);
    lbc_marks_xor(&a, &b);
    for (uint32_t y = 0; y < 2; y++)
        for (uint32_t x = 0; x < 70; x++)
            assert_int_equal(lbc_marks_get(&a, y, x), (y == 0 && x == 0) || (y == 1 && x == 3));
    lbc_buffer_free(&memory[0]);
    lbc_buffer_free(&memory[1]);
}

/* Nothing that is no packed set of the shape is taken, and nothing is read or written beyond. */
static void hostile_bytes(void **state)
{
    (void)state;
    const lbc_shape shape = {9, 77};
    lbc_buffer memory = {0};
    lbc_marks m;
    static const uint8_t refused[][8] = {
        {2},              /* no such form */
        {1, 32, 0, 0x80}, /* orders too high */
        {1, 0, 32, 0x80},
        {1, 0, 0, 0, 0, 0, 0, 0},                 /* a count that never ends */
        {1, 0, 0, 0x40},                          /* one run, and then nothing: 010 00000 */
        {1, 31, 0, 0x50, 0xff, 0xff, 0xff, 0xff}, /* a gap beyond the frame */
    };
    static const size_t sizes[] = {1, 4, 4, 8, 4, 8};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_true(lbc_marks_init(&m, shape, &memory));
        assert_int_equal(lbc_marks_unpack(&m, refused[i], sizes[i]), LBC_E_FORMAT);
    }
    uint8_t plain[91] = {0};
    assert_true(lbc_marks_init(&m, shape, &memory));
    assert_int_equal(lbc_marks_unpack(&m, plain, lbc_marks_bound(shape)), LBC_OK);
    assert_int_equal(lbc_marks_unpack(&m, plain, lbc_marks_bound(shape) - 1), LBC_E_FORMAT);
    for (int i = 0; i < 20000; i++) {
        const size_t size = 1 + random_below(&random_state, 40);
        uint8_t *bytes = malloc(size);
        assert_non_null(bytes);
        for (size_t k = 0; k < size; k++) bytes[k] = (uint8_t)random_below(&random_state, 256);
        bytes[0] = 1;
        if (size > 1) bytes[1] %= 32;
        if (size > 2) bytes[2] %= 32;
        assert_true(lbc_marks_init(&m, shape, &memory));
        const lbc_status status = lbc_marks_unpack(&m, bytes, size);
        assert_true(status == LBC_OK || status == LBC_E_FORMAT);
        free(bytes);
    }
    lbc_buffer_free(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_bytes),
        cmocka_unit_test(any_set_comes_back),
        cmocka_unit_test(detector_mask_is_small),
        cmocka_unit_test(exceptions_are_small),
        cmocka_unit_test(xor_is_xor),
        cmocka_unit_test(hostile_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
