/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* input_internal.h - inside an open input, for the files of this room.
 *
 * The way of a master through it: lbc_groups_open finds its groups by their meaning; lbc_index_build
 * finds the stored data sets behind the images (through virtual ones too) and where each frame of each
 * is; lbc_facts_read and lbc_mask_read take the fields. All that runs once, in lbc_input_open, with the
 * HDF5 lock held. input_read.c then reads frames.
 */
#ifndef LBC_NEXUS_INPUT_INTERNAL_H
#define LBC_NEXUS_INPUT_INTERNAL_H

#include "nexus/h5util.h"
#include "nexus/input.h"
#include "nexus/sources.h"

#define LBC_MAX_PIXELS (UINT64_C(1) << 31) /* of a frame: more is refused before anything is allocated */
#define LBC_MAX_FRAMES (UINT64_C(1) << 22) /* of a series */

/* ---- frames -------------------------------------------------------------------------------- */

/* Where one frame of a stored data set is. */
typedef struct lbc_place_of_frame {
    uint64_t offset;                /* LBC_NOWHERE: not a chunk of its own, or never written */
    uint64_t size;                  /* stored bytes; of a shared chunk its share */
    const lbc_chunk_format *format; /* the fast way; NULL: through HDF5 */
    const lbc_source *lacking;      /* where a part of it was never written; NULL: it can be read */
} lbc_place_of_frame;

/* A data set that holds pixels (never a virtual one, unless HDF5 must put its frames together). */
typedef struct lbc_stored {
    lbc_source *source;
    char *path;      /* inside the file */
    haddr_t address; /* of its object header: with the file, what it is */
    lbc_pixel_type type;
    lbc_shape shape;
    bool single;               /* of rank 2: one frame */
    uint64_t frames;           /* that were written, from the first to the last */
    uint64_t unwritten;        /* of these, how many were not, or not wholly */
    bool fill_masks;           /* what was not written reads as masked pixels */
    lbc_place_of_frame *place; /* [frames] */
    size_t cache_bytes;        /* chunk cache that reading frame by frame through HDF5 wants */
    hid_t dataset;             /* open for reading through HDF5, or invalid; HDF5 lock */
    uint64_t used;             /* on lbc_shared.clock; HDF5 lock */
} lbc_stored;

typedef struct lbc_frame_ref {
    uint32_t stored; /* which data set; LBC_NO_FRAME: none */
    uint32_t index;  /* which of its frames */
} lbc_frame_ref;

#define LBC_NO_FRAME UINT32_MAX

/* Frames in order, and why there are no more, where a cause is known. Zero-initialise it. */
typedef struct lbc_frame_list {
    lbc_frame_ref *frame;
    uint64_t count, capacity;
    char *missing; /* a whole message; NULL: the list is whole */
} lbc_frame_list;

/* ---- the input ----------------------------------------------------------------------------- */

/* The groups that matter, found by meaning. Invalid ids where the master has none. */
typedef struct lbc_groups {
    lbc_object root, entry, instrument, detector, specific, beam, sample, sample_beam, data;
} lbc_groups;

/* A message that waits until the HDF5 lock is free. */
typedef struct lbc_note {
    struct lbc_note *next;
    lbc_level level;
    char text[];
} lbc_note;

/* What changes after lbc_input_open, under locks. */
typedef struct lbc_shared {
    lbc_sources sources;    /* 0: the master, which stays open as HDF5 file */
    uint32_t datasets_open; /* for reading through HDF5; this and the next: HDF5 lock */
    uint64_t clock;
} lbc_shared;

struct lbc_input {
    char *path;
    lbc_input_options options;
    lbc_shared *shared;
    lbc_note *notes, **last_note;

    lbc_series series;
    char saturation_from[256];
    uint32_t *mask;
    double *angles;
    lbc_module *modules;

    lbc_chunk_format **formats; /* one for each different way of storing */
    uint32_t nformats;
    lbc_stored *stored;
    uint32_t nstored, stored_capacity;
    lbc_frame_list frames;
    uint64_t mapped; /* work that virtual data sets have asked for so far (input_virtual.c) */
};

/* An input without files or frames; options may be NULL. NULL: out of memory. */
lbc_input *lbc_input_new(const char *path, const lbc_input_options *options);

/* A message for options.log, sent when lbc_input_open has left HDF5. */
void lbc_input_note(lbc_input *input, lbc_level level, const char *format, ...) LBC_PRINTF(3, 4);

/* ---- the index ----------------------------------------------------------------------------- */

/* Fills frames, stored, and of series: frames, shape, type, bytes, files. data: the NXdata group. */
lbc_status lbc_index_build(lbc_input *input, const lbc_object *data, lbc_error *err);
/* Forgets all frames and stored data sets. */
void lbc_index_clear(lbc_input *input);
/* Appends the frames of a data set, virtual or not. depth: virtual data sets passed through so far. */
lbc_status lbc_index_dataset(lbc_input *input, const lbc_object *dataset, int depth, lbc_frame_list *list,
                             lbc_error *err);
bool lbc_is_virtual(hid_t dataset);
/* The same for one that is virtual. */
lbc_status lbc_index_virtual(lbc_input *input, const lbc_object *dataset, int depth, lbc_frame_list *list,
                             lbc_error *err);
/* Finds or makes the entry of a data set that is not virtual. *which: its number. */
lbc_status lbc_index_stored(lbc_input *input, const lbc_object *dataset, uint32_t *which, lbc_error *err);
/* The entry of a virtual data set whose frames HDF5 must put together from pieces that are stored as `type`. */
lbc_status lbc_index_pieces(lbc_input *input, const lbc_object *dataset, lbc_pixel_type type, uint32_t *which,
                            lbc_error *err);

lbc_status lbc_frame_list_add(lbc_frame_list *list, uint32_t stored, uint64_t index, lbc_error *err);
/* Notes why the list ends, unless a cause is known already. */
lbc_status lbc_frame_list_end(lbc_frame_list *list, const char *why, lbc_error *err);
void lbc_frame_list_free(lbc_frame_list *list);

/* Pixel type of an HDF5 type; *native: stored as this machine and the codecs have it. False: it is no
 * integer of 8, 16 or 32 bits. */
bool lbc_pixel_type_of(hid_t type, lbc_pixel_type *pixel, bool *native);
/* The memory type that HDF5 converts to. Predefined: not to be closed. */
hid_t lbc_pixel_native(lbc_pixel_type type);
const char *lbc_pixel_name(lbc_pixel_type type); /* "16-bit unsigned" */
/* How chunks of a data set that are whole frames are stored: *format belongs to the input; NULL: as only
 * HDF5 can decode. skipped: the filter mask. */
lbc_status lbc_index_format(lbc_input *input, hid_t dataset, lbc_pixel_type type, lbc_shape shape, uint32_t skipped,
                            const lbc_chunk_format **format, lbc_error *err);

/* ---- the fields ---------------------------------------------------------------------------- */

/* The error of an input that holds images and nothing about them: it names the master to give instead, where that can
 * be guessed. */
lbc_status lbc_input_is_data_file(const lbc_input *input, lbc_error *err);
/* Fills nimages and ntrigger of series; before the index, which needs them where images seem to be missing. */
lbc_status lbc_claim_read(lbc_input *input, const lbc_groups *groups, lbc_error *err);
/* Images the master speaks of: nimages x ntrigger; 0: it does not say. */
uint64_t lbc_claimed(const lbc_series *series);
/* Fills the rest of series but the mask; after the index, since sizes come from the images. */
lbc_status lbc_facts_read(lbc_input *input, const lbc_groups *groups, lbc_error *err);
/* Reads the pixel mask into input->mask, or leaves it NULL, with a note where there is one that does not serve. */
lbc_status lbc_mask_read(lbc_input *input, const lbc_groups *groups, lbc_error *err);

/* Fills modules of series. What is missing or odd in them is left 0. */
lbc_status lbc_modules_read(lbc_input *input, const lbc_groups *groups, lbc_error *err);

/* ---- for the master's writer (HDF5 lock held) ------------------------------------------------ */

/* The master and all files it leads to. Following links opens files as they are needed; lbc_input_rest
 * closes them again, but not the master. */
lbc_sources *lbc_input_sources(const lbc_input *input);
/* The groups that matter. LBC_E_FORMAT when there is not even an entry. */
lbc_status lbc_groups_open(const lbc_input *input, lbc_groups *groups, lbc_error *err);
void lbc_groups_close(lbc_groups *groups);
void lbc_input_rest(const lbc_input *input);

/* ---- what may be known besides (input_about.c) --------------------------------------------------- */

/* Fills angles, times and words of series. What is missing or odd is left unknown. */
lbc_status lbc_about_read(lbc_input *input, const lbc_groups *groups, lbc_error *err);
/* A dataset that need not be there; one that is damaged is told. */
hid_t lbc_about_open(lbc_input *input, const lbc_object *group, const char *name);
/* The same, and the file that it is in. */
lbc_object lbc_about_find(lbc_input *input, const lbc_object *group, const char *name);
/* Fills the angles of series, its axis, and how its detector is turned (input_scan.c); serial, distance and modules
 * must be known. */
lbc_status lbc_scan_read(lbc_input *input, const lbc_groups *groups, lbc_error *err);

#endif
