/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JPEG 2000 codestreams: a byte for the shape, then the codestream. With the byte's high bit, what follows are the
 * packets, behind headers that are right; its next bit chooses the wavelet then. The levels of instructions must give
 * the same verdict and the same pixels, and those within the component's range. */
#include "fuzz.h"

#include "base/cpu.h"
#include "codec/j2k/codestream.h"
#include "codec/j2k/j2k.h"
#include "codec/j2k/steps.h"

#include <string.h>

enum { PACKETS_ONLY = 0x80, IRREVERSIBLE = 0x40, PRECISION = 16, LAYERS = 3 };

/* A whole codestream around packets. NULL: out of memory. */
static uint8_t *wrap(lbc_shape shape, bool reversible, const uint8_t *packets, size_t packets_size, size_t *size)
{
    lbc_j2k_header header = {.shape = shape,
                             .precision = PRECISION,
                             .levels = lbc_j2k_resolutions(shape) - 1,
                             .block_w = LBC_J2K_LOG2_BLOCK,
                             .block_h = LBC_J2K_LOG2_BLOCK,
                             .layers = LAYERS,
                             .reversible = reversible};
    uint8_t *stream = malloc(LBC_J2K_HEADER_SIZE + packets_size + 2);
    if (!stream) return NULL;
    lbc_j2k_set_steps(&header);
    const size_t head = lbc_j2k_write_headers(stream, &header);
    if (packets_size > 0) memcpy(stream + head, packets, packets_size);
    *size = lbc_j2k_finish_headers(stream, head, packets_size);
    return stream;
}

/* An exact copy, so that a read beyond the end is seen. */
static uint8_t *copy(const uint8_t *data, size_t size)
{
    uint8_t *stream = malloc(size + !size);
    if (stream && size > 0) memcpy(stream, data, size);
    return stream;
}

static void check_levels(lbc_codec_work *work, lbc_shape shape, const uint8_t *stream, size_t size)
{
    const lbc_lossy_params params = {.shape = shape};
    const size_t n = lbc_shape_pixels(shape);
    int32_t *first = malloc(n * sizeof *first), *other = malloc(n * sizeof *other);
    if (!first || !other) goto end;
    lbc_cpu_limit(LBC_CPU_C);
    const lbc_status status = lbc_j2k.decode(work, &params, stream, size, first);
    for (size_t i = 0; status == LBC_OK && i < n; i++)
        if (first[i] < 0 || first[i] >= 1 << LBC_J2K_MAX_PRECISION) abort();
    lbc_cpu_limit(size % 2 ? LBC_CPU_AVX2 : LBC_CPU_AVX512); /* one of them: speed finds more than thoroughness */
    if (lbc_j2k.decode(work, &params, stream, size, other) != status) abort();
    if (status == LBC_OK && memcmp(first, other, n * sizeof *first)) abort();
end:
    free(first);
    free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lbc_codec_work *work;
    if (!work) work = lbc_codec_work_new();
    if (!work || size == 0) return 0;
    const uint8_t choice = *data++;
    const lbc_shape shape = fuzz_shape(choice & (IRREVERSIBLE - 1));
    size_t stream_size = --size;
    uint8_t *stream =
        choice & PACKETS_ONLY ? wrap(shape, !(choice & IRREVERSIBLE), data, size, &stream_size) : copy(data, size);
    if (stream) check_levels(work, shape, stream, stream_size);
    free(stream);
    return 0;
}
