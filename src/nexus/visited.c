/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/visited.h"

#include "base/memory.h"

#include <stdlib.h>

static size_t hash(const lbc_visit *key)
{
    /* Fibonacci hashing; what was done to an object is looked at only when comparing. */
    const uint64_t mixed = (uint64_t)key->address ^ (uint64_t)(uintptr_t)key->file << 20;
    return (size_t)((mixed * UINT64_C(0x9e3779b97f4a7c15)) >> 20);
}

static bool same(const lbc_visit *a, const lbc_visit *b)
{
    return a->file == b->file && a->address == b->address && a->group == b->group && a->rule.action == b->rule.action &&
           a->rule.scale == b->rule.scale && a->rule.sample == b->rule.sample && a->rule.value == b->rule.value &&
           a->rule.wide == b->rule.wide;
}

/* The slot of key, or the free one where it belongs. capacity is a power of two and never full. */
static lbc_visit *find_slot(const lbc_visited *v, const lbc_visit *key)
{
    size_t i = hash(key) & (v->capacity - 1);
    while (v->slots[i].path && !same(&v->slots[i], key)) i = (i + 1) & (v->capacity - 1);
    return &v->slots[i];
}

const char *lbc_visited_find(const lbc_visited *v, const lbc_visit *key)
{
    return v->capacity ? find_slot(v, key)->path : NULL;
}

static bool grow(lbc_visited *v)
{
    lbc_visited wider = {NULL, v->capacity ? 2 * v->capacity : 256, v->count};
    wider.slots = lbc_alloc_zero(wider.capacity, sizeof *wider.slots);
    if (!wider.slots) return false;
    for (size_t i = 0; i < v->capacity; i++)
        if (v->slots[i].path) *find_slot(&wider, &v->slots[i]) = v->slots[i];
    free(v->slots);
    *v = wider;
    return true;
}

lbc_status lbc_visited_add(lbc_visited *v, const lbc_visit *key, const char *path)
{
    if (2 * (v->count + 1) > v->capacity && !grow(v)) return LBC_E_MEMORY;
    lbc_visit *slot = find_slot(v, key);
    if (slot->path) return LBC_OK;
    *slot = *key;
    slot->path = lbc_strdup(path);
    if (!slot->path) return LBC_E_MEMORY;
    v->count++;
    return LBC_OK;
}

void lbc_visited_free(lbc_visited *v)
{
    for (size_t i = 0; i < v->capacity; i++) free(v->slots[i].path);
    free(v->slots);
    *v = (lbc_visited){NULL, 0, 0};
}
