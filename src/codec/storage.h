/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* storage.h - the entries of the storage table, and what they share. */
#ifndef LBC_CODEC_STORAGE_H
#define LBC_CODEC_STORAGE_H

#include "codec/work.h"

extern const lbc_codec lbc_codec_bslz4, lbc_codec_bszstd, lbc_codec_bshuf; /* filter 32008 */
extern const lbc_codec lbc_codec_blosc_zstd;                               /* filter 32001, `-c zstd` */
extern const lbc_codec lbc_codec_none;                                     /* no filter */
extern const lbc_codec lbc_codec_lz4, lbc_codec_plain_zstd;                /* 32004 and 32015: read only */

/* Bytes of one frame as pixels. */
static inline size_t lbc_frame_bytes(const lbc_chunk_format *format)
{
    return lbc_shape_pixels(format->shape) * lbc_pixel_size(format->type);
}

/* HDF5 has no chunks of 4 GiB or more. */
static inline bool lbc_frame_fits(const lbc_chunk_format *format)
{
    return (uint64_t)format->shape.ny * format->shape.nx <= UINT32_MAX / lbc_pixel_size(format->type);
}

/* ---- packers: a byte string and its compressed form, of known length both ------------------- */

/* A general compressor around one library. Streams are what the library itself makes, unframed. */
typedef struct lbc_packer {
    size_t max_input;              /* longest input of pack() whose output is sure to fit 4 bytes of size */
    size_t (*bound)(size_t bytes); /* largest output of an input; bytes <= max_input */
    /* Packs bytes of in; capacity below bound() may end in LBC_E_SPACE. */
    lbc_status (*pack)(lbc_codec_work *w, int level, const void *in, size_t bytes, uint8_t *out, size_t capacity,
                       size_t *size);
    /* Unpacks size bytes to exactly `bytes` of out; LBC_E_FORMAT when they give less or more. */
    lbc_status (*unpack)(lbc_codec_work *w, const uint8_t *in, size_t size, void *out, size_t bytes);
} lbc_packer;

extern const lbc_packer lbc_pack_lz4;  /* LZ4 block format; has no level */
extern const lbc_packer lbc_pack_zstd; /* Zstandard frames */

#endif
