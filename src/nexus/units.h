/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* units.h - the units that masters give lengths, energies, times and angles in. */
#ifndef LBC_NEXUS_UNITS_H
#define LBC_NEXUS_UNITS_H

/* What a value in this unit is multiplied with to be in metres, in electronvolts, in seconds; NAN: the unit is unknown,
 * or of another kind. Long and short names, any case where it cannot mislead. */
double lbc_unit_length(const char *unit);
double lbc_unit_energy(const char *unit);
double lbc_unit_time(const char *unit);
/* The same to degrees, which a unit that is no other of angles is taken for. */
double lbc_unit_angle(const char *unit);

#endif
