/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/rest/marks.h"

#include "base/bytes.h"

#include <string.h>

enum { FORM_PLAIN = 0, FORM_RUNS = 1 };

#define RUNS_HEAD 3  /* form, K, L */
#define ORDERS    32 /* orders of exponential Golomb codes that are tried: all that can be useful below 2^32 */

/* ---- sets ---------------------------------------------------------------------------------- */

int lbc_marks_init(lbc_marks *m, lbc_shape shape, lbc_buffer *memory)
{
    m->shape = shape;
    m->stride = ((size_t)shape.nx + 63) / 64;
    const size_t bytes = m->stride * shape.ny * sizeof *m->words;
    if (!lbc_buffer_need(memory, bytes)) return 0;
    m->words = (uint64_t *)(void *)memory->data;
    memset(m->words, 0, bytes);
    return 1;
}

bool lbc_marks_empty(const lbc_marks *m)
{
    uint64_t any = 0;
    for (size_t i = 0; i < m->stride * m->shape.ny; i++) any |= m->words[i];
    return any == 0;
}

void lbc_marks_xor(lbc_marks *m, const lbc_marks *other)
{
    for (size_t i = 0; i < m->stride * m->shape.ny; i++) m->words[i] ^= other->words[i];
}

/* ---- prediction ---------------------------------------------------------------------------- */

/* row ^= what the two rows above let expect. above and above2 may be NULL: beyond the frame. */
static void predict_row(uint64_t *row, const uint64_t *above, const uint64_t *above2, size_t stride)
{
    if (!above) return;
    for (size_t i = 0; i < stride; i++) {
        const uint64_t a = above[i];
        if (!a) continue;
        const uint64_t left = a << 1 | (i > 0 ? above[i - 1] >> 63 : 0);
        const uint64_t right = a >> 1 | (i + 1 < stride ? above[i + 1] << 63 : 0);
        row[i] ^= a & (left | right | (above2 ? above2[i] : 0));
    }
}

static void predict(lbc_marks *m, uint32_t y)
{
    predict_row(lbc_marks_row(m, y), y > 0 ? lbc_marks_row(m, y - 1) : NULL, y > 1 ? lbc_marks_row(m, y - 2) : NULL,
                m->stride);
}

/* ---- runs ---------------------------------------------------------------------------------- */

/* The first x' >= x in the row whose bit is `bit`; nx when there is none. */
static uint32_t find_in_row(const uint64_t *row, uint32_t x, uint32_t nx, bool bit)
{
    const uint64_t flip = bit ? 0 : ~UINT64_C(0);
    uint64_t from = ~UINT64_C(0) << (x % 64);
    for (size_t i = x / 64; i * 64 < nx; i++, from = ~UINT64_C(0)) {
        const uint64_t word = (row[i] ^ flip) & from;
        if (word) {
            const uint32_t found = (uint32_t)(i * 64) + (uint32_t)__builtin_ctzll(word);
            return found < nx ? found : nx;
        }
    }
    return nx;
}

/* The first pixel at or after `at`, in raster order, that is (bit) or is not (!bit) in the set; ny * nx: none. */
static uint64_t find(const lbc_marks *m, uint64_t at, bool bit)
{
    const uint32_t nx = m->shape.nx;
    uint32_t x = (uint32_t)(at % nx);
    for (uint64_t y = at / nx; y < m->shape.ny; y++, x = 0) {
        const uint32_t found = find_in_row(lbc_marks_row(m, (uint32_t)y), x, nx, bit);
        if (found < nx) return y * nx + found;
    }
    return (uint64_t)m->shape.ny * nx;
}

/* Walks the runs of a set: gap pixels that are not in it, then length ones that are. */
typedef struct run_walk {
    const lbc_marks *set;
    uint64_t at;
    uint64_t gap, length;
} run_walk;

static bool next_run(run_walk *w)
{
    const uint64_t begin = find(w->set, w->at, true);
    if (begin == (uint64_t)w->set->shape.ny * w->set->shape.nx) return false;
    const uint64_t end = find(w->set, begin, false);
    w->gap = begin - w->at;
    w->length = end - begin;
    w->at = end;
    return true;
}

/* Adds a run of ones in raster order; the caller has checked that it lies in the frame. */
static void set_run(lbc_marks *m, uint64_t at, uint64_t length)
{
    const uint32_t nx = m->shape.nx;
    while (length > 0) {
        const uint32_t x = (uint32_t)(at % nx);
        const uint32_t n = length < nx - x ? (uint32_t)length : nx - x;
        uint64_t *row = lbc_marks_row(m, (uint32_t)(at / nx));
        for (uint32_t i = x; i < x + n;) {
            const uint32_t bits = 64 - i % 64 < x + n - i ? 64 - i % 64 : x + n - i;
            row[i / 64] |= ~UINT64_C(0) >> (64 - bits) << (i % 64);
            i += bits;
        }
        at += n;
        length -= n;
    }
}

/* ---- exponential Golomb codes -------------------------------------------------------------- */

static unsigned bit_length(uint64_t v)
{
    return 64 - (unsigned)__builtin_clzll(v);
}

static unsigned code_bits(uint64_t v, unsigned order)
{
    return 2 * bit_length((v >> order) + 1) - 1 + order;
}

typedef struct bit_writer {
    uint8_t *out;
    size_t bit;
} bit_writer;

static void put_bits(bit_writer *w, uint64_t value, unsigned bits)
{
    while (bits > 0) {
        bits--;
        if (w->bit % 8 == 0) w->out[w->bit / 8] = 0;
        w->out[w->bit / 8] |= (uint8_t)((value >> bits & 1) << (7 - w->bit % 8));
        w->bit++;
    }
}

static void put_code(bit_writer *w, uint64_t v, unsigned order)
{
    const uint64_t u = (v >> order) + 1;
    put_bits(w, 0, bit_length(u) - 1);
    put_bits(w, u, bit_length(u));
    put_bits(w, v, order);
}

typedef struct bit_reader {
    const uint8_t *in;
    uint64_t bit, bits;
} bit_reader;

/* Fails by returning false, at the end of the bytes or for a value of more than 32 bits. */
static bool get_bits(bit_reader *r, unsigned bits, uint64_t *value)
{
    if (bits > r->bits - r->bit) return false;
    uint64_t v = 0;
    for (; bits > 0; bits--, r->bit++) v = v << 1 | (r->in[r->bit / 8] >> (7 - r->bit % 8) & 1);
    *value = v;
    return true;
}

static bool get_code(bit_reader *r, unsigned order, uint64_t *value)
{
    unsigned zeros = 0;
    uint64_t bit, rest, low;
    for (;; zeros++) {
        if (zeros > 32 || !get_bits(r, 1, &bit)) return false;
        if (bit) break;
    }
    if (!get_bits(r, zeros, &rest) || !get_bits(r, order, &low)) return false;
    const uint64_t u = UINT64_C(1) << zeros | rest;
    if (u - 1 > UINT32_MAX >> order) return false;
    *value = (u - 1) << order | low;
    return true;
}

/* ---- packing ------------------------------------------------------------------------------- */

static size_t plain_row_bytes(lbc_shape shape)
{
    return ((size_t)shape.nx + 7) / 8;
}

size_t lbc_marks_bound(lbc_shape shape)
{
    return 1 + plain_row_bytes(shape) * shape.ny;
}

static unsigned cheapest(const uint64_t cost[ORDERS])
{
    unsigned best = 0;
    for (unsigned k = 1; k < ORDERS; k++)
        if (cost[k] < cost[best]) best = k;
    return best;
}

static size_t pack_plain(const lbc_marks *m, uint8_t *out)
{
    const size_t row_bytes = plain_row_bytes(m->shape);
    *out++ = FORM_PLAIN;
    for (uint32_t y = 0; y < m->shape.ny; y++, out += row_bytes)
        memcpy(out, lbc_marks_row(m, y), row_bytes); /* words are little-endian, see base/bytes.h */
    return lbc_marks_bound(m->shape);
}

/* From the last row up a row's upper neighbours are still what they were; from the first one down they are again. */
static void to_residual(lbc_marks *m)
{
    for (uint32_t y = m->shape.ny; y-- > 0;) predict(m, y);
}

static void from_residual(lbc_marks *m)
{
    for (uint32_t y = 0; y < m->shape.ny; y++) predict(m, y);
}

size_t lbc_marks_pack(lbc_marks *m, uint8_t *out)
{
    uint64_t gaps[ORDERS] = {0}, lengths[ORDERS] = {0}, runs = 0;
    if (lbc_marks_empty(m)) return 0;
    to_residual(m);
    for (run_walk w = {.set = m}; next_run(&w); runs++)
        for (unsigned k = 0; k < ORDERS; k++) {
            gaps[k] += code_bits(w.gap, k);
            lengths[k] += code_bits(w.length - 1, k);
        }
    const unsigned gap_order = cheapest(gaps), length_order = cheapest(lengths);
    const uint64_t bits = code_bits(runs, 0) + gaps[gap_order] + lengths[length_order];
    if (RUNS_HEAD + (bits + 7) / 8 >= lbc_marks_bound(m->shape)) {
        from_residual(m);
        return pack_plain(m, out);
    }
    out[0] = FORM_RUNS;
    out[1] = (uint8_t)gap_order;
    out[2] = (uint8_t)length_order;
    bit_writer bw = {.out = out + RUNS_HEAD};
    put_code(&bw, runs, 0);
    for (run_walk w = {.set = m}; next_run(&w);) {
        put_code(&bw, w.gap, gap_order);
        put_code(&bw, w.length - 1, length_order);
    }
    return RUNS_HEAD + (bw.bit + 7) / 8;
}

/* ---- unpacking ----------------------------------------------------------------------------- */

static lbc_status unpack_plain(lbc_marks *m, const uint8_t *packed, size_t size)
{
    const size_t row_bytes = plain_row_bytes(m->shape);
    if (size < lbc_marks_bound(m->shape) - 1) return LBC_E_FORMAT;
    const unsigned over = m->shape.nx % 64;
    const uint64_t last = over ? ~UINT64_C(0) >> (64 - over) : ~UINT64_C(0);
    for (uint32_t y = 0; y < m->shape.ny; y++, packed += row_bytes) {
        uint64_t *row = lbc_marks_row(m, y);
        memcpy(row, packed, row_bytes);
        row[m->stride - 1] &= last;
    }
    return LBC_OK;
}

static lbc_status unpack_runs(lbc_marks *m, const uint8_t *packed, size_t size)
{
    const uint64_t pixels = (uint64_t)m->shape.ny * m->shape.nx;
    if (size < RUNS_HEAD - 1 || packed[0] >= ORDERS || packed[1] >= ORDERS || m->shape.nx == 0) return LBC_E_FORMAT;
    bit_reader r = {.in = packed + 2, .bits = (uint64_t)(size - 2) * 8};
    uint64_t runs, at = 0;
    if (!get_code(&r, 0, &runs)) return LBC_E_FORMAT;
    for (; runs > 0; runs--) {
        uint64_t gap, length;
        if (!get_code(&r, packed[0], &gap) || !get_code(&r, packed[1], &length)) return LBC_E_FORMAT;
        length++;
        if (gap > pixels - at || length > pixels - at - gap) return LBC_E_FORMAT;
        set_run(m, at + gap, length);
        at += gap + length;
    }
    from_residual(m);
    return LBC_OK;
}

lbc_status lbc_marks_unpack(lbc_marks *m, const uint8_t *packed, size_t size)
{
    if (size == 0) return LBC_OK;
    switch (packed[0]) {
    case FORM_PLAIN: return unpack_plain(m, packed + 1, size - 1);
    case FORM_RUNS: return unpack_runs(m, packed + 1, size - 1);
    default: return LBC_E_FORMAT;
    }
}
