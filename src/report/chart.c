/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/chart.h"

#include <math.h>
#include <stdio.h>

/* The drawing, in units of the view box. */
enum { WIDTH = 560, LEFT = 62, RIGHT = 14, TOP = 10, BOTTOM = 42, MOST_TICKS = 24 };

/* ---- scales ---------------------------------------------------------------------------------- */

static double unroll(const lbc_scale *s, double value)
{
    if (s->kind == LBC_SCALE_LOG) return log10(value > s->from ? value : s->from);
    if (s->kind == LBC_SCALE_COUNTS) return log10(1 + value);
    return value;
}

/* Where value is on the scale: 0 at its beginning, 1 at its end. */
static double part_of(const lbc_scale *s, double value)
{
    const double from = unroll(s, s->from), to = unroll(s, s->to);
    const double part = (unroll(s, value) - from) / (to - from);
    return part < -0.02 ? -0.02 : part > 1.02 ? 1.02 : part;
}

/* 1, 2 or 5 times a power of ten: about a fifth of a range. */
static double round_step(double range)
{
    const double rough = range / 5, power = pow(10, floor(log10(rough))), digit = rough / power;
    return power * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10);
}

static void round_ends(lbc_scale *s)
{
    if (s->kind == LBC_SCALE_LOG) {
        s->from = pow(10, floor(log10(s->from) + 1e-9));
        s->to = pow(10, ceil(log10(s->to) - 1e-9));
        if (!(s->to > s->from)) s->to = 10 * s->from;
    } else if (s->kind == LBC_SCALE_LINEAR || s->kind == LBC_SCALE_NUMBERS) {
        if (!(s->to > s->from)) {
            const double about = fabs(s->from) > 0 ? 0.5 * fabs(s->from) : 1;
            s->from -= about;
            s->to += about;
        }
        const double step = round_step(s->to - s->from);
        s->from = floor(s->from / step + 1e-9) * step;
        s->to = ceil(s->to / step - 1e-9) * step;
    }
}

lbc_scale lbc_scale_over(lbc_scale_kind kind, const char *label, const double *value, size_t n)
{
    lbc_scale s = {kind, INFINITY, -INFINITY, label};
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(value[i]) || (kind == LBC_SCALE_LOG && value[i] <= 0)) continue;
        s.from = fmin(s.from, value[i]);
        s.to = fmax(s.to, value[i]);
    }
    if (!(s.to >= s.from)) {
        s.from = kind == LBC_SCALE_LOG ? 1 : 0;
        s.to = kind == LBC_SCALE_LOG ? 10 : 1;
    }
    if (kind == LBC_SCALE_COUNTS) {
        s.from = 0;
        s.to = fmax(s.to, 1);
    }
    round_ends(&s);
    return s;
}

void lbc_scale_reach(lbc_scale *s, double value)
{
    s->from = fmin(s->from, value);
    s->to = fmax(s->to, value);
    round_ends(s);
}

/* ---- ticks ----------------------------------------------------------------------------------- */

typedef struct {
    double at;
    char label[16];
} tick;

static void label_count(tick *t)
{
    const double v = t->at;
    if (v >= 1e9)
        snprintf(t->label, sizeof t->label, "%gG", v / 1e9);
    else if (v >= 1e6)
        snprintf(t->label, sizeof t->label, "%gM", v / 1e6);
    else if (v >= 1e4)
        snprintf(t->label, sizeof t->label, "%gk", v / 1e3);
    else
        snprintf(t->label, sizeof t->label, "%g", v);
}

static int ticks_linear(const lbc_scale *s, tick *t)
{
    const double fine = round_step(s->to - s->from), step = s->kind == LBC_SCALE_NUMBERS ? fmax(fine, 1) : fine;
    const double first = ceil(s->from / step - 1e-9) * step;
    int n = 0;
    for (; n < MOST_TICKS && first + n * step <= s->to + 1e-9 * step; n++) {
        t[n].at = first + n * step;
        if (fabs(t[n].at) < step * 1e-6) t[n].at = 0;
        label_count(&t[n]);
    }
    return n;
}

static int ticks_log(const lbc_scale *s, tick *t)
{
    static const double digits[] = {1, 2, 5};
    const double first = s->kind == LBC_SCALE_COUNTS ? 0 : floor(log10(s->from) + 1e-9);
    const double decades = log10(s->to) - first;
    const int per_decade = decades <= 2 ? 3 : 1, every = decades > 10 ? 2 : 1;
    int n = 0;
    if (s->kind == LBC_SCALE_COUNTS) {
        t[n].at = 0;
        label_count(&t[n++]);
    }
    for (int d = 0; d <= (int)decades + 1; d += every)
        for (int i = 0; i < per_decade && n < MOST_TICKS; i++) {
            t[n].at = digits[i] * pow(10, first + d);
            if (t[n].at < s->from * (1 - 1e-9) || t[n].at > s->to * (1 + 1e-9)) continue;
            label_count(&t[n++]);
        }
    return n;
}

static int ticks_resolution(const lbc_scale *s, tick *t)
{
    static const double spacing[] = {20,  10,  7,   5,   4,   3.5, 3,   2.7, 2.5, 2.3, 2.1, 2,   1.9, 1.8,
                                     1.7, 1.6, 1.5, 1.4, 1.3, 1.2, 1.1, 1,   0.9, 0.8, 0.7, 0.6, 0.5};
    int n = 0;
    double last = -1;
    for (size_t i = 0; i < sizeof spacing / sizeof *spacing && n < MOST_TICKS; i++) {
        t[n].at = 1 / (spacing[i] * spacing[i]);
        const double part = part_of(s, t[n].at);
        if (t[n].at > s->to || part - last < 0.07) continue;
        last = part;
        snprintf(t[n].label, sizeof t[n].label, "%.3g", spacing[i]);
        n++;
    }
    return n;
}

static int ticks_of(const lbc_scale *s, tick t[MOST_TICKS])
{
    if (s->kind == LBC_SCALE_LINEAR || s->kind == LBC_SCALE_NUMBERS) return ticks_linear(s, t);
    return s->kind == LBC_SCALE_RESOLUTION ? ticks_resolution(s, t) : ticks_log(s, t);
}

/* ---- drawing --------------------------------------------------------------------------------- */

static double at_x(const lbc_chart *c, double value)
{
    return LEFT + (WIDTH - LEFT - RIGHT) * part_of(&c->x, value);
}

static double at_y(const lbc_chart *c, double value)
{
    return TOP + (c->height - TOP - BOTTOM) * (1 - part_of(&c->y, value));
}

void lbc_chart_begin(lbc_chart *c, const char *title)
{
    tick t[MOST_TICKS];
    const int bottom = c->height - BOTTOM, right = WIDTH - RIGHT;
    lbc_text_add(c->out,
                 "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n<title>%s</title>\n<g class=\"grid\">",
                 WIDTH, c->height, title, title);
    const int nx = ticks_of(&c->x, t);
    for (int i = 0; i < nx; i++) lbc_text_add(c->out, "<path d=\"M%.1f %dV%d\"/>", at_x(c, t[i].at), TOP, bottom);
    lbc_text_add(c->out, "</g>\n<g class=\"tick\" text-anchor=\"middle\">");
    for (int i = 0; i < nx; i++)
        lbc_text_add(c->out, "<text x=\"%.1f\" y=\"%d\">%s</text>", at_x(c, t[i].at), bottom + 16, t[i].label);
    lbc_text_add(c->out, "</g>\n<g class=\"grid\">");
    const int ny = ticks_of(&c->y, t);
    for (int i = 0; i < ny; i++) lbc_text_add(c->out, "<path d=\"M%d %.1fH%d\"/>", LEFT, at_y(c, t[i].at), right);
    lbc_text_add(c->out, "</g>\n<g class=\"tick\" text-anchor=\"end\">");
    for (int i = 0; i < ny; i++)
        lbc_text_add(c->out, "<text x=\"%d\" y=\"%.1f\">%s</text>", LEFT - 7, at_y(c, t[i].at) + 4, t[i].label);
    lbc_text_add(
        c->out,
        "</g>\n<g class=\"axis\" text-anchor=\"middle\"><path d=\"M%d %dV%dH%d\"/><text x=\"%d\" y=\"%d\">%s</text>"
        "<text transform=\"translate(13 %d) rotate(-90)\">%s</text></g>\n",
        LEFT, TOP, bottom, right, (LEFT + right) / 2, c->height - 6, c->x.label, (TOP + bottom) / 2, c->y.label);
}

void lbc_chart_line(const lbc_chart *c, const char *series, const double *x, const double *y, size_t n)
{
    bool drawing = false;
    lbc_text_add(c->out, "<path class=\"line %s\" d=\"", series);
    for (size_t i = 0; i < n; i++) {
        const bool known = isfinite(x[i]) && isfinite(y[i]);
        if (known) lbc_text_add(c->out, "%c%.1f %.1f", drawing ? 'L' : 'M', at_x(c, x[i]), at_y(c, y[i]));
        drawing = known;
    }
    lbc_text_add(c->out, "\"/>\n");
    if (n == 1) lbc_chart_points(c, series, x, y, n);
}

void lbc_chart_steps(const lbc_chart *c, const char *series, const double *x, const double *y, size_t n)
{
    lbc_text_add(c->out, "<path class=\"line %s\" d=\"M%.1f %.1f", series, at_x(c, x[0]), at_y(c, y[0]));
    for (size_t i = 0; i < n; i++) lbc_text_add(c->out, "V%.1fH%.1f", at_y(c, y[i]), at_x(c, x[i + 1]));
    lbc_text_add(c->out, "\"/>\n");
}

void lbc_chart_points(const lbc_chart *c, const char *series, const double *x, const double *y, size_t n)
{
    lbc_text_add(c->out, "<g class=\"points %s\">", series);
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]) && isfinite(y[i]))
            lbc_text_add(c->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.2\"/>", at_x(c, x[i]), at_y(c, y[i]));
    lbc_text_add(c->out, "</g>\n");
}

void lbc_chart_end(const lbc_chart *c)
{
    lbc_text_add(c->out, "</svg>\n");
}
