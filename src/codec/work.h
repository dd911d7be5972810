/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* work.h - what one thread keeps between calls of the codecs: scratch buffers and library contexts.
 *
 * Each file that wraps a library, and each lossy codec, has a slot of its own for whatever it keeps;
 * it alone knows what is behind the pointer, and leaves the function that frees it.
 */
#ifndef LBC_CODEC_WORK_H
#define LBC_CODEC_WORK_H

#include "base/memory.h"
#include "codec/codec.h"

typedef enum lbc_work_slot {
    LBC_WORK_ZSTD,
    LBC_WORK_HCOMPRESS,
    LBC_WORK_J2K,
    LBC_WORK_REST,
    LBC_WORK_SLOTS
} lbc_work_slot;

struct lbc_codec_work {
    lbc_buffer block;  /* bitshuffle: one block of pixels */
    lbc_buffer planes; /* bitshuffle: the same block as bit planes */
    lbc_buffer frame;  /* codecs that take or make a frame in one piece: its pixels */
    struct {
        void *state; /* NULL until its owner first runs */
        void (*free)(void *state);
    } slots[LBC_WORK_SLOTS];
};

#endif
