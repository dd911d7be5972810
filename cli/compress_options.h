/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* compress_options.h - the options of l_bnl_compress: their table, and what they mean together. */
#ifndef LBC_CLI_COMPRESS_OPTIONS_H
#define LBC_CLI_COMPRESS_OPTIONS_H

#include "lbc.h"
#include "parse.h"

/* The command line as it was given; numbers that were not are CLI_NONE. */
typedef struct compress_settings {
    const char *infile, *out_file, *out_master, *out_squash, *minicbf;
    const char *compression, *json, *report;
    int64_t first_image, last_image, bin, sum, block, level, uint_bytes;
    int64_t hcompress, j2k, j2k_alt, bytes_per_frame;
    double psnr; /* NAN: not given, as is NULL below */
    const char *weights, *curve;
    int64_t parallel, thread, jobs;
    int profile, wavelet, engine, layers, fill, rounding; /* -1 when not given */
    int partial, gaps, progress;
    bool overwrite, resume, verify, skip_bad, dry_run, suggest, verbose, help, version;
} compress_settings;

extern const cli_program compress_program;

void compress_settings_init(compress_settings *settings);

/* Nothing is to be made: --verify of a set at rest. */
bool compress_only_checks(const compress_settings *settings);

/* Tells of numbers that stand for others, and of those that are not used, as in the original program. */
void compress_tell_substitutions(const compress_settings *settings, lbc_message_fn *tell, void *user);

/* Settings -> options, with the substitutions of the original program (a bin below 2 is 1, ...).
 * cores: worker threads when nothing is said. False: they make no sense together, and error says why. */
bool compress_options_from(const compress_settings *settings, unsigned cores, lbc_options *options, char *error,
                           size_t size);

#endif
