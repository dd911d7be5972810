/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/hcompress/tile.h"

#include "base/bytes.h"
#include "base/cpu.h"
#include "codec/hcompress/quadtree.h"
#include "codec/hcompress/stream.h"
#include "frame/diffuse.h"

#include <string.h>

#define BODY_HEAD 11 /* coefficient (0, 0), and three numbers of planes */
#define QUADRANTS 4

#define PLANES_MAX32 31
#define PLANES_MAX64 58 /* what 64-bit arithmetic has room for */

/* One tile in the making. Of the pointers to values, those of one width are set. */
typedef struct tile {
    lbc_hcomp_grid grid;
    size_t pixels;
    bool wide;
    int32_t *coef32, *values32, *scratch32;
    int64_t *coef64, *values64, *scratch64;
    lbc_hcomp_cells *leaves, *upper; /* of the quadrant at work: all its planes, and the layers above one */
    int64_t last;                    /* coefficient (0, 0) */
} tile;

/* A quadrant of the coefficients. */
typedef struct quadrant {
    size_t start; /* of its first row in the tile */
    uint32_t rows, cols;
    unsigned kind; /* which of the body's three numbers of planes is its own */
    lbc_hcomp_tree tree;
} quadrant;

lbc_hcomp_coder lbc_hcomp_coder_init(lbc_buffer *memory, int32_t scale, int32_t largest, uint32_t fraction)
{
    lbc_hcomp_coder coder = {.loops = &lbc_hcomp_loops_c,
                             .plane_loops = &lbc_hcomp_plane_loops_c,
                             .memory = memory,
                             .scale = scale << fraction,
                             .largest = largest,
                             .fraction = fraction};
#ifdef LBC_HAVE_X86
    if (lbc_cpu() >= LBC_CPU_AVX2) {
        coder.loops = &lbc_hcomp_loops_avx2;
        coder.plane_loops = &lbc_hcomp_plane_loops_avx2;
    }
#endif
    return coder;
}

static quadrant quadrant_of(const tile *t, unsigned number)
{
    const uint32_t rows = t->grid.rows[0], cols = t->grid.cols[0], up = rows - rows / 2, left = cols - cols / 2;
    const bool lower = number >= 2, right = number % 2;
    quadrant q = {
        .start = (lower ? (size_t)up * cols : 0) + (right ? left : 0),
        .rows = lower ? rows / 2 : up,
        .cols = right ? cols / 2 : left,
        .kind = (unsigned)lower + (unsigned)right,
    };
    lbc_hcomp_tree_init(&q.tree, q.rows, q.cols);
    return q;
}

/* Lays a tile out in the coder's memory. */
static lbc_status tile_init(tile *t, const lbc_hcomp_coder *coder, uint32_t rows, uint32_t cols, bool wide)
{
    *t = (tile){.pixels = (size_t)rows * cols, .wide = wide};
    lbc_hcomp_grid_init(&t->grid, rows, cols);
    const quadrant largest = quadrant_of(t, 0);
    const size_t scratch = lbc_hcomp_grid_scratch(&t->grid), value = wide ? sizeof(int64_t) : sizeof(int32_t);
    const size_t cells = lbc_hcomp_tree_leaves(&largest.tree) * (wide ? PLANES_MAX64 : PLANES_MAX32);
    const size_t all_cells = cells + lbc_hcomp_tree_upper(&largest.tree);
    const size_t values = t->pixels * (wide || coder->fraction ? 2 : 1) + scratch;
    if (!lbc_buffer_need(coder->memory, all_cells * sizeof(lbc_hcomp_cells) + values * value)) return LBC_E_MEMORY;
    t->leaves = (void *)coder->memory->data;
    t->upper = t->leaves + cells;
    if (wide) {
        t->coef64 = (void *)(t->upper + (all_cells - cells));
        t->values64 = t->coef64 + t->pixels;
        t->scratch64 = t->values64 + t->pixels;
    } else {
        t->coef32 = (void *)(t->upper + (all_cells - cells));
        t->scratch32 = t->coef32 + t->pixels;
        t->values32 = coder->fraction ? t->scratch32 + scratch : NULL;
    }
    return LBC_OK;
}

/* ---- either width ---------------------------------------------------------------------------- */

static void forward(tile *t, const lbc_hcomp_coder *coder, const int32_t *counts)
{
    if (t->wide) {
        for (size_t i = 0; i < t->pixels; i++) t->values64[i] = (int64_t)counts[i] << coder->fraction;
        t->last = lbc_hcomp_forward64(&t->grid, coder->scale, t->values64, t->coef64, t->scratch64);
        return;
    }
    for (size_t i = 0; coder->fraction && i < t->pixels; i++) t->values32[i] = counts[i] << coder->fraction;
    t->last = lbc_hcomp_forward32(coder->loops, &t->grid, coder->scale, coder->fraction ? t->values32 : counts,
                                  t->coef32, t->scratch32);
}

/* Coefficients in parts of a step, those that are not 0 one part farther from it than the middle of their interval:
 * beside the large ones of a spot others were quantised to 0, and their counts would be missing from it. */
enum { PARTS = 16 };

static void outwards(tile *t)
{
    for (size_t i = 0; t->wide && i < t->pixels; i++) {
        const int64_t q = t->coef64[i];
        t->coef64[i] = q * PARTS + (q > 0) - (q < 0);
    }
    for (size_t i = 0; !t->wide && i < t->pixels; i++) {
        const int32_t q = t->coef32[i];
        t->coef32[i] = q * PARTS + (q > 0) - (q < 0);
    }
}

static int64_t held(int64_t value)
{
    return value < -LBC_DIFFUSE_MOST ? -LBC_DIFFUSE_MOST : value > LBC_DIFFUSE_MOST ? LBC_DIFFUSE_MOST : value;
}

static void inverse(tile *t, const lbc_hcomp_coder *coder, int32_t *values)
{
    const bool real = coder->fraction > 0;
    const int32_t parts = real ? PARTS : 1, scale = coder->scale / parts;
    const int64_t last = t->last * parts;
    if (real) outwards(t);
    if (t->wide) {
        lbc_hcomp_inverse64(&t->grid, scale, t->coef64, last, t->values64, t->scratch64);
        for (size_t i = 0; i < t->pixels; i++)
            values[i] = (int32_t)(uint32_t)(uint64_t)(real ? held(t->values64[i]) : t->values64[i]);
        return;
    }
    lbc_hcomp_inverse32(coder->loops, &t->grid, scale, t->coef32, last, values, t->scratch32);
    for (size_t i = 0; real && i < t->pixels; i++) values[i] = (int32_t)held(values[i]);
}

/* Planes of a quadrant; adds its coefficients that are not zero to *nonzero. */
static uint32_t count_planes(const tile *t, const lbc_hcomp_coder *coder, const quadrant *q, size_t *nonzero)
{
    uint64_t all = 0;
    for (size_t i = 0, at = q->start; i < q->rows; i++, at += t->grid.cols[0])
        all |= t->wide ? lbc_hcomp_survey64(t->coef64 + at, q->cols, nonzero)
                       : coder->plane_loops->survey(t->coef32 + at, q->cols, nonzero);
    return all ? 64 - (uint32_t)__builtin_clzll(all) : 0;
}

static void split(const tile *t, const lbc_hcomp_coder *coder, const quadrant *q, uint32_t planes)
{
    const size_t stride = lbc_hcomp_tree_leaves(&q->tree), words = q->tree.words[0];
    for (size_t i = 0, at = q->start; i < q->rows; i++, at += t->grid.cols[0]) {
        lbc_hcomp_cells *cells = t->leaves + i / 2 * words;
        if (t->wide)
            lbc_hcomp_split64(t->coef64 + at, q->cols, planes, cells, stride, i % 2);
        else
            coder->plane_loops->split(t->coef32 + at, q->cols, planes, cells, stride, i % 2);
    }
}

static void join(const tile *t, const lbc_hcomp_coder *coder, const quadrant *q, uint32_t planes)
{
    const size_t stride = lbc_hcomp_tree_leaves(&q->tree), words = q->tree.words[0];
    for (size_t i = 0, at = q->start; i < q->rows; i++, at += t->grid.cols[0]) {
        const lbc_hcomp_cells *cells = t->leaves + i / 2 * words;
        if (t->wide)
            lbc_hcomp_join64(t->coef64 + at, q->cols, planes, cells, stride, i % 2);
        else
            coder->plane_loops->join(t->coef32 + at, q->cols, planes, cells, stride, i % 2);
    }
}

static void put_signs(const tile *t, const lbc_hcomp_coder *coder, uint8_t *out)
{
    if (t->wide)
        lbc_hcomp_put_signs64(t->coef64, t->pixels, out);
    else
        coder->plane_loops->put_signs(t->coef32, t->pixels, out);
}

static bool take_signs(const tile *t, const lbc_hcomp_coder *coder, const uint8_t *in, size_t size)
{
    return t->wide ? lbc_hcomp_take_signs64(t->coef64, t->pixels, in, size)
                   : coder->plane_loops->take_signs(t->coef32, t->pixels, in, size);
}

/* ---- encode ---------------------------------------------------------------------------------- */

/* What the coefficients will take, found out as far as it is cheap. */
typedef struct survey {
    quadrant quadrants[QUADRANTS];
    uint32_t planes[3]; /* of the three kinds of quadrants */
    size_t nonzero;
} survey;

static survey survey_tile(const tile *t, const lbc_hcomp_coder *coder)
{
    survey s = {.nonzero = 0};
    for (unsigned n = 0; n < QUADRANTS; n++) {
        quadrant *q = &s.quadrants[n];
        *q = quadrant_of(t, n);
        const uint32_t planes = count_planes(t, coder, q, &s.nonzero);
        if (planes > s.planes[q->kind]) s.planes[q->kind] = planes;
    }
    return s;
}

static lbc_status put_quadrant(const tile *t, const lbc_hcomp_coder *coder, const quadrant *q, uint32_t planes,
                               lbc_hcomp_writer *w)
{
    const lbc_hcomp_tree *tree = &q->tree;
    split(t, coder, q, planes);
    while (planes-- > 0) {
        const lbc_hcomp_cells *leaves = t->leaves + planes * lbc_hcomp_tree_leaves(tree);
        const lbc_hcomp_plane_size size = lbc_hcomp_plane_measure(tree, leaves, t->upper);
        if (!lbc_hcomp_room(w, size.bits)) return LBC_E_SPACE;
        lbc_hcomp_plane_put(tree, leaves, t->upper, size.direct, w);
    }
    return LBC_OK;
}

static lbc_status put_body(const tile *t, const lbc_hcomp_coder *coder, uint8_t *body, size_t capacity, size_t *size)
{
    const survey s = survey_tile(t, coder);
    if (capacity < BODY_HEAD) return LBC_E_SPACE;
    lbc_put_be64(body, (uint64_t)t->last);
    for (int i = 0; i < 3; i++) body[8 + i] = (uint8_t)s.planes[i];

    lbc_hcomp_writer w = {.next = body + BODY_HEAD, .end = body + capacity};
    for (unsigned n = 0; n < QUADRANTS; n++) {
        const quadrant *q = &s.quadrants[n];
        lbc_status status = put_quadrant(t, coder, q, s.planes[q->kind], &w);
        if (status) return status;
    }
    if (!lbc_hcomp_room(&w, 4)) return LBC_E_SPACE;
    lbc_hcomp_put(&w, 0, 4);
    lbc_hcomp_flush(&w);

    const size_t sign_bytes = (s.nonzero + 7) / 8;
    if ((size_t)(w.end - w.next) < sign_bytes) return LBC_E_SPACE;
    put_signs(t, coder, w.next);
    *size = (size_t)(w.next - body) + sign_bytes;
    return LBC_OK;
}

/* The size put_body would give, without writing. */
static size_t measure_body(const tile *t, const lbc_hcomp_coder *coder)
{
    const survey s = survey_tile(t, coder);
    uint64_t bits = 4;
    for (unsigned n = 0; n < QUADRANTS; n++) {
        const quadrant *q = &s.quadrants[n];
        const uint32_t planes = s.planes[q->kind];
        split(t, coder, q, planes);
        for (uint32_t p = 0; p < planes; p++)
            bits += lbc_hcomp_plane_measure(&q->tree, t->leaves + p * lbc_hcomp_tree_leaves(&q->tree), t->upper).bits;
    }
    return BODY_HEAD + (size_t)((bits + 7) / 8) + (s.nonzero + 7) / 8;
}

/* Lays out a tile and transforms it, in the width its counts need. */
static lbc_status transform(tile *t, const lbc_hcomp_coder *coder, uint32_t rows, uint32_t cols, const int32_t *counts)
{
    lbc_hcomp_grid grid;
    lbc_hcomp_grid_init(&grid, rows, cols);
    bool narrow = lbc_hcomp_fits32(&grid, (int64_t)coder->largest << coder->fraction, coder->scale);
    if (!narrow) {
        uint32_t all = 0; /* below twice the largest count, and cheaper */
        for (size_t i = 0; i < (size_t)rows * cols; i++) all |= (uint32_t)counts[i];
        narrow = lbc_hcomp_fits32(&grid, (int64_t)all << coder->fraction, coder->scale);
    }
    lbc_status status = tile_init(t, coder, rows, cols, !narrow);
    if (!status) forward(t, coder, counts);
    return status;
}

lbc_status lbc_hcomp_tile_encode(const lbc_hcomp_coder *coder, uint32_t rows, uint32_t cols, const int32_t *counts,
                                 uint8_t *body, size_t capacity, size_t *size)
{
    tile t;
    lbc_status status = transform(&t, coder, rows, cols, counts);
    return status ? status : put_body(&t, coder, body, capacity, size);
}

lbc_status lbc_hcomp_tile_roundtrip(const lbc_hcomp_coder *coder, uint32_t rows, uint32_t cols, int32_t *counts,
                                    size_t *size)
{
    tile t;
    lbc_status status = transform(&t, coder, rows, cols, counts);
    if (status) return status;
    if (size) *size = measure_body(&t, coder);
    inverse(&t, coder, counts);
    return LBC_OK;
}

size_t lbc_hcomp_tile_bound(uint32_t rows, uint32_t cols, int32_t scale, int32_t largest)
{
    tile t = {.pixels = (size_t)rows * cols};
    lbc_hcomp_grid_init(&t.grid, rows, cols);
    uint64_t bits = 4;
    for (unsigned n = 0; n < QUADRANTS; n++) {
        const quadrant q = quadrant_of(&t, n);
        /* Differences of level 0 are at most 2 (largest + 1); each level doubles them. */
        const uint64_t difference = ((uint64_t)(uint32_t)largest + 1) << (q.kind == 0 ? t.grid.levels : 1);
        const uint64_t planes = lbc_bits_of((difference + (uint64_t)scale / 2) / (uint64_t)scale);
        bits += planes * (4 + 4 * (uint64_t)q.tree.rows[0] * q.tree.cols[0] + 4);
    }
    return BODY_HEAD + (size_t)(bits / 8 + 1) + t.pixels / 8 + 1;
}

/* ---- decode ---------------------------------------------------------------------------------- */

static lbc_status take_body(tile *t, const lbc_hcomp_coder *coder, const uint8_t *body, size_t size)
{
    lbc_hcomp_reader r = {.next = body + BODY_HEAD, .end = body + size};
    for (unsigned n = 0; n < QUADRANTS; n++) {
        const quadrant q = quadrant_of(t, n);
        const uint32_t planes = body[8 + q.kind];
        for (uint32_t p = planes; p-- > 0;)
            if (!lbc_hcomp_plane_take(&q.tree, t->leaves + p * lbc_hcomp_tree_leaves(&q.tree), t->upper, &r))
                return LBC_E_FORMAT;
        join(t, coder, &q, planes);
    }
    lbc_hcomp_refill(&r);
    const bool ended = lbc_hcomp_peek(&r, 4) == 0;
    lbc_hcomp_skip(&r, 4);
    if (!ended || lbc_hcomp_overrun(&r)) return LBC_E_FORMAT;
    const uint8_t *signs = lbc_hcomp_next_byte(&r);
    return take_signs(t, coder, signs, (size_t)(body + size - signs)) ? LBC_OK : LBC_E_FORMAT;
}

lbc_status lbc_hcomp_tile_decode(const lbc_hcomp_coder *coder, uint32_t rows, uint32_t cols, const uint8_t *body,
                                 size_t size, int32_t *values)
{
    if (size < LBC_HCOMP_BODY_MIN) return LBC_E_FORMAT;
    uint32_t planes = 0;
    for (int i = 8; i < BODY_HEAD; i++)
        if (body[i] > planes) planes = body[i];
    const int64_t last = (int64_t)lbc_get_be64(body);
    const uint32_t scale_bits = lbc_bits_of((uint64_t)coder->scale);
    const uint32_t last_bits = lbc_bits_of(last < 0 ? 0 - (uint64_t)last : (uint64_t)last) + scale_bits;
    if (planes + scale_bits > PLANES_MAX64 || last_bits > PLANES_MAX64) return LBC_E_FORMAT;

    tile t;
    lbc_hcomp_grid grid;
    lbc_hcomp_grid_init(&grid, rows, cols);
    const bool wide = planes + scale_bits > 27 || last_bits > 27 + grid.levels;
    lbc_status status = tile_init(&t, coder, rows, cols, wide);
    if (status) return status;
    t.last = last;
    status = take_body(&t, coder, body, size);
    if (!status) inverse(&t, coder, values);
    return status;
}
