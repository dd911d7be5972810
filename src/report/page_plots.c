/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures and plots of a record. */
#include "base/memory.h"
#include "report/chart.h"
#include "report/page.h"
#include "report/png.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* ---- pictures -------------------------------------------------------------------------------- */

static void add_image(lbc_text *page, const lbc_bitmap *b, lbc_palette palette, const char *alt)
{
    lbc_text_add(page, "<img width=\"%" PRIu32 "\" height=\"%" PRIu32 "\" alt=\"%s\" src=\"", b->nx, b->ny, alt);
    lbc_png_add(page, b, palette);
    lbc_text_add(page, "\">");
}

static void add_view(lbc_text *page, const lbc_bitmap *b, lbc_palette palette, const char *what)
{
    lbc_text_add(page, "<div><span>%s</span>", what);
    add_image(page, b, palette, what);
    lbc_text_add(page, "</div>\n");
}

static void add_zoom(lbc_text *page, const lbc_panel *p, const lbc_spot *spot, const lbc_sides *sides)
{
    lbc_text_add(page, "<div class=\"zoom\">");
    add_image(page, &p->before, LBC_PALETTE_INK, sides->before);
    add_image(page, &p->after, LBC_PALETTE_INK, sides->after);
    add_image(page, &p->difference, LBC_PALETTE_DIFFERENCE, "difference");
    char span[32];
    lbc_text_add(page,
                 "<span>spot at %" PRIu32 ", %" PRIu32 ": %.0f counts %s, %.0f %s; difference &#177;%s</span></div>\n",
                 spot->x, spot->y, (double)spot->before, sides->before, (double)spot->after, sides->after,
                 lbc_text_number(p->span, 3, span));
}

static void add_picture(lbc_text *page, const lbc_picture *p, const lbc_sides *sides)
{
    lbc_text_add(page, "<figure>\n<h3>Image %" PRIu64 "</h3>\n<div class=\"views\">\n", p->number);
    add_view(page, &p->whole.before, LBC_PALETTE_INK, sides->before);
    add_view(page, &p->whole.after, LBC_PALETTE_INK, sides->after);
    add_view(page, &p->whole.difference, LBC_PALETTE_DIFFERENCE, "difference");
    lbc_text_add(page, "</div>\n<figcaption>");
    if (p->shrink > 1) lbc_text_add(page, "Means of %" PRIu32 " x %" PRIu32 " pixels. ", p->shrink, p->shrink);
    char top[32], span[32];
    lbc_text_number(p->whole.span, 3, span);
    lbc_text_add(page,
                 "Black is %s counts or more, on a logarithmic scale; the difference goes from -%s (blue) to "
                 "+%s (red).</figcaption>\n",
                 lbc_text_number(p->whole.top, 3, top), span, span);
    if (p->zooms) lbc_text_add(page, "<div class=\"zooms\">\n");
    for (unsigned i = 0; i < p->zooms; i++) add_zoom(page, &p->zoom[i], &p->spot[i], sides);
    lbc_text_add(page, "%s</figure>\n", p->zooms ? "</div>\n" : "");
}

void lbc_page_pictures(lbc_text *page, const lbc_record *record, const lbc_sides *sides)
{
    if (!record->pictures) return;
    lbc_text_add(page,
                 "<section class=\"pictures\">\n<h2>Images</h2>\n<p class=\"soft\">The first image, the one in the "
                 "middle, and the one with the strongest spots, with a zoom into three of these.</p>\n");
    for (unsigned i = 0; i < record->pictures; i++) add_picture(page, &record->picture[i], sides);
    lbc_text_add(page, "</section>\n");
}

/* ---- plots ----------------------------------------------------------------------------------- */

typedef struct {
    lbc_text *page;
    const lbc_record *record;
    const lbc_sides *sides;
    double *column[4]; /* [points] scratch */
    size_t points;
} plots;

static void begin_figure(const plots *p, const char *title)
{
    lbc_text_add(p->page, "<figure>\n<h3>%s</h3>\n", title);
}

static void end_figure_sides(const plots *p, const char *note)
{
    lbc_text_add(p->page,
                 "<figcaption><i class=\"key before\"></i>%s <i class=\"key after\"></i>%s%s</figcaption>\n</figure>\n",
                 p->sides->before, p->sides->after, note);
}

static void plot_resolution(const plots *p)
{
    double *at = p->column[0], *before = p->column[1], *after = p->column[2], *shift = p->column[3];
    const double outer = p->record->resolution;
    if (!(outer > 0)) return;
    for (unsigned i = 0; i < LBC_RADIAL_BINS; i++) {
        const double b = (double)p->record->total.ring[i].before, a = (double)p->record->total.ring[i].after;
        const double n = (double)p->record->total.ring[i].pixels;
        at[i] = outer * (i + 0.5) / LBC_RADIAL_BINS;
        before[i] = n > 0 ? b / n : NAN;
        after[i] = n > 0 ? a / n : NAN;
        shift[i] = b >= 100 ? 100 * (a / b - 1) : NAN;
    }
    begin_figure(p, "Mean count by resolution");
    const lbc_scale x = {LBC_SCALE_RESOLUTION, 0, outer, "resolution, &#197;"};
    lbc_chart c = {p->page, x, lbc_scale_over(LBC_SCALE_LINEAR, "mean count", before, LBC_RADIAL_BINS), 250};
    const lbc_scale other = lbc_scale_over(LBC_SCALE_LINEAR, "", after, LBC_RADIAL_BINS);
    lbc_scale_reach(&c.y, other.to);
    lbc_scale_reach(&c.y, 0);
    lbc_chart_begin(&c, "Mean count by resolution, before and after");
    lbc_chart_line(&c, "before", at, before, LBC_RADIAL_BINS);
    lbc_chart_line(&c, "after", at, after, LBC_RADIAL_BINS);
    lbc_chart_end(&c);
    c.y = lbc_scale_over(LBC_SCALE_LINEAR, "shift, %", shift, LBC_RADIAL_BINS);
    lbc_scale_reach(&c.y, 0);
    c.height = 180;
    lbc_chart_begin(&c, "Relative shift of the mean by resolution");
    const double ends[2] = {0, outer}, zero[2] = {0, 0};
    lbc_chart_line(&c, "zero", ends, zero, 2);
    lbc_chart_line(&c, "after", at, shift, LBC_RADIAL_BINS);
    lbc_chart_end(&c);
    end_figure_sides(p, "; below, the relative shift");
}

/* Pixels of a bin for each count in it. */
static double density(const uint64_t *bins, unsigned i)
{
    return (double)bins[i] / (double)(lbc_count_bin_first(i + 1) - lbc_count_bin_first(i));
}

static void plot_counts(const plots *p)
{
    double *edge = p->column[0], *before = p->column[1], *after = p->column[2];
    const lbc_measures *m = &p->record->total;
    unsigned n = 0;
    for (unsigned i = 0; i < LBC_COUNT_BINS; i++) {
        edge[i] = (double)lbc_count_bin_first(i);
        before[i] = density(m->counts_before, i);
        after[i] = density(m->counts_after, i);
        if (before[i] > 0 || after[i] > 0) n = i + 1;
    }
    if (!n) return;
    edge[n] = (double)lbc_count_bin_first(n);
    begin_figure(p, "Histogram of counts");
    lbc_chart c = {p->page, lbc_scale_over(LBC_SCALE_COUNTS, "count of a pixel", edge, n + 1),
                   lbc_scale_over(LBC_SCALE_LOG, "pixels for each count", before, n), 250};
    const lbc_scale other = lbc_scale_over(LBC_SCALE_LOG, "", after, n);
    lbc_scale_reach(&c.y, other.from);
    lbc_scale_reach(&c.y, other.to);
    lbc_chart_begin(&c, "Histogram of counts before and after");
    lbc_chart_steps(&c, "before", edge, before, n);
    lbc_chart_steps(&c, "after", edge, after, n);
    lbc_chart_end(&c);
    end_figure_sides(p, "");
}

static void plot_spots(const plots *p)
{
    const lbc_spot_sample *s = &p->record->sample;
    const lbc_spot_sums *sums = &p->record->total.spots;
    double *before = p->column[0], *after = p->column[1];
    if (!s->count) return;
    for (uint32_t i = 0; i < s->count; i++) {
        before[i] = (double)s->spot[i].before;
        after[i] = (double)s->spot[i].after;
    }
    begin_figure(p, "Integrated intensity of spots");
    const lbc_scale scale = lbc_scale_over(LBC_SCALE_LOG, p->sides->before, before, s->count);
    lbc_chart c = {p->page, scale, scale, 430};
    c.y.label = p->sides->after;
    lbc_chart_begin(&c, "Integrated intensity of spots, before against after");
    const double ends[2] = {scale.from, scale.to};
    lbc_chart_line(&c, "equal", ends, ends, 2);
    lbc_chart_points(&c, "after", before, after, s->count);
    lbc_chart_end(&c);
    char all[32];
    lbc_text_add(
        p->page, "<figcaption>%" PRIu32 " of %s spots; correlation %.5f, scale %.4f, R %.3f</figcaption>\n</figure>\n",
        s->count, lbc_text_count(sums->n, all), lbc_spot_correlation(sums), lbc_spot_scale(sums), lbc_spot_r(sums));
}

/* ---- image by image -------------------------------------------------------------------------- */

#define MOST_POINTS 600

static double bytes_in_of(const lbc_row *r)
{
    return (double)r->bytes_in;
}
static double bytes_out_of(const lbc_row *r)
{
    return (double)r->bytes_chunk;
}
static double bytes_stream_of(const lbc_row *r)
{
    return r->bytes_stream ? (double)r->bytes_stream : NAN;
}
static double rmse_of(const lbc_row *r)
{
    return lbc_tally_rmse(&r->tally);
}
static double local_shift_of(const lbc_row *r)
{
    return 100 * r->local_shift;
}
static double number_of(const lbc_row *r)
{
    return (double)r->number;
}

/* A value of every row, or its means over as many rows as leave MOST_POINTS. Returns how many there are. */
static size_t column_of(const lbc_record *record, double (*value)(const lbc_row *), double *out)
{
    const uint64_t step = (record->rows + MOST_POINTS - 1) / MOST_POINTS;
    size_t n = 0;
    for (uint64_t i = 0; i < record->rows; i += step, n++) {
        uint64_t k = i;
        double sum = 0;
        for (; k < i + step && k < record->rows; k++) sum += value(&record->row[k]);
        out[n] = sum / (double)(k - i);
    }
    return n;
}

/* Whether the codestreams are something else than what is stored: there are none, or they are at rest. */
static bool tell_streams(const double *stream, const double *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (stream[i] < 0.8 * out[i]) return true;
    return false;
}

static lbc_scale scale_of_images(const double *number, size_t n)
{
    lbc_scale x = lbc_scale_over(LBC_SCALE_NUMBERS, "image", number, n);
    if (n > 1) {
        x.from = number[0];
        x.to = number[n - 1];
    }
    return x;
}

static void plot_sizes(const plots *p)
{
    double *number = p->column[0], *in = p->column[1], *out = p->column[2], *stream = p->column[3];
    const size_t n = column_of(p->record, number_of, number);
    column_of(p->record, bytes_in_of, in);
    column_of(p->record, bytes_out_of, out);
    column_of(p->record, bytes_stream_of, stream);
    lbc_scale y = lbc_scale_over(LBC_SCALE_LOG, "bytes", in, n);
    const lbc_scale y_out = lbc_scale_over(LBC_SCALE_LOG, "", out, n),
                    y_stream = lbc_scale_over(LBC_SCALE_LOG, "", stream, n);
    const bool streams = tell_streams(stream, out, n);
    lbc_scale_reach(&y, y_out.from);
    lbc_scale_reach(&y, y_out.to);
    if (streams) lbc_scale_reach(&y, y_stream.from);
    lbc_chart c = {p->page, scale_of_images(number, n), y, 250};
    begin_figure(p, "Size of an image");
    lbc_chart_begin(&c, "Bytes an image: stored before, stored after, and of the codestream");
    lbc_chart_line(&c, "before", number, in, n);
    lbc_chart_line(&c, "after", number, out, n);
    if (streams) lbc_chart_line(&c, "third", number, stream, n);
    lbc_chart_end(&c);
    lbc_text_add(
        p->page,
        "<figcaption><i class=\"key before\"></i>stored %s <i class=\"key after\"></i>stored %s%s</figcaption>\n"
        "</figure>\n",
        p->sides->before, p->sides->after, streams ? " <i class=\"key third\"></i>codestream" : "");
}

/* A figure of every image, from 0 up. */
static void plot_figure(const plots *p, const char *title, const char *label, double (*value)(const lbc_row *))
{
    double *number = p->column[0], *figure = p->column[1];
    const size_t n = column_of(p->record, number_of, number);
    column_of(p->record, value, figure);
    lbc_chart c = {p->page, scale_of_images(number, n), lbc_scale_over(LBC_SCALE_LINEAR, label, figure, n), 250};
    lbc_scale_reach(&c.y, 0);
    lbc_text_add(p->page, "<figure>\n<h3>%s</h3>\n", title);
    lbc_chart_begin(&c, title);
    lbc_chart_line(&c, "after", number, figure, n);
    lbc_chart_end(&c);
    lbc_text_add(p->page, "</figure>\n");
}

static bool make_columns(plots *p)
{
    p->points = LBC_SPOT_SAMPLE + MOST_POINTS; /* more than images, rings and bins of a histogram */
    for (int i = 0; i < 4; i++) {
        p->column[i] = lbc_alloc(p->points, sizeof(double));
        if (!p->column[i]) return false;
    }
    return true;
}

void lbc_page_plots(lbc_text *page, const lbc_record *record, const lbc_sides *sides)
{
    plots p = {page, record, sides, {NULL}, 0};
    if (record->rows && make_columns(&p)) {
        lbc_text_add(page, "<section>\n<h2>Figures</h2>\n<div class=\"cards\">\n");
        plot_resolution(&p);
        plot_spots(&p);
        plot_counts(&p);
        plot_sizes(&p);
        plot_figure(&p, "RMSE of an image", "RMSE, counts", rmse_of);
        plot_figure(&p, "Error of the local mean of an image", "local mean, %", local_shift_of);
        lbc_text_add(page, "</div>\n</section>\n");
    } else if (record->rows) {
        lbc_text_fail(page);
    }
    for (int i = 0; i < 4; i++) free(p.column[i]);
}
