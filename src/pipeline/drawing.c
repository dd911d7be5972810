/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/drawing.h"

#include "pipeline/worker.h"

static lbc_status draw_frame(lbc_workshop *shop, uint64_t k, lbc_picture *picture, lbc_error *err)
{
    const lbc_job *job = shop->job;
    const lbc_lane *lane = &shop->lane[0];
    lbc_status status = lbc_workshop_gather(shop, 0, 0, 0, k, err);
    if (status == LBC_OK) status = lbc_workshop_encode(shop, 0, 0, k, err);
    if (status) return status;
    return lbc_picture_make(picture, k + 1, lane->sum, job->lossy ? lane->coded : lane->sum, job->shape,
                            shop->slot[0].measured.full, err);
}

lbc_status lbc_draw_frames(const lbc_job *job, lbc_record *record, lbc_error *err)
{
    uint64_t row[LBC_PICTURES];
    const unsigned count = lbc_record_choose(record, row);
    lbc_workshop shop;
    lbc_status status = lbc_workshop_open(&shop, job, 1, err);
    for (unsigned i = 0; i < count && status == LBC_OK; i++) {
        status = draw_frame(&shop, record->row[row[i]].number - 1, &record->picture[i], err);
        if (status == LBC_OK) record->pictures++;
    }
    lbc_workshop_close(&shop);
    return status;
}
