/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hcompress.h - HCompress frames: the tile rule, the stream of a frame, and the same stream as FITS.
 *
 * HCompress is the H-transform, quantisation and quadtree coding of White, Postman & Lattanzi (1992), in "Digitised
 * Optical Sky Surveys", p. 167, as the FITS standard 4.0 (section 10.4.4) has it under the name HCOMPRESS_1. A frame is
 * cut into tiles of full rows, each coded by itself with one absolute scale and without smoothing. Counts are coded as
 * signed integers. The codec entry is lbc_hcomp (codec.h).
 *
 * Streams and pixels are those of cfitsio's fits_hcompress and fits_hdecompress, and so of `fpack -h -s -SCALE` and
 * funpack, to the last bit. Where the 32-bit routines overflow (some counts above 65535), those of its 64-bit ones.
 * The code is our own and takes no locks.
 *
 * Where values are for lbc_diffuse, which have f bits behind the point, nothing is rounded but coefficients: counts
 * times 2^f are transformed, and quantised by the scale times 2^f. That is a stream as any other, but decoded likewise
 * its values are real numbers, and its smooth values means; the rounding of HCOMPRESS_1 at each level, halves up, lifts
 * those of counts near 0. Coefficients that are not 0 are then taken up 1/16 of a step farther from it.
 *
 * The stream of a frame, as lbc_hcomp.encode makes it. Integers are little-endian unless said otherwise.
 *
 *   offset  bytes  content
 *        0      4  "LBCH"
 *        4      1  version of the layout, 1
 *        5      1  0
 *        6      2  rows of a tile, 4 .. 255; the last tile may have fewer, but never under 4
 *        8      4  ny, rows of the frame
 *       12      4  nx, pixels of a row, 4 .. 2^24
 *       16      4  scale, 1 .. 2^31 - 1; 1 is lossless
 *       20      -  one length for each tile, from the first rows to the last: the bytes of its body, as LEB128 (7 bits
 *                  a byte, low ones first, bit 7 set in all bytes but the last; the shortest form, below 2^28)
 *        -      -  the bodies, in the same order, with nothing before, between or after them
 *
 * A body is the tile's HCOMPRESS_1 stream without its first 14 bytes, which every tile would repeat: DD 99, then as
 * 32-bit big-endian integers the tile's rows, nx and scale. What remains is
 *
 *        0      8  coefficient (0, 0) of the quantised transform: signed, big-endian
 *        8      3  bit planes of the quadrants: smooth, the two mixed ones, and the diagonal
 *       11      -  the planes of the four quadrants, highest first, in codes of 3 to 6 bits or as plain bit maps; then
 *                  four zero bits; then zeros up to a byte
 *        -      -  one sign bit for each nonzero coefficient in raster order (set: negative), then zeros up to a byte
 */
#ifndef LBC_CODEC_HCOMPRESS_HCOMPRESS_H
#define LBC_CODEC_HCOMPRESS_HCOMPRESS_H

#include "codec/codec.h"

/* Bits of the largest count where decoded values are for lbc_diffuse. */
#define LBC_HCOMP_DIFFUSE_BITS 24

/* Rows of a tile for frames of ny rows (ny >= 4): 16, or what leaves no last tile of 1 to 3 rows. */
uint32_t lbc_hcomp_tile_rows(uint32_t ny);

/* ---- as a FITS file ------------------------------------------------------------------------ */

/* A stream and a complete FITS file are two wrappings of the same tiles: an empty primary HDU, then a binary table with
 * one tile-compressed image, the HDU layout of `fpack -h -s -SCALE`. The file depends on stream and limit alone.
 * ZBITPIX is 16 where limit (S') is at most 32767, else 32. funpack and astropy give the pixels that
 * lbc_hcomp.decode gives, as far as BITPIX can hold them (decoded values can overshoot 0..limit a little). */

/* Bytes of the file. LBC_E_FORMAT: not a sound stream. */
lbc_status lbc_hcomp_fits_size(const uint8_t *stream, size_t size, size_t *fits_size);
/* Writes the file. LBC_E_SPACE: capacity is below lbc_hcomp_fits_size. */
lbc_status lbc_hcomp_to_fits(const uint8_t *stream, size_t size, int32_t limit, uint8_t *fits, size_t capacity,
                             size_t *fits_size);

#endif
