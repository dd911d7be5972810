/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/words.h"

#include "base/memory.h"

#include <string.h>

const char *lbc_type_name(lbc_pixel_type type)
{
    static const char *const names[] = {"uint8", "uint16", "uint32", "int8", "int16", "int32"};
    return names[type];
}

char *lbc_latin1_to_utf8(const char *bytes)
{
    char *out = lbc_alloc(2 * strlen(bytes) + 1, 1), *p = out;
    if (!out) return NULL;
    for (; *bytes; bytes++) {
        const unsigned char c = (unsigned char)*bytes;
        if (c >= 0x80) *p++ = (char)(0xC0 | c >> 6);
        *p++ = c >= 0x80 ? (char)(0x80 | (c & 0x3F)) : (char)c;
    }
    *p = '\0';
    return out;
}
