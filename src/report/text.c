/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/text.h"

#include "base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lbc_text_fail(lbc_text *t)
{
    free(t->text);
    *t = (lbc_text){.failed = true};
}

/* Room for so many bytes more, and the final null. */
static bool make_room(lbc_text *t, size_t more)
{
    const size_t need = t->length + more + 1;
    if (t->failed) return false;
    if (need <= t->capacity) return true;
    const size_t capacity = need < 512 ? 1024 : 2 * need;
    char *grown = lbc_alloc(capacity, 1);
    if (!grown) {
        lbc_text_fail(t);
        return false;
    }
    if (t->length) memcpy(grown, t->text, t->length);
    free(t->text);
    t->text = grown;
    t->capacity = capacity;
    return true;
}

void lbc_text_add(lbc_text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    const size_t length = n > 0 ? (size_t)n : 0;
    if (!make_room(t, length)) return;
    va_start(args, format);
    vsnprintf(t->text + t->length, t->capacity - t->length, format, args);
    va_end(args);
    t->length += length;
}

void lbc_text_put(lbc_text *t, const char *bytes, size_t length)
{
    if (!make_room(t, length)) return;
    memcpy(t->text + t->length, bytes, length);
    t->length += length;
    t->text[t->length] = '\0';
}

void lbc_text_html(lbc_text *t, const char *text)
{
    for (; *text; text++) {
        const char *entity = *text == '&'   ? "&amp;"
                             : *text == '<' ? "&lt;"
                             : *text == '>' ? "&gt;"
                             : *text == '"' ? "&quot;"
                                            : NULL;
        if (entity)
            lbc_text_put(t, entity, strlen(entity));
        else
            lbc_text_put(t, text, 1);
    }
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

const char *lbc_text_images(uint64_t n, char out[32])
{
    char count[32];
    snprintf(out, 32, "%.23s %s", lbc_text_count(n, count), n == 1 ? "image" : "images");
    return out;
}

const char *lbc_text_part(uint64_t n, uint64_t of, char out[64])
{
    char count[32], images[32];
    if (n == of)
        snprintf(out, 64, "%s", lbc_text_images(n, images));
    else
        snprintf(out, 64, "%.27s of %.31s", lbc_text_count(n, count), lbc_text_images(of, images));
    return out;
}

const char *lbc_text_number(double value, int digits, char out[32])
{
    const double size = fabs(value);
    if (size >= pow(10, digits) - 0.5)
        snprintf(out, 32, "%.0f", value);
    else if (size < 5e-10)
        snprintf(out, 32, "0");
    else if (size < 1e-4)
        snprintf(out, 32, "%.*f", digits - 1 - (int)floor(log10(size)), value);
    else
        snprintf(out, 32, "%.*g", digits, value);
    return out;
}

const char *lbc_text_shift(double part, char out[32])
{
    char number[32];
    snprintf(out, 32, "%s%.27s %%", part >= 0 ? "+" : "", lbc_text_number(100 * part, 2, number));
    return out;
}

/* Squash files go with data files, and are numbered as they are. */
static void add_numbered(lbc_text *t, const lbc_options *o, const lbc_made *made, const char *kind, const char *prefix,
                         const char *end)
{
    const char *a = made->first + strlen(o->out_file), *b = made->last + strlen(o->out_file); /* "_000001.h5" */
    const bool in_a_row = strtoull(b + 1, NULL, 10) - strtoull(a + 1, NULL, 10) + 1 == made->files;
    lbc_text_add(t, "%" PRIu32, made->files);
    if (made->files != made->of) lbc_text_add(t, " of %" PRIu32, made->of);
    lbc_text_add(t, " %s file%s: %s%s%s", kind, made->of == 1 ? "" : "s", prefix, end, a);
    if (made->files > 1)
        lbc_text_add(t, "%s%s%s%s", in_a_row ? " ... " : made->files == 2 ? " and " : ", ..., ", prefix, end, b);
    lbc_text_add(t, "%s\n", made->files > 2 && !in_a_row ? " (not all between)" : "");
}

void lbc_text_made(lbc_text *t, const lbc_options *o, const lbc_made *made, const char *margin)
{
    char n[32];
    lbc_text_add(t, "%s", margin);
    add_numbered(t, o, made, "data", o->out_file, "");
    if (o->out_squash) {
        const bool beside = strcmp(o->out_squash, "out_file") == 0;
        lbc_text_add(t, "%s", margin);
        add_numbered(t, o, made, "squash", beside ? o->out_file : o->out_squash, beside ? "_squash" : "");
    }
    if (!o->minicbf) return;
    lbc_text_add(t, "%s%s", margin, lbc_text_count(made->images, n));
    if (made->images != made->images_of) lbc_text_add(t, " of %s", lbc_text_count(made->images_of, n));
    lbc_text_add(t, " miniCBF file%s: %s_??????.cbf\n", made->images_of == 1 ? "" : "s", o->minicbf);
}

void lbc_text_shell(lbc_text *t, const char *path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./+,:@%-=";
    if (path[strspn(path, plain)] == '\0') {
        lbc_text_add(t, "%s", path);
        return;
    }
    lbc_text_add(t, "'");
    for (; *path; path++) {
        if (*path == '\'')
            lbc_text_add(t, "'\\''");
        else
            lbc_text_put(t, path, 1);
    }
    lbc_text_add(t, "'");
}
