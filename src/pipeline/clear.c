/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/clear.h"

#include "base/memory.h"
#include "base/place.h"
#include "nexus/data_check.h"
#include "nexus/master_links.h"
#include "pipeline/cbf.h"
#include "pipeline/identity.h"
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
        return lbc_fail(err, LBC_E_IO, "%s: cannot write here: %s", folder, strerror(errno));
    return LBC_OK;
}

static lbc_status each_folder(const lbc_names *n, lbc_status (*look)(const char *folder, lbc_error *err),
                              lbc_error *err)
{
    const struct {
        const char *folder, *option;
    } all[] = {{n->folder, "-o"}, {n->master_folder, "-m"}, {n->squash_folder, "-q"}, {n->minicbf_folder, "--minicbf"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        lbc_error why = {LBC_OK, ""};
        const lbc_status status = all[i].folder ? look(all[i].folder, &why) : LBC_OK;
        if (status == LBC_E_IO) return lbc_fail(err, status, "%s (choose another %s)", why.text, all[i].option);
        if (status) return lbc_fail(err, status, "%s", why.text);
    }
    return LBC_OK;
}

/* No file of the job is to have the place of another, by whatever way its folder was named. */
static lbc_status check_names(const lbc_names *n, lbc_error *err)
{
    if (lbc_names_number(n->master, n->prefix) && lbc_place_same_folder(n->master_folder, n->folder))
        return lbc_fail(err, LBC_E_ARGUMENT, "-m %s: could be the name of a data file of -o", n->master);
    if (!n->squash) return LBC_OK;
    if (lbc_names_number(n->master, n->squash) && lbc_place_same_folder(n->master_folder, n->squash_folder))
        return lbc_fail(err, LBC_E_ARGUMENT, "-m %s: could be the name of a squash file of -q", n->master);
    if (strcmp(lbc_names_base(n->squash), lbc_names_base(n->prefix)) == 0 &&
        lbc_place_same_folder(n->squash_folder, n->folder))
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

static const char *option_of_master(const lbc_options *o)
{
    return o->out_master ? "-m" : "-o";
}

lbc_status lbc_clear_input(const lbc_job *job, const char *path, const char *option, lbc_error *err)
{
    if (!lbc_input_is_file(job->input, path)) return LBC_OK;
    return lbc_fail(err, LBC_E_EXISTS, "%s: is an input of this run; choose another %s", path, option);
}

/* option: that which names the path. may_replace: what is there, not being an input or a folder, does not stand in the
 * way. */
static lbc_status check_free(const lbc_job *job, const char *path, const char *option, bool may_replace, lbc_error *err)
{
    struct stat there;
    if (lstat(path, &there)) {
        if (errno == ENOENT) return LBC_OK;
        return lbc_fail(err, LBC_E_IO, "%s: %s", path, strerror(errno));
    }
    const lbc_status status = lbc_clear_input(job, path, option, err);
    if (status) return status;
    if (S_ISDIR(there.st_mode)) return lbc_fail(err, LBC_E_EXISTS, "%s: is a folder; choose another %s", path, option);
    const bool begun = lstat(job->names.master, &there) && errno == ENOENT;
    if (!may_replace)
        return lbc_fail(err, LBC_E_EXISTS, "%s: exists (--overwrite replaces it, %s names another%s)", path, option,
                        begun ? ", --resume goes on with a run that was interrupted" : "");
    return LBC_OK;
}

static lbc_status check_numbered(const lbc_job *job, const char *prefix, const char *option, lbc_error *err)
{
    lbc_status status = LBC_OK;
    for (uint32_t i = 0; status == LBC_OK && i < job->ntodo; i++) {
        char *path = lbc_names_file(prefix, job->todo[i]);
        status = path ? check_free(job, path, option, job->options->overwrite || job->options->resume, err)
                      : lbc_fail(err, LBC_E_MEMORY, "out of memory");
        free(path);
    }
    return status;
}

/* The miniCBF files of this run. */
static lbc_status check_cbf(const lbc_job *job, lbc_error *err)
{
    lbc_status status = LBC_OK;
    for (uint64_t j = 0; status == LBC_OK && j < job->frames; j++) {
        char *path = lbc_cbf_name(job, lbc_job_frame(job, j));
        status = path ? check_free(job, path, "--minicbf", job->options->overwrite || job->options->resume, err)
                      : lbc_fail(err, LBC_E_MEMORY, "out of memory");
        free(path);
    }
    return status;
}

/* A run that resumes first has a look at what is there, and takes what it may keep off the list. */
static lbc_status check_files(lbc_job *job, lbc_error *err)
{
    lbc_status status = job->options->resume ? lbc_resume(job, err) : LBC_OK;
    if (status == LBC_OK) status = check_numbered(job, job->names.prefix, "-o", err);
    if (status == LBC_OK && job->names.squash) status = check_numbered(job, job->names.squash, "-q", err);
    if (status == LBC_OK && job->options->minicbf) status = check_cbf(job, err);
    return status;
}

/* ---- the old set ---------------------------------------------------------------------------- */

void lbc_old_set_free(lbc_old_set *old)
{
    if (!old) return;
    for (uint32_t i = 0; i < old->extras; i++) free(old->extra[i]);
    free(old->extra);
    free(old);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* A file at path that the link means and that says it is of the old job. */
static bool is_of_old_set(const char *path, const char *link, lbc_file_check *check, const char *job)
{
    const lbc_data_expected expected = {.job = job, .heads_only = true};
    lbc_data_found found = {0};
    struct stat linked, ours;
    if (lstat(path, &ours) || lstat(link, &linked) || !same_file(&ours, &linked)) return false;
    (void)check(path, &expected, &found, NULL);
    return found.same_job;
}

/* Files of one kind: those that a list names, and where ours of that kind are to be. */
typedef struct old_files {
    const char *kind, *option; /* that gives the prefix */
    char *const *names;
    uint32_t count;
    const char *prefix, *folder; /* prefix NULL: there are to be none */
    lbc_file_check *check;
} old_files;

/* Adds those of the linked files that have our prefix, are in our folder, and will not be replaced. */
static lbc_status find_extras(const lbc_job *job, lbc_old_set *old, const char *old_job, const old_files *files,
                              lbc_error *err)
{
    for (uint32_t i = 0; i < files->count; i++) {
        if (lbc_names_number(files->names[i], files->prefix) <= job->plan.files) continue;
        char *path = lbc_asprintf("%s/%s", files->folder, lbc_names_base(files->names[i]));
        char *link = lbc_names_linked(job->names.master, files->names[i]);
        const bool known = path && link;
        const bool extra = known && is_of_old_set(path, link, files->check, old_job);
        free(link);
        if (!extra) {
            free(path);
            if (known) continue;
            return lbc_fail(err, LBC_E_MEMORY, "out of memory");
        }
        old->extra[old->extras++] = path;
        old->data_extras += files->check == lbc_data_file_check;
        if (lbc_input_is_file(job->input, path))
            return lbc_fail(err, LBC_E_EXISTS, "%s: belongs to the set to be replaced and is an input of this run",
                            path);
    }
    return LBC_OK;
}

/* Notes the old set whose master was looked at, with what it lists of two kinds. */
static lbc_status note_old_set(lbc_job *job, const struct stat *master, const lbc_master_list *list,
                               const old_files kinds[2], lbc_error *err)
{
    lbc_old_set *old = lbc_alloc_zero(1, sizeof *old);
    if (!old) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    job->old = old;
    old->master = *master;
    memcpy(old->job, list->job, sizeof old->job);
    if (!list->listed) return LBC_OK; /* of another program: its files are not ours to remove */
    old->extra = lbc_alloc_zero((size_t)list->files + list->squash_files + 1, sizeof *old->extra);
    if (!old->extra) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    lbc_status status = LBC_OK;
    for (unsigned i = 0; status == LBC_OK && i < 2; i++)
        if (kinds[i].prefix) status = find_extras(job, old, list->job, &kinds[i], err);
    return status;
}

/* What a run that resumes, or a share, is told of the master that is not of its job. */
static const char *what_it_is(const lbc_job *job, const lbc_master_list *list)
{
    if (!list->listed) return "does not tell what it was made from: it is damaged, or of another program";
    if (!list->unchanged || !list->job[0])
        return "was damaged or changed since it was written (its checksum differs), and does not tell this job";
    return lbc_identity_difference(list->job, job->identity);
}

/* Refuses to replace the old master, which this option names, without leave. */
static lbc_status keep_old_master(const lbc_job *job, const lbc_master_list *list, const char *option, lbc_error *err)
{
    const char *master = job->names.master;
    if (!job->options->resume && job->writes_master)
        return lbc_fail(err, LBC_E_EXISTS, "%s: exists (--overwrite replaces it, %s names another)", master, option);
    return lbc_fail(err, LBC_E_EXISTS, "%s: %s (%s--overwrite makes it anew)", master, what_it_is(job, list),
                    job->options->resume ? "--resume " : "");
}

/* Whether the old master's files of one kind have the place of ours: so the first of them that is there, if any is. */
static lbc_status have_our_place(const lbc_job *job, const old_files *files, bool *ours, lbc_error *err)
{
    bool found = false;
    *ours = true;
    for (uint32_t i = 0; i < files->count && !found; i++) {
        struct stat there;
        char *path = lbc_names_linked(job->names.master, files->names[i]);
        char *folder = path ? lbc_place_folder_of(path) : NULL;
        found = folder && lstat(path, &there) == 0;
        if (found)
            *ours = files->prefix && lbc_names_number(files->names[i], files->prefix) &&
                    lbc_place_same_folder(folder, files->folder);
        free(path);
        free(folder);
        if (!folder) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    }
    return LBC_OK;
}

/* Files of one kind that the old master lists and the new one would not, since ours have another prefix. */
static lbc_status look_at_kind(const lbc_job *job, const old_files *files, lbc_error *err)
{
    bool ours = true;
    const char *master = job->names.master, *plural = files->count == 1 ? "" : "s";
    const lbc_status status = files->count ? have_our_place(job, files, &ours, err) : LBC_OK;
    if (status || ours) return status;
    if (!job->options->overwrite)
        return lbc_fail(err, LBC_E_EXISTS,
                        "%s: lists %" PRIu32 " %s file%s, of which %s is the first, and would no more (give the %s of "
                        "before, or %s--overwrite)",
                        master, files->count, files->kind, plural, files->names[0], files->option,
                        job->options->resume ? "--resume " : "");
    lbc_log_send(&job->log, LBC_LEVEL_WARNING,
                 "%s: the set that it is of, and that goes, has %" PRIu32 " %s file%s, of which %s is the first; "
                 "without the %s of before they stay where they are",
                 master, files->count, files->kind, plural, files->names[0], files->option);
    return LBC_OK;
}

/* Whether the old master, if any, may go. */
static lbc_status look_at_old_set(lbc_job *job, lbc_error *err)
{
    struct stat there;
    lbc_master_list list = {0};
    const lbc_names *names = &job->names;
    const lbc_options *o = job->options;
    const char *option = option_of_master(o);
    lbc_status status = check_free(job, names->master, option, true, err);
    if (status || lstat(names->master, &there)) return status;
    status = lbc_master_list_read(&list, names->master, err);
    const old_files kinds[] = {
        {"data", "-o", list.names, list.files, names->prefix, names->folder, lbc_data_file_check},
        {"squash", "-q", list.squash_names, list.squash_files, names->squash, names->squash_folder,
         lbc_squash_file_check}};
    const bool ours = status == LBC_OK && strcmp(list.job, job->identity) == 0;
    const bool goes = status == LBC_OK && (!ours || job->writes_master);
    if (goes && !o->overwrite && !(o->resume && ours)) status = keep_old_master(job, &list, option, err);
    for (unsigned i = 0; (goes || ours) && list.listed && status == LBC_OK && i < 2; i++)
        status = look_at_kind(job, &kinds[i], err);
    if (goes && status == LBC_OK) status = note_old_set(job, &there, &list, kinds, err);
    lbc_master_list_free(&list);
    return status;
}

/* The number of a file that is gone is free for the next one, which then has it at another time. */
static bool is_the_old_one(const struct stat *there, const struct stat *old)
{
    return same_file(there, old) && there->st_size == old->st_size && there->st_mtim.tv_sec == old->st_mtim.tv_sec &&
           there->st_mtim.tv_nsec == old->st_mtim.tv_nsec;
}

/* The master that was looked at, and no other that has taken its place since, as the share that writes it does. */
static bool old_master_is_there(const lbc_job *job)
{
    struct stat there;
    return lstat(job->names.master, &there) == 0 && is_the_old_one(&there, &job->old->master);
}

bool lbc_clear_untouched(const lbc_job *job)
{
    return job->old && !job->old->begun && old_master_is_there(job);
}

lbc_status lbc_clear_away(const lbc_job *job, lbc_error *err)
{
    lbc_claim claim = {0};
    if (!job->old || job->old->gone) return LBC_OK;
    lbc_status status = job->options->shares ? lbc_claim_turn(&claim, job->names.master, err) : LBC_OK;
    /* The master first: what is left without one does not look finished. */
    if (status == LBC_OK) job->old->begun = true;
    if (status == LBC_OK && old_master_is_there(job)) status = lbc_place_remove(job->names.master, err);
    lbc_claim_drop(&claim);
    for (uint32_t i = 0; status == LBC_OK && i < job->old->extras; i++)
        status = lbc_place_remove(job->old->extra[i], err);
    if (status == LBC_OK && job->options->minicbf) status = lbc_cbf_clear_away(job, job->old->job, err);
    job->old->gone = status == LBC_OK;
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------ */

/* The first of the files of this prefix that are to be replaced may be of a set that has its master under another name,
 * and that is not complete any more then. */
static lbc_status tell_other_set(const lbc_job *job, const char *prefix, lbc_error *err)
{
    struct stat there;
    bool told = job->old ? !job->old->job[0] : job->options->shares > 0; /* there is nothing to tell it from */
    for (uint32_t i = 0; i < job->ntodo && !told; i++) {
        char theirs[LBC_JOB_SIZE] = "";
        char *path = lbc_names_file(prefix, job->todo[i]);
        if (!path) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
        if (stat(path, &there) == 0 && S_ISREG(there.st_mode)) (void)lbc_file_job(path, theirs, NULL);
        told = theirs[0] && strcmp(theirs, job->identity) && (!job->old || strcmp(theirs, job->old->job));
        if (told)
            lbc_log_send(&job->log, LBC_LEVEL_WARNING,
                         "%s: goes, and is of another set than %s; a master that lists it is then of an incomplete set",
                         path, job->names.master);
        free(path);
    }
    return LBC_OK;
}

static lbc_status check_outputs(lbc_job *job, lbc_error *err)
{
    lbc_status status = look_at_old_set(job, err);
    if (status == LBC_OK) status = check_files(job, err);
    if (status || !job->options->overwrite) return status;
    status = tell_other_set(job, job->names.prefix, err);
    return status || !job->names.squash ? status : tell_other_set(job, job->names.squash, err);
}

lbc_status lbc_clear_try(lbc_job *job, lbc_error *err)
{
    lbc_status status = each_folder(&job->names, lbc_place_try_folder, err);
    if (status == LBC_OK) status = check_names(&job->names, err);
    return status ? status : check_outputs(job, err);
}

/* What the job writes, and no other run is to write with it. */
static lbc_status claim_names(const lbc_job *job, lbc_claims *claims, lbc_error *err)
{
    const struct {
        const char *name, *option;
    } all[] = {{job->names.prefix, "-o"},
               {job->names.master, option_of_master(job->options)},
               {job->names.squash, "-q"},
               {job->options->minicbf, "--minicbf"}};
    lbc_status status = LBC_OK;
    for (size_t i = 0; status == LBC_OK && i < sizeof all / sizeof *all; i++)
        if (all[i].name) status = lbc_claims_add(claims, all[i].name, all[i].option, job->options->shares > 0, err);
    return status;
}

lbc_status lbc_clear(lbc_job *job, lbc_claims *claims, lbc_error *err)
{
    lbc_status status = each_folder(&job->names, make_folder, err);
    if (status == LBC_OK) status = check_names(&job->names, err);
    if (status == LBC_OK) status = claim_names(job, claims, err);
    if (status) return status;
    sweep_all(job);
    return check_outputs(job, err);
}
