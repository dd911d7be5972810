/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* codestream.h - marker segments of a codestream (Annex A).
 *
 * What is read and written here is the kind of codestream this folder is about: one unsigned
 * component, one tile in one tile-part, LRCP, precincts of the largest size, no region of interest,
 * plain code blocks of at most 64 x 64. Anything else of the standard is recognised and refused, before anybody
 * allocates by what it says.
 */
#ifndef LBC_CODEC_J2K_CODESTREAM_H
#define LBC_CODEC_J2K_CODESTREAM_H

#include "codec/codec.h"

#define LBC_J2K_MAX_LEVELS 32
#define LBC_J2K_MAX_LAYERS 1000 /* ours; the standard's is 65535, which costs a reader without telling it more */
#define LBC_J2K_LOG2_BLOCK 6
#define LBC_J2K_MAX_BANDS  (3 * LBC_J2K_MAX_LEVELS + 1)

/* Quantisation step of a subband: 2^(R_b - exponent) * (1 + mantissa / 2^11) (E-3). */
typedef struct lbc_j2k_step {
    uint8_t exponent;
    uint16_t mantissa; /* 0 with the reversible transform */
} lbc_j2k_step;

typedef struct lbc_j2k_header {
    lbc_shape shape;
    uint32_t precision; /* bits of the component */
    uint32_t levels;    /* wavelet decompositions */
    uint32_t block_w;   /* log2 of the nominal code block size */
    uint32_t block_h;
    uint32_t layers;
    bool reversible; /* 5/3, else 9/7 */
    bool sop, eph;   /* packets carry SOP and EPH markers */
    uint32_t guard_bits;
    lbc_j2k_step steps[LBC_J2K_MAX_BANDS]; /* LL, then HL LH HH from the coarsest level */
} lbc_j2k_header;

/* Reads a codestream's headers. On LBC_OK *packets and *packets_size say where the packets of its
 * tile are. LBC_E_FORMAT: damaged; LBC_E_UNSUPPORTED: sound so far, but of another kind. */
lbc_status lbc_j2k_read_headers(const uint8_t *stream, size_t size, lbc_j2k_header *header, const uint8_t **packets,
                                size_t *packets_size);

/* Writes everything before the packets into out (LBC_J2K_HEADER_SIZE bytes are enough); the length
 * of the tile-part is left 0 for lbc_j2k_finish_headers. Returns the bytes written. */
#define LBC_J2K_HEADER_SIZE 512
size_t lbc_j2k_write_headers(uint8_t *out, const lbc_j2k_header *header);
/* Fills in the tile-part's length when packets_size bytes of packets follow the header_size bytes of
 * headers, and appends the end marker. Returns the bytes of the whole codestream: 2 more. */
size_t lbc_j2k_finish_headers(uint8_t *stream, size_t header_size, size_t packets_size);

#endif
