/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sources.h - the files a series is spread over, and links followed from one into another.
 *
 * A master names its data files and its metadata file by links. They are followed here and not by
 * HDF5, for three reasons: a name means a file beside the file that holds the link, whatever the
 * environment or the working folder; a link that leads nowhere is told in words that help; and we
 * learn which files are read, since no output may replace one.
 */
#ifndef LBC_NEXUS_SOURCES_H
#define LBC_NEXUS_SOURCES_H

#include "base/lock.h"
#include "nexus/h5file.h"

typedef struct lbc_source {
    char *path;
    lbc_file_identity identity; /* as it was when first opened */
    bool holds_frames;
    hid_t h5;         /* the open HDF5 file, or H5I_INVALID_HID; guarded by the HDF5 lock */
    int fd;           /* open for pread, or -1; this and what follows: guarded by lbc_sources.lock */
    unsigned readers; /* that use fd now */
    uint64_t used;    /* when it was last taken, on lbc_sources.clock */
} lbc_source;

/* Descriptors kept open for reading chunks. A series may have thousands of files; the system's usual
 * limit is 1024. More than this many are open only while more threads than this read at once. */
#define LBC_SOURCES_OPEN 64

typedef struct lbc_sources {
    lbc_source **source; /* 0: the master. Files stay where they are until lbc_sources_free */
    uint32_t count, capacity;
    lbc_lock lock;
    uint32_t open;
    uint64_t clock;
} lbc_sources;

void lbc_sources_init(lbc_sources *sources);
void lbc_sources_free(lbc_sources *sources); /* HDF5 lock held */

/* ---- as HDF5 files (HDF5 lock held) -------------------------------------------------------- */

/* The file of this path, opened (again, if it was closed) as HDF5; one entry a file, by path. A file
 * that is no longer the one first opened is LBC_E_IO. */
lbc_status lbc_sources_add(lbc_sources *sources, const char *path, lbc_source **source, lbc_error *err);
lbc_status lbc_source_open(lbc_source *source, lbc_error *err);
/* Closes HDF5's side of a file; ids of its objects stay valid. */
void lbc_source_close(lbc_source *source);

/* ---- as bytes (any thread) ----------------------------------------------------------------- */

/* Reads exactly size bytes at offset. Errors name the file: gone, replaced, which is LBC_E_IO; shortened, unreadable by
 * the medium, which is LBC_E_FORMAT. */
lbc_status lbc_source_read(lbc_sources *sources, lbc_source *source, uint64_t offset, void *buffer, size_t size,
                           lbc_error *err);

/* ---- links (HDF5 lock held) ---------------------------------------------------------------- */

/* An open object and the file it is in. Close id with lbc_h5_close. */
typedef struct lbc_object {
    hid_t id;
    lbc_source *source;
} lbc_object;

#define LBC_OBJECT_NONE ((lbc_object){H5I_INVALID_HID, NULL})

typedef enum lbc_found {
    LBC_FOUND,
    LBC_ABSENT,   /* there is no link of that name; err is not filled */
    LBC_DANGLING, /* a link is there but leads to nothing that can be opened; err tells what is missing */
    LBC_BROKEN    /* a damaged file, links in a circle, no memory: err tells */
} lbc_found;

/* Follows path ("a/b", or "/a/b" from the root of the file) from the group or file `from`, through hard,
 * soft and external links. *object is LBC_OBJECT_NONE unless LBC_FOUND. err may be NULL. */
lbc_found lbc_follow(lbc_sources *sources, const lbc_object *from, const char *path, lbc_object *object,
                     lbc_error *err);
/* The same for a data set or a group: an object of another kind is LBC_ABSENT. */
lbc_found lbc_follow_dataset(lbc_sources *sources, const lbc_object *from, const char *path, lbc_object *object,
                             lbc_error *err);
lbc_found lbc_follow_group(lbc_sources *sources, const lbc_object *from, const char *path, lbc_object *object,
                           lbc_error *err);
/* A group in `from` by its meaning: the one of this NX_class (the one called `usual` before others, then
 * in order of name), else the one called `usual` whatever it says it is. */
lbc_found lbc_follow_class(lbc_sources *sources, const lbc_object *from, const char *nx_class, const char *usual,
                           lbc_object *object, lbc_error *err);

/* Opens the file that `name` means in a link or mapping of `source`: "." the same file; else beside it;
 * an absolute name that is not there is tried beside it as well, as series are moved. LBC_E_IO when there is none. */
lbc_status lbc_sources_beside(lbc_sources *sources, lbc_source *source, const char *name, lbc_source **found,
                              lbc_error *err);

/* "/entry/data/data": the path by which an object was opened, cut to fit. */
const char *lbc_object_path(hid_t id, char *buffer, size_t size);

#endif
