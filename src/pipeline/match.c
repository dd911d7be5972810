/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/match.h"

#include "frame/frame.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LARGEST_BIN 4096

/* ---- bin, sum, first image ------------------------------------------------------------------- */

static bool gives_shape(uint32_t bin, lbc_shape a, lbc_shape b)
{
    const lbc_shape binned = lbc_shape_binned(a, bin);
    return binned.ny == b.ny && binned.nx == b.nx;
}

/* A ratio of two lengths as a whole number; 0: it is none. */
static uint32_t whole_ratio(double b, double a, double largest)
{
    const double ratio = b / a, whole = floor(ratio + 0.5);
    return isfinite(ratio) && whole >= 1 && whole <= largest && fabs(ratio - whole) < 0.01 * whole ? (uint32_t)whole
                                                                                                   : 0;
}

/* 0: there is none. */
static uint32_t find_bin(const lbc_series *a, const lbc_series *b)
{
    const uint32_t told = whole_ratio(b->pixel_x, a->pixel_x, LARGEST_BIN);
    if (told && gives_shape(told, a->shape, b->shape)) return told;
    for (uint32_t bin = 1; bin <= LARGEST_BIN; bin++)
        if (gives_shape(bin, a->shape, b->shape)) return bin;
    return 0;
}

static uint32_t find_sum(const lbc_series *a, const lbc_series *b)
{
    const uint32_t told = whole_ratio(b->oscillation, a->oscillation, UINT32_MAX);
    if (told) return told;
    const uint64_t frames = a->frames / b->frames;
    return frames < 1 ? 1 : frames > UINT32_MAX ? UINT32_MAX : (uint32_t)frames;
}

/* The frame of A, from 0, that begins at the angle B does; 0 when angles do not tell. */
static uint64_t find_first(const lbc_series *a, const lbc_series *b)
{
    if (!a->angles || !b->angles || !(fabs(a->oscillation) > 0)) return 0;
    for (uint64_t f = 0; f < a->frames; f++)
        if (fabs(a->angles[f] - b->angles[0]) < 0.01 * fabs(a->oscillation)) return f;
    return 0;
}

/* ---- frames ---------------------------------------------------------------------------------- */

static lbc_status check_frames(lbc_match *m, const lbc_series *b, lbc_error *err)
{
    lbc_plan_make(&m->plan);
    if (m->plan.groups < b->frames) {
        m->plan.keep_partial = true;
        lbc_plan_make(&m->plan);
    }
    if (m->plan.groups < b->frames)
        return lbc_fail(err, LBC_E_ARGUMENT,
                        "A, summed by %" PRIu32 " from image %" PRIu64 " on, has %" PRIu64
                        " image%s, and B has %" PRIu64 " (say with -s and -1 how B was made)",
                        m->plan.sum, m->plan.first + 1, m->plan.groups, m->plan.groups == 1 ? "" : "s", b->frames);
    for (uint64_t k = b->frames; k < m->plan.groups; k++) {
        uint64_t first;
        uint32_t count;
        lbc_plan_group(&m->plan, k, &first, &count);
        m->missing += count;
    }
    m->uncovered = m->plan.dropped;
    return LBC_OK;
}

lbc_status lbc_match_make(lbc_match *m, const lbc_compare_options *o, const lbc_series *a, const lbc_series *b,
                          lbc_error *err)
{
    *m = (lbc_match){.bin = o->bin ? o->bin : find_bin(a, b)};
    if (b->frames == 0 || a->frames == 0) return lbc_fail(err, LBC_E_ARGUMENT, "there are no images to compare");
    if (!m->bin || m->bin > LARGEST_BIN || !gives_shape(m->bin, a->shape, b->shape))
        return lbc_fail(err, LBC_E_ARGUMENT,
                        "images of %" PRIu32 " x %" PRIu32 " pixels cannot be binned to %" PRIu32 " x %" PRIu32,
                        a->shape.nx, a->shape.ny, b->shape.nx, b->shape.ny);
    if (o->first_image > a->frames || o->last_image > a->frames || (o->last_image && o->last_image < o->first_image))
        return lbc_fail(err, LBC_E_ARGUMENT, "images %" PRIu64 " to %" PRIu64 " of A: it has %" PRIu64, o->first_image,
                        o->last_image, a->frames);
    m->plan = (lbc_plan){.first = o->first_image ? o->first_image - 1 : find_first(a, b),
                         .last = (o->last_image ? o->last_image : a->frames) - 1,
                         .per_trigger = a->nimages > 1 && a->ntrigger > 1 ? a->nimages : 0,
                         .sum = o->sum ? o->sum : find_sum(a, b),
                         .block = 1};
    if (m->plan.first > m->plan.last)
        return lbc_fail(err, LBC_E_ARGUMENT,
                        "B begins at the angle of image %" PRIu64 " of A, which is after -N %" PRIu64,
                        m->plan.first + 1, m->plan.last + 1);
    return check_frames(m, b, err);
}

/* ---- bounds ---------------------------------------------------------------------------------- */

static void say(lbc_comparison *c, const char *what, double value, const char *than, double bound)
{
    if (!*c->outside) snprintf(c->outside, sizeof c->outside, "%s is %.5g, %s %.5g", what, value, than, bound);
}

/* A bound that is given is not kept by what is not known. */
static void keep_below(lbc_comparison *c, const char *what, double value, double bound)
{
    if (isfinite(bound) && !(value <= bound)) say(c, what, value, "above", bound);
}

void lbc_match_judge(const lbc_match *m, const lbc_compare_options *o, lbc_comparison *c)
{
    const lbc_figures *f = &c->figures;
    const double counts = (double)f->pixels + (double)f->lost;
    const bool equal = f->pixels && f->largest == 0;
    if (!f->pixels) snprintf(c->outside, sizeof c->outside, "no pixel is a count in both");
    if (m->missing && !*c->outside)
        snprintf(c->outside, sizeof c->outside,
                 "it ends %" PRIu64 " image%s before the other (-N says where it should)", m->missing,
                 m->missing == 1 ? "" : "s");
    keep_below(c, "the part of counts that were lost", counts > 0 ? (double)f->lost / counts : NAN, o->max_lost);
    keep_below(c, "RMSE", f->rmse, o->max_rmse);
    if (equal) return;
    keep_below(c, "the shift of the mean", fabs(f->relative_shift), o->max_shift);
    if (isfinite(f->local_shift)) keep_below(c, "the error of the local mean", f->local_shift, o->max_shift);
    if (isfinite(o->min_correlation) && !(f->spot_correlation >= o->min_correlation))
        say(c, "the correlation of spots", f->spot_correlation, "below", o->min_correlation);
}
