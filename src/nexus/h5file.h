/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* h5file.h - HDF5 files opened for reading, by a file driver of our own.
 *
 * HDF5's own driver takes file locks (which fail on some network and read-only media), lets them be
 * steered by an environment variable, and hands its descriptors down to child processes. Ours opens
 * O_RDONLY | O_CLOEXEC, locks nothing and reads by pread. It also answers the one question HDF5 1.10
 * has no quick answer for: where a chunk is. H5Dget_chunk_info and H5Dget_chunk_info_by_coord walk the
 * whole index for each chunk, which takes seconds for 20 000; H5Dread_chunk looks the chunk up and
 * then makes one read of raw data, which the driver can note without doing it.
 *
 * All but lbc_file_open are called with the library's HDF5 lock held (h5util.h).
 */
#ifndef LBC_NEXUS_H5FILE_H
#define LBC_NEXUS_H5FILE_H

#include "lbc.h"

#include <hdf5.h>
#include <stdbool.h>

/* What tells one file from another, and whether it is still the same. */
typedef struct lbc_file_identity {
    uint64_t device, inode;
    uint64_t size; /* bytes */
} lbc_file_identity;

/* open(2) of a regular file for reading, close-on-exec. *fd and *identity are set; the caller closes fd.
 * The error says what stands in the way: missing, a directory, no permission. */
lbc_status lbc_file_open(int *fd, lbc_file_identity *identity, const char *path, lbc_error *err);

/* Opens an HDF5 file. Errors: as lbc_file_open; LBC_E_FORMAT when it is no HDF5 file, or a damaged one. */
lbc_status lbc_h5_open_read(hid_t *file, lbc_file_identity *identity, const char *path, lbc_error *err);

/* Bytes of the file that an object is in, `address` as HDF5 tells it. */
bool lbc_h5_bytes(hid_t object, haddr_t address, void *to, size_t size);
bool lbc_h5_has_bytes(hid_t object); /* false: another driver opened its file */

typedef struct lbc_chunk_place {
    uint64_t offset;  /* from the start of the file; LBC_NOWHERE: the chunk was never written */
    uint64_t size;    /* bytes as stored */
    uint32_t skipped; /* filter mask: bit i set when filter i of the pipeline was not applied */
} lbc_chunk_place;

#define LBC_NOWHERE UINT64_MAX

/* Where the chunk that begins at `first` (one coordinate a dimension) is stored. The data set must be
 * chunked and in a file of one of our drivers, this one or h5out.h's. False: HDF5 cannot say (a damaged index). */
bool lbc_h5_chunk_place(hid_t dataset, const hsize_t *first, lbc_chunk_place *place);

/* For the drivers: whether this read is the one by which lbc_h5_chunk_place learns where a chunk is. Then it is not to
 * be done; there is no room for what it would read. */
bool lbc_h5_note_read(H5FD_mem_t type, haddr_t address, size_t size);

/* Whether the chunks of a box (first, count: a number each dimension; NULL: the whole data set) have as many bytes as
 * HDF5 expects. 1.10 takes that for granted where no filter changes their size, and reads on behind a chunk that is
 * shorter. True for a data set without chunks; false also when the box has more than 2^22 of them. */
bool lbc_h5_chunks_sound(hid_t dataset, const hsize_t *first, const hsize_t *count);

#endif
