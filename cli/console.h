/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* console.h - what the programs that read series have in common: messages, progress, signals, exit status,
 * and reports as files. */
#ifndef LBC_CLI_CONSOLE_H
#define LBC_CLI_CONSOLE_H

#include "lbc.h"
#include "progress.h"

#include <stddef.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

typedef struct console {
    const char *program;
    progress_display progress;
    bool verbose;
} console;

/* Signals are caught from here on: the first asks the run to end, the second ends the process. progress:
 * PROGRESS_AUTO, ... */
void console_open(console *c, const char *program, int progress, bool verbose);

/* For the library: user is the console. */
void console_message(void *user, lbc_level level, const char *text);
int console_progress(void *user, const lbc_progress *progress);

/* Prints an error, "PROGRAM: error: TEXT". */
void console_error(const char *program, const char *text);
/* Prints the error of a status that is not LBC_OK. Returns the exit status: 128 + n when signal n ended the
 * run, EXIT_USAGE for options that make no sense, else EXIT_FAILED; EXIT_DONE for LBC_OK. */
int console_end(const console *c, lbc_status status, const lbc_error *error);
/* Processors of this machine. */
unsigned console_cores(void);
/* Takes LBC_CPU of the environment into account. False: it makes no sense, which has been said. */
bool console_limit_cpu(const char *program);

/* ---- reports --------------------------------------------------------------------------------- */

/* What a report may replace. */
typedef enum report_leave {
    REPORT_NOTHING,
    REPORT_REPORT, /* a report of one of our programs: what a run that is repeated has left */
    REPORT_FILE,   /* any file that is not HDF5 */
} report_leave;

/* Whether a report can go to path, in a folder that is there or can be made: NULL and "-" always. False: no, and error
 * says why. To be asked before the work is begun. */
bool report_may_go(const char *path, report_leave leave, char *error, size_t size);
/* Whether these are two files, or one is NULL or "-". False: one report would replace the other, which error says. */
bool report_differ(const char *a, const char *b, char *error, size_t size);
/* Writes text, which it frees, to path ("-": stdout), whole or not at all, and makes the folder where it is missing.
 * text NULL: out of memory. */
bool report_put(const char *path, char *text, report_leave leave, char *error, size_t size);

#endif
