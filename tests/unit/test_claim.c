/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/claim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
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
        lbc_claims c = {0};
        const lbc_status s = lbc_claims_add(&c, prefix, "-o", shared, NULL);
        lbc_claims_drop(&c);
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
    lbc_claims mine = {0}, other = {0};
    lbc_error err;
    assert_int_equal(lbc_claims_add(&mine, prefix, "-o", false, &err), LBC_OK);
    assert_int_equal(claim_elsewhere(false), LBC_E_EXISTS);
    assert_int_equal(claim_elsewhere(true), LBC_E_EXISTS);
    assert_int_equal(lbc_claims_add(&other, prefix, "-m", false, &err), LBC_E_EXISTS);
    assert_non_null(strstr(err.text, "another run"));
    assert_non_null(strstr(err.text, "another -m"));
    lbc_claims_drop(&other);
    lbc_claims_drop(&mine);
    lbc_claims_drop(&mine);
    assert_int_equal(claim_elsewhere(false), LBC_OK);
}

static void test_one_run_may_give_a_name_twice(void **state)
{
    (void)state;
    char detour[256];
    snprintf(detour, sizeof detour, "%s/./out put", folder);
    lbc_claims mine = {0};
    assert_int_equal(lbc_claims_add(&mine, prefix, "-o", false, NULL), LBC_OK);
    assert_int_equal(lbc_claims_add(&mine, detour, "--minicbf", false, NULL), LBC_OK);
    assert_int_equal(mine.count, 1);
    lbc_claims_drop(&mine);
    assert_int_equal(claim_elsewhere(false), LBC_OK);
}

static void test_shares_hold_it_together(void **state)
{
    (void)state;
    lbc_claims mine = {0};
    assert_int_equal(lbc_claims_add(&mine, prefix, "-o", true, NULL), LBC_OK);
    assert_int_equal(claim_elsewhere(true), LBC_OK);
    assert_int_equal(claim_elsewhere(false), LBC_E_EXISTS);
    lbc_claims_drop(&mine);
}

static void test_a_share_waits_for_its_turn(void **state)
{
    (void)state;
    lbc_claims mine = {0};
    lbc_claim turn = {0};
    int ends[2];
    char order[3] = "";
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(lbc_claims_add(&mine, prefix, "-o", true, NULL), LBC_OK);
    assert_int_equal(lbc_claim_turn(&turn, prefix, NULL), LBC_OK);
    const pid_t child = fork();
    if (child == 0) {
        lbc_claim c = {0};
        close(turn.file); /* else it would go on holding it */
        if (write(ends[1], "0", 1) != 1) _exit(2);
        const bool had = lbc_claim_turn(&c, prefix, NULL) == LBC_OK && write(ends[1], "2", 1) == 1;
        lbc_claim_drop(&c);
        _exit(had ? 0 : 1);
    }
    assert_int_equal(read(ends[0], order, 1), 1);
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    assert_int_equal(write(ends[1], "1", 1), 1);
    lbc_claim_drop(&turn);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(read(ends[0], order, 2), 2);
    assert_string_equal(order, "12");
    close(ends[0]);
    close(ends[1]);
    lbc_claims_drop(&mine);
}

static void test_a_link_in_the_way_is_not_followed(void **state)
{
    (void)state;
    char path[256], target[256];
    snprintf(path, sizeof path, "%s/.out put.lbc-lock", folder);
    snprintf(target, sizeof target, "%s/victim", folder);
    assert_int_equal(symlink(target, path), 0);
    lbc_claims mine = {0};
    assert_int_equal(lbc_claims_add(&mine, prefix, "-o", false, NULL), LBC_E_IO);
    struct stat s;
    assert_int_not_equal(stat(target, &s), 0);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_run_at_a_time),
        cmocka_unit_test(test_one_run_may_give_a_name_twice),
        cmocka_unit_test(test_shares_hold_it_together),
        cmocka_unit_test(test_a_share_waits_for_its_turn),
        cmocka_unit_test(test_a_link_in_the_way_is_not_followed),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
