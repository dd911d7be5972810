/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/work.h"

#include <stdlib.h>

lbc_codec_work *lbc_codec_work_new(void)
{
    return lbc_alloc_zero(1, sizeof(lbc_codec_work));
}

void lbc_codec_work_free(lbc_codec_work *w)
{
    if (!w) return;
    for (int i = 0; i < LBC_WORK_SLOTS; i++)
        if (w->slots[i].state) w->slots[i].free(w->slots[i].state);
    lbc_buffer_free(&w->block);
    lbc_buffer_free(&w->planes);
    lbc_buffer_free(&w->frame);
    free(w);
}
