/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bench_j2k - our JPEG 2000 against OpenJPEG in memory, on one core.
 *
 * usage: bench_j2k [-J ratio] [-w 5/3|9/7] [-u 2|4] [-l c|sse2|avx2|avx512] [-r repeats] [-m mean] [-j] [FILE NY NX]
 *
 * The frame is FILE (native int32 counts), or else a made-up frame of an Eiger 4M, with -m of that mean background, and
 * weaker spots where that is weaker. The rows are timed in turn
 * (A B C A B C ...), in processor time; medians and ratios are printed, with sizes and errors, and with our error at
 * OpenJPEG's size, which may be far from the target. Without -w both wavelets are run. -j: a line of JSON each.
 */
#include "timing.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "codec/j2k/j2k.h"
#include "codec/j2k/openjpeg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NY = 2167, NX = 2070, MAX_REPEATS = 1000 };
enum { THEIR_ENCODE, THEIR_DECODE, ROUNDTRIP, ENCODE, DECODE, ROWS };

static const char *const row_names[ROWS] = {"OpenJPEG encode", "OpenJPEG decode", "our roundtrip", "our encode",
                                            "our decode"};

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

/* Air scatter and a solvent ring. */
static double background(int y, int x)
{
    const double r = hypot(y - NY / 2.0, x - NX / 2.0), ring = (r - 500) / 250;
    return 0.15 + 0.4 * exp(-r / 200) + 0.35 * exp(-ring * ring);
}

static double mean_background(void)
{
    double sum = 0;
    for (int y = 0; y < NY; y++)
        for (int x = 0; x < NX; x++) sum += background(y, x);
    return sum / NY / NX;
}

/* mean: of the background; 0: as it is. */
static void make_frame(int32_t *frame, double mean)
{
    const double times = mean > 0 ? mean / mean_background() : 1;
    for (int y = 0; y < NY; y++)
        for (int x = 0; x < NX; x++) frame[y * NX + x] = poisson(times * background(y, x));
    for (int s = 0; s < 1200; s++) {
        const int cy = (int)(uniform() * (NY - 9)), cx = (int)(uniform() * (NX - 9));
        const double height = -60 * log(1 - uniform()) * (times < 1 ? times : 1);
        for (int y = 0; y < 9; y++)
            for (int x = 0; x < 9; x++)
                frame[(cy + y) * NX + cx + x] += poisson(height * exp(-((y - 4) * (y - 4) + (x - 4) * (x - 4)) / 2.4));
    }
}

static int read_frame(int32_t *frame, size_t n, const char *path)
{
    FILE *f = fopen(path, "rb");
    const int bad = !f || fread(frame, sizeof *frame, n, f) != n;
    if (f) fclose(f);
    return bad;
}

/* ---- rows --------------------------------------------------------------------------------------- */

typedef struct bench {
    lbc_codec_work *work;
    lbc_lossy_params params, theirs;
    int32_t *frame, *pixels[ROWS], *again;
    uint8_t *stream[2]; /* theirs, ours */
    size_t capacity, size[2];
} bench;

static lbc_status run_row(bench *b, int row)
{
    switch (row) {
    case THEIR_ENCODE: return lbc_openjpeg_encode(&b->theirs, b->frame, b->stream[0], b->capacity, &b->size[0]);
    case THEIR_DECODE: return lbc_openjpeg_decode(&b->theirs, b->stream[0], b->size[0], b->pixels[row]);
    case ROUNDTRIP: return lbc_j2k.roundtrip(b->work, &b->params, b->pixels[row], NULL);
    case ENCODE: return lbc_j2k.encode(b->work, &b->params, b->frame, b->stream[1], b->capacity, &b->size[1]);
    default: return lbc_j2k.decode(b->work, &b->params, b->stream[1], b->size[1], b->pixels[row]);
    }
}

static double rmse(const int32_t *a, const int32_t *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    return sqrt(sum / (double)n);
}

/* Our root mean square error when our codestream is no larger than OpenJPEG's. */
static double rmse_at_their_size(bench *b)
{
    lbc_lossy_params p = b->params;
    const size_t n = lbc_shape_pixels(p.shape);
    const double ratio = (double)n * p.stored_bytes / (double)b->size[0];
    p.layers[p.nlayers - 1] = ratio > 1 ? ratio : 1;
    memcpy(b->again, b->frame, n * sizeof *b->frame);
    return lbc_j2k.roundtrip(b->work, &p, b->again, NULL) ? NAN : rmse(b->again, b->frame, n);
}

typedef struct result {
    double ms[ROWS], rmse[2], at_their_size; /* theirs, ours */
    int same;                                /* what the roundtrip makes, and the decoder */
} result;

static void print_text(const bench *b, const result *r)
{
    const double both = r->ms[THEIR_ENCODE] + r->ms[THEIR_DECODE];
    printf("wavelet %s, ratio %g\n", b->params.wavelet == LBC_WAVELET_97 ? "9/7" : "5/3",
           b->params.layers[b->params.nlayers - 1]);
    for (int row = 0; row < ROWS; row++) {
        printf("  %-16s %8.1f ms", row_names[row], r->ms[row]);
        if (row >= ROUNDTRIP)
            printf("   %.3f of OpenJPEG's %s", r->ms[row] / (row == DECODE ? r->ms[THEIR_DECODE] : both),
                   row == DECODE ? "decode" : "encode + decode");
        putchar('\n');
    }
    printf("  bytes %zu and %zu, RMSE %.4f and %.4f, at OpenJPEG's size %.4f; roundtrip %s decode\n", b->size[0],
           b->size[1], r->rmse[0], r->rmse[1], r->at_their_size, r->same ? "equals" : "DIFFERS FROM");
}

static void print_json(const bench *b, const result *r)
{
    printf("{\"wavelet\": \"%s\", \"ratio\": %g, \"ms\": {", b->params.wavelet == LBC_WAVELET_97 ? "9/7" : "5/3",
           b->params.layers[b->params.nlayers - 1]);
    for (int row = 0; row < ROWS; row++) printf("%s\"%s\": %.3f", row ? ", " : "", row_names[row], r->ms[row]);
    printf("}, \"bytes\": [%zu, %zu], \"rmse\": [%.6f, %.6f], \"rmse at their size\": %.6f, \"same\": %s}\n",
           b->size[0], b->size[1], r->rmse[0], r->rmse[1], r->at_their_size, r->same ? "true" : "false");
}

static int run(bench *b, int repeats, int json)
{
    static double times[ROWS][MAX_REPEATS];
    const size_t n = lbc_shape_pixels(b->params.shape);
    for (int i = 0; i < repeats; i++)
        for (int row = 0; row < ROWS; row++) {
            if (row == ROUNDTRIP) memcpy(b->pixels[row], b->frame, n * sizeof *b->frame);
            const double start = now();
            const lbc_status status = run_row(b, row);
            times[row][i] = now() - start;
            if (status) {
                fprintf(stderr, "bench_j2k: %s: %s\n", row_names[row], lbc_status_string(status));
                return 1;
            }
        }
    result r;
    for (int row = 0; row < ROWS; row++) r.ms[row] = median(times[row], repeats);
    r.rmse[0] = rmse(b->pixels[THEIR_DECODE], b->frame, n);
    r.rmse[1] = rmse(b->pixels[DECODE], b->frame, n);
    r.at_their_size = rmse_at_their_size(b);
    r.same = memcmp(b->pixels[ROUNDTRIP], b->pixels[DECODE], n * sizeof *b->frame) == 0;
    (json ? print_json : print_text)(b, &r);
    return 0;
}

static int make_room(bench *b)
{
    const size_t n = lbc_shape_pixels(b->params.shape);
    const size_t ours = lbc_j2k.bound(&b->params), theirs = lbc_openjpeg_bound(&b->params);
    b->capacity = ours > theirs ? ours : theirs;
    b->work = lbc_codec_work_new();
    for (int i = 0; i < 2; i++) b->stream[i] = lbc_alloc(b->capacity, 1);
    for (int i = 0; i < ROWS; i++) b->pixels[i] = lbc_alloc(n, sizeof *b->frame);
    b->again = lbc_alloc(n, sizeof *b->frame);
    int bad = !b->work || !b->stream[0] || !b->stream[1] || !b->again;
    for (int i = 0; i < ROWS; i++) bad |= !b->pixels[i];
    return bad;
}

static void drop(bench *b)
{
    lbc_codec_work_free(b->work);
    for (int i = 0; i < 2; i++) free(b->stream[i]);
    for (int i = 0; i < ROWS; i++) free(b->pixels[i]);
    free(b->again);
    free(b->frame);
}

int main(int argc, char **argv)
{
    bench b = {.params = {.shape = {NY, NX}, .limit = 65532, .stored_bytes = 2, .engine = LBC_ENGINE_OWN}};
    double ratio = 125, mean = 0;
    int repeats = 7, wavelet = -1, json = 0;
    for (int option; (option = getopt(argc, argv, "J:w:u:l:r:m:j")) != -1;) {
        if (option == 'J')
            ratio = atof(optarg);
        else if (option == 'w')
            wavelet = strcmp(optarg, "9/7") == 0;
        else if (option == 'u')
            b.params.stored_bytes = (uint32_t)atoi(optarg);
        else if (option == 'l' && lbc_cpu_level_by_name(optarg) >= 0)
            lbc_cpu_limit((lbc_cpu_level)lbc_cpu_level_by_name(optarg));
        else if (option == 'r')
            repeats = atoi(optarg);
        else if (option == 'm')
            mean = atof(optarg);
        else if (option == 'j')
            json = 1;
        else
            return 2;
    }
    if (repeats < 1 || repeats > MAX_REPEATS || (argc != optind && argc != optind + 3)) return 2;
    if (b.params.stored_bytes == 4) b.params.limit = (1 << 20) - 1;
    if (argc > optind) b.params.shape = (lbc_shape){(uint32_t)atoi(argv[optind + 1]), (uint32_t)atoi(argv[optind + 2])};
    lbc_j2k_layers(&b.params, LBC_J2K_J, ratio);
    const size_t n = lbc_shape_pixels(b.params.shape);
    b.frame = lbc_alloc(n, sizeof *b.frame);
    int bad = !b.frame || make_room(&b);
    if (!bad && argc > optind) bad = read_frame(b.frame, n, argv[optind]);
    if (!bad && argc == optind) make_frame(b.frame, mean);
    if (bad) fprintf(stderr, "bench_j2k: no memory, or no such frame\n");
    for (int w = 0; w < 2 && !bad; w++) {
        if (wavelet >= 0 && w != wavelet) continue;
        b.params.wavelet = w ? LBC_WAVELET_97 : LBC_WAVELET_53;
        b.theirs = b.params;
        b.theirs.engine = LBC_ENGINE_OPENJPEG;
        bad = run(&b, repeats, json);
    }
    drop(&b);
    return bad;
}
