/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/outputs.h"

#include "base/memory.h"
#include "nexus/master_links.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* ---- before the run ------------------------------------------------------------------------- */

static lbc_status check_free(const lbc_job *job, const char *path, lbc_error *err)
{
    struct stat there;
    if (lstat(path, &there)) {
        if (errno == ENOENT) return LBC_OK;
        return lbc_fail(err, LBC_E_IO, "%s: %s", path, strerror(errno));
    }
    if (lbc_input_is_file(job->input, path))
        return lbc_fail(err, LBC_E_EXISTS, "%s: is an input of this run; choose another -o or -m", path);
    if (S_ISDIR(there.st_mode))
        return lbc_fail(err, LBC_E_EXISTS, "%s: is a folder; choose another -o or -m", path);
    if (!job->options->overwrite)
        return lbc_fail(err, LBC_E_EXISTS, "%s: exists (--overwrite replaces it, -o names another)", path);
    return LBC_OK;
}

static lbc_status check_numbered(const lbc_job *job, const char *prefix, lbc_error *err)
{
    lbc_status status = LBC_OK;
    for (uint64_t f = job->share ? job->share - 1 : job->plan.files; status == LBC_OK && f < job->plan.files;
         f += job->shares) {
        char *path = lbc_names_file(prefix, f);
        if (!path) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
        if (strcmp(path, job->names.master) == 0)
            status = lbc_fail(err, LBC_E_ARGUMENT, "-m %s: is also the name of a data file", path);
        else
            status = check_free(job, path, err);
        free(path);
    }
    return status;
}

/* Number of a data file NAME = BASE_NNNNNN.h5 of this prefix, from 1; 0: it is not one. */
static uint64_t number_in(const char *name, const char *base)
{
    const size_t n = strlen(base);
    if (strncmp(name, base, n) || name[n] != '_') return 0;
    char *end;
    const uint64_t number = strtoull(name + n + 1, &end, 10);
    return end - (name + n + 1) >= 6 && strcmp(end, ".h5") == 0 ? number : 0;
}

typedef struct {
    const lbc_job *job;
    lbc_status status;
    lbc_error *err;
} old_links;

/* A file the old master links: removed when it is one of ours beyond the new count. */
static void remove_old(void *user, const char *linked)
{
    old_links *old = user;
    const lbc_names *names = &old->job->names;
    if (old->status || number_in(base_of(linked), base_of(names->prefix)) <= old->job->plan.files) return;
    char *path = lbc_asprintf("%s/%s", names->folder, base_of(linked));
    if (!path)
        old->status = lbc_fail(old->err, LBC_E_MEMORY, "out of memory");
    else if (lbc_input_is_file(old->job->input, path))
        old->status = lbc_fail(old->err, LBC_E_EXISTS,
                               "%s: belongs to the set to be replaced and is an input of this run", path);
    else if (unlink(path) && errno != ENOENT)
        old->status = lbc_fail(old->err, LBC_E_IO, "%s: cannot be removed: %s", path, strerror(errno));
    free(path);
}

static lbc_status remove_old_set(const lbc_job *job, lbc_error *err)
{
    struct stat there;
    const char *master = job->names.master;
    if (lstat(master, &there)) return LBC_OK;
    old_links old = {job, LBC_OK, err};
    lbc_master_each_link(master, remove_old, &old); /* what is not a master links nothing */
    if (old.status) return old.status;
    if (unlink(master)) return lbc_fail(err, LBC_E_IO, "%s: cannot be removed: %s", master, strerror(errno));
    return LBC_OK;
}

static lbc_status make_folder(const char *folder, const char *prefix, lbc_error *err)
{
    const lbc_status status = lbc_place_folder(folder, err);
    if (status) return status;
    if (access(folder, W_OK | X_OK)) return lbc_fail(err, LBC_E_IO, "%s: cannot write here: %s", folder, strerror(errno));
    lbc_place_sweep(folder, base_of(prefix));
    return LBC_OK;
}

lbc_status lbc_outputs_clear(const lbc_job *job, lbc_error *err)
{
    const lbc_names *names = &job->names;
    lbc_status status = make_folder(names->folder, names->prefix, err);
    if (status == LBC_OK) status = make_folder(names->master_folder, names->master, err);
    if (status == LBC_OK && names->squash) status = make_folder(names->squash_folder, names->squash, err);
    if (status == LBC_OK) status = check_numbered(job, names->prefix, err);
    if (status == LBC_OK && names->squash) status = check_numbered(job, names->squash, err);
    if (status == LBC_OK && job->writes_master) status = check_free(job, names->master, err);
    if (status == LBC_OK && job->writes_master) status = remove_old_set(job, err);
    return status;
}

/* ---- data files ----------------------------------------------------------------------------- */

static lbc_status begin_files(lbc_outputs *out, const lbc_job *job, uint64_t file, lbc_error *err)
{
    uint64_t first, count;
    lbc_plan_file(&job->plan, file, &first, &count);
    out->file = file;
    out->data_path = lbc_names_file(job->names.prefix, file);
    if (!out->data_path) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    lbc_status status = lbc_data_file_begin(&out->data, out->data_path, job->format, count, first + 1, err);
    if (status || !job->names.squash) return status;
    out->squash_path = lbc_names_file(job->names.squash, file);
    if (!out->squash_path) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    return lbc_squash_file_begin(&out->squash, out->squash_path, err);
}

static lbc_status commit_files(lbc_outputs *out, const lbc_job *job, lbc_error *err)
{
    const bool replace = job->options->overwrite;
    lbc_status status = LBC_OK;
    if (out->squash) status = lbc_squash_file_commit(out->squash, replace, err);
    if (status == LBC_OK) status = lbc_data_file_commit(out->data, replace, err);
    struct stat made;
    if (status == LBC_OK && stat(out->data_path, &made) == 0) out->bytes += (uint64_t)made.st_size;
    if (status == LBC_OK) out->committed++;
    lbc_outputs_drop(out);
    return status;
}

void lbc_outputs_drop(lbc_outputs *out)
{
    lbc_data_file_close(out->data);
    lbc_squash_file_close(out->squash);
    free(out->data_path);
    free(out->squash_path);
    out->data = NULL;
    out->squash = NULL;
    out->data_path = out->squash_path = NULL;
}

lbc_status lbc_outputs_add(lbc_outputs *out, const lbc_job *job, uint64_t j, const uint8_t *chunk, size_t size,
                           const uint8_t *stream, size_t stream_size, lbc_error *err)
{
    const uint64_t k = lbc_job_frame(job, j);
    uint64_t first, count;
    lbc_plan_file(&job->plan, k / job->plan.block, &first, &count);
    lbc_status status = k == first ? begin_files(out, job, k / job->plan.block, err) : LBC_OK;
    if (status == LBC_OK) status = lbc_data_file_write(out->data, k - first, chunk, size, err);
    if (status == LBC_OK && stream)
        status = lbc_squash_file_add(out->squash, k + 1, job->lossy, &job->lossy_params, stream, stream_size, err);
    if (status == LBC_OK && k == first + count - 1) status = commit_files(out, job, err);
    return status;
}

/* ---- the master ----------------------------------------------------------------------------- */

static void free_links(lbc_master_links *links)
{
    for (uint32_t f = 0; f < links->files; f++) {
        if (links->names) free((void *)links->names[f]);
        if (links->squash_names) free((void *)links->squash_names[f]);
    }
    free((void *)links->names);
    free((void *)links->squash_names);
    free((void *)links->frames);
}

static char *link_to(const char *from, const char *prefix, uint64_t file)
{
    char *path = lbc_names_file(prefix, file);
    char *link = path ? lbc_names_link(from, path) : NULL;
    free(path);
    return link;
}

static lbc_status make_links(const lbc_job *job, lbc_master_links *links, lbc_error *err)
{
    const uint32_t files = (uint32_t)job->plan.files;
    char **names = lbc_alloc_zero(files, sizeof *names);
    char **squash = job->names.squash ? lbc_alloc_zero(files, sizeof *squash) : NULL;
    uint64_t *frames = lbc_alloc_zero(files, sizeof *frames);
    *links = (lbc_master_links){files, (const char *const *)names, frames, (const char *const *)squash};
    if (!names || !frames || (job->names.squash && !squash)) goto no_memory;
    for (uint32_t f = 0; f < files; f++) {
        uint64_t first;
        lbc_plan_file(&job->plan, f, &first, &frames[f]);
        names[f] = link_to(job->names.master_folder, job->names.prefix, f);
        if (squash) squash[f] = link_to(job->names.master_folder, job->names.squash, f);
        if (!names[f] || (squash && !squash[f])) goto no_memory;
    }
    return LBC_OK;

no_memory:
    return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory for its links", job->names.master);
}

lbc_status lbc_outputs_master(const lbc_job *job, lbc_error *err)
{
    lbc_master_links links;
    lbc_status status = make_links(job, &links, err);
    if (status == LBC_OK)
        status = lbc_master_write(job->names.master, job->options->overwrite, job->input, &job->change, job->format,
                                  &links, &job->log, err);
    free_links(&links);
    return status;
}
