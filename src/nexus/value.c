/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/value.h"

#include "base/memory.h"
#include "nexus/doubt.h"
#include "nexus/h5file.h"
#include "nexus/h5util.h"
#include "nexus/h5write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ------------------------------------------------------------------------------- */

typedef struct source {
    hid_t id;
    bool attribute;
} source;

static herr_t read_as(source s, hid_t type, void *data)
{
    return s.attribute ? H5Aread(s.id, type, data) : H5Dread(s.id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
}

/* Shape and element count; the type's size comes later. */
static bool read_shape(lbc_value *v, hid_t space)
{
    const H5S_class_t kind = H5Sget_simple_extent_type(space);
    v->null = kind == H5S_NULL;
    v->rank = kind == H5S_SIMPLE ? H5Sget_simple_extent_ndims(space) : 0;
    if (kind == H5S_NO_CLASS || v->rank < 0 || v->rank > H5S_MAX_RANK) return false;
    if (v->rank && H5Sget_simple_extent_dims(space, v->dims, NULL) < 0) return false;
    const hssize_t points = v->null ? 0 : lbc_h5_points(space);
    if (points < 0 || (uint64_t)points > SIZE_MAX) return false;
    v->count = (size_t)points;
    return true;
}

/* Length of a stored string of `size` bytes, by its padding. */
static size_t text_length(const char *text, size_t size, H5T_str_t padding)
{
    const char *end = memchr(text, 0, size);
    size_t n = end ? (size_t)(end - text) : size;
    if (padding == H5T_STR_SPACEPAD)
        while (n && text[n - 1] == ' ') n--;
    return n;
}

/* Makes null-terminated strings of one length of the count texts that get(context, i) gives. */
typedef struct text_list {
    const uint8_t *data;
    size_t size; /* of a fixed string; 0: data holds pointers */
    H5T_str_t padding;
} text_list;

static const char *text_at(const text_list *list, size_t i, size_t *length)
{
    const char *text = NULL;
    if (list->size) {
        text = (const char *)list->data + i * list->size;
        *length = text_length(text, list->size, list->padding);
    } else {
        memcpy(&text, list->data + i * sizeof text, sizeof text);
        *length = text ? strlen(text) : 0;
    }
    return text;
}

/* h5py reads it with the text. */
static bool has_tail(const text_list *list, size_t i, size_t length)
{
    if (list->size == 0 || list->padding == H5T_STR_SPACEPAD) return false;
    for (size_t k = length; k < list->size; k++)
        if (list->data[i * list->size + k]) return true;
    return false;
}

static lbc_status repack_texts(lbc_value *v, const text_list *list, H5T_cset_t charset)
{
    size_t longest = 0, length;
    for (size_t i = 0; i < v->count; i++) {
        text_at(list, i, &length);
        if (length > longest) longest = length;
        v->tails = v->tails || has_tail(list, i, length);
    }
    v->size = longest + 1;
    if ((uint64_t)v->size > LBC_VALUE_LARGEST / (v->count + 1)) return LBC_E_UNSUPPORTED;
    v->type = lbc_h5_string_type(v->size);
    v->data = lbc_alloc_zero(v->count, v->size);
    if (v->type < 0 || H5Tset_cset(v->type, charset) < 0 || !v->data) return LBC_E_MEMORY;
    for (size_t i = 0; i < v->count; i++) {
        const char *text = text_at(list, i, &length);
        if (length) memcpy(v->data + i * v->size, text, length);
    }
    return LBC_OK;
}

static lbc_status read_texts(lbc_value *v, source s, hid_t stored, hid_t space)
{
    const htri_t variable = H5Tis_variable_str(stored);
    const size_t size = variable > 0 ? sizeof(char *) : H5Tget_size(stored);
    if (variable < 0 || size == 0) return LBC_E_FORMAT;
    if (size > LBC_VALUE_LARGEST / (v->count + 1)) return LBC_E_UNSUPPORTED;
    uint8_t *raw = lbc_alloc_zero(v->count, size);
    if (!raw) return LBC_E_MEMORY;
    lbc_status status = LBC_E_FORMAT;
    if (!v->count || read_as(s, stored, raw) >= 0) {
        const text_list list = {raw, variable ? 0 : size, H5Tget_strpad(stored)};
        status = repack_texts(v, &list, H5Tget_cset(stored));
        if (variable && v->count) H5Dvlen_reclaim(stored, space, H5P_DEFAULT, raw);
    }
    free(raw);
    return status;
}

/* The type to keep a value in: a transient copy of the stored one; of a one-byte enumeration, the integer
 * below it. */
static hid_t type_to_keep(hid_t stored)
{
    if (lbc_sure_class(stored) == H5T_ENUM && H5Tget_size(stored) == 1) return H5Tget_super(stored);
    return H5Tcopy(stored);
}

static lbc_status read_plain(lbc_value *v, source s, hid_t stored, hid_t space)
{
    v->type = type_to_keep(stored);
    v->size = v->type < 0 ? 0 : H5Tget_size(v->type);
    if (v->size == 0) return LBC_E_FORMAT;
    const size_t wide = v->size > sizeof(double) ? v->size : sizeof(double); /* reckoned with as doubles */
    if (wide > LBC_VALUE_LARGEST / (v->count + 1)) return LBC_E_UNSUPPORTED;
    v->data = lbc_alloc_zero(v->count, v->size);
    if (!v->data) return LBC_E_MEMORY;
    /* Same bytes for an enumeration as for its base, so the stored type serves for reading. */
    if (v->count && read_as(s, stored, v->data) < 0) return LBC_E_FORMAT;
    const htri_t lists = H5Tdetect_class(stored, H5T_VLEN), texts = H5Tdetect_class(stored, H5T_STRING);
    if (lists < 0 || texts < 0) return LBC_E_FORMAT;
    if (lists || texts) v->owner = H5Scopy(space);
    return (lists || texts) && v->owner < 0 ? LBC_E_FORMAT : LBC_OK;
}

static lbc_status read_any(lbc_value *v, source s, hid_t stored, hid_t space)
{
    if (stored < 0 || space < 0 || !read_shape(v, space)) return LBC_E_FORMAT;
    const htri_t references = H5Tdetect_class(stored, H5T_REFERENCE);
    if (references) return references < 0 ? LBC_E_FORMAT : LBC_E_UNSUPPORTED;
    if (lbc_sure_class(stored) == H5T_STRING) return read_texts(v, s, stored, space);
    return read_plain(v, s, stored, space);
}

static lbc_status read_value(lbc_value *v, source s, lbc_error *err)
{
    char why[LBC_H5_WHY];
    *v = (lbc_value){.type = H5I_INVALID_HID, .owner = H5I_INVALID_HID};
    hid_t stored = s.attribute ? H5Aget_type(s.id) : H5Dget_type(s.id);
    hid_t space = s.attribute ? H5Aget_space(s.id) : H5Dget_space(s.id);
    const bool sound = s.attribute || lbc_h5_chunks_sound(s.id, NULL, NULL);
    const lbc_status status = sound ? read_any(v, s, stored, space) : LBC_E_FORMAT;
    if (!sound)
        lbc_fail(err, status, "one of its chunks is shorter or longer than it should be");
    else if (status == LBC_E_FORMAT)
        lbc_fail(err, status, "HDF5 cannot read it (%s)", lbc_h5_why(why));
    else if (status == LBC_E_UNSUPPORTED)
        lbc_fail(err, status, "it holds references, or more than 1 GiB (numbers as 8 bytes each)");
    else if (status != LBC_OK)
        lbc_fail(err, status, "out of memory");
    lbc_h5_close(&space);
    lbc_h5_close(&stored);
    return status;
}

lbc_status lbc_value_read_dataset(lbc_value *value, hid_t dataset, lbc_error *err)
{
    return read_value(value, (source){dataset, false}, err);
}

lbc_status lbc_value_read_attribute(lbc_value *value, hid_t attribute, lbc_error *err)
{
    return read_value(value, (source){attribute, true}, err);
}

void lbc_value_free(lbc_value *v)
{
    if (v->owner >= 0 && v->data) H5Dvlen_reclaim(v->type, v->owner, H5P_DEFAULT, v->data);
    lbc_h5_close(&v->owner);
    lbc_h5_close(&v->type);
    free(v->data);
    v->data = NULL;
}

/* ---- making -------------------------------------------------------------------------------- */

bool lbc_value_new(lbc_value *v, hid_t type, int rank, const hsize_t *dims)
{
    *v = (lbc_value){.type = H5Tcopy(type), .owner = H5I_INVALID_HID, .rank = rank, .count = 1};
    for (int d = 0; d < rank; d++) {
        v->dims[d] = dims[d];
        v->count *= (size_t)dims[d];
    }
    v->size = v->type < 0 ? 0 : H5Tget_size(v->type);
    v->data = lbc_alloc_zero(v->count, v->size);
    return v->size && v->data;
}

bool lbc_value_new_text(lbc_value *v, const char *text)
{
    const size_t size = strlen(text) + 1;
    *v = (lbc_value){.type = lbc_h5_string_type(size), .owner = H5I_INVALID_HID, .count = 1, .size = size};
    v->data = lbc_alloc(size, 1);
    if (v->data) memcpy(v->data, text, size);
    return v->type >= 0 && v->data;
}

/* ---- numbers ------------------------------------------------------------------------------- */

bool lbc_value_is_number(const lbc_value *v)
{
    const H5T_class_t kind = lbc_sure_class(v->type);
    return (kind == H5T_INTEGER || kind == H5T_FLOAT) && lbc_h5_bits_fit(v->type);
}

bool lbc_value_is_text(const lbc_value *v)
{
    return lbc_sure_class(v->type) == H5T_STRING;
}

double *lbc_value_get_numbers(const lbc_value *v)
{
    if (!lbc_value_is_number(v)) return NULL;
    const size_t wide = v->size > sizeof(double) ? v->size : sizeof(double);
    double *numbers = lbc_alloc(v->count, wide);
    if (!numbers) return NULL;
    if (v->count) memcpy(numbers, v->data, v->count * v->size);
    if (H5Tconvert(v->type, H5T_NATIVE_DOUBLE, v->count, numbers, NULL, H5P_DEFAULT) < 0) {
        free(numbers);
        return NULL;
    }
    return numbers;
}

/* An integer type that holds all the numbers, at least as wide as the old one; double when they are not
 * whole. */
static hid_t type_for(const lbc_value *v, const double *numbers)
{
    if (lbc_sure_class(v->type) == H5T_FLOAT) return v->type;
    const bool is_signed = lbc_sure(H5Tget_sign(v->type), H5I_INVALID_HID, "a data type") == H5T_SGN_2;
    const int bits = (int)(8 * v->size) - (is_signed ? 1 : 0);
    double low = 0, high = 0;
    for (size_t i = 0; i < v->count; i++) {
        if (numbers[i] != floor(numbers[i])) return H5T_NATIVE_DOUBLE;
        low = fmin(low, numbers[i]);
        high = fmax(high, numbers[i]);
    }
    if (high < ldexp(1, bits) && low >= (is_signed ? -ldexp(1, bits) : 0)) return v->type;
    if (low >= 0 && high < ldexp(1, 32)) return H5T_NATIVE_UINT32;
    return H5T_NATIVE_INT64;
}

bool lbc_value_set_numbers(lbc_value *v, const double *numbers)
{
    hid_t type = H5Tcopy(type_for(v, numbers));
    const size_t size = type < 0 ? 0 : H5Tget_size(type), wide = size > sizeof(double) ? size : sizeof(double);
    uint8_t *data = size ? lbc_alloc(v->count, wide) : NULL;
    if (data && v->count) memcpy(data, numbers, v->count * sizeof *numbers);
    if (!data || H5Tconvert(H5T_NATIVE_DOUBLE, type, v->count, data, NULL, H5P_DEFAULT) < 0) {
        free(data);
        lbc_h5_close(&type);
        return false;
    }
    lbc_h5_close(&v->type);
    free(v->data);
    v->type = type;
    v->size = size;
    v->data = data;
    return true;
}

/* ---- writing ------------------------------------------------------------------------------- */

enum { LARGE = 1 << 16, CHUNK = 1 << 20, DEFLATE_LEVEL = 4 };

/* Chunks of whole rows, as many as make about a mebibyte; shuffled and deflated. */
static bool set_deflated(const lbc_value *v, hid_t create)
{
    hsize_t chunk[H5S_MAX_RANK];
    memcpy(chunk, v->dims, sizeof chunk);
    const size_t row = v->count / (size_t)v->dims[0] * v->size;
    const hsize_t rows = row < CHUNK ? CHUNK / row : 1;
    if (rows < chunk[0]) chunk[0] = rows;
    return H5Pset_chunk(create, v->rank, chunk) >= 0 && H5Pset_shuffle(create) >= 0 &&
           H5Pset_deflate(create, DEFLATE_LEVEL) >= 0;
}

static hid_t space_of(const lbc_value *v)
{
    if (v->null) return H5Screate(H5S_NULL);
    return v->rank ? H5Screate_simple(v->rank, v->dims, NULL) : H5Screate(H5S_SCALAR);
}

bool lbc_value_write(const lbc_value *v, hid_t group, const char *name, lbc_layout layout)
{
    hid_t create = lbc_h5_dataset_properties(), space = space_of(v);
    bool ok = create >= 0 && space >= 0;
    if (ok && layout == LBC_LAYOUT_BY_SIZE && v->rank && v->owner < 0 && v->count * v->size >= LARGE)
        ok = set_deflated(v, create);
    hid_t set = ok ? H5Dcreate2(group, name, v->type, space, H5P_DEFAULT, create, H5P_DEFAULT) : -1;
    ok = set >= 0 && (!v->count || H5Dwrite(set, v->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, v->data) >= 0);
    lbc_h5_close(&set);
    lbc_h5_close(&space);
    lbc_h5_close(&create);
    return ok;
}

bool lbc_value_write_attribute(const lbc_value *v, hid_t object, const char *name)
{
    const htri_t there = H5Aexists(object, name);
    if (there < 0 || (there && H5Adelete(object, name) < 0)) return false;
    hid_t space = space_of(v);
    hid_t attribute = H5Acreate2(object, name, v->type, space, H5P_DEFAULT, H5P_DEFAULT);
    const bool ok = attribute >= 0 && (v->null || H5Awrite(attribute, v->type, v->data) >= 0);
    lbc_h5_close(&attribute);
    lbc_h5_close(&space);
    return ok;
}

/* ---- attributes of an object --------------------------------------------------------------- */

typedef struct attribute_copy {
    hid_t to;
    bool skip_class, failed; /* failed: not for want of something to read */
    unsigned lost;
} attribute_copy;

/* An attribute of HDF5's earliest format must fit in an object header. */
#define ATTRIBUTE_LARGEST 60000

static herr_t copy_attribute(hid_t from, const char *name, const H5A_info_t *info, void *user)
{
    attribute_copy *copy = user;
    if (copy->skip_class && strcmp(name, "NX_class") == 0) return 0;
    if (info->data_size > ATTRIBUTE_LARGEST) return 0;
    hid_t attribute = H5Aopen(from, name, H5P_DEFAULT);
    lbc_value value = {.type = H5I_INVALID_HID, .owner = H5I_INVALID_HID};
    const lbc_status status = attribute < 0 ? LBC_E_FORMAT : lbc_value_read_attribute(&value, attribute, NULL);
    const bool fits = status == LBC_OK && value.count * value.size <= ATTRIBUTE_LARGEST;
    copy->failed = status == LBC_E_MEMORY || (fits && !lbc_value_write_attribute(&value, copy->to, name));
    copy->lost += status == LBC_E_FORMAT || status == LBC_E_IO;
    lbc_value_free(&value);
    lbc_h5_close(&attribute);
    return copy->failed ? -1 : 0;
}

bool lbc_copy_attributes(hid_t from, hid_t to, bool skip_class, unsigned *lost)
{
    attribute_copy copy = {.to = to, .skip_class = skip_class};
    hsize_t n = 0;
    if (H5Aiterate2(from, H5_INDEX_NAME, H5_ITER_INC, &n, copy_attribute, &copy) < 0) {
        if (copy.failed) return false;
        copy.lost++;
    }
    if (lost) *lost = copy.lost;
    return true;
}
