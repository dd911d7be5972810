/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* page.h - pieces of a report's page. */
#ifndef LBC_REPORT_PAGE_H
#define LBC_REPORT_PAGE_H

#include "report/record.h"
#include "report/text.h"

/* What the two sides are called: "before" and "after", or "A" and "B". */
typedef struct lbc_sides {
    const char *before, *after;
} lbc_sides;

/* Everything to the end of the page's header: title and subtitle are HTML. */
void lbc_page_begin(lbc_text *page, const char *title, const char *subtitle);
void lbc_page_end(lbc_text *page);

/* A band of figures: begin, any number of them, end. */
void lbc_page_band_begin(lbc_text *page);
void lbc_page_band_add(lbc_text *page, const char *value, const char *label);
void lbc_page_band_end(lbc_text *page);
/* The figures of a lossy step, in a band. */
void lbc_page_band_figures(lbc_text *page, const lbc_figures *figures);

/* A table of two columns. */
void lbc_page_table_begin(lbc_text *page, const char *caption);
void lbc_page_table_row(lbc_text *page, const char *name, const char *format, ...) LBC_PRINTF(3, 4);
void lbc_page_table_end(lbc_text *page);

/* Sections with pictures and plots of a record. What it has nothing for is left out. */
void lbc_page_pictures(lbc_text *page, const lbc_record *record, const lbc_sides *sides);
void lbc_page_plots(lbc_text *page, const lbc_record *record, const lbc_sides *sides);

#endif
