/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* space.h - whether the disk has room for what a job will write. */
#ifndef LBC_PIPELINE_SPACE_H
#define LBC_PIPELINE_SPACE_H

#include "pipeline/worker.h"

/* To be asked before the first file is begun, with the workshop open. Where even frames that do not
 * compress would fit, that is all. Else a few frames are made, in the caller's thread, and the job is
 * LBC_E_SPACE when that many of their kind do not fit into what is free. A file system that does not
 * tell is taken to have room; one that fills up during the run stops it later. */
lbc_status lbc_space_check(lbc_workshop *shop, lbc_error *err);

#endif
