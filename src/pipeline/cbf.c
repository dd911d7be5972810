/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/cbf.h"

#include "base/memory.h"
#include "base/place.h"
#include "metadata/image.h"
#include "metadata/isotime.h"
#include "pipeline/clear.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

char *lbc_cbf_name(const lbc_job *job, uint64_t k)
{
    return lbc_asprintf("%s_%06" PRIu64 ".cbf", job->options->minicbf, k + 1);
}

static const double usual = 0.99985551; /* cosine of 0.017: readers refine a degree */

/* Without what is 0 but for rounding. */
static void tidy(double out[3], const double in[3])
{
    for (int i = 0; i < 3; i++) out[i] = fabs(in[i]) < 1e-6 ? 0 : in[i];
}

static void doubt_detector(const lbc_job *job)
{
    double x[3], y[3];
    tidy(x, job->series->fast);
    tidy(y, job->series->slow);
    if (-x[0] > usual && -y[1] > usual) return;
    lbc_log_send(
        &job->log, LBC_LEVEL_WARNING,
        "the detector is turned: its rows run along (%.4g, %.4g, %.4g) and its columns along (%.4g, %.4g, %.4g) "
        "in the frame of NeXus; readers of miniCBF, whose header has no place for it, assume (-1, 0, 0) and "
        "(0, -1, 0), square to the beam: tell it to them (XDS: DIRECTION_OF_DETECTOR_X-AXIS= %.4g %.4g %.4g "
        "DIRECTION_OF_DETECTOR_Y-AXIS= %.4g %.4g %.4g), or let them read the master",
        x[0], x[1], x[2], y[0], y[1], y[2], 0 - x[0], 0 - x[1], x[2], 0 - y[0], 0 - y[1], y[2]);
}

static void doubt_axis(const lbc_job *job)
{
    const lbc_series *s = job->series;
    double v[3];
    if (!(fabs(s->oscillation) > 0) || -s->axis[0] > usual) return;
    tidy(v, s->axis);
    /* XDS: x along the detector's fast axis, y along its slow one, z along the beam. imgCIF: y up, z against it. */
    lbc_log_send(
        &job->log, LBC_LEVEL_WARNING,
        "the images turn about (%.4g, %.4g, %.4g) in the frame of NeXus; readers of miniCBF, whose header has "
        "no place for it, assume (-1, 0, 0), which they call (1, 0, 0): tell it to them by ROTATION_AXIS= %.4g "
        "%.4g %.4g (XDS) or geometry.goniometer.axis=%.4g,%.4g,%.4g (DIALS)",
        v[0], v[1], v[2], 0 - v[0], 0 - v[1], v[2], 0 - v[0], v[1], 0 - v[2]);
}

void lbc_cbf_doubt_geometry(const lbc_job *job)
{
    if (!job->options->minicbf || !job->writes_master || !job->input) return;
    doubt_axis(job);
    doubt_detector(job);
}

static lbc_image image_of(const lbc_job *job, uint64_t k)
{
    const lbc_series *s = job->series;
    uint64_t first;
    uint32_t count;
    lbc_plan_group(&job->plan, k, &first, &count);
    const lbc_image before = {s->pixel_x,
                              s->pixel_y,
                              s->beam_x,
                              s->beam_y,
                              s->count_time,
                              s->frame_time,
                              s->angles ? s->angles[first] : NAN,
                              s->oscillation};
    return lbc_image_after(before, job->options->bin, count);
}

/* When the image began, which dxtbx takes it for; where that cannot be told, when the series did. */
static const char *date_of(const lbc_job *job, uint64_t k, char moved[LBC_TIME_SIZE])
{
    uint64_t first;
    uint32_t count;
    lbc_plan_group(&job->plan, k, &first, &count);
    const double seconds = (double)first * job->change.frame_time;
    return seconds > 0 && lbc_time_add(job->series->start_time, seconds, moved) ? moved : job->series->start_time;
}

lbc_status lbc_cbf_make(const lbc_job *job, uint64_t k, const int32_t *frame, uint8_t *out, size_t capacity,
                        size_t *size)
{
    const lbc_series *s = job->series;
    const lbc_image image = image_of(job, k);
    const char *slash = strrchr(job->options->minicbf, '/');
    char name[128], date[LBC_TIME_SIZE];
    snprintf(name, sizeof name, "%.100s_%06" PRIu64, slash ? slash + 1 : job->options->minicbf, k + 1);
    const lbc_minicbf_facts facts = {.job = job->identity,
                                     .number = k + 1,
                                     .name = name,
                                     .detector = s->description,
                                     .serial = s->serial,
                                     .date = date_of(job, k, date),
                                     .material = s->sensor_material,
                                     .pixel_x = image.pixel_x,
                                     .pixel_y = image.pixel_y,
                                     .thickness = s->sensor_thickness,
                                     .distance = s->distance,
                                     .exposure_time = image.exposure_time,
                                     .exposure_period = image.exposure_period,
                                     .threshold = s->threshold,
                                     .wavelength = s->wavelength,
                                     .beam_x = image.beam_x,
                                     .beam_y = image.beam_y,
                                     .start_angle = image.start_angle,
                                     .angle_increment = image.angle_increment,
                                     .cutoff = job->limit,
                                     .overloaded = job->store.overloaded,
                                     .bin = job->options->bin};
    return lbc_minicbf_write(&facts, frame, job->shape, out, capacity, size);
}

static int write_all(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wbx"); /* exclusive, as base/place.h wants it */
    if (!file) return -1;
    const bool written = fwrite(bytes, 1, size, file) == size;
    const int why = errno;
    if (fclose(file)) return -1;
    errno = why;
    return written ? 0 : -1;
}

/* What is in the place of a file may go: the user says so, or it is of the very job that is resumed. */
static lbc_status may_replace(const lbc_job *job, uint64_t k, bool *may, lbc_error *err)
{
    lbc_minicbf_state state = LBC_MINICBF_FOREIGN;
    const bool look = job->options->resume && !job->options->overwrite;
    const lbc_status status = look ? lbc_cbf_check(job, k, &state, err) : LBC_OK;
    *may = job->options->overwrite || state != LBC_MINICBF_FOREIGN;
    return status;
}

lbc_status lbc_cbf_put(const lbc_job *job, uint64_t k, const uint8_t *bytes, size_t size, lbc_error *err)
{
    bool replace;
    lbc_place place = {0};
    char *path = lbc_cbf_name(job, k);
    lbc_status status = path ? lbc_place_begin(&place, path, err) : lbc_fail(err, LBC_E_MEMORY, "out of memory");
    if (status == LBC_OK && write_all(place.temporary, bytes, size))
        status = lbc_fail(err, LBC_E_IO, "%s: cannot be written: %s", path, strerror(errno));
    if (status == LBC_OK) status = lbc_clear_away(job, err);
    if (status == LBC_OK) status = may_replace(job, k, &replace, err);
    if (status == LBC_OK) status = lbc_place_commit(&place, replace, err);
    lbc_place_drop(&place);
    free(path);
    return status;
}

/* ---- what is there -------------------------------------------------------------------------- */

/* The first bytes of a regular file, up to capacity; 0: it cannot be read. */
static size_t read_file(const char *path, uint8_t *bytes, size_t capacity)
{
    struct stat there;
    FILE *file = stat(path, &there) == 0 && S_ISREG(there.st_mode) ? fopen(path, "rbe") : NULL;
    const size_t size = file ? fread(bytes, 1, capacity, file) : 0;
    if (file) (void)fclose(file);
    return size;
}

lbc_status lbc_cbf_check(const lbc_job *job, uint64_t k, lbc_minicbf_state *state, lbc_error *err)
{
    const size_t room = lbc_minicbf_bound(job->shape) + 1; /* for one byte more than a file of ours can have */
    char *path = lbc_cbf_name(job, k);
    uint8_t *bytes = lbc_alloc(room, 1);
    const bool room_there = path && bytes;
    if (room_there) *state = lbc_minicbf_check(bytes, read_file(path, bytes, room), job->identity, k + 1);
    free(bytes);
    free(path);
    return room_there ? LBC_OK : lbc_fail(err, LBC_E_MEMORY, "out of memory");
}

lbc_status lbc_cbf_clear_away(const lbc_job *job, const char *old_job, lbc_error *err)
{
    lbc_status status = LBC_OK;
    bool its = true;
    for (uint64_t k = job->plan.groups; status == LBC_OK && its; k++) {
        uint8_t head[LBC_MINICBF_HEAD];
        char *path = lbc_cbf_name(job, k);
        if (!path) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
        its = lbc_minicbf_check(head, read_file(path, head, sizeof head), old_job, k + 1) != LBC_MINICBF_FOREIGN;
        if (its) status = lbc_place_remove(path, err);
        free(path);
    }
    return status;
}
