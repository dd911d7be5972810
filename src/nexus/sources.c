/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/sources.h"

#include "base/memory.h"
#include "base/read.h"
#include "nexus/h5util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void lbc_sources_init(lbc_sources *sources)
{
    *sources = (lbc_sources){0};
    lbc_lock_init(&sources->lock);
}

static void source_free(lbc_source *source)
{
    lbc_h5_close(&source->h5);
    if (source->fd >= 0) close(source->fd);
    free(source->path);
    free(source);
}

void lbc_sources_free(lbc_sources *sources)
{
    for (uint32_t i = 0; i < sources->count; i++) source_free(sources->source[i]);
    free(sources->source);
    lbc_lock_destroy(&sources->lock);
    *sources = (lbc_sources){0};
}

/* ---- as HDF5 files ------------------------------------------------------------------------- */

static bool same_file(const lbc_file_identity *a, const lbc_file_identity *b)
{
    return a->device == b->device && a->inode == b->inode;
}

lbc_status lbc_source_open(lbc_source *source, lbc_error *err)
{
    lbc_file_identity now;
    hid_t h5;
    if (source->h5 >= 0) return LBC_OK;
    const lbc_status status = lbc_h5_open_read(&h5, &now, source->path, err);
    if (status != LBC_OK) return status;
    if (!same_file(&now, &source->identity)) {
        lbc_h5_close(&h5);
        return lbc_fail(err, LBC_E_IO, "%s: was replaced by another file while it was read", source->path);
    }
    source->h5 = h5;
    return LBC_OK;
}

void lbc_source_close(lbc_source *source)
{
    lbc_h5_close(&source->h5);
}

static lbc_source *find_source(const lbc_sources *sources, const char *path)
{
    /* the latest first: links come in runs into one file */
    for (uint32_t i = sources->count; i-- > 0;)
        if (strcmp(sources->source[i]->path, path) == 0) return sources->source[i];
    return NULL;
}

/* Under the lock, since lbc_input_file may look at the list from another thread. */
static bool append_source(lbc_sources *sources, lbc_source *source)
{
    bool ok = true;
    lbc_lock_take(&sources->lock);
    if (sources->count == sources->capacity) {
        const uint32_t wider = sources->capacity ? 2 * sources->capacity : 8;
        lbc_source **grown = realloc(sources->source, wider * sizeof *grown);
        ok = grown != NULL;
        if (ok) {
            sources->source = grown;
            sources->capacity = wider;
        }
    }
    if (ok) sources->source[sources->count++] = source;
    lbc_lock_give(&sources->lock);
    return ok;
}

lbc_status lbc_sources_add(lbc_sources *sources, const char *path, lbc_source **source, lbc_error *err)
{
    *source = find_source(sources, path);
    if (*source) return lbc_source_open(*source, err);
    lbc_source *s = lbc_alloc_zero(1, sizeof *s);
    if (!s) return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", path);
    s->h5 = H5I_INVALID_HID;
    s->fd = -1;
    s->path = lbc_strdup(path);
    lbc_status status = s->path ? lbc_h5_open_read(&s->h5, &s->identity, path, err)
                                : lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", path);
    if (status == LBC_OK && !append_source(sources, s)) status = lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", path);
    if (status != LBC_OK) {
        source_free(s);
        return status;
    }
    *source = s;
    return LBC_OK;
}

/* ---- as bytes ------------------------------------------------------------------------------ */

/* Closes the descriptor that has been idle longest; lock held. */
static void close_idle(lbc_sources *sources)
{
    lbc_source *oldest = NULL;
    for (uint32_t i = 0; i < sources->count; i++) {
        lbc_source *s = sources->source[i];
        if (s->fd >= 0 && s->readers == 0 && (!oldest || s->used < oldest->used)) oldest = s;
    }
    if (!oldest) return;
    close(oldest->fd);
    oldest->fd = -1;
    sources->open--;
}

/* Opens the descriptor; lock held. */
static lbc_status open_fd(lbc_sources *sources, lbc_source *source, lbc_error *err)
{
    int fd;
    lbc_file_identity now;
    if (sources->open >= LBC_SOURCES_OPEN) close_idle(sources);
    const lbc_status status = lbc_file_open(&fd, &now, source->path, err);
    if (status != LBC_OK) return status;
    if (!same_file(&now, &source->identity)) {
        close(fd);
        return lbc_fail(err, LBC_E_IO, "%s: was replaced by another file while it was read", source->path);
    }
    source->fd = fd;
    sources->open++;
    return LBC_OK;
}

static lbc_status take_fd(lbc_sources *sources, lbc_source *source, int *fd, lbc_error *err)
{
    lbc_status status = LBC_OK;
    lbc_lock_take(&sources->lock);
    if (source->fd < 0) status = open_fd(sources, source, err);
    if (status == LBC_OK) {
        source->readers++;
        source->used = ++sources->clock;
        *fd = source->fd;
    }
    lbc_lock_give(&sources->lock);
    return status;
}

static void give_fd(lbc_sources *sources, lbc_source *source)
{
    lbc_lock_take(&sources->lock);
    source->readers--;
    lbc_lock_give(&sources->lock);
}

static lbc_status read_whole(int fd, const char *path, uint64_t offset, void *to, size_t size, lbc_error *err)
{
    if (lbc_read_at(fd, to, size, offset) == size) return LBC_OK;
    if (errno == 0) return lbc_fail(err, LBC_E_FORMAT, "%s: ends too early (was it cut short?)", path);
    /* the medium's damage is that of what lies there */
    return lbc_fail(err, errno == EIO ? LBC_E_FORMAT : LBC_E_IO, "%s: cannot be read: %s", path, strerror(errno));
}

lbc_status lbc_source_read(lbc_sources *sources, lbc_source *source, uint64_t offset, void *buffer, size_t size,
                           lbc_error *err)
{
    int fd = -1;
    if (offset > INT64_MAX - size) return lbc_fail(err, LBC_E_FORMAT, "%s: damaged index", source->path);
    lbc_status status = take_fd(sources, source, &fd, err);
    if (status != LBC_OK) return status;
    status = read_whole(fd, source->path, offset, buffer, size, err);
    give_fd(sources, source);
    return status;
}
