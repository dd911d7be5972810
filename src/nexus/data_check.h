/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* data_check.h - data and squash files that carry their own checksums.
 *
 * A file we write has, beside /entry/data, a data set /entry/checksums, uint32[frames]: CRC-32C of each stored chunk;
 * of a squash file: of each codestream. Its attributes are
 *   job           text: which job made the file (options and input, see src/pipeline/identity.h)
 *   input_sum     uint32: what it was made from. The sum, modulo 2^32, over the input frames that went in and
 *                 could be read, of lbc_image_sum (src/pipeline/image.h)
 *   bad_frames    uint32: how many could not be read, and were skipped
 * (these two are not there when the frames came from no file)
 *   layout        uint32: lbc_layout_sum (master_sum.h) of all that the file says, which HDF5 keeps without a checksum:
 *                 one bit of it makes other pixels of sound chunks
 * so that a file at rest can be checked without its source, and a resumed run knows its own files.
 */
#ifndef LBC_NEXUS_DATA_CHECK_H
#define LBC_NEXUS_DATA_CHECK_H

#include "codec/codec.h"

#define LBC_JOB_SIZE 32 /* of the job's text, with its null */

/* What images were made from. */
typedef struct lbc_input_sum {
    uint32_t sum, bad; /* as input_sum and bad_frames tell */
} lbc_input_sum;

/* What a file should be. */
typedef struct lbc_data_expected {
    const char *job;                /* NULL: any */
    const lbc_chunk_format *format; /* NULL: any */
    uint64_t frames;                /* 0: any */
    uint64_t first_number;          /* 0: any */
    const uint32_t *pixel_crc;      /* [frames], CRC-32C of each frame's stored pixels; NULL: not compared.
                                     * Needs format; every frame is then decoded. */
    bool heads_only;                /* HDF5 is led to every image, and no byte of one is read or compared */
} lbc_data_expected;

/* What it was found to be, as far as the check came. */
typedef struct lbc_data_found {
    bool carries;           /* it has checksums */
    char job[LBC_JOB_SIZE]; /* that it says it is of; "": it does not say */
    bool same_job;          /* as expected->job */
    bool tells_input;
    lbc_input_sum input; /* when it tells */
} lbc_data_found;

/* The type of both functions below. */
typedef lbc_status lbc_file_check(const char *path, const lbc_data_expected *expected, lbc_data_found *found,
                                  lbc_error *err);

/* Reads the whole file at path through HDF5 and compares it with its checksums and with what is
 * expected. LBC_E_MISMATCH: it differs, and err says where. found may be NULL. A file that has no
 * checksums at all is LBC_E_MISMATCH only where job is given. */
lbc_status lbc_data_file_check(const char *path, const lbc_data_expected *expected, lbc_data_found *found,
                               lbc_error *err);
/* The same for a squash file, of expected: job, frames, first_number (0: with heads_only alone), heads_only. */
lbc_status lbc_squash_file_check(const char *path, const lbc_data_expected *expected, lbc_data_found *found,
                                 lbc_error *err);
/* Which job made a data or squash file, by its own word: job is "" when it does not say. */
lbc_status lbc_file_job(const char *path, char job[LBC_JOB_SIZE], lbc_error *err);
/* Whether this job made a data or squash file, by its own word; nothing else of it is looked at. LBC_E_MISMATCH: it did
 * not. */
lbc_status lbc_file_check_job(const char *path, const char *job, lbc_error *err);

#endif
