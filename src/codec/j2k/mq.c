/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/j2k/mq.h"

/* Table C.2, each row twice: for 0 and for 1 as the more probable symbol. The switch of sense is
 * folded into the row that follows a less probable symbol. */
const lbc_mq_row lbc_mq_rows[94] = {
    {0x5601, 2, 3},   {0x5601, 3, 2},   {0x3401, 4, 12},  {0x3401, 5, 13},  {0x1801, 6, 18},  {0x1801, 7, 19},
    {0x0ac1, 8, 24},  {0x0ac1, 9, 25},  {0x0521, 10, 58}, {0x0521, 11, 59}, {0x0221, 76, 66}, {0x0221, 77, 67},
    {0x5601, 14, 13}, {0x5601, 15, 12}, {0x5401, 16, 28}, {0x5401, 17, 29}, {0x4801, 18, 28}, {0x4801, 19, 29},
    {0x3801, 20, 28}, {0x3801, 21, 29}, {0x3001, 22, 34}, {0x3001, 23, 35}, {0x2401, 24, 36}, {0x2401, 25, 37},
    {0x1c01, 26, 40}, {0x1c01, 27, 41}, {0x1601, 58, 42}, {0x1601, 59, 43}, {0x5601, 30, 29}, {0x5601, 31, 28},
    {0x5401, 32, 28}, {0x5401, 33, 29}, {0x5101, 34, 30}, {0x5101, 35, 31}, {0x4801, 36, 32}, {0x4801, 37, 33},
    {0x3801, 38, 34}, {0x3801, 39, 35}, {0x3401, 40, 36}, {0x3401, 41, 37}, {0x3001, 42, 38}, {0x3001, 43, 39},
    {0x2801, 44, 38}, {0x2801, 45, 39}, {0x2401, 46, 40}, {0x2401, 47, 41}, {0x2201, 48, 42}, {0x2201, 49, 43},
    {0x1c01, 50, 44}, {0x1c01, 51, 45}, {0x1801, 52, 46}, {0x1801, 53, 47}, {0x1601, 54, 48}, {0x1601, 55, 49},
    {0x1401, 56, 50}, {0x1401, 57, 51}, {0x1201, 58, 52}, {0x1201, 59, 53}, {0x1101, 60, 54}, {0x1101, 61, 55},
    {0x0ac1, 62, 56}, {0x0ac1, 63, 57}, {0x09c1, 64, 58}, {0x09c1, 65, 59}, {0x08a1, 66, 60}, {0x08a1, 67, 61},
    {0x0521, 68, 62}, {0x0521, 69, 63}, {0x0441, 70, 64}, {0x0441, 71, 65}, {0x02a1, 72, 66}, {0x02a1, 73, 67},
    {0x0221, 74, 68}, {0x0221, 75, 69}, {0x0141, 76, 70}, {0x0141, 77, 71}, {0x0111, 78, 72}, {0x0111, 79, 73},
    {0x0085, 80, 74}, {0x0085, 81, 75}, {0x0049, 82, 76}, {0x0049, 83, 77}, {0x0025, 84, 78}, {0x0025, 85, 79},
    {0x0015, 86, 80}, {0x0015, 87, 81}, {0x0009, 88, 82}, {0x0009, 89, 83}, {0x0005, 90, 84}, {0x0005, 91, 85},
    {0x0001, 90, 86}, {0x0001, 91, 87}, {0x5601, 92, 92}, {0x5601, 93, 93},
};

void lbc_mq_reset(uint8_t rows[LBC_MQ_CONTEXTS])
{
    for (int i = 0; i < LBC_MQ_CONTEXTS; i++) rows[i] = 0;
    rows[LBC_MQ_ZERO] = 2 * 4;
    rows[LBC_MQ_RUN] = 2 * 3;
    rows[LBC_MQ_UNIFORM] = 2 * 46;
}

/* ---- registers ------------------------------------------------------------------------------- */

/* The registers, held in locals while a batch is coded. C is as in Figure C.4: 16 fraction bits, 3
 * spacer bits, the byte to come in bits 19 to 26, the carry in bit 27. */
typedef struct registers {
    uint32_t a, c, ct;
    uint8_t *at;
} registers;

enum { carry = 1 << 27, byte_shift = 19, byte_shift_stuffed = 20 };

/* BYTEOUT (C.2.8): after a byte 0xff the next has 7 bits, so that a carry finds room. */
static inline registers byte_out(registers r)
{
    if (*r.at != 0xff && r.c >= carry) {
        ++*r.at;
        r.c &= carry - 1;
    }
    const bool stuff = *r.at == 0xff;
    const uint32_t shift = stuff ? byte_shift_stuffed : byte_shift;
    *++r.at = (uint8_t)(r.c >> shift);
    r.c &= (1u << shift) - 1;
    r.ct = stuff ? 7 : 8;
    return r;
}

/* RENORME (C.2.7), all shifts between two bytes at once. */
static inline registers renormalise(registers r)
{
    uint32_t shifts = (uint32_t)__builtin_clz(r.a) - 16;
    r.a <<= shifts;
    while (shifts >= r.ct) {
        r.c <<= r.ct;
        shifts -= r.ct;
        r = byte_out(r);
    }
    r.c <<= shifts;
    r.ct -= shifts;
    return r;
}

/* ENCODE (C.2.4 to C.2.6). What remains when nothing is renormalised, which is foreseeable, is without branches, for
 * symbols are not. */
static inline registers code(registers r, uint8_t *state, uint32_t bit)
{
    const lbc_mq_row *row = &lbc_mq_rows[*state];
    const uint32_t qe = row->qe, probable = (*state & 1u) == bit;
    r.a -= qe;
    if (probable & r.a >> 15) {
        r.c += qe;
        return r;
    }
    /* The upper part of the interval goes to the more probable symbol, unless the lower is larger. */
    const uint32_t upper = 0u - ((r.a >= qe) == probable);
    r.c += qe & upper;
    r.a ^= (r.a ^ qe) & ~upper;
    const uint32_t mps = row->after_mps, lps = row->after_lps;
    *state = (uint8_t)(lps ^ ((lps ^ mps) & (0u - probable)));
    return renormalise(r);
}

/* n symbols 0 in one context. Where they are the more probable ones, as many as pass without
 * renormalisation go at once. */
static inline registers code_zeros(registers r, uint8_t *state, uint32_t n)
{
    while (n) {
        const uint32_t qe = lbc_mq_rows[*state].qe;
        if (!(*state & 1) && n * qe + 0x8000 <= r.a) {
            r.a -= n * qe;
            r.c += n * qe;
            return r;
        }
        r = code(r, state, 0);
        n--;
    }
    return r;
}

/* ---- encoder --------------------------------------------------------------------------------- */

void lbc_mq_encode_start(lbc_mq_encoder *e, uint8_t *out)
{
    e->a = 0x8000;
    e->c = 0;
    e->ct = 12;
    e->start = out;
    e->at = out - 1;
    *e->at = 0;
    lbc_mq_reset(e->rows);
}

static inline registers load(const lbc_mq_encoder *e)
{
    return (registers){e->a, e->c, e->ct, e->at};
}

static inline void store(lbc_mq_encoder *e, registers r)
{
    e->a = r.a;
    e->c = r.c;
    e->ct = r.ct;
    e->at = r.at;
}

void lbc_mq_encode(lbc_mq_encoder *e, const uint8_t *symbols, size_t n)
{
    registers r = load(e);
    for (size_t i = 0; i < n; i++) {
        const uint8_t s = symbols[i];
        if ((s & 0xc0) == LBC_MQ_ZERO_RUN)
            r = code_zeros(r, &e->rows[LBC_MQ_RUN], (s & 0x3fu) + 1);
        else
            r = code(r, &e->rows[s & 0x1f], s >> 7);
    }
    store(e, r);
}

uint32_t lbc_mq_encode_finish(lbc_mq_encoder *e)
{
    registers r = load(e);
    const uint32_t top = r.c + r.a;
    r.c |= 0xffff; /* SETBITS */
    if (r.c >= top) r.c -= 0x8000;
    r.c <<= r.ct;
    r = byte_out(r);
    r.c <<= r.ct;
    r = byte_out(r);
    store(e, r);
    uint32_t size = lbc_mq_bytes(e);
    while (size && e->start[size - 1] == 0xff) size--; /* a decoder finds 1 bits after the end */
    return size;
}

/* ---- truncation ------------------------------------------------------------------------------ */

lbc_mq_mark lbc_mq_encode_mark(const lbc_mq_encoder *e)
{
    return (lbc_mq_mark){.top = e->c + e->a, .bytes = lbc_mq_bytes(e), .ct = (uint8_t)e->ct, .last = *e->at};
}

/* The codeword w and the interval's end v agree in some bytes, and at the first that differs w is
 * smaller. Cut after that byte and filled up with 1 bits, w stays below v; and filling up made it no
 * smaller than the codeword was. Cut before it, it would not stay below. So: write v as bytes, by
 * the encoder's own rules, until one differs. */
uint32_t lbc_mq_bytes_needed(const lbc_mq_mark *mark, const uint8_t *codeword, uint32_t size)
{
    const uint32_t most = 5; /* bytes that the register and the byte before it can hold */
    uint32_t c = mark->top << mark->ct, byte = mark->last, needed = size;
    for (uint32_t i = 0; i < most; i++) {
        if (byte != 0xff && c >= carry) {
            byte++;
            c &= carry - 1;
        }
        const uint32_t count = mark->bytes + i; /* this byte is the one before codeword[count] */
        if (count > size) break;
        if (count && codeword[count - 1] != byte) {
            needed = count;
            break;
        }
        const bool stuff = byte == 0xff;
        const uint32_t shift = stuff ? byte_shift_stuffed : byte_shift;
        byte = c >> shift;
        c = (c & ((1u << shift) - 1)) << (stuff ? 7 : 8);
    }
    while (needed && codeword[needed - 1] == 0xff) needed--;
    return needed;
}
