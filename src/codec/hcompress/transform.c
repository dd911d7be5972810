/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/hcompress/transform.h"

void lbc_hcomp_grid_init(lbc_hcomp_grid *g, uint32_t rows, uint32_t cols)
{
    g->levels = 0;
    g->rows[0] = rows;
    g->cols[0] = cols;
    while (rows > 1 || cols > 1) {
        rows = rows - rows / 2;
        cols = cols - cols / 2;
        g->levels++;
        g->rows[g->levels] = rows;
        g->cols[g->levels] = cols;
    }
}

size_t lbc_hcomp_grid_scratch(const lbc_hcomp_grid *g)
{
    size_t values = 2;
    for (uint32_t k = 1; k <= 2 && k <= g->levels; k++) values += (size_t)g->rows[k] * g->cols[k];
    return values;
}

/* A difference of level k is at most 2^(k+1) (largest + 1) before division, and the sum of the four on the way back at
 * most 4 (largest + 1) and what quantisation adds: under 4 scale in all, as its part halves with each level. */
bool lbc_hcomp_fits32(const lbc_hcomp_grid *g, int64_t largest, int32_t scale)
{
    const int64_t factor = g->levels < 3 ? 16 : (int64_t)2 << g->levels;
    return largest < INT32_MAX && (largest + 1) * factor + (int64_t)scale * 8 < INT32_MAX;
}

static lbc_hcomp_step step_at(uint32_t level, int32_t scale)
{
    const uint32_t s = (uint32_t)scale, bits = s > 1 ? 32 - (uint32_t)__builtin_clz(s - 1) : 0;
    return (lbc_hcomp_step){
        .level = level,
        .scale = s,
        .bias = (s + 1) / 2 - 1,
        /* Granlund & Montgomery (1994): with 2^bits >= scale, 2^(31+bits) / scale rounded up errs by less than one
         * part in 2^31, so the quotient of n < 2^31 is exact. */
        .reciprocal = (uint32_t)((UINT64_C(1) << (31 + bits)) / s + 1),
        .shift = 31 + bits,
        .half_mixed = UINT32_C(1) << level,
        .half_diagonal = level > 0 ? UINT32_C(1) << (level - 1) : 0,
    };
}

/* The last smooth value carries 2^(levels + 1). */
static int64_t quantise_last(int64_t smooth, uint32_t levels, int32_t scale)
{
    return (smooth * ((int64_t)2 << levels) + (scale + INT64_C(1)) / 2 - 1) / scale;
}

static int64_t take_last(int64_t last, uint32_t levels, int32_t scale)
{
    int64_t size = (last < 0 ? -last : last) * scale;
    size = (size + ((int64_t)1 << levels)) >> (levels + 1);
    return last < 0 ? -size : size;
}

#define VALUE        int32_t
#define NAME(x)      x##_32
#define DIVIDE(n, s) (int32_t)((uint64_t)(uint32_t)(n) * (s)->reciprocal >> (s)->shift)
#define LOOPS        lbc_hcomp_loops
#include "codec/hcompress/transform_template.h"
#undef VALUE
#undef NAME
#undef DIVIDE
#undef LOOPS

typedef struct wide_loops {
    void (*forward2)(const int64_t *top, const int64_t *bottom, size_t pairs, int64_t *smooth, int64_t *hy, int64_t *hx,
                     int64_t *hc, const lbc_hcomp_step *step);
    void (*forward1)(const int64_t *row, size_t pairs, int64_t *smooth, int64_t *hy, const lbc_hcomp_step *step);
    void (*inverse2)(const int64_t *smooth, const int64_t *hy, const int64_t *hx, const int64_t *hc, size_t pairs,
                     int64_t *top, int64_t *bottom, const lbc_hcomp_step *step);
    void (*inverse1)(const int64_t *smooth, const int64_t *hy, size_t pairs, int64_t *row, const lbc_hcomp_step *step);
} wide_loops;

#define VALUE        int64_t
#define NAME(x)      x##_64
#define DIVIDE(n, s) ((n) / (int64_t)(s)->scale)
#define LOOPS        wide_loops
#include "codec/hcompress/transform_template.h"

const lbc_hcomp_loops lbc_hcomp_loops_c = {forward2_32, forward1_32, inverse2_32, inverse1_32};
static const wide_loops loops_64 = {forward2_64, forward1_64, inverse2_64, inverse1_64};

int64_t lbc_hcomp_forward32(const lbc_hcomp_loops *loops, const lbc_hcomp_grid *g, int32_t scale, const int32_t *counts,
                            int32_t *coef, int32_t *scratch)
{
    return forward_32(loops, g, scale, counts, coef, scratch);
}

int64_t lbc_hcomp_forward64(const lbc_hcomp_grid *g, int32_t scale, const int64_t *counts, int64_t *coef,
                            int64_t *scratch)
{
    return forward_64(&loops_64, g, scale, counts, coef, scratch);
}

void lbc_hcomp_inverse32(const lbc_hcomp_loops *loops, const lbc_hcomp_grid *g, int32_t scale, const int32_t *coef,
                         int64_t last, int32_t *values, int32_t *scratch)
{
    inverse_32(loops, g, scale, coef, last, values, scratch);
}

void lbc_hcomp_inverse64(const lbc_hcomp_grid *g, int32_t scale, const int64_t *coef, int64_t last, int64_t *values,
                         int64_t *scratch)
{
    inverse_64(&loops_64, g, scale, coef, last, values, scratch);
}
