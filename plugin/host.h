/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* host.h - the HDF5 that called us.
 *
 * A process can hold several HDF5 libraries (h5py's wheel, DIALS', the system's), often loaded so that their symbols
 * are invisible from outside. Linking one of them would bring in a second copy, whose ids mean nothing to the first.
 * So the plugin links none, and finds the functions it needs in the very library that called it, by the return address
 * of its callback. Where they are not to be found (a program with HDF5 linked in statically), decoding works all the
 * same; errors then have no text, and cd_values must be complete.
 */
#ifndef LBC_PLUGIN_HOST_H
#define LBC_PLUGIN_HOST_H

#include <hdf5.h>

#include "lbc.h"

typedef struct h5_host {
    void *(*allocate)(size_t size, hbool_t clear); /* H5allocate_memory, or malloc behind it */
    herr_t (*release)(void *buffer);

    /* Errors; push NULL: there is nowhere to put them. */
    herr_t (*push)(hid_t stack, const char *file, const char *function, unsigned line, hid_t class_id, hid_t major,
                   hid_t minor, const char *format, ...);
    const hid_t *error_class, *major, *minor;

    /* For set_local; NULL when one of them is missing. */
    int (*get_chunk)(hid_t dcpl, int max_rank, hsize_t dims[]);
    herr_t (*get_filter)(hid_t dcpl, H5Z_filter_t filter, unsigned *flags, size_t *nvalues, unsigned values[],
                         size_t name_size, char name[], unsigned *config);
    herr_t (*modify_filter)(hid_t dcpl, H5Z_filter_t filter, unsigned flags, size_t nvalues, const unsigned values[]);
    H5T_class_t (*type_class)(hid_t type);
    size_t (*type_size)(hid_t type);
    H5T_sign_t (*type_sign)(hid_t type);
    H5T_order_t (*type_order)(hid_t type);
} h5_host;

/* Fills host for a callback that returns to `caller`. Never fails: what is missing is NULL, or malloc. */
void h5_host_find(h5_host *host, const void *caller);

/* True when all of set_local's functions are there. */
int h5_host_has_properties(const h5_host *host);

/* Puts err's text on the caller's error stack. */
void h5_host_error(const h5_host *host, const lbc_error *err);

#endif
