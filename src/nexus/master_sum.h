/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* master_sum.h - a checksum of what a master says: pixel mask, angles, saturation value, geometry, links, all of it.
 *
 * CRC-32C over all links of the file, in the order of their names: name and kind of each, and what is behind it: the
 * target of a soft or external link; of an object its attributes; of a data set its type, shape and values, not how
 * they are stored, but for texts; and named types. Of a virtual data set the type and shape alone: its values are the
 * images. References are in it by name alone.
 */
#ifndef LBC_NEXUS_MASTER_SUM_H
#define LBC_NEXUS_MASTER_SUM_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#define LBC_MASTER_SUM "l_bnl_compress/crc32c" /* where an entry carries it; the one link that is left out */

/* False: something cannot be read. HDF5 lock held. */
bool lbc_master_sum(hid_t entry, uint32_t *crc);

/* A filter of chunks; zeros: none. */
typedef struct lbc_layout_filter {
    uint32_t id, nparams;
    const uint32_t *params; /* [nparams] */
} lbc_layout_filter;

#define LBC_LAYOUT_SUM "layout" /* the attribute that carries it, and is left out */

/* The same of a data or squash file, but of data sets type, shape and attributes alone, and of images the filter: all
 * that makes pixels of chunks. */
bool lbc_layout_sum(hid_t file, const lbc_layout_filter *filter, uint32_t *crc);

#endif
