/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* house: template */
/* The transforms for one width of arithmetic. Wants
 *   VALUE         int32_t or int64_t
 *   NAME(x)       x with a suffix
 *   DIVIDE(n, s)  n / s->scale for n >= 0
 *   LOOPS         type of the table of inner loops */

/* size with the sign of h; size may be h, which makes it |h|. Without branches: signs here are noise. */
static inline VALUE NAME(with_sign)(VALUE size, VALUE h)
{
    const VALUE negative = -(VALUE)(h < 0);
    return (size ^ negative) - negative;
}

static inline VALUE NAME(quantise)(VALUE h, const lbc_hcomp_step *s)
{
    return NAME(with_sign)(DIVIDE((NAME(with_sign)(h, h) << s->level) + (VALUE)s->bias, s), h);
}

/* A quantised hx or hy, multiplied, rounded to a multiple of 2^(k+1) and freed from 2^k. */
static inline VALUE NAME(take_mixed)(VALUE q, const lbc_hcomp_step *s)
{
    const VALUE h = NAME(with_sign)(q, q) * (VALUE)s->scale + (VALUE)s->half_mixed;
    return NAME(with_sign)(h >> (s->level + 1) << 1, q);
}

/* The same for hc, to a multiple of 2^k. */
static inline VALUE NAME(take_diagonal)(VALUE q, const lbc_hcomp_step *s)
{
    return NAME(with_sign)((NAME(with_sign)(q, q) * (VALUE)s->scale + (VALUE)s->half_diagonal) >> s->level, q);
}

/* To an even number, odd ones away from zero. */
static inline VALUE NAME(to_even)(VALUE h)
{
    return (h + (h >= 0)) & ~(VALUE)1;
}

static inline VALUE NAME(nearer_zero)(VALUE h, VALUE by)
{
    return h - NAME(with_sign)(by, h);
}

static void NAME(forward2)(const VALUE *top, const VALUE *bottom, size_t pairs, VALUE *smooth, VALUE *hy, VALUE *hx,
                           VALUE *hc, const lbc_hcomp_step *step)
{
    for (size_t j = 0; j < pairs; j++) {
        VALUE a = top[2 * j], b = top[2 * j + 1], c = bottom[2 * j], d = bottom[2 * j + 1];
        smooth[j] = (a + b + c + d + 2) >> 2;
        hy[j] = NAME(quantise)(NAME(to_even)(b + d - a - c), step);
        hx[j] = NAME(quantise)(NAME(to_even)(c + d - a - b), step);
        hc[j] = NAME(quantise)(a + d - b - c, step);
    }
}

static void NAME(forward1)(const VALUE *row, size_t pairs, VALUE *smooth, VALUE *hy, const lbc_hcomp_step *step)
{
    for (size_t j = 0; j < pairs; j++) {
        VALUE a = row[2 * j], b = row[2 * j + 1];
        smooth[j] = (a + b + 1) >> 1;
        hy[j] = NAME(quantise)(2 * (b - a), step);
    }
}

/* The smooth value of a block was rounded; the lowest bits of the differences tell what was lost. With all four sums
 * right modulo 4, the pixels are quarters of their sums, without a remainder. */
static void NAME(inverse2)(const VALUE *smooth, const VALUE *hy, const VALUE *hx, const VALUE *hc, size_t pairs,
                           VALUE *top, VALUE *bottom, const lbc_hcomp_step *step)
{
    for (size_t j = 0; j < pairs; j++) {
        VALUE h0 = 4 * smooth[j], c = NAME(take_diagonal)(hc[j], step), odd = c & 1;
        VALUE x = NAME(nearer_zero)(NAME(take_mixed)(hx[j], step), odd);
        VALUE y = NAME(nearer_zero)(NAME(take_mixed)(hy[j], step), odd);
        VALUE two = (c ^ x ^ y) & 2;
        const VALUE up = -(VALUE)((h0 < 0) & (odd == 0)); /* all ones: two is added, else taken away */
        h0 += odd - ((two ^ up) - up);
        top[2 * j] = (h0 - x - y + c) >> 2;
        top[2 * j + 1] = (h0 - x + y - c) >> 2;
        bottom[2 * j] = (h0 + x - y - c) >> 2;
        bottom[2 * j + 1] = (h0 + x + y + c) >> 2;
    }
}

static void NAME(inverse1)(const VALUE *smooth, const VALUE *hy, size_t pairs, VALUE *row, const lbc_hcomp_step *step)
{
    for (size_t j = 0; j < pairs; j++) {
        VALUE y = NAME(take_mixed)(hy[j], step);
        VALUE h0 = NAME(nearer_zero)(4 * smooth[j], y & 2);
        row[2 * j] = (h0 - y) >> 2;
        row[2 * j + 1] = (h0 + y) >> 2;
    }
}

static void NAME(forward_level)(const LOOPS *loops, const lbc_hcomp_grid *g, const lbc_hcomp_step *step,
                                const VALUE *in, VALUE *smooth, VALUE *coef)
{
    const size_t rows = g->rows[step->level], cols = g->cols[step->level], stride = g->cols[0];
    const size_t pairs = cols / 2, half_cols = cols - pairs, half_rows = rows - rows / 2;
    for (size_t i = 0; i < rows / 2; i++) {
        const VALUE *top = in + 2 * i * cols, *bottom = top + cols;
        VALUE *out = smooth + i * half_cols, *upper = coef + i * stride, *lower = upper + half_rows * stride;
        loops->forward2(top, bottom, pairs, out, upper + half_cols, lower, lower + half_cols, step);
        if (half_cols > pairs) {
            VALUE a = top[cols - 1], c = bottom[cols - 1];
            out[pairs] = (a + c + 1) >> 1;
            lower[pairs] = NAME(quantise)(2 * (c - a), step);
        }
    }
    if (half_rows > rows / 2) {
        const VALUE *row = in + (rows - 1) * cols;
        VALUE *out = smooth + rows / 2 * half_cols;
        loops->forward1(row, pairs, out, coef + rows / 2 * stride + half_cols, step);
        if (half_cols > pairs) out[pairs] = row[cols - 1];
    }
}

static void NAME(inverse_level)(const LOOPS *loops, const lbc_hcomp_grid *g, const lbc_hcomp_step *step,
                                const VALUE *smooth, const VALUE *coef, VALUE *out)
{
    const size_t rows = g->rows[step->level], cols = g->cols[step->level], stride = g->cols[0];
    const size_t pairs = cols / 2, half_cols = cols - pairs, half_rows = rows - rows / 2;
    for (size_t i = 0; i < rows / 2; i++) {
        VALUE *top = out + 2 * i * cols, *bottom = top + cols;
        const VALUE *in = smooth + i * half_cols, *upper = coef + i * stride, *lower = upper + half_rows * stride;
        loops->inverse2(in, upper + half_cols, lower, lower + half_cols, pairs, top, bottom, step);
        if (half_cols > pairs) {
            VALUE x = NAME(take_mixed)(lower[pairs], step);
            VALUE h0 = NAME(nearer_zero)(4 * in[pairs], x & 2);
            top[cols - 1] = (h0 - x) >> 2;
            bottom[cols - 1] = (h0 + x) >> 2;
        }
    }
    if (half_rows > rows / 2) {
        const VALUE *in = smooth + rows / 2 * half_cols;
        VALUE *row = out + (rows - 1) * cols;
        loops->inverse1(in, coef + rows / 2 * stride + half_cols, pairs, row, step);
        if (half_cols > pairs) row[cols - 1] = in[pairs];
    }
}

/* Where the smooth values that enter level k >= 1 are kept: two places in turn. */
static VALUE *NAME(smooth_of)(const lbc_hcomp_grid *g, uint32_t level, VALUE *scratch)
{
    return level % 2 ? scratch : scratch + (size_t)g->rows[1] * g->cols[1];
}

static int64_t NAME(forward)(const LOOPS *loops, const lbc_hcomp_grid *g, int32_t scale, const VALUE *counts,
                             VALUE *coef, VALUE *scratch)
{
    const VALUE *in = counts;
    for (uint32_t k = 0; k < g->levels; k++) {
        lbc_hcomp_step step = step_at(k, scale);
        VALUE *smooth = NAME(smooth_of)(g, k + 1, scratch);
        NAME(forward_level)(loops, g, &step, in, smooth, coef);
        in = smooth;
    }
    coef[0] = 0;
    return quantise_last(in[0], g->levels, scale);
}

static void NAME(inverse)(const LOOPS *loops, const lbc_hcomp_grid *g, int32_t scale, const VALUE *coef, int64_t last,
                          VALUE *values, VALUE *scratch)
{
    *NAME(smooth_of)(g, g->levels, scratch) = (VALUE)take_last(last, g->levels, scale);
    for (uint32_t k = g->levels; k-- > 0;) {
        lbc_hcomp_step step = step_at(k, scale);
        const VALUE *smooth = NAME(smooth_of)(g, k + 1, scratch);
        VALUE *out = k > 0 ? NAME(smooth_of)(g, k, scratch) : values;
        NAME(inverse_level)(loops, g, &step, smooth, coef, out);
    }
}
