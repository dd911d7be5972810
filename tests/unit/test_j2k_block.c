/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tier-1: a block decodes, from any number of passes, to what its magnitudes say, from the fewest bytes
 * that the encoder claims, and the gain it claims is the one there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../support/random.h"
#include "codec/j2k/block_decode.h"
#include "codec/j2k/block_encode.h"

#include <stdlib.h>
#include <string.h>

enum { SIDE = LBC_J2K_BLOCK };

typedef struct fixture {
    lbc_j2k_block_encoder encoder;
    lbc_j2k_block_decoder decoder;
    lbc_j2k_census census;
    uint32_t rows[SIDE * SIDE];
    uint32_t halves[SIDE][SIDE];
} fixture;

/* A block of the fixture's first w x h coefficients, for coding down to plane `last`. */
static void load(fixture *f, uint32_t w, uint32_t h, uint32_t last)
{
    f->census = (lbc_j2k_census){0};
    for (uint32_t y = 0; y < h; y++) lbc_j2k_census_row(&f->census, y, f->rows + y * w, w);
    lbc_j2k_census_end(&f->census, f->rows, w, w, h);
    lbc_j2k_block_load(&f->encoder, &f->census, f->rows, w, w, h, last);
}

/* What a decoder knows of a magnitude after the passes through (plane, kind), in halves. */
static uint32_t known(const lbc_j2k_block_encoder *e, uint32_t value, uint32_t x, uint32_t y, uint32_t npasses)
{
    const uint32_t plane = e->planes - 1 - (npasses + 1) / 3, kind = (npasses + 1) % 3;
    const uint32_t m = value & ~LBC_J2K_SIGN;
    uint32_t q = plane;
    if (m >> plane == 0) return 0;
    if (m >> plane == 1) {
        const bool propagated = e->propagated[y] >> x & 1;
        if (kind != 2 && !propagated) return 0;
    } else if (kind == 0) {
        q = plane + 1;
    }
    return (value & LBC_J2K_SIGN) | (m >> q << (q + 1)) | 1u << q;
}

static double square(double v)
{
    return v * v;
}

static double error_left(uint32_t value, uint32_t halves, bool exact)
{
    const uint32_t m = value & ~LBC_J2K_SIGN, h = halves & ~LBC_J2K_SIGN;
    return square((double)m - (exact ? (double)(h / 2) : h / 2.0));
}

static void check_passes(fixture *f, lbc_j2k_orientation o, uint32_t w, uint32_t h, bool exact)
{
    lbc_j2k_block_encoder *e = &f->encoder;
    uint8_t *data = malloc(e->size + 2);
    double whole = 0, claimed = 0;
    for (uint32_t i = 0; i < w * h; i++) whole += square(f->rows[i] & ~LBC_J2K_SIGN);
    for (uint32_t n = 1; n <= e->npasses; n++) {
        const lbc_j2k_pass *pass = &e->passes[n - 1];
        assert_true(pass->bytes <= e->size);
        memcpy(data, e->codeword, pass->bytes);
        memset(data + pass->bytes, 0xff, 2);
        lbc_j2k_block_decode(&f->decoder, o, w, h, e->planes, n, data, f->halves[0], SIDE);
        double left = 0;
        for (uint32_t y = 0; y < h; y++) {
            for (uint32_t x = 0; x < w; x++) {
                const uint32_t value = f->rows[y * w + x];
                assert_int_equal(f->halves[y][x], known(e, value, x, y, n));
                left += error_left(value, f->halves[y][x], exact);
            }
        }
        const double gain = whole - left, slack = 1e-3 * whole + 1;
        claimed += pass->gain;
        assert_true(claimed > gain - slack && claimed < gain + slack);
    }
    free(data);
}

static void check_block(fixture *f, uint32_t w, uint32_t h, bool exact, uint32_t last)
{
    const lbc_j2k_goal goal = {.last = last};
    for (int o = LBC_J2K_LL; o <= LBC_J2K_HH; o++) {
        load(f, w, h, last);
        if (f->encoder.planes <= last) return;
        assert_int_equal(lbc_j2k_block_encode(&f->encoder, (lbc_j2k_orientation)o, exact, &goal), LBC_OK);
        assert_int_equal(f->encoder.npasses, 3 * (f->encoder.planes - last) - 2);
        check_passes(f, (lbc_j2k_orientation)o, w, h, exact);
    }
}

/* Magnitudes of up to `bits` bits, mostly small; one in `sparse` is not 0. */
static void fill(fixture *f, uint64_t *seed, uint32_t bits, uint32_t sparse)
{
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        const uint32_t shift = 32 - bits + random_below(seed, bits);
        const uint32_t magnitude = random_u32(seed) >> shift;
        const uint32_t sign = random_u32(seed) & LBC_J2K_SIGN;
        f->rows[i] = random_below(seed, sparse) ? 0 : magnitude | sign;
    }
}

static void decodes_from_any_pass(void **state)
{
    fixture *f = *state;
    uint64_t seed = 1;
    static const uint32_t sizes[][2] = {{1, 1},  {1, 4},  {2, 3},   {3, 9},   {5, 1},   {17, 5},
                                        {64, 1}, {1, 64}, {63, 62}, {64, 64}, {64, 64}, {33, 30}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (uint32_t sparse = 1; sparse < 2000; sparse = sparse * 9 + 1) {
            fill(f, &seed, 3 + (uint32_t)i, sparse);
            check_block(f, sizes[i][0], sizes[i][1], i & 1, (uint32_t)i / 4);
        }
    }
}

/* At every level, of small magnitudes and of such that their sums must be shifted. */
static void census_counts_all(void **state)
{
    fixture *f = *state;
    const lbc_j2k_census *c = &f->census;
    uint64_t seed = 5;
    for (FOR_EACH_LEVEL(level)) {
        for (uint32_t bits = 1; bits <= 30; bits++) {
            const uint32_t w = bits % 3 ? SIDE : bits;
            fill(f, &seed, bits, 1 + bits % 4);
            load(f, w, SIDE, 0);
            assert_int_equal(c->shift, c->planes > 20 ? c->planes - 20 : 0);
            for (uint32_t p = 0; p < LBC_J2K_PLANES; p++) {
                uint32_t reach = 0, sum = 0;
                for (uint32_t i = 0; i < w * SIDE; i++) {
                    const uint32_t m = f->rows[i] & ~LBC_J2K_SIGN;
                    reach += m >> p != 0;
                    sum += m >> p == 1 ? m >> c->shift : 0;
                    assert_true(m >> c->row_planes[i / w] == 0);
                }
                assert_int_equal(reach != 0, p < c->planes);
                assert_int_equal(c->reach[p], reach);
                assert_int_equal(c->sum[p], sum);
            }
        }
    }
}

/* Coded in two goes, a block comes out as in one. */
static void resumes_where_it_stopped(void **state)
{
    fixture *f = *state;
    uint64_t seed = 3;
    int parts = 0;
    for (uint32_t i = 0; i < 40; i++) {
        const uint32_t w = 1 + random_below(&seed, SIDE), h = 1 + random_below(&seed, SIDE);
        lbc_j2k_block_encoder *e = &f->encoder;
        fill(f, &seed, 10, 1 + random_below(&seed, 100));
        load(f, w, h, 0);
        if (e->planes < 2) continue;
        const uint32_t middle = 1 + random_below(&seed, e->planes - 1);
        const lbc_j2k_goal first = {.last = middle}, all = {.last = 0};
        lbc_j2k_goal hopeless = {.good = middle - 1, .last = middle - 1, .stop = 1e30};
        assert_int_equal(lbc_j2k_block_encode(e, LBC_J2K_HH, false, &first), LBC_OK);
        if (i & 1) { /* with a part of the next plane, which is coded again then */
            assert_int_equal(lbc_j2k_block_encode(e, LBC_J2K_HH, false, &hopeless), LBC_OK);
            assert_true(e->stopped && e->npasses == e->boundary.npasses && e->boundary.plane == middle);
            hopeless.stop = e->slope;
            assert_int_equal(lbc_j2k_block_encode(e, LBC_J2K_HH, false, &hopeless), LBC_OK);
            if (e->boundary.plane != middle) continue;
            assert_true(e->stopped && e->npasses > e->boundary.npasses && e->slope < hopeless.stop);
            parts++;
        }
        const lbc_j2k_boundary boundary = e->boundary;
        lbc_j2k_pass *passes = malloc(sizeof e->passes);
        uint8_t *codeword = malloc(e->size + 1);
        uint64_t propagated[SIDE];
        assert_true(passes && codeword);
        memcpy(passes, e->passes, sizeof e->passes);
        memcpy(codeword, e->codeword, e->size);
        memcpy(propagated, e->propagated, sizeof propagated);
        load(f, w, h, 0);
        assert_int_equal(lbc_j2k_block_resume(e, &boundary, passes, codeword, propagated), LBC_OK);
        assert_int_equal(lbc_j2k_block_encode(e, LBC_J2K_HH, false, &all), LBC_OK);
        assert_int_equal(e->npasses, 3 * e->planes - 2);
        check_passes(f, LBC_J2K_HH, w, h, false);
        free(passes);
        free(codeword);
    }
    assert_true(parts > 5);
}

/* What is expected of a plane is near what comes of it. */
static void outlook_is_true(void **state)
{
    fixture *f = *state;
    lbc_j2k_block_encoder *e = &f->encoder;
    uint64_t seed = 4;
    for (uint32_t sparse = 1; sparse < 30; sparse *= 3) {
        fill(f, &seed, 8, sparse);
        for (uint32_t plane = 0; plane < 7; plane++) {
            const lbc_j2k_goal goal = {.good = plane, .last = plane, .stop = 1e-30};
            double bytes = 0, gain = 0, expected_bytes = 0, expected_gain = 0;
            load(f, SIDE, SIDE, plane);
            assert_int_equal(lbc_j2k_block_encode(e, LBC_J2K_LL, plane % 2, &goal), LBC_OK);
            for (uint32_t k = 0; k < 3; k++) {
                const lbc_j2k_pass *pass = &e->passes[e->npasses - 3 + k];
                bytes += pass->bytes - pass[-1].bytes;
                gain += pass->gain;
                expected_bytes += e->outlook.bytes[k];
                expected_gain += e->outlook.gain[k];
            }
            assert_true(bytes > 0.9 * expected_bytes && bytes < 1.15 * expected_bytes);
            assert_true(gain > 0.9 * expected_gain && gain < 1.1 * expected_gain);
        }
    }
}

static void takes_magnitudes_of_30_bits(void **state)
{
    fixture *f = *state;
    uint64_t seed = 2;
    fill(f, &seed, 30, 3);
    f->rows[7] = (1u << 30) - 1;
    check_block(f, 16, 16, false, 0);
}

static void constant_blocks(void **state)
{
    fixture *f = *state;
    for (uint32_t value = 1; value < 1000; value *= 3) {
        for (size_t i = 0; i < SIDE * SIDE; i++) f->rows[i] = value;
        check_block(f, SIDE, SIDE, true, 0);
    }
}

static void empty_blocks_have_no_planes(void **state)
{
    fixture *f = *state;
    memset(f->rows, 0, sizeof f->rows);
    f->rows[3] = LBC_J2K_SIGN;
    load(f, SIDE, SIDE, 0);
    assert_int_equal(f->encoder.planes, 0);
}

static int set_up(void **state)
{
    return (*state = calloc(1, sizeof(fixture))) ? 0 : -1;
}
static int tear_down(void **state)
{
    fixture *f = *state;
    lbc_j2k_block_encoder_clear(&f->encoder);
    free(f);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(decodes_from_any_pass, set_up, tear_down),
        cmocka_unit_test_setup_teardown(census_counts_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(resumes_where_it_stopped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(outlook_is_true, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_magnitudes_of_30_bits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(constant_blocks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(empty_blocks_have_no_planes, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
