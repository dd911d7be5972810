/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chunks of codestreams at rest, and their cd_values.
 *
 *   byte 0  bit 0: HCompress or JPEG 2000; bit 1: the checksum is made right, so that the input gets past it; bit 2:
 *           the cd_values come from the input; bits 4..5: pixel type
 *   byte 1  shape
 *   with bit 2: a byte n, and n words of cd_values
 *   the rest is the chunk
 */
#include "fuzz.h"

#include "base/bytes.h"
#include "base/checksum.h"
#include "codec/rest/rest.h"

#include <string.h>

enum { HEAD = 32, MOST_PIXELS = 1 << 18 };

static void mend_checksum(uint8_t *chunk, size_t size)
{
    if (size >= HEAD) lbc_put_le32(chunk + 28, lbc_crc32c(lbc_crc32c(0, chunk, 28), chunk + HEAD, size - HEAD));
}

/* False: the cd_values are refused, or are those of frames too large to try. */
static bool read_params(lbc_chunk_format *format, const uint8_t **p, size_t *size)
{
    uint32_t words[255];
    const uint32_t n = **p;
    ++*p, --*size;
    if (*size < 4 * n) return false;
    for (uint32_t i = 0; i < n; i++, *p += 4, *size -= 4) words[i] = lbc_get_le32(*p);
    return lbc_rest_format(format, n, words, NULL) == LBC_OK && lbc_shape_pixels(format->shape) <= MOST_PIXELS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lbc_chunk_format format;
    static lbc_codec_work *work;
    if (!work) work = lbc_codec_work_new();
    if (!work || size < 4) return 0;
    const uint8_t how = data[0], *p = data + 2;
    size -= 2;
    format = (lbc_chunk_format){.type = fuzz_type(how >> 4 & 3),
                                .shape = fuzz_shape(data[1]),
                                .nparams = 2,
                                .params = {1 + (how & 1), how & 1 ? 10 : 4}};
    if (how & 4 ? !read_params(&format, &p, &size) : lbc_rest_complete(&format, NULL) != LBC_OK) return 0;

    uint8_t *chunk = malloc(size + !size); /* exact, so that a read beyond its end is seen */
    if (!chunk) return 0;
    memcpy(chunk, p, size);
    if (how & 2) mend_checksum(chunk, size);
    fuzz_decode(work, &format, chunk, size);
    free(chunk);
    return 0;
}
