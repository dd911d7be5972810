/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every storage codec there and back, for every type and awkward shapes, and on damaged chunks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../support/random.h"
#include "base/bytes.h"
#include "codec/storage.h"

#include <stdlib.h>
#include <string.h>

static const lbc_pixel_type types[] = {LBC_U8, LBC_U16, LBC_U32, LBC_I8, LBC_I16, LBC_I32};
static const lbc_shape shapes[] = {{1, 1}, {1, 7}, {1, 8}, {3, 3}, {1, 129}, {64, 64}, {67, 131}, {101, 257}};
#define COUNT_OF(a) (sizeof(a) / sizeof *(a))

static uint64_t seed = 11;

/* The codecs that keep pixels as they are; a codestream at rest is tested with its lossy codec. */
static const lbc_codec *const lossless[] = {&lbc_codec_none,      &lbc_codec_bslz4,      &lbc_codec_bszstd,
                                            &lbc_codec_bshuf,     &lbc_codec_blosc_zstd, &lbc_codec_lz4,
                                            &lbc_codec_plain_zstd};

/* ---- a frame in memory as source and sink ------------------------------------------------------ */

typedef struct image {
    uint8_t *pixels;
    size_t size, n; /* bytes of a pixel, pixels */
    size_t at;      /* pixels given or taken so far */
    bool bad;       /* asked out of order, or for too many */
} image;

static void give(void *user, size_t first, size_t count, void *pixels)
{
    image *m = user;
    m->bad |= first != m->at || count > m->n - m->at;
    if (m->bad) return;
    memcpy(pixels, m->pixels + first * m->size, count * m->size);
    m->at += count;
}

static void take(void *user, const void *pixels, size_t count)
{
    image *m = user;
    m->bad |= count > m->n - m->at;
    if (m->bad) return;
    memcpy(m->pixels + m->at * m->size, pixels, count * m->size);
    m->at += count;
}

static image new_image(const lbc_chunk_format *f)
{
    image m = {.size = lbc_pixel_size(f->type), .n = lbc_shape_pixels(f->shape)};
    m.pixels = malloc(m.n * m.size);
    assert_non_null(m.pixels);
    return m;
}

/* Few counts, as in a diffraction image; noise: all bits random. */
static void randomise(image *m, bool noise)
{
    for (size_t i = 0; i < m->n; i++) {
        const uint32_t bits = noise ? random_u32(&seed) : random_below(&seed, 9) ? 0 : random_below(&seed, 20);
        memcpy(m->pixels + i * m->size, &bits, m->size);
    }
}

typedef struct chunk {
    uint8_t *bytes;
    size_t size;
} chunk;

/* The chunk in memory of exactly its size, so that a sanitizer sees every read beyond it. */
static chunk encode(lbc_codec_work *w, const lbc_chunk_format *f, image *m)
{
    const size_t bound = f->codec->bound(f);
    uint8_t *room = malloc(bound + 1);
    assert_non_null(room);
    size_t size;
    m->at = 0;
    assert_int_equal(f->codec->encode(w, f, &(lbc_pixel_source){give, m}, room, bound, &size), LBC_OK);
    assert_true(!m->bad && m->at == m->n && size <= bound);
    const chunk c = {.bytes = malloc(size ? size : 1), .size = size};
    assert_non_null(c.bytes);
    memcpy(c.bytes, room, size);
    free(room);
    return c;
}

/* In pieces, where the codec can; each piece is taken before the next is asked for. */
static lbc_status decode_pieces(lbc_codec_work *w, const lbc_chunk_format *f, chunk c, image *m)
{
    lbc_chunk_cursor cursor;
    const void *pixels;
    size_t count = 1;
    m->at = 0;
    lbc_status status = f->codec->begin(w, f, c.bytes, c.size, &cursor);
    while (status == LBC_OK && count) {
        status = f->codec->next(w, &cursor, &pixels, &count);
        if (status == LBC_OK) take(m, pixels, count);
    }
    assert_false(m->bad);
    return status;
}

static lbc_status decode(lbc_codec_work *w, const lbc_chunk_format *f, chunk c, image *m)
{
    lbc_status in_pieces = LBC_OK;
    assert_true(!f->codec->begin == !f->codec->next);
    if (f->codec->begin) {
        in_pieces = decode_pieces(w, f, c, m);
        if (in_pieces == LBC_OK) assert_int_equal(m->at, m->n);
    }
    const size_t taken = m->at;
    uint8_t *pieces = malloc(m->n * m->size);
    assert_non_null(pieces);
    memcpy(pieces, m->pixels, taken * m->size);
    memset(m->pixels, 0xDD, m->n * m->size);
    m->at = 0;
    const lbc_status status = f->codec->decode(w, f, c.bytes, c.size, &(lbc_pixel_sink){take, m});
    assert_false(m->bad);
    if (f->codec->begin) {
        assert_int_equal(status, in_pieces);
        assert_int_equal(m->at, taken);
        assert_memory_equal(m->pixels, pieces, taken * m->size);
    }
    free(pieces);
    if (status == LBC_OK) assert_int_equal(m->at, m->n);
    return status;
}

/* ---- there and back ---------------------------------------------------------------------------- */

static void check_roundtrip(lbc_codec_work *w, const lbc_chunk_format *f, bool noise)
{
    image in = new_image(f), out = new_image(f);
    randomise(&in, noise);
    assert_ptr_equal(lbc_codec_by_filter(f->codec->filter, f), f->codec);
    chunk first = {0};
    for (FOR_EACH_LEVEL(level)) {
        chunk c = encode(w, f, &in);
        memset(out.pixels, 0xEE, out.n * out.size);
        assert_int_equal(decode(w, f, c, &out), LBC_OK);
        assert_memory_equal(out.pixels, in.pixels, in.n * in.size);
        if (first.bytes) { /* the same bytes at every instruction set, and the second time */
            assert_int_equal(c.size, first.size);
            assert_memory_equal(c.bytes, first.bytes, c.size);
            free(c.bytes);
        } else {
            first = c;
        }
    }
    free(first.bytes);
    free(in.pixels);
    free(out.pixels);
}

static void test_roundtrip(void **state)
{
    (void)state;
    lbc_codec_work *w = lbc_codec_work_new();
    assert_non_null(w);
    for (size_t c = 0; c < COUNT_OF(lossless); c++)
        for (size_t t = 0; t < COUNT_OF(types); t++)
            for (size_t s = 0; s < COUNT_OF(shapes); s++)
                for (int noise = 0; noise < 2; noise++) {
                    lbc_chunk_format f = {.type = types[t], .shape = shapes[s]};
                    assert_int_equal(lossless[c]->configure(&f, lossless[c]->level_default), LBC_OK);
                    assert_ptr_equal(f.codec, lossless[c]);
                    check_roundtrip(w, &f, noise);
                }
    lbc_codec_work_free(w);
}

static void test_levels(void **state)
{
    (void)state;
    lbc_codec_work *w = lbc_codec_work_new();
    assert_non_null(w);
    for (size_t c = 0; c < COUNT_OF(lossless); c++)
        for (int level = lossless[c]->level_min; level <= lossless[c]->level_max; level++) {
            lbc_chunk_format f = {.type = LBC_U16, .shape = {67, 131}};
            assert_int_equal(lossless[c]->configure(&f, level), LBC_OK);
            check_roundtrip(w, &f, false);
        }
    lbc_codec_work_free(w);
}

/* Block sizes that files of other programs have. */
static void test_block_sizes(void **state)
{
    (void)state;
    lbc_codec_work *w = lbc_codec_work_new();
    assert_non_null(w);
    static const uint32_t blocks[] = {8, 24, 128, 1000, 8192, 1 << 20, UINT32_MAX - 7};
    const lbc_codec *const codecs[] = {&lbc_codec_bslz4, &lbc_codec_bszstd, &lbc_codec_bshuf};
    for (size_t c = 0; c < COUNT_OF(codecs); c++)
        for (size_t b = 0; b < COUNT_OF(blocks); b++) {
            lbc_chunk_format f = {.type = LBC_U32, .shape = {67, 131}};
            assert_int_equal(codecs[c]->configure(&f, 1), LBC_OK);
            f.params[3] = blocks[b];
            check_roundtrip(w, &f, false);
        }
    for (uint32_t bytes = 1; bytes < 40000; bytes = bytes * 3 + 2) { /* blocks that cut through pixels */
        lbc_chunk_format f = {.type = LBC_U32, .shape = {67, 131}};
        assert_int_equal(lbc_codec_lz4.configure(&f, 0), LBC_OK);
        f.params[0] = bytes;
        check_roundtrip(w, &f, false);
    }
    lbc_codec_work_free(w);
}

/* ---- damage ------------------------------------------------------------------------------------ */

static void check_damage(lbc_codec_work *w, const lbc_chunk_format *f)
{
    image in = new_image(f), out = new_image(f);
    randomise(&in, false);
    const chunk c = encode(w, f, &in);
    for (int i = 0; i < 200; i++) { /* truncated: never sound */
        chunk cut = {.size = i < 20 ? (size_t)i % c.size : random_below(&seed, (uint32_t)c.size)};
        cut.bytes = malloc(cut.size ? cut.size : 1);
        assert_non_null(cut.bytes);
        memcpy(cut.bytes, c.bytes, cut.size);
        assert_int_equal(decode(w, f, cut, &out), LBC_E_FORMAT);
        free(cut.bytes);
    }
    for (int i = 0; i < 2000; i++) { /* bits flipped, mostly where the headers are: sound or not, no harm */
        const size_t at = random_below(&seed, (uint32_t)(i % 2 && c.size > 24 ? 24 : c.size));
        const uint8_t old = c.bytes[at];
        c.bytes[at] ^= (uint8_t)(1 + random_below(&seed, 255));
        const lbc_status status = decode(w, f, c, &out);
        assert_true(status == LBC_OK || status == LBC_E_FORMAT);
        c.bytes[at] = old;
    }
    assert_int_equal(decode(w, f, c, &out), LBC_OK);
    assert_memory_equal(out.pixels, in.pixels, in.n * in.size);
    free(c.bytes);
    free(in.pixels);
    free(out.pixels);
}

static void test_damage(void **state)
{
    (void)state;
    lbc_codec_work *w = lbc_codec_work_new();
    assert_non_null(w);
    for (size_t c = 0; c < COUNT_OF(lossless); c++)
        for (size_t s = 1; s < COUNT_OF(shapes); s += 3) {
            lbc_chunk_format f = {.type = s % 2 ? LBC_U16 : LBC_U32, .shape = shapes[s]};
            assert_int_equal(lossless[c]->configure(&f, 1), LBC_OK);
            check_damage(w, &f);
        }
    lbc_codec_work_free(w);
}

/* A chunk of another frame size, and headers that promise what the format does not. */
static void test_wrong_size(void **state)
{
    (void)state;
    lbc_codec_work *w = lbc_codec_work_new();
    assert_non_null(w);
    for (size_t c = 0; c < COUNT_OF(lossless); c++) {
        lbc_chunk_format f = {.type = LBC_U16, .shape = {40, 50}};
        assert_int_equal(lossless[c]->configure(&f, 1), LBC_OK);
        image in = new_image(&f);
        randomise(&in, false);
        const chunk k = encode(w, &f, &in);
        for (uint32_t ny = 39; ny <= 41; ny += 2) {
            f.shape.ny = ny;
            image out = new_image(&f);
            assert_int_equal(decode(w, &f, k, &out), LBC_E_FORMAT);
            free(out.pixels);
        }
        free(k.bytes);
        free(in.pixels);
    }
    lbc_codec_work_free(w);
}

static void test_no_room(void **state)
{
    (void)state;
    lbc_codec_work *w = lbc_codec_work_new();
    assert_non_null(w);
    for (size_t c = 0; c < COUNT_OF(lossless); c++) {
        lbc_chunk_format f = {.type = LBC_U16, .shape = {40, 51}};
        assert_int_equal(lossless[c]->configure(&f, 1), LBC_OK);
        image in = new_image(&f);
        randomise(&in, true);
        uint8_t room[100];
        for (size_t capacity = 0; capacity <= sizeof room; capacity += 10) {
            size_t size;
            in.at = 0;
            assert_int_equal(f.codec->encode(w, &f, &(lbc_pixel_source){give, &in}, room, capacity, &size),
                             LBC_E_SPACE);
        }
        free(in.pixels);
    }
    lbc_codec_work_free(w);
}

/* ---- the table ---------------------------------------------------------------------------------- */

static void test_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(lbc_codec_by_name("bslz4"), &lbc_codec_bslz4);
    assert_ptr_equal(lbc_codec_by_name("BSZstd"), &lbc_codec_bszstd);
    assert_ptr_equal(lbc_codec_by_name("ZSTD"), &lbc_codec_blosc_zstd);
    assert_ptr_equal(lbc_codec_by_name("None"), &lbc_codec_none);
    assert_null(lbc_codec_by_name("bs"));
    assert_null(lbc_codec_by_name(""));
    for (const lbc_codec *const *c = lbc_codecs; *c; c++) {
        assert_ptr_equal(lbc_codec_by_name((*c)->name), *c);
        assert_true((*c)->configure && (*c)->recognise && (*c)->bound && (*c)->encode && (*c)->decode && (*c)->what);
        assert_true((*c)->level_min <= (*c)->level_default && (*c)->level_default <= (*c)->level_max);
    }
}

static const lbc_codec *by_params(uint32_t filter, uint32_t nparams, const uint32_t *params)
{
    lbc_chunk_format f = {.type = LBC_U16, .shape = {10, 10}, .nparams = nparams};
    if (nparams) memcpy(f.params, params, nparams * sizeof *params);
    return lbc_codec_by_filter(filter, &f);
}

static void test_by_filter(void **state)
{
    (void)state;
    assert_ptr_equal(by_params(0, 0, NULL), &lbc_codec_none);
    assert_ptr_equal(by_params(32008, 5, (uint32_t[]){0, 2, 2, 0, 2}), &lbc_codec_bslz4);
    assert_ptr_equal(by_params(32008, 6, (uint32_t[]){0, 4, 2, 0, 3, 5}), &lbc_codec_bszstd);
    assert_ptr_equal(by_params(32008, 3, (uint32_t[]){0, 3, 2}), &lbc_codec_bshuf);
    assert_ptr_equal(by_params(32008, 5, (uint32_t[]){0, 3, 2, 64, 0}), &lbc_codec_bshuf);
    assert_null(by_params(32008, 2, (uint32_t[]){0, 3}));
    assert_null(by_params(32008, 5, (uint32_t[]){0, 2, 4, 0, 2}));  /* another element size */
    assert_null(by_params(32008, 5, (uint32_t[]){0, 2, 2, 12, 2})); /* a block that is no multiple of 8 */
    assert_null(by_params(32008, 5, (uint32_t[]){0, 2, 2, 0, 9}));  /* an unknown compression */
    assert_ptr_equal(by_params(32001, 7, (uint32_t[]){2, 2, 2, 200, 3, 0, 5}), &lbc_codec_blosc_zstd);
    assert_ptr_equal(by_params(32004, 1, (uint32_t[]){0}), &lbc_codec_lz4);
    assert_ptr_equal(by_params(32015, 1, (uint32_t[]){3}), &lbc_codec_plain_zstd);
    assert_null(by_params(1, 1, (uint32_t[]){6})); /* deflate */
}

/* Shapes that no chunk can hold, up to those whose bytes do not fit 64 bits. */
static void test_huge(void **state)
{
    (void)state;
    static const lbc_shape huge[] = {{65536, 65536}, {UINT32_MAX, UINT32_MAX}, {UINT32_MAX, 1}, {1 << 30, 4}};
    for (size_t s = 0; s < COUNT_OF(huge); s++)
        for (size_t c = 0; c < COUNT_OF(lossless); c++) {
            lbc_chunk_format f = {.type = LBC_U32, .shape = huge[s]};
            assert_int_equal(lossless[c]->configure(&f, 1), LBC_E_UNSUPPORTED);
            f.nparams = 5;
            f.params[2] = 4;
            f.params[4] = 2;
            assert_null(lbc_codec_by_filter(lossless[c]->filter, &f));
        }
}

/* What durin and neggia go by. */
static void test_params(void **state)
{
    (void)state;
    lbc_chunk_format f = {.type = LBC_U32, .shape = {10, 10}};
    assert_int_equal(lbc_codec_bslz4.configure(&f, 0), LBC_OK);
    assert_int_equal(f.nparams, 5);
    assert_int_equal(f.params[2], 4);
    assert_int_equal(f.params[3], 0);
    assert_int_equal(f.params[4], 2);
    assert_int_equal(lbc_codec_bszstd.configure(&f, -2), LBC_OK);
    assert_int_equal(f.nparams, 6);
    assert_int_equal(f.params[4], 3);
    assert_int_equal((int32_t)f.params[5], -2);
    assert_int_equal(lbc_codec_bshuf.configure(&f, 0), LBC_OK);
    assert_int_equal(f.nparams, 6);
    assert_int_equal(f.params[4], 0);
    assert_int_equal(lbc_codec_blosc_zstd.configure(&f, 9), LBC_OK);
    static const uint32_t blosc[] = {2, 2, 4, 400, 9, 0, 5};
    assert_int_equal(f.nparams, 7);
    assert_memory_equal(f.params, blosc, sizeof blosc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roundtrip), cmocka_unit_test(test_levels),     cmocka_unit_test(test_block_sizes),
        cmocka_unit_test(test_damage),    cmocka_unit_test(test_wrong_size), cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_by_name),   cmocka_unit_test(test_by_filter),  cmocka_unit_test(test_params),
        cmocka_unit_test(test_huge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
