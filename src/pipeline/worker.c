/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/worker.h"

#include "codec/around.h"
#include "codec/rest/rest.h"
#include "export/minicbf.h"
#include "frame/diffuse.h"
#include "pipeline/cbf.h"
#include "pipeline/image.h"
#include "pipeline/store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A group this long is split among the workers even when there are frames enough for all of them. */
#define SPLIT_ABOVE 32

/* ---- memory --------------------------------------------------------------------------------- */

static unsigned parts_for(const lbc_job *job, unsigned workers)
{
    const uint32_t sum = job->plan.sum;
    if (job->whole_groups || workers < 2 || sum < 2 || (sum <= SPLIT_ABOVE && job->frames >= workers)) return 1;
    return sum < workers ? sum : workers;
}

static bool open_lane(lbc_lane *lane, const lbc_job *job)
{
    lane->reader = lbc_frame_reader_new();
    lane->work = lbc_codec_work_new();
    lane->sum = lbc_alloc_aligned(job->pixels, sizeof *lane->sum);
    if (job->lossy) lane->coded = lbc_alloc_aligned(job->pixels, sizeof *lane->coded);
    const size_t room = job->lossy ? lbc_around_room(&job->lossy_params) : 0;
    if (room) lane->room = lbc_alloc_aligned(room, 1);
    if (job->measuring.full) lane->measure_room = lbc_alloc(lbc_measure_room(job->shape), 1);
    return lane->reader && lane->work && lane->sum && (lane->coded || !job->lossy) && (lane->room || !room) &&
           (lane->measure_room || !job->measuring.full);
}

static bool open_slot(lbc_slot *slot, const lbc_job *job, unsigned parts)
{
    slot->chunk_capacity = job->format->codec->bound(job->format);
    slot->chunk = lbc_alloc_aligned(slot->chunk_capacity, 1);
    if (!slot->chunk) return false;
    if (job->names.squash) {
        slot->stream_capacity = job->lossy->bound(&job->lossy_params);
        slot->stream = lbc_alloc_aligned(slot->stream_capacity, 1);
        if (!slot->stream) return false;
    }
    if (job->measuring.full) {
        slot->measured.full = lbc_alloc_zero(1, sizeof *slot->measured.full);
        if (!slot->measured.full) return false;
    }
    if (job->options->minicbf) {
        slot->cbf_capacity = lbc_minicbf_bound(job->shape);
        slot->cbf = lbc_alloc(slot->cbf_capacity, 1);
        if (!slot->cbf) return false;
    }
    slot->part_input = lbc_alloc_zero(parts, sizeof *slot->part_input);
    slot->bad = lbc_alloc_zero(parts, sizeof *slot->bad);
    if (!slot->part_input || !slot->bad) return false;
    if (parts == 1) return true;
    slot->parts = lbc_alloc_zero(parts, sizeof *slot->parts);
    if (!slot->parts) return false;
    for (unsigned i = 0; i < parts; i++) {
        slot->parts[i] = lbc_alloc_aligned(job->pixels, sizeof **slot->parts);
        if (!slot->parts[i]) return false;
    }
    return true;
}

lbc_status lbc_workshop_open(lbc_workshop *shop, const lbc_job *job, unsigned workers, lbc_error *err)
{
    const unsigned parts = parts_for(job, workers);
    /* Enough in flight that a worker need not wait for the writer, few enough to stay in the ceiling. */
    const unsigned slots = parts > 1 ? 2 : workers + 2;
    *shop = (lbc_workshop){.job = job, .parts = parts};
    shop->lane = lbc_alloc_zero(workers, sizeof *shop->lane);
    shop->slot = lbc_alloc_zero(slots, sizeof *shop->slot);
    if (!shop->lane || !shop->slot) goto no_memory;
    for (; shop->lanes < workers; shop->lanes++)
        if (!open_lane(&shop->lane[shop->lanes], job)) {
            shop->lanes++;
            goto no_memory;
        }
    for (; shop->slots < slots; shop->slots++)
        if (!open_slot(&shop->slot[shop->slots], job, parts)) {
            shop->slots++;
            goto no_memory;
        }
    return LBC_OK;

no_memory:
    return lbc_fail(err, LBC_E_MEMORY, "out of memory for %u workers (fewer need less: -p)", workers);
}

void lbc_workshop_close(lbc_workshop *shop)
{
    for (unsigned i = 0; i < shop->lanes; i++) {
        lbc_frame_reader_free(shop->lane[i].reader);
        lbc_codec_work_free(shop->lane[i].work);
        free(shop->lane[i].sum);
        free(shop->lane[i].coded);
        free(shop->lane[i].room);
        free(shop->lane[i].measure_room);
    }
    for (unsigned i = 0; i < shop->slots; i++) {
        lbc_slot *slot = &shop->slot[i];
        for (unsigned p = 0; slot->parts && p < shop->parts; p++) free(slot->parts[p]);
        free(slot->parts);
        free(slot->part_input);
        free(slot->bad);
        free(slot->cbf);
        free(slot->measured.full);
        free(slot->chunk);
        free(slot->stream);
    }
    free(shop->lane);
    free(shop->slot);
    *shop = (lbc_workshop){0};
}

/* ---- reading and summing -------------------------------------------------------------------- */

/* Reads image i of the group, the last one perhaps no further than its chunk. */
static lbc_status take_image(lbc_workshop *shop, lbc_lane *lane, uint64_t i, int32_t *sum, bool first, bool last,
                             lbc_error *err)
{
    if (last && shop->job->in_pieces && shop->job->options->bin == 1 && shop->parts == 1) {
        const lbc_status status = lbc_input_begin(shop->job->input, lane->reader, i, err);
        lane->begun = status == LBC_OK;
        lane->alone = lane->begun && first;
        if (status != LBC_E_UNSUPPORTED) return status;
    }
    return lbc_image_gather(shop->job, lane->reader, i, sum, first, err);
}

/* whole: the sum has all images. */
static lbc_status gather(lbc_workshop *shop, unsigned lane_id, unsigned slot_id, unsigned part, uint64_t k, bool whole,
                         lbc_error *err)
{
    const lbc_job *job = shop->job;
    lbc_lane *lane = &shop->lane[lane_id];
    lbc_slot *slot = &shop->slot[slot_id];
    uint64_t first;
    uint32_t count;
    lbc_plan_group(&job->plan, k, &first, &count);
    const uint64_t begin = (uint64_t)count * part / shop->parts, end = (uint64_t)count * (part + 1) / shop->parts;
    int32_t *sum = shop->parts > 1 ? slot->parts[part] : lane->sum;
    lbc_input_sum *input = &slot->part_input[part];
    *input = (lbc_input_sum){0};
    lane->begun = lane->alone = false;
    for (uint64_t i = begin; i < end; i++) {
        lbc_error trouble = {LBC_OK, ""};
        const lbc_status status = take_image(shop, lane, first + i, sum, i == begin, i + 1 == end && !whole, &trouble);
        if (status == LBC_OK) {
            input->sum += lbc_image_sum(lane->reader);
            continue;
        }
        if (!lbc_image_may_be_skipped(job, status)) return lbc_image_fail(job, status, &trouble, err);
        /* Whatever came of it is overruled: a sum with a masked contributor is masked. The others are read all the
         * same, since which are good must not hang on how a group was split. */
        if (input->bad++ == 0) slot->bad[part] = trouble;
        lbc_frame_mask(sum, job->pixels);
    }
    /* A kept short group can have fewer frames than parts. */
    if (begin == end) memset(sum, 0, job->pixels * sizeof *sum);
    return LBC_OK;
}

lbc_status lbc_workshop_gather(lbc_workshop *shop, unsigned lane, unsigned slot, unsigned part, uint64_t k,
                               lbc_error *err)
{
    return gather(shop, lane, slot, part, k, false, err);
}

/* ---- coding and storing --------------------------------------------------------------------- */

static int32_t *whole_sum(lbc_workshop *shop, unsigned lane, lbc_slot *slot)
{
    if (shop->parts == 1) return shop->lane[lane].sum;
    for (unsigned p = 1; p < shop->parts; p++) lbc_frame_add(slot->parts[0], slot->parts[p], shop->job->pixels);
    return slot->parts[0];
}

/* What the lossy codec makes of `sum`: pixels in lane->coded, where `pixels` asks for them, and the
 * codestream in the slot where squash files want it. */
static lbc_status lose(const lbc_job *job, lbc_lane *lane, lbc_slot *slot, const int32_t *sum, bool pixels)
{
    const lbc_lossy *codec = job->lossy;
    const lbc_lossy_params *params = &job->lossy_params;
    lbc_before_lossy(params, lane->coded, sum, lane->room);
    slot->stream_known = true;
    lbc_status status = LBC_OK;
    if (slot->stream) {
        status =
            codec->encode(lane->work, params, lane->coded, slot->stream, slot->stream_capacity, &slot->stream_size);
        if (status == LBC_OK && pixels)
            status = codec->decode(lane->work, params, slot->stream, slot->stream_size, lane->coded);
    } else if (pixels) {
        status = codec->roundtrip(lane->work, params, lane->coded, &slot->stream_size);
    }
    if (status || !pixels) return status;
    if (lbc_wants_after_lossy(params)) {
        lbc_diffuse_except(lane->coded, sum, job->pixels);
        lbc_after_lossy(params, lane->coded, lane->room);
    }
    lbc_frame_restore(lane->coded, sum, job->pixels, job->limit);
    return LBC_OK;
}

/* ---- measuring ------------------------------------------------------------------------------ */

static void take_pixels(void *user, const void *pixels, size_t count)
{
    lbc_gather_pixels(user, pixels, count);
}

/* The chunk's pixels as a reader sees them, in lane->coded. With gaps zero nothing in them tells an overload from a
 * count of S'; then the marks are those of the frame `sum` that was coded. */
static lbc_status read_back(const lbc_job *job, lbc_lane *lane, const lbc_slot *slot, const int32_t *sum)
{
    const lbc_gather_rule rule = {.type = job->store.type, .in = job->shape, .bin = 1, .saturation = job->limit};
    lbc_gather gather;
    lbc_gather_begin(&gather, &rule, lane->coded, true);
    const lbc_pixel_sink sink = {take_pixels, &gather};
    const lbc_status status = job->format->codec->decode(lane->work, job->format, slot->chunk, slot->chunk_size, &sink);
    if (status) return status;
    if (!lbc_gather_done(&gather)) return LBC_E_FORMAT;
    if (job->options->gaps_zero) lbc_frame_restore(lane->coded, sum, job->pixels, job->limit);
    return LBC_OK;
}

static void measure(const lbc_job *job, const lbc_lane *lane, lbc_slot *slot, const int32_t *before,
                    const int32_t *after)
{
    lbc_measured *m = &slot->measured;
    m->done = true;
    if (m->full) {
        lbc_measure(m->full, before, after, job->shape, job->measuring.ring, lane->measure_room);
        return;
    }
    m->tally = (lbc_tally){0};
    lbc_tally_add(&m->tally, before, after, job->pixels);
}

/* Whether the way of a frame leads through pixels after the lossy codec. */
static bool makes_pixels(const lbc_job *job)
{
    return !job->at_rest || job->options->verify || job->options->minicbf;
}

/* ---- a frame -------------------------------------------------------------------------------- */

static lbc_status fail_codec(const char *codec, lbc_status status, uint64_t k, lbc_error *err)
{
    return lbc_fail(err, status, "image %" PRIu64 " of the output: %s failed: %s", k + 1, codec,
                    lbc_status_string(status));
}

/* A frame that is all masked has nothing to be measured; a record has a row of it all the same. */
static bool to_measure(const lbc_job *job, const lbc_slot *slot, uint64_t k)
{
    return lbc_measuring_wants(&job->measuring, k) && (job->measuring.full || !slot->input.bad);
}

/* The sum being whole, and somebody wanting it so. */
static lbc_status encode_whole(lbc_workshop *shop, unsigned lane_id, unsigned slot_id, uint64_t k, lbc_error *err)
{
    const lbc_job *job = shop->job;
    lbc_lane *lane = &shop->lane[lane_id];
    lbc_slot *slot = &shop->slot[slot_id];
    int32_t *sum = whole_sum(shop, lane_id, slot);
    lbc_frame_finish(sum, job->pixels, job->mask_out, job->limit, &slot->counts);
    if (job->lossy && job->options->gaps_zero) lbc_frame_mark_limit(sum, job->pixels, job->limit);

    if (job->lossy && (makes_pixels(job) || slot->stream)) {
        const lbc_status status = lose(job, lane, slot, sum, makes_pixels(job));
        if (status) return fail_codec(job->lossy->name, status, k, err);
    }
    const lbc_status status = lbc_store_whole(job, lane, slot, job->lossy && !job->at_rest ? lane->coded : sum);
    if (status) return fail_codec(job->format->codec->name, status, k, err);
    if (job->at_rest) {
        slot->stream_size = lbc_rest_stream_size(slot->chunk, slot->chunk_size);
        slot->stream_known = true;
        if (job->options->verify) slot->pixel_crc = lbc_store_crc(job, lane->coded);
    }
    if (slot->cbf) {
        const lbc_status made =
            lbc_cbf_make(job, k, job->lossy ? lane->coded : sum, slot->cbf, slot->cbf_capacity, &slot->cbf_size);
        if (made) return fail_codec("miniCBF", made, k, err);
    }
    return to_measure(job, slot, k) ? lbc_workshop_measure(shop, lane_id, slot_id, k, err) : LBC_OK;
}

static void begin_slot(lbc_slot *slot, unsigned parts)
{
    slot->counts = (lbc_frame_counts){0};
    slot->input = (lbc_input_sum){0};
    for (unsigned p = 0; p < parts; p++) {
        slot->input.sum += slot->part_input[p].sum;
        slot->input.bad += slot->part_input[p].bad;
    }
    slot->stream_size = 0;
    slot->stream_known = false;
    slot->measured.done = false;
}

lbc_status lbc_workshop_encode(lbc_workshop *shop, unsigned lane_id, unsigned slot_id, uint64_t k, lbc_error *err)
{
    const lbc_job *job = shop->job;
    lbc_lane *lane = &shop->lane[lane_id];
    lbc_slot *slot = &shop->slot[slot_id];
    begin_slot(slot, shop->parts);
    if (!job->in_pieces) return encode_whole(shop, lane_id, slot_id, k, err);
    lbc_store_trouble trouble;
    if (lbc_store_in_pieces(job, lane, slot, lane->alone ? NULL : whole_sum(shop, lane_id, slot),
                            to_measure(job, slot, k), &trouble))
        return LBC_OK;
    if (trouble.decoding) {
        /* Read in the ordinary way, the image is either reported or skipped. */
        const lbc_status status = gather(shop, lane_id, slot_id, 0, k, true, err);
        if (status) return status;
        begin_slot(slot, shop->parts);
        if (lbc_store_in_pieces(job, lane, slot, lane->sum, to_measure(job, slot, k), &trouble)) return LBC_OK;
    }
    if (trouble.lossy) return fail_codec(job->lossy->name, trouble.lossy, k, err);
    return fail_codec(job->format->codec->name, trouble.storage, k, err);
}

lbc_status lbc_workshop_measure(lbc_workshop *shop, unsigned lane_id, unsigned slot_id, uint64_t k, lbc_error *err)
{
    const lbc_job *job = shop->job;
    lbc_lane *lane = &shop->lane[lane_id];
    lbc_slot *slot = &shop->slot[slot_id];
    const int32_t *sum = shop->parts > 1 ? slot->parts[0] : lane->sum;
    if (!makes_pixels(job)) {
        const lbc_status status = read_back(job, lane, slot, sum);
        if (status) return fail_codec(job->format->codec->name, status, k, err);
    }
    measure(job, lane, slot, sum, job->lossy ? lane->coded : sum);
    return LBC_OK;
}

/* ---- what was skipped ------------------------------------------------------------------------ */

void lbc_workshop_tell_bad(const lbc_workshop *shop, unsigned slot_id)
{
    const lbc_job *job = shop->job;
    const lbc_slot *slot = &shop->slot[slot_id];
    for (unsigned p = 0; p < shop->parts; p++) {
        const uint32_t bad = slot->part_input[p].bad;
        if (bad == 1)
            lbc_log_send(&job->log, LBC_LEVEL_WARNING, "%s; %s masked", slot->bad[p].text,
                         job->options->sum > 1 ? "its sum is" : "it is");
        else if (bad)
            lbc_log_send(&job->log, LBC_LEVEL_WARNING, "%s, and %" PRIu32 " more of its sum, which is masked",
                         slot->bad[p].text, bad - 1);
    }
}
