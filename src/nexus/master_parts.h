/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* master_parts.h - what a new master has that its input had not: links to the new files, the virtual
 * dataset over them, the pixel mask, and the record of what was done. The HDF5 lock is held by callers.
 */
#ifndef LBC_NEXUS_MASTER_PARTS_H
#define LBC_NEXUS_MASTER_PARTS_H

#include "nexus/output.h"
#include "nexus/tree.h"

/* Links to data and squash files, virtual dataset, @signal, and the list of files. */
lbc_status lbc_master_put_links(const lbc_tree *tree, const lbc_chunk_format *format, const lbc_master_links *links,
                                lbc_error *err);

/* The pixel mask of the new images (all 0 when there is none, since XDS's plugins take the shape from
 * it), and soft links to it from wherever else the input had one. */
lbc_status lbc_master_put_mask(const lbc_tree *tree, const lbc_chunk_format *format, lbc_error *err);

/* One NXprocess group a step, numbered on from those that the input had. */
lbc_status lbc_master_put_provenance(const lbc_tree *tree, lbc_error *err);

/* The checksum of all that was put before (nexus/master_sum.h). */
lbc_status lbc_master_put_sum(const lbc_tree *tree, lbc_error *err);

#endif
