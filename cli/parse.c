/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct parser {
    const cli_option *table;
    char *const *argv;
    int argc, at; /* at: the next word */
    char *settings;
    char *error;
    size_t size;
} parser;

static int fail(parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int fail(parser *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(p->error, p->size, format, args);
    va_end(args);
    return -1;
}

bool cli_refuse(char *error, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error, size, format, args);
    va_end(args);
    return false;
}

bool cli_same(const cli_option *option, const void *a, const void *b)
{
    static const size_t size[] = {[CLI_FLAG] = sizeof(bool),   [CLI_INT] = sizeof(int64_t), [CLI_REAL] = sizeof(double),
                                  [CLI_TEXT] = sizeof(char *), [CLI_FILE] = sizeof(char *), [CLI_CHOICE] = sizeof(int)};
    return memcmp((const char *)a + option->offset, (const char *)b + option->offset, size[option->kind]) == 0;
}

static bool is_end(const cli_option *o)
{
    return !o->name && !o->text;
}

static bool has_letter(const cli_option *table, char letter)
{
    while (!is_end(table) && table->letter != letter) table++;
    return !is_end(table);
}

static bool to_int(const char *text, int64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoll(text, &end, 10);
    return end != text && *end == '\0' && errno == 0;
}

static bool to_real(const char *text, double *value)
{
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && errno == 0 && *value - *value == 0;
}

static bool is_number(const char *text)
{
    double value;
    return to_real(text, &value);
}

/* ---- values --------------------------------------------------------------------------------- */

const char *cli_shown(const cli_option *o, char buffer[64])
{
    if (o->letter)
        snprintf(buffer, 64, "-%c", o->letter);
    else
        snprintf(buffer, 64, "--%s", o->name);
    return buffer;
}

static int choice_of(const char *words, const char *value)
{
    const size_t n = strlen(value);
    for (int i = 0; words; i++) {
        const char *bar = strchr(words, '|');
        const size_t length = bar ? (size_t)(bar - words) : strlen(words);
        if (n == length && strncasecmp(words, value, n) == 0) return i;
        words = bar ? bar + 1 : NULL;
    }
    return -1;
}

static int set(parser *p, const cli_option *o, const char *value)
{
    void *field = p->settings + o->offset;
    char name[64];
    switch (o->kind) {
    case CLI_FLAG: *(bool *)field = true; return 0;
    case CLI_FILE:
        if (*(const char **)field)
            return fail(p, "%s was given twice: %s, %s", cli_shown(o, name), *(const char **)field, value);
        *(const char **)field = value;
        return 0;
    case CLI_TEXT: *(const char **)field = value; return 0;
    case CLI_INT:
        if (to_int(value, field)) return 0;
        return fail(p, errno == ERANGE ? "%s %s: out of range" : "%s %s: not a whole number", cli_shown(o, name),
                    value);
    case CLI_REAL:
        if (to_real(value, field)) return 0;
        return fail(p, errno == ERANGE ? "%s %s: out of range" : "%s %s: not a number", cli_shown(o, name), value);
    case CLI_CHOICE:
        *(int *)field = choice_of(o->words, value);
        if (*(int *)field >= 0) return 0;
        return fail(p, "%s %s: must be one of %s", cli_shown(o, name), value, o->words);
    }
    return 0;
}

/* An optional argument that was left out. */
static void set_without(parser *p, const cli_option *o)
{
    void *field = p->settings + o->offset;
    if (o->kind == CLI_INT) *(int64_t *)field = o->without;
    if (o->kind == CLI_CHOICE) *(int *)field = (int)o->without;
}

/* Sets o from the argument glued to it (NULL: none) or from the next word. */
static int take_argument(parser *p, const cli_option *o, const char *glued)
{
    char name[64];
    if (o->takes == CLI_NOTHING) {
        if (glued) return fail(p, "%s takes no argument", cli_shown(o, name));
        return set(p, o, NULL);
    }
    if (glued) return set(p, o, glued);
    const char *next = p->at < p->argc ? p->argv[p->at] : NULL;
    const bool looks_like_option = next && next[0] == '-' && next[1];
    const bool number = next && (o->kind == CLI_INT || o->kind == CLI_REAL) && is_number(next);
    if (next && (!looks_like_option || (number && o->takes == CLI_ARGUMENT))) {
        p->at++;
        return set(p, o, next);
    }
    if (o->takes == CLI_ARGUMENT) return fail(p, "%s needs an argument: %s", cli_shown(o, name), o->argument);
    set_without(p, o);
    return 0;
}

/* ---- options -------------------------------------------------------------------------------- */

static int take_long(parser *p, const char *word)
{
    const char *equals = strchr(word, '=');
    const size_t n = equals ? (size_t)(equals - word) : strlen(word);
    const cli_option *found = NULL;
    for (const cli_option *o = p->table; !is_end(o); o++) {
        if (!o->name || strncmp(o->name, word, n)) continue;
        if (strlen(o->name) == n) {
            found = o;
            break;
        }
        if (found) return fail(p, "--%.*s: could be --%s or --%s", (int)n, word, found->name, o->name);
        found = o;
    }
    if (!found) return fail(p, "--%.*s: no such option (see -h)", (int)n, word);
    return take_argument(p, found, equals ? equals + 1 : NULL);
}

static int take_letters(parser *p, const char *letters)
{
    while (*letters) {
        const cli_option *o = p->table;
        while (!is_end(o) && o->letter != *letters) o++;
        if (is_end(o)) return fail(p, "-%c: no such option (see -h)", *letters);
        letters++;
        if (o->takes == CLI_NOTHING) {
            if (take_argument(p, o, NULL)) return -1;
            continue;
        }
        const char *glued = *letters == '=' ? letters + 1 : *letters ? letters : NULL;
        return take_argument(p, o, glued);
    }
    return 0;
}

int cli_parse(const cli_option *table, int argc, char *const *argv, void *settings, const char **operands, int max,
              char *error, size_t size)
{
    parser p = {table, argv, argc, 1, settings, error, size};
    int count = 0;
    bool only_operands = false;
    while (p.at < argc) {
        const char *word = argv[p.at++];
        if (!only_operands && word[0] == '-' && word[1]) {
            if (strcmp(word, "--") == 0)
                only_operands = true;
            else if (word[1] == '-' ? take_long(&p, word + 2) : take_letters(&p, word + 1))
                return -1;
            continue;
        }
        if (count == max)
            return fail(&p, "%s: not expected here (%s)", word,
                        has_letter(table, 'i') ? "the input is named with -i; see -h" : "see -h");
        operands[count++] = word;
    }
    return count;
}

/* ---- usage ---------------------------------------------------------------------------------- */

#define WIDTH  80
#define INDENT 30

/* Words of text from column `at`, wrapped to `indent`. */
static void put_wrapped(FILE *out, const char *text, int at, int indent)
{
    while (*text) {
        const int n = (int)strcspn(text, " ");
        fprintf(out, "%.*s", n, text);
        at += n;
        text += n;
        if (*text == ' ') {
            text++;
            const int next = (int)strcspn(text, " ");
            if (*text && at + 1 + next < WIDTH) {
                putc(' ', out);
                at++;
            } else if (*text) {
                fprintf(out, "\n%*s", indent, "");
                at = indent;
            }
        }
    }
    putc('\n', out);
}

static void put_option(FILE *out, const cli_option *o)
{
    char left[WIDTH];
    int n = o->letter ? snprintf(left, sizeof left, "  -%c, --%s", o->letter, o->name)
                      : snprintf(left, sizeof left, "      --%s", o->name);
    const bool optional = o->takes == CLI_OPTIONAL;
    if (o->takes != CLI_NOTHING)
        n += snprintf(left + n, sizeof left - (size_t)n, " %s%s%s", optional ? "[" : "", o->argument,
                      optional ? "]" : "");
    fputs(left, out);
    if (n > INDENT - 2) {
        putc('\n', out);
        n = 0;
    }
    fprintf(out, "%*s", INDENT - n, "");
    put_wrapped(out, o->text, INDENT, INDENT);
}

void cli_usage(FILE *out, const cli_option *table)
{
    for (const cli_option *o = table; !is_end(o); o++) {
        if (o->name)
            put_option(out, o);
        else
            fprintf(out, "\n%s:\n", o->text);
    }
}

void cli_help(FILE *out, const cli_program *program)
{
    fprintf(out, "usage: %s %s\n", program->name, program->synopsis);
    for (const char *about = program->about; *about;) {
        char paragraph[800];
        const size_t n = strcspn(about, "\n");
        snprintf(paragraph, sizeof paragraph, "%.*s", (int)n, about);
        putc('\n', out);
        put_wrapped(out, paragraph, 0, 0);
        about += n + (about[n] == '\n');
    }
    cli_usage(out, program->table);
    fprintf(out, "\nexample: %s\n", program->example);
}
