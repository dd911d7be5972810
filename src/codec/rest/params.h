/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* params.h - the cd_values of rest.h, taken apart. */
#ifndef LBC_CODEC_REST_PARAMS_H
#define LBC_CODEC_REST_PARAMS_H

#include "codec/rest/rest.h"

typedef struct lbc_rest_params {
    uint32_t codec; /* word 0 */
    uint32_t type;  /* word 6 */
    const lbc_lossy *lossy;
    lbc_lossy_params coding;
    bool gaps_zero;
    const uint8_t *mask; /* packed, in the format's params */
    size_t mask_size;    /* 0: no mask */
} lbc_rest_params;

/* Takes format->params apart and checks them all, against each other and against format->type and ->shape. After
 * LBC_OK the shape is within LBC_REST_MAX_PIXELS and the lossy codec's check() has passed. ->codec is not read. p
 * points into format. */
lbc_status lbc_rest_params_read(lbc_rest_params *p, const lbc_chunk_format *format, lbc_error *err);

#endif
