/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe.h - whether the HDF5 library outlives a series.
 *
 * HDF5 crashes over some damaged files, and over others it counts to the end of time; nothing that could be asked
 * before finds that out. So a child process goes through the files first, and how it ends tells.
 */
#ifndef LBC_CLI_PROBE_H
#define LBC_CLI_PROBE_H

#include <stdbool.h>

/* To be called while there is one thread, before HDF5 is used. False: it breaks down over this series, which has been
 * said. True: it does not; whatever else is wrong with the series is for the run to find and to tell. */
bool probe_series(const char *program, const char *master);

#endif
