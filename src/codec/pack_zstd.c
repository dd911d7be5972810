/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/storage.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

typedef struct contexts {
    ZSTD_CCtx *pack;
    ZSTD_DCtx *unpack;
} contexts;

static void free_contexts(void *state)
{
    contexts *c = state;
    ZSTD_freeCCtx(c->pack);
    ZSTD_freeDCtx(c->unpack);
    free(c);
}

static contexts *get(lbc_codec_work *w)
{
    contexts *c = w->slots[LBC_WORK_ZSTD].state;
    if (c) return c;
    c = lbc_alloc_zero(1, sizeof *c);
    if (!c) return NULL;
    w->slots[LBC_WORK_ZSTD].state = c;
    w->slots[LBC_WORK_ZSTD].free = free_contexts;
    return c;
}

static lbc_status pack(lbc_codec_work *w, int level, const void *in, size_t bytes, uint8_t *out, size_t capacity,
                       size_t *size)
{
    contexts *c = get(w);
    if (c && !c->pack) c->pack = ZSTD_createCCtx();
    if (!c || !c->pack) return LBC_E_MEMORY;
    const size_t made = ZSTD_compressCCtx(c->pack, out, capacity, in, bytes, level);
    if (ZSTD_isError(made)) return ZSTD_getErrorCode(made) == ZSTD_error_dstSize_tooSmall ? LBC_E_SPACE : LBC_E_MEMORY;
    *size = made;
    return LBC_OK;
}

static lbc_status unpack(lbc_codec_work *w, const uint8_t *in, size_t size, void *out, size_t bytes)
{
    contexts *c = get(w);
    if (c && !c->unpack) c->unpack = ZSTD_createDCtx();
    if (!c || !c->unpack) return LBC_E_MEMORY;
    const size_t made = ZSTD_decompressDCtx(c->unpack, out, bytes, in, size);
    if (ZSTD_isError(made))
        return ZSTD_getErrorCode(made) == ZSTD_error_memory_allocation ? LBC_E_MEMORY : LBC_E_FORMAT;
    return made == bytes ? LBC_OK : LBC_E_FORMAT;
}

const lbc_packer lbc_pack_zstd = {.max_input = INT32_MAX, .bound = ZSTD_compressBound, .pack = pack, .unpack = unpack};
