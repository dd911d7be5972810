/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of the caller's beside those of a run. */
#include "base/place.h"
#include "pipeline/names.h"

#include <stdlib.h>

/* Which of the run's files a file of that name in that folder would be; NULL: none. */
static const char *taken(const lbc_names *n, const lbc_options *o, const char *path, const char *folder)
{
    if (lbc_place_same(path, n->master)) return "the master";
    if (lbc_names_number(path, n->prefix) && lbc_place_same_folder(folder, n->folder)) return "a data file";
    if (n->squash && lbc_names_number(path, n->squash) && lbc_place_same_folder(folder, n->squash_folder))
        return "a squash file";
    if (o->minicbf && lbc_names_cbf_number(path, o->minicbf) && lbc_place_same_folder(folder, n->minicbf_folder))
        return "a miniCBF file";
    return NULL;
}

lbc_status lbc_stays_apart(const lbc_options *options, const char *path, lbc_error *err)
{
    lbc_names names = {0};
    lbc_status status = lbc_names_make(&names, options, err);
    char *folder = status ? NULL : lbc_place_folder_of(path);
    if (status == LBC_OK && !folder) status = lbc_fail(err, LBC_E_MEMORY, "out of memory");
    const char *what = status ? NULL : taken(&names, options, path, folder);
    if (what) status = lbc_fail(err, LBC_E_ARGUMENT, "%s: has the name of %s of this run; choose another", path, what);
    free(folder);
    lbc_names_free(&names);
    return status;
}
