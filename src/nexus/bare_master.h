/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bare_master.h - the master of a series that is in no file: what its facts say and nothing else, for
 * lbc_master_write to change and to complete as it does a detector's. */
#ifndef LBC_NEXUS_BARE_MASTER_H
#define LBC_NEXUS_BARE_MASTER_H

#include "nexus/input.h"

/* Writes it to path, where nothing may be. Of series, angles must be there. Takes the HDF5 lock. */
lbc_status lbc_bare_master_write(const char *path, const lbc_series *series, lbc_error *err);

/* Opens it: an input whose series is the one given, without frames. series must outlive it. */
lbc_status lbc_bare_master_open(lbc_input **input, const char *path, const lbc_series *series, lbc_error *err);

#endif
