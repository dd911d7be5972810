/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/rest/crc32.h"

#include "base/bytes.h"

#define POLYNOMIAL UINT32_C(0xEDB88320) /* reflected */

/* table[k][b] is the CRC of byte b followed by k zero bytes: eight bytes are folded in a step (Kounavis & Berry 2005,
 * "A systematic approach to building high performance software-based CRC generators"). The tables are made on each
 * call: that costs less than a microsecond a frame, and leaves nothing to initialise once for all threads. */
typedef struct crc_tables {
    uint32_t of[8][256];
} crc_tables;

static void make_tables(crc_tables *t)
{
    t->of[0][0] = 0;
    for (uint32_t bit = 128, crc = 1; bit > 0; bit >>= 1) {
        crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
        for (uint32_t b = 0; b < 256; b += 2 * bit) t->of[0][bit + b] = crc ^ t->of[0][b];
    }
    for (unsigned k = 1; k < 8; k++)
        for (unsigned b = 0; b < 256; b++) t->of[k][b] = t->of[k - 1][b] >> 8 ^ t->of[0][t->of[k - 1][b] & 0xff];
}

uint32_t lbc_crc32(uint32_t crc, const uint8_t *data, size_t size)
{
    crc_tables t;
    make_tables(&t);
    crc = ~crc;
    for (; size >= 8; size -= 8, data += 8) {
        const uint32_t low = lbc_get_le32(data) ^ crc, high = lbc_get_le32(data + 4);
        crc = t.of[7][low & 0xff] ^ t.of[6][low >> 8 & 0xff] ^ t.of[5][low >> 16 & 0xff] ^ t.of[4][low >> 24] ^
              t.of[3][high & 0xff] ^ t.of[2][high >> 8 & 0xff] ^ t.of[1][high >> 16 & 0xff] ^ t.of[0][high >> 24];
    }
    for (; size > 0; size--, data++) crc = crc >> 8 ^ t.of[0][(crc ^ *data) & 0xff];
    return ~crc;
}
