/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What --dry-run and --suggest say. */
#include "report/text.h"
#include "report/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void add_duration(lbc_text *t, double seconds)
{
    if (seconds < 120)
        lbc_text_add(t, "%.2g s", seconds);
    else if (seconds < 7200)
        lbc_text_add(t, "%.0f min", seconds / 60);
    else
        lbc_text_add(t, "%.1f h", seconds / 3600);
}

/* Words that follow a heading, in 80 columns. */
static void add_wrapped(lbc_text *t, const char *text)
{
    const size_t margin = 15, width = 80;
    size_t at = margin;
    for (const char *space = ""; *text; space = " ") {
        const size_t n = strcspn(text, " ");
        if (*space && at + 1 + n > width) {
            lbc_text_add(t, "\n%*s", (int)margin, "");
            at = margin;
            space = "";
        }
        lbc_text_add(t, "%s", space);
        lbc_text_put(t, text, n);
        at += strlen(space) + n;
        text += n + (text[n] == ' ');
    }
    lbc_text_add(t, "\n");
}

/* What the images that were tried tell of all; they may all have been bad. */
static void add_judgement(lbc_text *t, const lbc_options *o, const lbc_estimate *e)
{
    char bytes[16], raw[32], stored[32];
    if (!e->samples) {
        lbc_text_add(t, "of a size not judged:\n               not one of the images tried could be read\n");
        return;
    }
    lbc_text_add(t, "about %s\n", lbc_text_bytes((double)e->bytes_out, bytes));
    lbc_text_add(t, "               about %s:1 of the raw input, %s:1 of the stored input\n",
                 lbc_text_number(lbc_ratio((double)e->bytes_raw, (double)e->bytes_out), 3, raw),
                 lbc_text_number(lbc_ratio((double)e->bytes_in, (double)e->bytes_out), 3, stored));
    lbc_text_add(t, "would take     about ");
    add_duration(t, e->seconds);
    lbc_text_add(t, " with %u thread%s (judged by %u image%s)\n", o->threads, o->threads == 1 ? "" : "s", e->samples,
                 e->samples == 1 ? "" : "s");
}

char *lbc_estimate_text(const lbc_options *o, const lbc_estimate *e)
{
    lbc_text t = {0};
    char n[32], bytes[16];
    if (e->frames_in) {
        lbc_text_add(&t, "would read     %s\n", o->input);
        lbc_text_add(&t, "               %s of %" PRIu32 " x %" PRIu32 " %s, ", lbc_text_images(e->frames_in, n),
                     e->shape_in.nx, e->shape_in.ny, lbc_type_name(e->type_in));
        lbc_text_add(&t, "%s stored\n", lbc_text_bytes((double)e->bytes_in, bytes));
    }
    lbc_text_add(&t, "would write    %s\n", o->shares && o->share ? "(data files alone)" : e->master);
    if (e->files) {
        const lbc_made made = {e->files, e->files, e->first_file, e->last_file, e->frames_out, e->frames_out};
        lbc_text_made(&t, o, &made, "               ");
        lbc_text_add(&t, "               %s of %" PRIu32 " x %" PRIu32 " %s, ", lbc_text_images(e->frames_out, n),
                     e->shape_out.nx, e->shape_out.ny, lbc_type_name(e->type_out));
        add_judgement(&t, o, e);
    }
    if (e->files_kept)
        lbc_text_add(&t, "would keep     %" PRIu32 " data file%s, complete already\n", e->files_kept,
                     e->files_kept > 1 ? "s" : "");
    if (e->stop) {
        lbc_text_add(&t, "would stop     ");
        add_wrapped(&t, e->stop);
    }
    return lbc_text_take(&t);
}

/* ---- suggestions ----------------------------------------------------------------------------- */

/* "-b 2 -J 125 --profile faithful -c j2k" */
static void settings_text(const lbc_suggestion *s, char out[48])
{
    const char *more = s->profile == LBC_PROFILE_FAITHFUL ? " --profile faithful"
                       : s->wavelet == LBC_WAVELET_97     ? " --wavelet 9/7"
                                                          : "";
    char bin[16] = "";
    if (s->bin > 1) snprintf(bin, sizeof bin, "-b %" PRIu32 " ", s->bin);
    const bool hcompress = s->lossy == LBC_LOSSY_HCOMPRESS;
    snprintf(out, 48, "%s%s %" PRIu32 "%s -c %s", bin, hcompress ? "-H" : "-J", s->lossy_value, more,
             hcompress ? "hcomp" : "j2k");
}

static const char *percent_text(double part, char out[16])
{
    const double percent = 100 * part;
    if (!isfinite(part))
        snprintf(out, 16, "-");
    else
        snprintf(out, 16, percent >= 99.5 ? "%.0f" : "%.2g", percent);
    return out;
}

/* Three digits or more, in five characters from 0 to 99999. */
static const char *number_text(double x, char out[16])
{
    snprintf(out, 16, x < 0.1 ? "%.3f" : x < 999.5 ? "%.3g" : "%.0f", x);
    return out;
}

static void add_suggestion(lbc_text *t, const lbc_suggestion *s)
{
    char settings[48], size[16], ratio[16], rmse[16], local[16], spots[16] = "-", speed[16];
    settings_text(s, settings);
    if (isfinite(s->figures.spot_correlation)) snprintf(spots, sizeof spots, "%.5f", s->figures.spot_correlation);
    lbc_text_add(t, "  %-38s %5s %5s %5s %6s %7s %5s\n", settings, number_text(s->bytes / 1000, size),
                 number_text(s->ratio, ratio), number_text(s->figures.rmse, rmse),
                 percent_text(s->figures.local_shift, local), spots, number_text(s->frames_per_second, speed));
}

/* Where a class begins. */
static void add_class(lbc_text *t, double least)
{
    if (least > 0)
        lbc_text_add(t, "correlation of spots %g or more\n", least);
    else
        lbc_text_add(t, "correlation of spots less, or not to be told\n");
}

char *lbc_suggest_text(const lbc_options *o, const lbc_suggestion *s, unsigned count)
{
    lbc_text t = {0};
    const uint64_t images = count ? s[0].figures.frames : 0;
    lbc_text_add(&t, "%s: %" PRIu64 " image%s tried", o->input, images, images == 1 ? "" : "s");
    if (o->sum > 1) lbc_text_add(&t, ", each a sum of %" PRIu32, o->sum);
    lbc_text_add(&t, "; best first, by how well spots are kept, then by size\n\n");
    lbc_text_add(&t, "  %-38s %5s %5s %5s %6s %7s %5s\n", "settings", "kB", "ratio", "RMSE", "local%", "spots", "1/s");
    for (unsigned i = 0; i < count; i++) {
        if (i == 0 || s[i].least_correlation != s[i - 1].least_correlation) add_class(&t, s[i].least_correlation);
        add_suggestion(&t, &s[i]);
    }
    lbc_text_add(&t, "\nkB     an image at rest             local  error of the mean over 31 x 31 pixels\n"
                     "ratio  against the raw input        spots  correlation of their intensities\n"
                     "RMSE   counts a (binned) pixel      1/s    images a second on one core\n");
    return lbc_text_take(&t);
}
