/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command lines: a byte for the program, then words that end in null bytes. What is parsed must be of the table's kinds
 * and go on to options that make sense or are refused in words. */
#include "fuzz.h"

#include "compare_options.h"
#include "compress_options.h"
#include "simulate_options.h"

#include <math.h>
#include <string.h>

enum { PROGRAMS = 3, MOST_WORDS = 64, MOST_OPERANDS = 2, CORES = 8 };

typedef union settings {
    compress_settings compress;
    compare_settings compare;
    simulate_settings simulate;
} settings;

/* The words, each in memory of its own, so that a read beyond its end is seen. */
static int split(char *argv[MOST_WORDS], const uint8_t *data, size_t size)
{
    int argc = 0;
    while (size > 0 && argc < MOST_WORDS) {
        const uint8_t *end = memchr(data, 0, size);
        const size_t n = end ? (size_t)(end - data) : size;
        char *word = malloc(n + 1);
        if (!word) break;
        memcpy(word, data, n);
        word[n] = '\0';
        argv[argc++] = word;
        data += end ? n + 1 : n;
        size -= end ? n + 1 : n;
    }
    return argc;
}

static bool is_word(const char *text, int argc, char *const *argv)
{
    for (int i = 0; i < argc; i++)
        if (text >= argv[i] && text <= argv[i] + strlen(argv[i])) return true;
    return false;
}

/* Fields that an option has set. */
static void check_fields(const cli_option *o, const settings *before, const settings *after, int argc,
                         char *const *argv)
{
    static const size_t sizes[] = {[CLI_FLAG] = sizeof(bool),
                                   [CLI_INT] = sizeof(int64_t),
                                   [CLI_REAL] = sizeof(double),
                                   [CLI_TEXT] = sizeof(char *),
                                   [CLI_CHOICE] = sizeof(int)};
    for (; o->name || o->text; o++) {
        const void *was = (const char *)before + o->offset, *is = (const char *)after + o->offset;
        if (!o->name || memcmp(is, was, sizes[o->kind]) == 0) continue;
        if (o->kind == CLI_REAL && !isfinite(*(const double *)is)) abort();
        if (o->kind == CLI_CHOICE && *(const int *)is < 0) abort();
        if (o->kind == CLI_TEXT && !is_word(*(const char *const *)is, argc, argv)) abort();
    }
}

/* Settings -> options. True: they make sense. */
static bool understand(unsigned program, const settings *s, const char *const *operands, int count, char *error,
                       size_t size)
{
    lbc_options compress;
    lbc_compare_options compare;
    lbc_simulation simulation = lbc_simulation_default();
    if (program == 0) return compress_options_from(&s->compress, CORES, &compress, error, size);
    if (program == 1) return compare_options_from(&s->compare, operands, count, CORES, &compare, error, size);
    return simulation_from(&s->simulate, &simulation, error, size);
}

static void try_words(unsigned program, int argc, char *const *argv)
{
    static const cli_program *const programs[PROGRAMS] = {&compress_program, &compare_program, &simulate_program};
    const lbc_simulation simulation = lbc_simulation_default();
    const char *operands[MOST_OPERANDS];
    char error[160] = "";
    settings s, before;
    memset(&s, 0, sizeof s);
    if (program == 0) compress_settings_init(&s.compress);
    if (program == 1) compare_settings_init(&s.compare);
    if (program == 2) s.simulate = simulate_settings_from(&simulation);
    before = s;
    const int count = cli_parse(programs[program]->table, argc, argv, &s, operands, MOST_OPERANDS, error, sizeof error);
    if (count < -1 || count > MOST_OPERANDS || (count < 0 && !error[0])) abort();
    if (count >= 0) check_fields(programs[program]->table, &before, &s, argc, argv);
    for (int i = 0; i < count; i++)
        if (!is_word(operands[i], argc, argv)) abort();
    if (count >= 0 && !understand(program, &s, operands, count, error, sizeof error) && !error[0]) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char name[] = "program";
    char *argv[MOST_WORDS + 1] = {name};
    if (size == 0) return 0;
    const int argc = 1 + split(argv + 1, data + 1, size - 1);
    try_words(data[0] % PROGRAMS, argc, argv);
    for (int i = 1; i < argc; i++) free(argv[i]);
    return 0;
}
