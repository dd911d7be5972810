/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Masters. An input is not the bytes of one: HDF5 1.10 itself dies of files with damaged object headers, and its faults
 * would hide ours. It is a list of edits (master_edits.h) that HDF5 makes to a sound, small master: values, types,
 * shapes, links, attributes, chunks, mappings. What comes out is a file that HDF5 has no quarrel with, and as odd as
 * can be in what it says, which is what the code here has to stand. (Raw damage to files is tests/golden's and
 * tests/fault's.) Filters of HDF5's own whose parameters it trusts (szip, nbit, scale-offset) are left out, and others'
 * plugins are not loaded: what they make of a chunk is theirs.
 *
 *   byte 0  bits 0..1: dialect; bit 2: frames are read through HDF5; bits 3..4: where both are set, a new master is
 *           written of it as well (which is slow); bit 5: what is edited takes HDF5's latest format
 *   the rest: edits
 *
 * The series is opened and its frames are read, as the program does it. What is opened must be sound by input.h, a
 * frame that is read must have all of its pixels, an error must have words, and nothing of HDF5 may stay open.
 */
#include "fuzz.h"

#include "master_edits.h"

#include "../support/facts.h"
#include "nexus/output.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DIALECTS = 3, NY = 12, NX = 20, FRAMES = 4, MOST_PIXELS = 1 << 16, MOST_FRAMES = 3 };
enum { THROUGH_HDF5 = 4, WRITE_MASTER = 24, LATEST = 32 };

/* A sound master, in memory. */
typedef struct base {
    edit_places places;
    void *image;
    size_t size;
} base;

static base bases[DIALECTS];
static char folder[64], master_path[96], data_path[96], new_path[96];

/* ---- the sound series ------------------------------------------------------------------------ */

static void make_paths(void)
{
    snprintf(folder, sizeof folder, "%s/lbc_fuzz_XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(folder)) abort();
    snprintf(master_path, sizeof master_path, "%s/" EDIT_MASTER, folder);
    snprintf(data_path, sizeof data_path, "%s/" EDIT_DATA, folder);
    snprintf(new_path, sizeof new_path, "%s/new_master.h5", folder);
}

static void give(void *user, size_t first, size_t count, void *pixels)
{
    (void)user;
    for (size_t i = 0; i < count; i++) ((uint16_t *)pixels)[i] = (uint16_t)(first + i);
}

static void write_data(const lbc_chunk_format *format)
{
    uint8_t chunk[4 * NY * NX + 1024];
    size_t size;
    const lbc_pixel_source source = {give, NULL};
    lbc_codec_work *work = lbc_codec_work_new();
    lbc_data_file *file;
    if (!work || lbc_data_file_begin(&file, data_path, format, FRAMES, 1, NULL)) abort();
    if (format->codec->encode(work, format, &source, chunk, sizeof chunk, &size)) abort();
    for (uint64_t n = 0; n < FRAMES; n++)
        if (lbc_data_file_write(file, n, chunk, size, NULL)) abort();
    if (lbc_data_file_commit(file, true, NULL)) abort();
    lbc_data_file_close(file);
    lbc_codec_work_free(work);
}

static void write_master(lbc_dialect dialect)
{
    static const uint32_t mask[NY * NX] = {1, 0, 8};
    lbc_filewriter facts = made_up_facts((lbc_shape){NY, NX}, FRAMES, "run_data", "bslz4");
    facts.dialect = dialect;
    facts.mask = mask;
    facts.excluded = 2;
    if (lbc_filewriter_master(master_path, true, &facts, NULL)) abort();
}

static void read_base(base *b)
{
    hid_t file = H5Fopen(master_path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const ssize_t size = H5Fget_file_image(file, NULL, 0);
    b->image = size > 0 ? malloc((size_t)size) : NULL;
    if (!b->image || H5Fget_file_image(file, b->image, (size_t)size) != size) abort();
    b->size = (size_t)size;
    edit_places_read(&b->places, file);
    H5Fclose(file);
}

static void clean(void)
{
    for (int d = 0; d < DIALECTS; d++) {
        edit_places_free(&bases[d].places);
        free(bases[d].image);
    }
    unlink(master_path);
    unlink(data_path);
    unlink(new_path);
    rmdir(folder);
}

static void prepare(void)
{
    static lbc_chunk_format format;
    format = (lbc_chunk_format){.codec = lbc_codec_by_name("bslz4"), .type = LBC_U16, .shape = {NY, NX}};
    if (format.codec->configure(&format, 0)) abort();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    make_paths();
    atexit(clean);
    write_data(&format);
    for (int d = 0; d < DIALECTS; d++) {
        write_master((lbc_dialect)d);
        read_base(&bases[d]);
    }
}

/* ---- the edited one -------------------------------------------------------------------------- */

static void write_image(hid_t file)
{
    static uint8_t image[1 << 20];
    const ssize_t size = H5Fget_file_image(file, image, sizeof image);
    FILE *f = fopen(master_path, "wb");
    if (!f || (size > 0 && fwrite(image, 1, (size_t)size, f) != (size_t)size) || fclose(f)) abort();
}

static void make_edited(const base *b, bool latest, const uint8_t *data, size_t size)
{
    const size_t growth = 1 << 16;
    hid_t access_list = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access_list, growth, 0);
    H5Pset_file_image(access_list, b->image, b->size);
    H5Pset_libver_bounds(access_list, latest ? H5F_LIBVER_LATEST : H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
    hid_t file = H5Fopen("in memory", H5F_ACC_RDWR, access_list); /* a name that no file has */
    H5Pclose(access_list);
    if (file < 0) abort();
    edit_master(file, &b->places, data, size);
    H5Fflush(file, H5F_SCOPE_LOCAL);
    write_image(file);
    H5Fclose(file);
}

/* ---- reading it ------------------------------------------------------------------------------ */

static void check_facts(const lbc_series *s)
{
    const bool sound = s->frames > 0 && s->shape.ny > 0 && s->shape.nx > 0 && s->saturation > 0 && s->files > 0 &&
                       s->wavelength > 0 && s->distance > 0 && s->pixel_x > 0 && s->pixel_y > 0;
    if (!sound) abort();
}

static void read_frames(const lbc_input *input)
{
    const lbc_series *s = lbc_input_series(input);
    const size_t pixels = lbc_shape_pixels(s->shape);
    lbc_frame_reader *reader = lbc_frame_reader_new();
    for (uint64_t n = 0; reader && n < MOST_FRAMES && pixels <= MOST_PIXELS; n++) {
        lbc_error err = {LBC_OK, ""};
        fuzz_sink memory = {.pixel_size = lbc_pixel_size(s->type)};
        const lbc_pixel_sink sink = {fuzz_take, &memory};
        const lbc_status status = lbc_input_read(input, reader, n, &sink, &err);
        if (status == LBC_OK ? memory.taken != pixels : memory.taken > pixels || !err.text[0]) abort();
    }
    lbc_frame_reader_free(reader);
}

static void one_each(const void *plan, uint64_t k, uint64_t *first, uint32_t *count)
{
    (void)plan;
    *first = k;
    *count = 1;
}

static void write_new_master(const lbc_input *input)
{
    const lbc_series *s = lbc_input_series(input);
    const uint64_t frames = 1;
    static lbc_chunk_format format;
    static const char *const name = "out_000001.h5";
    lbc_error err = {LBC_OK, ""};
    format = (lbc_chunk_format){.codec = lbc_codec_by_name("none"), .type = LBC_U16, .shape = s->shape};
    const lbc_change change = {.bin = 1,
                               .sum = 1,
                               .in = s->shape,
                               .out = s->shape,
                               .type = LBC_U16,
                               .saturation = 100,
                               .codec = "none",
                               .frames_in = s->frames,
                               .groups = 1,
                               .group = one_each};
    const lbc_master_links links = {.job = "0", .files = 1, .names = &name, .frames = &frames};
    if (lbc_master_write(new_path, true, input, &change, &format, &links, NULL, NULL, &err) && !err.text[0]) abort();
}

static void read_edited(uint8_t how)
{
    const lbc_input_options options = {.through_hdf5 = how & THROUGH_HDF5};
    lbc_input *input;
    lbc_error err = {LBC_OK, ""};
    const lbc_status status = lbc_input_open(&input, master_path, &options, &err);
    if (status != LBC_OK) {
        if (input || !err.text[0]) abort();
        return;
    }
    check_facts(lbc_input_series(input));
    lbc_input_complete(input, NULL);
    read_frames(input);
    if ((how & WRITE_MASTER) == WRITE_MASTER && lbc_shape_pixels(lbc_input_series(input)->shape) <= MOST_PIXELS)
        write_new_master(input);
    lbc_input_close(input);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!bases[0].image) {
        H5PLset_loading_state(0);
        prepare();
        read_edited(WRITE_MASTER); /* now HDF5 has made all that it keeps */
    }
    if (size == 0) return 0;
    const base *b = &bases[(data[0] & 3) % DIALECTS];
    make_edited(b, data[0] & LATEST, data + 1, size - 1);
    const int64_t ids = open_ids();
    read_edited(data[0]);
    if (open_ids() != ids) abort();
    return 0;
}
