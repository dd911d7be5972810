/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* memory.h - allocation with overflow checks, and a buffer that grows. */
#ifndef LBC_BASE_MEMORY_H
#define LBC_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* count * size bytes; NULL when out of memory or when the product does not fit. Freed with free(). */
void *lbc_alloc(size_t count, size_t size);
void *lbc_alloc_zero(size_t count, size_t size);
/* The same, aligned to 64 bytes. Freed with free(). */
void *lbc_alloc_aligned(size_t count, size_t size);
/* A copy of text, freed with free(). NULL: out of memory, or text is NULL. */
char *lbc_strdup(const char *text);
/* printf into a new string, freed with free(); NULL: out of memory. */
char *lbc_asprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A scratch buffer that is kept between uses. Zero-initialise it. */
typedef struct lbc_buffer {
    uint8_t *data; /* aligned to 64 bytes */
    size_t capacity;
} lbc_buffer;

/* At least size bytes at ->data, old content not kept. 0: out of memory (the old buffer stays). */
int lbc_buffer_need(lbc_buffer *b, size_t size);
void lbc_buffer_free(lbc_buffer *b);

#endif
