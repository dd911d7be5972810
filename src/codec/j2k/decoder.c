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

static lbc_j2k_kept *kept_of(const lbc_j2k_decoder *d)
{
    return (lbc_j2k_kept *)(void *)d->kept.data;
}

/* Room for the coefficients of all blocks that have any, and for a row after them, which may be prefetched. */
static size_t most_coefficients(const lbc_j2k_decoder *d)
{
    size_t n = LBC_J2K_BLOCK;
    for (uint32_t i = 0; i < d->layout.nblocks; i++)
        if (d->packets.blocks[i].passes) n += (size_t)d->layout.blocks[i].w * d->layout.blocks[i].h;
    return n;
}

/* Appends to the coefficients at `end` those of the block's stripes that are not all 0. Returns their number. */
static size_t keep_stripes(const lbc_j2k_decoder *d, lbc_j2k_kept *kept, size_t end)
{
    const lbc_j2k_cells *cells = &d->block.cells;
    uint32_t *out = coefficients_of(d) + end;
    *kept = (lbc_j2k_kept){.offset = end};
    for (uint32_t s = 0; s < cells->stripes; s++) {
        if (!cells->significant[s + 1]) continue;
        const size_t n = (size_t)cells->w * (cells->h - 4 * s < 4 ? cells->h - 4 * s : 4);
        memcpy(out, d->halves + (size_t)4 * s * cells->w, n * sizeof *out);
        out += n;
        kept->stripes |= 1u << s;
    }
    return (size_t)(out - coefficients_of(d)) - end;
}

static lbc_status decode_blocks(lbc_j2k_decoder *d)
{
    size_t end = 0;
    for (uint32_t i = 0; i < d->layout.nblocks; i++) {
        const lbc_j2k_block *b = &d->layout.blocks[i];
        const lbc_j2k_band *band = &d->layout.bands[b->band];
        const lbc_j2k_received *received = &d->packets.blocks[i];
        kept_of(d)[i].stripes = 0;
        if (!received->passes) continue;
        const uint8_t *codeword = join(d, received);
        if (!codeword) return LBC_E_MEMORY;
        lbc_j2k_block_decode(&d->block, band->orientation, b->w, b->h, band->planes - received->zero_planes,
                             received->passes, codeword, d->halves, b->w);
        end += keep_stripes(d, &kept_of(d)[i], end);
    }
    return LBC_OK;
}

/* Copies a row of a block, and prefetches the next, for the transform comes for that after rows of other blocks. */
static void copy_row(uint32_t *halves, const uint32_t *row, uint32_t w)
{
    enum { line = 64 / sizeof *row };
    memcpy(halves, row, w * sizeof *row);
    for (uint32_t x = 0; x < w; x += line) __builtin_prefetch(row + w + x);
}

/* A row for the transform. */
static void decoded_row(const void *context, uint32_t band, uint32_t y, uint32_t *halves)
{
    const lbc_j2k_decoder *d = context;
    const lbc_j2k_band *b = &d->layout.bands[band];
    const uint32_t *block = lbc_j2k_blocks_of_row(&d->layout, b, y);
    const uint32_t y_in_block = y & ((1u << d->layout.block_h) - 1), stripe = 1u << y_in_block / 4;
    for (uint32_t i = 0; i < b->blocks_x; i++) {
        const lbc_j2k_kept *kept = &kept_of(d)[block[i]];
        const uint32_t w = d->layout.blocks[block[i]].w;
        if (kept->stripes & stripe) {
            const uint32_t rows = 4 * (uint32_t)__builtin_popcount(kept->stripes & (stripe - 1)) + y_in_block % 4;
            copy_row(halves, coefficients_of(d) + kept->offset + (size_t)rows * w, w);
        } else {
            memset(halves, 0, w * sizeof *halves);
        }
        halves += w;
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
    status = lbc_j2k_layout_set(&d->layout, &header);
    if (!status) status = lbc_j2k_read_packets(&d->packets, &d->layout, &header, packets, packets_size);
    if (status) return status;
    if (!lbc_buffer_need(&d->coefficients, most_coefficients(d) * sizeof(uint32_t)) ||
        !lbc_buffer_need(&d->kept, d->layout.nblocks * sizeof(lbc_j2k_kept)))
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
    lbc_buffer_free(&d->kept);
    lbc_buffer_free(&d->codeword);
}
