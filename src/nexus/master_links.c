/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/master_links.h"

#include "base/memory.h"
#include "nexus/h5util.h"

#include <stdlib.h>

typedef struct link_list {
    char **file;
    size_t count, capacity;
} link_list;

static bool add_link(link_list *list, const char *file)
{
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity ? 2 * list->capacity : 64;
        char **grown = lbc_alloc_zero(capacity, sizeof *grown);
        if (!grown) return false;
        for (size_t i = 0; i < list->count; i++) grown[i] = list->file[i];
        free(list->file);
        list->file = grown;
        list->capacity = capacity;
    }
    list->file[list->count] = lbc_strdup(file);
    return list->file[list->count] && ++list->count;
}

static herr_t visit(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    const char *file = NULL, *object = NULL;
    herr_t result = 0;
    if (info->type != H5L_TYPE_EXTERNAL) return 0;
    char *value = lbc_alloc(info->u.val_size, 1);
    if (!value) return -1;
    if (H5Lget_val(group, name, value, info->u.val_size, H5P_DEFAULT) >= 0 &&
        H5Lunpack_elink_val(value, info->u.val_size, NULL, &file, &object) >= 0)
        result = add_link(data, file) ? 0 : -1;
    free(value);
    return result;
}

lbc_status lbc_master_each_link(const char *path, void (*each)(void *user, const char *file), void *user)
{
    link_list list = {0};
    lbc_h5_enter();
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t group = file >= 0 ? H5Gopen2(file, "/entry/data", H5P_DEFAULT) : H5I_INVALID_HID;
    const bool failed = group >= 0 && H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, visit, &list) < 0;
    lbc_h5_close(&group);
    lbc_h5_close(&file);
    lbc_h5_leave();
    for (size_t i = 0; i < list.count; i++) {
        if (!failed) each(user, list.file[i]); /* outside the lock: it may enter HDF5 itself */
        free(list.file[i]);
    }
    free(list.file);
    return failed ? LBC_E_MEMORY : LBC_OK;
}
