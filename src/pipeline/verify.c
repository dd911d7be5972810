/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a set at rest is complete, judged from its files: what the master lists is there, every
 * checksum a file carries is right, and every frame can be decoded. */
#include "base/memory.h"
#include "base/pool.h"
#include "nexus/data_check.h"
#include "nexus/input.h"
#include "nexus/master_links.h"
#include "pipeline/names.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct verification {
    const lbc_options *options;
    lbc_input *input;
    lbc_master_list list;
    lbc_frame_reader **readers; /* [workers] */
    lbc_progress progress;
    uint32_t files, without; /* data files looked at, and those that carry no checksums */
    uint64_t bad;            /* input images that could not be read when they were made */
} verification;

static lbc_status tick(void *user, lbc_error *err)
{
    const verification *v = user;
    const lbc_options *o = v->options;
    if (o->progress && o->progress(o->user, &v->progress)) return lbc_fail(err, LBC_E_CANCELLED, "stopped");
    return LBC_OK;
}

/* ---- what is there -------------------------------------------------------------------------- */

static lbc_status find_file(const verification *v, const char *name, lbc_error *err)
{
    const char *master = v->options->input;
    char *path = lbc_names_linked(master, name);
    struct stat there;
    lbc_status status = path ? LBC_OK : lbc_fail(err, LBC_E_MEMORY, "out of memory");
    if (path && access(path, F_OK) && errno == ENOENT)
        status =
            lbc_fail(err, LBC_E_MISMATCH,
                     lstat(path, &there)
                         ? "%s: missing, and %s incomplete without it (--resume, or the share that lacks, makes it)"
                         : "%s: a link that leads nowhere, and %s incomplete without it (bring back what it leads "
                           "to, or remove it)",
                     path, master);
    free(path);
    return status;
}

/* Of another set that a file is missing is for the input to tell. */
static lbc_status find_files(const verification *v, lbc_error *err)
{
    const lbc_master_list *list = &v->list;
    lbc_status status = LBC_OK;
    for (uint32_t n = 0; status == LBC_OK && list->listed && n < list->files; n++)
        status = find_file(v, list->names[n], err);
    for (uint32_t n = 0; status == LBC_OK && list->listed && n < list->squash_files; n++)
        status = find_file(v, list->squash_names[n], err);
    return status;
}

/* ---- checksums ------------------------------------------------------------------------------ */

/* A set of ours is what its checksums say. Of another, that its files can be decoded must do. */
static lbc_status check_data(verification *v, const char *path, uint32_t n, uint64_t first, lbc_error *err)
{
    const lbc_master_list *list = &v->list;
    const lbc_data_expected expected = {.job = list->listed ? list->job : NULL,
                                        .frames = list->listed ? list->frames[n] : 0,
                                        .first_number = list->listed ? first + 1 : 0};
    lbc_data_found found = {0};
    const lbc_status status = lbc_data_file_check(path, &expected, &found, err);
    v->files++;
    v->without += !found.carries;
    v->bad += found.input.bad;
    if (list->listed || status == LBC_E_MEMORY) return status;
    if (!found.carries) return LBC_OK;
    return status ? status
                  : lbc_fail(err, LBC_E_MISMATCH, "%s: lists no files, so it is not the master that %s was made with",
                             v->options->input, path);
}

static lbc_status check_squash(const verification *v, uint32_t n, uint64_t first, lbc_error *err)
{
    const lbc_master_list *list = &v->list;
    const lbc_data_expected expected = {.job = list->job, .frames = list->frames[n], .first_number = first + 1};
    char *path = lbc_names_linked(v->options->input, list->squash_names[n]);
    if (!path) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    const lbc_status status = lbc_squash_file_check(path, &expected, NULL, err);
    free(path);
    return status;
}

/* What readers are given for the images of a file, by way of the virtual data set where there is one, is that file. */
static lbc_status check_order(const verification *v, const char *path, uint64_t first, uint64_t frames, lbc_error *err)
{
    for (uint64_t k = 0; k < frames && first + k < v->progress.frames; k++)
        if (!lbc_input_frame_is(v->input, first + k, path, k))
            return lbc_fail(err, LBC_E_MISMATCH, "%s: its image %" PRIu64 " is not image %" PRIu64 " of %s",
                            v->options->input, first + k + 1, k + 1, path);
    return LBC_OK;
}

/* One file by itself, and the squash file that goes with it. */
static lbc_status check_file(verification *v, uint32_t n, uint64_t first, lbc_error *err)
{
    const lbc_master_list *list = &v->list;
    char *path = lbc_names_linked(v->options->input, list->names[n]);
    lbc_status status = path ? check_data(v, path, n, first, err) : lbc_fail(err, LBC_E_MEMORY, "out of memory");
    if (status == LBC_OK && list->listed && list->squash_files) status = check_squash(v, n, first, err);
    free(path);
    return status ? status : tick(v, err);
}

/* What is wrong with the master itself; NULL: nothing. */
static const char *trouble_with(const lbc_master_list *list)
{
    if (!list->listed) return NULL;
    if (!list->agrees) return "links other files than it lists";
    if (!list->job[0]) return "does not say which job made its files";
    if (!list->unchanged) return "was damaged or changed since it was written (its checksum differs)";
    return NULL;
}

static lbc_status check_master(const verification *v, lbc_error *err)
{
    const char *trouble = trouble_with(&v->list);
    return trouble ? lbc_fail(err, LBC_E_MISMATCH, "%s: %s", v->options->input, trouble) : LBC_OK;
}

static lbc_status check_files(verification *v, lbc_error *err)
{
    const lbc_master_list *list = &v->list;
    uint64_t first = 0;
    lbc_status status = LBC_OK;
    for (uint32_t n = 0; status == LBC_OK && n < list->files; n++) {
        status = check_file(v, n, first, err);
        if (list->listed) first += list->frames[n];
    }
    return status;
}

/* Of what a master of ours lists, image for image. */
static lbc_status check_orders(const verification *v, lbc_error *err)
{
    const lbc_master_list *list = &v->list;
    uint64_t first = 0;
    lbc_status status = LBC_OK;
    for (uint32_t n = 0; status == LBC_OK && n < list->files; n++) {
        char *path = lbc_names_linked(v->options->input, list->names[n]);
        status =
            path ? check_order(v, path, first, list->frames[n], err) : lbc_fail(err, LBC_E_MEMORY, "out of memory");
        first += list->frames[n];
        free(path);
    }
    if (status == LBC_OK && first != v->progress.frames)
        status =
            lbc_fail(err, LBC_E_MISMATCH, "%s: lists %" PRIu64 " image%s, but %" PRIu64 " %s there", v->options->input,
                     first, first == 1 ? "" : "s", v->progress.frames, v->progress.frames == 1 ? "is" : "are");
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

/* What a sound set may lack all the same. */
static void tell_lacks(const verification *v, const lbc_log *log)
{
    if (v->bad)
        lbc_log_send(log, LBC_LEVEL_WARNING,
                     "%s: was made with --skip-bad, and input images that could not be read (%" PRIu64
                     ") are masked in it",
                     v->options->input, v->bad);
    if (v->without)
        lbc_log_send(log, LBC_LEVEL_NOTICE,
                     "data files without checksums: %" PRIu32 " of %" PRIu32 "; that every image can be decoded is all "
                     "that was checked of them",
                     v->without, v->files);
}

/* The files of a set of ours come first: what is wrong with one of them is better known than to a reader of images. */
static lbc_status check_set(verification *v, const lbc_input_options *how, lbc_error *err)
{
    const bool ours = v->list.listed;
    lbc_status status = check_master(v, err);
    if (status == LBC_OK) status = find_files(v, err);
    for (uint32_t n = 0; status == LBC_OK && ours && n < v->list.files; n++) v->progress.frames += v->list.frames[n];
    if (status == LBC_OK && ours) status = check_files(v, err);
    if (status == LBC_OK) status = lbc_input_open(&v->input, v->options->input, how, err);
    if (status == LBC_OK) status = lbc_input_complete(v->input, err);
    if (status) return status;
    v->progress.frames = lbc_input_series(v->input)->frames;
    return ours ? check_orders(v, err) : check_files(v, err);
}

lbc_status lbc_verify(const lbc_options *options, uint64_t *frames, lbc_error *err)
{
    lbc_error trouble = {LBC_OK, ""};
    verification v = {.options = options};
    const lbc_input_options how = {.log = {options->message, options->user}};
    lbc_pool *pool = lbc_pool_new(options->threads);
    lbc_status status = pool
                            ? lbc_master_list_read(&v.list, options->input, &trouble)
                            : lbc_fail(&trouble, LBC_E_MEMORY, "cannot start %u threads (fewer: -p)", options->threads);
    if (status == LBC_OK) status = check_set(&v, &how, &trouble);
    if (status == LBC_OK) status = decode_all(&v, pool, &trouble);
    if (status == LBC_OK) tell_lacks(&v, &how.log);
    if (frames) *frames = v.progress.frames_done;
    if (status && err) *err = trouble;
    lbc_input_close(v.input);
    lbc_master_list_free(&v.list);
    lbc_pool_free(pool);
    return status;
}
