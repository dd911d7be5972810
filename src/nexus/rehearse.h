/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rehearse.h - everything of an open input's master gone through once, as for writing a new one. */
#ifndef LBC_NEXUS_REHEARSE_H
#define LBC_NEXUS_REHEARSE_H

#include "nexus/input.h"

/* Copies the master into memory, but for images, masks and what is large, and forgets it. Nothing is said: it is
 * done to see whether HDF5 comes out of it. */
void lbc_master_rehearse(const lbc_input *input);

#endif
