/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/j2k/allocate.h"

#include <stdlib.h>
#include <string.h>

/* ---- segments -------------------------------------------------------------------------------- */

static double slope_of(double gain, uint32_t bytes)
{
    return gain > 0 ? gain / (bytes ? bytes : 0.5) : 0;
}

/* Appends the hull of one block: a pass that is steeper than the segment before it becomes part of it. */
static lbc_j2k_segment *append_hull(lbc_j2k_segment *first, const lbc_j2k_coded *b, uint32_t block, double weight)
{
    lbc_j2k_segment *end = first;
    uint32_t bytes = 0;
    for (uint32_t p = 0; p < b->npasses; p++) {
        const double gain = b->passes[p].gain * weight;
        const uint32_t cost = b->passes[p].bytes - bytes;
        bytes = b->passes[p].bytes;
        *end = (lbc_j2k_segment){slope_of(gain, cost), gain, cost, block, p + 1};
        while (end > first && end->slope >= end[-1].slope) {
            end[-1].gain += end->gain;
            end[-1].bytes += end->bytes;
            end[-1].passes = end->passes;
            end--;
            end->slope = slope_of(end->gain, end->bytes);
        }
        end++;
    }
    return end;
}

/* What a segment is sorted by: the slope as bits, which for numbers from 0 up are in the same order. */
typedef struct sort_key {
    uint64_t slope;
    size_t segment;
} sort_key;

/* Steepest first, and as they were where slopes are equal: digit by digit. `other` is scratch; returns either. */
static sort_key *sort_keys(sort_key *keys, sort_key *other, size_t n)
{
    enum { digit = 11, values = 1 << digit };
    for (uint32_t shift = 0; shift < 64; shift += digit) {
        size_t ends[values] = {0};
        for (size_t i = 0; i < n; i++) ends[keys[i].slope >> shift & (values - 1)]++;
        for (uint32_t v = values - 1; v-- > 0;) ends[v] += ends[v + 1];
        for (size_t i = n; i-- > 0;) other[--ends[keys[i].slope >> shift & (values - 1)]] = keys[i];
        sort_key *swap = keys;
        keys = other;
        other = swap;
    }
    return keys;
}

static lbc_status sort(lbc_j2k_allocation *a, const lbc_j2k_segment *from, size_t n)
{
    if (!lbc_buffer_need(&a->keys, 2 * n * sizeof(sort_key))) return LBC_E_MEMORY;
    sort_key *keys = (sort_key *)(void *)a->keys.data;
    for (size_t i = 0; i < n; i++) {
        keys[i].segment = i;
        memcpy(&keys[i].slope, &from[i].slope, sizeof keys[i].slope);
    }
    keys = sort_keys(keys, keys + n, n);
    for (size_t i = 0; i < n; i++) a->segments[i] = from[keys[i].segment];
    return LBC_OK;
}

static lbc_status make_segments(lbc_j2k_allocation *a, const lbc_j2k_layout *layout, const lbc_j2k_coded *blocks,
                                const double *weights)
{
    size_t most = 0;
    a->nsegments = 0;
    for (uint32_t b = 0; b < layout->nblocks; b++) most += blocks[b].npasses;
    if (most == 0) return LBC_OK;
    if (!lbc_buffer_need(&a->unsorted, most * sizeof *a->segments) ||
        !lbc_buffer_need(&a->sorted, most * sizeof *a->segments))
        return LBC_E_MEMORY;
    lbc_j2k_segment *first = (lbc_j2k_segment *)(void *)a->unsorted.data, *end = first;
    for (uint32_t b = 0; b < layout->nblocks; b++)
        end = append_hull(end, &blocks[b], b, weights[layout->blocks[b].band]);
    a->nsegments = (size_t)(end - first);
    a->segments = (lbc_j2k_segment *)(void *)a->sorted.data;
    return sort(a, first, a->nsegments);
}

/* ---- layers ---------------------------------------------------------------------------------- */

/* One layer in the making: segments [from, ...) can still be taken; bytes before are spent. */
typedef struct layer {
    lbc_j2k_allocation *a;
    lbc_j2k_packet_writer *w;
    const lbc_j2k_layout *layout;
    const lbc_j2k_coded *blocks;
    const double *weights;
    uint32_t number;
    const uint32_t *before; /* passes after the layer before; NULL: none */
    uint32_t *chosen;
    size_t from, spent, budget;
} layer;

static void choose(const layer *l, size_t to)
{
    const size_t size = l->layout->nblocks * sizeof *l->chosen;
    if (l->before)
        memcpy(l->chosen, l->before, size);
    else
        memset(l->chosen, 0, size);
    for (size_t i = l->from; i < to; i++) l->chosen[l->a->segments[i].block] = l->a->segments[i].passes;
}

static size_t packets_size(const layer *l)
{
    lbc_j2k_packets_restore(l->w);
    return lbc_j2k_write_layer(l->w, l->layout, l->blocks, l->number, l->chosen, NULL, 0);
}

/* Bytes through this layer when it takes the segments before `to`. */
static size_t size_with(const layer *l, size_t to)
{
    choose(l, to);
    return l->spent + packets_size(l);
}

/* The most segments whose code bytes alone, without headers, are within `bytes`. */
static size_t most_within(const layer *l, size_t bytes)
{
    size_t i = l->from, sum = l->spent;
    while (i < l->a->nsegments && sum + l->a->segments[i].bytes <= bytes) sum += l->a->segments[i++].bytes;
    return i;
}

/* The most segments that fit, but for `slack` bytes. Their code bytes bound it from above; the bytes that those are too
 * many, taken off the budget, give a first guess, which is a little low. From there on sizes grow almost evenly, so
 * the next guess is where a straight line from `low`, which fits, to `high`, which does not, meets the budget; every
 * other one is in the middle, lest a bend hold the search up. */
static size_t most_that_fit(const layer *l, size_t slack)
{
    size_t low = l->from, high = most_within(l, l->budget), low_size = l->spent, high_size = size_with(l, high);
    if (high_size <= l->budget) return high;
    const size_t excess = high_size - l->budget;
    size_t guess = most_within(l, l->budget > excess ? l->budget - excess : 0);
    for (int turn = 0; high - low > 1 && l->budget - low_size > slack; turn++) {
        guess = guess <= low ? low + 1 : guess >= high ? high - 1 : guess;
        const size_t size = size_with(l, guess);
        if (size <= l->budget) {
            low = guess;
            low_size = size;
        } else {
            high = guess;
            high_size = size;
        }
        const double way = turn % 2 ? 0.5 : ((double)l->budget - (double)low_size) / (double)(high_size - low_size);
        guess = low + (size_t)(way * (double)(high - low));
    }
    return low;
}

/* The first segments that take away at least that much error, of those below `most`; no fewer than there are. */
static size_t enough_for(const layer *l, const lbc_j2k_target *target, size_t most)
{
    size_t i = 0;
    for (double sum = 0; i < most && sum < target->gain; i++) {
        const uint32_t band = l->layout->blocks[l->a->segments[i].block].band;
        sum += l->a->segments[i].gain * (target->norms[band] / l->weights[band]);
    }
    return i > l->from ? i : l->from;
}

/* What room is left goes to later segments that fit it, next in order first. A block that cannot have its
 * next segment gets none after it. */
static void fill_up(const layer *l, size_t to, size_t slack)
{
    enum { tries = 24 };
    size_t used = l->spent + packets_size(l);
    uint32_t refused[tries], nrefused = 0;
    for (size_t i = to; i < l->a->nsegments && nrefused < tries && used + slack < l->budget; i++) {
        const lbc_j2k_segment *s = &l->a->segments[i];
        bool blocked = s->slope <= 0;
        for (uint32_t r = 0; r < nrefused; r++) blocked |= refused[r] == s->block;
        if (blocked) continue;
        const uint32_t before = l->chosen[s->block];
        l->chosen[s->block] = s->passes;
        if (used + s->bytes <= l->budget) {
            const size_t size = l->spent + packets_size(l);
            if (size <= l->budget) {
                used = size;
                continue;
            }
        }
        l->chosen[s->block] = before;
        refused[nrefused++] = s->block;
    }
}

static lbc_status make_chosen(lbc_j2k_allocation *a, size_t n)
{
    if (n <= a->chosen_room) return LBC_OK;
    free(a->chosen);
    a->chosen_room = 0;
    a->chosen = lbc_alloc(n, sizeof *a->chosen);
    if (!a->chosen) return LBC_E_MEMORY;
    a->chosen_room = n;
    return LBC_OK;
}

lbc_status lbc_j2k_allocate(lbc_j2k_allocation *a, lbc_j2k_packet_writer *w, const lbc_j2k_layout *layout,
                            const lbc_j2k_coded *blocks, const double *weights, const lbc_j2k_target *target)
{
    lbc_status status = make_segments(a, layout, blocks, weights);
    if (!status) status = make_chosen(a, (size_t)target->layers * layout->nblocks);
    if (!status) status = lbc_j2k_packets_begin(w, layout, blocks);
    if (status) return status;
    layer l = {.a = a, .w = w, .layout = layout, .blocks = blocks, .weights = weights};
    for (l.number = 0; l.number < target->layers; l.number++) {
        const bool last = l.number + 1 == target->layers;
        l.chosen = a->chosen + (size_t)l.number * layout->nblocks;
        l.budget = target->budget[l.number];
        lbc_j2k_packets_save(w);
        /* Where a layer ends matters little, but for the last. */
        const size_t slack = l.budget / (last ? 1024 : 64);
        size_t to = most_that_fit(&l, slack);
        if (target->by_gain) to = enough_for(&l, target, to);
        choose(&l, to);
        if (last && !target->by_gain) fill_up(&l, to, slack);
        l.spent += packets_size(&l);
        l.from = to;
        l.before = l.chosen;
    }
    a->bytes = l.spent;
    a->threshold = l.from == a->nsegments ? 0 : l.from ? a->segments[l.from - 1].slope : a->segments[0].slope;
    return LBC_OK;
}

void lbc_j2k_allocation_clear(lbc_j2k_allocation *a)
{
    lbc_buffer_free(&a->unsorted);
    lbc_buffer_free(&a->sorted);
    lbc_buffer_free(&a->keys);
    free(a->chosen);
    memset(a, 0, sizeof *a);
}
