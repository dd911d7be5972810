/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* worker.h - the way of one output frame: its input chunks -> sum -> lossy codec -> stored chunk.
 *
 * A lane is a worker's own memory; a slot is that of a frame in flight. With one part a frame the sum
 * is made in the lane; a group split among workers is summed in the slot, a frame buffer a part. Where nobody wants
 * the frame as a whole, the last image of a group is decoded, joined to the sum and stored piece by piece.
 */
#ifndef LBC_PIPELINE_WORKER_H
#define LBC_PIPELINE_WORKER_H

#include "base/memory.h"
#include "nexus/data_check.h"
#include "pipeline/job.h"

typedef struct lbc_lane {
    lbc_frame_reader *reader;
    lbc_codec_work *work;
    int32_t *sum;       /* [pixels] */
    bool begun;         /* the last image of the group is not in the sum: the reader has begun it */
    bool alone;         /* and it is the only one: there is no sum */
    int32_t *coded;     /* [pixels], on its way through the lossy codec; NULL without one */
    void *room;         /* for codec/around.h */
    void *measure_room; /* for lbc_measure; NULL unless the job measures by all figures */
} lbc_lane;

typedef struct lbc_slot {
    int32_t **parts; /* sums of the parts of a split group; NULL when groups are not split */
    uint8_t *chunk;
    size_t chunk_capacity, chunk_size;
    uint8_t *stream; /* the bare codestream, when it is wanted */
    size_t stream_capacity, stream_size;
    bool stream_known; /* stream_size was measured */
    uint8_t *cbf;      /* the miniCBF file, when it is wanted */
    size_t cbf_capacity, cbf_size;
    uint32_t pixel_crc;        /* CRC-32C of the stored pixels, when the run verifies */
    lbc_input_sum *part_input; /* [parts] what each was made from */
    lbc_input_sum input;       /* the same of all */
    lbc_error *bad;            /* [parts] of the first image that was skipped, being unreadable */
    lbc_frame_counts counts;
    lbc_measured measured;
} lbc_slot;

typedef struct lbc_workshop {
    const lbc_job *job;
    unsigned lanes, slots, parts;
    lbc_lane *lane;
    lbc_slot *slot;
} lbc_workshop;

/* Memory for so many workers; parts > 1 when groups are to be split. */
lbc_status lbc_workshop_open(lbc_workshop *shop, const lbc_job *job, unsigned workers, lbc_error *err);
void lbc_workshop_close(lbc_workshop *shop);

/* Reads and sums part `part` of output frame k. */
lbc_status lbc_workshop_gather(lbc_workshop *shop, unsigned lane, unsigned slot, unsigned part, uint64_t k,
                               lbc_error *err);
/* Makes the chunk (and codestream) of output frame k in its slot, all parts being there. */
lbc_status lbc_workshop_encode(lbc_workshop *shop, unsigned lane, unsigned slot, uint64_t k, lbc_error *err);
/* Measures output frame k, which has just been encoded: slot->measured. Encoding does so for the frames that
 * the job wants measured. */
lbc_status lbc_workshop_measure(lbc_workshop *shop, unsigned lane, unsigned slot, uint64_t k, lbc_error *err);
/* Warns of the images that were skipped of the output frame that has just been encoded. */
void lbc_workshop_tell_bad(const lbc_workshop *shop, unsigned slot);

#endif
