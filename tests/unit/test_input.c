/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the input side that a series read from outside does not show: helpers, marginal calls, the chunk as it
 * is stored, and what a host program's HDF5 keeps. What is read from every dialect and storage is tested in
 * tests/golden/test_input.py. */
#include "base/memory.h"
#include "nexus/h5file.h"
#include "nexus/h5out.h"
#include "nexus/h5util.h"
#include "nexus/input.h"
#include "nexus/units.h"
#include "nexus/value.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { FRAMES = 3, NY = 5, NX = 7, PIXELS = NY * NX };

static char folder[] = "/tmp/lbc_unit_input_XXXXXX";
static char master[64], link_name[64];

/* ---- a small series ------------------------------------------------------------------------ */

static void put_number(hid_t file, const char *path, double value, const char *unit)
{
    hid_t links = H5Pcreate(H5P_LINK_CREATE), space = H5Screate(H5S_SCALAR), type = H5Tcopy(H5T_C_S1);
    H5Pset_create_intermediate_group(links, 1);
    hid_t dataset = H5Dcreate2(file, path, H5T_IEEE_F64LE, space, links, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value) >= 0);
    if (unit) {
        H5Tset_size(type, strlen(unit));
        hid_t attribute = H5Acreate2(dataset, "units", type, space, H5P_DEFAULT, H5P_DEFAULT);
        assert_true(H5Awrite(attribute, type, unit) >= 0);
        lbc_h5_close(&attribute);
    }
    lbc_h5_close(&dataset);
    lbc_h5_close(&type);
    lbc_h5_close(&space);
    lbc_h5_close(&links);
}

static uint16_t pixel(unsigned frame, unsigned i)
{
    return (uint16_t)(100 * frame + i);
}

static void put_images(hid_t file)
{
    const hsize_t dims[3] = {FRAMES, NY, NX}, chunk[3] = {1, NY, NX};
    static uint16_t pixels[FRAMES * PIXELS];
    for (unsigned f = 0; f < FRAMES; f++)
        for (unsigned i = 0; i < PIXELS; i++) pixels[f * PIXELS + i] = pixel(f, i);
    hid_t space = H5Screate_simple(3, dims, NULL), creation = H5Pcreate(H5P_DATASET_CREATE);
    hid_t links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    H5Pset_chunk(creation, 3, chunk);
    hid_t dataset = H5Dcreate2(file, "/entry/data/data", H5T_STD_U16LE, space, links, creation, H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_UINT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, pixels) >= 0);
    lbc_h5_close(&dataset);
    lbc_h5_close(&links);
    lbc_h5_close(&creation);
    lbc_h5_close(&space);
}

static int make_series(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(master, sizeof master, "%s/run.h5", folder);
    snprintf(link_name, sizeof link_name, "%s/link.h5", folder);
    hid_t file = H5Fcreate(master, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    put_images(file);
    put_number(file, "/entry/instrument/beam/incident_wavelength", 1.0, "angstrom");
    put_number(file, "/entry/instrument/detector/x_pixel_size", 75, "um");
    put_number(file, "/entry/instrument/detector/y_pixel_size", 75, "um");
    put_number(file, "/entry/instrument/detector/beam_center_x", 3.5, NULL);
    put_number(file, "/entry/instrument/detector/beam_center_y", 2.5, NULL);
    put_number(file, "/entry/instrument/detector/detector_distance", 100, "mm");
    put_number(file, "/entry/sample/goniometer/omega_range_average", 0.25, "degree");
    lbc_h5_close(&file);
    return symlink(master, link_name);
}

static int remove_series(void **state)
{
    (void)state;
    unlink(link_name);
    unlink(master);
    return rmdir(folder);
}

static lbc_input *open_series(void)
{
    lbc_input *input;
    lbc_error err;
    assert_int_equal(lbc_input_open(&input, master, NULL, &err), LBC_OK);
    return input;
}

/* ---- opening and asking -------------------------------------------------------------------- */

static void test_facts(void **state)
{
    (void)state;
    lbc_input *input = open_series();
    const lbc_series *s = lbc_input_series(input);
    uint64_t offset = 0;
    assert_int_equal(s->frames, FRAMES);
    assert_int_equal(s->shape.ny, NY);
    assert_int_equal(s->shape.nx, NX);
    assert_int_equal(s->type, LBC_U16);
    assert_int_equal(s->saturation, 65533);
    assert_string_equal(s->saturation_from, "pixel type");
    assert_null(s->mask);
    assert_true(fabs(s->pixel_x - 75e-6) < 1e-12 && fabs(s->distance - 0.1) < 1e-9);
    assert_true(fabs(s->oscillation - 0.25) < 1e-9);
    assert_int_equal(s->files, 1);
    assert_string_equal(lbc_input_path(input), master);
    assert_string_equal(lbc_input_file(input, 0), master);
    assert_null(lbc_input_file(input, 1));
    assert_string_equal(lbc_input_frame_place(input, 1, &offset), master);
    assert_true(offset > 0);
    assert_int_equal(lbc_input_frame_bytes(input, 1), PIXELS * 2);
    assert_true(lbc_input_frame_is_fast(input, 2));
    assert_int_equal(lbc_input_complete(input, NULL), LBC_OK);
    lbc_input_close(input);
}

static void test_is_file(void **state)
{
    (void)state;
    lbc_input *input = open_series();
    assert_true(lbc_input_is_file(input, master));
    assert_true(lbc_input_is_file(input, link_name));
    assert_false(lbc_input_is_file(input, folder));
    assert_false(lbc_input_is_file(input, "/no/such/file"));
    lbc_input_close(input);
}

static void test_close_and_errors_without_arguments(void **state)
{
    (void)state;
    lbc_input *input;
    lbc_input_close(NULL);
    lbc_frame_reader_free(NULL);
    assert_int_equal(lbc_input_open(&input, "/no/such/file.h5", NULL, NULL), LBC_E_IO);
    assert_null(input);
}

/* ---- reading ------------------------------------------------------------------------------- */

typedef struct collector {
    uint16_t pixels[PIXELS];
    size_t count;
} collector;

static void collect(void *user, const void *pixels, size_t count)
{
    collector *c = user;
    assert_true(c->count + count <= PIXELS);
    memcpy(c->pixels + c->count, pixels, count * sizeof *c->pixels);
    c->count += count;
}

static void test_read_both_ways(void **state)
{
    (void)state;
    for (int through = 0; through < 2; through++) {
        lbc_input *input;
        lbc_error err;
        const lbc_input_options options = {.through_hdf5 = through};
        assert_int_equal(lbc_input_open(&input, master, &options, &err), LBC_OK);
        lbc_frame_reader *reader = lbc_frame_reader_new();
        for (unsigned f = FRAMES; f-- > 0;) {
            collector c = {.count = 0};
            const lbc_pixel_sink sink = {collect, &c};
            assert_int_equal(lbc_input_frame_is_fast(input, f), !through);
            assert_int_equal(lbc_input_read(input, reader, f, &sink, &err), LBC_OK);
            assert_int_equal(c.count, PIXELS);
            for (unsigned i = 0; i < PIXELS; i++) assert_int_equal(c.pixels[i], pixel(f, i));
        }
        lbc_frame_reader_free(reader);
        lbc_input_close(input);
    }
}

static void test_read_in_pieces(void **state)
{
    (void)state;
    lbc_error err;
    const void *pixels;
    size_t count;
    lbc_input *input = open_series();
    lbc_frame_reader *reader = lbc_frame_reader_new();
    for (unsigned f = FRAMES; f-- > 0;) {
        collector c = {.count = 0};
        assert_int_equal(lbc_input_read(input, reader, f, NULL, &err), LBC_OK);
        const uint32_t crc = lbc_frame_reader_crc(reader);
        assert_int_equal(lbc_input_read(input, reader, (f + 1) % FRAMES, NULL, &err), LBC_OK);
        assert_int_equal(lbc_input_begin(input, reader, f, &err), LBC_OK);
        assert_int_equal(lbc_frame_reader_crc(reader), crc);
        do {
            assert_int_equal(lbc_input_next(reader, &pixels, &count), LBC_OK);
            collect(&c, pixels, count);
        } while (count);
        assert_int_equal(c.count, PIXELS);
        for (unsigned i = 0; i < PIXELS; i++) assert_int_equal(c.pixels[i], pixel(f, i));
    }
    assert_int_equal(lbc_input_begin(input, reader, FRAMES, &err), LBC_E_ARGUMENT);
    lbc_input_close(input);

    const lbc_input_options options = {.through_hdf5 = true};
    assert_int_equal(lbc_input_open(&input, master, &options, &err), LBC_OK);
    assert_int_equal(lbc_input_begin(input, reader, 0, &err), LBC_E_UNSUPPORTED);
    lbc_input_close(input);
    lbc_frame_reader_free(reader);
}

static void test_read_beyond_the_end(void **state)
{
    (void)state;
    lbc_input *input = open_series();
    lbc_frame_reader *reader = lbc_frame_reader_new();
    lbc_error err;
    const lbc_pixel_sink sink = {collect, NULL};
    assert_int_equal(lbc_input_read(input, reader, FRAMES, &sink, &err), LBC_E_ARGUMENT);
    assert_non_null(strstr(err.text, "there is no image 4"));
    lbc_frame_reader_free(reader);
    lbc_input_close(input);
}

static void test_chunk(void **state)
{
    (void)state;
    lbc_error err;
    const lbc_chunk_format *format;
    const uint8_t *bytes;
    size_t size;
    lbc_frame_reader *reader = lbc_frame_reader_new();
    lbc_input *input = open_series();
    assert_int_equal(lbc_input_read_chunk(input, reader, 2, &format, &bytes, &size, &err), LBC_OK);
    assert_string_equal(format->codec->name, "none");
    assert_int_equal(size, PIXELS * 2);
    for (unsigned i = 0; i < PIXELS; i++) assert_int_equal(bytes[2 * i] | bytes[2 * i + 1] << 8, pixel(2, i));
    lbc_input_close(input);

    const lbc_input_options options = {.through_hdf5 = true};
    assert_int_equal(lbc_input_open(&input, master, &options, &err), LBC_OK);
    assert_int_equal(lbc_input_read_chunk(input, reader, 2, &format, &bytes, &size, &err), LBC_E_UNSUPPORTED);
    lbc_input_close(input);
    lbc_frame_reader_free(reader);
}

/* ---- helpers ------------------------------------------------------------------------------- */

static void test_units(void **state)
{
    (void)state;
    assert_true(lbc_unit_length("m") == 1 && lbc_unit_length("Metres") == 1);
    assert_true(lbc_unit_length("mm") == 1e-3 && lbc_unit_length("ANGSTROM") == 1e-10);
    assert_true(lbc_unit_time("Seconds") == 1 && lbc_unit_time("ms") == 1e-3 && isnan(lbc_unit_time("")));
    assert_true(isnan(lbc_unit_length("M")) && isnan(lbc_unit_length("MM"))); /* megametres? */
    assert_true(isnan(lbc_unit_length("")) && isnan(lbc_unit_length("eV")) && isnan(lbc_unit_length("metresx")));
    assert_true(lbc_unit_energy("keV") == 1e3 && isnan(lbc_unit_energy("m")));
}

static void test_paths(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"a.h5", "b.h5", "b.h5"},         {"/x/a.h5", "b.h5", "/x/b.h5"}, {"x/a.h5", "y/b.h5", "x/y/b.h5"},
        {"x/a.h5", "/y/b.h5", "/y/b.h5"}, {"/a.h5", "b.h5", "/b.h5"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = lbc_path_beside(cases[i][0], cases[i][1]);
        assert_string_equal(path, cases[i][2]);
        free(path);
    }
    assert_string_equal(lbc_path_base("/x/y.h5"), "y.h5");
    assert_string_equal(lbc_path_base("y.h5"), "y.h5");
}

/* HDF5 gives out 256 parameters; a mask in them takes many more. */
static void test_many_filter_parameters(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 1900; n += 190) {
        unsigned params[1900], found[1900];
        size_t count = 0;
        H5Z_filter_t filter = 0;
        for (size_t i = 0; i < n; i++) params[i] = (unsigned)(i * 2654435761U);
        lbc_h5_enter();
        hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
        assert_true(H5Pset_filter(creation, 32768, H5Z_FLAG_OPTIONAL, n, params) >= 0);
        assert_true(lbc_h5_filter(creation, 0, &filter, found, 1900, &count));
        assert_int_equal(filter, 32768);
        assert_int_equal(count, n);
        if (n) assert_memory_equal(found, params, n * sizeof *params);
        if (n) assert_false(lbc_h5_filter(creation, 0, &filter, found, n - 1, &count));
        lbc_h5_close(&creation);
        lbc_h5_leave();
    }
}

static herr_t host_printer(hid_t stack, void *user)
{
    (void)stack;
    ++*(int *)user;
    return 0;
}

/* A host program's own error printing is silent while we are in HDF5, and its own again after. */
static void test_host_error_printing(void **state)
{
    (void)state;
    int printed = 0;
    lbc_input *input;
    H5E_auto2_t printer;
    void *data;
    H5Eget_auto2(H5E_DEFAULT, &printer, &data);
    H5Eset_auto2(H5E_DEFAULT, host_printer, &printed);
    assert_int_equal(lbc_input_open(&input, folder, NULL, NULL), LBC_E_IO);
    lbc_h5_enter();
    H5Gopen2(-1, "nothing", H5P_DEFAULT);
    lbc_h5_leave();
    assert_int_equal(printed, 0);
    H5Gopen2(-1, "nothing", H5P_DEFAULT);
    assert_int_equal(printed, 1);
    H5Eset_auto2(H5E_DEFAULT, printer, data);
}

/* What HDF5's own slow question answers, also behind a user block and for a chunk that is not there. */
static void test_chunk_place(void **state)
{
    (void)state;
    lbc_file_identity identity;
    lbc_error err;
    hid_t file;
    lbc_h5_enter();
    assert_int_equal(lbc_h5_open_read(&file, &identity, master, &err), LBC_OK);
    hid_t dataset = H5Dopen2(file, "/entry/data/data", H5P_DEFAULT);
    for (hsize_t i = 0; i < FRAMES; i++) {
        const hsize_t first[3] = {i, 0, 0};
        lbc_chunk_place place;
        unsigned skipped = 1;
        haddr_t address = 0;
        hsize_t size = 0;
        assert_true(lbc_h5_chunk_place(dataset, first, &place));
        assert_true(H5Dget_chunk_info_by_coord(dataset, first, &skipped, &address, &size) >= 0);
        assert_true(place.offset == address && place.size == size && place.skipped == skipped);
    }
    lbc_h5_close(&dataset);
    lbc_h5_close(&file);
    lbc_h5_leave();
}

/* In a file that is being written, whose driver is another one. */
static void test_chunk_place_in_new_file(void **state)
{
    (void)state;
    const hsize_t dims[1] = {4096}, chunk[1] = {1024}, first[1] = {1024};
    static uint8_t bytes[4096];
    char path[80];
    lbc_chunk_place place;
    unsigned skipped = 1;
    haddr_t address = 0;
    hsize_t size = 0;
    snprintf(path, sizeof path, "%s/new.h5", folder);
    lbc_h5_enter();
    hid_t file = lbc_h5_out_create(path, H5Pcreate(H5P_FILE_CREATE), false);
    hid_t space = H5Screate_simple(1, dims, NULL), creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 1, chunk);
    hid_t dataset = H5Dcreate2(file, "data", H5T_STD_U8LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) >= 0);
    const bool found = lbc_h5_chunk_place(dataset, first, &place);
    assert_true(H5Dget_chunk_info_by_coord(dataset, first, &skipped, &address, &size) >= 0);
    lbc_h5_close(&creation);
    lbc_h5_close(&space);
    lbc_h5_close(&dataset);
    const lbc_status closed = lbc_h5_out_close(&file, path, NULL);
    lbc_h5_leave();
    unlink(path);
    assert_int_equal(closed, LBC_OK);
    assert_true(found && place.offset == address && place.size == size && place.skipped == skipped);
}

/* ---- what hostile files hold ---------------------------------------------------------------- */

/* A file with a data set of one chunk, of so many bytes, behind the filters given (0 ends them), of which those in
 * `skipped` were left out. */
static void write_chunk(const char *path, const H5Z_filter_t *filters, size_t size, uint32_t skipped)
{
    static const uint8_t bytes[2 * PIXELS + 8];
    const hsize_t dims[3] = {FRAMES, NY, NX}, chunk[3] = {1, NY, NX}, at[3] = {1, 0, 0};
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(3, dims, NULL), creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 3, chunk);
    for (; *filters; filters++) H5Pset_filter(creation, *filters, 0, 0, NULL);
    hid_t dataset = H5Dcreate2(file, "data", H5T_STD_U16LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(H5Dwrite_chunk(dataset, H5P_DEFAULT, skipped, at, size, bytes) >= 0);
    lbc_h5_close(&dataset);
    lbc_h5_close(&creation);
    lbc_h5_close(&space);
    lbc_h5_close(&file);
}

/* Whether such a chunk is sound; asked for the whole data set, for its frame and for another one. */
static void check_chunk(const H5Z_filter_t *filters, size_t size, uint32_t skipped, bool expected)
{
    const hsize_t at[3] = {1, 0, 0}, other[3] = {0, 0, 0}, frame[3] = {1, NY, NX};
    char path[80];
    hid_t file;
    lbc_file_identity identity;
    snprintf(path, sizeof path, "%s/chunk.h5", folder);
    write_chunk(path, filters, size, skipped);
    lbc_h5_enter();
    const lbc_status opened = lbc_h5_open_read(&file, &identity, path, NULL);
    hid_t dataset = H5Dopen2(file, "data", H5P_DEFAULT);
    const bool whole = lbc_h5_chunks_sound(dataset, NULL, NULL), its = lbc_h5_chunks_sound(dataset, at, frame);
    const bool others = lbc_h5_chunks_sound(dataset, other, frame);
    lbc_h5_close(&dataset);
    lbc_h5_close(&file);
    lbc_h5_leave();
    unlink(path);
    assert_int_equal(opened, LBC_OK);
    assert_int_equal(whole, expected);
    assert_int_equal(its, expected);
    assert_true(others);
}

static void test_chunks_sound(void **state)
{
    (void)state;
    static const H5Z_filter_t none[] = {0}, plain[] = {H5Z_FILTER_SHUFFLE, H5Z_FILTER_FLETCHER32, 0},
                              packed[] = {H5Z_FILTER_DEFLATE, 0};
    const size_t whole = sizeof(uint16_t) * PIXELS;
    check_chunk(none, whole, 0, true);
    check_chunk(none, whole - 1, 0, false);
    check_chunk(plain, whole + 4, 0, true);
    check_chunk(plain, whole + 3, 0, false);
    check_chunk(plain, whole, 2, true);
    check_chunk(plain, whole, 0, false);
    check_chunk(packed, 9, 0, true); /* that is for deflate to say */
    check_chunk(packed, 9, 1, false);
    check_chunk(packed, whole, 1, true);
}

/* 2^24 places for chunks, and one chunk at the end of them. */
static void test_chunks_too_many(void **state)
{
    (void)state;
    const hsize_t dims[2] = {1 << 12, 1 << 12}, chunk[2] = {1, 1}, last[2] = {(1 << 12) - 1, (1 << 12) - 1};
    const uint16_t one = 1;
    char path[80];
    lbc_file_identity identity;
    snprintf(path, sizeof path, "%s/sparse.h5", folder);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(2, dims, NULL), creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 2, chunk);
    hid_t dataset = H5Dcreate2(file, "data", H5T_STD_U16LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, last, sizeof one, &one) >= 0);
    lbc_h5_close(&dataset);
    lbc_h5_close(&creation);
    lbc_h5_close(&space);
    lbc_h5_close(&file);
    lbc_h5_enter();
    const lbc_status opened = lbc_h5_open_read(&file, &identity, path, NULL);
    dataset = H5Dopen2(file, "data", H5P_DEFAULT);
    const bool sound = lbc_h5_chunks_sound(dataset, NULL, NULL);
    lbc_h5_close(&dataset);
    lbc_h5_close(&file);
    lbc_h5_leave();
    unlink(path);
    assert_int_equal(opened, LBC_OK);
    assert_false(sound);
}

/* The first numbers of a data set of two dimensions, all of them and some. */
static void test_first_numbers(void **state)
{
    (void)state;
    enum { ROWS = 100000, COLUMNS = 2 };
    const hsize_t dims[2] = {ROWS, COLUMNS};
    char path[80];
    double *in = lbc_alloc(ROWS * COLUMNS, sizeof *in), *out = lbc_alloc(ROWS * COLUMNS, sizeof *out);
    assert_true(in && out);
    for (size_t i = 0; i < ROWS * COLUMNS; i++) in[i] = (double)i;
    snprintf(path, sizeof path, "%s/numbers.h5", folder);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), space = H5Screate_simple(2, dims, NULL);
    hid_t dataset = H5Dcreate2(file, "data", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, in) >= 0);
    assert_int_equal(lbc_h5_numbers(dataset, out, ROWS * COLUMNS), ROWS * COLUMNS);
    assert_memory_equal(out, in, sizeof *in * ROWS * COLUMNS);
    memset(out, 0, sizeof *out * ROWS * COLUMNS);
    assert_int_equal(lbc_h5_numbers(dataset, out, 5), ROWS * COLUMNS);
    assert_memory_equal(out, in, sizeof *in * 5);
    assert_true(out[5] == 0);
    assert_int_equal(lbc_h5_numbers(dataset, out, ROWS * COLUMNS - 1), 0); /* too many to be picked out */
    lbc_h5_close(&dataset);
    lbc_h5_close(&space);
    lbc_h5_close(&file);
    unlink(path);
    free(out);
    free(in);
}

/* Bytes that fit are numbers that do not: they are reckoned with as doubles. */
static void test_value_too_large(void **state)
{
    (void)state;
    const hsize_t too_many = (LBC_VALUE_LARGEST >> 3) + 1, few = 10;
    char path[80];
    lbc_value value;
    lbc_error err = {LBC_OK, ""};
    snprintf(path, sizeof path, "%s/value.h5", folder);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    for (int small = 0; small < 2; small++) {
        hid_t space = H5Screate_simple(1, small ? &few : &too_many, NULL); /* never written, so the file is small */
        hid_t dataset =
            H5Dcreate2(file, small ? "few" : "many", H5T_STD_U8LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        assert_int_equal(lbc_value_read_dataset(&value, dataset, &err), small ? LBC_OK : LBC_E_UNSUPPORTED);
        lbc_value_free(&value);
        lbc_h5_close(&dataset);
        lbc_h5_close(&space);
    }
    assert_non_null(strstr(err.text, "more than 1 GiB"));
    lbc_h5_close(&file);
    unlink(path);
}

/* 2^62 x 4 elements, of which HDF5 says that there are none. */
static void test_elements_beyond_counting(void **state)
{
    (void)state;
    const hsize_t dims[2] = {UINT64_C(1) << 62, 4};
    char path[80];
    double number;
    lbc_value value;
    snprintf(path, sizeof path, "%s/many.h5", folder);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), space = H5Screate_simple(2, dims, NULL);
    hid_t dataset = H5Dcreate2(file, "data", H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(dataset >= 0);
    assert_int_equal(H5Sget_simple_extent_npoints(space), 0);
    assert_int_equal(lbc_h5_points(space), -1);
    assert_int_equal(lbc_h5_numbers(dataset, &number, 1), 0);
    assert_int_equal(lbc_value_read_dataset(&value, dataset, NULL), LBC_E_FORMAT);
    lbc_value_free(&value);
    lbc_h5_close(&dataset);
    lbc_h5_close(&space);
    lbc_h5_close(&file);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_is_file),
        cmocka_unit_test(test_close_and_errors_without_arguments),
        cmocka_unit_test(test_read_both_ways),
        cmocka_unit_test(test_read_in_pieces),
        cmocka_unit_test(test_read_beyond_the_end),
        cmocka_unit_test(test_chunk),
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_many_filter_parameters),
        cmocka_unit_test(test_host_error_printing),
        cmocka_unit_test(test_chunk_place),
        cmocka_unit_test(test_chunk_place_in_new_file),
        cmocka_unit_test(test_chunks_sound),
        cmocka_unit_test(test_chunks_too_many),
        cmocka_unit_test(test_first_numbers),
        cmocka_unit_test(test_value_too_large),
        cmocka_unit_test(test_elements_beyond_counting),
    };
    return cmocka_run_group_tests(tests, make_series, remove_series);
}
