/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bench_peers - what the libraries take for one frame, in memory, on one core: the floors and peers that
 * bench/speed.py sets our times against.
 *
 * usage: bench_peers [-r repeats] [-p libh5bshuf.so] [-j] FILE NY NX BYTES
 *
 * FILE: one frame of unsigned 16- or 32-bit pixels (BYTES 2 or 4). Prints one JSON object: medians in
 * milliseconds of processor time of memcpy, LZ4 of the bit-shuffled frame in blocks of 8 KB, the bitshuffle
 * library with LZ4 (that of Debian's HDF5 plugin), cfitsio's HCompress (scale 16, tiles of 16 rows), and with
 * -j OpenJPEG (the layers of -J 125).
 */
#include "timing.h"

#include "base/memory.h"
#include "codec/bitshuffle/bitshuffle.h"
#include "codec/hcompress/hcompress.h"
#include "codec/j2k/j2k.h"
#include "codec/j2k/openjpeg.h"

#include <dlfcn.h>
#include <fitsio.h>
#include <lz4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_REPEATS = 101, SCALE = 16, RATIO = 125, BLOCK = 8192, MAX_BLOCKS = 1 << 14 };

typedef struct frame {
    lbc_shape shape;
    size_t pixels, bytes; /* bytes: of a pixel */
    void *stored;
    int32_t *counts; /* markers are 0 */
    uint8_t *work, *packed;
    size_t capacity, packed_size;
    LONGLONG *tile; /* cfitsio's working copy of a tile */
    lbc_lossy_params params;
} frame;

static double median_of(void (*work)(frame *), frame *f, int repeats)
{
    double took[MAX_REPEATS];
    for (int i = 0; i < repeats; i++) {
        const double start = now();
        work(f);
        took[i] = now() - start;
    }
    return median(took, repeats);
}

/* ---- floors --------------------------------------------------------------------------------- */

static void copy(frame *f)
{
    memcpy(f->work, f->stored, f->pixels * f->bytes);
}

static int block_size[MAX_BLOCKS];

static size_t blocks_of(const frame *f)
{
    const size_t blocks = f->pixels * f->bytes / BLOCK;
    return blocks < MAX_BLOCKS ? blocks : MAX_BLOCKS;
}

static void pack_lz4(frame *f)
{
    for (size_t i = 0; i < blocks_of(f); i++)
        block_size[i] = LZ4_compress_default((const char *)f->work + i * BLOCK, (char *)f->packed + 2 * i * BLOCK,
                                             BLOCK, 2 * BLOCK);
}

static void unpack_lz4(frame *f)
{
    for (size_t i = 0; i < blocks_of(f); i++)
        LZ4_decompress_safe((const char *)f->packed + 2 * i * BLOCK, (char *)f->work, block_size[i], BLOCK);
}

/* ---- bitshuffle ----------------------------------------------------------------------------- */

typedef int64_t bitshuffle_fn(const void *in, void *out, size_t n, size_t size, size_t block);
static bitshuffle_fn *compress_lz4, *decompress_lz4;

static void load_bitshuffle(const char *path)
{
    void *library = dlopen(path, RTLD_LAZY);
    if (!library) exit(fprintf(stderr, "bench_peers: %s\n", dlerror()));
    *(void **)&compress_lz4 = dlsym(library, "bshuf_compress_lz4");
    *(void **)&decompress_lz4 = dlsym(library, "bshuf_decompress_lz4");
    if (!compress_lz4 || !decompress_lz4) exit(fprintf(stderr, "bench_peers: %s is not bitshuffle\n", path));
}

static void encode_bitshuffle(frame *f)
{
    if (compress_lz4(f->stored, f->packed, f->pixels, f->bytes, 0) < 0)
        exit(fprintf(stderr, "bench_peers: bitshuffle cannot encode the frame\n"));
}

static void decode_bitshuffle(frame *f)
{
    if (decompress_lz4(f->packed, f->work, f->pixels, f->bytes, 0) < 0)
        exit(fprintf(stderr, "bench_peers: bitshuffle cannot decode the frame\n"));
}

/* ---- HCompress ------------------------------------------------------------------------------ */

typedef struct tile_list {
    size_t count, size[1 << 12];
} tile_list;
static tile_list tiles;

/* Counts above 65535 need the routine in 64 bits. */
static int encode_tile(frame *f, const int32_t *counts, uint32_t rows, uint8_t *out, long *size)
{
    const size_t pixels = (size_t)rows * f->shape.nx;
    int status = 0;
    if (f->bytes == 2) {
        memcpy(f->tile, counts, pixels * sizeof *counts);
        fits_hcompress((int *)(void *)f->tile, (int)f->shape.nx, (int)rows, SCALE, (char *)out, size, &status);
    } else {
        for (size_t i = 0; i < pixels; i++) f->tile[i] = counts[i];
        fits_hcompress64(f->tile, (int)f->shape.nx, (int)rows, SCALE, (char *)out, size, &status);
    }
    return status;
}

static void encode_cfitsio(frame *f)
{
    const uint32_t rows = lbc_hcomp_tile_rows(f->shape.ny);
    uint8_t *out = f->packed;
    tiles.count = 0;
    for (uint32_t y = 0; y < f->shape.ny; y += rows) {
        const uint32_t n = f->shape.ny - y < rows ? f->shape.ny - y : rows;
        long size = (long)(f->capacity - (size_t)(out - f->packed));
        const int status = encode_tile(f, f->counts + (size_t)y * f->shape.nx, n, out, &size);
        if (status) exit(fprintf(stderr, "bench_peers: cfitsio: status %d\n", status));
        tiles.size[tiles.count++] = (size_t)size;
        out += size;
    }
}

static void decode_cfitsio(frame *f)
{
    uint8_t *in = f->packed;
    for (size_t i = 0; i < tiles.count; i++) {
        int ny, nx, scale, status = 0;
        if (f->bytes == 2)
            fits_hdecompress(in, 0, (int *)(void *)f->tile, &ny, &nx, &scale, &status);
        else
            fits_hdecompress64(in, 0, f->tile, &ny, &nx, &scale, &status);
        if (status) exit(fprintf(stderr, "bench_peers: cfitsio: status %d\n", status));
        in += tiles.size[i];
    }
}

/* ---- JPEG 2000: OpenJPEG, as src/codec/j2k wraps it ------------------------------------------- */

static void encode_openjpeg(frame *f)
{
    if (lbc_openjpeg_encode(&f->params, f->counts, f->packed, f->capacity, &f->packed_size))
        exit(fprintf(stderr, "bench_peers: OpenJPEG cannot encode the frame\n"));
}

static void decode_openjpeg(frame *f)
{
    if (lbc_openjpeg_decode(&f->params, f->packed, f->packed_size, (int32_t *)(void *)f->work))
        exit(fprintf(stderr, "bench_peers: OpenJPEG cannot decode the frame\n"));
}

/* ---- the frame ------------------------------------------------------------------------------ */

static void read_frame(frame *f, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fread(f->stored, f->bytes, f->pixels, file) != f->pixels)
        exit(fprintf(stderr, "bench_peers: %s: cannot be read\n", path));
    fclose(file);
    for (size_t i = 0; i < f->pixels; i++) {
        const uint32_t v = f->bytes == 2 ? ((const uint16_t *)f->stored)[i] : ((const uint32_t *)f->stored)[i];
        f->counts[i] = v >= (f->bytes == 2 ? 65533u : 1u << 24) - 1 ? 0 : (int32_t)v;
    }
}

static void shuffle(frame *f)
{
    for (size_t i = 0; i < blocks_of(f); i++)
        lbc_bits_to_planes(f->work + BLOCK * i, (const uint8_t *)f->stored + BLOCK * i, BLOCK / f->bytes, f->bytes);
}

int main(int argc, char **argv)
{
    const char *bitshuffle = "/usr/lib/x86_64-linux-gnu/hdf5/serial/plugins/libh5bshuf.so";
    int repeats = 7, j2k = 0;
    for (int c; (c = getopt(argc, argv, "r:p:j")) != -1;) {
        if (c == 'r') repeats = atoi(optarg);
        if (c == 'p') bitshuffle = optarg;
        if (c == 'j') j2k = 1;
        if (c == '?') return 2;
    }
    if (argc - optind != 4 || repeats < 1 || repeats > MAX_REPEATS)
        return fprintf(stderr, "usage: bench_peers [-r repeats] [-p libh5bshuf.so] [-j] FILE NY NX BYTES\n"), 2;
    argv += optind;
    frame f = {.shape = {(uint32_t)atoi(argv[1]), (uint32_t)atoi(argv[2])}, .bytes = (size_t)atoi(argv[3])};
    f.pixels = lbc_shape_pixels(f.shape);
    f.capacity = 8 * f.pixels + (1 << 20);
    f.stored = lbc_alloc_aligned(f.pixels, f.bytes);
    f.counts = lbc_alloc_aligned(f.pixels, sizeof *f.counts);
    f.work = lbc_alloc_aligned(f.capacity, 1);
    f.packed = lbc_alloc_aligned(f.capacity, 1);
    f.tile = lbc_alloc_aligned(64 * (size_t)f.shape.nx, sizeof *f.tile);
    if (!f.stored || !f.counts || !f.work || !f.packed || !f.tile)
        return fprintf(stderr, "bench_peers: out of memory\n"), 1;
    read_frame(&f, argv[0]);
    load_bitshuffle(bitshuffle);
    f.params = (lbc_lossy_params){
        .shape = f.shape, .limit = f.bytes == 2 ? 65532 : (1 << 24) - 1, .stored_bytes = (uint32_t)f.bytes};
    lbc_j2k_layers(&f.params, LBC_J2K_J, RATIO);

    printf("{\"memcpy\": %.3f", median_of(copy, &f, repeats));
    shuffle(&f);
    printf(", \"LZ4 encode\": %.3f", median_of(pack_lz4, &f, repeats));
    printf(", \"LZ4 decode\": %.3f", median_of(unpack_lz4, &f, repeats));
    printf(", \"bitshuffle encode\": %.3f", median_of(encode_bitshuffle, &f, repeats));
    printf(", \"bitshuffle decode\": %.3f", median_of(decode_bitshuffle, &f, repeats));
    printf(", \"cfitsio encode\": %.3f", median_of(encode_cfitsio, &f, repeats));
    printf(", \"cfitsio decode\": %.3f", median_of(decode_cfitsio, &f, repeats));
    if (j2k) {
        printf(", \"OpenJPEG encode\": %.3f", median_of(encode_openjpeg, &f, (repeats + 1) / 2));
        printf(", \"OpenJPEG decode\": %.3f", median_of(decode_openjpeg, &f, (repeats + 1) / 2));
    }
    puts("}");
    return 0;
}
