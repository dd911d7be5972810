/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/store.h"

#include "base/checksum.h"
#include "codec/rest/rest.h"

#include <string.h>

enum { PIECE = 4096 }; /* pixels, where nothing else says how many */

typedef struct pixels_out {
    const lbc_job *job;
    lbc_lane *lane;
    lbc_slot *slot;
    int32_t *sum;  /* NULL: the image in the reader is all there is */
    bool finished; /* the sum is to be stored as it is */
    bool tally;
    lbc_frame_reader *reader; /* of an image that the sum lacks; NULL: of none */
    const uint8_t *decoded;   /* of its pixels, those that come next */
    size_t ndecoded;
    size_t next;          /* pixel that comes after those that are ready */
    const int32_t *ready; /* working values to be stored */
    size_t nready;
    uint32_t crc; /* of the stored pixels so far */
    lbc_store_trouble trouble;
    int32_t piece[PIECE];
} pixels_out;

/* ---- pieces ---------------------------------------------------------------------------------- */

static bool decode_more(pixels_out *o)
{
    const void *pixels;
    o->trouble.decoding = lbc_input_next(o->reader, &pixels, &o->ndecoded);
    o->decoded = pixels;
    if (o->trouble.decoding == LBC_OK && o->ndecoded == 0) o->trouble.decoding = LBC_E_FORMAT;
    return o->trouble.decoding == LBC_OK;
}

/* n finished working values: in the sum's place, or in `room` when they come from the reader. NULL: they do not. */
static int32_t *take_values(pixels_out *o, int32_t *room, size_t n)
{
    const lbc_job *job = o->job;
    const size_t first = o->next;
    int32_t *values = o->reader ? room : o->sum + first;
    for (size_t m, at = 0; o->reader && at < n; at += m) {
        if (o->ndecoded == 0 && !decode_more(o)) return NULL;
        m = n - at < o->ndecoded ? n - at : o->ndecoded;
        const int32_t *sum = o->sum ? o->sum + first + at : NULL;
        lbc_gather_values(&job->gather, room + at, sum, o->decoded, first + at, m);
        o->decoded += m * lbc_pixel_size(job->gather.type);
        o->ndecoded -= m;
    }
    if (!o->finished)
        lbc_frame_finish(values, n, job->mask_out ? job->mask_out + first : NULL, job->limit, &o->slot->counts);
    o->next += n;
    return values;
}

/* At most n values. */
static bool take_piece(pixels_out *o, size_t n)
{
    if (o->reader && n > PIECE) n = PIECE;
    o->ready = take_values(o, o->piece, n);
    o->nready = n;
    return o->ready != NULL;
}

/* The next band, through the lossy codec. */
static bool take_band(pixels_out *o)
{
    const lbc_job *job = o->job;
    const size_t nx = job->shape.nx, most = job->band * nx, left = job->pixels - o->next, n = left < most ? left : most;
    const uint32_t row = (uint32_t)(o->next / nx);
    int32_t *after = o->lane->coded, *before = take_values(o, after + most, n);
    if (!before) return false;
    if (job->options->gaps_zero) lbc_frame_mark_limit(before, n, job->limit);
    lbc_frame_fill(after, before, n, job->limit);
    o->trouble.lossy = job->lossy->roundtrip_band(o->lane->work, &job->lossy_params, row, after, &o->slot->stream_size);
    if (o->trouble.lossy != LBC_OK) return false;
    lbc_frame_restore(after, before, n, job->limit);
    if (o->tally) lbc_tally_add(&o->slot->measured.tally, before, after, n);
    o->ready = after;
    o->nready = n;
    return true;
}

/* Makes values ready, at most n where it can choose. After a failure there are no more: a decoder that goes on behind
 * a damaged block gives pixels that have another place. */
static bool take_more(pixels_out *o, size_t n)
{
    if (o->trouble.decoding || o->trouble.lossy) return false;
    return o->finished || !o->job->band ? take_piece(o, n) : take_band(o);
}

/* What the storage codec calls. */
static void give(void *user, size_t first, size_t count, void *pixels)
{
    pixels_out *o = user;
    const size_t size = lbc_pixel_size(o->job->store.type);
    uint8_t *out = pixels;
    (void)first; /* pixels are asked for in order */
    while (count) {
        if (o->nready == 0 && !take_more(o, count)) {
            o->nready = 0;
            memset(out, 0, count * size);
            return;
        }
        const size_t n = count < o->nready ? count : o->nready;
        lbc_store_pixels(out, o->ready, n, &o->job->store);
        if (o->job->options->verify) o->crc = lbc_crc32c(o->crc, out, n * size);
        o->ready += n;
        o->nready -= n;
        out += n * size;
        count -= n;
    }
}

/* ---- frames ---------------------------------------------------------------------------------- */

static lbc_status encode(pixels_out *o)
{
    const lbc_job *job = o->job;
    lbc_slot *slot = o->slot;
    const lbc_pixel_source source = {give, o};
    lbc_status status;
    if (job->at_rest && slot->stream)
        status = lbc_rest_wrap(o->lane->work, job->format, &source, slot->stream, slot->stream_size, slot->chunk,
                               slot->chunk_capacity, &slot->chunk_size);
    else
        status = job->format->codec->encode(o->lane->work, job->format, &source, slot->chunk, slot->chunk_capacity,
                                            &slot->chunk_size);
    slot->pixel_crc = o->crc;
    return status;
}

lbc_status lbc_store_whole(const lbc_job *job, lbc_lane *lane, lbc_slot *slot, int32_t *frame)
{
    pixels_out o = {.job = job, .lane = lane, .slot = slot, .sum = frame, .finished = true};
    return encode(&o);
}

uint32_t lbc_store_crc(const lbc_job *job, int32_t *frame)
{
    uint32_t block[1024];
    pixels_out o = {.job = job, .sum = frame, .finished = true};
    for (size_t i = 0; i < job->pixels; i += 1024) {
        const size_t left = job->pixels - i;
        give(&o, i, left < 1024 ? left : 1024, block);
    }
    return o.crc;
}

bool lbc_store_in_pieces(const lbc_job *job, lbc_lane *lane, lbc_slot *slot, int32_t *sum, bool tally,
                         lbc_store_trouble *trouble)
{
    pixels_out o = {.job = job, .lane = lane, .slot = slot, .sum = sum, .tally = tally};
    if (lane->begun) o.reader = lane->reader;
    if (tally) slot->measured.tally = (lbc_tally){0};
    slot->measured.done = tally;
    slot->stream_known = job->lossy != NULL;
    o.trouble.storage = encode(&o);
    *trouble = o.trouble;
    return !trouble->decoding && !trouble->lossy && !trouble->storage;
}
