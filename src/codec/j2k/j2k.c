/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The codec table's entry. */
#include "codec/j2k/j2k.h"

#include "codec/j2k/decoder.h"
#include "codec/j2k/encoder.h"
#include "codec/j2k/exact.h"
#include "codec/j2k/openjpeg.h"
#include "codec/work.h"
#include "frame/curve.h"

#include <math.h>
#include <stdlib.h>

/* ---- working memory -------------------------------------------------------------------------- */

typedef struct state {
    lbc_j2k_encoder encoder;
    lbc_j2k_decoder decoder;
    lbc_buffer stream;
} state;

static void free_state(void *p)
{
    state *s = p;
    lbc_j2k_encoder_clear(&s->encoder);
    lbc_j2k_decoder_clear(&s->decoder);
    lbc_buffer_free(&s->stream);
    free(s);
}

static state *get_state(lbc_codec_work *w)
{
    if (!w->slots[LBC_WORK_J2K].state) {
        w->slots[LBC_WORK_J2K].state = lbc_alloc_zero(1, sizeof(state));
        w->slots[LBC_WORK_J2K].free = free_state;
    }
    return w->slots[LBC_WORK_J2K].state;
}

/* ---- checks ---------------------------------------------------------------------------------- */

static lbc_status check_layers(const lbc_lossy_params *params, lbc_error *err)
{
    if (params->nlayers == 0 || params->nlayers > LBC_MAX_LAYERS)
        return lbc_fail(err, LBC_E_ARGUMENT, "JPEG 2000 needs 1 to %d quality layers, not %u", LBC_MAX_LAYERS,
                        params->nlayers);
    for (uint32_t i = 0; i < params->nlayers; i++)
        if (!isfinite(params->layers[i]) || params->layers[i] < 1)
            return lbc_fail(err, LBC_E_ARGUMENT, "a JPEG 2000 ratio must be at least 1, not %g", params->layers[i]);
    return LBC_OK;
}

static lbc_status check_curve(const lbc_lossy_params *params, lbc_error *err)
{
    if (params->knee < 0 || params->knee > LBC_CURVE_MOST)
        return lbc_fail(err, LBC_E_ARGUMENT, "the knee of a curve must be 0 (none) or from 1 to %d, not %d",
                        LBC_CURVE_MOST, params->knee);
    if (params->knee && !params->diffuse)
        return lbc_fail(err, LBC_E_ARGUMENT, "values on a curve can become counts by diffusion only");
    if (params->knee && params->psnr > 0)
        return lbc_fail(err, LBC_E_ARGUMENT, "a PSNR is of counts as they are, not of values on a curve");
    return LBC_OK;
}

static lbc_status check_own(const lbc_lossy_params *params, lbc_error *err)
{
    bool weighted = false;
    for (int i = 0; i < LBC_MAX_WEIGHTS; i++) {
        weighted |= params->weights[i] != 0;
        if (!isfinite(params->weights[i]) || params->weights[i] < 0 || params->weights[i] > 1e3)
            return lbc_fail(err, LBC_E_ARGUMENT, "a JPEG 2000 weight must be from 0 to 1000, not %g",
                            params->weights[i]);
    }
    if (!isfinite(params->psnr) || params->psnr < 0)
        return lbc_fail(err, LBC_E_ARGUMENT, "a PSNR must be above 0 dB, not %g", params->psnr);
    if (params->engine != LBC_ENGINE_OWN && (weighted || params->psnr > 0))
        return lbc_fail(err, LBC_E_ARGUMENT, "OpenJPEG takes neither weights nor a PSNR (our own engine does)");
    return LBC_OK;
}

static lbc_status check(const lbc_lossy_params *params, lbc_error *err)
{
    if (params->shape.nx == 0 || params->shape.ny == 0 || params->shape.nx > INT32_MAX || params->shape.ny > INT32_MAX)
        return lbc_fail(err, LBC_E_ARGUMENT, "JPEG 2000 cannot take an image of %u x %u pixels", params->shape.nx,
                        params->shape.ny);
    lbc_status status = check_curve(params, err);
    if (status) return status;
    if (params->limit >> LBC_J2K_MAX_PRECISION)
        return lbc_fail(err, LBC_E_UNSUPPORTED, "JPEG 2000 takes counts below 2^%d, and the largest here is %d",
                        LBC_J2K_MAX_PRECISION, params->limit);
    status = check_layers(params, err);
    return status ? status : check_own(params, err);
}

/* ---- the entry ------------------------------------------------------------------------------- */

/* OpenJPEG 2.5 holds coefficients with six fraction bits, which overflow with 9/7 above 20 bits: what it
 * makes then has nothing to do with the image. */
static bool own_engine(const lbc_lossy_params *params)
{
    const uint32_t most = 20;
    return params->engine == LBC_ENGINE_OWN || (params->wavelet == LBC_WAVELET_97 && lbc_j2k_precision(params) > most);
}

static size_t bound(const lbc_lossy_params *params)
{
    return own_engine(params) ? lbc_j2k_encode_bound(params) : lbc_openjpeg_bound(params);
}

static lbc_status encode_own(lbc_j2k_encoder *e, const lbc_lossy_params *params, const int32_t *frame, uint8_t *stream,
                             size_t capacity, size_t *size)
{
    lbc_lossy_params exact;
    if (lbc_j2k_may_be_exact(params, frame, &exact)) {
        const lbc_status status = lbc_j2k_encode(e, &exact, frame, stream, capacity, size);
        if (status == LBC_OK ? (double)*size <= lbc_j2k_budget(params) : status != LBC_E_SPACE) return status;
    }
    return lbc_j2k_encode(e, params, frame, stream, capacity, size);
}

static lbc_status roundtrip_own(lbc_j2k_encoder *e, const lbc_lossy_params *params, int32_t *frame, size_t *size)
{
    lbc_lossy_params exact;
    if (lbc_j2k_may_be_exact(params, frame, &exact)) {
        const lbc_status status = lbc_j2k_roundtrip(e, &exact, frame, size);
        if (status || (double)*size <= lbc_j2k_budget(params)) return status;
        /* Too large, but exact: the counts are still there. */
        for (size_t i = 0, n = lbc_shape_pixels(params->shape); i < n; i++) frame[i] >>= lbc_j2k_fraction(params);
    }
    return lbc_j2k_roundtrip(e, params, frame, size);
}

static lbc_status encode(lbc_codec_work *w, const lbc_lossy_params *params, const int32_t *frame, uint8_t *stream,
                         size_t capacity, size_t *size)
{
    state *s = get_state(w);
    if (!s) return LBC_E_MEMORY;
    if (own_engine(params)) return encode_own(&s->encoder, params, frame, stream, capacity, size);
    return lbc_openjpeg_encode(params, frame, stream, capacity, size);
}

static lbc_status decode(lbc_codec_work *w, const lbc_lossy_params *params, const uint8_t *stream, size_t size,
                         int32_t *frame)
{
    state *s = get_state(w);
    if (!s) return LBC_E_MEMORY;
    return lbc_j2k_decode(&s->decoder, params, stream, size, frame);
}

static lbc_status roundtrip(lbc_codec_work *w, const lbc_lossy_params *params, int32_t *frame, size_t *size)
{
    state *s = get_state(w);
    size_t used = 0;
    lbc_status status = s ? LBC_OK : LBC_E_MEMORY;
    if (!status && own_engine(params)) {
        status = roundtrip_own(&s->encoder, params, frame, &used);
    } else if (!status) {
        const size_t capacity = lbc_openjpeg_bound(params);
        if (!lbc_buffer_need(&s->stream, capacity)) return LBC_E_MEMORY;
        status = lbc_openjpeg_encode(params, frame, s->stream.data, capacity, &used);
        if (!status) status = lbc_j2k_decode(&s->decoder, params, s->stream.data, used, frame);
    }
    if (!status && size) *size = used;
    return status;
}

const lbc_lossy lbc_j2k = {
    .name = "j2k",
    .check = check,
    .bound = bound,
    .encode = encode,
    .decode = decode,
    .roundtrip = roundtrip,
};
