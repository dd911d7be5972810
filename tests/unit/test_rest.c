/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Codestreams at rest: cd_values, chunks, and what becomes of a pixel. */
#include "codec/rest/rest.h"

#include "base/bytes.h"
#include "codec/j2k/j2k.h"
#include "base/checksum.h"

#include "../support/random.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD 32

static const lbc_shape shape = {45, 70};

static uint64_t random_state = 1;

/* ---- frames in memory ---------------------------------------------------------------------- */

typedef struct memory {
    uint8_t *pixels;
    size_t pixel_size, taken;
} memory;

static void give(void *user, size_t first, size_t count, void *pixels)
{
    const memory *m = user;
    memcpy(pixels, m->pixels + first * m->pixel_size, count * m->pixel_size);
}

static void take(void *user, const void *pixels, size_t count)
{
    memory *m = user;
    memcpy(m->pixels + m->taken * m->pixel_size, pixels, count * m->pixel_size);
    m->taken += count;
}

/* One of everything that a case needs. */
typedef struct bench {
    lbc_chunk_format format;
    lbc_lossy_params lossy;
    lbc_codec_work *work;
    int32_t *frame;      /* working frame */
    uint8_t *mask;       /* the series' mask */
    memory stored, back; /* stored pixels, and as decoded */
    lbc_store_rule store;
    uint8_t *chunk;
    size_t capacity, size;
} bench;

static const lbc_lossy *lossy_of(const bench *b)
{
    return b->format.codec == &lbc_codec_rest_hcomp ? &lbc_hcomp : &lbc_j2k;
}

/* A frame of noise with a peak, gaps, a bad pixel and overloads; the mask is what is masked in it. */
static void draw(bench *b)
{
    for (uint32_t y = 0; y < shape.ny; y++)
        for (uint32_t x = 0; x < shape.nx; x++) {
            const size_t i = (size_t)y * shape.nx + x;
            b->frame[i] = (int32_t)(random_below(&random_state, 8) +
                                    (y / 9 == 2 && x / 9 == 3 ? random_below(&random_state, 500) : 0));
            if ((y >= 20 && y < 24) || (y == 3 && x == 69)) b->frame[i] = LBC_MASKED;
            b->mask[i] = b->frame[i] == LBC_MASKED;
        }
    b->frame[5] = b->frame[44 * 70 + 69] = LBC_OVERLOADED;
    b->frame[100] = b->lossy.limit;
}

static bench open_bench(const lbc_codec *codec, lbc_pixel_type type, int32_t limit)
{
    const size_t n = lbc_shape_pixels(shape), size = lbc_pixel_size(type);
    bench b = {.format = {.codec = codec, .type = type, .shape = shape},
               .lossy = {.shape = shape, .limit = limit, .stored_bytes = type == LBC_U16 ? 2 : 4, .scale = 8},
               .work = lbc_codec_work_new(),
               .frame = malloc(n * sizeof(int32_t)),
               .mask = malloc(n),
               .stored = {malloc(n * size), size, 0},
               .back = {malloc(n * size), size, 0},
               .store = {type,
                         type == LBC_U16   ? UINT16_MAX
                         : type == LBC_U32 ? (int64_t)UINT32_MAX
                                           : -1,
                         limit + 1}};
    lbc_j2k_layers(&b.lossy, LBC_J2K_J, 10);
    assert_true(b.work && b.frame && b.mask && b.stored.pixels && b.back.pixels);
    draw(&b);
    return b;
}

static void close_bench(bench *b)
{
    lbc_codec_work_free(b->work);
    free(b->frame);
    free(b->mask);
    free(b->stored.pixels);
    free(b->back.pixels);
    free(b->chunk);
}

static void configure(bench *b, bool gaps_zero)
{
    assert_int_equal(lbc_rest_configure(&b->format, &b->lossy, gaps_zero ? NULL : b->mask, NULL, gaps_zero), LBC_OK);
    assert_int_equal(b->format.codec->recognise(&b->format), LBC_OK);
    free(b->chunk);
    b->capacity = b->format.codec->bound(&b->format);
    b->chunk = malloc(b->capacity);
    assert_non_null(b->chunk);
}

static void encode(bench *b)
{
    const lbc_pixel_source source = {give, &b->stored};
    assert_int_equal(b->format.codec->encode(b->work, &b->format, &source, b->chunk, b->capacity, &b->size), LBC_OK);
    assert_in_range(b->size, HEAD + 1, b->capacity);
    assert_int_equal(lbc_rest_check(&b->format, b->chunk, b->size, NULL), LBC_OK);
}

static lbc_status decode(bench *b)
{
    const lbc_pixel_sink sink = {take, &b->back};
    b->back.taken = 0;
    uint8_t *exact = malloc(b->size + !b->size); /* a read beyond the end shows under ASan */
    assert_non_null(exact);
    memcpy(exact, b->chunk, b->size);
    const lbc_status status = b->format.codec->decode(b->work, &b->format, exact, b->size, &sink);
    free(exact);
    if (status == LBC_OK) assert_int_equal(b->back.taken, lbc_shape_pixels(shape));
    return status;
}

static const lbc_codec *const codecs[] = {&lbc_codec_rest_hcomp, &lbc_codec_rest_j2k};
static const lbc_pixel_type types[] = {LBC_U16, LBC_U32, LBC_I32};
static const int32_t limits[] = {65532, 100000, 700};

/* ---- pixels -------------------------------------------------------------------------------- */

/* What the pipeline writes with a lossless codec after the same lossy step. */
static void decoded_pixels_are_those_of_the_lossy_step(void **state)
{
    (void)state;
    for (size_t c = 0; c < 2; c++)
        for (size_t t = 0; t < 3; t++) {
            bench b = open_bench(codecs[c], types[t], limits[t]);
            const size_t n = lbc_shape_pixels(shape);
            configure(&b, false);
            lbc_store_pixels(b.stored.pixels, b.frame, n, &b.store);
            encode(&b);
            assert_int_equal(decode(&b), LBC_OK);

            int32_t *coded = malloc(n * sizeof *coded);
            assert_non_null(coded);
            lbc_frame_fill(coded, b.frame, n, b.lossy.limit);
            assert_int_equal(lossy_of(&b)->roundtrip(b.work, &b.lossy, coded, NULL), LBC_OK);
            lbc_frame_restore(coded, b.frame, n, b.lossy.limit);
            lbc_store_pixels(b.stored.pixels, coded, n, &b.store);
            assert_memory_equal(b.back.pixels, b.stored.pixels, n * b.stored.pixel_size);
            free(coded);
            close_bench(&b);
        }
}

static void put_pixel(memory *m, size_t i, uint32_t v)
{
    if (m->pixel_size == 2)
        lbc_put_le16(m->pixels + 2 * i, (uint16_t)v);
    else
        lbc_put_le32(m->pixels + 4 * i, v);
}

static uint32_t get_pixel(const memory *m, size_t i)
{
    return m->pixel_size == 2 ? lbc_get_le16(m->pixels + 2 * i) : lbc_get_le32(m->pixels + 4 * i);
}

/* Lossless (scale 1), so that every pixel's fate is seen: what any writer may hand to the filter. */
static void every_pixel_has_a_meaning(void **state)
{
    (void)state;
    static const struct {
        lbc_pixel_type type;
        bool gaps_zero;
        uint32_t in, out;
    } cases[] = {
        /* clang-format off: a table */
        {LBC_U16, false, 0, 0},
        {LBC_U16, false, 1000, 1000},
        {LBC_U16, false, 1001, 1001},
        {LBC_U16, false, 1002, 1001},
        {LBC_U16, false, 65533, 1001},
        {LBC_U16, false, 65534, 65535},
        {LBC_U16, false, 65535, 65535},
        {LBC_U32, false, 1000, 1000},
        {LBC_U32, false, 70000, 1001},
        {LBC_U32, false, 0x80000000, 1001},
        {LBC_U32, false, 0xfffffffd, 1001},
        {LBC_U32, false, 0xfffffffe, 0xffffffff},
        {LBC_U32, false, 0xffffffff, 0xffffffff},
        {LBC_I32, false, 1000, 1000},
        {LBC_I32, false, 1001, 1001},
        {LBC_I32, false, 0x7fffffff, 1001},
        {LBC_I32, false, 0x80000000, 0xffffffff},
        {LBC_I32, false, 0xfffffffe, 0xffffffff},
        {LBC_I32, false, 0xffffffff, 0xffffffff},
        {LBC_U16, true, 1000, 1000},
        {LBC_U16, true, 1001, 1000},
        {LBC_U16, true, 65535, 1000},
        {LBC_U32, true, 0xffffffff, 1000},
        {LBC_I32, true, 0xffffffff, 0},
        {LBC_I32, true, 0x7fffffff, 1000},
        /* clang-format on */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bench b = open_bench(&lbc_codec_rest_hcomp, cases[i].type, 1000);
        const size_t n = lbc_shape_pixels(shape), at = random_below(&random_state, (uint32_t)n);
        memset(b.mask, 0, n);
        b.lossy.scale = 1;
        configure(&b, cases[i].gaps_zero);
        memset(b.stored.pixels, 0, n * b.stored.pixel_size);
        put_pixel(&b.stored, at, cases[i].in);
        encode(&b);
        assert_int_equal(decode(&b), LBC_OK);
        put_pixel(&b.stored, at, cases[i].out);
        assert_int_equal(get_pixel(&b.back, at), cases[i].out);
        assert_memory_equal(b.back.pixels, b.stored.pixels, n * b.stored.pixel_size);
        close_bench(&b);
    }
}

static void lossless_is_lossless(void **state)
{
    (void)state;
    for (size_t t = 0; t < 3; t++) {
        bench b = open_bench(&lbc_codec_rest_hcomp, types[t], limits[t]);
        const size_t n = lbc_shape_pixels(shape);
        b.lossy.scale = 1;
        configure(&b, false);
        lbc_store_pixels(b.stored.pixels, b.frame, n, &b.store);
        encode(&b);
        assert_int_equal(decode(&b), LBC_OK);
        assert_memory_equal(b.back.pixels, b.stored.pixels, n * b.stored.pixel_size);
        close_bench(&b);
    }
}

/* ---- what it costs ------------------------------------------------------------------------- */

static void marks_cost_only_where_they_differ(void **state)
{
    (void)state;
    for (size_t c = 0; c < 2; c++) {
        bench b = open_bench(codecs[c], LBC_U16, 65532);
        const size_t n = lbc_shape_pixels(shape);
        configure(&b, false);
        b.frame[5] = b.frame[n - 1] = 0;
        lbc_store_pixels(b.stored.pixels, b.frame, n, &b.store);
        encode(&b);
        assert_int_equal(b.size, HEAD + lbc_rest_stream_size(b.chunk, b.size));
        b.frame[7] = LBC_MASKED;
        b.frame[20 * 70] = 12;
        b.frame[8] = LBC_OVERLOADED;
        lbc_store_pixels(b.stored.pixels, b.frame, n, &b.store);
        encode(&b);
        const size_t extra = b.size - HEAD - lbc_rest_stream_size(b.chunk, b.size);
        assert_in_range(extra, 1, 20);
        assert_int_equal(decode(&b), LBC_OK);
        assert_int_equal(get_pixel(&b.back, 7), 65535);
        assert_int_equal(get_pixel(&b.back, 8), 65533);
        assert_in_range(get_pixel(&b.back, 20 * 70), 0, 65532);
        assert_int_equal(get_pixel(&b.back, 20 * 70 + 1), 65535);
        close_bench(&b);
    }
}

/* What a frame of the series marks is as good as a mask. */
static void a_sample_serves_as_mask(void **state)
{
    (void)state;
    bench b = open_bench(&lbc_codec_rest_hcomp, LBC_U16, 65532);
    static lbc_chunk_format by_mask;
    configure(&b, false);
    by_mask = b.format;
    assert_int_equal(lbc_rest_configure(&b.format, &b.lossy, NULL, b.frame, false), LBC_OK);
    assert_int_equal(b.format.nparams, by_mask.nparams);
    assert_memory_equal(b.format.params, by_mask.params, 4 * by_mask.nparams);
    b.mask[0] = 1; /* both together */
    assert_int_equal(lbc_rest_configure(&b.format, &b.lossy, b.mask, b.frame, false), LBC_OK);
    assert_memory_not_equal(b.format.params, by_mask.params, 4 * by_mask.nparams);
    close_bench(&b);
}

/* A mask of noise does not fit the cd_values: then each chunk carries it, and the pixels are the same. */
static void large_mask_goes_into_chunks(void **state)
{
    (void)state;
    const lbc_shape large = {400, 800};
    const size_t n = lbc_shape_pixels(large);
    bench b = open_bench(&lbc_codec_rest_hcomp, LBC_U16, 65532);
    b.format.shape = b.lossy.shape = large;
    b.mask = realloc(b.mask, n);
    b.stored.pixels = realloc(b.stored.pixels, 2 * n);
    b.back.pixels = realloc(b.back.pixels, 2 * n);
    assert_true(b.mask && b.stored.pixels && b.back.pixels);
    for (size_t i = 0; i < n; i++) {
        b.mask[i] = random_below(&random_state, 3) == 0;
        put_pixel(&b.stored, i, b.mask[i] ? 65535 : random_below(&random_state, 10));
    }
    b.lossy.scale = 1;
    configure(&b, false);
    assert_int_equal(b.format.params[4], 2);
    assert_int_equal(b.format.nparams, 11);
    encode(&b);
    const lbc_pixel_sink sink = {take, &b.back};
    assert_int_equal(b.format.codec->decode(b.work, &b.format, b.chunk, b.size, &sink), LBC_OK);
    assert_int_equal(b.back.taken, n);
    assert_memory_equal(b.back.pixels, b.stored.pixels, 2 * n);
    close_bench(&b);
}

static void wrapping_a_codestream_is_encoding(void **state)
{
    (void)state;
    for (size_t c = 0; c < 2; c++) {
        bench b = open_bench(codecs[c], LBC_U16, 65532);
        const size_t n = lbc_shape_pixels(shape);
        configure(&b, false);
        lbc_store_pixels(b.stored.pixels, b.frame, n, &b.store);
        encode(&b);
        int32_t *filled = malloc(n * sizeof *filled);
        uint8_t *stream = malloc(lossy_of(&b)->bound(&b.lossy)), *chunk = malloc(b.capacity);
        size_t stream_size, size, found;
        assert_true(filled && stream && chunk);
        lbc_frame_fill(filled, b.frame, n, b.lossy.limit);
        assert_int_equal(
            lossy_of(&b)->encode(b.work, &b.lossy, filled, stream, lossy_of(&b)->bound(&b.lossy), &stream_size),
            LBC_OK);
        const lbc_pixel_source source = {give, &b.stored};
        assert_int_equal(lbc_rest_wrap(b.work, &b.format, &source, stream, stream_size, chunk, b.capacity, &size),
                         LBC_OK);
        assert_int_equal(size, b.size);
        assert_memory_equal(chunk, b.chunk, size);
        assert_memory_equal(lbc_rest_stream(chunk, &found), stream, stream_size);
        assert_int_equal(found, stream_size);
        assert_int_equal(lbc_rest_stream_size(chunk, size), stream_size);
        assert_int_equal(lbc_rest_stream_size(chunk, HEAD - 1), 0);
        assert_int_equal(lbc_rest_wrap(b.work, &b.format, &source, stream, stream_size, chunk, 100, &size),
                         LBC_E_SPACE);
        free(filled);
        free(stream);
        free(chunk);
        close_bench(&b);
    }
}

/* ---- cd_values ----------------------------------------------------------------------------- */

static void params_name_the_codec(void **state)
{
    (void)state;
    for (size_t c = 0; c < 2; c++) {
        bench b = open_bench(codecs[c], LBC_U32, 5000);
        configure(&b, false);
        assert_int_equal(b.format.params[0], c + 1);
        assert_int_equal(b.format.params[3], 5000);
        assert_int_equal(b.format.params[6], 2);
        assert_int_equal(codecs[1 - c]->recognise(&b.format), LBC_E_UNSUPPORTED);
        assert_ptr_equal(lbc_codec_by_filter(LBC_REST_FILTER, &b.format), codecs[c]);
        assert_ptr_equal(lbc_codec_by_name(codecs[c]->name), codecs[c]);
        assert_int_equal(codecs[c]->configure(&b.format, 3), LBC_E_ARGUMENT);

        static lbc_chunk_format read;
        assert_int_equal(lbc_rest_format(&read, b.format.nparams, b.format.params, NULL), LBC_OK);
        assert_ptr_equal(read.codec, codecs[c]);
        assert_int_equal(read.type, LBC_U32);
        assert_int_equal(read.shape.ny, shape.ny);
        assert_int_equal(read.shape.nx, shape.nx);
        close_bench(&b);
    }
}

/* A request is completed to what configure() makes for the same frames. */
static void requests_are_completed(void **state)
{
    (void)state;
    static const struct {
        uint32_t words[5], count;
        uint32_t limit;
        lbc_pixel_type type;
    } cases[] = {
        {{1, 16}, 2, 65532, LBC_U16},
        {{1, 1, 0, 0, 0}, 5, 1 << 30, LBC_U32},
        {{1, 4, 0, 900}, 4, 900, LBC_I32},
        {{2, 125}, 2, 65532, LBC_U16},
        {{2, 20, 1}, 3, (1 << 24) - 1, LBC_I32},
        {{2, 20, 257, 0, 1}, 5, 65532, LBC_U16},
        {{2, 20, 65536 + 256}, 3, 65532, LBC_U16},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bool hcomp = cases[i].words[0] == 1;
        bench b = open_bench(codecs[!hcomp], cases[i].type, (int32_t)cases[i].limit);
        b.lossy.scale = (int32_t)cases[i].words[1];
        lbc_j2k_layers(&b.lossy, cases[i].words[2] & 1 ? LBC_J2K_K : LBC_J2K_J, cases[i].words[1]);
        b.lossy.wavelet = cases[i].words[2] & 256 ? LBC_WAVELET_97 : LBC_WAVELET_53;
        b.lossy.engine = cases[i].words[2] >> 16 ? LBC_ENGINE_OWN : LBC_ENGINE_OPENJPEG;
        memset(b.mask, 0, lbc_shape_pixels(shape));
        assert_int_equal(lbc_rest_configure(&b.format, &b.lossy, b.mask, NULL, cases[i].words[4]), LBC_OK);

        static lbc_chunk_format asked;
        asked = (lbc_chunk_format){.type = cases[i].type, .shape = shape, .nparams = cases[i].count};
        memset(asked.params, 0xff, sizeof asked.params);
        memcpy(asked.params, cases[i].words, cases[i].count * 4);
        assert_int_equal(lbc_rest_complete(&asked, NULL), LBC_OK);
        assert_ptr_equal(asked.codec, b.format.codec);
        assert_int_equal(asked.nparams, b.format.nparams);
        assert_memory_equal(asked.params, b.format.params, asked.nparams * 4);
        assert_int_equal(lbc_rest_complete(&asked, NULL), LBC_OK); /* complete params stay */
        assert_memory_equal(asked.params, b.format.params, asked.nparams * 4);
        asked.shape.nx++;
        assert_int_equal(lbc_rest_complete(&asked, NULL), LBC_E_FORMAT);
        close_bench(&b);
    }
}

static void senseless_requests_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t words[5], count;
        lbc_pixel_type type;
    } cases[] = {
        {{1}, 1, LBC_U16},
        {{0, 4}, 2, LBC_U16},
        {{3, 4}, 2, LBC_U16},
        {{1, 0}, 2, LBC_U16},
        {{1, 1u << 31}, 2, LBC_U16},
        {{1, 4, 1}, 3, LBC_U16},
        {{2, 0}, 2, LBC_U16},
        {{2, 20, 2}, 3, LBC_U16},
        {{2, 20, 3}, 3, LBC_U16},
        {{2, 20, 512}, 3, LBC_U16},
        {{1, 4, 0, 65533}, 4, LBC_U16},
        {{2, 4, 0, 1 << 24}, 4, LBC_U32},
        {{1, 4, 0, (1 << 30) + 1}, 4, LBC_U32},
        {{1, 4, 0, 0, 4}, 5, LBC_U16},
        {{1, 4}, 2, LBC_U8},
        {{1, 4}, 2, LBC_I16},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static lbc_chunk_format asked;
        lbc_error err = {.text = ""};
        asked = (lbc_chunk_format){.type = cases[i].type, .shape = shape, .nparams = cases[i].count};
        memcpy(asked.params, cases[i].words, cases[i].count * 4);
        assert_int_not_equal(lbc_rest_complete(&asked, &err), LBC_OK);
        assert_int_not_equal(strlen(err.text), 0);
    }
}

static void configure_refuses_what_cannot_be(void **state)
{
    (void)state;
    bench b = open_bench(&lbc_codec_rest_hcomp, LBC_U16, 65533);
    assert_int_equal(lbc_rest_configure(&b.format, &b.lossy, b.mask, NULL, false), LBC_E_ARGUMENT);
    b.lossy.limit = 0;
    assert_int_equal(lbc_rest_configure(&b.format, &b.lossy, b.mask, NULL, false), LBC_E_ARGUMENT);
    b.lossy.limit = 65532;
    b.lossy.scale = 0;
    assert_int_equal(lbc_rest_configure(&b.format, &b.lossy, b.mask, NULL, false), LBC_E_ARGUMENT);
    b.lossy.scale = 1;
    b.format.type = LBC_U8;
    assert_int_equal(lbc_rest_configure(&b.format, &b.lossy, b.mask, NULL, false), LBC_E_ARGUMENT);
    b.format.type = LBC_U16;
    b.format.shape.nx = b.lossy.shape.nx = 70000;
    assert_int_equal(lbc_rest_configure(&b.format, &b.lossy, NULL, NULL, false), LBC_E_ARGUMENT);
    close_bench(&b);
}

/* Layers that are no list of -J or -K travel in full. */
static void any_layers_travel(void **state)
{
    (void)state;
    bench b = open_bench(&lbc_codec_rest_j2k, LBC_U16, 65532);
    b.lossy.nlayers = 2;
    b.lossy.layers[0] = 40.5;
    b.lossy.layers[1] = 7.25;
    configure(&b, false);
    assert_int_equal(b.format.params[1], 7);
    assert_int_equal(b.format.params[2], 2);
    assert_int_equal(b.format.params[9], 2);
    lbc_store_pixels(b.stored.pixels, b.frame, lbc_shape_pixels(shape), &b.store);
    encode(&b);
    assert_int_equal(decode(&b), LBC_OK);
    close_bench(&b);
}

/* The knee is a number above the bits of word 11, and makes no sense without diffusion. */
static void a_knee_travels(void **state)
{
    (void)state;
    bench b = open_bench(&lbc_codec_rest_j2k, LBC_U16, 65532);
    b.lossy.knee = 20;
    assert_int_equal(lbc_rest_configure(&b.format, &b.lossy, b.mask, NULL, false), LBC_E_ARGUMENT);
    b.lossy.diffuse = true;
    configure(&b, false);
    assert_int_equal(b.format.params[5], 2);
    assert_int_equal(b.format.params[11], 2 | 20 << 8);
    lbc_store_pixels(b.stored.pixels, b.frame, lbc_shape_pixels(shape), &b.store);
    encode(&b);
    assert_int_equal(decode(&b), LBC_OK);
    for (uint32_t bad = 0; bad < 3; bad++) {
        b.format.params[11] = (uint32_t[]){20 << 8, 2 | 1001 << 8, 6 | 20 << 8}[bad];
        assert_int_not_equal(decode(&b), LBC_OK);
    }
    close_bench(&b);
}

/* ---- hostile ------------------------------------------------------------------------------- */

/* Makes a damaged chunk's checksum right, so that the damage gets further. */
static void mend_crc(uint8_t *chunk, size_t size)
{
    lbc_put_le32(chunk + 28, lbc_crc32c(lbc_crc32c(0, chunk, 28), chunk + HEAD, size - HEAD));
}

/* HCompress and JPEG 2000, and both with words of version 2. */
enum { KINDS = 4 };

static bench encoded_bench(size_t kind)
{
    bench b = open_bench(codecs[kind % 2], LBC_U16, 65532);
    if (kind >= 2) {
        b.lossy.engine = LBC_ENGINE_OWN;
        b.lossy.fill_mean = b.lossy.diffuse = true;
    }
    configure(&b, false);
    b.frame[7] = LBC_MASKED;
    lbc_store_pixels(b.stored.pixels, b.frame, lbc_shape_pixels(shape), &b.store);
    encode(&b);
    return b;
}

static void every_flipped_bit_is_seen(void **state)
{
    (void)state;
    for (size_t c = 0; c < KINDS; c++) {
        bench b = encoded_bench(c);
        for (size_t bit = 0; bit < 8 * b.size; bit += bit < 8 * HEAD ? 1 : 7) {
            b.chunk[bit / 8] ^= (uint8_t)(1 << bit % 8);
            lbc_error err = {.text = ""};
            assert_int_not_equal(lbc_rest_check(&b.format, b.chunk, b.size, &err), LBC_OK);
            assert_int_not_equal(strlen(err.text), 0);
            assert_int_not_equal(decode(&b), LBC_OK);
            b.chunk[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        assert_int_equal(decode(&b), LBC_OK);
        close_bench(&b);
    }
}

static void every_cut_is_seen(void **state)
{
    (void)state;
    for (size_t c = 0; c < KINDS; c++) {
        bench b = encoded_bench(c);
        const size_t whole = b.size;
        for (b.size = 0; b.size < whole; b.size++) assert_int_not_equal(decode(&b), LBC_OK);
        assert_int_equal(decode(&b), LBC_OK);
        close_bench(&b);
    }
}

/* With a right checksum whatever comes is refused or decoded, and nothing else happens. */
static void forged_chunks_do_no_harm(void **state)
{
    (void)state;
    for (size_t c = 0; c < KINDS; c++) {
        bench b = encoded_bench(c);
        uint8_t *good = malloc(b.size);
        const size_t size = b.size;
        assert_non_null(good);
        memcpy(good, b.chunk, size);
        for (int i = 0; i < 3000; i++) {
            memcpy(b.chunk, good, size);
            b.size =
                random_below(&random_state, 4) ? size : HEAD + random_below(&random_state, (uint32_t)(size - HEAD));
            for (uint32_t k = 1 + random_below(&random_state, 3); k > 0; k--)
                b.chunk[random_below(&random_state, 2) ? random_below(&random_state, (uint32_t)b.size)
                                                       : 16 + random_below(&random_state, 40) % (uint32_t)b.size] =
                    (uint8_t)random_below(&random_state, 256);
            mend_crc(b.chunk, b.size);
            const lbc_status status = decode(&b);
            assert_true(status == LBC_OK || status == LBC_E_FORMAT || status == LBC_E_UNSUPPORTED ||
                        status == LBC_E_MEMORY);
        }
        free(good);
        close_bench(&b);
    }
}

static void forged_params_do_no_harm(void **state)
{
    (void)state;
    static const uint32_t odd[] = {0, 1, 2, 3, 256, 65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff};
    for (size_t c = 0; c < KINDS; c++) {
        bench b = encoded_bench(c);
        lbc_chunk_format *f = malloc(sizeof *f);
        assert_non_null(f);
        for (uint32_t word = 0; word < b.format.nparams; word++)
            for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
                uint32_t values[LBC_REST_MAX_PARAMS];
                memcpy(values, b.format.params, b.format.nparams * 4);
                values[word] = odd[i];
                lbc_status status = lbc_rest_format(f, b.format.nparams, values, NULL);
                if (status) continue;
                assert_true(lbc_shape_pixels(f->shape) <= LBC_REST_MAX_PIXELS);
                status = lbc_rest_check(f, b.chunk, b.size, NULL);
                if (status == LBC_OK) assert_int_equal(lbc_shape_pixels(f->shape), lbc_shape_pixels(shape));
                const lbc_pixel_sink sink = {take, &b.back};
                b.back.taken = 0;
                if (status == LBC_OK) (void)f->codec->decode(b.work, f, b.chunk, b.size, &sink);
            }
        for (uint32_t n = 0; n < b.format.nparams; n++)
            assert_int_not_equal(lbc_rest_format(f, n, b.format.params, NULL), LBC_OK);
        assert_int_not_equal(lbc_rest_format(f, LBC_REST_MAX_PARAMS + 1, b.format.params, NULL), LBC_OK);
        free(f);
        close_bench(&b);
    }
}

/* Nor is there diffusion of values that no bound holds, of scales that leave no bits for it, or on a curve. */
static void diffusion_of_hcompress_wants_room(void **state)
{
    (void)state;
    enum { SCALE = 1, LIMIT = 3, VERSION = 5, MASK = 10, PLAIN = 11, AROUND = 11, MORE = 26 };
    static lbc_chunk_format read;
    bench b = open_bench(&lbc_codec_rest_hcomp, LBC_U32, (1 << 24) - 1);
    uint32_t values[MORE] = {0};
    configure(&b, false);
    memcpy(values, b.format.params, PLAIN * 4);
    values[MASK] = 0;
    assert_int_equal(lbc_rest_format(&read, PLAIN, values, NULL), LBC_OK);
    values[VERSION] = 2;
    values[AROUND] = 2;
    assert_int_equal(lbc_rest_format(&read, MORE, values, NULL), LBC_OK);
    values[LIMIT] = 1 << 24;
    assert_int_equal(lbc_rest_format(&read, MORE, values, NULL), LBC_E_UNSUPPORTED);
    values[LIMIT] = 65532;
    values[SCALE] = (1 << 18) - 1;
    assert_int_equal(lbc_rest_format(&read, MORE, values, NULL), LBC_OK);
    values[SCALE] = 1 << 18;
    assert_int_equal(lbc_rest_format(&read, MORE, values, NULL), LBC_E_ARGUMENT);
    values[SCALE] = 16;
    values[AROUND] = 2 | 20 << 8;
    assert_int_equal(lbc_rest_format(&read, MORE, values, NULL), LBC_E_ARGUMENT);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoded_pixels_are_those_of_the_lossy_step),
        cmocka_unit_test(every_pixel_has_a_meaning),
        cmocka_unit_test(lossless_is_lossless),
        cmocka_unit_test(marks_cost_only_where_they_differ),
        cmocka_unit_test(a_sample_serves_as_mask),
        cmocka_unit_test(large_mask_goes_into_chunks),
        cmocka_unit_test(wrapping_a_codestream_is_encoding),
        cmocka_unit_test(params_name_the_codec),
        cmocka_unit_test(requests_are_completed),
        cmocka_unit_test(senseless_requests_are_refused),
        cmocka_unit_test(configure_refuses_what_cannot_be),
        cmocka_unit_test(any_layers_travel),
        cmocka_unit_test(a_knee_travels),
        cmocka_unit_test(every_flipped_bit_is_seen),
        cmocka_unit_test(every_cut_is_seen),
        cmocka_unit_test(forged_chunks_do_no_harm),
        cmocka_unit_test(forged_params_do_no_harm),
        cmocka_unit_test(diffusion_of_hcompress_wants_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
