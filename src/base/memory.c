/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *lbc_alloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
    return malloc(bytes ? bytes : 1);
}

void *lbc_alloc_zero(size_t count, size_t size)
{
    return calloc(count ? count : 1, size ? size : 1);
}

void *lbc_alloc_aligned(size_t count, size_t size)
{
    size_t bytes;
    void *p;
    if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
    return posix_memalign(&p, 64, bytes ? bytes : 1) ? NULL : p;
}

char *lbc_strdup(const char *text)
{
    if (!text) return NULL;
    const size_t n = strlen(text) + 1;
    char *copy = lbc_alloc(n, 1);
    if (copy) memcpy(copy, text, n);
    return copy;
}

char *lbc_asprintf(const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, format, args);
    char *text = n < 0 ? NULL : lbc_alloc((size_t)n + 1, 1);
    if (text) vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

int lbc_buffer_need(lbc_buffer *b, size_t size)
{
    if (size <= b->capacity) return 1;
    uint8_t *grown = lbc_alloc_aligned(size, 1);
    if (!grown) return 0;
    free(b->data);
    b->data = grown;
    b->capacity = size;
    return 1;
}

void lbc_buffer_free(lbc_buffer *b)
{
    free(b->data);
    b->data = NULL;
    b->capacity = 0;
}
