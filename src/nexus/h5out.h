/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* h5out.h - HDF5 files opened for writing, by a file driver of our own.
 *
 * HDF5 1.10 does not outlive a disk that fills up: what it could not write stays in its caches, its file
 * cannot be closed, and it crashes when the process ends. Our driver never tells it. It notes the first
 * failure, drops image data from then on, keeps everything else in memory, where HDF5 finds it again, and
 * the file closes as any other; whoever closes it learns what happened, in the system's words. It also
 * makes files with O_EXCL | O_NOFOLLOW | O_CLOEXEC and takes no locks, which some file systems refuse.
 *
 * All calls need the library's HDF5 lock (h5util.h).
 */
#ifndef LBC_NEXUS_H5OUT_H
#define LBC_NEXUS_H5OUT_H

#include "lbc.h"

#include <hdf5.h>
#include <stdbool.h>

/* Makes the file, which must not exist, by these creation properties, which it closes. tight: space is allocated
 * object by object, and none is left over in blocks. Negative: it failed, and lbc_h5_why tells. */
hid_t lbc_h5_out_create(const char *path, hid_t properties, bool tight);

/* The errno of the first write to the file that failed; 0: none so far. */
int lbc_h5_out_trouble(hid_t file);

/* Closes the file, which becomes H5I_INVALID_HID. LBC_E_SPACE or LBC_E_IO: not all of it was written. path
 * is the name for the message. */
lbc_status lbc_h5_out_close(hid_t *file, const char *path, lbc_error *err);

/* What a failed write means: LBC_E_SPACE or LBC_E_IO, with a message that names path. */
lbc_status lbc_h5_out_fail(int why, const char *path, lbc_error *err);

#endif
