/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* geometry.h - where the detector is, for masters that only give distance and beam centre.
 *
 * The frame is NeXus's (that of McStas): z along the beam, y up, x to the left when looking along the
 * beam. Without better knowledge a detector stands upright across the beam, its fast axis pointing along
 * -x and its slow axis along -y, as DECTRIS's FileWriter means it.
 */
#ifndef LBC_METADATA_GEOMETRY_H
#define LBC_METADATA_GEOMETRY_H

#include "lbc.h"

#include <stdbool.h>

/* A translation as NeXus writes it: `value` metres along the unit vector. */
typedef struct lbc_translation {
    double value;
    double vector[3];
} lbc_translation;

/* From the beam to the corner of the first pixel. Beam centre in pixels from that corner, pixel size in
 * metres. Neither changes under binning by more than rounding: b cancels. */
lbc_translation lbc_module_offset(double beam_x, double beam_y, double pixel_x, double pixel_y);

/* What a master says of a plain detector: beam centre in pixels, pixel size and distance in m. */
typedef struct lbc_stand {
    double beam_x, beam_y, pixel_x, pixel_y, distance;
} lbc_stand;

/* Where it stands: unit vectors along its rows and columns, and the way from the point of the beam at the distance to
 * the corner of the first pixel. */
typedef struct lbc_plane {
    double fast[3], slow[3];
    lbc_translation offset;
} lbc_plane;

lbc_plane lbc_plane_upright(const lbc_stand *stand);

/* The same as FileWriter 1 tells it. orientation: of rows (3) and columns (3), the cosines with x, y and z; distances:
 * of the corner of the first pixel from the sample, in m; NAN, or 0 across the beam: not set, and the beam centre
 * tells. Its z points against the beam, or else distances would be behind the sample: firmware writes -distance there,
 * and dxtbx (FormatHDF5EigerNearlyNexus.py) turns every z round. False: these are no directions at right angles. */
bool lbc_plane_of_cosines(lbc_plane *plane, const lbc_stand *stand, const double orientation[6],
                          const double distances[3]);

/* A part of the image that is a plane in space (NXdetector_module), in pixels: (slow, fast). */
typedef struct lbc_module {
    char path[128];
    uint32_t origin[2], size[2]; /* size 0: unknown */
} lbc_module;

/* True when a detector has one module that begins at the first pixel: it is the whole image, whatever its size says. */
bool lbc_module_is_image(const lbc_module *modules, uint32_t count);

/* True when an edge of the module that is not the image's own lies within a bin. */
bool lbc_module_is_cut(const lbc_module *module, lbc_shape image, uint32_t bin);
/* The largest bin that cuts none of the modules; its divisors do not either. 0: none does. */
uint32_t lbc_modules_divisor(const lbc_module *modules, uint32_t count, lbc_shape image);

/* True when dxtbx takes a module's data_size of this instrument and time (ISO 8601) for (fast, slow) instead of (slow,
 * fast): Diamond's I03, I04 and VMXm wrote it so until September 2021 (VMXm: 2022), and dxtbx (FormatNXmxDLS.py)
 * turns it round by name and date alone. */
bool lbc_data_size_is_reversed(const char *instrument, const char *start_time);

extern const double lbc_fast_direction[3]; /* (-1, 0, 0) */
extern const double lbc_slow_direction[3]; /* (0, -1, 0) */
extern const double lbc_beam_direction[3]; /* (0, 0, 1) */

/* The axis of the goniometer that the detector of this serial number stands at, where the master gives none:
 * (-1, 0, 0), but for a few. dxtbx knows them too (FormatHDF5EigerNearlyNexus.py, FormatHDF5EigerNearlyNexusSPring8.py,
 * FormatNXmxEigerFilewriter.py), as long as a file does not say that it is NXmx. */
const double *lbc_rotation_vector(const char *serial);

/* Turns v about a unit vector, right-handed. */
void lbc_rotate(double v[3], const double axis[3], double degrees);

#endif
