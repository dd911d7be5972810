/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strong spots, found before and integrated before and after. */
#include "report/figures_parts.h"

#include <math.h>

#define PEAK_REACH 2  /* of the 5 x 5 pixels that are integrated */
#define GUARD      3  /* 7 x 7: no background within */
#define REACH      5  /* 11 x 11: background up to here */
#define FEWEST     36 /* background pixels, of 72, that do */

/* ---- sums ------------------------------------------------------------------------------------ */

static void add_spot(lbc_spot_sums *s, double before, double after)
{
    const lbc_spot_sums one = {1, before, after, 0, 0, 0, fabs(after - before)};
    lbc_spot_sums_merge(s, &one);
}

void lbc_spot_sums_merge(lbc_spot_sums *s, const lbc_spot_sums *o)
{
    if (o->n == 0) return;
    const double n = (double)s->n, m = (double)o->n, all = n + m;
    const double db = o->before - s->before, da = o->after - s->after;
    s->square_b += o->square_b + db * db * n * m / all;
    s->square_a += o->square_a + da * da * n * m / all;
    s->cross += o->cross + db * da * n * m / all;
    s->before += db * m / all;
    s->after += da * m / all;
    s->difference += o->difference;
    s->n += o->n;
}

double lbc_spot_correlation(const lbc_spot_sums *s)
{
    if (s->n < 3 || !(s->square_b > 0) || !(s->square_a > 0)) return NAN;
    return s->cross / sqrt(s->square_b) / sqrt(s->square_a);
}

double lbc_spot_scale(const lbc_spot_sums *s)
{
    return s->n && s->before > 0 ? s->after / s->before : NAN;
}

double lbc_spot_r(const lbc_spot_sums *s)
{
    return s->n && s->before > 0 ? s->difference / ((double)s->n * s->before) : NAN;
}

/* ---- which are kept -------------------------------------------------------------------------- */

void lbc_spot_sample_offer(lbc_spot_sample *sample, const lbc_spot *spot)
{
    if (sample->step == 0) sample->step = 1;
    if (sample->skip) {
        sample->skip--;
        return;
    }
    if (sample->count == LBC_SPOT_SAMPLE) { /* every second one goes, and will from now on */
        for (uint32_t i = 0; i < LBC_SPOT_SAMPLE / 2; i++) sample->spot[i] = sample->spot[2 * i];
        sample->count = LBC_SPOT_SAMPLE / 2;
        sample->step *= 2;
    }
    sample->spot[sample->count++] = *spot;
    sample->skip = sample->step - 1;
}

static void rank(lbc_spot strongest[LBC_STRONGEST], const lbc_spot *spot)
{
    int i = LBC_STRONGEST;
    for (; i > 0 && spot->before > strongest[i - 1].before; i--)
        if (i < LBC_STRONGEST) strongest[i] = strongest[i - 1];
    if (i < LBC_STRONGEST) strongest[i] = *spot;
}

/* ---- finding --------------------------------------------------------------------------------- */

typedef struct {
    uint32_t nx;
    const int32_t *before, *after;
} pair;

/* Whether the pixel at `at` is no smaller than its neighbours, the first of equal ones, and all of them are
 * counts in both frames. */
static bool is_peak(const pair *p, size_t at)
{
    const int32_t top = p->before[at];
    for (int dy = -PEAK_REACH; dy <= PEAK_REACH; dy++)
        for (int dx = -PEAK_REACH; dx <= PEAK_REACH; dx++) {
            const size_t i = at + (size_t)((ptrdiff_t)dy * p->nx + dx);
            const bool earlier = dy < 0 || (dy == 0 && dx < 0);
            if (p->before[i] < 0 || p->after[i] < 0) return false;
            if (p->before[i] > top || (earlier && p->before[i] == top)) return false;
        }
    return true;
}

/* Integrates the peak at `at`; false: too little background. */
static bool integrate(const pair *p, size_t at, double *before, double *after)
{
    double peak_b = 0, peak_a = 0, ground_b = 0, ground_a = 0;
    int ground = 0;
    for (int dy = -REACH; dy <= REACH; dy++)
        for (int dx = -REACH; dx <= REACH; dx++) {
            const size_t i = at + (size_t)((ptrdiff_t)dy * p->nx + dx);
            const int far = dx < 0 ? -dx : dx, off = dy < 0 ? -dy : dy;
            const int away = far > off ? far : off;
            if (p->before[i] < 0 || p->after[i] < 0) continue;
            if (away <= PEAK_REACH) {
                peak_b += p->before[i];
                peak_a += p->after[i];
            } else if (away > GUARD) {
                ground_b += p->before[i];
                ground_a += p->after[i];
                ground++;
            }
        }
    if (ground < FEWEST) return false;
    const double pixels = (2 * PEAK_REACH + 1) * (2 * PEAK_REACH + 1);
    *before = peak_b - pixels * ground_b / ground;
    *after = peak_a - pixels * ground_a / ground;
    return *before > 0;
}

static void take_peak(lbc_frame_measures *m, const pair *p, uint32_t y, uint32_t x)
{
    const size_t at = (size_t)y * p->nx + x;
    double before, after;
    if (!is_peak(p, at) || !integrate(p, at, &before, &after)) return;
    const lbc_spot spot = {x, y, (float)before, (float)after};
    add_spot(&m->sums.spots, before, after);
    lbc_spot_sample_offer(&m->sample, &spot);
    rank(m->strongest, &spot);
}

void lbc_find_spots(lbc_frame_measures *m, const lbc_cells *c, const int32_t *before, const int32_t *after)
{
    const uint32_t ny = c->frame.ny, nx = c->frame.nx;
    const pair p = {nx, before, after};
    if (ny <= 2 * REACH || nx <= 2 * REACH) return;
    for (uint32_t y = REACH; y < ny - REACH; y++) {
        const float *mean = c->mean + (size_t)(y / LBC_CELL) * c->nx;
        const int32_t *row = before + (size_t)y * nx;
        for (uint32_t cx = 0; cx < c->nx; cx++) {
            if (mean[cx] < 0) continue;
            const double strong = mean[cx] + 6 * sqrt((double)mean[cx]) + 4;
            const int32_t threshold = strong < INT32_MAX ? (int32_t)strong : INT32_MAX;
            const uint32_t from = cx * LBC_CELL < REACH ? REACH : cx * LBC_CELL;
            const uint32_t to = cx * LBC_CELL + LBC_CELL < nx - REACH ? cx * LBC_CELL + LBC_CELL : nx - REACH;
            for (uint32_t x = from; x < to; x++)
                if (row[x] > threshold) take_peak(m, &p, y, x);
        }
    }
}
