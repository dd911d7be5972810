/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* input.h - an image series in NeXus HDF5, opened once and indexed.
 *
 * lbc_input_open reads the master and finds every frame: in which file, at what offset, how long, by
 * which filters. Frames whose chunk is one frame behind one filter that src/codec knows are then read
 * without HDF5 (pread and decode, by any number of threads at once); all others through HDF5, under
 * the library's lock.
 */
#ifndef LBC_NEXUS_INPUT_H
#define LBC_NEXUS_INPUT_H

#include "codec/codec.h"
#include "metadata/geometry.h"

#include <stdbool.h>

typedef struct lbc_input lbc_input;

typedef struct lbc_log { /* where warnings and notices go; fn may be NULL */
    lbc_message_fn *fn;
    void *user;
} lbc_log;
void lbc_log_send(const lbc_log *log, lbc_level level, const char *format, ...) LBC_PRINTF(3, 4);

/* Facts about the series, all checked and in fixed units. Lengths in m, angles in degrees, wavelength
 * in angstrom, energies in eV. NAN: the master does not say. */
typedef struct lbc_series {
    uint64_t frames;   /* that exist */
    uint64_t nimages;  /* as the master claims, 0: not said */
    uint64_t ntrigger; /* as the master claims, 0: not said */
    lbc_shape shape;
    lbc_pixel_type type;         /* of the stored pixels, not of a virtual dataset over them */
    int64_t saturation;          /* S: a count above it is overloaded */
    const char *saturation_from; /* path of the field, or "pixel type" */
    const uint32_t *mask;        /* pixel mask [ny * nx], as stored; NULL: none */
    double wavelength, distance, pixel_x, pixel_y, beam_x, beam_y; /* beam centre in pixels */
    double oscillation;                                            /* width of one image, degrees */
    double axis[3];            /* that is scanned: a unit vector in NeXus's frame, as the axes below it are set */
    double fast[3], slow[3];   /* the same of the detector's rows and columns */
    const double *angles;      /* [frames], where each image begins about it; NULL, or NAN for an image: unknown */
    bool angles_by_step;       /* these are reckoned from the first and the width, not told one by one */
    const lbc_module *modules; /* [nmodules] of the detector; without any, the image is one */
    uint32_t nmodules;
    double sensor_thickness, count_time, frame_time, threshold;            /* m, s, s, eV */
    char sensor_material[32], description[96], serial[48], start_time[48]; /* "": unknown */
    uint64_t bytes;                                                        /* of all files the frames are in */
    uint32_t files; /* data files (1 when the frames are in the master) */
} lbc_series;

/* The axis moves by its step, and where each image begins is not told. */
static inline bool lbc_turns_by_step(const lbc_series *s)
{
    return s->angles_by_step && s->oscillation != 0;
}

/* through_hdf5: read every frame through HDF5 (for tests and for finding faults). heads_only: leave the pixels of the
 * mask unread, as if there were none (for a rehearsal). */
typedef struct lbc_input_options {
    bool through_hdf5, heads_only;
    lbc_log log;
} lbc_input_options;

/* Opens path for reading only: nothing is locked, nothing written, and a read-only medium will do. All
 * that a series must have is checked here, but for its being whole (an aborted collection may still be
 * read in part): see lbc_input_complete. Errors name the file, the field and the remedy. */
lbc_status lbc_input_open(lbc_input **input, const char *path, const lbc_input_options *options, lbc_error *err);
void lbc_input_close(lbc_input *input); /* NULL is allowed */

/* LBC_OK when every frame the master speaks of is there and no more: nimages x ntrigger, where it gives
 * both, and every link and virtual frame. Else LBC_E_FORMAT with a message that names -N. To be asked
 * unless the last frame wanted was given and is below series->frames. */
lbc_status lbc_input_complete(const lbc_input *input, lbc_error *err);

const lbc_series *lbc_input_series(const lbc_input *input);
const char *lbc_input_path(const lbc_input *input);
/* Path of each file read: 0 the master, then data and metadata files; NULL beyond the last. Valid until
 * lbc_input_close. */
const char *lbc_input_file(const lbc_input *input, uint32_t n);
/* True when path is, by device and inode, one of the files read; of no input (NULL) none is. */
bool lbc_input_is_file(const lbc_input *input, const char *path);

/* Where a frame is: path of its file, and byte offset of its chunk (0 when it has none of its own), for
 * messages. */
const char *lbc_input_frame_place(const lbc_input *input, uint64_t frame, uint64_t *offset);
/* True when the frame is number `index` (0-based) of those stored in the file at path. */
bool lbc_input_frame_is(const lbc_input *input, uint64_t frame, const char *path, uint64_t index);
/* True when the frame takes the fast way. */
bool lbc_input_frame_is_fast(const lbc_input *input, uint64_t frame);
/* Stored bytes of a frame (its chunk; of a shared chunk its share), for figures. */
uint64_t lbc_input_frame_bytes(const lbc_input *input, uint64_t frame);

/* Per-thread reading state: a chunk buffer and decoder memory. */
typedef struct lbc_frame_reader lbc_frame_reader;
lbc_frame_reader *lbc_frame_reader_new(void); /* NULL: out of memory */
void lbc_frame_reader_free(lbc_frame_reader *reader);

/* Decodes frame (0-based over the whole series) into sink, in series->type. Any number of threads, a
 * reader each. An error names frame (from 1, as -N counts), file and offset; the sink may have had pixels
 * before it. A frame of which any part was never written is LBC_E_FORMAT, unless the fill value masks it.
 * sink NULL: the stored bytes are read and not decoded, for lbc_frame_reader_crc. */
lbc_status lbc_input_read(const lbc_input *input, lbc_frame_reader *reader, uint64_t frame, const lbc_pixel_sink *sink,
                          lbc_error *err);
/* The same with pixels that are asked for: begin reads the stored bytes, next decodes what comes next, up to 0 pixels
 * at the end. They are the reader's until the next call. begin: LBC_E_UNSUPPORTED, without a message, when the frame
 * comes only whole. A failure of next has no message either; lbc_input_read has. */
lbc_status lbc_input_begin(const lbc_input *input, lbc_frame_reader *reader, uint64_t frame, lbc_error *err);
lbc_status lbc_input_next(lbc_frame_reader *reader, const void **pixels, size_t *count);
/* Of the frame read last: CRC-32C of its number (from 0, 8 bytes, little-endian) and its stored chunk; where it has
 * none of its own, of its number and its pixels. */
uint32_t lbc_frame_reader_crc(const lbc_frame_reader *reader);
/* The stored chunk itself, when the frame is fast: *format points into the input, *bytes into the
 * reader (valid until its next use). LBC_E_UNSUPPORTED when the frame is not fast. */
lbc_status lbc_input_read_chunk(const lbc_input *input, lbc_frame_reader *reader, uint64_t frame,
                                const lbc_chunk_format **format, const uint8_t **bytes, size_t *size, lbc_error *err);

#endif
