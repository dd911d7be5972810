/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* h5util.h - the small change of HDF5: the lock, quiet errors, ids, strings, numbers, paths.
 *
 * Everything here except the path helpers is called between lbc_h5_enter and lbc_h5_leave.
 * Ids returned are the caller's, closed with lbc_h5_close. A negative id means failure; why tells.
 */
#ifndef LBC_NEXUS_H5UTIL_H
#define LBC_NEXUS_H5UTIL_H

#include "lbc.h"

#include <hdf5.h>
#include <stdbool.h>

/* ---- the library's lock -------------------------------------------------------------------- */

/* HDF5 is entered by one thread at a time. Entering also silences HDF5's own printing of errors and
 * leaving restores it, so that a host program keeps its setting. Not recursive: functions that take
 * the lock say so; all others expect it to be held. */
void lbc_h5_enter(void);
void lbc_h5_leave(void);

/* ---- errors -------------------------------------------------------------------------------- */

#define LBC_H5_WHY 240

/* The innermost message of HDF5's error stack, as of the call that has just failed; "no reason given"
 * when there is none. Returns buffer. */
const char *lbc_h5_why(char buffer[LBC_H5_WHY]);

/* ---- ids ----------------------------------------------------------------------------------- */

/* Closes an id of any kind, and *id becomes H5I_INVALID_HID. An invalid id is allowed; a predefined
 * type is not. */
void lbc_h5_close(hid_t *id);

/* ---- links and names ----------------------------------------------------------------------- */

/* The names of a group's links, sorted by strcmp. Zero-initialise it. */
typedef struct lbc_h5_names {
    size_t count;
    char **name;
} lbc_h5_names;
/* LBC_E_FORMAT or LBC_E_MEMORY, with a doubt. */
lbc_status lbc_h5_names_read(lbc_h5_names *names, hid_t group);
void lbc_h5_names_free(lbc_h5_names *names);

/* True when loc has a link of this name (one component, which may dangle). Here and below, what cannot be told is
 * noted as a doubt (doubt.h). */
bool lbc_h5_has_link(hid_t loc, const char *name);

/* ---- attributes ---------------------------------------------------------------------------- */

/* Text of a scalar or one-element string attribute, of fixed or variable length, cut to fit, trailing
 * blanks removed, always terminated. False (and "") when there is none, or it is no string. */
bool lbc_h5_attr_text(hid_t object, const char *name, char *text, size_t size);
/* Whether the bits of an integer or a float lie within its bytes. HDF5 1.10 believes a damaged file that they do not,
 * and converts what lies beyond them over its stack. No such value must be converted. */
bool lbc_h5_bits_fit(hid_t type);
/* First min(max, count) numbers of an attribute; returns how many it has, 0 when it is missing, empty
 * or not numeric. */
size_t lbc_h5_attr_numbers(hid_t object, const char *name, double *value, size_t max);
/* True when the group's NX_class is the one named. */
bool lbc_h5_is_class(hid_t object, const char *nx_class);

/* ---- data sets ----------------------------------------------------------------------------- */

/* Shape of a data set: returns its rank (0: scalar), or -1 when it is not a simple or scalar one or has
 * more than max dimensions. */
int lbc_h5_shape(hid_t dataset, hsize_t *dims, int max);
/* Elements of a space, 0 for the null one; negative: HDF5 will not say, or they are more than it can count (its own
 * number overflows without a word). */
hssize_t lbc_h5_points(hid_t space);
/* Text of a scalar or one-element string data set, as lbc_h5_attr_text. */
bool lbc_h5_text(hid_t dataset, char *text, size_t size);
/* First min(max, count) numbers of an integer, enumeration or float data set; returns how many it has;
 * 0 when it is empty, cannot be read or is not numeric. */
size_t lbc_h5_numbers(hid_t dataset, double *value, size_t max);
/* Whether a data set is a row of integers, of *count, whose bits and chunks are sound. */
bool lbc_h5_is_row(hid_t dataset, hsize_t *count);
/* True when the data set's values are in the file (or need not be: a scalar space of size 0). */
bool lbc_h5_is_allocated(hid_t dataset);

/* Filter number `index` of a pipeline, and all of its parameters. False: HDF5 will not say, or there are
 * more than max. */
bool lbc_h5_filter(hid_t creation, unsigned index, H5Z_filter_t *filter, unsigned *params, size_t max, size_t *count);
/* To be asked before a data set is read through HDF5. LBC_OK when every filter of its pipeline can be run;
 * else LBC_E_UNSUPPORTED with a message that names the filter, and what to install. LBC_E_FORMAT when its
 * chunks cannot be those of its shape: HDF5 1.10 would read beyond what a filter made of them. file: the
 * name for the message. */
lbc_status lbc_h5_check_filters(hid_t dataset, const char *file, lbc_error *err);

/* ---- paths --------------------------------------------------------------------------------- */

/* The part after the last '/'. Points into path. */
const char *lbc_path_base(const char *path);
/* name as seen from the folder of file: name itself when absolute. Freed with free(); NULL: out of
 * memory. */
char *lbc_path_beside(const char *file, const char *name);

#endif
