/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pixel mask. One that cannot serve is no error: images without a mask are common. */
#include "base/memory.h"
#include "nexus/doubt.h"
#include "nexus/input_internal.h"

#include <stdlib.h>
#include <string.h>

/* Collects decoded 32-bit pixels. */
typedef struct collector {
    uint32_t *to;
    size_t room;
} collector;

static void collect(void *user, const void *pixels, size_t count)
{
    collector *c = user;
    if (count > c->room) count = c->room;
    memcpy(c->to, pixels, count * sizeof *c->to);
    c->to += count;
    c->room -= count;
}

/* A mask that is one chunk of a form we know: decoded here, so that no plugin is needed for it. *done
 * false: HDF5 must read it. */
static lbc_status decode_mask(lbc_input *input, const lbc_object *dataset, bool *done, lbc_error *err)
{
    const lbc_shape shape = input->series.shape;
    const hsize_t first[2] = {0, 0};
    hsize_t chunk[2];
    lbc_pixel_type type;
    bool native;
    lbc_chunk_place place;
    const lbc_chunk_format *format = NULL;
    uint8_t *bytes = NULL;
    lbc_codec_work *work = NULL;
    *done = false;
    hid_t properties = H5Dget_create_plist(dataset->id), file_type = H5Dget_type(dataset->id);
    const bool ours = lbc_pixel_type_of(file_type, &type, &native) && native && lbc_pixel_size(type) == 4 &&
                      H5Pget_layout(properties) == H5D_CHUNKED && H5Pget_chunk(properties, 2, chunk) == 2 &&
                      chunk[0] == shape.ny && chunk[1] == shape.nx && lbc_h5_chunk_place(dataset->id, first, &place) &&
                      place.offset != LBC_NOWHERE && place.size <= dataset->source->identity.size;
    lbc_h5_close(&file_type);
    lbc_h5_close(&properties);
    if (!ours) return LBC_OK;
    lbc_status status = lbc_index_format(input, dataset->id, type, shape, place.skipped, &format, err);
    if (status != LBC_OK || !format) return status;

    bytes = lbc_alloc(place.size, 1);
    work = lbc_codec_work_new();
    status = bytes && work
                 ? lbc_source_read(&input->shared->sources, dataset->source, place.offset, bytes, place.size, err)
                 : lbc_fail(err, LBC_E_MEMORY, "%s: out of memory for the pixel mask", input->path);
    if (status == LBC_OK) {
        collector c = {input->mask, lbc_shape_pixels(shape)};
        const lbc_pixel_sink sink = {collect, &c};
        if (format->codec->decode(work, format, bytes, place.size, &sink) != LBC_OK || c.room)
            status = lbc_fail(err, LBC_E_FORMAT, "%s: the pixel mask is damaged (at byte %llu)", dataset->source->path,
                              (unsigned long long)place.offset);
    }
    lbc_codec_work_free(work);
    free(bytes);
    *done = status == LBC_OK;
    return status;
}

static lbc_status read_mask(lbc_input *input, const lbc_object *dataset, bool is_signed, lbc_error *err)
{
    char why[LBC_H5_WHY], path[256];
    bool done;
    input->mask = lbc_alloc(lbc_shape_pixels(input->series.shape), sizeof *input->mask);
    if (!input->mask) return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory for the pixel mask", input->path);
    lbc_status status = decode_mask(input, dataset, &done, err);
    if (status != LBC_OK || done) return status;
    status = lbc_h5_check_filters(dataset->id, dataset->source->path, err);
    if (status != LBC_OK) return status;
    if (!lbc_h5_chunks_sound(dataset->id, NULL, NULL))
        return lbc_fail(err, LBC_E_FORMAT,
                        "%s: the pixel mask is damaged: a chunk of it is shorter or longer than it "
                        "should be",
                        dataset->source->path);
    /* signed masks keep bit 31; HDF5 would make 0 of a negative number on its way to unsigned */
    const hid_t memory = is_signed ? H5T_NATIVE_INT32 : H5T_NATIVE_UINT32;
    if (H5Dread(dataset->id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, input->mask) < 0)
        status = lbc_fail(err, LBC_E_FORMAT, "%s: %s cannot be read (HDF5: %s)", dataset->source->path,
                          lbc_object_path(dataset->id, path, sizeof path), lbc_h5_why(why));
    return status;
}

/* Why a mask that is there cannot serve; NULL: it can. */
static const char *unfit(const lbc_input *input, hid_t dataset, bool *is_signed)
{
    hsize_t dims[3] = {0, 0, 0};
    const int rank = lbc_h5_shape(dataset, dims, 3);
    hid_t type = H5Dget_type(dataset);
    const size_t size = H5Tget_size(type);
    const bool integers = lbc_sure_class(type) == H5T_INTEGER && size > 0 && size <= 8 && lbc_h5_bits_fit(type);
    *is_signed = integers && lbc_sure(H5Tget_sign(type), dataset, "its data type") == H5T_SGN_2;
    lbc_h5_close(&type);
    if (!integers) return "does not hold integers";
    if (rank < 2 || (rank == 3 && dims[0] != 1)) return "has the wrong number of dimensions";
    if (dims[rank - 2] != input->series.shape.ny || dims[rank - 1] != input->series.shape.nx)
        return "does not have the shape of the images";
    if (!lbc_h5_is_allocated(dataset)) return "was never written";
    return NULL;
}

/* One candidate. *settled: there is no need to look further. */
static lbc_status try_mask(lbc_input *input, const lbc_object *group, bool *settled, lbc_error *err)
{
    lbc_object dataset;
    lbc_error trouble = {LBC_OK, ""};
    char path[256];
    bool is_signed = false;
    lbc_status status = LBC_OK;
    if (group->id < 0) return LBC_OK;
    const lbc_found found = lbc_follow_dataset(&input->shared->sources, group, "pixel_mask", &dataset, &trouble);
    if (found == LBC_ABSENT) return LBC_OK;
    if (found == LBC_BROKEN && trouble.status == LBC_E_MEMORY) {
        if (err) *err = trouble;
        return LBC_E_MEMORY;
    }
    if (found != LBC_FOUND) {
        lbc_input_note(input, LBC_LEVEL_WARNING, "no pixel mask: %s", trouble.text);
        return LBC_OK;
    }
    const char *why_not = unfit(input, dataset.id, &is_signed);
    if (why_not) {
        lbc_input_note(input, LBC_LEVEL_WARNING, "no pixel mask: %s: %s %s", dataset.source->path,
                       lbc_object_path(dataset.id, path, sizeof path), why_not);
    } else {
        if (!input->options.heads_only) status = read_mask(input, &dataset, is_signed, err);
        *settled = true;
    }
    lbc_h5_close(&dataset.id);
    return status;
}

lbc_status lbc_mask_read(lbc_input *input, const lbc_groups *groups, lbc_error *err)
{
    bool settled = false;
    lbc_status status = try_mask(input, &groups->detector, &settled, err);
    if (status == LBC_OK && !settled) status = try_mask(input, &groups->specific, &settled, err);
    input->series.mask = input->mask;
    return status;
}
