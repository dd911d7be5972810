/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stream of an HCompress frame: its parts, the tile rule, what is refused. */
#include "base/bytes.h"
#include "base/memory.h"
#include "codec/hcompress/hcompress.h"
#include "codec/hcompress/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const lbc_shape shape = {70, 90};
static const lbc_lossy_params params = {.shape = {70, 90}, .limit = 65532, .stored_bytes = 2, .scale = 4};

static lbc_codec_work *work;
static uint8_t *stream, *damaged;
static size_t size;
static int32_t *pixels;

static int set_up(void **state)
{
    (void)state;
    const size_t n = lbc_shape_pixels(shape);
    uint32_t random = 1;
    work = lbc_codec_work_new();
    stream = lbc_alloc(lbc_hcomp.bound(&params), 1);
    damaged = lbc_alloc(lbc_hcomp.bound(&params), 1);
    pixels = lbc_alloc(n, sizeof *pixels);
    if (!work || !stream || !damaged || !pixels) return 1;
    for (size_t i = 0; i < n; i++) {
        random = random * 1664525 + 1013904223;
        pixels[i] = (int32_t)(random >> 16 & random >> 20 & 31);
    }
    return lbc_hcomp.encode(work, &params, pixels, stream, lbc_hcomp.bound(&params), &size) != LBC_OK;
}

static int tear_down(void **state)
{
    (void)state;
    lbc_codec_work_free(work);
    free(stream);
    free(damaged);
    free(pixels);
    return 0;
}

static lbc_status decode(const uint8_t *bytes, size_t n)
{
    return lbc_hcomp.decode(work, &params, bytes, n, pixels);
}

static void tile_rule(void **state)
{
    (void)state;
    static const struct {
        uint32_t ny, rows;
    } known[] = {{4, 4},     {30, 30},   {31, 16},   {32, 16},    {33, 24},    {36, 16},    {49, 20},   {241, 28},
                 {512, 16},  {514, 24},  {1062, 16}, {1065, 16},  {1681, 26},  {2167, 16},  {2527, 16}, {3269, 16},
                 {4362, 16}, {4371, 20}, {8401, 22}, {13443, 18}, {65535, 16}, {166323, 17}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(lbc_hcomp_tile_rows(known[i].ny), known[i].rows);
    for (uint32_t ny = 4; ny < 100000; ny++) {
        const uint32_t rows = lbc_hcomp_tile_rows(ny), last = ny % rows;
        assert_true(rows >= 4 && rows <= 30);
        if (rows != 17) assert_true(last == 0 || last >= 4);
    }
}

static void refuses(void **state)
{
    (void)state;
    lbc_lossy_params p = params;
    lbc_error err;
    p.shape = (lbc_shape){3, 100};
    assert_int_equal(lbc_hcomp.check(&p, &err), LBC_E_ARGUMENT);
    p.shape = (lbc_shape){100, 3};
    assert_int_equal(lbc_hcomp.check(&p, &err), LBC_E_ARGUMENT);
    p.shape = (lbc_shape){4, 4};
    assert_int_equal(lbc_hcomp.check(&p, &err), LBC_OK);
    p.scale = 0;
    assert_int_equal(lbc_hcomp.check(&p, &err), LBC_E_ARGUMENT);
}

static void layout(void **state)
{
    (void)state;
    const uint8_t magic[] = {'L', 'B', 'C', 'H', 1, 0};
    assert_memory_equal(stream, magic, sizeof magic);
    assert_int_equal(lbc_get_le16(stream + 6), 16);
    assert_int_equal(lbc_get_le32(stream + 8), 70);
    assert_int_equal(lbc_get_le32(stream + 12), 90);
    assert_int_equal(lbc_get_le32(stream + 16), 4);
    lbc_hcomp_stream s;
    assert_int_equal(lbc_hcomp_stream_open(&s, stream, size), LBC_OK);
    assert_int_equal(s.tiles, 5);
    const uint8_t *at = s.body;
    for (uint32_t t = 0; t < s.tiles; t++) {
        const lbc_hcomp_span span = lbc_hcomp_stream_next(&s, t);
        assert_int_equal(span.first_row, 16 * t);
        assert_int_equal(span.rows, t < 4 ? 16 : 6);
        assert_ptr_equal(span.body, at);
        at += span.size;
    }
    assert_ptr_equal(at, stream + size);
}

static void lengths(void **state)
{
    (void)state;
    static const size_t values[] = {0, 1, 127, 128, 16383, 16384, 2097151, 2097152, LBC_HCOMP_LENGTH_MAX};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        uint8_t bytes[LBC_HCOMP_INDEX_MAX];
        const size_t n = lbc_hcomp_put_length(bytes, values[i]);
        assert_int_equal(n, lbc_hcomp_length_bytes(values[i]));
        size_t back = 0;
        for (size_t k = 0; k < n; k++) back |= (size_t)(bytes[k] & 0x7f) << 7 * k;
        assert_int_equal(back, values[i]);
    }
}

/* Shorter by any number of bytes, or longer. */
static void cut_off(void **state)
{
    (void)state;
    for (size_t n = 0; n < size; n++) {
        memcpy(damaged, stream, n);
        assert_int_equal(decode(damaged, n), LBC_E_FORMAT);
    }
    memcpy(damaged, stream, size);
    damaged[size] = 0;
    assert_int_equal(decode(damaged, size + 1), LBC_E_FORMAT);
    assert_int_equal(decode(stream, size), LBC_OK);
}

static void wrong_head(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t byte;
    } wrong[] = {{0, 'X'}, {4, 2},     {5, 1},   {6, 3},  {6, 71}, {7, 1},     {8, 71},
                 {8, 69},  {11, 0x80}, {12, 91}, {12, 3}, {16, 0}, {19, 0x80}, {6, 17}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        memcpy(damaged, stream, size);
        damaged[wrong[i].at] = wrong[i].byte;
        assert_int_equal(decode(damaged, size), LBC_E_FORMAT);
    }
}

/* Any bit may be wrong: then the decoder says so or gives other pixels, and does nothing else. */
static void flipped_bits(void **state)
{
    (void)state;
    unsigned refused = 0;
    for (size_t bit = 0; bit < size * 8; bit++) {
        memcpy(damaged, stream, size);
        damaged[bit / 8] ^= (uint8_t)(1 << bit % 8);
        const lbc_status status = decode(damaged, size);
        assert_true(status == LBC_OK || status == LBC_E_FORMAT);
        refused += status != LBC_OK;
    }
    assert_true(refused > 0);
}

/* The most planes a body can claim, and a last smooth value out of all proportion. */
static void claims(void **state)
{
    (void)state;
    lbc_hcomp_stream s;
    lbc_hcomp_stream_open(&s, stream, size);
    const size_t first = (size_t)(s.body - stream);
    for (unsigned planes = 0; planes < 256; planes++) {
        memcpy(damaged, stream, size);
        memset(damaged + first + 8, (int)planes, 3);
        const lbc_status status = decode(damaged, size);
        assert_true(status == LBC_OK || status == LBC_E_FORMAT);
        if (planes > 60) assert_int_equal(status, LBC_E_FORMAT);
    }
    memcpy(damaged, stream, size);
    for (int bit = 0; bit < 64; bit++) {
        lbc_put_be64(damaged + first, UINT64_C(1) << bit);
        const lbc_status status = decode(damaged, size);
        assert_int_equal(status, bit < 55 ? LBC_OK : LBC_E_FORMAT);
        lbc_put_be64(damaged + first, 0 - (UINT64_C(1) << bit));
        assert_int_equal(decode(damaged, size), status);
    }
}

static void fits_buffer(void **state)
{
    (void)state;
    size_t fits_size, written;
    assert_int_equal(lbc_hcomp_fits_size(stream, size, &fits_size), LBC_OK);
    assert_int_equal(fits_size % 2880, 0);
    uint8_t *fits = lbc_alloc(fits_size, 1);
    assert_non_null(fits);
    assert_int_equal(lbc_hcomp_to_fits(stream, size, 100, fits, fits_size - 1, &written), LBC_E_SPACE);
    assert_int_equal(lbc_hcomp_to_fits(stream, size, 100, fits, fits_size, &written), LBC_OK);
    assert_int_equal(written, fits_size);
    assert_memory_equal(fits, "SIMPLE  =                    T", 30);
    assert_int_equal(lbc_hcomp_fits_size(stream, size - 1, &fits_size), LBC_E_FORMAT);
    free(fits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tile_rule),    cmocka_unit_test(refuses), cmocka_unit_test(layout),
        cmocka_unit_test(lengths),      cmocka_unit_test(cut_off), cmocka_unit_test(wrong_head),
        cmocka_unit_test(flipped_bits), cmocka_unit_test(claims),  cmocka_unit_test(fits_buffer),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
