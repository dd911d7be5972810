/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/master_check.h"

#include "base/memory.h"
#include "nexus/data_check.h"
#include "nexus/master_links.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Fields may be 32-bit floats, in other units than the ones we compare in. */
#define TOLERANCE 2e-6

/* One with masked images comes of a share that was given --skip-bad. */
static lbc_status check_file(const lbc_job *job, const char *path, uint64_t f, lbc_file_check *check, bool *same_job,
                             lbc_error *err)
{
    uint64_t first, count;
    lbc_data_found found = {0};
    lbc_plan_file(&job->plan, f, &first, &count);
    const lbc_data_expected expected = {
        .job = job->identity, .format = job->format, .frames = count, .first_number = first + 1, .heads_only = true};
    const lbc_status status = check(path, &expected, &found, err);
    *same_job = found.same_job;
    if (status || !found.input.bad || job->options->skip_bad) return status;
    return lbc_fail(err, LBC_E_MISMATCH,
                    "%s: was made with --skip-bad, and %" PRIu32 " of its images could not be read", path,
                    found.input.bad);
}

/* Whether the files of this prefix are there, with the images that belong in them. One of another job is not, where
 * other shares may replace it; else it is an error. */
static lbc_status find_files(const lbc_job *job, const char *prefix, lbc_file_check *check, bool *there, lbc_error *err)
{
    lbc_status status = LBC_OK;
    for (uint64_t f = 0; status == LBC_OK && f < job->plan.files; f++) {
        bool same_job = false;
        char *path = lbc_names_file(prefix, f);
        if (!path) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
        if (access(path, F_OK))
            *there = false;
        else
            status = check_file(job, path, f, check, &same_job, err);
        free(path);
        if (status != LBC_E_MISMATCH || !job->options->overwrite || same_job) continue;
        status = LBC_OK;
        *there = false;
    }
    return status;
}

/* Of a share's master, whether the images are there that it comes before or after. */
static lbc_status images_are_there(const lbc_job *job, bool *there, lbc_error *err)
{
    *there = true;
    if (!job->options->shares) return LBC_OK;
    const lbc_status status = find_files(job, job->names.prefix, lbc_data_file_check, there, err);
    if (status || !job->names.squash) return status;
    return find_files(job, job->names.squash, lbc_squash_file_check, there, err);
}

void lbc_master_tell_early(const lbc_job *job)
{
    bool there;
    lbc_error trouble = {LBC_OK, ""};
    if (images_are_there(job, &there, &trouble))
        lbc_log_send(&job->log, LBC_LEVEL_WARNING, "%s", trouble.text);
    else if (!there)
        lbc_log_send(&job->log, LBC_LEVEL_NOTICE,
                     "%s: written before its images; l_bnl_compress --verify -i tells whether the set is complete",
                     job->names.master);
}

static bool alike(double a, double b)
{
    return isnan(a) ? isnan(b) : fabs(a - b) <= TOLERANCE * fmax(fabs(a), fabs(b));
}

static bool angles_are_those(const lbc_job *job, const lbc_series *now)
{
    const double *before = job->series->angles, *angles = now->angles;
    if (job->series->angles_by_step || now->angles_by_step) return true;
    for (uint64_t k = 0; before && angles && k < job->plan.groups; k++) {
        uint64_t first;
        uint32_t count;
        lbc_plan_group(&job->plan, k, &first, &count);
        if (!alike(angles[k], before[first])) return false;
    }
    return (before != NULL) == (angles != NULL);
}

static bool mask_is_that(const lbc_job *job, const uint32_t *mask)
{
    if (job->mask_written) return mask && memcmp(mask, job->mask_written, job->pixels * sizeof *mask) == 0;
    if (!mask) return true;
    uint8_t *flags = lbc_alloc(job->pixels, 1);
    const bool empty = flags && lbc_mask_flags(flags, mask, job->pixels) == 0;
    free(flags);
    return empty;
}

/* The first thing that is not as it must be; NULL: all is. */
static const char *difference(const lbc_job *job, const lbc_series *now)
{
    const lbc_series *s = job->series;
    const double bin = job->options->bin;
    if (now->frames != job->plan.groups || now->nimages != job->plan.groups || now->ntrigger != 1)
        return "the number of images";
    if (now->shape.ny != job->shape.ny || now->shape.nx != job->shape.nx) return "the size of the images";
    if (now->type != job->store.type) return "the type of the images";
    if (now->files != job->plan.files) return "the number of data files";
    if (now->saturation != job->limit) return "the saturation value";
    if (!mask_is_that(job, now->mask)) return "the pixel mask";
    if (!alike(now->wavelength, s->wavelength)) return "the wavelength";
    if (!alike(now->distance, s->distance)) return "the distance";
    if (!alike(now->pixel_x, bin * s->pixel_x) || !alike(now->pixel_y, bin * s->pixel_y)) return "the pixel size";
    if (!alike(now->beam_x, s->beam_x / bin) || !alike(now->beam_y, s->beam_y / bin)) return "the beam centre";
    if (!angles_are_those(job, now)) return "the rotation angles";
    return NULL;
}

/* The list for --verify, which readers do not look at. */
static lbc_status check_list(const lbc_job *job, const char *temporary, bool *right, lbc_error *err)
{
    lbc_master_list list = {0};
    const lbc_status status = lbc_master_list_read(&list, temporary, err);
    *right = list.agrees && list.unchanged && list.files == job->plan.files && strcmp(list.job, job->identity) == 0 &&
             list.squash_files == (job->names.squash ? job->plan.files : 0);
    for (uint32_t f = 0; *right && f < list.files; f++) {
        uint64_t first, count;
        lbc_plan_file(&job->plan, f, &first, &count);
        *right = list.frames[f] == count && lbc_names_number(list.names[f], job->names.prefix) == f + 1;
    }
    lbc_master_list_free(&list);
    return status;
}

lbc_status lbc_master_check(void *user, const char *temporary, lbc_error *err)
{
    const lbc_job *job = user;
    lbc_input *made = NULL;
    bool list_right = true, there;
    lbc_status status = images_are_there(job, &there, err);
    if (status) return status;
    if (!there) {
        lbc_log_send(&job->log, LBC_LEVEL_NOTICE,
                     "%s: written before its images, and not checked; l_bnl_compress --verify -i checks the set",
                     job->names.master);
        return LBC_OK;
    }
    status = lbc_input_open(&made, temporary, NULL, err);
    if (status == LBC_OK) status = lbc_input_complete(made, err);
    const char *what = status == LBC_OK ? difference(job, lbc_input_series(made)) : NULL;
    if (status == LBC_OK) status = check_list(job, temporary, &list_right, err);
    if (status == LBC_OK && !list_right) what = "the list of files";
    lbc_input_close(made);
    if (status) return status;
    if (!what) return LBC_OK;
    return lbc_fail(err, LBC_E_MISMATCH, "%s: read again, %s is not what was written; the data files are complete",
                    job->names.master, what);
}
