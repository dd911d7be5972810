/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JPEG 2000 through OpenJPEG, in memory: the pixels -J and -K have always given. */
#include "codec/j2k/openjpeg.h"

#include "base/memory.h"
#include "codec/j2k/codestream.h"
#include "codec/j2k/j2k.h"

#include <openjpeg.h>

#include <stdlib.h>
#include <string.h>

/* ---- a codestream in memory ------------------------------------------------------------------ */

typedef struct memory_stream {
    uint8_t *out;      /* when writing */
    const uint8_t *in; /* when reading */
    size_t size;       /* bytes that may be written, or are there to be read */
    size_t at, end;    /* the next byte; one past the last written */
    bool overflow;     /* more was written than fits */
} memory_stream;

static OPJ_SIZE_T stream_read(void *buffer, OPJ_SIZE_T n, void *user)
{
    memory_stream *m = user;
    const size_t left = m->size - m->at;
    if (left == 0) return (OPJ_SIZE_T)-1;
    if (n > left) n = left;
    memcpy(buffer, m->in + m->at, n);
    m->at += n;
    return n;
}

static OPJ_SIZE_T stream_write(void *buffer, OPJ_SIZE_T n, void *user)
{
    memory_stream *m = user;
    if (n > m->size - m->at) {
        m->overflow = true;
        return (OPJ_SIZE_T)-1;
    }
    memcpy(m->out + m->at, buffer, n);
    m->at += n;
    if (m->at > m->end) m->end = m->at;
    return n;
}

static OPJ_BOOL stream_seek(OPJ_OFF_T to, void *user)
{
    memory_stream *m = user;
    if (to < 0 || (uint64_t)to > m->size) return OPJ_FALSE;
    m->at = (size_t)to;
    return OPJ_TRUE;
}

static OPJ_OFF_T stream_skip(OPJ_OFF_T n, void *user)
{
    const memory_stream *m = user;
    return stream_seek((OPJ_OFF_T)m->at + n, user) ? n : -1;
}

static opj_stream_t *stream_new(memory_stream *m, OPJ_BOOL reading)
{
    opj_stream_t *stream = opj_stream_create(1 << 16, reading);
    if (!stream) return NULL;
    opj_stream_set_user_data(stream, m, NULL);
    opj_stream_set_user_data_length(stream, m->size);
    if (reading)
        opj_stream_set_read_function(stream, stream_read);
    else
        opj_stream_set_write_function(stream, stream_write);
    opj_stream_set_seek_function(stream, stream_seek);
    opj_stream_set_skip_function(stream, stream_skip);
    return stream;
}

/* OpenJPEG frees these with functions that do not take NULL gladly in every release. */
static void drop(opj_stream_t *stream, opj_codec_t *codec, opj_image_t *image)
{
    if (stream) opj_stream_destroy(stream);
    if (codec) opj_destroy_codec(codec);
    if (image) opj_image_destroy(image);
}

/* ---- encoding -------------------------------------------------------------------------------- */

size_t lbc_openjpeg_bound(const lbc_lossy_params *params)
{
    /* What OpenJPEG itself sets aside for a tile, and room for headers. A target size holds to
     * within the headers of empty packets. */
    const double pixels = (double)lbc_shape_pixels(params->shape);
    const double whole = pixels * lbc_j2k_precision(params) / 8 * 1.4 + 8192;
    const double ratio = params->nlayers ? params->layers[params->nlayers - 1] : 0;
    const double target = ratio > 0 ? pixels * params->stored_bytes / ratio + pixels / 64 + 8192 : whole;
    return (size_t)(target < whole ? target : whole);
}

static opj_image_t *image_from_frame(const lbc_lossy_params *params, const int32_t *frame)
{
    opj_image_cmptparm_t component = {
        .dx = 1, .dy = 1, .w = params->shape.nx, .h = params->shape.ny, .prec = lbc_j2k_precision(params)};
    opj_image_t *image = opj_image_create(1, &component, OPJ_CLRSPC_GRAY);
    if (!image) return NULL;
    image->x1 = params->shape.nx;
    image->y1 = params->shape.ny;
    memcpy(image->comps[0].data, frame, lbc_shape_pixels(params->shape) * sizeof *frame);
    return image;
}

static void encoder_parameters(opj_cparameters_t *p, const lbc_lossy_params *params)
{
    opj_set_default_encoder_parameters(p);
    p->numresolution = (int)lbc_j2k_resolutions(params->shape);
    p->irreversible = params->wavelet == LBC_WAVELET_97;
    p->prog_order = OPJ_LRCP;
    p->cp_disto_alloc = 1;
    p->tcp_numlayers = (int)params->nlayers;
    /* OpenJPEG reckons a ratio against the component's precision, we against stored bytes. */
    const double per_stored_bit = lbc_j2k_precision(params) / (8.0 * params->stored_bytes);
    for (uint32_t i = 0; i < params->nlayers; i++) p->tcp_rates[i] = (float)(params->layers[i] * per_stored_bit);
}

lbc_status lbc_openjpeg_encode(const lbc_lossy_params *params, const int32_t *frame, uint8_t *stream, size_t capacity,
                               size_t *size)
{
    memory_stream memory = {.out = stream, .size = capacity};
    lbc_status status = LBC_E_MEMORY;
    opj_cparameters_t parameters;
    opj_image_t *image = image_from_frame(params, frame);
    opj_codec_t *codec = opj_create_compress(OPJ_CODEC_J2K);
    opj_stream_t *out = stream_new(&memory, OPJ_STREAM_WRITE);
    if (!image || !codec || !out) goto end;
    encoder_parameters(&parameters, params);
    /* Parameters were checked, so what fails now is memory or room. */
    if (!opj_setup_encoder(codec, &parameters, image) || !opj_codec_set_threads(codec, 0)) goto end;
    if (opj_start_compress(codec, image, out) && opj_encode(codec, out) && opj_end_compress(codec, out))
        status = LBC_OK;
    else if (memory.overflow)
        status = LBC_E_SPACE;
    *size = memory.end;
end:
    drop(out, codec, image);
    return status;
}

/* ---- decoding -------------------------------------------------------------------------------- */

static lbc_status decode_image(const uint8_t *stream, size_t size, opj_image_t **image)
{
    memory_stream memory = {.in = stream, .size = size};
    lbc_status status = LBC_E_MEMORY;
    opj_dparameters_t parameters;
    opj_codec_t *codec = opj_create_decompress(OPJ_CODEC_J2K);
    opj_stream_t *in = stream_new(&memory, OPJ_STREAM_READ);
    if (!codec || !in) goto end;
    opj_set_default_decoder_parameters(&parameters);
    if (!opj_setup_decoder(codec, &parameters) || !opj_codec_set_threads(codec, 0)) goto end;
    status = LBC_OK;
    if (!opj_read_header(in, codec, image) || !opj_decode(codec, in, *image) || !opj_end_decompress(codec, in))
        status = LBC_E_FORMAT;
end:
    drop(in, codec, NULL);
    return status;
}

lbc_status lbc_openjpeg_decode(const lbc_lossy_params *params, const uint8_t *stream, size_t size, int32_t *frame)
{
    lbc_j2k_header header;
    const uint8_t *packets;
    size_t packets_size;
    lbc_status status = lbc_j2k_read_headers(stream, size, &header, &packets, &packets_size);
    if (status) return status;
    if (header.shape.nx != params->shape.nx || header.shape.ny != params->shape.ny) return LBC_E_FORMAT;

    opj_image_t *image = NULL;
    status = decode_image(stream, size, &image);
    if (!status) {
        const opj_image_comp_t *c = image->comps;
        if (image->numcomps == 1 && c->w == params->shape.nx && c->h == params->shape.ny && c->data)
            memcpy(frame, c->data, lbc_shape_pixels(params->shape) * sizeof *frame);
        else
            status = LBC_E_FORMAT;
    }
    drop(NULL, NULL, image);
    return status;
}
