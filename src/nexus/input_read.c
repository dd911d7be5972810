/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames, read: the fast way (pread and decode, no lock but for a moment), and through HDF5. */
#include "base/bytes.h"
#include "base/checksum.h"
#include "base/memory.h"
#include "nexus/input_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define DATASETS_OPEN 16 /* for reading through HDF5, at most; each may hold a chunk cache */

struct lbc_frame_reader {
    lbc_buffer bytes; /* a chunk, or the pixels HDF5 gave */
    lbc_codec_work *work;
    uint32_t crc;            /* of the frame read last */
    lbc_chunk_cursor cursor; /* in bytes, of a frame that was begun */
};

lbc_frame_reader *lbc_frame_reader_new(void)
{
    lbc_frame_reader *reader = lbc_alloc_zero(1, sizeof *reader);
    if (!reader) return NULL;
    reader->work = lbc_codec_work_new();
    if (reader->work) return reader;
    lbc_frame_reader_free(reader);
    return NULL;
}

void lbc_frame_reader_free(lbc_frame_reader *reader)
{
    if (!reader) return;
    lbc_codec_work_free(reader->work);
    lbc_buffer_free(&reader->bytes);
    free(reader);
}

uint32_t lbc_frame_reader_crc(const lbc_frame_reader *reader)
{
    return reader->crc;
}

/* What is in reader->bytes is frame number `frame`. */
static void note_crc(lbc_frame_reader *reader, uint64_t frame, size_t size)
{
    uint8_t number[8];
    lbc_put_le64(number, frame);
    reader->crc = lbc_crc32c(lbc_crc32c(0, number, sizeof number), reader->bytes.data, size);
}

/* ---- the fast way -------------------------------------------------------------------------- */

static lbc_status read_chunk(const lbc_input *input, lbc_frame_reader *reader, uint64_t frame, const lbc_stored *stored,
                             const lbc_place_of_frame *place, lbc_error *err)
{
    lbc_error trouble = {LBC_OK, ""};
    const uint64_t end = stored->source->identity.size;
    if (place->size > end || place->offset > end - place->size)
        return lbc_fail(err, LBC_E_FORMAT,
                        "%s: image %llu lies at byte %llu, beyond the end of the file (was it cut short?)",
                        stored->source->path, (unsigned long long)frame + 1, (unsigned long long)place->offset);
    if (!lbc_buffer_need(&reader->bytes, place->size))
        return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory for the %llu bytes of image %llu", stored->source->path,
                        (unsigned long long)place->size, (unsigned long long)frame + 1);
    const lbc_status status = lbc_source_read(&input->shared->sources, stored->source, place->offset,
                                              reader->bytes.data, place->size, &trouble);
    if (status != LBC_OK)
        lbc_fail(err, status, "%s (image %llu, %llu bytes at byte %llu)", trouble.text, (unsigned long long)frame + 1,
                 (unsigned long long)place->size, (unsigned long long)place->offset);
    return status;
}

static lbc_status read_fast(const lbc_input *input, lbc_frame_reader *reader, uint64_t frame, const lbc_stored *stored,
                            const lbc_place_of_frame *place, const lbc_pixel_sink *sink, lbc_error *err)
{
    lbc_status status = read_chunk(input, reader, frame, stored, place, err);
    if (status != LBC_OK) return status;
    note_crc(reader, frame, place->size);
    if (!sink) return LBC_OK;
    const lbc_codec *codec = place->format->codec;
    status = codec->decode(reader->work, place->format, reader->bytes.data, place->size, sink);
    if (status == LBC_OK) return LBC_OK;
    return lbc_fail(err, status, "%s: image %llu cannot be decoded (%s, %llu bytes at byte %llu): %s",
                    stored->source->path, (unsigned long long)frame + 1, codec->name, (unsigned long long)place->size,
                    (unsigned long long)place->offset, lbc_status_string(status));
}

/* ---- through HDF5 (lock held) -------------------------------------------------------------- */

static void close_oldest(const lbc_input *input)
{
    lbc_stored *oldest = NULL;
    for (uint32_t i = 0; i < input->nstored; i++) {
        lbc_stored *s = &input->stored[i];
        if (s->dataset >= 0 && (!oldest || s->used < oldest->used)) oldest = s;
    }
    if (!oldest) return;
    lbc_h5_close(&oldest->dataset);
    input->shared->datasets_open--;
}

static lbc_status open_dataset(const lbc_input *input, lbc_stored *stored, lbc_error *err)
{
    char why[LBC_H5_WHY];
    lbc_status status = LBC_OK;
    stored->used = ++input->shared->clock;
    if (stored->dataset >= 0) return LBC_OK;
    if (input->shared->datasets_open >= DATASETS_OPEN) close_oldest(input);
    status = lbc_source_open(stored->source, err);
    if (status != LBC_OK) return status;
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    if (access >= 0 && stored->cache_bytes) H5Pset_chunk_cache(access, 521, stored->cache_bytes, 1.0);
    stored->dataset = access < 0 ? H5I_INVALID_HID : H5Dopen2(stored->source->h5, stored->path, access);
    if (stored->dataset >= 0)
        input->shared->datasets_open++;
    else
        status = lbc_fail(err, LBC_E_FORMAT, "%s: %s cannot be opened (HDF5: %s)", stored->source->path, stored->path,
                          lbc_h5_why(why));
    lbc_h5_close(&access);
    /* the data set keeps what it needs; the master stays for its writer */
    if (stored->source != input->shared->sources.source[0]) lbc_source_close(stored->source);
    return status;
}

/* why is filled on failure: HDF5 forgets its reason with the next call. */
static bool read_pixels(const lbc_stored *stored, uint32_t index, void *pixels, char why[LBC_H5_WHY])
{
    const hid_t type = lbc_pixel_native(stored->type);
    const hsize_t start[3] = {index, 0, 0}, count[3] = {1, stored->shape.ny, stored->shape.nx};
    hid_t space = H5Dget_space(stored->dataset), memory = H5Screate_simple(3, count, NULL);
    const bool selected = space >= 0 && memory >= 0 &&
                          (stored->single ? H5Sselect_all(memory) >= 0 && H5Sselect_all(space) >= 0
                                          : H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0);
    const bool sound =
        selected && lbc_h5_chunks_sound(stored->dataset, stored->single ? NULL : start, stored->single ? NULL : count);
    const bool ok = sound && H5Dread(stored->dataset, type, memory, space, H5P_DEFAULT, pixels) >= 0;
    if (selected && !sound)
        snprintf(why, LBC_H5_WHY, "a chunk is shorter or longer than it should be");
    else if (!ok)
        lbc_h5_why(why);
    lbc_h5_close(&memory);
    lbc_h5_close(&space);
    return ok;
}

static lbc_status read_through_hdf5(const lbc_input *input, lbc_frame_reader *reader, uint64_t frame,
                                    lbc_stored *stored, uint32_t index, const lbc_pixel_sink *sink, lbc_error *err)
{
    char why[LBC_H5_WHY];
    const size_t pixels = lbc_shape_pixels(stored->shape);
    if (!lbc_buffer_need(&reader->bytes, pixels * lbc_pixel_size(stored->type)))
        return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory for image %llu", stored->source->path,
                        (unsigned long long)frame + 1);
    lbc_h5_enter();
    lbc_status status = open_dataset(input, stored, err);
    if (status == LBC_OK && !read_pixels(stored, index, reader->bytes.data, why)) {
        const uint64_t offset = stored->place[index].offset;
        char at[64] = "";
        if (offset != LBC_NOWHERE) snprintf(at, sizeof at, " (chunk at byte %llu)", (unsigned long long)offset);
        status = lbc_fail(err, LBC_E_FORMAT, "%s: image %llu, number %lu of %s%s, cannot be read (HDF5: %s)",
                          stored->source->path, (unsigned long long)frame + 1, (unsigned long)index + 1, stored->path,
                          at, why);
    }
    lbc_h5_leave();
    if (status != LBC_OK) return status;
    note_crc(reader, frame, pixels * lbc_pixel_size(stored->type));
    if (sink) sink->take(sink->user, reader->bytes.data, pixels);
    return LBC_OK;
}

/* ---- any way ------------------------------------------------------------------------------- */

static lbc_status check_frame(const lbc_input *input, uint64_t frame, lbc_error *err)
{
    if (frame < input->frames.count) return LBC_OK;
    return lbc_fail(err, LBC_E_ARGUMENT, "%s: there is no image %llu", input->path, (unsigned long long)frame + 1);
}

lbc_status lbc_input_read(const lbc_input *input, lbc_frame_reader *reader, uint64_t frame, const lbc_pixel_sink *sink,
                          lbc_error *err)
{
    const lbc_status status = check_frame(input, frame, err);
    if (status != LBC_OK) return status;
    const lbc_frame_ref ref = input->frames.frame[frame];
    lbc_stored *stored = &input->stored[ref.stored];
    const lbc_place_of_frame *place = &stored->place[ref.index];
    if (place->lacking)
        return lbc_fail(err, LBC_E_FORMAT, "%s: image %llu was never written, or not wholly", place->lacking->path,
                        (unsigned long long)frame + 1);
    return place->format ? read_fast(input, reader, frame, stored, place, sink, err)
                         : read_through_hdf5(input, reader, frame, stored, ref.index, sink, err);
}

lbc_status lbc_input_begin(const lbc_input *input, lbc_frame_reader *reader, uint64_t frame, lbc_error *err)
{
    lbc_status status = check_frame(input, frame, err);
    if (status != LBC_OK) return status;
    const lbc_frame_ref ref = input->frames.frame[frame];
    const lbc_stored *stored = &input->stored[ref.stored];
    const lbc_place_of_frame *place = &stored->place[ref.index];
    if (!place->format || !place->format->codec->begin) return LBC_E_UNSUPPORTED;
    status = read_chunk(input, reader, frame, stored, place, err);
    if (status != LBC_OK) return status;
    note_crc(reader, frame, place->size);
    status = place->format->codec->begin(reader->work, place->format, reader->bytes.data, place->size, &reader->cursor);
    return status == LBC_OK ? LBC_OK : LBC_E_UNSUPPORTED; /* lbc_input_read will say what is wrong with it */
}

lbc_status lbc_input_next(lbc_frame_reader *reader, const void **pixels, size_t *count)
{
    return reader->cursor.format->codec->next(reader->work, &reader->cursor, pixels, count);
}

lbc_status lbc_input_read_chunk(const lbc_input *input, lbc_frame_reader *reader, uint64_t frame,
                                const lbc_chunk_format **format, const uint8_t **bytes, size_t *size, lbc_error *err)
{
    lbc_status status = check_frame(input, frame, err);
    if (status != LBC_OK) return status;
    const lbc_frame_ref ref = input->frames.frame[frame];
    const lbc_stored *stored = &input->stored[ref.stored];
    const lbc_place_of_frame *place = &stored->place[ref.index];
    if (!place->format)
        return lbc_fail(err, LBC_E_UNSUPPORTED, "%s: image %llu is not a chunk that can be taken as it is",
                        stored->source->path, (unsigned long long)frame + 1);
    status = read_chunk(input, reader, frame, stored, place, err);
    if (status != LBC_OK) return status;
    *format = place->format;
    *bytes = reader->bytes.data;
    *size = place->size;
    return LBC_OK;
}
