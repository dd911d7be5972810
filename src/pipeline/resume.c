/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/resume.h"

#include "base/memory.h"
#include "base/place.h"
#include "nexus/data_check.h"
#include "pipeline/cbf.h"
#include "pipeline/clear.h"
#include "pipeline/identity.h"
#include "pipeline/image.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef enum verdict {
    ABSENT,
    WHOLE,
    DAMAGED, /* of this job */
    FOREIGN  /* of another, or it cannot tell */
} verdict;

/* A run that resumes may spend long here, and wants to be stopped as at any other time. */
static lbc_status still_wanted(const lbc_job *job, lbc_error *err)
{
    const lbc_options *o = job->options;
    const lbc_progress progress = {.frames = job->frames};
    if (!o->progress || !o->progress(o->user, &progress)) return LBC_OK;
    return lbc_fail(err, LBC_E_CANCELLED, "stopped before the first image");
}

/* ---- the input of a file -------------------------------------------------------------------- */

/* What lbc_data_file_add_input was given for data file f, from the input as it is now. scratch: room for an image of
 * the job; NULL: none is decoded, and not all that cannot be read are known. */
static lbc_status sum_input(const lbc_job *job, uint32_t f, int32_t *scratch, lbc_input_sum *sum, lbc_error *err)
{
    uint64_t group, groups, first;
    uint32_t count;
    lbc_status status = LBC_OK;
    lbc_frame_reader *reader = lbc_frame_reader_new();
    if (!reader) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    *sum = (lbc_input_sum){0};
    lbc_plan_file(&job->plan, f, &group, &groups);
    for (uint64_t k = group; status == LBC_OK && k < group + groups; k++) {
        lbc_plan_group(&job->plan, k, &first, &count);
        for (uint64_t i = first; status == LBC_OK && i < first + count; i++) {
            status = scratch ? lbc_image_gather(job, reader, i, scratch, true, err)
                             : lbc_input_read(job->input, reader, i, NULL, err);
            if (status == LBC_OK) {
                sum->sum += lbc_image_sum(reader);
            } else if (lbc_image_may_be_skipped(job, status)) {
                sum->bad++;
                status = LBC_OK;
            }
        }
        if (status == LBC_OK) status = still_wanted(job, err);
    }
    lbc_frame_reader_free(reader);
    return status;
}

/* ---- one file ------------------------------------------------------------------------------- */

/* Whether a file that is whole and tells its input is what would be made now. */
static lbc_status compare_input(const lbc_job *job, const char *path, uint32_t f, const lbc_input_sum *then,
                                verdict *said, lbc_error *why, lbc_error *err)
{
    lbc_input_sum now = {0};
    int32_t *scratch = then->bad ? lbc_alloc(job->pixels, sizeof *scratch) : NULL;
    if (then->bad && !scratch) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    const lbc_status status = sum_input(job, f, scratch, &now, err);
    free(scratch);
    if (status || (now.sum == then->sum && now.bad == then->bad)) return status;
    *said = now.bad < then->bad ? DAMAGED : FOREIGN;
    if (*said == DAMAGED)
        lbc_fail(why, LBC_E_MISMATCH,
                 "%s: images that could not be read when it was made: %" PRIu32 ", and now %" PRIu32, path, then->bad,
                 now.bad);
    else
        lbc_fail(why, LBC_E_MISMATCH,
                 "%s: was made from an input that has changed since; if that is damaged, this is the file to keep",
                 path);
    return LBC_OK;
}

/* The same of any that is whole. */
static lbc_status judge_input(const lbc_job *job, const char *path, uint32_t f, const lbc_data_found *found,
                              verdict *said, lbc_error *why, lbc_error *err)
{
    const bool masked = found->input.bad && !job->options->skip_bad;
    if (found->tells_input && !masked) return compare_input(job, path, f, &found->input, said, why, err);
    *said = FOREIGN;
    if (found->tells_input)
        lbc_fail(why, LBC_E_MISMATCH,
                 "%s: was made with --skip-bad, and %" PRIu32 " of its images could not be read; give --skip-bad again",
                 path, found->input.bad);
    else
        lbc_fail(why, LBC_E_MISMATCH, "%s: does not tell what it was made from", path);
    return LBC_OK;
}

/* What is no file is not opened. */
static lbc_status flush(const char *path, lbc_error *err)
{
    struct stat there;
    return stat(path, &there) == 0 && S_ISREG(there.st_mode) ? lbc_place_flush(path, err) : LBC_OK;
}

/* why is filled when a file is there and not whole. One that is kept may have been left unflushed by a run that was
 * killed, or copied there. */
static lbc_status judge(const lbc_job *job, const char *prefix, uint32_t f, lbc_file_check *check, verdict *said,
                        lbc_error *why, lbc_error *err)
{
    struct stat there;
    uint64_t first, count;
    lbc_plan_file(&job->plan, f, &first, &count);
    const lbc_data_expected expected = {
        .job = job->identity, .format = job->format, .frames = count, .first_number = first + 1};
    lbc_data_found found = {0};
    char *path = lbc_names_file(prefix, f);
    const char *option = prefix == job->names.squash ? "-q" : "-o";
    lbc_status status = path ? lbc_clear_input(job, path, option, err) : lbc_fail(err, LBC_E_MEMORY, "out of memory");
    *said = ABSENT;
    if (status || (lstat(path, &there) && errno == ENOENT)) goto done;
    status = flush(path, err);
    if (status) goto done;
    status = check(path, &expected, &found, why);
    *said = status == LBC_OK ? WHOLE : found.same_job ? DAMAGED : FOREIGN;
    if (status == LBC_OK) {
        status = judge_input(job, path, f, &found, said, why, err);
        if (status == LBC_OK && *said == WHOLE && found.input.bad && prefix == job->names.prefix)
            lbc_log_send(&job->log, LBC_LEVEL_WARNING,
                         "%s: kept, with %" PRIu32 " image%s that could not be read masked", path, found.input.bad,
                         found.input.bad == 1 ? "" : "s");
    } else if (status == LBC_E_MISMATCH) {
        status = LBC_OK;
        if (found.job[0] && !found.same_job)
            lbc_fail(why, LBC_E_MISMATCH, "%s: %s", path, lbc_identity_difference(found.job, job->identity));
    } else if (status) {
        lbc_fail(err, status, "%s", why->text);
    }

done:
    free(path);
    return status;
}

/* Settles one file that is not whole. */
static lbc_status settle(const lbc_job *job, verdict said, const lbc_error *why, lbc_error *err)
{
    if (said == FOREIGN && !job->options->overwrite)
        return lbc_fail(err, LBC_E_EXISTS, "%s (--resume --overwrite makes it anew)", why->text);
    if (said == FOREIGN || said == DAMAGED) lbc_log_send(&job->log, LBC_LEVEL_NOTICE, "%s; it is made anew", why->text);
    return LBC_OK;
}

static lbc_status judge_cbf(const lbc_job *job, uint64_t k, verdict *said, lbc_error *why, lbc_error *err)
{
    static const verdict verdicts[] = {
        [LBC_MINICBF_FOREIGN] = FOREIGN, [LBC_MINICBF_DAMAGED] = DAMAGED, [LBC_MINICBF_WHOLE] = WHOLE};
    struct stat there;
    lbc_minicbf_state state = LBC_MINICBF_FOREIGN;
    char *path = lbc_cbf_name(job, k);
    lbc_status status = path ? LBC_OK : lbc_fail(err, LBC_E_MEMORY, "out of memory");
    *said = ABSENT;
    if (status || (lstat(path, &there) && errno == ENOENT)) goto done;
    status = flush(path, err);
    if (status == LBC_OK) status = lbc_cbf_check(job, k, &state, err);
    *said = verdicts[state];
    lbc_fail(why, LBC_E_MISMATCH, *said == DAMAGED ? "%s: is damaged" : "%s: is no image of this job", path);

done:
    free(path);
    return status;
}

/* The miniCBF files that go with data file f, which may have been put in place without it. */
static lbc_status look_at_cbf(const lbc_job *job, uint32_t f, bool *whole, lbc_error *err)
{
    uint64_t first, count;
    lbc_status status = LBC_OK;
    lbc_plan_file(&job->plan, f, &first, &count);
    for (uint64_t k = first; job->options->minicbf && status == LBC_OK && k < first + count; k++) {
        lbc_error why = {LBC_OK, ""};
        verdict said;
        status = judge_cbf(job, k, &said, &why, err);
        if (status == LBC_OK) status = settle(job, said, &why, err);
        *whole = *whole && said == WHOLE;
    }
    return status;
}

static lbc_status look_at(lbc_job *job, uint32_t f, lbc_error *err)
{
    lbc_error why_data = {LBC_OK, ""}, why_squash = {LBC_OK, ""};
    verdict data, squash = WHOLE;
    bool cbf = true;
    lbc_status status = judge(job, job->names.prefix, f, lbc_data_file_check, &data, &why_data, err);
    if (status == LBC_OK && job->names.squash)
        status = judge(job, job->names.squash, f, lbc_squash_file_check, &squash, &why_squash, err);
    if (status == LBC_OK) status = settle(job, data, &why_data, err);
    if (status == LBC_OK) status = settle(job, squash, &why_squash, err);
    if (status == LBC_OK) status = look_at_cbf(job, f, &cbf, err);
    if (status == LBC_OK && data == WHOLE && squash == WHOLE && cbf) lbc_job_keep(job, f);
    return status;
}

/* That the names of what is kept are on disk, as it is. */
static lbc_status flush_folders(const lbc_job *job, lbc_error *err)
{
    const char *const some[] = {job->names.prefix, job->names.squash, job->options->minicbf};
    lbc_status status = LBC_OK;
    for (size_t i = 0; status == LBC_OK && i < sizeof some / sizeof *some; i++)
        if (some[i]) status = lbc_place_flush_folder(some[i], err);
    return status;
}

lbc_status lbc_resume(lbc_job *job, lbc_error *err)
{
    lbc_status status = still_wanted(job, err);
    for (uint32_t i = 0; status == LBC_OK && i < job->ntodo;) {
        const uint32_t before = job->ntodo;
        status = look_at(job, job->todo[i], err);
        if (job->ntodo == before) i++; /* else it was taken off the list */
        if (status == LBC_OK) status = still_wanted(job, err);
    }
    return status == LBC_OK && job->kept ? flush_folders(job, err) : status;
}
