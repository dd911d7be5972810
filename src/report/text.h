/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* text.h - text that grows, and numbers as people read them. */
#ifndef LBC_REPORT_TEXT_H
#define LBC_REPORT_TEXT_H

#include "lbc.h"

/* A growing string. Zero-initialise. Once an allocation fails, failed stays set, the text is dropped
 * and adding does nothing, so that a writer checks once, at the end. */
typedef struct lbc_text {
    char *text;
    size_t length, capacity;
    bool failed;
} lbc_text;

void lbc_text_add(lbc_text *t, const char *format, ...) LBC_PRINTF(2, 3);
/* Appends length bytes as they are. */
void lbc_text_put(lbc_text *t, const char *bytes, size_t length);
/* Appends text with &, <, > and " as HTML wants them. */
void lbc_text_html(lbc_text *t, const char *text);
/* Drops the text: what it was to hold could not be made. */
void lbc_text_fail(lbc_text *t);
/* The string, the caller's; NULL when an allocation failed. t is empty afterwards. */
char *lbc_text_take(lbc_text *t);

/* "1.23 GB", decimal, three digits. Returns out. */
const char *lbc_text_bytes(double bytes, char out[16]);
/* "1 234 567": digits in threes. Returns out. */
const char *lbc_text_count(uint64_t n, char out[32]);
/* "1 image", "60 images". Returns out. */
const char *lbc_text_images(uint64_t n, char out[32]);
/* "10 of 12 images"; without "of" where that is all of them. Returns out. */
const char *lbc_text_part(uint64_t n, uint64_t of, char out[64]);
/* value as "%.4g" has it (digits: 4), but never with a power of ten; below 5e-10 it is 0. Returns out. */
const char *lbc_text_number(double value, int digits, char out[32]);
/* A part of 1 with its sign, "+6.9 %", "+119 %". Returns out. */
const char *lbc_text_shift(double part, char out[32]);
/* Files of a run, or of one that would be: so many data files of so many, first and last, which may have other ones
 * between them, and the images in them, of so many. */
typedef struct lbc_made {
    uint32_t files, of;
    const char *first, *last; /* PREFIX_NNNNNN.h5, of options->out_file */
    uint64_t images, images_of;
} lbc_made;

/* Lines with a margin, for data files ("3 data files: a_000001.h5 ... a_000003.h5"), squash files and miniCBF files. */
void lbc_text_made(lbc_text *t, const lbc_options *options, const lbc_made *made, const char *margin);
/* A path as a shell takes it: in quotes where it needs them. */
void lbc_text_shell(lbc_text *t, const char *path);

#endif
