/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* progress.h - how far a run has come: a bar on a terminal, a line every 10 s elsewhere. */
#ifndef LBC_CLI_PROGRESS_H
#define LBC_CLI_PROGRESS_H

#include "lbc.h"

#include <stdio.h>

enum { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };

typedef struct progress_display {
    FILE *out;
    bool shown, bar;   /* shown false: nothing at all */
    bool colour, utf8; /* of the bar: as NO_COLOR, TERM and the locale of the environment have it */
    bool drawn;        /* a bar stands on the current line */
    double last;       /* seconds at the last drawing */
} progress_display;

/* when: PROGRESS_AUTO, ... */
void progress_open(progress_display *display, FILE *out, int when);
void progress_show(progress_display *display, const lbc_progress *progress);
/* Takes the bar away, so that a message can be printed, or at the end. */
void progress_clear(progress_display *display);

#endif
