/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/codec.h"

#include "codec/rest/rest.h"
#include "codec/storage.h"

#include <strings.h>

const lbc_codec *const lbc_codecs[] = {
    &lbc_codec_bslz4,    &lbc_codec_bszstd,     &lbc_codec_bshuf, &lbc_codec_blosc_zstd, &lbc_codec_none,
    &lbc_codec_rest_j2k, &lbc_codec_rest_hcomp, &lbc_codec_lz4,   &lbc_codec_plain_zstd, NULL,
};

const lbc_codec *lbc_codec_by_name(const char *name)
{
    for (const lbc_codec *const *c = lbc_codecs; *c; c++)
        if (strcasecmp((*c)->name, name) == 0) return *c;
    return NULL;
}

const lbc_codec *lbc_codec_by_filter(uint32_t filter, const lbc_chunk_format *format)
{
    if (!lbc_frame_fits(format)) return NULL;
    for (const lbc_codec *const *c = lbc_codecs; *c; c++)
        if ((*c)->filter == filter && (*c)->recognise(format) == LBC_OK) return *c;
    return NULL;
}
