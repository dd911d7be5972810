/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts of errors: one line, whatever the names in it hold and however long they are. */
#include "lbc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void control_characters(void **state)
{
    lbc_error err;
    (void)state;
    assert_int_equal(lbc_fail(&err, LBC_E_IO, "%s: %d", "a\nb\x1b[2J\x7f \xc3\xa9", 7), LBC_E_IO);
    assert_string_equal(err.text, "a?b?[2J? \xc3\xa9: 7");
    assert_int_equal(err.status, LBC_E_IO);
    lbc_fail(&err, LBC_E_IO, "%s[2J%s.", "\xc2\x9b", "\xc2\x9f\xc2\xa0\xc3\x80\xc2");
    assert_string_equal(err.text, "??[2J??\xc2\xa0\xc3\x80\xc2.");
}

static void of_a_long_text_both_ends(void **state)
{
    lbc_error err;
    char path[6000];
    (void)state;
    for (int shift = 0; shift < 2; shift++) { /* the cuts fall into characters */
        memset(path, 'x', sizeof path);
        for (size_t i = (size_t)shift; i + 2 < sizeof path; i += 2) memcpy(path + i, "\xc3\xa9", 2);
        path[sizeof path - 2 + (size_t)shift] = '\0';
        lbc_fail(&err, LBC_E_IO, "%s: cannot be opened: %s", path, "No such file");
        const size_t n = strlen(err.text);
        assert_in_range(n, LBC_ERROR_SIZE - 4, LBC_ERROR_SIZE - 1);
        assert_string_equal(err.text + n - strlen(": cannot be opened: No such file"),
                            ": cannot be opened: No such file");
        const char *gap = strstr(err.text, " ... ");
        assert_non_null(gap);
        assert_memory_equal(gap - 2, "\xc3\xa9", 2);
        assert_memory_equal(gap + 5, "\xc3\xa9", 2);
    }
}

static void lengths_about_the_most(void **state)
{
    lbc_error err;
    char text[LBC_ERROR_SIZE + 2];
    (void)state;
    for (size_t n = LBC_ERROR_SIZE - 2; n < sizeof text; n++) {
        memset(text, 'y', n);
        text[n] = '\0';
        lbc_fail(&err, LBC_E_IO, "%s", text);
        assert_int_equal(strlen(err.text), n < LBC_ERROR_SIZE ? n : LBC_ERROR_SIZE - 1);
        assert_int_equal(strstr(err.text, " ... ") != NULL, n >= LBC_ERROR_SIZE);
    }
}

/* An error is often said again with more words. */
static void of_itself(void **state)
{
    lbc_error err;
    (void)state;
    lbc_fail(&err, LBC_E_FORMAT, "inner");
    lbc_fail(&err, err.status, "outer (%s)", err.text);
    assert_string_equal(err.text, "outer (inner)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_characters),
        cmocka_unit_test(of_a_long_text_both_ends),
        cmocka_unit_test(lengths_about_the_most),
        cmocka_unit_test(of_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
