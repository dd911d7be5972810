/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The axis that a series is scanned about: which one it is, where each image begins, and where the axis points; and how
 * the detector is turned.
 *
 * As readers find it: of the axes that the sample stands on (depends_on, and from each to the next) the first rotation
 * that moves; else the one that moves among those with the usual names.
 */
#include "base/memory.h"
#include "metadata/geometry.h"
#include "nexus/doubt.h"
#include "nexus/input_internal.h"
#include "nexus/turn.h"
#include "nexus/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_CHAIN = 32, LONGEST_PATH = 512 };

/* An axis, and what is told of it. */
typedef struct scan {
    lbc_object group;        /* invalid: none was found */
    char name[LONGEST_PATH]; /* of the dataset, from group */
    lbc_turn value, end, start, increment, average;
    lbc_merit merit;
} scan;

/* ---- what is told of one axis -------------------------------------------------------------- */

static lbc_turn look_at(lbc_input *input, const scan *axis, const char *ending)
{
    char name[LONGEST_PATH + 16];
    snprintf(name, sizeof name, "%s%s", axis->name, ending);
    hid_t dataset = lbc_about_open(input, &axis->group, name);
    const lbc_turn turn = dataset < 0 ? LBC_TURN_NONE : lbc_turn_of(dataset);
    lbc_h5_close(&dataset);
    return turn;
}

/* Width of an image: as it is told, else by the first two images. */
static double width_of(const scan *axis)
{
    if (axis->average.count && axis->average.first != 0) return axis->average.first;
    if (axis->value.count > 1) return axis->value.step;
    if (axis->value.count && axis->end.count) return axis->end.first - axis->value.first;
    return axis->increment.count ? axis->increment.first : axis->average.first;
}

static double begin_of(const scan *axis)
{
    return axis->start.count ? axis->start.first : axis->value.first;
}

static bool is_complete(const scan *axis, const lbc_series *s)
{
    return axis->value.count >= s->frames;
}

static void learn(lbc_input *input, scan *axis)
{
    const char *const endings[] = {"", "_end", "_start", "_increment", "_range_average"};
    lbc_turn *const turns[] = {&axis->value, &axis->end, &axis->start, &axis->increment, &axis->average};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) *turns[i] = look_at(input, axis, endings[i]);
    const double width = width_of(axis);
    axis->merit = lbc_merit_of(&axis->value, &axis->end, is_complete(axis, &input->series), isfinite(width), width);
}

/* ---- what the sample stands on ------------------------------------------------------------- */

/* The path that `text`, found in an object at `from`, means in the same file: from the root, or from the folder that
 * object is in. False: it is the end of the chain. */
static bool next_path(char path[LONGEST_PATH], const char *from, const char *text)
{
    const char *slash = strrchr(from, '/');
    if (!text[0] || strcmp(text, ".") == 0) return false;
    const int n = text[0] == '/' || !slash ? snprintf(path, LONGEST_PATH, "%s", text)
                                           : snprintf(path, LONGEST_PATH, "%.*s/%s", (int)(slash - from), from, text);
    return n > 0 && n < LONGEST_PATH;
}

/* One axis of a chain. */
typedef struct link {
    lbc_object root;                             /* of its file, which an external link may have led to */
    char path[LONGEST_PATH], next[LONGEST_PATH]; /* next: "": it stands on nothing */
    bool rotates, has_vector;
    double vector[3], setting;
} link;

/* group and name may be in *l. */
static bool open_link(lbc_input *input, const lbc_object *group, const char *name, link *l)
{
    char text[LONGEST_PATH];
    const lbc_object found = lbc_about_find(input, group, name);
    link made = {.root = {group->id, found.source}, .rotates = true};
    hid_t dataset = found.id;
    if (dataset < 0) return false;
    lbc_object_path(dataset, made.path, sizeof made.path);
    if (lbc_h5_attr_text(dataset, "transformation_type", text, sizeof text))
        made.rotates = strcmp(text, "translation") != 0;
    if (!lbc_h5_attr_text(dataset, "depends_on", text, sizeof text) || !next_path(made.next, made.path, text))
        made.next[0] = '\0';
    const size_t count = lbc_h5_attr_numbers(dataset, "vector", made.vector, 3);
    const double length = count == 3 ? hypot(hypot(made.vector[0], made.vector[1]), made.vector[2]) : 0;
    made.has_vector = isnormal(length);
    for (int i = 0; i < 3 && made.has_vector; i++) made.vector[i] /= length;
    made.setting = lbc_turn_of(dataset).first;
    lbc_h5_close(&dataset);
    *l = made;
    return true;
}

/* What a group's depends_on says it stands on. */
static bool open_chain(lbc_input *input, const lbc_groups *groups, const lbc_object *group, link *l)
{
    char path[LONGEST_PATH], text[LONGEST_PATH];
    const lbc_object found = lbc_about_find(input, group, "depends_on");
    hid_t dataset = found.id;
    if (dataset < 0) return false;
    l->root = (lbc_object){groups->root.id, found.source};
    const bool told = lbc_h5_text(dataset, text, sizeof text);
    lbc_object_path(dataset, path, sizeof path);
    lbc_h5_close(&dataset);
    return told && next_path(l->next, path, text);
}

/* The first axis of the sample's chain that moves. */
static void find_in_chain(lbc_input *input, const lbc_groups *groups, scan *found)
{
    link l = {.next = ""};
    if (!open_chain(input, groups, &groups->sample, &l)) return;
    for (int i = 0; i < LONGEST_CHAIN && l.next[0] && open_link(input, &l.root, l.next, &l); i++) {
        scan axis = {.group = l.root};
        if (!l.rotates) continue;
        memcpy(axis.name, l.path, sizeof axis.name);
        learn(input, &axis);
        if (axis.merit < LBC_MERIT_MOVES_BY_STEP) continue;
        *found = axis;
        return;
    }
}

/* ---- axes by their usual names ------------------------------------------------------------- */

/* One that moves, else the first that something is known of. */
static void find_by_name(lbc_input *input, const lbc_groups *groups, scan *found)
{
    const struct {
        const lbc_object *group;
        const char *folder;
    } places[] = {{&groups->sample, "transformations/"}, {&groups->sample, "goniometer/"}, {&groups->data, ""}};
    for (int a = 0; a < LBC_AXES; a++)
        for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
            scan axis = {.group = *places[p].group};
            snprintf(axis.name, sizeof axis.name, "%s%s", places[p].folder, lbc_axis_names[a]);
            learn(input, &axis);
            if (axis.merit > found->merit) *found = axis;
        }
}

/* ---- what is kept of it -------------------------------------------------------------------- */

static bool read_angles(lbc_input *input, const scan *axis)
{
    char unit[32];
    const uint64_t frames = input->series.frames;
    hid_t dataset = lbc_about_open(input, &axis->group, axis->name);
    if (dataset < 0) return false;
    const bool ok = lbc_h5_numbers(dataset, input->angles, frames) >= frames;
    lbc_h5_attr_text(dataset, "units", unit, sizeof unit);
    lbc_h5_close(&dataset);
    const double degrees = lbc_unit_angle(unit);
    for (uint64_t i = 0; ok && i < frames; i++) input->angles[i] *= degrees;
    return ok;
}

static lbc_status keep_angles(lbc_input *input, const scan *axis, lbc_error *err)
{
    lbc_series *s = &input->series;
    const double begin = begin_of(axis);
    s->angles_by_step = !is_complete(axis, s);
    if (s->angles_by_step && (!isfinite(begin) || !isfinite(s->oscillation))) return LBC_OK;
    /* where the second trigger began is not told */
    const bool cut = s->nimages > 1 && s->ntrigger > 1 && s->oscillation != 0;
    const uint64_t known = cut ? s->nimages : s->frames;
    input->angles = lbc_alloc(s->frames, sizeof *input->angles);
    if (!input->angles) return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory for its angles", input->path);
    if (s->angles_by_step)
        for (uint64_t i = 0; i < s->frames; i++)
            input->angles[i] = i < known ? begin + (double)i * s->oscillation : NAN;
    if (s->angles_by_step || read_angles(input, axis)) s->angles = input->angles;
    return LBC_OK;
}

/* Turns v as the axes are set that *l, which is used up, stands on. */
static void turn_by_chain(lbc_input *input, link *l, double v[3])
{
    for (int i = 0; i < LONGEST_CHAIN && l->next[0] && open_link(input, &l->root, l->next, l); i++)
        if (l->rotates && l->has_vector && isfinite(l->setting)) lbc_rotate(v, l->vector, l->setting);
}

/* Where it points, turned as the axes it stands on are set. */
static void keep_vector(lbc_input *input, const scan *axis)
{
    link l;
    if (!open_link(input, &axis->group, axis->name, &l) || !l.has_vector) return;
    memcpy(input->series.axis, l.vector, sizeof l.vector);
    turn_by_chain(input, &l, input->series.axis);
}

/* ---- how the detector stands ---------------------------------------------------------------- */

/* Turns the direction of rows or columns into what the first module and the axes below it tell. False: nothing. */
static bool read_direction(lbc_input *input, const lbc_groups *groups, const char *name, double direction[3])
{
    const lbc_series *s = &input->series;
    link l = {.next = ""};
    char path[LONGEST_PATH];
    const char *module = s->nmodules ? strrchr(s->modules->path, '/') : NULL;
    snprintf(path, sizeof path, "%s/%s", module ? module + 1 : "module", name);
    if (module && open_link(input, &groups->detector, path, &l) && l.has_vector)
        memcpy(direction, l.vector, sizeof l.vector);
    else if (!open_chain(input, groups, &groups->detector, &l))
        return false;
    turn_by_chain(input, &l, direction);
    return true;
}

/* As FileWriter 1 tells it. */
static bool read_cosines(lbc_input *input, const lbc_groups *groups, lbc_plane *plane)
{
    const lbc_stand stand = {.distance = input->series.distance};
    double orientation[6], distances[3];
    hid_t dataset = lbc_about_open(input, &groups->detector, "geometry/orientation/value");
    const bool told = dataset >= 0 && lbc_h5_numbers(dataset, orientation, 6) == 6;
    lbc_h5_close(&dataset);
    if (!told) return false;
    dataset = lbc_about_open(input, &groups->detector, "geometry/translation/distances");
    if (dataset < 0 || lbc_h5_numbers(dataset, distances, 3) != 3) distances[0] = distances[1] = distances[2] = NAN;
    lbc_h5_close(&dataset);
    return lbc_plane_of_cosines(plane, &stand, orientation, distances);
}

static void read_stand(lbc_input *input, const lbc_groups *groups)
{
    lbc_series *s = &input->series;
    lbc_plane plane;
    if (read_direction(input, groups, "fast_pixel_direction", s->fast)) {
        (void)read_direction(input, groups, "slow_pixel_direction", s->slow);
    } else if (read_cosines(input, groups, &plane)) {
        memcpy(s->fast, plane.fast, sizeof s->fast);
        memcpy(s->slow, plane.slow, sizeof s->slow);
    }
}

static void keep_usual_stand(lbc_series *s)
{
    memcpy(s->fast, lbc_fast_direction, sizeof s->fast);
    memcpy(s->slow, lbc_slow_direction, sizeof s->slow);
}

/* The images are right without: that it cannot be read is told, and ends no run. */
static void keep_stand(lbc_input *input, const lbc_groups *groups)
{
    const bool before = lbc_doubted();
    keep_usual_stand(&input->series);
    read_stand(input, groups);
    if (before || !lbc_doubted()) return;
    lbc_doubt_clear();
    keep_usual_stand(&input->series);
    lbc_input_note(input, LBC_LEVEL_WARNING, "%s: damaged where it tells how the detector is turned", input->path);
}

lbc_status lbc_scan_read(lbc_input *input, const lbc_groups *groups, lbc_error *err)
{
    scan axis = {.group = LBC_OBJECT_NONE};
    lbc_series *s = &input->series;
    memcpy(s->axis, lbc_rotation_vector(s->serial), sizeof s->axis);
    s->oscillation = NAN;
    keep_stand(input, groups);
    find_in_chain(input, groups, &axis);
    if (axis.group.id < 0) find_by_name(input, groups, &axis);
    if (axis.group.id < 0) return LBC_OK;
    s->oscillation = width_of(&axis);
    keep_vector(input, &axis);
    return keep_angles(input, &axis, err);
}
