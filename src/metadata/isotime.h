/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* isotime.h - the times of ISO 8601 that masters carry: "2019-02-14T14:25:57", with an optional fraction
 * and an optional zone ("Z", "+01:00", "-0700"). */
#ifndef LBC_METADATA_ISOTIME_H
#define LBC_METADATA_ISOTIME_H

#include "lbc.h"

#include <stdbool.h>

#define LBC_TIME_SIZE 48

/* Writes text moved by `seconds` into out, in the zone of text and with as many digits of a second. False:
 * text is no such time (years 1 to 9999), and out is "". */
bool lbc_time_add(const char *text, double seconds, char out[LBC_TIME_SIZE]);

#endif
