/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/j2k/packets.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { SOP = 0xff91, EPH = 0xff92 };

/* Bit planes that fit beside a sign and a half; lengths in a packet's header. */
enum { most_planes = 30, first_length_bits = 3, most_length_bits = 31 };

/* ---- trees ----------------------------------------------------------------------------------- */

lbc_status lbc_j2k_trees_set(lbc_j2k_trees *t, const lbc_j2k_layout *layout)
{
    lbc_j2k_trees_clear(t);
    for (uint32_t p = 0; p < layout->nprecincts; p++)
        t->count += 2 * lbc_tag_tree_nodes(layout->precincts[p].blocks_x, layout->precincts[p].blocks_y);
    t->inclusion = lbc_alloc(layout->nprecincts, sizeof *t->inclusion);
    t->zero_planes = lbc_alloc(layout->nprecincts, sizeof *t->zero_planes);
    t->nodes = lbc_alloc(t->count, sizeof *t->nodes);
    if (!t->inclusion || !t->zero_planes || !t->nodes) {
        lbc_j2k_trees_clear(t);
        return LBC_E_MEMORY;
    }
    lbc_tag_node *nodes = t->nodes;
    for (uint32_t p = 0; p < layout->nprecincts; p++) {
        const lbc_j2k_precinct *precinct = &layout->precincts[p];
        lbc_tag_tree_set(&t->inclusion[p], nodes, precinct->blocks_x, precinct->blocks_y);
        nodes += t->inclusion[p].count;
        lbc_tag_tree_set(&t->zero_planes[p], nodes, precinct->blocks_x, precinct->blocks_y);
        nodes += t->zero_planes[p].count;
    }
    return LBC_OK;
}

void lbc_j2k_trees_clear(lbc_j2k_trees *t)
{
    free(t->inclusion);
    free(t->zero_planes);
    free(t->nodes);
    memset(t, 0, sizeof *t);
}

/* ---- headers --------------------------------------------------------------------------------- */

/* Table B.4 */
static uint32_t get_passes(lbc_bit_reader *bits)
{
    if (!lbc_get_bit(bits)) return 1;
    if (!lbc_get_bit(bits)) return 2;
    uint32_t n = lbc_get_bits(bits, 2);
    if (n < 3) return 3 + n;
    n = lbc_get_bits(bits, 5);
    if (n < 31) return 6 + n;
    return 37 + lbc_get_bits(bits, 7);
}

static uint32_t floor_log2(uint32_t n)
{
    return 31 - (uint32_t)__builtin_clz(n);
}

/* Has the packet anything of the block? (B.10.4) */
static bool get_inclusion(lbc_j2k_trees *trees, uint32_t precinct, uint32_t leaf, uint32_t layer,
                          const lbc_j2k_received *b, lbc_bit_reader *bits)
{
    if (b->passes) return lbc_get_bit(bits);
    return lbc_tag_tree_decode(&trees->inclusion[precinct], leaf, layer + 1, bits);
}

/* B.10.5. planes if there is no end to them. */
static uint32_t get_zero_planes(lbc_tag_tree *tree, uint32_t leaf, uint32_t planes, lbc_bit_reader *bits)
{
    uint32_t n = 0;
    while (n < planes && !lbc_tag_tree_decode(tree, leaf, n + 1, bits)) n++;
    return n;
}

static bool add_piece(lbc_j2k_packet_reader *r, lbc_j2k_received *b, uint32_t size)
{
    if (r->npieces >= r->room) {
        const uint32_t room = r->room ? 2 * r->room : 1024;
        lbc_j2k_piece *grown = room > r->room ? realloc(r->pieces, room * sizeof *grown) : NULL;
        if (!grown) return false;
        r->pieces = grown;
        r->room = room;
    }
    r->pieces[r->npieces] = (lbc_j2k_piece){.size = size};
    if (b->first)
        r->pieces[b->last].next = r->npieces;
    else
        b->first = r->npieces;
    b->last = r->npieces++;
    return true;
}

/* What a packet's header says of one block (B.10.3). */
static lbc_status read_block(lbc_j2k_packet_reader *r, const lbc_j2k_band *band, uint32_t precinct, uint32_t leaf,
                             uint32_t layer, lbc_j2k_received *b, lbc_bit_reader *bits)
{
    if (!get_inclusion(&r->trees, precinct, leaf, layer, b, bits)) return LBC_OK;
    if (!b->passes) {
        b->zero_planes = get_zero_planes(&r->trees.zero_planes[precinct], leaf, band->planes, bits);
        b->length_bits = first_length_bits;
        if (b->zero_planes == band->planes) return LBC_E_FORMAT;
        if (band->planes - b->zero_planes > most_planes) return LBC_E_UNSUPPORTED;
    }
    const uint32_t passes = get_passes(bits);
    while (lbc_get_bit(bits))
        if (++b->length_bits > most_length_bits) return LBC_E_FORMAT;
    const uint32_t length_bits = b->length_bits + floor_log2(passes);
    if (length_bits > most_length_bits) return LBC_E_FORMAT;
    const uint32_t size = lbc_get_bits(bits, length_bits);
    b->passes += passes;
    if (b->passes > 3 * (band->planes - b->zero_planes) - 2) return LBC_E_FORMAT;
    b->bytes += size;
    return add_piece(r, b, size) ? LBC_OK : LBC_E_MEMORY;
}

static lbc_status read_header(lbc_j2k_packet_reader *r, const lbc_j2k_layout *layout, const lbc_j2k_packet *packet,
                              uint32_t layer, lbc_bit_reader *bits)
{
    if (!lbc_get_bit(bits)) return bits->overrun ? LBC_E_FORMAT : LBC_OK;
    for (uint32_t p = packet->first_precinct; p < packet->first_precinct + packet->precincts; p++) {
        const lbc_j2k_precinct *precinct = &layout->precincts[p];
        const uint32_t n = precinct->blocks_x * precinct->blocks_y;
        for (uint32_t leaf = 0; leaf < n; leaf++) {
            lbc_j2k_received *b = &r->blocks[precinct->first_block + leaf];
            lbc_status status = read_block(r, &layout->bands[precinct->band], p, leaf, layer, b, bits);
            if (status) return status;
        }
        if (bits->overrun) return LBC_E_FORMAT;
    }
    return LBC_OK;
}

/* ---- packets --------------------------------------------------------------------------------- */

typedef struct cursor {
    const uint8_t *at, *end;
} cursor;

static bool take_marker(cursor *c, uint32_t marker, size_t size)
{
    if ((size_t)(c->end - c->at) < size || lbc_get_be16(c->at) != marker) return false;
    c->at += size;
    return true;
}

/* The bytes of the pieces that a header has announced, in the order it named them. */
static lbc_status read_body(lbc_j2k_packet_reader *r, uint32_t first_piece, cursor *c)
{
    for (uint32_t i = first_piece; i < r->npieces; i++) {
        if (r->pieces[i].size > (size_t)(c->end - c->at)) return LBC_E_FORMAT;
        r->pieces[i].data = c->at;
        c->at += r->pieces[i].size;
    }
    return LBC_OK;
}

static lbc_status read_packet(lbc_j2k_packet_reader *r, const lbc_j2k_layout *layout, const lbc_j2k_header *header,
                              const lbc_j2k_packet *packet, uint32_t layer, cursor *c)
{
    const size_t sop_size = 6, eph_size = 2;
    const uint32_t first_piece = r->npieces;
    lbc_bit_reader bits;
    if (header->sop) take_marker(c, SOP, sop_size); /* may be left out (A.8.1) */
    lbc_bits_open(&bits, c->at, (size_t)(c->end - c->at));
    lbc_status status = read_header(r, layout, packet, layer, &bits);
    if (status) return status;
    c->at = lbc_bits_close(&bits);
    if (bits.overrun) return LBC_E_FORMAT;
    if (header->eph && !take_marker(c, EPH, eph_size)) return LBC_E_FORMAT;
    return read_body(r, first_piece, c);
}

lbc_status lbc_j2k_read_packets(lbc_j2k_packet_reader *r, const lbc_j2k_layout *layout, const lbc_j2k_header *header,
                                const uint8_t *data, size_t size)
{
    cursor c = {data, data + size};
    free(r->blocks);
    r->blocks = lbc_alloc_zero(layout->nblocks, sizeof *r->blocks);
    if (!r->blocks) return LBC_E_MEMORY;
    lbc_status status = lbc_j2k_trees_set(&r->trees, layout);
    r->npieces = 1;
    for (uint32_t layer = 0; layer < header->layers && !status; layer++)
        for (uint32_t p = 0; p < layout->npackets && !status; p++)
            status = read_packet(r, layout, header, &layout->packets[p], layer, &c);
    if (!status && c.at != c.end) status = LBC_E_FORMAT;
    return status;
}

void lbc_j2k_packet_reader_clear(lbc_j2k_packet_reader *r)
{
    lbc_j2k_trees_clear(&r->trees);
    free(r->blocks);
    free(r->pieces);
    memset(r, 0, sizeof *r);
}
