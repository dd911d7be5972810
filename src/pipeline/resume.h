/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* resume.h - which files of an interrupted run are kept. */
#ifndef LBC_PIPELINE_RESUME_H
#define LBC_PIPELINE_RESUME_H

#include "pipeline/job.h"

/* Looks at every data file of this run that is there, with its squash file. One of this very job, made
 * from the input as it is now and whole by its checksums, is taken off the list (lbc_job_keep). One of
 * this job that is damaged will be made anew, with a notice. One of another job, or that cannot tell, is
 * LBC_E_EXISTS without leave to overwrite. */
lbc_status lbc_resume(lbc_job *job, lbc_error *err);

#endif
