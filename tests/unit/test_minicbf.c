/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "export/minicbf.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static lbc_minicbf_facts facts = {.job = "0123456789abcdef",
                                  .number = 17,
                                  .name = "run_000001",
                                  .detector = "Dectris Eiger 4M\nx",
                                  .serial = "E-08",
                                  .date = "2026-01-02T03:04:05",
                                  .material = "Si",
                                  .pixel_x = 75e-6,
                                  .pixel_y = 75e-6,
                                  .thickness = 450e-6,
                                  .distance = 0.2,
                                  .exposure_time = 0.01,
                                  .exposure_period = NAN,
                                  .threshold = 6330,
                                  .wavelength = 0.9795,
                                  .beam_x = 1000.5,
                                  .beam_y = 900.25,
                                  .start_angle = 30,
                                  .angle_increment = 0.1,
                                  .cutoff = 65000,
                                  .overloaded = 65001,
                                  .bin = 1};

/* Undoes the byte-offset packing, from its description. */
static void unpack(const uint8_t *p, int32_t *out, size_t n)
{
    int64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t d = (int8_t)*p++;
        if (d == -128) {
            d = (int16_t)(p[0] | p[1] << 8);
            p += 2;
            if (d == -32768) {
                d = (int32_t)((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
                p += 4;
            }
        }
        value += d;
        out[i] = (int32_t)value;
    }
}

static uint8_t *write_frame(const int32_t *frame, lbc_shape shape, size_t *size)
{
    const size_t capacity = lbc_minicbf_bound(shape);
    uint8_t *file = malloc(capacity);
    assert_int_equal(lbc_minicbf_write(&facts, frame, shape, file, capacity, size), LBC_OK);
    assert_true(*size <= capacity);
    return file;
}

/* A file of ten dark pixels as text, nulls as spaces. */
static char *dark_file(void)
{
    static const int32_t frame[10];
    size_t size;
    uint8_t *file = write_frame(frame, (lbc_shape){2, 5}, &size);
    char *text = calloc(1, size + 1);
    for (size_t n = 0; n < size; n++) text[n] = file[n] ? (char)file[n] : ' ';
    free(file);
    return text;
}

static void assert_written(const char *line)
{
    char *text = dark_file();
    if (!strstr(text, line)) fail_msg("not in the header: %s", line);
    free(text);
}

static void test_pixels_come_back(void **state)
{
    (void)state;
    const lbc_shape shape = {3, 7};
    int32_t frame[21] = {0, 1,  128,           0,          127,   -1 - 1, 40000, LBC_OVERLOADED, 5, 0, INT32_MAX - 9,
                         0, -2, INT32_MAX - 9, LBC_MASKED, 65000, 64872,  32000, 64768,          0, 1};
    int32_t got[21];
    size_t size;
    uint8_t *file = write_frame(frame, shape, &size);
    const uint8_t *mark = NULL;
    for (size_t i = 0; i + 4 <= size && !mark; i++)
        if (memcmp(file + i, "\x0c\x1a\x04\xd5", 4) == 0) mark = file + i + 4;
    assert_non_null(mark);
    unpack(mark, got, 21);
    for (int i = 0; i < 21; i++)
        assert_int_equal(got[i], frame[i] == LBC_MASKED ? -1 : frame[i] == LBC_OVERLOADED ? 65001 : frame[i]);
    free(file);
}

static void test_the_header_says_what_it_must(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "\r\n# l_bnl_compress job 0123456789abcdef image 17 crc32c ",
        "data_run_000001\r\n",
        "PILATUS_1.2",
        "# Detector: Dectris Eiger 4M_x, S/N E-08\r\n",
        "# 2026-01-02T03:04:05\r\n",
        "# Pixel_size 7.5e-05 m x 7.5e-05 m\r\n",
        "# Silicon sensor, thickness 0.000450 m\r\n",
        "# Exposure_time 0.01 s\r\n",
        "# Exposure_period 0.01 s\r\n",
        "# Count_cutoff 65000 counts\r\n",
        "# Wavelength 0.9795 A\r\n",
        "# Detector_distance 0.2 m\r\n",
        "# Beam_xy (1000.5, 900.25) pixels\r\n",
        "# Start_angle 30.000000 deg.\r\n",
        "# Angle_increment 0.100000 deg.\r\n",
        "X-Binary-Size-Fastest-Dimension: 5\r\n",
        "X-Binary-Size-Second-Dimension: 2\r\n",
        "X-Binary-Size: 10\r\n",
        "X-Binary-Number-of-Elements: 10\r\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) assert_written(lines[i]);
}

/* dxtbx opens no file without these, nor with a time that has a zone. */
static void test_the_header_says_what_dxtbx_must_have(void **state)
{
    static const char *const dates[][2] = {{"2026-01-02T03:04:05Z", "# 2026-01-02T03:04:05\r\n"},
                                           {"2026-01-02T03:04:05.678901+0100", "# 2026-01-02T03:04:05.678\r\n"},
                                           {"2026-01-02 03:04:05.5", "# 2026-01-02T03:04:05.500\r\n"}};
    static const char *const zeros[] = {"# Start_angle 0.000000 deg.\r\n", "# Angle_increment 0.000000 deg.\r\n",
                                        "# Exposure_time 0 s\r\n", "# Exposure_period 0 s\r\n"};
    const lbc_minicbf_facts before = facts;
    (void)state;
    facts.start_angle = facts.angle_increment = facts.exposure_time = facts.exposure_period = NAN;
    for (size_t i = 0; i < 4; i++) {
        facts.date = i < 3 ? dates[i][0] : "yesterday";
        char *text = dark_file();
        assert_true(i == 3 ? !strstr(text, "yesterday") : strstr(text, dates[i][1]) != NULL);
        assert_non_null(strstr(text, zeros[i]));
        free(text);
    }
    facts = before;
}

/* As the new master names them; dxtbx knows Silicon and CdTe, and takes no other for one of them. */
static void test_the_sensor_is_told_in_the_words_of_cbf(void **state)
{
    static const char *const names[][2] = {
        {"SILICON", "Silicon"}, {"cdte", "CdTe"}, {"Cadmium telluride", "CdTe"}, {"Gallium Arsenide", "GaAs"}};
    const lbc_minicbf_facts before = facts;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char line[64];
        facts.material = names[i][0];
        snprintf(line, sizeof line, "# %s sensor, thickness 0.000450 m\r\n", names[i][1]);
        assert_written(line);
    }
    facts = before;
}

static void test_a_binned_image_tells_the_detector_and_promises_nothing(void **state)
{
    const lbc_minicbf_facts before = facts;
    (void)state;
    facts.bin = 2;
    assert_written("\r\n# Detector: pixel array, S/N E-08\r\n# Binned 2 x 2 from: Dectris Eiger 4M_x\r\n# 2026");
    facts.serial = "S/N 60-0119";
    assert_written("\r\n# Detector: pixel array, S/N 60-0119\r\n");
    facts.serial = "";
    assert_written("\r\n# Detector: pixel array\r\n# Binned 2 x 2 from: Dectris Eiger 4M_x\r\n");
    facts = before;
}

static void test_a_file_tells_whose_it_is_and_whether_it_is_whole(void **state)
{
    (void)state;
    const int32_t frame[10] = {0, 7, LBC_MASKED, 70000};
    size_t size;
    uint8_t *file = write_frame(frame, (lbc_shape){2, 5}, &size);
    const size_t line = (size_t)((uint8_t *)memchr(file, '\n', size) - file) + 1;
    const size_t told = line + strlen("# l_bnl_compress job 0123456789abcdef image 17 crc32c ");
    assert_int_equal(lbc_minicbf_check(file, size, facts.job, 17), LBC_MINICBF_WHOLE);
    assert_int_equal(lbc_minicbf_check(file, size, facts.job, 1), LBC_MINICBF_FOREIGN);
    assert_int_equal(lbc_minicbf_check(file, size, "0123456789abcde", 17), LBC_MINICBF_FOREIGN);
    for (size_t n = 0; n < size; n++) {
        assert_int_equal(lbc_minicbf_check(file, n, facts.job, 17),
                         n < told ? LBC_MINICBF_FOREIGN : LBC_MINICBF_DAMAGED);
        file[n] ^= 1;
        const lbc_minicbf_state damaged = lbc_minicbf_check(file, size, facts.job, 17);
        assert_int_equal(damaged, n + 1 >= line && n < told ? LBC_MINICBF_FOREIGN : LBC_MINICBF_DAMAGED);
        file[n] ^= 1;
    }
    free(file);
}

static void test_too_small_a_buffer_is_refused(void **state)
{
    (void)state;
    const int32_t frame[10] = {0};
    uint8_t out[64];
    size_t size;
    assert_int_equal(lbc_minicbf_write(&facts, frame, (lbc_shape){2, 5}, out, sizeof out, &size), LBC_E_SPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pixels_come_back),
        cmocka_unit_test(test_the_header_says_what_it_must),
        cmocka_unit_test(test_the_header_says_what_dxtbx_must_have),
        cmocka_unit_test(test_the_sensor_is_told_in_the_words_of_cbf),
        cmocka_unit_test(test_a_binned_image_tells_the_detector_and_promises_nothing),
        cmocka_unit_test(test_a_file_tells_whose_it_is_and_whether_it_is_whole),
        cmocka_unit_test(test_too_small_a_buffer_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
