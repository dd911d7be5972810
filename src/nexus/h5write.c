/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/h5write.h"

#include "base/memory.h"
#include "nexus/h5out.h"

#include <string.h>

/* node_rank: half the entries of a chunk index node; 0: all as HDF5 has it. */
static hid_t create_file(const char *path, unsigned node_rank)
{
    const unsigned group_rank = 1, leaf_rank = 1; /* the smallest tree, of leaves of two links: none has more */
    const size_t names = sizeof "checksums" + sizeof "data" + 17; /* padded, and what a group begins with */
    const hid_t create = H5Pcreate(H5P_FILE_CREATE);
    if (create < 0) return -1;
    const bool lean =
        node_rank == 0 || (H5Pset_sym_k(create, group_rank, leaf_rank) >= 0 &&
                           H5Pset_local_heap_size_hint(create, names) >= 0 && H5Pset_istore_k(create, node_rank) >= 0);
    /* The root group, too, is an object with times. */
    if (lean && H5Pset_obj_track_times(create, 0) >= 0) return lbc_h5_out_create(path, create, node_rank != 0);
    H5Pclose(create);
    return -1;
}

hid_t lbc_h5_create_file(const char *path)
{
    return create_file(path, 0);
}

hid_t lbc_h5_create_lean_file(const char *path, uint64_t chunks)
{
    const unsigned usual = 32;
    return create_file(path, chunks < 2 * usual ? (unsigned)chunks / 2 + 1 : usual);
}

hid_t lbc_h5_create_group(hid_t where, const char *name, const char *nx_class)
{
    const hid_t create = H5Pcreate(H5P_GROUP_CREATE);
    if (create < 0) return -1;
    hid_t group = -1;
    if (H5Pset_obj_track_times(create, 0) >= 0) group = H5Gcreate2(where, name, H5P_DEFAULT, create, H5P_DEFAULT);
    H5Pclose(create);
    if (group >= 0 && nx_class && !lbc_h5_set_text(group, ".", "NX_class", nx_class)) {
        H5Gclose(group);
        return -1;
    }
    return group;
}

hid_t lbc_h5_need_group(hid_t where, const char *name, const char *nx_class)
{
    H5L_info_t info;
    if (H5Lexists(where, name, H5P_DEFAULT) <= 0) return lbc_h5_create_group(where, name, nx_class);
    const hid_t group = H5Gopen2(where, name, H5P_DEFAULT);
    if (group >= 0 || H5Lget_info(where, name, &info, H5P_DEFAULT) < 0 || info.type == H5L_TYPE_HARD) return group;
    return H5Ldelete(where, name, H5P_DEFAULT) < 0 ? -1 : lbc_h5_create_group(where, name, nx_class);
}

char *lbc_h5_virtual_name(const char *name)
{
    char *escaped = lbc_alloc(strlen(name) + 1, 2), *to = escaped;
    if (!escaped) return NULL;
    do {
        if (*name == '%') *to++ = '%';
        *to++ = *name;
    } while (*name++);
    return escaped;
}

hid_t lbc_h5_dataset_properties(void)
{
    const hid_t create = H5Pcreate(H5P_DATASET_CREATE);
    if (create >= 0 && H5Pset_obj_track_times(create, 0) < 0) {
        H5Pclose(create);
        return -1;
    }
    return create;
}

hid_t lbc_h5_string_type(size_t size)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0 && (H5Tset_size(type, size ? size : 1) < 0 || H5Tset_strpad(type, H5T_STR_NULLTERM) < 0)) {
        H5Tclose(type);
        return -1;
    }
    return type;
}

hid_t lbc_h5_pixel_type(lbc_pixel_type type)
{
    switch (type) {
    case LBC_U8: return H5T_STD_U8LE;
    case LBC_U16: return H5T_STD_U16LE;
    case LBC_U32: return H5T_STD_U32LE;
    case LBC_I8: return H5T_STD_I8LE;
    case LBC_I16: return H5T_STD_I16LE;
    case LBC_I32: return H5T_STD_I32LE;
    }
    return -1;
}

static hid_t make_space(int rank, const hsize_t *dims)
{
    return rank ? H5Screate_simple(rank, dims, NULL) : H5Screate(H5S_SCALAR);
}

bool lbc_h5_put(hid_t where, const char *name, hid_t type, int rank, const hsize_t *dims, const void *data)
{
    const hid_t create = lbc_h5_dataset_properties();
    const hid_t space = make_space(rank, dims);
    const hid_t set = H5Dcreate2(where, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
    bool ok = set >= 0 && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0;
    if (set >= 0 && H5Dclose(set) < 0) ok = false;
    if (space >= 0) H5Sclose(space);
    if (create >= 0) H5Pclose(create);
    return ok;
}

bool lbc_h5_put_checksums(hid_t file, const char *job, uint64_t count, const uint32_t *crc, const lbc_input_sum *input,
                          const lbc_layout_filter *filter)
{
    static const char name[] = "/entry/checksums";
    uint32_t layout;
    return lbc_h5_put(file, name, H5T_STD_U32LE, 1, (const hsize_t[]){count}, crc) &&
           lbc_h5_set_text(file, name, "job", job) &&
           (!input || (lbc_h5_set(file, name, "input_sum", H5T_NATIVE_UINT32, 0, NULL, &input->sum) &&
                       lbc_h5_set(file, name, "bad_frames", H5T_NATIVE_UINT32, 0, NULL, &input->bad))) &&
           lbc_layout_sum(file, filter, &layout) &&
           lbc_h5_set(file, name, LBC_LAYOUT_SUM, H5T_NATIVE_UINT32, 0, NULL, &layout);
}

bool lbc_h5_put_string(hid_t where, const char *name, const char *text)
{
    const hid_t type = lbc_h5_string_type(strlen(text) + 1);
    const bool ok = type >= 0 && lbc_h5_put(where, name, type, 0, NULL, text);
    if (type >= 0) H5Tclose(type);
    return ok;
}

bool lbc_h5_put_double(hid_t where, const char *name, double value, const char *units)
{
    return lbc_h5_put(where, name, H5T_IEEE_F64LE, 0, NULL, &value) &&
           (!units || lbc_h5_set_text(where, name, "units", units));
}

bool lbc_h5_put_int(hid_t where, const char *name, int64_t value)
{
    const int32_t small = (int32_t)value;
    if (small == value) return lbc_h5_put(where, name, H5T_NATIVE_INT32, 0, NULL, &small);
    return lbc_h5_put(where, name, H5T_NATIVE_INT64, 0, NULL, &value);
}

bool lbc_h5_set(hid_t where, const char *name, const char *attribute, hid_t type, int rank, const hsize_t *dims,
                const void *data)
{
    const htri_t there = H5Aexists_by_name(where, name, attribute, H5P_DEFAULT);
    if (there < 0) return false;
    if (there && H5Adelete_by_name(where, name, attribute, H5P_DEFAULT) < 0) return false;
    const hid_t space = make_space(rank, dims);
    const hid_t attr = H5Acreate_by_name(where, name, attribute, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = attr >= 0 && H5Awrite(attr, type, data) >= 0;
    if (attr >= 0 && H5Aclose(attr) < 0) ok = false;
    if (space >= 0) H5Sclose(space);
    return ok;
}

bool lbc_h5_set_text(hid_t where, const char *name, const char *attribute, const char *text)
{
    const hid_t type = lbc_h5_string_type(strlen(text) + 1);
    const bool ok = type >= 0 && lbc_h5_set(where, name, attribute, type, 0, NULL, text);
    if (type >= 0) H5Tclose(type);
    return ok;
}

bool lbc_h5_set_double3(hid_t where, const char *name, const char *attribute, const double value[3])
{
    return lbc_h5_set(where, name, attribute, H5T_NATIVE_DOUBLE, 1, (const hsize_t[]){3}, value);
}

bool lbc_h5_set_u64(hid_t where, const char *name, const char *attribute, uint64_t value)
{
    return lbc_h5_set(where, name, attribute, H5T_NATIVE_UINT64, 0, NULL, &value);
}
