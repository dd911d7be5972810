/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* words.h - names of things, as every report calls them. */
#ifndef LBC_REPORT_WORDS_H
#define LBC_REPORT_WORDS_H

#include "lbc.h"

/* "uint16" */
const char *lbc_type_name(lbc_pixel_type type);

/* before / after; 0 where nothing is left. */
double lbc_ratio(double before, double after);

/* What the lossy codec was told: "JPEG 2000, ratio 125"; with details also how: ", wavelet 9/7, own engine". */
#define LBC_LOSSY_TEXT 200
const char *lbc_lossy_text(const lbc_options *options, bool details, char out[LBC_LOSSY_TEXT]);

/* A copy of bytes, each taken for a Latin-1 character, as UTF-8. Freed with free(); NULL: out of memory. */
char *lbc_latin1_to_utf8(const char *bytes);

#endif
