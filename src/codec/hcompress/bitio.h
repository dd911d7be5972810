/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bitio.h - bits in and out, the first in the highest bit of a byte. */
#ifndef LBC_CODEC_HCOMPRESS_BITIO_H
#define LBC_CODEC_HCOMPRESS_BITIO_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The caller sees to it beforehand, with lbc_hcomp_room, that what it puts has room. */
typedef struct lbc_hcomp_writer {
    uint8_t *next, *end;
    uint64_t bits;  /* the `count` low bits are still to be written */
    unsigned count; /* < 32 between calls */
} lbc_hcomp_writer;

static inline bool lbc_hcomp_room(const lbc_hcomp_writer *w, uint64_t bits)
{
    return (bits + w->count + 7) / 8 <= (uint64_t)(w->end - w->next);
}

/* count <= 32, and no bits set above them */
static inline void lbc_hcomp_put(lbc_hcomp_writer *w, uint32_t bits, unsigned count)
{
    w->bits = w->bits << count | bits;
    w->count += count;
    if (w->count >= 32) {
        w->count -= 32;
        lbc_put_be32(w->next, (uint32_t)(w->bits >> w->count));
        w->next += 4;
    }
}

/* Fills up with zeros to a byte. */
static inline void lbc_hcomp_flush(lbc_hcomp_writer *w)
{
    lbc_hcomp_put(w, 0, (8 - w->count % 8) % 8);
    for (; w->count > 0; w->count -= 8) *w->next++ = (uint8_t)(w->bits >> (w->count - 8));
}

/* Behind the end come zeros; lbc_hcomp_overrun tells when any of them were taken. */
typedef struct lbc_hcomp_reader {
    const uint8_t *next, *end;
    uint64_t bits; /* the `count` high bits are to be taken; below them may be what comes next anyway, or zeros */
    unsigned count;
    size_t missing; /* bytes taken from behind the end */
} lbc_hcomp_reader;

/* At least 56 bits are at hand afterwards. */
static inline void lbc_hcomp_refill(lbc_hcomp_reader *r)
{
    if (r->end - r->next >= 8) {
        r->bits |= lbc_get_be64(r->next) >> r->count;
        r->next += (63 - r->count) / 8;
        r->count |= 56;
        return;
    }
    for (; r->count < 56; r->count += 8) {
        if (r->next < r->end)
            r->bits |= (uint64_t)*r->next++ << (56 - r->count);
        else
            r->missing++;
    }
}

static inline uint32_t lbc_hcomp_peek(const lbc_hcomp_reader *r, unsigned count)
{
    return (uint32_t)(r->bits >> (64 - count));
}

static inline void lbc_hcomp_skip(lbc_hcomp_reader *r, unsigned count)
{
    r->bits <<= count;
    r->count -= count;
}

static inline bool lbc_hcomp_overrun(const lbc_hcomp_reader *r)
{
    return r->missing * 8 > r->count;
}

/* The first byte of which no bit was taken. */
static inline const uint8_t *lbc_hcomp_next_byte(const lbc_hcomp_reader *r)
{
    return r->next - (r->count / 8 - r->missing);
}

#endif
