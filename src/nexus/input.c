/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/input.h"

#include "base/line.h"
#include "base/memory.h"
#include "nexus/doubt.h"
#include "nexus/input_internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- messages ------------------------------------------------------------------------------ */

void lbc_log_send(const lbc_log *log, lbc_level level, const char *format, ...)
{
    char text[LBC_ERROR_SIZE];
    va_list args;
    if (!log || !log->fn) return;
    va_start(args, format);
    lbc_line(text, format, args);
    va_end(args);
    log->fn(log->user, level, text);
}

/* A note that finds no memory is lost: none is worth a failure. */
void lbc_input_note(lbc_input *input, lbc_level level, const char *format, ...)
{
    char text[LBC_ERROR_SIZE];
    va_list args;
    va_start(args, format);
    lbc_line(text, format, args);
    va_end(args);
    /* two ways to a field may end at the same broken link: once is enough */
    for (const lbc_note *n = input->notes; n; n = n->next)
        if (strcmp(n->text, text) == 0) return;
    const size_t size = strlen(text) + 1;
    lbc_note *note = lbc_alloc(1, sizeof *note + size);
    if (!note) return;
    note->next = NULL;
    note->level = level;
    memcpy(note->text, text, size);
    *input->last_note = note;
    input->last_note = &note->next;
}

static void send_notes(lbc_input *input)
{
    while (input->notes) {
        lbc_note *note = input->notes;
        lbc_log_send(&input->options.log, note->level, "%s", note->text);
        input->notes = note->next;
        free(note);
    }
    input->last_note = &input->notes;
}

/* ---- open and close ------------------------------------------------------------------------ */

/* All of lbc_input_open that needs HDF5. */
static lbc_status read_master(lbc_input *input, lbc_error *err)
{
    lbc_groups groups;
    lbc_source *master;
    lbc_status status = lbc_sources_add(&input->shared->sources, input->path, &master, err);
    if (status != LBC_OK) return status;
    status = lbc_groups_open(input, &groups, err);
    if (status == LBC_OK && groups.data.id < 0)
        status = lbc_fail(err, LBC_E_FORMAT, "%s: no images: no NXdata group (usually /entry/data)", input->path);
    if (status == LBC_OK) status = lbc_claim_read(input, &groups, err);
    if (status == LBC_OK) status = lbc_index_build(input, &groups.data, err);
    if (status == LBC_OK && groups.instrument.id < 0) status = lbc_input_is_data_file(input, err);
    if (status == LBC_OK) status = lbc_facts_read(input, &groups, err);
    if (status == LBC_OK) status = lbc_mask_read(input, &groups, err);
    if (status == LBC_OK) status = lbc_modules_read(input, &groups, err);
    if (status == LBC_OK) status = lbc_about_read(input, &groups, err);
    if (status == LBC_OK) status = lbc_believe(input->path, err);
    lbc_groups_close(&groups);
    lbc_input_rest(input);
    return status;
}

lbc_input *lbc_input_new(const char *path, const lbc_input_options *options)
{
    lbc_input *input = lbc_alloc_zero(1, sizeof *input);
    if (!input) return NULL;
    input->last_note = &input->notes;
    if (options) input->options = *options;
    input->series.wavelength = input->series.distance = NAN;
    input->series.pixel_x = input->series.pixel_y = input->series.beam_x = input->series.beam_y = NAN;
    input->path = lbc_strdup(path);
    input->shared = lbc_alloc_zero(1, sizeof *input->shared);
    if (input->shared) lbc_sources_init(&input->shared->sources);
    if (input->path && input->shared) return input;
    lbc_input_close(input);
    return NULL;
}

lbc_status lbc_input_open(lbc_input **opened, const char *path, const lbc_input_options *options, lbc_error *err)
{
    *opened = NULL;
    lbc_input *input = lbc_input_new(path, options);
    if (!input) return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", path);
    lbc_h5_enter();
    const lbc_status status = read_master(input, err);
    lbc_h5_leave();
    send_notes(input);
    if (status == LBC_OK)
        *opened = input;
    else
        lbc_input_close(input);
    return status;
}

void lbc_input_close(lbc_input *input)
{
    if (!input) return;
    lbc_h5_enter();
    lbc_index_clear(input);
    if (input->shared) lbc_sources_free(&input->shared->sources);
    lbc_h5_leave();
    for (uint32_t i = 0; i < input->nformats; i++) free(input->formats[i]);
    free(input->formats);
    while (input->notes) {
        lbc_note *note = input->notes;
        input->notes = note->next;
        free(note);
    }
    free(input->mask);
    free(input->angles);
    free(input->modules);
    free(input->shared);
    free(input->path);
    free(input);
}

/* ---- what was found ------------------------------------------------------------------------ */

lbc_status lbc_input_complete(const lbc_input *input, lbc_error *err)
{
    const lbc_series *s = &input->series;
    const unsigned long long there = s->frames;
    const uint64_t claimed = lbc_claimed(s);
    if (input->frames.missing)
        return lbc_fail(err, LBC_E_FORMAT, "%s; images 1 to %llu are there: a run with -N %llu takes them",
                        input->frames.missing, there, there);
    if (claimed > s->frames)
        return lbc_fail(err, LBC_E_FORMAT,
                        "%s: the master says %llu images (nimages %llu, ntrigger %llu), but only %llu %s there: "
                        "a run with -N %llu takes %s",
                        input->path, (unsigned long long)claimed, (unsigned long long)s->nimages,
                        (unsigned long long)s->ntrigger, there, there == 1 ? "is" : "are", there,
                        there == 1 ? "it" : "them");
    if (claimed && claimed < s->frames)
        return lbc_fail(err, LBC_E_FORMAT,
                        "%s: the master says %llu image%s (nimages %llu, ntrigger %llu), but %llu are there: "
                        "a run with -N %llu takes all, with -N %llu %s it speaks of",
                        input->path, (unsigned long long)claimed, claimed == 1 ? "" : "s",
                        (unsigned long long)s->nimages, (unsigned long long)s->ntrigger, there, there,
                        (unsigned long long)claimed, claimed == 1 ? "the one" : "those");
    return LBC_OK;
}

const lbc_series *lbc_input_series(const lbc_input *input)
{
    return &input->series;
}
const char *lbc_input_path(const lbc_input *input)
{
    return input->path;
}

const char *lbc_input_file(const lbc_input *input, uint32_t n)
{
    lbc_sources *sources = &input->shared->sources;
    lbc_lock_take(&sources->lock);
    const char *path = n < sources->count ? sources->source[n]->path : NULL;
    lbc_lock_give(&sources->lock);
    return path;
}

static bool same_file(const lbc_file_identity *id, const struct stat *info)
{
    return id->device == (uint64_t)info->st_dev && id->inode == (uint64_t)info->st_ino;
}

bool lbc_input_is_file(const lbc_input *input, const char *path)
{
    struct stat info;
    bool found = false;
    if (!input || stat(path, &info) != 0) return false;
    lbc_sources *sources = &input->shared->sources;
    lbc_lock_take(&sources->lock);
    for (uint32_t i = 0; i < sources->count && !found; i++) found = same_file(&sources->source[i]->identity, &info);
    lbc_lock_give(&sources->lock);
    return found;
}

static const lbc_place_of_frame *place_of(const lbc_input *input, uint64_t frame, const lbc_stored **stored)
{
    const lbc_frame_ref ref = input->frames.frame[frame];
    *stored = &input->stored[ref.stored];
    return &(*stored)->place[ref.index];
}

const char *lbc_input_frame_place(const lbc_input *input, uint64_t frame, uint64_t *offset)
{
    const lbc_stored *stored;
    const lbc_place_of_frame *place = place_of(input, frame, &stored);
    *offset = place->offset == LBC_NOWHERE ? 0 : place->offset;
    return stored->source->path;
}

bool lbc_input_frame_is(const lbc_input *input, uint64_t frame, const char *path, uint64_t index)
{
    struct stat info;
    const lbc_frame_ref ref = input->frames.frame[frame];
    return ref.index == index && stat(path, &info) == 0 &&
           same_file(&input->stored[ref.stored].source->identity, &info);
}

bool lbc_input_frame_is_fast(const lbc_input *input, uint64_t frame)
{
    const lbc_stored *stored;
    return place_of(input, frame, &stored)->format != NULL;
}

uint64_t lbc_input_frame_bytes(const lbc_input *input, uint64_t frame)
{
    const lbc_stored *stored;
    return place_of(input, frame, &stored)->size;
}

/* ---- for the master's writer --------------------------------------------------------------- */

lbc_sources *lbc_input_sources(const lbc_input *input)
{
    return &input->shared->sources;
}

void lbc_input_rest(const lbc_input *input)
{
    const lbc_sources *sources = &input->shared->sources;
    for (uint32_t i = 1; i < sources->count; i++) lbc_source_close(sources->source[i]);
}
