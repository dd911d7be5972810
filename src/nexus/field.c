/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/field.h"

#include "base/memory.h"
#include "frame/frame.h"
#include "frame/map.h"
#include "metadata/apply.h"
#include "metadata/isotime.h"
#include "nexus/doubt.h"
#include "nexus/h5util.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool lbc_field_describe(lbc_field *field, hid_t dataset, lbc_group group, const char *name)
{
    hsize_t dims[H5S_MAX_RANK];
    hid_t type = H5Dget_type(dataset);
    const H5T_class_t kind = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    lbc_h5_close(&type);
    *field = (lbc_field){.group = group, .name = name};
    field->floating = kind == H5T_FLOAT;
    field->numeric = kind == H5T_FLOAT || kind == H5T_INTEGER || kind == H5T_ENUM;
    field->rank = lbc_h5_shape(dataset, dims, H5S_MAX_RANK);
    for (int d = 0; d < field->rank && d < LBC_FIELD_RANK; d++) field->dims[d] = dims[d];
    if (field->rank < 0) field->rank = 0; /* the null dataspace */
    return kind != H5T_NO_CLASS;
}

/* ---- replacing a value --------------------------------------------------------------------- */

static bool replace_with_text(lbc_value *v, const char *text)
{
    lbc_value_free(v);
    return lbc_value_new_text(v, text);
}

static bool name_material(lbc_value *v)
{
    const char *name = v->count == 1 && lbc_value_is_text(v) ? lbc_material_name((const char *)v->data) : NULL;
    return !name || replace_with_text(v, name);
}

/* The time stays as it is where it does not move, or is no such time. */
static bool move_time(lbc_value *v, double seconds)
{
    char moved[LBC_TIME_SIZE];
    if (seconds == 0 || v->count != 1 || !lbc_value_is_text(v)) return true;
    return !lbc_time_add((const char *)v->data, seconds, moved) || replace_with_text(v, moved);
}

static bool set_numbers(lbc_value *v, const double *numbers, unsigned count)
{
    if (!lbc_value_is_number(v) || v->count % count != 0 || v->count == 0) {
        const hsize_t dims[1] = {count};
        lbc_value_free(v);
        if (!lbc_value_new(v, H5T_STD_U32LE, count > 1, dims)) return false;
    }
    double *all = lbc_alloc(v->count, sizeof *all);
    if (!all) return false;
    for (size_t i = 0; i < v->count; i++) all[i] = numbers[i % count];
    const bool ok = lbc_value_set_numbers(v, all);
    free(all);
    return ok;
}

/* Keeps the rows of the images that stand for the output's frames. */
static bool sample_rows(lbc_value *v, lbc_sample sample, const lbc_change *change)
{
    const size_t row = v->count / (size_t)v->dims[0] * v->size;
    uint8_t *rows = lbc_alloc((size_t)change->groups, row);
    if (!rows) return false;
    lbc_sample_rows(rows, v->data, row, sample, change);
    v->count = v->count / (size_t)v->dims[0] * (size_t)change->groups;
    v->dims[0] = change->groups;
    free(v->data);
    v->data = rows;
    return true;
}

/* numbers -> each(number) -> numbers, in the stored type where that can hold them. */
static bool change_numbers(lbc_value *v, lbc_rule rule, const lbc_change *change)
{
    double *numbers = lbc_value_get_numbers(v);
    if (!numbers) return false;
    for (size_t i = 0; i < v->count; i++) {
        double x = lbc_scale_value(rule.scale, numbers[i], change);
        if (rule.action == LBC_ACTION_FLOOR) x = floor(x);
        if (rule.action == LBC_ACTION_CEIL) x = ceil(x);
        if (rule.action == LBC_ACTION_BOOLEAN) x = x != 0;
        numbers[i] = x;
    }
    if (rule.action == LBC_ACTION_BOOLEAN) { /* set_numbers keeps the type, and one byte holds these */
        lbc_value byte = {.type = H5I_INVALID_HID, .owner = H5I_INVALID_HID};
        const bool made = lbc_value_new(&byte, H5T_STD_I8LE, v->rank, v->dims);
        lbc_value_free(v);
        *v = byte;
        if (!made) {
            free(numbers);
            return false;
        }
    }
    const bool ok = lbc_value_set_numbers(v, numbers);
    free(numbers);
    return ok;
}

static bool widen(lbc_value *v)
{
    if (lbc_sure_class(v->type) != H5T_FLOAT || v->size == sizeof(double)) return true;
    lbc_value wide = {.type = H5I_INVALID_HID, .owner = H5I_INVALID_HID};
    double *numbers = lbc_value_get_numbers(v);
    const bool ok = numbers && lbc_value_new(&wide, H5T_IEEE_F64LE, v->rank, v->dims);
    if (ok) {
        memcpy(wide.data, numbers, wide.count * wide.size);
        lbc_value_free(v);
        *v = wide;
    } else {
        lbc_value_free(&wide);
    }
    free(numbers);
    return ok;
}

/* ---- maps ---------------------------------------------------------------------------------- */

static bool is_map(const lbc_value *v, lbc_shape shape)
{
    return lbc_value_is_number(v) && v->rank == 2 && v->dims[0] == shape.ny && v->dims[1] == shape.nx;
}

static bool bin_map(lbc_value *v, const lbc_field_context *c)
{
    const bool whole = lbc_sure_class(v->type) == H5T_INTEGER;
    double *in = lbc_value_get_numbers(v);
    const size_t pixels = lbc_shape_pixels(c->change->out);
    double *out = lbc_alloc(pixels, sizeof *out);
    bool ok = in && out;
    if (ok) {
        lbc_map_bin(out, in, c->mask_in, c->change->in, c->change->bin);
        for (size_t i = 0; whole && i < pixels; i++) out[i] = rint(out[i]);
        v->dims[0] = c->change->out.ny;
        v->dims[1] = c->change->out.nx;
        v->count = pixels;
        ok = lbc_value_set_numbers(v, out);
    }
    free(out);
    free(in);
    return ok;
}

static bool bin_mask_map(lbc_value *v, const lbc_field_context *c)
{
    const hsize_t dims[2] = {c->change->out.ny, c->change->out.nx};
    double *numbers = lbc_value_get_numbers(v);
    uint32_t *in = lbc_alloc(v->count, sizeof *in);
    lbc_value out = {.type = H5I_INVALID_HID, .owner = H5I_INVALID_HID};
    const bool ok = numbers && in && lbc_value_new(&out, H5T_NATIVE_UINT32, 2, dims);
    if (ok) {
        for (size_t i = 0; i < v->count; i++)
            in[i] = numbers[i] >= 0 && numbers[i] <= UINT32_MAX ? (uint32_t)numbers[i] : 1;
        lbc_mask_bin((uint32_t *)(void *)out.data, in, c->change->in, c->change->bin);
        lbc_value_free(v);
        *v = out;
    } else {
        lbc_value_free(&out);
    }
    free(in);
    free(numbers);
    return ok;
}

/* ---- axes ---------------------------------------------------------------------------------- */

/* The numbers of a field beside, in a new array; NULL: there is no such field. */
static double *numbers_beside(hid_t group, const char *stem, size_t stem_length, const char *ending, uint64_t *count)
{
    char name[256];
    double *numbers = NULL;
    *count = 0;
    snprintf(name, sizeof name, "%.*s%s", (int)stem_length, stem, ending);
    if (!lbc_h5_has_link(group, name)) return NULL;
    hid_t set = H5Dopen2(group, name, H5P_DEFAULT);
    lbc_value value = {.type = H5I_INVALID_HID, .owner = H5I_INVALID_HID};
    if (set >= 0 && lbc_value_read_dataset(&value, set, NULL) == LBC_OK && lbc_value_is_number(&value)) {
        numbers = lbc_value_get_numbers(&value);
        *count = numbers ? value.count : 0;
    }
    lbc_value_free(&value);
    lbc_h5_close(&set);
    return numbers;
}

/* START and TOTAL: from the axis's own values. A range that cannot be reckoned stays as it is. */
static bool set_range(lbc_value *v, lbc_rule rule, const lbc_field_context *c, hid_t group, const char *name)
{
    const char *ending = rule.action == LBC_ACTION_START ? "_start" : "_range_total";
    const size_t stem = strlen(name) - strlen(ending);
    uint64_t nfirst, nincrement;
    lbc_axis axis = {.first = NAN, .increment = NAN};
    double *start = numbers_beside(group, name, stem, "", &axis.nstart);
    double *end = numbers_beside(group, name, stem, "_end", &axis.nend);
    double *first = numbers_beside(group, name, stem, "_start", &nfirst);
    double *increment = numbers_beside(group, name, stem, "_increment", &nincrement);
    if (!nincrement) {
        free(increment);
        increment = numbers_beside(group, name, stem, "_range_average", &nincrement);
    }
    axis.start = start;
    axis.end = end;
    if (nfirst) axis.first = first[0];
    if (nincrement) axis.increment = increment[0];
    const double value =
        rule.action == LBC_ACTION_START ? lbc_axis_new_start(&axis, c->change) : lbc_axis_new_total(&axis, c->change);
    const bool ok = isnan(value) || set_numbers(v, &value, 1);
    free(increment);
    free(first);
    free(end);
    free(start);
    return ok;
}

/* ---- the rule ------------------------------------------------------------------------------ */

/* The size of one module among several. */
static const lbc_rule part_size = {.action = LBC_ACTION_CEIL, .scale = LBC_SCALE_PER_BIN};

static bool is_part(const lbc_value *v, lbc_shape image)
{
    double *size = lbc_value_is_number(v) && v->count == 2 ? lbc_value_get_numbers(v) : NULL;
    const double low = size ? fmin(size[0], size[1]) : 0, high = size ? fmax(size[0], size[1]) : 0;
    const double image_low = fmin(image.ny, image.nx), image_high = fmax(image.ny, image.nx);
    free(size);
    return low > 0 && low <= image_low && high <= image_high && (low < image_low || high < image_high);
}

static bool is_in_place(lbc_rule rule)
{
    return rule.scale != LBC_SCALE_NONE || rule.action == LBC_ACTION_BOOLEAN;
}

bool lbc_field_apply(lbc_value *v, lbc_rule rule, const lbc_field_context *c, hid_t group, const char *name)
{
    double numbers[2];
    switch (rule.action) {
    case LBC_ACTION_SET: {
        const unsigned count = lbc_set_values(rule.value, c->change, numbers);
        if (rule.value == LBC_VALUE_SIZE && is_part(v, c->change->in)) return change_numbers(v, part_size, c->change);
        /* a map is to have the new shape */
        if (c->change->bin > 1 && is_map(v, c->change->in) && !bin_map(v, c)) return false;
        return set_numbers(v, numbers, count);
    }
    case LBC_ACTION_CODEC: return replace_with_text(v, c->change->codec);
    case LBC_ACTION_NXMX: return replace_with_text(v, "NXmx");
    case LBC_ACTION_MATERIAL: return name_material(v);
    case LBC_ACTION_START:
    case LBC_ACTION_TOTAL: return set_range(v, rule, c, group, name);
    case LBC_ACTION_BEGIN: return move_time(v, lbc_begin_shift(c->change));
    case LBC_ACTION_FINISH: return move_time(v, lbc_finish_shift(c->change));
    case LBC_ACTION_MAP: return bin_map(v, c);
    case LBC_ACTION_MASK_MAP: return bin_mask_map(v, c);
    default: break;
    }
    if (v->null) return true;
    if (rule.sample != LBC_SAMPLE_NONE && v->owner < 0 && !sample_rows(v, rule.sample, c->change)) return false;
    if (rule.wide && !widen(v)) return false;
    return !is_in_place(rule) || !lbc_value_is_number(v) || change_numbers(v, rule, c->change);
}
