/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe.h - whether the HDF5 library outlives the files that a run reads.
 *
 * HDF5 crashes over some damaged files, over others it counts to the end of time or takes all memory; nothing that can
 * be asked before finds that out. So a child process goes through the files first, and how it ends tells.
 */
#ifndef LBC_CLI_PROBE_H
#define LBC_CLI_PROBE_H

#include "lbc.h"

#include <stdbool.h>

/* Goes through what lbc_rehearse does. To be called while there is one thread, before HDF5 is used. False: it
 * breaks down over one of the files, or the child was killed before the last, which has been said. True: it does not;
 * whatever else is wrong with the files is for the run to find and to tell. */
bool probe_files(const char *program, const lbc_options *options, lbc_purpose purpose);

#endif
