/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clear.h - what stands where the files of a job are to be. */
#ifndef LBC_PIPELINE_CLEAR_H
#define LBC_PIPELINE_CLEAR_H

#include "base/claim.h"
#include "pipeline/job.h"

/* Before anything is written: makes missing folders, claims the prefix, removes temporaries of dead
 * runs, and refuses outputs that are inputs, or exist without --overwrite. With it, an old master is
 * removed, and then the files it links beyond the new count. A run that resumes checks the files there
 * are, and takes those of its own job off the list.
 *
 * A share that is not the master's leaves a master of its own job alone, since that may come first, and
 * does with that of another set as a whole run does: data files must not change under it. */
lbc_status lbc_clear(lbc_job *job, lbc_claim *claim, lbc_error *err);

/* Refuses a path that is one of the files the job reads. */
lbc_status lbc_clear_input(const lbc_job *job, const char *path, lbc_error *err);

#endif
