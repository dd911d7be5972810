/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* place.h - files that appear whole or not at all.
 *
 * A file is written under a temporary name in its target folder, flushed to disk, and renamed.
 * Temporary names tell who made them (host, process, start of the process), so that what a killed run
 * left is recognised and removed by the next one, and what a live run is writing never is.
 */
#ifndef LBC_BASE_PLACE_H
#define LBC_BASE_PLACE_H

#include "lbc.h"

#include <stdbool.h>

/* A file that is being written. Zero-initialise; lbc_place_drop accepts that state. */
typedef struct lbc_place {
    char *path;      /* where it will appear */
    char *temporary; /* where it is now; NULL: not begun, or done */
} lbc_place;

/* Chooses the temporary name beside path. The caller makes the file, exclusively (H5F_ACC_EXCL or
 * O_EXCL): a name that exists already, be it a link, is then refused and never followed. */
lbc_status lbc_place_begin(lbc_place *place, const char *path, lbc_error *err);
/* Flushes the temporary file, renames it to path and flushes the folder. replace false: an existing
 * path is LBC_E_EXISTS. On failure there is nothing new at path, and the temporary file stays for
 * lbc_place_drop. */
lbc_status lbc_place_commit(lbc_place *place, bool replace, lbc_error *err);
/* Makes an error of the temporary file one of the file that it is to be, where err's text begins with it. */
void lbc_place_blame(const char *temporary, const char *path, lbc_error *err);
/* Removes the temporary file if there is one, and frees the names. */
void lbc_place_drop(lbc_place *place);

/* Flushes a file to disk, so that what is read of it next comes from there, as far as the system does as
 * it is asked. */
lbc_status lbc_place_flush(const char *path, lbc_error *err);
/* Flushes the folder of a file, so that its name stays. */
lbc_status lbc_place_flush_folder(const char *path, lbc_error *err);
/* Removes a file, and flushes its folder: what is removed next is not gone before it. A file that is not
 * there is no error. */
lbc_status lbc_place_remove(const char *path, lbc_error *err);

/* Removes temporary files in folder that belong to `base` (the final file name, or a prefix of it)
 * and whose process on this host is gone. Returns how many. */
unsigned lbc_place_sweep(const char *folder, const char *base);

/* Whether two paths are of one file, or of one folder, there or not, by whatever way that is named as far as it is
 * there. */
bool lbc_place_same(const char *a, const char *b);
bool lbc_place_same_folder(const char *a, const char *b);

/* The folder part of a path without its final slash, "." when there is none. Freed with free(), NULL: out of memory. */
char *lbc_place_folder_of(const char *path);
/* Makes a folder and what is missing above it. */
lbc_status lbc_place_folder(const char *folder, lbc_error *err);
/* Whether it could, and files in the folder be made: by the folder, or the nearest above it that is there. */
lbc_status lbc_place_try_folder(const char *folder, lbc_error *err);

#endif
