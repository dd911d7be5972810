/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/nxmx_axis.h"

#include "base/memory.h"
#include "nexus/h5util.h"
#include "nexus/h5write.h"
#include "nexus/turn.h"
#include "nexus/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const places[] = {"transformations", "goniometer"};
enum { PLACES = sizeof places / sizeof places[0] };

static lbc_turn look_at(hid_t group, const char *axis, const char *end)
{
    char name[64];
    snprintf(name, sizeof name, "%s%s", axis, end);
    if (!lbc_h5_has_link(group, name)) return LBC_TURN_NONE;
    hid_t set = H5Oopen(group, name, H5P_DEFAULT);
    const lbc_turn turn = set >= 0 && H5Iget_type(set) == H5I_DATASET ? lbc_turn_of(set) : LBC_TURN_NONE;
    lbc_h5_close(&set);
    return turn;
}

/* Where an axis begins, and how far it goes from frame to frame, without its values. False: that is not told. A single
 * value is that of the input's first image. */
static bool step_of(hid_t group, const char *axis, const lbc_change *change, double *first, double *step)
{
    uint64_t image;
    uint32_t count;
    const lbc_turn start = look_at(group, axis, "_start"), value = look_at(group, axis, "");
    const lbc_turn increment = look_at(group, axis, "_increment"), average = look_at(group, axis, "_range_average");
    *step = increment.count ? increment.first : average.first;
    change->group(change->plan, 0, &image, &count);
    *first = start.count ? start.first : value.first + (double)image * *step / change->sum;
    return isfinite(*first) && isfinite(*step);
}

/* Fewer values than images were not sampled when sum of them became one. They may be as many as frames by chance, but
 * then go on by the input's step. */
static bool is_of_input(const lbc_turn *v, uint32_t sum, double step)
{
    return sum > 1 && v->count > 1 && step != 0 && fabs(v->step * sum - step) < 0.01 * fabs(step);
}

static lbc_merit merit_of(hid_t group, const char *axis, const lbc_change *change)
{
    double first, step;
    const bool told = step_of(group, axis, change, &first, &step);
    const lbc_turn value = look_at(group, axis, ""), end = look_at(group, axis, "_end");
    const bool complete = value.count == change->groups && !(told && is_of_input(&value, change->sum, step));
    return lbc_merit_of(&value, &end, complete, told, step);
}

/* The place and the axis that serve best: one that moves, else the first that is there. */
static lbc_merit choose(hid_t sample, const lbc_change *change, const char **place, const char **axis)
{
    lbc_merit best = LBC_MERIT_NONE;
    for (int a = 0; a < LBC_AXES; a++)
        for (int p = 0; p < PLACES; p++) {
            if (!lbc_h5_has_link(sample, places[p])) continue;
            hid_t group = H5Gopen2(sample, places[p], H5P_DEFAULT);
            const lbc_merit found = group < 0 ? LBC_MERIT_NONE : merit_of(group, lbc_axis_names[a], change);
            lbc_h5_close(&group);
            if (found <= best) continue;
            best = found;
            *place = places[p];
            *axis = lbc_axis_names[a];
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

/* What a field that goes has of attributes, its place takes: a vector may be among them. */
static bool keep_attributes(hid_t old, hid_t to, const char *name)
{
    if (old < 0 || H5Iget_type(old) != H5I_DATASET) return true;
    hid_t set = H5Dopen2(to, name, H5P_DEFAULT);
    const bool ok = set >= 0 && lbc_copy_attributes(old, set, false, NULL);
    lbc_h5_close(&set);
    return ok;
}

/* Writes a value for each frame, by the images it is made of. */
static bool put_steps(hid_t to, const char *axis, const char *end, const lbc_change *change, double first, double step)
{
    char name[64];
    uint64_t image, begin;
    uint32_t count;
    const uint64_t frames = change->groups;
    double *numbers = lbc_alloc(frames, sizeof *numbers);
    change->group(change->plan, 0, &begin, &count);
    snprintf(name, sizeof name, "%s%s", axis, end);
    hid_t old = lbc_h5_has_link(to, name) ? H5Oopen(to, name, H5P_DEFAULT) : H5I_INVALID_HID;
    for (uint64_t i = 0; numbers && i < frames; i++) {
        change->group(change->plan, i, &image, &count);
        numbers[i] = first + (double)(image - begin + (end[0] ? count : 0)) * step / change->sum;
    }
    const bool ok = numbers && remove_name(to, name) &&
                    lbc_h5_put(to, name, H5T_IEEE_F64LE, 1, (const hsize_t[]){frames}, numbers) &&
                    keep_attributes(old, to, name) && lbc_h5_set_text(to, name, "units", "degree");
    lbc_h5_close(&old);
    free(numbers);
    return ok;
}

static bool put_told_axis(hid_t from, hid_t to, const char *axis, const lbc_change *change)
{
    double first, step;
    return step_of(from, axis, change, &first, &step) && put_steps(to, axis, "", change, first, step) &&
           put_steps(to, axis, "_end", change, first, step);
}

static bool name_axis(hid_t sample, const char *sample_path, const lbc_change *change, const double vector[3])
{
    const char *place = NULL, *axis = NULL;
    char path[1200];
    const lbc_merit found = choose(sample, change, &place, &axis);
    if (found == LBC_MERIT_NONE) return true;
    const bool copied = found == LBC_MERIT_STILL || found == LBC_MERIT_MOVES;
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

/* Gives axes that are told by their step a value for each frame, from a merit on. */
static bool complete_place(hid_t sample, const char *place, const lbc_change *change, lbc_merit least)
{
    if (!lbc_h5_has_link(sample, place)) return true;
    hid_t group = H5Gopen2(sample, place, H5P_DEFAULT);
    bool ok = true;
    for (int a = 0; group >= 0 && ok && a < LBC_AXES; a++) {
        const lbc_merit found = merit_of(group, lbc_axis_names[a], change);
        if (found >= least && (found == LBC_MERIT_STILL_BY_STEP || found == LBC_MERIT_MOVES_BY_STEP))
            ok = put_told_axis(group, group, lbc_axis_names[a], change);
    }
    lbc_h5_close(&group);
    return ok;
}

/* Takes away the step of axes that move and have no values: readers would go on by it from the first trigger to the
 * next. found: there are such. */
static bool forget_steps(hid_t sample, const char *place, const lbc_change *change, bool *found)
{
    static const char *const steps[] = {"_increment", "_range_average"};
    char name[64];
    if (!lbc_h5_has_link(sample, place)) return true;
    hid_t group = H5Gopen2(sample, place, H5P_DEFAULT);
    bool ok = true;
    for (int a = 0; group >= 0 && a < LBC_AXES; a++) {
        if (merit_of(group, lbc_axis_names[a], change) != LBC_MERIT_MOVES_BY_STEP) continue;
        *found = true;
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            snprintf(name, sizeof name, "%s%s", lbc_axis_names[a], steps[i]);
            ok = remove_name(group, name) && ok;
        }
    }
    lbc_h5_close(&group);
    return ok;
}

bool lbc_nxmx_complete_axis(hid_t sample, const char *sample_path, const lbc_change *change, const double vector[3])
{
    bool unknown = false;
    for (int p = 0; p < PLACES && change->past_trigger; p++)
        if (!forget_steps(sample, places[p], change, &unknown)) return false;
    /* dxtbx takes images without depends_on for stills, and a depends_on with one value for one image */
    if (unknown && choose(sample, change, &(const char *){NULL}, &(const char *){NULL}) < LBC_MERIT_MOVES)
        return remove_name(sample, "depends_on") &&
               complete_place(sample, "goniometer", change, LBC_MERIT_STILL_BY_STEP);
    return (lbc_h5_has_link(sample, "depends_on")
                ? complete_place(sample, "transformations", change, LBC_MERIT_MOVES_BY_STEP)
                : name_axis(sample, sample_path, change, vector)) &&
           /* autoPROC's imginfo looks for arrays here first, and then for none of what tells them */
           complete_place(sample, "goniometer", change, LBC_MERIT_STILL_BY_STEP);
}
