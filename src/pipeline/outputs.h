/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* outputs.h - the files a job makes, filled in order. */
#ifndef LBC_PIPELINE_OUTPUTS_H
#define LBC_PIPELINE_OUTPUTS_H

#include "nexus/output.h"
#include "pipeline/worker.h"

/* The data and squash file being filled. Zero-initialise. */
typedef struct lbc_outputs {
    lbc_data_file *data;
    lbc_squash_file *squash;
    char *data_path, *squash_path;
    uint64_t file;       /* number of the file begun, when data is there */
    uint32_t committed;  /* files that are in place */
    uint64_t bytes;      /* size of those data files */
    uint32_t *pixel_crc; /* [block] of the frames in the file, when the run verifies */
} lbc_outputs;

/* Adds the next frame of this run: number j of lbc_job_frame, as a worker left it in slot. A file is
 * begun with its first frame and put in place with its last. */
lbc_status lbc_outputs_add(lbc_outputs *out, const lbc_job *job, uint64_t j, const lbc_slot *slot, lbc_error *err);
/* Adds the frame in slot to what result says of the output. */
void lbc_outputs_count(lbc_result *result, const lbc_slot *slot);
/* Drops a file that was not finished. */
void lbc_outputs_drop(lbc_outputs *out);

/* Writes the master over all files of the whole job. */
lbc_status lbc_outputs_master(const lbc_job *job, lbc_error *err);

#endif
