/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/words.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *lbc_type_name(lbc_pixel_type type)
{
    static const char *const names[] = {"uint8", "uint16", "uint32", "int8", "int16", "int32"};
    return names[type];
}

double lbc_ratio(double before, double after)
{
    return after > 0 ? before / after : 0;
}

static void add(char out[LBC_LOSSY_TEXT], const char *format, ...) LBC_PRINTF(2, 3);
static void add(char out[LBC_LOSSY_TEXT], const char *format, ...)
{
    const size_t at = strlen(out);
    va_list args;
    va_start(args, format);
    vsnprintf(out + at, LBC_LOSSY_TEXT - at, format, args);
    va_end(args);
}

static void add_details(char out[LBC_LOSSY_TEXT], const lbc_options *o)
{
    int weights = 0;
    add(out, ", wavelet %s", o->wavelet == LBC_WAVELET_53 ? "5/3" : "9/7");
    if (o->engine == LBC_ENGINE_OWN) add(out, ", own engine");
    if (o->fill == LBC_FILL_MEAN) add(out, ", gaps filled");
    if (o->rounding == LBC_ROUNDING_DIFFUSE) add(out, ", rounding diffused");
    if (o->curve == LBC_CURVE_AUTO)
        add(out, ", curve as the size asks");
    else if (o->curve)
        add(out, ", curve with its knee at %" PRId32, o->curve);
    if (o->one_layer) add(out, ", one layer");
    for (int i = 0; i < LBC_MAX_WEIGHTS; i++)
        if (o->weights[i] > 0) weights = i + 1;
    for (int i = 0; i < weights; i++) add(out, "%s%.4g", i ? "," : ", weights ", o->weights[i] > 0 ? o->weights[i] : 1);
}

const char *lbc_lossy_text(const lbc_options *o, bool details, char out[LBC_LOSSY_TEXT])
{
    *out = 0;
    if (o->lossy == LBC_LOSSY_NONE)
        add(out, "none");
    else if (o->lossy == LBC_LOSSY_HCOMPRESS)
        add(out, "HCompress, scale %" PRIu32, o->lossy_value);
    else
        add(out, "JPEG 2000%s", o->lossy == LBC_LOSSY_J2K_ALT ? " (-K)" : "");
    if (o->lossy == LBC_LOSSY_NONE || o->lossy == LBC_LOSSY_HCOMPRESS) return out;
    if (o->lossy_value) add(out, ", ratio %" PRIu32, o->lossy_value);
    if (o->bytes_per_frame) add(out, ", %" PRIu64 " bytes", o->bytes_per_frame);
    if (o->psnr > 0) add(out, ", %.4g dB", o->psnr);
    if (details) add_details(out, o);
    return out;
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
