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

static uint32_t *coefficients_of(const lbc_j2k_decoder *d)
{
    return (uint32_t *)(void *)d->coefficients.data;
}

static uint16_t *stripes_of(const lbc_j2k_decoder *d)
{
    return (uint16_t *)(void *)d->stripes.data;
}

static lbc_status decode_blocks(lbc_j2k_decoder *d)
{
    for (uint32_t i = 0; i < d->layout.nblocks; i++) {
        const lbc_j2k_block *b = &d->layout.blocks[i];
        const lbc_j2k_band *band = &d->layout.bands[b->band];
        const lbc_j2k_received *received = &d->packets.blocks[i];
        stripes_of(d)[i] = 0;
        if (!received->passes) continue;
        const uint8_t *codeword = join(d, received);
        if (!codeword) return LBC_E_MEMORY;
        lbc_j2k_block_decode(&d->block, band->orientation, b->w, b->h, band->planes - received->zero_planes,
                             received->passes, codeword, coefficients_of(d) + b->offset, band->stride);
        for (uint32_t s = 0; s < d->block.cells.stripes; s++)
            stripes_of(d)[i] |= (uint16_t)((d->block.cells.significant[s + 1] != 0) << s);
    }
    return LBC_OK;
}

/* A row for the transform. */
static void decoded_row(const void *context, uint32_t band, uint32_t y, uint32_t *halves)
{
    const lbc_j2k_decoder *d = context;
    const lbc_j2k_band *b = &d->layout.bands[band];
    const uint32_t *block = lbc_j2k_blocks_of_row(&d->layout, b, y);
    const uint32_t y_in_block = y & ((1u << d->layout.block_h) - 1);
    for (uint32_t i = 0; i < b->blocks_x; i++) {
        const lbc_j2k_block *in = &d->layout.blocks[block[i]];
        if (stripes_of(d)[block[i]] >> y_in_block / 4 & 1)
            memcpy(halves, coefficients_of(d) + in->offset + y_in_block * b->stride, in->w * sizeof *halves);
        else
            memset(halves, 0, in->w * sizeof *halves);
        halves += in->w;
    }
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
    status = lbc_j2k_layout_set(&d->layout, &header, LBC_J2K_BY_BLOCKS);
    if (!status) status = lbc_j2k_read_packets(&d->packets, &d->layout, &header, packets, packets_size);
    if (status) return status;
    if (!lbc_buffer_need(&d->coefficients, d->layout.coefficients * sizeof(uint32_t)) ||
        !lbc_buffer_need(&d->stripes, d->layout.nblocks * sizeof(uint16_t)))
        return LBC_E_MEMORY;
    status = decode_blocks(d);
    const lbc_j2k_source source = {decoded_row, d};
    if (!status) status = lbc_j2k_inverse(&d->transform, &d->layout, &header, params, &source, frame);
    return status;
}

void lbc_j2k_decoder_clear(lbc_j2k_decoder *d)
{
    lbc_j2k_layout_clear(&d->layout);
    lbc_j2k_packet_reader_clear(&d->packets);
    lbc_j2k_transform_clear(&d->transform);
    lbc_buffer_free(&d->coefficients);
    lbc_buffer_free(&d->stripes);
    lbc_buffer_free(&d->codeword);
}
