/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* crystal.h - a made-up crystal: its lattice, how it lies, and how strongly each reflection scatters.
 *
 * Intensities follow Wilson (1949): a structure factor is a random complex number (acentric) or a random real one
 * (centric) whose mean square falls as exp(-2 B (sin theta / lambda)^2). Anomalous scatterers add i F'' to the
 * structure factor of h and to the conjugate of that of -h, F'' being another such random number, so
 * |F(h)| and |F(-h)| differ in general and are equal where symmetry makes them. Everything follows from the seed
 * and the indices: no table of structure factors is kept.
 */
#ifndef LBC_SIMULATE_CRYSTAL_H
#define LBC_SIMULATE_CRYSTAL_H

#include "simulate/symmetry.h"

typedef struct lbc_crystal {
    lbc_space_group group;
    double cell[6];   /* angstrom, degrees */
    double ub[3][3];  /* reciprocal-lattice vector of h, in 1/angstrom, at rotation angle 0: ub h (imgCIF axes) */
    double intensity; /* mean photons of a reflection at zero angle, before the Lorentz factor and polarization */
    double b_factor;  /* square angstrom */
    double anomalous; /* mean |F+ - F-| over mean F, of acentric reflections */
    uint64_t key;     /* of the structure factors */
} lbc_crystal;

/* Sets group, cell (NULL: the group's typical one), ub (a random orientation from seed) and key. The caller sets the
 * rest. LBC_E_ARGUMENT: unknown group, or a cell that is none or breaks the group's symmetry. */
lbc_status lbc_crystal_init(lbc_crystal *crystal, const char *group, const double *cell, uint64_t seed, lbc_error *err);

/* Largest index along each axis of a reflection with spacing d >= d_min. */
void lbc_crystal_limits(const lbc_crystal *crystal, double d_min, int limit[3]);

void lbc_crystal_vector(const lbc_crystal *crystal, lbc_hkl hkl, double vector[3]);

/* Intensities of a unique reflection and of its Friedel opposite, in photons; r2 is 1 / d^2. Both 0 when absent. */
void lbc_crystal_intensity(const lbc_crystal *crystal, const lbc_hkl_class *c, double r2, double *plus, double *minus);

#endif
