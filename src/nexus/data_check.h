/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* data_check.h - data files that carry their own checksums.
 *
 * A data file we write has, beside /entry/data, a group /entry/checksums (NXcollection) with
 *   job           text: which job made the file (options and input, see src/pipeline/identity.h)
 *   chunk_crc32c  uint32[frames]: CRC-32C of each stored chunk
 * so that a file at rest can be checked without its source, and a resumed run knows its own files.
 */
#ifndef LBC_NEXUS_DATA_CHECK_H
#define LBC_NEXUS_DATA_CHECK_H

#include "codec/codec.h"

#define LBC_JOB_SIZE 32 /* of the job's text, with its null */

/* What a data file should be. */
typedef struct lbc_data_expected {
    const char *job;                /* NULL: any */
    const lbc_chunk_format *format; /* NULL: any */
    uint64_t frames;                /* 0: any */
    uint64_t first_number;          /* 0: any */
    const uint32_t *pixel_crc;      /* [frames], CRC-32C of each frame's stored pixels; NULL: not compared.
                                     * Needs format; every frame is then decoded. */
} lbc_data_expected;

/* Reads the whole file at path through HDF5 and compares it with its checksums and with what is
 * expected. LBC_E_MISMATCH: it differs, and err says where. *carries (NULL: not wanted) tells whether
 * the file has checksums at all; one that has none is LBC_E_MISMATCH only where job is given. */
lbc_status lbc_data_file_check(const char *path, const lbc_data_expected *expected, bool *carries, lbc_error *err);

#endif
