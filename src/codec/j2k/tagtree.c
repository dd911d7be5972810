/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/j2k/tagtree.h"

/* ---- bits ------------------------------------------------------------------------------------ */

size_t lbc_bits_end(lbc_bit_writer *w)
{
    if (w->free != 8) lbc_bits_flush(w); /* begun, or due because the last one was 0xff */
    return w->size;
}

uint32_t lbc_get_bits(lbc_bit_reader *r, uint32_t n)
{
    uint32_t value = 0;
    while (n--) value = value << 1 | lbc_get_bit(r);
    return value;
}

const uint8_t *lbc_bits_close(lbc_bit_reader *r)
{
    if (r->bits == 0xff) {
        r->overrun |= r->at == r->end;
        if (!r->overrun) r->at++;
    }
    return r->at;
}

/* ---- trees ----------------------------------------------------------------------------------- */

enum { MOST_LEVELS = 33 }; /* of leaves in numbers of 32 bits */

uint32_t lbc_tag_tree_nodes(uint32_t w, uint32_t h)
{
    uint32_t n = w * h;
    while (w * h > 1) {
        w = (w + 1) / 2;
        h = (h + 1) / 2;
        n += w * h;
    }
    return n;
}

void lbc_tag_tree_set(lbc_tag_tree *tree, lbc_tag_node *nodes, uint32_t w, uint32_t h)
{
    tree->nodes = nodes;
    tree->leaves = w * h;
    tree->count = 0;
    while (w && h) {
        const uint32_t up_w = (w + 1) / 2, first = tree->count, up = first + w * h;
        const bool root = w * h == 1;
        for (uint32_t y = 0; y < h; y++)
            for (uint32_t x = 0; x < w; x++)
                nodes[tree->count++] = (lbc_tag_node){.parent = root ? first : up + y / 2 * up_w + x / 2};
        if (root) break;
        w = up_w;
        h = (h + 1) / 2;
    }
}

void lbc_tag_tree_fill(lbc_tag_tree *tree)
{
    for (uint32_t i = tree->leaves; i < tree->count; i++) tree->nodes[i].value = UINT16_MAX;
    for (uint32_t i = 0; i + 1 < tree->count; i++) {
        lbc_tag_node *up = &tree->nodes[tree->nodes[i].parent];
        if (tree->nodes[i].value < up->value) up->value = tree->nodes[i].value;
    }
}

/* The way from the root to a leaf. */
static uint32_t way_to(const lbc_tag_tree *tree, uint32_t leaf, uint32_t way[MOST_LEVELS])
{
    uint32_t n = 0;
    way[n++] = leaf;
    while (tree->nodes[leaf].parent != leaf) way[n++] = leaf = tree->nodes[leaf].parent;
    return n;
}

void lbc_tag_tree_encode(lbc_tag_tree *tree, uint32_t leaf, uint32_t threshold, lbc_bit_writer *w)
{
    uint32_t way[MOST_LEVELS], low = 0;
    if (tree->nodes[leaf].known || tree->nodes[leaf].low >= threshold) return; /* then so it is all the way up */
    for (uint32_t n = way_to(tree, leaf, way); n--;) {
        lbc_tag_node *node = &tree->nodes[way[n]];
        if (node->low > low) low = node->low;
        while (low < threshold && !node->known) {
            if (low == node->value) {
                lbc_put_bit(w, 1);
                node->known = true;
            } else {
                lbc_put_bit(w, 0);
                low++;
            }
        }
        node->low = (uint16_t)low;
    }
}

bool lbc_tag_tree_decode(lbc_tag_tree *tree, uint32_t leaf, uint32_t threshold, lbc_bit_reader *r)
{
    uint32_t way[MOST_LEVELS], low = 0;
    for (uint32_t n = way_to(tree, leaf, way); n--;) {
        lbc_tag_node *node = &tree->nodes[way[n]];
        if (node->low > low) low = node->low;
        while (low < threshold && !node->known) {
            if (lbc_get_bit(r))
                node->known = true;
            else
                low++;
        }
        node->low = (uint16_t)low;
    }
    return tree->nodes[leaf].known && tree->nodes[leaf].low < threshold;
}
