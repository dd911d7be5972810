/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One stored data set: its pixels' type and shape, and where each of its frames is. */
#include "base/memory.h"
#include "nexus/doubt.h"
#include "nexus/input_internal.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CACHE ((size_t)512 << 20) /* for reading through HDF5, at most */
#define MAX_HOLE  (1 << 16)           /* images in a row that were never written */
#define MAX_MISS  (1 << 22)           /* places looked at in vain for a chunk, in all: seconds */

/* ---- pixel types --------------------------------------------------------------------------- */

bool lbc_pixel_type_of(hid_t type, lbc_pixel_type *pixel, bool *native)
{
    if (lbc_sure_class(type) != H5T_INTEGER || !lbc_h5_bits_fit(type)) return false;
    const size_t size = H5Tget_size(type);
    const bool is_signed = lbc_sure(H5Tget_sign(type), H5I_INVALID_HID, "a data type") == H5T_SGN_2;
    switch (size) {
    case 1: *pixel = is_signed ? LBC_I8 : LBC_U8; break;
    case 2: *pixel = is_signed ? LBC_I16 : LBC_U16; break;
    case 4: *pixel = is_signed ? LBC_I32 : LBC_U32; break;
    default: return false;
    }
    const H5T_order_t order = H5Tget_order(type);
    const size_t precision = H5Tget_precision(type);
    const int offset = H5Tget_offset(type);
    if (order == H5T_ORDER_ERROR || precision == 0 || offset < 0) lbc_sure(-1, H5I_INVALID_HID, "a data type");
    /* bytes.h holds us to little-endian machines */
    *native = (size == 1 || order == H5T_ORDER_LE) && precision == 8 * size && offset == 0;
    return true;
}

hid_t lbc_pixel_native(lbc_pixel_type type)
{
    switch (type) {
    case LBC_U8: return H5T_NATIVE_UINT8;
    case LBC_U16: return H5T_NATIVE_UINT16;
    case LBC_U32: return H5T_NATIVE_UINT32;
    case LBC_I8: return H5T_NATIVE_INT8;
    case LBC_I16: return H5T_NATIVE_INT16;
    case LBC_I32: return H5T_NATIVE_INT32;
    }
    return H5I_INVALID_HID;
}

const char *lbc_pixel_name(lbc_pixel_type type)
{
    static const char *const names[] = {
        [LBC_U8] = "8-bit unsigned", [LBC_U16] = "16-bit unsigned", [LBC_U32] = "32-bit unsigned",
        [LBC_I8] = "8-bit signed",   [LBC_I16] = "16-bit signed",   [LBC_I32] = "32-bit signed",
    };
    return names[type];
}

/* ---- formats ------------------------------------------------------------------------------- */

static bool same_format(const lbc_chunk_format *a, const lbc_chunk_format *b)
{
    return a->codec == b->codec && a->type == b->type && a->shape.ny == b->shape.ny && a->shape.nx == b->shape.nx &&
           a->nparams == b->nparams && memcmp(a->params, b->params, a->nparams * sizeof *a->params) == 0;
}

/* The one copy of a format that the input keeps. */
static lbc_status keep_format(lbc_input *input, const lbc_chunk_format *wanted, const lbc_chunk_format **kept,
                              lbc_error *err)
{
    for (uint32_t i = 0; i < input->nformats; i++) {
        *kept = input->formats[i];
        if (same_format(*kept, wanted)) return LBC_OK;
    }
    lbc_chunk_format **grown = realloc(input->formats, (input->nformats + 1) * sizeof *grown);
    if (grown) input->formats = grown;
    lbc_chunk_format *copy = grown ? lbc_alloc(1, sizeof *copy) : NULL;
    if (!copy) return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", input->path);
    *copy = *wanted;
    input->formats[input->nformats++] = copy;
    *kept = copy;
    return LBC_OK;
}

lbc_status lbc_index_format(lbc_input *input, hid_t dataset, lbc_pixel_type type, lbc_shape shape, uint32_t skipped,
                            const lbc_chunk_format **format, lbc_error *err)
{
    static lbc_chunk_format wanted; /* large for a stack; guarded by the HDF5 lock */
    size_t nparams = 0;
    H5Z_filter_t filter = 0;
    *format = NULL;
    hid_t properties = H5Dget_create_plist(dataset);
    const int64_t nfilters = lbc_sure(H5Pget_nfilters(properties), dataset, "its filters");
    bool known = nfilters == 0;
    if (nfilters == 1) known = lbc_h5_filter(properties, 0, &filter, wanted.params, LBC_MAX_PARAMS, &nparams);
    lbc_h5_close(&properties);
    if (!known) return LBC_OK;
    if (nfilters == 0 || (skipped & 1)) { /* a filter may be left out of a chunk that it did not shrink */
        filter = 0;
        nparams = 0;
    }
    wanted.codec = NULL;
    wanted.type = type;
    wanted.shape = shape;
    wanted.nparams = (uint32_t)nparams;
    wanted.codec = lbc_codec_by_filter((uint32_t)filter, &wanted);
    return wanted.codec ? keep_format(input, &wanted, format, err) : LBC_OK;
}

/* ---- where the frames are ------------------------------------------------------------------ */

/* A data set being indexed. */
typedef struct indexing {
    lbc_input *input;
    lbc_stored *stored;
    hid_t dataset;
    hid_t properties;
    bool native;       /* pixels are as the codecs have them */
    uint64_t declared; /* frames by the shape of the data set */
    uint64_t capacity; /* of stored->place */
    uint64_t missed;   /* places where there was no chunk */
    lbc_error *err;
} indexing;

static size_t frame_bytes(const lbc_stored *s)
{
    return lbc_shape_pixels(s->shape) * lbc_pixel_size(s->type);
}

static lbc_status add_place(indexing *ix, lbc_place_of_frame place)
{
    lbc_stored *s = ix->stored;
    if (s->frames == ix->capacity) {
        const uint64_t wider = ix->capacity ? 2 * ix->capacity : 64;
        lbc_place_of_frame *grown = realloc(s->place, wider * sizeof *grown);
        if (!grown) return lbc_fail(ix->err, LBC_E_MEMORY, "%s: out of memory", s->source->path);
        s->place = grown;
        ix->capacity = wider;
    }
    s->place[s->frames++] = place;
    return LBC_OK;
}

/* Whether HDF5 gives masked pixels, the type's marker, for what was never written: then the writer meant it so. Any
 * other fill value is nothing that was counted. */
static bool fill_masks(const indexing *ix)
{
    const lbc_pixel_type type = ix->stored->type;
    H5D_fill_time_t time;
    int64_t fill = 0;
    if (H5Pget_fill_time(ix->properties, &time) < 0 || time == H5D_FILL_TIME_NEVER ||
        H5Pget_fill_value(ix->properties, H5T_NATIVE_INT64, &fill) < 0)
        return false;
    if (type == LBC_I8 || type == LBC_I16 || type == LBC_I32) return fill < 0;
    return fill >= (INT64_C(1) << 8 * lbc_pixel_size(type)) - 2;
}

/* Frame `index` was not written, or not wholly. */
static void note_unwritten(lbc_stored *s, uint64_t index)
{
    if (!s->fill_masks) s->place[index].lacking = s->source;
    s->unwritten++;
}

/* Frames left out between two written ones. */
static lbc_status add_unwritten(indexing *ix, uint64_t until)
{
    lbc_stored *s = ix->stored;
    while (s->frames < until) {
        const lbc_status status = add_place(ix, (lbc_place_of_frame){LBC_NOWHERE, 0, NULL, NULL});
        if (status != LBC_OK) return status;
        note_unwritten(s, s->frames - 1);
    }
    return LBC_OK;
}

/* How a data set is cut into chunks: frames, rows and columns of each. */
typedef struct chunking {
    hsize_t deep, tall, wide;
} chunking;

static lbc_status lost(const indexing *ix, uint64_t at)
{
    return lbc_fail(ix->err, LBC_E_FORMAT,
                    "%s: the chunk index of %s is damaged, or its chunks are too far apart (at image %llu)",
                    ix->stored->source->path, ix->stored->path, (unsigned long long)at + 1);
}

/* Goes through the chunks that hold parts of frame `at`, up to the first that was written, or the first that was not.
 * *place: the last one seen, of the other kind when there is none of this. */
static lbc_status find_chunk(indexing *ix, const chunking *c, uint64_t at, bool written, lbc_chunk_place *place)
{
    const lbc_shape shape = ix->stored->shape;
    for (hsize_t y = 0; y < shape.ny; y += c->tall)
        for (hsize_t x = 0; x < shape.nx; x += c->wide) {
            const hsize_t first[3] = {ix->stored->single ? y : at, ix->stored->single ? x : y, x};
            if (!lbc_h5_chunk_place(ix->dataset, first, place)) return lost(ix, at);
            const bool is_written = place->offset != LBC_NOWHERE;
            if (is_written == written) return LBC_OK;
            if (!is_written && ++ix->missed > MAX_MISS) return lost(ix, at);
        }
    return LBC_OK;
}

/* The frames that a chunk (or its first piece) holds. */
static lbc_status add_chunk(indexing *ix, const chunking *c, uint64_t at, const lbc_place_of_frame *place)
{
    lbc_status status = add_unwritten(ix, at);
    const uint64_t end = c->deep < ix->declared - at ? at + c->deep : ix->declared;
    while (ix->stored->frames < end && status == LBC_OK) status = add_place(ix, *place);
    return status;
}

/* Notes the frames of which any chunk was never written; only some of them were noted so far. */
static lbc_status note_torn(indexing *ix, const chunking *c)
{
    lbc_stored *s = ix->stored;
    s->unwritten = 0;
    for (uint64_t at = 0; at < s->frames; at += c->deep) {
        lbc_chunk_place place;
        const lbc_status status = find_chunk(ix, c, at, false, &place);
        if (status != LBC_OK) return status;
        const uint64_t end = c->deep < s->frames - at ? at + c->deep : s->frames;
        for (uint64_t i = at; i < end && place.offset == LBC_NOWHERE; i++) note_unwritten(s, i);
    }
    return LBC_OK;
}

/* With chunks of one whole frame, stored in a form that we know, this is the fast way. */
static lbc_status index_chunks(indexing *ix, const chunking *c)
{
    const lbc_stored *s = ix->stored;
    const lbc_shape shape = s->shape;
    const bool whole = c->tall == shape.ny && c->wide == shape.nx;
    const bool ours = whole && c->deep == 1 && ix->native && !ix->input->options.through_hdf5;
    lbc_status status = LBC_OK;
    hsize_t chunks = 0, seen = 0;
    hid_t space = H5Dget_space(ix->dataset); /* 1.10 does not take H5S_ALL here */
    if (lbc_sure(H5Dget_num_chunks(ix->dataset, space, &chunks), ix->dataset, "its chunks") < 0) chunks = ix->declared;
    lbc_h5_close(&space);
    const lbc_chunk_format *usual = NULL, *skipped = NULL;
    if (ours) status = lbc_index_format(ix->input, ix->dataset, s->type, shape, 0, &usual, ix->err);
    if (ours && status == LBC_OK)
        status = lbc_index_format(ix->input, ix->dataset, s->type, shape, 1, &skipped, ix->err);
    /* behind a very long hole there is nothing but damage */
    for (uint64_t at = 0; at < ix->declared && at - s->frames < MAX_HOLE && seen < chunks && status == LBC_OK;
         at += c->deep) {
        lbc_chunk_place place;
        status = find_chunk(ix, c, at, true, &place);
        if (status != LBC_OK || place.offset == LBC_NOWHERE) continue;
        seen++;
        const lbc_place_of_frame frame = {.offset = whole ? place.offset : LBC_NOWHERE,
                                          .size = whole ? place.size / c->deep : 0,
                                          .format = place.skipped ? skipped : usual};
        status = add_chunk(ix, c, at, &frame);
    }
    const hsize_t pieces = ((shape.ny - 1) / c->tall + 1) * ((shape.nx - 1) / c->wide + 1);
    return status == LBC_OK && seen * pieces != chunks ? note_torn(ix, c) : status;
}

/* Frames one after another, as they are. */
static lbc_status index_contiguous(indexing *ix)
{
    lbc_stored *s = ix->stored;
    lbc_status status = LBC_OK;
    const lbc_chunk_format *format = NULL;
    const uint64_t size = frame_bytes(s);
    const haddr_t offset = H5Dget_offset(ix->dataset);
    const bool outside = lbc_sure(H5Pget_external_count(ix->properties), ix->dataset, "its layout") > 0;
    if (offset == HADDR_UNDEF && !outside) return LBC_OK; /* never written */
    if (!outside && (offset > s->source->identity.size || ix->declared > (s->source->identity.size - offset) / size))
        return lbc_fail(ix->err, LBC_E_FORMAT, "%s: ends before the last image of %s (was it cut short?)",
                        s->source->path, s->path);
    if (!outside && ix->native && !ix->input->options.through_hdf5)
        status = lbc_index_format(ix->input, ix->dataset, s->type, s->shape, 0, &format, ix->err);
    for (uint64_t i = 0; i < ix->declared && status == LBC_OK; i++)
        status = add_place(ix, (lbc_place_of_frame){outside ? LBC_NOWHERE : offset + i * size, size, format, NULL});
    return status;
}

/* Frames in no place of their own (compact, or pieced together by a virtual data set). */
static lbc_status index_opaque(indexing *ix)
{
    lbc_status status = LBC_OK;
    const hsize_t bytes = H5Dget_storage_size(ix->dataset);
    if (bytes == 0 && H5Pget_layout(ix->properties) != H5D_VIRTUAL) return LBC_OK;
    for (uint64_t i = 0; i < ix->declared && status == LBC_OK; i++)
        status = add_place(ix, (lbc_place_of_frame){LBC_NOWHERE, bytes / ix->declared, NULL, NULL});
    return status;
}

static lbc_status index_chunked(indexing *ix)
{
    lbc_stored *s = ix->stored;
    hsize_t dims[3];
    const int rank = H5Pget_chunk(ix->properties, 3, dims);
    if (rank != (s->single ? 2 : 3) || dims[rank - 2] == 0 || dims[rank - 1] == 0 || dims[0] == 0)
        return lbc_fail(ix->err, LBC_E_FORMAT, "%s: the chunks of %s are damaged", s->source->path, s->path);
    const chunking c = {s->single ? 1 : dims[0], dims[rank - 2], dims[rank - 1]};
    s->fill_masks = fill_masks(ix);
    /* while HDF5 reads frame after frame, chunks that hold more of the next ones should stay decoded */
    const hsize_t down = (s->shape.ny - 1) / c.tall + 1, across = (s->shape.nx - 1) / c.wide + 1;
    const double wanted = (double)down * (double)across * (double)c.deep * (double)c.tall * (double)c.wide *
                          (double)lbc_pixel_size(s->type);
    if (c.deep > 1) s->cache_bytes = wanted < (double)MAX_CACHE ? (size_t)wanted : MAX_CACHE;
    const lbc_status status = index_chunks(ix, &c);
    if (status == LBC_OK && s->frames && !s->place[0].size) /* frames in pieces: their share */
        for (uint64_t i = 0, share = H5Dget_storage_size(ix->dataset) / s->frames; i < s->frames; i++)
            s->place[i].size = share;
    return status;
}

static lbc_status index_frames(indexing *ix)
{
    switch (lbc_sure(H5Pget_layout(ix->properties), ix->dataset, "its layout")) {
    case H5D_CHUNKED: return index_chunked(ix);
    case H5D_CONTIGUOUS: return index_contiguous(ix);
    default: return index_opaque(ix);
    }
}

/* ---- one data set -------------------------------------------------------------------------- */

static lbc_status read_type(indexing *ix)
{
    lbc_stored *s = ix->stored;
    hid_t type = H5Dget_type(ix->dataset);
    const bool ok = lbc_pixel_type_of(type, &s->type, &ix->native);
    const char *kind = H5Tget_class(type) == H5T_FLOAT ? "floating-point numbers" : "not numbers";
    if (H5Tget_class(type) == H5T_INTEGER) kind = "integers of another size";
    lbc_h5_close(&type);
    if (ok) return LBC_OK;
    return lbc_fail(ix->err, LBC_E_UNSUPPORTED,
                    "%s: the pixels of %s are %s; only integers of 8, 16 and 32 bits can be images", s->source->path,
                    s->path, kind);
}

static lbc_status read_shape(indexing *ix)
{
    lbc_stored *s = ix->stored;
    hsize_t dims[3];
    const int rank = lbc_h5_shape(ix->dataset, dims, 3);
    if (rank != 2 && rank != 3)
        return lbc_fail(ix->err, LBC_E_UNSUPPORTED, "%s: %s is no stack of images (frames, rows, columns)",
                        s->source->path, s->path);
    const hsize_t ny = dims[rank - 2], nx = dims[rank - 1];
    s->single = rank == 2;
    ix->declared = rank == 2 ? 1 : dims[0];
    if (ny == 0 || nx == 0)
        return lbc_fail(ix->err, LBC_E_FORMAT, "%s: the images of %s have no pixels (%llu x %llu)", s->source->path,
                        s->path, (unsigned long long)nx, (unsigned long long)ny);
    if (ny > LBC_MAX_PIXELS || nx > LBC_MAX_PIXELS || ny * nx > LBC_MAX_PIXELS)
        return lbc_fail(ix->err, LBC_E_UNSUPPORTED,
                        "%s: the images of %s are absurdly large (%llu x %llu; at most 2^31 pixels)", s->source->path,
                        s->path, (unsigned long long)nx, (unsigned long long)ny);
    if (ix->declared > LBC_MAX_FRAMES)
        return lbc_fail(ix->err, LBC_E_UNSUPPORTED, "%s: %s claims %llu images; at most %llu make a series",
                        s->source->path, s->path, (unsigned long long)ix->declared, (unsigned long long)LBC_MAX_FRAMES);
    s->shape = (lbc_shape){(uint32_t)ny, (uint32_t)nx};
    return LBC_OK;
}

static bool any_through_hdf5(const lbc_stored *s)
{
    for (uint64_t i = 0; i < s->frames; i++)
        if (!s->place[i].format && !s->place[i].lacking) return true;
    return false;
}

static haddr_t object_address(hid_t id)
{
    H5O_info_t info;
    return H5Oget_info2(id, &info, H5O_INFO_BASIC) < 0 ? HADDR_UNDEF : info.addr;
}

/* The path by which an object was opened; freed with free(). NULL: out of memory, or it has none. */
static char *object_path(hid_t id)
{
    const ssize_t length = H5Iget_name(id, NULL, 0);
    char *path = length > 0 ? lbc_alloc_zero((size_t)length + 1, 1) : NULL;
    if (path) H5Iget_name(id, path, (size_t)length + 1);
    return path;
}

/* A new last entry for the data set, with nothing read yet; *known: it is there already, as *which. */
static lbc_status enter(lbc_input *input, const lbc_object *dataset, bool *known, uint32_t *which, lbc_error *err)
{
    const haddr_t address = object_address(dataset->id);
    *known = true;
    for (*which = input->nstored; (*which)-- > 0;)
        if (input->stored[*which].source == dataset->source && input->stored[*which].address == address) return LBC_OK;
    *known = false;
    *which = input->nstored;
    if (input->nstored == input->stored_capacity) {
        const uint32_t wider = input->stored_capacity ? 2 * input->stored_capacity : 16;
        lbc_stored *grown = realloc(input->stored, wider * sizeof *grown);
        if (!grown) return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", input->path);
        input->stored = grown;
        input->stored_capacity = wider;
    }
    char *path = object_path(dataset->id);
    if (!path) return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", input->path);
    input->stored[input->nstored++] =
        (lbc_stored){.source = dataset->source, .path = path, .address = address, .dataset = H5I_INVALID_HID};
    return LBC_OK;
}

static lbc_status index_entry(lbc_input *input, const lbc_object *dataset, const lbc_pixel_type *pieces,
                              uint32_t *which, lbc_error *err)
{
    bool known;
    lbc_status status = enter(input, dataset, &known, which, err);
    if (status != LBC_OK || known) return status;
    indexing ix = {.input = input, .stored = &input->stored[*which], .dataset = dataset->id, .err = err};
    ix.properties = H5Dget_create_plist(dataset->id);
    if (ix.properties < 0)
        return lbc_fail(err, LBC_E_FORMAT, "%s: %s is damaged", dataset->source->path, ix.stored->path);
    if (pieces)
        ix.stored->type = *pieces;
    else
        status = read_type(&ix);
    if (status == LBC_OK) status = read_shape(&ix);
    if (status == LBC_OK && ix.declared) status = index_frames(&ix);
    if (status == LBC_OK && any_through_hdf5(ix.stored))
        status = lbc_h5_check_filters(dataset->id, dataset->source->path, err);
    lbc_h5_close(&ix.properties);
    return status;
}

lbc_status lbc_index_stored(lbc_input *input, const lbc_object *dataset, uint32_t *which, lbc_error *err)
{
    return index_entry(input, dataset, NULL, which, err);
}

lbc_status lbc_index_pieces(lbc_input *input, const lbc_object *dataset, lbc_pixel_type type, uint32_t *which,
                            lbc_error *err)
{
    return index_entry(input, dataset, &type, which, err);
}
