/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/space.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define SAMPLES       3
#define BYTES_A_FILE  8192 /* HDF5's own, more than it takes without filter parameters */
#define BYTES_A_FRAME 64   /* of a chunk's index, or of a small data set */

/* ---- what is free --------------------------------------------------------------------------- */

/* Bytes that replacing the files of prefix will give back. */
static uint64_t replaced_bytes(const lbc_job *job, const char *prefix)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < job->ntodo; i++) {
        struct stat there;
        char *path = lbc_names_file(prefix, job->todo[i]);
        if (path && lstat(path, &there) == 0 && S_ISREG(there.st_mode) && there.st_nlink == 1)
            bytes += (uint64_t)there.st_blocks * 512;
        free(path);
    }
    return bytes;
}

/* False: the file system does not tell. */
static bool free_bytes(const lbc_job *job, const char *folder, const char *prefix, uint64_t *bytes)
{
    struct statvfs fs;
    if (statvfs(folder, &fs) || fs.f_blocks == 0) return false;
    const uint64_t unit = fs.f_frsize ? fs.f_frsize : fs.f_bsize;
    if (__builtin_mul_overflow((uint64_t)fs.f_bavail, unit, bytes)) *bytes = UINT64_MAX;
    if (__builtin_add_overflow(*bytes, replaced_bytes(job, prefix), bytes)) *bytes = UINT64_MAX;
    return true;
}

/* ---- what is needed ------------------------------------------------------------------------- */

/* Bytes of the frames of this run, all as large as these. */
static uint64_t total(const lbc_job *job, uint64_t frame_bytes)
{
    uint64_t bytes;
    if (__builtin_mul_overflow(job->frames, frame_bytes + BYTES_A_FRAME, &bytes) ||
        __builtin_add_overflow(bytes, (uint64_t)job->ntodo * BYTES_A_FILE, &bytes))
        return UINT64_MAX;
    return bytes;
}

typedef struct frame_sizes {
    uint64_t chunk, stream;
} frame_sizes;

/* Mean sizes of a few frames, from the first to the last. False: they cannot be made, as the run will tell. */
static bool sample(lbc_workshop *shop, frame_sizes *mean)
{
    const lbc_job *job = shop->job;
    const uint64_t n = job->frames < SAMPLES ? job->frames : SAMPLES;
    frame_sizes sum = {0, 0};
    lbc_error trouble;
    for (uint64_t i = 0; i < n; i++) {
        const uint64_t k = lbc_job_frame(job, n > 1 ? i * (job->frames - 1) / (n - 1) : 0);
        for (unsigned p = 0; p < shop->parts; p++)
            if (lbc_workshop_gather(shop, 0, 0, p, k, &trouble)) return false;
        if (lbc_workshop_encode(shop, 0, 0, k, &trouble)) return false;
        sum.chunk += shop->slot[0].chunk_size;
        sum.stream += shop->slot[0].stream_size;
    }
    mean->chunk = sum.chunk / n;
    mean->stream = sum.stream / n;
    return true;
}

/* ---- the two together ----------------------------------------------------------------------- */

/* A folder where files of the job go. */
typedef struct place {
    const char *folder;
    uint64_t free, most, likely;
} place;

static lbc_status too_small(const lbc_job *job, const place *p, lbc_error *err)
{
    return lbc_fail(err, LBC_E_SPACE,
                    "%s: %" PRIu64
                    " images would take about %.3g MB, but %.3g MB are free (make room, or choose another "
                    "-o)",
                    p->folder, job->frames, 1e-6 * (double)p->likely, 1e-6 * (double)p->free);
}

static bool same_file_system(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev;
}

lbc_status lbc_space_check(lbc_workshop *shop, lbc_error *err)
{
    const lbc_job *job = shop->job;
    const lbc_names *names = &job->names;
    const lbc_slot *slot = &shop->slot[0];
    place data = {.folder = names->folder, .most = total(job, slot->chunk_capacity)};
    place squash = {.folder = names->squash_folder, .most = names->squash ? total(job, slot->stream_capacity) : 0};
    const bool together = names->squash && same_file_system(data.folder, squash.folder);
    if (!free_bytes(job, data.folder, names->prefix, &data.free)) return LBC_OK;
    if (names->squash && !free_bytes(job, squash.folder, names->squash, &squash.free)) return LBC_OK;
    if (together) {
        data.most = data.most > UINT64_MAX - squash.most ? UINT64_MAX : data.most + squash.most;
        data.free += replaced_bytes(job, names->squash);
    }
    if (data.most <= data.free && (together || squash.most <= squash.free)) return LBC_OK;

    frame_sizes mean;
    if (!sample(shop, &mean)) return LBC_OK;
    data.likely = total(job, mean.chunk);
    squash.likely = names->squash ? total(job, mean.stream) : 0;
    if (together) data.likely += squash.likely;
    if (data.likely > data.free) return too_small(job, &data, err);
    if (names->squash && !together && squash.likely > squash.free) return too_small(job, &squash, err);
    return LBC_OK;
}
