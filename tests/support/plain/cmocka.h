/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cmocka.h - of cmocka what the tests of kernels use, to run them on a machine whose cmocka is not there
 * (scripts/check neon). A failure ends the program. */
#ifndef LBC_TESTS_PLAIN_CMOCKA_H
#define LBC_TESTS_PLAIN_CMOCKA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*run)(void **state);
};
#define cmocka_unit_test(f)                                                                                            \
    {                                                                                                                  \
#f, f                                                                                                          \
    }

#define assert_true(what)                                                                                              \
    ((what) ? (void)0 : (void)(fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what), exit(1)))
#define assert_false(what)               assert_true(!(what))
#define assert_non_null(p)               assert_true((p) != NULL)
#define assert_int_equal(a, b)           assert_true((long long)(a) == (long long)(b))
#define assert_memory_equal(a, b, bytes) assert_true(memcmp(a, b, bytes) == 0)

#define cmocka_run_group_tests(tests, setup, teardown) run_tests(tests, sizeof(tests) / sizeof *(tests))

static inline int run_tests(const struct CMUnitTest *tests, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        void *state = NULL;
        tests[i].run(&state);
        printf("%s: ok\n", tests[i].name);
    }
    return 0;
}

#endif
