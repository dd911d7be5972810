/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nxmx.h - what NXmx wants of a master and the input lacks.
 *
 * Derived from what the input says (detector module, transformations, depends_on chains, both NXbeam
 * groups, times), or known from the run (counts, sizes, saturation). What cannot be known is left out.
 */
#ifndef LBC_NEXUS_NXMX_H
#define LBC_NEXUS_NXMX_H

#include "nexus/tree.h"

/* Completes the copied tree in place, with notes where that puts something right. The HDF5 lock is held. */
lbc_status lbc_nxmx_complete(lbc_tree *tree, const lbc_series *series, lbc_error *err);

#endif
