/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gathering stored pixels, against a reference that knows nothing of runs, pieces or joins: every cell
 * looks at all its pixels in all frames at once, in 64 bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../support/random.h"
#include "frame/frame.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_FRAMES = 3 };

static const lbc_pixel_type types[] = {LBC_U8, LBC_U16, LBC_U32, LBC_I8, LBC_I16, LBC_I32};

static uint64_t seed = 1;

/* A pixel's bits as the type's value. */
static int64_t value_of(lbc_pixel_type type, uint32_t bits)
{
    switch (type) {
    case LBC_U8: return (uint8_t)bits;
    case LBC_U16: return (uint16_t)bits;
    case LBC_U32: return bits;
    case LBC_I8: return (int8_t)bits;
    case LBC_I16: return (int16_t)bits;
    case LBC_I32: return (int32_t)bits;
    }
    return 0;
}

static uint32_t random_pixel(int64_t saturation)
{
    switch (random_below(&seed, 16)) {
    case 0: return UINT32_MAX - random_below(&seed, 4);               /* markers, and just below */
    case 1: return (uint32_t)saturation + random_below(&seed, 3) - 1; /* about the saturation value */
    case 2: return random_u32(&seed);
    case 3: return UINT32_C(0x7FFFFFFF) - random_below(&seed, 2);
    default: return random_below(&seed, 50);
    }
}

typedef enum kind { COUNT, OVERLOADED, MASKED } kind;

static kind kind_of(const lbc_gather_rule *rule, int64_t value, size_t at)
{
    const int64_t largest_count = lbc_pixel_largest_count(rule->type);
    if (rule->gaps_zero && rule->mask && rule->mask[at]) return MASKED;
    if (value < 0 || value > largest_count) return MASKED;
    return value > rule->saturation ? OVERLOADED : COUNT;
}

static int32_t expected_cell(const lbc_gather_rule *rule, uint8_t *const *frames, int nframes, uint32_t cy, uint32_t cx)
{
    const size_t size = lbc_pixel_size(rule->type);
    int64_t sum = 0;
    bool masked = false, overloaded = false;
    for (int f = 0; f < nframes; f++)
        for (uint32_t y = cy * rule->bin; y < (cy + 1) * rule->bin && y < rule->in.ny; y++)
            for (uint32_t x = cx * rule->bin; x < (cx + 1) * rule->bin && x < rule->in.nx; x++) {
                const size_t at = (size_t)y * rule->in.nx + x;
                uint32_t bits = 0;
                memcpy(&bits, frames[f] + at * size, size);
                const int64_t value = value_of(rule->type, bits);
                const kind k = kind_of(rule, value, at);
                if (k == COUNT) sum += value;
                overloaded |= k == OVERLOADED;
                masked |= k == MASKED && !rule->gaps_zero;
            }
    if (masked) return LBC_MASKED;
    if (overloaded) return LBC_OVERLOADED;
    return (int32_t)(sum < INT32_MAX ? sum : INT32_MAX);
}

/* Feeds a frame in random runs, from random alignments, and a few pixels too many. */
static void feed(lbc_gather *g, const uint8_t *frame, uint32_t longest)
{
    const size_t size = lbc_pixel_size(g->rule->type), n = lbc_shape_pixels(g->rule->in);
    uint8_t *piece = malloc((size_t)longest * size + 8);
    assert_non_null(piece);
    for (size_t at = 0; at < n;) {
        assert_false(lbc_gather_done(g));
        const size_t left = n - at, run = random_below(&seed, longest + 1), m = run < left ? run : left;
        uint8_t *shifted = piece + random_below(&seed, 8);
        memcpy(shifted, frame + at * size, m * size);
        lbc_gather_pixels(g, shifted, m);
        at += m;
    }
    assert_true(lbc_gather_done(g));
    memset(piece, 1, 8);
    lbc_gather_pixels(g, piece, 8 / size);
    assert_true(lbc_gather_done(g));
    free(piece);
}

/* The last frame joined to acc, the sum of those before it, without being gathered. */
static void check_values(const lbc_gather_rule *rule, uint8_t *const *frames, int nframes, const int32_t *acc)
{
    const size_t n = lbc_shape_pixels(rule->in), size = lbc_pixel_size(rule->type);
    int32_t *out = malloc((n + 1) * sizeof *out);
    assert_non_null(out);
    for (size_t i = 0; i <= n; i++) out[i] = -77;
    for (size_t at = 0, m; at < n; at += m) {
        m = 1 + random_below(&seed, (uint32_t)(n - at));
        lbc_gather_values(rule, out + at, nframes > 1 ? acc + at : NULL, frames[nframes - 1] + at * size, at, m);
    }
    for (size_t i = 0; i < n; i++)
        assert_int_equal(out[i],
                         expected_cell(rule, frames, nframes, (uint32_t)i / rule->in.nx, (uint32_t)i % rule->in.nx));
    assert_int_equal(out[n], -77);
    free(out);
}

static void check(const lbc_gather_rule *rule, int nframes, uint32_t longest)
{
    const lbc_shape out = lbc_shape_binned(rule->in, rule->bin);
    const size_t n = lbc_shape_pixels(rule->in), size = lbc_pixel_size(rule->type), cells = lbc_shape_pixels(out);
    uint8_t *frames[MAX_FRAMES];
    for (int f = 0; f < nframes; f++) {
        frames[f] = malloc(n * size);
        assert_non_null(frames[f]);
        for (size_t i = 0; i < n; i++) {
            const uint32_t bits = random_pixel(rule->saturation);
            memcpy(frames[f] + i * size, &bits, size);
        }
    }
    int32_t *acc = malloc((cells + 1) * sizeof *acc);
    assert_non_null(acc);
    for (FOR_EACH_LEVEL(level)) {
        for (size_t i = 0; i <= cells; i++) acc[i] = -77; /* old content must not count */
        for (int f = 0; f < nframes; f++) {
            lbc_gather g;
            if (rule->bin == 1 && f + 1 == nframes) check_values(rule, frames, nframes, acc);
            lbc_gather_begin(&g, rule, acc, f == 0);
            feed(&g, frames[f], longest);
        }
        for (uint32_t y = 0; y < out.ny; y++)
            for (uint32_t x = 0; x < out.nx; x++) {
                const bool hangs = (y + 1) * rule->bin > rule->in.ny || (x + 1) * rule->bin > rule->in.nx;
                if (hangs && !rule->gaps_zero) continue;
                assert_int_equal(acc[(size_t)y * out.nx + x], expected_cell(rule, frames, nframes, y, x));
            }
        assert_int_equal(acc[cells], -77);
    }
    for (int f = 0; f < nframes; f++) free(frames[f]);
    free(acc);
}

/* A saturation value somewhere in the type, at its end, or beyond. */
static int64_t some_saturation(lbc_pixel_type type)
{
    const int64_t largest = lbc_pixel_largest_count(type);
    const int64_t choices[] = {largest, largest - 1, largest / 2, 40, 0, INT64_MAX, largest + 1};
    return choices[random_below(&seed, sizeof choices / sizeof *choices)];
}

static void test_against_reference(void **state)
{
    (void)state;
    static const lbc_shape shapes[] = {{1, 1}, {3, 5}, {7, 33}, {16, 16}, {19, 129}, {5, 2500}};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
            for (uint32_t bin = 1; bin <= 9; bin++)
                for (int gaps_zero = 0; gaps_zero < 2; gaps_zero++) {
                    const size_t n = lbc_shape_pixels(shapes[s]);
                    uint8_t *mask = malloc(n);
                    assert_non_null(mask);
                    for (size_t i = 0; i < n; i++) mask[i] = (uint8_t)(random_below(&seed, 8) ? 0 : random_u32(&seed));
                    const lbc_gather_rule rule = {.type = types[t],
                                                  .in = shapes[s],
                                                  .bin = bin,
                                                  .saturation = some_saturation(types[t]),
                                                  .gaps_zero = gaps_zero,
                                                  .mask = random_below(&seed, 4) ? mask : NULL};
                    const uint32_t longest[] = {7, 300, 5000};
                    check(&rule, 1 + (int)random_below(&seed, MAX_FRAMES), longest[random_below(&seed, 3)]);
                    free(mask);
                }
}

/* A bin larger than the frame, and pieces that never fill a cell. */
static void test_large_bin(void **state)
{
    (void)state;
    const lbc_gather_rule rule = {.type = LBC_U16, .in = {9, 4100}, .bin = 4099, .saturation = 100, .gaps_zero = true};
    check(&rule, 2, 100);
    check(&rule, 1, 9 * 4100);
}

static void test_sums_saturate(void **state)
{
    (void)state;
    const lbc_gather_rule rule = {.type = LBC_U32, .in = {2, 2}, .bin = 2, .saturation = UINT32_MAX};
    static const uint32_t pixels[4] = {UINT32_MAX - 2, 1, 0, 0x80000000};
    int32_t acc[1];
    lbc_gather g;
    for (int f = 0; f < 3; f++) {
        lbc_gather_begin(&g, &rule, acc, f == 0);
        lbc_gather_pixels(&g, pixels, 4);
        assert_int_equal(acc[0], INT32_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_reference),
        cmocka_unit_test(test_large_bin),
        cmocka_unit_test(test_sums_saturate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
