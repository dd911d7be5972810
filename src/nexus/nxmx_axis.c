/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/nxmx_axis.h"

#include "base/memory.h"
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

/* What the values of a field are. */
typedef struct values {
    uint64_t count;             /* 0: there is no such field, or it has no numbers */
    double first, step, spread; /* step: from the first to the second, 0 without one */
} values;

static values look_at(hid_t group, const char *axis, const char *end)
{
    char name[64];
    values v = {.first = NAN};
    snprintf(name, sizeof name, "%s%s", axis, end);
    if (!lbc_h5_has_link(group, name)) return v;
    hid_t set = H5Oopen(group, name, H5P_DEFAULT);
    lbc_value value = {.type = H5I_INVALID_HID, .owner = H5I_INVALID_HID};
    double *numbers = NULL;
    if (set >= 0 && H5Iget_type(set) == H5I_DATASET && lbc_value_read_dataset(&value, set, NULL) == LBC_OK &&
        lbc_value_is_number(&value) && value.count)
        numbers = lbc_value_get_numbers(&value);
    if (numbers) {
        double low = numbers[0], high = numbers[0];
        for (size_t i = 1; i < value.count; i++) {
            low = fmin(low, numbers[i]);
            high = fmax(high, numbers[i]);
        }
        v = (values){value.count, numbers[0], value.count > 1 ? numbers[1] - numbers[0] : 0, high - low};
    }
    free(numbers);
    lbc_value_free(&value);
    lbc_h5_close(&set);
    return v;
}

/* Where an axis begins, and how far it goes from frame to frame, without its values. False: that is not told. A single
 * value is that of the input's first image. */
static bool step_of(hid_t group, const char *axis, const lbc_change *change, double *first, double *step)
{
    uint64_t image;
    uint32_t count;
    const values start = look_at(group, axis, "_start"), value = look_at(group, axis, "");
    const values increment = look_at(group, axis, "_increment"), average = look_at(group, axis, "_range_average");
    *step = increment.count ? increment.first : average.first;
    change->group(change->plan, 0, &image, &count);
    *first = start.count ? start.first : value.first + (double)image * *step / change->sum;
    return isfinite(*first) && isfinite(*step);
}

/* What is known of an axis, the better the higher. */
typedef enum merit {
    UNKNOWN,
    STILL_BY_STEP,
    STILL, /* by a value for each frame */
    MOVES_BY_STEP,
    MOVES
} merit;

/* Fewer values than images were not sampled when sum of them became one. They may be as many as frames by chance, but
 * then go on by the input's step. */
static bool is_of_input(const values *v, uint32_t sum, double step)
{
    return sum > 1 && v->count > 1 && step != 0 && fabs(v->step * sum - step) < 0.01 * fabs(step);
}

static merit merit_of(hid_t group, const char *axis, const lbc_change *change)
{
    double first, step;
    const bool told = step_of(group, axis, change, &first, &step);
    const values start = look_at(group, axis, ""), end = look_at(group, axis, "_end");
    if (start.count == change->groups && !(told && is_of_input(&start, change->sum, step)))
        return start.spread > 0 || (end.count && end.first != start.first) ? MOVES : STILL;
    return !told ? UNKNOWN : step != 0 ? MOVES_BY_STEP : STILL_BY_STEP;
}

/* The place and the axis that serve best: one that moves, else the first that is there. */
static merit choose(hid_t sample, const lbc_change *change, const char **place, const char **axis)
{
    merit best = UNKNOWN;
    for (int a = 0; a < AXES; a++)
        for (int p = 0; p < PLACES; p++) {
            if (!lbc_h5_has_link(sample, places[p])) continue;
            hid_t group = H5Gopen2(sample, places[p], H5P_DEFAULT);
            const merit found = group < 0 ? UNKNOWN : merit_of(group, axis_names[a], change);
            lbc_h5_close(&group);
            if (found <= best) continue;
            best = found;
            *place = places[p];
            *axis = axis_names[a];
        }
    return best;
}

/* Makes room for a field of that name, which may be a group. */
static bool remove_name(hid_t group, const char *name)
{
    return !lbc_h5_has_link(group, name) || H5Ldelete(group, name, H5P_DEFAULT) >= 0;
}

static bool copy_field(hid_t from, hid_t to, const char *axis, const char *end, uint64_t frames)
{
    char name[64];
    snprintf(name, sizeof name, "%s%s", axis, end);
    if (look_at(to, axis, end).count == frames) return true;
    if (!remove_name(to, name)) return false;
    if (look_at(from, axis, end).count != frames) return true;
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

static bool describe_axis(hid_t group, const char *axis, const double vector[3])
{
    static const double nowhere[3];
    return need_text(group, axis, "transformation_type", "rotation") && need_vector(group, axis, "vector", vector) &&
           need_vector(group, axis, "offset", nowhere) && need_text(group, axis, "units", "degree") &&
           need_text(group, axis, "depends_on", ".");
}

/* Writes a value for each frame. */
static bool put_steps(hid_t to, const char *axis, const char *end, uint64_t frames, double first, double step)
{
    char name[64];
    double *numbers = lbc_alloc(frames, sizeof *numbers);
    snprintf(name, sizeof name, "%s%s", axis, end);
    for (uint64_t i = 0; numbers && i < frames; i++) numbers[i] = first + (double)i * step;
    const bool ok = numbers && remove_name(to, name) &&
                    lbc_h5_put(to, name, H5T_IEEE_F64LE, 1, (const hsize_t[]){frames}, numbers) &&
                    lbc_h5_set_text(to, name, "units", "degree");
    free(numbers);
    return ok;
}

static bool put_told_axis(hid_t from, hid_t to, const char *axis, const lbc_change *change)
{
    double first, step;
    return step_of(from, axis, change, &first, &step) && put_steps(to, axis, "", change->groups, first, step) &&
           put_steps(to, axis, "_end", change->groups, first + step, step);
}

bool lbc_nxmx_complete_axis(hid_t sample, const char *sample_path, const lbc_change *change, const double vector[3])
{
    const char *place = NULL, *axis = NULL;
    char path[1200];
    if (lbc_h5_has_link(sample, "depends_on")) return true;
    const merit found = choose(sample, change, &place, &axis);
    if (found == UNKNOWN) return true;
    const bool copied = found == STILL || found == MOVES;
    hid_t to = lbc_h5_need_group(sample, "transformations", "NXtransformations");
    hid_t from = H5Gopen2(sample, place, H5P_DEFAULT);
    const bool ok =
        to >= 0 && from >= 0 &&
        (copied ? copy_field(from, to, axis, "", change->groups) && copy_field(from, to, axis, "_end", change->groups)
                : put_told_axis(from, to, axis, change)) &&
        describe_axis(to, axis, vector);
    lbc_h5_close(&from);
    lbc_h5_close(&to);
    snprintf(path, sizeof path, "%s/transformations/%s", sample_path, axis);
    return ok && lbc_h5_put_string(sample, "depends_on", path);
}
