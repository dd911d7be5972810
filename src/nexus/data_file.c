/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/filter_stamp.h"
#include "nexus/h5out.h"
#include "nexus/h5util.h"
#include "nexus/h5write.h"
#include "nexus/output.h"

#include "base/checksum.h"
#include "base/memory.h"
#include "codec/rest/rest.h"

#include <stdlib.h>

struct lbc_data_file {
    lbc_place place;
    const lbc_chunk_format *format;
    uint64_t frames;
    hid_t file, data;
    haddr_t header;  /* of the dataset */
    const char *job; /* NULL: the file carries no checksums */
    uint32_t *crc;   /* [frames], CRC-32C of the chunks written */
    bool tells_input;
    lbc_input_sum input; /* what it was made from, when it tells */
    bool finished;
};

/* Fails with what HDF5 says. The lock must still be held, as of the failed call. */
static lbc_status fail_hdf5(const lbc_data_file *f, const char *what, lbc_error *err)
{
    char why[LBC_H5_WHY];
    return lbc_fail(err, LBC_E_IO, "%s: %s failed (%s)", f->place.path, what, lbc_h5_why(why));
}

static hid_t chunk_properties(const lbc_chunk_format *format)
{
    const hsize_t chunk[3] = {1, format->shape.ny, format->shape.nx};
    hid_t create = lbc_h5_dataset_properties();
    bool ok = create >= 0 && H5Pset_chunk(create, 3, chunk) >= 0 && H5Pset_fill_time(create, H5D_FILL_TIME_NEVER) >= 0;
    if (ok && format->codec->filter)
        ok = lbc_filter_stand_in(create, format->codec->filter, format->nparams, format->params);
    if (!ok) lbc_h5_close(&create);
    return create;
}

static hid_t create_data(hid_t group, const lbc_chunk_format *format, uint64_t frames)
{
    const hsize_t dims[3] = {frames, format->shape.ny, format->shape.nx};
    const hsize_t most[3] = {H5S_UNLIMITED, format->shape.ny, format->shape.nx};
    hid_t create = chunk_properties(format), space = H5Screate_simple(3, dims, most);
    const hid_t data =
        H5Dcreate2(group, "data", lbc_h5_pixel_type(format->type), space, H5P_DEFAULT, create, H5P_DEFAULT);
    lbc_h5_close(&space);
    lbc_h5_close(&create);
    return data;
}

/* Codestreams at rest are small enough for the file's own structures to count, and read through HDF5 in any case. */
static hid_t create_file(const lbc_data_file *f)
{
    return f->format->codec->filter == LBC_REST_FILTER ? lbc_h5_create_lean_file(f->place.temporary, f->frames)
                                                       : lbc_h5_create_file(f->place.temporary);
}

static bool create_tree(lbc_data_file *f, uint64_t first_number)
{
    hid_t entry = -1, group = -1;
    H5O_info_t info;
    bool ok = (f->file = create_file(f)) >= 0 && (entry = lbc_h5_create_group(f->file, "entry", "NXentry")) >= 0 &&
              (group = lbc_h5_create_group(entry, "data", "NXdata")) >= 0 &&
              lbc_h5_set_text(group, ".", "signal", "data") &&
              (f->data = create_data(group, f->format, f->frames)) >= 0 &&
              lbc_h5_set_u64(f->data, ".", "image_nr_low", first_number) &&
              lbc_h5_set_u64(f->data, ".", "image_nr_high", first_number + f->frames - 1) &&
              H5Oget_info2(f->data, &info, H5O_INFO_BASIC) >= 0;
    if (ok) f->header = info.addr;
    lbc_h5_close(&group);
    lbc_h5_close(&entry);
    return ok;
}

lbc_status lbc_data_file_begin(lbc_data_file **file, const char *path, const lbc_chunk_format *format, uint64_t frames,
                               uint64_t first_number, lbc_error *err)
{
    *file = NULL;
    lbc_data_file *f = lbc_alloc_zero(1, sizeof *f);
    if (!f) return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", path);
    f->format = format;
    f->frames = frames;
    f->file = f->data = H5I_INVALID_HID;
    lbc_status status = lbc_place_begin(&f->place, path, err);
    if (status == LBC_OK) {
        lbc_h5_enter();
        if (!create_tree(f, first_number)) status = fail_hdf5(f, "creating the file", err);
        lbc_h5_leave();
    }
    if (status != LBC_OK) {
        lbc_data_file_close(f);
        return status;
    }
    *file = f;
    return LBC_OK;
}

lbc_status lbc_data_file_sign(lbc_data_file *file, const char *job, lbc_error *err)
{
    file->crc = lbc_alloc_zero(file->frames, sizeof *file->crc);
    if (!file->crc) return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", file->place.path);
    file->job = job;
    return LBC_OK;
}

void lbc_data_file_add_input(lbc_data_file *file, const lbc_input_sum *input)
{
    file->tells_input = true;
    file->input.sum += input->sum;
    file->input.bad += input->bad;
}

lbc_status lbc_data_file_write(lbc_data_file *file, uint64_t n, const uint8_t *chunk, size_t size, lbc_error *err)
{
    const hsize_t offset[3] = {n, 0, 0};
    lbc_status status = LBC_OK;
    if (n >= file->frames)
        return lbc_fail(err, LBC_E_ARGUMENT, "%s: holds %llu frames", file->place.path,
                        (unsigned long long)file->frames);
    if (file->crc) file->crc[n] = lbc_crc32c(0, chunk, size);
    lbc_h5_enter();
    if (H5Dwrite_chunk(file->data, H5P_DEFAULT, 0, offset, size, chunk) < 0)
        status = fail_hdf5(file, "writing a frame", err);
    const int trouble = lbc_h5_out_trouble(file->file);
    if (trouble) status = lbc_h5_out_fail(trouble, file->place.path, err);
    lbc_h5_leave();
    return status;
}

lbc_status lbc_data_file_finish(lbc_data_file *file, const char **temporary, lbc_error *err)
{
    lbc_status status = LBC_OK;
    const lbc_chunk_format *format = file->format;
    const lbc_layout_filter filter = {format->codec->filter, format->nparams, format->params};
    *temporary = file->place.temporary;
    if (file->finished) return LBC_OK;
    lbc_h5_enter();
    if (file->crc && !lbc_h5_put_checksums(file->file, file->job, file->frames, file->crc,
                                           file->tells_input ? &file->input : NULL, &filter))
        status = fail_hdf5(file, "writing checksums", err);
    lbc_h5_close(&file->data);
    const lbc_status closed = lbc_h5_out_close(&file->file, file->place.path, status ? NULL : err);
    if (status == LBC_OK) status = closed;
    lbc_h5_leave();
    if (status == LBC_OK && file->format->codec->filter) {
        status = lbc_filter_stamp(file->place.temporary, file->header, file->format->codec->filter, err);
        if (status) lbc_place_blame(file->place.temporary, file->place.path, err);
    }
    file->finished = status == LBC_OK;
    return status;
}

lbc_status lbc_data_file_commit(lbc_data_file *file, bool replace, lbc_error *err)
{
    const char *temporary;
    const lbc_status status = lbc_data_file_finish(file, &temporary, err);
    return status ? status : lbc_place_commit(&file->place, replace, err);
}

void lbc_data_file_close(lbc_data_file *file)
{
    if (!file) return;
    lbc_h5_enter();
    lbc_h5_close(&file->data);
    lbc_h5_close(&file->file);
    lbc_h5_leave();
    lbc_place_drop(&file->place);
    free(file->crc);
    free(file);
}
