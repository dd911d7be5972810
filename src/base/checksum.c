/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/checksum.h"

#include "base/bytes.h"
#include "base/cpu.h"

#include <pthread.h>
#include <string.h>

#define POLYNOMIAL UINT32_C(0x82F63B78) /* bit-reversed 0x1EDC6F41 */

#ifdef LBC_HAVE_X86
uint32_t lbc_crc32c_sse42(uint32_t state, const uint8_t *data, size_t size);
#endif

/* table[k][b]: the effect of byte b on the state, k bytes later. */
static uint32_t table[8][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_table(void)
{
    for (uint32_t b = 0; b < 256; b++) {
        uint32_t state = b;
        for (int bit = 0; bit < 8; bit++) state = state >> 1 ^ (state & 1 ? POLYNOMIAL : 0);
        table[0][b] = state;
    }
    for (int k = 1; k < 8; k++)
        for (uint32_t b = 0; b < 256; b++) table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 255];
}

static uint32_t crc32c_c(uint32_t state, const uint8_t *p, size_t size)
{
    pthread_once(&once, make_table);
    for (; size >= 8; size -= 8, p += 8) {
        const uint32_t low = lbc_get_le32(p) ^ state, high = lbc_get_le32(p + 4);
        state = table[7][low & 255] ^ table[6][low >> 8 & 255] ^ table[5][low >> 16 & 255] ^ table[4][low >> 24] ^
                table[3][high & 255] ^ table[2][high >> 8 & 255] ^ table[1][high >> 16 & 255] ^ table[0][high >> 24];
    }
    for (; size; size--) state = state >> 8 ^ table[0][(state ^ *p++) & 255];
    return state;
}

uint32_t lbc_crc32c(uint32_t crc, const void *data, size_t size)
{
#ifdef LBC_HAVE_X86
    if (lbc_cpu() >= LBC_CPU_AVX2) return ~lbc_crc32c_sse42(~crc, data, size); /* AVX2 has SSE4.2 */
#endif
    return ~crc32c_c(~crc, data, size);
}

/* ---- lookup3 ---------------------------------------------------------------------------------- */

static inline uint32_t turn(uint32_t x, unsigned bits)
{
    return x << bits | x >> (32 - bits);
}

/* Three words, the last of them less than whole: what is beyond the end counts as zeros. */
static void add_words(uint32_t w[3], const uint8_t *bytes, size_t size)
{
    uint8_t whole[12] = {0};
    memcpy(whole, bytes, size);
    for (int i = 0; i < 3; i++) w[i] += lbc_get_le32(whole + 4 * i);
}

uint32_t lbc_lookup3(const void *data, size_t size)
{
    static const uint8_t mix[6] = {4, 6, 8, 16, 19, 4}, last[7] = {14, 11, 25, 16, 4, 14, 24};
    const uint8_t *p = data;
    const uint32_t seed = 0xdeadbeef + (uint32_t)size;
    uint32_t w[3] = {seed, seed, seed};
    if (size == 0) return seed;
    for (; size > 12; p += 12, size -= 12) {
        add_words(w, p, 12);
        for (int i = 0; i < 6; i++) {
            uint32_t *to = &w[i % 3], *from = &w[(i + 2) % 3];
            *to = (*to - *from) ^ turn(*from, mix[i]);
            *from += w[(i + 1) % 3];
        }
    }
    add_words(w, p, size);
    for (int i = 0; i < 7; i++) {
        uint32_t *to = &w[(i + 2) % 3], from = w[(i + 1) % 3];
        *to = (*to ^ from) - turn(from, last[i]);
    }
    return w[2];
}
