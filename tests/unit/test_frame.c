/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done to a working frame between the sum and the file, at every instruction set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../support/random.h"
#include "frame/frame.h"

#include <string.h>

enum { N = 10000 };

static uint64_t seed = 7;

/* Odd lengths and offsets, so that every tail and alignment of a vector loop is met. */
static const struct {
    size_t offset, n;
} pieces[] = {{0, N}, {1, N - 1}, {3, 4099}, {5, 1}, {2, 0}, {7, 31}, {1, 64}};

static void random_frame(int32_t *frame)
{
    for (size_t i = 0; i < N; i++) {
        const uint32_t r = random_below(&seed, 20);
        frame[i] = r == 0   ? LBC_MASKED
                   : r == 1 ? LBC_OVERLOADED
                   : r == 2 ? (int32_t)(random_u32(&seed) & INT32_MAX)
                   : r == 3 ? 32766 + (int32_t)random_below(&seed, 4)
                            : (int32_t)random_below(&seed, 1000);
    }
}

#define FOR_EACH_PIECE(p)                                                                                              \
    size_t p = 0;                                                                                                      \
    p < sizeof pieces / sizeof *pieces;                                                                                \
    p++

static void test_types(void **state)
{
    (void)state;
    assert_int_equal(lbc_pixel_size(LBC_U8), 1);
    assert_int_equal(lbc_pixel_size(LBC_I16), 2);
    assert_int_equal(lbc_pixel_size(LBC_U32), 4);
    assert_true(lbc_pixel_signed(LBC_I8) && lbc_pixel_signed(LBC_I32));
    assert_false(lbc_pixel_signed(LBC_U8) || lbc_pixel_signed(LBC_U32));
    assert_int_equal(lbc_pixel_largest_count(LBC_U16), 65533);
    assert_int_equal(lbc_pixel_largest_count(LBC_U32), INT64_C(4294967293));
    assert_int_equal(lbc_pixel_largest_count(LBC_I16), 32767);
    assert_int_equal(lbc_shape_binned((lbc_shape){5, 6}, 3).ny, 2);
    assert_int_equal(lbc_shape_binned((lbc_shape){5, 6}, 3).nx, 2);
    assert_int_equal(lbc_shape_binned((lbc_shape){UINT32_MAX, 1}, 2).ny, UINT32_C(0x80000000));
}

static int32_t joined(int32_t a, int32_t b)
{
    if (a == LBC_MASKED || b == LBC_MASKED) return LBC_MASKED;
    if (a == LBC_OVERLOADED || b == LBC_OVERLOADED) return LBC_OVERLOADED;
    return (int64_t)a + b > INT32_MAX ? INT32_MAX : a + b;
}

static void test_add(void **state)
{
    (void)state;
    static int32_t a[N], b[N], sum[N];
    random_frame(a);
    random_frame(b);
    for (FOR_EACH_LEVEL(level))
        for (FOR_EACH_PIECE(p)) {
            const size_t o = pieces[p].offset, n = pieces[p].n;
            memcpy(sum, a, sizeof a);
            lbc_frame_add(sum + o, b + o, n);
            for (size_t i = 0; i < N; i++) assert_int_equal(sum[i], i >= o && i < o + n ? joined(a[i], b[i]) : a[i]);
        }
}

static void test_finish(void **state)
{
    (void)state;
    static int32_t in[N], out[N];
    static uint8_t mask[N];
    random_frame(in);
    for (size_t i = 0; i < N; i++) mask[i] = (uint8_t)(random_below(&seed, 9) ? 0 : 1 + random_below(&seed, 255));
    static const int32_t limits[] = {INT32_MAX, 65532, 32768, 500, 0};
    for (FOR_EACH_LEVEL(level))
        for (FOR_EACH_PIECE(p))
            for (size_t l = 0; l < sizeof limits / sizeof *limits; l++)
                for (int with_mask = 0; with_mask < 2; with_mask++) {
                    const size_t o = pieces[p].offset, n = pieces[p].n;
                    lbc_frame_counts got = {.masked = 5, .overloaded = 6, .clipped = 7, .above_i16 = 8};
                    lbc_frame_counts expect = got;
                    memcpy(out, in, sizeof in);
                    lbc_frame_finish(out + o, n, with_mask ? mask + o : NULL, limits[l], &got);
                    for (size_t i = o; i < o + n; i++) {
                        int32_t v = with_mask && mask[i] ? LBC_MASKED : in[i];
                        if (v > limits[l]) {
                            v = LBC_OVERLOADED;
                            expect.clipped++;
                        }
                        expect.masked += v == LBC_MASKED;
                        expect.overloaded += v == LBC_OVERLOADED;
                        expect.above_i16 += v > 32767;
                        assert_int_equal(out[i], v);
                    }
                    assert_memory_equal(&got, &expect, sizeof got);
                }
}

static void test_fill_and_restore(void **state)
{
    (void)state;
    static int32_t in[N], filled[N], decoded[N];
    random_frame(in);
    const int32_t limit = 700;
    for (FOR_EACH_LEVEL(level))
        for (FOR_EACH_PIECE(p))
            for (int in_place = 0; in_place < 2; in_place++) {
                const size_t o = pieces[p].offset, n = pieces[p].n;
                memcpy(filled, in, sizeof in);
                lbc_frame_fill(filled + o, in_place ? filled + o : in + o, n, limit);
                for (size_t i = o; i < o + n; i++)
                    assert_int_equal(filled[i], in[i] == LBC_MASKED ? 0 : in[i] == LBC_OVERLOADED ? limit : in[i]);
                for (size_t i = 0; i < N; i++) decoded[i] = (int32_t)random_u32(&seed) % 2000;
                memcpy(filled, decoded, sizeof decoded);
                lbc_frame_restore(decoded + o, in + o, n, limit);
                for (size_t i = o; i < o + n; i++) {
                    const int32_t v = filled[i] < 0 ? 0 : filled[i] > limit ? limit : filled[i];
                    assert_int_equal(decoded[i], in[i] < 0 ? in[i] : v);
                }
            }
}

static void check_store(const lbc_store_rule *rule, int32_t limit)
{
    static int32_t in[N];
    static uint8_t out[4 * N + 8];
    random_frame(in);
    for (size_t i = 0; i < N; i++)
        if (in[i] > limit) in[i] = limit;
    const size_t size = lbc_pixel_size(rule->type);
    for (FOR_EACH_LEVEL(level))
        for (FOR_EACH_PIECE(p)) {
            const size_t o = pieces[p].offset, n = pieces[p].n;
            memset(out, 0xA5, sizeof out);
            lbc_store_pixels(out + o, in + o, n, rule);
            for (size_t i = 0; i < n; i++) {
                const int32_t v = in[o + i];
                const uint32_t want = v == LBC_MASKED       ? (uint32_t)rule->masked
                                      : v == LBC_OVERLOADED ? (uint32_t)rule->overloaded
                                                            : (uint32_t)v;
                uint32_t got = 0, expect = 0;
                memcpy(&got, out + o + i * size, size);
                memcpy(&expect, &want, size);
                assert_int_equal(got, expect);
            }
            assert_int_equal(out[o + n * size], 0xA5);
        }
}

static void test_store(void **state)
{
    (void)state;
    check_store(&(lbc_store_rule){.type = LBC_U16, .masked = 65535, .overloaded = 65533}, 65532);
    check_store(&(lbc_store_rule){.type = LBC_U16, .masked = 0, .overloaded = 41000}, 41000);
    check_store(&(lbc_store_rule){.type = LBC_U32, .masked = UINT32_MAX, .overloaded = INT32_MAX - 1}, INT32_MAX - 2);
    check_store(&(lbc_store_rule){.type = LBC_I32, .masked = -1, .overloaded = INT32_MAX - 1}, INT32_MAX - 2);
}

static void test_mask_bin(void **state)
{
    (void)state;
    static const uint32_t mask[3 * 5] = {0, 1, 0x80000000, 4,       2, /* row 0 */
                                         0, 8, 0,          0,       0, /* row 1 */
                                         0, 0, 0,          0x10000, 16};
    static const uint32_t by2[2 * 3] = {9, 4, 3, 1, 1, 17};
    static const uint32_t by1[3 * 5] = {0, 1, 0, 4, 2, 0, 8, 0, 0, 0, 0, 0, 0, 0, 16};
    static const uint32_t edges[2 * 3] = {0, 0, 1, 1, 1, 1};
    uint32_t out[3 * 5];
    lbc_mask_bin(out, mask, (lbc_shape){3, 5}, 2);
    assert_memory_equal(out, by2, sizeof by2);
    lbc_mask_bin(out, mask, (lbc_shape){3, 5}, 1);
    assert_memory_equal(out, by1, sizeof by1);
    lbc_mask_bin(out, NULL, (lbc_shape){3, 5}, 2);
    assert_memory_equal(out, edges, sizeof edges);
    lbc_mask_bin(out, NULL, (lbc_shape){4, 6}, 2);
    for (int i = 0; i < 6; i++) assert_int_equal(out[i], 0);
}

static void test_mask_flags(void **state)
{
    (void)state;
    static const uint32_t mask[] = {0, 1, 0x80000000, 0x8000, 0x10000, 0x10001};
    static const uint8_t expect[] = {0, 1, 0, 1, 0, 1};
    uint8_t flags[6];
    assert_int_equal(lbc_mask_flags(flags, mask, 6), 3);
    assert_memory_equal(flags, expect, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),      cmocka_unit_test(test_add),
        cmocka_unit_test(test_finish),     cmocka_unit_test(test_fill_and_restore),
        cmocka_unit_test(test_store),      cmocka_unit_test(test_mask_bin),
        cmocka_unit_test(test_mask_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
