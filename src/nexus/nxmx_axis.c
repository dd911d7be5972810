/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/nxmx_axis.h"

#include "metadata/geometry.h"
#include "nexus/h5util.h"
#include "nexus/h5write.h"
#include "nexus/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* By habit of the field: the axis nearest to the base is the one that is scanned. */
static const char *const axis_names[] = {"omega", "phi", "kappa", "chi"};
enum { AXES = sizeof axis_names / sizeof axis_names[0] };

static const char *const places[] = {"transformations", "goniometer"};
enum { PLACES = sizeof places / sizeof places[0] };

/* How far the values of a field spread; NAN: there is no such field, or it has no numbers. */
static double spread_of(hid_t group, const char *name, double *first)
{
    double spread = NAN;
    if (!lbc_h5_has_link(group, name)) return spread;
    hid_t set = H5Dopen2(group, name, H5P_DEFAULT);
    lbc_value value = {.type = H5I_INVALID_HID, .owner = H5I_INVALID_HID};
    double *numbers = NULL;
    if (set >= 0 && lbc_value_read_dataset(&value, set, NULL) == LBC_OK && lbc_value_is_number(&value) && value.count)
        numbers = lbc_value_get_numbers(&value);
    if (numbers) {
        double low = numbers[0], high = numbers[0];
        for (size_t i = 1; i < value.count; i++) {
            low = fmin(low, numbers[i]);
            high = fmax(high, numbers[i]);
        }
        *first = numbers[0];
        spread = high - low;
    }
    free(numbers);
    lbc_value_free(&value);
    lbc_h5_close(&set);
    return spread;
}

/* 0: no such axis here; 1: it stands still; 2: it moves. */
static int activity(hid_t group, const char *axis)
{
    char name[64];
    double start = 0, end = 0;
    const double spread = spread_of(group, axis, &start);
    if (isnan(spread)) return 0;
    if (spread > 0) return 2;
    snprintf(name, sizeof name, "%s_end", axis);
    return !isnan(spread_of(group, name, &end)) && end != start ? 2 : 1;
}

/* The place and the axis that serve best: one that moves, else the first that is there. */
static bool choose(hid_t sample, const char **place, const char **axis)
{
    int best = 0;
    for (int a = 0; a < AXES; a++)
        for (int p = 0; p < PLACES; p++) {
            if (!lbc_h5_has_link(sample, places[p])) continue;
            hid_t group = H5Gopen2(sample, places[p], H5P_DEFAULT);
            const int found = group < 0 ? 0 : activity(group, axis_names[a]);
            lbc_h5_close(&group);
            if (found <= best) continue;
            best = found;
            *place = places[p];
            *axis = axis_names[a];
        }
    return best > 0;
}

static bool copy_field(hid_t from, hid_t to, const char *name)
{
    if (lbc_h5_has_link(to, name) || !lbc_h5_has_link(from, name)) return true;
    hid_t set = H5Dopen2(from, name, H5P_DEFAULT), copy = H5I_INVALID_HID;
    lbc_value value = {.type = H5I_INVALID_HID, .owner = H5I_INVALID_HID};
    bool ok = set >= 0 && lbc_value_read_dataset(&value, set, NULL) == LBC_OK &&
              lbc_value_write(&value, to, name, LBC_LAYOUT_BY_SIZE);
    if (ok) {
        copy = H5Dopen2(to, name, H5P_DEFAULT);
        ok = copy >= 0 && lbc_copy_attributes(set, copy, false, NULL);
    }
    lbc_h5_close(&copy);
    lbc_value_free(&value);
    lbc_h5_close(&set);
    return ok;
}

static bool need_text(hid_t group, const char *name, const char *attribute, const char *text)
{
    return H5Aexists_by_name(group, name, attribute, H5P_DEFAULT) > 0 || lbc_h5_set_text(group, name, attribute, text);
}

static bool need_vector(hid_t group, const char *name, const char *attribute, const double vector[3])
{
    return H5Aexists_by_name(group, name, attribute, H5P_DEFAULT) > 0 ||
           lbc_h5_set_double3(group, name, attribute, vector);
}

static bool describe_axis(hid_t group, const char *axis)
{
    static const double nowhere[3];
    return need_text(group, axis, "transformation_type", "rotation") &&
           need_vector(group, axis, "vector", lbc_rotation_vector) && need_vector(group, axis, "offset", nowhere) &&
           need_text(group, axis, "units", "degree") && need_text(group, axis, "depends_on", ".");
}

static bool put_axis(hid_t sample, const char *place, const char *axis)
{
    char end[64];
    snprintf(end, sizeof end, "%s_end", axis);
    hid_t to = lbc_h5_need_group(sample, "transformations", "NXtransformations");
    hid_t from = H5Gopen2(sample, place, H5P_DEFAULT);
    const bool ok =
        to >= 0 && from >= 0 && copy_field(from, to, axis) && copy_field(from, to, end) && describe_axis(to, axis);
    lbc_h5_close(&from);
    lbc_h5_close(&to);
    return ok;
}

bool lbc_nxmx_complete_axis(hid_t sample, const char *sample_path)
{
    const char *place = NULL, *axis = NULL;
    char path[1200];
    if (lbc_h5_has_link(sample, "depends_on") || !choose(sample, &place, &axis)) return true;
    snprintf(path, sizeof path, "%s/transformations/%s", sample_path, axis);
    return put_axis(sample, place, axis) && lbc_h5_put_string(sample, "depends_on", path);
}
