/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* store.h - the last stretch of a frame: its pixels to the storage codec, which asks for them.
 *
 * In pieces, an image can be decoded, joined to its sum, finished, taken through a lossy codec and stored while it is
 * in cache; no frame travels through memory but the sum of the images before it, where there are any.
 */
#ifndef LBC_PIPELINE_STORE_H
#define LBC_PIPELINE_STORE_H

#include "pipeline/worker.h"

/* Stores a frame that is finished and has been through the lossy codec. */
lbc_status lbc_store_whole(const lbc_job *job, lbc_lane *lane, lbc_slot *slot, int32_t *frame);
/* CRC-32C of such a frame's stored pixels. */
uint32_t lbc_store_crc(const lbc_job *job, int32_t *frame);

/* Where storing in pieces failed: in decoding the image that was begun, or in a codec. */
typedef struct lbc_store_trouble {
    lbc_status decoding, lossy, storage;
} lbc_store_trouble;

/* Takes a sum to its chunk in pieces (job->in_pieces), with the image that the lane's reader has begun, where there is
 * one. tally: measures what the lossy codec does, to slot->measured. True: all went well. */
bool lbc_store_in_pieces(const lbc_job *job, lbc_lane *lane, lbc_slot *slot, int32_t *sum, bool tally,
                         lbc_store_trouble *trouble);

#endif
