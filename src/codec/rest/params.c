/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/rest/params.h"

#include "base/bytes.h"
#include "codec/j2k/j2k.h"
#include "codec/rest/marks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CODEC_HCOMP = 1, CODEC_J2K = 2 };
enum { LAYERS_J = 0, LAYERS_K = 1, LAYERS_OTHER = 2, VARIANT_97 = 1 << 8, VARIANT_OWN = 1 << 16 };
enum { AROUND_FILL_MEAN = 1, AROUND_DIFFUSE = 2, AROUND_KNEE_SHIFT = 8 };
enum { FLAG_GAPS_ZERO = 1, FLAG_MASK_IN_CHUNKS = 2 };
enum { VERSION_PLAIN = 1, VERSION_MORE = 2, SIDE_MAX = 65535 };

/* Places of the words. */
enum {
    AT_CODEC,
    AT_VALUE,
    AT_VARIANT,
    AT_LIMIT,
    AT_FLAGS,
    AT_VERSION = LBC_REST_REQUEST,
    AT_TYPE,
    AT_NY,
    AT_NX,
    AT_LAYERS,
    AT_MASK,
    FIXED_WORDS, /* of version 1; version 2 goes on: */
    AT_AROUND = FIXED_WORDS,
    AT_PSNR,
    AT_WEIGHTS = AT_PSNR + 2,
    MORE_WORDS = AT_WEIGHTS + 2 * LBC_MAX_WEIGHTS
};

/* Words before the layers. */
static uint32_t fixed_words(uint32_t version)
{
    return version == VERSION_MORE ? MORE_WORDS : FIXED_WORDS;
}

/* ---- types and limits ---------------------------------------------------------------------- */

/* Word 6; 0: not a type that is stored. */
static uint32_t type_word(lbc_pixel_type type)
{
    return type == LBC_U16 ? 1 : type == LBC_U32 ? 2 : type == LBC_I32 ? 3 : 0;
}

/* The largest S' that leaves room for the markers and that the codec takes. */
static uint32_t largest_limit(uint32_t codec, lbc_pixel_type type)
{
    const uint32_t coded = codec == CODEC_HCOMP ? UINT32_C(1) << 30 : (UINT32_C(1) << LBC_J2K_MAX_PRECISION) - 1;
    return type == LBC_U16 ? UINT16_MAX - 3 : coded;
}

static lbc_status check_frame(lbc_pixel_type type, lbc_shape shape, lbc_error *err)
{
    if (!type_word(type))
        return lbc_fail(err, LBC_E_ARGUMENT, "codestreams at rest hold uint16, uint32 or int32 pixels only");
    if (shape.ny == 0 || shape.nx == 0 || shape.ny > SIDE_MAX || shape.nx > SIDE_MAX ||
        lbc_shape_pixels(shape) > LBC_REST_MAX_PIXELS)
        return lbc_fail(err, LBC_E_ARGUMENT, "codestreams at rest cannot hold images of %u x %u pixels", shape.nx,
                        shape.ny);
    return LBC_OK;
}

/* ---- layers -------------------------------------------------------------------------------- */

static bool same_layers(const lbc_lossy_params *a, const lbc_lossy_params *b)
{
    return a->nlayers == b->nlayers && memcmp(a->layers, b->layers, a->nlayers * sizeof a->layers[0]) == 0;
}

/* Which of the lists that -J and -K make for an integer ratio this is. */
static uint32_t layers_kind(const lbc_lossy_params *coding)
{
    lbc_lossy_params list = *coding;
    const double ratio = coding->layers[coding->nlayers - 1];
    lbc_j2k_layers(&list, LBC_J2K_J, ratio);
    if (same_layers(&list, coding)) return LAYERS_J;
    lbc_j2k_layers(&list, LBC_J2K_K, ratio);
    return same_layers(&list, coding) ? LAYERS_K : LAYERS_OTHER;
}

static double get_double(const uint32_t *words)
{
    const uint64_t bits = words[0] | (uint64_t)words[1] << 32;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void put_double(uint32_t *words, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    words[0] = (uint32_t)bits;
    words[1] = (uint32_t)(bits >> 32);
}

/* ---- the first words ----------------------------------------------------------------------- */

/* Words 0 .. 4 for frames of format->type and ->shape. For JPEG 2000 the layers are those of -J or -K; a caller with a
 * list of its own sets that instead. */
static lbc_status read_request(lbc_rest_params *p, const lbc_chunk_format *format, lbc_error *err)
{
    uint32_t words[LBC_REST_REQUEST] = {0};
    if (format->nparams < 2 || format->nparams > LBC_REST_MAX_PARAMS)
        return lbc_fail(err, LBC_E_FORMAT,
                        "%u cd_values: at least two are needed, the codec (1 HCompress, 2 JPEG 2000) "
                        "and its scale or ratio, and at most %d",
                        format->nparams, LBC_REST_MAX_PARAMS);
    for (uint32_t i = 0; i < LBC_REST_REQUEST && i < format->nparams; i++) words[i] = format->params[i];

    const uint32_t value = words[AT_VALUE], variant = words[AT_VARIANT];
    *p = (lbc_rest_params){.codec = words[AT_CODEC],
                           .type = type_word(format->type),
                           .gaps_zero = words[AT_FLAGS] & FLAG_GAPS_ZERO,
                           .coding = {.shape = format->shape, .stored_bytes = format->type == LBC_U16 ? 2 : 4}};
    if (p->codec != CODEC_HCOMP && p->codec != CODEC_J2K)
        return lbc_fail(err, LBC_E_FORMAT, "cd_values[0] is %u: 1 (HCompress) and 2 (JPEG 2000) are known", p->codec);
    if (words[AT_FLAGS] & ~(uint32_t)(FLAG_GAPS_ZERO | FLAG_MASK_IN_CHUNKS))
        return lbc_fail(err, LBC_E_FORMAT, "cd_values[4] is %u: only the flags 1 and 2 are known", words[AT_FLAGS]);

    const uint32_t most = largest_limit(p->codec, format->type);
    if (words[AT_LIMIT] > most)
        return lbc_fail(err, LBC_E_FORMAT, "cd_values[3] is %u: the largest count can be %u", words[AT_LIMIT], most);
    p->coding.limit = (int32_t)(words[AT_LIMIT] ? words[AT_LIMIT] : most);

    if (p->codec == CODEC_HCOMP) {
        p->lossy = &lbc_hcomp;
        if (variant != 0 || value > INT32_MAX)
            return lbc_fail(err, LBC_E_FORMAT, "cd_values[1] is the scale, 1 to 2^31 - 1, and cd_values[2] is 0");
        p->coding.scale = (int32_t)value;
        return LBC_OK;
    }
    p->lossy = &lbc_j2k;
    if ((variant & 0xff) > LAYERS_OTHER || variant & ~(0xffU | VARIANT_97 | VARIANT_OWN))
        return lbc_fail(err, LBC_E_FORMAT,
                        "cd_values[2] is %u: the layers are 0, 1 or 2, the wavelet 0 or 256, the engine 0 or 65536",
                        variant);
    p->coding.wavelet = variant & VARIANT_97 ? LBC_WAVELET_97 : LBC_WAVELET_53;
    p->coding.engine = variant & VARIANT_OWN ? LBC_ENGINE_OWN : LBC_ENGINE_OPENJPEG;
    if (value < 1) return lbc_fail(err, LBC_E_FORMAT, "cd_values[1] is %u: a ratio is at least 1", value);
    if ((variant & 0xff) != LAYERS_OTHER)
        lbc_j2k_layers(&p->coding, (variant & 0xff) == LAYERS_K ? LBC_J2K_K : LBC_J2K_J, value);
    return LBC_OK;
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* Words 5 .. 8. */
static lbc_status check_layout(const lbc_chunk_format *format, lbc_error *err)
{
    const uint32_t *words = format->params;
    if (format->nparams < FIXED_WORDS)
        return lbc_fail(err, LBC_E_FORMAT, "%u cd_values do not describe the chunks", format->nparams);
    if (words[AT_VERSION] != VERSION_PLAIN && words[AT_VERSION] != VERSION_MORE)
        return lbc_fail(err, LBC_E_UNSUPPORTED, "cd_values of version %u; this program knows %d and %d",
                        words[AT_VERSION], VERSION_PLAIN, VERSION_MORE);
    if (format->nparams < fixed_words(words[AT_VERSION]))
        return lbc_fail(err, LBC_E_FORMAT, "%u cd_values do not describe the chunks", format->nparams);
    if (words[AT_TYPE] != type_word(format->type) || words[AT_NY] != format->shape.ny ||
        words[AT_NX] != format->shape.nx)
        return lbc_fail(err, LBC_E_FORMAT, "the cd_values are those of other images (%u x %u pixels, type %u)",
                        words[AT_NX], words[AT_NY], words[AT_TYPE]);
    return LBC_OK;
}

/* What version 2 adds. */
static lbc_status read_more(lbc_rest_params *p, const uint32_t *words, lbc_error *err)
{
    const uint32_t knee = words[AT_AROUND] >> AROUND_KNEE_SHIFT;
    if (words[AT_AROUND] - (knee << AROUND_KNEE_SHIFT) > (AROUND_FILL_MEAN | AROUND_DIFFUSE))
        return lbc_fail(err, LBC_E_UNSUPPORTED, "cd_values[11] is %u; this program knows the bits 1 and 2, and a knee",
                        words[AT_AROUND]);
    p->coding.fill_mean = words[AT_AROUND] & AROUND_FILL_MEAN;
    p->coding.diffuse = words[AT_AROUND] & AROUND_DIFFUSE;
    p->coding.knee = (int32_t)knee;
    p->coding.psnr = get_double(words + AT_PSNR);
    for (uint32_t i = 0; i < LBC_MAX_WEIGHTS; i++) p->coding.weights[i] = get_double(words + AT_WEIGHTS + 2 * i);
    return LBC_OK;
}

lbc_status lbc_rest_params_read(lbc_rest_params *p, const lbc_chunk_format *format, lbc_error *err)
{
    const uint32_t *words = format->params;
    lbc_status status = check_frame(format->type, format->shape, err);
    if (status == LBC_OK) status = read_request(p, format, err);
    if (status == LBC_OK) status = check_layout(format, err);
    if (status) return status;
    if (words[AT_LIMIT] == 0) return lbc_fail(err, LBC_E_FORMAT, "cd_values[3] is 0: no largest count");

    const uint32_t layers = words[AT_LAYERS], mask_words = words[AT_MASK], fixed = fixed_words(words[AT_VERSION]);
    if (layers > LBC_MAX_LAYERS || (layers == 0) != (p->codec == CODEC_HCOMP) ||
        mask_words != (uint64_t)format->nparams - fixed - 2 * layers)
        return lbc_fail(err, LBC_E_FORMAT, "%u cd_values cannot hold %u quality layers and a mask of %u words",
                        format->nparams, layers, mask_words);
    p->coding.nlayers = layers;
    for (uint32_t i = 0; i < layers; i++) p->coding.layers[i] = get_double(words + fixed + 2 * i);
    p->mask = (const uint8_t *)(words + fixed + 2 * layers);
    p->mask_size = (size_t)mask_words * sizeof *words;
    if (words[AT_VERSION] == VERSION_MORE) {
        status = read_more(p, words, err);
        if (status) return status;
    }
    if (p->gaps_zero && mask_words)
        return lbc_fail(err, LBC_E_FORMAT, "the cd_values have a mask, and say that nothing is masked");
    return p->lossy->check(&p->coding, err);
}

static void put_more(uint32_t *words, const lbc_lossy_params *coding)
{
    words[AT_AROUND] = (coding->fill_mean ? (uint32_t)AROUND_FILL_MEAN : 0) |
                       (coding->diffuse ? (uint32_t)AROUND_DIFFUSE : 0) | (uint32_t)coding->knee << AROUND_KNEE_SHIFT;
    put_double(words + AT_PSNR, coding->psnr);
    for (uint32_t i = 0; i < LBC_MAX_WEIGHTS; i++) put_double(words + AT_WEIGHTS + 2 * i, coding->weights[i]);
}

/* Writes all that the coding says: words 2, 3 and 5 on, and the layers; no mask. */
static void put_rest(lbc_chunk_format *format, const lbc_lossy_params *coding)
{
    uint32_t *words = format->params;
    const bool own = coding->nlayers && coding->engine == LBC_ENGINE_OWN;
    const bool more = own || coding->fill_mean || coding->diffuse;
    const uint32_t fixed = fixed_words(more ? VERSION_MORE : VERSION_PLAIN);
    if (coding->nlayers)
        words[AT_VARIANT] = layers_kind(coding) | (coding->wavelet == LBC_WAVELET_97 ? (uint32_t)VARIANT_97 : 0) |
                            (own ? (uint32_t)VARIANT_OWN : 0);
    words[AT_LIMIT] = (uint32_t)coding->limit;
    words[AT_VERSION] = more ? VERSION_MORE : VERSION_PLAIN;
    words[AT_TYPE] = type_word(format->type);
    words[AT_NY] = format->shape.ny;
    words[AT_NX] = format->shape.nx;
    words[AT_LAYERS] = coding->nlayers;
    words[AT_MASK] = 0;
    for (uint32_t i = 0; i < coding->nlayers; i++) put_double(words + fixed + 2 * i, coding->layers[i]);
    format->nparams = fixed + 2 * coding->nlayers;
    if (more) put_more(words, coding);
}

lbc_status lbc_rest_complete(lbc_chunk_format *format, lbc_error *err)
{
    lbc_rest_params p;
    lbc_status status = check_frame(format->type, format->shape, err);
    if (status == LBC_OK) status = read_request(&p, format, err);
    if (status) return status;
    format->codec = p.codec == CODEC_HCOMP ? &lbc_codec_rest_hcomp : &lbc_codec_rest_j2k;
    if (format->nparams > LBC_REST_REQUEST) return check_layout(format, err);
    if (p.codec == CODEC_J2K && p.coding.nlayers == 0)
        return lbc_fail(err, LBC_E_ARGUMENT, "cd_values[2]: the layers must be 0 (as -J) or 1 (as -K)");
    status = p.lossy->check(&p.coding, err);
    if (status) return status;
    for (uint32_t i = format->nparams; i < LBC_REST_REQUEST; i++) format->params[i] = 0;
    put_rest(format, &p.coding);
    return LBC_OK;
}

lbc_status lbc_rest_format(lbc_chunk_format *format, size_t nvalues, const uint32_t *values, lbc_error *err)
{
    static const lbc_pixel_type types[] = {LBC_U16, LBC_U32, LBC_I32};
    lbc_rest_params p = {0};
    if (nvalues < FIXED_WORDS || nvalues > LBC_REST_MAX_PARAMS)
        return lbc_fail(err, LBC_E_FORMAT, "%zu cd_values do not describe the chunks", nvalues);
    if (values[AT_TYPE] < 1 || values[AT_TYPE] > 3)
        return lbc_fail(err, LBC_E_FORMAT, "cd_values[6] is %u: the types 1, 2 and 3 are known", values[AT_TYPE]);
    format->type = types[values[AT_TYPE] - 1];
    format->shape = (lbc_shape){values[AT_NY], values[AT_NX]};
    format->nparams = (uint32_t)nvalues;
    memcpy(format->params, values, nvalues * sizeof *values);
    const lbc_status status = lbc_rest_params_read(&p, format, err);
    format->codec = p.codec == CODEC_HCOMP ? &lbc_codec_rest_hcomp : &lbc_codec_rest_j2k;
    return status;
}

static void collect_mask(lbc_marks *marks, const uint8_t *mask, const int32_t *sample)
{
    const lbc_shape shape = marks->shape;
    size_t i = 0;
    for (uint32_t y = 0; y < shape.ny; y++)
        for (uint32_t x = 0; x < shape.nx; x++, i++)
            if ((mask && mask[i]) || (sample && sample[i] == LBC_MASKED)) lbc_marks_set(marks, y, x);
}

/* Packs the mask behind the words that are there, or sets the flag that it is too large. */
static lbc_status put_mask(lbc_chunk_format *format, const uint8_t *mask, const int32_t *sample)
{
    lbc_buffer memory = {0};
    lbc_marks marks;
    lbc_status status = LBC_E_MEMORY;
    const lbc_shape shape = format->shape;
    uint8_t *packed = lbc_alloc(lbc_marks_bound(shape), 1);
    if (!packed || !lbc_marks_init(&marks, shape, &memory)) goto done;
    collect_mask(&marks, mask, sample);
    status = LBC_OK;
    const size_t size = lbc_marks_pack(&marks, packed), words = (size + 3) / 4;
    if (words > LBC_REST_MAX_PARAMS - format->nparams) {
        format->params[AT_FLAGS] |= FLAG_MASK_IN_CHUNKS;
        goto done;
    }
    memset(format->params + format->nparams, 0, words * sizeof *format->params);
    memcpy(format->params + format->nparams, packed, size);
    format->params[AT_MASK] = (uint32_t)words;
    format->nparams += (uint32_t)words;
done:
    free(packed);
    lbc_buffer_free(&memory);
    return status;
}

lbc_status lbc_rest_configure(lbc_chunk_format *format, const lbc_lossy_params *lossy, const uint8_t *mask,
                              const int32_t *sample, bool gaps_zero)
{
    const bool hcomp = format->codec == &lbc_codec_rest_hcomp;
    const uint32_t codec = hcomp ? CODEC_HCOMP : CODEC_J2K;
    const lbc_status status = check_frame(format->type, format->shape, NULL);
    if (status) return status;
    lbc_lossy_params coding = *lossy;
    if (hcomp) coding.nlayers = 0;
    if (coding.shape.ny != format->shape.ny || coding.shape.nx != format->shape.nx || coding.limit < 1 ||
        (uint32_t)coding.limit > largest_limit(codec, format->type) ||
        coding.stored_bytes != lbc_pixel_size(format->type) || (hcomp ? &lbc_hcomp : &lbc_j2k)->check(&coding, NULL))
        return LBC_E_ARGUMENT;

    uint32_t *words = format->params;
    words[AT_CODEC] = codec;
    words[AT_FLAGS] = gaps_zero ? FLAG_GAPS_ZERO : 0;
    if (hcomp) {
        words[AT_VALUE] = (uint32_t)coding.scale;
        words[AT_VARIANT] = 0;
    } else {
        const double ratio = round(coding.layers[coding.nlayers - 1]);
        words[AT_VALUE] = ratio < UINT32_MAX ? (uint32_t)ratio : UINT32_MAX;
    }
    put_rest(format, &coding);
    return (mask || sample) && !gaps_zero ? put_mask(format, mask, sample) : LBC_OK;
}
