/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* j2k.h - JPEG 2000 Part 1 (ITU-T T.800 | ISO/IEC 15444-1) codestreams of detector frames.
 *
 * A frame is one unsigned component in one tile, without a JP2 wrapper: 64 x 64 code blocks, LRCP
 * progression, quality layers at the ratios asked for. References to clauses, tables and annexes in
 * this folder are to T.800 (08/2002).
 */
#ifndef LBC_CODEC_J2K_J2K_H
#define LBC_CODEC_J2K_J2K_H

#include "codec/codec.h"

/* Bits of a coefficient's magnitude must fit beside its sign and the guard bits; OpenJPEG 2.5 goes
 * wrong above. */
#define LBC_J2K_MAX_PRECISION 24

/* Which list of quality layers: -J or -K. */
typedef enum lbc_j2k_mode { LBC_J2K_J, LBC_J2K_K } lbc_j2k_mode;

/* Sets params->nlayers and params->layers for a target ratio >= 1, coarsest first:
 *   J: ratio * 2^k for all k >= 0 with ratio * 2^k < 8000; ratio alone from 4000 up;
 *   K: ratio * 2^k through the first that is at least 5001, at most 10 layers. */
void lbc_j2k_layers(lbc_lossy_params *params, lbc_j2k_mode mode, double ratio);

/* Bits of the component: 16 for 2 stored bytes, else those of params->limit, on the curve where there is one, but at
 * least 16. */
uint32_t lbc_j2k_precision(const lbc_lossy_params *params);

/* Bits that decoded values have behind the point: those of lbc_diffuse; -1: they are counts. */
int lbc_j2k_fraction(const lbc_lossy_params *params);

/* Whether decoded coefficients are put beyond the middle of what is known of them. Where bytes are so few that a curve
 * is taken, most of a spot's coefficients are 0, and the others make up for it. */
static inline bool lbc_j2k_leans(const lbc_lossy_params *params)
{
    return params->knee != 0;
}

/* Resolutions of the wavelet decomposition: min(6, floor(log2(min(nx, ny))) + 1). */
uint32_t lbc_j2k_resolutions(lbc_shape shape);

#endif
