/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mq_decode.h - the MQ decoder (C.3), inline: its registers live in those of the pass that asks. */
#ifndef LBC_CODEC_J2K_MQ_DECODE_H
#define LBC_CODEC_J2K_MQ_DECODE_H

#include "codec/j2k/mq.h"

typedef struct lbc_mq_decoder {
    uint32_t a, c, ct;
    const uint8_t *at;                /* the last byte taken in */
    lbc_mq_row rows[LBC_MQ_CONTEXTS]; /* themselves, not their numbers: that is one load less on the way to a bit */
} lbc_mq_decoder;

/* BYTEIN (C.3.4). The data end in two bytes 0xff, which nothing moves beyond: 1 bits follow for ever. */
static inline void lbc_mq_byte_in(lbc_mq_decoder *d)
{
    if (*d->at != 0xff) {
        d->at++;
        d->c += (uint32_t)*d->at << 8;
        d->ct = 8;
    } else if (d->at[1] > 0x8f) {
        d->c += 0xff00;
        d->ct = 8;
    } else {
        d->at++;
        d->c += (uint32_t)*d->at << 9;
        d->ct = 7;
    }
}

/* data must go on with 0xff 0xff after the codeword's own bytes (C.3.5). */
static inline void lbc_mq_decode_start(lbc_mq_decoder *d, const uint8_t *data)
{
    uint8_t rows[LBC_MQ_CONTEXTS];
    lbc_mq_reset(rows);
    for (int i = 0; i < LBC_MQ_CONTEXTS; i++) d->rows[i] = lbc_mq_rows[rows[i]];
    d->at = data;
    d->c = (uint32_t)*data << 16;
    lbc_mq_byte_in(d);
    d->c <<= 7;
    d->ct -= 7;
    d->a = 0x8000;
}

/* RENORMD (C.3.3), all shifts between two bytes at once. */
static inline void lbc_mq_renormalise(lbc_mq_decoder *d)
{
    uint32_t shifts = (uint32_t)__builtin_clz(d->a) - 16;
    d->a <<= shifts;
    while (shifts > d->ct) {
        d->c <<= d->ct;
        shifts -= d->ct;
        lbc_mq_byte_in(d);
    }
    d->c <<= shifts;
    d->ct -= shifts;
}

/* The more probable symbol: it does not change after it has come, so what follows has it as well. */
static inline uint32_t lbc_mq_probable(lbc_mq_row row)
{
    return row.after_mps & 1u;
}

/* DECODE (C.3.2) */
static inline uint32_t lbc_mq_decode(lbc_mq_decoder *d, uint32_t context)
{
    const lbc_mq_row row = d->rows[context];
    const uint32_t qe = row.qe;
    uint32_t bit = lbc_mq_probable(row);
    d->a -= qe;
    if (d->c >> 16 < qe) {
        /* The lower part: the less probable symbol, unless it is the larger. */
        const bool exchange = d->a < qe;
        d->a = qe;
        d->rows[context] = lbc_mq_rows[exchange ? row.after_mps : row.after_lps];
        bit ^= !exchange;
    } else {
        d->c -= qe << 16;
        if (d->a & 0x8000) return bit;
        const bool exchange = d->a < qe;
        d->rows[context] = lbc_mq_rows[exchange ? row.after_lps : row.after_mps];
        bit ^= exchange;
    }
    lbc_mq_renormalise(d);
    return bit;
}

/* Decodes up to n symbols in the run-length context, until a 1 comes. Returns how many 0 came before it,
 * n when none did. */
static inline uint32_t lbc_mq_decode_zeros(lbc_mq_decoder *d, uint32_t n)
{
    uint32_t zeros = 0;
    while (zeros < n) {
        const lbc_mq_row row = d->rows[LBC_MQ_RUN];
        const uint32_t qe = row.qe, left = n - zeros;
        /* All that is left at once where it neither renormalises nor leaves the upper part. */
        if (!lbc_mq_probable(row) && left * qe + 0x8000 <= d->a && d->c >> 16 >= left * qe) {
            d->a -= left * qe;
            d->c -= left * qe << 16;
            return n;
        }
        if (lbc_mq_decode(d, LBC_MQ_RUN)) return zeros;
        zeros++;
    }
    return n;
}

#endif
