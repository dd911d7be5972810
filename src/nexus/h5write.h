/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* h5write.h - what the writers of src/nexus share: files, groups, fields and attributes made so that
 * the same content always gives the same bytes, and that every reader of the field opens them.
 *
 *  - HDF5's earliest format (superblock 0, symbol-table groups): neggia has its own parser for it.
 *  - No object times.
 *  - Strings have a fixed length and end in a null: durin cuts others.
 *
 * Every function expects the library's HDF5 lock to be held. Those returning bool give false when
 * HDF5 refused; those returning hid_t then give a negative number.
 */
#ifndef LBC_NEXUS_H5WRITE_H
#define LBC_NEXUS_H5WRITE_H

#include "nexus/data_check.h"
#include "nexus/master_sum.h"

#include "lbc.h"

#include <hdf5.h>
#include <stdbool.h>

/* A new file; path must not exist. To be closed by lbc_h5_out_close (nexus/h5out.h). */
hid_t lbc_h5_create_file(const char *path);
/* The same with the nodes of groups and of a chunk index no larger than they need to be for so many chunks, which
 * saves kilobytes a file. Below 64 chunks the superblock has version 1, which HDF5 alone can read. */
hid_t lbc_h5_create_lean_file(const char *path, uint64_t chunks);

/* A group, with attribute NX_class (NULL: none), in a file or group. */
hid_t lbc_h5_create_group(hid_t where, const char *name, const char *nx_class);
/* The group, made when it is not there, or when a link of this name leads nowhere. */
hid_t lbc_h5_need_group(hid_t where, const char *name, const char *nx_class);

/* A file name as H5Pset_virtual takes it: HDF5 takes % for the begin of a number, %% for itself. Freed with
 * free(); NULL: out of memory. */
char *lbc_h5_virtual_name(const char *name);

/* Dataset creation properties without object times. */
hid_t lbc_h5_dataset_properties(void);
/* A string type of exactly this many bytes, null-terminated. */
hid_t lbc_h5_string_type(size_t size);
hid_t lbc_h5_pixel_type(lbc_pixel_type type);

/* The checksums of a data or squash file that has all else by now (nexus/data_check.h). input: what it was made from;
 * NULL: not told. */
bool lbc_h5_put_checksums(hid_t file, const char *job, uint64_t count, const uint32_t *crc, const lbc_input_sum *input,
                          const lbc_layout_filter *filter);

/* A contiguous dataset with its content. rank 0: scalar. */
bool lbc_h5_put(hid_t where, const char *name, hid_t type, int rank, const hsize_t *dims, const void *data);
bool lbc_h5_put_string(hid_t where, const char *name, const char *text);
bool lbc_h5_put_double(hid_t where, const char *name, double value, const char *units); /* units may be NULL */
bool lbc_h5_put_int(hid_t where, const char *name, int64_t value); /* int32 where it fits, else int64 */

/* Attributes of the object `name` in where ("." for where itself). One that is there is replaced. */
bool lbc_h5_set(hid_t where, const char *name, const char *attribute, hid_t type, int rank, const hsize_t *dims,
                const void *data);
bool lbc_h5_set_text(hid_t where, const char *name, const char *attribute, const char *text);
bool lbc_h5_set_double3(hid_t where, const char *name, const char *attribute, const double value[3]);
bool lbc_h5_set_u64(hid_t where, const char *name, const char *attribute, uint64_t value);

#endif
