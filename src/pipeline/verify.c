/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a set at rest is complete, judged from its files: what the master lists is there, every
 * checksum a file carries is right, and every frame can be decoded. */
#include "base/memory.h"
#include "base/pool.h"
#include "nexus/data_check.h"
#include "nexus/input.h"
#include "nexus/master_links.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct verification {
    const lbc_options *options;
    lbc_input *input;
    lbc_frame_reader **readers; /* [workers] */
    lbc_progress progress;
    lbc_status status; /* of the checksums, so far */
    lbc_error *err;
    uint32_t files, without; /* data files looked at, and those that carry no checksums */
} verification;

/* ---- checksums ------------------------------------------------------------------------------ */

static void check_file(void *user, const char *linked)
{
    verification *v = user;
    if (v->status) return;
    const char *slash = linked[0] == '/' ? NULL : strrchr(v->options->input, '/');
    const int folder = slash ? (int)(slash - v->options->input) + 1 : 0;
    char *path = lbc_asprintf("%.*s%s", folder, v->options->input, linked);
    if (!path) {
        v->status = lbc_fail(v->err, LBC_E_MEMORY, "out of memory");
        return;
    }
    bool carries = false;
    const lbc_data_expected anything = {0};
    const lbc_status status = lbc_data_file_check(path, &anything, &carries, v->err);
    v->files++;
    v->without += !carries;
    if (carries || status == LBC_E_MEMORY) v->status = status; /* else decoding must tell */
    free(path);
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

static lbc_status tick(void *user, lbc_error *err)
{
    const verification *v = user;
    const lbc_options *o = v->options;
    if (o->progress && o->progress(o->user, &v->progress)) return lbc_fail(err, LBC_E_CANCELLED, "stopped");
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
    verification v = {.options = options, .err = &trouble};
    const lbc_input_options how = {.log = {options->message, options->user}};
    lbc_pool *pool = lbc_pool_new(options->threads);
    lbc_status status = pool ? lbc_input_open(&v.input, options->input, &how, &trouble)
                             : lbc_fail(&trouble, LBC_E_MEMORY, "cannot start %u threads", options->threads);
    if (status == LBC_OK) status = lbc_input_complete(v.input, &trouble);
    if (status == LBC_OK) {
        v.progress.frames = lbc_input_series(v.input)->frames;
        if (lbc_master_each_link(options->input, check_file, &v))
            status = lbc_fail(&trouble, LBC_E_MEMORY, "out of memory");
        else
            status = v.status;
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
