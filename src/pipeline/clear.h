/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clear.h - what stands where the files of a job are to be. */
#ifndef LBC_PIPELINE_CLEAR_H
#define LBC_PIPELINE_CLEAR_H

#include "base/claim.h"
#include "nexus/data_check.h"
#include "pipeline/job.h"

#include <sys/stat.h>

/* What is to go before the first file is put in place: an old master, and what of its set would be left over. */
struct lbc_old_set {
    struct stat master;           /* as it was looked at */
    char job[LBC_JOB_SIZE];       /* "": it does not say */
    char **extra;                 /* [extras] paths of files of its job beyond the new count: data, then squash files */
    uint32_t extras, data_extras; /* data_extras: of data files alone */
    bool begun, gone; /* begun: something of it may be gone */
};

/* Before anything is written: makes missing folders, claims all names, removes temporaries of dead
 * runs, and refuses outputs that are inputs, or exist without --overwrite. With it, an old master is looked
 * at, and so are the files of its job that it links beyond the new count; they go with lbc_clear_away, and so do its
 * miniCBF files beyond the new count of the same prefix. A run that
 * resumes checks the files there are, and takes those of its own job off the list.
 *
 * A share that is not the master's leaves a master of its own job alone, since that may come first, and
 * does with that of another set as a whole run does: data files must not change under it. */
lbc_status lbc_clear(lbc_job *job, lbc_claims *claims, lbc_error *err);
/* Does of it what writes nothing: the same error, where something stands in the way. */
lbc_status lbc_clear_try(lbc_job *job, lbc_error *err);

/* Removes that old set, once: to be called whenever a file is whole and about to be put in place, so that a run that
 * comes to nothing has not taken the old one away. */
lbc_status lbc_clear_away(const lbc_job *job, lbc_error *err);
/* There is an old set, and nothing of it has gone. */
bool lbc_clear_untouched(const lbc_job *job);
void lbc_old_set_free(lbc_old_set *old); /* NULL is allowed */

/* Refuses a path, which this option names, that is one of the files the job reads. */
lbc_status lbc_clear_input(const lbc_job *job, const char *path, const char *option, lbc_error *err);

#endif
