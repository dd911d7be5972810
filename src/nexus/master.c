/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/doubt.h"
#include "nexus/h5out.h"
#include "nexus/h5write.h"
#include "nexus/master_parts.h"
#include "nexus/nxmx.h"

#include <stdlib.h>

/* The copy, then what the input had not. */
static lbc_status build(lbc_tree *tree, const lbc_groups *groups, const lbc_input *input,
                        const lbc_chunk_format *format, const lbc_master_links *links, lbc_error *err)
{
    lbc_status status = lbc_tree_copy(tree, groups, err);
    if (status == LBC_OK) status = lbc_tree_link(tree, err);
    if (status == LBC_OK) status = lbc_nxmx_complete(tree, lbc_input_series(input), err);
    if (status == LBC_OK) status = lbc_master_put_mask(tree, format, err);
    if (status == LBC_OK) status = lbc_master_put_links(tree, format, links, err);
    if (status == LBC_OK) status = lbc_master_put_provenance(tree, err);
    if (status == LBC_OK) status = lbc_tree_prune(tree, err);
    if (status == LBC_OK) status = lbc_believe(lbc_input_path(input), err);
    if (status == LBC_OK) status = lbc_master_put_sum(tree, err);
    return status;
}

static lbc_status write_file(lbc_tree *tree, const char *path, const char *temporary, const lbc_input *input,
                             const lbc_chunk_format *format, const lbc_master_links *links, lbc_error *err)
{
    char why[LBC_H5_WHY];
    lbc_groups groups;
    lbc_status status = lbc_groups_open(input, &groups, err);
    if (status != LBC_OK) return status;
    tree->out = lbc_h5_create_file(temporary);
    if (tree->out < 0)
        status = lbc_fail(err, LBC_E_IO, "%s: cannot be created (%s)", path, lbc_h5_why(why));
    else
        status = build(tree, &groups, input, format, links, err);
    if (tree->out >= 0) {
        const lbc_status closed = lbc_h5_out_close(&tree->out, path, status ? NULL : err);
        if (status == LBC_OK) status = closed;
    }
    lbc_groups_close(&groups);
    return status;
}

lbc_status lbc_master_write(const char *path, bool replace, const lbc_input *input, const lbc_change *change,
                            const lbc_chunk_format *format, const lbc_master_links *links,
                            const lbc_inspection *inspection, const lbc_log *log, lbc_error *err)
{
    const lbc_series *series = lbc_input_series(input);
    lbc_tree tree = {
        .context = {change, series->nimages * (series->ntrigger ? series->ntrigger : 1), series->mask},
        .input = lbc_input_path(input),
        .output = path,
        .sources = lbc_input_sources(input),
        .out = H5I_INVALID_HID,
        .mask_object = H5I_INVALID_HID,
    };
    lbc_place place = {NULL, NULL};
    lbc_status status = lbc_place_begin(&place, path, err);
    if (status == LBC_OK) {
        lbc_h5_enter();
        status = write_file(&tree, path, place.temporary, input, format, links, err);
        lbc_h5_close(&tree.mask_object); /* it holds its file open */
        lbc_input_rest(input);
        lbc_h5_leave();
        if (log) lbc_tree_send_notes(&tree, log);
    }
    if (status == LBC_OK && inspection && inspection->fn) {
        status = inspection->fn(inspection->user, place.temporary, err);
        if (status) lbc_place_blame(place.temporary, path, err);
    }
    if (status == LBC_OK) status = lbc_place_commit(&place, replace, err);
    lbc_place_drop(&place);
    lbc_tree_free(&tree);
    return status;
}
