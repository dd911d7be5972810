/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define JOBS  500
#define SLOTS 5

typedef struct {
    atomic_uint parts[JOBS]; /* parts worked */
    atomic_uint finished[JOBS];
    atomic_int slot_owner[SLOTS];
    uint64_t delivered;
    unsigned parts_each;
    uint64_t fail_work, fail_finish, fail_deliver; /* job numbers; JOBS: none */
    int ticks, tick_fails_at;
} record;

static lbc_status work(void *user, const lbc_pool_job *job, lbc_error *err)
{
    record *r = user;
    assert_true(job->part < r->parts_each);
    int free_slot = -1;
    if (!atomic_compare_exchange_strong(&r->slot_owner[job->slot], &free_slot, (int)job->job))
        assert_int_equal(free_slot, (int)job->job); /* no slot serves two jobs at once */
    atomic_fetch_add(&r->parts[job->job], 1);
    if (job->job == r->fail_work) return lbc_fail(err, LBC_E_FORMAT, "job %d", (int)job->job);
    return LBC_OK;
}

static lbc_status finish(void *user, const lbc_pool_job *job, lbc_error *err)
{
    record *r = user;
    assert_int_equal(atomic_load(&r->parts[job->job]), r->parts_each);
    atomic_fetch_add(&r->finished[job->job], 1);
    if (job->job == r->fail_finish) return lbc_fail(err, LBC_E_IO, "finish %d", (int)job->job);
    return LBC_OK;
}

static lbc_status deliver(void *user, const lbc_pool_job *job, lbc_error *err)
{
    record *r = user;
    assert_int_equal(job->job, r->delivered);
    assert_int_equal(atomic_load(&r->finished[job->job]), 1);
    if (job->job == r->fail_deliver) return lbc_fail(err, LBC_E_SPACE, "deliver %d", (int)job->job);
    atomic_store(&r->slot_owner[job->slot], -1);
    r->delivered++;
    return LBC_OK;
}

static lbc_status tick(void *user, lbc_error *err)
{
    record *r = user;
    if (++r->ticks == r->tick_fails_at) return lbc_fail(err, LBC_E_CANCELLED, "tick");
    return LBC_OK;
}

static lbc_status run(record *r, unsigned threads, unsigned parts, lbc_error *err)
{
    for (int i = 0; i < SLOTS; i++) atomic_store(&r->slot_owner[i], -1);
    r->parts_each = parts;
    lbc_pool *pool = lbc_pool_new(threads);
    assert_non_null(pool);
    assert_int_equal(lbc_pool_workers(pool), threads ? threads : 1);
    const lbc_pool_task task = {.jobs = JOBS,
                                .parts = parts,
                                .slots = SLOTS,
                                .user = r,
                                .work = work,
                                .finish = finish,
                                .deliver = deliver,
                                .tick = tick};
    const lbc_status status = lbc_pool_run(pool, &task, err);
    lbc_pool_free(pool);
    return status;
}

static const unsigned thread_counts[] = {0, 1, 2, 3, 8};
#define FOR_EACH_COUNT(i) for (unsigned i = 0; i < sizeof thread_counts / sizeof *thread_counts; i++)

static record *new_record(void)
{
    record *r = calloc(1, sizeof *r);
    r->fail_work = r->fail_finish = r->fail_deliver = JOBS;
    return r;
}

static void test_every_job_once_in_order(void **state)
{
    (void)state;
    FOR_EACH_COUNT(i) for (unsigned parts = 1; parts <= 4; parts++)
    {
        record *r = new_record();
        assert_int_equal(run(r, thread_counts[i], parts, NULL), LBC_OK);
        assert_int_equal(r->delivered, JOBS);
        assert_true(r->ticks >= JOBS);
        free(r);
    }
}

static void test_failures_name_the_job_and_what_came_before_is_delivered(void **state)
{
    (void)state;
    FOR_EACH_COUNT(i)
    {
        lbc_error err;
        record *r = new_record();
        r->fail_work = 77;
        r->fail_finish = 78;
        assert_int_equal(run(r, thread_counts[i], 3, &err), LBC_E_FORMAT);
        assert_string_equal(err.text, "job 77");
        assert_int_equal(r->delivered, 77);
        free(r);

        r = new_record();
        r->fail_finish = 0;
        assert_int_equal(run(r, thread_counts[i], 1, &err), LBC_E_IO);
        assert_int_equal(r->delivered, 0);
        free(r);

        r = new_record();
        r->fail_deliver = 9;
        assert_int_equal(run(r, thread_counts[i], 2, &err), LBC_E_SPACE);
        assert_int_equal(r->delivered, 9);
        free(r);

        r = new_record();
        r->tick_fails_at = 20;
        assert_int_equal(run(r, thread_counts[i], 1, &err), LBC_E_CANCELLED);
        assert_true(r->delivered <= 20);
        free(r);
    }
}

static void test_a_pool_serves_one_run_after_another(void **state)
{
    (void)state;
    lbc_pool *pool = lbc_pool_new(2);
    for (int n = 0; n < 20; n++) {
        record *r = new_record();
        for (int i = 0; i < SLOTS; i++) atomic_store(&r->slot_owner[i], -1);
        r->parts_each = 1;
        r->fail_work = n % 2 ? 3 : JOBS;
        const lbc_pool_task task = {
            .jobs = 50, .parts = 1, .slots = SLOTS, .user = r, .work = work, .finish = finish, .deliver = deliver};
        assert_int_equal(lbc_pool_run(pool, &task, NULL), n % 2 ? LBC_E_FORMAT : LBC_OK);
        assert_int_equal(r->delivered, n % 2 ? 3 : 50);
        free(r);
    }
    lbc_pool_free(pool);
}

static void test_no_jobs_is_no_error(void **state)
{
    (void)state;
    lbc_pool *pool = lbc_pool_new(2);
    const lbc_pool_task task = {.jobs = 0, .parts = 1, .slots = 1, .work = work, .deliver = deliver};
    assert_int_equal(lbc_pool_run(pool, &task, NULL), LBC_OK);
    lbc_pool_free(pool);
    lbc_pool_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_job_once_in_order),
        cmocka_unit_test(test_failures_name_the_job_and_what_came_before_is_delivered),
        cmocka_unit_test(test_a_pool_serves_one_run_after_another),
        cmocka_unit_test(test_no_jobs_is_no_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
