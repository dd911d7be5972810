/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/record.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

lbc_record *lbc_record_new(double resolution)
{
    lbc_record *record = lbc_alloc_zero(1, sizeof *record);
    if (record) record->resolution = resolution;
    return record;
}

void lbc_record_free(lbc_record *record)
{
    if (!record) return;
    for (unsigned i = 0; i < record->pictures; i++) lbc_picture_free(&record->picture[i]);
    free(record->row);
    free(record);
}

static bool make_room(lbc_record *record)
{
    if (record->rows < record->capacity) return true;
    const uint64_t capacity = record->capacity ? 2 * record->capacity : 64;
    lbc_row *grown = lbc_alloc(capacity, sizeof *grown);
    if (!grown) return false;
    if (record->rows) memcpy(grown, record->row, record->rows * sizeof *grown);
    free(record->row);
    record->row = grown;
    record->capacity = capacity;
    return true;
}

bool lbc_record_add(lbc_record *record, lbc_row row, const lbc_frame_measures *m)
{
    if (!make_room(record)) return false;
    row.tally = m->sums.tally;
    row.local_shift = lbc_shift_median(m->sums.shift);
    row.spot_correlation = lbc_spot_correlation(&m->sums.spots);
    row.spots = m->sums.spots.n;
    row.spot_sum = (double)m->sums.spots.n * m->sums.spots.before;
    record->row[record->rows++] = row;
    lbc_measures_merge(&record->total, &m->sums);
    for (uint32_t i = 0; i < m->sample.count; i++) lbc_spot_sample_offer(&record->sample, &m->sample.spot[i]);
    return true;
}

unsigned lbc_record_choose(const lbc_record *record, uint64_t row[LBC_PICTURES])
{
    if (record->rows == 0) return 0;
    uint64_t strongest = 0;
    for (uint64_t i = 1; i < record->rows; i++)
        if (record->row[i].spot_sum > record->row[strongest].spot_sum) strongest = i;
    const uint64_t wanted[LBC_PICTURES] = {0, record->rows / 2, strongest};
    unsigned count = 0;
    for (unsigned i = 0; i < LBC_PICTURES; i++) {
        unsigned k = 0;
        while (k < count && row[k] != wanted[i]) k++;
        if (k == count) row[count++] = wanted[i];
    }
    return count;
}

lbc_figures lbc_figures_of_tally(const lbc_tally *t, uint64_t frames, uint32_t every)
{
    return (lbc_figures){.frames = frames,
                         .every = every,
                         .pixels = t->pixels,
                         .lost = t->lost,
                         .gained = t->gained,
                         .largest = t->largest,
                         .rmse = lbc_tally_rmse(t),
                         .mean_before = lbc_tally_mean_before(t),
                         .mean_after = lbc_tally_mean_after(t),
                         .relative_shift = lbc_tally_relative_shift(t),
                         .local_shift = NAN,
                         .spot_correlation = NAN,
                         .spot_scale = NAN,
                         .spot_r = NAN};
}

lbc_figures lbc_figures_of_measures(const lbc_measures *m, uint64_t frames)
{
    lbc_figures f = lbc_figures_of_tally(&m->tally, frames, 1);
    f.local_shift = lbc_shift_median(m->shift);
    f.spots = m->spots.n;
    f.spot_correlation = lbc_spot_correlation(&m->spots);
    f.spot_scale = lbc_spot_scale(&m->spots);
    f.spot_r = lbc_spot_r(&m->spots);
    return f;
}

lbc_figures lbc_figures_of_record(const lbc_record *record)
{
    return lbc_figures_of_measures(&record->total, record->rows);
}
