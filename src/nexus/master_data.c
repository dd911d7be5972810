/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/master_parts.h"

#include "base/memory.h"
#include "nexus/h5write.h"
#include "nexus/master_sum.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMAGES_PATH  "/entry/data/data" /* in a data file */
#define STREAMS_PATH "/entry/data"      /* in a squash file */

static bool put_file_links(hid_t group, uint32_t files, const char *const *names, const char *path)
{
    char name[32];
    for (uint32_t n = 0; n < files; n++) {
        snprintf(name, sizeof name, "data_%06" PRIu32, n + 1);
        if (H5Lcreate_external(names[n], path, group, name, H5P_DEFAULT, H5P_DEFAULT) < 0) return false;
    }
    return true;
}

/* ---- the virtual dataset ------------------------------------------------------------------- */

/* Frames of one file as a block of the whole. */
static bool map_file(hid_t create, hid_t whole, hsize_t first, const hsize_t block[3], const char *name)
{
    const hsize_t start[3] = {first, 0, 0};
    char *escaped = lbc_h5_virtual_name(name);
    hid_t part = H5Screate_simple(3, block, NULL);
    const bool ok = escaped && part >= 0 && H5Sselect_hyperslab(whole, H5S_SELECT_SET, start, NULL, block, NULL) >= 0 &&
                    H5Pset_virtual(create, whole, escaped, IMAGES_PATH, part) >= 0;
    lbc_h5_close(&part);
    free(escaped);
    return ok;
}

/* Where a data file is missing, HDF5 gives the fill value: masked, rather than a dark image. */
static bool set_fill(hid_t create, lbc_pixel_type type)
{
    const uint32_t ones = UINT32_MAX;
    return H5Pset_fill_value(create, lbc_h5_pixel_type(type), &ones) >= 0;
}

static bool put_virtual(hid_t group, const lbc_chunk_format *format, const lbc_master_links *links)
{
    hsize_t dims[3] = {0, format->shape.ny, format->shape.nx}, first = 0;
    for (uint32_t n = 0; n < links->files; n++) dims[0] += links->frames[n];
    hid_t whole = H5Screate_simple(3, dims, NULL), create = lbc_h5_dataset_properties();
    bool ok = whole >= 0 && create >= 0 && set_fill(create, format->type);
    for (uint32_t n = 0; n < links->files && ok; n++) {
        const hsize_t block[3] = {links->frames[n], format->shape.ny, format->shape.nx};
        ok = map_file(create, whole, first, block, links->names[n]);
        first += links->frames[n];
    }
    if (ok) H5Sselect_all(whole);
    hid_t set = ok ? H5Dcreate2(group, "data", lbc_h5_pixel_type(format->type), whole, H5P_DEFAULT, create, H5P_DEFAULT)
                   : H5I_INVALID_HID;
    ok = set >= 0;
    lbc_h5_close(&set);
    lbc_h5_close(&create);
    lbc_h5_close(&whole);
    return ok;
}

/* ---- the list of files --------------------------------------------------------------------- */

static bool put_names(hid_t group, const char *name, uint32_t files, const char *const *names)
{
    size_t longest = 0;
    const hsize_t dims[1] = {files};
    for (uint32_t n = 0; n < files; n++)
        if (strlen(names[n]) > longest) longest = strlen(names[n]);
    char *texts = lbc_alloc_zero(files, longest + 1);
    hid_t type = lbc_h5_string_type(longest + 1);
    bool ok = texts && type >= 0;
    for (uint32_t n = 0; n < files && ok; n++) memcpy(texts + n * (longest + 1), names[n], strlen(names[n]));
    ok = ok && lbc_h5_put(group, name, type, 1, dims, texts);
    lbc_h5_close(&type);
    free(texts);
    return ok;
}

/* For whoever wants to know whether a set is whole: it must not need the links for that. */
static bool put_list(hid_t entry, const lbc_master_links *links)
{
    const hsize_t dims[1] = {links->files};
    hid_t group = lbc_h5_create_group(entry, "l_bnl_compress", "NXcollection");
    const bool ok = group >= 0 && lbc_h5_put_string(group, "job", links->job) &&
                    put_names(group, "data_files", links->files, links->names) &&
                    lbc_h5_put(group, "data_frames", H5T_NATIVE_UINT64, 1, dims, links->frames) &&
                    (!links->squash_names || put_names(group, "squash_files", links->files, links->squash_names));
    lbc_h5_close(&group);
    return ok;
}

lbc_status lbc_master_put_sum(const lbc_tree *tree, lbc_error *err)
{
    char why[LBC_H5_WHY];
    uint32_t sum;
    hid_t entry = H5Gopen2(tree->out, tree->entry.path, H5P_DEFAULT);
    const bool ok = entry >= 0 && lbc_master_sum(entry, &sum) &&
                    lbc_h5_put(entry, LBC_MASTER_SUM, H5T_NATIVE_UINT32, 0, NULL, &sum);
    const lbc_status status =
        ok ? LBC_OK : lbc_fail(err, LBC_E_IO, "%s: its checksum cannot be written (%s)", tree->output, lbc_h5_why(why));
    lbc_h5_close(&entry);
    return status;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static bool put_squash(hid_t entry, const lbc_master_links *links)
{
    if (!links->squash_names) return true;
    hid_t group = lbc_h5_create_group(entry, "squash", "NXcollection");
    const bool ok = group >= 0 && put_file_links(group, links->files, links->squash_names, STREAMS_PATH);
    lbc_h5_close(&group);
    return ok;
}

static bool put_data(hid_t data, const lbc_chunk_format *format, const lbc_master_links *links)
{
    const bool several = links->files > 1;
    return put_file_links(data, links->files, links->names, IMAGES_PATH) &&
           (!several || put_virtual(data, format, links)) &&
           lbc_h5_set_text(data, ".", "signal", several ? "data" : "data_000001");
}

lbc_status lbc_master_put_links(const lbc_tree *tree, const lbc_chunk_format *format, const lbc_master_links *links,
                                lbc_error *err)
{
    char why[LBC_H5_WHY];
    hid_t entry = H5Gopen2(tree->out, tree->entry.path, H5P_DEFAULT),
          data = H5Gopen2(tree->out, tree->data.path, H5P_DEFAULT);
    const bool ok =
        entry >= 0 && data >= 0 && put_data(data, format, links) && put_squash(entry, links) && put_list(entry, links);
    const lbc_status status =
        ok ? LBC_OK : lbc_fail(err, LBC_E_IO, "%s: links cannot be written (%s)", tree->output, lbc_h5_why(why));
    lbc_h5_close(&data);
    lbc_h5_close(&entry);
    return status;
}
