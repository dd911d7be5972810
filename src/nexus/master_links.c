/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/master_links.h"

#include "nexus/h5util.h"

#include <stdlib.h>

typedef struct {
    void (*each)(void *user, const char *file);
    void *user;
} visitor;

static herr_t visit(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    const visitor *v = data;
    if (info->type != H5L_TYPE_EXTERNAL) return 0;
    char *value = malloc(info->u.val_size);
    const char *file = NULL, *object = NULL;
    if (value && H5Lget_val(group, name, value, info->u.val_size, H5P_DEFAULT) >= 0 &&
        H5Lunpack_elink_val(value, info->u.val_size, NULL, &file, &object) >= 0)
        v->each(v->user, file);
    free(value);
    return 0;
}

void lbc_master_each_link(const char *path, void (*each)(void *user, const char *file), void *user)
{
    visitor v = {each, user};
    lbc_h5_enter();
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t group = file >= 0 ? H5Gopen2(file, "/entry/data", H5P_DEFAULT) : H5I_INVALID_HID;
    if (group >= 0) H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, visit, &v);
    lbc_h5_close(&group);
    lbc_h5_close(&file);
    lbc_h5_leave();
}
