/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HCompress streams: a byte for the shape, then the stream; with the byte's high bit, the body of a single tile, behind
 * a head and an index that are right. Every level of instructions must give the same verdict and the same pixels. */
#include "fuzz.h"

#include "base/cpu.h"
#include "codec/hcompress/hcompress.h"
#include "codec/hcompress/stream.h"

#include <string.h>

enum { ONE_BODY = 0x80, SCALE = 5 };

/* A whole stream around one body. NULL: out of memory. */
static uint8_t *wrap(lbc_shape shape, const uint8_t *body, size_t body_size, size_t *size)
{
    const lbc_hcomp_stream s = {.shape = shape, .scale = SCALE, .tile_rows = shape.ny, .tiles = 1};
    uint8_t *stream = malloc(LBC_HCOMP_HEAD + LBC_HCOMP_INDEX_MAX + body_size);
    if (!stream) return NULL;
    lbc_hcomp_put_head(stream, &s);
    *size = LBC_HCOMP_HEAD + lbc_hcomp_put_length(stream + LBC_HCOMP_HEAD, body_size);
    if (body_size > 0) memcpy(stream + *size, body, body_size);
    *size += body_size;
    return stream;
}

static void try_fits(const uint8_t *stream, size_t size)
{
    size_t fits_size, written;
    if (lbc_hcomp_fits_size(stream, size, &fits_size)) return;
    uint8_t *fits = malloc(fits_size);
    if (!fits) return;
    if (lbc_hcomp_to_fits(stream, size, INT16_MAX, fits, fits_size, &written) || written != fits_size) abort();
    free(fits);
}

static void try_decode(lbc_shape shape, bool diffuse, const uint8_t *stream, size_t size)
{
    const lbc_lossy_params params = {
        .shape = shape, .limit = 65532, .stored_bytes = 2, .scale = SCALE, .diffuse = diffuse};
    const size_t bytes = lbc_shape_pixels(shape) * sizeof(int32_t);
    static lbc_codec_work *work; /* kept, as a worker keeps it */
    if (!work) work = lbc_codec_work_new();
    int32_t *plain = malloc(bytes), *fast = malloc(bytes);
    if (work && plain && fast) {
        lbc_cpu_limit(LBC_CPU_C);
        const lbc_status status = lbc_hcomp.decode(work, &params, stream, size, plain);
        lbc_cpu_limit(LBC_CPU_AVX512);
        if (lbc_hcomp.decode(work, &params, stream, size, fast) != status) abort();
        if (status == LBC_OK && memcmp(plain, fast, bytes) != 0) abort();
    }
    free(plain);
    free(fast);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    const lbc_shape shape = fuzz_shape(data[0] & ~ONE_BODY & 0xff);
    uint8_t *wrapped = NULL;
    const uint8_t *stream = data + 1;
    size_t stream_size = size - 1;
    if (data[0] & ONE_BODY) stream = wrapped = wrap(shape, stream, size - 1, &stream_size);
    if (stream) {
        try_fits(stream, stream_size);
        try_decode(shape, false, stream, stream_size);
        try_decode(shape, true, stream, stream_size);
    }
    free(wrapped);
    return 0;
}
