/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fields of a master that the work needs, found by their meaning, checked, in fixed units. */
#include "base/memory.h"
#include "nexus/doubt.h"
#include "nexus/input_internal.h"
#include "nexus/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HC_EV_ANGSTROM 12398.419843320026 /* h c / e, exact since 2019 */

/* ---- groups -------------------------------------------------------------------------------- */

void lbc_groups_close(lbc_groups *groups)
{
    lbc_object *const all[] = {&groups->root,     &groups->entry,       &groups->instrument,
                               &groups->detector, &groups->specific,    &groups->beam,
                               &groups->sample,   &groups->sample_beam, &groups->data};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        lbc_h5_close(&all[i]->id);
        *all[i] = LBC_OBJECT_NONE;
    }
}

/* A group that may be missing: below a group that is missing, everything is. Only a broken file is an
 * error. */
static lbc_status find_group(lbc_sources *sources, const lbc_object *parent, const char *nx_class, const char *usual,
                             lbc_object *group, lbc_error *err)
{
    lbc_error trouble = {LBC_OK, ""};
    if (parent->id < 0) return LBC_OK;
    const lbc_found found = nx_class ? lbc_follow_class(sources, parent, nx_class, usual, group, &trouble)
                                     : lbc_follow_group(sources, parent, usual, group, &trouble);
    if (found != LBC_BROKEN) return LBC_OK;
    if (err) *err = trouble;
    return trouble.status;
}

lbc_status lbc_groups_open(const lbc_input *input, lbc_groups *groups, lbc_error *err)
{
    lbc_sources *sources = &input->shared->sources;
    lbc_object *const all[] = {&groups->root,     &groups->entry,       &groups->instrument,
                               &groups->detector, &groups->specific,    &groups->beam,
                               &groups->sample,   &groups->sample_beam, &groups->data};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) *all[i] = LBC_OBJECT_NONE;

    lbc_status status = lbc_source_open(sources->source[0], err);
    if (status != LBC_OK) return status;
    const lbc_object file = {sources->source[0]->h5, sources->source[0]};
    if (lbc_follow(sources, &file, "/", &groups->root, err) != LBC_FOUND) return LBC_E_FORMAT;
    status = find_group(sources, &groups->root, "NXentry", "entry", &groups->entry, err);
    if (status == LBC_OK && groups->entry.id < 0)
        status = lbc_h5_has_link(groups->root.id, "data")
                     ? lbc_input_is_data_file(input, err)
                     : lbc_fail(err, LBC_E_FORMAT, "%s: no entry group: this is no NeXus master file", input->path);
    if (status == LBC_OK)
        status = find_group(sources, &groups->entry, "NXinstrument", "instrument", &groups->instrument, err);
    if (status == LBC_OK)
        status = find_group(sources, &groups->instrument, "NXdetector", "detector", &groups->detector, err);
    if (status == LBC_OK)
        status = find_group(sources, &groups->detector, NULL, "detectorSpecific", &groups->specific, err);
    if (status == LBC_OK && groups->specific.id < 0)
        status = find_group(sources, &groups->instrument, NULL, "detectorSpecific", &groups->specific, err);
    if (status == LBC_OK) status = find_group(sources, &groups->instrument, "NXbeam", "beam", &groups->beam, err);
    if (status == LBC_OK) status = find_group(sources, &groups->entry, "NXsample", "sample", &groups->sample, err);
    if (status == LBC_OK) status = find_group(sources, &groups->sample, "NXbeam", "beam", &groups->sample_beam, err);
    if (status == LBC_OK) status = find_group(sources, &groups->entry, "NXdata", "data", &groups->data, err);
    return status;
}

/* ---- a data file in place of a master -------------------------------------------------------- */

/* Length of RUN in RUN_data_000001.h5 or RUN_000001.h5; 0: the name is of another kind. */
static size_t run_length(const char *path)
{
    static const char data[] = "_data";
    size_t n = strlen(path), digits = 0;
    if (n < 3 || strcmp(path + n - 3, ".h5")) return 0;
    for (n -= 3; n && path[n - 1] >= '0' && path[n - 1] <= '9'; n--) digits++;
    if (digits == 0 || n == 0 || path[n - 1] != '_') return 0;
    n--;
    return n > sizeof data - 1 && memcmp(path + n - (sizeof data - 1), data, sizeof data - 1) == 0
               ? n - (sizeof data - 1)
               : n;
}

lbc_status lbc_input_is_data_file(const lbc_input *input, lbc_error *err)
{
    static const char *const ends[] = {"_master.h5", ".nxs"};
    const int run = (int)run_length(input->path);
    char *guess = NULL;
    for (size_t i = 0; run && !guess && i < sizeof ends / sizeof *ends; i++) {
        guess = lbc_asprintf("%.*s%s", run, input->path, ends[i]);
        if (guess && access(guess, F_OK)) {
            free(guess);
            guess = NULL;
        }
    }
    const lbc_status status =
        lbc_fail(err, LBC_E_FORMAT, "%s: is a data file: it holds images and nothing about them; give the master%s%s",
                 input->path, guess ? ", " : " that links it", guess ? guess : "");
    free(guess);
    return status;
}

/* ---- one field ----------------------------------------------------------------------------- */

typedef enum quantity { PLAIN, LENGTH, WAVELENGTH, ENERGY } quantity;

/* Factor to the quantity's fixed unit. Without a unit: what FileWriter means, m, angstrom and eV. */
static double unit_factor(quantity kind, const char *unit)
{
    switch (kind) {
    case LENGTH: return unit[0] ? lbc_unit_length(unit) : 1;
    case WAVELENGTH: return unit[0] ? lbc_unit_length(unit) / 1e-10 : 1;
    case ENERGY: return unit[0] ? lbc_unit_energy(unit) : 1;
    case PLAIN: break;
    }
    return 1;
}

/* A field of the master, as found. */
typedef struct field {
    char path[256]; /* in its file */
    size_t count;
    double value[3]; /* in the fixed unit; NAN: the unit is unknown */
    char unit[32];
} field;

/* Reads up to three numbers. LBC_OK with f->count 0: the field is missing, dangles or holds no numbers. */
static lbc_status read_field(const lbc_input *input, const lbc_object *group, const char *name, quantity kind, field *f,
                             lbc_error *err)
{
    lbc_object dataset;
    lbc_error trouble = {LBC_OK, ""};
    *f = (field){.count = 0};
    if (group->id < 0) return LBC_OK;
    const lbc_found found = lbc_follow_dataset(&input->shared->sources, group, name, &dataset, &trouble);
    if (found == LBC_BROKEN) {
        if (err) *err = trouble;
        return trouble.status;
    }
    if (found != LBC_FOUND) return LBC_OK;
    lbc_object_path(dataset.id, f->path, sizeof f->path);
    f->count = lbc_h5_numbers(dataset.id, f->value, 3);
    lbc_h5_attr_text(dataset.id, "units", f->unit, sizeof f->unit);
    lbc_h5_close(&dataset.id);
    const double factor = unit_factor(kind, f->unit);
    for (size_t i = 0; i < 3 && i < f->count; i++) f->value[i] *= factor;
    return LBC_OK;
}

/* One place where a quantity may be. */
typedef struct place {
    size_t group; /* offset of an lbc_object in lbc_groups */
    const char *name;
    quantity kind;
    unsigned element; /* which number of the field */
} place;

#define IN(member) offsetof(lbc_groups, member)

/* The first of the places that has a value. */
static lbc_status find_field(const lbc_input *input, const lbc_groups *groups, const place *places, field *f,
                             const place **where, lbc_error *err)
{
    lbc_status status = LBC_OK;
    *where = NULL;
    for (; places->name && status == LBC_OK && !*where; places++) {
        const lbc_object *group = (const lbc_object *)(const void *)((const char *)groups + places->group);
        status = read_field(input, group, places->name, places->kind, f, err);
        if (status == LBC_OK && f->count > places->element) *where = places;
    }
    return status;
}

/* What a master must have. */
typedef struct requirement {
    const char *what;
    const char *usual;  /* where it is looked for first, for the message */
    double least, most; /* of a sound value */
    const char *unit;   /* of these */
    const place *places;
    const double *pixel;    /* what it is measured in, unless its unit is a length; NULL: it has a unit of its own */
    const uint32_t *pixels; /* of the image along it */
} requirement;

#define FARTHEST 10 /* m, of a beam centre from the corner of an image */

/* A place on the detector, to pixels. Some writers label pixels as metres: a length that is farther off than any
 * detector is from the beam, while its number is a pixel, is none. */
static double to_pixels(lbc_input *input, const requirement *r, const field *f, double value)
{
    const double factor = lbc_unit_length(f->unit) / *r->pixel, n = *r->pixels;
    if (isnan(factor)) return value;
    const double pixels = value * factor;
    if (fabs(pixels * *r->pixel) <= FARTHEST || !(value >= 0 && value <= n)) return pixels;
    lbc_input_note(input, LBC_LEVEL_WARNING, "%s: %s is %g %s, far off any detector: taken as pixels", input->path,
                   f->path, value, f->unit);
    return value;
}

static lbc_status require(lbc_input *input, const lbc_groups *groups, const requirement *r, double *value,
                          lbc_error *err)
{
    field f;
    const place *where;
    const lbc_status status = find_field(input, groups, r->places, &f, &where, err);
    if (status != LBC_OK) return status;
    if (!where && lbc_believe(input->path, err)) return LBC_E_IO;
    if (!where)
        return lbc_fail(err, LBC_E_FORMAT, "%s: no %s (%s); a master must have it", input->path, r->what, r->usual);
    const double factor = unit_factor(where->kind, f.unit);
    if (isnan(factor))
        return lbc_fail(err, LBC_E_FORMAT, "%s: %s has the unit \"%s\", which is not known here", input->path, f.path,
                        f.unit);
    double v = f.value[where->element];
    if (where->element == 2) v = fabs(v); /* the component of a vector along the beam, either way */
    if (where->kind == ENERGY) v = HC_EV_ANGSTROM / v;
    if (r->pixel) v = to_pixels(input, r, &f, v);
    if (!(v >= r->least && v <= r->most))
        return lbc_fail(err, LBC_E_FORMAT, "%s: %s is %g%s%s: no possible %s (%g to %g %s)", input->path, f.path,
                        f.value[where->element] / factor, f.unit[0] ? " " : "", f.unit, r->what, r->least, r->most,
                        r->unit);
    *value = v;
    return LBC_OK;
}

static const place wavelength_places[] = {
    {IN(beam), "incident_wavelength", WAVELENGTH, 0},
    {IN(sample_beam), "incident_wavelength", WAVELENGTH, 0},
    {IN(beam), "wavelength", WAVELENGTH, 0},
    {IN(instrument), "monochromator/wavelength", WAVELENGTH, 0},
    {IN(beam), "incident_energy", ENERGY, 0},
    {IN(specific), "photon_energy", ENERGY, 0},
    {IN(detector), "photon_energy", ENERGY, 0},
    {IN(instrument), "monochromator/energy", ENERGY, 0},
    {0, NULL, PLAIN, 0},
};
static const place distance_places[] = {
    {IN(detector), "detector_distance", LENGTH, 0},
    {IN(detector), "distance", LENGTH, 0},
    {IN(instrument), "detector_distance", LENGTH, 0},
    {IN(instrument), "detector_z/det_z", LENGTH, 0},
    {IN(instrument), "transformations/det_z", LENGTH, 0},
    {IN(detector), "transformations/det_z", LENGTH, 0},
    {IN(detector), "transformations/translation", LENGTH, 0},
    {IN(detector), "geometry/translation/distances", LENGTH, 2},
    {0, NULL, PLAIN, 0},
};
static const place x_size_places[] = {{IN(detector), "x_pixel_size", LENGTH, 0}, {0, NULL, PLAIN, 0}};
static const place y_size_places[] = {{IN(detector), "y_pixel_size", LENGTH, 0}, {0, NULL, PLAIN, 0}};
static const place x_centre_places[] = {{IN(detector), "beam_center_x", PLAIN, 0}, {0, NULL, PLAIN, 0}};
static const place y_centre_places[] = {{IN(detector), "beam_center_y", PLAIN, 0}, {0, NULL, PLAIN, 0}};

static lbc_status read_required(lbc_input *input, const lbc_groups *groups, lbc_error *err)
{
    lbc_series *s = &input->series;
    const struct {
        requirement requirement;
        double *value;
    } all[] = {
        {{"pixel size", "x_pixel_size in the detector group", 1e-7, 0.1, "m", x_size_places, NULL, NULL}, &s->pixel_x},
        {{"pixel size", "y_pixel_size in the detector group", 1e-7, 0.1, "m", y_size_places, NULL, NULL}, &s->pixel_y},
        {{"wavelength", "incident_wavelength in the beam group, or photon_energy", 1e-3, 1e3, "angstrom",
          wavelength_places, NULL, NULL},
         &s->wavelength},
        {{"detector distance", "detector_distance in the detector group", 1e-4, 1e3, "m", distance_places, NULL, NULL},
         &s->distance},
        {{"beam centre", "beam_center_x in the detector group", -1e6, 1e6, "pixels", x_centre_places, &s->pixel_x,
          &s->shape.nx},
         &s->beam_x},
        {{"beam centre", "beam_center_y in the detector group", -1e6, 1e6, "pixels", y_centre_places, &s->pixel_y,
          &s->shape.ny},
         &s->beam_y},
    };
    lbc_status status = LBC_OK;
    for (size_t i = 0; i < sizeof all / sizeof *all && status == LBC_OK; i++)
        status = require(input, groups, &all[i].requirement, all[i].value, err);
    return status;
}

/* ---- what may be missing ------------------------------------------------------------------- */

static lbc_status read_saturation(lbc_input *input, const lbc_groups *groups, lbc_error *err)
{
    static const place places[] = {
        {IN(detector), "saturation_value", PLAIN, 0},
        {IN(specific), "countrate_correction_count_cutoff", PLAIN, 0},
        {IN(specific), "saturation_value", PLAIN, 0},
        {IN(specific), "detectorModule_000/countrate_correction_count_cutoff", PLAIN, 0},
        {0, NULL, PLAIN, 0},
    };
    lbc_series *s = &input->series;
    field f;
    const place *where = NULL;
    s->saturation = lbc_pixel_largest_count(s->type);
    s->saturation_from = "pixel type";
    for (const place *p = places; p->name; p++) {
        const place one[] = {*p, {0, NULL, PLAIN, 0}};
        const lbc_status status = find_field(input, groups, one, &f, &where, err);
        if (status != LBC_OK) return status;
        if (!where) continue;
        if (f.value[0] >= 1) break;
        lbc_input_note(input, LBC_LEVEL_WARNING, "%s: %s is %g: no saturation value, passed over", input->path, f.path,
                       f.value[0]);
        where = NULL;
    }
    if (!where) return LBC_OK;
    s->saturation = f.value[0] < 0x1p53 ? (int64_t)f.value[0] : INT64_C(1) << 53;
    snprintf(input->saturation_from, sizeof input->saturation_from, "%s", f.path);
    s->saturation_from = input->saturation_from;
    return LBC_OK;
}

/* A number of images; 0 when the field is missing or no such number. */
static lbc_status read_count(lbc_input *input, const lbc_groups *groups, const char *name, uint64_t *count,
                             lbc_error *err)
{
    const place places[] = {{IN(specific), name, PLAIN, 0}, {IN(detector), name, PLAIN, 0}, {0, NULL, PLAIN, 0}};
    field f;
    const place *where;
    *count = 0;
    const lbc_status status = find_field(input, groups, places, &f, &where, err);
    if (status != LBC_OK || !where) return status;
    if (f.value[0] >= 1 && f.value[0] < 0x1p53)
        *count = (uint64_t)f.value[0];
    else
        lbc_input_note(input, LBC_LEVEL_WARNING, "%s: %s is %g: passed over", input->path, f.path, f.value[0]);
    return LBC_OK;
}

lbc_status lbc_claim_read(lbc_input *input, const lbc_groups *groups, lbc_error *err)
{
    const lbc_status status = read_count(input, groups, "nimages", &input->series.nimages, err);
    return status == LBC_OK ? read_count(input, groups, "ntrigger", &input->series.ntrigger, err) : status;
}

uint64_t lbc_claimed(const lbc_series *series)
{
    uint64_t claimed = 0;
    return __builtin_mul_overflow(series->nimages, series->ntrigger, &claimed) ? UINT64_MAX : claimed;
}

/* Without ntrigger, nimages claims nothing (there may have been any number of triggers), but no whole number of them
 * gives a rest. */
static void doubt_nimages(lbc_input *input)
{
    const lbc_series *s = &input->series;
    if (!s->nimages || s->ntrigger || s->frames % s->nimages == 0) return;
    lbc_input_note(input, LBC_LEVEL_WARNING,
                   "%s: the master says nimages %llu and no ntrigger, but %llu images are there: some may be missing",
                   input->path, (unsigned long long)s->nimages, (unsigned long long)s->frames);
}

lbc_status lbc_facts_read(lbc_input *input, const lbc_groups *groups, lbc_error *err)
{
    lbc_status status = read_required(input, groups, err);
    if (status == LBC_OK) status = read_saturation(input, groups, err);
    if (status == LBC_OK) doubt_nimages(input);
    return status;
}
