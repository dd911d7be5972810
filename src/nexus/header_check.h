/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* header_check.h - whether attributes keep to their room in an object's header.
 *
 * HDF5 1.10 believes the lengths in an attribute of a header of version 1, which no checksum guards: with one bit of
 * them flipped it gives as the attribute's value what its memory holds behind the header, each time something else.
 */
#ifndef LBC_NEXUS_HEADER_CHECK_H
#define LBC_NEXUS_HEADER_CHECK_H

#include <hdf5.h>
#include <stdbool.h>

/* Of a group or data set in a file that lbc_h5_open_read opened; true for those of other files. HDF5 lock held. */
bool lbc_header_fits(hid_t object);

#endif
