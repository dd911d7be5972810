/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/tree.h"

#include "base/memory.h"
#include "nexus/h5write.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What no honest master comes near. Cycles end by themselves (visited.h); these end the rest: links that
 * lead through ever new files, and content that is no metadata. */
enum { DEEPEST = 64, MOST_LINKS = 1000000, MOST_NOTES = 100 };
#define MOST_BYTES ((uint64_t)8 << 30)

/* Our own groups: written anew for each series. */
static const char *const ours[] = {"squash", "l_bnl_compress", NULL};

/* ---- lists --------------------------------------------------------------------------------- */

static lbc_status pairs_add(lbc_pairs *list, const char *path, const char *text)
{
    if (list->count == list->capacity) {
        const size_t wider = list->capacity ? 2 * list->capacity : 16;
        void *grown = realloc(list->pair, wider * sizeof *list->pair);
        if (!grown) return LBC_E_MEMORY;
        list->pair = grown;
        list->capacity = wider;
    }
    char *path_copy = lbc_strdup(path), *text_copy = lbc_strdup(text ? text : "");
    if (!path_copy || !text_copy) {
        free(path_copy);
        free(text_copy);
        return LBC_E_MEMORY;
    }
    list->pair[list->count].path = path_copy;
    list->pair[list->count++].text = text_copy;
    return LBC_OK;
}

static void pairs_free(lbc_pairs *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->pair[i].path);
        free(list->pair[i].text);
    }
    free(list->pair);
    *list = (lbc_pairs){0, 0, NULL};
}

void lbc_tree_note(lbc_tree *tree, lbc_level level, const char *format, ...)
{
    char text[LBC_ERROR_SIZE];
    va_list args;
    if (tree->notes.count == MOST_NOTES) {
        tree->unsaid++;
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* Without memory for a message there will soon be an error that says so. */
    (void)pairs_add(&tree->notes, level == LBC_LEVEL_WARNING ? "warning" : "notice", text);
}

void lbc_tree_send_notes(const lbc_tree *tree, const lbc_log *log)
{
    for (size_t i = 0; i < tree->notes.count; i++) {
        const bool warning = strcmp(tree->notes.pair[i].path, "warning") == 0;
        lbc_log_send(log, warning ? LBC_LEVEL_WARNING : LBC_LEVEL_NOTICE, "%s", tree->notes.pair[i].text);
    }
    if (tree->unsaid)
        lbc_log_send(log, LBC_LEVEL_WARNING, "%s: %llu more messages of this kind", tree->input,
                     (unsigned long long)tree->unsaid);
}

/* ---- the way down -------------------------------------------------------------------------- */

static lbc_status fail(const lbc_tree *t, lbc_status status, const char *what, lbc_error *err)
{
    char why[LBC_H5_WHY];
    if (status == LBC_E_MEMORY) return lbc_fail(err, status, "%s: out of memory", t->input);
    return lbc_fail(err, status, "%s: %s: %s (%s)", t->output, t->path, what, lbc_h5_why(why));
}

/* Appends a name to the path; returns the old length, to which path_up goes back, or SIZE_MAX. */
static size_t path_down(lbc_tree *t, const char *name)
{
    const size_t length = strlen(t->path);
    const char *slash = length && t->path[length - 1] == '/' ? "" : "/";
    const int n = snprintf(t->path + length, sizeof t->path - length, "%s%s", slash, name);
    if (n > 0 && (size_t)n < sizeof t->path - length) return length;
    t->path[length] = '\0';
    return SIZE_MAX;
}

static void path_up(lbc_tree *t, size_t length)
{
    t->path[length] = '\0';
}

/* Where the walk is: a group of the input and its copy. */
typedef struct place {
    const lbc_object *in;
    hid_t out;
    lbc_group group;
    int depth;
} place;

static lbc_status copy_group(lbc_tree *t, const place *at, const char *name, const lbc_object *in, lbc_error *err);
static lbc_status copy_object(lbc_tree *t, const place *at, const char *name, const lbc_object *in, lbc_error *err);

/* Attributes that cannot be read are left out, with a warning. */
static bool copy_attributes(lbc_tree *t, hid_t from, hid_t to, bool skip_class)
{
    unsigned lost = 0;
    if (!lbc_copy_attributes(from, to, skip_class, &lost)) return false;
    if (lost)
        lbc_tree_note(t, LBC_LEVEL_WARNING, "%s: attributes of %s are damaged, and are left out of the new master",
                      t->input, t->path);
    return true;
}

/* ---- objects ------------------------------------------------------------------------------- */

/* A second way to an object that has been copied becomes a second link to the copy. */
static lbc_status link_hard(lbc_tree *t, const char *copied, const place *at, const char *name, lbc_error *err)
{
    if (H5Lcreate_hard(t->out, copied, at->out, name, H5P_DEFAULT, H5P_DEFAULT) < 0)
        return fail(t, LBC_E_IO, "cannot be linked", err);
    return LBC_OK;
}

static lbc_status remember_mask(lbc_tree *t, const lbc_object *in)
{
    if (t->mask_object < 0 && in && H5Iinc_ref(in->id) >= 0) t->mask_object = in->id;
    return pairs_add(&t->masks, t->path, NULL);
}

/* What a path said in an object of another file means in the new master: the place it is copied to where it begins as
 * the object's own does, but for what both of its places end with. NULL: what it says. Freed with free(). */
static char *moved_path(const lbc_tree *t, const lbc_object *in, const char *text)
{
    char was[sizeof t->path];
    if (in->source == t->sources->source[0] || text[0] != '/') return NULL;
    size_t from = strlen(lbc_object_path(in->id, was, sizeof was)), to = strlen(t->path);
    while (from && to && was[from - 1] == t->path[to - 1]) {
        from--;
        to--;
    }
    const size_t whole = strcspn(was + from, "/"); /* names are alike as a whole */
    from += whole;
    to += whole;
    if (strncmp(text, was, from) != 0 || text[from] != '/') return NULL;
    return lbc_asprintf("%.*s%s", (int)to, t->path, text + from);
}

/* depends_on, as a field or an attribute. */
static bool move_field(const lbc_tree *t, const lbc_object *in, const char *name, lbc_value *value)
{
    if (strcmp(name, "depends_on") != 0 || value->count != 1 || !lbc_value_is_text(value)) return true;
    char *moved = moved_path(t, in, (const char *)value->data);
    if (!moved) return true;
    lbc_value_free(value);
    const bool ok = lbc_value_new_text(value, moved);
    free(moved);
    return ok;
}

/* As it was copied: that of the object may be damaged, which has been told. */
static bool move_attribute(const lbc_tree *t, const lbc_object *in, hid_t copy)
{
    char text[1024];
    if (!lbc_h5_attr_text(copy, "depends_on", text, sizeof text)) return true;
    char *moved = moved_path(t, in, text);
    const bool ok = !moved || lbc_h5_set_text(copy, ".", "depends_on", moved);
    free(moved);
    return ok;
}

static lbc_status write_field(lbc_tree *t, const place *at, const char *name, const lbc_object *in, lbc_value *value,
                              lbc_rule rule, lbc_error *err)
{
    lbc_status status = LBC_OK;
    if (!move_field(t, in, name, value) || !lbc_field_apply(value, rule, &t->context, at->in->id, name))
        return fail(t, LBC_E_IO, "its new value cannot be made", err);
    t->bytes += value->count * value->size;
    if (t->bytes > MOST_BYTES)
        return lbc_fail(err, LBC_E_UNSUPPORTED, "%s: holds more than 8 GiB beside its images", t->input);
    if (!lbc_value_write(value, at->out, name, LBC_LAYOUT_BY_SIZE)) return fail(t, LBC_E_IO, "cannot be written", err);
    hid_t copy = H5Dopen2(at->out, name, H5P_DEFAULT);
    if (copy < 0 || !copy_attributes(t, in->id, copy, false) || !move_attribute(t, in, copy))
        status = fail(t, LBC_E_IO, "its attributes cannot be written", err);
    lbc_h5_close(&copy);
    return status;
}

static bool is_larger(hid_t set, uint64_t bytes)
{
    hid_t space = H5Dget_space(set), type = H5Dget_type(set);
    const hssize_t count = lbc_h5_points(space);
    const size_t size = H5Tget_size(type);
    lbc_h5_close(&space);
    lbc_h5_close(&type);
    return count > 0 && size && (uint64_t)count > bytes / size;
}

/* A field that cannot be read or means nothing elsewhere is no reason to lose the series. */
static lbc_status copy_content(lbc_tree *t, const place *at, const char *name, const lbc_object *in, lbc_rule rule,
                               lbc_error *err)
{
    lbc_value value = {.type = H5I_INVALID_HID, .owner = H5I_INVALID_HID};
    lbc_error why;
    if (t->largest && is_larger(in->id, t->largest)) return LBC_OK;
    lbc_status status = lbc_h5_check_filters(in->id, in->source->path, &why);
    if (status == LBC_OK) status = lbc_value_read_dataset(&value, in->id, &why);
    if (status == LBC_OK)
        status = write_field(t, at, name, in, &value, rule, err);
    else if (status == LBC_E_MEMORY)
        status = fail(t, status, "", err);
    else {
        lbc_tree_note(t, LBC_LEVEL_WARNING, "%s: %s is left out of the new master: %s", t->input, t->path, why.text);
        status = LBC_OK;
    }
    lbc_value_free(&value);
    return status;
}

static lbc_status copy_dataset(lbc_tree *t, const place *at, const char *name, const lbc_object *in,
                               const H5O_info_t *info, lbc_error *err)
{
    lbc_field field;
    if (!lbc_field_describe(&field, in->id, at->group, name)) {
        lbc_tree_note(t, LBC_LEVEL_WARNING, "%s: %s has a type that HDF5 does not know, and is left out", t->input,
                      t->path);
        return LBC_OK;
    }
    const lbc_rule rule = lbc_rule_find(&field, t->context.change, t->context.claimed);
    if (rule.action == LBC_ACTION_LOSE)
        lbc_tree_note(t, LBC_LEVEL_WARNING,
                      "%s: %s is left out of the new master: it tells of images that are binned or summed now",
                      t->input, t->path);
    if (rule.action == LBC_ACTION_LOSE || rule.action == LBC_ACTION_DROP || rule.action == LBC_ACTION_IMAGES)
        return LBC_OK;
    if (rule.action == LBC_ACTION_MASK) return remember_mask(t, in) == LBC_OK ? LBC_OK : fail(t, LBC_E_MEMORY, "", err);

    /* A range is reckoned from its neighbours, so it is never the same field elsewhere. */
    const bool alone = rule.action == LBC_ACTION_START || rule.action == LBC_ACTION_TOTAL;
    const lbc_visit key = {.file = in->source, .address = info->addr, .rule = rule};
    const char *copied = alone ? NULL : lbc_visited_find(&t->visited, &key);
    if (copied) return link_hard(t, copied, at, name, err);
    const lbc_status status = copy_content(t, at, name, in, rule, err);
    if (status != LBC_OK || alone || !lbc_h5_has_link(at->out, name)) return status;
    return lbc_visited_add(&t->visited, &key, t->path) == LBC_OK ? LBC_OK : fail(t, LBC_E_MEMORY, "", err);
}

static lbc_status copy_type(lbc_tree *t, const place *at, const char *name, hid_t type, lbc_error *err)
{
    hid_t copy = H5Tcopy(type);
    lbc_status status = LBC_OK;
    if (copy < 0 || H5Tcommit2(at->out, name, copy, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT) < 0)
        status = fail(t, LBC_E_IO, "cannot be written", err);
    lbc_h5_close(&copy);
    return status;
}

/* Readers take what is beside the images in NXdata for images or axes; all else moves to a group of its own. */
static bool is_out_of_place(const place *at, const lbc_object *in, H5O_type_t type)
{
    hsize_t dims[H5S_MAX_RANK];
    if (at->group != LBC_GROUP_DATA || type == H5O_TYPE_NAMED_DATATYPE) return false;
    return type == H5O_TYPE_GROUP || lbc_h5_shape(in->id, dims, H5S_MAX_RANK) == 2;
}

static lbc_status copy_beside(lbc_tree *t, const place *at, const char *name, const lbc_object *in, lbc_error *err)
{
    char *path = lbc_strdup(t->path);
    if (!path) return fail(t, LBC_E_MEMORY, "", err);
    char *slash = strrchr(t->path, '/');
    snprintf(slash, sizeof t->path - (size_t)(slash - t->path), "_beside");
    const place beside = {at->in, lbc_h5_need_group(t->out, t->path, "NXcollection"), LBC_GROUP_OTHER, at->depth};
    lbc_status status = LBC_OK;
    if (beside.out < 0)
        status = fail(t, LBC_E_IO, "cannot be written", err);
    else if (path_down(t, name) == SIZE_MAX)
        status = lbc_fail(err, LBC_E_UNSUPPORTED, "%s: %s: the path is too long", t->input, path);
    else {
        lbc_tree_note(t, LBC_LEVEL_NOTICE, "%s: %s is no image and no axis, and moves to %s", t->input, path, t->path);
        status = copy_object(t, &beside, name, in, err);
    }
    hid_t out = beside.out;
    lbc_h5_close(&out);
    snprintf(t->path, sizeof t->path, "%s", path);
    free(path);
    return status;
}

static lbc_status copy_object(lbc_tree *t, const place *at, const char *name, const lbc_object *in, lbc_error *err)
{
    H5O_info_t info;
    if (H5Oget_info2(in->id, &info, H5O_INFO_BASIC) < 0) {
        lbc_tree_note(t, LBC_LEVEL_WARNING, "%s: %s cannot be read and is left out", t->input, t->path);
        return LBC_OK;
    }
    if (is_out_of_place(at, in, info.type)) return copy_beside(t, at, name, in, err);
    switch (info.type) {
    case H5O_TYPE_GROUP: return copy_group(t, at, name, in, err);
    case H5O_TYPE_DATASET: return copy_dataset(t, at, name, in, &info, err);
    case H5O_TYPE_NAMED_DATATYPE: return copy_type(t, at, name, in->id, err);
    default: return LBC_OK;
    }
}

/* ---- links --------------------------------------------------------------------------------- */

/* squash_NNNNNN: where the original program linked its codestreams. */
static bool is_image_name(const place *at, const char *name)
{
    return at->group == LBC_GROUP_DATA && (strncmp(name, "data", 4) == 0 || strncmp(name, "squash_", 7) == 0);
}

static bool is_mask_name(const place *at, const char *name)
{
    return (at->group == LBC_GROUP_DETECTOR || at->group == LBC_GROUP_SPECIFIC) && strcmp(name, "pixel_mask") == 0;
}

static lbc_status take_soft(lbc_tree *t, const place *at, const char *name, size_t size, lbc_error *err)
{
    if (is_image_name(at, name)) return LBC_OK;
    lbc_status status = LBC_E_MEMORY;
    char *target = lbc_alloc_zero(size + 1, 1);
    if (target && H5Lget_val(at->in->id, name, target, size, H5P_DEFAULT) >= 0)
        status = is_mask_name(at, name) ? remember_mask(t, NULL) : pairs_add(&t->soft, t->path, target);
    free(target);
    return status == LBC_OK ? LBC_OK : fail(t, status, "", err);
}

static lbc_status take_elsewhere(lbc_tree *t, const place *at, const char *name, lbc_error *err)
{
    lbc_object in = LBC_OBJECT_NONE;
    lbc_error why = {LBC_OK, "it leads nowhere"};
    lbc_status status = LBC_OK;
    if (is_image_name(at, name)) return LBC_OK;
    if (lbc_follow(t->sources, at->in, name, &in, &why) == LBC_FOUND)
        status = copy_object(t, at, name, &in, err);
    else if (is_mask_name(at, name))
        status = remember_mask(t, NULL) == LBC_OK ? LBC_OK : fail(t, LBC_E_MEMORY, "", err);
    else
        lbc_tree_note(t, LBC_LEVEL_WARNING, "%s: link %s is left out of the new master: %s", t->input, t->path,
                      why.text);
    lbc_h5_close(&in.id);
    return status;
}

static lbc_status take_hard(lbc_tree *t, const place *at, const char *name, lbc_error *err)
{
    lbc_object in = {H5Oopen(at->in->id, name, H5P_DEFAULT), at->in->source};
    lbc_status status = LBC_OK;
    if (in.id >= 0)
        status = copy_object(t, at, name, &in, err);
    else
        lbc_tree_note(t, LBC_LEVEL_WARNING, "%s: %s is damaged and left out of the new master", t->input, t->path);
    lbc_h5_close(&in.id);
    return status;
}

static bool is_ours(const place *at, const char *name)
{
    for (const char *const *o = ours; at->group == LBC_GROUP_ENTRY && *o; o++)
        if (strcmp(*o, name) == 0) return true;
    return false;
}

static lbc_status copy_link(lbc_tree *t, const place *at, const char *name, lbc_error *err)
{
    H5L_info_t info;
    if (is_ours(at, name)) return LBC_OK;
    if (++t->links > MOST_LINKS)
        return lbc_fail(err, LBC_E_UNSUPPORTED, "%s: leads to more than a million objects", t->input);
    const size_t length = path_down(t, name);
    if (length == SIZE_MAX) return lbc_fail(err, LBC_E_UNSUPPORTED, "%s: %s: the path is too long", t->input, t->path);
    lbc_status status;
    if (H5Lget_info(at->in->id, name, &info, H5P_DEFAULT) < 0)
        status = fail(t, LBC_E_FORMAT, "the link it comes from cannot be read", err);
    else if (info.type == H5L_TYPE_SOFT)
        status = take_soft(t, at, name, info.u.val_size, err);
    else if (info.type == H5L_TYPE_HARD)
        status = take_hard(t, at, name, err);
    else
        status = take_elsewhere(t, at, name, err);
    path_up(t, length);
    return status;
}

static lbc_status copy_links(lbc_tree *t, const place *at, lbc_error *err)
{
    lbc_h5_names names;
    lbc_status status = lbc_h5_names_read(&names, at->in->id);
    if (status != LBC_OK) return fail(t, status, "the group it comes from cannot be read", err);
    for (size_t i = 0; i < names.count && status == LBC_OK; i++) status = copy_link(t, at, names.name[i], err);
    lbc_h5_names_free(&names);
    return status;
}

/* ---- the groups that matter --------------------------------------------------------------- */

static bool set_landmark(lbc_landmark *mark, const lbc_object *group)
{
    H5O_info_t info;
    if (group->id < 0) return true;
    if (H5Oget_info2(group->id, &info, H5O_INFO_BASIC) < 0) return false;
    *mark = (lbc_landmark){group->source, info.addr, NULL};
    return true;
}

static bool set_landmarks(lbc_tree *t, const lbc_groups *groups)
{
    lbc_object sample = LBC_OBJECT_NONE;
    lbc_follow_class(t->sources, &groups->entry, "NXsample", "sample", &sample, NULL);
    const bool ok = set_landmark(&t->entry, &groups->entry) && set_landmark(&t->data, &groups->data) &&
                    set_landmark(&t->instrument, &groups->instrument) &&
                    set_landmark(&t->detector, &groups->detector) && set_landmark(&t->sample, &sample);
    lbc_h5_close(&sample.id);
    return ok;
}

static bool is_landmark(const lbc_landmark *mark, const lbc_visit *key)
{
    return mark->file == key->file && mark->address == key->address;
}

/* Notes where a group that matters is copied to. */
static bool note_landmarks(lbc_tree *t, const lbc_visit *key)
{
    lbc_landmark *marks[] = {&t->entry, &t->data, &t->instrument, &t->detector, &t->sample};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (!marks[i]->path && is_landmark(marks[i], key) && !(marks[i]->path = lbc_strdup(t->path))) return false;
    return true;
}

/* Where the groups belong that the input has not. One that it has must have come over. */
static lbc_status place_landmark(lbc_tree *t, lbc_landmark *mark, const char *parent, const char *usual, lbc_error *err)
{
    if (mark->path) return LBC_OK;
    if (mark->file) return lbc_fail(err, LBC_E_FORMAT, "%s: its %s group cannot be copied", t->input, usual);
    mark->path = lbc_asprintf("%s/%s", parent, usual);
    return mark->path ? LBC_OK : fail(t, LBC_E_MEMORY, "", err);
}

static lbc_status place_landmarks(lbc_tree *t, lbc_error *err)
{
    lbc_status status = place_landmark(t, &t->entry, "", "entry", err);
    if (status == LBC_OK) status = place_landmark(t, &t->data, t->entry.path, "data", err);
    if (status == LBC_OK) status = place_landmark(t, &t->instrument, t->entry.path, "instrument", err);
    if (status == LBC_OK) status = place_landmark(t, &t->detector, t->instrument.path, "detector", err);
    return status == LBC_OK ? place_landmark(t, &t->sample, t->entry.path, "sample", err) : status;
}

/* ---- groups -------------------------------------------------------------------------------- */

/* XDS's plugins take the last NXdata and NXdetector they meet, so there must be one of each. Others keep
 * their content, but become plain collections. */
static const char *class_to_write(lbc_tree *t, const lbc_visit *key, const char *nx_class)
{
    const bool is_data = key->group == LBC_GROUP_DATA, is_detector = key->group == LBC_GROUP_DETECTOR;
    if (!is_data && !is_detector) return nx_class;
    if (is_landmark(is_data ? &t->data : &t->detector, key)) return is_data ? "NXdata" : "NXdetector";
    lbc_tree_note(t, LBC_LEVEL_NOTICE, "%s: %s is a second %s and becomes an NXcollection", t->input, t->path,
                  nx_class);
    return "NXcollection";
}

static lbc_status copy_group(lbc_tree *t, const place *at, const char *name, const lbc_object *in, lbc_error *err)
{
    char nx_class[64];
    H5O_info_t info;
    lbc_h5_attr_text(in->id, "NX_class", nx_class, sizeof nx_class);
    const lbc_group group = lbc_group_of(at->group, name, nx_class);
    if (H5Oget_info2(in->id, &info, H5O_INFO_BASIC) < 0) return fail(t, LBC_E_FORMAT, "cannot be read", err);
    const lbc_visit key = {.file = in->source, .address = info.addr, .group = group};
    const char *copied = lbc_visited_find(&t->visited, &key);
    if (copied) return link_hard(t, copied, at, name, err);
    if (at->depth >= DEEPEST)
        return lbc_fail(err, LBC_E_UNSUPPORTED, "%s: %s: groups are nested more than %d deep", t->input, t->path,
                        DEEPEST);
    if (lbc_visited_add(&t->visited, &key, t->path) != LBC_OK || !note_landmarks(t, &key))
        return fail(t, LBC_E_MEMORY, "", err);

    const char *new_class = class_to_write(t, &key, nx_class);
    const place below = {in, lbc_h5_create_group(at->out, name, new_class[0] ? new_class : NULL), group, at->depth + 1};
    lbc_status status = LBC_OK;
    if (below.out < 0 || !copy_attributes(t, in->id, below.out, true))
        status = fail(t, LBC_E_IO, "cannot be written", err);
    else
        status = copy_links(t, &below, err);
    hid_t out = below.out;
    lbc_h5_close(&out);
    return status;
}

/* ---- the whole ----------------------------------------------------------------------------- */

lbc_status lbc_tree_copy(lbc_tree *tree, const lbc_groups *groups, lbc_error *err)
{
    snprintf(tree->path, sizeof tree->path, "/");
    if (!set_landmarks(tree, groups)) return fail(tree, LBC_E_FORMAT, "its groups cannot be read", err);
    hid_t root = H5Gopen2(tree->out, "/", H5P_DEFAULT);
    const place top = {&groups->root, root, LBC_GROUP_OTHER, 0};
    H5O_info_t info = {0};
    lbc_status status = LBC_OK;
    if (H5Oget_info2(groups->root.id, &info, H5O_INFO_BASIC) >= 0) {
        const lbc_visit key = {.file = groups->root.source, .address = info.addr, .group = LBC_GROUP_OTHER};
        status = lbc_visited_add(&tree->visited, &key, "/"); /* a link back to the root becomes one */
    }
    if (status != LBC_OK)
        status = fail(tree, status, "", err);
    else if (root < 0 || !copy_attributes(tree, groups->root.id, root, false))
        status = fail(tree, LBC_E_IO, "cannot be written", err);
    else
        status = copy_links(tree, &top, err);
    lbc_h5_close(&root);
    return status == LBC_OK ? place_landmarks(tree, err) : status;
}

void lbc_tree_free(lbc_tree *tree)
{
    lbc_visited_free(&tree->visited);
    pairs_free(&tree->soft);
    pairs_free(&tree->masks);
    lbc_h5_close(&tree->mask_object);
    pairs_free(&tree->notes);
    free(tree->entry.path);
    free(tree->data.path);
    free(tree->instrument.path);
    free(tree->detector.path);
    free(tree->sample.path);
}
