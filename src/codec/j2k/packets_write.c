/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/j2k/packets.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { first_length_bits = 3 };

static uint32_t floor_log2(uint32_t n)
{
    return 31 - (uint32_t)__builtin_clz(n);
}

/* Bytes of a block's first n passes. */
static uint32_t bytes_of(const lbc_j2k_coded *b, uint32_t n)
{
    return n ? b->passes[n - 1].bytes : 0;
}

/* ---- state ----------------------------------------------------------------------------------- */

static lbc_status make_room(lbc_j2k_packet_writer *w, const lbc_j2k_layout *layout)
{
    lbc_j2k_packet_writer_clear(w);
    lbc_status status = lbc_j2k_trees_set(&w->trees, layout);
    if (status) return status;
    w->nblocks = layout->nblocks;
    w->sent = lbc_alloc(w->nblocks, sizeof *w->sent);
    w->saved_sent = lbc_alloc(w->nblocks, sizeof *w->saved_sent);
    w->saved_nodes = lbc_alloc(w->trees.count, sizeof *w->saved_nodes);
    return w->sent && w->saved_sent && w->saved_nodes ? LBC_OK : LBC_E_MEMORY;
}

lbc_status lbc_j2k_packets_begin(lbc_j2k_packet_writer *w, const lbc_j2k_layout *layout, const lbc_j2k_coded *blocks)
{
    lbc_status status = make_room(w, layout);
    if (status) return status;
    for (uint32_t b = 0; b < w->nblocks; b++) w->sent[b] = (lbc_j2k_sent){0, first_length_bits};
    for (uint32_t p = 0; p < layout->nprecincts; p++) {
        const lbc_j2k_precinct *precinct = &layout->precincts[p];
        lbc_tag_tree *zero_planes = &w->trees.zero_planes[p], *inclusion = &w->trees.inclusion[p];
        for (uint32_t leaf = 0; leaf < zero_planes->leaves; leaf++) {
            zero_planes->nodes[leaf].value = (uint16_t)blocks[precinct->first_block + leaf].zero_planes;
            inclusion->nodes[leaf].value = UINT16_MAX; /* not in any layer so far */
        }
        lbc_tag_tree_fill(zero_planes);
    }
    return LBC_OK;
}

void lbc_j2k_packets_save(lbc_j2k_packet_writer *w)
{
    memcpy(w->saved_nodes, w->trees.nodes, w->trees.count * sizeof *w->saved_nodes);
    memcpy(w->saved_sent, w->sent, w->nblocks * sizeof *w->saved_sent);
}

void lbc_j2k_packets_restore(lbc_j2k_packet_writer *w)
{
    memcpy(w->trees.nodes, w->saved_nodes, w->trees.count * sizeof *w->saved_nodes);
    memcpy(w->sent, w->saved_sent, w->nblocks * sizeof *w->saved_sent);
}

void lbc_j2k_packet_writer_clear(lbc_j2k_packet_writer *w)
{
    lbc_j2k_trees_clear(&w->trees);
    free(w->sent);
    free(w->saved_sent);
    free(w->saved_nodes);
    memset(w, 0, sizeof *w);
}

/* ---- headers --------------------------------------------------------------------------------- */

/* Table B.4 */
static void put_passes(lbc_bit_writer *bits, uint32_t n)
{
    if (n == 1)
        lbc_put_bit(bits, 0);
    else if (n == 2)
        lbc_put_bits(bits, 2, 2);
    else if (n <= 5)
        lbc_put_bits(bits, 0xc | (n - 3), 4);
    else if (n <= 36)
        lbc_put_bits(bits, 0x1e0 | (n - 6), 9);
    else
        lbc_put_bits(bits, 0xff80 | (n - 37), 16);
}

/* B.10.7: Lblock grows by a 1 bit each until the length fits. */
static void put_length(lbc_bit_writer *bits, lbc_j2k_sent *sent, uint32_t passes, uint32_t length)
{
    const uint32_t extra = floor_log2(passes), needed = lbc_bits_of(length);
    while (sent->length_bits + extra < needed) {
        lbc_put_bit(bits, 1);
        sent->length_bits++;
    }
    lbc_put_bit(bits, 0);
    lbc_put_bits(bits, length, sent->length_bits + extra);
}

/* B.10.3 for one block. */
static void put_block(lbc_j2k_packet_writer *w, uint32_t precinct, uint32_t leaf, uint32_t layer,
                      const lbc_j2k_coded *block, lbc_j2k_sent *sent, uint32_t chosen, lbc_bit_writer *bits)
{
    const bool included = chosen > sent->passes;
    if (sent->passes) {
        lbc_put_bit(bits, included);
    } else {
        lbc_tag_tree_encode(&w->trees.inclusion[precinct], leaf, layer + 1, bits);
        if (included) lbc_tag_tree_encode(&w->trees.zero_planes[precinct], leaf, block->zero_planes + 1, bits);
    }
    if (!included) return;
    const uint32_t passes = chosen - sent->passes;
    put_passes(bits, passes);
    put_length(bits, sent, passes, bytes_of(block, chosen) - bytes_of(block, sent->passes));
}

/* ---- packets --------------------------------------------------------------------------------- */

/* Blocks that come in with this layer are told so by the inclusion trees. True: the packet has any. */
static bool mark_inclusion(lbc_j2k_packet_writer *w, const lbc_j2k_layout *layout, const lbc_j2k_packet *packet,
                           uint32_t layer, const uint32_t *chosen)
{
    bool any = false;
    for (uint32_t p = packet->first_precinct; p < packet->first_precinct + packet->precincts; p++) {
        const uint32_t first = layout->precincts[p].first_block;
        lbc_tag_tree *tree = &w->trees.inclusion[p];
        bool fresh = false;
        for (uint32_t leaf = 0; leaf < tree->leaves; leaf++) {
            const uint32_t before = w->sent[first + leaf].passes;
            if (chosen[first + leaf] == before) continue;
            any = true;
            if (before) continue;
            tree->nodes[leaf].value = (uint16_t)layer;
            fresh = true;
        }
        if (fresh || layer == 0) lbc_tag_tree_fill(tree);
    }
    return any;
}

static size_t put_header(lbc_j2k_packet_writer *w, const lbc_j2k_layout *layout, const lbc_j2k_packet *packet,
                         const lbc_j2k_coded *blocks, uint32_t layer, const uint32_t *chosen, uint8_t *out,
                         size_t capacity)
{
    lbc_bit_writer bits;
    lbc_bits_begin(&bits, out, capacity);
    const bool any = mark_inclusion(w, layout, packet, layer, chosen);
    lbc_put_bit(&bits, any);
    for (uint32_t p = packet->first_precinct; any && p < packet->first_precinct + packet->precincts; p++) {
        const uint32_t first = layout->precincts[p].first_block, n = w->trees.inclusion[p].leaves;
        for (uint32_t leaf = 0; leaf < n; leaf++)
            put_block(w, p, leaf, layer, &blocks[first + leaf], &w->sent[first + leaf], chosen[first + leaf], &bits);
    }
    return lbc_bits_end(&bits);
}

/* The bytes of the blocks, after which they count as sent. */
static size_t put_body(lbc_j2k_packet_writer *w, const lbc_j2k_layout *layout, const lbc_j2k_packet *packet,
                       const lbc_j2k_coded *blocks, const uint32_t *chosen, uint8_t *out, size_t capacity)
{
    size_t size = 0;
    for (uint32_t p = packet->first_precinct; p < packet->first_precinct + packet->precincts; p++) {
        const uint32_t first = layout->precincts[p].first_block, n = w->trees.inclusion[p].leaves;
        for (uint32_t b = first; b < first + n; b++) {
            const uint32_t from = bytes_of(&blocks[b], w->sent[b].passes), to = bytes_of(&blocks[b], chosen[b]);
            if (size + (to - from) <= capacity && to > from) memcpy(out + size, blocks[b].codeword + from, to - from);
            size += to - from;
            w->sent[b].passes = chosen[b];
        }
    }
    return size;
}

size_t lbc_j2k_write_layer(lbc_j2k_packet_writer *w, const lbc_j2k_layout *layout, const lbc_j2k_coded *blocks,
                           uint32_t layer, const uint32_t *chosen, uint8_t *out, size_t capacity)
{
    size_t size = 0;
    for (uint32_t i = 0; i < layout->npackets; i++) {
        const lbc_j2k_packet *packet = &layout->packets[i];
        uint8_t *at = size < capacity ? out + size : NULL;
        size_t left = size < capacity ? capacity - size : 0;
        size_t header = put_header(w, layout, packet, blocks, layer, chosen, at, left);
        size += header;
        at = size < capacity ? out + size : NULL;
        left = size < capacity ? capacity - size : 0;
        size += put_body(w, layout, packet, blocks, chosen, at, left);
    }
    return size;
}
