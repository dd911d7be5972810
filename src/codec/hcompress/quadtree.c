/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/hcompress/quadtree.h"

#include <string.h>

void lbc_hcomp_tree_init(lbc_hcomp_tree *t, uint32_t rows, uint32_t cols)
{
    t->odd_rows = rows % 2;
    t->odd_cols = cols % 2;
    t->layers = 0;
    do {
        rows -= rows / 2;
        cols -= cols / 2;
        t->rows[t->layers] = rows;
        t->cols[t->layers] = cols;
        t->words[t->layers] = (cols + 63) / 64;
        t->layers++;
    } while (rows > 1 || cols > 1);
}

static size_t layer_size(const lbc_hcomp_tree *t, uint32_t layer)
{
    return t->rows[layer] * t->words[layer];
}

size_t lbc_hcomp_tree_leaves(const lbc_hcomp_tree *t)
{
    return layer_size(t, 0);
}

size_t lbc_hcomp_tree_upper(const lbc_hcomp_tree *t)
{
    size_t size = 0;
    for (uint32_t l = 1; l < t->layers; l++) size += layer_size(t, l);
    return size;
}

static uint64_t occupied(const lbc_hcomp_cells *c)
{
    return c->corner[0] | c->corner[1] | c->corner[2] | c->corner[3];
}

/* ---- measure --------------------------------------------------------------------------------- */

/* The even bits of a word, side by side. */
static uint64_t even_bits(uint64_t x)
{
    x &= UINT64_C(0x5555555555555555);
    x = (x | x >> 1) & UINT64_C(0x3333333333333333);
    x = (x | x >> 2) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    x = (x | x >> 4) & UINT64_C(0x00ff00ff00ff00ff);
    x = (x | x >> 8) & UINT64_C(0x0000ffff0000ffff);
    return (x | x >> 16) & UINT64_C(0xffffffff);
}

/* Left and right corners of 64 cells from the two words below. */
static void pair_up(const lbc_hcomp_cells *below, size_t words, uint64_t *left, uint64_t *right)
{
    uint64_t low = occupied(below), high = words > 1 ? occupied(below + 1) : 0;
    *left = even_bits(low) | even_bits(high) << 32;
    *right = even_bits(low >> 1) | even_bits(high >> 1) << 32;
}

static void build_layer(const lbc_hcomp_tree *t, uint32_t layer, const lbc_hcomp_cells *below, lbc_hcomp_cells *out)
{
    const size_t words = t->words[layer], words_below = t->words[layer - 1];
    for (uint32_t i = 0; i < t->rows[layer]; i++) {
        const lbc_hcomp_cells *top = below + (size_t)2 * i * words_below, *bottom = top + words_below;
        const bool has_bottom = 2 * i + 1 < t->rows[layer - 1];
        for (size_t w = 0; w < words; w++, out++) {
            const size_t left = words_below - 2 * w;
            pair_up(top + 2 * w, left, &out->corner[0], &out->corner[1]);
            out->corner[2] = out->corner[3] = 0;
            if (has_bottom) pair_up(bottom + 2 * w, left, &out->corner[2], &out->corner[3]);
        }
    }
}

/* Bits of the codes of n words of cells. A code has 3 bits; one more with two corners or more, and one more again with
 * opposite corners or three, except that 14 has 6 and 15 has 4. */
static uint64_t code_bits(const lbc_hcomp_cells *cells, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        const uint64_t a = cells[i].corner[0], b = cells[i].corner[1], c = cells[i].corner[2], d = cells[i].corner[3];
        const uint64_t any = a | b | c | d;
        if (!any) continue;
        const uint64_t two = (a & b) | (c & d) | ((a | b) & (c | d));
        const uint64_t opposite = (a ^ b) & (c ^ d) & (a ^ c);
        const uint64_t three = ((a & b) & (c ^ d)) | ((c & d) & (a ^ b));
        const uint64_t fourteen = a & b & c & ~d;
        sum += 3 * (uint64_t)__builtin_popcountll(any) + (uint64_t)__builtin_popcountll(two) +
               (uint64_t)__builtin_popcountll(opposite | three) + (uint64_t)__builtin_popcountll(fourteen);
    }
    return sum;
}

static uint64_t leaf_count(const lbc_hcomp_tree *t)
{
    return (uint64_t)t->rows[0] * t->cols[0];
}

lbc_hcomp_plane_size lbc_hcomp_plane_measure(const lbc_hcomp_tree *t, const lbc_hcomp_cells *leaves,
                                             lbc_hcomp_cells *upper)
{
    /* The tree is given up as soon as its whole bytes are half as many as the leaves. */
    const uint64_t limit = (leaf_count(t) + 1) / 2 * 8;
    uint64_t bits = code_bits(leaves, layer_size(t, 0));
    for (uint32_t l = 1; l < t->layers && bits < limit; l++) {
        build_layer(t, l, leaves, upper);
        bits += code_bits(upper, layer_size(t, l));
        leaves = upper;
        upper += layer_size(t, l);
    }
    if (bits >= limit) return (lbc_hcomp_plane_size){4 + leaf_count(t) * 4, true};
    return (lbc_hcomp_plane_size){4 + (bits ? bits : 6), false};
}

/* ---- put ------------------------------------------------------------------------------------- */

typedef struct huffman_code {
    uint8_t bits, length;
} huffman_code;

static const huffman_code codes[16] = {
    {0x3e, 6}, {0x00, 3}, {0x01, 3}, {0x08, 4}, {0x02, 3}, {0x09, 4}, {0x1a, 5}, {0x1b, 5},
    {0x03, 3}, {0x1c, 5}, {0x0a, 4}, {0x1d, 5}, {0x0b, 4}, {0x1e, 5}, {0x3f, 6}, {0x0c, 4},
};

static void put_code(lbc_hcomp_writer *w, unsigned corners)
{
    lbc_hcomp_put(w, codes[corners].bits, codes[corners].length);
}

static unsigned corners_of(const lbc_hcomp_cells *c, unsigned j)
{
    return (unsigned)((c->corner[0] >> j & 1) << 3 | (c->corner[1] >> j & 1) << 2 | (c->corner[2] >> j & 1) << 1 |
                      (c->corner[3] >> j & 1));
}

/* The codes of n words of cells, backwards. */
static void put_codes(lbc_hcomp_writer *w, const lbc_hcomp_cells *cells, size_t n)
{
    while (n-- > 0) {
        uint64_t left = occupied(cells + n);
        while (left) {
            unsigned j = 63 - (unsigned)__builtin_clzll(left);
            put_code(w, corners_of(cells + n, j));
            left ^= UINT64_C(1) << j;
        }
    }
}

static void put_tree(const lbc_hcomp_tree *t, const lbc_hcomp_cells *leaves, const lbc_hcomp_cells *upper,
                     lbc_hcomp_writer *w)
{
    const lbc_hcomp_cells *layer = upper + lbc_hcomp_tree_upper(t);
    lbc_hcomp_put(w, 0xf, 4);
    if (!occupied(t->layers > 1 ? layer - 1 : leaves)) put_code(w, 0);
    for (uint32_t l = t->layers; l-- > 1;) {
        layer -= layer_size(t, l);
        put_codes(w, layer, layer_size(t, l));
    }
    put_codes(w, leaves, layer_size(t, 0));
}

/* Bits 0..15 of x to bits 0, 4, 8, ... */
static uint64_t spread4(uint64_t x)
{
    x = (x | x << 24) & UINT64_C(0x000000ff000000ff);
    x = (x | x << 12) & UINT64_C(0x000f000f000f000f);
    x = (x | x << 6) & UINT64_C(0x0303030303030303);
    return (x | x << 3) & UINT64_C(0x1111111111111111);
}

static uint64_t gather4(uint64_t x)
{
    x &= UINT64_C(0x1111111111111111);
    x = (x | x >> 3) & UINT64_C(0x0303030303030303);
    x = (x | x >> 6) & UINT64_C(0x000f000f000f000f);
    x = (x | x >> 12) & UINT64_C(0x000000ff000000ff);
    return (x | x >> 24) & 0xffff;
}

/* The first of 16 four-bit values becomes the last. */
static uint64_t reverse4(uint64_t x)
{
    x = __builtin_bswap64(x);
    return (x & UINT64_C(0x0f0f0f0f0f0f0f0f)) << 4 | (x >> 4 & UINT64_C(0x0f0f0f0f0f0f0f0f));
}

static void put_leaves(const lbc_hcomp_tree *t, const lbc_hcomp_cells *leaves, lbc_hcomp_writer *w)
{
    lbc_hcomp_put(w, 0, 4);
    for (uint32_t i = 0; i < t->rows[0]; i++, leaves += t->words[0])
        for (uint32_t j = 0; j < t->cols[0]; j += 16) {
            uint64_t x = 0;
            for (int c = 0; c < 4; c++) x |= spread4(leaves[j / 64].corner[c] >> (j % 64) & 0xffff) << (3 - c);
            x = reverse4(x);
            const uint32_t left = t->cols[0] - j;
            const unsigned bits = left < 16 ? left * 4 : 64;
            lbc_hcomp_put(w, (uint32_t)(x >> 32) >> (bits < 32 ? 32 - bits : 0), bits < 32 ? bits : 32);
            if (bits > 32) lbc_hcomp_put(w, (uint32_t)x >> (64 - bits), bits - 32);
        }
}

void lbc_hcomp_plane_put(const lbc_hcomp_tree *t, const lbc_hcomp_cells *leaves, const lbc_hcomp_cells *upper,
                         bool direct, lbc_hcomp_writer *w)
{
    if (direct)
        put_leaves(t, leaves, w);
    else
        put_tree(t, leaves, upper, w);
}

/* ---- take ------------------------------------------------------------------------------------ */

/* By the next six bits: corners, and in the high half the length of the code. */
#define TWICE(x) x, x
#define FOUR(x)  TWICE(x), TWICE(x)
#define EIGHT(x) FOUR(x), FOUR(x)
static const uint8_t decode_table[64] = {
    EIGHT(0x31), EIGHT(0x32), EIGHT(0x34), EIGHT(0x38), FOUR(0x43),  FOUR(0x45),  FOUR(0x4a), FOUR(0x4c),
    FOUR(0x4f),  TWICE(0x56), TWICE(0x57), TWICE(0x59), TWICE(0x5b), TWICE(0x5d), 0x60,       0x6e,
};

static unsigned take_code(lbc_hcomp_reader *r)
{
    const unsigned entry = decode_table[lbc_hcomp_peek(r, 6)];
    lbc_hcomp_skip(r, entry >> 4);
    return entry & 15;
}

/* Nine codes have at most 54 bits, so one refill is enough for them. */
#define CODES_OF_REFILL 9

/* Reads the corners of the cells marked in `marked`, from the highest down. */
static lbc_hcomp_cells take_cells(uint64_t marked, lbc_hcomp_reader *r)
{
    lbc_hcomp_cells cells = {{0}};
    while (marked) {
        lbc_hcomp_refill(r);
        for (int n = 0; n < CODES_OF_REFILL && marked; n++) {
            const unsigned j = 63 - (unsigned)__builtin_clzll(marked);
            const uint64_t corners = take_code(r);
            cells.corner[0] |= (corners >> 3) << j;
            cells.corner[1] |= (corners >> 2 & 1) << j;
            cells.corner[2] |= (corners >> 1 & 1) << j;
            cells.corner[3] |= (corners & 1) << j;
            marked ^= UINT64_C(1) << j;
        }
    }
    return cells;
}

/* What hangs over the edge is not there, whatever a stream says. */
static void trim_layer(const lbc_hcomp_tree *t, uint32_t layer, lbc_hcomp_cells *cells)
{
    const bool odd_rows = layer ? t->rows[layer - 1] % 2 : t->odd_rows;
    const bool odd_cols = layer ? t->cols[layer - 1] % 2 : t->odd_cols;
    const size_t words = t->words[layer];
    if (odd_cols)
        for (uint32_t i = 0; i < t->rows[layer]; i++) {
            lbc_hcomp_cells *last = cells + (i + 1) * words - 1;
            const uint64_t inside = ~(UINT64_C(1) << (t->cols[layer] - 1) % 64);
            last->corner[1] &= inside;
            last->corner[3] &= inside;
        }
    if (odd_rows)
        for (size_t w = 0; w < words; w++) {
            lbc_hcomp_cells *last = cells + (t->rows[layer] - 1) * words + w;
            last->corner[2] = last->corner[3] = 0;
        }
}

/* Bits 0..31 of x to the even ones. */
static uint64_t spread2(uint64_t x)
{
    x = (x | x << 16) & UINT64_C(0x0000ffff0000ffff);
    x = (x | x << 8) & UINT64_C(0x00ff00ff00ff00ff);
    x = (x | x << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    x = (x | x << 2) & UINT64_C(0x3333333333333333);
    return (x | x << 1) & UINT64_C(0x5555555555555555);
}

/* The cells of row i, word w that the layer above marks as occupied. */
static uint64_t marked_by(const lbc_hcomp_tree *t, uint32_t above, const lbc_hcomp_cells *cells, uint32_t i, size_t w)
{
    const lbc_hcomp_cells *c = cells + i / 2 * t->words[above] + w / 2;
    const unsigned half = w % 2 * 32, bottom = i % 2 * 2;
    return spread2(c->corner[bottom] >> half & 0xffffffff) | spread2(c->corner[bottom + 1] >> half & 0xffffffff) << 1;
}

static bool take_tree(const lbc_hcomp_tree *t, lbc_hcomp_cells *leaves, lbc_hcomp_cells *upper, lbc_hcomp_reader *r)
{
    lbc_hcomp_cells *above = NULL, *layer = upper + lbc_hcomp_tree_upper(t);
    for (uint32_t l = t->layers; l-- > 0;) {
        layer = l > 0 ? layer - layer_size(t, l) : leaves;
        for (uint32_t i = t->rows[l]; i-- > 0;)
            for (size_t w = t->words[l]; w-- > 0;)
                layer[i * t->words[l] + w] = take_cells(above ? marked_by(t, l + 1, above, i, w) : 1, r);
        trim_layer(t, l, layer);
        if (lbc_hcomp_overrun(r)) return false;
        above = layer;
    }
    return true;
}

static bool take_leaves(const lbc_hcomp_tree *t, lbc_hcomp_cells *leaves, lbc_hcomp_reader *r)
{
    lbc_hcomp_cells *row = leaves;
    for (uint32_t i = 0; i < t->rows[0]; i++, row += t->words[0]) {
        memset(row, 0, t->words[0] * sizeof *row);
        for (uint32_t j = 0; j < t->cols[0]; j += 16) {
            const uint32_t left = t->cols[0] - j, n = left < 16 ? left : 16;
            uint64_t x = 0;
            for (uint32_t taken = 0; taken < n; taken += 8) {
                const unsigned bits = n - taken < 8 ? (n - taken) * 4 : 32;
                lbc_hcomp_refill(r);
                x |= (uint64_t)lbc_hcomp_peek(r, bits) << (64 - bits - taken * 4);
                lbc_hcomp_skip(r, bits);
            }
            x = reverse4(x);
            for (int c = 0; c < 4; c++) row[j / 64].corner[c] |= gather4(x >> (3 - c)) << (j % 64);
        }
        if (lbc_hcomp_overrun(r)) return false;
    }
    trim_layer(t, 0, leaves);
    return true;
}

bool lbc_hcomp_plane_take(const lbc_hcomp_tree *t, lbc_hcomp_cells *leaves, lbc_hcomp_cells *upper, lbc_hcomp_reader *r)
{
    lbc_hcomp_refill(r);
    const uint32_t how = lbc_hcomp_peek(r, 4);
    lbc_hcomp_skip(r, 4);
    if (how == 0xf) return take_tree(t, leaves, upper, r);
    return how == 0 && take_leaves(t, leaves, r);
}
