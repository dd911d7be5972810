/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* codec.h - every stored form of a frame, as entries of two const tables.
 *
 * A storage codec turns the pixels of one frame into the bytes of one HDF5 chunk and back, losing
 * nothing of what it stands for. A lossy codec turns a working frame (counts 0..limit, no marks)
 * into a codestream and back. `-c hcomp` and `-c j2k` are storage codecs whose chunk holds a lossy
 * codec's codestream (src/codec/rest).
 *
 * Two tables and not one, because the two kinds take different things: stored pixels of a type, and
 * counts with a known upper bound. A step that is both (codestream at rest) is a storage entry that
 * names its lossy one.
 *
 * Decoders never read beyond `size`, never write beyond what the format says, and return
 * LBC_E_FORMAT for anything that is not a whole, sound chunk. No function keeps a pointer after it
 * returns. A work object belongs to one thread at a time; the tables are const and shared.
 */
#ifndef LBC_CODEC_CODEC_H
#define LBC_CODEC_CODEC_H

#include "frame/frame.h"

/* ---- per-thread working memory ------------------------------------------------------------- */

/* Scratch buffers and library contexts, made on first use and kept until freed. */
typedef struct lbc_codec_work lbc_codec_work;
lbc_codec_work *lbc_codec_work_new(void); /* NULL: out of memory */
void lbc_codec_work_free(lbc_codec_work *w);

/* ---- pixels in and out --------------------------------------------------------------------- */

/* Receives decoded pixels in raster order, in runs of any length, in native byte order. */
typedef struct lbc_pixel_sink {
    void (*take)(void *user, const void *pixels, size_t count);
    void *user;
} lbc_pixel_sink;

/* Gives the pixels first .. first+count-1 of a frame, in native byte order. Encoders ask for each
 * pixel once, in raster order. */
typedef struct lbc_pixel_source {
    void (*give)(void *user, size_t first, size_t count, void *pixels);
    void *user;
} lbc_pixel_source;

/* A chunk on its way through a decoder that is asked for pixels, piece by piece. */
typedef struct lbc_chunk_cursor {
    const struct lbc_chunk_format *format;
    const uint8_t *in, *end; /* what is left of the chunk */
    size_t first;            /* the next pixel */
    size_t block;            /* the codec's own */
} lbc_chunk_cursor;

/* ---- storage codecs ------------------------------------------------------------------------ */

#define LBC_MAX_PARAMS 2048 /* HDF5 cd_values of one filter; h5py and HDF5 1.10 break soon above 1900 */

typedef struct lbc_codec lbc_codec;

/* What the chunks of one data set hold. */
typedef struct lbc_chunk_format {
    const lbc_codec *codec;
    lbc_pixel_type type;
    lbc_shape shape;
    uint32_t nparams; /* the filter's cd_values, as in the file */
    uint32_t params[LBC_MAX_PARAMS];
} lbc_chunk_format;

struct lbc_codec {
    const char *name;                        /* as `-c` takes it: "bslz4" */
    const char *what;                        /* one line for -h */
    uint32_t filter;                         /* HDF5 filter number; 0: chunks are stored as they are */
    const char *plugin;                      /* what a reader must have: Debian package or plugin name; NULL: nothing */
    int level_min, level_max, level_default; /* equal: the codec has no level */
    bool writable;                           /* may be chosen with -c */

    /* Sets nparams and params for writing frames of format->type and ->shape. */
    lbc_status (*configure)(lbc_chunk_format *format, int level);
    /* LBC_OK when `params` as found in a file are ones decode() understands for type and shape. */
    lbc_status (*recognise)(const lbc_chunk_format *format);
    /* Largest chunk encode() can make of a frame. */
    size_t (*bound)(const lbc_chunk_format *format);
    lbc_status (*encode)(lbc_codec_work *w, const lbc_chunk_format *format, const lbc_pixel_source *source,
                         uint8_t *chunk, size_t capacity, size_t *size);
    lbc_status (*decode)(lbc_codec_work *w, const lbc_chunk_format *format, const uint8_t *chunk, size_t size,
                         const lbc_pixel_sink *sink);
    /* The same in pieces: begin, then next until it gives 0 pixels. The pixels are in w's memory or the chunk's, until
     * the next call. Both NULL: chunks of this codec are decoded whole. */
    lbc_status (*begin)(lbc_codec_work *w, const lbc_chunk_format *format, const uint8_t *chunk, size_t size,
                        lbc_chunk_cursor *cursor);
    lbc_status (*next)(lbc_codec_work *w, lbc_chunk_cursor *cursor, const void **pixels, size_t *count);
};

/* By name, case-insensitive; NULL: unknown. */
const lbc_codec *lbc_codec_by_name(const char *name);
/* The codec that decodes a pipeline of exactly this filter with these params (format->type, ->shape,
 * ->nparams and ->params set); NULL: none, the way through HDF5 must serve. filter 0: no filter. */
const lbc_codec *lbc_codec_by_filter(uint32_t filter, const lbc_chunk_format *format);
/* The whole table, in the order -h shows it; ends with NULL. */
extern const lbc_codec *const lbc_codecs[];

/* ---- lossy codecs -------------------------------------------------------------------------- */

#define LBC_MAX_LAYERS 32

typedef struct lbc_lossy_params {
    lbc_shape shape;
    int32_t limit;         /* S': every count is in 0..limit */
    uint32_t stored_bytes; /* B: bytes of a stored pixel, 2 or 4; what a ratio is against */
    /* HCompress */
    int32_t scale; /* absolute; 1 is lossless, without diffuse */
    /* JPEG 2000 */
    uint32_t nlayers;              /* quality layers, coarsest first */
    double layers[LBC_MAX_LAYERS]; /* ratio of each: stored frame bytes over codestream bytes */
    lbc_wavelet wavelet;
    /* What the codec's user does around it. */
    bool fill_mean; /* masked pixels are filled by lbc_fill_mean, and not with 0 */
    bool diffuse;   /* decoded values are for lbc_diffuse; else they are counts */
    int32_t knee;   /* JPEG 2000, above 0, with diffuse: it sees counts on the curve of this knee (frame/curve.h) */
    /* JPEG 2000, our own engine only; all 0 is the plain codec. */
    lbc_j2k_engine engine;
    /* How much an error in a wavelet level's details counts beside one of the same size in pixels, from the
     * finest level on, and last in the low band; 0 stands for 1. Where it counts less, fewer bytes go there. */
    double weights[LBC_MAX_WEIGHTS];
    double psnr; /* above 0: the last layer ends at about this PSNR in dB (9/7: within 1.5 dB), when its ratio
                  * allows that; the peak is the largest value that lbc_j2k_precision's bits hold */
} lbc_lossy_params;

/* Bytes of a frame as it is stored without the codec, which ratios are of. */
static inline double lbc_lossy_frame_bytes(const lbc_lossy_params *params)
{
    return (double)lbc_shape_pixels(params->shape) * params->stored_bytes;
}

typedef struct lbc_lossy {
    const char *name; /* "hcomp", "j2k" */
    /* LBC_OK when the codec can take such frames; else err says why not. */
    lbc_status (*check)(const lbc_lossy_params *params, lbc_error *err);
    size_t (*bound)(const lbc_lossy_params *params); /* largest codestream */
    lbc_status (*encode)(lbc_codec_work *w, const lbc_lossy_params *params, const int32_t *frame, uint8_t *stream,
                         size_t capacity, size_t *size);
    /* Any stream: shape, scale and layers are checked against params->shape only. Decoded values are
     * the codec's own: not clamped. */
    lbc_status (*decode)(lbc_codec_work *w, const lbc_lossy_params *params, const uint8_t *stream, size_t size,
                         int32_t *frame);
    /* frame = decode(encode(frame)), in place. size (NULL: not wanted) gets the bytes encode() would
     * have made; wanting it may cost the entropy coding that is otherwise saved. */
    lbc_status (*roundtrip)(lbc_codec_work *w, const lbc_lossy_params *params, int32_t *frame, size_t *size);
    /* The same for one band of rows that has nothing to do with the others, with its bytes added to *size. Bands have
     * band_rows rows, but the last may have fewer; first_row says which it is. Both NULL: frames are coded whole. */
    uint32_t (*band_rows)(const lbc_lossy_params *params);
    lbc_status (*roundtrip_band)(lbc_codec_work *w, const lbc_lossy_params *params, uint32_t first_row, int32_t *band,
                                 size_t *size);
} lbc_lossy;

extern const lbc_lossy lbc_hcomp; /* hcompress/ */
extern const lbc_lossy lbc_j2k;   /* j2k/ */

#endif
