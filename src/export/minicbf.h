/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* minicbf.h - one image as a miniCBF file: mini header 1.2 as DECTRIS detectors write it, pixels by the
 * byte-offset algorithm of imgCIF (International Tables G, section 3.3; CBFlib's x-CBF_BYTE_OFFSET).
 *
 * Own code, since CBFlib writes through temporary files and one FILE at a time; the tests read the
 * result with CBFlib.
 *
 * The second line is ours, and no reader's: a comment that says which image of which job this is, with a CRC-32C of the
 * whole file, its own eight digits as zeros:
 *     # l_bnl_compress job 0123456789abcdef01234567 image 17 crc32c 89abcdef
 */
#ifndef LBC_EXPORT_MINICBF_H
#define LBC_EXPORT_MINICBF_H

#include "frame/frame.h"

/* What the header says. NAN and "": left out. */
typedef struct lbc_minicbf_facts {
    const char *job;                                 /* a word */
    uint64_t number;                                 /* of the image, from 1 */
    const char *name;                                /* of the data block */
    const char *detector, *serial, *date, *material; /* "Eiger 4M", "E-08-0102", ISO 8601, "Si" */
    double pixel_x, pixel_y, thickness, distance;    /* m */
    double exposure_time, exposure_period;           /* s */
    double threshold;                                /* eV */
    double wavelength;                               /* angstrom */
    double beam_x, beam_y;                           /* pixels */
    double start_angle, angle_increment;             /* degrees */
    int64_t cutoff;                                  /* S' */
    int64_t overloaded;                              /* what an overloaded pixel is written as */
    uint32_t bin; /* above 1 the header says so, and is no detector's own: dxtbx takes the names Eiger and PILATUS in
                   * "Detector:" as a promise of a known image size, and opens no file of another. The serial number
                   * is there as ever, but without the name it chooses none of dxtbx's beamlines (docs/READERS.md) */
} lbc_minicbf_facts;

/* Largest file of an image of this shape. */
size_t lbc_minicbf_bound(lbc_shape shape);

/* Writes a file from a working frame: counts as they are, masked -1. */
lbc_status lbc_minicbf_write(const lbc_minicbf_facts *facts, const int32_t *frame, lbc_shape shape, uint8_t *out,
                             size_t capacity, size_t *size);

typedef enum lbc_minicbf_state {
    LBC_MINICBF_FOREIGN, /* not this image of this job, or it cannot tell */
    LBC_MINICBF_DAMAGED,
    LBC_MINICBF_WHOLE
} lbc_minicbf_state;

#define LBC_MINICBF_HEAD 4096 /* bytes of a file that are enough to tell foreign from damaged */

lbc_minicbf_state lbc_minicbf_check(const uint8_t *file, size_t size, const char *job, uint64_t number);

#endif
