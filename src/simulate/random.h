/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* random.h - numbered random numbers, and Poisson counts made of them.
 *
 * The generator is SplitMix64 (Steele, Lea & Flood 2014, OOPSLA) used as a counter: the n-th number of a key is a
 * function of key and n alone, so that frames can be drawn in any order by any number of threads. Keys are made by
 * mixing the seed with what the numbers are for.
 */
#ifndef LBC_SIMULATE_RANDOM_H
#define LBC_SIMULATE_RANDOM_H

#include "lbc.h"

static inline uint64_t lbc_mix64(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* Number n of a key. */
static inline uint64_t lbc_random(uint64_t key, uint64_t n)
{
    return lbc_mix64(key + (n + 1) * UINT64_C(0x9E3779B97F4A7C15));
}

/* A key for what is numbered n under another key; the finalizer's second pass keeps such streams apart. */
static inline uint64_t lbc_random_key(uint64_t key, uint64_t n)
{
    return lbc_mix64(lbc_random(key, n) ^ UINT64_C(0xD6E8FEB86659FD93));
}

/* In 0 <= u < 1, with 53 random bits. */
static inline double lbc_uniform(uint64_t bits)
{
    return (double)(bits >> 11) * 0x1p-53;
}

/* Two independent standard normal numbers from two random ones (Box & Muller 1958). */
void lbc_normal_pair(uint64_t bits1, uint64_t bits2, double normal[2]);

/* A stream of numbers under one key. */
typedef struct lbc_stream {
    uint64_t key, n;
} lbc_stream;

static inline uint64_t lbc_stream_next(lbc_stream *s)
{
    return lbc_random(s->key, s->n++);
}

/* ---- Poisson ------------------------------------------------------------------------------- */

/* One mean, drawn by Walker's alias method (1977) in constant time: the top bits choose a cell, the low 32 bits
 * choose between the cell's own value and its alias. */
typedef struct lbc_poisson_cell {
    uint32_t threshold;
    uint16_t value, alias;
} lbc_poisson_cell;

typedef struct lbc_poisson {
    double mean;
    unsigned shift;          /* 64 - log2(cells) */
    lbc_poisson_cell *cells; /* NULL: every count is 0 */
} lbc_poisson;

#define LBC_POISSON_MEAN_MAX 8192.0

/* mean in 0..LBC_POISSON_MEAN_MAX. */
lbc_status lbc_poisson_init(lbc_poisson *p, double mean);
void lbc_poisson_free(lbc_poisson *p);

static inline uint32_t lbc_poisson_draw(const lbc_poisson *p, uint64_t bits)
{
    if (!p->cells) return 0;
    const lbc_poisson_cell cell = p->cells[bits >> p->shift];
    return (uint32_t)bits < cell.threshold ? cell.value : cell.alias;
}

/* Any mean. A Poisson number is the sum of Poisson numbers whose means add up, so one table for each binary digit
 * of the mean above the point serves them all; the rest below 1 is drawn by inversion. */
#define LBC_POISSON_DIGITS 14 /* means 1, 2, 4 .. 8192 */
typedef struct lbc_poisson_any {
    lbc_poisson digit[LBC_POISSON_DIGITS];
} lbc_poisson_any;

lbc_status lbc_poisson_any_init(lbc_poisson_any *p);
void lbc_poisson_any_free(lbc_poisson_any *p);
/* mean >= 0; beyond 1e8 it counts as 1e8. */
uint32_t lbc_poisson_any_draw(const lbc_poisson_any *p, double mean, lbc_stream *stream);

#endif
