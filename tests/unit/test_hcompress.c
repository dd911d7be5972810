/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lbc_hcomp against cfitsio's routines: the same streams and the same pixels, at every level of instructions. */
#include "base/bytes.h"
#include "base/cpu.h"
#include "base/memory.h"
#include "codec/hcompress/hcompress.h"
#include "codec/hcompress/stream.h"
#include "frame/diffuse.h"

#include <fitsio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- frames to try --------------------------------------------------------------------------- */

static uint64_t random_state;

static uint32_t random_bits(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 32);
}

/* Poisson-like: how often a coin of chance 1/4 falls right in a row, times a strength. */
static int32_t sparse_count(uint32_t strength)
{
    uint32_t n = 0;
    while (random_bits() % 4 == 0) n += strength;
    return (int32_t)n;
}

enum { ZERO, CONSTANT, IMPULSE, SPARSE, STRONG, RANDOM, GRADIENT, EXTREMES, PATTERNS };

static void fill(int32_t *frame, lbc_shape shape, int pattern, int32_t limit)
{
    const size_t n = lbc_shape_pixels(shape);
    random_state = n * 31 + (size_t)pattern;
    for (size_t i = 0; i < n; i++) {
        uint32_t v = 0;
        switch (pattern) {
        case CONSTANT: v = (uint32_t)limit; break;
        case SPARSE: v = (uint32_t)sparse_count(1); break;
        case STRONG: v = random_bits() % 64 ? (uint32_t)sparse_count(9) : random_bits() % 4000; break;
        case RANDOM: v = random_bits() % ((uint32_t)limit + 1); break;
        case GRADIENT: v = (uint32_t)(i % shape.nx * 7 + i / shape.nx * 3); break;
        case EXTREMES: v = random_bits() % 2 ? (uint32_t)limit : 0; break;
        default: break;
        }
        frame[i] = (int32_t)(v < (uint32_t)limit ? v : (uint32_t)limit);
    }
    if (pattern == IMPULSE) frame[random_bits() % n] = limit;
}

/* ---- cfitsio --------------------------------------------------------------------------------- */

/* One tile through cfitsio. stream gets its HCOMPRESS_1 stream; pixels, what it decodes to. */
static size_t reference(int32_t *pixels, uint32_t rows, uint32_t cols, int32_t scale, bool wide, uint8_t *stream,
                        long capacity)
{
    const size_t n = (size_t)rows * cols;
    int status = 0, nx, ny, s;
    long size = capacity;
    LONGLONG *a = lbc_alloc(n, sizeof *a);
    assert_non_null(a);
    if (wide) {
        for (size_t i = 0; i < n; i++) a[i] = pixels[i];
        fits_hcompress64(a, (int)cols, (int)rows, scale, (char *)stream, &size, &status);
        fits_hdecompress64(stream, 0, a, &nx, &ny, &s, &status);
        memcpy(pixels, a, n * sizeof *pixels);
    } else {
        memcpy(a, pixels, n * sizeof *pixels);
        fits_hcompress((int *)a, (int)cols, (int)rows, scale, (char *)stream, &size, &status);
        fits_hdecompress(stream, 0, pixels, &nx, &ny, &s, &status);
    }
    free(a);
    assert_int_equal(status, 0);
    assert_int_equal(nx, cols);
    assert_int_equal(ny, rows);
    return (size_t)size;
}

/* ---- the comparison -------------------------------------------------------------------------- */

static lbc_codec_work *work;

static void compare_at_level(const lbc_lossy_params *p, const int32_t *frame, const int32_t *expected,
                             const uint8_t *tiles, const size_t *tile_sizes)
{
    const size_t n = lbc_shape_pixels(p->shape), room = lbc_hcomp.bound(p);
    uint8_t *stream = lbc_alloc(room, 1);
    int32_t *pixels = lbc_alloc(n, sizeof *pixels);
    size_t size, counted;
    lbc_hcomp_stream s;
    assert_true(stream && pixels);

    assert_int_equal(lbc_hcomp.encode(work, p, frame, stream, room, &size), LBC_OK);
    assert_int_equal(lbc_hcomp_stream_open(&s, stream, size), LBC_OK);
    assert_int_equal(s.tile_rows, lbc_hcomp_tile_rows(p->shape.ny));
    for (uint32_t t = 0; t < s.tiles; t++) {
        const lbc_hcomp_span span = lbc_hcomp_stream_next(&s, t);
        assert_int_equal(span.size + LBC_HCOMP_REPEATED, tile_sizes[t]);
        assert_memory_equal(span.body, tiles + LBC_HCOMP_REPEATED, span.size);
        tiles += tile_sizes[t];
    }
    memset(pixels, 0x55, n * sizeof *pixels);
    assert_int_equal(lbc_hcomp.decode(work, p, stream, size, pixels), LBC_OK);
    assert_memory_equal(pixels, expected, n * sizeof *pixels);

    memcpy(pixels, frame, n * sizeof *pixels);
    assert_int_equal(lbc_hcomp.roundtrip(work, p, pixels, NULL), LBC_OK);
    assert_memory_equal(pixels, expected, n * sizeof *pixels);
    memcpy(pixels, frame, n * sizeof *pixels);
    assert_int_equal(lbc_hcomp.roundtrip(work, p, pixels, &counted), LBC_OK);
    assert_memory_equal(pixels, expected, n * sizeof *pixels);
    assert_int_equal(counted, size);

    assert_int_equal(lbc_hcomp.encode(work, p, frame, stream, size - 1, &counted), LBC_E_SPACE);
    free(stream);
    free(pixels);
}

static void compare(lbc_shape shape, int pattern, int32_t limit, int32_t scale)
{
    const lbc_lossy_params p = {.shape = shape, .limit = limit, .stored_bytes = 4, .scale = scale};
    const size_t n = lbc_shape_pixels(shape);
    const uint32_t tile_rows = lbc_hcomp_tile_rows(shape.ny);
    int32_t *frame = lbc_alloc(n, sizeof *frame), *expected = lbc_alloc(n, sizeof *expected);
    uint8_t *tiles = lbc_alloc(n * 9 + 4096, 1), *end = tiles;
    size_t tile_sizes[64], count = 0;
    assert_true(frame && expected && tiles);
    assert_int_equal(lbc_hcomp.check(&p, NULL), LBC_OK);
    fill(frame, shape, pattern, limit);
    memcpy(expected, frame, n * sizeof *frame);
    for (uint32_t y = 0; y < shape.ny; y += tile_rows) {
        const uint32_t rows = shape.ny - y < tile_rows ? shape.ny - y : tile_rows;
        const long room = (long)rows * shape.nx * 9 + 128;
        tile_sizes[count] = reference(expected + (size_t)y * shape.nx, rows, shape.nx, scale, limit > 65535, end, room);
        end += tile_sizes[count++];
    }
    for (lbc_cpu_level level = LBC_CPU_C; level <= LBC_CPU_AVX512; level++) {
        lbc_cpu_limit(level);
        if (lbc_cpu() == level) compare_at_level(&p, frame, expected, tiles, tile_sizes);
    }
    lbc_cpu_limit(LBC_CPU_AVX512);
    free(frame);
    free(expected);
    free(tiles);
}

static const int32_t scales[] = {1, 2, 3, 4, 7, 16, 64, 1000, 65536};
#define SCALES (sizeof scales / sizeof *scales)

/* All patterns and scales over shapes that meet each kind of edge. */
static void counts_of_16_bits(void **state)
{
    (void)state;
    static const lbc_shape shapes[] = {{4, 4},    {5, 4},   {4, 5},   {7, 9},   {16, 64},
                                       {17, 129}, {30, 31}, {31, 33}, {16, 257}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int pattern = 0; pattern < PATTERNS; pattern++)
            for (size_t s = 0; s < SCALES; s++) compare(shapes[i], pattern, 65532, scales[s]);
}

static void counts_of_32_bits(void **state)
{
    (void)state;
    static const lbc_shape shapes[] = {{4, 4}, {9, 7}, {16, 200}, {37, 45}};
    static const int32_t limits[] = {65536, 1 << 24, 1 << 30};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int pattern = 0; pattern < PATTERNS; pattern++)
            for (size_t s = 0; s < SCALES; s++)
                for (size_t l = 0; l < sizeof limits / sizeof *limits; l++)
                    compare(shapes[i], pattern, limits[l], scales[s]);
}

static void small_limits(void **state)
{
    (void)state;
    for (int32_t limit = 0; limit < 40; limit += 3)
        for (size_t s = 0; s < SCALES; s++) compare((lbc_shape){20, 90}, RANDOM, limit, scales[s]);
}

static void every_height(void **state)
{
    (void)state;
    for (uint32_t ny = 4; ny <= 70; ny++)
        for (int pattern = SPARSE; pattern <= RANDOM; pattern++)
            compare((lbc_shape){ny, 4 + ny % 40}, pattern, 65532, pattern == STRONG ? 1 : 16);
}

static void every_width(void **state)
{
    (void)state;
    for (uint32_t nx = 4; nx <= 300; nx++) compare((lbc_shape){16, nx}, nx % 2 ? SPARSE : STRONG, 65532, 1 << nx % 5);
}

static void detector_widths(void **state)
{
    (void)state;
    static const uint32_t widths[] = {1030, 2070, 2463, 4148, 4150};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        for (int pattern = IMPULSE; pattern < PATTERNS; pattern++)
            compare((lbc_shape){32 + (uint32_t)i, widths[i]}, pattern, 65532, i % 2 ? 4 : 16);
}

/* ---- with bits behind the point -------------------------------------------------------------- */

/* Streams and values are the same at all levels and on both ways. Returns the values. */
static int32_t *real_values(const lbc_lossy_params *p, const int32_t *frame)
{
    const size_t n = lbc_shape_pixels(p->shape), room = lbc_hcomp.bound(p);
    int32_t *values = lbc_alloc(n, sizeof *values), *other = lbc_alloc(n, sizeof *other);
    uint8_t *stream = lbc_alloc(room, 1), *again = lbc_alloc(room, 1);
    size_t size, size_again;
    assert_true(values && other && stream && again);
    assert_int_equal(lbc_hcomp.check(p, NULL), LBC_OK);
    assert_int_equal(lbc_hcomp.encode(work, p, frame, stream, room, &size), LBC_OK);
    assert_int_equal(lbc_hcomp.decode(work, p, stream, size, values), LBC_OK);
    for (lbc_cpu_level level = LBC_CPU_C; level <= LBC_CPU_AVX512; level++) {
        lbc_cpu_limit(level);
        assert_int_equal(lbc_hcomp.encode(work, p, frame, again, room, &size_again), LBC_OK);
        assert_int_equal(size_again, size);
        assert_memory_equal(again, stream, size);
        assert_int_equal(lbc_hcomp.decode(work, p, stream, size, other), LBC_OK);
        assert_memory_equal(other, values, n * sizeof *values);
        memcpy(other, frame, n * sizeof *other);
        assert_int_equal(lbc_hcomp.roundtrip(work, p, other, level == LBC_CPU_C ? &size_again : NULL), LBC_OK);
        assert_int_equal(size_again, size);
        assert_memory_equal(other, values, n * sizeof *values);
    }
    lbc_cpu_limit(LBC_CPU_AVX512);
    free(other);
    free(stream);
    free(again);
    return values;
}

static double mean_of(const int32_t *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += values[i];
    return sum / (double)n;
}

/* Of tiles of 16 x 256, which are coded in steps of scale / 2^9; the 8 levels may round in the last bit. */
static void means_of_tiles_stay(void **state)
{
    (void)state;
    const lbc_shape shape = {48, 256};
    const size_t n = lbc_shape_pixels(shape), tile = n / 3;
    int32_t *frame = lbc_alloc(n, sizeof *frame);
    assert_non_null(frame);
    for (int32_t limit = 900; limit < 1 << 24; limit *= 100)
        for (int pattern = SPARSE; pattern <= RANDOM; pattern++)
            for (int32_t scale = 2; scale <= 128; scale *= 4) {
                lbc_lossy_params p = {
                    .shape = shape, .limit = limit, .stored_bytes = 4, .scale = scale, .diffuse = true};
                fill(frame, shape, pattern, limit);
                int32_t *values = real_values(&p, frame);
                for (size_t t = 0; t < 3; t++) {
                    const double one = (double)(1 << lbc_diffuse_fraction(limit));
                    const double moved = mean_of(values + t * tile, tile) / one - mean_of(frame + t * tile, tile);
                    const double most = scale / 1024.0 + 8 / one;
                    assert_true(moved <= most && moved >= -most);
                }
                free(values);
            }
    free(frame);
}

static void values_are_near_the_counts(void **state)
{
    (void)state;
    static const lbc_shape shapes[] = {{4, 4}, {7, 9}, {17, 129}, {31, 33}, {33, 1030}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int pattern = 0; pattern < PATTERNS; pattern++)
            for (int32_t limit = 3; limit < 1 << 24; limit *= 47) {
                const lbc_lossy_params p = {
                    .shape = shapes[i], .limit = limit, .stored_bytes = 4, .scale = 4, .diffuse = true};
                const size_t n = lbc_shape_pixels(p.shape);
                int32_t *frame = lbc_alloc(n, sizeof *frame);
                assert_non_null(frame);
                fill(frame, p.shape, pattern, limit);
                int32_t *values = real_values(&p, frame);
                /* Three coefficients a level, each off by 9/16 of a step of 4, of which a pixel takes a quarter over
                 * 2^level. */
                for (size_t k = 0; k < n; k++) {
                    const double value = values[k] / (double)(1 << lbc_diffuse_fraction(limit));
                    assert_true(value - frame[k] < 3.5 && value - frame[k] > -3.5);
                }
                free(values);
                free(frame);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_of_16_bits),   cmocka_unit_test(counts_of_32_bits),
        cmocka_unit_test(small_limits),        cmocka_unit_test(every_height),
        cmocka_unit_test(every_width),         cmocka_unit_test(detector_widths),
        cmocka_unit_test(means_of_tiles_stay), cmocka_unit_test(values_are_near_the_counts),
    };
    work = lbc_codec_work_new();
    if (!work) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    lbc_codec_work_free(work);
    return failed;
}
