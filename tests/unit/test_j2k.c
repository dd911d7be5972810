/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JPEG 2000 as a whole: what both engines make, decoded by our decoder and by OpenJPEG, over sizes, precisions, kinds
 * of frame and ratios. LBC_LONG=1 tries many more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../support/random.h"
#include "codec/j2k/codestream.h"
#include "codec/j2k/encoder.h"
#include "codec/j2k/j2k.h"
#include "codec/j2k/openjpeg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed = 11;

static bool long_form(void)
{
    return getenv("LBC_LONG") != NULL;
}

/* ---- frames ---------------------------------------------------------------------------------- */

enum { ZEROS, MOST, RANDOM, IMPULSE, RAMP, DETECTOR, KINDS };

static uint32_t poisson(double mean)
{
    const double floor = exp(-mean);
    uint32_t n = 0;
    for (double p = 1; (p *= (random_u32(&seed) + 0.5) / 4294967296.0) > floor; n++) {
    }
    return n;
}

static void draw_detector(int32_t *frame, lbc_shape s, int32_t limit)
{
    for (uint32_t y = 0; y < s.ny; y++)
        for (uint32_t x = 0; x < s.nx; x++) frame[y * s.nx + x] = (int32_t)poisson(0.3 + 1.5 * x / s.nx);
    for (size_t spot = 0; spot < lbc_shape_pixels(s) / 1500 + 1; spot++) {
        const uint32_t cy = random_below(&seed, s.ny), cx = random_below(&seed, s.nx);
        const double height = exp(random_below(&seed, 700) / 100.0);
        for (uint32_t y = cy; y < cy + 5 && y < s.ny; y++)
            for (uint32_t x = cx; x < cx + 5 && x < s.nx; x++) {
                const double dy = y - cy - 2.0, dx = x - cx - 2.0;
                frame[y * s.nx + x] += (int32_t)(height * exp(-(dy * dy + dx * dx) / 2));
            }
    }
    for (size_t i = 0; i < lbc_shape_pixels(s); i++) frame[i] = frame[i] > limit ? limit : frame[i];
}

static void draw(int32_t *frame, lbc_shape s, int32_t limit, int kind)
{
    const size_t n = lbc_shape_pixels(s);
    for (size_t i = 0; i < n; i++) {
        const uint32_t r = random_u32(&seed);
        frame[i] = kind == MOST     ? limit
                   : kind == RANDOM ? (int32_t)(r % ((uint32_t)limit + 1))
                   : kind == RAMP   ? (int32_t)((i * 37 + i / s.nx) % ((uint32_t)limit + 1))
                                    : 0;
    }
    if (kind == IMPULSE) frame[n / 2] = limit;
    if (kind == DETECTOR) draw_detector(frame, s, limit);
}

static double rmse(const int32_t *a, const int32_t *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    return sqrt(sum / (double)n);
}

/* ---- one case -------------------------------------------------------------------------------- */

typedef struct fixture {
    lbc_codec_work *work;
    int32_t *frame, *ours, *theirs, *rebuilt;
    uint8_t *stream;
    size_t pixels, capacity;
} fixture;

static void need(fixture *f, const lbc_lossy_params *p)
{
    const size_t n = lbc_shape_pixels(p->shape), bound = lbc_j2k.bound(p);
    if (n > f->pixels) {
        f->frame = realloc(f->frame, n * sizeof(int32_t));
        f->ours = realloc(f->ours, n * sizeof(int32_t));
        f->theirs = realloc(f->theirs, n * sizeof(int32_t));
        f->rebuilt = realloc(f->rebuilt, n * sizeof(int32_t));
        f->pixels = n;
    }
    if (bound > f->capacity) {
        f->stream = realloc(f->stream, bound);
        f->capacity = bound;
    }
    assert_true(f->frame && f->ours && f->theirs && f->rebuilt && f->stream);
}

/* Encodes, decodes with both decoders, and rebuilds: all must agree. Returns the codestream's size. */
static size_t check_case(fixture *f, const lbc_lossy_params *p, int kind)
{
    const size_t n = lbc_shape_pixels(p->shape), bytes = n * sizeof(int32_t);
    size_t size, rebuilt_size;
    assert_int_equal(lbc_j2k.check(p, NULL), LBC_OK);
    need(f, p);
    draw(f->frame, p->shape, p->limit, kind);
    assert_int_equal(lbc_j2k.encode(f->work, p, f->frame, f->stream, lbc_j2k.bound(p), &size), LBC_OK);
    assert_int_equal(lbc_j2k.decode(f->work, p, f->stream, size, f->ours), LBC_OK);
    assert_int_equal(lbc_openjpeg_decode(p, f->stream, size, f->theirs), LBC_OK);
    assert_memory_equal(f->ours, f->theirs, bytes);
    memcpy(f->rebuilt, f->frame, bytes);
    assert_int_equal(lbc_j2k.roundtrip(f->work, p, f->rebuilt, &rebuilt_size), LBC_OK);
    assert_int_equal(rebuilt_size, size);
    assert_memory_equal(f->ours, f->rebuilt, bytes);
    return size;
}

static lbc_lossy_params random_params(lbc_j2k_engine engine)
{
    const uint32_t bits = 1 + random_below(&seed, 24);
    lbc_lossy_params p = {.shape = {1 + random_below(&seed, 130), 1 + random_below(&seed, 130)}, .engine = engine};
    p.stored_bytes = bits <= 16 && (random_u32(&seed) & 1) ? 2 : 4;
    p.limit = (int32_t)(((uint32_t)1 << bits) - 1);
    p.wavelet = random_u32(&seed) & 1 ? LBC_WAVELET_97 : LBC_WAVELET_53;
    lbc_j2k_layers(&p, random_u32(&seed) & 1 ? LBC_J2K_J : LBC_J2K_K, pow(2, random_below(&seed, 900) / 100.0));
    return p;
}

static void any_frame(void **state)
{
    for (int i = 0; i < (long_form() ? 20000 : 250); i++) {
        const lbc_lossy_params p = random_params(i & 1 ? LBC_ENGINE_OWN : LBC_ENGINE_OPENJPEG);
        check_case(*state, &p, i / 2 % KINDS);
    }
}

/* 1 .. 130 in both directions: every parity and length of edge that the transforms know. */
static void any_size(void **state)
{
    const uint32_t step = long_form() ? 1 : 13;
    for (uint32_t ny = 1; ny <= 130; ny += step) {
        for (uint32_t nx = 1; nx <= 130; nx += step) {
            lbc_lossy_params p = {.shape = {ny, nx}, .limit = 4095, .stored_bytes = 2, .engine = LBC_ENGINE_OWN};
            p.wavelet = (ny + nx) % 2 ? LBC_WAVELET_97 : LBC_WAVELET_53;
            lbc_j2k_layers(&p, LBC_J2K_J, ny % 3 ? 8 : 1);
            const size_t size = check_case(*state, &p, DETECTOR);
            if (p.layers[p.nlayers - 1] > 1 || p.wavelet == LBC_WAVELET_97) continue;
            const fixture *f = *state;
            assert_true(size > 0);
            assert_memory_equal(f->ours, f->frame, lbc_shape_pixels(p.shape) * sizeof(int32_t));
        }
    }
}

/* Longer than a precinct, so that a resolution has several. */
static void several_precincts(void **state)
{
    for (int i = 0; i < 4; i++) {
        lbc_lossy_params p = {.limit = 1000, .stored_bytes = 2, .engine = LBC_ENGINE_OWN, .wavelet = i & 1};
        p.shape = i & 2 ? (lbc_shape){3, 70001} : (lbc_shape){40000, 5};
        lbc_j2k_layers(&p, LBC_J2K_J, 10);
        check_case(*state, &p, DETECTOR);
    }
}

static void lossless_at_every_precision(void **state)
{
    const fixture *f = *state;
    for (uint32_t bits = 1; bits <= 24; bits++) {
        lbc_lossy_params p = {.shape = {77, 91}, .stored_bytes = 4, .engine = LBC_ENGINE_OWN};
        p.limit = (int32_t)(((uint32_t)1 << bits) - 1);
        p.nlayers = 1;
        p.layers[0] = 1;
        check_case(*state, &p, bits % 2 ? RANDOM : DETECTOR);
        assert_memory_equal(f->ours, f->frame, lbc_shape_pixels(p.shape) * sizeof(int32_t));
    }
}

/* ---- rate and quality ------------------------------------------------------------------------ */

static void size_and_error(void **state)
{
    fixture *f = *state;
    static const double ratios[] = {4, 20, 125, 400};
    for (size_t r = 0; r < 8; r++) {
        lbc_lossy_params p = {.shape = {700, 800}, .limit = 65532, .stored_bytes = 2, .engine = LBC_ENGINE_OWN};
        p.wavelet = r & 1 ? LBC_WAVELET_97 : LBC_WAVELET_53;
        lbc_j2k_layers(&p, LBC_J2K_J, ratios[r / 2]);
        const size_t n = lbc_shape_pixels(p.shape), target = (size_t)((double)n * 2 / ratios[r / 2]);
        const size_t size = check_case(f, &p, DETECTOR);
        assert_true(size <= target);
        const double ours = rmse(f->ours, f->frame, n);

        /* OpenJPEG with at least those bytes. */
        size_t their_size;
        p.layers[p.nlayers - 1] = (double)n * 2 / (double)size;
        assert_int_equal(lbc_openjpeg_encode(&p, f->frame, f->stream, f->capacity, &their_size), LBC_OK);
        assert_int_equal(lbc_openjpeg_decode(&p, f->stream, their_size, f->theirs), LBC_OK);
        const double theirs = rmse(f->theirs, f->frame, n);
        if (ours > 0) assert_true((double)size >= 0.98 * (double)target);
        /* The error of 5/3 coefficients adds up in the image only roughly, and of a few bytes less so. */
        const bool rough = p.wavelet == LBC_WAVELET_53 && ratios[r / 2] > 125;
        assert_true(ours <= (rough ? 1.1 : 1.005) * theirs + 1e-9);
    }
}

/* What is not coded is not missed: within 0.5 % on average. In a single small frame chance counts for more, and 5/3
 * coefficients' errors add up in the image only roughly. */
static void early_stop_costs_little(void **state)
{
    enum { frames = 6 };
    fixture *f = *state;
    lbc_j2k_encoder full = {.everything = true};
    for (int r = 0; r < 6; r++) {
        lbc_lossy_params p = {.shape = {600, 700}, .limit = 65532, .stored_bytes = 2, .engine = LBC_ENGINE_OWN};
        p.wavelet = r & 1 ? LBC_WAVELET_97 : LBC_WAVELET_53;
        lbc_j2k_layers(&p, LBC_J2K_J, r < 2 ? 20 : r < 4 ? 125 : 400);
        const size_t n = lbc_shape_pixels(p.shape);
        double sum = 0;
        for (int i = 0; i < frames; i++) {
            size_t size;
            check_case(f, &p, DETECTOR);
            const double ours = rmse(f->ours, f->frame, n);
            memcpy(f->rebuilt, f->frame, n * sizeof(int32_t));
            assert_int_equal(lbc_j2k_roundtrip(&full, &p, f->rebuilt, &size), LBC_OK);
            const double ratio = ours / rmse(f->rebuilt, f->frame, n);
            assert_true(ratio < 1.025);
            sum += ratio;
        }
        assert_true(sum / frames <= 1.005);
    }
    lbc_j2k_encoder_clear(&full);
}

static void psnr_is_reached(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 8; i++) {
        lbc_lossy_params p = {.shape = {500, 600},
                              .limit = 65532,
                              .stored_bytes = 2,
                              .engine = LBC_ENGINE_OWN,
                              .wavelet = LBC_WAVELET_97,
                              .nlayers = 1,
                              .layers = {1},
                              .psnr = 88 + 4 * (i % 4)};
        /* Whatever counts less when bytes are spent is an error all the same. */
        if (i >= 4) memcpy(p.weights, (const double[]){0.4, 0.7, 1, 0.8, 0.7, 3}, 6 * sizeof(double));
        check_case(f, &p, DETECTOR);
        const double got = 20 * log10(65535 / rmse(f->ours, f->frame, lbc_shape_pixels(p.shape)));
        assert_true(got > p.psnr - 1 && got < p.psnr + 1.5);
    }
}

/* Bytes that a codestream spends on the finest level. */
static size_t finest_bytes(const uint8_t *stream, size_t size)
{
    lbc_j2k_header header;
    lbc_j2k_layout layout = {0};
    lbc_j2k_packet_reader reader = {0};
    const uint8_t *packets;
    size_t packets_size, bytes = 0;
    assert_int_equal(lbc_j2k_read_headers(stream, size, &header, &packets, &packets_size), LBC_OK);
    assert_int_equal(lbc_j2k_layout_set(&layout, &header), LBC_OK);
    assert_int_equal(lbc_j2k_read_packets(&reader, &layout, &header, packets, packets_size), LBC_OK);
    for (uint32_t b = 0; b < layout.nblocks; b++)
        if (layout.bands[layout.blocks[b].band].level == 1) bytes += reader.blocks[b].bytes;
    lbc_j2k_packet_reader_clear(&reader);
    lbc_j2k_layout_clear(&layout);
    return bytes;
}

static void weights_move_bytes(void **state)
{
    const fixture *f = *state;
    lbc_lossy_params p = {
        .shape = {600, 700}, .limit = 65532, .stored_bytes = 2, .engine = LBC_ENGINE_OWN, .wavelet = LBC_WAVELET_97};
    lbc_j2k_layers(&p, LBC_J2K_J, 60);
    const uint64_t again = seed;
    const size_t plain_size = check_case(*state, &p, DETECTOR), plain = finest_bytes(f->stream, plain_size);
    seed = again;
    p.weights[0] = 0.3;
    const size_t size = check_case(*state, &p, DETECTOR);
    assert_true((double)finest_bytes(f->stream, size) < 0.8 * (double)plain);
    p.engine = LBC_ENGINE_OPENJPEG;
    assert_int_equal(lbc_j2k.check(&p, NULL), LBC_E_ARGUMENT);
}

/* ---- on a curve -------------------------------------------------------------------------------- */

/* Of decoded values about their mean. */
static double variance(const int32_t *values, size_t n)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) sum += values[i];
    for (size_t i = 0; i < n; i++) squares += (values[i] - sum / (double)n) * (values[i] - sum / (double)n);
    return squares / (double)n;
}

/* With a knee each magnitude is an eighth of its interval, and so at most a twelfth of itself, larger. */
static void details_lean_on_a_curve(void **state)
{
    fixture *f = *state;
    lbc_lossy_params p = {
        .shape = {90, 130}, .limit = 65532, .stored_bytes = 2, .engine = LBC_ENGINE_OWN, .diffuse = true};
    const size_t n = lbc_shape_pixels(p.shape);
    size_t size;
    lbc_j2k_layers(&p, LBC_J2K_J, 60);
    need(f, &p);
    for (int wavelet = LBC_WAVELET_53; wavelet <= LBC_WAVELET_97; wavelet++) {
        p.wavelet = (lbc_wavelet)wavelet;
        p.knee = 0;
        draw(f->frame, p.shape, p.limit, RANDOM);
        assert_int_equal(lbc_j2k.encode(f->work, &p, f->frame, f->stream, lbc_j2k.bound(&p), &size), LBC_OK);
        assert_int_equal(lbc_j2k.decode(f->work, &p, f->stream, size, f->theirs), LBC_OK);
        p.knee = 1000; /* which leaves as many bits to the fraction */
        for (FOR_EACH_LEVEL(level)) {
            assert_int_equal(lbc_j2k.decode(f->work, &p, f->stream, size, f->ours), LBC_OK);
            const double more = variance(f->ours, n) / variance(f->theirs, n);
            assert_true(more > 1.05 && more < 1.18);
            memcpy(f->rebuilt, f->frame, n * sizeof(int32_t));
            assert_int_equal(lbc_j2k.roundtrip(f->work, &p, f->rebuilt, &size), LBC_OK);
            assert_memory_equal(f->rebuilt, f->ours, n * sizeof(int32_t));
        }
    }
}

/* ---- exact frames ---------------------------------------------------------------------------- */

/* As long as the whole fits it comes back, from the stream and without it; and where it was tried in vain, nothing of
 * that is left. */
static void sparse_frames_are_exact_where_they_fit(void **state)
{
    fixture *f = *state;
    lbc_lossy_params p = {.shape = {200, 170},
                          .limit = 900,
                          .stored_bytes = 2,
                          .engine = LBC_ENGINE_OWN,
                          .wavelet = LBC_WAVELET_97,
                          .diffuse = true,
                          .nlayers = 1,
                          .layers = {1}};
    const size_t n = lbc_shape_pixels(p.shape);
    int exact_ones = 0, others = 0;
    for (double ratio = 10; ratio < 100; ratio *= 1.03) {
        size_t size, rebuilt_size;
        p.layers[0] = ratio;
        need(f, &p);
        for (size_t i = 0; i < n; i++) f->frame[i] = random_below(&seed, 20) ? 0 : 1 + (int32_t)random_below(&seed, 2);
        assert_int_equal(lbc_j2k.encode(f->work, &p, f->frame, f->stream, f->capacity, &size), LBC_OK);
        assert_true((double)size <= (double)n * 2 / ratio);
        assert_int_equal(lbc_j2k.decode(f->work, &p, f->stream, size, f->ours), LBC_OK);
        memcpy(f->rebuilt, f->frame, n * sizeof(int32_t));
        assert_int_equal(lbc_j2k.roundtrip(f->work, &p, f->rebuilt, &rebuilt_size), LBC_OK);
        assert_int_equal(rebuilt_size, size);
        assert_memory_equal(f->ours, f->rebuilt, n * sizeof(int32_t));
        bool exact = true;
        for (size_t i = 0; i < n; i++) exact &= f->ours[i] == f->frame[i] << lbc_j2k_fraction(&p);
        assert_true(exact ? others < 3 : exact_ones > 0); /* sizes of two frames differ a little */
        exact_ones += exact;
        others += !exact;
    }
    assert_true(exact_ones > 5 && others > 5);
}

/* ---- sameness -------------------------------------------------------------------------------- */

static void same_bytes_at_every_level_and_after_any_frame(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < (long_form() ? 400 : 30); i++) {
        const lbc_lossy_params p = random_params(LBC_ENGINE_OWN);
        const size_t n = lbc_shape_pixels(p.shape);
        const size_t size = check_case(f, &p, DETECTOR);
        uint8_t *other = malloc(lbc_j2k.bound(&p));
        assert_non_null(other);
        for (FOR_EACH_LEVEL(level)) {
            lbc_codec_work *fresh = lbc_codec_work_new();
            size_t other_size;
            assert_int_equal(lbc_j2k.encode(fresh, &p, f->frame, other, lbc_j2k.bound(&p), &other_size), LBC_OK);
            assert_int_equal(other_size, size);
            assert_memory_equal(other, f->stream, size);
            assert_int_equal(lbc_j2k.decode(fresh, &p, other, size, f->rebuilt), LBC_OK);
            assert_memory_equal(f->rebuilt, f->ours, n * sizeof(int32_t));
            memcpy(f->rebuilt, f->frame, n * sizeof(int32_t));
            assert_int_equal(lbc_j2k.roundtrip(fresh, &p, f->rebuilt, &other_size), LBC_OK);
            assert_memory_equal(f->rebuilt, f->ours, n * sizeof(int32_t));
            lbc_codec_work_free(fresh);
        }
        free(other);
    }
}

/* ---- damage ---------------------------------------------------------------------------------- */

static void damaged_streams(void **state)
{
    fixture *f = *state;
    lbc_lossy_params p = {.shape = {70, 90}, .limit = 65532, .stored_bytes = 2, .engine = LBC_ENGINE_OWN};
    lbc_j2k_layers(&p, LBC_J2K_J, 8);
    const size_t size = check_case(f, &p, DETECTOR);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *part = malloc(cut + !cut);
        assert_non_null(part);
        memcpy(part, f->stream, cut);
        assert_int_not_equal(lbc_j2k.decode(f->work, &p, part, cut, f->ours), LBC_OK);
        free(part);
    }
    for (int i = 0; i < 3000; i++) { /* any verdict, but no harm */
        const size_t at = random_below(&seed, (uint32_t)size);
        const uint8_t was = f->stream[at];
        f->stream[at] ^= (uint8_t)(1u << random_below(&seed, 8));
        (void)lbc_j2k.decode(f->work, &p, f->stream, size, f->ours);
        f->stream[at] = was;
    }
    p.shape.nx++;
    assert_int_equal(lbc_j2k.decode(f->work, &p, f->stream, size, f->ours), LBC_E_FORMAT);
}

static void too_little_room(void **state)
{
    fixture *f = *state;
    for (int own = 0; own < 2; own++) {
        lbc_lossy_params p = {.shape = {100, 100}, .limit = 65532, .stored_bytes = 2};
        p.engine = own ? LBC_ENGINE_OWN : LBC_ENGINE_OPENJPEG;
        lbc_j2k_layers(&p, LBC_J2K_J, 4);
        size_t size = check_case(f, &p, DETECTOR);
        assert_int_equal(lbc_j2k.encode(f->work, &p, f->frame, f->stream, size - 1, &size), LBC_E_SPACE);
    }
}

/* ---- parameters ------------------------------------------------------------------------------ */

static void layer_lists(void **state)
{
    (void)state;
    lbc_lossy_params p = {0};
    lbc_j2k_layers(&p, LBC_J2K_J, 125);
    static const double j125[] = {4000, 2000, 1000, 500, 250, 125};
    assert_int_equal(p.nlayers, 6);
    for (int i = 0; i < 6; i++) assert_true(p.layers[i] == j125[i]);
    lbc_j2k_layers(&p, LBC_J2K_J, 4000);
    assert_int_equal(p.nlayers, 1);
    lbc_j2k_layers(&p, LBC_J2K_J, 3999);
    assert_int_equal(p.nlayers, 2);
    lbc_j2k_layers(&p, LBC_J2K_J, 1);
    assert_int_equal(p.nlayers, 13);
    lbc_j2k_layers(&p, LBC_J2K_K, 125);
    assert_int_equal(p.nlayers, 7);
    assert_true(p.layers[0] == 8000 && p.layers[6] == 125);
    lbc_j2k_layers(&p, LBC_J2K_K, 1);
    assert_int_equal(p.nlayers, 10);
    lbc_j2k_layers(&p, LBC_J2K_K, 6000);
    assert_int_equal(p.nlayers, 1);
}

static void precision_and_resolutions(void **state)
{
    (void)state;
    assert_int_equal(lbc_j2k_precision(&(lbc_lossy_params){.stored_bytes = 2, .limit = 9}), 16);
    assert_int_equal(lbc_j2k_precision(&(lbc_lossy_params){.stored_bytes = 4, .limit = 9}), 16);
    assert_int_equal(lbc_j2k_precision(&(lbc_lossy_params){.stored_bytes = 4, .limit = 65536}), 17);
    assert_int_equal(lbc_j2k_precision(&(lbc_lossy_params){.stored_bytes = 4, .limit = (1 << 24) - 1}), 24);
    assert_int_equal(lbc_j2k_resolutions((lbc_shape){1, 9}), 1);
    assert_int_equal(lbc_j2k_resolutions((lbc_shape){31, 32}), 5);
    assert_int_equal(lbc_j2k_resolutions((lbc_shape){32, 32}), 6);
    assert_int_equal(lbc_j2k_resolutions((lbc_shape){4000, 4000}), 6);
    lbc_lossy_params p = {.shape = {9, 9}, .stored_bytes = 4, .limit = 1 << 24, .nlayers = 1, .layers = {2}};
    assert_int_equal(lbc_j2k.check(&p, NULL), LBC_E_UNSUPPORTED);
    p.limit = 5;
    assert_int_equal(lbc_j2k.check(&p, NULL), LBC_OK);
    p.layers[0] = 0.5;
    assert_int_equal(lbc_j2k.check(&p, NULL), LBC_E_ARGUMENT);
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    if (!f) return -1;
    f->work = lbc_codec_work_new();
    *state = f;
    return f->work ? 0 : -1;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    lbc_codec_work_free(f->work);
    free(f->frame);
    free(f->ours);
    free(f->theirs);
    free(f->rebuilt);
    free(f->stream);
    free(f);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layer_lists),
        cmocka_unit_test(precision_and_resolutions),
        cmocka_unit_test(any_frame),
        cmocka_unit_test(any_size),
        cmocka_unit_test(several_precincts),
        cmocka_unit_test(lossless_at_every_precision),
        cmocka_unit_test(size_and_error),
        cmocka_unit_test(early_stop_costs_little),
        cmocka_unit_test(psnr_is_reached),
        cmocka_unit_test(weights_move_bytes),
        cmocka_unit_test(details_lean_on_a_curve),
        cmocka_unit_test(sparse_frames_are_exact_where_they_fit),
        cmocka_unit_test(same_bytes_at_every_level_and_after_any_frame),
        cmocka_unit_test(damaged_streams),
        cmocka_unit_test(too_little_room),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
