/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan against a list made by walking the frames one by one. */
#include "pipeline/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

typedef struct {
    uint64_t first;
    uint32_t count;
} group;

/* Walks frame by frame: a group ends when it is full, at a trigger's end, or at the last frame. */
static uint64_t walk(const lbc_plan *p, group *out, uint64_t *dropped)
{
    uint64_t n = 0, start = p->first;
    *dropped = 0;
    for (uint64_t f = p->first; f <= p->last; f++) {
        const bool cut = f == p->last || (p->per_trigger && (f + 1) % p->per_trigger == 0);
        const uint32_t have = (uint32_t)(f - start + 1);
        if (have < p->sum && !cut) continue;
        if (have == p->sum || p->keep_partial)
            out[n++] = (group){start, have};
        else
            *dropped += have;
        start = f + 1;
    }
    return n;
}

static void compare(lbc_plan p)
{
    group expected[64];
    uint64_t dropped;
    const uint64_t n = walk(&p, expected, &dropped);
    lbc_plan_make(&p);
    assert_int_equal(p.groups, n);
    assert_int_equal(p.dropped, dropped);
    int64_t slip = 0;
    for (uint64_t k = 0; k < n; k++) {
        uint64_t first;
        uint32_t count;
        lbc_plan_group(&p, k, &first, &count);
        assert_int_equal(first, expected[k].first);
        assert_int_equal(count, expected[k].count);
        if (k) slip += (int64_t)(expected[k].first - expected[k - 1].first) - p.sum;
    }
    if (n) assert_int_equal(lbc_plan_slip(&p), slip);
    uint64_t in_files = 0;
    for (uint64_t f = 0; f < p.files; f++) {
        uint64_t first, count;
        lbc_plan_file(&p, f, &first, &count);
        assert_int_equal(first, in_files);
        assert_in_range(count, 1, p.block);
        in_files += count;
    }
    assert_int_equal(in_files, n);
}

static void test_every_small_plan(void **state)
{
    (void)state;
    for (uint64_t first = 0; first < 8; first++)
        for (uint64_t last = first; last < 26; last++)
            for (uint64_t per = 0; per < 8; per++)
                for (uint32_t sum = 1; sum < 10; sum++)
                    for (int keep = 0; keep < 2; keep++)
                        compare((lbc_plan){.first = first,
                                           .last = last,
                                           .per_trigger = per,
                                           .sum = sum,
                                           .block = 1 + (uint32_t)(last % 5),
                                           .keep_partial = keep});
}

static void test_shares_cover_the_files_once(void **state)
{
    (void)state;
    for (uint64_t files = 0; files < 20; files++)
        for (uint32_t shares = 1; shares < 25; shares++) {
            const lbc_plan p = {.files = files};
            uint64_t total = 0;
            for (uint32_t t = 1; t <= shares; t++) {
                uint64_t counted = 0;
                for (uint64_t n = 1; n <= files; n++) counted += (n - 1) % shares + 1 == t;
                assert_int_equal(lbc_plan_share_files(&p, shares, t), counted);
                total += counted;
            }
            assert_int_equal(total, files);
        }
}

static void test_large_numbers_do_not_overflow(void **state)
{
    (void)state;
    lbc_plan p = {.first = 0, .last = (UINT64_C(1) << 40) - 1, .sum = UINT32_MAX, .block = UINT32_MAX};
    lbc_plan_make(&p);
    assert_int_equal(p.groups, 256);
    uint64_t first;
    uint32_t count;
    lbc_plan_group(&p, 255, &first, &count);
    assert_int_equal(first, UINT64_C(255) * UINT32_MAX);
    assert_int_equal(count, UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_small_plan),
        cmocka_unit_test(test_shares_cover_the_files_once),
        cmocka_unit_test(test_large_numbers_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
