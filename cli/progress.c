/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BAR_INTERVAL  0.1
#define LINE_INTERVAL 10.0

enum { NARROWEST_BAR = 8, WIDEST_BAR = 30, USUAL_WIDTH = 80 };

/* ---- what the terminal can show -------------------------------------------------------------- */

static bool wants_colour(void)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return !(no && *no) && term && *term && strcmp(term, "dumb") != 0;
}

/* The first of these that is set decides, as in setlocale(). */
static bool locale_is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (!value || !*value) continue;
        const char *dot = strchr(value, '.');
        return dot && (strncasecmp(dot, ".utf-8", 6) == 0 || strncasecmp(dot, ".utf8", 5) == 0);
    }
    return false;
}

static int columns(const progress_display *d)
{
    struct winsize size;
    return ioctl(fileno(d->out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : USUAL_WIDTH;
}

void progress_open(progress_display *d, FILE *out, int when)
{
    const bool terminal = isatty(fileno(out));
    *d = (progress_display){.out = out,
                            .shown = when != PROGRESS_NEVER,
                            .bar = terminal,
                            .colour = terminal && wants_colour(),
                            .utf8 = locale_is_utf8()};
    if (terminal || when == PROGRESS_ALWAYS) d->last = -LINE_INTERVAL; /* a first one at once */
}

/* ---- the words ------------------------------------------------------------------------------- */

/* Three digits, never in powers of ten. */
static const char *number_text(double value, char out[24])
{
    snprintf(out, 24, value >= 99.95 ? "%.0f" : value >= 9.995 ? "%.1f" : "%.2f", value);
    return out;
}

static void time_text(double seconds, char *out, size_t size)
{
    const unsigned long s = seconds < 359999 ? (unsigned long)(seconds + 0.5) : 359999;
    if (s >= 3600)
        snprintf(out, size, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, size, "%lu:%02lu", s / 60, s % 60);
}

static void words(const lbc_progress *p, double part, char *out, size_t size)
{
    const double seconds = p->seconds > 1e-3 ? p->seconds : 1e-3;
    char left[32] = "?", a[24], b[24], c[24], d[24];
    if (p->frames_done) time_text(seconds * (1 - part) / part, left, sizeof left);
    int n = snprintf(out, size, "%3.0f%% %" PRIu64 "/%" PRIu64 "  %s/s", 100 * part, p->frames_done, p->frames,
                     number_text((double)p->frames_done / seconds, a));
    if (p->bytes_out)
        n += snprintf(out + n, size - (size_t)n, "  in %s out %s MB/s  %s:1",
                      number_text(1e-6 * (double)p->bytes_in / seconds, b),
                      number_text(1e-6 * (double)p->bytes_out / seconds, c),
                      number_text((double)p->bytes_in / (double)p->bytes_out, d));
    snprintf(out + n, size - (size_t)n, "  %s left", left);
}

/* ---- the bar --------------------------------------------------------------------------------- */

static void put_bar(const progress_display *d, double part, int width)
{
    /* eighths of a character, from one to seven */
    static const char *const eighths[] = {"", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589"};
    const int done = (int)(part * width * 8), full = done / 8, more = d->utf8 ? done % 8 : 0;
    fputs(d->colour ? "\r[\033[36m" : "\r[", d->out);
    for (int i = 0; i < full; i++) fputs(d->utf8 ? "\u2588" : "#", d->out);
    fputs(eighths[more], d->out);
    if (d->colour) fputs("\033[0m", d->out);
    for (int i = full + (more > 0); i < width; i++) putc(d->utf8 ? ' ' : '.', d->out);
    fputs("] ", d->out);
}

static void draw(progress_display *d, const lbc_progress *p)
{
    char text[200];
    const double part = p->frames ? (double)p->frames_done / (double)p->frames : 1;
    words(p, part, text, sizeof text);
    if (!d->bar) {
        fprintf(d->out, "%s\n", text);
    } else {
        /* One column stays free: a terminal may wrap where the last is filled. */
        const int width = columns(d) - 1, room = width - (int)strlen(text) - 3;
        if (room >= NARROWEST_BAR)
            put_bar(d, part, room < WIDEST_BAR ? room : WIDEST_BAR);
        else
            putc('\r', d->out);
        fprintf(d->out, "%.*s\033[K", width, text);
    }
    fflush(d->out);
    d->drawn = d->bar;
}

void progress_show(progress_display *d, const lbc_progress *p)
{
    if (!d->shown || p->seconds - d->last < (d->bar ? BAR_INTERVAL : LINE_INTERVAL)) return;
    d->last = p->seconds;
    draw(d, p);
}

void progress_clear(progress_display *d)
{
    if (d->drawn) fputs("\r\033[K", d->out);
    fflush(d->out);
    d->drawn = false;
}
