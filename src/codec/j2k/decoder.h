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

/* Working memory. Zero-initialise. */
typedef struct lbc_j2k_decoder {
    lbc_j2k_layout layout;
    lbc_j2k_packet_reader packets;
    lbc_j2k_transform transform;
    lbc_j2k_block_decoder block;
    lbc_buffer coefficients; /* of blocks with passes; of others anything */
    lbc_buffer stripes;      /* uint16_t[layout.nblocks]: those with coefficients that are not 0 */
    lbc_buffer codeword;
} lbc_j2k_decoder;

/* LBC_E_FORMAT: damaged, or of another shape. LBC_E_UNSUPPORTED: another kind of codestream. On failure the
 * frame's content is undefined. params: the shape, and as in lbc_j2k_inverse. */
lbc_status lbc_j2k_decode(lbc_j2k_decoder *d, const lbc_lossy_params *params, const uint8_t *stream, size_t size,
                          int32_t *frame);
void lbc_j2k_decoder_clear(lbc_j2k_decoder *d);

#endif
