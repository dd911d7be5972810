/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/j2k/j2k.h"

#include "base/bytes.h"
#include "frame/curve.h"
#include "frame/diffuse.h"

/* Ends of the two lists, as the users of -J and -K know them. */
static const double j_limit = 8000, k_enough = 5001;
static const uint32_t k_most_layers = 10;

void lbc_j2k_layers(lbc_lossy_params *params, lbc_j2k_mode mode, double ratio)
{
    uint32_t n = 1;
    double coarsest = ratio;
    if (mode == LBC_J2K_J) {
        for (; n < LBC_MAX_LAYERS && 2 * coarsest < j_limit; n++) coarsest *= 2;
    } else {
        for (; n < k_most_layers && coarsest < k_enough; n++) coarsest *= 2;
    }
    params->nlayers = n;
    for (uint32_t i = 0; i < n; i++, coarsest /= 2) params->layers[i] = coarsest;
}

/* The largest value that is coded. */
static int32_t largest(const lbc_lossy_params *params)
{
    return params->knee ? lbc_curve_bend_one(params->limit, params->knee) : params->limit;
}

uint32_t lbc_j2k_precision(const lbc_lossy_params *params)
{
    const uint32_t least = 16;
    if (params->stored_bytes == 2) return least;
    const uint32_t bits = lbc_bits_of((uint32_t)largest(params));
    return bits > least ? bits : least;
}

int lbc_j2k_fraction(const lbc_lossy_params *params)
{
    return params->diffuse ? (int)lbc_diffuse_fraction(largest(params)) : -1;
}

uint32_t lbc_j2k_resolutions(lbc_shape shape)
{
    const uint32_t most = 6;
    const uint32_t side = shape.ny < shape.nx ? shape.ny : shape.nx;
    const uint32_t possible = lbc_bits_of(side); /* floor(log2(side)) + 1 */
    return possible < most ? possible : most;
}
