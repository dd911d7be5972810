/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parse.h - command lines by table: one table feeds the parser and the usage text.
 *
 * Forms: -b 2, -b2, -b=2, -b; --bin 2, --bin=2, --bin; unambiguous beginnings of long names; flags
 * together (-vb2). An optional argument is taken from the next word when that does not look like an
 * option; a number is taken where one is required even when it begins with a minus sign. Of an option
 * that is given twice the last one counts, but for those that name files.
 */
#ifndef LBC_CLI_PARSE_H
#define LBC_CLI_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A number that was not given. */
#define CLI_NONE INT64_MIN

typedef enum cli_takes { CLI_NOTHING, CLI_ARGUMENT, CLI_OPTIONAL } cli_takes;
typedef enum cli_kind {
    CLI_FLAG,   /* bool: set to true */
    CLI_INT,    /* int64_t */
    CLI_REAL,   /* double */
    CLI_TEXT,   /* const char *, points into argv */
    CLI_FILE,   /* the same, NULL until it is given: a file, or the prefix of some; twice is an error */
    CLI_CHOICE, /* int: index of the word in `words` */
} cli_kind;

typedef struct cli_option {
    char letter;      /* 0: long name only */
    const char *name; /* NULL: a heading, its words in `text`; with letter 0 too, the end */
    cli_takes takes;
    cli_kind kind;
    size_t offset;        /* of the field in the settings */
    int64_t without;      /* value of an optional number or choice that is left out */
    const char *argument; /* as usage shows it: "N" */
    const char *text;
    const char *words; /* of a choice: "keep|drop", any case; of a text, for completions */
} cli_option;

#define CLI_HEADING(words_)                                                                                            \
    {                                                                                                                  \
        .text = (words_)                                                                                               \
    }
#define CLI_END                                                                                                        \
    {                                                                                                                  \
        0                                                                                                              \
    }

/* Fills settings from argv. Operands (words that are no options) go to operands, at most max; more
 * are an error, which names -i where the table has it. Returns the number of operands, or -1 with one
 * line in error. */
int cli_parse(const cli_option *table, int argc, char *const *argv, void *settings, const char **operands, int max,
              char *error, size_t size);

/* How an option is shown, "-b" or "--bin", whichever the user is likelier to know. Returns buffer. */
const char *cli_shown(const cli_option *option, char buffer[64]);

/* Whether a and b, settings of one program, have the same value of this option. */
bool cli_same(const cli_option *option, const void *a, const void *b);

/* Puts one line into error and returns false. */
bool cli_refuse(char *error, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Prints every option, grouped, in 80 columns. */
void cli_usage(FILE *out, const cli_option *table);

/* ---- programs -------------------------------------------------------------------------------- */

/* What -h, the manual page and the completions of a program are made of. Texts are paragraphs, divided by
 * newlines. */
typedef struct cli_program {
    const char *name, *summary; /* the second without a capital or a full stop */
    const char *synopsis;       /* what follows the name: "[options] A B" */
    const char *about;
    const cli_option *table;
    const char *example; /* a command line; a backslash and a newline break it */
    const char *exit_status;
    const char *notes; /* of the manual page: "HEADING\ntext", more of them after empty lines; NULL: none */
    const char *files; /* what operands are: the end of file names, ".h5"; NULL: there are none */
} cli_program;

/* Prints usage, what the program is about, every option, and the example, in 80 columns. */
void cli_help(FILE *out, const cli_program *program);

#endif
