/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cbf.h - one miniCBF file for each output frame: PREFIX_000001.cbf, ... */
#ifndef LBC_PIPELINE_CBF_H
#define LBC_PIPELINE_CBF_H

#include "pipeline/job.h"

/* Name of the file of output frame k; freed with free(), NULL: out of memory. */
char *lbc_cbf_name(const lbc_job *job, uint64_t k);

/* Makes the file of output frame k from its pixels as they are stored. */
lbc_status lbc_cbf_make(const lbc_job *job, uint64_t k, const int32_t *frame, uint8_t *out, size_t capacity,
                        size_t *size);

/* Writes it, whole or not at all. */
lbc_status lbc_cbf_put(const lbc_job *job, uint64_t k, const uint8_t *bytes, size_t size, lbc_error *err);

#endif
