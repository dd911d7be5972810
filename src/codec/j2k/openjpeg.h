/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* openjpeg.h - the OpenJPEG engine. Parameters must have passed lbc_j2k.check. */
#ifndef LBC_CODEC_J2K_OPENJPEG_H
#define LBC_CODEC_J2K_OPENJPEG_H

#include "codec/codec.h"

size_t lbc_openjpeg_bound(const lbc_lossy_params *params);
/* LBC_E_SPACE: more than capacity bytes. */
lbc_status lbc_openjpeg_encode(const lbc_lossy_params *params, const int32_t *frame, uint8_t *stream, size_t capacity,
                               size_t *size);
/* OpenJPEG sees a stream only after our own reader has found its headers sound and its shape right. */
lbc_status lbc_openjpeg_decode(const lbc_lossy_params *params, const uint8_t *stream, size_t size, int32_t *frame);

#endif
