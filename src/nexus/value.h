/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* value.h - the content of a dataset or attribute in memory, on its way from one file to another.
 *
 * A value is read in its stored type, so that nothing is lost, except that strings become fixed-length
 * and null-terminated, and h5py's booleans (enumerations of one byte) become integers of one byte.
 * All functions expect the library's HDF5 lock to be held.
 */
#ifndef LBC_NEXUS_VALUE_H
#define LBC_NEXUS_VALUE_H

#include "lbc.h"

#include <hdf5.h>
#include <stdbool.h>

/* Beyond this (numbers as doubles), content is no metadata, and a master that holds it is damaged or hostile. Fuzzers,
 * whose data sets are mostly nothing at great length, are spared the seconds that a gibibyte takes. */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define LBC_VALUE_LARGEST ((uint64_t)1 << 24)
#else
#define LBC_VALUE_LARGEST ((uint64_t)1 << 30)
#endif

typedef struct lbc_value {
    hid_t type;  /* owned; of file and memory alike */
    hid_t owner; /* set when data holds HDF5's own memory (variable-length parts): their space */
    bool null;   /* the null dataspace: no data */
    bool tails;  /* of texts: there was more behind the null of one, which is not kept */
    int rank;    /* 0: scalar */
    hsize_t dims[H5S_MAX_RANK];
    size_t count;  /* elements */
    size_t size;   /* bytes of one */
    uint8_t *data; /* count * size bytes */
} lbc_value;

/* Reads a whole dataset or attribute. LBC_E_UNSUPPORTED: it holds references, which mean nothing in
 * another file, or is larger than LBC_VALUE_LARGEST. LBC_E_FORMAT: HDF5 cannot read it. The error names
 * no file. *value is set in any case and freed with lbc_value_free. */
lbc_status lbc_value_read_dataset(lbc_value *value, hid_t dataset, lbc_error *err);
lbc_status lbc_value_read_attribute(lbc_value *value, hid_t attribute, lbc_error *err);
void lbc_value_free(lbc_value *value);

/* A value of a predefined type and one dimension (0: scalar), zeroed. */
bool lbc_value_new(lbc_value *value, hid_t type, int rank, const hsize_t *dims);
/* A scalar string. */
bool lbc_value_new_text(lbc_value *value, const char *text);

bool lbc_value_is_number(const lbc_value *value); /* integer or float */
bool lbc_value_is_text(const lbc_value *value);
/* The numbers as doubles in a new array (free()), and back into the stored type; when an integer type
 * cannot hold them it is widened, or becomes double where they are not whole. */
double *lbc_value_get_numbers(const lbc_value *value);
bool lbc_value_set_numbers(lbc_value *value, const double *numbers);

typedef enum lbc_layout {
    LBC_LAYOUT_PLAIN,  /* contiguous, unfiltered */
    LBC_LAYOUT_BY_SIZE /* shuffled and deflated when large */
} lbc_layout;

/* Makes a dataset of it. */
bool lbc_value_write(const lbc_value *value, hid_t group, const char *name, lbc_layout layout);
/* Makes an attribute of it; one of that name is replaced. */
bool lbc_value_write_attribute(const lbc_value *value, hid_t object, const char *name);

/* Copies the attributes of one object to another, except NX_class when skip_class. Those that cannot be
 * copied (references) are left out. *lost (NULL: not wanted): how many are damaged, and left out as well. False: out of
 * memory, or HDF5 refused to write. */
bool lbc_copy_attributes(hid_t from, hid_t to, bool skip_class, unsigned *lost);

#endif
