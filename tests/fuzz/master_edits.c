/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "master_edits.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 4096, TEXT = 256, RANKS = 5 };

/* One edit in the making. */
typedef struct edit {
    hid_t file, links; /* links: property list that makes missing groups */
    const edit_places *places;
    const char *place;
    const uint8_t *next;
    size_t left;
} edit;

/* ---- what the bytes say --------------------------------------------------------------------- */

static uint8_t byte(edit *e)
{
    if (e->left == 0) return 0;
    e->left--;
    return *e->next++;
}

static uint32_t word(edit *e)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < 4; i++) value |= (uint32_t)byte(e) << 8 * i;
    return value;
}

/* Small, or a power of 4. */
static hsize_t number(edit *e)
{
    const unsigned b = byte(e);
    return b < 0xe0 ? b : (hsize_t)1 << 2 * (b - 0xe0);
}

/* Up to 255 bytes. */
static size_t bytes(edit *e, uint8_t out[TEXT])
{
    size_t n = byte(e);
    if (n > e->left) n = e->left;
    if (n > 0) memcpy(out, e->next, n);
    e->next += n;
    e->left -= n;
    return n;
}

static const char *text(edit *e, char out[TEXT])
{
    out[bytes(e, (uint8_t *)out)] = '\0';
    return out;
}

static const char *place(edit *e)
{
    return e->places->path[byte(e) % e->places->count];
}

/* A path: of the master, or any. */
static const char *target(edit *e, char out[TEXT])
{
    if (byte(e) % 4 == 0) return text(e, out);
    snprintf(out, TEXT, "/%s", place(e));
    return out;
}

static const char *file_name(edit *e, char out[TEXT])
{
    static const char *const names[] = {EDIT_DATA, EDIT_MASTER, ".", "run_data_000002.h5"};
    const unsigned b = byte(e) % 8;
    return b < 4 ? names[b] : text(e, out);
}

static hid_t type(edit *e)
{
    const hid_t types[] = {
        H5T_STD_U16LE,  H5T_STD_U32LE, H5T_STD_I32LE,   H5T_IEEE_F64LE,     H5T_IEEE_F32LE, H5T_STD_U8LE,
        H5T_STD_I8LE,   H5T_STD_I16LE, H5T_STD_U64LE,   H5T_STD_I64LE,      H5T_STD_U16BE,  H5T_STD_I32BE,
        H5T_IEEE_F64BE, H5T_STD_B32LE, H5T_STD_REF_OBJ, H5T_NATIVE_LDOUBLE,
    };
    const unsigned b = byte(e);
    const hid_t base = types[b % (sizeof types / sizeof *types)];
    hid_t made = H5I_INVALID_HID;
    const hsize_t pair = 2;
    switch (b / 32) {
    case 1: made = H5Tvlen_create(base); break;
    case 2: made = H5Tarray_create2(base, 1, &pair); break;
    case 3: made = H5Tenum_create(H5T_STD_I8LE); break;
    case 4:
        made = H5Tcreate(H5T_COMPOUND, 16);
        H5Tinsert(made, "a", 0, base);
        break;
    case 5:
        made = H5Tcopy(base);
        H5Tset_precision(made, 1 + byte(e) % 32);
        break;
    default: made = H5Tcopy(base);
    }
    return made;
}

static hid_t space(edit *e, int rank)
{
    hsize_t dims[RANKS], most[RANKS];
    for (int i = 0; i < rank; i++) most[i] = dims[i] = number(e);
    if (rank > 0 && dims[0] % 2) most[0] = H5S_UNLIMITED;
    return rank ? H5Screate_simple(rank, dims, most) : H5Screate(byte(e) % 16 == 1 ? H5S_NULL : H5S_SCALAR);
}

/* ---- data sets ------------------------------------------------------------------------------- */

static void remove_place(edit *e)
{
    if (H5Lexists(e->file, e->place, H5P_DEFAULT) > 0) H5Ldelete(e->file, e->place, H5P_DEFAULT);
}

/* Fills with the same bytes over and over, where that makes no pointers. */
static void fill(edit *e, hid_t set, hid_t file_type)
{
    static uint8_t values[MOST_BYTES];
    uint8_t some[TEXT];
    const size_t n = bytes(e, some);
    hid_t s = H5Dget_space(set);
    const hssize_t points = H5Sget_simple_extent_npoints(s);
    const size_t size = H5Tget_size(file_type);
    if (n > 0 && size > 0 && points > 0 && (uint64_t)points <= MOST_BYTES / size &&
        H5Tdetect_class(file_type, H5T_VLEN) == 0 && H5Tdetect_class(file_type, H5T_REFERENCE) == 0 &&
        H5Tis_variable_str(file_type) == 0) {
        for (size_t i = 0; i < sizeof values; i++) values[i] = some[i % n];
        H5Dwrite(set, file_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    }
    H5Sclose(s);
}

static void set_values(edit *e)
{
    hid_t set = H5Dopen2(e->file, e->place, H5P_DEFAULT);
    if (set < 0) return;
    hid_t t = H5Dget_type(set);
    fill(e, set, t);
    H5Tclose(t);
    H5Dclose(set);
}

static void numbers(edit *e)
{
    const uint8_t how = byte(e);
    hid_t t = type(e), s = space(e, how % RANKS), create = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t chunk[RANKS] = {1 + how / 64, 3, 5, 2, 2};
    if (how & 8) H5Pset_chunk(create, how % RANKS, chunk);
    if (how & 16) H5Pset_deflate(create, 1);
    if (how & 32) H5Pset_layout(create, H5D_COMPACT);
    remove_place(e);
    hid_t set = H5Dcreate2(e->file, e->place, t, s, e->links, create, H5P_DEFAULT);
    if (set >= 0) {
        fill(e, set, t);
        H5Dclose(set);
    }
    H5Pclose(create);
    H5Sclose(s);
    H5Tclose(t);
}

/* A string in one of the ways there are. Returns its type; *value: what to write. */
static hid_t string(edit *e, char words[TEXT], const char **pointer, const void **value)
{
    const uint8_t how = byte(e);
    hid_t t = H5Tcopy(H5T_C_S1);
    memset(words, how & 2 ? ' ' : 0, TEXT);
    const size_t n = strlen(text(e, words));
    if (how & 1) {
        H5Tset_size(t, H5T_VARIABLE);
        *pointer = words;
        *value = pointer;
    } else {
        H5Tset_size(t, n + !n);
        H5Tset_strpad(t, how & 2 ? H5T_STR_SPACEPAD : how & 4 ? H5T_STR_NULLPAD : H5T_STR_NULLTERM);
        *value = words;
    }
    if (how & 8) H5Tset_cset(t, H5T_CSET_UTF8);
    return t;
}

static void texts(edit *e)
{
    char words[TEXT];
    const char *pointer;
    const void *value;
    hid_t t = string(e, words, &pointer, &value), s = H5Screate(H5S_SCALAR);
    remove_place(e);
    hid_t set = H5Dcreate2(e->file, e->place, t, s, e->links, H5P_DEFAULT, H5P_DEFAULT);
    if (set >= 0) {
        H5Dwrite(set, t, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);
        H5Dclose(set);
    }
    H5Sclose(s);
    H5Tclose(t);
}

static void attribute(edit *e)
{
    static const char *const names[] = {
        "units",        "NX_class", "signal",       "vector",        "depends_on",
        "offset",       "axes",     "image_nr_low", "image_nr_high", "transformation_type",
        "offset_units", "long_name"};
    char words[TEXT];
    const char *pointer;
    const void *value = words;
    const char *name = names[byte(e) % (sizeof names / sizeof *names)];
    const bool text_wanted = byte(e) % 2;
    hid_t object = H5Oopen(e->file, e->place, H5P_DEFAULT);
    if (object < 0) return;
    hid_t t = text_wanted ? string(e, words, &pointer, &value) : H5Tcopy(H5T_IEEE_F64LE);
    hsize_t three = 1 + byte(e) % 4;
    hid_t s = text_wanted ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &three, NULL);
    if (!text_wanted) memset(words + bytes(e, (uint8_t *)words), 0, 1);
    H5Adelete(object, name);
    hid_t a = H5Acreate2(object, name, t, s, H5P_DEFAULT, H5P_DEFAULT);
    if (a >= 0) {
        H5Awrite(a, t, value);
        H5Aclose(a);
    }
    H5Sclose(s);
    H5Tclose(t);
    H5Oclose(object);
}

/* ---- images ---------------------------------------------------------------------------------- */

/* Ours, those that decoding is ours for, some of HDF5's own, and one that nobody has. */
static void add_filters(edit *e, hid_t create)
{
    static const H5Z_filter_t filters[] = {0, 32008, 32004, 32015, 32001, 33212, 999};
    const unsigned b = byte(e) % 12;
    unsigned values[16];
    const size_t n = byte(e) % 16;
    for (size_t i = 0; i < n; i++) values[i] = word(e);
    if (b > 0 && b < sizeof filters / sizeof *filters) H5Pset_filter(create, filters[b], H5Z_FLAG_OPTIONAL, n, values);
    if (b == 7) H5Pset_fletcher32(create);
    if (b == 8) H5Pset_shuffle(create);
    if (b >= 8) H5Pset_deflate(create, 1);
}

/* Within the data set, which must be neither empty nor of absurd length: else HDF5 1.10 breaks down. */
static void write_chunks(edit *e, hid_t set, hid_t space)
{
    const hssize_t most = (hssize_t)1 << 40;
    uint8_t chunk[TEXT];
    hsize_t dims[3] = {0};
    if (H5Sget_simple_extent_ndims(space) <= 3) H5Sget_simple_extent_dims(space, dims, NULL);
    const bool sane =
        dims[0] < 1 << 20 && H5Sget_simple_extent_npoints(space) > 0 && H5Sget_simple_extent_npoints(space) < most;
    for (unsigned n = byte(e) % 8; n > 0; n--) {
        const hsize_t at[3] = {byte(e), 0, 0};
        const uint32_t skipped = byte(e) % 16 == 15;
        const size_t size = bytes(e, chunk);
        if (sane && size > 0 && at[0] < dims[0]) H5Dwrite_chunk(set, H5P_DEFAULT, skipped, at, size, chunk);
    }
}

static void images(edit *e)
{
    const int rank = byte(e) % 8 == 7 ? 2 : 3;
    hsize_t chunk[3];
    hid_t t = type(e), s = space(e, rank), create = H5Pcreate(H5P_DATASET_CREATE);
    const bool whole = H5Sget_simple_extent_dims(s, chunk, NULL) == 3 && byte(e) % 4;
    if (whole)
        chunk[0] = 1;
    else
        for (int i = 0; i < rank; i++) chunk[i] = number(e);
    H5Pset_chunk(create, rank, chunk);
    add_filters(e, create);
    remove_place(e);
    hid_t set = H5Dcreate2(e->file, e->place, t, s, e->links, create, H5P_DEFAULT);
    if (set >= 0) {
        write_chunks(e, set, s);
        H5Dclose(set);
    }
    H5Pclose(create);
    H5Sclose(s);
    H5Tclose(t);
}

/* Selects frames, and with one bit in 8 not the whole of them. Those without end are not apart: HDF5 1.10 keeps a list
 * of all blocks up to the end of the source, which takes all memory (cli/probe.h is against that). */
static void select_frames(edit *e, hid_t s)
{
    hsize_t dims[3];
    const uint8_t how = byte(e);
    if (how % 16 == 1 || H5Sget_simple_extent_dims(s, dims, NULL) < 0) return; /* all */
    const hsize_t start[3] = {number(e), how & 2 ? byte(e) : 0, 0}, apart = number(e);
    const hsize_t count[3] = {how & 4 ? H5S_UNLIMITED : number(e), 1, 1};
    const hsize_t block[3] = {how & 8 ? number(e) : 1, how & 2 ? number(e) : dims[1], dims[2]};
    const hsize_t stride[3] = {how & 4 ? block[0] : apart, dims[1], dims[2]};
    H5Sselect_hyperslab(s, H5S_SELECT_SET, start, stride, count, block);
}

static void virtual_set(edit *e)
{
    char name[TEXT], path[TEXT];
    hid_t t = type(e), s = space(e, 3), create = H5Pcreate(H5P_DATASET_CREATE);
    for (unsigned n = byte(e) % 5; n > 0; n--) {
        hid_t to = H5Scopy(s), from = byte(e) % 2 ? H5Scopy(s) : space(e, 3);
        select_frames(e, to);
        select_frames(e, from);
        const char *file = file_name(e, name);
        H5Pset_virtual(create, to, file, target(e, path), from);
        H5Sclose(from);
        H5Sclose(to);
    }
    remove_place(e);
    hid_t set = H5Dcreate2(e->file, e->place, t, s, e->links, create, H5P_DEFAULT);
    if (set >= 0) H5Dclose(set);
    H5Pclose(create);
    H5Sclose(s);
    H5Tclose(t);
}

/* ---- links and groups ------------------------------------------------------------------------ */

static void soft_link(edit *e)
{
    char path[TEXT];
    remove_place(e);
    H5Lcreate_soft(target(e, path), e->file, e->place, e->links, H5P_DEFAULT);
}

static void external_link(edit *e)
{
    char name[TEXT], path[TEXT];
    const char *file = file_name(e, name);
    remove_place(e);
    H5Lcreate_external(file, target(e, path), e->file, e->place, e->links, H5P_DEFAULT);
}

static void hard_link(edit *e)
{
    hid_t object = H5Oopen(e->file, place(e), H5P_DEFAULT);
    if (object < 0) return;
    remove_place(e);
    H5Olink(object, e->file, e->place, e->links, H5P_DEFAULT);
    H5Oclose(object);
}

static void group(edit *e)
{
    remove_place(e);
    hid_t made = H5Gcreate2(e->file, e->place, e->links, H5P_DEFAULT, H5P_DEFAULT);
    if (made >= 0) H5Gclose(made);
}

void edit_master(hid_t file, const edit_places *places, const uint8_t *data, size_t size)
{
    static void (*const edits[MASTER_EDITS])(edit *) = {
        set_values, numbers,   texts,  remove_place, soft_link, external_link,
        hard_link,  attribute, images, virtual_set,  group,
    };
    edit e = {.file = file, .links = H5Pcreate(H5P_LINK_CREATE), .places = places, .next = data, .left = size};
    H5Pset_create_intermediate_group(e.links, 1);
    while (e.left > 0) {
        const unsigned which = byte(&e) % MASTER_EDITS;
        e.place = place(&e);
        edits[which](&e);
    }
    H5Pclose(e.links);
}

/* ---- places ---------------------------------------------------------------------------------- */

static void add_place(edit_places *places, const char *path)
{
    char **grown = realloc(places->path, (places->count + 1) * sizeof *grown), *copy = malloc(strlen(path) + 1);
    if (!grown || !copy) abort();
    strcpy(copy, path);
    places->path = grown;
    places->path[places->count++] = copy;
}

static herr_t take_link(hid_t root, const char *name, const H5L_info_t *info, void *user)
{
    (void)root;
    (void)info;
    add_place(user, name);
    return 0;
}

void edit_places_read(edit_places *places, hid_t file)
{
    static const char *const more[] = {"entry/data/data",
                                       "entry/data/data_000002",
                                       "entry/data/data_000000",
                                       "entry/data/omega",
                                       "entry/instrument/monochromator/energy",
                                       "entry/instrument/transformations/det_z",
                                       "elsewhere/images"};
    *places = (edit_places){0};
    H5Lvisit(file, H5_INDEX_NAME, H5_ITER_INC, take_link, places);
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) add_place(places, more[i]);
}

void edit_places_free(edit_places *places)
{
    for (size_t i = 0; i < places->count; i++) free(places->path[i]);
    free(places->path);
    *places = (edit_places){0};
}
