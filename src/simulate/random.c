/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simulate/random.h"

#include "base/memory.h"
#include "simulate/elementary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void lbc_normal_pair(uint64_t bits1, uint64_t bits2, double normal[2])
{
    const double radius = sqrt(-2.0 * lbc_log(1.0 - lbc_uniform(bits1)));
    double sine, cosine;
    lbc_sincos(2.0 * LBC_PI * lbc_uniform(bits2), &sine, &cosine);
    normal[0] = radius * cosine;
    normal[1] = radius * sine;
}

/* weights[k] = P(k) for k = 0..n-1, from the mode outward by the recurrence P(k) = P(k-1) mean / k, so that no
 * factorial is needed and nothing underflows where it matters; then made to sum to 1. */
static void poisson_weights(double *weights, size_t n, double mean)
{
    const size_t mode = (size_t)mean < n ? (size_t)mean : n - 1;
    weights[mode] = 1.0;
    double sum = 1.0;
    for (size_t k = mode; k-- > 0;) sum += weights[k] = weights[k + 1] * ((double)(k + 1) / mean);
    for (size_t k = mode + 1; k < n; k++) sum += weights[k] = weights[k - 1] * (mean / (double)k);
    for (size_t k = 0; k < n; k++) weights[k] /= sum;
}

/* Vose's way (1991) to fill the alias cells from weights; stack is scratch for n indices. */
static void alias_cells(lbc_poisson_cell *cells, double *weights, uint32_t *stack, uint32_t n)
{
    uint32_t small = 0, large = n; /* cells short of 1/n from the bottom of the stack, the others from its top */
    for (uint32_t k = 0; k < n; k++) {
        cells[k] = (lbc_poisson_cell){UINT32_MAX, (uint16_t)k, (uint16_t)k};
        weights[k] *= n;
        stack[weights[k] < 1.0 ? small++ : --large] = k;
    }
    while (small > 0 && large < n) {
        const uint32_t poor = stack[--small], rich = stack[large];
        cells[poor].threshold = (uint32_t)(weights[poor] * 4294967295.0);
        cells[poor].alias = (uint16_t)rich;
        weights[rich] -= 1.0 - weights[poor];
        if (weights[rich] < 1.0) {
            large++;
            stack[small++] = rich;
        }
    }
}

lbc_status lbc_poisson_init(lbc_poisson *p, double mean)
{
    *p = (lbc_poisson){.mean = mean, .shift = 63};
    if (!(mean > 0.0)) return LBC_OK;
    const double reach = mean + 9.0 * sqrt(mean) + 20.0; /* beyond it lies less than 1e-15 */
    uint32_t n = 2;
    for (; n < reach; n *= 2) p->shift--;
    p->cells = lbc_alloc_aligned(n, sizeof *p->cells);
    double *weights = lbc_alloc(n, sizeof *weights);
    uint32_t *stack = lbc_alloc(n, sizeof *stack);
    const lbc_status status = p->cells && weights && stack ? LBC_OK : LBC_E_MEMORY;
    if (status == LBC_OK) {
        poisson_weights(weights, n, mean);
        alias_cells(p->cells, weights, stack, n);
    }
    free(weights);
    free(stack);
    if (status != LBC_OK) lbc_poisson_free(p);
    return status;
}

void lbc_poisson_free(lbc_poisson *p)
{
    free(p->cells);
    p->cells = NULL;
}

lbc_status lbc_poisson_any_init(lbc_poisson_any *p)
{
    memset(p, 0, sizeof *p);
    for (unsigned k = 0; k < LBC_POISSON_DIGITS; k++) {
        const lbc_status status = lbc_poisson_init(&p->digit[k], (double)(1u << k));
        if (status != LBC_OK) {
            lbc_poisson_any_free(p);
            return status;
        }
    }
    return LBC_OK;
}

void lbc_poisson_any_free(lbc_poisson_any *p)
{
    for (unsigned k = 0; k < LBC_POISSON_DIGITS; k++) lbc_poisson_free(&p->digit[k]);
}

/* mean < 1, by inversion; most calls are for a mean far below 1 and need no exponential. */
static uint32_t draw_below_one(double mean, double u)
{
    if (u < 1.0 - mean) return 0; /* exp(-mean) is at least this */
    double p = lbc_exp(-mean), sum = p;
    uint32_t k = 0;
    while (u >= sum && k < 40) sum += p *= mean / ++k;
    return k;
}

uint32_t lbc_poisson_any_draw(const lbc_poisson_any *p, double mean, lbc_stream *stream)
{
    if (mean > 1e8) mean = 1e8;
    const uint32_t whole = (uint32_t)mean;
    uint32_t count = draw_below_one(mean - whole, lbc_uniform(lbc_stream_next(stream)));
    for (uint32_t n = whole >> (LBC_POISSON_DIGITS - 1); n > 0; n--)
        count += lbc_poisson_draw(&p->digit[LBC_POISSON_DIGITS - 1], lbc_stream_next(stream));
    for (unsigned k = 0; k < LBC_POISSON_DIGITS - 1; k++)
        if (whole >> k & 1) count += lbc_poisson_draw(&p->digit[k], lbc_stream_next(stream));
    return count;
}
