/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nxmx_axis.h - the rotation axis of a sample, as NXmx wants it. */
#ifndef LBC_NEXUS_NXMX_AXIS_H
#define LBC_NEXUS_NXMX_AXIS_H

#include "metadata/change.h"

#include <hdf5.h>
#include <stdbool.h>

/* Gives the sample group (whose path in its file is sample_path) a depends_on that names a rotation axis with
 * values for every one of its frames, type, vector and units, when it has none: the axis that moves among those that
 * goniometer/ or transformations/ has, else omega; where none has so many values, one whose NAME_start (or first value)
 * and NAME_increment (or NAME_range_average) tell them. Without any such axis the sample gets none. Axes of goniometer/
 * that are so told get their values there too, and those of transformations/ that move where depends_on was given.
 * change: what the fields beside have gone through; past a trigger a step tells nothing, and goes, as depends_on does
 * unless another axis moves. vector: where none is given. The HDF5 lock is held. */
bool lbc_nxmx_complete_axis(hid_t sample, const char *sample_path, const lbc_change *change, const double vector[3]);

#endif
