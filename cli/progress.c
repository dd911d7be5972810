/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "progress.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define BAR_WIDTH     20
#define BAR_INTERVAL  0.1
#define LINE_INTERVAL 10.0

void progress_open(progress_display *d, FILE *out, int when)
{
    const bool terminal = isatty(fileno(out));
    *d = (progress_display){.out = out, .shown = when != PROGRESS_NEVER, .bar = terminal};
    if (when == PROGRESS_ALWAYS && !terminal) d->last = -LINE_INTERVAL; /* a first line at once */
}

static void time_text(double seconds, char *out, size_t size)
{
    const unsigned long s = seconds < 359999 ? (unsigned long)(seconds + 0.5) : 359999;
    if (s >= 3600)
        snprintf(out, size, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, size, "%lu:%02lu", s / 60, s % 60);
}

static void draw(progress_display *d, const lbc_progress *p)
{
    const double part = p->frames ? (double)p->frames_done / (double)p->frames : 1;
    const double seconds = p->seconds > 1e-3 ? p->seconds : 1e-3;
    char left[32] = "?";
    if (p->frames_done) time_text(seconds * (1 - part) / part, left, sizeof left);
    const double ratio = p->bytes_out ? (double)p->bytes_in / (double)p->bytes_out : 0;
    if (d->bar) {
        char bar[BAR_WIDTH + 1];
        const int full = (int)(part * BAR_WIDTH);
        memset(bar, '.', BAR_WIDTH);
        memset(bar, '#', (size_t)full);
        bar[BAR_WIDTH] = '\0';
        fprintf(d->out, "\r[%s] %3.0f%%", bar, 100 * part);
    }
    fprintf(d->out, " %" PRIu64 "/%" PRIu64 " %.3g/s, in %.3g out %.3g MB/s, %.3g:1, %s left", p->frames_done,
            p->frames, (double)p->frames_done / seconds, 1e-6 * (double)p->bytes_in / seconds,
            1e-6 * (double)p->bytes_out / seconds, ratio, left);
    fputs(d->bar ? "\033[K" : "\n", d->out);
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
