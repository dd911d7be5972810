/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/j2k/block_decode.h"

#include "codec/j2k/mq_decode.h"

#include <string.h>

/* What every pass needs. The decoder's registers are in here by value: a pass works on a copy of its
 * own, which the compiler can keep in registers. */
typedef struct pass {
    lbc_j2k_cells *cells;
    uint32_t *halves;
    size_t stride;
    const uint8_t *zero_contexts;
    uint32_t plane;
} pass;

/* A coefficient becomes significant in a plane: its magnitude is in [2^plane, 2^(plane + 1)), so in its
 * middle 1.5 * 2^plane, or 3 * 2^plane halves. */
static inline uint64_t raise(const pass *p, lbc_mq_decoder *mq, uint32_t stripe, uint32_t column, uint32_t row3,
                             uint64_t cell)
{
    const uint32_t context = lbc_cell_sign_context(cell, row3);
    const uint32_t negative = lbc_mq_decode(mq, context & 0x7f) ^ context >> 7;
    p->halves[(4 * stripe + row3 / 3) * p->stride + column] = negative << 31 | 3u << p->plane;
    return lbc_j2k_cells_raise(p->cells, stripe, column, row3, negative);
}

/* D.3.1 */
static void propagate(const pass *p, lbc_mq_decoder *decoder)
{
    lbc_mq_decoder mq = *decoder;
    lbc_j2k_cells *cells = p->cells;
    for (uint32_t s = 0; s < cells->stripes; s++) {
        const uint64_t rows = lbc_j2k_stripe_rows(cells, s);
        for (uint64_t left = cells->near[s + 1]; left;) {
            const uint32_t x = (uint32_t)__builtin_ctzll(left);
            left &= left - 1;
            uint64_t cell = cells->cell[s + 1][x + 1];
            uint64_t todo = lbc_cell_near(cell) & ~lbc_cell_significant(cell) & rows;
            bool raised = false;
            while (todo) {
                const uint32_t row3 = (uint32_t)__builtin_ctzll(todo);
                todo &= todo - 1;
                cell |= UINT64_C(1) << (row3 + LBC_CELL_VISITED);
                if (!lbc_mq_decode(&mq, p->zero_contexts[cell >> row3 & 0777])) continue;
                cell |= raise(p, &mq, s, x, row3, cell);
                todo |= (UINT64_C(8) << row3) & ~lbc_cell_significant(cell) & rows;
                raised = true;
            }
            cells->cell[s + 1][x + 1] = cell;
            if (raised) left |= (UINT64_C(2) << x) & cells->columns;
        }
    }
    *decoder = mq;
}

/* D.3.3: the half that the magnitude had as the middle of its interval is known now, and becomes a half
 * of the next plane. */
static void refine(const pass *p, lbc_mq_decoder *decoder)
{
    lbc_mq_decoder mq = *decoder;
    lbc_j2k_cells *cells = p->cells;
    const uint32_t half = 1u << p->plane;
    for (uint32_t s = 0; s < cells->stripes; s++) {
        for (uint64_t left = cells->significant[s + 1]; left; left &= left - 1) {
            const uint32_t x = (uint32_t)__builtin_ctzll(left);
            uint64_t cell = cells->cell[s + 1][x + 1];
            uint64_t todo = lbc_cell_significant(cell) & ~(cell >> LBC_CELL_VISITED);
            for (; todo; todo &= todo - 1) {
                const uint32_t row3 = (uint32_t)__builtin_ctzll(todo);
                const uint32_t bit = lbc_mq_decode(&mq, lbc_cell_refine_context(cell, row3));
                p->halves[(4 * s + row3 / 3) * p->stride + x] += bit ? half : 0u - half;
                cell |= UINT64_C(1) << (row3 + LBC_CELL_REFINED);
            }
            cells->cell[s + 1][x + 1] = cell;
        }
    }
    *decoder = mq;
}

/* D.3.4 */
static void clean_up(const pass *p, lbc_mq_decoder *decoder)
{
    lbc_mq_decoder mq = *decoder;
    lbc_j2k_cells *cells = p->cells;
    for (uint32_t s = 0; s < cells->stripes; s++) {
        const uint64_t rows = lbc_j2k_stripe_rows(cells, s);
        const bool runs = rows == LBC_CELL_ROWS;
        uint64_t left = runs ? cells->near[s + 1] : cells->columns; /* to be coded one by one */
        uint32_t x = 0;
        while (x < cells->w) {
            const uint32_t stop = left >> x ? x + (uint32_t)__builtin_ctzll(left >> x) : cells->w;
            x += lbc_mq_decode_zeros(&mq, stop - x);
            if (x == cells->w) break;
            uint64_t cell = cells->cell[s + 1][x + 1];
            uint64_t todo = ~(lbc_cell_significant(cell) | cell >> LBC_CELL_VISITED) & rows;
            bool raised = false;
            if (x < stop) { /* a run was broken here */
                uint32_t r = lbc_mq_decode(&mq, LBC_MQ_UNIFORM) << 1;
                r |= lbc_mq_decode(&mq, LBC_MQ_UNIFORM);
                cell |= raise(p, &mq, s, x, 3 * r, cell);
                todo &= ~((UINT64_C(2) << 3 * r) - 1);
                raised = true;
            }
            for (; todo; todo &= todo - 1) {
                const uint32_t row3 = (uint32_t)__builtin_ctzll(todo);
                if (!lbc_mq_decode(&mq, p->zero_contexts[cell >> row3 & 0777])) continue;
                cell |= raise(p, &mq, s, x, row3, cell);
                raised = true;
            }
            cells->cell[s + 1][x + 1] = cell & ~(LBC_CELL_ROWS << LBC_CELL_VISITED);
            if (raised) left |= (UINT64_C(2) << x) & cells->columns;
            if (++x == LBC_J2K_BLOCK) break; /* a shift by 64 is none */
        }
    }
    *decoder = mq;
}

void lbc_j2k_block_decode(lbc_j2k_block_decoder *d, lbc_j2k_orientation orientation, uint32_t w, uint32_t h,
                          uint32_t planes, uint32_t npasses, const uint8_t *data, uint32_t *halves, size_t stride)
{
    static void (*const passes[])(const pass *, lbc_mq_decoder *) = {propagate, refine, clean_up};
    pass p = {
        .cells = &d->cells, .halves = halves, .stride = stride, .zero_contexts = lbc_j2k_zero_contexts[orientation]};
    lbc_mq_decoder mq;
    lbc_j2k_cells_clear(&d->cells, w, h);
    for (uint32_t y = 0; y < h; y++) memset(halves + y * stride, 0, w * sizeof *halves);
    lbc_mq_decode_start(&mq, data);
    for (uint32_t i = 0; i < npasses; i++) {
        /* The highest plane has only a cleanup pass. */
        p.plane = planes - 1 - (i + 2) / 3;
        passes[(i + 2) % 3](&p, &mq);
    }
}
