/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* seeds.c - writes the seed corpora: `fuzz_seeds FOLDER` makes FOLDER/<target>/<number>, the same bytes each time. */
#include "fuzz.h"

#include "base/place.h"
#include "codec/j2k/j2k.h"
#include "codec/rest/marks.h"
#include "codec/rest/rest.h"

#include "../support/random.h"

#include <stdio.h>
#include <string.h>

enum { SHAPES = 8, MOST_PIXELS = 64 * 130 };

static const char *folder;
static uint64_t state = 1;

static void fail(const char *what)
{
    fprintf(stderr, "fuzz_seeds: %s\n", what);
    exit(1);
}

/* Writes one seed: a few bytes that choose, and the payload. */
static void write_seed(const char *target, unsigned number, const uint8_t *head, size_t head_size, const uint8_t *bytes,
                       size_t size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, target);
    if (lbc_place_folder(path, NULL)) fail(path);
    snprintf(path, sizeof path, "%s/%s/%03u", folder, target, number);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(head, 1, head_size, f) != head_size || fwrite(bytes, 1, size, f) != size || fclose(f)) fail(path);
}

/* ---- frames --------------------------------------------------------------------------------- */

/* Background, a few peaks, a masked row and an overload. */
static void draw(int32_t *frame, lbc_shape shape, bool marks)
{
    const size_t n = lbc_shape_pixels(shape);
    for (size_t i = 0; i < n; i++)
        frame[i] = (int32_t)(random_below(&state, 5) + (random_below(&state, 50) ? 0 : random_below(&state, 100)));
    if (!marks) return;
    for (size_t x = 0; x < shape.nx && shape.ny > 2; x++) frame[2 * (size_t)shape.nx + x] = LBC_MASKED;
    frame[n - 1] = LBC_OVERLOADED;
}

static void give(void *user, size_t first, size_t count, void *pixels)
{
    const lbc_chunk_format *format = ((void **)user)[0];
    const int32_t *frame = ((void **)user)[1];
    const int64_t most = format->type == LBC_U8 ? UINT8_MAX : format->type == LBC_U16 ? UINT16_MAX : UINT32_MAX;
    const lbc_store_rule rule = {format->type, format->type == LBC_I32 ? -1 : most, 1000};
    if (format->type == LBC_U8)
        for (size_t i = 0; i < count; i++) ((uint8_t *)pixels)[i] = (uint8_t)frame[first + i];
    else
        lbc_store_pixels(pixels, frame + first, count, &rule);
}

/* ---- chunks --------------------------------------------------------------------------------- */

static size_t encode(lbc_codec_work *work, const lbc_chunk_format *format, const int32_t *frame, uint8_t *chunk,
                     size_t capacity)
{
    const void *user[] = {format, frame};
    const lbc_pixel_source source = {give, user};
    size_t size;
    if (capacity < format->codec->bound(format)) fail("a chunk is larger than its buffer");
    if (format->codec->encode(work, format, &source, chunk, capacity, &size)) fail(format->codec->name);
    return size;
}

static void seed_storage(lbc_codec_work *work, const lbc_codec *codec, int32_t *frame, uint8_t *chunk, size_t capacity)
{
    static lbc_chunk_format format;
    char target[64];
    unsigned number = 0;
    snprintf(target, sizeof target, "fuzz_%s", codec->name);
    for (uint8_t type = 0; type < 4; type++)
        for (uint8_t shape = 0; shape < SHAPES; shape++) {
            format = (lbc_chunk_format){.codec = codec, .type = fuzz_type(type), .shape = fuzz_shape(shape)};
            if (codec->configure(&format, codec->level_default)) continue;
            draw(frame, format.shape, true);
            const size_t size = encode(work, &format, frame, chunk, capacity);
            const uint8_t head[] = {type, shape};
            write_seed(target, number++, head, sizeof head, chunk, size);
        }
}

/* A chunk behind its cd_values, as fuzz_rest takes them. */
static void write_rest(unsigned number, uint8_t how, uint8_t shape, const lbc_chunk_format *format,
                       const uint8_t *chunk, size_t size)
{
    uint8_t head[3 + 4 * 255] = {how | 4, shape, (uint8_t)format->nparams};
    memcpy(head + 3, format->params, 4 * format->nparams);
    write_seed("fuzz_rest", number, head, 3 + 4 * format->nparams, chunk, size);
}

/* Decoded values that are diffused. Returns the number of the next seed. */
static unsigned seed_diffused(lbc_codec_work *work, int32_t *frame, uint8_t *chunk, size_t capacity)
{
    static lbc_chunk_format format;
    unsigned number = 0;
    for (uint8_t codec = 0; codec < 2; codec++)
        for (uint8_t type = 0; type < 3; type++)
            for (uint8_t shape = 0; shape < SHAPES; shape++) {
                format = (lbc_chunk_format){.codec = codec ? &lbc_codec_rest_j2k : &lbc_codec_rest_hcomp,
                                            .type = fuzz_type(type),
                                            .shape = fuzz_shape(shape)};
                const lbc_lossy_params lossy = {.shape = format.shape,
                                                .limit = 900,
                                                .stored_bytes = (uint32_t)lbc_pixel_size(format.type),
                                                .scale = 4,
                                                .nlayers = 1,
                                                .layers = {10},
                                                .wavelet = LBC_WAVELET_97,
                                                .engine = LBC_ENGINE_OWN,
                                                .fill_mean = true,
                                                .diffuse = true};
                if (lbc_rest_configure(&format, &lossy, NULL, NULL, false)) continue;
                draw(frame, format.shape, true);
                const size_t size = encode(work, &format, frame, chunk, capacity);
                write_rest(number++, (uint8_t)(codec | 2 | type << 4), shape, &format, chunk, size);
            }
    return number;
}

static void seed_rest(lbc_codec_work *work, int32_t *frame, uint8_t *chunk, size_t capacity)
{
    static lbc_chunk_format format;
    unsigned number = seed_diffused(work, frame, chunk, capacity);
    for (uint8_t codec = 0; codec < 2; codec++)
        for (uint8_t type = 0; type < 3; type++)
            for (uint8_t shape = 0; shape < SHAPES; shape++) {
                const uint32_t value = codec ? 10 : 4;
                format = (lbc_chunk_format){
                    .type = fuzz_type(type), .shape = fuzz_shape(shape), .nparams = 2, .params = {1U + codec, value}};
                if (lbc_rest_complete(&format, NULL)) continue;
                draw(frame, format.shape, true);
                const size_t size = encode(work, &format, frame, chunk, capacity);
                const uint8_t head[] = {(uint8_t)(codec | 2 | type << 4), shape};
                write_seed("fuzz_rest", number++, head, sizeof head, chunk, size);
                write_rest(number++, head[0], shape, &format, chunk, size);
            }
}

/* Bare codestreams, behind a byte for the shape. */
static void seed_lossy(lbc_codec_work *work, const lbc_lossy *lossy, int32_t *frame, uint8_t *stream, size_t capacity)
{
    static const int32_t values[] = {1, 8, 100};
    char target[64];
    unsigned number = 0;
    snprintf(target, sizeof target, "fuzz_%s", lossy->name);
    for (uint8_t shape = 0; shape < SHAPES; shape++)
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            lbc_lossy_params p = {.shape = fuzz_shape(shape),
                                  .limit = 65532,
                                  .stored_bytes = 2,
                                  .scale = values[v],
                                  .wavelet = shape % 2 ? LBC_WAVELET_97 : LBC_WAVELET_53};
            size_t size;
            lbc_j2k_layers(&p, LBC_J2K_J, values[v]);
            draw(frame, p.shape, false);
            if (lossy->check(&p, NULL)) continue;
            if (lossy->encode(work, &p, frame, stream, capacity, &size)) fail(lossy->name);
            write_seed(target, number++, &shape, 1, stream, size);
        }
}

static void seed_marks(uint8_t *packed, size_t capacity)
{
    static const uint8_t sides[] = {1, 9, 70, 200};
    lbc_buffer memory = {0};
    lbc_marks m;
    unsigned number = 0;
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++)
            for (uint32_t kind = 0; kind < 3; kind++) {
                const lbc_shape shape = {sides[i], sides[j]};
                if (lbc_marks_bound(shape) > capacity || !lbc_marks_init(&m, shape, &memory)) fail("marks");
                for (uint32_t y = 0; y < shape.ny; y++)
                    for (uint32_t x = 0; x < shape.nx; x++)
                        if (kind == 0 ? y % 20 > 16 || x % 30 > 26 : random_below(&state, kind == 1 ? 100 : 2) == 0)
                            lbc_marks_set(&m, y, x);
                const size_t size = lbc_marks_pack(&m, packed);
                const uint8_t head[] = {(uint8_t)(sides[i] - 1), (uint8_t)(sides[j] - 1)};
                write_seed("fuzz_marks", number++, head, sizeof head, packed, size);
            }
    lbc_buffer_free(&memory);
}

/* Edits of masters: of every kind in every dialect, with arguments at random. */
static void seed_master(void)
{
    enum { DIALECTS = 3, EDITS = 11, EACH = 4, BYTES = 48 };
    unsigned number = 0;
    for (uint8_t dialect = 0; dialect < DIALECTS; dialect++)
        for (uint8_t edit = 0; edit < EDITS; edit++)
            for (unsigned n = 0; n < EACH; n++) {
                uint8_t bytes[BYTES] = {edit, (uint8_t)random_below(&state, 256)};
                for (unsigned i = 2; i < BYTES; i++) bytes[i] = (uint8_t)random_below(&state, i % 2 ? 256 : 16);
                const uint8_t head = (uint8_t)(dialect | n << 2 | (edit % 2 ? 24 : 0));
                write_seed("fuzz_master", number++, &head, 1, bytes, n ? BYTES : 0);
            }
}

static void seed_options(void)
{
    static const char *const lines[] = {
        "-i|in_master.h5|-b|2|-s2|-H=16|-c|hcomp|-o|out|--json|-|-v",
        "-i|a|-J|125|--wavelet|9/7|-u|4|-q|out_file",
        "-i|a|-t|1|-p|4|--jobs=2|--gaps|zero|--partial|keep|--overwrite",
        "-1|3|-N|9|-l|-2|-d|-b|-vV|--|x",
        "--max-rmse|0.5|--min-correlation|.99|--max-shift=1e-2|a.h5|b.h5",
        "-b|2|-s|3|-q|--json|x|a|b|--report|y|-p|2",
        "--prefix|x|--images|9|--cell|78,78,37,90,90,90|--beam|100,200|--seed|7",
        "-h|--detector|1M|--style|nimages",
    };
    for (uint8_t program = 0; program < 3; program++)
        for (unsigned n = 0; n < sizeof lines / sizeof *lines; n++) {
            char words[128];
            const size_t size = strlen(lines[n]);
            memcpy(words, lines[n], size + 1);
            for (char *bar = strchr(words, '|'); bar; bar = strchr(bar, '|')) *bar++ = '\0';
            write_seed("fuzz_options", program * 100 + n, &program, 1, (const uint8_t *)words, size);
        }
}

/* Requests, and the same completed, with a chunk and with what makes a frame. */
static void seed_plugin(lbc_codec_work *work, int32_t *frame, uint8_t *chunk, size_t capacity)
{
    static lbc_chunk_format format;
    unsigned number = 0;
    for (uint8_t codec = 0; codec < 2; codec++)
        for (uint8_t type = 0; type < 3; type++)
            for (uint8_t shape = 0; shape < SHAPES; shape++) {
                const uint32_t request[] = {1U + codec, codec ? 10 : shape % 2 ? 1 : 4};
                format = (lbc_chunk_format){.type = fuzz_type(type), .shape = fuzz_shape(shape), .nparams = 2};
                memcpy(format.params, request, sizeof request);
                if (lbc_rest_complete(&format, NULL)) continue;
                draw(frame, format.shape, true);
                const size_t size = encode(work, &format, frame, chunk, capacity);
                for (uint8_t how = 0; how < 4; how++) {
                    const uint32_t words = how >= 2 ? 2 : format.nparams;
                    uint8_t head[3 + 4 * 255] = {(uint8_t)(how | type << 4), shape, (uint8_t)words};
                    memcpy(head + 3, how >= 2 ? request : format.params, 4 * words);
                    write_seed("fuzz_plugin", number++, head, 3 + 4 * words, chunk, size);
                }
            }
}

int main(int argc, char **argv)
{
    if (argc != 2) fail("usage: fuzz_seeds FOLDER");
    folder = argv[1];
    const size_t capacity = 1 << 20;
    lbc_codec_work *work = lbc_codec_work_new();
    int32_t *frame = malloc(MOST_PIXELS * sizeof *frame);
    uint8_t *bytes = malloc(capacity);
    if (!work || !frame || !bytes) fail("out of memory");
    for (const lbc_codec *const *c = lbc_codecs; *c; c++)
        if ((*c)->filter != LBC_REST_FILTER) seed_storage(work, *c, frame, bytes, capacity);
    seed_rest(work, frame, bytes, capacity);
    seed_lossy(work, &lbc_hcomp, frame, bytes, capacity);
    seed_lossy(work, &lbc_j2k, frame, bytes, capacity);
    seed_marks(bytes, capacity);
    seed_plugin(work, frame, bytes, capacity);
    seed_master();
    seed_options();
    free(bytes);
    free(frame);
    lbc_codec_work_free(work);
    return 0;
}
