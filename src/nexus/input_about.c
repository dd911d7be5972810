/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What exports and reports say about a series beyond what the work needs. Nothing here is required, so
 * nothing here fails but for lack of memory; what is damaged is told. */
#include "base/memory.h"
#include "nexus/input_internal.h"
#include "nexus/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

lbc_object lbc_about_find(lbc_input *input, const lbc_object *group, const char *name)
{
    lbc_object dataset;
    lbc_error why;
    if (group->id < 0) return LBC_OBJECT_NONE;
    const lbc_found found = lbc_follow_dataset(&input->shared->sources, group, name, &dataset, &why);
    if (found == LBC_BROKEN) lbc_input_note(input, LBC_LEVEL_WARNING, "%s; it is left out", why.text);
    return dataset;
}

hid_t lbc_about_open(lbc_input *input, const lbc_object *group, const char *name)
{
    return lbc_about_find(input, group, name).id;
}

static void read_words(lbc_input *input, const lbc_object *group, const char *name, char *text, size_t size)
{
    hid_t dataset = lbc_about_open(input, group, name);
    if (text[0] == '\0' && dataset >= 0) lbc_h5_text(dataset, text, size);
    lbc_h5_close(&dataset);
}

/* One number in the unit that `factor` reckons from the field's own (NULL: whatever it is). */
static double read_number(lbc_input *input, const lbc_object *group, const char *name, double (*factor)(const char *))
{
    char unit[32];
    double value = NAN;
    hid_t dataset = lbc_about_open(input, group, name);
    if (dataset >= 0 && lbc_h5_numbers(dataset, &value, 1) == 0) value = NAN;
    if (dataset >= 0 && factor && lbc_h5_attr_text(dataset, "units", unit, sizeof unit)) value *= factor(unit);
    lbc_h5_close(&dataset);
    return value;
}

/* Counts below 0 are masked. Where the detector makes such counts, that takes half of the noise away. */
static void doubt_negative_counts(lbc_input *input, const lbc_groups *groups)
{
    const double least = read_number(input, &groups->detector, "underload_value", NULL);
    const lbc_pixel_type type = input->series.type;
    const bool is_signed = type == LBC_I8 || type == LBC_I16 || type == LBC_I32;
    if (is_signed && least < -2) /* the usual marks are -1 and -2 */
        lbc_input_note(input, LBC_LEVEL_WARNING,
                       "%s: its underload_value of %g speaks of counts below 0, but these are taken for masked pixels: "
                       "the means of dark places become too high",
                       input->path, least);
}

lbc_status lbc_about_read(lbc_input *input, const lbc_groups *groups, lbc_error *err)
{
    lbc_series *s = &input->series;
    doubt_negative_counts(input, groups);
    s->sensor_thickness = read_number(input, &groups->detector, "sensor_thickness", lbc_unit_length);
    s->count_time = read_number(input, &groups->detector, "count_time", lbc_unit_time);
    s->frame_time = read_number(input, &groups->detector, "frame_time", lbc_unit_time);
    s->threshold = read_number(input, &groups->detector, "threshold_energy", lbc_unit_energy);
    read_words(input, &groups->detector, "sensor_material", s->sensor_material, sizeof s->sensor_material);
    read_words(input, &groups->detector, "description", s->description, sizeof s->description);
    read_words(input, &groups->detector, "detector_number", s->serial, sizeof s->serial);
    read_words(input, &groups->detector, "serial_number", s->serial, sizeof s->serial);
    read_words(input, &groups->entry, "start_time", s->start_time, sizeof s->start_time);
    read_words(input, &groups->specific, "data_collection_date", s->start_time, sizeof s->start_time);
    return lbc_scan_read(input, groups, err);
}
