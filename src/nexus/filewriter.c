/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/filewriter.h"

#include "base/memory.h"
#include "base/place.h"
#include "nexus/h5out.h"
#include "nexus/h5util.h"
#include "nexus/h5write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLANCK_EV_ANGSTROM 12398.4198
#define TRANSLATION        "/entry/instrument/detector/transformations/translation"
#define OMEGA              "/entry/sample/transformations/omega"

/* A master under construction. Every put_ function does nothing once one has failed, so that a list of them reads
 * as the list of fields it is; name is a path from the root whose last group exists. */
typedef struct master {
    const lbc_filewriter *facts;
    hid_t file;
    bool ok;
    char why[LBC_H5_WHY]; /* of the first failure */
} master;

static void check(master *m, bool ok)
{
    if (!ok && m->ok) lbc_h5_why(m->why);
    m->ok = m->ok && ok;
}

static void put_group(master *m, const char *name, const char *nx_class)
{
    if (!m->ok) return;
    hid_t group = lbc_h5_create_group(m->file, name, nx_class);
    check(m, group >= 0);
    lbc_h5_close(&group);
}

static void put_text(master *m, const char *name, const char *text)
{
    if (m->ok) check(m, lbc_h5_put_string(m->file, name, text));
}

static void put_units(master *m, const char *name, const char *units)
{
    if (m->ok && units) check(m, lbc_h5_set_text(m->file, name, "units", units));
}

/* FileWriter reals are single precision. */
static void put_real(master *m, const char *name, double value, const char *units)
{
    const float single = (float)value;
    if (m->ok) check(m, lbc_h5_put(m->file, name, H5T_IEEE_F32LE, 0, NULL, &single));
    put_units(m, name, units);
}

static void put_int(master *m, const char *name, int32_t value)
{
    if (m->ok) check(m, lbc_h5_put(m->file, name, H5T_STD_I32LE, 0, NULL, &value));
}

static void put_uint(master *m, const char *name, uint32_t value)
{
    if (m->ok) check(m, lbc_h5_put(m->file, name, H5T_STD_U32LE, 0, NULL, &value));
}

static void put_reals(master *m, const char *name, hsize_t n, const float *value, const char *units)
{
    if (m->ok) check(m, lbc_h5_put(m->file, name, H5T_IEEE_F32LE, 1, &n, value));
    put_units(m, name, units);
}

static void put_doubles(master *m, const char *name, hsize_t n, const double *value, const char *units)
{
    if (m->ok) check(m, lbc_h5_put(m->file, name, H5T_IEEE_F64LE, 1, &n, value));
    put_units(m, name, units);
}

/* A map of the detector, shuffled and deflated as FileWriters do. */
static void put_map(master *m, const char *name, hid_t type, const void *values)
{
    if (!m->ok) return;
    const hsize_t dims[2] = {m->facts->shape.ny, m->facts->shape.nx};
    hid_t create = lbc_h5_dataset_properties(), space = H5Screate_simple(2, dims, NULL), set = H5I_INVALID_HID;
    check(m, create >= 0 && space >= 0 && H5Pset_chunk(create, 2, dims) >= 0 && H5Pset_shuffle(create) >= 0 &&
                 H5Pset_deflate(create, 1) >= 0 &&
                 (set = H5Dcreate2(m->file, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT)) >= 0 &&
                 H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    lbc_h5_close(&set);
    lbc_h5_close(&space);
    lbc_h5_close(&create);
}

static void put_soft_link(master *m, const char *name, const char *target)
{
    if (m->ok) check(m, H5Lcreate_soft(target, m->file, name, H5P_DEFAULT, H5P_DEFAULT) >= 0);
}

static uint32_t images(const lbc_filewriter *facts)
{
    return facts->nimages * facts->ntrigger;
}

/* ---- one rotation axis in the goniometer groups -------------------------------------------- */

/* NAME, NAME_end, NAME_increment, NAME_range_average, NAME_range_total, NAME_start in `group`. */
static void put_axis(master *m, const char *group, const char *name, double start, double step)
{
    const uint32_t n = images(m->facts);
    float *value = lbc_alloc(n, sizeof *value);
    check(m, value != NULL);
    if (!m->ok) return;
    char path[128];
    for (uint32_t i = 0; i < n; i++) value[i] = (float)(start + i * step);
    snprintf(path, sizeof path, "%s/%s", group, name);
    put_reals(m, path, n, value, "degree");
    for (uint32_t i = 0; i < n; i++) value[i] = (float)(start + (i + 1) * step);
    snprintf(path, sizeof path, "%s/%s_end", group, name);
    put_reals(m, path, n, value, "degree");
    free(value);

    const struct {
        const char *suffix;
        double value;
    } scalar[] = {{"increment", step}, {"range_average", step}, {"range_total", step * n}, {"start", start}};
    for (size_t i = 0; i < sizeof scalar / sizeof *scalar; i++) {
        snprintf(path, sizeof path, "%s/%s_%s", group, name, scalar[i].suffix);
        put_real(m, path, scalar[i].value, "degree");
    }
}

/* ---- detector ------------------------------------------------------------------------------ */

#define DET  "/entry/instrument/detector/"
#define SPEC "/entry/instrument/detector/detectorSpecific/"

static void put_detector_specific(master *m)
{
    const lbc_filewriter *f = m->facts;
    put_group(m, DET "detectorSpecific", "NXcollection");
    put_int(m, SPEC "auto_summation", 1);
    put_text(m, SPEC "calibration_type", "standard");
    put_text(m, SPEC "compression", f->compression);
    put_text(m, SPEC "countrate_correction_bunch_mode", "continuous");
    put_uint(m, SPEC "countrate_correction_count_cutoff", f->cutoff);
    put_text(m, SPEC "data_collection_date", f->date);
    put_real(m, SPEC "detector_readout_period", 0.0, "s");
    put_text(m, SPEC "eiger_fw_version", f->dialect == LBC_DIALECT_FILEWRITER1 ? "release-1.8.0" : "release-2020.2.5");
    put_text(m, SPEC "element", "");
    put_real(m, SPEC "frame_count_time", f->frame_time - f->readout_time, "s");
    put_real(m, SPEC "frame_period", f->frame_time, "s");
    put_uint(m, SPEC "module_bandwidth", 0);
    put_uint(m, SPEC "nframes_sum", 1);
    put_uint(m, SPEC "nimages", f->nimages);
    put_uint(m, SPEC "nsequences", 1);
    put_uint(m, SPEC "ntrigger", f->ntrigger);
    put_uint(m, SPEC "number_of_excluded_pixels", f->excluded);
    put_real(m, SPEC "photon_energy", PLANCK_EV_ANGSTROM / f->wavelength, "eV");
    put_map(m, SPEC "pixel_mask", H5T_STD_U32LE, f->mask);
    put_text(m, SPEC "roi_mode", "disabled");
    put_text(m, SPEC "software_version", "1.8.0");
    put_int(m, SPEC "test_mode", 0);
    put_text(m, SPEC "trigger_mode", "exts");
    put_uint(m, SPEC "x_pixels_in_detector", f->shape.nx);
    put_uint(m, SPEC "y_pixels_in_detector", f->shape.ny);
}

static void put_flatfield(master *m)
{
    const size_t n = (size_t)m->facts->shape.ny * m->facts->shape.nx;
    float *one = lbc_alloc(n, sizeof *one);
    check(m, one != NULL);
    for (size_t i = 0; one && i < n; i++) one[i] = 1.0f;
    put_map(m, SPEC "flatfield", H5T_IEEE_F32LE, one);
    free(one);
}

/* Where the detector is, in NeXus' older way: McStas axes, but z against the beam. */
static void put_geometry(master *m)
{
    const lbc_filewriter *f = m->facts;
    const float orientation[6] = {-1, 0, 0, 0, -1, 0}; /* fast, slow */
    const float distances[3] = {(float)(f->beam_x * f->pixel_size), (float)(f->beam_y * f->pixel_size),
                                (float)-f->distance};
    put_group(m, DET "geometry", "NXgeometry");
    put_group(m, DET "geometry/orientation", "NXorientation");
    put_reals(m, DET "geometry/orientation/value", 6, orientation, NULL);
    put_group(m, DET "geometry/translation", "NXtranslation");
    put_reals(m, DET "geometry/translation/distances", 3, distances, "m");
}

static void put_detector(master *m)
{
    const lbc_filewriter *f = m->facts;
    const int depth = f->type == LBC_U16 ? 16 : 32;
    put_group(m, "/entry/instrument/detector", "NXdetector");
    put_real(m, DET "beam_center_x", f->beam_x, "pixel");
    put_real(m, DET "beam_center_y", f->beam_y, "pixel");
    put_int(m, DET "bit_depth_image", depth);
    put_int(m, DET "bit_depth_readout", f->dialect == LBC_DIALECT_FILEWRITER1 ? 12 : 16);
    put_real(m, DET "count_time", f->frame_time - f->readout_time, "s");
    put_int(m, DET "countrate_correction_applied", 1);
    put_text(m, DET "description", f->description);
    put_detector_specific(m);
    put_flatfield(m);
    put_real(m, DET "detector_distance", f->distance, "m");
    put_text(m, DET "detector_number", f->serial);
    put_real(m, DET "detector_readout_time", f->readout_time, "s");
    put_int(m, DET "efficiency_correction_applied", 0);
    put_int(m, DET "flatfield_correction_applied", 1);
    put_real(m, DET "frame_time", f->frame_time, "s");
    put_geometry(m);
    put_soft_link(m, DET "pixel_mask", SPEC "pixel_mask");
    put_int(m, DET "pixel_mask_applied", 1);
    put_text(m, DET "sensor_material", f->sensor_material);
    put_real(m, DET "sensor_thickness", f->sensor_thickness, "m");
    put_real(m, DET "threshold_energy", 0.5 * PLANCK_EV_ANGSTROM / f->wavelength, "eV");
    put_int(m, DET "virtual_pixel_correction_applied", 1);
    put_real(m, DET "x_pixel_size", f->pixel_size, "m");
    put_real(m, DET "y_pixel_size", f->pixel_size, "m");
}

/* ---- what NXmx adds ------------------------------------------------------------------------ */

/* The attributes of one link in a chain of transformations. */
static void put_transformation(master *m, const char *name, const char *kind, const double vector[3],
                               const double offset[3], const char *depends_on)
{
    if (!m->ok) return;
    check(m, lbc_h5_set_text(m->file, name, "transformation_type", kind) &&
                 lbc_h5_set_double3(m->file, name, "vector", vector) &&
                 lbc_h5_set_double3(m->file, name, "offset", offset) &&
                 lbc_h5_set_text(m->file, name, "depends_on", depends_on));
}

static void put_module(master *m)
{
    const lbc_filewriter *f = m->facts;
    static const double none[3] = {0, 0, 0};
    const double corner[3] = {f->beam_x * f->pixel_size, f->beam_y * f->pixel_size, 0};
    const int32_t origin[2] = {0, 0}, size[2] = {(int32_t)f->shape.ny, (int32_t)f->shape.nx};
    const hsize_t two = 2;
    put_group(m, DET "module", "NXdetector_module");
    if (m->ok)
        check(m, lbc_h5_put(m->file, DET "module/data_origin", H5T_STD_I32LE, 1, &two, origin) &&
                     lbc_h5_put(m->file, DET "module/data_size", H5T_STD_I32LE, 1, &two, size));
    put_int(m, DET "module/module_index", 0);
    put_real(m, DET "module/fast_pixel_direction", f->pixel_size, "m");
    put_transformation(m, DET "module/fast_pixel_direction", "translation", (const double[]){-1, 0, 0}, none,
                       DET "module/module_offset");
    put_real(m, DET "module/slow_pixel_direction", f->pixel_size, "m");
    put_transformation(m, DET "module/slow_pixel_direction", "translation", (const double[]){0, -1, 0}, none,
                       DET "module/module_offset");
    put_real(m, DET "module/module_offset", 0.0, "m");
    put_transformation(m, DET "module/module_offset", "translation", (const double[]){1, 0, 0}, corner, TRANSLATION);
    if (m->ok) check(m, lbc_h5_set_text(m->file, DET "module/module_offset", "offset_units", "m"));
    put_group(m, DET "transformations", "NXtransformations");
    put_real(m, TRANSLATION, f->distance, "m");
    put_transformation(m, TRANSLATION, "translation", (const double[]){0, 0, 1}, none, ".");
    put_text(m, DET "depends_on", TRANSLATION);
}

/* The rotation as a transformation; double precision, since dxtbx takes no other. */
static void put_rotation(master *m)
{
    const lbc_filewriter *f = m->facts;
    static const double axis[3] = {-1, 0, 0}, none[3] = {0, 0, 0};
    const uint32_t n = images(f);
    double *angle = lbc_alloc(n, sizeof *angle);
    check(m, angle != NULL);
    if (!m->ok) return;
    for (uint32_t i = 0; i < n; i++) angle[i] = f->omega_start + i * f->omega_step;
    put_doubles(m, OMEGA, n, angle, "degree");
    put_transformation(m, OMEGA, "rotation", axis, none, ".");
    for (uint32_t i = 0; i < n; i++) angle[i] = f->omega_start + (i + 1) * f->omega_step;
    put_doubles(m, OMEGA "_end", n, angle, "degree");
    free(angle);
}

static void put_nxmx(master *m)
{
    const lbc_filewriter *f = m->facts;
    put_text(m, "/entry/definition", "NXmx");
    put_text(m, "/entry/start_time", f->date);
    put_text(m, "/entry/end_time_estimated", f->date);
    put_text(m, "/entry/instrument/name", f->instrument);
    put_group(m, "/entry/source", "NXsource");
    put_text(m, "/entry/source/name", f->instrument);
    put_text(m, DET "type", "Pixel");
    put_real(m, DET "distance", f->distance, "m");
    put_int(m, DET "saturation_value", (int32_t)f->cutoff);
    put_int(m, DET "underload_value", 0);
    put_module(m);
    put_group(m, "/entry/sample/beam", "NXbeam");
    put_real(m, "/entry/sample/beam/incident_wavelength", f->wavelength, "angstrom");
    put_group(m, "/entry/sample/transformations", "NXtransformations");
    put_rotation(m);
    put_text(m, "/entry/sample/depends_on", OMEGA);
}

/* ---- data ---------------------------------------------------------------------------------- */

static void put_data_links(master *m)
{
    const lbc_filewriter *f = m->facts;
    put_group(m, "/entry/data", "NXdata");
    for (uint32_t n = f->first_file; m->ok && n - f->first_file < f->files; n++) {
        char name[64], *target = lbc_asprintf("%s_%06u.h5", f->data_prefix, n);
        snprintf(name, sizeof name, "/entry/data/data_%06u", n);
        check(m,
              target && H5Lcreate_external(target, "/entry/data/data", m->file, name, H5P_DEFAULT, H5P_DEFAULT) >= 0);
        free(target);
    }
}

/* Maps data file n of the series into the virtual dataset. */
static bool map_file(hid_t create, const lbc_filewriter *f, uint32_t n)
{
    const hsize_t first = (hsize_t)n * f->images_per_file, left = images(f) - first;
    const hsize_t start[3] = {first, 0, 0}, all[3] = {images(f), f->shape.ny, f->shape.nx};
    const hsize_t part[3] = {left < f->images_per_file ? left : f->images_per_file, f->shape.ny, f->shape.nx};
    char *target = lbc_asprintf("%s_%06u.h5", f->data_prefix, f->first_file + n);
    char *escaped = target ? lbc_h5_virtual_name(target) : NULL;
    hid_t to = H5Screate_simple(3, all, NULL), from = H5Screate_simple(3, part, NULL);
    const bool ok = escaped && H5Sselect_hyperslab(to, H5S_SELECT_SET, start, NULL, part, NULL) >= 0 &&
                    H5Pset_virtual(create, to, escaped, "/entry/data/data", from) >= 0;
    lbc_h5_close(&to);
    lbc_h5_close(&from);
    free(escaped);
    free(target);
    return ok;
}

static void put_virtual_data(master *m)
{
    const lbc_filewriter *f = m->facts;
    if (!m->ok) return;
    const hsize_t dims[3] = {images(f), f->shape.ny, f->shape.nx};
    hid_t create = lbc_h5_dataset_properties(), space = H5Screate_simple(3, dims, NULL), set = H5I_INVALID_HID;
    for (uint32_t n = 0; m->ok && n < f->files; n++) check(m, map_file(create, f, n));
    if (m->ok)
        check(m, (set = H5Dcreate2(m->file, "/entry/data/data", lbc_h5_pixel_type(f->type), space, H5P_DEFAULT, create,
                                   H5P_DEFAULT)) >= 0 &&
                     lbc_h5_set_text(m->file, "/entry/data", "signal", "data"));
    lbc_h5_close(&set);
    lbc_h5_close(&space);
    lbc_h5_close(&create);
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void put_goniometer(master *m)
{
    const lbc_filewriter *f = m->facts;
    static const char *const still[] = {"chi", "kappa", "phi"};
    put_group(m, DET "goniometer", "NXtransformations");
    put_axis(m, DET "goniometer", "two_theta", 0.0, 0.0);
    put_group(m, "/entry/sample/goniometer", "NXtransformations");
    put_axis(m, "/entry/sample/goniometer", "omega", f->omega_start, f->omega_step);
    for (size_t i = 0; i < sizeof still / sizeof *still; i++)
        put_axis(m, "/entry/sample/goniometer", still[i], 0.0, 0.0);
}

static void put_all(master *m)
{
    const lbc_filewriter *f = m->facts;
    put_group(m, "/entry", "NXentry");
    put_data_links(m);
    put_group(m, "/entry/instrument", "NXinstrument");
    put_group(m, "/entry/instrument/beam", "NXbeam");
    put_real(m, "/entry/instrument/beam/incident_wavelength", f->wavelength, "angstrom");
    put_detector(m);
    put_group(m, "/entry/sample", "NXsample");
    if (f->dialect != LBC_DIALECT_NXMX) put_goniometer(m);
    if (f->dialect != LBC_DIALECT_FILEWRITER1) put_nxmx(m);
    if (f->dialect == LBC_DIALECT_NXMX) put_virtual_data(m);
}

lbc_status lbc_filewriter_master(const char *path, bool replace, const lbc_filewriter *facts, lbc_error *err)
{
    lbc_place place = {0};
    master m = {.facts = facts, .file = H5I_INVALID_HID, .ok = true};
    lbc_status status = lbc_place_begin(&place, path, err);
    if (status == LBC_OK) {
        lbc_h5_enter();
        m.file = lbc_h5_create_file(place.temporary);
        check(&m, m.file >= 0);
        put_all(&m);
        if (!m.ok) status = lbc_fail(err, LBC_E_IO, "%s: writing failed (%s)", path, m.why);
        if (m.file >= 0) {
            const lbc_status closed = lbc_h5_out_close(&m.file, path, status ? NULL : err);
            if (status == LBC_OK) status = closed;
        }
        lbc_h5_leave();
    }
    if (status == LBC_OK) status = lbc_place_commit(&place, replace, err);
    lbc_place_drop(&place);
    return status;
}
