/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decoder.h - codestreams to pixels, without any library.
 *
 * Reads the kind of codestream that codestream.h describes, whoever made it. The pixels are those of
 * OpenJPEG: equal with the 5/3 transform, also where codewords are cut short, for both put a coefficient in
 * the middle of what is known of it; within 1 with 9/7. They are the same on every machine.
 */
#ifndef LBC_CODEC_J2K_DECODER_H
#define LBC_CODEC_J2K_DECODER_H

#include "codec/j2k/block_decode.h"
#include "codec/j2k/packets.h"
#include "codec/j2k/transform.h"

/* The stripes of a code block whose coefficients are not all 0, one bit each, and where those lie, row after row: most
 * stripes have none, and what is kept of an image fits in a cache. */
typedef struct lbc_j2k_kept {
    size_t offset;
    uint32_t stripes;
} lbc_j2k_kept;

/* Working memory. Zero-initialise. */
typedef struct lbc_j2k_decoder {
    lbc_j2k_layout layout;
    lbc_j2k_packet_reader packets;
    lbc_j2k_transform transform;
    lbc_j2k_block_decoder block;
    uint32_t halves[LBC_J2K_BLOCK * LBC_J2K_BLOCK]; /* of the block at work */
    lbc_buffer coefficients;                        /* what is kept of all */
    lbc_buffer kept;                                /* lbc_j2k_kept[layout.nblocks] */
    lbc_buffer codeword;
} lbc_j2k_decoder;

/* LBC_E_FORMAT: damaged, or of another shape. LBC_E_UNSUPPORTED: another kind of codestream. On failure the
 * frame's content is undefined. params: the shape, and as in lbc_j2k_inverse. */
lbc_status lbc_j2k_decode(lbc_j2k_decoder *d, const lbc_lossy_params *params, const uint8_t *stream, size_t size,
                          int32_t *frame);
void lbc_j2k_decoder_clear(lbc_j2k_decoder *d);

#endif
