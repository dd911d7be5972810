/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <nmmintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

uint32_t lbc_crc32c_sse42(uint32_t state, const uint8_t *data, size_t size);
uint32_t lbc_crc32c_sse42(uint32_t state, const uint8_t *data, size_t size)
{
    uint64_t wide = state;
    for (; size >= 8; size -= 8, data += 8) {
        uint64_t word;
        memcpy(&word, data, 8);
        wide = _mm_crc32_u64(wide, word);
    }
    state = (uint32_t)wide;
    for (; size; size--) state = _mm_crc32_u8(state, *data++);
    return state;
}
