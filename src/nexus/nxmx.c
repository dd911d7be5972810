/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/nxmx.h"

#include "metadata/apply.h"
#include "metadata/geometry.h"
#include "metadata/isotime.h"
#include "nexus/h5write.h"
#include "nexus/nxmx_axis.h"
#include "nexus/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- fields that may be there -------------------------------------------------------------- */

static bool need_double(hid_t group, const char *name, double value, const char *units)
{
    return isnan(value) || lbc_h5_has_link(group, name) || lbc_h5_put_double(group, name, value, units);
}

static bool need_u32(hid_t group, const char *name, double value)
{
    const uint32_t number = (uint32_t)value;
    return lbc_h5_has_link(group, name) || lbc_h5_put(group, name, H5T_NATIVE_UINT32, 0, NULL, &number);
}

static bool need_text(hid_t group, const char *name, const char *text)
{
    return !text[0] || lbc_h5_has_link(group, name) || lbc_h5_put_string(group, name, text);
}

/* Text of a field below group, "" when there is none. */
static void read_text(hid_t group, const char *path, char *text, size_t size)
{
    hid_t set = H5Dopen2(group, path, H5P_DEFAULT);
    text[0] = '\0';
    if (set >= 0) lbc_h5_text(set, text, size);
    lbc_h5_close(&set);
}

/* A time in seconds; NAN: there is none, or its unit is unknown. Without a unit it is seconds. */
static double read_seconds(hid_t group, const char *path)
{
    char unit[32];
    double value = NAN;
    hid_t set = H5Dopen2(group, path, H5P_DEFAULT);
    if (set < 0) return NAN;
    if (lbc_h5_numbers(set, &value, 1) == 0) value = NAN;
    if (lbc_h5_attr_text(set, "units", unit, sizeof unit) && unit[0]) value *= lbc_unit_time(unit);
    lbc_h5_close(&set);
    return value;
}

/* Opens a group by path, making it if need be, and sees that it has its class. */
static hid_t open_group(hid_t where, const char *path, const char *nx_class)
{
    hid_t group = lbc_h5_need_group(where, path, nx_class);
    if (group >= 0 && !lbc_h5_is_class(group, nx_class) && !lbc_h5_set_text(group, ".", "NX_class", nx_class))
        lbc_h5_close(&group);
    return group;
}

/* Takes a depends_on that names nothing out of a group, with a warning: what is reached through an external link speaks
 * of places in a file of its own, and readers give up over it. */
static bool drop_dangling(hid_t group, const char *path, lbc_tree *tree)
{
    char text[1100];
    read_text(group, "depends_on", text, sizeof text);
    if (!text[0] || strcmp(text, ".") == 0) return true;
    hid_t target = H5Oopen(group, text, H5P_DEFAULT);
    const bool leads = target >= 0;
    lbc_h5_close(&target);
    if (leads) return true;
    lbc_tree_note(tree, LBC_LEVEL_WARNING, "%s: %s/depends_on is left out of the new master: no %s", tree->input, path,
                  text);
    return H5Ldelete(group, "depends_on", H5P_DEFAULT) >= 0;
}

/* ---- times --------------------------------------------------------------------------------- */

static bool complete_times(const lbc_tree *tree, hid_t entry)
{
    char start[64], end[64], later[LBC_TIME_SIZE];
    char path[1100];
    read_text(entry, "start_time", start, sizeof start);
    read_text(entry, "end_time", end, sizeof end);
    if (!start[0]) {
        snprintf(path, sizeof path, "%s/detectorSpecific/data_collection_date", tree->detector.path);
        read_text(tree->out, path, start, sizeof start);
        if (!lbc_time_add(start, 0, later)) start[0] = '\0';
    }
    if (!need_text(entry, "start_time", start)) return false;
    if (end[0]) return need_text(entry, "end_time_estimated", end);

    /* the copied frame time is that of an output frame already */
    const lbc_change *c = tree->context.change;
    snprintf(path, sizeof path, "%s/frame_time", tree->detector.path);
    const double frame_time = read_seconds(tree->out, path) / c->sum;
    const double length = frame_time * (double)c->frames_in - lbc_begin_shift(c) + lbc_finish_shift(c);
    if (isnan(frame_time) || !lbc_time_add(start, length, later)) return true;
    return need_text(entry, "end_time_estimated", later);
}

/* ---- beam and names ------------------------------------------------------------------------ */

static bool complete_beam(hid_t parent, double wavelength)
{
    hid_t beam = open_group(parent, "beam", "NXbeam");
    const bool ok = beam >= 0 && need_double(beam, "incident_wavelength", wavelength, "angstrom");
    lbc_h5_close(&beam);
    return ok;
}

static bool complete_instrument_name(hid_t instrument)
{
    char name[128];
    lbc_h5_attr_text(instrument, "short_name", name, sizeof name);
    return need_text(instrument, "name", name);
}

/* ---- the detector -------------------------------------------------------------------------- */

static bool complete_specific(hid_t detector, const lbc_change *c)
{
    hid_t specific = lbc_h5_need_group(detector, "detectorSpecific", "NXcollection");
    const bool ok = specific >= 0 && need_u32(specific, "nimages", (double)c->groups) &&
                    need_u32(specific, "ntrigger", 1) && need_u32(specific, "x_pixels_in_detector", c->out.nx) &&
                    need_u32(specific, "y_pixels_in_detector", c->out.ny);
    lbc_h5_close(&specific);
    return ok;
}

static bool complete_counts(hid_t detector, const lbc_change *c)
{
    double depth[2];
    lbc_set_values(LBC_VALUE_DEPTH, c, depth);
    return need_u32(detector, "bit_depth_image", depth[0]) && need_u32(detector, "bit_depth_readout", depth[0]) &&
           need_u32(detector, "saturation_value", (double)c->saturation) && need_u32(detector, "underload_value", 0);
}

/* Readers take a beam centre for pixels whatever its unit. */
static bool need_centre(hid_t detector, const char *name, double pixels)
{
    char unit[32] = "";
    hid_t set = lbc_h5_has_link(detector, name) ? H5Dopen2(detector, name, H5P_DEFAULT) : H5I_INVALID_HID;
    if (set >= 0) lbc_h5_attr_text(set, "units", unit, sizeof unit);
    lbc_h5_close(&set);
    if (!isnan(lbc_unit_length(unit)) && H5Ldelete(detector, name, H5P_DEFAULT) < 0) return false;
    return need_double(detector, name, pixels, "pixel");
}

static bool complete_sizes(hid_t detector, const lbc_change *c, const lbc_series *s)
{
    return need_double(detector, "x_pixel_size", s->pixel_x * c->bin, "m") &&
           need_double(detector, "y_pixel_size", s->pixel_y * c->bin, "m") &&
           need_centre(detector, "beam_center_x", s->beam_x / c->bin) &&
           need_centre(detector, "beam_center_y", s->beam_y / c->bin) &&
           need_double(detector, "detector_distance", s->distance, "m");
}

/* A translation axis: value in metres along vector, standing on depends_on. */
static bool put_translation(hid_t group, const char *name, double value, const double vector[3], const char *depends_on)
{
    static const double nowhere[3];
    return lbc_h5_put_double(group, name, value, "m") &&
           lbc_h5_set_text(group, name, "transformation_type", "translation") &&
           lbc_h5_set_double3(group, name, "vector", vector) && lbc_h5_set_double3(group, name, "offset", nowhere) &&
           lbc_h5_set_text(group, name, "offset_units", "m") && lbc_h5_set_text(group, name, "depends_on", depends_on);
}

/* detector/depends_on: the input's, or a translation by the distance (*told: false). chain: what it says. */
static bool complete_chain(hid_t detector, const lbc_tree *tree, const lbc_series *s, char *chain, size_t size,
                           bool *told)
{
    read_text(detector, "depends_on", chain, size);
    *told = chain[0] != '\0';
    if (*told) return true;
    hid_t group = open_group(detector, "transformations", "NXtransformations");
    bool ok = group >= 0;
    if (ok && !lbc_h5_has_link(group, "translation"))
        ok = put_translation(group, "translation", s->distance, lbc_beam_direction, ".");
    lbc_h5_close(&group);
    snprintf(chain, size, "%s/transformations/translation", tree->detector.path);
    return ok && need_text(detector, "depends_on", chain);
}

static bool is_module(hid_t object, const char *name)
{
    char nx_class[64];
    lbc_h5_attr_text(object, "NX_class", nx_class, sizeof nx_class);
    return H5Iget_type(object) == H5I_GROUP && lbc_group_of(LBC_GROUP_DETECTOR, name, nx_class) == LBC_GROUP_MODULE;
}

/* The module, opened; invalid: there is none. */
static hid_t open_module(hid_t detector)
{
    lbc_h5_names names;
    hid_t module = H5I_INVALID_HID;
    if (lbc_h5_names_read(&names, detector) != LBC_OK) return module;
    for (size_t i = 0; i < names.count && module < 0; i++) {
        module = H5Oopen(detector, names.name[i], H5P_DEFAULT);
        if (module >= 0 && !is_module(module, names.name[i])) lbc_h5_close(&module);
    }
    lbc_h5_names_free(&names);
    return module;
}

/* A field of exactly so many numbers; false: there is none. Lengths in m. */
static bool read_numbers(hid_t group, const char *path, bool length, double *value, size_t count)
{
    char unit[32];
    hid_t set = H5Dopen2(group, path, H5P_DEFAULT);
    const bool ok = set >= 0 && lbc_h5_numbers(set, value, count) == count;
    if (ok && length && lbc_h5_attr_text(set, "units", unit, sizeof unit))
        for (size_t i = 0; i < count; i++) value[i] *= lbc_unit_length(unit);
    lbc_h5_close(&set);
    return ok;
}

/* told: depends_on says how the detector is turned, and cosines would turn it twice. */
static lbc_plane place_module(hid_t detector, lbc_tree *tree, const lbc_series *s, bool told)
{
    const lbc_stand stand = {s->beam_x, s->beam_y, s->pixel_x, s->pixel_y, s->distance};
    double orientation[6], distances[3];
    lbc_plane plane = lbc_plane_upright(&stand);
    if (told || !read_numbers(detector, "geometry/orientation/value", false, orientation, 6)) return plane;
    if (!read_numbers(detector, "geometry/translation/distances", true, distances, 3))
        distances[0] = distances[1] = distances[2] = NAN;
    if (!lbc_plane_of_cosines(&plane, &stand, orientation, distances))
        lbc_tree_note(
            tree, LBC_LEVEL_WARNING,
            "%s: %s/geometry/orientation/value holds no two directions at right angles; the new master has the "
            "detector upright across the beam",
            tree->input, tree->detector.path);
    return plane;
}

static bool put_module(hid_t module, const lbc_tree *tree, const lbc_series *s, const lbc_plane *plane,
                       const char *chain)
{
    static const uint32_t origin[2], stride[2] = {1, 1};
    const lbc_change *c = tree->context.change;
    const uint32_t size[2] = {c->out.ny, c->out.nx};
    const hsize_t two[1] = {2};
    char offset_path[1100];
    snprintf(offset_path, sizeof offset_path, "%s/module/module_offset", tree->detector.path);
    return lbc_h5_put(module, "data_origin", H5T_NATIVE_UINT32, 1, two, origin) &&
           lbc_h5_put(module, "data_size", H5T_NATIVE_UINT32, 1, two, size) &&
           lbc_h5_put(module, "data_stride", H5T_NATIVE_UINT32, 1, two, stride) &&
           put_translation(module, "module_offset", plane->offset.value, plane->offset.vector, chain) &&
           put_translation(module, "fast_pixel_direction", s->pixel_x * c->bin, plane->fast, offset_path) &&
           put_translation(module, "slow_pixel_direction", s->pixel_y * c->bin, plane->slow, offset_path);
}

/* What dxtbx calls the instrument, and when it thinks that data were taken. */
static bool dxtbx_reverses(const lbc_tree *tree)
{
    char path[1100], name[128] = "", start[64];
    hid_t instrument = H5Oopen(tree->out, tree->instrument.path, H5P_DEFAULT);
    if (instrument >= 0 && !lbc_h5_attr_text(instrument, "short_name", name, sizeof name)) {
        hid_t set = lbc_h5_has_link(instrument, "name") ? H5Dopen2(instrument, "name", H5P_DEFAULT) : H5I_INVALID_HID;
        if (set >= 0 && !lbc_h5_attr_text(set, "short_name", name, sizeof name)) lbc_h5_text(set, name, sizeof name);
        lbc_h5_close(&set);
    }
    lbc_h5_close(&instrument);
    snprintf(path, sizeof path, "%s/start_time", tree->entry.path);
    read_text(tree->out, path, start, sizeof start);
    return lbc_data_size_is_reversed(name, start);
}

/* data_size in place of another, in whose type it may have no room. */
static bool replace_size(hid_t module, hid_t old, const uint32_t size[2])
{
    hid_t set = H5I_INVALID_HID;
    const bool ok = H5Ldelete(module, "data_size", H5P_DEFAULT) >= 0 &&
                    lbc_h5_put(module, "data_size", H5T_NATIVE_UINT32, 1, (const hsize_t[]){2}, size) &&
                    (set = H5Dopen2(module, "data_size", H5P_DEFAULT)) >= 0 &&
                    lbc_copy_attributes(old, set, false, NULL);
    lbc_h5_close(&set);
    return ok;
}

/* data_size of a module that is the whole image, in place of whatever it was. */
static bool set_size(hid_t module, lbc_shape image, bool reversed)
{
    const uint32_t size[2] = {reversed ? image.nx : image.ny, reversed ? image.ny : image.nx};
    double was[2];
    hid_t set = lbc_h5_has_link(module, "data_size") ? H5Dopen2(module, "data_size", H5P_DEFAULT) : H5I_INVALID_HID;
    const bool fits = set >= 0 && lbc_h5_numbers(set, was, 2) == 2;
    const bool ok = !fits || (was[0] == size[0] && was[1] == size[1]) || replace_size(module, set, size);
    lbc_h5_close(&set);
    return ok;
}

/* Turned round is no other size: masters have it so (metadata/geometry.h), and the order is known. */
static void doubt_size(lbc_tree *tree, const lbc_module *m, lbc_shape image)
{
    const bool as_is = m->size[0] == image.ny && m->size[1] == image.nx;
    const bool turned = m->size[0] == image.nx && m->size[1] == image.ny;
    if (as_is || turned || !m->size[0] || !m->size[1]) return;
    lbc_tree_note(
        tree, LBC_LEVEL_WARNING,
        "%s: %s has a data_size of %u %u, but its images are of %u %u pixels (slow, fast); the new master's is "
        "that of its images",
        tree->input, m->path, m->size[0], m->size[1], image.ny, image.nx);
}

static bool complete_module(hid_t detector, lbc_tree *tree, const lbc_series *s, const char *chain, bool told)
{
    const lbc_change *c = tree->context.change;
    hid_t module = open_module(detector);
    bool ok = module >= 0, whole = lbc_module_is_image(s->modules, s->nmodules);
    if (ok && whole) doubt_size(tree, s->modules, c->in);
    if (ok && !lbc_h5_is_class(module, "NXdetector_module"))
        ok = lbc_h5_set_text(module, ".", "NX_class", "NXdetector_module");
    else if (!ok) {
        if (lbc_h5_has_link(detector, "module")) return true; /* something else */
        if (isnan(s->beam_x) || isnan(s->beam_y) || isnan(s->pixel_x) || isnan(s->pixel_y)) return true;
        const lbc_plane plane = place_module(detector, tree, s, told);
        module = lbc_h5_create_group(detector, "module", "NXdetector_module");
        ok = module >= 0 && put_module(module, tree, s, &plane, chain);
        whole = true;
    }
    if (ok && whole) ok = set_size(module, c->out, dxtbx_reverses(tree));
    lbc_h5_close(&module);
    return ok;
}

static bool complete_detector(lbc_tree *tree, const lbc_series *s)
{
    char chain[1100];
    bool told;
    const lbc_change *c = tree->context.change;
    hid_t detector = open_group(tree->out, tree->detector.path, "NXdetector");
    const bool ok = detector >= 0 && drop_dangling(detector, tree->detector.path, tree) &&
                    complete_specific(detector, c) && complete_counts(detector, c) && complete_sizes(detector, c, s) &&
                    complete_chain(detector, tree, s, chain, sizeof chain, &told) &&
                    complete_module(detector, tree, s, chain, told);
    lbc_h5_close(&detector);
    return ok;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static bool complete_sample(lbc_tree *tree, const lbc_series *s)
{
    hid_t sample = open_group(tree->out, tree->sample.path, "NXsample");
    const bool ok =
        sample >= 0 && drop_dangling(sample, tree->sample.path, tree) && complete_beam(sample, s->wavelength) &&
        lbc_nxmx_complete_axis(sample, tree->sample.path, tree->context.change, lbc_rotation_vector(s->serial));
    lbc_h5_close(&sample);
    return ok;
}

lbc_status lbc_nxmx_complete(lbc_tree *tree, const lbc_series *series, lbc_error *err)
{
    char why[LBC_H5_WHY];
    hid_t entry = open_group(tree->out, tree->entry.path, "NXentry"), instrument = H5I_INVALID_HID;
    hid_t data = H5I_INVALID_HID;
    const bool ok = entry >= 0 && need_text(entry, "definition", "NXmx") &&
                    (instrument = open_group(tree->out, tree->instrument.path, "NXinstrument")) >= 0 &&
                    (data = open_group(tree->out, tree->data.path, "NXdata")) >= 0 && complete_times(tree, entry) &&
                    complete_detector(tree, series) && complete_beam(instrument, series->wavelength) &&
                    complete_instrument_name(instrument) && complete_sample(tree, series);
    const lbc_status status =
        ok ? LBC_OK : lbc_fail(err, LBC_E_IO, "%s: NXmx fields cannot be written (%s)", tree->output, lbc_h5_why(why));
    lbc_h5_close(&data);
    lbc_h5_close(&instrument);
    lbc_h5_close(&entry);
    return status;
}
