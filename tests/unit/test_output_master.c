/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The master's writer leaves nothing open behind it, whether it succeeds or fails; what it writes is
 * looked at by tests/golden/test_metadata.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../support/facts.h"
#include "nexus/output.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NY = 6, NX = 8, FRAMES = 4 };

static char folder[64], master[96], out[96], out_of_reach[96];

static const lbc_codec plain = {.name = "none"};
static const lbc_chunk_format format_in = {.codec = &plain, .type = LBC_U16, .shape = {NY, NX}};
static const lbc_chunk_format format_out = {.codec = &plain, .type = LBC_U16, .shape = {NY / 2, NX / 2}};

static lbc_status write_images(const char *path)
{
    const uint16_t frame[NY * NX] = {1, 2, 3};
    lbc_data_file *file;
    lbc_status status = lbc_data_file_begin(&file, path, &format_in, FRAMES, 1, NULL);
    for (uint64_t n = 0; n < FRAMES && status == LBC_OK; n++)
        status = lbc_data_file_write(file, n, (const uint8_t *)frame, sizeof frame, NULL);
    if (status == LBC_OK) status = lbc_data_file_commit(file, true, NULL);
    lbc_data_file_close(file);
    return status;
}

static int make_input(void **state)
{
    (void)state;
    static const uint32_t mask[NY * NX] = {1};
    lbc_filewriter facts = made_up_facts((lbc_shape){NY, NX}, FRAMES, "in_data", "none");
    facts.mask = mask;
    facts.excluded = 1;
    char data[96];
    snprintf(folder, sizeof folder, "/tmp/lbc_master_XXXXXX");
    if (!mkdtemp(folder)) return -1;
    snprintf(master, sizeof master, "%s/in_master.h5", folder);
    snprintf(out, sizeof out, "%s/out_master.h5", folder);
    snprintf(out_of_reach, sizeof out_of_reach, "%s/none/out_master.h5", folder);
    snprintf(data, sizeof data, "%s/in_data_000001.h5", folder);
    return write_images(data) != LBC_OK || lbc_filewriter_master(master, false, &facts, NULL) != LBC_OK;
}

static int remove_input(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static void in_pairs(const void *plan, uint64_t k, uint64_t *first, uint32_t *count)
{
    (void)plan;
    *first = 2 * k;
    *count = 2;
}

static lbc_status write_master(const char *path, const char *input_path, lbc_error *err)
{
    const lbc_step step = {.name = "bin", .nparameters = 1, .parameters = {{"bin", NULL, 2}}};
    const lbc_change change = {.bin = 2,
                               .sum = 2,
                               .in = {NY, NX},
                               .out = {NY / 2, NX / 2},
                               .type = LBC_U16,
                               .saturation = 8000,
                               .codec = "none",
                               .frames_in = FRAMES,
                               .groups = FRAMES / 2,
                               .group = in_pairs,
                               .nsteps = 1,
                               .steps = &step};
    static const char *const names[] = {"out_000001.h5", "out_000002.h5"}, *const squash[] = {"s1.h5", "s2.h5"};
    const uint64_t frames[] = {1, 1};
    const lbc_master_links links = {.job = "0", .files = 2, .names = names, .frames = frames, .squash_names = squash};
    lbc_input *input;
    lbc_status status = lbc_input_open(&input, input_path, NULL, err);
    if (status == LBC_OK) status = lbc_master_write(path, true, input, &change, &format_out, &links, NULL, NULL, err);
    lbc_input_close(input);
    return status;
}

/* Files and what is open in them, property lists, types and spaces. */
static int64_t open_ids(void)
{
    static const H5I_type_t kinds[] = {H5I_FILE,     H5I_GROUP,     H5I_DATASET,    H5I_ATTR,
                                       H5I_DATATYPE, H5I_DATASPACE, H5I_GENPROP_LST};
    int64_t all = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        hsize_t n = 0;
        H5Inmembers(kinds[i], &n);
        all += (int64_t)n;
    }
    return all;
}

static void test_nothing_stays_open(void **state)
{
    (void)state;
    lbc_error err = {LBC_OK, ""};
    assert_int_equal(write_master(out, master, &err), LBC_OK); /* HDF5 has made all that it keeps */
    const int64_t before = open_ids();
    assert_int_equal(access(out, F_OK), 0);
    assert_int_equal(write_master(out, master, &err), LBC_OK); /* replaces */
    assert_int_equal(open_ids(), before);
}

static void test_no_place_to_write(void **state)
{
    (void)state;
    lbc_error err = {LBC_OK, ""};
    const int64_t before = open_ids();
    assert_int_equal(write_master(out_of_reach, master, &err), LBC_E_IO);
    assert_non_null(strstr(err.text, "none/out_master.h5"));
    assert_int_equal(open_ids(), before);
}

/* A failure in the middle of the tree. */
static void test_refused_tree(void **state)
{
    (void)state;
    char deep[96], command[256];
    lbc_error err = {LBC_OK, ""};
    snprintf(deep, sizeof deep, "%s/deep_master.h5", folder);
    snprintf(command, sizeof command, "cp '%s' '%s'", master, deep);
    assert_int_equal(system(command), 0);
    hid_t file = H5Fopen(deep, H5F_ACC_RDWR, H5P_DEFAULT), group = H5Gopen2(file, "/entry", H5P_DEFAULT);
    for (int n = 0; n < 100; n++) {
        const hid_t next = H5Gcreate2(group, "d", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        H5Gclose(group);
        group = next;
    }
    H5Gclose(group);
    H5Fclose(file);
    const int64_t before = open_ids();
    assert_int_equal(write_master(out, deep, &err), LBC_E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "deep_master.h5"));
    assert_int_equal(open_ids(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_stays_open),
        cmocka_unit_test(test_no_place_to_write),
        cmocka_unit_test(test_refused_tree),
    };
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return cmocka_run_group_tests(tests, make_input, remove_input);
}
