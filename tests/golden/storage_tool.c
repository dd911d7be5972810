/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* storage_tool.c - one frame through a storage codec, for the Python tests.
 *
 *   storage_tool encode NAME TYPE NY NX LEVEL PIXELS CHUNK     prints the cd_values
 *   storage_tool decode FILTER TYPE NY NX CHUNK PIXELS [cd_values ...]
 *
 * TYPE is u8, u16, u32, i8, i16 or i32; PIXELS holds native pixels, CHUNK the bytes of one HDF5 chunk.
 */
#include "codec/storage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what)
{
    fprintf(stderr, "storage_tool: %s\n", what);
    return 1;
}

static uint8_t *read_all(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    if (f && fseek(f, 0, SEEK_END) == 0) {
        const long end = ftell(f);
        rewind(f);
        data = end < 0 ? NULL : lbc_alloc((size_t)end, 1);
        *size = data ? fread(data, 1, (size_t)end, f) : 0;
    }
    if (f) fclose(f);
    return data;
}

static int write_all(const char *path, const void *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    if (!f) return 0;
    const int ok = fwrite(data, 1, size, f) == size;
    return fclose(f) == 0 && ok;
}

static bool type_by_name(const char *name, lbc_pixel_type *type)
{
    static const char *const names[] = {"u8", "u16", "u32", "i8", "i16", "i32"};
    for (int i = 0; i < 6; i++)
        if (strcmp(name, names[i]) == 0) {
            *type = (lbc_pixel_type)i;
            return true;
        }
    return false;
}

typedef struct image {
    uint8_t *pixels;
    size_t size, taken;
} image;

static void give(void *user, size_t first, size_t count, void *pixels)
{
    const image *m = user;
    memcpy(pixels, m->pixels + first * m->size, count * m->size);
}

static void take(void *user, const void *pixels, size_t count)
{
    image *m = user;
    memcpy(m->pixels + m->taken * m->size, pixels, count * m->size);
    m->taken += count;
}

static int encode(lbc_codec_work *w, lbc_chunk_format *f, const char *name, const char *level, char **paths)
{
    const lbc_codec *codec = lbc_codec_by_name(name);
    if (!codec || codec->configure(f, atoi(level)) != LBC_OK) return fail("no such codec");
    size_t bytes = 0, made = 0;
    image m = {.pixels = read_all(paths[0], &bytes), .size = lbc_pixel_size(f->type)};
    const size_t bound = codec->bound(f);
    uint8_t *chunk = lbc_alloc(bound, 1);
    int status = 1;
    if (!m.pixels || !chunk || bytes != lbc_frame_bytes(f)) {
        fail("cannot read the pixels");
    } else if (codec->encode(w, f, &(lbc_pixel_source){give, &m}, chunk, bound, &made) != LBC_OK) {
        fail("encode failed");
    } else if (!write_all(paths[1], chunk, made)) {
        fail("cannot write the chunk");
    } else {
        for (uint32_t i = 0; i < f->nparams; i++) printf("%u\n", f->params[i]);
        status = 0;
    }
    free(m.pixels);
    free(chunk);
    return status;
}

static int decode(lbc_codec_work *w, lbc_chunk_format *f, const char *filter, char **paths, int nparams)
{
    f->nparams = (uint32_t)nparams;
    for (int i = 0; i < nparams; i++) f->params[i] = (uint32_t)strtoul(paths[2 + i], NULL, 10);
    const lbc_codec *codec = lbc_codec_by_filter((uint32_t)strtoul(filter, NULL, 10), f);
    if (!codec) return fail("no codec for this filter");
    size_t size = 0;
    uint8_t *chunk = read_all(paths[0], &size);
    image m = {.pixels = lbc_alloc(lbc_frame_bytes(f), 1), .size = lbc_pixel_size(f->type)};
    int status = 1;
    if (!chunk || !m.pixels)
        fail("cannot read the chunk");
    else if (codec->decode(w, f, chunk, size, &(lbc_pixel_sink){take, &m}) != LBC_OK)
        fail("decode failed");
    else if (!write_all(paths[1], m.pixels, m.taken * m.size))
        fail("cannot write the pixels");
    else
        status = 0;
    free(chunk);
    free(m.pixels);
    return status;
}

int main(int argc, char **argv)
{
    static lbc_chunk_format f;
    if (argc < 8 || !type_by_name(argv[3], &f.type)) return 2;
    f.shape.ny = (uint32_t)strtoul(argv[4], NULL, 10);
    f.shape.nx = (uint32_t)strtoul(argv[5], NULL, 10);
    lbc_codec_work *w = lbc_codec_work_new();
    if (!w) return 1;
    int status = 2;
    if (strcmp(argv[1], "encode") == 0 && argc == 9)
        status = encode(w, &f, argv[2], argv[6], argv + 7);
    else if (strcmp(argv[1], "decode") == 0 && argc - 8 <= LBC_MAX_PARAMS)
        status = decode(w, &f, argv[2], argv + 6, argc - 8);
    lbc_codec_work_free(w);
    return status;
}
