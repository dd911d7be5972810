/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* output.h - data files, squash files and the master of a new series.
 *
 * Every file is written under a temporary name (base/place.h) and appears by _commit alone. All calls
 * enter HDF5 under the library's lock, so that writers may run beside readers.
 */
#ifndef LBC_NEXUS_OUTPUT_H
#define LBC_NEXUS_OUTPUT_H

#include "base/place.h"
#include "metadata/change.h"
#include "nexus/data_check.h"
#include "nexus/input.h"

/* ---- data files --------------------------------------------------------------------------- */

typedef struct lbc_data_file lbc_data_file;

/* Begins path: /entry/data/data, (frames, ny, nx), one frame a chunk, first dimension unlimited, format->codec's
 * filter with format->params; attributes image_nr_low = first_number, image_nr_high = first_number + frames - 1.
 * HDF5's earliest format (superblock 0), no object times. format must live until commit. */
lbc_status lbc_data_file_begin(lbc_data_file **file, const char *path, const lbc_chunk_format *format, uint64_t frames,
                               uint64_t first_number, lbc_error *err);
/* Has the file carry the job's name and a checksum of each chunk (nexus/data_check.h). job must live
 * until commit. To be called before the first frame is written. */
lbc_status lbc_data_file_sign(lbc_data_file *file, const char *job, lbc_error *err);
/* Has a signed file carry what it was made from, which may be given in any portions. */
void lbc_data_file_add_input(lbc_data_file *file, const lbc_input_sum *input);
/* Writes frame n (0-based in this file) as an encoded chunk. */
lbc_status lbc_data_file_write(lbc_data_file *file, uint64_t n, const uint8_t *chunk, size_t size, lbc_error *err);
/* Closes the file under its temporary name (the file's), where it may be read before it is committed. */
lbc_status lbc_data_file_finish(lbc_data_file *file, const char **temporary, lbc_error *err);
/* Puts the file in place, finished first where it was not. */
lbc_status lbc_data_file_commit(lbc_data_file *file, bool replace, lbc_error *err);
void lbc_data_file_close(lbc_data_file *file); /* drops what was not committed; NULL is allowed */

/* ---- squash files: bare codestreams as datasets ------------------------------------------- */

typedef struct lbc_squash_file lbc_squash_file;

lbc_status lbc_squash_file_begin(lbc_squash_file **file, const char *path, lbc_error *err);
/* Has the file carry the job's name and a checksum of each of so many codestreams (nexus/data_check.h). job must live
 * until commit. To be called before the first is added. */
lbc_status lbc_squash_file_sign(lbc_squash_file *file, const char *job, uint64_t streams, lbc_error *err);
void lbc_squash_file_add_input(lbc_squash_file *file, const lbc_input_sum *input); /* as lbc_data_file_add_input */
/* Adds /entry/data/data_NNNNNN (NNNNNN = number, 1-based over the output series): uint8[size], with
 * attributes codec, ratio or scale, shape (slow, fast), frame number. params as it was coded. */
lbc_status lbc_squash_file_add(lbc_squash_file *file, uint64_t number, const lbc_lossy *lossy,
                               const lbc_lossy_params *params, const uint8_t *stream, size_t size, lbc_error *err);
/* As lbc_data_file_finish and _commit. */
lbc_status lbc_squash_file_finish(lbc_squash_file *file, const char **temporary, lbc_error *err);
lbc_status lbc_squash_file_commit(lbc_squash_file *file, bool replace, lbc_error *err);
void lbc_squash_file_close(lbc_squash_file *file);

/* ---- the master --------------------------------------------------------------------------- */

/* What links the master makes. Names are as links must say them (base names, or paths relative to
 * the master's folder). */
typedef struct lbc_master_links {
    const char *job; /* name of the job (nexus/data_check.h) */
    uint32_t files;
    const char *const *names;
    const uint64_t *frames;          /* frames in each */
    const char *const *squash_names; /* NULL: no squash files; else files of them */
} lbc_master_links;

/* Looks at a file under its temporary name, before it is put in place; fn NULL: nothing is looked at. */
typedef struct lbc_inspection {
    lbc_status (*fn)(void *user, const char *temporary, lbc_error *err);
    void *user;
} lbc_inspection;

/* Writes the master of the changed series: a copy of the input's tree with the rules of
 * src/metadata applied, what NXmx needs and the input lacks, links, virtual dataset, provenance. */
lbc_status lbc_master_write(const char *path, bool replace, const lbc_input *input, const lbc_change *change,
                            const lbc_chunk_format *format, const lbc_master_links *links,
                            const lbc_inspection *inspection, const lbc_log *log, lbc_error *err);

#endif
