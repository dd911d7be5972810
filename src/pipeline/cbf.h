/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cbf.h - one miniCBF file for each output frame: PREFIX_000001.cbf, ... */
#ifndef LBC_PIPELINE_CBF_H
#define LBC_PIPELINE_CBF_H

#include "export/minicbf.h"
#include "pipeline/job.h"

/* Name of the file of output frame k; freed with free(), NULL: out of memory. */
char *lbc_cbf_name(const lbc_job *job, uint64_t k);

/* Warns where the series is scanned about another axis than readers of miniCBF assume, or the detector is turned: the
 * header cannot tell it. */
void lbc_cbf_doubt_geometry(const lbc_job *job);

/* Makes the file of output frame k from its pixels as they are stored. */
lbc_status lbc_cbf_make(const lbc_job *job, uint64_t k, const int32_t *frame, uint8_t *out, size_t capacity,
                        size_t *size);

/* Writes it, whole or not at all. */
lbc_status lbc_cbf_put(const lbc_job *job, uint64_t k, const uint8_t *bytes, size_t size, lbc_error *err);

/* Reads the file that is there for output frame k: whether it is what this job makes. It need not be readable. */
lbc_status lbc_cbf_check(const lbc_job *job, uint64_t k, lbc_minicbf_state *state, lbc_error *err);

/* Removes what an old job left of this prefix beyond the last image of this one, up to the first that is not its. */
lbc_status lbc_cbf_clear_away(const lbc_job *job, const char *old_job, lbc_error *err);

#endif
