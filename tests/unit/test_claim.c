/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/claim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[64], prefix[128];

static int enter(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/lbc-claim-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    snprintf(prefix, sizeof prefix, "%s/out put", folder);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    return rmdir(folder); /* fails when a claim left its file */
}

/* Status of a claim made by another process, which then ends. */
static lbc_status claim_elsewhere(bool shared)
{
    const pid_t child = fork();
    if (child == 0) {
        lbc_claim c = {0};
        const lbc_status s = lbc_claim_take(&c, prefix, shared, NULL);
        lbc_claim_drop(&c);
        _exit((int)s);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return (lbc_status)WEXITSTATUS(status);
}

static void test_one_run_at_a_time(void **state)
{
    (void)state;
    lbc_claim mine = {0}, again = {0};
    lbc_error err;
    assert_int_equal(lbc_claim_take(&mine, prefix, false, &err), LBC_OK);
    assert_int_equal(claim_elsewhere(false), LBC_E_EXISTS);
    assert_int_equal(claim_elsewhere(true), LBC_E_EXISTS);
    assert_int_equal(lbc_claim_take(&again, prefix, false, &err), LBC_E_EXISTS);
    assert_non_null(strstr(err.text, "another run"));
    lbc_claim_drop(&again);
    lbc_claim_drop(&mine);
    lbc_claim_drop(&mine);
    assert_int_equal(claim_elsewhere(false), LBC_OK);
}

static void test_shares_hold_it_together(void **state)
{
    (void)state;
    lbc_claim mine = {0};
    assert_int_equal(lbc_claim_take(&mine, prefix, true, NULL), LBC_OK);
    assert_int_equal(claim_elsewhere(true), LBC_OK);
    assert_int_equal(claim_elsewhere(false), LBC_E_EXISTS);
    lbc_claim_drop(&mine);
}

static void test_a_link_in_the_way_is_not_followed(void **state)
{
    (void)state;
    char path[256], target[256];
    snprintf(path, sizeof path, "%s/.out put.lbc-lock", folder);
    snprintf(target, sizeof target, "%s/victim", folder);
    assert_int_equal(symlink(target, path), 0);
    lbc_claim mine = {0};
    assert_int_equal(lbc_claim_take(&mine, prefix, false, NULL), LBC_E_IO);
    struct stat s;
    assert_int_not_equal(stat(target, &s), 0);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_run_at_a_time),
        cmocka_unit_test(test_shares_hold_it_together),
        cmocka_unit_test(test_a_link_in_the_way_is_not_followed),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
