/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* doubt.h - what could not be told of a file.
 *
 * Much of what is asked of a master may be missing, and "it is not there" is a good answer. "It cannot be told" is
 * none, and must not pass for the other: a mask, a saturation value or a unit that a disk failed to give would be
 * missing in silence. Such answers are noted here, where they are met; who has read all it needs asks at the end
 * whether it may believe it. HDF5 lock held.
 */
#ifndef LBC_NEXUS_DOUBT_H
#define LBC_NEXUS_DOUBT_H

#include "lbc.h"

#include <hdf5.h>

/* Forgets. lbc_h5_enter does. */
void lbc_doubt_clear(void);
bool lbc_doubted(void); /* there is a doubt */
/* Notes that a part (an attribute, a link; NULL: all) of an object (invalid: there is none) could not be read, and why.
 * The first is kept. */
void lbc_doubt(hid_t object, const char *part, const char *why);
/* Notes a doubt, with HDF5's reason, when its answer is negative. Returns the answer. */
int64_t lbc_sure(int64_t answer, hid_t object, const char *part);
/* H5Tget_class, noting a doubt when it does not tell. */
H5T_class_t lbc_sure_class(hid_t type);
/* LBC_E_IO when there is a doubt. path: the file that was read, for the message. */
lbc_status lbc_believe(const char *path, lbc_error *err);

#endif
