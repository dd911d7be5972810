/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* turn.h - what a master tells of the axes of its sample, and which of them is the one that is scanned. HDF5 lock held.
 *
 * The fields of an axis have its name and one of these endings: none (where each image begins), _end, _start (of the
 * first image), _increment and _range_average (width of an image).
 */
#ifndef LBC_NEXUS_TURN_H
#define LBC_NEXUS_TURN_H

#include <hdf5.h>
#include <stdbool.h>

/* By habit of the field: the axis nearest to the base, and the likeliest to be scanned, comes first. */
enum { LBC_AXES = 4 };
extern const char *const lbc_axis_names[LBC_AXES]; /* "omega", "phi", "kappa", "chi" */

/* The values of one field, in degrees. */
typedef struct lbc_turn {
    uint64_t count;             /* 0: there is no such field, or it has no numbers */
    double first, step, spread; /* step: from the first to the second, 0 without one. first: NAN without one */
} lbc_turn;

#define LBC_TURN_NONE ((lbc_turn){.first = NAN})

#define LBC_TURN_LOOKED ((size_t)1 << 22) /* values that are looked at for the spread: no series has more */

/* Of a dataset. No memory is a doubt (doubt.h). */
lbc_turn lbc_turn_of(hid_t dataset);

/* What is known of an axis, the better the higher. */
typedef enum lbc_merit {
    LBC_MERIT_NONE,
    LBC_MERIT_STILL_BY_STEP,
    LBC_MERIT_STILL, /* by a value for each frame */
    LBC_MERIT_MOVES_BY_STEP,
    LBC_MERIT_MOVES
} lbc_merit;

/* complete: value has one for each frame. told: else where it begins and its step are known. */
lbc_merit lbc_merit_of(const lbc_turn *value, const lbc_turn *end, bool complete, bool told, double step);

#endif
