/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* note.h - what programs that do not read it from the master must be told about a new series. */
#ifndef LBC_METADATA_NOTE_H
#define LBC_METADATA_NOTE_H

#include "metadata/change.h"

#include <stddef.h>

/* Facts of the input series. Pixel size in m, beam centre in pixels from the corner of the first one,
 * angles in degrees. NAN: unknown, and left out of the note. */
typedef struct lbc_note_series {
    double pixel_x, pixel_y, beam_x, beam_y;
    double oscillation; /* width of one input image; 0: stills, and left out as well */
    bool by_step;       /* the angles of single images are not told */
} lbc_note_series;

/* Several lines, each ended by a newline: the line that fast_dp needs in dxtbx's detectors.lib when the
 * image is binned, and what XDS.INP must say. Written into buffer (always terminated, cut to fit);
 * returns the length the whole text has, as snprintf does. */
size_t lbc_xds_note(char *buffer, size_t size, const lbc_change *change, const lbc_note_series *series);

#endif
