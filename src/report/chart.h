/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* chart.h - plots as inline SVG, coloured by the style sheet of the page they are in.
 *
 * Classes: `grid`, `tick` and `axis` of the frame; series have the class they are given.
 */
#ifndef LBC_REPORT_CHART_H
#define LBC_REPORT_CHART_H

#include "report/text.h"

typedef enum lbc_scale_kind {
    LBC_SCALE_LINEAR,
    LBC_SCALE_NUMBERS,   /* the same, of whole numbers */
    LBC_SCALE_LOG,       /* of values above 0; what is not stands at the lower end */
    LBC_SCALE_COUNTS,    /* log(1 + value) */
    LBC_SCALE_RESOLUTION /* values are 1/d^2, linear; ticks say d */
} lbc_scale_kind;

typedef struct lbc_scale {
    lbc_scale_kind kind;
    double from, to;
    const char *label; /* of the axis */
} lbc_scale;

/* A scale that holds n values (the ones that are finite, and of LBC_SCALE_LOG above 0), its ends at round
 * numbers. */
lbc_scale lbc_scale_over(lbc_scale_kind kind, const char *label, const double *value, size_t n);
/* The same, and makes it reach to `value`. */
void lbc_scale_reach(lbc_scale *scale, double value);

typedef struct lbc_chart {
    lbc_text *out;
    lbc_scale x, y;
    int height;
} lbc_chart;

/* Begins the SVG and draws axes, grid and ticks. title: for those who cannot see it. */
void lbc_chart_begin(lbc_chart *chart, const char *title);
/* Values that are not finite break a line, and are no point. */
void lbc_chart_line(const lbc_chart *chart, const char *series, const double *x, const double *y, size_t n);
/* y[i] from x[i] to x[i + 1]; x has n + 1 values. */
void lbc_chart_steps(const lbc_chart *chart, const char *series, const double *x, const double *y, size_t n);
void lbc_chart_points(const lbc_chart *chart, const char *series, const double *x, const double *y, size_t n);
void lbc_chart_end(const lbc_chart *chart);

#endif
