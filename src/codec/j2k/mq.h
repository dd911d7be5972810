/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mq.h - the MQ arithmetic coder (Annex C), and the contexts of tier-1 (Annex D).
 *
 * The encoder takes symbols in batches, as context modelling leaves them; the decoder hands them out
 * one by one, since each decides what the next one means.
 */
#ifndef LBC_CODEC_J2K_MQ_H
#define LBC_CODEC_J2K_MQ_H

#include "codec/codec.h"

/* Contexts, numbered as in Annex D's tables. */
enum {
    LBC_MQ_ZERO = 0,    /* 0..8: zero coding, Table D.1 */
    LBC_MQ_SIGN = 9,    /* 9..13: sign coding, Table D.3 */
    LBC_MQ_REFINE = 14, /* 14..16: magnitude refinement, Table D.4 */
    LBC_MQ_RUN = 17,    /* run-length */
    LBC_MQ_UNIFORM = 18,
    LBC_MQ_CONTEXTS = 19
};

/* A row of Table C.2, for one sense of the more probable symbol: row 2 * index + sense. */
typedef struct lbc_mq_row {
    uint16_t qe;
    uint8_t after_mps, after_lps; /* rows */
} lbc_mq_row;

extern const lbc_mq_row lbc_mq_rows[94];

/* Rows of all contexts at the start of a code block (Table D.7). */
void lbc_mq_reset(uint8_t rows[LBC_MQ_CONTEXTS]);

/* ---- encoder ----------------------------------------------------------------------------- */

/* A symbol is context | bit << 7. From LBC_MQ_ZERO_RUN up to below 0x80 it stands for 1 to 64
 * symbols 0 in context LBC_MQ_RUN. */
enum { LBC_MQ_ZERO_RUN = 0x40, LBC_MQ_LONGEST_RUN = 64 };

typedef struct lbc_mq_encoder {
    uint32_t a, c;  /* interval and code register */
    uint32_t ct;    /* shifts until the next byte */
    uint8_t *start; /* start[-1] must be writable: a byte before the first, as in C.2.8 */
    uint8_t *at;    /* the last byte out, which a carry may still change */
    uint8_t rows[LBC_MQ_CONTEXTS];
} lbc_mq_encoder;

void lbc_mq_encode_start(lbc_mq_encoder *e, uint8_t *out);
/* Each symbol makes at most 15 bits of output. */
void lbc_mq_encode(lbc_mq_encoder *e, const uint8_t *symbols, size_t n);
/* Bytes that are certainly out. */
static inline uint32_t lbc_mq_bytes(const lbc_mq_encoder *e)
{
    return (uint32_t)(e->at + 1 - e->start);
}

/* Where a coding pass ended, for finding later how many bytes it needs. */
typedef struct lbc_mq_mark {
    uint32_t top;   /* exclusive end of the interval of codewords that decode alike */
    uint32_t bytes; /* bytes out */
    uint8_t ct;
    uint8_t last; /* the last of them, as it was then */
} lbc_mq_mark;

lbc_mq_mark lbc_mq_encode_mark(const lbc_mq_encoder *e);
/* Ends the codeword (C.2.9). Returns its bytes. */
uint32_t lbc_mq_encode_finish(lbc_mq_encoder *e);
/* Fewest leading bytes of a finished codeword of size bytes with which all symbols up to the mark
 * decode right, when a decoder finds 1 bits after them. */
uint32_t lbc_mq_bytes_needed(const lbc_mq_mark *mark, const uint8_t *codeword, uint32_t size);

#endif
