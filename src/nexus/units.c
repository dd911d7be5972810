/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/units.h"

#include <math.h>
#include <string.h>
#include <strings.h>

typedef struct unit {
    const char *name;
    double factor;
} unit;

static const unit lengths[] = {
    {"m", 1},
    {"metre", 1},
    {"meter", 1},
    {"mm", 1e-3},
    {"millimetre", 1e-3},
    {"millimeter", 1e-3},
    {"cm", 1e-2},
    {"centimetre", 1e-2},
    {"centimeter", 1e-2},
    {"um", 1e-6},
    {"\xc2\xb5m", 1e-6},
    {"\xce\xbcm", 1e-6},
    {"micron", 1e-6},
    {"micrometre", 1e-6},
    {"micrometer", 1e-6},
    {"nm", 1e-9},
    {"nanometre", 1e-9},
    {"nanometer", 1e-9},
    {"angstrom", 1e-10},
    {"A", 1e-10},
    {"\xc3\x85", 1e-10},
    {"\xe2\x84\xab", 1e-10},
    {"ang", 1e-10},
    {"pm", 1e-12},
    {"picometre", 1e-12},
    {"picometer", 1e-12},
    {NULL, 0},
};

static const unit energies[] = {
    {"eV", 1}, {"keV", 1e3}, {"MeV", 1e6}, {"J", 1 / 1.602176634e-19}, {NULL, 0},
};

static const unit times[] = {
    {"s", 1}, {"second", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}, {NULL, 0},
};

static const unit angles[] = {
    {"rad", 57.295779513082320877},
    {"radian", 57.295779513082320877},
    {"mrad", 0.057295779513082320877},
    {NULL, 0},
};

/* Long names in any case and with a plural s; short ones as they are, since case is their meaning. */
static double find_unit(const unit *table, const char *name)
{
    for (const unit *u = table; u->name; u++) {
        const size_t n = strlen(u->name);
        if (strcmp(u->name, name) == 0) return u->factor;
        if (n > 2 && strncasecmp(u->name, name, n) == 0 && (!name[n] || strcasecmp(name + n, "s") == 0))
            return u->factor;
    }
    return NAN;
}

double lbc_unit_length(const char *unit_name)
{
    return find_unit(lengths, unit_name);
}
double lbc_unit_energy(const char *unit_name)
{
    return find_unit(energies, unit_name);
}
double lbc_unit_time(const char *unit_name)
{
    return find_unit(times, unit_name);
}
double lbc_unit_angle(const char *unit_name)
{
    const double factor = find_unit(angles, unit_name);
    return isnan(factor) ? 1 : factor;
}
