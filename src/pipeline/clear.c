/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/clear.h"

#include "base/memory.h"
#include "base/place.h"
#include "nexus/master_links.h"
#include "pipeline/cbf.h"
#include "pipeline/resume.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- folders and names ---------------------------------------------------------------------- */

static lbc_status make_folder(const char *folder, lbc_error *err)
{
    const lbc_status status = lbc_place_folder(folder, err);
    if (status) return status;
    if (access(folder, W_OK | X_OK))
        return lbc_fail(err, LBC_E_IO, "%s: cannot write here: %s (choose another -o)", folder, strerror(errno));
    return LBC_OK;
}

static lbc_status make_folders(const lbc_names *names, lbc_error *err)
{
    const char *const folders[] = {names->folder, names->master_folder, names->squash_folder, names->minicbf_folder};
    lbc_status status = LBC_OK;
    for (size_t i = 0; status == LBC_OK && i < sizeof folders / sizeof *folders; i++)
        if (folders[i]) status = make_folder(folders[i], err);
    return status;
}

static bool same_folder(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* No file of the job is to have the place of another, by whatever way its folder was named. */
static lbc_status check_names(const lbc_names *n, lbc_error *err)
{
    if (lbc_names_number(n->master, n->prefix) && same_folder(n->master_folder, n->folder))
        return lbc_fail(err, LBC_E_ARGUMENT, "-m %s: could be the name of a data file of -o", n->master);
    if (!n->squash) return LBC_OK;
    if (lbc_names_number(n->master, n->squash) && same_folder(n->master_folder, n->squash_folder))
        return lbc_fail(err, LBC_E_ARGUMENT, "-m %s: could be the name of a squash file of -q", n->master);
    if (strcmp(lbc_names_base(n->squash), lbc_names_base(n->prefix)) == 0 && same_folder(n->squash_folder, n->folder))
        return lbc_fail(err, LBC_E_ARGUMENT, "-q %s: squash files would replace the data files of -o", n->squash);
    return LBC_OK;
}

/* Removes what killed runs left of the files PATH plus end. Out of memory, it stays. */
static void sweep(const char *folder, const char *path, const char *end)
{
    char *base = lbc_asprintf("%s%s", lbc_names_base(path), end);
    if (base) lbc_place_sweep(folder, base);
    free(base);
}

static void sweep_all(const lbc_job *job)
{
    const lbc_names *names = &job->names;
    sweep(names->folder, names->prefix, "_");
    sweep(names->master_folder, names->master, "");
    if (names->squash) sweep(names->squash_folder, names->squash, "_");
    if (names->minicbf_folder) sweep(names->minicbf_folder, job->options->minicbf, "_");
}

/* ---- files that are there ------------------------------------------------------------------- */

lbc_status lbc_clear_input(const lbc_job *job, const char *path, lbc_error *err)
{
    if (!lbc_input_is_file(job->input, path)) return LBC_OK;
    return lbc_fail(err, LBC_E_EXISTS, "%s: is an input of this run; choose another -o or -m", path);
}

/* may_replace: what is there, not being an input or a folder, does not stand in the way. */
static lbc_status check_free(const lbc_job *job, const char *path, bool may_replace, lbc_error *err)
{
    struct stat there;
    if (lstat(path, &there)) {
        if (errno == ENOENT) return LBC_OK;
        return lbc_fail(err, LBC_E_IO, "%s: %s", path, strerror(errno));
    }
    const lbc_status status = lbc_clear_input(job, path, err);
    if (status) return status;
    if (S_ISDIR(there.st_mode)) return lbc_fail(err, LBC_E_EXISTS, "%s: is a folder; choose another -o or -m", path);
    if (!may_replace)
        return lbc_fail(err, LBC_E_EXISTS, "%s: exists (--overwrite replaces it, -o names another)", path);
    return LBC_OK;
}

static lbc_status check_numbered(const lbc_job *job, const char *prefix, lbc_error *err)
{
    lbc_status status = LBC_OK;
    for (uint32_t i = 0; status == LBC_OK && i < job->ntodo; i++) {
        char *path = lbc_names_file(prefix, job->todo[i]);
        status = path ? check_free(job, path, job->options->overwrite || job->options->resume, err)
                      : lbc_fail(err, LBC_E_MEMORY, "out of memory");
        free(path);
    }
    return status;
}

/* The miniCBF files of this run. Those of a run that resumes cannot tell whose they are. */
static lbc_status check_cbf(const lbc_job *job, lbc_error *err)
{
    lbc_status status = LBC_OK;
    for (uint64_t j = 0; status == LBC_OK && j < job->frames; j++) {
        char *path = lbc_cbf_name(job, lbc_job_frame(job, j));
        status = path ? check_free(job, path, job->options->overwrite || job->options->resume, err)
                      : lbc_fail(err, LBC_E_MEMORY, "out of memory");
        free(path);
    }
    return status;
}

/* A run that resumes first has a look at what is there, and takes what it may keep off the list. */
static lbc_status check_files(lbc_job *job, lbc_error *err)
{
    lbc_status status = job->options->resume ? lbc_resume(job, err) : LBC_OK;
    if (status == LBC_OK) status = check_numbered(job, job->names.prefix, err);
    if (status == LBC_OK && job->names.squash) status = check_numbered(job, job->names.squash, err);
    if (status == LBC_OK && job->options->minicbf) status = check_cbf(job, err);
    return status;
}

/* ---- the old set ---------------------------------------------------------------------------- */

/* What an old master is made of, and goes with it. */
typedef struct old_set {
    bool there, removed; /* removed: is to be */
    lbc_master_list list;
    char **extra; /* [extras] paths of its files beyond the new count */
    uint32_t extras;
} old_set;

static void free_old_set(old_set *old)
{
    lbc_master_list_free(&old->list);
    for (uint32_t i = 0; i < old->extras; i++) free(old->extra[i]);
    free(old->extra);
}

/* Adds those of the linked files that have our prefix, are in our folder, and will not be replaced. */
static lbc_status find_extras(const lbc_job *job, old_set *old, char *const *names, uint32_t count, const char *prefix,
                              const char *folder, lbc_error *err)
{
    for (uint32_t i = 0; i < count; i++) {
        if (lbc_names_number(names[i], prefix) <= job->plan.files) continue;
        struct stat linked, ours;
        char *path = lbc_asprintf("%s/%s", folder, lbc_names_base(names[i]));
        char *link = lbc_names_linked(job->names.master, names[i]);
        const bool known = path && link;
        const bool extra = known && lstat(path, &ours) == 0 && lstat(link, &linked) == 0 &&
                           ours.st_dev == linked.st_dev && ours.st_ino == linked.st_ino;
        free(link);
        if (!extra) {
            free(path);
            if (known) continue;
            return lbc_fail(err, LBC_E_MEMORY, "out of memory");
        }
        old->extra[old->extras++] = path;
        if (lbc_input_is_file(job->input, path))
            return lbc_fail(err, LBC_E_EXISTS, "%s: belongs to the set to be replaced and is an input of this run",
                            path);
    }
    return LBC_OK;
}

/* Whether the old master, if any, may go. */
static lbc_status look_at_old_set(const lbc_job *job, old_set *old, lbc_error *err)
{
    struct stat there;
    const lbc_names *names = &job->names;
    const lbc_options *o = job->options;
    lbc_status status = check_free(job, names->master, true, err);
    if (status || lstat(names->master, &there)) return status;
    old->there = true;
    status = lbc_master_list_read(&old->list, names->master, err);
    if (status) return status;
    const bool ours = strcmp(old->list.job, job->identity) == 0;
    if (ours && !job->writes_master) return LBC_OK;
    if (!o->overwrite && !(o->resume && ours))
        return lbc_fail(err, LBC_E_EXISTS,
                        o->resume || !job->writes_master ? "%s: is the master of another set (--overwrite replaces it)"
                                                         : "%s: exists (--overwrite replaces it, -o names another)",
                        names->master);
    old->removed = true;
    old->extra = lbc_alloc_zero((size_t)old->list.files + old->list.squash_files + 1, sizeof *old->extra);
    if (!old->extra) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    status = find_extras(job, old, old->list.names, old->list.files, names->prefix, names->folder, err);
    if (status == LBC_OK && names->squash)
        status = find_extras(job, old, old->list.squash_names, old->list.squash_files, names->squash,
                             names->squash_folder, err);
    return status;
}

/* The master first: what is left without one does not look finished. */
static lbc_status remove_old_set(const lbc_job *job, const old_set *old, lbc_error *err)
{
    lbc_status status = lbc_place_remove(job->names.master, err);
    for (uint32_t i = 0; status == LBC_OK && i < old->extras; i++) status = lbc_place_remove(old->extra[i], err);
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------ */

lbc_status lbc_clear(lbc_job *job, lbc_claim *claim, lbc_error *err)
{
    old_set old = {0};
    lbc_status status = make_folders(&job->names, err);
    if (status == LBC_OK) status = check_names(&job->names, err);
    if (status == LBC_OK) status = lbc_claim_take(claim, job->names.prefix, job->options->shares > 0, err);
    if (status) return status;
    sweep_all(job);
    status = look_at_old_set(job, &old, err);
    if (status == LBC_OK) status = check_files(job, err);
    if (status == LBC_OK && old.removed) status = remove_old_set(job, &old, err);
    free_old_set(&old);
    return status;
}
