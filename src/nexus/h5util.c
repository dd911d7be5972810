/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/h5util.h"

#include "base/bytes.h"
#include "base/lock.h"
#include "base/memory.h"
#include "codec/rest/rest.h"
#include "nexus/doubt.h"
#include "nexus/h5file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the library's lock -------------------------------------------------------------------- */

static lbc_lock hdf5 = LBC_LOCK_INIT;
static H5E_auto2_t host_printer; /* guarded by the lock */
static void *host_printer_data;

void lbc_h5_enter(void)
{
    lbc_lock_take(&hdf5);
    H5Eget_auto2(H5E_DEFAULT, &host_printer, &host_printer_data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    lbc_doubt_clear();
}

void lbc_h5_leave(void)
{
    H5Eset_auto2(H5E_DEFAULT, host_printer, host_printer_data);
    lbc_lock_give(&hdf5);
}

/* ---- errors -------------------------------------------------------------------------------- */

static herr_t take_innermost(unsigned n, const H5E_error2_t *error, void *user)
{
    (void)n;
    if (error->desc && error->desc[0]) {
        snprintf(user, LBC_H5_WHY, "%s", error->desc);
        return 1;
    }
    return 0;
}

const char *lbc_h5_why(char buffer[LBC_H5_WHY])
{
    snprintf(buffer, LBC_H5_WHY, "no reason given");
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_innermost, buffer);
    return buffer;
}

/* ---- ids ----------------------------------------------------------------------------------- */

void lbc_h5_close(hid_t *id)
{
    if (*id > 0) H5Idec_ref(*id);
    *id = H5I_INVALID_HID;
}

/* ---- links and names ----------------------------------------------------------------------- */

typedef struct name_taker {
    lbc_h5_names *names;
    size_t capacity;
    lbc_status trouble; /* what it is if it fails */
} name_taker;

static herr_t take_name(hid_t group, const char *name, const H5L_info_t *info, void *user)
{
    (void)group;
    (void)info;
    name_taker *taker = user;
    lbc_h5_names *names = taker->names;
    taker->trouble = LBC_E_MEMORY;
    if (names->count == taker->capacity) {
        const size_t wider = taker->capacity ? 2 * taker->capacity : 16;
        char **grown = realloc(names->name, wider * sizeof *grown);
        if (!grown) return -1;
        names->name = grown;
        taker->capacity = wider;
    }
    char *copy = lbc_strdup(name);
    if (!copy) return -1;
    names->name[names->count++] = copy;
    taker->trouble = LBC_E_FORMAT;
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

lbc_status lbc_h5_names_read(lbc_h5_names *names, hid_t group)
{
    name_taker taker = {names, 0, LBC_E_FORMAT};
    *names = (lbc_h5_names){0, NULL};
    /* H5Literate of 1.10 frees what it never set when a link of a small group is damaged. Looking for a
     * name that is not there reads all of them first, and fails in good order. */
    if (H5Lexists(group, "\001", H5P_DEFAULT) < 0 ||
        H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, take_name, &taker) < 0) {
        lbc_h5_names_free(names);
        lbc_doubt(group, "its links", lbc_status_string(taker.trouble));
        return taker.trouble;
    }
    if (names->count) qsort(names->name, names->count, sizeof *names->name, compare_names);
    return LBC_OK;
}

void lbc_h5_names_free(lbc_h5_names *names)
{
    for (size_t i = 0; i < names->count; i++) free(names->name[i]);
    free(names->name);
    *names = (lbc_h5_names){0, NULL};
}

bool lbc_h5_has_link(hid_t loc, const char *name)
{
    return lbc_sure(H5Lexists(loc, name, H5P_DEFAULT), loc, name) > 0;
}

hssize_t lbc_h5_points(hid_t space)
{
    hsize_t dims[H5S_MAX_RANK];
    hssize_t points = 1;
    const int rank = H5Sget_simple_extent_ndims(space);
    if (H5Sget_simple_extent_type(space) != H5S_SIMPLE) return H5Sget_simple_extent_npoints(space);
    if (rank < 0 || H5Sget_simple_extent_dims(space, dims, NULL) < 0) return -1;
    for (int d = 0; d < rank; d++)
        if (__builtin_mul_overflow(points, dims[d], &points)) return -1;
    return points;
}

/* ---- strings and numbers, of attributes and data sets alike -------------------------------- */

typedef struct value_source {
    hid_t id;
    bool attribute;
} value_source;

static bool read_value(value_source s, hid_t memory_type, void *buffer)
{
    return lbc_sure(s.attribute ? H5Aread(s.id, memory_type, buffer)
                                : H5Dread(s.id, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer),
                    s.id, NULL) >= 0;
}

static void copy_text(char *text, size_t size, const char *from, size_t length)
{
    const char *end = memchr(from, 0, length);
    if (end) length = (size_t)(end - from);
    while (length && from[length - 1] == ' ') length--;
    if (length >= size) length = size - 1;
    memcpy(text, from, length);
    text[length] = 0;
}

static bool read_variable_text(value_source s, hid_t file_type, char *text, size_t size)
{
    char *string = NULL;
    hid_t type = H5Tcopy(H5T_C_S1);
    /* the character set must be the file's, or HDF5 refuses the conversion */
    const bool typed =
        type >= 0 && H5Tset_size(type, H5T_VARIABLE) >= 0 && H5Tset_cset(type, H5Tget_cset(file_type)) >= 0;
    const bool ok = lbc_sure(typed - 1, s.id, NULL) >= 0 && read_value(s, type, &string);
    if (ok && string) copy_text(text, size, string, strlen(string));
    H5free_memory(string);
    lbc_h5_close(&type);
    return ok && string;
}

static bool read_fixed_text(value_source s, hid_t file_type, char *text, size_t size)
{
    const size_t length = H5Tget_size(file_type);
    if (length == 0) lbc_doubt(s.id, NULL, "its size is unknown");
    if (length == 0 || length > 1 << 20) return false;
    char *string = lbc_alloc(length, 1);
    if (!string) lbc_doubt(s.id, NULL, lbc_status_string(LBC_E_MEMORY));
    const bool ok = string && read_value(s, file_type, string);
    if (ok) copy_text(text, size, string, length);
    free(string);
    return ok;
}

static bool read_text(value_source s, hid_t file_type, hid_t space, char *text, size_t size)
{
    bool ok = false;
    text[0] = 0;
    if (lbc_sure_class(file_type) == H5T_STRING && lbc_sure(lbc_h5_points(space), s.id, NULL) == 1) {
        if (lbc_sure(H5Tis_variable_str(file_type), s.id, NULL) > 0)
            ok = read_variable_text(s, file_type, text, size);
        else
            ok = read_fixed_text(s, file_type, text, size);
    }
    return ok;
}

static bool bits_fit(hid_t type)
{
    size_t sign, exponent, exponent_bits, mantissa, mantissa_bits;
    const size_t bits = 8 * H5Tget_size(type), precision = H5Tget_precision(type);
    const int offset = H5Tget_offset(type);
    if (bits == 0 || precision == 0 || offset < 0 || precision > bits || (size_t)offset > bits - precision)
        return false;
    if (H5Tget_class(type) == H5T_INTEGER) return true;
    return H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits) >= 0 && sign < bits &&
           exponent <= bits && exponent_bits <= bits - exponent && exponent_bits < 32 && mantissa <= bits &&
           mantissa_bits <= bits - mantissa;
}

bool lbc_h5_bits_fit(hid_t type)
{
    const bool fit = bits_fit(type);
    if (!fit) lbc_doubt(H5I_INVALID_HID, "a data type", "its bits lie beyond its bytes");
    return fit;
}

static bool is_numeric(hid_t type)
{
    const H5T_class_t kind = lbc_sure_class(type);
    return (kind == H5T_INTEGER || kind == H5T_FLOAT) && lbc_h5_bits_fit(type);
}

/* A single enumeration value (h5py's booleans) as the integer it stands on, since HDF5 does not convert
 * an enumeration to a float. */
static bool read_enum(value_source s, hid_t type, double *value)
{
    hid_t base = H5Tget_super(type);
    int64_t number = 0;
    unsigned char raw[8] = {0};
    const size_t size = H5Tget_size(type);
    const bool ok = base >= 0 && lbc_h5_bits_fit(base) && size > 0 && size <= sizeof raw && read_value(s, type, raw) &&
                    H5Tconvert(base, H5T_NATIVE_INT64, 1, memcpy(&number, raw, sizeof raw), NULL, H5P_DEFAULT) >= 0;
    if (ok)
        *value = (double)number;
    else if (size <= sizeof raw)
        lbc_sure(-1, s.id, NULL);
    lbc_h5_close(&base);
    return ok;
}

/* ---- attributes ---------------------------------------------------------------------------- */

/* Invalid: there is none. */
static hid_t open_attribute(hid_t object, const char *name)
{
    if (lbc_sure(H5Aexists(object, name), object, name) <= 0) return H5I_INVALID_HID;
    return lbc_sure(H5Aopen(object, name, H5P_DEFAULT), object, name);
}

bool lbc_h5_attr_text(hid_t object, const char *name, char *text, size_t size)
{
    text[0] = 0;
    hid_t attribute = open_attribute(object, name);
    if (attribute < 0) return false;
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    const bool ok = read_text((value_source){attribute, true}, type, space, text, size);
    lbc_h5_close(&space);
    lbc_h5_close(&type);
    lbc_h5_close(&attribute);
    return ok;
}

size_t lbc_h5_attr_numbers(hid_t object, const char *name, double *value, size_t max)
{
    size_t count = 0;
    hid_t attribute = open_attribute(object, name);
    if (attribute < 0) return 0;
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    const hssize_t points = lbc_sure(lbc_h5_points(space), object, name);
    double *all = NULL;
    /* an attribute is read as a whole; real ones are short */
    const bool numbers = points > 0 && points <= 1 << 16 && is_numeric(type);
    if (numbers && !(all = lbc_alloc((size_t)points, sizeof *all)))
        lbc_doubt(object, name, lbc_status_string(LBC_E_MEMORY));
    if (all && read_value((value_source){attribute, true}, H5T_NATIVE_DOUBLE, all)) {
        count = (size_t)points;
        memcpy(value, all, (count < max ? count : max) * sizeof *value);
    }
    free(all);
    lbc_h5_close(&space);
    lbc_h5_close(&type);
    lbc_h5_close(&attribute);
    return count;
}

bool lbc_h5_is_class(hid_t object, const char *nx_class)
{
    char text[64];
    return lbc_h5_attr_text(object, "NX_class", text, sizeof text) && strcmp(text, nx_class) == 0;
}

/* ---- data sets ----------------------------------------------------------------------------- */

int lbc_h5_shape(hid_t dataset, hsize_t *dims, int max)
{
    hid_t space = H5Dget_space(dataset);
    int rank = -1;
    if (lbc_sure(H5Sget_simple_extent_type(space), dataset, "its shape") != H5S_NULL) {
        rank = (int)lbc_sure(H5Sget_simple_extent_ndims(space), dataset, "its shape");
        if (rank > max ||
            (rank > 0 && lbc_sure(H5Sget_simple_extent_dims(space, dims, NULL), dataset, "its shape") < 0))
            rank = -1;
    }
    lbc_h5_close(&space);
    return rank;
}

/* A field that cannot be read safely is one that cannot be told. */
static bool chunks_sound(hid_t dataset)
{
    const bool sound = lbc_h5_chunks_sound(dataset, NULL, NULL);
    if (!sound) lbc_doubt(dataset, NULL, "a chunk of it is shorter or longer than it should be");
    return sound;
}

bool lbc_h5_text(hid_t dataset, char *text, size_t size)
{
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    text[0] = 0;
    const bool ok = chunks_sound(dataset) && read_text((value_source){dataset, false}, type, space, text, size);
    lbc_h5_close(&space);
    lbc_h5_close(&type);
    return ok;
}

/* Selects the first `count` elements, in storage order, of a space of any rank but 0. */
static bool select_first(hid_t space, size_t count)
{
    const size_t most = 1 << 16; /* of elements one by one */
    hsize_t dims[H5S_MAX_RANK];
    const int rank = H5Sget_simple_extent_ndims(space);
    if (rank < 1 || H5Sget_simple_extent_dims(space, dims, NULL) < 0) return false;
    const hsize_t start = 0, wanted = count;
    if (rank == 1) return H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL, &wanted, NULL) >= 0;
    if (lbc_h5_points(space) == (hssize_t)wanted) return H5Sselect_all(space) >= 0;
    hsize_t *coordinates = count > most ? NULL : lbc_alloc(count * (size_t)rank, sizeof *coordinates);
    if (!coordinates) return false;
    for (hsize_t i = 0; i < wanted; i++) {
        hsize_t rest = i;
        for (int d = rank - 1; d >= 0; d--) {
            coordinates[i * (hsize_t)rank + (hsize_t)d] = rest % dims[d];
            rest /= dims[d];
        }
    }
    const bool ok = H5Sselect_elements(space, H5S_SELECT_SET, count, coordinates) >= 0;
    free(coordinates);
    return ok;
}

/* Reads the first `count` elements, in storage order, of a data set of any rank. */
static bool read_first(hid_t dataset, hid_t space, size_t count, double *value)
{
    if (H5Sget_simple_extent_ndims(space) == 0)
        return H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0;
    const hsize_t wanted = count;
    hid_t memory = H5Screate_simple(1, &wanted, NULL);
    const bool ok = memory >= 0 && select_first(space, count) &&
                    H5Dread(dataset, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, value) >= 0;
    lbc_h5_close(&memory);
    return ok;
}

size_t lbc_h5_numbers(hid_t dataset, double *value, size_t max)
{
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    const hssize_t points = lbc_sure(lbc_h5_points(space), dataset, NULL);
    size_t count = 0;
    if (points > 0 && chunks_sound(dataset)) {
        const size_t wanted = (uint64_t)points < max ? (size_t)points : max;
        bool ok = false;
        if (is_numeric(type))
            ok = wanted == 0 || lbc_sure(read_first(dataset, space, wanted, value) - 1, dataset, NULL) >= 0;
        else if (H5Tget_class(type) == H5T_ENUM && points == 1 && max > 0)
            ok = read_enum((value_source){dataset, false}, type, value);
        if (ok) count = (size_t)points;
    }
    lbc_h5_close(&space);
    lbc_h5_close(&type);
    return count;
}

bool lbc_h5_is_allocated(hid_t dataset)
{
    H5D_space_status_t status = H5D_SPACE_STATUS_NOT_ALLOCATED;
    hid_t properties = H5Dget_create_plist(dataset);
    const bool is_virtual = lbc_sure(H5Pget_layout(properties), dataset, "its layout") == H5D_VIRTUAL;
    lbc_h5_close(&properties);
    return is_virtual || (lbc_sure(H5Dget_space_status(dataset, &status), dataset, "its layout") >= 0 &&
                          status != H5D_SPACE_STATUS_NOT_ALLOCATED);
}

bool lbc_h5_is_row(hid_t dataset, hsize_t *count)
{
    hid_t type = H5Dget_type(dataset);
    const bool integers = type >= 0 && H5Tget_class(type) == H5T_INTEGER && lbc_h5_bits_fit(type);
    lbc_h5_close(&type);
    return integers && lbc_h5_shape(dataset, count, 1) == 1 && chunks_sound(dataset);
}

#define PARAMS_ASKED 256 /* H5Pget_filter2 takes a longer buffer for a mistake */

/* The rest of a filter's parameters: HDF5 gives out the first 256 only, but the encoded form of the list
 * has all of them, as 32-bit little-endian words in a row. */
static bool find_all_params(hid_t creation, unsigned *params, size_t count)
{
    size_t size = 0;
    bool found = false;
    if (H5Pencode(creation, NULL, &size) < 0) return false;
    uint8_t *bytes = lbc_alloc(size, 1);
    uint8_t *pattern = lbc_alloc(PARAMS_ASKED, 4);
    if (bytes && pattern && H5Pencode(creation, bytes, &size) >= 0) {
        for (size_t i = 0; i < PARAMS_ASKED; i++) lbc_put_le32(pattern + 4 * i, params[i]);
        for (size_t at = 0; at + 4 * count <= size && !found; at++) {
            if (memcmp(bytes + at, pattern, 4 * PARAMS_ASKED) != 0) continue;
            for (size_t i = PARAMS_ASKED; i < count; i++) params[i] = lbc_get_le32(bytes + at + 4 * i);
            found = true;
        }
    }
    free(pattern);
    free(bytes);
    return found;
}

bool lbc_h5_filter(hid_t creation, unsigned index, H5Z_filter_t *filter, unsigned *params, size_t max, size_t *count)
{
    unsigned flags, config;
    char name[8];
    *count = max < PARAMS_ASKED ? max : PARAMS_ASKED;
    *filter = H5Pget_filter2(creation, index, &flags, count, params, sizeof name, name, &config);
    if (lbc_sure(*filter, H5I_INVALID_HID, "a filter") < 0 || *count > max) return false;
    return *count <= PARAMS_ASKED || find_all_params(creation, params, *count);
}

/* What brings a filter: Debian's packages, where there is one. */
static const char *filter_provider(H5Z_filter_t filter)
{
    switch (filter) {
    case H5Z_FILTER_SZIP: return "an HDF5 built with szip";
    case 307: return "the Debian package hdf5-filter-plugin (bzip2)";
    case 32001: return "the Debian package hdf5-filter-plugin-blosc-serial";
    case 32004: return "the Debian package hdf5-filter-plugin (LZ4)";
    case 32008: return "the Debian package bitshuffle";
    case 32013: return "the ZFP plugin (hdf5plugin of PyPI has it)";
    case 32026: return "the Blosc2 plugin (hdf5plugin of PyPI has it)";
    case 32015: return "the Zstandard plugin (hdf5plugin of PyPI has it)";
    case (H5Z_filter_t)LBC_REST_FILTER: return "libh5lbc, which comes with l_bnl_compress";
    default: return "its HDF5 plugin";
    }
}

/* A fixed dimension holds at least a chunk, and there are not more chunks than the shape has room for. */
static bool chunks_fit(hid_t dataset, hid_t creation)
{
    hsize_t dims[H5S_MAX_RANK], most[H5S_MAX_RANK], chunk[H5S_MAX_RANK], stored = 0, room = 1;
    if (H5Pget_layout(creation) != H5D_CHUNKED) return true;
    hid_t space = H5Dget_space(dataset);
    const int rank = H5Pget_chunk(creation, H5S_MAX_RANK, chunk);
    bool fit = rank > 0 && H5Sget_simple_extent_ndims(space) == rank &&
               H5Sget_simple_extent_dims(space, dims, most) == rank && H5Dget_num_chunks(dataset, space, &stored) >= 0;
    for (int d = 0; d < rank && fit; d++) {
        fit = chunk[d] > 0 && (chunk[d] <= dims[d] || most[d] > dims[d]);
        if (fit && __builtin_mul_overflow(room, dims[d] / chunk[d] + (dims[d] % chunk[d] != 0), &room))
            room = HSIZE_UNDEF;
    }
    lbc_h5_close(&space);
    return fit && stored <= room;
}

/* Bitshuffle with Zstandard is new in bitshuffle 0.4: older plugins (Debian 12 has 0.3.5) take it for no
 * compression, and give wrong values for right ones. A plugin's version cannot be asked for. */
static bool is_bitshuffle_zstd(hid_t creation, unsigned index)
{
    unsigned params[16];
    size_t count;
    H5Z_filter_t filter;
    return lbc_h5_filter(creation, index, &filter, params, 16, &count) && filter == 32008 && count > 4 &&
           params[4] == 3;
}

lbc_status lbc_h5_check_filters(hid_t dataset, const char *file, lbc_error *err)
{
    lbc_status status = LBC_OK;
    hid_t creation = H5Dget_create_plist(dataset);
    const int count = creation < 0 ? 0 : H5Pget_nfilters(creation);
    if (count > 0 && !chunks_fit(dataset, creation)) {
        char path[256] = "?";
        H5Iget_name(dataset, path, sizeof path);
        status = lbc_fail(err, LBC_E_FORMAT, "%s: %s is damaged: its chunks do not fit its shape", file, path);
    }
    for (int i = 0; i < count && status == LBC_OK; i++) {
        unsigned flags = 0, config = 0;
        size_t nparams = 0;
        char name[64] = "";
        if (is_bitshuffle_zstd(creation, (unsigned)i)) {
            status = lbc_fail(err, LBC_E_UNSUPPORTED,
                              "%s: bitshuffle with Zstandard can be read in chunks of one image only, since HDF5's "
                              "plugins for it (filter 32008) are not to be relied on",
                              file);
            break;
        }
        const H5Z_filter_t filter =
            H5Pget_filter2(creation, (unsigned)i, &flags, &nparams, NULL, sizeof name - 1, name, &config);
        if (filter < 0 || H5Zfilter_avail(filter) > 0) continue;
        status = lbc_fail(err, LBC_E_UNSUPPORTED,
                          "%s: HDF5 lacks filter %d%s%s%s; install %s, in a folder HDF5 looks in (HDF5_PLUGIN_PATH)",
                          file, (int)filter, name[0] ? " (" : "", name, name[0] ? ")" : "", filter_provider(filter));
    }
    lbc_h5_close(&creation);
    return status;
}

/* ---- paths --------------------------------------------------------------------------------- */

const char *lbc_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *lbc_path_beside(const char *file, const char *name)
{
    const int folder = (int)(lbc_path_base(file) - file);
    return name[0] == '/' ? lbc_strdup(name) : lbc_asprintf("%.*s%s", folder, file, name);
}
