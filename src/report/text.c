/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/text.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void give_up(lbc_text *t)
{
    free(t->text);
    *t = (lbc_text){.failed = true};
}

void lbc_text_add(lbc_text *t, const char *format, ...)
{
    if (t->failed) return;
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    const size_t need = t->length + (n > 0 ? (size_t)n : 0) + 1;
    if (need > t->capacity) {
        const size_t capacity = need < 512 ? 1024 : 2 * need;
        char *grown = lbc_alloc(capacity, 1);
        if (!grown) {
            give_up(t);
            return;
        }
        if (t->length) memcpy(grown, t->text, t->length);
        free(t->text);
        t->text = grown;
        t->capacity = capacity;
    }
    va_start(args, format);
    vsnprintf(t->text + t->length, t->capacity - t->length, format, args);
    va_end(args);
    t->length = need - 1;
}

char *lbc_text_take(lbc_text *t)
{
    if (!t->failed && !t->text) lbc_text_add(t, "%s", "");
    char *text = t->text;
    *t = (lbc_text){0};
    return text;
}

const char *lbc_text_bytes(double bytes, char out[16])
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
    size_t unit = 0;
    while (bytes >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1000;
        unit++;
    }
    const int decimals = unit == 0 || bytes >= 99.95 ? 0 : bytes >= 9.995 ? 1 : 2;
    snprintf(out, 16, "%.*f %s", decimals, bytes, units[unit]);
    return out;
}

const char *lbc_text_count(uint64_t n, char out[32])
{
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, n);
    char *p = out;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0) *p++ = ' ';
        *p++ = digits[i];
    }
    *p = '\0';
    return out;
}
