/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* packets.h - tier-2: packets, one for each layer and precinct (B.9, B.10). */
#ifndef LBC_CODEC_J2K_PACKETS_H
#define LBC_CODEC_J2K_PACKETS_H

#include "base/memory.h"
#include "codec/j2k/block_encode.h"
#include "codec/j2k/layout.h"
#include "codec/j2k/tagtree.h"

/* The two tag trees of every precinct, and the nodes of all. */
typedef struct lbc_j2k_trees {
    lbc_tag_tree *inclusion, *zero_planes; /* [layout->nprecincts] */
    lbc_tag_node *nodes;
    size_t count;
} lbc_j2k_trees;

/* ---- reading --------------------------------------------------------------------------------- */

/* A piece of a block's codeword: what one packet has of it. */
typedef struct lbc_j2k_piece {
    const uint8_t *data;
    uint32_t size;
    uint32_t next; /* index of the block's next piece; 0: none (piece 0 is not used) */
} lbc_j2k_piece;

typedef struct lbc_j2k_received {
    uint32_t passes;      /* 0: not included */
    uint32_t zero_planes; /* of the band's planes */
    uint32_t length_bits; /* Lblock */
    size_t bytes;
    uint32_t first, last; /* pieces */
} lbc_j2k_received;

/* Zero-initialise; may be used again and again. */
typedef struct lbc_j2k_packet_reader {
    lbc_j2k_trees trees;
    lbc_j2k_received *blocks; /* [layout->nblocks] */
    lbc_j2k_piece *pieces;
    uint32_t npieces, room;
} lbc_j2k_packet_reader;

/* Reads all packets of a tile; pieces point into data. LBC_E_FORMAT when a packet is damaged, ends too
 * early, or leaves bytes over. Afterwards no block has more passes than its planes allow. */
lbc_status lbc_j2k_read_packets(lbc_j2k_packet_reader *r, const lbc_j2k_layout *layout, const lbc_j2k_header *header,
                                const uint8_t *data, size_t size);
void lbc_j2k_packet_reader_clear(lbc_j2k_packet_reader *r);

/* ---- writing --------------------------------------------------------------------------------- */

/* A code block as tier-1 has left it. */
typedef struct lbc_j2k_coded {
    const lbc_j2k_pass *passes; /* [npasses] */
    const uint8_t *codeword;
    uint32_t npasses;
    uint32_t zero_planes;
} lbc_j2k_coded;

/* What a reader knows after the layers so far. */
typedef struct lbc_j2k_sent {
    uint32_t passes;
    uint32_t length_bits; /* Lblock */
} lbc_j2k_sent;

/* Zero-initialise; may be used again and again. */
typedef struct lbc_j2k_packet_writer {
    lbc_j2k_trees trees;
    lbc_j2k_sent *sent; /* [nblocks] */
    lbc_tag_node *saved_nodes;
    lbc_j2k_sent *saved_sent;
    uint32_t nblocks;
} lbc_j2k_packet_writer;

/* Before layer 0. */
lbc_status lbc_j2k_packets_begin(lbc_j2k_packet_writer *w, const lbc_j2k_layout *layout, const lbc_j2k_coded *blocks);
/* Writes the packets of the next layer, with which each block has chosen[b] passes in all, no fewer than
 * before. Returns their size; bytes beyond capacity are counted and not written. */
size_t lbc_j2k_write_layer(lbc_j2k_packet_writer *w, const lbc_j2k_layout *layout, const lbc_j2k_coded *blocks,
                           uint32_t layer, const uint32_t *chosen, uint8_t *out, size_t capacity);
/* Remember where a layer begins, and go back there to write it anew. */
void lbc_j2k_packets_save(lbc_j2k_packet_writer *w);
void lbc_j2k_packets_restore(lbc_j2k_packet_writer *w);
void lbc_j2k_packet_writer_clear(lbc_j2k_packet_writer *w);

/* ---- both ------------------------------------------------------------------------------------ */

lbc_status lbc_j2k_trees_set(lbc_j2k_trees *t, const lbc_j2k_layout *layout);
void lbc_j2k_trees_clear(lbc_j2k_trees *t);

#endif
