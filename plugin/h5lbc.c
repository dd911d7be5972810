/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* h5lbc.c - libh5lbc, the HDF5 filter for codestreams at rest (codec/rest/rest.h).
 *
 * HDF5 loads it from HDF5_PLUGIN_PATH or its own plugin folder when a data set names filter 33212. Decoding and
 * encoding are the program's own functions. Encoding serves any writer: the cd_values may be a request (codec, scale or
 * ratio), which set_local completes from the data set when it is created. Chunks are of one frame: their last two sides
 * are (ny, nx), all before are 1.
 *
 * The plugin keeps no state; HDF5 may call it from any thread.
 */
#include "host.h"

#include <H5PLextern.h>

#include "codec/rest/rest.h"

#include <string.h>

/* HDF5 takes a request for more cd_values than this for a mistake. Completing needs the first nine. */
#define MAX_VALUES 256

/* ---- the data set's frames ------------------------------------------------------------------ */

/* The type and shape of a chunk's frame. err: why it is none. */
static lbc_status frame_of(const h5_host *host, hid_t dcpl, hid_t type, lbc_chunk_format *format, lbc_error *err)
{
    hsize_t dims[H5S_MAX_RANK];
    const int rank = host->get_chunk(dcpl, H5S_MAX_RANK, dims);
    if (rank < 2) return lbc_fail(err, LBC_E_ARGUMENT, "chunks must be one image each, (1, ny, nx) or (ny, nx)");
    for (int i = 0; i < rank; i++)
        if (i < rank - 2 ? dims[i] != 1 : dims[i] > UINT32_MAX)
            return lbc_fail(err, LBC_E_ARGUMENT, "chunks must be one image each, (1, ny, nx) or (ny, nx)");
    format->shape = (lbc_shape){(uint32_t)dims[rank - 2], (uint32_t)dims[rank - 1]};

    const size_t size = host->type_size(type);
    const bool is_signed = host->type_sign(type) == H5T_SGN_2;
    if (host->type_class(type) != H5T_INTEGER || host->type_order(type) != H5T_ORDER_LE ||
        !(size == 4 || (size == 2 && !is_signed)))
        return lbc_fail(err, LBC_E_ARGUMENT, "pixels must be little-endian uint16, uint32 or int32");
    format->type = size == 2 ? LBC_U16 : is_signed ? LBC_I32 : LBC_U32;
    return LBC_OK;
}

/* There is no can_apply callback: HDF5 would leave a filter marked as optional out without a word, and h5py marks all
 * as optional. A data set that cannot hold frames is refused here instead. */
static herr_t set_local(hid_t dcpl, hid_t type, hid_t space)
{
    h5_host host;
    lbc_chunk_format format = {.nparams = 0};
    lbc_error err;
    unsigned flags;
    size_t nvalues = MAX_VALUES;
    (void)space;
    h5_host_find(&host, __builtin_return_address(0));
    if (!h5_host_has_properties(&host)) return 0;
    if (host.get_filter(dcpl, LBC_REST_FILTER, &flags, &nvalues, format.params, 0, NULL, NULL) < 0) return -1;
    format.nparams = nvalues > LBC_REST_MAX_PARAMS ? UINT32_MAX : (uint32_t)nvalues; /* as many as there are */
    const bool request = nvalues <= LBC_REST_REQUEST;
    lbc_status status = frame_of(&host, dcpl, type, &format, &err);
    if (status == LBC_OK) status = lbc_rest_complete(&format, &err);
    if (status) {
        h5_host_error(&host, &err);
        return -1;
    }
    return request ? host.modify_filter(dcpl, LBC_REST_FILTER, flags, format.nparams, format.params) : 0;
}

/* ---- chunks --------------------------------------------------------------------------------- */

/* Pixels of a frame in memory, as source and as sink. */
typedef struct pixel_memory {
    uint8_t *next;
    size_t pixel_size;
} pixel_memory;

static void give(void *user, size_t first, size_t count, void *pixels)
{
    const pixel_memory *m = user;
    memcpy(pixels, m->next + first * m->pixel_size, count * m->pixel_size);
}

static void take(void *user, const void *pixels, size_t count)
{
    pixel_memory *m = user;
    memcpy(m->next, pixels, count * m->pixel_size);
    m->next += count * m->pixel_size;
}

/* Bytes of a frame. */
static size_t frame_size(const lbc_chunk_format *format)
{
    return lbc_shape_pixels(format->shape) * lbc_pixel_size(format->type);
}

/* One call of the filter: `in` is a chunk or a frame, `out` the other. */
typedef struct call {
    const h5_host *host;
    lbc_chunk_format format;
    lbc_codec_work *work;
    uint8_t *in;
    size_t in_size;
    uint8_t *out; /* of the host's memory */
    size_t out_capacity, out_size;
} call;

static lbc_status allocate_out(call *c, size_t capacity, lbc_error *err)
{
    c->out = c->host->allocate(capacity, 0);
    c->out_capacity = capacity;
    return c->out ? LBC_OK : lbc_fail(err, LBC_E_MEMORY, "out of memory (%zu bytes)", capacity);
}

static lbc_status decode(call *c, lbc_error *err)
{
    lbc_status status = lbc_rest_check(&c->format, c->in, c->in_size, err);
    if (status == LBC_OK) status = allocate_out(c, frame_size(&c->format), err);
    if (status) return status;
    pixel_memory memory = {c->out, lbc_pixel_size(c->format.type)};
    const lbc_pixel_sink sink = {take, &memory};
    status = c->format.codec->decode(c->work, &c->format, c->in, c->in_size, &sink);
    if (status) return lbc_fail(err, status, "%s codestream: %s", c->format.codec->name, lbc_status_string(status));
    c->out_size = c->out_capacity;
    return LBC_OK;
}

static lbc_status encode(call *c, lbc_error *err)
{
    if (c->in_size != frame_size(&c->format))
        return lbc_fail(err, LBC_E_ARGUMENT, "a chunk of %zu bytes, where the cd_values say %zu", c->in_size,
                        frame_size(&c->format));
    lbc_status status = allocate_out(c, c->format.codec->bound(&c->format), err);
    if (status) return status;
    pixel_memory memory = {c->in, lbc_pixel_size(c->format.type)};
    const lbc_pixel_source source = {give, &memory};
    status = c->format.codec->encode(c->work, &c->format, &source, c->out, c->out_capacity, &c->out_size);
    return status ? lbc_fail(err, status, "%s: %s", c->format.codec->name, lbc_status_string(status)) : LBC_OK;
}

static lbc_status run(call *c, bool reverse, size_t nvalues, const unsigned values[], lbc_error *err)
{
    lbc_status status = lbc_rest_format(&c->format, nvalues, values, err);
    if (status) return status;
    c->work = lbc_codec_work_new();
    if (!c->work) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    status = reverse ? decode(c, err) : encode(c, err);
    lbc_codec_work_free(c->work);
    return status;
}

/* The filter: replaces *buffer, and returns the bytes in it; 0: failed, and nothing is changed. */
static size_t filter(unsigned flags, size_t nvalues, const unsigned values[], size_t nbytes, size_t *buffer_size,
                     void **buffer)
{
    h5_host host;
    lbc_error err = {.status = LBC_OK};
    h5_host_find(&host, __builtin_return_address(0));
    call c = {.host = &host, .in = *buffer, .in_size = nbytes};
    if (run(&c, flags & H5Z_FLAG_REVERSE, nvalues, values, &err)) {
        if (c.out) host.release(c.out);
        h5_host_error(&host, &err);
        return 0;
    }
    host.release(*buffer);
    *buffer = c.out;
    *buffer_size = c.out_capacity;
    return c.out_size;
}

/* ---- what HDF5 asks for --------------------------------------------------------------------- */

static const H5Z_class2_t filter_class = {
    H5Z_CLASS_T_VERS,
    (H5Z_filter_t)LBC_REST_FILTER,
    1, /* encoder */
    1, /* decoder */
    "l_bnl_compress codestream (HCompress or JPEG 2000)",
    NULL, /* can_apply */
    set_local,
    filter,
};

H5PL_type_t H5PLget_plugin_type(void)
{
    return H5PL_TYPE_FILTER;
}
const void *H5PLget_plugin_info(void)
{
    return &filter_class;
}
