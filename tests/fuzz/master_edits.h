/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* master_edits.h - changes to a sound master, told by bytes.
 *
 * Any bytes are a list of edits: one that says which, one for the place, and what it takes; where the bytes end, zeros
 * follow. So whatever a fuzzer does to them is another master, and each small change of them a small change of it.
 *
 *   0 set values      1 numbers      2 text       3 remove     4 soft link      5 external link
 *   6 hard link       7 attribute    8 images in chunks        9 virtual data set       10 group
 */
#ifndef LBC_TESTS_MASTER_EDITS_H
#define LBC_TESTS_MASTER_EDITS_H

#include <hdf5.h>
#include <stddef.h>
#include <stdint.h>

#define MASTER_EDITS 11

/* Names of a master and of its data file, as its links say them. */
#define EDIT_MASTER "run_master.h5"
#define EDIT_DATA   "run_data_000001.h5"

/* Where edits can be: every link of the sound master, and some that it lacks. */
typedef struct edit_places {
    char **path;
    size_t count;
} edit_places;

/* Lists the links of a file; freed with edit_places_free. */
void edit_places_read(edit_places *places, hid_t file);
void edit_places_free(edit_places *places);

/* Makes the edits; those that HDF5 refuses are not made. */
void edit_master(hid_t file, const edit_places *places, const uint8_t *data, size_t size);

#endif
