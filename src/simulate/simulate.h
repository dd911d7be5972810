/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* simulate.h - a rotation series that no synchrotron made.
 *
 * lbc_simulate writes a physically plausible series of a made-up crystal on an Eiger, in the convention of the
 * DECTRIS FileWriter (PREFIX_master.h5, PREFIX_data_000001.h5, ...), and beside it what a real crystal never tells:
 * the true intensities. Geometry (imgCIF axes): the crystal turns about +x, the beam runs along -z, rows of the
 * detector along +x and columns along -y. The same simulation gives the same bytes on every machine with the same
 * version of the compression library, for any number of threads.
 *
 * What is there: Wilson-distributed intensities with symmetry, absences and anomalous differences; Lorentz factor,
 * polarization, sensor absorption and parallax; mosaic spread, integrated over each image's oscillation; Gaussian
 * spots; air scatter and solvent rings; a beam stop's shadow; Poisson noise; module gaps, dead, noisy and hot pixels;
 * overloads. What is not: absorption by the sample, radiation damage, ice, detector point spread, dead time.
 */
#ifndef LBC_SIMULATE_SIMULATE_H
#define LBC_SIMULATE_SIMULATE_H

#include "nexus/filewriter.h"

typedef enum lbc_series_style {
    LBC_STYLE_NIMAGES, /* nimages n, ntrigger 1 */
    LBC_STYLE_NTRIGGER /* nimages 1, ntrigger n */
} lbc_series_style;

/* Start from lbc_simulation_default() and change what should differ. Lengths in m, angles in degrees, wavelength and
 * d_min in angstrom. */
typedef struct lbc_simulation {
    /* output */
    const char *prefix;
    uint32_t block;       /* images per data file */
    uint32_t first_block; /* number of the first data file: 1, or 0 */
    lbc_series_style style;
    lbc_dialect dialect;
    unsigned bits;           /* 16 or 32 */
    const char *compression; /* as `l_bnl_compress -c` takes it */
    bool overwrite;
    bool truth;       /* write PREFIX_truth.csv */
    bool predictions; /* write PREFIX_predictions.csv */
    unsigned threads; /* 0: all in the caller's */

    /* crystal */
    uint64_t seed;
    const char *space_group;
    double cell[6];   /* all 0: a typical one of the space group */
    double intensity; /* mean photons of a reflection at zero angle, B factor, Lorentz factor and polarization apart */
    double b_factor;
    double anomalous; /* mean |F+ - F-| / mean F */
    double mosaicity; /* standard deviation of the rocking curve */
    double d_min;     /* 0: to the corner of the detector */

    /* experiment */
    uint32_t images;
    double start, oscillation;
    double exposure;             /* factor on all photons */
    double wavelength, distance; /* distance 0: fits the detector */
    double beam_x, beam_y;       /* pixels from the corner of the first; NAN: near the middle */
    double polarization;         /* fraction in the horizontal plane */
    double background;           /* photons per pixel at the solvent ring's top, exposure apart */
    double beam_stop;            /* radius of its shadow; 0: none */
    double beam_arm;             /* width of its holder's shadow, which comes from below; 0: none */

    /* detector */
    const char *detector;      /* 500K, 1M, 4M, 9M, 16M */
    double spot;               /* standard deviation of a spot in pixels */
    uint32_t cutoff;           /* saturation value; 0: 12440 with 16 bits, 124400 with 32 */
    uint32_t hot, noisy, dead; /* pixels; hot ones are not in the mask, the others are */
} lbc_simulation;

lbc_simulation lbc_simulation_default(void);

/* What was made. */
typedef struct lbc_simulated {
    uint32_t files;         /* data files */
    uint64_t bytes;         /* of all their chunks */
    uint64_t unique;        /* reflections in the truth table */
    uint64_t spots;         /* crossings of the Ewald sphere that hit the detector */
    uint64_t masked;        /* pixels of an image */
    uint64_t overloaded;    /* pixels of the series */
    double mean_count;      /* of all other pixels of the series */
    double distance, d_min; /* as used */
} lbc_simulated;

/* made (which may be NULL) is filled on success. A failure leaves no master. */
lbc_status lbc_simulate(const lbc_simulation *simulation, lbc_simulated *made, lbc_error *err);

/* Names of the detectors known, and of the space groups; NULL beyond the last. */
const char *lbc_simulation_detector(unsigned n);
const char *lbc_simulation_space_group(unsigned n);

#endif
