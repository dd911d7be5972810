/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/j2k/exact.h"

#include <math.h>
#include <string.h>

/* Counts that are told apart; where larger ones are many, nothing fits. */
enum { BINS = 64 };

/* Of each so many rows one is looked at. */
static const uint32_t row_step = 16;

double lbc_j2k_budget(const lbc_lossy_params *params)
{
    return lbc_lossy_frame_bytes(params) / params->layers[params->nlayers - 1];
}

/* By a straight line between powers of two, at most 0.09 too low, and the same everywhere. */
static double log2_about(double x)
{
    int exponent;
    const double fraction = frexp(x, &exponent);
    return exponent - 2 + 2 * fraction;
}

/* Bits a pixel, were each coded by itself. */
static double entropy(const int32_t *frame, lbc_shape shape)
{
    uint32_t bins[BINS] = {0};
    double n = 0, bits = 0;
    for (uint32_t y = 0; y < shape.ny; y += row_step, n += shape.nx)
        for (uint32_t x = 0; x < shape.nx; x++) {
            const int32_t count = frame[(size_t)y * shape.nx + x];
            bins[count < BINS - 1 ? count : BINS - 1]++;
        }
    for (int i = 0; i < BINS; i++)
        if (bins[i]) bits += bins[i] * log2_about(n / bins[i]);
    return bits / n;
}

bool lbc_j2k_may_be_exact(const lbc_lossy_params *params, const int32_t *frame, lbc_lossy_params *exact)
{
    if (params->wavelet == LBC_WAVELET_53 || !params->diffuse || params->knee || params->psnr > 0) return false;
    if (entropy(frame, params->shape) / 8 * (double)lbc_shape_pixels(params->shape) > lbc_j2k_budget(params))
        return false;
    *exact = *params;
    exact->wavelet = LBC_WAVELET_53;
    memset(exact->weights, 0, sizeof exact->weights);
    exact->nlayers = 1;
    exact->layers[0] = 1;
    return true;
}
