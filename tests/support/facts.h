/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* facts.h - what a master needs to say of images that were made up, in one data file PREFIX_000001.h5. */
#ifndef LBC_TESTS_FACTS_H
#define LBC_TESTS_FACTS_H

#include "nexus/filewriter.h"

/* The caller adds a dialect, where it is not the first, and a mask with how many pixels it excludes. */
static inline lbc_filewriter made_up_facts(lbc_shape shape, uint32_t frames, const char *prefix, const char *codec)
{
    return (lbc_filewriter){.dialect = LBC_DIALECT_FILEWRITER1,
                            .description = "Dectris Eiger",
                            .serial = "E-00",
                            .compression = codec,
                            .sensor_material = "Si",
                            .instrument = "test",
                            .date = "2026-01-01T00:00:00",
                            .shape = shape,
                            .type = LBC_U16,
                            .nimages = frames,
                            .ntrigger = 1,
                            .wavelength = 1,
                            .distance = 0.1,
                            .pixel_size = 75e-6,
                            .sensor_thickness = 45e-5,
                            .beam_x = shape.nx / 2.0,
                            .beam_y = shape.ny / 2.0,
                            .frame_time = 0.01,
                            .omega_step = 0.1,
                            .cutoff = 1000,
                            .data_prefix = prefix,
                            .first_file = 1,
                            .files = 1,
                            .images_per_file = frames};
}

#endif
