/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/rules.h"

#include <string.h>

/* ---- kinds of groups ----------------------------------------------------------------------- */

/* Tables read best one row a line. */
/* clang-format off */

typedef struct class_row {
    const char *nx_class;
    lbc_group group;
} class_row;

static const class_row classes[] = {
    {"NXentry", LBC_GROUP_ENTRY},
    {"NXdata", LBC_GROUP_DATA},
    {"NXinstrument", LBC_GROUP_INSTRUMENT},
    {"NXdetector", LBC_GROUP_DETECTOR},
    {"NXdetector_channel", LBC_GROUP_CHANNEL},
    {"NXdetector_module", LBC_GROUP_MODULE},
    {"NXtransformations", LBC_GROUP_AXES},
    {"NXpositioner", LBC_GROUP_AXES},
    {"NXgoniometer", LBC_GROUP_AXES},
    {"NXgeometry", LBC_GROUP_GEOMETRY},
    {"NXtranslation", LBC_GROUP_GEOMETRY},
    {"NXorientation", LBC_GROUP_GEOMETRY},
    {"NXsample", LBC_GROUP_SAMPLE},
    {"NXbeam", LBC_GROUP_BEAM},
    {"NXprocess", LBC_GROUP_PROCESS},
    {NULL, LBC_GROUP_OTHER},
};

/* Groups that masters leave without a class, or give another one, but always name alike. */
static const class_row fixed_names[] = {
    {"detectorSpecific", LBC_GROUP_SPECIFIC},
    {"_dectris", LBC_GROUP_SPECIFIC},
    {"goniometer", LBC_GROUP_AXES},
    {"transformations", LBC_GROUP_AXES},
    {NULL, LBC_GROUP_OTHER},
};

/* What a group is called when it has no class at all. */
static const class_row usual_names[] = {
    {"entry", LBC_GROUP_ENTRY},
    {"data", LBC_GROUP_DATA},
    {"instrument", LBC_GROUP_INSTRUMENT},
    {"detector", LBC_GROUP_DETECTOR},
    {"module", LBC_GROUP_MODULE},
    {"geometry", LBC_GROUP_GEOMETRY},
    {"sample", LBC_GROUP_SAMPLE},
    {"beam", LBC_GROUP_BEAM},
    {NULL, LBC_GROUP_OTHER},
};

/* clang-format on */

static const class_row *find_class(const class_row *row, const char *name)
{
    while (row->nx_class && strcmp(row->nx_class, name) != 0) row++;
    return row;
}

lbc_group lbc_group_of(lbc_group parent, const char *name, const char *nx_class)
{
    if (parent == LBC_GROUP_GEOMETRY || parent == LBC_GROUP_PROCESS) return parent;
    if (strncmp(name, "detectorModule_", 15) == 0) return LBC_GROUP_TILE;
    const class_row *row = find_class(fixed_names, name);
    if (!row->nx_class) row = nx_class[0] ? find_class(classes, nx_class) : find_class(usual_names, name);
    return row->group;
}

/* ---- the table ----------------------------------------------------------------------------- */

#define IN(kind)        (1u << LBC_GROUP_##kind)
#define ANYWHERE        (~IN(PROCESS))
#define DETECTOR_ITSELF (IN(DETECTOR) | IN(SPECIFIC))
#define DETECTORS       (DETECTOR_ITSELF | IN(CHANNEL))

#define VALUES (IN(ENTRY) | IN(DATA) | IN(INSTRUMENT) | DETECTORS | IN(AXES) | IN(SAMPLE) | IN(BEAM) | IN(OTHER))

typedef enum shape_test {
    ANY,
    NUMBERS, /* numeric */
    TEXT,
    FRAMES,   /* (..., ny, nx), rank 3 or more */
    TABLE,    /* rank 2 */
    FLAT_MAP, /* (ny, nx) */
    TILE_MAP  /* rank 2, both sides at least 16: no table of two columns */
} shape_test;

typedef enum when { ALWAYS, WHEN_BINNED, WHEN_MIXED /* binned or summed */ } when;

typedef struct row {
    unsigned groups;
    const char *name; /* "*": any; one '*' at either end matches what is left out there */
    shape_test shape;
    when when;
    lbc_rule rule;
} row;

/* clang-format off */
#define KEEP(scale_, sample_) {LBC_ACTION_KEEP, LBC_SCALE_##scale_, LBC_SAMPLE_##sample_, LBC_VALUE_NONE, false}
#define AXIS(scale_, sample_) {LBC_ACTION_KEEP, LBC_SCALE_##scale_, LBC_SAMPLE_##sample_, LBC_VALUE_NONE, true}
#define DO(action_)           {LBC_ACTION_##action_, LBC_SCALE_NONE, LBC_SAMPLE_NONE, LBC_VALUE_NONE, false}
#define ROUND(action_)        {LBC_ACTION_##action_, LBC_SCALE_PER_BIN, LBC_SAMPLE_NONE, LBC_VALUE_NONE, false}
#define SET(value_)           {LBC_ACTION_SET, LBC_SCALE_NONE, LBC_SAMPLE_NONE, LBC_VALUE_##value_, false}

/* The first row that fits counts. Sampling is done only where a field has one value per image. */
static const row table[] = {
    /* images, and everything as large as one */
    {ANYWHERE, "*", FRAMES, ALWAYS, DO(IMAGES)},
    {IN(DATA), "data*", NUMBERS, ALWAYS, DO(IMAGES)},
    {DETECTOR_ITSELF, "pixel_mask", NUMBERS, ALWAYS, DO(MASK)},
    {IN(TILE), "*", TILE_MAP, WHEN_BINNED, DO(DROP)},
    {DETECTORS, "saturation_value", NUMBERS, ALWAYS, SET(SATURATION)},
    {DETECTORS | IN(TILE), "countrate_correction_count_cutoff", NUMBERS, ALWAYS, SET(SATURATION)},
    {ANYWHERE, "*mask*", FLAT_MAP, WHEN_BINNED, DO(MASK_MAP)},
    {ANYWHERE, "*", FLAT_MAP, WHEN_BINNED, DO(MAP)},
    /* the peaks of each image, as CXI has them: neither places nor sums are told by those of single images */
    {VALUES, "peak*", TABLE, WHEN_MIXED, DO(LOSE)},
    {VALUES, "nPeaks", NUMBERS, WHEN_MIXED, DO(LOSE)},

    /* the detector's shape and place */
    {DETECTORS, "x_pixel_size", NUMBERS, ALWAYS, KEEP(BIN, FIRST)},
    {DETECTORS, "y_pixel_size", NUMBERS, ALWAYS, KEEP(BIN, FIRST)},
    {IN(MODULE), "fast_pixel_direction", NUMBERS, ALWAYS, KEEP(BIN, NONE)},
    {IN(MODULE), "slow_pixel_direction", NUMBERS, ALWAYS, KEEP(BIN, NONE)},
    {DETECTORS, "beam_center_x", NUMBERS, ALWAYS, KEEP(PER_BIN, FIRST)},
    {DETECTORS, "beam_center_y", NUMBERS, ALWAYS, KEEP(PER_BIN, FIRST)},
    {DETECTORS, "x_pixels_in_detector", NUMBERS, ALWAYS, SET(NX)},
    {DETECTORS, "y_pixels_in_detector", NUMBERS, ALWAYS, SET(NY)},
    {IN(MODULE), "data_size", NUMBERS, ALWAYS, SET(SIZE)},
    {IN(MODULE) | IN(TILE), "data_origin", NUMBERS, ALWAYS, ROUND(FLOOR)},
    {IN(TILE), "data_size", NUMBERS, ALWAYS, ROUND(CEIL)},
    /* by it dxtbx (FormatNXmxEigerFilewriter.py) turns data_size round, or looks for it among sizes that it knows */
    {IN(SPECIFIC), "eiger_fw_version", ANY, ALWAYS, DO(DROP)},

    /* the series */
    {DETECTOR_ITSELF, "nimages", NUMBERS, ALWAYS, SET(FRAMES)},
    {DETECTOR_ITSELF, "ntrigger", NUMBERS, ALWAYS, SET(ONE)},
    {DETECTORS, "count_time", NUMBERS, ALWAYS, KEEP(SUM, FIRST)},
    {DETECTORS, "frame_time", NUMBERS, ALWAYS, KEEP(SUM, FIRST)},
    {DETECTORS, "nframes_sum", NUMBERS, ALWAYS, KEEP(SUM, NONE)},
    {DETECTORS, "summation_nimages", NUMBERS, ALWAYS, KEEP(SUM, NONE)},

    {IN(ENTRY), "start_time", TEXT, ALWAYS, DO(BEGIN)},
    {IN(ENTRY), "end_time", TEXT, ALWAYS, DO(FINISH)},
    {IN(ENTRY), "end_time_estimated", TEXT, ALWAYS, DO(FINISH)},
    {DETECTOR_ITSELF, "data_collection_date", TEXT, ALWAYS, DO(BEGIN)},

    /* what a stored pixel can hold; the largest count stands above, as it may be a map of such */
    {DETECTORS, "underload_value", NUMBERS, ALWAYS, SET(ZERO)},
    {DETECTORS, "bit_depth_image", NUMBERS, ALWAYS, SET(DEPTH)},
    {DETECTORS, "bit_depth_readout", NUMBERS, ALWAYS, SET(DEPTH)},
    {DETECTOR_ITSELF, "number_of_excluded_pixels", NUMBERS, ALWAYS, SET(MASKED)},
    {DETECTORS, "compression", TEXT, ALWAYS, DO(CODEC)},

    /* forms that readers want */
    {IN(ENTRY), "definition", TEXT, ALWAYS, DO(NXMX)},
    {IN(DETECTOR), "sensor_material", TEXT, ALWAYS, DO(MATERIAL)},
    {DETECTORS, "*_applied", NUMBERS, ALWAYS, DO(BOOLEAN)},
    {DETECTORS, "auto_summation", NUMBERS, ALWAYS, DO(BOOLEAN)},

    /* axes */
    {IN(AXES) | IN(DATA), "*_increment_set", NUMBERS, ALWAYS, AXIS(SUM, FIRST)},
    {IN(AXES) | IN(DATA), "*_increment", NUMBERS, ALWAYS, AXIS(SUM, FIRST)},
    {IN(AXES) | IN(DATA), "*_range_average", NUMBERS, ALWAYS, AXIS(SUM, FIRST)},
    {IN(AXES) | IN(DATA), "*_range_total", NUMBERS, ALWAYS, DO(TOTAL)},
    {IN(AXES) | IN(DATA), "*_start", NUMBERS, ALWAYS, DO(START)},
    {IN(AXES) | IN(DATA), "*_end", NUMBERS, ALWAYS, AXIS(NONE, LAST)},
    {IN(AXES) | IN(DATA), "*", NUMBERS, ALWAYS, AXIS(NONE, FIRST)},
    /* anything else that has a value for each image */
    {VALUES, "*_end", ANY, ALWAYS, KEEP(NONE, LAST)},
    {VALUES, "*", ANY, ALWAYS, KEEP(NONE, FIRST)},

    {~0u, "*", ANY, ALWAYS, KEEP(NONE, NONE)},
};

/* clang-format on */

/* ---- looking up ---------------------------------------------------------------------------- */

static bool name_fits(const char *pattern, const char *name)
{
    const size_t np = strlen(pattern), nn = strlen(name);
    const bool open_start = pattern[0] == '*', open_end = np > 1 && pattern[np - 1] == '*';
    if (np == 1 && open_start) return true;
    if (open_start && open_end) { /* "*text*" */
        for (size_t i = 0; i + np - 2 <= nn; i++)
            if (memcmp(name + i, pattern + 1, np - 2) == 0) return true;
        return false;
    }
    if (open_end) return strncmp(pattern, name, np - 1) == 0;
    if (open_start) return nn >= np - 1 && strcmp(name + nn - (np - 1), pattern + 1) == 0;
    return strcmp(pattern, name) == 0;
}

static bool shape_fits(shape_test test, const lbc_field *f, lbc_shape in)
{
    switch (test) {
    case ANY: return true;
    case NUMBERS: return f->numeric;
    case TEXT: return !f->numeric;
    case FRAMES:
        return f->numeric && (f->rank == 3 || f->rank == 4) && f->dims[f->rank - 2] == in.ny &&
               f->dims[f->rank - 1] == in.nx;
    case TABLE: return f->numeric && f->rank == 2;
    case FLAT_MAP: return f->numeric && f->rank == 2 && f->dims[0] == in.ny && f->dims[1] == in.nx;
    case TILE_MAP: return f->numeric && f->rank == 2 && f->dims[0] >= 16 && f->dims[1] >= 16;
    }
    return false;
}

/* Up to here, an array may as well be a vector, a unit cell or a matrix, where it is no axis. */
#define LONGEST_VECTOR 9

/* The values of an axis may be more than the frames: a collection was aborted, or the master claims what
 * was only planned. Elsewhere only the exact number tells that values belong to images. */
static bool is_per_image(const lbc_field *f, const lbc_change *change, uint64_t claimed)
{
    if (f->rank < 1 || f->dims[0] == 0 || f->dims[0] < change->frames_in) return false;
    if (f->group == LBC_GROUP_AXES || f->group == LBC_GROUP_DATA) return true;
    return (f->dims[0] == change->frames_in || f->dims[0] == claimed) && f->dims[0] > LONGEST_VECTOR;
}

lbc_rule lbc_rule_find(const lbc_field *field, const lbc_change *change, uint64_t claimed)
{
    const row *r = table;
    for (;; r++) {
        if (!(r->groups >> field->group & 1u) || !name_fits(r->name, field->name)) continue;
        if (!shape_fits(r->shape, field, change->in)) continue;
        if (r->when == WHEN_BINNED && change->bin == 1) continue;
        if (r->when == WHEN_MIXED && change->bin == 1 && change->sum == 1) continue;
        break;
    }
    lbc_rule rule = r->rule;
    if (rule.sample != LBC_SAMPLE_NONE && !is_per_image(field, change, claimed)) {
        rule.sample = LBC_SAMPLE_NONE;
        rule.wide = false;
    }
    if (rule.scale != LBC_SCALE_NONE && !field->numeric) rule.scale = LBC_SCALE_NONE;
    return rule;
}
