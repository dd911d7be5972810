/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rest.h - codestreams at rest: HDF5 chunks that hold a lossy codec's codestream.
 *
 * The storage codecs "hcomp" and "j2k" stand for stored pixels: encode() takes the pixels of a frame as they would lie
 * in an uncompressed chunk, and decode() gives stored pixels back. Which pixels are masked or overloaded survives
 * exactly; counts come back as the lossy codec leaves them, clamped to 0 .. S'. The pixels equal, bit for bit, those
 * that a lossless codec stores after the same lossy step.
 *
 * The program and the HDF5 plugin libh5lbc run the same functions. Both codecs share one filter number, as a plugin
 * library answers for one only; the first cd_value names the codec.
 *
 * What a stored pixel v means, and what it comes back as:
 *
 *                       uint16, uint32                       int32
 *     v <= S'           a count                              a count when v >= 0
 *     masked            v >= 2^n - 2, back as 2^n - 1        v < 0, back as -1
 *     overloaded        else (v > S'), back as S' + 1        v > S', back as S' + 1
 *
 * With gaps zero nothing is masked: a negative v is 0. A v of S' or more comes back as S'.
 *
 * The cd_values. A request, which a user gives to any HDF5 writer, is a prefix of 2 to 5 words; the rest is filled in
 * from the data set (lbc_rest_complete). Missing words of a request are 0.
 *
 *   word  content
 *     0   codec: 1 HCompress, 2 JPEG 2000
 *     1   HCompress: the absolute scale; JPEG 2000: the ratio of the last layer (rounded, where it is no integer)
 *     2   HCompress: 0; JPEG 2000: bits 0..7 layers: 0 as -J, 1 as -K, 2 others; bits 8..15 wavelet: 0 5/3, 1 9/7;
 *         bits 16..23 engine: 0 OpenJPEG, 1 our own
 *     3   S'; 0, in a request: the largest that type and codec allow
 *     4   flags: bit 0 gaps zero; bit 1 the series' mask is too large for here, so that each chunk carries it
 *     5   version of this layout: 1; 2, where one of the words that it adds is not 0, or the engine is our own
 *     6   type of a stored pixel: 1 uint16, 2 uint32, 3 int32 (little-endian)
 *     7   ny, rows
 *     8   nx, pixels of a row
 *     9   n, number of quality layers: 0 for HCompress, 1 .. 32 for JPEG 2000
 *    10   m, words of the mask; 0: no pixel is masked in the whole series, or flag bit 1
 *     version 2 alone, IEEE 754 doubles having their low word first:
 *    11   what is done around the codec (around.h): bit 0 masked pixels are filled with means, bit 1 decoded values
 *         become counts by diffusion; from bit 8 on, with bit 1, the knee of the curve that codes counts; 0: none
 *    12   a double: the PSNR at which codestreams end, in dB; 0: at their size alone
 *    14   6 doubles: weights of the wavelet's levels, the finest first, and of its low band; 0 stands for 1
 *
 *     -   n doubles: the ratio of each layer, coarsest first
 *     -   m words: the packed mask (marks.h) as little-endian bytes, padded with zero bytes
 *
 * The chunk. Integers are little-endian.
 *
 *   offset  bytes  content
 *        0      4  "LBCR"
 *        4      1  version of the layout, 1
 *        5      1  codec, as word 0
 *        6      1  type of a stored pixel, as word 6
 *        7      1  0
 *        8      4  ny
 *       12      4  nx
 *       16      4  a, bytes of the mask's exceptions
 *       20      4  b, bytes of the overloads
 *       24      4  c, bytes of the codestream, at least 1
 *       28      4  CRC-32C (base/checksum.h) of bytes 0 .. 27 and of all that follows byte 31
 *       32      a  packed set: pixels that are masked in this frame and not in the series' mask, or the other way round
 *        -      b  packed set: overloaded pixels
 *        -      c  codestream: as in hcompress.h, or of JPEG 2000 without a wrapper
 *
 * A pixel in the set of overloads is overloaded, whatever the mask says.
 */
#ifndef LBC_CODEC_REST_REST_H
#define LBC_CODEC_REST_REST_H

#include "codec/codec.h"

/* From the range that HDF5 leaves to private use; provisional until one is registered. */
#define LBC_REST_FILTER UINT32_C(33212)

/* cd_values in all; HDF5 1.10 and h5py fail soon above. */
#define LBC_REST_MAX_PARAMS 1900
/* Words of the longest request. */
#define LBC_REST_REQUEST 5
/* Pixels of the largest frame. What a chunk can make us allocate is bounded by this. */
#define LBC_REST_MAX_PIXELS (UINT32_C(1) << 28)

extern const lbc_codec lbc_codec_rest_hcomp, lbc_codec_rest_j2k;

/* Sets nparams and params for writing; format->codec (one of the two), ->type and ->shape are set. lossy is what the
 * codestreams are made with. The series' mask has the pixels where mask (uint8_t[ny * nx]; NULL: nowhere) is nonzero
 * and those masked in sample, a working frame of the series (NULL: none); it serves to make chunks small and need not
 * be right for any one of them. LBC_E_ARGUMENT: type, shape, limit or lossy parameters that the codec cannot take. (The
 * table's configure() always fails, since a level is no lossy parameter.) */
lbc_status lbc_rest_configure(lbc_chunk_format *format, const lbc_lossy_params *lossy, const uint8_t *mask,
                              const int32_t *sample, bool gaps_zero);

/* Makes a request in format->params into the params of frames of format->type and ->shape, and sets ->codec. Params of
 * more than LBC_REST_REQUEST words are complete and stay as they are; only words 0 .. 8 are read, to see that they are
 * those of such frames. err says what cannot be. */
lbc_status lbc_rest_complete(lbc_chunk_format *format, lbc_error *err);

/* Fills format from complete cd_values alone, type, shape and codec too. */
lbc_status lbc_rest_format(lbc_chunk_format *format, size_t nvalues, const uint32_t *values, lbc_error *err);

/* encode() for a frame whose codestream exists: source gives its stored pixels, of which the marks alone count. stream
 * may not overlap chunk. */
lbc_status lbc_rest_wrap(lbc_codec_work *w, const lbc_chunk_format *format, const lbc_pixel_source *source,
                         const uint8_t *stream, size_t stream_size, uint8_t *chunk, size_t capacity, size_t *size);

/* The codestream in a chunk that encode() or lbc_rest_wrap made. */
const uint8_t *lbc_rest_stream(const uint8_t *chunk, size_t *stream_size);
/* Its bytes alone; 0 for a chunk too short to be one. */
size_t lbc_rest_stream_size(const uint8_t *chunk, size_t size);

/* Checks that a chunk is whole and is one of format, without decoding it; err says what is wrong. decode() does this
 * itself. */
lbc_status lbc_rest_check(const lbc_chunk_format *format, const uint8_t *chunk, size_t size, lbc_error *err);

#endif
