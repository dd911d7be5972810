/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

typedef struct {
    int64_t bin, level, one;
    double real;
    const char *file;
    int choice;
    bool verbose, quick;
} settings;

#define FIELD(name) offsetof(settings, name)
static const cli_option table[] = {
    CLI_HEADING("Things"),
    {'b', "bin", CLI_OPTIONAL, CLI_INT, FIELD(bin), 7, "N", "binning", NULL},
    {'l', "level", CLI_ARGUMENT, CLI_INT, FIELD(level), 0, "N", "a level", NULL},
    {'1', "one", CLI_OPTIONAL, CLI_INT, FIELD(one), 1, "N", "a digit for a letter", NULL},
    {'r', "real", CLI_ARGUMENT, CLI_REAL, FIELD(real), 0, "X", "a number", NULL},
    {'f', "file", CLI_ARGUMENT, CLI_FILE, FIELD(file), 0, "FILE", "a file", NULL},
    {0, "filter", CLI_ARGUMENT, CLI_CHOICE, FIELD(choice), 0, "a|bb", "a word", "a|bb"},
    {'v', "verbose", CLI_NOTHING, CLI_FLAG, FIELD(verbose), 0, NULL, "a flag", NULL},
    {'q', "quick", CLI_NOTHING, CLI_FLAG, FIELD(quick), 0, NULL, "another", NULL},
    CLI_END,
};

static settings got;
static char error[200];
static const char *operands[2];

static int parse(const char *line)
{
    static char copy[200];
    char *argv[20] = {"program"};
    int argc = 1;
    strcpy(copy, line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) argv[argc++] = word;
    got = (settings){.bin = CLI_NONE, .level = CLI_NONE, .one = CLI_NONE, .choice = -1};
    error[0] = '\0';
    return cli_parse(table, argc, argv, &got, operands, 2, error, sizeof error);
}

static void test_the_last_one_counts_but_of_files(void **state)
{
    (void)state;
    assert_int_equal(parse("-l 1 -b 2 -l 3"), 0);
    assert_int_equal(got.level, 3);
    assert_int_equal(parse("-f a -b 2 --file=b"), -1);
    assert_string_equal(error, "-f was given twice: a, b");
}

static void test_every_form_of_an_optional_number(void **state)
{
    (void)state;
    static const char *const forms[] = {"-b 2", "-b2", "-b=2", "--bin 2", "--bin=2", "--bi=2", "-vb2", "-v -b 2 -q"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        assert_int_equal(parse(forms[i]), 0);
        assert_int_equal(got.bin, 2);
    }
    static const char *const left_out[] = {"-b", "--bin", "-b -v", "-b --quick", "--bin -1 5", "-vb"};
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) {
        assert_int_equal(parse(left_out[i]), 0);
        assert_int_equal(got.bin, 7);
    }
    assert_int_equal(parse("-b -1 5"), 0);
    assert_int_equal(got.one, 5);
}

static void test_required_arguments(void **state)
{
    (void)state;
    assert_int_equal(parse("-l -2 -r -1.5e3 -f out"), 0);
    assert_int_equal(got.level, -2);
    assert_true(got.real == -1500);
    assert_string_equal(got.file, "out");
    assert_int_equal(parse("-l -1"), 0);
    assert_int_equal(got.level, -1);
    assert_int_equal(parse("-f -"), 0);
    assert_string_equal(got.file, "-");
    assert_int_equal(parse("-f"), -1);
    assert_non_null(strstr(error, "-f needs an argument"));
    assert_int_equal(parse("-f -v"), -1);
    assert_int_equal(parse("-f=a=b"), 0);
    assert_string_equal(got.file, "a=b");
}

static void test_choices(void **state)
{
    (void)state;
    assert_int_equal(parse("--filter BB"), 0);
    assert_int_equal(got.choice, 1);
    assert_int_equal(parse("--filter b"), -1);
    assert_non_null(strstr(error, "a|bb"));
}

static void test_what_makes_no_sense_is_named(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"-x", "-x"},
        {"--nothing", "--nothing"},
        {"--fil x", "--fil"},
        {"-b 2x", "2x"},
        {"-l", "-l"},
        {"-r nan", "nan: not a number"},
        {"--verbose=1", "-v"},
        {"-l 99999999999999999999", "out of range"},
        {"-vx", "-x"},
        {"a b c", "c"},
        {"-l 1.5", "1.5: not a whole number"},
        {"-r 1e999", "1e999: out of range"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(parse(wrong[i][0]), -1);
        assert_non_null(strstr(error, wrong[i][1]));
    }
}

static void test_operands(void **state)
{
    (void)state;
    assert_int_equal(parse("a -v -- -b"), 2);
    assert_string_equal(operands[0], "a");
    assert_string_equal(operands[1], "-b");
    assert_true(got.verbose);
}

static void test_usage_shows_every_option_in_80_columns(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cli_usage(out, table);
    fclose(out);
    for (const cli_option *o = table; o->name || o->text; o++)
        if (o->name) assert_non_null(strstr(text, o->name));
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) assert_in_range(strcspn(line, "\n"), 0, 80);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_one_counts_but_of_files),
        cmocka_unit_test(test_every_form_of_an_optional_number),
        cmocka_unit_test(test_required_arguments),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_what_makes_no_sense_is_named),
        cmocka_unit_test(test_operands),
        cmocka_unit_test(test_usage_shows_every_option_in_80_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
