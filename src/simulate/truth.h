/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* truth.h - tables of what the series was made of, as comma-separated text. */
#ifndef LBC_SIMULATE_TRUTH_H
#define LBC_SIMULATE_TRUTH_H

#include "simulate/spots.h"

/* h,k,l,i_plus,i_minus,centric,epsilon,d: every unique reflection down to d_min that is not absent. i_plus is the
 * intensity of (h,k,l) and of all its mates by rotation, i_minus that of (-h,-k,-l) and of all of its; in photons at
 * exposure 1, before the Lorentz factor, polarization and sensor absorption. count: how many were written. */
lbc_status lbc_truth_write(const char *path, bool replace, const lbc_crystal *crystal, double d_min, uint64_t *count,
                           lbc_error *err);

/* h,k,l,x,y,angle,width,photons: every spot; x and y in pixels from the corner of the first, angle and width (the
 * standard deviation of the rocking curve) in degrees, photons expected over the whole crossing. */
lbc_status lbc_predictions_write(const char *path, bool replace, const lbc_spots *spots, lbc_error *err);

#endif
