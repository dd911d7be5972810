/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libh5lbc as HDF5 calls it. The plugin's sources are in the program.
 *
 *   byte 0  bits 0..1: what is done; bit 2: the checksum of the chunk is made right; bits 4..5: pixel type
 *           0: the filter decodes a chunk    1: it encodes a frame
 *           2: HDF5 makes a data set with the filter, is given the chunk as it is, and reads it
 *           3: HDF5 makes a data set with the filter, writes a frame, and reads it
 *   byte 1  shape
 *   byte 2  n, and n words of cd_values
 *   the rest is the chunk, or the frame over and over
 *
 * With complete cd_values, or a request (codec, scale or ratio), which only 2 and 3 can do something with. A lossless
 * frame must come back as it was.
 */
#include "fuzz.h"

#include "base/bytes.h"
#include "base/checksum.h"
#include "codec/rest/rest.h"

#include <H5PLextern.h>

#include <string.h>

enum { HEAD = 32, MOST_PIXELS = 1 << 16, WORDS = 255, AT_SCALE = 1 };
enum { DECODE, ENCODE, READ_CHUNK, WRITE_AND_READ, MEND = 4 };

typedef struct question {
    uint8_t how;
    lbc_shape shape;
    lbc_pixel_type type;
    uint32_t words[WORDS];
    size_t nwords;
    const uint8_t *bytes;
    size_t size;
} question;

static const H5Z_class2_t *filter_class;

/* ---- the filter by itself -------------------------------------------------------------------- */

/* The shape that cd_values speak of may be of any size: a chunk of a few bytes can stand for it. */
static bool too_large(const question *q)
{
    static lbc_chunk_format format;
    return lbc_rest_format(&format, q->nwords, q->words, NULL) == LBC_OK &&
           lbc_shape_pixels(format.shape) > MOST_PIXELS;
}

static void call_filter(const question *q)
{
    const unsigned flags = (q->how & 3) == DECODE ? H5Z_FLAG_REVERSE : 0;
    void *buffer = malloc(q->size + !q->size), *before = buffer;
    size_t room = q->size;
    if (!buffer || too_large(q)) {
        free(buffer);
        return;
    }
    memcpy(buffer, q->bytes, q->size);
    if (q->how & MEND && q->size >= HEAD)
        lbc_put_le32((uint8_t *)buffer + 28,
                     lbc_crc32c(lbc_crc32c(0, buffer, 28), (uint8_t *)buffer + HEAD, q->size - HEAD));
    const size_t made = filter_class->filter(flags, q->nwords, q->words, q->size, &room, &buffer);
    if (made == 0 ? buffer != before || room != q->size : room < made) abort();
    free(buffer);
}

/* ---- through HDF5 ---------------------------------------------------------------------------- */

static hid_t type_of(lbc_pixel_type type)
{
    return type == LBC_U16   ? H5T_STD_U16LE
           : type == LBC_U32 ? H5T_STD_U32LE
           : type == LBC_I32 ? H5T_STD_I32LE
                             : H5T_STD_U8LE;
}

static hid_t new_set(const question *q, hid_t file)
{
    const hsize_t dims[3] = {1, q->shape.ny, q->shape.nx};
    hid_t create = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(3, dims, NULL);
    H5Pset_chunk(create, 3, dims);
    H5Pset_filter(create, LBC_REST_FILTER, H5Z_FLAG_MANDATORY, q->nwords, q->words);
    hid_t set = H5Dcreate2(file, "images", type_of(q->type), space, H5P_DEFAULT, create, H5P_DEFAULT);
    H5Sclose(space);
    H5Pclose(create);
    return set;
}

/* All frames of HCompress with scale 1, whose counts are in its range. */
static void check_lossless(const question *q, const uint8_t *frame, const uint8_t *back, size_t size)
{
    const uint8_t small = 100;
    if (q->nwords != 2 || q->words[0] != 1 || q->words[AT_SCALE] != 1 || q->type == LBC_U8) return;
    const size_t pixel = lbc_pixel_size(q->type);
    for (size_t i = 0; i < size; i++)
        if (i % pixel ? frame[i] != 0 : frame[i] > small) return;
    if (memcmp(frame, back, size) != 0) abort();
}

/* Gives the data set what it is to hold. False: HDF5 refuses. */
static bool write_set(const question *q, hid_t set, uint8_t *frame, size_t size)
{
    const hsize_t first[3] = {0, 0, 0};
    if ((q->how & 3) == READ_CHUNK)
        return q->size > 0 && H5Dwrite_chunk(set, H5P_DEFAULT, 0, first, q->size, q->bytes) >= 0;
    for (size_t i = 0; i < size && q->size > 0; i++) frame[i] = q->bytes[i % q->size];
    return H5Dwrite(set, type_of(q->type), H5S_ALL, H5S_ALL, H5P_DEFAULT, frame) >= 0;
}

/* Opened anew, so that the chunk comes from the file. */
static void read_set(const question *q, hid_t file, const uint8_t *frame, uint8_t *back, size_t size)
{
    hid_t set = H5Dopen2(file, "images", H5P_DEFAULT);
    const bool ok = H5Dread(set, type_of(q->type), H5S_ALL, H5S_ALL, H5P_DEFAULT, back) >= 0;
    H5Dclose(set);
    if ((q->how & 3) != WRITE_AND_READ) return;
    if (!ok) abort(); /* what the filter has made it must take */
    check_lossless(q, frame, back, size);
}

static void call_hdf5(const question *q)
{
    const size_t size = lbc_shape_pixels(q->shape) * lbc_pixel_size(q->type), growth = 1 << 16;
    uint8_t *frame = calloc(size, 2);
    hid_t access_list = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access_list, growth, 0);
    hid_t file = H5Fcreate("fuzz_plugin.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access_list), set = new_set(q, file);
    if (frame && set >= 0) {
        const bool written = write_set(q, set, frame, size);
        if (H5Dclose(set) >= 0 && written) read_set(q, file, frame, frame + size, size);
    }
    H5Fclose(file);
    H5Pclose(access_list);
    free(frame);
}

/* ---- the entry ------------------------------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static question q;
    if (!filter_class) {
        H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
        filter_class = H5PLget_plugin_info();
        if (H5PLget_plugin_type() != H5PL_TYPE_FILTER || H5Zregister(filter_class) < 0) abort();
    }
    if (size < 3) return 0;
    q = (question){.how = data[0], .shape = fuzz_shape(data[1]), .type = fuzz_type(data[0] >> 4 & 3)};
    const uint8_t *p = data + 3, *end = data + size;
    for (uint8_t n = data[2]; n > 0 && end - p >= 4; n--, p += 4) q.words[q.nwords++] = lbc_get_le32(p);
    q.bytes = p;
    q.size = (size_t)(end - p);
    if ((q.how & 3) <= ENCODE)
        call_filter(&q);
    else
        call_hdf5(&q);
    return 0;
}
