/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/j2k/block_encode.h"

#include "base/bytes.h"
#include "codec/j2k/rows.h"

#include <stdlib.h>
#include <string.h>

/* ---- loading --------------------------------------------------------------------------------- */

/* Marks the columns of a stripe that have a bit in plane `last` or above. */
static void find_rising(lbc_j2k_block_encoder *e, uint32_t s, uint32_t last)
{
    static const uint32_t zeros[LBC_J2K_BLOCK];
    const uint32_t *four[4];
    uint32_t any[LBC_J2K_BLOCK], planes = 0;
    for (uint32_t r = 0; r < 4; r++) {
        const uint32_t y = 4 * s + r;
        four[r] = y < e->cells.h ? e->rows + y * e->stride : zeros;
        if (y < e->cells.h && e->census->row_planes[y] > planes) planes = e->census->row_planes[y];
    }
    if (planes <= last) return;
    lbc_j2k_rows_best()->stripe(any, four, e->cells.w);
    for (uint32_t x = 0; x < e->cells.w; x++)
        if (any[x] >> last) e->rising[lbc_bits_of(any[x]) - 1][s] |= UINT64_C(1) << x;
}

void lbc_j2k_block_load(lbc_j2k_block_encoder *e, const lbc_j2k_census *census, const uint32_t *rows, size_t stride,
                        uint32_t w, uint32_t h, uint32_t last)
{
    lbc_j2k_cells_clear(&e->cells, w, h);
    memset(e->rising, 0, sizeof e->rising);
    memset(e->propagated, 0, sizeof e->propagated);
    e->rows = rows;
    e->stride = stride;
    e->census = census;
    for (uint32_t y = 0; y < h; y++) /* what will be looked at, all at once */
        for (uint32_t x = 0; census->row_planes[y] > last && x < w; x += 16) __builtin_prefetch(rows + y * stride + x);
    for (uint32_t s = 0; s < e->cells.stripes; s++) find_rising(e, s, last);
    e->planes = census->planes;
    e->boundary = (lbc_j2k_boundary){.plane = e->planes};
}

/* Coefficient `row3` / 3 of a column of a stripe. */
static inline uint32_t value_at(const lbc_j2k_block_encoder *e, uint32_t stripe, uint32_t column, uint32_t row3)
{
    return e->rows[(4 * stripe + row3 / 3) * e->stride + column];
}

/* ---- gain ------------------------------------------------------------------------------------ */

/* What a plane's passes take from the squared error, with the magnitude read as y = one * m / 2^plane, in
 * units of (2^plane / one)^2. The decoder puts a coefficient in the middle of what it knows of it.
 *   becoming significant, one <= y < 2 one: y^2 - (y - 3/2 one)^2               = 3 one (y - 3/4 one)
 *   refinement, with y mod 2 one: (y - one)^2 - (y - (1/2 one or 3/2 one))^2    = one (|y - one| - 1/4 one)
 * Both are linear, so it is enough to sum y, |y - one| and counts. In plane 0 of an exact coefficient
 * nothing is left afterwards: y^2 = one^2, and (y - one)^2 = one |y - one|, as that is 0 or one. */
enum { log2_one = 30, one = 1 << log2_one };

typedef struct gain {
    uint64_t raised_y, refined_y;
    uint32_t raised, refined;
} gain;

static inline uint64_t scaled(uint32_t magnitude, uint32_t plane)
{
    return (uint64_t)magnitude << (log2_one - plane);
}

static double gain_value(const gain *g, uint32_t plane, bool exact)
{
    const double unit = (double)((uint64_t)1 << plane) / one;
    double sum; /* over one */
    if (exact && plane == 0)
        sum = (double)one * g->raised + (double)g->refined_y;
    else
        sum = 3 * ((double)g->raised_y - 0.75 * one * g->raised) + ((double)g->refined_y - 0.25 * one * g->refined);
    return sum * one * unit * unit;
}

/* ---- passes ---------------------------------------------------------------------------------- */

/* What every pass needs, in one place for the compiler to keep in registers. */
typedef struct pass {
    lbc_j2k_block_encoder *e;
    const uint8_t *zero_contexts;
    uint32_t plane;
    uint8_t *symbol; /* the next to write */
    gain gain;
} pass;

static inline void put(pass *p, uint32_t context, uint32_t bit)
{
    *p->symbol++ = (uint8_t)(context | bit << 7);
}

/* Sign of a coefficient that becomes significant, and what follows from that. Returns its own bits. */
static inline uint64_t raise(pass *p, uint32_t stripe, uint32_t column, uint32_t row3, uint64_t cell, uint32_t value)
{
    const uint32_t context = lbc_cell_sign_context(cell, row3), negative = value >> 31;
    *p->symbol++ = (uint8_t)(context ^ negative << 7); /* bit 7 of the context is the prediction */
    p->gain.raised++;
    p->gain.raised_y += scaled(value & ~LBC_J2K_SIGN, p->plane);
    return lbc_j2k_cells_raise(&p->e->cells, stripe, column, row3, negative);
}

/* D.3.1: coefficients that are not significant but have a significant neighbour. */
static void propagate(pass *p)
{
    lbc_j2k_cells *cells = &p->e->cells;
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
                const uint32_t value = value_at(p->e, s, x, row3), bit = value >> p->plane & 1;
                put(p, p->zero_contexts[cell >> row3 & 0777], bit);
                cell |= UINT64_C(1) << (row3 + LBC_CELL_VISITED);
                if (!bit) continue;
                cell |= raise(p, s, x, row3, cell, value);
                p->e->propagated[4 * s + row3 / 3] |= UINT64_C(1) << x;
                /* The next coefficient down now has a significant neighbour. */
                todo |= (UINT64_C(8) << row3) & ~lbc_cell_significant(cell) & rows;
                raised = true;
            }
            cells->cell[s + 1][x + 1] = cell;
            if (raised) left |= (UINT64_C(2) << x) & cells->columns;
        }
    }
}

/* D.3.3: coefficients that were significant before this plane. */
static void refine(pass *p)
{
    lbc_j2k_cells *cells = &p->e->cells;
    for (uint32_t s = 0; s < cells->stripes; s++) {
        for (uint64_t left = cells->significant[s + 1]; left; left &= left - 1) {
            const uint32_t x = (uint32_t)__builtin_ctzll(left);
            uint64_t cell = cells->cell[s + 1][x + 1];
            uint64_t todo = lbc_cell_significant(cell) & ~(cell >> LBC_CELL_VISITED);
            for (; todo; todo &= todo - 1) {
                const uint32_t row3 = (uint32_t)__builtin_ctzll(todo);
                const uint32_t value = value_at(p->e, s, x, row3);
                put(p, lbc_cell_refine_context(cell, row3), value >> p->plane & 1);
                cell |= UINT64_C(1) << (row3 + LBC_CELL_REFINED);
                const int64_t y = (int64_t)(scaled(value & ~LBC_J2K_SIGN, p->plane) & (2 * (uint64_t)one - 1)) - one;
                p->gain.refined++;
                p->gain.refined_y += (uint64_t)(y < 0 ? -y : y);
            }
            cells->cell[s + 1][x + 1] = cell;
        }
    }
}

/* n columns whose four coefficients are insignificant in an insignificant neighbourhood, and stay so. */
static inline void put_zero_columns(pass *p, uint32_t n)
{
    if (n) *p->symbol++ = (uint8_t)(LBC_MQ_ZERO_RUN + n - 1);
}

/* D.3.4: all coefficients that the other two passes have left. */
static void clean_up(pass *p)
{
    lbc_j2k_cells *cells = &p->e->cells;
    for (uint32_t s = 0; s < cells->stripes; s++) {
        const uint64_t rows = lbc_j2k_stripe_rows(cells, s);
        const bool runs = rows == LBC_CELL_ROWS; /* run mode wants four rows */
        uint64_t left = runs ? cells->near[s + 1] | p->e->rising[p->plane][s] : cells->columns;
        uint32_t next = 0; /* column after the last one coded */
        while (left) {
            const uint32_t x = (uint32_t)__builtin_ctzll(left);
            left &= left - 1;
            put_zero_columns(p, x - next);
            next = x + 1;
            uint64_t cell = cells->cell[s + 1][x + 1];
            uint64_t todo = ~(lbc_cell_significant(cell) | cell >> LBC_CELL_VISITED) & rows;
            bool raised = false;
            if (runs && !(cell & LBC_CELL_ALL_NEAR)) {
                /* Not near, so it is here because a coefficient rises: say which comes first. */
                uint32_t r = 0;
                while (!(value_at(p->e, s, x, 3 * r) >> p->plane & 1)) r++;
                put(p, LBC_MQ_RUN, 1);
                put(p, LBC_MQ_UNIFORM, r >> 1);
                put(p, LBC_MQ_UNIFORM, r & 1);
                cell |= raise(p, s, x, 3 * r, cell, value_at(p->e, s, x, 3 * r));
                todo &= ~((UINT64_C(2) << 3 * r) - 1);
                raised = true;
            }
            for (; todo; todo &= todo - 1) {
                const uint32_t row3 = (uint32_t)__builtin_ctzll(todo);
                const uint32_t value = value_at(p->e, s, x, row3), bit = value >> p->plane & 1;
                put(p, p->zero_contexts[cell >> row3 & 0777], bit);
                if (!bit) continue;
                cell |= raise(p, s, x, row3, cell, value);
                raised = true;
            }
            cells->cell[s + 1][x + 1] = cell & ~(LBC_CELL_ROWS << LBC_CELL_VISITED);
            if (raised) left |= (UINT64_C(2) << x) & cells->columns;
        }
        put_zero_columns(p, cells->w - next);
    }
}

/* ---- the block ------------------------------------------------------------------------------- */

/* A pass codes at most a coefficient and a sign each, and a run and two bits of position a column; a
 * symbol moves at most 15 bits out. */
enum { most_pass_symbols = LBC_J2K_BLOCK * LBC_J2K_BLOCK * 2 + LBC_J2K_BLOCK * LBC_J2K_STRIPES * 3 };

/* Makes sure that one more pass and the end of the codeword find room after the `used` bytes there are. The
 * byte before the codeword is the coder's (C.2.8). */
static bool need_room(lbc_j2k_block_encoder *e, size_t used)
{
    const size_t wanted = 1 + used + 2 * most_pass_symbols + 8;
    if (wanted <= e->capacity) return true;
    uint8_t *grown = realloc(e->buffer, 2 * wanted);
    if (!grown) return false;
    e->buffer = grown;
    e->capacity = 2 * wanted;
    return true;
}

static lbc_j2k_boundary boundary_of(const lbc_mq_encoder *mq, uint32_t plane, uint32_t npasses)
{
    lbc_j2k_boundary b = {plane, npasses, lbc_mq_bytes(mq), mq->a, mq->c, mq->ct, *mq->at, {0}};
    memcpy(b.rows, mq->rows, sizeof b.rows);
    return b;
}

static void start_coder(lbc_mq_encoder *mq, const lbc_j2k_boundary *b, uint8_t *out)
{
    lbc_mq_encode_start(mq, out);
    if (b->npasses == 0) return;
    mq->a = b->a;
    mq->c = b->c;
    mq->ct = b->ct;
    mq->at = out + b->bytes - 1;
    *mq->at = b->last;
    memcpy(mq->rows, b->rows, sizeof b->rows);
}

/* What was significant, and what refined, when `plane` was complete. */
static void restore_cells(lbc_j2k_block_encoder *e, uint32_t plane)
{
    lbc_j2k_cells *cells = &e->cells;
    for (uint32_t s = 0; s < cells->stripes; s++) {
        uint64_t columns = 0;
        for (uint32_t p = plane; p < e->planes; p++) columns |= e->rising[p][s];
        for (; columns; columns &= columns - 1) {
            const uint32_t x = (uint32_t)__builtin_ctzll(columns);
            for (uint32_t r = 0; r < 4 && 4 * s + r < cells->h; r++) {
                const uint32_t value = value_at(e, s, x, 3 * r), reach = (value & ~LBC_J2K_SIGN) >> plane;
                if (reach == 0) continue;
                uint64_t bits = lbc_j2k_cells_raise(cells, s, x, 3 * r, value >> 31);
                if (reach > 1) bits |= UINT64_C(1) << (3 * r + LBC_CELL_REFINED);
                cells->cell[s + 1][x + 1] |= bits;
            }
        }
    }
}

lbc_status lbc_j2k_block_resume(lbc_j2k_block_encoder *e, const lbc_j2k_boundary *boundary, const lbc_j2k_pass *passes,
                                const uint8_t *codeword, const uint64_t *propagated)
{
    if (boundary->npasses == 0) return LBC_OK;
    if (!need_room(e, boundary->bytes)) return LBC_E_MEMORY;
    e->boundary = *boundary;
    memcpy(e->passes, passes, boundary->npasses * sizeof *passes);
    memcpy(e->buffer + 1, codeword, boundary->bytes);
    for (uint32_t y = 0; y < e->cells.h; y++) e->propagated[y] = propagated[y];
    restore_cells(e, boundary->plane);
    return LBC_OK;
}

/* Codes one pass and notes it. */
static lbc_status code_pass(pass *p, lbc_mq_encoder *mq, int kind, bool exact)
{
    static void (*const models[])(pass *) = {propagate, refine, clean_up};
    lbc_j2k_block_encoder *e = p->e;
    const uint32_t before = lbc_mq_bytes(mq);
    if (!need_room(e, before)) return LBC_E_MEMORY;
    mq->start = e->buffer + 1;
    mq->at = mq->start + before - 1;
    p->symbol = e->symbols;
    p->gain = (gain){0};
    models[kind](p);
    lbc_mq_encode(mq, e->symbols, (size_t)(p->symbol - e->symbols));
    e->passes[e->npasses++] =
        (lbc_j2k_pass){.gain = gain_value(&p->gain, p->plane, exact), .mark = lbc_mq_encode_mark(mq)};
    return LBC_OK;
}

/* What is to be expected of the passes of the plane. The propagation pass meets the coefficients that are near
 * now, and those that it makes near itself, which have no part in this. */
static lbc_j2k_outlook look_out(const pass *p, bool exact)
{
    const lbc_j2k_cells *cells = &p->e->cells;
    uint32_t near = 0, rising = 0;
    for (uint32_t s = 0; s < cells->stripes; s++) {
        const uint64_t rows = lbc_j2k_stripe_rows(cells, s);
        for (uint64_t left = cells->near[s + 1]; left; left &= left - 1) {
            const uint32_t x = (uint32_t)__builtin_ctzll(left);
            const uint64_t cell = cells->cell[s + 1][x + 1];
            for (uint64_t todo = lbc_cell_near(cell) & ~lbc_cell_significant(cell) & rows; todo; todo &= todo - 1) {
                near++;
                rising += value_at(p->e, s, x, (uint32_t)__builtin_ctzll(todo)) >> p->plane & 1;
            }
        }
    }
    return lbc_j2k_make_outlook(p->e->census, cells->w * cells->h, p->plane, near, rising, exact);
}

/* The most that is gained per byte by going on from a pass to it or a later one of the plane. */
static double best_slope(const lbc_j2k_outlook *o, int kind)
{
    double bytes = 0, gained = 0, best = 0;
    for (; kind < 3; kind++) {
        bytes += o->bytes[kind];
        gained += o->gain[kind];
        best = gained > best * bytes ? gained / bytes : best;
    }
    return best;
}

static lbc_status code_planes(pass *p, lbc_mq_encoder *mq, bool exact, const lbc_j2k_goal *goal)
{
    lbc_j2k_block_encoder *e = p->e;
    for (p->plane = e->boundary.plane; p->plane-- > goal->last;) {
        /* The first plane has nothing significant yet, so it has only the last pass. */
        const int first = p->plane + 1 == e->planes ? 2 : 0;
        const bool may_stop = p->plane <= goal->good && goal->stop > 0;
        if (may_stop) e->outlook = look_out(p, exact);
        for (int kind = first; kind < 3; kind++) {
            if (may_stop && (e->slope = best_slope(&e->outlook, kind)) < goal->stop) {
                e->stopped = true;
                return LBC_OK;
            }
            lbc_status status = code_pass(p, mq, kind, exact);
            if (status) return status;
        }
        e->boundary = boundary_of(mq, p->plane, e->npasses);
    }
    return LBC_OK;
}

lbc_status lbc_j2k_block_encode(lbc_j2k_block_encoder *e, lbc_j2k_orientation orientation, bool exact,
                                const lbc_j2k_goal *goal)
{
    pass p = {.e = e, .zero_contexts = lbc_j2k_zero_contexts[orientation]};
    lbc_mq_encoder mq;
    if (!need_room(e, e->boundary.bytes)) return LBC_E_MEMORY;
    start_coder(&mq, &e->boundary, e->buffer + 1);
    e->npasses = e->boundary.npasses;
    e->stopped = false;
    lbc_status status = code_planes(&p, &mq, exact, goal);
    if (status) return status;
    e->codeword = e->buffer + 1;
    e->size = lbc_mq_encode_finish(&mq);
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < e->npasses; i++) {
        const uint32_t needed = lbc_mq_bytes_needed(&e->passes[i].mark, e->codeword, e->size);
        if (needed > bytes) bytes = needed; /* bytes never shrink from pass to pass */
        e->passes[i].bytes = bytes;
    }
    return LBC_OK;
}

void lbc_j2k_block_encoder_clear(lbc_j2k_block_encoder *e)
{
    free(e->buffer);
    memset(e, 0, sizeof *e);
}
