/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/outputs.h"

#include "base/memory.h"
#include "base/place.h"
#include "nexus/data_check.h"
#include "pipeline/clear.h"
#include "pipeline/master_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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
    status = lbc_squash_file_begin(&out->squash, out->squash_path, err);
    return status ? status : lbc_squash_file_sign(out->squash, job->identity, count, err);
}

/* Reads a finished file again, from the disk. */
static lbc_status verify_file(const char *temporary, const char *path, lbc_file_check *check,
                              const lbc_data_expected *expected, lbc_error *err)
{
    lbc_status status = lbc_place_flush(temporary, err);
    if (status == LBC_OK) status = check(temporary, expected, NULL, err);
    if (status) lbc_place_blame(temporary, path, err);
    return status;
}

/* Before they are put in place. */
static lbc_status verify_files(lbc_outputs *out, const lbc_job *job, lbc_error *err)
{
    uint64_t first, count;
    lbc_plan_file(&job->plan, out->file, &first, &count);
    const lbc_data_expected expected = {.job = job->identity,
                                        .format = job->format,
                                        .frames = count,
                                        .first_number = first + 1,
                                        .pixel_crc = out->pixel_crc};
    const char *temporary;
    lbc_status status = lbc_data_file_finish(out->data, &temporary, err);
    if (status == LBC_OK) status = verify_file(temporary, out->data_path, lbc_data_file_check, &expected, err);
    if (status || !out->squash) return status;
    status = lbc_squash_file_finish(out->squash, &temporary, err);
    return status ? status : verify_file(temporary, out->squash_path, lbc_squash_file_check, &expected, err);
}

/* What is in the place of a file may go: the user says so, or it is of the very job that is resumed. */
static bool may_replace(const lbc_job *job, const char *path)
{
    if (job->options->overwrite) return true;
    return job->options->resume && lbc_file_check_job(path, job->identity, NULL) == LBC_OK;
}

static lbc_status commit_files(lbc_outputs *out, const lbc_job *job, lbc_error *err)
{
    lbc_status status = job->options->verify ? verify_files(out, job, err) : LBC_OK;
    if (status == LBC_OK) status = lbc_clear_away(job, err);
    /* The data file last: where it is, its squash file is. */
    if (status == LBC_OK && out->squash)
        status = lbc_squash_file_commit(out->squash, may_replace(job, out->squash_path), err);
    if (status == LBC_OK) status = lbc_data_file_commit(out->data, may_replace(job, out->data_path), err);
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
    if (status == LBC_OK && job->input) lbc_data_file_add_input(out->data, &slot->input);
    if (status == LBC_OK && job->input && out->squash) lbc_squash_file_add_input(out->squash, &slot->input);
    if (status == LBC_OK && slot->stream)
        status = lbc_squash_file_add(out->squash, k + 1, job->lossy, &job->lossy_params, slot->stream,
                                     slot->stream_size, err);
    if (status == LBC_OK && k == first + count - 1) status = commit_files(out, job, err);
    return status;
}

void lbc_outputs_count(lbc_result *r, const lbc_slot *slot)
{
    r->frames_out++;
    r->masked += slot->counts.masked;
    r->overloaded += slot->counts.overloaded;
    r->clipped += slot->counts.clipped;
    r->above_i16 += slot->counts.above_i16;
    r->codestreams += slot->stream_known;
    r->codestream_bytes += slot->stream_size;
    r->bytes_chunks += slot->chunk_size;
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
    *links = (lbc_master_links){job->identity, files, (const char *const *)names, frames, (const char *const *)squash};
    if (!names || !frames || (job->names.squash && !squash)) goto fail;
    for (uint32_t f = 0; f < files; f++) {
        uint64_t first;
        lbc_plan_file(&job->plan, f, &first, &frames[f]);
        names[f] = link_to(job->names.master_folder, job->names.prefix, f);
        if (squash) squash[f] = link_to(job->names.master_folder, job->names.squash, f);
        if (!names[f] || (squash && !squash[f])) goto fail;
    }
    return LBC_OK;

fail:
    return lbc_fail(err, errno == ENOMEM ? LBC_E_MEMORY : LBC_E_IO, "%s: its links to other files cannot be made: %s",
                    job->names.master, strerror(errno));
}

/* Whether every file of this prefix is still in its place: a run may take hours, and a file that it has put or kept may
 * have been taken away since. */
static lbc_status find_files(const lbc_job *job, const char *prefix, lbc_error *err)
{
    lbc_status status = LBC_OK;
    for (uint64_t f = 0; status == LBC_OK && f < job->plan.files; f++) {
        char *path = lbc_names_file(prefix, f);
        status = path ? lbc_file_check_job(path, job->identity, err) : lbc_fail(err, LBC_E_MEMORY, "out of memory");
        free(path);
    }
    return status;
}

lbc_status lbc_outputs_master(const lbc_job *job, lbc_error *err)
{
    lbc_master_links links;
    lbc_claim claim = {0};
    const lbc_inspection inspection = {job->options->verify ? lbc_master_check : NULL, (void *)job};
    lbc_status status = make_links(job, &links, err);
    /* A share's master may come before its files. */
    if (status == LBC_OK && !job->options->shares) status = find_files(job, job->names.prefix, err);
    if (status == LBC_OK && !job->options->shares && job->names.squash)
        status = find_files(job, job->names.squash, err);
    if (status == LBC_OK) status = lbc_clear_away(job, err);
    /* Other shares may be about to remove the old one. */
    if (status == LBC_OK && job->options->shares) status = lbc_claim_turn(&claim, job->names.master, err);
    if (status == LBC_OK)
        status = lbc_master_write(job->names.master, job->options->overwrite, job->input, &job->change, job->format,
                                  &links, &inspection, &job->log, err);
    lbc_claim_drop(&claim);
    if (status == LBC_OK && job->options->shares && !job->options->verify) lbc_master_tell_early(job);
    free_links(&links);
    return status;
}
