/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/data_check.h"

#include "base/checksum.h"
#include "base/memory.h"
#include "nexus/h5file.h"
#include "nexus/h5util.h"
#include "nexus/input_internal.h"
#include "nexus/master_sum.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LBC_MOST_FRAMES (UINT64_C(1) << 32) /* in a file: more is damage, and not to be allocated */

/* A file being checked. */
typedef struct check {
    const char *path;
    const lbc_data_expected *expected;
    lbc_data_found found;
    hid_t file, sums, data; /* sums: /entry/checksums */
    uint64_t frames;
    uint32_t *crc; /* [frames], as the file carries them; NULL: it does not */
    lbc_buffer chunk;
    lbc_codec_work *work;
    uint32_t pixels; /* running CRC-32C of a frame's pixels */
} check;

static lbc_status differs(const check *c, lbc_error *err, const char *what)
{
    return lbc_fail(err, LBC_E_MISMATCH, "%s: %s", c->path, what);
}

/* ---- the file's own word -------------------------------------------------------------------- */

/* Opens the file and reads which job made it. */
static lbc_status open_file(check *c, lbc_error *err)
{
    char *job = c->found.job;
    lbc_file_identity identity;
    lbc_status status = lbc_h5_open_read(&c->file, &identity, c->path, err);
    if (status) return status == LBC_E_FORMAT ? LBC_E_MISMATCH : status;
    c->sums = H5Dopen2(c->file, "/entry/checksums", H5P_DEFAULT);
    c->found.carries = c->sums >= 0;
    if (c->sums < 0)
        return c->expected->job ? differs(c, err, "carries no checksums: it was not made by this job") : LBC_OK;
    if (!lbc_h5_attr_text(c->sums, "job", job, sizeof c->found.job)) {
        job[0] = '\0';
        return differs(c, err, "its checksums cannot be read");
    }
    if (!c->expected->job) return LBC_OK;
    c->found.same_job = strcmp(job, c->expected->job) == 0;
    return c->found.same_job ? LBC_OK : differs(c, err, "was made by another job (other options, or another input)");
}

/* The checksums of c->frames images, or of as many as there are where that is 0. */
static lbc_status read_checksums(check *c, lbc_error *err)
{
    lbc_status status = LBC_OK;
    hsize_t count = 0;
    double input, bad;
    if (c->sums < 0) return LBC_OK;
    if (!lbc_h5_is_row(c->sums, &count) || count == 0 || count > LBC_MOST_FRAMES)
        status = differs(c, err, "its checksums cannot be read");
    else if (c->frames && count != c->frames)
        status = differs(c, err, "has not as many checksums as images");
    else if (!(c->crc = lbc_alloc(count, sizeof *c->crc)))
        status = lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", c->path);
    else if (H5Dread(c->sums, H5T_NATIVE_UINT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, c->crc) < 0)
        status = differs(c, err, "its checksums cannot be read");
    c->frames = count;
    c->found.tells_input = status == LBC_OK && lbc_h5_attr_numbers(c->sums, "input_sum", &input, 1) == 1 &&
                           lbc_h5_attr_numbers(c->sums, "bad_frames", &bad, 1) == 1 && input >= 0 &&
                           input <= UINT32_MAX && bad >= 0 && bad <= UINT32_MAX;
    if (c->found.tells_input) c->found.input = (lbc_input_sum){(uint32_t)input, (uint32_t)bad};
    return status;
}

/* All that the file says is as its own checksum has it. properties: of the images; invalid: there are none. */
static bool layout_is_told(const check *c, hid_t properties)
{
    static uint32_t params[LBC_MAX_PARAMS]; /* large for a stack; guarded by the HDF5 lock */
    double told;
    uint32_t sum = 0;
    size_t nparams = 0;
    H5Z_filter_t id = 0;
    if (c->sums < 0) return true;
    if (lbc_h5_attr_numbers(c->sums, LBC_LAYOUT_SUM, &told, 1) != 1) return false;
    const int filters = properties < 0 ? 0 : H5Pget_nfilters(properties);
    if (filters != 0 && (filters != 1 || !lbc_h5_filter(properties, 0, &id, params, LBC_MAX_PARAMS, &nparams)))
        return false;
    const lbc_layout_filter filter = {(uint32_t)id, (uint32_t)nparams, params};
    return lbc_layout_sum(c->file, &filter, &sum) && told == (double)sum;
}

static void close_file(check *c)
{
    lbc_h5_enter();
    lbc_h5_close(&c->data);
    lbc_h5_close(&c->sums);
    lbc_h5_close(&c->file);
    lbc_h5_leave();
    lbc_codec_work_free(c->work);
    lbc_buffer_free(&c->chunk);
    free(c->crc);
}

/* found: as far as that tells, or NULL. */
static lbc_status look_at_job(const char *path, const char *job, lbc_data_found *found, lbc_error *err)
{
    const lbc_data_expected expected = {.job = job};
    check c = {
        .path = path, .expected = &expected, .file = H5I_INVALID_HID, .sums = H5I_INVALID_HID, .data = H5I_INVALID_HID};
    lbc_h5_enter();
    const lbc_status status = open_file(&c, err);
    lbc_h5_leave();
    if (found) *found = c.found;
    close_file(&c);
    return status;
}

lbc_status lbc_file_check_job(const char *path, const char *job, lbc_error *err)
{
    return look_at_job(path, job, NULL, err);
}

lbc_status lbc_file_job(const char *path, char job[LBC_JOB_SIZE], lbc_error *err)
{
    lbc_data_found found = {0};
    const lbc_status status = look_at_job(path, NULL, &found, err);
    memcpy(job, found.job, sizeof found.job);
    return status;
}

/* ---- data files ----------------------------------------------------------------------------- */

static lbc_status check_numbers(const check *c, lbc_error *err)
{
    double low;
    const lbc_data_expected *want = c->expected;
    if (want->frames && c->frames != want->frames)
        return lbc_fail(err, LBC_E_MISMATCH, "%s: holds %" PRIu64 " image%s, not %" PRIu64, c->path, c->frames,
                        c->frames == 1 ? "" : "s", want->frames);
    if (!want->first_number) return LBC_OK;
    if (lbc_h5_attr_numbers(c->data, "image_nr_low", &low, 1) != 1)
        return differs(c, err, "does not tell which images it holds");
    if (low == (double)want->first_number) return LBC_OK;
    return lbc_fail(err, LBC_E_MISMATCH, "%s: its images are numbered from %.0f, not from %" PRIu64, c->path, low,
                    want->first_number);
}

/* The filter pipeline is exactly that of format. */
static bool pipeline_is(hid_t properties, const lbc_chunk_format *format)
{
    const int filters = H5Pget_nfilters(properties);
    if (format->codec->filter == 0) return filters == 0;
    unsigned params[LBC_MAX_PARAMS];
    size_t nparams;
    H5Z_filter_t filter;
    if (filters != 1 || !lbc_h5_filter(properties, 0, &filter, params, LBC_MAX_PARAMS, &nparams)) return false;
    return filter == (H5Z_filter_t)format->codec->filter && nparams == format->nparams &&
           memcmp(params, format->params, nparams * sizeof *params) == 0;
}

static lbc_status check_layout(check *c, lbc_error *err)
{
    const lbc_data_expected *want = c->expected;
    hsize_t dims[3], chunk[3];
    if (lbc_h5_shape(c->data, dims, 3) != 3) return differs(c, err, "/entry/data/data is no stack of images");
    c->frames = dims[0];
    lbc_status status = check_numbers(c, err);
    if (status) return status;
    hid_t properties = H5Dget_create_plist(c->data);
    lbc_pixel_type pixel = LBC_U8;
    bool native = false;
    hid_t type = H5Dget_type(c->data);
    const bool known = lbc_pixel_type_of(type, &pixel, &native) && native;
    lbc_h5_close(&type);
    if (properties < 0 || H5Pget_layout(properties) != H5D_CHUNKED || H5Pget_chunk(properties, 3, chunk) != 3 ||
        chunk[0] != 1 || chunk[1] != dims[1] || chunk[2] != dims[2])
        status = differs(c, err, "its chunks are not single images");
    else if (want->format && (dims[1] != want->format->shape.ny || dims[2] != want->format->shape.nx))
        status = differs(c, err, "its images have another size");
    else if (c->sums >= 0 && (!known || (want->format && pixel != want->format->type)))
        status = differs(c, err, "its pixels are of another type");
    else if (!layout_is_told(c, properties))
        status = differs(c, err, "what it says of its images is damaged (its checksum differs)");
    else if (want->format && !pipeline_is(properties, want->format))
        status = differs(c, err, "its images are stored in another way");
    lbc_h5_close(&properties);
    return status;
}

static void add_pixels(void *user, const void *pixels, size_t count)
{
    check *c = user;
    c->pixels = lbc_crc32c(c->pixels, pixels, count * lbc_pixel_size(c->expected->format->type));
}

static lbc_status check_pixels(check *c, uint64_t n, size_t size, lbc_error *err)
{
    const lbc_chunk_format *format = c->expected->format;
    const lbc_pixel_sink sink = {add_pixels, c};
    c->pixels = 0;
    if (format->codec->decode(c->work, format, c->chunk.data, size, &sink))
        return lbc_fail(err, LBC_E_MISMATCH, "%s: image %" PRIu64 " cannot be decoded", c->path, n + 1);
    if (c->pixels != c->expected->pixel_crc[n])
        return lbc_fail(err, LBC_E_MISMATCH, "%s: image %" PRIu64 " has other pixels than were written", c->path,
                        n + 1);
    return LBC_OK;
}

static lbc_status missing(const check *c, uint64_t n, lbc_error *err)
{
    return lbc_fail(err, LBC_E_MISMATCH, "%s: image %" PRIu64 " is missing or cannot be read", c->path, n + 1);
}

static lbc_status find_frame(check *c, uint64_t n, lbc_error *err)
{
    const hsize_t offset[3] = {n, 0, 0};
    lbc_chunk_place place;
    lbc_h5_enter();
    const bool found = lbc_h5_chunk_place(c->data, offset, &place) && place.offset != LBC_NOWHERE;
    lbc_h5_leave();
    return found ? LBC_OK : missing(c, n, err);
}

static lbc_status check_frame(check *c, uint64_t n, lbc_error *err)
{
    const hsize_t offset[3] = {n, 0, 0};
    lbc_chunk_place place = {LBC_NOWHERE, 0, 0};
    uint32_t mask = 0;
    lbc_h5_enter();
    /* H5Dget_chunk_storage_size says of chunks without a filter how long they should be, and H5Dread_chunk reads as
     * many bytes as the index says */
    bool read = lbc_h5_chunk_place(c->data, offset, &place) && place.offset != LBC_NOWHERE && place.size > 0;
    const size_t size = place.size;
    if (read && !lbc_buffer_need(&c->chunk, size)) {
        lbc_h5_leave();
        return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", c->path);
    }
    read = read && H5Dread_chunk(c->data, H5P_DEFAULT, offset, &mask, c->chunk.data) >= 0 && mask == 0;
    lbc_h5_leave();
    if (!read) return missing(c, n, err);
    if (c->crc && lbc_crc32c(0, c->chunk.data, size) != c->crc[n])
        return lbc_fail(err, LBC_E_MISMATCH, "%s: image %" PRIu64 " is damaged (its checksum differs)", c->path, n + 1);
    return c->expected->pixel_crc ? check_pixels(c, n, size, err) : LBC_OK;
}

static lbc_status open_data(check *c, lbc_error *err)
{
    lbc_h5_enter();
    lbc_status status = open_file(c, err);
    if (status == LBC_OK) {
        c->data = H5Dopen2(c->file, "/entry/data/data", H5P_DEFAULT);
        status = c->data < 0 ? differs(c, err, "its images cannot be opened") : check_layout(c, err);
    }
    if (status == LBC_OK) status = read_checksums(c, err);
    lbc_h5_leave();
    return status;
}

lbc_status lbc_data_file_check(const char *path, const lbc_data_expected *expected, lbc_data_found *found,
                               lbc_error *err)
{
    check c = {
        .path = path, .expected = expected, .file = H5I_INVALID_HID, .sums = H5I_INVALID_HID, .data = H5I_INVALID_HID};
    lbc_status status = LBC_OK;
    c.work = lbc_codec_work_new();
    if (!c.work) status = lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", path);
    if (status == LBC_OK) status = open_data(&c, err);
    for (uint64_t n = 0; status == LBC_OK && n < c.frames; n++)
        status = expected->heads_only ? find_frame(&c, n, err) : check_frame(&c, n, err);
    if (found) *found = c.found;
    close_file(&c);
    return status;
}

/* ---- squash files --------------------------------------------------------------------------- */

/* Opens a codestream: bytes in one piece, as they were written. */
static bool open_stream(check *c, hid_t place, const char *name, hsize_t *size)
{
    c->data = H5Dopen2(place, name, H5P_DEFAULT);
    return c->data >= 0 && lbc_h5_shape(c->data, size, 1) == 1 && *size == H5Dget_storage_size(c->data) &&
           H5Dget_offset(c->data) != HADDR_UNDEF;
}

static lbc_status check_stream(check *c, uint64_t n, lbc_error *err)
{
    char name[64];
    hsize_t size = 0;
    const uint64_t number = c->expected->first_number + n;
    snprintf(name, sizeof name, "/entry/data/data_%06" PRIu64, number);
    lbc_h5_enter();
    bool read = open_stream(c, c->file, name, &size);
    const bool whole = read && !c->expected->heads_only;
    const bool room = !whole || lbc_buffer_need(&c->chunk, size);
    if (whole) read = room && H5Dread(c->data, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, c->chunk.data) >= 0;
    lbc_h5_close(&c->data);
    lbc_h5_leave();
    if (!room) return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", c->path);
    if (!read)
        return lbc_fail(err, LBC_E_MISMATCH, "%s: codestream %" PRIu64 " is missing or cannot be read", c->path,
                        number);
    if (whole && c->crc && lbc_crc32c(0, c->chunk.data, size) != c->crc[n])
        return lbc_fail(err, LBC_E_MISMATCH, "%s: codestream %" PRIu64 " is damaged (its checksum differs)", c->path,
                        number);
    return LBC_OK;
}

/* Whatever their numbers are. */
static void find_streams(check *c)
{
    lbc_h5_names names = {0};
    hsize_t size;
    lbc_h5_enter();
    hid_t group = H5Gopen2(c->file, "/entry/data", H5P_DEFAULT);
    if (group >= 0 && lbc_h5_names_read(&names, group) == LBC_OK)
        for (size_t i = 0; i < names.count; i++) {
            (void)open_stream(c, group, names.name[i], &size);
            lbc_h5_close(&c->data);
        }
    lbc_h5_names_free(&names);
    lbc_h5_close(&group);
    lbc_h5_leave();
}

lbc_status lbc_squash_file_check(const char *path, const lbc_data_expected *expected, lbc_data_found *found,
                                 lbc_error *err)
{
    check c = {.path = path,
               .expected = expected,
               .frames = expected->frames,
               .file = H5I_INVALID_HID,
               .sums = H5I_INVALID_HID,
               .data = H5I_INVALID_HID};
    lbc_h5_enter();
    lbc_status status = open_file(&c, err);
    if (status == LBC_OK) status = read_checksums(&c, err);
    if (status == LBC_OK && !layout_is_told(&c, H5I_INVALID_HID))
        status = differs(&c, err, "what it says of its codestreams is damaged (its checksum differs)");
    lbc_h5_leave();
    if (status == LBC_OK && !expected->first_number) find_streams(&c);
    for (uint64_t n = 0; status == LBC_OK && expected->first_number && n < c.frames; n++)
        status = check_stream(&c, n, err);
    if (found) *found = c.found;
    close_file(&c);
    return status;
}
