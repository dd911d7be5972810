/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* filewriter.h - the master of a series as a detector would have written it.
 *
 * Three dialects, each with the fields, types and quirks of real masters:
 *  - FileWriter 1 (Eiger, firmware 1.6 to 1.8): no definition, no module, geometry/ and goniometer/ groups; readers
 *    must guess the rotation axis.
 *  - FileWriter 2 (Eiger2): the same and the NXmx fields: definition, module, transformations, depends_on.
 *  - NXmx: FileWriter 2 with a virtual dataset /entry/data/data over the data files, and without goniometer/ groups.
 */
#ifndef LBC_NEXUS_FILEWRITER_H
#define LBC_NEXUS_FILEWRITER_H

#include "lbc.h"

#include <stdbool.h>

typedef enum lbc_dialect { LBC_DIALECT_FILEWRITER1, LBC_DIALECT_FILEWRITER2, LBC_DIALECT_NXMX } lbc_dialect;

/* Lengths in m, times in s, angles in degrees, wavelength in angstrom, beam centre in pixels from the corner of the
 * first pixel. The rotation axis is +x of imgCIF, the detector is perpendicular to the beam. */
typedef struct lbc_filewriter {
    lbc_dialect dialect;
    const char *description;     /* "Dectris Eiger 1M" */
    const char *serial;          /* "E-02-0114" */
    const char *compression;     /* "bslz4" */
    const char *sensor_material; /* "Si" */
    const char *instrument;      /* name of it, and of the source */
    const char *date;            /* of the collection, ISO 8601 */
    lbc_shape shape;
    lbc_pixel_type type;
    uint32_t nimages, ntrigger; /* their product is the number of images */
    double wavelength, distance, pixel_size, sensor_thickness, beam_x, beam_y;
    double frame_time, readout_time;
    double omega_start, omega_step;
    uint32_t cutoff;            /* saturation value */
    const uint32_t *mask;       /* [ny * nx] */
    uint32_t excluded;          /* pixels it masks */
    const char *data_prefix;    /* data files are data_prefix_000001.h5 ..., beside the master: a base name,
                                   * or a path relative to it */
    uint32_t first_file, files; /* number of the first, and how many */
    uint32_t images_per_file;   /* the last may have fewer */
} lbc_filewriter;

/* Writes the master, under a temporary name until it is whole. Takes the HDF5 lock. */
lbc_status lbc_filewriter_master(const char *path, bool replace, const lbc_filewriter *facts, lbc_error *err);

#endif
