/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* frame_tool.c - what is done around a lossy codec, on raw int32 frames, for the Python tests.
 *
 *   frame_tool diffuse|fill|bend|straighten NY NX LIMIT LEVEL INPUT OUTPUT [KNEE]
 *
 * INPUT and OUTPUT hold native int32_t[NY][NX]; LEVEL is the highest instruction set to use. */
#include "base/cpu.h"
#include "base/memory.h"
#include "frame/curve.h"
#include "frame/diffuse.h"
#include "frame/fill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHAT = 1, ROWS, COLUMNS, LIMIT, LEVEL, INPUT, OUTPUT, KNEE, ARGUMENTS };

static void work(char **argv, int32_t *frame, lbc_shape shape, void *room)
{
    const int32_t limit = atoi(argv[LIMIT]);
    if (strcmp(argv[WHAT], "fill") == 0)
        lbc_fill_mean(frame, frame, shape, limit, room);
    else if (strcmp(argv[WHAT], "bend") == 0)
        lbc_curve_bend(frame, lbc_shape_pixels(shape), atoi(argv[KNEE]));
    else if (strcmp(argv[WHAT], "straighten") == 0)
        lbc_curve_straighten(frame, lbc_shape_pixels(shape), limit, atoi(argv[KNEE]));
    else
        lbc_diffuse(frame, shape, limit, room);
}

int main(int argc, char **argv)
{
    const int level = argc == ARGUMENTS || argc == KNEE ? lbc_cpu_level_by_name(argv[LEVEL]) : -1;
    if (level < 0) return 2;
    lbc_cpu_limit((lbc_cpu_level)level);
    const lbc_shape shape = {(uint32_t)atoi(argv[ROWS]), (uint32_t)atoi(argv[COLUMNS])};
    const size_t n = lbc_shape_pixels(shape), a = lbc_diffuse_room(shape), b = lbc_fill_room(shape);
    int32_t *frame = lbc_alloc_aligned(n, sizeof *frame);
    void *room = lbc_alloc_aligned(a > b ? a : b, 1);
    FILE *in = fopen(argv[INPUT], "rb"), *out = fopen(argv[OUTPUT], "wb");
    int bad = !frame || !room || !in || !out || fread(frame, sizeof *frame, n, in) != n;
    if (!bad) work(argv, frame, shape, room);
    bad = bad || fwrite(frame, sizeof *frame, n, out) != n;
    if (in) fclose(in);
    if (out && fclose(out)) bad = 1;
    free(room);
    free(frame);
    return bad;
}
