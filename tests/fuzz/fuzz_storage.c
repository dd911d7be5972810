/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chunks of a storage codec, FUZZ_CODEC by name.
 *
 *   byte 0  pixel type; bit 7: the cd_values come from the input
 *   byte 1  shape
 *   with bit 7: a byte, of whose low 4 bits n words of cd_values follow
 *   the rest is the chunk
 */
#include "fuzz.h"

#include "base/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lbc_chunk_format format;
    static lbc_codec_work *work; /* kept, as a worker keeps it: what one chunk leaves must not harm the next */
    if (!work) work = lbc_codec_work_new();
    if (!work || size < 3) return 0;
    format = (lbc_chunk_format){
        .codec = lbc_codec_by_name(FUZZ_CODEC), .type = fuzz_type(data[0] & 0x7f), .shape = fuzz_shape(data[1])};
    const uint8_t *p = data + 2;
    size -= 2;
    if (data[0] & 0x80) {
        const uint32_t n = *p++ & 15;
        size--;
        if (size < 4 * n) return 0;
        for (format.nparams = 0; format.nparams < n; format.nparams++, p += 4, size -= 4)
            format.params[format.nparams] = lbc_get_le32(p);
        if (format.codec->recognise(&format)) return 0;
    } else if (format.codec->configure(&format, format.codec->level_default)) {
        return 0;
    }
    fuzz_decode(work, &format, p, size);
    return 0;
}
