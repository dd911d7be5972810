/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/bare_master.h"

#include "base/memory.h"
#include "nexus/h5out.h"
#include "nexus/h5write.h"
#include "nexus/input_internal.h"

#include <math.h>
#include <stdlib.h>

static bool put_text(hid_t group, const char *name, const char *text)
{
    return !*text || lbc_h5_put_string(group, name, text);
}

static bool put_number(hid_t group, const char *name, double value, const char *units)
{
    return isnan(value) || lbc_h5_put_double(group, name, value, units);
}

static bool put_detector(hid_t instrument, const lbc_series *s)
{
    hid_t detector = lbc_h5_create_group(instrument, "detector", "NXdetector");
    const bool ok = detector >= 0 && put_text(detector, "description", s->description) &&
                    put_text(detector, "detector_number", s->serial) &&
                    put_number(detector, "frame_time", s->frame_time, "s") &&
                    put_number(detector, "count_time", s->count_time, "s") &&
                    put_text(detector, "sensor_material", s->sensor_material) &&
                    put_number(detector, "sensor_thickness", s->sensor_thickness, "m");
    lbc_h5_close(&detector);
    return ok;
}

/* Where each image begins, or ends. */
static bool put_angles(hid_t group, const char *name, const lbc_series *s, double from_begin)
{
    const hsize_t n = s->frames;
    double *angle = lbc_alloc(n, sizeof *angle);
    for (hsize_t i = 0; angle && i < n; i++) angle[i] = s->angles[i] + from_begin;
    const bool ok = angle && lbc_h5_put(group, name, H5T_IEEE_F64LE, 1, &n, angle) &&
                    lbc_h5_set_text(group, name, "units", "degree");
    free(angle);
    return ok;
}

static bool put_sample(hid_t entry, const lbc_series *s)
{
    hid_t sample = lbc_h5_create_group(entry, "sample", "NXsample");
    hid_t axes = sample < 0 ? sample : lbc_h5_create_group(sample, "transformations", "NXtransformations");
    const bool ok = axes >= 0 && put_angles(axes, "omega", s, 0) && put_angles(axes, "omega_end", s, s->oscillation);
    lbc_h5_close(&axes);
    lbc_h5_close(&sample);
    return ok;
}

static bool put_all(hid_t file, const lbc_series *s)
{
    hid_t entry = lbc_h5_create_group(file, "entry", "NXentry"), data = H5I_INVALID_HID, instrument = H5I_INVALID_HID;
    const bool ok = entry >= 0 && put_text(entry, "start_time", s->start_time) &&
                    (data = lbc_h5_create_group(entry, "data", "NXdata")) >= 0 &&
                    (instrument = lbc_h5_create_group(entry, "instrument", "NXinstrument")) >= 0 &&
                    put_detector(instrument, s) && put_sample(entry, s);
    lbc_h5_close(&instrument);
    lbc_h5_close(&data);
    lbc_h5_close(&entry);
    return ok;
}

lbc_status lbc_bare_master_write(const char *path, const lbc_series *series, lbc_error *err)
{
    char why[LBC_H5_WHY];
    lbc_status status = LBC_OK;
    lbc_h5_enter();
    hid_t file = lbc_h5_create_file(path);
    if (file < 0 || !put_all(file, series)) status = lbc_fail(err, LBC_E_IO, "%s: %s", path, lbc_h5_why(why));
    if (file >= 0) {
        const lbc_status closed = lbc_h5_out_close(&file, path, status ? NULL : err);
        if (status == LBC_OK) status = closed;
    }
    lbc_h5_leave();
    return status;
}

lbc_status lbc_bare_master_open(lbc_input **opened, const char *path, const lbc_series *series, lbc_error *err)
{
    lbc_source *master;
    lbc_input *input = *opened = lbc_input_new(path, NULL);
    if (!input) return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", path);
    input->series = *series;
    lbc_h5_enter();
    const lbc_status status = lbc_sources_add(&input->shared->sources, path, &master, err);
    lbc_h5_leave();
    if (status == LBC_OK) return LBC_OK;
    lbc_input_close(input);
    *opened = NULL;
    return status;
}
