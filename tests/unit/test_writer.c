/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Series written from memory and read again, by the public header alone. */
#include "lbc.h"

#include "../support/random.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { NY = 33, NX = 50, N = NY * NX, FRAMES = 17 };

static char folder[] = "/tmp/lbc-writer-XXXXXX", prefix[64], master[80];
static uint16_t image[FRAMES][N];
static uint32_t mask[N];

static int begin(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(prefix, sizeof prefix, "%s/out", folder);
    snprintf(master, sizeof master, "%s_master.h5", prefix);
    uint64_t r = 7;
    for (int f = 0; f < FRAMES; f++)
        for (int i = 0; i < N; i++) image[f][i] = (uint16_t)random_below(&r, 9);
    for (int f = 0; f < FRAMES; f++) image[f][3 * NX + 4] = 5000; /* above the saturation value */
    mask[7 * NX + 8] = 1;
    return 0;
}

static int clean(void **state)
{
    (void)state;
    DIR *entries = opendir(folder);
    for (struct dirent *e; entries && (e = readdir(entries));) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        unlink(path);
    }
    if (entries) closedir(entries);
    return 0;
}

static int end(void **state)
{
    clean(state);
    return rmdir(folder);
}

static lbc_facts make_facts(uint64_t frames)
{
    return (lbc_facts){.frames = frames,
                       .shape = {NY, NX},
                       .type = LBC_U16,
                       .saturation = 4000,
                       .mask = mask,
                       .wavelength = 1,
                       .distance = 0.1,
                       .pixel_x = 75e-6,
                       .pixel_y = 80e-6,
                       .beam_x = 25,
                       .beam_y = 16,
                       .angle = 30,
                       .oscillation = 0.5,
                       .frame_time = 0.01,
                       .count_time = 0.01,
                       .sensor_thickness = NAN,
                       .sensor_material = "CdTe"};
}

static lbc_options make_options(unsigned threads, uint32_t bin, uint32_t sum, uint32_t block)
{
    lbc_options o;
    lbc_options_init(&o);
    o.out_file = prefix;
    o.compression = "bslz4";
    o.threads = threads;
    o.bin = bin;
    o.sum = sum;
    o.block = block;
    return o;
}

/* What pixel (y, x) of output frame k must be: the sum of `count` frames. */
static int32_t expected(int k, uint32_t bin, int sum, int count, uint32_t y, uint32_t x)
{
    int32_t total = 0;
    if ((y + 1) * bin > NY || (x + 1) * bin > NX) return LBC_PIXEL_MASKED;
    for (uint32_t v = y * bin; v < (y + 1) * bin; v++)
        for (uint32_t u = x * bin; u < (x + 1) * bin; u++)
            if (mask[v * NX + u]) return LBC_PIXEL_MASKED;
    for (uint32_t v = y * bin; v < (y + 1) * bin; v++)
        for (uint32_t u = x * bin; u < (x + 1) * bin; u++)
            for (int f = k * sum; f < k * sum + count; f++) {
                if (image[f][v * NX + u] > 4000) return LBC_PIXEL_OVERLOADED;
                total += image[f][v * NX + u];
            }
    return total;
}

static void check_series(uint64_t frames, uint32_t bin, int sum, int added)
{
    lbc_error err;
    lbc_reader *reader;
    assert_int_equal(lbc_reader_open(&reader, master, NULL, NULL, &err), LBC_OK);
    const lbc_facts *facts = lbc_reader_facts(reader);
    assert_int_equal(facts->frames, frames);
    assert_int_equal(facts->shape.nx, (NX + bin - 1) / bin);
    assert_true(fabs(facts->pixel_x - 75e-6 * bin) < 1e-9);
    assert_true(fabs(facts->pixel_y - 80e-6 * bin) < 1e-9);
    assert_true(fabs(facts->beam_x - 25.0 / bin) < 1e-5);
    assert_true(fabs(facts->angle - 30) < 1e-5);
    if (frames > 1) assert_true(fabs(facts->oscillation - 0.5 * sum) < 1e-5); /* one angle alone has no width */
    assert_string_equal(facts->sensor_material, "CdTe");
    int32_t *frame = malloc(sizeof *frame * facts->shape.ny * facts->shape.nx);
    assert_non_null(frame);
    for (uint64_t k = 0; k < frames; k++) {
        const int left = added - (int)k * sum;
        assert_int_equal(lbc_reader_frame(reader, k, frame, &err), LBC_OK);
        for (uint32_t y = 0; y < facts->shape.ny; y++)
            for (uint32_t x = 0; x < facts->shape.nx; x++)
                assert_int_equal(frame[y * facts->shape.nx + x],
                                 expected((int)k, bin, sum, left < sum ? left : sum, y, x));
    }
    assert_int_equal(lbc_reader_frame(reader, frames, frame, &err), LBC_E_ARGUMENT);
    free(frame);
    lbc_reader_close(reader);
}

static void write_series(const lbc_options *options, uint64_t announced, int added, lbc_result *result)
{
    lbc_error err = {LBC_OK, ""};
    lbc_writer *writer;
    const lbc_facts facts = make_facts(announced);
    assert_int_equal(lbc_writer_open(&writer, options, &facts, &err), LBC_OK);
    for (int f = 0; f < added; f++) assert_int_equal(lbc_writer_add(writer, image[f], &err), LBC_OK);
    assert_int_equal(lbc_writer_close(writer, result, &err), LBC_OK);
}

static void frames_come_back(void **state)
{
    (void)state;
    static const struct {
        unsigned threads;
        uint32_t bin, sum, block;
        int added;
        uint64_t frames, files;
    } cases[] = {
        {0, 1, 1, 100, FRAMES, 17, 1}, {3, 1, 1, 5, FRAMES, 17, 4}, {2, 2, 1, 4, FRAMES, 17, 5},
        {2, 1, 3, 2, FRAMES, 5, 3},    {4, 3, 2, 3, 12, 6, 2},      {2, 1, 1, 5, 10, 10, 2},
        {2, 1, 1, 5, 3, 3, 1},         {1, 1, 17, 1, FRAMES, 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lbc_result result;
        const lbc_options o = make_options(cases[i].threads, cases[i].bin, cases[i].sum, cases[i].block);
        write_series(&o, FRAMES, cases[i].added, &result);
        assert_int_equal(result.frames_out, cases[i].frames);
        assert_int_equal(result.frames_in, cases[i].frames * cases[i].sum);
        assert_int_equal(result.files, cases[i].files);
        assert_string_equal(result.master, master);
        assert_true(result.bytes_out > 0);
        lbc_result_free(&result);
        check_series(cases[i].frames, cases[i].bin, (int)cases[i].sum, cases[i].added);
        clean(NULL);
    }
}

static void a_partial_sum_can_be_kept(void **state)
{
    (void)state;
    lbc_options o = make_options(2, 1, 3, 100);
    o.keep_partial = true;
    write_series(&o, FRAMES, FRAMES, NULL);
    check_series(6, 1, 3, FRAMES);
}

static void codestreams_at_rest_are_complete(void **state)
{
    (void)state;
    lbc_result result;
    lbc_options o = make_options(2, 1, 1, 6);
    o.lossy = LBC_LOSSY_HCOMPRESS;
    o.lossy_value = 1; /* lossless */
    o.compression = "hcomp";
    o.out_squash = "out_file";
    o.verify = true; /* of the master, too */
    write_series(&o, FRAMES, FRAMES - 2, &result);
    lbc_result_free(&result);
    o.overwrite = true;
    write_series(&o, FRAMES, FRAMES, &result);
    assert_int_equal(result.codestreams, FRAMES);
    assert_true(result.figures.rmse == 0);
    lbc_result_free(&result);
    check_series(FRAMES, 1, 1, FRAMES);
    lbc_options check;
    lbc_options_init(&check);
    check.input = master;
    uint64_t frames = 0;
    assert_int_equal(lbc_verify(&check, &frames, NULL), LBC_OK);
    assert_int_equal(frames, FRAMES);
}

static void too_many_frames_are_refused(void **state)
{
    (void)state;
    lbc_error err;
    lbc_writer *writer;
    const lbc_facts facts = make_facts(2);
    const lbc_options o = make_options(1, 1, 1, 100);
    assert_int_equal(lbc_writer_open(&writer, &o, &facts, &err), LBC_OK);
    assert_int_equal(lbc_writer_add(writer, image[0], &err), LBC_OK);
    assert_int_equal(lbc_writer_add(writer, image[1], &err), LBC_OK);
    assert_int_equal(lbc_writer_add(writer, image[2], &err), LBC_E_ARGUMENT);
    lbc_writer_drop(writer);
    assert_int_not_equal(access(master, F_OK), 0);
}

static void nothing_added_is_no_series(void **state)
{
    (void)state;
    lbc_error err;
    lbc_writer *writer;
    const lbc_facts facts = make_facts(2);
    const lbc_options o = make_options(1, 1, 1, 100);
    assert_int_equal(lbc_writer_open(&writer, &o, &facts, &err), LBC_OK);
    assert_int_equal(lbc_writer_close(writer, NULL, &err), LBC_E_ARGUMENT);
    assert_int_not_equal(access(master, F_OK), 0);
}

static void what_is_there_is_not_replaced_unasked(void **state)
{
    (void)state;
    lbc_error err;
    lbc_writer *writer;
    const lbc_facts facts = make_facts(FRAMES);
    lbc_options o = make_options(1, 1, 1, 5);
    write_series(&o, FRAMES, FRAMES, NULL);
    assert_int_equal(lbc_writer_open(&writer, &o, &facts, &err), LBC_E_EXISTS);
    assert_null(writer);
    o.overwrite = true;
    write_series(&o, FRAMES, 4, NULL);
    check_series(4, 1, 1, 4);
}

/* Stops a run once it has done so many frames. */
static int stop_after(void *user, const lbc_progress *progress)
{
    return progress->frames_done >= *(const uint64_t *)user;
}

static void a_run_that_stops_says_how_far_it_came(void **state)
{
    (void)state;
    lbc_error err;
    lbc_result result;
    char copy[96], last[112];
    uint64_t most = 7;
    lbc_options o = make_options(1, 1, 1, 4);
    write_series(&o, FRAMES, FRAMES, NULL);
    snprintf(copy, sizeof copy, "%s/copy", folder);
    snprintf(last, sizeof last, "%s_000001.h5", copy);
    o.input = master;
    o.out_file = copy;
    o.block = 6;
    o.progress = stop_after;
    o.user = &most;
    assert_int_equal(lbc_compress(&o, &result, &err), LBC_E_CANCELLED);
    assert_int_equal(result.frames_out, 7);
    assert_int_equal(result.frames_in, 7);
    assert_int_equal(result.files, 1);
    assert_string_equal(result.first_file, last);
    assert_string_equal(result.last_file, last);
    assert_int_equal(result.bytes_raw, 7 * N * sizeof(uint16_t));
    assert_int_equal(result.shape_out.nx, NX);
    assert_true(result.bytes_out > 0 && result.seconds > 0);
    assert_null(result.master);
    lbc_result_free(&result);
}

static void unknown_facts_are_refused(void **state)
{
    (void)state;
    lbc_error err;
    lbc_writer *writer;
    const lbc_options o = make_options(1, 1, 1, 5);
    lbc_facts facts = make_facts(FRAMES);
    facts.wavelength = NAN;
    assert_int_equal(lbc_writer_open(&writer, &o, &facts, &err), LBC_E_ARGUMENT);
    assert_non_null(strstr(err.text, "wavelength"));
    facts = make_facts(0);
    assert_int_equal(lbc_writer_open(&writer, &o, &facts, &err), LBC_E_ARGUMENT);
    assert_null(writer);
    lbc_writer_drop(NULL);
    assert_int_equal(lbc_writer_close(NULL, NULL, &err), LBC_E_ARGUMENT);
    lbc_reader_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(frames_come_back, clean),
        cmocka_unit_test_teardown(a_partial_sum_can_be_kept, clean),
        cmocka_unit_test_teardown(codestreams_at_rest_are_complete, clean),
        cmocka_unit_test_teardown(too_many_frames_are_refused, clean),
        cmocka_unit_test_teardown(nothing_added_is_no_series, clean),
        cmocka_unit_test_teardown(what_is_there_is_not_replaced_unasked, clean),
        cmocka_unit_test_teardown(a_run_that_stops_says_how_far_it_came, clean),
        cmocka_unit_test_teardown(unknown_facts_are_refused, clean),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
