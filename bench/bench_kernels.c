/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bench_kernels - the way of a pixel on one core: chunk -> working frame -> chunk, against the
 * bitshuffle library that Debian ships with its HDF5 plugin, and against the floors memcpy and LZ4.
 *
 * usage: bench_kernels [-t u16|u32] [-l c|sse2|avx2|avx512] [-r repeats] [-p libh5bshuf.so]
 *
 * One made-up diffraction frame of an Eiger 4M: Poisson background that falls off with the radius,
 * spots, gaps. Every row is timed in turn (A B C A B C ...), and medians are printed.
 */
#include "timing.h"

#include "base/cpu.h"
#include "codec/storage.h"

#include <dlfcn.h>
#include <lz4.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NY = 2167, NX = 2070, N = NY * NX, SATURATION = 60000, LIMIT = 65532, MAX_REPEATS = 1000 };

static const char *const default_peer = "/usr/lib/x86_64-linux-gnu/hdf5/serial/plugins/libh5bshuf.so";

/* ---- the frame ---------------------------------------------------------------------------------- */

static uint64_t seed = 1;

static double uniform(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(seed >> 11) / 9007199254740992.0;
}

static uint32_t poisson(double mean)
{
    const double floor = exp(-mean);
    uint32_t n = 0;
    for (double p = uniform(); p > floor; p *= uniform()) n++;
    return n;
}

static void add_spots(uint32_t *frame)
{
    for (int s = 0; s < 400; s++) {
        const int cy = (int)(uniform() * (NY - 8)), cx = (int)(uniform() * (NX - 8));
        const double height = exp(uniform() * 8);
        for (int y = 0; y < 7; y++)
            for (int x = 0; x < 7; x++) {
                const double r2 = (y - 3) * (y - 3) + (x - 3) * (x - 3);
                frame[(cy + y) * NX + cx + x] += poisson(height * exp(-r2 / 3) < 300 ? height * exp(-r2 / 3) : 300);
            }
    }
}

/* Counts, with the marker of the type in the gaps. */
static void make_frame(uint32_t *frame, uint32_t marker)
{
    for (int y = 0; y < NY; y++)
        for (int x = 0; x < NX; x++) {
            const double r = hypot(y - NY / 2.0, x - NX / 2.0) / (NX / 2.0);
            frame[y * NX + x] = poisson(0.9 * exp(-2.2 * r * r) + 0.02);
        }
    add_spots(frame);
    for (int y = 0; y < NY; y++)
        for (int x = 0; x < NX; x++)
            if (y % 551 >= 514 || x % 1040 >= 1030) frame[y * NX + x] = marker;
}

/* ---- the peer ----------------------------------------------------------------------------------- */

typedef int64_t peer_fn(const void *in, void *out, size_t n, size_t size, size_t block);
static peer_fn *peer_compress, *peer_decompress;

static void load_peer(const char *path)
{
    void *lib = dlopen(path, RTLD_LAZY);
    if (!lib) {
        fprintf(stderr, "bench_kernels: no peer: %s\n", dlerror());
        return;
    }
    *(void **)&peer_compress = dlsym(lib, "bshuf_compress_lz4");
    *(void **)&peer_decompress = dlsym(lib, "bshuf_decompress_lz4");
}

/* ---- what is timed ------------------------------------------------------------------------------ */

static struct {
    lbc_codec_work *work;
    lbc_chunk_format in, out, binned;
    size_t size;      /* bytes of a pixel */
    uint8_t *pixels;  /* the frame as stored */
    uint8_t *scratch; /* room for whatever a row makes */
    uint8_t *chunk, *made;
    size_t chunk_size, made_room;
    int32_t *acc;
    lbc_gather gather;
    lbc_gather_rule plain, bin2, bin3;
    lbc_store_rule store;
    lbc_frame_counts counts;
} b;

static void take_nothing(void *user, const void *pixels, size_t count)
{
    (void)user;
    (void)pixels;
    (void)count;
}

static void take_gather(void *user, const void *pixels, size_t count)
{
    (void)user;
    lbc_gather_pixels(&b.gather, pixels, count);
}

static void give_stored(void *user, size_t first, size_t count, void *pixels)
{
    (void)user;
    memcpy(pixels, b.pixels + first * b.size, count * b.size);
}

/* The encoder asks for each pixel once, so what ends a sum can be done on the way. */
static void give_frame(void *user, size_t first, size_t count, void *pixels)
{
    (void)user;
    lbc_frame_finish(b.acc + first, count, NULL, LIMIT, &b.counts);
    lbc_store_pixels(pixels, b.acc + first, count, &b.store);
}

static void check(int ok)
{
    if (!ok) {
        fputs("bench_kernels: a codec failed\n", stderr);
        exit(1);
    }
}

static void run_memcpy(void)
{
    memcpy(b.scratch, b.pixels, N * b.size);
}

/* LZ4 alone, block by block as bslz4 has it, on what is already shuffled. */
static uint8_t *lz4_in, *lz4_packed;
static int *lz4_sizes;

static void run_lz4_encode(void)
{
    const int block = 8192;
    for (size_t at = 0, i = 0; at + 8192 <= N * b.size; at += 8192, i++)
        lz4_sizes[i] = LZ4_compress_default((char *)lz4_in + at, (char *)lz4_packed + 2 * at, block, 2 * block);
}

static void run_lz4_decode(void)
{
    for (size_t at = 0, i = 0; at + 8192 <= N * b.size; at += 8192, i++)
        LZ4_decompress_safe((char *)lz4_packed + 2 * at, (char *)b.scratch, lz4_sizes[i], 8192);
}

static void run_peer_decode(void)
{
    check(peer_decompress(b.chunk + 12, b.scratch, N, b.size, 0) > 0);
}
static void run_peer_encode(void)
{
    check(peer_compress(b.pixels, b.made, N, b.size, 0) > 0);
}

static void run_decode(void)
{
    check(b.in.codec->decode(b.work, &b.in, b.chunk, b.chunk_size, &(lbc_pixel_sink){take_nothing, NULL}) == LBC_OK);
}

static void run_encode(void)
{
    size_t size;
    check(b.in.codec->encode(b.work, &b.in, &(lbc_pixel_source){give_stored, NULL}, b.made, b.made_room, &size) ==
          LBC_OK);
}

static void gather(const lbc_gather_rule *rule, bool first)
{
    lbc_gather_begin(&b.gather, rule, b.acc, first);
    check(b.in.codec->decode(b.work, &b.in, b.chunk, b.chunk_size, &(lbc_pixel_sink){take_gather, NULL}) == LBC_OK);
}

static void put(const lbc_chunk_format *format)
{
    size_t size;
    check(format->codec->encode(b.work, format, &(lbc_pixel_source){give_frame, NULL}, b.made, b.made_room, &size) ==
          LBC_OK);
}

static void run_gather(void)
{
    gather(&b.plain, true);
}
static void run_gather_add(void)
{
    gather(&b.plain, false);
}
static void run_gather_bin2(void)
{
    gather(&b.bin2, true);
}
static void run_gather_bin2_add(void)
{
    gather(&b.bin2, false);
}
static void run_gather_bin3(void)
{
    gather(&b.bin3, true);
}
static void run_finish(void)
{
    lbc_frame_finish(b.acc, N, NULL, LIMIT, &b.counts);
}
static void run_store(void)
{
    lbc_store_pixels(b.scratch, b.acc, N, &b.store);
}

static void run_plain(void)
{
    gather(&b.plain, true);
    put(&b.out);
}

static void run_b2(void)
{
    gather(&b.bin2, true);
    put(&b.binned);
}

/* Two frames in, one out; reported per input frame. */
static void run_b2s2(void)
{
    gather(&b.bin2, true);
    gather(&b.bin2, false);
    put(&b.binned);
}

typedef struct row {
    const char *name;
    void (*run)(void);
    double per; /* input frames in one run */
    double ms[MAX_REPEATS];
} row;

enum { PEER_DECODE = 3, PEER_ENCODE = 4, FIRST_RATIO = 14 };

static row rows[] = {
    {.name = "memcpy of the frame", .run = run_memcpy, .per = 1},
    {.name = "LZ4 decode alone", .run = run_lz4_decode, .per = 1},
    {.name = "LZ4 encode alone", .run = run_lz4_encode, .per = 1},
    {.name = "bitshuffle library decode", .run = run_peer_decode, .per = 1},
    {.name = "bitshuffle library encode", .run = run_peer_encode, .per = 1},
    {.name = "decode", .run = run_decode, .per = 1},
    {.name = "encode", .run = run_encode, .per = 1},
    {.name = "decode + gather", .run = run_gather, .per = 1},
    {.name = "decode + gather, add", .run = run_gather_add, .per = 1},
    {.name = "decode + gather, bin 2", .run = run_gather_bin2, .per = 1},
    {.name = "decode + gather, bin 2, add", .run = run_gather_bin2_add, .per = 1},
    {.name = "decode + gather, bin 3", .run = run_gather_bin3, .per = 1},
    {.name = "finish", .run = run_finish, .per = 1},
    {.name = "store", .run = run_store, .per = 1},
    {.name = "whole way, plain", .run = run_plain, .per = 1},
    {.name = "whole way, bin 2", .run = run_b2, .per = 1},
    {.name = "whole way, bin 2, sum 2", .run = run_b2s2, .per = 2},
};
#define NROWS (sizeof rows / sizeof *rows)

static void *room(size_t bytes)
{
    void *p = lbc_alloc_aligned(bytes, 1);
    check(p != NULL);
    memset(p, 1, bytes);
    return p;
}

static void set_up(lbc_pixel_type type)
{
    const lbc_shape shape = {NY, NX};
    b.work = lbc_codec_work_new();
    b.size = lbc_pixel_size(type);
    b.in = (lbc_chunk_format){.type = type, .shape = shape};
    b.out = b.in;
    b.binned = (lbc_chunk_format){.type = type, .shape = lbc_shape_binned(shape, 2)};
    check(lbc_codec_bslz4.configure(&b.in, 0) == LBC_OK && lbc_codec_bslz4.configure(&b.out, 0) == LBC_OK &&
          lbc_codec_bslz4.configure(&b.binned, 0) == LBC_OK);
    b.plain = (lbc_gather_rule){.type = type, .in = shape, .bin = 1, .saturation = SATURATION};
    b.bin2 = b.plain;
    b.bin2.bin = 2;
    b.bin3 = b.plain;
    b.bin3.bin = 3;
    b.store = (lbc_store_rule){.type = type, .masked = type == LBC_U16 ? 65535 : UINT32_MAX, .overloaded = LIMIT + 1};

    b.made_room = lbc_codec_bslz4.bound(&b.in);
    b.made = room(b.made_room);
    b.chunk = room(b.made_room);
    b.scratch = room(4 * N);
    b.pixels = room(4 * N);
    b.acc = room(N * sizeof *b.acc);
    make_frame((uint32_t *)(void *)b.acc, type == LBC_U16 ? UINT16_MAX : UINT32_MAX);
    for (size_t i = 0; i < N; i++) memcpy(b.pixels + i * b.size, b.acc + i, b.size);
    check(lbc_codec_bslz4.encode(b.work, &b.in, &(lbc_pixel_source){give_stored, NULL}, b.chunk, b.made_room,
                                 &b.chunk_size) == LBC_OK);

    lbc_chunk_format planes = b.in;
    size_t size;
    lz4_in = room(4 * N);
    lz4_packed = room(8 * N);
    lz4_sizes = room(sizeof(int) * N);
    check(lbc_codec_bshuf.configure(&planes, 0) == LBC_OK);
    check(lbc_codec_bshuf.encode(b.work, &planes, &(lbc_pixel_source){give_stored, NULL}, lz4_in, 4 * N, &size) ==
          LBC_OK);
    run_lz4_encode();
}

static void print(int repeats)
{
    const double peer = median(rows[PEER_DECODE].ms, repeats) + median(rows[PEER_ENCODE].ms, repeats);
    printf("%-28s %8s %8s\n", "", "ms", "of peer");
    for (size_t i = 0; i < NROWS; i++) {
        const double ms = median(rows[i].ms, repeats) / rows[i].per;
        printf("%-28s %8.2f", rows[i].name, ms);
        if (i >= FIRST_RATIO && peer > 0) printf(" %8.2f", ms / peer);
        putchar('\n');
    }
}

int main(int argc, char **argv)
{
    lbc_pixel_type type = LBC_U16;
    const char *peer = default_peer;
    int repeats = 15;
    for (int c; (c = getopt(argc, argv, "t:l:r:p:")) != -1;) {
        if (c == 't')
            type = strcmp(optarg, "u32") == 0 ? LBC_U32 : LBC_U16;
        else if (c == 'l' && lbc_cpu_level_by_name(optarg) >= 0)
            lbc_cpu_limit((lbc_cpu_level)lbc_cpu_level_by_name(optarg));
        else if (c == 'r')
            repeats = atoi(optarg);
        else if (c == 'p')
            peer = optarg;
        else
            return 2;
    }
    if (repeats < 1 || repeats > MAX_REPEATS) return 2;
    load_peer(peer);
    set_up(type);
    printf("%d x %d %s, chunk of %.2f MB, %s\n", NY, NX, type == LBC_U16 ? "u16" : "u32", (double)b.chunk_size / 1e6,
           lbc_cpu_level_name(lbc_cpu()));
    for (int r = -1; r < repeats; r++) /* the first round warms up */
        for (size_t i = 0; i < NROWS; i++) {
            if (!peer_compress && (i == PEER_DECODE || i == PEER_ENCODE)) continue;
            const double start = now();
            rows[i].run();
            if (r >= 0) rows[i].ms[r] = now() - start;
        }
    print(repeats);
    return 0;
}
