/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/map.h"

static double mean_of_bin(const double *in, const uint32_t *mask, lbc_shape shape, uint32_t y0, uint32_t x0,
                          uint32_t bin)
{
    const uint32_t y1 = shape.ny - y0 < bin ? shape.ny : y0 + bin, x1 = shape.nx - x0 < bin ? shape.nx : x0 + bin;
    double sum = 0, sum_all = 0;
    uint64_t n = 0, n_all = 0;
    for (uint32_t y = y0; y < y1; y++)
        for (uint32_t x = x0; x < x1; x++) {
            const size_t i = (size_t)y * shape.nx + x;
            sum_all += in[i];
            n_all++;
            if (mask && (mask[i] & 0xffff)) continue;
            sum += in[i];
            n++;
        }
    return n ? sum / (double)n : sum_all / (double)n_all;
}

void lbc_map_bin(double *out, const double *in, const uint32_t *mask, lbc_shape shape, uint32_t bin)
{
    for (uint32_t y = 0; y < shape.ny; y += bin) {
        for (uint32_t x = 0; x < shape.nx; x += bin) {
            *out++ = mean_of_bin(in, mask, shape, y, x, bin);
            if (shape.nx - x <= bin) break;
        }
        if (shape.ny - y <= bin) break;
    }
}
