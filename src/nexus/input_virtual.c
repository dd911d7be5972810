/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtual data sets: which frame of which stored data set each virtual frame is.
 *
 * A virtual data set is a list of mappings, each from a selection of itself to a selection of a source.
 * Where all selections are of whole frames, the sources' frames are put in order and the virtual data set
 * is not needed any more: neither its declared type (which is often wider than what is stored) nor
 * HDF5 to read it. Where frames are pieced together (detector modules in files of their own), HDF5 reads
 * them, as the sources' type.
 */
#include "base/memory.h"
#include "nexus/doubt.h"
#include "nexus/input_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A regular selection: in frames start + i * stride + j, i < count, j < block, so many pixels of each; 0: all. */
typedef struct slab {
    uint64_t start, stride, count, block, pixels;
} slab;

typedef struct mapping {
    char *file, *dataset; /* freed with free() */
    uint64_t begin, end;  /* of the virtual frames that are mapped */
    slab virtual_frames, source_frames;
    bool regular; /* both are known */
    bool whole;   /* both selections are of whole frames */
} mapping;

typedef struct mapper {
    lbc_input *input;
    const lbc_object *object; /* the virtual data set */
    hid_t properties;
    hsize_t dims[3];
    int depth;
    lbc_frame_ref *frame;   /* [dims[0]] */
    uint64_t first_missing; /* the earliest virtual frame whose source is missing, and why */
    char why[LBC_ERROR_SIZE];
    lbc_error *err;
} mapper;

/* ---- bounds --------------------------------------------------------------------------------- */

/* Virtual data sets over one another can make endless work of a few mappings. Each frame that one of them has or takes
 * counts 1, each mapping as much as a file takes to open; no honest series comes near the sum. */
#define MAPPING_WORK 1024
#define MOST_WORK    (UINT64_C(1) << 27)

static lbc_status note_work(mapper *m, uint64_t work)
{
    m->input->mapped += work;
    if (m->input->mapped <= MOST_WORK) return LBC_OK;
    return lbc_fail(m->err, LBC_E_UNSUPPORTED, "%s: virtual data sets with too many mappings between them",
                    m->object->source->path);
}

/* ---- selections ---------------------------------------------------------------------------- */

/* Takes the first dimension of a selection; false when it is not regular. *whole: it is of whole frames of ny x nx
 * pixels. (The extent of a source's space is not to be relied on: where all is selected, it is not in the file.) */
static bool frames_of(hid_t space, hsize_t ny, hsize_t nx, slab *frames, bool *whole)
{
    const hsize_t side[3] = {0, ny, nx};
    hsize_t start[3], stride[3], count[3], block[3];
    const int64_t how = lbc_sure(H5Sget_select_type(space), H5I_INVALID_HID, "a selection");
    *whole = how == H5S_SEL_ALL;
    if (*whole) {
        *frames = (slab){0, 1, H5S_UNLIMITED, 1, 0};
        return true;
    }
    if (how != H5S_SEL_HYPERSLABS || lbc_sure(H5Sget_simple_extent_ndims(space), H5I_INVALID_HID, "a selection") != 3 ||
        lbc_sure(H5Sis_regular_hyperslab(space), H5I_INVALID_HID, "a selection") <= 0 ||
        lbc_sure(H5Sget_regular_hyperslab(space, start, stride, count, block), H5I_INVALID_HID, "a selection") < 0)
        return false;
    *frames = (slab){start[0], stride[0], count[0], block[0], 1};
    for (int d = 1; d < 3; d++)
        if (count[d] == H5S_UNLIMITED || block[d] == H5S_UNLIMITED || count[d] == 0 || block[d] == 0 ||
            __builtin_mul_overflow(frames->pixels, count[d], &frames->pixels) ||
            __builtin_mul_overflow(frames->pixels, block[d], &frames->pixels))
            return false;
    *whole = true;
    for (int d = 1; d < 3; d++)
        if (start[d] != 0 || (count[d] > 1 && stride[d] != block[d]) || side[d] % block[d] ||
            count[d] != side[d] / block[d])
            *whole = false;
    return true;
}

/* The frames in which anything is selected, of a space that is not unlimited: from *begin up to *end. */
static void bounds_of(hid_t space, uint64_t *begin, uint64_t *end)
{
    hsize_t first[3], last[3];
    const bool bounded = H5Sget_simple_extent_ndims(space) == 3 && H5Sget_select_bounds(space, first, last) >= 0;
    *begin = bounded ? first[0] : 0;
    *end = bounded ? last[0] + 1 : UINT64_MAX;
}

/* The n-th frame of a selection, or UINT64_MAX beyond its end. */
static uint64_t nth_frame(const slab *frames, uint64_t n)
{
    uint64_t frame;
    if (frames->block == 0) return UINT64_MAX;
    const uint64_t i = frames->block == H5S_UNLIMITED ? 0 : n / frames->block;
    const uint64_t j = frames->block == H5S_UNLIMITED ? n : n % frames->block;
    if (frames->count != H5S_UNLIMITED && i >= frames->count) return UINT64_MAX;
    if (__builtin_mul_overflow(i, frames->stride, &frame) || __builtin_add_overflow(frame, j, &frame) ||
        __builtin_add_overflow(frame, frames->start, &frame))
        return UINT64_MAX;
    return frame;
}

/* ---- mappings ------------------------------------------------------------------------------ */

typedef ssize_t name_getter(hid_t properties, size_t index, char *name, size_t size);

static char *mapping_name(name_getter *get, hid_t properties, size_t index)
{
    const ssize_t length = get(properties, index, NULL, 0);
    if (length < 0 || length > 1 << 16) return NULL;
    char *name = lbc_alloc_zero((size_t)length + 1, 1);
    if (name && get(properties, index, name, (size_t)length + 1) < 0) {
        free(name);
        name = NULL;
    }
    return name;
}

/* HDF5 has %% for a percent sign, and %b for the number of a block, of which there may be any number: false. */
static bool unescape(char *name)
{
    char *to = name;
    for (const char *from = name; *from; from++) {
        if (*from == '%' && *++from != '%') return false;
        *to++ = *from;
    }
    *to = '\0';
    return true;
}

static void mapping_free(mapping *map)
{
    free(map->file);
    free(map->dataset);
}

static lbc_status mapping_read(mapper *m, size_t index, mapping *map)
{
    lbc_status status = note_work(m, MAPPING_WORK);
    *map = (mapping){.file = mapping_name(H5Pget_virtual_filename, m->properties, index),
                     .dataset = mapping_name(H5Pget_virtual_dsetname, m->properties, index)};
    hid_t to = H5Pget_virtual_vspace(m->properties, index), from = H5Pget_virtual_srcspace(m->properties, index);
    if (status == LBC_OK && (!map->file || !map->dataset || to < 0 || from < 0))
        status = lbc_fail(m->err, LBC_E_FORMAT, "%s: mapping %zu of the virtual data set is damaged",
                          m->object->source->path, index);
    else if (status == LBC_OK && (!unescape(map->file) || !unescape(map->dataset)))
        status = lbc_fail(m->err, LBC_E_UNSUPPORTED,
                          "%s: a virtual data set over numbered sources (%s, %s) is not supported",
                          m->object->source->path, map->file, map->dataset);
    else if (status == LBC_OK) {
        bool whole_to, whole_from = false;
        map->regular = frames_of(to, m->dims[1], m->dims[2], &map->virtual_frames, &whole_to) &&
                       frames_of(from, m->dims[1], m->dims[2], &map->source_frames, &whole_from);
        map->whole = whole_to && whole_from;
    }
    bounds_of(to, &map->begin, &map->end);
    lbc_h5_close(&to);
    lbc_h5_close(&from);
    if (status != LBC_OK) mapping_free(map);
    return status;
}

/* The source of a mapping. LBC_DANGLING and LBC_ABSENT: *missing says what is not there. */
static lbc_found follow_source(mapper *m, const mapping *map, lbc_object *source, lbc_error *missing)
{
    lbc_object file = LBC_OBJECT_NONE;
    *source = LBC_OBJECT_NONE;
    const lbc_status status =
        lbc_sources_beside(&m->input->shared->sources, m->object->source, map->file, &file.source, missing);
    if (status != LBC_OK) return status == LBC_E_MEMORY ? LBC_BROKEN : LBC_DANGLING;
    file.id = file.source->h5;
    const char *path = map->dataset[0] == '/' ? map->dataset + 1 : map->dataset;
    const lbc_found found = lbc_follow_dataset(&m->input->shared->sources, &file, path, source, missing);
    if (found == LBC_ABSENT)
        lbc_fail(missing, LBC_E_FORMAT, "%s: no data set %s, which a virtual one takes images from", file.source->path,
                 map->dataset);
    return found;
}

/* ---- whole frames -------------------------------------------------------------------------- */

static void note_missing(mapper *m, const mapping *map, const char *why)
{
    const uint64_t first = nth_frame(&map->virtual_frames, 0);
    if (first >= m->first_missing) return;
    m->first_missing = first;
    snprintf(m->why, sizeof m->why, "%s", why);
}

/* The frames of a source: those of a list, or of one stored data set, in order. */
typedef struct source_frames {
    lbc_frame_list list; /* when the source is virtual itself */
    uint32_t stored;     /* else */
    uint64_t count;
} source_frames;

static lbc_status list_source(mapper *m, const lbc_object *source, source_frames *frames)
{
    lbc_status status;
    *frames = (source_frames){.count = 0};
    if (lbc_is_virtual(source->id)) {
        status = lbc_index_dataset(m->input, source, m->depth + 1, &frames->list, m->err);
        frames->count = frames->list.count;
        return status == LBC_OK ? note_work(m, frames->count) : status;
    }
    status = lbc_index_stored(m->input, source, &frames->stored, m->err);
    if (status == LBC_OK) frames->count = m->input->stored[frames->stored].frames;
    return status;
}

static lbc_frame_ref frame_at(const source_frames *source, uint64_t n)
{
    return source->list.frame ? source->list.frame[n] : (lbc_frame_ref){source->stored, (uint32_t)n};
}

/* Puts the frames of one source in their places. A source shorter than its mapping leaves places open. */
static lbc_status place_frames(mapper *m, const mapping *map, const source_frames *source)
{
    const lbc_frame_list *list = &source->list;
    for (uint64_t n = 0;; n++) {
        const uint64_t to = nth_frame(&map->virtual_frames, n), from = nth_frame(&map->source_frames, n);
        if (to >= m->dims[0]) return note_work(m, n);
        if (from < source->count) {
            m->frame[to] = frame_at(source, from);
        } else {
            if (to < m->first_missing && list->missing) {
                m->first_missing = to;
                snprintf(m->why, sizeof m->why, "%s", list->missing);
            }
            return note_work(m, n);
        }
    }
}

static lbc_status map_frames(mapper *m, const mapping *map)
{
    lbc_object source;
    lbc_error missing = {LBC_OK, ""};
    source_frames frames;
    const lbc_found found = follow_source(m, map, &source, &missing);
    if (found == LBC_BROKEN) {
        if (m->err) *m->err = missing;
        return missing.status;
    }
    if (found != LBC_FOUND) {
        note_missing(m, map, missing.text);
        return LBC_OK;
    }
    lbc_status status = list_source(m, &source, &frames);
    if (status == LBC_OK) status = place_frames(m, map, &frames);
    lbc_frame_list_free(&frames.list);
    lbc_h5_close(&source.id);
    if (source.source != m->object->source) lbc_source_close(source.source);
    return status;
}

/* The frames up to the first that nothing was mapped to. */
static lbc_status take_frames(mapper *m, lbc_frame_list *list)
{
    char text[LBC_ERROR_SIZE], path[512];
    for (uint64_t i = 0; i < m->dims[0]; i++) {
        if (m->frame[i].stored != LBC_NO_FRAME) {
            const lbc_status status = lbc_frame_list_add(list, m->frame[i].stored, m->frame[i].index, m->err);
            if (status != LBC_OK) return status;
            continue;
        }
        if (m->first_missing <= i) return lbc_frame_list_end(list, m->why, m->err);
        snprintf(text, sizeof text, "%s: there is nothing behind image %llu of the virtual data set %s",
                 m->object->source->path, (unsigned long long)i + 1, lbc_object_path(m->object->id, path, sizeof path));
        return lbc_frame_list_end(list, text, m->err);
    }
    return LBC_OK;
}

/* ---- frames in pieces ---------------------------------------------------------------------- */

/* Of a frame of the virtual data set. */
typedef struct pieced {
    const lbc_source *lacking; /* where a piece was not written, or not wholly; NULL: all were */
    bool any;                  /* piece was written */
} pieced;

static void note_piece(pieced *frame, const lbc_source *lacking, bool any)
{
    if (!frame->lacking) frame->lacking = lacking;
    frame->any = frame->any || any;
}

/* Whether nothing of a data set of any rank was left unwritten. */
static bool all_written(hid_t dataset)
{
    hsize_t dims[H5S_MAX_RANK], side[H5S_MAX_RANK], written = 0, chunks = 1;
    hid_t properties = H5Dget_create_plist(dataset), space = H5Dget_space(dataset);
    const int rank = H5Sget_simple_extent_dims(space, dims, NULL);
    const H5D_layout_t layout = H5Pget_layout(properties);
    bool all = rank >= 0 && layout != H5D_LAYOUT_ERROR;
    if (all && layout == H5D_CHUNKED) {
        all = H5Pget_chunk(properties, H5S_MAX_RANK, side) == rank;
        for (int d = 0; d < rank && all; d++)
            all = dims[d] && side[d] && !__builtin_mul_overflow(chunks, (dims[d] - 1) / side[d] + 1, &chunks);
        all = all && H5Dget_num_chunks(dataset, space, &written) >= 0 && written == chunks;
    } else if (all && layout == H5D_CONTIGUOUS) {
        all = H5Dget_offset(dataset) != HADDR_UNDEF || H5Pget_external_count(properties) > 0;
    }
    lbc_h5_close(&space);
    lbc_h5_close(&properties);
    return all;
}

/* Where a frame of a source is lacking; NULL: nowhere. */
static const lbc_source *lacking_at(const mapper *m, const source_frames *frames, uint64_t n)
{
    const lbc_frame_ref ref = frame_at(frames, n);
    return m->input->stored[ref.stored].place[ref.index].lacking;
}

/* Whether each frame of the source's selection goes into one of the virtual data set's. */
static bool in_step(const mapper *m, const mapping *map, const source_frames *frames)
{
    if (!map->regular || frames->count == 0) return false;
    const uint64_t whole = lbc_shape_pixels(m->input->stored[frame_at(frames, 0).stored].shape);
    const uint64_t to = map->virtual_frames.pixels, from = map->source_frames.pixels;
    return (to ? to : m->dims[1] * m->dims[2]) == (from ? from : whole);
}

/* Notes of which frames pieces were written; of those that do not go one by one all, when anything is missing. */
static lbc_status note_pieces(mapper *m, const mapping *map, const lbc_object *source, pieced *frame)
{
    source_frames frames = {.count = 0};
    hsize_t dims[3];
    uint64_t at, n = 0;
    const int rank = lbc_h5_shape(source->id, dims, 3);
    const bool stack = rank == 2 || rank == 3;
    lbc_status status = stack ? list_source(m, source, &frames) : LBC_OK;
    if (status == LBC_OK && stack && in_step(m, map, &frames)) {
        for (; (at = nth_frame(&map->virtual_frames, n)) < m->dims[0]; n++) {
            const uint64_t from = nth_frame(&map->source_frames, n);
            const bool there = from < frames.count;
            note_piece(&frame[at], there ? lacking_at(m, &frames, from) : source->source, there);
        }
    } else if (status == LBC_OK) {
        bool all = all_written(source->id) && !frames.list.missing;
        for (; n < frames.count; n++) all = all && !lacking_at(m, &frames, n);
        for (at = map->begin; at < map->end && at < m->dims[0]; at++, n++)
            note_piece(&frame[at], all ? NULL : source->source, !stack || frames.count);
    }
    lbc_frame_list_free(&frames.list);
    return status == LBC_OK ? note_work(m, n) : status;
}

/* A source of pieces: *type is that of its pixels, as of those before it. */
static lbc_status check_source(mapper *m, const lbc_object *source, bool first, lbc_pixel_type *type)
{
    lbc_pixel_type its;
    bool native;
    hid_t source_type = H5Dget_type(source->id);
    const bool is_pixel = lbc_pixel_type_of(source_type, &its, &native);
    lbc_h5_close(&source_type);
    if (!is_pixel || (!first && its != *type))
        return lbc_fail(m->err, LBC_E_UNSUPPORTED,
                        "%s: images pieced together from pixels that are not integers of one type",
                        source->source->path);
    *type = its;
    const lbc_status status = lbc_h5_check_filters(source->id, source->source->path, m->err);
    if (status != LBC_OK || lbc_h5_chunks_sound(source->id, NULL, NULL)) return status;
    return lbc_fail(m->err, LBC_E_FORMAT, "%s: a chunk is shorter or longer than it should be", source->source->path);
}

/* HDF5 would give fill values for a source that it does not find, or that was not written, so all must be there; the
 * pixels' type is theirs. */
static lbc_status look_at_pieces(mapper *m, size_t nmappings, lbc_pixel_type *type, pieced *frame)
{
    lbc_status status = LBC_OK;
    for (size_t i = 0; i < nmappings && status == LBC_OK; i++) {
        mapping map;
        lbc_object source;
        status = mapping_read(m, i, &map);
        if (status != LBC_OK) break;
        if (follow_source(m, &map, &source, m->err) != LBC_FOUND) status = LBC_E_FORMAT;
        if (status == LBC_OK) status = check_source(m, &source, i == 0, type);
        if (status == LBC_OK) status = note_pieces(m, &map, &source, frame);
        if (status == LBC_OK) source.source->holds_frames = true;
        mapping_free(&map);
        lbc_h5_close(&source.id);
    }
    return status;
}

static lbc_status index_pieces(mapper *m, size_t nmappings, lbc_frame_list *list)
{
    lbc_pixel_type type = LBC_U8;
    uint32_t which = 0;
    pieced *frame = lbc_alloc_zero(m->dims[0], sizeof *frame);
    if (!frame) return lbc_fail(m->err, LBC_E_MEMORY, "%s: out of memory", m->object->source->path);
    lbc_status status = look_at_pieces(m, nmappings, &type, frame);
    if (status == LBC_OK) status = lbc_index_pieces(m->input, m->object, type, &which, m->err);
    lbc_stored *s = status == LBC_OK ? &m->input->stored[which] : NULL;
    uint64_t end = s ? s->frames : 0;
    while (end > 0 && !frame[end - 1].any) end--;
    if (s) s->unwritten = 0;
    for (uint64_t i = 0; i < end && status == LBC_OK; i++) {
        s->place[i].lacking = frame[i].any ? frame[i].lacking : m->object->source;
        if (s->place[i].lacking) s->unwritten++;
        status = lbc_frame_list_add(list, which, i, m->err);
    }
    free(frame);
    return status;
}

/* ---- a virtual data set -------------------------------------------------------------------- */

/* *whole: every mapping was of whole frames, and they are in their places. */
static lbc_status map_all(mapper *m, size_t nmappings, bool *whole)
{
    lbc_status status = LBC_OK;
    *whole = true;
    for (size_t i = 0; i < nmappings && status == LBC_OK && *whole; i++) {
        mapping map;
        status = mapping_read(m, i, &map);
        if (status != LBC_OK) break;
        *whole = map.whole;
        if (*whole) status = map_frames(m, &map);
        mapping_free(&map);
    }
    return status;
}

static lbc_status check_shape(const mapper *m)
{
    const uint64_t ny = m->dims[1], nx = m->dims[2];
    for (uint64_t i = 0; i < m->dims[0]; i++) {
        if (m->frame[i].stored == LBC_NO_FRAME) continue;
        const lbc_stored *s = &m->input->stored[m->frame[i].stored];
        if (s->shape.ny == ny && s->shape.nx == nx) continue;
        return lbc_fail(m->err, LBC_E_FORMAT,
                        "%s: the virtual data set has images of %llu x %llu pixels, those behind it in %s have %u x %u",
                        m->object->source->path, (unsigned long long)nx, (unsigned long long)ny, s->source->path,
                        s->shape.nx, s->shape.ny);
    }
    return LBC_OK;
}

lbc_status lbc_index_virtual(lbc_input *input, const lbc_object *object, int depth, lbc_frame_list *list,
                             lbc_error *err)
{
    mapper m = {.input = input, .object = object, .depth = depth, .first_missing = UINT64_MAX, .err = err};
    size_t nmappings = 0;
    bool whole = false;
    const char *path = object->source->path;
    if (lbc_h5_shape(object->id, m.dims, 3) != 3)
        return lbc_fail(err, LBC_E_UNSUPPORTED,
                        "%s: the virtual data set is no stack of images (frames, rows, columns)", path);
    if (m.dims[0] > LBC_MAX_FRAMES)
        return lbc_fail(err, LBC_E_UNSUPPORTED,
                        "%s: the virtual data set claims %llu images; at most %llu make a series", path,
                        (unsigned long long)m.dims[0], (unsigned long long)LBC_MAX_FRAMES);
    lbc_status status = note_work(&m, m.dims[0]);
    if (status != LBC_OK) return status;
    m.properties = H5Dget_create_plist(object->id);
    m.frame = lbc_alloc(m.dims[0], sizeof *m.frame);
    status = m.frame ? LBC_OK : lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", path);
    if (status == LBC_OK && (m.properties < 0 || H5Pget_virtual_count(m.properties, &nmappings) < 0))
        status = lbc_fail(err, LBC_E_FORMAT, "%s: the virtual data set is damaged", path);
    if (status == LBC_OK) {
        memset(m.frame, 0xff, m.dims[0] * sizeof *m.frame); /* LBC_NO_FRAME */
        status = map_all(&m, nmappings, &whole);
    }
    if (status == LBC_OK && whole) status = check_shape(&m);
    if (status == LBC_OK) status = whole ? take_frames(&m, list) : index_pieces(&m, nmappings, list);
    lbc_h5_close(&m.properties);
    free(m.frame);
    return status;
}
