/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bytes.h - integers at any alignment, in the byte order a format asks for, and their bits. */
#ifndef LBC_BASE_BYTES_H
#define LBC_BASE_BYTES_H

#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "stored pixels are little-endian; a big-endian port must swap them in src/codec and src/nexus"
#endif

/* Bits that v takes: 0 for 0, else floor(log2(v)) + 1. */
static inline uint32_t lbc_bits_of(uint64_t v)
{
    return v ? 64 - (uint32_t)__builtin_clzll(v) : 0;
}

static inline uint16_t lbc_get_le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}
static inline uint32_t lbc_get_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline uint64_t lbc_get_le64(const uint8_t *p)
{
    return (uint64_t)lbc_get_le32(p) | (uint64_t)lbc_get_le32(p + 4) << 32;
}
static inline uint16_t lbc_get_be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}
static inline uint32_t lbc_get_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}
static inline uint64_t lbc_get_be64(const uint8_t *p)
{
    return (uint64_t)lbc_get_be32(p) << 32 | lbc_get_be32(p + 4);
}
static inline void lbc_put_le16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}
static inline void lbc_put_le32(uint8_t *p, uint32_t v)
{
    lbc_put_le16(p, (uint16_t)v);
    lbc_put_le16(p + 2, (uint16_t)(v >> 16));
}
static inline void lbc_put_le64(uint8_t *p, uint64_t v)
{
    lbc_put_le32(p, (uint32_t)v);
    lbc_put_le32(p + 4, (uint32_t)(v >> 32));
}
static inline void lbc_put_be16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}
static inline void lbc_put_be32(uint8_t *p, uint32_t v)
{
    lbc_put_be16(p, (uint16_t)(v >> 16));
    lbc_put_be16(p + 2, (uint16_t)v);
}
static inline void lbc_put_be64(uint8_t *p, uint64_t v)
{
    lbc_put_be32(p, (uint32_t)(v >> 32));
    lbc_put_be32(p + 4, (uint32_t)v);
}

#endif
