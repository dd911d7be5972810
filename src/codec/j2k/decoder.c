/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/j2k/decoder.h"

#include <string.h>

/* Joins the pieces of a block's codeword, and appends what stands for the 1 bits after its end. */
static const uint8_t *join(lbc_j2k_decoder *d, const lbc_j2k_received *b)
{
    const size_t tail = 2;
    if (!lbc_buffer_need(&d->codeword, b->bytes + tail)) return NULL;
    uint8_t *out = d->codeword.data;
    for (uint32_t i = b->first; i; i = d->packets.pieces[i].next) {
        const lbc_j2k_piece *piece = &d->packets.pieces[i];
        memcpy(out, piece->data, piece->size);
        out += piece->size;
    }
    memset(out, 0xff, tail);
    return d->codeword.data;
}

static lbc_status decode_blocks(lbc_j2k_decoder *d, uint32_t *coefficients)
{
    for (uint32_t i = 0; i < d->layout.nblocks; i++) {
        const lbc_j2k_block *b = &d->layout.blocks[i];
        const lbc_j2k_band *band = &d->layout.bands[b->band];
        const lbc_j2k_received *received = &d->packets.blocks[i];
        uint32_t *out = coefficients + band->offset + b->y * band->stride + b->x;
        if (!received->passes) {
            for (uint32_t y = 0; y < b->h; y++) memset(out + y * band->stride, 0, b->w * sizeof *out);
            continue;
        }
        const uint8_t *codeword = join(d, received);
        if (!codeword) return LBC_E_MEMORY;
        lbc_j2k_block_decode(&d->block, band->orientation, b->w, b->h, band->planes - received->zero_planes,
                             received->passes, codeword, out, band->stride);
    }
    return LBC_OK;
}

lbc_status lbc_j2k_decode(lbc_j2k_decoder *d, const lbc_lossy_params *params, const uint8_t *stream, size_t size,
                          int32_t *frame)
{
    lbc_j2k_header header;
    const uint8_t *packets;
    size_t packets_size;
    lbc_status status = lbc_j2k_read_headers(stream, size, &header, &packets, &packets_size);
    if (status) return status;
    if (header.shape.nx != params->shape.nx || header.shape.ny != params->shape.ny) return LBC_E_FORMAT;
    status = lbc_j2k_layout_set(&d->layout, &header);
    if (!status) status = lbc_j2k_read_packets(&d->packets, &d->layout, &header, packets, packets_size);
    if (status) return status;
    if (!lbc_buffer_need(&d->coefficients, d->layout.coefficients * sizeof(uint32_t))) return LBC_E_MEMORY;
    uint32_t *coefficients = (uint32_t *)(void *)d->coefficients.data;
    status = decode_blocks(d, coefficients);
    if (!status) status = lbc_j2k_inverse(&d->transform, &d->layout, &header, params, coefficients, frame);
    return status;
}

void lbc_j2k_decoder_clear(lbc_j2k_decoder *d)
{
    lbc_j2k_layout_clear(&d->layout);
    lbc_j2k_packet_reader_clear(&d->packets);
    lbc_j2k_transform_clear(&d->transform);
    lbc_buffer_free(&d->coefficients);
    lbc_buffer_free(&d->codeword);
}
