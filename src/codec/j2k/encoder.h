/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* encoder.h - pixels to codestreams, without any library, and without coding what will not be kept.
 *
 * At the ratios in use most bit planes of most blocks are thrown away. So every block is first judged by
 * its forecast; only planes that can reach the slope threshold are coded; the threshold comes out; and
 * where a block turns out to have been left too early, it is coded deeper.
 */
#ifndef LBC_CODEC_J2K_ENCODER_H
#define LBC_CODEC_J2K_ENCODER_H

#include "codec/j2k/allocate.h"
#include "codec/j2k/forecast.h"
#include "codec/j2k/transform.h"

/* Bytes that grow at the end and are named by where they begin. */
typedef struct lbc_j2k_store {
    uint8_t *data;
    size_t size, room;
} lbc_j2k_store;

/* How far a block has been coded, and how to go on. */
typedef struct lbc_j2k_progress {
    lbc_j2k_boundary boundary;
    bool stopped;          /* in the middle of the plane after the boundary */
    double slope;          /*   ... before passes of this gain per byte */
    bool more;             /* to be coded */
    uint32_t good, wanted; /*   ... as lbc_j2k_goal says */
    double stop;
    size_t passes, codeword, propagated; /* in their stores */
} lbc_j2k_progress;

/* Working memory. Zero-initialise. */
typedef struct lbc_j2k_encoder {
    lbc_j2k_header header;
    lbc_j2k_layout layout;
    lbc_j2k_transform transform;
    lbc_buffer coefficients;
    lbc_j2k_census *census; /* [nblocks], as all below */
    lbc_j2k_forecast *forecasts;
    lbc_j2k_progress *progress;
    lbc_j2k_coded *coded;
    double norms[LBC_J2K_MAX_BANDS];   /* squared error in pixels of a coefficient's error of 1 */
    double weights[LBC_J2K_MAX_BANDS]; /* the same, as it counts */
    lbc_j2k_block_encoder block;
    lbc_j2k_store passes, codewords, propagated;
    lbc_j2k_allocation allocation;
    lbc_j2k_packet_writer packets;
    bool everything; /* forecasts are not trusted: all planes are coded */
} lbc_j2k_encoder;

size_t lbc_j2k_encode_bound(const lbc_lossy_params *params);
/* The stream is never larger than the last layer's ratio allows, headers alone excepted; a ratio of 1 allows
 * anything. */
lbc_status lbc_j2k_encode(lbc_j2k_encoder *e, const lbc_lossy_params *params, const int32_t *frame, uint8_t *stream,
                          size_t capacity, size_t *size);
/* In place, what lbc_j2k_decode makes of the stream that lbc_j2k_encode makes; *size: of that stream. */
lbc_status lbc_j2k_roundtrip(lbc_j2k_encoder *e, const lbc_lossy_params *params, int32_t *frame, size_t *size);
void lbc_j2k_encoder_clear(lbc_j2k_encoder *e);

#endif
