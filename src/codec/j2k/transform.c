/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/j2k/transform.h"

#include "codec/j2k/rows.h"

#include <stdlib.h>
#include <string.h>

/* ---- lifting --------------------------------------------------------------------------------- */

/* Table F.4 */
static const double alpha = -1.586134342059924, beta = -0.052980118572961, gamma_ = 0.882911075530934,
                    delta = 0.443506852043971;

/* The last two steps of the 9/7 transform: low elements times 1 / K, high ones times K; backwards the other
 * way round. All decoders of note multiply high elements not by 1 / K but by half of a number from 1999
 * that differs in the fifth digit. So do we, for the same pixels, and the encoder divides by it. */
static const double scale_k = 1.230174104914001, twice_high_scale = 1.625732422;

enum { MOST_STEPS = 4 };

/* One direction of one transform. Elements are int32_t or float, and travel as words. */
typedef struct lifting {
    const lbc_j2k_rows *rows;
    bool reversible, inverse;
    bool leans;        /* details are put beyond the middle */
    bool fixed;        /* pixels come out in fixed point: */
    uint32_t fraction; /* of so many bits; */
    double offset;     /* 9/7: what stands for the level shift in the low band */
    uint32_t steps;
    uint32_t first; /* parity of the elements that the first step changes */
    float factors[MOST_STEPS];
} lifting;

static lifting make_lifting(bool reversible, bool inverse)
{
    lifting l = {.rows = lbc_j2k_rows_best(), .reversible = reversible, .inverse = inverse};
    const double forward[MOST_STEPS] = {alpha, beta, gamma_, delta};
    l.steps = reversible ? 2 : 4;
    l.first = inverse ? 0 : 1;
    for (int i = 0; i < MOST_STEPS; i++) l.factors[i] = (float)(inverse ? -forward[3 - i] : forward[i]);
    return l;
}

static void lift(const lifting *l, uint32_t step, void *dst, const void *a, const void *b, size_t n)
{
    if (l->reversible)
        l->rows->lift53[l->inverse][step](dst, a, b, n);
    else
        l->rows->lift97(dst, a, b, l->factors[step], n);
}

/* ---- down the columns ------------------------------------------------------------------------ */

/* An image whose rows arrive one after the other; row y lives at y mod `slots`. */
typedef struct columns {
    lbc_j2k_word *base;
    size_t stride;
    uint32_t slots;
    uint32_t w, h;
} columns;

static lbc_j2k_word *row_at(const columns *c, uint32_t y)
{
    return c->base + (size_t)(y % c->slots) * c->stride;
}

/* Row `last` has arrived, or stands for one beyond the end. Step k is now possible on the row k + 1 before
 * it. Beyond the edges the image is mirrored (F.3.7). When this returns, row `last - steps - 1` is
 * finished, and nothing needs it any more. */
static void columns_step(const lifting *l, const columns *c, uint32_t last)
{
    if (c->h == 1 || (last + 1) % 2 != l->first) return;
    void *r[MOST_STEPS + 2] = {NULL};
    if (last < c->h && last > l->steps) {
        for (uint32_t k = 0; k < l->steps + 2; k++) r[k] = row_at(c, last - k);
        if (l->reversible)
            l->rows->cascade53[l->inverse](r[0], r[1], r[2], r[3], c->w);
        else
            l->rows->cascade97(r[0], r[1], r[2], r[3], r[4], r[5], l->factors, c->w);
        return;
    }
    for (uint32_t k = 0; k < l->steps && k < last; k++) {
        const uint32_t y = last - 1 - k;
        if (y >= c->h) continue;
        const uint32_t above = y ? y - 1 : 1, below = y + 1 < c->h ? y + 1 : y - 1;
        lift(l, k, row_at(c, y), row_at(c, above), row_at(c, below), c->w);
    }
}

/* ---- along a row ----------------------------------------------------------------------------- */

/* even and odd: the halves of a row of w, with room for one element before and after each. */
static void row_steps(const lifting *l, lbc_j2k_word *even, lbc_j2k_word *odd, uint32_t w)
{
    const uint32_t nodd = w / 2, neven = w - nodd;
    if (w == 1) return;
    for (uint32_t k = 0; k < l->steps; k++) {
        if ((k + l->first) % 2) {
            if (neven == nodd) even[neven] = even[neven - 1];
            lift(l, k, odd, even, even + 1, nodd);
        } else {
            odd[-1] = odd[0];
            if (neven > nodd) odd[nodd] = odd[nodd - 1];
            lift(l, k, even, odd - 1, odd, neven);
        }
    }
}

/* ---- scratch --------------------------------------------------------------------------------- */

enum { RING = 8 }; /* rows at work at once: steps + 2, rounded up */

static size_t padded(uint32_t n)
{
    return ((size_t)n + 16) / 16 * 16;
} /* room for one more */

/* A level's scratch: a ring of full rows and two half rows, with elements to spare around them, and a row of
 * coefficients. */
typedef struct scratch {
    lbc_j2k_word *ring, *even, *odd;
    uint32_t *coefficients;
    size_t ring_stride;
} scratch;

static bool get_scratch(lbc_j2k_transform *t, uint32_t w, scratch *s)
{
    const size_t full = padded(w), half = padded(w / 2 + 1) + 16;
    if (!lbc_buffer_need(&t->rows, (RING * full + 2 * half + full) * sizeof(uint32_t))) return false;
    s->ring = (lbc_j2k_word *)(void *)t->rows.data;
    s->ring_stride = full;
    s->even = s->ring + RING * full + 16;
    s->odd = s->even + half;
    s->coefficients = (uint32_t *)(void *)(s->odd + half - 16);
    return true;
}

/* Low band between level `level` and the next, as an image of its own. */
static bool get_low(lbc_j2k_transform *t, const lbc_j2k_layout *layout, uint32_t level, columns *c)
{
    c->w = lbc_j2k_low_size(layout->shape.nx, level);
    c->h = lbc_j2k_low_size(layout->shape.ny, level);
    c->stride = padded(c->w);
    c->slots = c->h;
    lbc_buffer *b = &t->low[level % 2];
    if (!lbc_buffer_need(b, c->stride * c->h * sizeof(uint32_t))) return false;
    c->base = (lbc_j2k_word *)(void *)b->data;
    return true;
}

/* What all levels of a transform need. */
typedef struct job {
    lifting lifting;
    const lbc_j2k_layout *layout;
    const lbc_j2k_header *header;
    scratch scratch;
    const lbc_j2k_sink *sink;     /* forward */
    const lbc_j2k_source *source; /* inverse */
} job;

void lbc_j2k_transform_clear(lbc_j2k_transform *t)
{
    lbc_buffer_free(&t->low[0]);
    lbc_buffer_free(&t->low[1]);
    lbc_buffer_free(&t->rows);
}

/* ---- scales ---------------------------------------------------------------------------------- */

/* The lifting steps alone leave the scaling of F.4.8.2's last two steps undone, which quantisation makes up
 * for. A side of one element takes no steps, and no scaling. Returns what the lifted coefficients of a band
 * must be multiplied by. */
static double lifted_to_true(const lbc_j2k_layout *layout, const lbc_j2k_band *b)
{
    double scale = 1;
    for (uint32_t level = 0; level < b->level; level++) {
        const bool last = level + 1 == b->level;
        if (lbc_j2k_low_size(layout->shape.nx, level) > 1)
            scale *= last && (b->orientation & 1) ? 2 / twice_high_scale : 1 / scale_k;
        if (lbc_j2k_low_size(layout->shape.ny, level) > 1)
            scale *= last && (b->orientation & 2) ? 2 / twice_high_scale : 1 / scale_k;
    }
    return scale;
}

/* The band of a level, by orientation; the low one is there only at the last level. */
static const lbc_j2k_band *band_at(const lbc_j2k_layout *layout, uint32_t level, uint32_t orientation)
{
    return &layout->bands[orientation ? 3 * (layout->levels - level) + orientation : 0];
}

static int32_t level_shift(const lbc_j2k_header *h)
{
    return (int32_t)1 << (h->precision - 1);
}

/* ---- forward --------------------------------------------------------------------------------- */

/* What a decoder's low band must hold for it to make a constant 1 of it. In real numbers that is 1; but the
 * decoder's factors are rounded to single precision, and the level shift is so large that the difference would
 * show as a background that is too high. */
static double low_band_of_one(const lbc_j2k_layout *layout)
{
    const double a = (double)(float)alpha, b = (double)(float)beta, c = (double)(float)gamma_;
    const double even1 = (double)(float)scale_k, odd1 = -2 * c * even1;
    const double even2 = even1 - 2 * b * odd1, odd2 = odd1 - 2 * a * even2;
    const double gain = (even2 + odd2) / 2;
    double low = 1;
    for (uint32_t level = 0; level < layout->levels; level++) {
        if (lbc_j2k_low_size(layout->shape.nx, level) > 1) low /= gain;
        if (lbc_j2k_low_size(layout->shape.ny, level) > 1) low /= gain;
    }
    return low;
}

static void quantise(const job *j, const lbc_j2k_band *b, uint32_t y, const lbc_j2k_word *row)
{
    const lifting *l = &j->lifting;
    uint32_t *out = j->scratch.coefficients;
    const void *in = row;
    const double to_true = l->reversible ? 1 : lifted_to_true(j->layout, b);
    if (l->reversible)
        l->rows->quantise53(out, in, b->w);
    else if (b->orientation == LBC_J2K_LL)
        l->rows->quantise97_offset(out, in, to_true / b->step,
                                   level_shift(j->header) * low_band_of_one(j->layout) / to_true, b->w);
    else
        l->rows->quantise97(out, in, (float)(to_true / b->step), b->w);
    j->sink->row(j->sink->context, (uint32_t)(b - j->layout->bands), y, out);
}

static void load(const job *j, const int32_t *pixels, lbc_j2k_word *row)
{
    const lifting *l = &j->lifting;
    void *out = row;
    if (l->reversible)
        l->rows->load53(out, pixels, level_shift(j->header), j->layout->shape.nx);
    else
        l->rows->load97(out, pixels, j->layout->shape.nx);
}

/* One level: image `c`, whose rows come from `frame` where that is not NULL, into the three high bands of
 * `level` and into `low`, or the low band at the last level. */
static void forward_level(const job *j, uint32_t level, const columns *c, const int32_t *frame, const columns *low)
{
    const lifting *l = &j->lifting;
    const scratch *s = &j->scratch;
    const uint32_t delay = l->steps + 1;
    for (uint32_t last = 0; last < c->h + delay; last++) {
        if (frame && last < c->h) load(j, frame + (size_t)last * c->w, row_at(c, last));
        columns_step(l, c, last);
        if (last < delay) continue;
        const uint32_t y = last - delay, high_y = y & 1 ? LBC_J2K_LH : LBC_J2K_LL;
        lbc_j2k_word *even = !high_y && low ? row_at(low, y / 2) : s->even;
        l->rows->split(even, s->odd, row_at(c, y), c->w);
        row_steps(l, even, s->odd, c->w);
        if (high_y || !low) quantise(j, band_at(j->layout, level, high_y), y / 2, even);
        quantise(j, band_at(j->layout, level, high_y | LBC_J2K_HL), y / 2, s->odd);
    }
}

/* No levels: the image is its own low band. */
static void forward_none(const job *j, const int32_t *frame)
{
    for (uint32_t y = 0; y < j->layout->shape.ny; y++) {
        load(j, frame + (size_t)y * j->layout->shape.nx, j->scratch.ring);
        quantise(j, &j->layout->bands[0], y, j->scratch.ring);
    }
}

lbc_status lbc_j2k_forward(lbc_j2k_transform *t, const lbc_j2k_layout *layout, const lbc_j2k_header *header,
                           const int32_t *frame, const lbc_j2k_sink *sink)
{
    job j = {make_lifting(header->reversible, false), layout, header, .sink = sink};
    if (!get_scratch(t, layout->shape.nx, &j.scratch)) return LBC_E_MEMORY;
    if (layout->levels == 0) {
        forward_none(&j, frame);
        return LBC_OK;
    }
    columns c = {j.scratch.ring, j.scratch.ring_stride, RING, layout->shape.nx, layout->shape.ny}, low;
    for (uint32_t level = 1; level <= layout->levels; level++) {
        const bool more = level < layout->levels;
        if (more && !get_low(t, layout, level, &low)) return LBC_E_MEMORY;
        forward_level(&j, level, &c, level == 1 ? frame : NULL, more ? &low : NULL);
        c = low;
    }
    return LBC_OK;
}

/* ---- inverse --------------------------------------------------------------------------------- */

/* The scaling that comes before the lifting steps of a side of n elements: of low or high elements. The
 * factor of 2 in the latter stands for the gain of the band (Table E.1), which its step then leaves out. */
static float scale_before(uint32_t n, bool high)
{
    return n == 1 ? 1 : (float)(high ? twice_high_scale : scale_k);
}

static float step_without_gain(const lbc_j2k_band *b)
{
    const uint32_t twos = (b->orientation & 1u) + (b->orientation >> 1u);
    return (float)(b->step / (1u << twos));
}

/* Half a row of level `level`, scaled for the steps along it. */
static void restore(const job *j, const lbc_j2k_band *b, uint32_t y, float scale, lbc_j2k_word *row)
{
    const lifting *l = &j->lifting;
    uint32_t *halves = j->scratch.coefficients;
    j->source->row(j->source->context, (uint32_t)(b - j->layout->bands), y, halves);
    if (l->leans && b->orientation != LBC_J2K_LL) l->rows->lean(halves, b->w);
    if (l->reversible)
        l->rows->restore53((int32_t *)(void *)row, halves, b->w);
    else if (l->fixed && b->orientation == LBC_J2K_LL)
        l->rows->restore97_offset((float *)(void *)row, halves, 0.5 * b->step, l->offset, scale, b->w);
    else
        l->rows->restore97((float *)(void *)row, halves, 0.5F * step_without_gain(b), scale, b->w);
}

/* The steps along row y, whose halves are joined then, scaled for the steps down the columns. */
static void join(const lifting *l, const columns *c, uint32_t y, lbc_j2k_word *even, lbc_j2k_word *odd)
{
    void *row = row_at(c, y), *e = even, *o = odd;
    const uint32_t w = c->w;
    if (!l->reversible) {
        row_steps(l, even, odd, w);
        l->rows->merge97(row, e, o, scale_before(c->h, y & 1), w);
    } else if (w == 1) {
        *(lbc_j2k_word *)row = *even;
    } else {
        odd[-1] = odd[0];
        odd[w / 2] = w % 2 ? odd[w / 2 - 1] : odd[(int64_t)(w / 2) - 2];
        if (w % 2 == 0) even[w / 2] = even[w / 2 - 1];
        l->rows->join53(row, e, o, w);
    }
}

static void store(const job *j, const lbc_j2k_word *row, int32_t *pixels)
{
    const lifting *l = &j->lifting;
    const uint32_t n = j->layout->shape.nx;
    const int32_t most = (int32_t)(((uint32_t)1 << j->header->precision) - 1), shift = level_shift(j->header);
    const void *in = row;
    if (l->fixed && l->reversible)
        l->rows->store53_fixed(pixels, in, shift, l->fraction, n);
    else if (l->fixed)
        l->rows->store97_fixed(pixels, in, l->fraction, n);
    else if (l->reversible)
        l->rows->store53(pixels, in, shift, most, n);
    else
        l->rows->store97(pixels, in, shift, most, n);
}

/* One level: image `c` from the bands of `level` and from `low`, or the low band at the last level. Its
 * rows go to `frame` where that is not NULL. */
static void inverse_level(const job *j, uint32_t level, const columns *c, int32_t *frame, const columns *low)
{
    const lifting *l = &j->lifting;
    const scratch *s = &j->scratch;
    const uint32_t delay = l->steps + 1;
    const float low_scale = scale_before(c->w, false), high_scale = scale_before(c->w, true);
    for (uint32_t last = 0; last < c->h + delay; last++) {
        if (last < c->h) {
            const uint32_t high_y = last & 1 ? LBC_J2K_LH : LBC_J2K_LL;
            lbc_j2k_word *even = !high_y && low ? row_at(low, last / 2) : s->even;
            if (high_y || !low)
                restore(j, band_at(j->layout, level, high_y), last / 2, low_scale, even);
            else if (!l->reversible)
                l->rows->scale97((float *)(void *)even, low_scale, low->w);
            restore(j, band_at(j->layout, level, high_y | LBC_J2K_HL), last / 2, high_scale, s->odd);
            join(l, c, last, even, s->odd);
        }
        columns_step(l, c, last);
        if (frame && last >= delay) store(j, row_at(c, last - delay), frame + (size_t)(last - delay) * c->w);
    }
}

static void inverse_none(const job *j, int32_t *frame)
{
    for (uint32_t y = 0; y < j->layout->shape.ny; y++) {
        restore(j, &j->layout->bands[0], y, 1, j->scratch.ring);
        store(j, j->scratch.ring, frame + (size_t)y * j->layout->shape.nx);
    }
}

lbc_status lbc_j2k_inverse(lbc_j2k_transform *t, const lbc_j2k_layout *layout, const lbc_j2k_header *header,
                           const lbc_lossy_params *params, const lbc_j2k_source *source, int32_t *frame)
{
    job j = {make_lifting(header->reversible, true), layout, header, .source = source};
    const int fraction = lbc_j2k_fraction(params);
    j.lifting.leans = lbc_j2k_leans(params);
    j.lifting.fixed = fraction >= 0;
    j.lifting.fraction = (uint32_t)fraction;
    j.lifting.offset = level_shift(header) * low_band_of_one(layout);
    if (!get_scratch(t, layout->shape.nx, &j.scratch)) return LBC_E_MEMORY;
    if (layout->levels == 0) {
        inverse_none(&j, frame);
        return LBC_OK;
    }
    columns c, low;
    for (uint32_t level = layout->levels; level >= 1; level--) {
        if (level == 1)
            c = (columns){j.scratch.ring, j.scratch.ring_stride, RING, layout->shape.nx, layout->shape.ny};
        else if (!get_low(t, layout, level - 1, &c))
            return LBC_E_MEMORY;
        inverse_level(&j, level, &c, level == 1 ? frame : NULL, level < layout->levels ? &low : NULL);
        low = c;
    }
    return LBC_OK;
}
