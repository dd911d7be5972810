/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The summary of a run: what fits a screen and answers "what happened to my data?". */
#include "codec/rest/rest.h"
#include "report/text.h"
#include "report/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static void add_series(lbc_text *t, const char *label, const char *path, uint64_t frames, lbc_shape shape,
                       lbc_pixel_type type, uint64_t raw, uint64_t stored)
{
    char a[16], b[16], n[32];
    lbc_text_add(t, "%-9s %s\n", label, path ? path : "(data files alone)");
    lbc_text_add(t, "          %s of %" PRIu32 " x %" PRIu32 " %s, %s raw, %s stored\n", lbc_text_images(frames, n),
                 shape.nx, shape.ny, lbc_type_name(type), lbc_text_bytes((double)raw, a),
                 lbc_text_bytes((double)stored, b));
}

static void add_pixels(lbc_text *t, const lbc_result *r)
{
    char masked[32], overloaded[32], clipped[32];
    const double all = (double)r->frames_out * r->shape_out.nx * r->shape_out.ny;
    lbc_text_add(t, "pixels    %s masked (%.3g %%), %s overloaded, %s of them clipped\n",
                 lbc_text_count(r->masked, masked), all > 0 ? 100 * (double)r->masked / all : 0,
                 lbc_text_count(r->overloaded, overloaded), lbc_text_count(r->clipped, clipped));
}

static void add_codestreams(lbc_text *t, const lbc_options *o, const lbc_result *r)
{
    if (o->lossy == LBC_LOSSY_NONE || !r->codestreams) return;
    char size[16], setting[LBC_LOSSY_TEXT];
    const double mean = (double)r->codestream_bytes / (double)r->codestreams;
    const double raw = r->frames_out ? (double)r->bytes_raw_out / (double)r->frames_out : 0;
    lbc_text_add(t, "codec     %s: %s an image, %.4g:1 of the raw image\n", lbc_lossy_text(o, false, setting),
                 lbc_text_bytes(mean, size), lbc_ratio(raw, mean));
}

/* Images too small, or masked too much, have no local means. */
static void add_local_mean(lbc_text *t, double shift)
{
    if (isfinite(shift))
        lbc_text_add(t, "local mean off by %.2g %% (median)", 100 * shift);
    else
        lbc_text_add(t, "no local means");
}

static void add_figures(lbc_text *t, const lbc_options *o, const lbc_figures *f)
{
    char sample[40] = "";
    if (!f->frames || (o->lossy == LBC_LOSSY_NONE && f->largest == 0)) return;
    if (f->every > 1) snprintf(sample, sizeof sample, " (1 image in %" PRIu32 ")", f->every);
    lbc_text_add(t, "          RMSE %.4g counts, mean %.4g -> %.4g (%+.2g %%)%s\n", f->rmse, f->mean_before,
                 f->mean_after, 100 * f->relative_shift, sample);
    if (f->every > 1) return;
    lbc_text_add(t, "          ");
    add_local_mean(t, f->local_shift);
    if (f->spots) {
        char spots[32];
        lbc_text_add(t, ", %s spots: correlation %.5g", lbc_text_count(f->spots, spots), f->spot_correlation);
    }
    lbc_text_add(t, "\n");
}

static void add_ratios(lbc_text *t, const lbc_result *r)
{
    const double seconds = r->seconds > 1e-6 ? r->seconds : 1e-6;
    lbc_text_add(t, "ratio     %.4g:1 against the raw input, %.4g:1 against the stored input\n",
                 lbc_ratio((double)r->bytes_raw, (double)r->bytes_out),
                 lbc_ratio((double)r->bytes_in, (double)r->bytes_out));
    lbc_text_add(t, "speed     %.3g s, %.4g images/s in, %.4g MB/s in, %.4g MB/s out\n", r->seconds,
                 (double)r->frames_in / seconds, 1e-6 * (double)r->bytes_in / seconds,
                 1e-6 * (double)r->bytes_out / seconds);
}

static void add_next(lbc_text *t, const lbc_options *o, const lbc_result *r)
{
    const lbc_codec *codec = lbc_codec_by_name(o->compression);
    lbc_text_add(t, "next      dials.import %s\n", r->master);
    if (codec && codec->filter == LBC_REST_FILTER)
        lbc_text_add(t, "          (through the HDF5 filter libh5lbc: install it, or set HDF5_PLUGIN_PATH)\n");
}

char *lbc_summary(const lbc_options *o, const lbc_result *r, bool verbose)
{
    lbc_text t = {0};
    const bool changed = o->bin > 1 || o->sum > 1;
    if (r->files) {
        add_series(&t, "input", o->input, r->frames_in, r->shape_in, r->type_in, r->bytes_raw, r->bytes_in);
        add_series(&t, "output", r->master, r->frames_out, r->shape_out, r->type_out, r->bytes_raw_out, r->bytes_out);
        lbc_text_add(&t, "          %" PRIu32 " data file%s: %s%s%s\n", r->files, r->files > 1 ? "s" : "",
                     r->first_file, r->files > 1 ? " ... " : "", r->files > 1 ? r->last_file : "");
        add_ratios(&t, r);
        add_codestreams(&t, o, r);
        add_figures(&t, o, &r->figures);
        add_pixels(&t, r);
    } else if (r->master) {
        lbc_text_add(&t, "master    %s\n", r->master);
    } else if (!r->files_kept) {
        lbc_text_add(&t, "this share has no data files\n");
    }
    if (r->files_kept)
        lbc_text_add(&t, "kept      %" PRIu32 " data file%s, complete before this run\n", r->files_kept,
                     r->files_kept > 1 ? "s" : "");
    if (r->note && (changed || verbose)) lbc_text_add(&t, "%s", r->note);
    if (r->master && r->files) add_next(&t, o, r);
    return lbc_text_take(&t);
}

/* ---- a comparison ---------------------------------------------------------------------------- */

static void add_side(lbc_text *t, const char *label, const char *path, uint64_t frames, lbc_shape shape,
                     lbc_pixel_type type, uint64_t stored)
{
    char bytes[16], n[32];
    lbc_text_add(t, "%-9s %s\n", label, path);
    lbc_text_add(t, "          %s of %" PRIu32 " x %" PRIu32 " %s, %s stored\n", lbc_text_images(frames, n), shape.nx,
                 shape.ny, lbc_type_name(type), lbc_text_bytes((double)stored, bytes));
}

char *lbc_compare_summary(const lbc_compare_options *o, const lbc_comparison *c)
{
    lbc_text t = {0};
    const lbc_figures *f = &c->figures;
    char n[32];
    add_side(&t, "A", o->a, c->frames_in, c->shape_a, c->type_a, c->bytes_a);
    add_side(&t, "B", o->b, c->frames, c->shape_b, c->type_b, c->bytes_b);
    lbc_text_add(&t, "A to B    bin %" PRIu32 ", sum %" PRIu32 ", from image %" PRIu64 "; %.4g:1 of stored bytes\n",
                 c->bin, c->sum, c->first_image, lbc_ratio((double)c->bytes_a, (double)c->bytes_b));
    if (f->pixels) {
        lbc_text_add(&t, "pixels    %s compared", lbc_text_count(f->pixels, n));
        if (f->lost) lbc_text_add(&t, ", %s lost", lbc_text_count(f->lost, n));
        if (f->gained) lbc_text_add(&t, ", %s counts in B alone", lbc_text_count(f->gained, n));
        lbc_text_add(&t, "\n");
        lbc_text_add(&t, "error     RMSE %.4g counts, largest %s\n", f->rmse, lbc_text_count(f->largest, n));
        lbc_text_add(&t, "          mean %.4g -> %.4g (%+.2g %%), ", f->mean_before, f->mean_after,
                     100 * f->relative_shift);
        add_local_mean(&t, f->local_shift);
        lbc_text_add(&t, "\n");
    }
    if (f->spots)
        lbc_text_add(&t, "spots     %s: correlation %.5f, scale %.4f, R %.3f\n", lbc_text_count(f->spots, n),
                     f->spot_correlation, f->spot_scale, f->spot_r);
    lbc_text_add(&t, "result    %s%s\n", *c->outside ? "outside the bounds: " : "within the bounds", c->outside);
    return lbc_text_take(&t);
}
