/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/measuring.h"

#include "base/memory.h"
#include "pipeline/job.h"

#include <stdlib.h>

enum { EVERY_DECODED = 8, EVERY_AT_REST = 32 };

lbc_status lbc_measuring_prepare(lbc_measuring *m, const lbc_job *job, lbc_error *err)
{
    const lbc_options *o = job->options;
    const lbc_series *s = job->series;
    m->full = o->measure || o->draw;
    m->every = m->full ? 1 : !job->lossy ? 0 : job->at_rest ? EVERY_AT_REST : EVERY_DECODED;
    if (!m->full) return LBC_OK;
    if (lbc_measure_room(job->shape) == 0) return lbc_fail(err, LBC_E_MEMORY, "images too large to be measured");
    m->ring = lbc_alloc(job->pixels, 1);
    if (!m->ring) return lbc_fail(err, LBC_E_MEMORY, "out of memory for a report");
    const lbc_geometry geometry = {.wavelength = s->wavelength,
                                   .distance = s->distance,
                                   .pixel_x = s->pixel_x * o->bin,
                                   .pixel_y = s->pixel_y * o->bin,
                                   .beam_x = s->beam_x / o->bin,
                                   .beam_y = s->beam_y / o->bin};
    m->resolution = lbc_rings(m->ring, job->shape, &geometry);
    return LBC_OK;
}

void lbc_measuring_free(lbc_measuring *m)
{
    free(m->ring);
    *m = (lbc_measuring){0};
}
