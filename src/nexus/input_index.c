/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which frames there are: the data sets under the NXdata group, in order. */
#include "base/memory.h"
#include "nexus/doubt.h"
#include "nexus/input_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VIRTUAL_DEPTH 8

/* ---- lists of frames ----------------------------------------------------------------------- */

lbc_status lbc_frame_list_add(lbc_frame_list *list, uint32_t stored, uint64_t index, lbc_error *err)
{
    if (list->count == LBC_MAX_FRAMES)
        return lbc_fail(err, LBC_E_UNSUPPORTED, "more than %llu images in one series",
                        (unsigned long long)LBC_MAX_FRAMES);
    if (list->count == list->capacity) {
        const uint64_t wider = list->capacity ? 2 * list->capacity : 64;
        lbc_frame_ref *grown = realloc(list->frame, wider * sizeof *grown);
        if (!grown) return lbc_fail(err, LBC_E_MEMORY, "out of memory for the list of images");
        list->frame = grown;
        list->capacity = wider;
    }
    list->frame[list->count++] = (lbc_frame_ref){stored, (uint32_t)index};
    return LBC_OK;
}

lbc_status lbc_frame_list_end(lbc_frame_list *list, const char *why, lbc_error *err)
{
    if (!list->missing) list->missing = lbc_strdup(why);
    return list->missing ? LBC_OK : lbc_fail(err, LBC_E_MEMORY, "out of memory");
}

void lbc_frame_list_free(lbc_frame_list *list)
{
    free(list->frame);
    free(list->missing);
    *list = (lbc_frame_list){0};
}

void lbc_index_clear(lbc_input *input)
{
    for (uint32_t i = 0; i < input->nstored; i++) {
        lbc_h5_close(&input->stored[i].dataset);
        free(input->stored[i].path);
        free(input->stored[i].place);
    }
    free(input->stored);
    input->stored = NULL;
    input->nstored = input->stored_capacity = 0;
    lbc_frame_list_free(&input->frames);
}

/* ---- any data set -------------------------------------------------------------------------- */

bool lbc_is_virtual(hid_t dataset)
{
    hid_t properties = lbc_sure(H5Dget_create_plist(dataset), dataset, "its layout");
    const bool yes = properties >= 0 && lbc_sure(H5Pget_layout(properties), dataset, "its layout") == H5D_VIRTUAL;
    lbc_h5_close(&properties);
    return yes;
}

lbc_status lbc_index_dataset(lbc_input *input, const lbc_object *dataset, int depth, lbc_frame_list *list,
                             lbc_error *err)
{
    uint32_t which;
    if (lbc_is_virtual(dataset->id)) {
        if (depth >= MAX_VIRTUAL_DEPTH)
            return lbc_fail(err, LBC_E_FORMAT, "%s: virtual data sets that lead to one another in a circle",
                            dataset->source->path);
        return lbc_index_virtual(input, dataset, depth, list, err);
    }
    lbc_status status = lbc_index_stored(input, dataset, &which, err);
    const uint64_t frames = status == LBC_OK ? input->stored[which].frames : 0;
    for (uint64_t i = 0; i < frames && status == LBC_OK; i++) status = lbc_frame_list_add(list, which, i, err);
    return status;
}

/* ---- the blocks of a FileWriter master ----------------------------------------------------- */

typedef struct block {
    uint64_t number;
    const char *name;
} block;

/* "data_000012" is block 12. */
static bool block_number(const char *name, uint64_t *number)
{
    static const char prefix[] = "data_";
    if (strncmp(name, prefix, sizeof prefix - 1) != 0) return false;
    const char *digits = name + sizeof prefix - 1;
    const size_t n = strspn(digits, "0123456789");
    if (n == 0 || n > 9 || digits[n]) return false;
    *number = strtoul(digits, NULL, 10);
    return true;
}

static int compare_blocks(const void *a, const void *b)
{
    const uint64_t x = ((const block *)a)->number, y = ((const block *)b)->number;
    return (x > y) - (x < y);
}

/* The blocks among names, in order. *blocks is freed with free(); its names are those of `names`. */
static lbc_status find_blocks(const lbc_h5_names *names, block **blocks, size_t *count, lbc_error *err)
{
    *count = 0;
    *blocks = lbc_alloc(names->count, sizeof **blocks);
    if (!*blocks) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    for (size_t i = 0; i < names->count; i++) {
        block *b = *blocks + *count;
        b->name = names->name[i];
        if (block_number(b->name, &b->number)) ++*count;
    }
    if (*count) qsort(*blocks, *count, sizeof **blocks, compare_blocks);
    return LBC_OK;
}

/* The list ends where a number is left out; said so, since images behind it exist. */
static lbc_status end_at_gap(lbc_input *input, const lbc_object *data, uint64_t number, const char *next,
                             lbc_error *err)
{
    char text[LBC_ERROR_SIZE], group[512];
    snprintf(text, sizeof text, "%s: no %s/data_%06llu, though there is %s", data->source->path,
             lbc_object_path(data->id, group, sizeof group), (unsigned long long)number, next);
    return lbc_frame_list_end(&input->frames, text, err);
}

/* Where frames are missing between blocks. The list goes on, since those behind may be missing as well. */
typedef struct gap {
    uint64_t at;              /* frames before it */
    char why[LBC_ERROR_SIZE]; /* "": there is none */
} gap;

/* Of all blocks so far. */
typedef struct series_gaps {
    gap unwritten;  /* a block ended before its shape does */
    gap unnumbered; /* a block begins with a later image than should follow */
    double first;   /* number of the first image of all; NAN: not said */
    double last;    /* number that the block read last begins with; NAN: not said */
    uint64_t ahead; /* frames before that block */
    bool strange;   /* a block out of its place was told of */
} series_gaps;

/* Ends the list at the gap. */
static lbc_status end_at(lbc_frame_list *list, const gap *g, lbc_error *err)
{
    list->count = g->at;
    free(list->missing);
    list->missing = NULL;
    return lbc_frame_list_end(list, g->why, err);
}

/* A block that begins with no image which could follow those before it: it may be another file under its name. Some
 * writers count anew in each block, or from each trigger. */
static void check_place(lbc_input *input, series_gaps *g, const lbc_object *dataset, double number, uint64_t before)
{
    char path[512];
    const double next = g->last + (double)(before - g->ahead);
    const bool anew = number == g->first && (g->last == g->first || input->series.ntrigger != 1);
    if (!before || !isfinite(next) || number == next || anew || g->strange) return;
    g->strange = true;
    lbc_input_note(input, LBC_LEVEL_WARNING,
                   "%s: %s begins with image %.0f (image_nr_low), where image %.0f should follow: is the file of "
                   "this name the right one?",
                   dataset->source->path, lbc_object_path(dataset->id, path, sizeof path), number, next);
}

/* Looks at a block by its number of the first image, when `before` frames are before it. */
static void check_number(lbc_input *input, series_gaps *g, const lbc_object *dataset, uint64_t before)
{
    char path[512];
    double number;
    const bool said = lbc_h5_attr_numbers(dataset->id, "image_nr_low", &number, 1) == 1;
    if (before == 0) g->first = said ? number : NAN;
    const bool late = said && number > g->first + (double)before;
    if (said && !late) check_place(input, g, dataset, number, before);
    g->last = said ? number : NAN;
    g->ahead = before;
    if (!late || g->unnumbered.why[0]) return;
    g->unnumbered.at = before;
    snprintf(g->unnumbered.why, sizeof g->unnumbered.why,
             "%s: %s begins with image %.0f (image_nr_low), but those before it end with image %.0f",
             dataset->source->path, lbc_object_path(dataset->id, path, sizeof path), number,
             g->first + (double)before - 1);
}

/* Notes a block that gave fewer frames than its shape says. */
static void check_written(series_gaps *g, const lbc_object *dataset, uint64_t before, uint64_t after)
{
    hsize_t dims[3];
    char path[512];
    const int64_t rank = lbc_sure(lbc_h5_shape(dataset->id, dims, 3), dataset->id, "its shape");
    const uint64_t declared = rank == 3 ? dims[0] : 1;
    if (after - before >= declared || g->unwritten.why[0]) return;
    g->unwritten.at = after;
    snprintf(g->unwritten.why, sizeof g->unwritten.why,
             "%s: only %llu of %llu images in %s %s written, but later blocks hold images", dataset->source->path,
             (unsigned long long)(after - before), (unsigned long long)declared,
             lbc_object_path(dataset->id, path, sizeof path), after - before == 1 ? "was" : "were");
}

static lbc_status index_block(lbc_input *input, const lbc_object *data, const char *name, series_gaps *gaps,
                              lbc_error *err)
{
    lbc_object dataset;
    lbc_error trouble = {LBC_OK, ""};
    lbc_frame_list *list = &input->frames;
    const uint32_t stored_before = input->nstored;
    const uint64_t before = list->count;
    const lbc_found found = lbc_follow_dataset(&input->shared->sources, data, name, &dataset, &trouble);
    if (found == LBC_BROKEN) {
        if (err) *err = trouble;
        return trouble.status;
    }
    if (found == LBC_ABSENT) {
        char group[512];
        lbc_fail(&trouble, LBC_E_FORMAT, "%s: %s/%s is not a data set", data->source->path,
                 lbc_object_path(data->id, group, sizeof group), name);
    }
    if (found != LBC_FOUND) return lbc_frame_list_end(list, trouble.text, err);

    check_number(input, gaps, &dataset, before);
    lbc_status status = lbc_index_dataset(input, &dataset, 0, list, err);
    if (status == LBC_OK && gaps->unwritten.why[0] && list->count > before)
        status = end_at(list, &gaps->unwritten, err);
    else if (status == LBC_OK)
        check_written(gaps, &dataset, before, list->count);
    if (status == LBC_OK && input->nstored == stored_before) {
        char group[512];
        status =
            lbc_fail(err, LBC_E_FORMAT, "%s: %s/%s leads to a data set that a block before it leads to (%s)",
                     data->source->path, lbc_object_path(data->id, group, sizeof group), name, dataset.source->path);
    }
    lbc_h5_close(&dataset.id);
    /* thousands of files must not stay open; those that HDF5 has to read are opened again */
    if (dataset.source != data->source) lbc_source_close(dataset.source);
    return status;
}

static lbc_status index_blocks(lbc_input *input, const lbc_object *data, const block *blocks, size_t count,
                               lbc_error *err)
{
    lbc_status status = LBC_OK;
    series_gaps gaps = {.first = NAN, .last = NAN};
    uint64_t expected = blocks[0].number == 0 ? 0 : 1;
    for (size_t i = 0; i < count && status == LBC_OK && !input->frames.missing; i++, expected++) {
        if (blocks[i].number > expected)
            status = end_at_gap(input, data, expected, blocks[i].name, err);
        else if (blocks[i].number < expected)
            status = lbc_fail(err, LBC_E_FORMAT, "%s: block %s is there twice under different names",
                              data->source->path, blocks[i].name);
        else
            status = index_block(input, data, blocks[i].name, &gaps, err);
    }
    if (status != LBC_OK || !gaps.unnumbered.why[0] || input->frames.count <= gaps.unnumbered.at) return status;
    /* when all images are there that the master speaks of, it is the numbers that have gaps (of wedges, say) */
    if (input->frames.count != lbc_claimed(&input->series)) return end_at(&input->frames, &gaps.unnumbered, err);
    lbc_input_note(input, LBC_LEVEL_WARNING, "%s; the master speaks of %llu images, so none is missing",
                   gaps.unnumbered.why, (unsigned long long)input->frames.count);
    return status;
}

/* ---- what holds the images ----------------------------------------------------------------- */

/* All images behind one name: a virtual data set, or a plain one. */
static lbc_status index_one(lbc_input *input, const lbc_object *data, const char *name, size_t nblocks, lbc_error *err)
{
    lbc_object dataset;
    char group[512];
    const lbc_found found = lbc_follow_dataset(&input->shared->sources, data, name, &dataset, err);
    if (found == LBC_ABSENT)
        return lbc_fail(err, LBC_E_FORMAT, "%s: no images: neither data_000001 nor data in %s", data->source->path,
                        lbc_object_path(data->id, group, sizeof group));
    if (found != LBC_FOUND) return LBC_E_FORMAT;
    const lbc_status status = lbc_index_dataset(input, &dataset, 0, &input->frames, err);
    if (status == LBC_OK && nblocks > input->nstored && !input->frames.missing)
        lbc_input_note(input, LBC_LEVEL_WARNING, "%s: the virtual data set %s uses %u of the %zu blocks beside it",
                       data->source->path, lbc_object_path(dataset.id, group, sizeof group), input->nstored, nblocks);
    lbc_h5_close(&dataset.id);
    return status;
}

/* The name all images are behind, or NULL when the blocks are to be taken: a virtual data set gives the
 * order of the series where there are both, unless the group says that its signal is a block. */
static const char *whole_series_name(const lbc_object *data, size_t nblocks, char signal[64])
{
    uint64_t number;
    const bool said = lbc_h5_attr_text(data->id, "signal", signal, 64);
    if (said && nblocks && block_number(signal, &number)) return NULL;
    if (lbc_h5_has_link(data->id, "data")) return "data";
    if (nblocks) return NULL;
    return said ? signal : "data";
}

/* All frames must be of one kind: the first one's. */
static lbc_status check_alike(lbc_input *input, lbc_error *err)
{
    const lbc_stored *first = &input->stored[input->frames.frame[0].stored];
    for (uint64_t i = 0; i < input->frames.count; i++) {
        const lbc_stored *s = &input->stored[input->frames.frame[i].stored];
        if (s->type == first->type && s->shape.ny == first->shape.ny && s->shape.nx == first->shape.nx) continue;
        return lbc_fail(err, LBC_E_FORMAT,
                        "%s: %s holds images of %u x %u pixels (%s), those before it are %u x %u (%s): "
                        "not one series",
                        s->source->path, s->path, s->shape.nx, s->shape.ny, lbc_pixel_name(s->type), first->shape.nx,
                        first->shape.ny, lbc_pixel_name(first->type));
    }
    input->series.shape = first->shape;
    input->series.type = first->type;
    return LBC_OK;
}

/* Files, bytes, and frames that were not written. */
static void sum_up(lbc_input *input)
{
    const lbc_sources *sources = &input->shared->sources;
    for (uint32_t i = 0; i < input->nstored; i++) {
        const lbc_stored *s = &input->stored[i];
        s->source->holds_frames = true;
        if (s->unwritten)
            lbc_input_note(input, LBC_LEVEL_WARNING,
                           "%s: images of %s that were never written, or not wholly: %llu of %llu; %s", s->source->path,
                           s->path, (unsigned long long)s->unwritten, (unsigned long long)s->frames,
                           s->fill_masks ? "what is missing is masked" : "they cannot be read");
    }
    for (uint32_t i = 0; i < sources->count; i++) {
        if (!sources->source[i]->holds_frames) continue;
        input->series.files++;
        input->series.bytes += sources->source[i]->identity.size;
    }
}

lbc_status lbc_index_build(lbc_input *input, const lbc_object *data, lbc_error *err)
{
    lbc_h5_names names;
    block *blocks = NULL;
    size_t nblocks = 0;
    char signal[64], group[512];
    if (lbc_h5_names_read(&names, data->id) != LBC_OK)
        return lbc_fail(err, LBC_E_FORMAT, "%s: the group %s is damaged", data->source->path,
                        lbc_object_path(data->id, group, sizeof group));
    lbc_status status = find_blocks(&names, &blocks, &nblocks, err);
    if (status == LBC_OK) {
        const char *name = whole_series_name(data, nblocks, signal);
        status = name ? index_one(input, data, name, nblocks, err) : index_blocks(input, data, blocks, nblocks, err);
        if (name && nblocks && status == LBC_E_UNSUPPORTED) {
            lbc_index_clear(input);
            status = index_blocks(input, data, blocks, nblocks, err);
        }
    }
    free(blocks);
    lbc_h5_names_free(&names);
    if (status != LBC_OK) return status;
    if (input->frames.count == 0)
        return input->frames.missing ? lbc_fail(err, LBC_E_FORMAT, "%s", input->frames.missing)
                                     : lbc_fail(err, LBC_E_FORMAT, "%s: no image was ever written (in %s)",
                                                data->source->path, lbc_object_path(data->id, group, sizeof group));
    status = check_alike(input, err);
    if (status != LBC_OK) return status;
    input->series.frames = input->frames.count;
    sum_up(input);
    return LBC_OK;
}
