/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Data files: what a reader finds in them, and that the same calls give the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/codec.h"
#include "nexus/output.h"

#include <hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NY = 3, NX = 5, FRAMES = 4 };

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/lbc_output_XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static const char *in_folder(const char *name)
{
    static char path[2][160];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

/* Only the filter number of a codec matters to a data file. */
static const lbc_codec plain = {.name = "none"}, filtered = {.name = "bslz4", .filter = 32008};

static lbc_chunk_format format_of(const lbc_codec *codec, uint32_t nparams)
{
    lbc_chunk_format f = {.codec = codec, .type = LBC_U16, .shape = {NY, NX}, .nparams = nparams};
    for (uint32_t i = 0; i < nparams; i++) f.params[i] = 7 * i + 1;
    return f;
}

static void write_file(const char *path, const lbc_chunk_format *format, size_t chunk_size)
{
    uint8_t chunk[NY * NX * 2 + 20];
    lbc_data_file *file;
    lbc_error err;
    assert_int_equal(lbc_data_file_begin(&file, path, format, FRAMES, 101, &err), LBC_OK);
    for (uint64_t n = 0; n < FRAMES; n++) {
        for (size_t i = 0; i < sizeof chunk; i++) chunk[i] = (uint8_t)(n * 50 + i);
        assert_int_equal(lbc_data_file_write(file, n, chunk, chunk_size, &err), LBC_OK);
    }
    assert_int_equal(lbc_data_file_write(file, FRAMES, chunk, chunk_size, &err), LBC_E_ARGUMENT);
    assert_int_not_equal(access(path, F_OK), 0); /* nothing to see before commit */
    assert_int_equal(lbc_data_file_commit(file, false, &err), LBC_OK);
    lbc_data_file_close(file);
}

static uint64_t read_u64_attribute(hid_t object, const char *name)
{
    uint64_t value = 0;
    const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    assert_true(attribute >= 0 && H5Aread(attribute, H5T_NATIVE_UINT64, &value) >= 0);
    H5Aclose(attribute);
    return value;
}

static void check_shape(hid_t data)
{
    hsize_t dims[3], most[3], chunk[3];
    const hid_t space = H5Dget_space(data), create = H5Dget_create_plist(data);
    assert_int_equal(H5Sget_simple_extent_dims(space, dims, most), 3);
    assert_int_equal(H5Pget_chunk(create, 3, chunk), 3);
    assert_true(dims[0] == FRAMES && dims[1] == NY && dims[2] == NX);
    assert_true(most[0] == H5S_UNLIMITED && most[1] == NY && most[2] == NX);
    assert_true(chunk[0] == 1 && chunk[1] == NY && chunk[2] == NX);
    H5Pclose(create);
    H5Sclose(space);
}

static void check_superblock(hid_t file)
{
    unsigned superblock = 99, freelist, symbols, headers;
    const hid_t create = H5Fget_create_plist(file);
    assert_true(H5Pget_version(create, &superblock, &freelist, &symbols, &headers) >= 0);
    assert_int_equal(superblock, 0);
    H5Pclose(create);
}

static void test_plain(void **state)
{
    (void)state;
    const lbc_chunk_format format = format_of(&plain, 0);
    const char *path = in_folder("plain.h5");
    write_file(path, &format, NY * NX * 2);
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t data = H5Dopen2(file, "/entry/data/data", H5P_DEFAULT);
    check_superblock(file);
    check_shape(data);
    assert_int_equal(read_u64_attribute(data, "image_nr_low"), 101);
    assert_int_equal(read_u64_attribute(data, "image_nr_high"), 104);
    uint16_t pixels[FRAMES * NY * NX];
    assert_true(H5Dread(data, H5T_NATIVE_UINT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, pixels) >= 0);
    for (unsigned n = 0; n < FRAMES; n++)
        for (unsigned i = 0; i < NY * NX; i++) {
            const unsigned low = (n * 50 + 2 * i) & 255, high = (n * 50 + 2 * i + 1) & 255;
            assert_int_equal(pixels[n * NY * NX + i], low | high << 8);
        }
    H5Dclose(data);
    H5Fclose(file);
}

/* The pipeline a reader sees is the codec's, whether its plugin is installed or not, and as long as a
 * parameter list may be. */
static void check_filter(uint32_t nparams)
{
    const lbc_chunk_format format = format_of(&filtered, nparams);
    char name[32];
    snprintf(name, sizeof name, "filtered%u.h5", nparams);
    const char *path = in_folder(name);
    write_file(path, &format, 17);
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t data = H5Dopen2(file, "/entry/data/data", H5P_DEFAULT), create = H5Dget_create_plist(data);
    check_superblock(file);
    check_shape(data);
    unsigned flags = 9, params[256]; /* H5Pget_filter2 gives no more */
    size_t count = 256;
    assert_int_equal(H5Pget_nfilters(create), 1);
    assert_int_equal(H5Pget_filter2(create, 0, &flags, &count, params, 0, NULL, NULL), 32008);
    assert_int_equal(flags, H5Z_FLAG_MANDATORY);
    assert_int_equal(count, nparams);
    assert_memory_equal(params, format.params, (nparams < 256 ? nparams : 256) * sizeof *params);
    for (unsigned n = 0; n < FRAMES; n++) {
        uint8_t chunk[17];
        uint32_t mask = 9;
        hsize_t size = 0;
        const hsize_t offset[3] = {n, 0, 0};
        assert_true(H5Dget_chunk_storage_size(data, offset, &size) >= 0 && size == sizeof chunk);
        assert_true(H5Dread_chunk(data, H5P_DEFAULT, offset, &mask, chunk) >= 0);
        assert_int_equal(mask, 0);
        for (unsigned i = 0; i < sizeof chunk; i++) assert_int_equal(chunk[i], (n * 50 + i) & 255);
    }
    H5Pclose(create);
    H5Dclose(data);
    H5Fclose(file);
}

static void test_filter(void **state)
{
    (void)state;
    check_filter(5);
    check_filter(0);
    check_filter(1900);
}

static size_t read_whole(const char *path, uint8_t *to, size_t capacity)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    const size_t n = fread(to, 1, capacity, f);
    fclose(f);
    return n;
}

static void test_same_bytes(void **state)
{
    (void)state;
    static uint8_t first[1 << 16], second[1 << 16];
    const lbc_chunk_format format = format_of(&filtered, 5);
    write_file(in_folder("one.h5"), &format, 17);
    const size_t size = read_whole(in_folder("one.h5"), first, sizeof first);
    sleep(2); /* so that a time in the file would differ */
    write_file(in_folder("two.h5"), &format, 17);
    assert_int_equal(read_whole(in_folder("two.h5"), second, sizeof second), size);
    assert_memory_equal(first, second, size);
}

static void test_existing_file_is_refused(void **state)
{
    (void)state;
    const lbc_chunk_format format = format_of(&plain, 0);
    const char *path = in_folder("exists.h5");
    write_file(path, &format, NY * NX * 2);
    lbc_data_file *file;
    lbc_error err;
    assert_int_equal(lbc_data_file_begin(&file, path, &format, 1, 1, &err), LBC_OK);
    assert_int_equal(lbc_data_file_commit(file, false, &err), LBC_E_EXISTS);
    lbc_data_file_close(file);
    assert_int_equal(lbc_data_file_begin(&file, path, &format, 1, 1, &err), LBC_OK);
    assert_int_equal(lbc_data_file_commit(file, true, &err), LBC_OK);
    lbc_data_file_close(file);
    assert_int_equal(lbc_data_file_begin(&file, in_folder("none/x.h5"), &format, 1, 1, &err), LBC_E_IO);
    assert_non_null(strstr(err.text, "none/x.h5"));
    lbc_data_file_close(NULL);
}

/* What could not be written is told by every call that comes later, with the same status. */
static void test_no_room(void **state)
{
    static const uint8_t bytes[NY * NX * 2];
    const lbc_chunk_format format = format_of(&plain, 0);
    const lbc_lossy_params params = {.shape = {NY, NX}, .stored_bytes = 2, .nlayers = 1, .layers = {10}};
    struct rlimit before;
    const char *temporary;
    lbc_data_file *data;
    lbc_squash_file *squash;
    lbc_error err;
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){100, before.rlim_max}), 0);

    assert_int_equal(lbc_data_file_begin(&data, in_folder("full.h5"), &format, 1, 1, &err), LBC_OK);
    (void)lbc_data_file_write(data, 0, bytes, sizeof bytes, &err);
    assert_int_equal(lbc_data_file_finish(data, &temporary, &err), LBC_E_SPACE);
    assert_int_equal(err.status, LBC_E_SPACE);
    lbc_data_file_close(data);

    for (int commit = 0; commit < 2; commit++) {
        assert_int_equal(lbc_squash_file_begin(&squash, in_folder("squash.h5"), &err), LBC_OK);
        (void)lbc_squash_file_add(squash, 1, &lbc_j2k, &params, bytes, sizeof bytes, &err);
        const lbc_status status =
            commit ? lbc_squash_file_commit(squash, false, &err) : lbc_squash_file_finish(squash, &temporary, &err);
        assert_int_equal(status, LBC_E_SPACE);
        assert_int_equal(err.status, LBC_E_SPACE);
        lbc_squash_file_close(squash);
    }

    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_not_equal(access(in_folder("full.h5"), F_OK), 0);
    assert_int_not_equal(access(in_folder("squash.h5"), F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),      cmocka_unit_test(test_filter),
        cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_existing_file_is_refused),
        cmocka_unit_test(test_no_room),
    };
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
