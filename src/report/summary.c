/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The summary of a run: what fits a screen and answers "what happened to my data?". */
#include "codec/rest/rest.h"
#include "report/text.h"
#include "report/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static void add_series(lbc_text *t, const char *label, const char *path, const char *images, lbc_shape shape,
                       lbc_pixel_type type, uint64_t raw, uint64_t stored)
{
    char a[16], b[16];
    lbc_text_add(t, "%-9s %s\n", label, path ? path : "(data files alone)");
    lbc_text_add(t, "          %s of %" PRIu32 " x %" PRIu32 " %s, %s raw, %s stored\n", images, shape.nx, shape.ny,
                 lbc_type_name(type), lbc_text_bytes((double)raw, a), lbc_text_bytes((double)stored, b));
}

/* Of the master of a whole run, where it is no small part of the set. */
static void add_mask(lbc_text *t, const lbc_options *o, const lbc_result *r)
{
    char bytes[16];
    const uint64_t mask = sizeof(uint32_t) * (uint64_t)r->shape_out.nx * r->shape_out.ny;
    const bool plain = strcasecmp(o->compression, "none") == 0 || strcasecmp(o->compression, "bslz4") == 0;
    if (plain && r->master && r->files == r->files_set && mask > r->bytes_out / 10)
        lbc_text_add(t, "          and a pixel mask of %s in the master, uncompressed for neggia\n",
                     lbc_text_bytes((double)mask, bytes));
}

static void add_pixels(lbc_text *t, const lbc_result *r)
{
    char masked[32], overloaded[32], clipped[32], part[32];
    const double all = (double)r->frames_out * r->shape_out.nx * r->shape_out.ny;
    lbc_text_add(t, "pixels    %s masked (%s %%), %s overloaded, %s of them clipped\n",
                 lbc_text_count(r->masked, masked),
                 lbc_text_number(all > 0 ? 100 * (double)r->masked / all : 0, 3, part),
                 lbc_text_count(r->overloaded, overloaded), lbc_text_count(r->clipped, clipped));
}

static void add_codestreams(lbc_text *t, const lbc_options *o, const lbc_result *r)
{
    if (o->lossy == LBC_LOSSY_NONE || !r->codestreams) return;
    char size[16], ratio[32], setting[LBC_LOSSY_TEXT];
    const double mean = (double)r->codestream_bytes / (double)r->codestreams;
    const double raw = r->frames_out ? (double)r->bytes_raw_out / (double)r->frames_out : 0;
    lbc_text_add(t, "codec     %s: %s an image, %s:1 of the raw image\n", lbc_lossy_text(o, false, setting),
                 lbc_text_bytes(mean, size), lbc_text_number(lbc_ratio(raw, mean), 4, ratio));
}

/* Images too small, or masked too much, have no local means. */
static void add_local_mean(lbc_text *t, double shift)
{
    char percent[32];
    if (isfinite(shift))
        lbc_text_add(t, "local mean off by %s %% (median)", lbc_text_number(100 * shift, 2, percent));
    else
        lbc_text_add(t, "no local means");
}

/* "mean 4.51 -> 4.82 (+6.9 %)" */
static void add_means(lbc_text *t, const lbc_figures *f)
{
    char before[32], after[32], shift[32];
    lbc_text_add(t, "mean %s -> %s (%s)", lbc_text_number(f->mean_before, 4, before),
                 lbc_text_number(f->mean_after, 4, after), lbc_text_shift(f->relative_shift, shift));
}

static void add_figures(lbc_text *t, const lbc_options *o, const lbc_result *r)
{
    const lbc_figures *f = &r->figures;
    char n[32], part[64];
    if (o->lossy == LBC_LOSSY_NONE && f->largest == 0) return;
    if (!f->frames && r->frames_bad)
        lbc_text_add(t, "          not measured: 1 image in %" PRIu32 " is, and none of these could be read\n",
                     f->every);
    else if (f->frames && !f->pixels)
        lbc_text_add(t, "          not measured: no pixel of these images holds a count\n");
    if (!f->frames || !f->pixels) return;
    lbc_text_add(t, "          RMSE %s counts, ", lbc_text_number(f->rmse, 4, n));
    add_means(t, f);
    if (f->every > 1) {
        if (f->frames < r->frames_out)
            lbc_text_add(t, "\n          measured on %s (--json or --report: on all)",
                         lbc_text_part(f->frames, r->frames_out, part));
        lbc_text_add(t, "\n");
        return;
    }
    lbc_text_add(t, "\n          ");
    add_local_mean(t, f->local_shift);
    if (f->spots)
        lbc_text_add(t, ", %s spot%s: correlation %.5g", lbc_text_count(f->spots, n), f->spots == 1 ? "" : "s",
                     f->spot_correlation);
    lbc_text_add(t, "\n");
}

/* Settings that take less, where the set takes more than what it was made of. */
static void add_remedy(lbc_text *t, const lbc_options *o, const lbc_result *r)
{
    const lbc_codec *codec = lbc_codec_by_name(o->compression);
    if (r->bytes_out <= r->bytes_in) return;
    if (o->lossy == LBC_LOSSY_NONE)
        lbc_text_add(t, "          larger than the input: -H with -c hcomp, or -J with -c j2k, takes less\n");
    else if (codec && codec->filter != LBC_REST_FILTER)
        lbc_text_add(t, "          larger than the input: -c %s, which stores the codestreams, takes less\n",
                     o->lossy == LBC_LOSSY_HCOMPRESS ? "hcomp" : "j2k");
    else
        lbc_text_add(t, "          larger than the input: a larger %s takes less\n",
                     o->lossy == LBC_LOSSY_HCOMPRESS ? "scale (-H)" : "ratio (-J, -K)");
}

static void add_ratios(lbc_text *t, const lbc_options *o, const lbc_result *r)
{
    char raw[32], stored[32], time[32], images[32], in[32], out[32];
    const double seconds = r->seconds > 1e-6 ? r->seconds : 1e-6;
    lbc_text_add(t, "ratio     %s:1 against the raw input, %s:1 against the stored input\n",
                 lbc_text_number(lbc_ratio((double)r->bytes_raw, (double)r->bytes_out), 4, raw),
                 lbc_text_number(lbc_ratio((double)r->bytes_in, (double)r->bytes_out), 4, stored));
    add_remedy(t, o, r);
    lbc_text_add(t, "speed     %s s, %s images/s in, %s MB/s in, %s MB/s out\n", lbc_text_number(r->seconds, 3, time),
                 lbc_text_number((double)r->frames_in / seconds, 4, images),
                 lbc_text_number(1e-6 * (double)r->bytes_in / seconds, 4, in),
                 lbc_text_number(1e-6 * (double)r->bytes_out / seconds, 4, out));
}

/* What a reader on HDF5 needs beside it; NULL: nothing. */
static const char *filter_text(const char *compression)
{
    static const char *const texts[][2] = {
        {"bslz4", "bitshuffle: DIALS and XDS's plugins have it"},
        {"bshuf", "bitshuffle: DIALS has it"},
        {"bszstd",
         "bitshuffle 0.4 with Zstandard: with the one\n           of Debian 12, which lacks it, programs crash"},
        {"zstd", "Blosc: Debian's hdf5-filter-plugin-blosc-serial"},
        {"hcomp", NULL},
        {"j2k", NULL},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcasecmp(compression, texts[i][0]) == 0)
            return texts[i][1] ? texts[i][1]
                               : "libh5lbc: install it, or set HDF5_PLUGIN_PATH to\n"
                                 "           its folder and HDF5's own, with a colon between";
    return NULL;
}

static void add_next(lbc_text *t, const lbc_options *o, const lbc_result *r)
{
    const char *filter = filter_text(o->compression);
    lbc_text_add(t, "next      dials.import ");
    lbc_text_shell(t, r->master);
    lbc_text_add(t, "\n");
    if (filter) lbc_text_add(t, "          (through the HDF5 filter %s)\n", filter);
}

/* Of a run that made a part of the set. */
static void add_part(lbc_text *t, const lbc_options *o, const lbc_result *r)
{
    const char *figures = r->files ? "; no other figure counts them" : "";
    if (o->shares && o->share && r->files)
        lbc_text_add(t, "share     %" PRIu32 " of %" PRIu32 ": all figures are of its files alone\n", o->share,
                     o->shares);
    if (r->files_kept)
        lbc_text_add(t, "kept      %" PRIu32 " data file%s, complete before this run%s\n", r->files_kept,
                     r->files_kept > 1 ? "s" : "", figures);
}

char *lbc_summary(const lbc_options *o, const lbc_result *r, bool verbose)
{
    lbc_text t = {0};
    char part[64];
    const bool changed = o->bin > 1 || o->sum > 1;
    if (r->files) {
        add_series(&t, "input", o->input, lbc_text_part(r->frames_in, r->frames_there, part), r->shape_in, r->type_in,
                   r->bytes_raw, r->bytes_in);
        add_series(&t, "output", r->master, lbc_text_part(r->frames_out, r->frames_set, part), r->shape_out,
                   r->type_out, r->bytes_raw_out, r->bytes_out);
        const lbc_made made = {r->files, r->files_set, r->first_file, r->last_file, r->frames_out, r->frames_set};
        lbc_text_made(&t, o, &made, "          ");
        add_mask(&t, o, r);
        add_part(&t, o, r);
        add_ratios(&t, o, r);
        add_codestreams(&t, o, r);
        add_figures(&t, o, r);
        add_pixels(&t, r);
    } else {
        if (r->master) lbc_text_add(&t, "master    %s\n", r->master);
        if (!r->master && !r->files_kept) lbc_text_add(&t, "this share has no data files\n");
        add_part(&t, o, r);
    }
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
    char n[32], number[32];
    add_side(&t, "A", o->a, c->frames_in, c->shape_a, c->type_a, c->bytes_a);
    add_side(&t, "B", o->b, c->frames, c->shape_b, c->type_b, c->bytes_b);
    lbc_text_add(&t, "A to B    bin %" PRIu32 ", sum %" PRIu32 ", from image %" PRIu64 "; %s:1 of stored bytes\n",
                 c->bin, c->sum, c->first_image,
                 lbc_text_number(lbc_ratio((double)c->bytes_a, (double)c->bytes_b), 4, number));
    if (f->pixels) {
        lbc_text_add(&t, "pixels    %s compared", lbc_text_count(f->pixels, n));
        if (f->lost) lbc_text_add(&t, ", %s lost", lbc_text_count(f->lost, n));
        if (f->gained) lbc_text_add(&t, ", %s counts in B alone", lbc_text_count(f->gained, n));
        lbc_text_add(&t, "\n");
        lbc_text_add(&t, "error     RMSE %s counts, largest %s\n", lbc_text_number(f->rmse, 4, number),
                     lbc_text_count(f->largest, n));
        lbc_text_add(&t, "          ");
        add_means(&t, f);
        lbc_text_add(&t, ", ");
        add_local_mean(&t, f->local_shift);
        lbc_text_add(&t, "\n");
    }
    if (f->spots)
        lbc_text_add(&t, "spots     %s: correlation %.5f, scale %.4f, R %.3f\n", lbc_text_count(f->spots, n),
                     f->spot_correlation, f->spot_scale, f->spot_r);
    lbc_text_add(&t, "result    %s%s\n", *c->outside ? "outside the bounds: " : "within the bounds", c->outside);
    return lbc_text_take(&t);
}
