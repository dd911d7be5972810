/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/space.h"

#include "base/memory.h"
#include "pipeline/cbf.h"
#include "pipeline/clear.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define SAMPLES       3
#define BYTES_A_FILE  8192 /* HDF5's own, more than it takes without filter parameters */
#define BYTES_A_FRAME 64   /* of a chunk's index, or of a small data set */

/* A kind of file of the job: where they go, and how many bytes there are for them. */
typedef struct kind {
    const char *folder, *option; /* folder NULL: the job makes none; option: which names it */
    dev_t device;
    uint64_t free, replaced; /* replaced: of files that go when theirs come */
} kind;

enum { DATA, SQUASH, CBF, KINDS };

static uint64_t add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* ---- what is free --------------------------------------------------------------------------- */

/* Bytes that replacing a file will give back; frees path. */
static uint64_t bytes_of(char *path)
{
    struct stat there;
    const bool goes = path && lstat(path, &there) == 0 && S_ISREG(there.st_mode) && there.st_nlink == 1;
    free(path);
    return goes ? (uint64_t)there.st_blocks * 512 : 0;
}

/* With those of an old set that will be left over, extra[from..to). */
static uint64_t replaced_files(const lbc_job *job, const char *prefix, uint32_t from, uint32_t to)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < job->ntodo; i++) bytes += bytes_of(lbc_names_file(prefix, job->todo[i]));
    for (uint32_t i = from; i < to; i++) bytes += bytes_of(lbc_strdup(job->old->extra[i]));
    return bytes;
}

static uint64_t replaced_cbf(const lbc_job *job)
{
    uint64_t bytes = 0;
    for (uint64_t j = 0; j < job->frames; j++) bytes += bytes_of(lbc_cbf_name(job, lbc_job_frame(job, j)));
    return bytes;
}

/* False: the file system does not tell. */
static bool look_at(kind *k)
{
    struct statvfs fs;
    struct stat folder;
    if (statvfs(k->folder, &fs) || fs.f_blocks == 0 || stat(k->folder, &folder)) return false;
    const uint64_t unit = fs.f_frsize ? fs.f_frsize : fs.f_bsize;
    if (__builtin_mul_overflow((uint64_t)fs.f_bavail, unit, &k->free)) k->free = UINT64_MAX;
    k->device = folder.st_dev;
    return true;
}

/* ---- what is needed ------------------------------------------------------------------------- */

/* Bytes of the frames of this run, all as large as these, in so many files. */
static uint64_t total(const lbc_job *job, uint64_t frame_bytes, uint64_t files)
{
    uint64_t bytes;
    if (__builtin_mul_overflow(job->frames, frame_bytes + BYTES_A_FRAME, &bytes)) return UINT64_MAX;
    return add(bytes, files * BYTES_A_FILE);
}

static void set_sizes(const lbc_job *job, uint64_t bytes[KINDS], const uint64_t frame[KINDS])
{
    bytes[DATA] = total(job, frame[DATA], job->ntodo);
    bytes[SQUASH] = total(job, frame[SQUASH], job->ntodo);
    bytes[CBF] = total(job, frame[CBF], 0);
}

/* Mean sizes of a few frames, from the first to the last. False: they cannot be made, as the run will tell. */
static bool sample(lbc_workshop *shop, uint64_t mean[KINDS])
{
    const lbc_job *job = shop->job;
    const lbc_slot *slot = &shop->slot[0];
    const uint64_t n = job->frames < SAMPLES ? job->frames : SAMPLES;
    lbc_error trouble;
    for (int i = 0; i < KINDS; i++) mean[i] = 0;
    for (uint64_t i = 0; i < n; i++) {
        const uint64_t k = lbc_job_frame(job, n > 1 ? i * (job->frames - 1) / (n - 1) : 0);
        for (unsigned p = 0; p < shop->parts; p++)
            if (lbc_workshop_gather(shop, 0, 0, p, k, &trouble)) return false;
        if (lbc_workshop_encode(shop, 0, 0, k, &trouble)) return false;
        mean[DATA] += slot->chunk_size;
        mean[SQUASH] += slot->stream_size;
        mean[CBF] += slot->cbf_size;
    }
    for (int i = 0; i < KINDS; i++) mean[i] /= n;
    return true;
}

/* ---- the two together ----------------------------------------------------------------------- */

/* A file system that lacks room for its kinds of these sizes together. */
typedef struct shortage {
    const char *folder, *option; /* folder NULL: none lacks it */
    uint64_t needed, free;
} shortage;

static shortage find_shortage(const kind kinds[KINDS], const uint64_t bytes[KINDS])
{
    for (int i = 0; i < KINDS; i++) {
        if (!kinds[i].folder) continue;
        shortage s = {kinds[i].folder, kinds[i].option, 0, kinds[i].free};
        for (int j = 0; j < KINDS; j++) {
            if (!kinds[j].folder || kinds[j].device != kinds[i].device) continue;
            s.needed = add(s.needed, bytes[j]);
            s.free = add(s.free, kinds[j].replaced);
        }
        if (s.needed > s.free) return s;
    }
    return (shortage){NULL, NULL, 0, 0};
}

lbc_status lbc_space_check(lbc_workshop *shop, lbc_error *err)
{
    const lbc_job *job = shop->job;
    const lbc_names *names = &job->names;
    const lbc_slot *slot = &shop->slot[0];
    const uint64_t largest[KINDS] = {slot->chunk_capacity, slot->stream_capacity, slot->cbf_capacity};
    uint64_t bytes[KINDS], mean[KINDS];
    const uint32_t extras = job->old ? job->old->extras : 0, data_extras = job->old ? job->old->data_extras : 0;
    kind kinds[KINDS] = {
        {.folder = names->folder, .option = "-o", .replaced = replaced_files(job, names->prefix, 0, data_extras)},
        {.folder = names->squash_folder, .option = "-q"},
        {.folder = names->minicbf_folder, .option = "--minicbf"}};
    if (names->squash) kinds[SQUASH].replaced = replaced_files(job, names->squash, data_extras, extras);
    if (names->minicbf_folder) kinds[CBF].replaced = replaced_cbf(job);
    for (int i = 0; i < KINDS; i++)
        if (kinds[i].folder && !look_at(&kinds[i])) return LBC_OK;

    set_sizes(job, bytes, largest);
    if (!find_shortage(kinds, bytes).folder || !sample(shop, mean)) return LBC_OK;
    set_sizes(job, bytes, mean);
    const shortage s = find_shortage(kinds, bytes);
    if (!s.folder) return LBC_OK;
    return lbc_fail(err, LBC_E_SPACE,
                    "%s: %" PRIu64
                    " images would take about %.3g MB, but %.3g MB are free (make room, or choose another "
                    "%s)",
                    s.folder, job->frames, 1e-6 * (double)s.needed, 1e-6 * (double)s.free, s.option);
}
