/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a set at rest is complete, judged from its files: what the master lists is there, every
 * checksum a file carries is right, and every frame can be decoded. */
#include "base/memory.h"
#include "base/pool.h"
#include "nexus/data_check.h"
#include "nexus/input.h"
#include "nexus/master_links.h"
#include "pipeline/names.h"

#include <inttypes.h>
#include <stdlib.h>

typedef struct verification {
    const lbc_options *options;
    lbc_input *input;
    lbc_frame_reader **readers; /* [workers] */
    lbc_progress progress;
    uint32_t files, without; /* data files looked at, and those that carry no checksums */
} verification;

static lbc_status tick(void *user, lbc_error *err)
{
    const verification *v = user;
    const lbc_options *o = v->options;
    if (o->progress && o->progress(o->user, &v->progress)) return lbc_fail(err, LBC_E_CANCELLED, "stopped");
    return LBC_OK;
}

/* ---- checksums ------------------------------------------------------------------------------ */

/* A set of ours is what its checksums say. Of another, that its files can be decoded must do. */
static lbc_status check_data(verification *v, const lbc_master_list *list, uint32_t n, uint64_t first, lbc_error *err)
{
    const lbc_data_expected expected = {.job = list->job[0] ? list->job : NULL,
                                        .frames = list->frames ? list->frames[n] : 0,
                                        .first_number = list->frames ? first : 0};
    lbc_data_found found = {0};
    char *path = lbc_names_linked(v->options->input, list->names[n]);
    if (!path) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    const lbc_status status = lbc_data_file_check(path, &expected, &found, err);
    free(path);
    v->files++;
    v->without += !found.carries;
    return list->listed || found.carries || status == LBC_E_MEMORY ? status : LBC_OK;
}

static lbc_status check_squash(const verification *v, const lbc_master_list *list, uint32_t n, uint64_t first,
                               lbc_error *err)
{
    const lbc_data_expected expected = {.job = list->job, .frames = list->frames[n], .first_number = first};
    char *path = lbc_names_linked(v->options->input, list->squash_names[n]);
    if (!path) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    const lbc_status status = lbc_squash_file_check(path, &expected, NULL, err);
    free(path);
    return status;
}

static lbc_status check_list(verification *v, const lbc_master_list *list, lbc_error *err)
{
    uint64_t first = 1;
    lbc_status status = LBC_OK;
    if (list->listed && (!list->agrees || (list->squash_files && list->squash_files != list->files)))
        return lbc_fail(err, LBC_E_MISMATCH, "%s: links other files than it lists", v->options->input);
    for (uint32_t n = 0; status == LBC_OK && n < list->files; n++) {
        status = check_data(v, list, n, first, err);
        if (status == LBC_OK && list->listed && list->squash_files) status = check_squash(v, list, n, first, err);
        if (status == LBC_OK) status = tick(v, err);
        if (list->frames) first += list->frames[n];
    }
    if (status == LBC_OK && list->listed && first - 1 != v->progress.frames)
        status = lbc_fail(err, LBC_E_MISMATCH, "%s: lists %" PRIu64 " images, but %" PRIu64 " are there",
                          v->options->input, first - 1, v->progress.frames);
    return status;
}

static lbc_status check_files(verification *v, lbc_error *err)
{
    lbc_master_list list = {0};
    lbc_status status = lbc_master_list_read(&list, v->options->input, err);
    if (status == LBC_OK) status = check_list(v, &list, err);
    lbc_master_list_free(&list);
    return status;
}

/* ---- frames --------------------------------------------------------------------------------- */

static void count_pixels(void *user, const void *pixels, size_t count)
{
    (void)pixels;
    *(size_t *)user += count;
}

static lbc_status decode(void *user, const lbc_pool_job *at, lbc_error *err)
{
    const verification *v = user;
    size_t pixels = 0;
    const lbc_pixel_sink sink = {count_pixels, &pixels};
    const lbc_status status = lbc_input_read(v->input, v->readers[at->worker], at->job, &sink, err);
    if (status || pixels == lbc_shape_pixels(lbc_input_series(v->input)->shape)) return status;
    return lbc_fail(err, LBC_E_FORMAT, "%s: image %" PRIu64 " holds too few pixels", v->options->input, at->job + 1);
}

static lbc_status count_frame(void *user, const lbc_pool_job *at, lbc_error *err)
{
    verification *v = user;
    (void)err;
    v->progress.frames_done = v->progress.frames_read = at->job + 1;
    v->progress.bytes_in += lbc_input_frame_bytes(v->input, at->job);
    return LBC_OK;
}

static lbc_status decode_all(verification *v, lbc_pool *pool, lbc_error *err)
{
    const unsigned workers = lbc_pool_workers(pool);
    v->readers = lbc_alloc_zero(workers, sizeof(lbc_frame_reader *));
    bool there = v->readers != NULL;
    for (unsigned i = 0; there && i < workers; i++) there = (v->readers[i] = lbc_frame_reader_new()) != NULL;
    const lbc_pool_task task = {.jobs = v->progress.frames,
                                .parts = 1,
                                .slots = 2 * workers,
                                .user = v,
                                .work = decode,
                                .deliver = count_frame,
                                .tick = tick};
    const lbc_status status =
        there ? lbc_pool_run(pool, &task, err) : lbc_fail(err, LBC_E_MEMORY, "out of memory for %u workers", workers);
    for (unsigned i = 0; v->readers && i < workers; i++) lbc_frame_reader_free(v->readers[i]);
    free(v->readers);
    return status;
}

lbc_status lbc_verify(const lbc_options *options, uint64_t *frames, lbc_error *err)
{
    lbc_error trouble = {LBC_OK, ""};
    verification v = {.options = options};
    const lbc_input_options how = {.log = {options->message, options->user}};
    lbc_pool *pool = lbc_pool_new(options->threads);
    lbc_status status = pool
                            ? lbc_input_open(&v.input, options->input, &how, &trouble)
                            : lbc_fail(&trouble, LBC_E_MEMORY, "cannot start %u threads (fewer: -p)", options->threads);
    if (status == LBC_OK) status = lbc_input_complete(v.input, &trouble);
    if (status == LBC_OK) {
        v.progress.frames = lbc_input_series(v.input)->frames;
        status = check_files(&v, &trouble);
    }
    if (status == LBC_OK) status = decode_all(&v, pool, &trouble);
    if (status == LBC_OK && v.without)
        lbc_log_send(&how.log, LBC_LEVEL_NOTICE,
                     "%" PRIu32 " of %" PRIu32 " data files carry no checksums; that every image can be decoded is all "
                     "that was checked of them",
                     v.without, v.files);
    if (frames) *frames = v.progress.frames_done;
    if (status && err) *err = trouble;
    lbc_input_close(v.input);
    lbc_pool_free(pool);
    return status;
}
