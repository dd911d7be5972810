/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/master_links.h"

#include "base/memory.h"
#include "nexus/h5file.h"
#include "nexus/h5util.h"
#include "nexus/master_sum.h"

#include <stdlib.h>
#include <string.h>

#define MOST_FILES 1000000 /* more cannot be named */

/* ---- links ---------------------------------------------------------------------------------- */

typedef struct link_list {
    char **file;
    uint32_t count, capacity;
} link_list;

static bool add_link(link_list *list, const char *file)
{
    if (list->count == list->capacity) {
        const uint32_t capacity = list->capacity ? 2 * list->capacity : 64;
        char **grown = lbc_alloc_zero(capacity, sizeof *grown);
        if (!grown) return false;
        if (list->count) memcpy(grown, list->file, list->count * sizeof *grown);
        free(list->file);
        list->file = grown;
        list->capacity = capacity;
    }
    list->file[list->count] = lbc_strdup(file);
    return list->file[list->count] && ++list->count;
}

static herr_t visit(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    link_list *list = data;
    const char *file = NULL, *object = NULL;
    herr_t result = 0;
    if (info->type != H5L_TYPE_EXTERNAL || list->count == MOST_FILES) return 0;
    char *value = lbc_alloc(info->u.val_size, 1);
    if (!value) return -1;
    if (H5Lget_val(group, name, value, info->u.val_size, H5P_DEFAULT) >= 0 &&
        H5Lunpack_elink_val(value, info->u.val_size, NULL, &file, &object) >= 0)
        result = add_link(list, file) ? 0 : -1;
    free(value);
    return result;
}

/* The external links of a group that may not be there. False: they cannot be read. */
static bool read_links(hid_t entry, const char *name, char ***names, uint32_t *count)
{
    link_list list = {0};
    if (!lbc_h5_has_link(entry, name)) return true;
    hid_t group = H5Gopen2(entry, name, H5P_DEFAULT);
    const bool ok = group < 0 || H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, visit, &list) >= 0;
    lbc_h5_close(&group);
    *names = list.file; /* what there is of it is freed with the list */
    *count = list.count;
    return ok;
}

/* ---- the list ------------------------------------------------------------------------------- */

/* True when the texts of a data set are exactly these. */
static bool texts_are(hid_t dataset, char *const *names, uint32_t count)
{
    hsize_t n = 0;
    hid_t type = H5Dget_type(dataset);
    const size_t size = type >= 0 ? H5Tget_size(type) : 0;
    bool same = size > 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 &&
                lbc_h5_shape(dataset, &n, 1) == 1 && n == count && n * size <= H5Dget_storage_size(dataset);
    char *texts = same ? lbc_alloc(n, size) : NULL;
    same = texts && H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) >= 0;
    for (uint32_t i = 0; same && i < count; i++)
        same = strlen(names[i]) < size && strncmp(texts + i * size, names[i], size) == 0;
    free(texts);
    lbc_h5_close(&type);
    return same;
}

static bool read_frames(hid_t dataset, uint64_t *frames, uint32_t count)
{
    hsize_t n = 0;
    return lbc_h5_is_row(dataset, &n) && n == count &&
           H5Dread(dataset, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, frames) >= 0;
}

/* The squash files that are linked are those listed, which may be none. */
static bool squash_agrees(hid_t group, const lbc_master_list *list)
{
    if (!lbc_h5_has_link(group, "squash_files")) return list->squash_files == 0;
    hid_t names = H5Dopen2(group, "squash_files", H5P_DEFAULT);
    const bool agrees =
        list->squash_files == list->files && names >= 0 && texts_are(names, list->squash_names, list->squash_files);
    lbc_h5_close(&names);
    return agrees;
}

static bool sum_is_right(hid_t entry)
{
    uint32_t sum;
    double told;
    hid_t dataset = H5Dopen2(entry, LBC_MASTER_SUM, H5P_DEFAULT);
    hid_t type = dataset >= 0 ? H5Dget_type(dataset) : H5I_INVALID_HID; /* which the sum does not tell */
    const bool right = type >= 0 && H5Tequal(type, H5T_STD_U32LE) > 0 && lbc_h5_numbers(dataset, &told, 1) == 1 &&
                       lbc_master_sum(entry, &sum) && told == (double)sum;
    lbc_h5_close(&type);
    lbc_h5_close(&dataset);
    return right;
}

/* False: out of memory. */
static bool read_list(lbc_master_list *list, hid_t entry, hid_t group)
{
    list->listed = true;
    list->frames = lbc_alloc(list->files ? list->files : 1, sizeof *list->frames);
    if (!list->frames) return false;
    hid_t names = H5Dopen2(group, "data_files", H5P_DEFAULT), frames = H5Dopen2(group, "data_frames", H5P_DEFAULT);
    hid_t job = lbc_h5_has_link(group, "job") ? H5Dopen2(group, "job", H5P_DEFAULT) : H5I_INVALID_HID;
    list->agrees = names >= 0 && frames >= 0 && texts_are(names, list->names, list->files) &&
                   read_frames(frames, list->frames, list->files) && squash_agrees(group, list);
    if (job < 0 || !lbc_h5_text(job, list->job, sizeof list->job)) list->job[0] = '\0';
    list->unchanged = sum_is_right(entry);
    lbc_h5_close(&job);
    lbc_h5_close(&frames);
    lbc_h5_close(&names);
    if (list->agrees) return true;
    free(list->frames);
    list->frames = NULL;
    return true;
}

/* ---- the whole ------------------------------------------------------------------------------ */

/* The group "entry", else the first NXentry. */
static hid_t open_entry(hid_t file)
{
    lbc_h5_names names = {0};
    if (lbc_h5_has_link(file, "entry")) return H5Gopen2(file, "entry", H5P_DEFAULT);
    hid_t entry = H5I_INVALID_HID;
    if (lbc_h5_names_read(&names, file) != LBC_OK) return entry;
    for (size_t i = 0; entry < 0 && i < names.count; i++) {
        entry = H5Gopen2(file, names.name[i], H5P_DEFAULT);
        if (entry >= 0 && !lbc_h5_is_class(entry, "NXentry")) lbc_h5_close(&entry);
    }
    lbc_h5_names_free(&names);
    return entry;
}

static bool read_entry(lbc_master_list *list, hid_t entry)
{
    if (!read_links(entry, "data", &list->names, &list->files) ||
        !read_links(entry, "squash", &list->squash_names, &list->squash_files))
        return false;
    hid_t group =
        lbc_h5_has_link(entry, "l_bnl_compress") ? H5Gopen2(entry, "l_bnl_compress", H5P_DEFAULT) : H5I_INVALID_HID;
    const bool ok = group < 0 || read_list(list, entry, group);
    lbc_h5_close(&group);
    return ok;
}

lbc_status lbc_master_list_read(lbc_master_list *list, const char *path, lbc_error *err)
{
    lbc_file_identity identity;
    hid_t file;
    lbc_h5_enter();
    lbc_status status = lbc_h5_open_read(&file, &identity, path, NULL);
    hid_t entry = status == LBC_OK ? open_entry(file) : H5I_INVALID_HID;
    status = entry < 0 || read_entry(list, entry) ? LBC_OK : LBC_E_FORMAT;
    lbc_h5_close(&entry);
    lbc_h5_close(&file);
    lbc_h5_leave();
    if (status) lbc_fail(err, status, "%s: its links cannot be read", path);
    return status;
}

static void free_names(char **names, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) free(names[i]);
    free(names);
}

void lbc_master_list_free(lbc_master_list *list)
{
    free_names(list->names, list->files);
    free_names(list->squash_names, list->squash_files);
    free(list->frames);
    *list = (lbc_master_list){0};
}
