/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simulate_options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIELD(name) offsetof(simulate_settings, name)
/* clang-format off */
#define TEXT(letter, name, field, argument, text) \
    {letter, name, CLI_ARGUMENT, CLI_TEXT, FIELD(field), 0, argument, text, NULL}
#define WHOLE(letter, name, field, argument, text) \
    {letter, name, CLI_ARGUMENT, CLI_INT, FIELD(field), 0, argument, text, NULL}
#define REAL(letter, name, field, argument, text) \
    {letter, name, CLI_ARGUMENT, CLI_REAL, FIELD(field), 0, argument, text, NULL}
#define CHOICE(letter, name, field, words, text) \
    {letter, name, CLI_ARGUMENT, CLI_CHOICE, FIELD(field), 0, words, text, words}
#define FLAG(letter, name, field, text) {letter, name, CLI_NOTHING, CLI_FLAG, FIELD(field), 0, NULL, text, NULL}
/* clang-format on */

static const cli_option table[] = {
    CLI_HEADING("Crystal"),
    WHOLE('s', "seed", seed, "N", "of all that is random; the same seed gives the same bytes (1)"),
    TEXT('g', "space-group", space_group, "NAME",
         "P1, P21, C2, P212121, C2221, I222, P41212, P43212, P3121, P6122, P213, I213 or F432 (P43212)"),
    TEXT('C', "cell", cell, "A,B,C,AL,BE,GA", "unit cell in angstrom and degrees (a typical one of the space group)"),
    REAL('I', "intensity", intensity, "N",
         "mean photons of a reflection before B factor, Lorentz factor and polarization (1000)"),
    REAL('B', "b-factor", b_factor, "B", "overall B factor in square angstrom (20)"),
    REAL('a', "anomalous", anomalous, "R", "mean |F+ - F-| over mean F (0)"),
    REAL('m', "mosaicity", mosaicity, "DEG", "standard deviation of the rocking curve (0.2)"),
    REAL(0, "d-min", d_min, "A", "highest resolution (the corner of the detector)"),

    CLI_HEADING("Experiment"),
    WHOLE('n', "images", images, "N", "number of images (60)"),
    REAL('w', "oscillation", oscillation, "DEG",
         "rotation an image; with --dialect filewriter1 DIALS rounds it to 0.01 (0.5)"),
    REAL(0, "start", start, "DEG", "rotation angle where the first image begins (0)"),
    REAL('x', "exposure", exposure, "X", "factor on all photons, spots and background (1)"),
    REAL(0, "background", background, "N", "photons a pixel at the top of the solvent ring, at exposure 1 (4)"),
    REAL('W', "wavelength", wavelength, "A", "in angstrom (0.9795)"),
    REAL('L', "distance", distance, "MM",
         "crystal to detector (80 for 500K and 1M, 160 for 4M, 240 for 9M, 320 for 16M)"),
    TEXT(0, "beam", beam, "X,Y", "beam centre in pixels from the corner of the first one (near the middle)"),
    REAL(0, "beam-stop", beam_stop, "MM", "radius of its shadow, 0: none (1)"),
    REAL(0, "beam-arm", beam_arm, "MM", "width of the shadow of its holder, which comes from below (0)"),
    REAL(0, "polarization", polarization, "F", "fraction in the horizontal plane (0.999)"),

    CLI_HEADING("Detector"),
    {'D', "detector", CLI_ARGUMENT, CLI_TEXT, FIELD(detector), 0, "500K|1M|4M|9M|16M", "an Eiger of this size (1M)",
     "500K|1M|4M|9M|16M"},
    WHOLE('b', "bits", bits, "16|32", "of a pixel (16)"),
    WHOLE(0, "cutoff", cutoff, "N", "saturation value; higher counts are stored as N+1 (12440; 32 bits: 124400)"),
    REAL(0, "spot", spot, "PX", "standard deviation of a spot in pixels (0.9)"),
    WHOLE(0, "hot", hot, "N", "pixels that count far too much and are not in the mask (0)"),
    WHOLE(0, "noisy", noisy, "N", "pixels that do and are in the mask (6)"),
    WHOLE(0, "dead", dead, "N", "pixels that are dead and in the mask (20)"),

    CLI_HEADING("Output"),
    {'o', "out", CLI_ARGUMENT, CLI_FILE, FIELD(prefix), 0, "PREFIX",
     "PREFIX_master.h5, PREFIX_data_000001.h5, ..., PREFIX_truth.csv (simulated)", NULL},
    WHOLE('d', "block", block, "N", "images per data file (100)"),
    WHOLE(0, "first-block", first_block, "0|1", "number of the first data file (1)"),
    CHOICE(0, "style", style, "nimages|ntrigger", "which of the two counts the images; the other is 1 (nimages)"),
    CHOICE(0, "dialect", dialect, "filewriter1|filewriter2|nxmx", "what the master looks like (filewriter1)"),
    TEXT('c', "compression", compression, "NAME", "bslz4, bszstd, bshuf, zstd, none; also lz4 and zstd-plain (bslz4)"),
    FLAG(0, "no-truth", no_truth, "do not write the true intensities"),
    FLAG(0, "predictions", predictions, "also write PREFIX_predictions.csv: every spot's place, angle and photons"),
    FLAG(0, "overwrite", overwrite, "replace existing files"),

    CLI_HEADING("Work and messages"),
    WHOLE('p', "parallel", parallel, "N", "threads (all cores); the bytes do not depend on it"),
    FLAG('q', "quiet", quiet, "no closing summary"),
    FLAG('V', "version", version, "show name, version and date, and exit"),
    FLAG('h', "help", help, "show this, and exit"),
    CLI_END,
};

const cli_program simulate_program = {
    .name = "l_bnl_simulate",
    .summary = "makes up a rotation series of a made-up crystal",
    .synopsis = "[options]",
    .about = "Makes up a rotation series of a made-up crystal on an Eiger, as a DECTRIS FileWriter would write it, and "
             "beside it the true intensities: h,k,l, those of (h,k,l) and its mates (i_plus), and those of (-h,-k,-l) "
             "and its mates (i_minus).",
    .table = table,
    .example = "l_bnl_simulate -g I213 -a 0.05 -n 360 -w 0.25 -x 0.3 -o insulin",
    .exit_status = "0 done; 1 failed while running; 2 the command line makes no sense.",
};

simulate_settings simulate_settings_from(const lbc_simulation *s)
{
    return (simulate_settings){
        .compression = s->compression,
        .space_group = s->space_group,
        .detector = s->detector,
        .images = s->images,
        .block = s->block,
        .first_block = s->first_block,
        .bits = s->bits,
        .seed = (int64_t)s->seed,
        .parallel = CLI_NONE,
        .cutoff = s->cutoff,
        .hot = s->hot,
        .noisy = s->noisy,
        .dead = s->dead,
        .intensity = s->intensity,
        .b_factor = s->b_factor,
        .anomalous = s->anomalous,
        .mosaicity = s->mosaicity,
        .d_min = s->d_min,
        .start = s->start,
        .oscillation = s->oscillation,
        .exposure = s->exposure,
        .wavelength = s->wavelength,
        .distance = NAN,
        .polarization = s->polarization,
        .background = s->background,
        .beam_stop = s->beam_stop * 1e3,
        .beam_arm = s->beam_arm * 1e3,
        .spot = s->spot,
    };
}

/* Exactly n numbers with commas between. */
static bool read_numbers(const char *text, double *value, int n)
{
    for (int i = 0; i < n; i++) {
        char *end;
        value[i] = strtod(text, &end);
        if (end == text || !isfinite(value[i]) || *end != (i + 1 < n ? ',' : '\0')) return false;
        text = end + 1;
    }
    return true;
}

/* A whole number that must fit; -1: it does not. */
static bool fits(int64_t value, int64_t least, int64_t most, const char *option, char *error, size_t size)
{
    if (value >= least && value <= most) return true;
    return cli_refuse(error, size, "%s %lld: must be %lld to %lld", option, (long long)value, (long long)least,
                      (long long)most);
}

static unsigned cores(void)
{
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}

bool simulation_from(const simulate_settings *o, lbc_simulation *s, char *error, size_t size)
{
    if (!fits(o->images, 1, 1000000, "-n", error, size) || !fits(o->block, 1, 1000000, "-d", error, size) ||
        !fits(o->first_block, 0, 1, "--first-block", error, size) || !fits(o->seed, 0, INT64_MAX, "-s", error, size) ||
        !fits(o->cutoff, 0, INT32_MAX - 2, "--cutoff", error, size) || !fits(o->hot, 0, 10000, "--hot", error, size) ||
        !fits(o->noisy, 0, 10000, "--noisy", error, size) || !fits(o->dead, 0, 10000, "--dead", error, size))
        return false;
    if (o->bits != 16 && o->bits != 32) return cli_refuse(error, size, "-b %lld: must be 16 or 32", (long long)o->bits);
    if (o->parallel != CLI_NONE && !fits(o->parallel, 0, 4096, "-p", error, size)) return false;
    if (o->cell && !read_numbers(o->cell, s->cell, 6))
        return cli_refuse(error, size, "-C %s: must be six numbers with commas between", o->cell);
    double beam[2] = {NAN, NAN};
    if (o->beam && !read_numbers(o->beam, beam, 2))
        return cli_refuse(error, size, "--beam %s: must be two numbers with a comma between", o->beam);
    if (o->prefix) s->prefix = o->prefix;
    s->compression = o->compression;
    s->space_group = o->space_group;
    s->detector = o->detector;
    s->images = (uint32_t)o->images;
    s->block = (uint32_t)o->block;
    s->first_block = (uint32_t)o->first_block;
    s->bits = (unsigned)o->bits;
    s->style = o->style ? LBC_STYLE_NTRIGGER : LBC_STYLE_NIMAGES;
    s->dialect = (lbc_dialect)o->dialect;
    s->seed = (uint64_t)o->seed;
    s->threads = o->parallel == CLI_NONE ? cores() : (unsigned)o->parallel;
    s->cutoff = (uint32_t)o->cutoff;
    s->hot = (uint32_t)o->hot;
    s->noisy = (uint32_t)o->noisy;
    s->dead = (uint32_t)o->dead;
    s->intensity = o->intensity;
    s->b_factor = o->b_factor;
    s->anomalous = o->anomalous;
    s->mosaicity = o->mosaicity;
    s->d_min = o->d_min;
    s->start = o->start;
    s->oscillation = o->oscillation;
    s->exposure = o->exposure;
    s->wavelength = o->wavelength;
    s->distance = isnan(o->distance) ? 0.0 : o->distance * 1e-3;
    s->beam_x = beam[0];
    s->beam_y = beam[1];
    s->polarization = o->polarization;
    s->background = o->background;
    s->beam_stop = o->beam_stop * 1e-3;
    s->beam_arm = o->beam_arm * 1e-3;
    s->spot = o->spot;
    s->truth = !o->no_truth;
    s->predictions = o->predictions;
    s->overwrite = o->overwrite;
    return true;
}
