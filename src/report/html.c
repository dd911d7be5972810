/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports as pages. */
#include "report/page.h"
#include "report/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* "A &rarr; B", with the names as HTML wants them. */
static char *title_of(const char *from, const char *arrow, const char *to)
{
    lbc_text t = {0};
    lbc_text_html(&t, base_of(from));
    lbc_text_add(&t, " %s ", arrow);
    lbc_text_html(&t, base_of(to));
    return lbc_text_take(&t);
}

static void band_ratio(lbc_text *page, uint64_t from, uint64_t to, const char *label)
{
    char value[64], ratio[32];
    if (!from || !to) return;
    snprintf(value, sizeof value, "%s : 1", lbc_text_number((double)from / (double)to, 3, ratio));
    lbc_page_band_add(page, value, label);
}

static void row_series(lbc_text *page, const char *name, uint64_t frames, lbc_shape shape, lbc_pixel_type type,
                       uint64_t bytes)
{
    char count[32], size[16];
    lbc_page_table_row(page, name, "%s of %" PRIu32 " x %" PRIu32 " %s, %s stored", lbc_text_images(frames, count),
                       shape.nx, shape.ny, lbc_type_name(type), lbc_text_bytes((double)bytes, size));
}

/* ---- a run ----------------------------------------------------------------------------------- */

static void describe_lossy(lbc_text *page, const lbc_options *o)
{
    char setting[LBC_LOSSY_TEXT];
    lbc_page_table_row(page, "lossy codec", "%s", lbc_lossy_text(o, true, setting));
}

static void add_settings(lbc_text *page, const lbc_options *o, const lbc_result *r)
{
    lbc_page_table_begin(page, "Settings");
    if (o->last_image)
        lbc_page_table_row(page, "images selected", "%" PRIu64 " to %" PRIu64, o->first_image, o->last_image);
    else
        lbc_page_table_row(page, "images selected", o->first_image > 1 ? "from %" PRIu64 " on" : "all", o->first_image);
    lbc_page_table_row(page, "bin", "%" PRIu32 " x %" PRIu32 " pixels", o->bin, o->bin);
    lbc_page_table_row(page, "sum", "%" PRIu32 " image%s", o->sum, o->sum > 1 ? "s" : "");
    describe_lossy(page, o);
    lbc_page_table_row(page, "stored as", "%s, %s", o->compression, lbc_type_name(r->type_out));
    lbc_page_table_row(page, "masked pixels", "%s", o->gaps_zero ? "count as 0" : "stay masked");
    lbc_page_table_row(page, "threads", "%u", o->threads);
    lbc_page_table_end(page);
}

static void add_outcome(lbc_text *page, const lbc_options *o, const lbc_result *r)
{
    char a[32], b[32], c[32], part[32];
    const double all = (double)r->frames_out * r->shape_out.nx * r->shape_out.ny;
    lbc_page_table_begin(page, "Series");
    lbc_page_table_row(page, "input", "%s", o->input);
    row_series(page, "", r->frames_in, r->shape_in, r->type_in, r->bytes_in);
    lbc_page_table_row(page, "output", "%s", r->master ? r->master : "data files alone");
    row_series(page, "", r->frames_out, r->shape_out, r->type_out, r->bytes_out);
    if (r->codestreams)
        lbc_page_table_row(page, "codestream", "%s an image",
                           lbc_text_bytes((double)r->codestream_bytes / (double)r->codestreams, a));
    if (all > 0)
        lbc_page_table_row(page, "pixels", "%s masked (%s %%), %s overloaded, %s of them clipped",
                           lbc_text_count(r->masked, a), lbc_text_number(100 * (double)r->masked / all, 3, part),
                           lbc_text_count(r->overloaded, b), lbc_text_count(r->clipped, c));
    lbc_page_table_row(page, "saturation value", "%" PRId64, r->saturation);
    lbc_page_table_row(page, "time", "%s s, %s images/s", lbc_text_number(r->seconds, 3, a),
                       lbc_text_number((double)r->frames_in / r->seconds, 3, b));
    lbc_page_table_end(page);
}

static void add_run(lbc_text *page, const lbc_options *o, const lbc_result *r)
{
    static const lbc_sides sides = {"before", "after"};
    lbc_page_band_begin(page);
    band_ratio(page, r->bytes_raw, r->bytes_out, "against the raw input");
    band_ratio(page, r->bytes_in, r->bytes_out, "against the stored input");
    lbc_page_band_figures(page, &r->figures);
    lbc_page_band_end(page);
    lbc_text_add(page, "<div class=\"cards\">\n");
    add_settings(page, o, r);
    add_outcome(page, o, r);
    lbc_text_add(page, "</div>\n");
    lbc_page_pictures(page, r->record, &sides);
    lbc_page_plots(page, r->record, &sides);
}

char *lbc_report_html(const lbc_options *o, const lbc_result *r)
{
    lbc_text page = {0};
    char in[32], out[32], from[16], to[16], subtitle[200];
    if (!r->record) return NULL;
    char *title = title_of(o->input, "&#8594;", r->master ? r->master : o->out_file);
    if (!title) return NULL;
    snprintf(subtitle, sizeof subtitle,
             "%s (%s) became %s (%s). &#8220;Before&#8221; is an image as it went into the codec.",
             lbc_text_images(r->frames_in, in), lbc_text_bytes((double)r->bytes_in, from),
             lbc_text_count(r->frames_out, out), lbc_text_bytes((double)r->bytes_out, to));
    lbc_page_begin(&page, title, subtitle);
    add_run(&page, o, r);
    lbc_page_end(&page);
    free(title);
    return lbc_text_take(&page);
}

/* ---- a comparison ---------------------------------------------------------------------------- */

static void row_bound(lbc_text *page, const char *name, double bound, double value)
{
    if (isfinite(bound)) lbc_page_table_row(page, name, "%.5g (bound %.5g)", value, bound);
}

static void add_bounds(lbc_text *page, const lbc_compare_options *o, const lbc_comparison *c)
{
    const lbc_figures *f = &c->figures;
    const double counts = (double)(f->pixels + f->lost);
    lbc_page_table_begin(page, *c->outside ? "Outside the bounds" : "Within the bounds");
    row_bound(page, "RMSE", o->max_rmse, f->rmse);
    row_bound(page, "mean shift", o->max_shift, fabs(f->relative_shift));
    row_bound(page, "local mean", o->max_shift, f->local_shift);
    row_bound(page, "spot correlation", o->min_correlation, f->spot_correlation);
    row_bound(page, "counts lost", o->max_lost, counts > 0 ? (double)f->lost / counts : 1);
    if (*c->outside) lbc_page_table_row(page, "first outside", "%s", c->outside);
    lbc_page_table_end(page);
}

char *lbc_compare_html(const lbc_compare_options *o, const lbc_comparison *c)
{
    static const lbc_sides sides = {"A", "B"};
    lbc_text page = {0};
    char subtitle[200], count[32];
    if (!c->record) return NULL;
    char *title = title_of(o->a, "against", o->b);
    if (!title) return NULL;
    snprintf(subtitle, sizeof subtitle,
             "%s. A was brought to B: images summed by %" PRIu32 ", pixels binned by %" PRIu32 ", from image %" PRIu64
             " on.",
             lbc_text_images(c->frames, count), c->sum, c->bin, c->first_image);
    lbc_page_begin(&page, title, subtitle);
    lbc_page_band_begin(&page);
    band_ratio(&page, c->bytes_a, c->bytes_b, "stored bytes of A against B");
    lbc_page_band_figures(&page, &c->figures);
    lbc_page_band_end(&page);
    lbc_text_add(&page, "<div class=\"cards\">\n");
    lbc_page_table_begin(&page, "Series");
    lbc_page_table_row(&page, "A", "%s", o->a);
    row_series(&page, "", c->frames_in, c->shape_a, c->type_a, c->bytes_a);
    lbc_page_table_row(&page, "B", "%s", o->b);
    row_series(&page, "", c->frames, c->shape_b, c->type_b, c->bytes_b);
    lbc_page_table_end(&page);
    add_bounds(&page, o, c);
    lbc_text_add(&page, "</div>\n");
    lbc_page_pictures(&page, c->record, &sides);
    lbc_page_plots(&page, c->record, &sides);
    lbc_page_end(&page);
    free(title);
    return lbc_text_take(&page);
}
