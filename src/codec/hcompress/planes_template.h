/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* house: template */
/* The loops of planes.h for one width of coefficients. Wants VALUE, MAGNITUDE (the same unsigned) and NAME(x). */

static inline MAGNITUDE NAME(size_of)(VALUE v)
{
    return v < 0 ? (MAGNITUDE)0 - (MAGNITUDE)v : (MAGNITUDE)v;
}

MAGNITUDE NAME(survey)(const VALUE *coef, size_t n, size_t *nonzero)
{
    MAGNITUDE all = 0;
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        all |= NAME(size_of)(coef[i]);
        count += coef[i] != 0;
    }
    *nonzero += count;
    return all;
}

void NAME(split)(const VALUE *coef, size_t cols, uint32_t planes, lbc_hcomp_cells *cells, size_t stride, int half)
{
    const size_t words = (cols + 127) / 128;
    for (uint32_t p = 0; half == 0 && p < planes; p++) memset(cells + p * stride, 0, words * sizeof *cells);
    for (size_t j = 0; j < cols; j++) {
        MAGNITUDE m = NAME(size_of)(coef[j]);
        lbc_hcomp_cells *at = cells + j / 128;
        const size_t corner = (size_t)half * 2 + j % 2;
        for (; m; at += stride, m >>= 1) at->corner[corner] |= (uint64_t)(m & 1) << (j % 128 / 2);
    }
}

void NAME(join)(VALUE *coef, size_t cols, uint32_t planes, const lbc_hcomp_cells *cells, size_t stride, int half)
{
    memset(coef, 0, cols * sizeof *coef);
    for (uint32_t p = 0; p < planes; p++)
        for (size_t j = 0; j < cols; j += 128)
            for (size_t side = 0; side < 2; side++) {
                uint64_t bits = cells[p * stride + j / 128].corner[(size_t)half * 2 + side];
                for (; bits; bits &= bits - 1)
                    coef[j + side + 2 * (size_t)__builtin_ctzll(bits)] |= (VALUE)((MAGNITUDE)1 << p);
            }
}

void NAME(put_signs)(const VALUE *coef, size_t n, uint8_t *out)
{
    unsigned byte = 1; /* the 1 goes ahead of the bits and tells when there are 8 */
    for (size_t i = 0; i < n; i++) {
        if (coef[i] == 0) continue;
        byte = byte << 1 | (coef[i] < 0);
        if (byte >= 0x100) {
            *out++ = (uint8_t)byte;
            byte = 1;
        }
    }
    if (byte > 1) {
        while (byte < 0x100) byte <<= 1;
        *out = (uint8_t)byte;
    }
}

bool NAME(take_signs)(VALUE *coef, size_t n, const uint8_t *in, size_t size)
{
    const uint8_t *end = in + size;
    unsigned byte = 0x8000; /* the lone bit comes to 0x8000 again when all 8 behind it are used */
    for (size_t i = 0; i < n; i++) {
        if (coef[i] == 0) continue;
        if ((byte & 0xffff) == 0x8000) {
            if (in == end) return false;
            byte = (unsigned)*in++ << 8 | 0x80;
        }
        if (byte & 0x8000) coef[i] = -coef[i];
        byte <<= 1;
    }
    return in == end;
}
