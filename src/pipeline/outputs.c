/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/outputs.h"

#include "base/memory.h"
#include "nexus/data_check.h"
#include "nexus/master_links.h"
#include "pipeline/cbf.h"

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

static lbc_status check_input(const lbc_job *job, const char *path, lbc_error *err)
{
    if (!lbc_input_is_file(job->input, path)) return LBC_OK;
    return lbc_fail(err, LBC_E_EXISTS, "%s: is an input of this run; choose another -o or -m", path);
}

/* The squash file that goes with data file f is there, or none is wanted. */
static bool squash_is_there(const lbc_job *job, uint32_t f)
{
    if (!job->names.squash) return true;
    struct stat there;
    char *path = lbc_names_file(job->names.squash, f);
    const bool found = path && stat(path, &there) == 0;
    free(path);
    return found;
}

static lbc_status check_free(const lbc_job *job, const char *path, lbc_error *err)
{
    struct stat there;
    if (lstat(path, &there)) {
        if (errno == ENOENT) return LBC_OK;
        return lbc_fail(err, LBC_E_IO, "%s: %s", path, strerror(errno));
    }
    const lbc_status status = check_input(job, path, err);
    if (status) return status;
    if (S_ISDIR(there.st_mode))
        return lbc_fail(err, LBC_E_EXISTS, "%s: is a folder; choose another -o or -m", path);
    if (!job->options->overwrite && !job->options->resume)
        return lbc_fail(err, LBC_E_EXISTS, "%s: exists (--overwrite replaces it, -o names another)", path);
    return LBC_OK;
}

/* A data file that is there when a run resumes: kept when it is this job's and whole. */
static lbc_status keep_or_refuse(lbc_job *job, uint32_t f, const char *path, lbc_error *err)
{
    uint64_t first, count;
    lbc_plan_file(&job->plan, f, &first, &count);
    const lbc_data_expected expected = {job->identity, job->format, count, first + 1, NULL};
    lbc_error why = {LBC_OK, ""};
    lbc_status status = check_input(job, path, err);
    if (status) return status;
    status = lbc_data_file_check(path, &expected, NULL, &why);
    if (status == LBC_OK) {
        lbc_job_keep(job, f);
        return LBC_OK;
    }
    if (status != LBC_E_MISMATCH || !job->options->overwrite)
        return lbc_fail(err, status == LBC_E_MISMATCH ? LBC_E_EXISTS : status, "%s (--overwrite makes it anew)",
                        why.text);
    lbc_log_send(&job->log, LBC_LEVEL_NOTICE, "%s; made anew", why.text);
    return LBC_OK;
}

static lbc_status check_file(lbc_job *job, const char *prefix, uint32_t f, lbc_error *err)
{
    struct stat there;
    char *path = lbc_names_file(prefix, f);
    lbc_status status = LBC_OK;
    if (!path)
        status = lbc_fail(err, LBC_E_MEMORY, "out of memory");
    else if (strcmp(path, job->names.master) == 0)
        status = lbc_fail(err, LBC_E_ARGUMENT, "-m %s: is also the name of a data file", path);
    else if (job->options->resume && prefix == job->names.prefix && stat(path, &there) == 0 && squash_is_there(job, f))
        status = keep_or_refuse(job, f, path, err);
    else if (job->options->resume && prefix == job->names.squash)
        status = check_input(job, path, err); /* squash files of kept files stay, the others are made again */
    else
        status = check_free(job, path, err);
    free(path);
    return status;
}

static lbc_status check_numbered(lbc_job *job, const char *prefix, lbc_error *err)
{
    if (job->share == 0) return LBC_OK;
    lbc_status status = LBC_OK;
    for (uint64_t f = job->share - 1; status == LBC_OK && f < job->plan.files; f += job->shares)
        status = check_file(job, prefix, (uint32_t)f, err);
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

typedef struct {
    const lbc_job *job;
    uint64_t ours, others; /* links */
} link_count;

static void count_link(void *user, const char *linked)
{
    link_count *n = user;
    const uint64_t number = number_in(base_of(linked), base_of(n->job->names.prefix));
    if (number >= 1 && number <= n->job->plan.files)
        n->ours++;
    else
        n->others++;
}

/* Without leave to overwrite, a master that is there when a run resumes must be of this very set. */
static lbc_status check_resumed_master(const lbc_job *job, lbc_error *err)
{
    link_count n = {job, 0, 0};
    if (lbc_master_each_link(job->names.master, count_link, &n)) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    if (n.ours && !n.others) return LBC_OK;
    return lbc_fail(err, LBC_E_EXISTS, "%s: is the master of another set (--overwrite replaces it)", job->names.master);
}

static lbc_status remove_old_set(const lbc_job *job, lbc_error *err)
{
    struct stat there;
    const char *master = job->names.master;
    if (lstat(master, &there)) return LBC_OK;
    if (!job->options->overwrite) {
        const lbc_status status = check_resumed_master(job, err);
        if (status) return status;
    }
    old_links old = {job, LBC_OK, err};
    /* What is not a master links nothing. */
    if (lbc_master_each_link(master, remove_old, &old)) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    if (old.status) return old.status;
    if (unlink(master)) return lbc_fail(err, LBC_E_IO, "%s: cannot be removed: %s", master, strerror(errno));
    return LBC_OK;
}

/* The miniCBF files of this run, which has its list of data files by now. */
static lbc_status check_cbf(const lbc_job *job, lbc_error *err)
{
    lbc_status status = LBC_OK;
    if (!job->options->minicbf) return LBC_OK;
    for (uint64_t j = 0; status == LBC_OK && j < job->frames; j++) {
        char *path = lbc_cbf_name(job, lbc_job_frame(job, j));
        status = path ? check_free(job, path, err) : lbc_fail(err, LBC_E_MEMORY, "out of memory");
        free(path);
    }
    return status;
}

static lbc_status make_folder(const char *folder, lbc_error *err)
{
    const lbc_status status = lbc_place_folder(folder, err);
    if (status) return status;
    if (access(folder, W_OK | X_OK))
        return lbc_fail(err, LBC_E_IO, "%s: cannot write here: %s", folder, strerror(errno));
    return LBC_OK;
}

/* Removes what killed runs left of the files PATH plus end. Out of memory, it stays. */
static void sweep(const char *folder, const char *path, const char *end)
{
    char *base = lbc_asprintf("%s%s", base_of(path), end);
    if (base) lbc_place_sweep(folder, base);
    free(base);
}

lbc_status lbc_outputs_clear(lbc_job *job, lbc_claim *claim, lbc_error *err)
{
    const lbc_names *names = &job->names;
    lbc_status status = make_folder(names->folder, err);
    if (status == LBC_OK) status = make_folder(names->master_folder, err);
    if (status == LBC_OK && names->squash) status = make_folder(names->squash_folder, err);
    if (status == LBC_OK && names->minicbf_folder) status = make_folder(names->minicbf_folder, err);
    if (status == LBC_OK) status = lbc_claim_take(claim, names->prefix, job->options->shares > 0, err);
    if (status) return status;
    sweep(names->folder, names->prefix, "_");
    sweep(names->master_folder, names->master, "");
    if (names->squash) sweep(names->squash_folder, names->squash, "_");
    if (names->minicbf_folder) sweep(names->minicbf_folder, job->options->minicbf, "_");
    status = check_numbered(job, names->prefix, err);
    if (status == LBC_OK && names->squash) status = check_numbered(job, names->squash, err);
    if (status == LBC_OK) status = check_cbf(job, err);
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
    if (job->options->verify && !out->pixel_crc) {
        out->pixel_crc = lbc_alloc(count, sizeof *out->pixel_crc);
        if (!out->pixel_crc) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    }
    lbc_status status = lbc_data_file_begin(&out->data, out->data_path, job->format, count, first + 1, err);
    if (status == LBC_OK) status = lbc_data_file_sign(out->data, job->identity, err);
    if (status || !job->names.squash) return status;
    out->squash_path = lbc_names_file(job->names.squash, file);
    if (!out->squash_path) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    return lbc_squash_file_begin(&out->squash, out->squash_path, err);
}

/* Reads the finished file again, before it is put in place. */
static lbc_status verify_file(lbc_outputs *out, const lbc_job *job, lbc_error *err)
{
    uint64_t first, count;
    lbc_plan_file(&job->plan, out->file, &first, &count);
    const lbc_data_expected expected = {job->identity, job->format, count, first + 1, out->pixel_crc};
    const char *temporary = lbc_data_file_finish(out->data, err);
    return temporary ? lbc_data_file_check(temporary, &expected, NULL, err) : LBC_E_IO;
}

static lbc_status commit_files(lbc_outputs *out, const lbc_job *job, lbc_error *err)
{
    const bool replace = job->options->overwrite || job->options->resume;
    lbc_status status = job->options->verify ? verify_file(out, job, err) : LBC_OK;
    if (status == LBC_OK && out->squash) status = lbc_squash_file_commit(out->squash, replace, err);
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
    free(out->pixel_crc);
    out->pixel_crc = NULL;
    out->data = NULL;
    out->squash = NULL;
    out->data_path = out->squash_path = NULL;
}

lbc_status lbc_outputs_add(lbc_outputs *out, const lbc_job *job, uint64_t j, const lbc_slot *slot, lbc_error *err)
{
    const uint64_t k = lbc_job_frame(job, j);
    uint64_t first, count;
    lbc_plan_file(&job->plan, k / job->plan.block, &first, &count);
    lbc_status status = k == first ? begin_files(out, job, k / job->plan.block, err) : LBC_OK;
    if (status == LBC_OK) status = lbc_data_file_write(out->data, k - first, slot->chunk, slot->chunk_size, err);
    if (status == LBC_OK && out->pixel_crc) out->pixel_crc[k - first] = slot->pixel_crc;
    if (status == LBC_OK && slot->stream)
        status = lbc_squash_file_add(out->squash, k + 1, job->lossy, &job->lossy_params, slot->stream,
                                     slot->stream_size, err);
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
        status = lbc_master_write(job->names.master, job->options->overwrite || job->options->resume, job->input,
                                  &job->change, job->format, &links, &job->log, err);
    free_links(&links);
    return status;
}
