/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* compare_options.h - the options of l_bnl_compare. */
#ifndef LBC_CLI_COMPARE_OPTIONS_H
#define LBC_CLI_COMPARE_OPTIONS_H

#include "lbc.h"
#include "parse.h"

typedef struct compare_settings {
    const char *json, *report;
    int64_t bin, sum, first_image, last_image, parallel;
    double max_rmse, max_shift, min_correlation, max_lost;
    int progress;
    bool overwrite, quiet, help, version;
} compare_settings;

extern const cli_program compare_program;

void compare_settings_init(compare_settings *settings);
/* Settings and the two operands -> options. False: they make no sense, and error says why. */
bool compare_options_from(const compare_settings *settings, const char *const *operands, int count, unsigned cores,
                          lbc_compare_options *options, char *error, size_t size);

#endif
