/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/note.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

typedef struct text {
    char *buffer;
    size_t size, length; /* length: as if the buffer were long enough */
} text;

static void add(text *t, const char *format, ...) LBC_PRINTF(2, 3);
static void add(text *t, const char *format, ...)
{
    const size_t room = t->length < t->size ? t->size - t->length : 0;
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(room ? t->buffer + t->length : NULL, room, format, args);
    va_end(args);
    if (n > 0) t->length += (size_t)n;
}

/* The detector's family and size class as detectors.lib spells them: its names are looked at by
 * programs, which only tell families apart. */
static const char *family_of(double pixel_um)
{
    if (fabs(pixel_um - 75) < 1) return "eiger";
    return fabs(pixel_um - 172) < 1 ? "pilatus" : "detector";
}

static const char *class_of(lbc_shape shape)
{
    static const struct {
        double below;
        const char *name;
    } classes[] = {{0.8e6, "500K"}, {2e6, "1M"},  {3.5e6, "2M"}, {5.5e6, "4M"},
                   {8e6, "6M"},     {13e6, "9M"}, {25e6, "16M"}};
    const double pixels = (double)shape.ny * shape.nx;
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (pixels < classes[i].below) return classes[i].name;
    return "large";
}

static void add_detectors_line(text *t, const lbc_change *c, const lbc_note_series *s)
{
    if (c->bin == 1 || isnan(s->pixel_x) || isnan(s->pixel_y)) return;
    const double um_x = s->pixel_x * 1e6, um_y = s->pixel_y * 1e6;
    add(t, "fast_dp needs this line in dxtbx's data/detectors.lib:\n");
    add(t, "  PAD %13" PRIu32 " %4" PRIu32 " %4.0f %4.0f %s-%s-%" PRIu32 "x%" PRIu32 "-binned\n", c->out.nx, c->out.ny,
        um_x * c->bin, um_y * c->bin, family_of(um_x), class_of(c->in), c->bin, c->bin);
}

static void add_xds_lines(text *t, const lbc_change *c, const lbc_note_series *s)
{
    const double b = c->bin;
    add(t, "XDS.INP must say:\n  NX= %" PRIu32 " NY= %" PRIu32, c->out.nx, c->out.ny);
    if (!isnan(s->pixel_x) && !isnan(s->pixel_y))
        add(t, " QX= %.6g QY= %.6g", s->pixel_x * b * 1e3, s->pixel_y * b * 1e3);
    add(t, "\n");
    if (!isnan(s->beam_x) && !isnan(s->beam_y))
        add(t, "  ORGX= %.2f ORGY= %.2f\n", s->beam_x / b + 0.5, s->beam_y / b + 0.5);
    if (c->bin > 1)
        add(t, "  (a refined ORGX or ORGY of the unbinned images becomes (ORGX - 0.5)/%" PRIu32 " + 0.5)\n", c->bin);
    add(t, "  OVERLOAD= %" PRId64 "\n  DATA_RANGE= 1 %" PRIu64 "\n", c->saturation, c->groups);
    if (c->past_trigger && s->by_step)
        add(t, "  (the images of one trigger alone: where the next one begins is not told)\n");
    if (isfinite(s->oscillation) && s->oscillation != 0) add(t, "  OSCILLATION_RANGE= %.6g\n", s->oscillation * c->sum);
}

size_t lbc_xds_note(char *buffer, size_t size, const lbc_change *change, const lbc_note_series *series)
{
    text t = {buffer, size, 0};
    if (size) buffer[0] = '\0';
    add_detectors_line(&t, change, series);
    add_xds_lines(&t, change, series);
    return t.length;
}
