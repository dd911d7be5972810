/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/h5out.h"
#include "nexus/h5util.h"
#include "nexus/h5write.h"
#include "nexus/output.h"

#include "base/checksum.h"
#include "base/memory.h"
#include "codec/hcompress/hcompress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct lbc_squash_file {
    lbc_place place;
    hid_t file, group; /* group: /entry/data */
    lbc_buffer fits;
    const char *job; /* NULL: the file carries no checksums */
    uint32_t *crc;   /* [streams], CRC-32C of those added */
    uint64_t streams, added;
    bool tells_input;
    lbc_input_sum input; /* what it was made from, when it tells */
    bool finished;
};

static lbc_status fail_hdf5(const lbc_squash_file *f, const char *what, lbc_error *err)
{
    char why[LBC_H5_WHY];
    return lbc_fail(err, LBC_E_IO, "%s: %s failed (%s)", f->place.path, what, lbc_h5_why(why));
}

static bool create_tree(lbc_squash_file *f)
{
    hid_t entry = -1;
    const bool ok = (f->file = lbc_h5_create_file(f->place.temporary)) >= 0 &&
                    (entry = lbc_h5_create_group(f->file, "entry", "NXentry")) >= 0 &&
                    (f->group = lbc_h5_create_group(entry, "data", "NXcollection")) >= 0;
    lbc_h5_close(&entry);
    return ok;
}

lbc_status lbc_squash_file_begin(lbc_squash_file **file, const char *path, lbc_error *err)
{
    *file = NULL;
    lbc_squash_file *f = lbc_alloc_zero(1, sizeof *f);
    if (!f) return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", path);
    f->file = f->group = H5I_INVALID_HID;
    lbc_status status = lbc_place_begin(&f->place, path, err);
    if (status == LBC_OK) {
        lbc_h5_enter();
        if (!create_tree(f)) status = fail_hdf5(f, "creating the file", err);
        lbc_h5_leave();
    }
    if (status != LBC_OK) {
        lbc_squash_file_close(f);
        return status;
    }
    *file = f;
    return LBC_OK;
}

lbc_status lbc_squash_file_sign(lbc_squash_file *file, const char *job, uint64_t streams, lbc_error *err)
{
    file->crc = lbc_alloc_zero(streams, sizeof *file->crc);
    if (!file->crc) return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", file->place.path);
    file->job = job;
    file->streams = streams;
    return LBC_OK;
}

void lbc_squash_file_add_input(lbc_squash_file *file, const lbc_input_sum *input)
{
    file->tells_input = true;
    file->input.sum += input->sum;
    file->input.bad += input->bad;
}

static bool describe_j2k(hid_t group, const char *name, const lbc_lossy_params *params)
{
    const hsize_t layers[1] = {params->nlayers};
    return params->nlayers > 0 &&
           lbc_h5_set(group, name, "ratio", H5T_NATIVE_DOUBLE, 0, NULL, &params->layers[params->nlayers - 1]) &&
           lbc_h5_set(group, name, "layers", H5T_NATIVE_DOUBLE, 1, layers, params->layers) &&
           (!params->knee || lbc_h5_set(group, name, "knee", H5T_NATIVE_INT32, 0, NULL, &params->knee)) &&
           lbc_h5_set_text(group, name, "wavelet", params->wavelet == LBC_WAVELET_97 ? "9/7" : "5/3");
}

/* The attributes that make the dataset readable without its master. */
static bool describe(hid_t group, const char *name, uint64_t number, const lbc_lossy *lossy,
                     const lbc_lossy_params *params)
{
    const uint32_t shape[2] = {params->shape.ny, params->shape.nx};
    if (!lbc_h5_set_text(group, name, "codec", lossy->name) ||
        !lbc_h5_set(group, name, "shape", H5T_NATIVE_UINT32, 1, (const hsize_t[]){2}, shape) ||
        !lbc_h5_set_u64(group, name, "frame_number", number))
        return false;
    if (lossy == &lbc_hcomp) return lbc_h5_set(group, name, "scale", H5T_NATIVE_INT32, 0, NULL, &params->scale);
    return describe_j2k(group, name, params);
}

/* A file that funpack and astropy open, in file->fits. */
static lbc_status make_fits(lbc_squash_file *file, const lbc_lossy_params *params, const uint8_t *stream, size_t size,
                            size_t *fits_size, lbc_error *err)
{
    lbc_status status = lbc_hcomp_fits_size(stream, size, fits_size);
    if (status == LBC_OK && !lbc_buffer_need(&file->fits, *fits_size)) status = LBC_E_MEMORY;
    if (status == LBC_OK)
        status = lbc_hcomp_to_fits(stream, size, params->limit, file->fits.data, file->fits.capacity, fits_size);
    if (status != LBC_OK)
        return lbc_fail(err, status, "%s: no FITS file can be made of a frame (%s)", file->place.path,
                        lbc_status_string(status));
    return LBC_OK;
}

lbc_status lbc_squash_file_add(lbc_squash_file *file, uint64_t number, const lbc_lossy *lossy,
                               const lbc_lossy_params *params, const uint8_t *stream, size_t size, lbc_error *err)
{
    lbc_status status = LBC_OK;
    char name[32];
    snprintf(name, sizeof name, "data_%06" PRIu64, number);
    if (lossy == &lbc_hcomp) {
        size_t fits_size = 0;
        status = make_fits(file, params, stream, size, &fits_size, err);
        if (status != LBC_OK) return status;
        stream = file->fits.data;
        size = fits_size;
    }
    if (file->added < file->streams) file->crc[file->added++] = lbc_crc32c(0, stream, size);
    lbc_h5_enter();
    const hsize_t dims[1] = {size};
    if (!lbc_h5_put(file->group, name, H5T_STD_U8LE, 1, dims, stream) ||
        !describe(file->group, name, number, lossy, params))
        status = fail_hdf5(file, "writing a codestream", err);
    const int trouble = lbc_h5_out_trouble(file->file);
    if (trouble) status = lbc_h5_out_fail(trouble, file->place.path, err);
    lbc_h5_leave();
    return status;
}

lbc_status lbc_squash_file_finish(lbc_squash_file *file, const char **temporary, lbc_error *err)
{
    *temporary = file->place.temporary;
    if (file->finished) return LBC_OK;
    lbc_h5_enter();
    lbc_status status = LBC_OK;
    if (file->job && !lbc_h5_put_checksums(file->file, file->job, file->added, file->crc,
                                           file->tells_input ? &file->input : NULL, &(lbc_layout_filter){0}))
        status = fail_hdf5(file, "writing checksums", err);
    lbc_h5_close(&file->group);
    const lbc_status closed = lbc_h5_out_close(&file->file, file->place.path, status ? NULL : err);
    if (status == LBC_OK) status = closed;
    lbc_h5_leave();
    file->finished = status == LBC_OK;
    return status;
}

lbc_status lbc_squash_file_commit(lbc_squash_file *file, bool replace, lbc_error *err)
{
    const char *temporary;
    const lbc_status status = lbc_squash_file_finish(file, &temporary, err);
    return status ? status : lbc_place_commit(&file->place, replace, err);
}

void lbc_squash_file_close(lbc_squash_file *file)
{
    if (!file) return;
    lbc_h5_enter();
    lbc_h5_close(&file->group);
    lbc_h5_close(&file->file);
    lbc_h5_leave();
    lbc_place_drop(&file->place);
    lbc_buffer_free(&file->fits);
    free(file->crc);
    free(file);
}
