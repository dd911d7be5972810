/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/master_sum.h"

#include "base/checksum.h"
#include "base/memory.h"
#include "nexus/doubt.h"
#include "nexus/h5util.h"
#include "nexus/header_check.h"
#include "nexus/input_internal.h"
#include "nexus/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With its null, so that what follows cannot run into it. */
static void add_text(uint32_t *crc, const char *text)
{
    *crc = lbc_crc32c(*crc, text, strlen(text) + 1);
}

static void add_number(uint32_t *crc, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, number);
    add_text(crc, text);
}

static void add_shape(uint32_t *crc, int rank, const hsize_t *dims)
{
    add_number(crc, (uint64_t)rank);
    for (int d = 0; d < rank; d++) add_number(crc, dims[d]);
}

/* One of HDF5's answers about a type, which are below 0 where it has none. */
static bool add_answer(uint32_t *crc, int answer)
{
    if (answer >= 0) add_number(crc, (uint64_t)answer);
    return answer >= 0;
}

/* The same of sizes, which are 0 then. */
static bool add_size(uint32_t *crc, size_t size)
{
    if (size > 0) add_number(crc, size);
    return size > 0;
}

static bool add_float(uint32_t *crc, hid_t type)
{
    size_t parts[5];
    if (H5Tget_fields(type, &parts[0], &parts[1], &parts[2], &parts[3], &parts[4]) < 0) return false;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) add_number(crc, parts[i]);
    return add_size(crc, H5Tget_ebias(type)) && add_answer(crc, H5Tget_norm(type));
}

static bool add_type(uint32_t *crc, hid_t type);

/* Of text how it is stored, which a value is not kept with. */
static bool add_text_form(uint32_t *crc, hid_t type)
{
    const H5T_class_t kind = type >= 0 ? H5Tget_class(type) : H5T_NO_CLASS;
    return kind >= 0 &&
           (kind != H5T_STRING || (add_size(crc, H5Tget_size(type)) && add_answer(crc, H5Tget_strpad(type)) &&
                                   add_answer(crc, H5Tget_cset(type))));
}

/* Takes the type. */
static bool add_text_type(uint32_t *crc, hid_t type)
{
    const bool ok = add_text_form(crc, type);
    lbc_h5_close(&type);
    return ok;
}

/* Of a field, or of what lists and arrays are of. Takes the type. */
static bool add_part(uint32_t *crc, hid_t type)
{
    const bool ok = add_text_form(crc, type) && add_type(crc, type);
    lbc_h5_close(&type);
    return ok;
}

/* A name that HDF5 allocated. */
static bool add_name(uint32_t *crc, char *name)
{
    if (name) add_text(crc, name);
    return name && H5free_memory(name) >= 0;
}

static bool add_enumerator(uint32_t *crc, hid_t type, unsigned i)
{
    const size_t size = H5Tget_size(type);
    uint8_t *value = lbc_alloc_zero(size, 1);
    const bool ok = value && H5Tget_member_value(type, i, value) >= 0;
    if (ok) *crc = lbc_crc32c(*crc, value, size);
    free(value);
    return ok;
}

static bool add_field(uint32_t *crc, hid_t type, unsigned i)
{
    add_number(crc, H5Tget_member_offset(type, i));
    return add_part(crc, H5Tget_member_type(type, i));
}

static bool add_members(uint32_t *crc, hid_t type, bool (*add_member)(uint32_t *crc, hid_t type, unsigned i))
{
    const int count = H5Tget_nmembers(type);
    bool ok = add_answer(crc, count);
    for (unsigned i = 0; ok && i < (unsigned)count; i++)
        ok = add_name(crc, H5Tget_member_name(type, i)) && add_member(crc, type, i);
    return ok;
}

static bool add_array(uint32_t *crc, hid_t type)
{
    hsize_t dims[H5S_MAX_RANK];
    const int rank = H5Tget_array_dims2(type, dims);
    if (rank >= 0) add_shape(crc, rank, dims);
    return rank >= 0 && add_part(crc, H5Tget_super(type));
}

static bool add_bits(uint32_t *crc, hid_t type)
{
    return add_answer(crc, H5Tget_order(type)) && add_size(crc, H5Tget_precision(type)) &&
           add_answer(crc, H5Tget_offset(type));
}

/* How bytes become numbers or text, which HDF5 keeps without a checksum. */
static bool add_type(uint32_t *crc, hid_t type)
{
    const H5T_class_t kind = H5Tget_class(type);
    if (!add_answer(crc, kind) || !add_size(crc, H5Tget_size(type))) return false;
    switch (kind) {
    case H5T_INTEGER: return add_bits(crc, type) && add_answer(crc, H5Tget_sign(type));
    case H5T_FLOAT: return add_bits(crc, type) && add_float(crc, type);
    case H5T_BITFIELD: return add_bits(crc, type);
    case H5T_OPAQUE: return add_name(crc, H5Tget_tag(type));
    case H5T_ENUM: return add_part(crc, H5Tget_super(type)) && add_members(crc, type, add_enumerator);
    case H5T_COMPOUND: return add_members(crc, type, add_field);
    case H5T_ARRAY: return add_array(crc, type);
    case H5T_VLEN: return add_part(crc, H5Tget_super(type));
    default: return true;
    }
}

/* ---- values --------------------------------------------------------------------------------- */

/* What goes in of a column: count elements, each `step` bytes behind the one before. */
typedef struct column {
    const uint8_t *data;
    size_t count, step;
} column;

static bool add_column(uint32_t *crc, hid_t type, column c);

static bool add_fields(uint32_t *crc, hid_t type, column c)
{
    const int count = H5Tget_nmembers(type);
    bool ok = count >= 0;
    for (unsigned i = 0; ok && i < (unsigned)count; i++) {
        hid_t part = H5Tget_member_type(type, i);
        ok = part >= 0 && add_column(crc, part, (column){c.data + H5Tget_member_offset(type, i), c.count, c.step});
        lbc_h5_close(&part);
    }
    return ok;
}

/* Of arrays, `size` bytes each, or of lists of varying length. */
static bool add_lists(uint32_t *crc, hid_t type, column c, size_t size)
{
    hid_t part = H5Tget_super(type);
    const size_t step = part < 0 ? 0 : H5Tget_size(part);
    bool ok = step > 0;
    for (size_t i = 0; ok && i < c.count; i++) {
        hvl_t list = {size, NULL};
        if (size == 0) memcpy(&list, c.data + i * c.step, sizeof list);
        add_number(crc, list.len);
        ok = add_column(crc, part,
                        size ? (column){c.data + i * c.step, size / step, step} : (column){list.p, list.len, step});
    }
    lbc_h5_close(&part);
    return ok;
}

/* Of texts of varying length. */
static bool add_texts(uint32_t *crc, column c)
{
    for (size_t i = 0; i < c.count; i++) {
        const char *text;
        memcpy(&text, c.data + i * c.step, sizeof text);
        add_number(crc, text != NULL);
        if (text) add_text(crc, text);
    }
    return true;
}

/* Through what is elsewhere in memory; what is between fields is nobody's. */
static bool add_column(uint32_t *crc, hid_t type, column c)
{
    const H5T_class_t kind = H5Tget_class(type);
    const size_t size = H5Tget_size(type);
    const htri_t texts = kind == H5T_STRING ? H5Tis_variable_str(type) : 0;
    if (kind < 0 || size == 0 || texts < 0) return false;
    if (texts) return add_texts(crc, c);
    if (kind == H5T_COMPOUND) return add_fields(crc, type, c);
    if (kind == H5T_ARRAY || kind == H5T_VLEN) return add_lists(crc, type, c, kind == H5T_ARRAY ? size : 0);
    for (size_t i = 0; i < c.count; i++) *crc = lbc_crc32c(*crc, c.data + i * c.step, size);
    return true;
}

static bool add_content(uint32_t *crc, const lbc_value *v)
{
    if (v->tails) add_text(crc, "tails"); /* our texts have none */
    if (v->owner >= 0) return add_column(crc, v->type, (column){v->data, v->count, v->size});
    if (v->count) *crc = lbc_crc32c(*crc, v->data, v->count * v->size);
    return true;
}

/* Takes what came of reading a value. False: it cannot be read. */
static bool add_value(uint32_t *crc, lbc_value *value, lbc_status status)
{
    const H5T_class_t kind = status == LBC_OK ? H5Tget_class(value->type) : H5T_NO_CLASS;
    if (status == LBC_OK && kind < 0) status = LBC_E_FORMAT;
    if (status == LBC_OK) {
        if (!add_type(crc, value->type)) status = LBC_E_FORMAT;
        add_shape(crc, value->rank, value->dims);
        if (!add_content(crc, value)) status = LBC_E_FORMAT;
    }
    lbc_value_free(value);
    return status == LBC_OK || status == LBC_E_UNSUPPORTED;
}

/* ---- what goes in --------------------------------------------------------------------------- */

typedef struct walk {
    uint32_t crc;
    const char *own_link, *own_attribute; /* carries the sum; "": does not */
    bool values;                          /* of data sets that are not virtual */
} walk;

static herr_t add_attribute(hid_t object, const char *name, const H5A_info_t *info, void *user)
{
    walk *w = user;
    lbc_value value = {.type = H5I_INVALID_HID, .owner = H5I_INVALID_HID};
    (void)info;
    if (strcmp(name, w->own_attribute) == 0) return 0;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    add_text(&w->crc, name);
    const bool ok = attribute >= 0 && add_text_type(&w->crc, H5Aget_type(attribute)) &&
                    add_value(&w->crc, &value, lbc_value_read_attribute(&value, attribute, NULL));
    lbc_h5_close(&attribute);
    return ok ? 0 : -1;
}

/* Type and shape. */
static bool add_form(uint32_t *crc, hid_t dataset)
{
    hsize_t dims[H5S_MAX_RANK];
    hid_t type = H5Dget_type(dataset);
    const int rank = lbc_h5_shape(dataset, dims, H5S_MAX_RANK);
    const bool ok = rank >= 0 && type >= 0 && add_type(crc, type);
    if (ok) add_shape(crc, rank, dims);
    lbc_h5_close(&type);
    return ok;
}

static bool add_dataset(walk *w, hid_t dataset)
{
    lbc_value value;
    if (!w->values || lbc_is_virtual(dataset)) return add_form(&w->crc, dataset);
    return add_text_type(&w->crc, H5Dget_type(dataset)) &&
           add_value(&w->crc, &value, lbc_value_read_dataset(&value, dataset, NULL));
}

/* Programs that ask how an object was made, as h5py does, find all messages of its header sound. */
static bool header_is_sound(hid_t object, H5I_type_t kind)
{
    if (kind != H5I_DATASET && kind != H5I_GROUP) return true;
    H5D_fill_value_t fill;
    hid_t properties = kind == H5I_DATASET ? H5Dget_create_plist(object) : H5Gget_create_plist(object);
    const bool sound = properties >= 0 && (kind != H5I_DATASET || H5Pfill_value_defined(properties, &fill) >= 0);
    lbc_h5_close(&properties);
    return sound;
}

static bool add_object(walk *w, hid_t object)
{
    const H5I_type_t kind = object >= 0 ? H5Iget_type(object) : H5I_BADID;
    return kind >= 0 && header_is_sound(object, kind) && lbc_header_fits(object) &&
           H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, add_attribute, w) >= 0 &&
           (kind != H5I_DATASET || add_dataset(w, object)) &&
           (kind != H5I_DATATYPE || (add_text_form(&w->crc, object) && add_type(&w->crc, object)));
}

static bool add_target(uint32_t *crc, hid_t root, const char *path, size_t size)
{
    char *target = lbc_alloc_zero(size, 1);
    const bool ok = target && H5Lget_val(root, path, target, size, H5P_DEFAULT) >= 0;
    if (ok) *crc = lbc_crc32c(*crc, target, size);
    free(target);
    return ok;
}

static herr_t add_link(hid_t root, const char *path, const H5L_info_t *info, void *user)
{
    walk *w = user;
    if (strcmp(path, w->own_link) == 0) return 0;
    add_text(&w->crc, path);
    add_number(&w->crc, (uint64_t)info->type);
    if (info->type != H5L_TYPE_HARD) return add_target(&w->crc, root, path, info->u.val_size) ? 0 : -1;
    hid_t object = H5Oopen(root, path, H5P_DEFAULT);
    const bool ok = add_object(w, object);
    lbc_h5_close(&object);
    return ok ? 0 : -1;
}

/* The file that `inside` is in. */
static bool add_file(walk *w, hid_t inside)
{
    hid_t root = H5Gopen2(inside, "/", H5P_DEFAULT);
    const bool ok = add_object(w, root) && H5Lvisit(root, H5_INDEX_NAME, H5_ITER_INC, add_link, w) >= 0;
    lbc_h5_close(&root);
    return ok && lbc_believe("", NULL) == LBC_OK; /* of what was read, nothing was taken for something else */
}

bool lbc_master_sum(hid_t entry, uint32_t *crc)
{
    char name[256] = "", own[sizeof name + sizeof LBC_MASTER_SUM];
    if (H5Iget_name(entry, name, sizeof name) < 1) return false;
    snprintf(own, sizeof own, "%s/" LBC_MASTER_SUM, name + 1); /* links are told without the first slash */
    walk w = {.own_link = own, .own_attribute = "", .values = true};
    const bool ok = add_file(&w, entry);
    *crc = w.crc;
    return ok;
}

bool lbc_layout_sum(hid_t file, const lbc_layout_filter *filter, uint32_t *crc)
{
    walk w = {.own_link = "", .own_attribute = LBC_LAYOUT_SUM};
    add_number(&w.crc, filter->id);
    add_number(&w.crc, filter->nparams);
    for (uint32_t i = 0; i < filter->nparams; i++) add_number(&w.crc, filter->params[i]);
    const bool ok = add_file(&w, file);
    *crc = w.crc;
    return ok;
}
