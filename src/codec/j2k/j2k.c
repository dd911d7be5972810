/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The codec table's entry. */
#include "codec/j2k/j2k.h"

#include "codec/j2k/decoder.h"
#include "codec/j2k/openjpeg.h"
#include "codec/work.h"

#include <math.h>
#include <stdlib.h>

/* ---- working memory -------------------------------------------------------------------------- */

typedef struct state {
    lbc_j2k_decoder decoder;
    lbc_buffer stream;
} state;

static void free_state(void *p)
{
    state *s = p;
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

/* ---- the entry ------------------------------------------------------------------------------- */

static lbc_status check(const lbc_lossy_params *params, lbc_error *err)
{
    if (params->shape.nx == 0 || params->shape.ny == 0 || params->shape.nx > INT32_MAX || params->shape.ny > INT32_MAX)
        return lbc_fail(err, LBC_E_ARGUMENT, "JPEG 2000 cannot take an image of %u x %u pixels", params->shape.nx,
                        params->shape.ny);
    if (lbc_j2k_precision(params) > LBC_J2K_MAX_PRECISION)
        return lbc_fail(err, LBC_E_UNSUPPORTED, "JPEG 2000 takes counts below 2^%d, and the largest here is %d",
                        LBC_J2K_MAX_PRECISION, params->limit);
    if (params->nlayers == 0 || params->nlayers > LBC_MAX_LAYERS)
        return lbc_fail(err, LBC_E_ARGUMENT, "JPEG 2000 needs 1 to %d quality layers, not %u", LBC_MAX_LAYERS,
                        params->nlayers);
    for (uint32_t i = 0; i < params->nlayers; i++)
        if (!isfinite(params->layers[i]) || params->layers[i] < 1)
            return lbc_fail(err, LBC_E_ARGUMENT, "a JPEG 2000 ratio must be at least 1, not %g", params->layers[i]);
    return LBC_OK;
}

static lbc_status encode(lbc_codec_work *w, const lbc_lossy_params *params, const int32_t *frame, uint8_t *stream,
                         size_t capacity, size_t *size)
{
    (void)w; /* OpenJPEG's contexts serve one frame */
    return lbc_openjpeg_encode(params, frame, stream, capacity, size);
}

static lbc_status decode(lbc_codec_work *w, const lbc_lossy_params *params, const uint8_t *stream, size_t size,
                         int32_t *frame)
{
    state *s = get_state(w);
    if (!s) return LBC_E_MEMORY;
    return lbc_j2k_decode(&s->decoder, params->shape, stream, size, frame);
}

static lbc_status roundtrip(lbc_codec_work *w, const lbc_lossy_params *params, int32_t *frame, size_t *size)
{
    state *s = get_state(w);
    const size_t capacity = lbc_openjpeg_bound(params);
    size_t used = 0;
    if (!s || !lbc_buffer_need(&s->stream, capacity)) return LBC_E_MEMORY;
    lbc_status status = encode(w, params, frame, s->stream.data, capacity, &used);
    if (!status) status = decode(w, params, s->stream.data, used, frame);
    if (!status && size) *size = used;
    return status;
}

const lbc_lossy lbc_j2k = {
    .name = "j2k",
    .check = check,
    .bound = lbc_openjpeg_bound,
    .encode = encode,
    .decode = decode,
    .roundtrip = roundtrip,
};
