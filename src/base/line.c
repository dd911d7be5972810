/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/line.h"

#include <stdio.h>
#include <string.h>

#define WHOLE (3 * 4096) /* two paths, each as long as the system has them, and words */
#define GAP   " ... "

/* Whether a byte is not the first of its character. */
static bool goes_on(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

void lbc_line(char text[LBC_ERROR_SIZE], const char *format, va_list args)
{
    char whole[WHOLE];
    if (vsnprintf(whole, sizeof whole, format, args) < 0) whole[0] = '\0';
    for (unsigned char *c = (unsigned char *)whole; *c; c++) {
        if (*c < 0x20 || *c == 0x7F) *c = '?';
        if (*c == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0) c[0] = c[1] = '?'; /* U+0080 to U+009F */
    }
    const size_t n = strlen(whole), room = LBC_ERROR_SIZE - sizeof GAP;
    if (n < LBC_ERROR_SIZE) {
        memcpy(text, whole, n + 1);
        return;
    }
    size_t head = room / 2, tail = n - room / 2;
    while (head > 0 && goes_on(whole[head])) head--;
    while (goes_on(whole[tail])) tail++;
    snprintf(text, LBC_ERROR_SIZE, "%.*s" GAP "%s", (int)head, whole, whole + tail);
}
