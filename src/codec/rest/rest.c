/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two entries of the codec table, and the way of a frame into a chunk and out of it. */
#include "codec/rest/rest.h"

#include "base/bytes.h"
#include "base/checksum.h"
#include "codec/around.h"
#include "codec/rest/marks.h"
#include "codec/rest/params.h"
#include "codec/work.h"
#include "frame/diffuse.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_SIZE = 32, CHUNK_VERSION = 1 };

static const uint8_t magic[4] = {'L', 'B', 'C', 'R'};

/* What a thread keeps from frame to frame. */
typedef struct scratch {
    lbc_buffer frame, row, mask, exceptions, overloads, around;
} scratch;

static void scratch_free(void *state)
{
    scratch *s = state;
    lbc_buffer_free(&s->frame);
    lbc_buffer_free(&s->row);
    lbc_buffer_free(&s->mask);
    lbc_buffer_free(&s->exceptions);
    lbc_buffer_free(&s->overloads);
    lbc_buffer_free(&s->around);
    free(s);
}

/* NULL: out of memory. */
static scratch *scratch_of(lbc_codec_work *w)
{
    if (!w->slots[LBC_WORK_REST].state) {
        w->slots[LBC_WORK_REST].state = lbc_alloc_zero(1, sizeof(scratch));
        w->slots[LBC_WORK_REST].free = scratch_free;
    }
    return w->slots[LBC_WORK_REST].state;
}

/* ---- what stored pixels mean --------------------------------------------------------------- */

/* Stored pixels as uint32 words v (an int32 as its two's complement). */
typedef struct pixel_rule {
    lbc_pixel_type type;
    uint32_t limit, largest_count;       /* S'; v <= largest_count: a count */
    uint32_t first_marker;               /* else v >= first_marker: masked; else overloaded */
    int32_t masked, overloaded;          /* what those become in a working frame */
    uint32_t put_masked, put_overloaded; /* and what they are stored as */
} pixel_rule;

static pixel_rule rule_of(lbc_pixel_type type, const lbc_rest_params *p)
{
    pixel_rule r = {.type = type,
                    .limit = (uint32_t)p->coding.limit,
                    .largest_count = (uint32_t)p->coding.limit,
                    .first_marker = type == LBC_U16   ? UINT16_MAX - 1
                                    : type == LBC_U32 ? UINT32_MAX - 1
                                                      : UINT32_C(1) << 31,
                    .masked = LBC_MASKED,
                    .overloaded = LBC_OVERLOADED,
                    .put_masked = type == LBC_U16 ? UINT16_MAX : UINT32_MAX,
                    .put_overloaded = (uint32_t)p->coding.limit + 1};
    if (p->gaps_zero) { /* S' is what an overload is written as, and comes back as that */
        r.largest_count = r.limit - 1;
        r.masked = type == LBC_I32 ? 0 : LBC_OVERLOADED;
        r.put_overloaded = r.limit;
    }
    return r;
}

static inline int32_t meaning(uint32_t v, const pixel_rule *r)
{
    return v <= r->largest_count ? (int32_t)v : v >= r->first_marker ? r->masked : r->overloaded;
}

/* Stored pixels (n at row) -> working frame. */
static void load_row(int32_t *out, const uint8_t *row, size_t n, const pixel_rule *rule)
{
    const pixel_rule r = *rule;
    if (r.type == LBC_U16)
        for (size_t i = 0; i < n; i++) out[i] = meaning(lbc_get_le16(row + 2 * i), &r);
    else
        for (size_t i = 0; i < n; i++) out[i] = meaning(lbc_get_le32(row + 4 * i), &r);
}

/* Decoded values -> stored counts. */
static void store_row(uint8_t *row, const int32_t *values, size_t n, const pixel_rule *r)
{
    const int32_t limit = (int32_t)r->limit;
    if (r->type == LBC_U16)
        for (size_t i = 0; i < n; i++) {
            const int32_t v = values[i] < 0 ? 0 : values[i] > limit ? limit : values[i];
            lbc_put_le16(row + 2 * i, (uint16_t)v);
        }
    else
        for (size_t i = 0; i < n; i++) {
            const int32_t v = values[i] < 0 ? 0 : values[i] > limit ? limit : values[i];
            lbc_put_le32(row + 4 * i, (uint32_t)v);
        }
}

/* Stores value in the pixels of a row whose bits are set. */
static void store_marks(uint8_t *row, const uint64_t *bits, size_t words, uint32_t value, lbc_pixel_type type)
{
    for (size_t i = 0; i < words; i++)
        for (uint64_t word = bits[i]; word; word &= word - 1) {
            const size_t x = i * 64 + (size_t)__builtin_ctzll(word);
            if (type == LBC_U16)
                lbc_put_le16(row + 2 * x, (uint16_t)value);
            else
                lbc_put_le32(row + 4 * x, value);
        }
}

/* ---- the head of a chunk ------------------------------------------------------------------- */

static uint32_t chunk_crc(const uint8_t *chunk, size_t size)
{
    return lbc_crc32c(lbc_crc32c(0, chunk, HEAD_SIZE - 4), chunk + HEAD_SIZE, size - HEAD_SIZE);
}

/* Writes the head of a chunk whose other bytes are in place. */
static void put_head(uint8_t *chunk, const lbc_rest_params *p, const size_t parts[3])
{
    memcpy(chunk, magic, sizeof magic);
    chunk[4] = CHUNK_VERSION;
    chunk[5] = (uint8_t)p->codec;
    chunk[6] = (uint8_t)p->type;
    chunk[7] = 0;
    lbc_put_le32(chunk + 8, p->coding.shape.ny);
    lbc_put_le32(chunk + 12, p->coding.shape.nx);
    for (size_t i = 0; i < 3; i++) lbc_put_le32(chunk + 16 + 4 * i, (uint32_t)parts[i]);
    lbc_put_le32(chunk + 28, chunk_crc(chunk, HEAD_SIZE + parts[0] + parts[1] + parts[2]));
}

static lbc_status check_chunk(const lbc_rest_params *p, const uint8_t *chunk, size_t size, lbc_error *err)
{
    if (size < HEAD_SIZE || memcmp(chunk, magic, sizeof magic) != 0)
        return lbc_fail(err, LBC_E_FORMAT,
                        "a chunk of %zu bytes that does not begin with LBCR: another filter's, or "
                        "damaged",
                        size);
    if (chunk[4] != CHUNK_VERSION || chunk[7] != 0)
        return lbc_fail(err, LBC_E_UNSUPPORTED, "a chunk of version %u; this program knows %d", chunk[4],
                        CHUNK_VERSION);
    const lbc_shape shape = {lbc_get_le32(chunk + 8), lbc_get_le32(chunk + 12)};
    if (chunk[5] != p->codec || chunk[6] != p->type || shape.ny != p->coding.shape.ny || shape.nx != p->coding.shape.nx)
        return lbc_fail(err, LBC_E_FORMAT,
                        "a chunk of codec %u, type %u, %u x %u pixels, where the cd_values say "
                        "%u, %u, %u x %u",
                        chunk[5], chunk[6], shape.nx, shape.ny, p->codec, p->type, p->coding.shape.nx,
                        p->coding.shape.ny);
    const uint64_t stream = lbc_get_le32(chunk + 24);
    const uint64_t sum = HEAD_SIZE + (uint64_t)lbc_get_le32(chunk + 16) + lbc_get_le32(chunk + 20) + stream;
    if (sum != size || stream == 0)
        return lbc_fail(err, LBC_E_FORMAT, "a chunk of %zu bytes whose head speaks of %llu: cut off, or damaged", size,
                        (unsigned long long)sum);
    if (lbc_get_le32(chunk + 28) != chunk_crc(chunk, size))
        return lbc_fail(err, LBC_E_FORMAT, "a chunk whose checksum is wrong: damaged");
    return LBC_OK;
}

lbc_status lbc_rest_check(const lbc_chunk_format *format, const uint8_t *chunk, size_t size, lbc_error *err)
{
    lbc_rest_params p;
    const lbc_status status = lbc_rest_params_read(&p, format, err);
    return status ? status : check_chunk(&p, chunk, size, err);
}

size_t lbc_rest_stream_size(const uint8_t *chunk, size_t size)
{
    return size < HEAD_SIZE ? 0 : lbc_get_le32(chunk + 24);
}

const uint8_t *lbc_rest_stream(const uint8_t *chunk, size_t *stream_size)
{
    *stream_size = lbc_get_le32(chunk + 24);
    return chunk + HEAD_SIZE + lbc_get_le32(chunk + 16) + lbc_get_le32(chunk + 20);
}

/* ---- encoding ------------------------------------------------------------------------------ */

static lbc_status load_frame(scratch *s, const lbc_rest_params *p, const pixel_rule *rule,
                             const lbc_pixel_source *source)
{
    const lbc_shape shape = p->coding.shape;
    if (!lbc_buffer_need(&s->frame, lbc_shape_pixels(shape) * sizeof(int32_t)) ||
        !lbc_buffer_need(&s->row, (size_t)shape.nx * 4))
        return LBC_E_MEMORY;
    int32_t *frame = (int32_t *)(void *)s->frame.data;
    for (uint32_t y = 0; y < shape.ny; y++) {
        const size_t first = (size_t)y * shape.nx;
        source->give(source->user, first, shape.nx, s->row.data);
        load_row(frame + first, s->row.data, shape.nx, rule);
    }
    return LBC_OK;
}

/* Collects the pixels of a working frame that are marked. */
static void collect_marks(lbc_marks *masked, lbc_marks *overloaded, const int32_t *frame)
{
    const lbc_shape shape = masked->shape;
    for (uint32_t y = 0; y < shape.ny; y++, frame += shape.nx) {
        int32_t signs = 0;
        for (uint32_t x = 0; x < shape.nx; x++) signs |= frame[x];
        if (signs >= 0) continue;
        for (uint32_t x = 0; x < shape.nx; x++)
            if (frame[x] < 0) lbc_marks_set(frame[x] == LBC_MASKED ? masked : overloaded, y, x);
    }
}

/* Packs the marks of the loaded frame into out; sizes[0], sizes[1]: bytes of exceptions and of overloads. */
static lbc_status put_marks(scratch *s, const lbc_rest_params *p, uint8_t *out, size_t sizes[2])
{
    const lbc_shape shape = p->coding.shape;
    lbc_marks mask, masked, overloaded;
    sizes[0] = sizes[1] = 0;
    if (!lbc_marks_init(&mask, shape, &s->mask) || !lbc_marks_init(&masked, shape, &s->exceptions) ||
        !lbc_marks_init(&overloaded, shape, &s->overloads))
        return LBC_E_MEMORY;
    const lbc_status status = lbc_marks_unpack(&mask, p->mask, p->mask_size);
    if (status) return status;
    collect_marks(&masked, &overloaded, (const int32_t *)(void *)s->frame.data);
    lbc_marks_xor(&masked, &mask);
    sizes[0] = lbc_marks_pack(&masked, out);
    sizes[1] = lbc_marks_pack(&overloaded, out + sizes[0]);
    return LBC_OK;
}

/* stream NULL: the codestream is made here. */
static lbc_status encode_frame(scratch *s, lbc_codec_work *w, const lbc_chunk_format *format,
                               const lbc_pixel_source *source, const uint8_t *stream, size_t stream_size,
                               uint8_t *chunk, size_t capacity, size_t *size)
{
    lbc_rest_params p;
    size_t parts[3];
    lbc_status status = lbc_rest_params_read(&p, format, NULL);
    if (status) return status;
    if (capacity < HEAD_SIZE + 2 * lbc_marks_bound(p.coding.shape)) return LBC_E_SPACE;
    const pixel_rule rule = rule_of(format->type, &p);
    status = load_frame(s, &p, &rule, source);
    if (status == LBC_OK) status = put_marks(s, &p, chunk + HEAD_SIZE, parts);
    if (status) return status;

    const size_t begin = HEAD_SIZE + parts[0] + parts[1];
    if (stream) {
        if (stream_size > capacity - begin) return LBC_E_SPACE;
        memcpy(chunk + begin, stream, stream_size);
        parts[2] = stream_size;
    } else {
        int32_t *frame = (int32_t *)(void *)s->frame.data;
        if (!lbc_buffer_need(&s->around, lbc_around_room(&p.coding))) return LBC_E_MEMORY;
        lbc_before_lossy(&p.coding, frame, frame, s->around.data);
        status = p.lossy->encode(w, &p.coding, frame, chunk + begin, capacity - begin, &parts[2]);
        if (status) return status;
    }
    if (parts[2] == 0 || parts[2] > UINT32_MAX) return LBC_E_ARGUMENT;
    put_head(chunk, &p, parts);
    *size = begin + parts[2];
    return LBC_OK;
}

lbc_status lbc_rest_wrap(lbc_codec_work *w, const lbc_chunk_format *format, const lbc_pixel_source *source,
                         const uint8_t *stream, size_t stream_size, uint8_t *chunk, size_t capacity, size_t *size)
{
    scratch *s = scratch_of(w);
    if (!s) return LBC_E_MEMORY;
    return encode_frame(s, w, format, source, stream, stream_size, chunk, capacity, size);
}

static lbc_status encode(lbc_codec_work *w, const lbc_chunk_format *format, const lbc_pixel_source *source,
                         uint8_t *chunk, size_t capacity, size_t *size)
{
    return lbc_rest_wrap(w, format, source, NULL, 0, chunk, capacity, size);
}

/* ---- decoding ------------------------------------------------------------------------------ */

/* Which pixels are masked and overloaded: the series' mask, and the chunk's two sets. */
static lbc_status get_marks(scratch *s, const lbc_rest_params *p, const uint8_t *chunk, lbc_marks *masked,
                            lbc_marks *overloaded)
{
    const lbc_shape shape = p->coding.shape;
    const size_t sizes[2] = {lbc_get_le32(chunk + 16), lbc_get_le32(chunk + 20)};
    lbc_marks exceptions;
    if (!lbc_marks_init(masked, shape, &s->mask) || !lbc_marks_init(&exceptions, shape, &s->exceptions) ||
        !lbc_marks_init(overloaded, shape, &s->overloads))
        return LBC_E_MEMORY;
    lbc_status status = lbc_marks_unpack(masked, p->mask, p->mask_size);
    if (status == LBC_OK) status = lbc_marks_unpack(&exceptions, chunk + HEAD_SIZE, sizes[0]);
    if (status == LBC_OK) status = lbc_marks_unpack(overloaded, chunk + HEAD_SIZE + sizes[0], sizes[1]);
    if (status == LBC_OK && sizes[0]) lbc_marks_xor(masked, &exceptions);
    return status;
}

/* Decoded values to counts, where they are not that already. */
static lbc_status make_counts(scratch *s, const lbc_rest_params *p, int32_t *values, const lbc_marks *masked,
                              const lbc_marks *overloaded)
{
    const lbc_shape shape = p->coding.shape;
    if (!lbc_buffer_need(&s->around, lbc_around_room(&p->coding))) return LBC_E_MEMORY;
    for (uint32_t y = 0; y < shape.ny; y++) {
        const uint64_t *mask = lbc_marks_row(masked, y), *over = lbc_marks_row(overloaded, y);
        for (size_t i = 0; i < masked->stride; i++)
            for (uint64_t word = (p->gaps_zero ? 0 : mask[i]) | over[i]; word; word &= word - 1)
                values[(size_t)y * shape.nx + i * 64 + (size_t)__builtin_ctzll(word)] = LBC_DIFFUSE_NONE;
    }
    lbc_after_lossy(&p->coding, values, s->around.data);
    return LBC_OK;
}

static lbc_status decode_frame(scratch *s, lbc_codec_work *w, const lbc_chunk_format *format, const uint8_t *chunk,
                               size_t size, const lbc_pixel_sink *sink)
{
    lbc_rest_params p;
    lbc_marks masked, overloaded;
    lbc_status status = lbc_rest_params_read(&p, format, NULL);
    if (status == LBC_OK) status = check_chunk(&p, chunk, size, NULL);
    if (status == LBC_OK) status = get_marks(s, &p, chunk, &masked, &overloaded);
    if (status) return status;

    const lbc_shape shape = p.coding.shape;
    if (!lbc_buffer_need(&s->frame, lbc_shape_pixels(shape) * sizeof(int32_t)) ||
        !lbc_buffer_need(&s->row, (size_t)shape.nx * 4))
        return LBC_E_MEMORY;
    int32_t *frame = (int32_t *)(void *)s->frame.data;
    size_t stream_size;
    const uint8_t *stream = lbc_rest_stream(chunk, &stream_size);
    status = p.lossy->decode(w, &p.coding, stream, stream_size, frame);
    if (status) return status;

    if (lbc_wants_after_lossy(&p.coding)) {
        status = make_counts(s, &p, frame, &masked, &overloaded);
        if (status) return status;
    }

    const pixel_rule rule = rule_of(format->type, &p);
    for (uint32_t y = 0; y < shape.ny; y++) {
        store_row(s->row.data, frame + (size_t)y * shape.nx, shape.nx, &rule);
        if (!p.gaps_zero)
            store_marks(s->row.data, lbc_marks_row(&masked, y), masked.stride, rule.put_masked, rule.type);
        store_marks(s->row.data, lbc_marks_row(&overloaded, y), overloaded.stride, rule.put_overloaded, rule.type);
        sink->take(sink->user, s->row.data, shape.nx);
    }
    return LBC_OK;
}

static lbc_status decode(lbc_codec_work *w, const lbc_chunk_format *format, const uint8_t *chunk, size_t size,
                         const lbc_pixel_sink *sink)
{
    scratch *s = scratch_of(w);
    if (!s) return LBC_E_MEMORY;
    return decode_frame(s, w, format, chunk, size, sink);
}

/* ---- the table's entries ------------------------------------------------------------------- */

static lbc_status configure(lbc_chunk_format *format, int level)
{
    (void)format;
    (void)level;
    return LBC_E_ARGUMENT;
}

static lbc_status recognise(const lbc_chunk_format *format, const lbc_lossy *lossy)
{
    lbc_rest_params p;
    const lbc_status status = lbc_rest_params_read(&p, format, NULL);
    return status ? status : p.lossy == lossy ? LBC_OK : LBC_E_UNSUPPORTED;
}

static lbc_status recognise_hcomp(const lbc_chunk_format *format)
{
    return recognise(format, &lbc_hcomp);
}
static lbc_status recognise_j2k(const lbc_chunk_format *format)
{
    return recognise(format, &lbc_j2k);
}

/* 0 for params that are none of ours. */
static size_t bound(const lbc_chunk_format *format)
{
    lbc_rest_params p;
    if (lbc_rest_params_read(&p, format, NULL)) return 0;
    return HEAD_SIZE + 2 * lbc_marks_bound(p.coding.shape) + p.lossy->bound(&p.coding);
}

const lbc_codec lbc_codec_rest_hcomp = {
    .name = "hcomp",
    .what = "the HCompress codestream itself (with -H)",
    .filter = LBC_REST_FILTER,
    .plugin = "libh5lbc",
    .writable = true,
    .configure = configure,
    .recognise = recognise_hcomp,
    .bound = bound,
    .encode = encode,
    .decode = decode,
};

const lbc_codec lbc_codec_rest_j2k = {
    .name = "j2k",
    .what = "the JPEG 2000 codestream itself (with -J or -K)",
    .filter = LBC_REST_FILTER,
    .plugin = "libh5lbc",
    .writable = true,
    .configure = configure,
    .recognise = recognise_j2k,
    .bound = bound,
    .encode = encode,
    .decode = decode,
};
