/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* j2k_tool.c - lbc_j2k on raw int32 frames, for the Python tests.
 *
 *   j2k_tool encode|decode|roundtrip NY NX LIMIT BYTES J|K RATIO 5/3|9/7 openjpeg|own INPUT OUTPUT
 *
 * INPUT and OUTPUT hold native int32_t[NY][NX] for pixels, one frame or (roundtrip) many, or one codestream. */
#include "base/memory.h"
#include "codec/j2k/j2k.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHAT = 1, ROWS, COLUMNS, LIMIT, BYTES, LIST, RATIO, WAVELET, ENGINE, INPUT, OUTPUT, ARGUMENTS };

static uint8_t *read_all(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    uint8_t *data = NULL;
    if (fseek(f, 0, SEEK_END) == 0) {
        const long end = ftell(f);
        rewind(f);
        data = lbc_alloc_aligned(end > 0 ? (size_t)end : 1, 1);
        *size = data ? fread(data, 1, (size_t)end, f) : 0;
    }
    fclose(f);
    return data;
}

static int write_all(const char *path, const void *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    if (!f) return 1;
    const int bad = fwrite(data, 1, size, f) != size;
    return fclose(f) || bad;
}

static lbc_status run(lbc_codec_work *w, const char *what, const lbc_lossy_params *p, uint8_t *in, size_t in_size,
                      uint8_t **out, size_t *out_size)
{
    const size_t frame = lbc_shape_pixels(p->shape) * sizeof(int32_t);
    lbc_status status = lbc_j2k.check(p, NULL);
    *out_size = strcmp(what, "encode") == 0 ? lbc_j2k.bound(p) : strcmp(what, "decode") == 0 ? frame : in_size;
    *out = lbc_alloc_aligned(*out_size, 1);
    if (!*out) return LBC_E_MEMORY;
    if (status) return status;
    if (strcmp(what, "encode") == 0)
        return lbc_j2k.encode(w, p, (const int32_t *)(void *)in, *out, *out_size, out_size);
    if (strcmp(what, "decode") == 0) return lbc_j2k.decode(w, p, in, in_size, (int32_t *)(void *)*out);
    memcpy(*out, in, in_size);
    for (size_t at = 0; at + frame <= in_size && !status; at += frame)
        status = lbc_j2k.roundtrip(w, p, (int32_t *)(void *)(*out + at), NULL);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != ARGUMENTS) return 2;
    lbc_lossy_params p = {.shape = {(uint32_t)atol(argv[ROWS]), (uint32_t)atol(argv[COLUMNS])},
                          .limit = (int32_t)atol(argv[LIMIT]),
                          .stored_bytes = (uint32_t)atol(argv[BYTES])};
    p.wavelet = strcmp(argv[WAVELET], "9/7") == 0 ? LBC_WAVELET_97 : LBC_WAVELET_53;
    p.engine = strcmp(argv[ENGINE], "own") == 0 ? LBC_ENGINE_OWN : LBC_ENGINE_OPENJPEG;
    lbc_j2k_layers(&p, argv[LIST][0] == 'K' ? LBC_J2K_K : LBC_J2K_J, atof(argv[RATIO]));
    size_t in_size = 0, out_size = 0;
    uint8_t *in = read_all(argv[INPUT], &in_size), *out = NULL;
    lbc_codec_work *w = lbc_codec_work_new();
    int bad = !in || !w || run(w, argv[WHAT], &p, in, in_size, &out, &out_size) != LBC_OK;
    if (!bad) bad = write_all(argv[OUTPUT], out, out_size);
    lbc_codec_work_free(w);
    free(in);
    free(out);
    return bad;
}
