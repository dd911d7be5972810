/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hcompress_tool.c - lbc_hcomp on raw int32 frames, for the Python tests.
 *
 *   hcompress_tool stream|fits|decode|roundtrip NY NX LIMIT SCALE INPUT OUTPUT
 *
 * INPUT and OUTPUT hold native int32_t[n][NY][NX] for pixels, and one stream or FITS file (n = 1) for bytes. */
#include "base/memory.h"
#include "codec/hcompress/hcompress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t *read_all(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    uint8_t *data = NULL;
    if (fseek(f, 0, SEEK_END) == 0) {
        long end = ftell(f);
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
    int bad = fwrite(data, 1, size, f) != size;
    return fclose(f) || bad;
}

static lbc_status run(const char *what, const lbc_lossy_params *p, uint8_t *in, size_t in_size, uint8_t **out,
                      size_t *out_size)
{
    lbc_codec_work *w = lbc_codec_work_new();
    size_t frame = lbc_shape_pixels(p->shape) * sizeof(int32_t), size = 0;
    lbc_status status = LBC_OK;
    *out = NULL;
    if (!w) return LBC_E_MEMORY;
    if (strcmp(what, "roundtrip") == 0) {
        *out = in;
        *out_size = in_size;
        for (size_t at = 0; at + frame <= in_size && !status; at += frame)
            status = lbc_hcomp.roundtrip(w, p, (int32_t *)(void *)(in + at), NULL);
    } else if (strcmp(what, "decode") == 0) {
        *out = lbc_alloc_aligned(frame, 1);
        *out_size = frame;
        status = lbc_hcomp.decode(w, p, in, in_size, (int32_t *)(void *)*out);
    } else {
        size_t room = lbc_hcomp.bound(p);
        uint8_t *stream = lbc_alloc_aligned(room, 1);
        status = lbc_hcomp.encode(w, p, (const int32_t *)(void *)in, stream, room, &size);
        *out = stream;
        *out_size = size;
        if (!status && strcmp(what, "fits") == 0) {
            status = lbc_hcomp_fits_size(stream, size, &room);
            *out = status ? NULL : lbc_alloc_aligned(room, 1);
            if (!status) status = lbc_hcomp_to_fits(stream, size, p->limit, *out, room, out_size);
            free(stream);
        }
    }
    lbc_codec_work_free(w);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 8) return 2;
    lbc_lossy_params p = {0};
    p.shape.ny = (uint32_t)strtoul(argv[2], NULL, 10);
    p.shape.nx = (uint32_t)strtoul(argv[3], NULL, 10);
    p.limit = (int32_t)strtol(argv[4], NULL, 10);
    p.scale = (int32_t)strtol(argv[5], NULL, 10);
    lbc_error err = {0};
    if (lbc_hcomp.check(&p, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    size_t in_size = 0, out_size = 0;
    uint8_t *out = NULL, *in = read_all(argv[6], &in_size);
    if (!in) return 2;
    lbc_status status = run(argv[1], &p, in, in_size, &out, &out_size);
    int bad = status || write_all(argv[7], out, out_size);
    if (status) fprintf(stderr, "%s\n", lbc_status_string(status));
    if (out != in) free(out);
    free(in);
    return bad;
}
