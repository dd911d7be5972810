/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/doubt.h"

#include "nexus/h5util.h"

#include <stdio.h>

static char doubt[LBC_ERROR_SIZE]; /* "": none; guarded by the HDF5 lock */

void lbc_doubt_clear(void)
{
    doubt[0] = '\0';
}

bool lbc_doubted(void)
{
    return doubt[0] != '\0';
}

void lbc_doubt(hid_t object, const char *part, const char *why)
{
    char path[256];
    if (doubt[0]) return;
    if (object < 0 || H5Iget_name(object, path, sizeof path) <= 0) path[0] = '\0';
    snprintf(doubt, sizeof doubt, "%s%s%s cannot be read: %s", path, path[0] && part ? ": " : "", part ? part : "",
             why);
}

int64_t lbc_sure(int64_t answer, hid_t object, const char *part)
{
    char why[LBC_H5_WHY];
    if (answer < 0) lbc_doubt(object, part, lbc_h5_why(why));
    return answer;
}

H5T_class_t lbc_sure_class(hid_t type)
{
    return (H5T_class_t)lbc_sure(H5Tget_class(type), H5I_INVALID_HID, "a data type");
}

lbc_status lbc_believe(const char *path, lbc_error *err)
{
    return doubt[0] ? lbc_fail(err, LBC_E_IO, "%s: %s", path, doubt) : LBC_OK;
}
