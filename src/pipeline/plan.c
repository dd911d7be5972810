/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/plan.h"

/* Groups in a run of n frames. */
static uint64_t groups_of(const lbc_plan *p, uint64_t n)
{
    return n / p->sum + (p->keep_partial && n % p->sum ? 1 : 0);
}

/* Frames of the selection before the first cut. */
static uint64_t head_length(const lbc_plan *p)
{
    const uint64_t n = p->last - p->first + 1;
    if (!p->per_trigger) return n;
    const uint64_t to_cut = p->per_trigger - p->first % p->per_trigger;
    return n < to_cut ? n : to_cut;
}

void lbc_plan_make(lbc_plan *p)
{
    const uint64_t n = p->last - p->first + 1;
    const uint64_t head = head_length(p);
    const uint64_t rest = n - head;
    p->groups = groups_of(p, head);
    uint64_t used = p->keep_partial ? n : head - head % p->sum;
    if (rest) {
        const uint64_t runs = rest / p->per_trigger, tail = rest % p->per_trigger;
        p->groups += runs * groups_of(p, p->per_trigger) + groups_of(p, tail);
        if (!p->keep_partial) used += runs * (p->per_trigger - p->per_trigger % p->sum) + (tail - tail % p->sum);
    }
    p->dropped = n - used;
    p->files = p->groups / p->block + (p->groups % p->block != 0);
}

void lbc_plan_group(const lbc_plan *p, uint64_t k, uint64_t *first, uint32_t *count)
{
    uint64_t start = p->first, length = head_length(p);
    const uint64_t in_head = groups_of(p, length);
    if (k >= in_head) { /* only with triggers, and then every run has groups */
        k -= in_head;
        const uint64_t in_run = groups_of(p, p->per_trigger);
        start += length + k / in_run * p->per_trigger;
        length = p->last - start + 1 < p->per_trigger ? p->last - start + 1 : p->per_trigger;
        k %= in_run;
    }
    *first = start + k * p->sum;
    const uint64_t left = start + length - *first;
    *count = left < p->sum ? (uint32_t)left : p->sum;
}

int64_t lbc_plan_slip(const lbc_plan *p)
{
    uint64_t first, last;
    uint32_t count;
    lbc_plan_group(p, 0, &first, &count); /* what is left of the first trigger may be too few for one */
    lbc_plan_group(p, p->groups - 1, &last, &count);
    return (int64_t)(last - first) - (int64_t)((p->groups - 1) * p->sum);
}

void lbc_plan_file(const lbc_plan *p, uint64_t f, uint64_t *first, uint64_t *count)
{
    *first = f * p->block;
    *count = p->groups - *first < p->block ? p->groups - *first : p->block;
}

uint64_t lbc_plan_share_files(const lbc_plan *p, uint32_t shares, uint32_t share)
{
    return p->files < share ? 0 : (p->files - share) / shares + 1;
}
