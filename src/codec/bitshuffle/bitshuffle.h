/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bitshuffle.h - bit planes, and the chunk format of HDF5 filter 32008 (K. Masui et al. (2015),
 * "A compression scheme for radio data in high performance computing", Astron. Comput. 12).
 *
 * Planes of a block of n elements of `size` bytes (n a multiple of 8): plane p = 0 .. 8 size - 1
 * holds bit p % 8 of byte p / 8 of every element, n / 8 bytes long; element 8 j + i is bit i of its
 * byte j. Planes follow one another.
 *
 * A chunk: elements in blocks, each turned into planes and, where a packer is used, packed on its
 * own. The last block is cut to a multiple of 8 elements, and the elements that remain (fewer than 8)
 * end the chunk as they are. Packed chunks begin with 8 bytes big-endian total bytes and 4 bytes
 * big-endian block bytes, and each block with 4 bytes big-endian packed size. What follows the last
 * element of a packed chunk is ignored, as the bitshuffle library does.
 *
 * cd_values of the filter: version major, minor, element size, elements in a block (0: the default),
 * compression (0 none, 2 LZ4, 3 Zstandard), level.
 */
#ifndef LBC_CODEC_BITSHUFFLE_BITSHUFFLE_H
#define LBC_CODEC_BITSHUFFLE_BITSHUFFLE_H

#include "codec/storage.h"

/* ---- transposition ---------------------------------------------------------------------------- */

/* size 1, 2 or 4; n a multiple of 8. Neither pointer need be aligned; no overlap. */
void lbc_bits_to_planes(void *restrict planes, const void *restrict elements, size_t n, size_t size);
void lbc_bits_from_planes(void *restrict elements, const void *restrict planes, size_t n, size_t size);

/* ---- chunks ------------------------------------------------------------------------------------ */

#define LBC_BITSHUFFLE_FILTER 32008

enum { LBC_BITSHUFFLE_NONE = 0, LBC_BITSHUFFLE_LZ4 = 2, LBC_BITSHUFFLE_ZSTD = 3 };

/* Elements in a block when the file does not say: 8192 bytes of them, at least 128. */
size_t lbc_bitshuffle_default_block(size_t element_size);

/* Sets the first nparams (5 or 6) cd_values. */
lbc_status lbc_bitshuffle_configure(lbc_chunk_format *format, uint32_t minor, uint32_t compression, int level,
                                    uint32_t nparams);
/* LBC_OK when cd_values are of this compression and fit the type. */
lbc_status lbc_bitshuffle_recognise(const lbc_chunk_format *format, uint32_t compression);

/* The codec functions of filter 32008 with a packer; NULL: planes alone, without headers. */
size_t lbc_bitshuffle_bound(const lbc_chunk_format *format, const lbc_packer *packer);
lbc_status lbc_bitshuffle_encode(lbc_codec_work *w, const lbc_chunk_format *format, const lbc_packer *packer,
                                 const lbc_pixel_source *source, uint8_t *chunk, size_t capacity, size_t *size);
lbc_status lbc_bitshuffle_decode(lbc_codec_work *w, const lbc_chunk_format *format, const lbc_packer *packer,
                                 const uint8_t *chunk, size_t size, const lbc_pixel_sink *sink);
lbc_status lbc_bitshuffle_begin(lbc_codec_work *w, const lbc_chunk_format *format, const lbc_packer *packer,
                                const uint8_t *chunk, size_t size, lbc_chunk_cursor *cursor);
lbc_status lbc_bitshuffle_next(lbc_codec_work *w, const lbc_packer *packer, lbc_chunk_cursor *cursor,
                               const void **pixels, size_t *count);

#endif
