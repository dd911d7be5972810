/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* make_docs - writes manual pages and completions of the programs from what their -h is made of.
 *
 * usage: make_docs man|bash|zsh PROGRAM
 */
#include "compare_options.h"
#include "compress_options.h"
#include "simulate_options.h"

#include <ctype.h>
#include <string.h>

static const cli_program *const programs[] = {&compress_program, &compare_program, &simulate_program};
enum { PROGRAMS = sizeof programs / sizeof *programs };

static bool is_end(const cli_option *o)
{
    return !o->name && !o->text;
}
static bool is_heading(const cli_option *o)
{
    return !o->name && o->text;
}

/* ---- the manual page: man(7) ----------------------------------------------------------------- */

/* n bytes of text. */
static void roff(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '-')
            fputs("\\-", stdout);
        else if (text[i] == '\\')
            fputs("\\e", stdout);
        else if (i == 0 && (text[i] == '.' || text[i] == '\''))
            printf("\\&%c", text[i]);
        else
            putchar(text[i]);
    }
}

static void roff_paragraphs(const char *text)
{
    for (bool first = true; *text; first = false) {
        const size_t n = strcspn(text, "\n");
        if (!first) printf(".PP\n");
        roff(text, n);
        putchar('\n');
        text += n + (text[n] == '\n');
    }
}

static void man_option(const cli_option *o)
{
    printf(".TP\n");
    if (o->letter) printf("\\fB\\-%c\\fR, ", o->letter);
    printf("\\fB\\-\\-");
    roff(o->name, strlen(o->name));
    printf("\\fR");
    if (o->takes != CLI_NOTHING) {
        printf(o->takes == CLI_OPTIONAL ? " [\\fI" : " \\fI");
        roff(o->argument, strlen(o->argument));
        printf(o->takes == CLI_OPTIONAL ? "\\fR]" : "\\fR");
    }
    putchar('\n');
    roff(o->text, strlen(o->text));
    printf(".\n");
}

/* "HEADING\ntext", until an empty line. */
static void man_notes(const char *notes)
{
    while (*notes) {
        const char *end = strstr(notes, "\n\n");
        const size_t all = end ? (size_t)(end - notes) : strlen(notes), head = strcspn(notes, "\n");
        printf(".SH %.*s\n", (int)head, notes);
        roff(notes + head + 1, all - head - 1);
        putchar('\n');
        notes += all + (end ? 2 : 0);
    }
}

static void man_see_also(const cli_program *program)
{
    printf(".SH SEE ALSO\n");
    for (int i = 0, n = 0; i < PROGRAMS; i++) {
        if (programs[i] == program) continue;
        printf("%s.BR %s (1)", n++ ? ",\n" : "", programs[i]->name);
    }
    printf("\n");
}

static void write_man(const cli_program *p)
{
    printf(".\\\" made by make_docs\n.TH ");
    for (const char *c = p->name; *c; c++) putchar(toupper((unsigned char)*c));
    printf(" 1 \"%s\" \"l_bnl_compress %s\" \"User Commands\"\n", lbc_version_date(), lbc_version());
    printf(".SH NAME\n%s \\- %s\n.SH SYNOPSIS\n.B %s\n", p->name, p->summary, p->name);
    roff(p->synopsis, strlen(p->synopsis));
    printf("\n.SH DESCRIPTION\n");
    roff_paragraphs(p->about);
    printf(".SH OPTIONS\n");
    for (const cli_option *o = p->table; !is_end(o); o++) {
        if (is_heading(o)) {
            printf(".SS ");
            roff(o->text, strlen(o->text));
            putchar('\n');
        } else {
            man_option(o);
        }
    }
    printf(".SH EXIT STATUS\n");
    roff_paragraphs(p->exit_status);
    if (p->notes) man_notes(p->notes);
    printf(".SH EXAMPLES\n.nf\n");
    for (const char *line = p->example; *line;) {
        const size_t n = strcspn(line, "\n");
        roff(line, n);
        putchar('\n');
        line += n + (line[n] == '\n');
    }
    printf(".fi\n");
    man_see_also(p);
}

/* ---- completion ------------------------------------------------------------------------------ */

static bool takes_file(const cli_option *o)
{
    return o->kind == CLI_FILE;
}

/* The words of a choice with blanks between. */
static void put_words(const char *words)
{
    for (; *words; words++) putchar(*words == '|' ? ' ' : *words);
}

static void bash_names(const cli_option *o, const char *between)
{
    if (o->letter) printf("-%c%s", o->letter, between);
    printf("--%s", o->name);
}

/* What may follow an option; an optional argument may also be another option. */
static void bash_argument(const cli_option *o)
{
    printf("    ");
    bash_names(o, "|");
    printf(")\n");
    if (o->words || takes_file(o)) {
        printf(o->words ? "        mapfile -t COMPREPLY < <(compgen -W '"
                        : "        mapfile -t COMPREPLY < <(compgen -f");
        if (o->words) {
            put_words(o->words);
            putchar('\'');
        }
        printf(" -- \"$word\")\n");
    }
    printf(o->takes == CLI_OPTIONAL ? "        [[ $word != -* ]] && return\n        ;;\n" : "        return ;;\n");
}

static void write_bash(const cli_program *p)
{
    printf(
        "# made by make_docs\n_%s()\n{\n    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    COMPREPLY=()\n    case $before in\n",
        p->name);
    for (const cli_option *o = p->table; !is_end(o); o++)
        if (!is_heading(o) && o->takes != CLI_NOTHING) bash_argument(o);
    printf("    esac\n    if [[ $word == -* ]]; then\n        mapfile -t COMPREPLY < <(compgen -W '");
    for (const cli_option *o = p->table; !is_end(o); o++) {
        if (is_heading(o)) continue;
        bash_names(o, " ");
        putchar(' ');
    }
    printf("' -- \"$word\")\n");
    if (p->files)
        printf(
            "    else\n        mapfile -t COMPREPLY < <(compgen -d -- \"$word\"; compgen -f -X '!*%s' -- \"$word\")\n",
            p->files);
    printf("    fi\n}\ncomplete -o filenames -F _%s %s\n", p->name, p->name);
}

/* A text within single quotes and brackets of _arguments. */
static void put_zsh(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (strchr("[]:\\", *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static void zsh_option(const cli_option *o)
{
    const bool takes = o->takes != CLI_NOTHING;
    if (o->letter)
        printf(" \\\n    '(-%c --%s)'{-%c%s,--%s%s}'[", o->letter, o->name, o->letter, takes ? "+" : "", o->name,
               takes ? "=" : "");
    else
        printf(" \\\n    '--%s%s[", o->name, takes ? "=" : "");
    put_zsh(o->text);
    putchar(']');
    if (takes) {
        printf(o->takes == CLI_OPTIONAL ? "::" : ":");
        put_zsh(o->argument);
        putchar(':');
        if (o->words) {
            putchar('(');
            put_words(o->words);
            putchar(')');
        } else if (takes_file(o)) {
            printf("_files");
        }
    }
    putchar('\'');
}

static void write_zsh(const cli_program *p)
{
    printf("#compdef %s\n# made by make_docs\n_arguments -s", p->name);
    for (const cli_option *o = p->table; !is_end(o); o++)
        if (!is_heading(o)) zsh_option(o);
    if (p->files) printf(" \\\n    '*:master:_files -g \"*%s\"'", p->files);
    printf("\n");
}

int main(int argc, char **argv)
{
    const cli_program *program = NULL;
    for (int i = 0; argc == 3 && i < PROGRAMS; i++)
        if (!strcmp(argv[2], programs[i]->name)) program = programs[i];
    if (program && !strcmp(argv[1], "man"))
        write_man(program);
    else if (program && !strcmp(argv[1], "bash"))
        write_bash(program);
    else if (program && !strcmp(argv[1], "zsh"))
        write_zsh(program);
    else
        return fputs("usage: make_docs man|bash|zsh PROGRAM\n", stderr), 2;
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
