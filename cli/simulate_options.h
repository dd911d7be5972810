/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* simulate_options.h - the options of l_bnl_simulate. */
#ifndef LBC_CLI_SIMULATE_OPTIONS_H
#define LBC_CLI_SIMULATE_OPTIONS_H

#include "parse.h"
#include "simulate/simulate.h"

/* A simulation's fields as the parser can fill them. Angles in degrees, distance and beam stop in mm. */
typedef struct simulate_settings {
    const char *prefix, *compression, *space_group, *cell, *detector, *beam;
    int64_t images, block, first_block, bits, seed, parallel, cutoff, hot, noisy, dead;
    double intensity, b_factor, anomalous, mosaicity, d_min;
    double start, oscillation, exposure, wavelength, distance, polarization, background, beam_stop, beam_arm, spot;
    int style, dialect;
    bool no_truth, predictions, overwrite, quiet, version, help;
} simulate_settings;

extern const cli_program simulate_program;

/* The settings of a simulation as it is when nothing is said. */
simulate_settings simulate_settings_from(const lbc_simulation *simulation);
/* Settings -> simulation. False: they make no sense, and error says why. */
bool simulation_from(const simulate_settings *settings, lbc_simulation *simulation, char *error, size_t size);

#endif
