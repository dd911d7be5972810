/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[64];

static int enter(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/lbc-place-XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return chdir("/") || system(command) ? -1 : 0;
}

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "wx");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static bool there(const char *path)
{
    struct stat s;
    return lstat(path, &s) == 0;
}

static void test_appears_by_commit_alone(void **state)
{
    (void)state;
    lbc_place p = {0};
    assert_int_equal(lbc_place_begin(&p, "a file.h5", NULL), LBC_OK);
    put(p.temporary, "new");
    assert_false(there("a file.h5"));
    assert_int_equal(lbc_place_commit(&p, false, NULL), LBC_OK);
    assert_true(there("a file.h5"));
    assert_null(p.temporary);
    lbc_place_drop(&p);
    assert_true(there("a file.h5"));
    lbc_place_drop(&p); /* twice does no harm */
}

static void test_an_existing_file_is_replaced_only_when_told(void **state)
{
    (void)state;
    lbc_error err;
    lbc_place p = {0};
    put("old.h5", "old");
    assert_int_equal(lbc_place_begin(&p, "old.h5", NULL), LBC_OK);
    put(p.temporary, "new one");
    assert_int_equal(lbc_place_commit(&p, false, &err), LBC_E_EXISTS);
    assert_non_null(strstr(err.text, "old.h5"));
    struct stat s;
    assert_int_equal(stat("old.h5", &s), 0);
    assert_int_equal(s.st_size, 3);
    assert_int_equal(lbc_place_commit(&p, true, &err), LBC_OK);
    assert_int_equal(stat("old.h5", &s), 0);
    assert_int_equal(s.st_size, 7);
    lbc_place_drop(&p);
}

static void test_drop_leaves_nothing(void **state)
{
    (void)state;
    lbc_place p = {0};
    assert_int_equal(lbc_place_begin(&p, "never.h5", NULL), LBC_OK);
    put(p.temporary, "x");
    char name[512];
    snprintf(name, sizeof name, "%s", p.temporary);
    lbc_place_drop(&p);
    assert_false(there(name));
    assert_false(there("never.h5"));
}

/* A process makes a temporary and ends; another is alive; a third belongs to another host. */
static void test_sweep_removes_what_dead_processes_left_and_no_more(void **state)
{
    (void)state;
    int fd[2];
    assert_int_equal(pipe(fd), 0);
    const pid_t child = fork();
    if (child == 0) {
        lbc_place p = {0};
        if (lbc_place_begin(&p, "run_000001.h5", NULL)) _exit(1);
        put(p.temporary, "left");
        const ssize_t n = write(fd[1], p.temporary, strlen(p.temporary) + 1);
        _exit(n > 0 ? 0 : 1);
    }
    char left[512] = "";
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(read(fd[0], left, sizeof left) > 0);
    assert_true(there(left));

    /* The same name but of another name space, where the process may be another one, and alive. */
    char other_space[512];
    const char *plus = strrchr(left, '+'), *pid = plus ? strchr(plus, '~') : NULL;
    assert_non_null(pid);
    snprintf(other_space, sizeof other_space, "%.*s+1%s", (int)(plus - left), left, pid);
    put(other_space, "theirs");

    lbc_place mine = {0};
    assert_int_equal(lbc_place_begin(&mine, "run_000002.h5", NULL), LBC_OK);
    put(mine.temporary, "alive");
    put(".run_000003.h5.lbc~another-host~1~1~0.tmp", "theirs");
    put(".other_000001.h5", "not a temporary");
    put(".run_odd.lbc~x.tmp", "not one either");

    assert_int_equal(lbc_place_sweep(".", "walk_"), 0);
    assert_true(there(left));
    assert_int_equal(lbc_place_sweep(".", "run_"), 1);
    assert_false(there(left));
    assert_true(there(mine.temporary));
    assert_true(there(".run_000003.h5.lbc~another-host~1~1~0.tmp"));
    assert_true(there(".run_odd.lbc~x.tmp"));
    assert_true(there(other_space));
    lbc_place_drop(&mine);
}

static void test_folders(void **state)
{
    (void)state;
    lbc_error err;
    assert_int_equal(lbc_place_folder("x/y z/w", &err), LBC_OK);
    assert_true(there("x/y z/w"));
    assert_int_equal(lbc_place_folder("x/y z/w/", &err), LBC_OK);
    put("x/file", "");
    assert_int_equal(lbc_place_folder("x/file/below", &err), LBC_E_IO);
    assert_non_null(strstr(err.text, "x/file"));
}

static void test_folders_that_are_not_there_yet(void **state)
{
    (void)state;
    lbc_error err;
    put("plain", "");
    assert_int_equal(lbc_place_try_folder("new/er", &err), LBC_OK);
    assert_int_equal(lbc_place_try_folder(".", &err), LBC_OK);
    assert_int_equal(lbc_place_try_folder("plain/new", &err), LBC_E_IO);
    assert_non_null(strstr(err.text, "plain"));
    assert_false(there("new"));
    assert_true(lbc_place_same("new/er/a", "./new/er/a"));
    assert_false(lbc_place_same("new/er/a", "new/er/b"));
    assert_false(lbc_place_same("new/er/a", "new/a"));
    assert_false(lbc_place_same("new/a", "a"));
    assert_false(lbc_place_same_folder("new/", folder));
    assert_true(lbc_place_same_folder("new", "new//"));
    assert_false(lbc_place_same_folder("new", "newer"));
}

/* Some file systems, and that of /proc is one, say EINVAL where a folder is to be flushed. */
static void test_folders_that_cannot_be_flushed(void **state)
{
    lbc_error err;
    (void)state;
    assert_int_equal(lbc_place_flush_folder("/proc/self/x", &err), LBC_OK);
    assert_int_equal(lbc_place_flush_folder(folder, &err), LBC_OK);
    assert_int_equal(lbc_place_flush_folder("/proc/nothing/x", &err), LBC_E_IO);
    assert_int_equal(lbc_place_flush("/proc/self/nothing", &err), LBC_E_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appears_by_commit_alone),
        cmocka_unit_test(test_an_existing_file_is_replaced_only_when_told),
        cmocka_unit_test(test_drop_leaves_nothing),
        cmocka_unit_test(test_sweep_removes_what_dead_processes_left_and_no_more),
        cmocka_unit_test(test_folders),
        cmocka_unit_test(test_folders_that_are_not_there_yet),
        cmocka_unit_test(test_folders_that_cannot_be_flushed),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
