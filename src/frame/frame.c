/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/frame.h"

#include "frame/kernels.h"

#include <string.h>

static uint32_t blocks(uint32_t n, uint32_t bin)
{
    return n / bin + (n % bin != 0);
}

lbc_shape lbc_shape_binned(lbc_shape s, uint32_t bin)
{
    return (lbc_shape){.ny = blocks(s.ny, bin), .nx = blocks(s.nx, bin)};
}

size_t lbc_pixel_size(lbc_pixel_type type)
{
    static const uint8_t size[] = {
        [LBC_U8] = 1, [LBC_U16] = 2, [LBC_U32] = 4, [LBC_I8] = 1, [LBC_I16] = 2, [LBC_I32] = 4};
    return size[type];
}

bool lbc_pixel_signed(lbc_pixel_type type)
{
    return type >= LBC_I8;
}

int64_t lbc_pixel_largest_count(lbc_pixel_type type)
{
    const unsigned bits = 8 * (unsigned)lbc_pixel_size(type);
    return lbc_pixel_signed(type) ? (INT64_C(1) << (bits - 1)) - 1 : (INT64_C(1) << bits) - 3;
}

void lbc_frame_add(int32_t *acc, const int32_t *other, size_t n)
{
    lbc_frame_kernels_get()->add(acc, other, n);
}

void lbc_mask_bin(uint32_t *out, const uint32_t *mask, lbc_shape in, uint32_t bin)
{
    const lbc_shape binned = lbc_shape_binned(in, bin);
    memset(out, 0, lbc_shape_pixels(binned) * sizeof *out);
    if (mask)
        for (uint32_t y = 0; y < in.ny; y++) {
            uint32_t *row = out + (size_t)(y / bin) * binned.nx;
            const uint32_t *pixel = mask + (size_t)y * in.nx;
            for (uint32_t x = 0; x < in.nx; x++) row[x / bin] |= pixel[x] & 0xFFFF;
        }
    if (in.nx % bin)
        for (uint32_t y = 0; y < binned.ny; y++) out[(size_t)y * binned.nx + binned.nx - 1] |= 1;
    if (in.ny % bin)
        for (uint32_t x = 0; x < binned.nx; x++) out[(size_t)(binned.ny - 1) * binned.nx + x] |= 1;
}

void lbc_frame_mask(int32_t *frame, size_t n)
{
    for (size_t i = 0; i < n; i++) frame[i] = LBC_MASKED;
}

uint64_t lbc_mask_flags(uint8_t *flags, const uint32_t *mask, size_t n)
{
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++) {
        flags[i] = (mask[i] & 0xFFFF) != 0;
        count += flags[i];
    }
    return count;
}

void lbc_frame_finish(int32_t *frame, size_t n, const uint8_t *mask, int32_t limit, lbc_frame_counts *counts)
{
    lbc_frame_kernels_get()->finish(frame, n, mask, limit, counts);
}

void lbc_frame_mark_limit(int32_t *frame, size_t n, int32_t limit)
{
    for (size_t i = 0; i < n; i++) frame[i] = frame[i] == limit ? LBC_OVERLOADED : frame[i];
}

void lbc_frame_fill(int32_t *out, const int32_t *frame, size_t n, int32_t limit)
{
    lbc_frame_kernels_get()->fill(out, frame, n, limit);
}

void lbc_frame_restore(int32_t *decoded, const int32_t *marks, size_t n, int32_t limit)
{
    lbc_frame_kernels_get()->restore(decoded, marks, n, limit);
}

void lbc_store_pixels(void *out, const int32_t *frame, size_t n, const lbc_store_rule *rule)
{
    const lbc_frame_kernels *k = lbc_frame_kernels_get();
    const uint32_t masked = (uint32_t)rule->masked, overloaded = (uint32_t)rule->overloaded;
    if (rule->type == LBC_U16)
        k->store16(out, frame, n, masked, overloaded);
    else
        k->store32(out, frame, n, masked, overloaded);
}
