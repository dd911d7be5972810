/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/j2k/codestream.h"

#include "base/bytes.h"
#include "codec/j2k/j2k.h"

#include <string.h>

/* Table A.2 */
enum {
    SOC = 0xff4f,
    SIZ = 0xff51,
    COD = 0xff52,
    TLM = 0xff55,
    PLM = 0xff57,
    PLT = 0xff58,
    QCD = 0xff5c,
    CRG = 0xff63,
    COM = 0xff64,
    SOT = 0xff90,
    SOD = 0xff93,
    EOC = 0xffd9
};

enum { scod_precincts = 1, scod_sop = 2, scod_eph = 4 };
enum { quantised_none = 0, quantised_expounded = 2 };

static const uint8_t comment[] = "Created by l_bnl_compress";

/* ---- reading --------------------------------------------------------------------------------- */

typedef struct reader {
    const uint8_t *p;
    size_t left;
} reader;

static bool take(reader *r, size_t n, const uint8_t **bytes)
{
    if (r->left < n) return false;
    *bytes = r->p;
    r->p += n;
    r->left -= n;
    return true;
}

static bool take_marker(reader *r, uint32_t *marker)
{
    const uint8_t *b;
    if (!take(r, 2, &b)) return false;
    *marker = lbc_get_be16(b);
    return true;
}

/* The parameters of a marker segment: what follows its length. */
static bool take_segment(reader *r, reader *segment)
{
    const uint8_t *b;
    if (!take(r, 2, &b)) return false;
    const size_t length = lbc_get_be16(b);
    if (length < 2) return false;
    segment->left = length - 2;
    return take(r, segment->left, &segment->p);
}

/* A.5.1 */
static lbc_status read_siz(reader s, lbc_j2k_header *h)
{
    if (s.left < 36) return LBC_E_FORMAT;
    const uint32_t components = lbc_get_be16(s.p + 34);
    if (s.left != 36 + 3 * (size_t)components) return LBC_E_FORMAT;
    if (components != 1) return LBC_E_UNSUPPORTED;
    const uint32_t x1 = lbc_get_be32(s.p + 2), y1 = lbc_get_be32(s.p + 6);
    const uint32_t x0 = lbc_get_be32(s.p + 10), y0 = lbc_get_be32(s.p + 14);
    const uint32_t tile_nx = lbc_get_be32(s.p + 18), tile_ny = lbc_get_be32(s.p + 22);
    const uint32_t tile_x0 = lbc_get_be32(s.p + 26), tile_y0 = lbc_get_be32(s.p + 30);
    const uint8_t depth = s.p[36], dx = s.p[37], dy = s.p[38];
    if (x1 == 0 || y1 == 0 || dx == 0 || dy == 0 || tile_nx == 0 || tile_ny == 0) return LBC_E_FORMAT;
    if (x0 || y0 || tile_x0 || tile_y0 || tile_nx < x1 || tile_ny < y1) return LBC_E_UNSUPPORTED;
    if (depth >= LBC_J2K_MAX_PRECISION || dx != 1 || dy != 1) return LBC_E_UNSUPPORTED;
    if (x1 > INT32_MAX || y1 > INT32_MAX) return LBC_E_UNSUPPORTED;
    h->shape = (lbc_shape){.ny = y1, .nx = x1};
    h->precision = depth + 1u;
    return LBC_OK;
}

/* A.6.1 */
static lbc_status read_cod(reader s, lbc_j2k_header *h)
{
    if (s.left < 10) return LBC_E_FORMAT;
    const uint8_t style = s.p[0], progression = s.p[1], component_transform = s.p[4];
    h->layers = lbc_get_be16(s.p + 2);
    h->levels = s.p[5];
    h->block_w = s.p[6] + 2u;
    h->block_h = s.p[7] + 2u;
    const uint8_t block_style = s.p[8], transform = s.p[9];
    if (h->layers == 0 || h->levels > LBC_J2K_MAX_LEVELS || transform > 1) return LBC_E_FORMAT;
    if (h->block_w > 10 || h->block_h > 10 || h->block_w + h->block_h > 12) return LBC_E_FORMAT;
    if (style & ~(scod_precincts | scod_sop | scod_eph)) return LBC_E_UNSUPPORTED;
    if (style & scod_precincts) {
        if (s.left != 11 + h->levels) return LBC_E_FORMAT;
        for (size_t i = 0; i <= h->levels; i++)
            if (s.p[10 + i] != 0xff) return LBC_E_UNSUPPORTED;
    } else if (s.left != 10) {
        return LBC_E_FORMAT;
    }
    if (h->block_w > LBC_J2K_LOG2_BLOCK || h->block_h > LBC_J2K_LOG2_BLOCK) return LBC_E_UNSUPPORTED;
    if (h->layers > LBC_J2K_MAX_LAYERS) return LBC_E_UNSUPPORTED;
    if (progression != 0 || component_transform != 0 || block_style != 0) return LBC_E_UNSUPPORTED;
    h->sop = style & scod_sop;
    h->eph = style & scod_eph;
    h->reversible = transform == 1;
    return LBC_OK;
}

/* A.6.4; bands is what the segment says there is, to be held against COD when both have come. */
static lbc_status read_qcd(reader s, lbc_j2k_header *h, size_t *bands, uint32_t *style)
{
    if (s.left < 2) return LBC_E_FORMAT;
    *style = s.p[0] & 31;
    h->guard_bits = s.p[0] >> 5;
    const size_t size = *style == quantised_none ? 1 : 2;
    if (*style != quantised_none && *style != quantised_expounded) return LBC_E_UNSUPPORTED;
    *bands = (s.left - 1) / size;
    if (*bands * size != s.left - 1 || *bands > LBC_J2K_MAX_BANDS) return LBC_E_FORMAT;
    for (size_t b = 0; b < *bands; b++) {
        const uint8_t *p = s.p + 1 + b * size;
        const uint16_t value = (uint16_t)(size == 1 ? *p << 8 : lbc_get_be16(p));
        h->steps[b].exponent = (uint8_t)(value >> 11);
        h->steps[b].mantissa = size == 1 ? 0 : value & 0x7ff;
    }
    return LBC_OK;
}

/* Main header after SOC, through the first SOT marker (A.4.2, Figure A.4). */
static lbc_status read_main_header(reader *r, lbc_j2k_header *h)
{
    bool have_cod = false, have_qcd = false;
    size_t bands = 0;
    uint32_t marker, style = 0;
    reader segment;
    if (!take_marker(r, &marker) || marker != SIZ || !take_segment(r, &segment)) return LBC_E_FORMAT;
    lbc_status status = read_siz(segment, h);
    while (!status) {
        if (!take_marker(r, &marker)) return LBC_E_FORMAT;
        if (marker == SOT) break;
        if (marker <= 0xff3f || !take_segment(r, &segment)) return LBC_E_FORMAT;
        switch (marker) {
        case COD:
            status = have_cod ? LBC_E_FORMAT : read_cod(segment, h);
            have_cod = true;
            break;
        case QCD:
            status = have_qcd ? LBC_E_FORMAT : read_qcd(segment, h, &bands, &style);
            have_qcd = true;
            break;
        case TLM:
        case PLM:
        case CRG:
        case COM: break;
        default: status = LBC_E_UNSUPPORTED;
        }
    }
    if (status) return status;
    if (!have_cod || !have_qcd || bands < 3 * h->levels + 1u) return LBC_E_FORMAT;
    if (h->reversible != (style == quantised_none)) return LBC_E_UNSUPPORTED;
    return LBC_OK;
}

/* After the SOT marker, through SOD (A.4.2). The tile-part must be the only one. */
static lbc_status read_tile_header(reader *r, reader *packets)
{
    const reader at_sot = *r;
    const uint8_t *b;
    uint32_t marker;
    if (!take(r, 10, &b) || lbc_get_be16(b) != 10) return LBC_E_FORMAT;
    if (lbc_get_be16(b + 2) != 0 || b[8] != 0 || b[9] > 1) return LBC_E_UNSUPPORTED;
    const size_t sot = 2; /* the marker itself counts in Psot */
    size_t length = lbc_get_be32(b + 4);
    if (length == 0) length = at_sot.left + sot >= 2 ? at_sot.left + sot - 2 : 0; /* all up to EOC */
    if (length < 14 || length - sot > at_sot.left) return LBC_E_FORMAT;
    for (;;) {
        reader segment;
        if (!take_marker(r, &marker)) return LBC_E_FORMAT;
        if (marker == SOD) break;
        if (marker <= 0xff3f || !take_segment(r, &segment)) return LBC_E_FORMAT;
        if (marker != PLT && marker != COM) return LBC_E_UNSUPPORTED;
    }
    const size_t header = (size_t)(r->p - at_sot.p);
    if (header > length - sot) return LBC_E_FORMAT;
    packets->p = r->p;
    packets->left = length - sot - header;
    return LBC_OK;
}

lbc_status lbc_j2k_read_headers(const uint8_t *stream, size_t size, lbc_j2k_header *header, const uint8_t **packets,
                                size_t *packets_size)
{
    reader r = {stream, size}, body;
    uint32_t marker;
    memset(header, 0, sizeof *header);
    if (!take_marker(&r, &marker) || marker != SOC) return LBC_E_FORMAT;
    lbc_status status = read_main_header(&r, header);
    if (!status) status = read_tile_header(&r, &body);
    if (status) return status;
    r.left -= body.left;
    r.p += body.left;
    if (!take_marker(&r, &marker)) return LBC_E_FORMAT;
    if (marker == SOT) return LBC_E_UNSUPPORTED;
    if (marker != EOC) return LBC_E_FORMAT;
    *packets = body.p;
    *packets_size = body.left;
    return LBC_OK;
}

/* ---- writing --------------------------------------------------------------------------------- */

static uint8_t *put8(uint8_t *p, uint32_t v)
{
    *p = (uint8_t)v;
    return p + 1;
}

static uint8_t *put16(uint8_t *p, uint32_t v)
{
    lbc_put_be16(p, (uint16_t)v);
    return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t v)
{
    lbc_put_be32(p, v);
    return p + 4;
}

static uint8_t *write_siz(uint8_t *p, const lbc_j2k_header *h)
{
    p = put16(p, SIZ);
    p = put16(p, 41);
    p = put16(p, 0); /* no restriction to a profile */
    p = put32(p, h->shape.nx);
    p = put32(p, h->shape.ny);
    p = put32(put32(p, 0), 0);
    p = put32(p, h->shape.nx);
    p = put32(p, h->shape.ny);
    p = put32(put32(p, 0), 0);
    p = put16(p, 1);
    p = put8(p, h->precision - 1);
    return put8(put8(p, 1), 1);
}

static uint8_t *write_cod(uint8_t *p, const lbc_j2k_header *h)
{
    p = put16(p, COD);
    p = put16(p, 12);
    p = put8(p, (h->sop ? scod_sop : 0) | (h->eph ? scod_eph : 0));
    p = put8(p, 0); /* LRCP */
    p = put16(p, h->layers);
    p = put8(p, 0); /* no component transform */
    p = put8(p, h->levels);
    p = put8(p, h->block_w - 2);
    p = put8(p, h->block_h - 2);
    p = put8(p, 0); /* plain code blocks */
    return put8(p, h->reversible ? 1 : 0);
}

static uint8_t *write_qcd(uint8_t *p, const lbc_j2k_header *h)
{
    const uint32_t bands = 3 * h->levels + 1;
    p = put16(p, QCD);
    p = put16(p, 3 + bands * (h->reversible ? 1 : 2));
    p = put8(p, h->guard_bits << 5 | (h->reversible ? quantised_none : quantised_expounded));
    for (uint32_t b = 0; b < bands; b++)
        p = h->reversible ? put8(p, (uint32_t)h->steps[b].exponent << 3)
                          : put16(p, (uint32_t)h->steps[b].exponent << 11 | h->steps[b].mantissa);
    return p;
}

size_t lbc_j2k_write_headers(uint8_t *out, const lbc_j2k_header *header)
{
    uint8_t *p = put16(out, SOC);
    p = write_siz(p, header);
    p = write_cod(p, header);
    p = write_qcd(p, header);
    const uint32_t text = sizeof comment - 1;
    p = put16(p, COM);
    p = put16(p, 4 + text);
    p = put16(p, 1); /* Latin text */
    memcpy(p, comment, text);
    p += text;
    p = put16(p, SOT);
    p = put16(p, 10);
    p = put16(p, 0);
    p = put32(p, 0);
    p = put8(put8(p, 0), 1);
    p = put16(p, SOD);
    return (size_t)(p - out);
}

size_t lbc_j2k_finish_headers(uint8_t *stream, size_t header_size, size_t packets_size)
{
    const size_t sot_to_sod = 14, psot_to_sod = 8;
    lbc_put_be32(stream + header_size - psot_to_sod, (uint32_t)(sot_to_sod + packets_size));
    lbc_put_be16(stream + header_size + packets_size, EOC);
    return header_size + packets_size + 2;
}
