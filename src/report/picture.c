/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/picture.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_SIDE 560
#define ZOOM_SIDE    36

/* A part of a pair of frames, shrunk: means of blocks; a mark where a block has no counts. */
typedef struct {
    uint32_t ny, nx;
    float *before, *after; /* [ny * nx] */
    float *sorted;         /* [ny * nx] scratch */
} view;

typedef struct {
    uint32_t y, x, ny, nx, shrink; /* pixels of the frame */
} window;

static void close_view(view *v)
{
    free(v->before);
    free(v->after);
    free(v->sorted);
}

static bool open_view(view *v, const window *w)
{
    v->ny = (w->ny + w->shrink - 1) / w->shrink;
    v->nx = (w->nx + w->shrink - 1) / w->shrink;
    const size_t n = (size_t)v->ny * v->nx;
    v->before = lbc_alloc(n, sizeof *v->before);
    v->after = lbc_alloc(n, sizeof *v->after);
    v->sorted = lbc_alloc(n, sizeof *v->sorted);
    return v->before && v->after && v->sorted;
}

/* Mean of a block; overloaded where any pixel is, else masked where fewer than half of them are counts. */
static float block_mean(const int32_t *frame, lbc_shape shape, uint32_t y0, uint32_t x0, uint32_t side)
{
    const uint32_t y1 = y0 + side < shape.ny ? y0 + side : shape.ny, x1 = x0 + side < shape.nx ? x0 + side : shape.nx;
    double sum = 0;
    uint32_t counts = 0, overloaded = 0;
    for (uint32_t y = y0; y < y1; y++)
        for (uint32_t x = x0; x < x1; x++) {
            const int32_t pixel = frame[(size_t)y * shape.nx + x];
            counts += pixel >= 0;
            overloaded += pixel == LBC_OVERLOADED;
            if (pixel >= 0) sum += pixel;
        }
    if (overloaded) return (float)LBC_OVERLOADED;
    return 2 * counts >= (y1 - y0) * (x1 - x0) ? (float)(sum / counts) : (float)LBC_MASKED;
}

static void look(view *v, const window *w, const int32_t *before, const int32_t *after, lbc_shape shape)
{
    for (uint32_t y = 0; y < v->ny; y++)
        for (uint32_t x = 0; x < v->nx; x++) {
            const size_t i = (size_t)y * v->nx + x;
            v->before[i] = block_mean(before, shape, w->y + y * w->shrink, w->x + x * w->shrink, w->shrink);
            v->after[i] = block_mean(after, shape, w->y + y * w->shrink, w->x + x * w->shrink, w->shrink);
        }
}

/* ---- scales ---------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The value that a part of n sorted ones is not above; 0 for none. */
static double quantile(const float *sorted, size_t n, double part)
{
    return n ? (double)sorted[(size_t)(part * (double)(n - 1))] : 0;
}

/* Sets the scales. part: of the pixels, that are not to be at the end of a scale. */
static void choose_scales(lbc_panel *p, const view *v, double part)
{
    const size_t all = (size_t)v->ny * v->nx;
    size_t n = 0;
    double sum = 0;
    for (size_t i = 0; i < all; i++) {
        if (v->before[i] < 0) continue;
        sum += (double)v->before[i];
        v->sorted[n++] = v->before[i];
    }
    qsort(v->sorted, n, sizeof *v->sorted, ascending);
    p->base = n && sum > 0 ? sum / (double)n : 1;
    p->top = fmax(quantile(v->sorted, n, part), 10 * p->base);
    n = 0;
    for (size_t i = 0; i < all; i++)
        if (v->before[i] >= 0 && v->after[i] >= 0) v->sorted[n++] = fabsf(v->after[i] - v->before[i]);
    qsort(v->sorted, n, sizeof *v->sorted, ascending);
    p->span = quantile(v->sorted, n, part);
    if (!(p->span > 0)) p->span = fmax(quantile(v->sorted, n, 1), 1);
}

static uint8_t shade_of(double part)
{
    if (!(part > 0)) return 0;
    return part >= 1 ? LBC_SHADES - 1 : (uint8_t)(part * (LBC_SHADES - 1) + 0.5);
}

static uint8_t shade_of_count(const lbc_panel *p, float count)
{
    if (count < 0) return count == (float)LBC_OVERLOADED ? LBC_SHADE_OVERLOADED : LBC_SHADE_MASKED;
    return shade_of(log1p((double)count / p->base) / log1p(p->top / p->base));
}

static uint8_t shade_of_difference(const lbc_panel *p, float before, float after)
{
    if (before < 0 || after < 0) return shade_of_count(p, before < after ? before : after);
    return shade_of(0.5 + 0.5 * (double)(after - before) / p->span);
}

/* ---- panels ---------------------------------------------------------------------------------- */

static bool open_bitmap(lbc_bitmap *b, uint32_t ny, uint32_t nx)
{
    *b = (lbc_bitmap){nx, ny, lbc_alloc((size_t)ny * nx, 1)};
    return b->shade != NULL;
}

static bool paint(lbc_panel *p, const view *v)
{
    if (!open_bitmap(&p->before, v->ny, v->nx) || !open_bitmap(&p->after, v->ny, v->nx) ||
        !open_bitmap(&p->difference, v->ny, v->nx))
        return false;
    for (size_t i = 0; i < (size_t)v->ny * v->nx; i++) {
        p->before.shade[i] = shade_of_count(p, v->before[i]);
        p->after.shade[i] = shade_of_count(p, v->after[i]);
        p->difference.shade[i] = shade_of_difference(p, v->before[i], v->after[i]);
    }
    return true;
}

typedef struct {
    const int32_t *before, *after;
    lbc_shape shape;
} pair;

static bool make_panel(lbc_panel *p, const pair *frames, const window *w, double part)
{
    view v = {0};
    bool ok = open_view(&v, w);
    if (ok) {
        look(&v, w, frames->before, frames->after, frames->shape);
        choose_scales(p, &v, part);
        ok = paint(p, &v);
    }
    close_view(&v);
    return ok;
}

/* ZOOM_SIDE pixels of n around `centre`. */
static void frame_zoom(uint32_t n, uint32_t centre, uint32_t *from, uint32_t *side)
{
    *side = n < ZOOM_SIDE ? n : ZOOM_SIDE;
    *from = centre < *side / 2 ? 0 : centre - *side / 2;
    if (*from > n - *side) *from = n - *side;
}

lbc_status lbc_picture_make(lbc_picture *picture, uint64_t number, const int32_t *before, const int32_t *after,
                            lbc_shape shape, const lbc_frame_measures *m, lbc_error *err)
{
    const pair frames = {before, after, shape};
    const uint32_t side = shape.ny > shape.nx ? shape.ny : shape.nx;
    window w = {0, 0, shape.ny, shape.nx, (side + LARGEST_SIDE - 1) / LARGEST_SIDE};
    *picture = (lbc_picture){.number = number, .shrink = w.shrink};
    bool ok = make_panel(&picture->whole, &frames, &w, 0.999);
    for (unsigned i = 0; ok && i < LBC_STRONGEST && m->strongest[i].before > 0; i++) {
        w.shrink = 1;
        frame_zoom(shape.ny, m->strongest[i].y, &w.y, &w.ny);
        frame_zoom(shape.nx, m->strongest[i].x, &w.x, &w.nx);
        picture->spot[picture->zooms] = m->strongest[i];
        ok = make_panel(&picture->zoom[picture->zooms++], &frames, &w, 1);
    }
    if (ok) return LBC_OK;
    lbc_picture_free(picture);
    return lbc_fail(err, LBC_E_MEMORY, "out of memory for a picture");
}

static void free_panel(lbc_panel *p)
{
    free(p->before.shade);
    free(p->after.shade);
    free(p->difference.shade);
}

void lbc_picture_free(lbc_picture *picture)
{
    free_panel(&picture->whole);
    for (unsigned i = 0; i < picture->zooms; i++) free_panel(&picture->zoom[i]);
    *picture = (lbc_picture){0};
}
