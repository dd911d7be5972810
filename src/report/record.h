/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* record.h - what a report is made of: a row for each frame, and the sums over all of them. */
#ifndef LBC_REPORT_RECORD_H
#define LBC_REPORT_RECORD_H

#include "report/figures.h"
#include "report/picture.h"

/* One output frame. */
typedef struct lbc_row {
    uint64_t number;                              /* in the output, from 1 */
    uint64_t first, count;                        /* its input images: number of the first, from 1, and how many */
    uint64_t bytes_in, bytes_chunk, bytes_stream; /* stored bytes; the last 0 where there is no codestream */
    lbc_frame_counts counts;
    lbc_tally tally;
    double local_shift, spot_correlation; /* NAN: not defined */
    uint64_t spots;
    double spot_sum; /* of the intensities of spots before */
} lbc_row;

#define LBC_PICTURES 3

struct lbc_record {
    lbc_row *row;
    uint64_t rows, capacity;
    lbc_measures total;
    lbc_spot_sample sample;
    double resolution; /* 1/d^2 at the end of the rings, 1/angstrom^2; 0: not known */
    lbc_picture picture[LBC_PICTURES];
    unsigned pictures;
};

/* NULL: out of memory. */
lbc_record *lbc_record_new(double resolution);
void lbc_record_free(lbc_record *record); /* NULL is allowed */
/* Adds a frame; what of row is measured is taken from m. False: out of memory. */
bool lbc_record_add(lbc_record *record, lbc_row row, const lbc_frame_measures *m);

/* The frames worth a picture, by their rows: the first, the middle one, and the one with the strongest
 * spots. Returns how many they are: fewer where they are the same. */
unsigned lbc_record_choose(const lbc_record *record, uint64_t row[LBC_PICTURES]);

/* Figures of a tally alone, of measures, and of all that is recorded. */
lbc_figures lbc_figures_of_tally(const lbc_tally *tally, uint64_t frames, uint32_t every);
lbc_figures lbc_figures_of_measures(const lbc_measures *measures, uint64_t frames);
lbc_figures lbc_figures_of_record(const lbc_record *record);

#endif
