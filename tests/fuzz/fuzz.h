/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz.h - what the fuzz targets share.
 *
 * A target is one file with libFuzzer's entry. Built by clang with -fsanitize=fuzzer-no-link (preset `fuzz`) it is a
 * libFuzzer program; else driver.c stands in for libFuzzer, so that the targets run in every build.
 *
 * Inputs begin with bytes that choose the frames, so that the mutations reach them too; fuzz_seeds makes the seeds.
 */
#ifndef LBC_TESTS_FUZZ_H
#define LBC_TESTS_FUZZ_H

#include "codec/codec.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Frames are small: what is looked for lies in the formats, and speed finds it. */
static inline lbc_shape fuzz_shape(uint8_t choice)
{
    static const lbc_shape shapes[] = {{24, 40}, {5, 7}, {1, 1}, {64, 130}, {33, 65}, {4, 300}, {120, 4}, {17, 16}};
    return shapes[choice % (sizeof shapes / sizeof *shapes)];
}

static inline lbc_pixel_type fuzz_type(uint8_t choice)
{
    static const lbc_pixel_type types[] = {LBC_U16, LBC_U32, LBC_I32, LBC_U8};
    return types[choice % (sizeof types / sizeof *types)];
}

/* Counts pixels and reads each byte, so that a sanitizer sees what was never written. */
typedef struct fuzz_sink {
    size_t pixel_size, taken;
    uint32_t sum;
} fuzz_sink;

static inline void fuzz_take(void *user, const void *pixels, size_t count)
{
    fuzz_sink *s = user;
    const uint8_t *p = pixels;
    for (size_t i = 0; i < count * s->pixel_size; i++) s->sum = s->sum * 31 + p[i];
    s->taken += count;
}

/* Decodes; a success must have given every pixel, a failure never more than all. */
static inline void fuzz_decode(lbc_codec_work *work, const lbc_chunk_format *format, const uint8_t *chunk, size_t size)
{
    fuzz_sink memory = {.pixel_size = lbc_pixel_size(format->type)};
    const lbc_pixel_sink sink = {fuzz_take, &memory};
    const lbc_status status = format->codec->decode(work, format, chunk, size, &sink);
    const size_t pixels = lbc_shape_pixels(format->shape);
    if (memory.taken > pixels || (status == LBC_OK && memory.taken != pixels)) abort();
}

#endif
