/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* filter_stamp.h - a dataset with a filter that this process does not have.
 *
 * Chunks are encoded by src/codec and written raw, so HDF5 never needs the filter itself. H5Dcreate
 * asks for it all the same: without the plugin it refuses, and with it the plugin's set_local callback
 * rewrites the parameters after its own version, so that the bytes of a file would depend on what is
 * installed. A dataset is therefore created with a stand-in filter from HDF5's range for tests, and
 * when the file is closed the filter number in the dataset's object header is set to the right one.
 */
#ifndef LBC_NEXUS_FILTER_STAMP_H
#define LBC_NEXUS_FILTER_STAMP_H

#include "lbc.h"

#include <hdf5.h>
#include <stdbool.h>

/* Adds the stand-in to dataset creation properties, with the real filter's name and parameters. The HDF5
 * lock must be held. */
bool lbc_filter_stand_in(hid_t create, uint32_t filter, uint32_t nparams, const uint32_t *params);

/* Sets the filter number of the dataset whose object header (version 1) is at `address` in the closed
 * file at path. LBC_E_FORMAT: there is no such header, or not exactly the stand-in in it. */
lbc_status lbc_filter_stamp(const char *path, uint64_t address, uint32_t filter, lbc_error *err);

#endif
