/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* line.h - texts of errors and messages. */
#ifndef LBC_BASE_LINE_H
#define LBC_BASE_LINE_H

#include "lbc.h"

#include <stdarg.h>

/* Formats one line. Names of files and links may hold anything, and it may go to a terminal: control characters, those
 * of UTF-8 too, become '?'. Of what is longer the middle is left out, since the end tells why. The arguments may lie in
 * text. */
void lbc_line(char text[LBC_ERROR_SIZE], const char *format, va_list args);

#endif
