/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bench_hcompress - our HCompress against cfitsio's routines, on one core.
 *
 * usage: bench_hcompress [-s scale] [-l c|sse2|avx2|avx512] [-r repeats] [FILE NY NX]
 *
 * The frame is FILE (native int32 counts), or else two made-up frames of an Eiger 4M, a weak one and a
 * strong one. The rows are timed in turn (A B C A B C ...); medians and ratios are printed, and the
 * pixels compared.
 */
#include "timing.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "codec/hcompress/hcompress.h"

#include <fitsio.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NY = 2167, NX = 2070, LIMIT = 65532, MAX_REPEATS = 1000 };

/* ---- frames ------------------------------------------------------------------------------------- */

static uint64_t seed = 1;

static double uniform(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(seed >> 11) / 9007199254740992.0;
}

static int32_t poisson(double mean)
{
    const double floor = exp(-mean);
    int32_t n = 0;
    for (double p = uniform(); p > floor; p *= uniform()) n++;
    return n;
}

/* Background that falls off with the radius, and spots. */
static void make_frame(int32_t *frame, double background)
{
    for (int y = 0; y < NY; y++)
        for (int x = 0; x < NX; x++) {
            const double r2 = (double)(y - NY / 2) * (y - NY / 2) + (double)(x - NX / 2) * (x - NX / 2);
            frame[y * NX + x] = poisson(background * (0.2 + exp(-r2 / 4e5)));
        }
    for (int s = 0; s < 400; s++) {
        const int cy = (int)(uniform() * (NY - 8)), cx = (int)(uniform() * (NX - 8));
        const double height = exp(uniform() * 8) * 300 / 2981;
        for (int y = 0; y < 7; y++)
            for (int x = 0; x < 7; x++)
                frame[(cy + y) * NX + cx + x] += poisson(height * exp(-((y - 3) * (y - 3) + (x - 3) * (x - 3)) / 3.0));
    }
}

static int read_frame(int32_t *frame, size_t n, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) return 1;
    const size_t got = fread(frame, sizeof *frame, n, f);
    fclose(f);
    return got != n;
}

/* ---- the rows ----------------------------------------------------------------------------------- */

typedef struct job {
    lbc_lossy_params params;
    size_t n;
    const int32_t *frame;
    int32_t *pixels; /* what the last row made */
    lbc_codec_work *work;
    uint8_t *stream; /* ours */
    size_t room, size;
    uint8_t *tiles; /* cfitsio's streams, one every tile_room bytes */
    size_t tile_room, tiles_size;
    int *tile;
} job;

static void ours_encode(job *j)
{
    lbc_hcomp.encode(j->work, &j->params, j->frame, j->stream, j->room, &j->size);
}
static void ours_decode(job *j)
{
    lbc_hcomp.decode(j->work, &j->params, j->stream, j->size, j->pixels);
}

static void ours_roundtrip(job *j)
{
    lbc_hcomp.roundtrip(j->work, &j->params, j->pixels, NULL);
}

static void ours_roundtrip_size(job *j)
{
    lbc_hcomp.roundtrip(j->work, &j->params, j->pixels, &j->size);
}

static uint32_t rows_at(const job *j, uint32_t y)
{
    const uint32_t rows = lbc_hcomp_tile_rows(j->params.shape.ny), left = j->params.shape.ny - y;
    return left < rows ? left : rows;
}

static void cfitsio_encode(job *j)
{
    const uint32_t nx = j->params.shape.nx;
    uint8_t *out = j->tiles;
    j->tiles_size = 0;
    for (uint32_t y = 0, rows; y < j->params.shape.ny; y += rows, out += j->tile_room) {
        int status = 0;
        long size = (long)j->tile_room;
        rows = rows_at(j, y);
        memcpy(j->tile, j->frame + (size_t)y * nx, (size_t)rows * nx * sizeof *j->tile);
        fits_hcompress(j->tile, (int)nx, (int)rows, j->params.scale, (char *)out, &size, &status);
        j->tiles_size += (size_t)size;
    }
}

static void cfitsio_decode(job *j)
{
    uint8_t *in = j->tiles;
    for (uint32_t y = 0, rows; y < j->params.shape.ny; y += rows, in += j->tile_room) {
        int status = 0, nx, ny, scale;
        rows = rows_at(j, y);
        fits_hdecompress(in, 0, j->pixels + (size_t)y * j->params.shape.nx, &nx, &ny, &scale, &status);
    }
}

static const struct {
    const char *name;
    void (*run)(job *j);
} rows[] = {
    {"cfitsio encode", cfitsio_encode},
    {"cfitsio decode", cfitsio_decode},
    {"encode", ours_encode},
    {"decode", ours_decode},
    {"roundtrip", ours_roundtrip},
    {"roundtrip and size", ours_roundtrip_size},
};
enum { ROWS = sizeof rows / sizeof *rows };

static int bench(job *j, int repeats, const char *title)
{
    static double times[ROWS][MAX_REPEATS];
    int32_t *expected = lbc_alloc(j->n, sizeof *expected);
    int different = 0;
    if (!expected) return 1;
    for (int r = 0; r < repeats; r++)
        for (int i = 0; i < ROWS; i++) {
            if (rows[i].run == ours_roundtrip || rows[i].run == ours_roundtrip_size)
                memcpy(j->pixels, j->frame, j->n * sizeof *j->pixels);
            const double start = now();
            rows[i].run(j);
            times[i][r] = now() - start;
            if (rows[i].run == cfitsio_decode)
                memcpy(expected, j->pixels, j->n * sizeof *expected);
            else if (i > 2)
                different |= memcmp(expected, j->pixels, j->n * sizeof *expected) != 0;
        }
    const double encode = median(times[0], repeats), decode = median(times[1], repeats);
    printf("%s, %u x %u, scale %d: %zu bytes, cfitsio's tiles %zu\n", title, j->params.shape.nx, j->params.shape.ny,
           j->params.scale, j->size, j->tiles_size);
    for (int i = 0; i < ROWS; i++) {
        const double ms = median(times[i], repeats);
        const double peer = rows[i].run == ours_encode ? encode : rows[i].run == ours_decode ? decode : encode + decode;
        printf("  %-20s %8.2f ms", rows[i].name, ms);
        if (i > 1)
            printf("  %6.3f x cfitsio's %s", ms / peer, i == 2 ? "encode" : i == 3 ? "decode" : "encode + decode");
        printf("\n");
    }
    if (different) printf("  pixels differ\n");
    free(expected);
    return different;
}

int main(int argc, char **argv)
{
    job j = {.params = {.limit = LIMIT, .stored_bytes = 2, .scale = 16, .shape = {NY, NX}}};
    int option, repeats = 7, failed = 1;
    while ((option = getopt(argc, argv, "s:l:r:")) != -1) {
        if (option == 's')
            j.params.scale = atoi(optarg);
        else if (option == 'r' && atoi(optarg) > 0 && atoi(optarg) <= MAX_REPEATS)
            repeats = atoi(optarg);
        else if (option == 'l' && lbc_cpu_level_by_name(optarg) >= 0)
            lbc_cpu_limit((lbc_cpu_level)lbc_cpu_level_by_name(optarg));
        else
            return 2;
    }
    const bool file = argc - optind == 3;
    if (file) j.params.shape = (lbc_shape){(uint32_t)atoi(argv[optind + 1]), (uint32_t)atoi(argv[optind + 2])};
    j.n = lbc_shape_pixels(j.params.shape);
    j.room = lbc_hcomp.bound(&j.params);
    j.tile_room = (size_t)32 * j.params.shape.nx * 8;
    int32_t *frame = lbc_alloc_aligned(j.n, sizeof *frame);
    j.frame = frame;
    j.pixels = lbc_alloc_aligned(j.n, sizeof *j.pixels);
    j.stream = lbc_alloc(j.room, 1);
    j.tiles = lbc_alloc(j.tile_room, (j.params.shape.ny + 13) / 14);
    j.tile = lbc_alloc((size_t)32 * j.params.shape.nx, sizeof *j.tile);
    j.work = lbc_codec_work_new();
    if (!frame || !j.pixels || !j.stream || !j.tiles || !j.tile || !j.work) goto done;
    if (file) {
        if (read_frame(frame, j.n, argv[optind])) {
            fprintf(stderr, "%s: not a frame of that shape\n", argv[optind]);
            goto done;
        }
        failed = bench(&j, repeats, argv[optind]);
    } else {
        make_frame(frame, 0.5);
        failed = bench(&j, repeats, "weak frame");
        make_frame(frame, 8);
        failed |= bench(&j, repeats, "strong frame");
    }
done:
    free(frame);
    free(j.pixels);
    free(j.stream);
    free(j.tiles);
    free(j.tile);
    lbc_codec_work_free(j.work);
    return failed;
}
