/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tagtree.h - tag trees and the bits of packet headers (B.10.1, B.10.2). */
#ifndef LBC_CODEC_J2K_TAGTREE_H
#define LBC_CODEC_J2K_TAGTREE_H

#include "codec/codec.h"

/* ---- bits, with a 0 bit stuffed after a byte 0xff ------------------------------------------ */

/* Bytes beyond the end are counted and not written, so that out may be NULL with capacity 0. */
typedef struct lbc_bit_writer {
    uint8_t *out;
    size_t capacity, size; /* size: whole bytes so far */
    uint32_t bits, free;   /* the byte in the making, and its bits still free */
} lbc_bit_writer;

static inline void lbc_bits_begin(lbc_bit_writer *w, uint8_t *out, size_t capacity)
{
    *w = (lbc_bit_writer){.out = out, .capacity = capacity, .free = 8};
}

static inline void lbc_bits_flush(lbc_bit_writer *w)
{
    if (w->size < w->capacity) w->out[w->size] = (uint8_t)w->bits;
    w->size++;
    w->free = w->bits == 0xff ? 7 : 8;
    w->bits = 0;
}

static inline void lbc_put_bit(lbc_bit_writer *w, uint32_t bit)
{
    w->bits |= bit << --w->free;
    if (w->free == 0) lbc_bits_flush(w);
}

/* The low n bits of value, highest first. */
static inline void lbc_put_bits(lbc_bit_writer *w, uint32_t value, uint32_t n)
{
    while (n--) lbc_put_bit(w, value >> n & 1);
}

/* Fills up the last byte; a header does not end in 0xff. Returns its bytes. */
size_t lbc_bits_end(lbc_bit_writer *w);

typedef struct lbc_bit_reader {
    const uint8_t *at, *end;
    uint32_t bits, left; /* the byte at work, and its bits still to come */
    bool overrun;        /* more was asked for than there is; reads give 0 */
} lbc_bit_reader;

static inline void lbc_bits_open(lbc_bit_reader *r, const uint8_t *data, size_t size)
{
    *r = (lbc_bit_reader){.at = data, .end = data + size};
}

static inline uint32_t lbc_get_bit(lbc_bit_reader *r)
{
    if (r->left == 0) {
        r->left = r->bits == 0xff ? 7 : 8;
        r->overrun |= r->at == r->end;
        r->bits = r->overrun ? 0 : *r->at++;
    }
    return r->bits >> --r->left & 1;
}

uint32_t lbc_get_bits(lbc_bit_reader *r, uint32_t n);
/* Where the bytes after the header begin. */
const uint8_t *lbc_bits_close(lbc_bit_reader *r);

/* ---- tag trees ------------------------------------------------------------------------------- */

typedef struct lbc_tag_node {
    uint32_t parent; /* index in the tree; its own at the root */
    uint16_t value;  /* encoder: minimum of the leaves below */
    uint16_t low;    /* what the reader of the codestream knows: value >= low */
    bool known;      /*   ... and value == low */
} lbc_tag_node;

/* Leaves first, in raster order, then level by level up to the root. */
typedef struct lbc_tag_tree {
    lbc_tag_node *nodes;
    uint32_t leaves, count;
} lbc_tag_tree;

/* Nodes that a tree over w x h leaves has; 0 where there are no leaves. */
uint32_t lbc_tag_tree_nodes(uint32_t w, uint32_t h);
/* Lays a tree out in `nodes`, which the caller keeps, all values and lows 0. */
void lbc_tag_tree_set(lbc_tag_tree *tree, lbc_tag_node *nodes, uint32_t w, uint32_t h);
/* Encoder: gives inner nodes their values when those of the leaves are set. */
void lbc_tag_tree_fill(lbc_tag_tree *tree);

/* Writes what tells a reader whether the leaf's value is below threshold. */
void lbc_tag_tree_encode(lbc_tag_tree *tree, uint32_t leaf, uint32_t threshold, lbc_bit_writer *w);
/* Reads it: true when the value is below threshold. */
bool lbc_tag_tree_decode(lbc_tag_tree *tree, uint32_t leaf, uint32_t threshold, lbc_bit_reader *r);

#endif
