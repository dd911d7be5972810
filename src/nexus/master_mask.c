/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/master_parts.h"

#include "frame/frame.h"
#include "nexus/h5write.h"

#include <stdio.h>
#include <string.h>

/* neggia reads images stored like this, and reads only masks that are contiguous and unfiltered. Other
 * images it cannot read anyway, and a mask of 16 M pixels would be larger than a series at rest. */
static bool neggia_reads(const lbc_codec *codec)
{
    return strcmp(codec->name, "none") == 0 || strcmp(codec->name, "bslz4") == 0 || strcmp(codec->name, "lz4") == 0;
}

static bool put_mask(const lbc_tree *tree, hid_t specific, const lbc_chunk_format *format)
{
    const lbc_change *c = tree->context.change;
    const hsize_t dims[2] = {c->out.ny, c->out.nx};
    lbc_value value;
    bool ok = lbc_value_new(&value, H5T_STD_U32LE, 2, dims);
    if (ok && c->mask) memcpy(value.data, c->mask, value.count * value.size);
    ok = ok && lbc_value_write(&value, specific, "pixel_mask",
                               neggia_reads(format->codec) ? LBC_LAYOUT_PLAIN : LBC_LAYOUT_BY_SIZE);
    lbc_value_free(&value);
    hid_t mask = ok ? H5Dopen2(specific, "pixel_mask", H5P_DEFAULT) : H5I_INVALID_HID;
    ok = mask >= 0 && (tree->mask_object < 0 || lbc_copy_attributes(tree->mask_object, mask, false, NULL));
    lbc_h5_close(&mask);
    return ok;
}

static bool put_link(hid_t file, const char *target, const char *path)
{
    if (strcmp(target, path) == 0 || H5Lexists(file, path, H5P_DEFAULT) > 0) return true;
    return H5Lcreate_soft(target, file, path, H5P_DEFAULT, H5P_DEFAULT) >= 0;
}

lbc_status lbc_master_put_mask(const lbc_tree *tree, const lbc_chunk_format *format, lbc_error *err)
{
    char specific_path[1100], mask_path[1200], link_path[1100], why[LBC_H5_WHY];
    snprintf(specific_path, sizeof specific_path, "%s/detectorSpecific", tree->detector.path);
    snprintf(mask_path, sizeof mask_path, "%s/pixel_mask", specific_path);
    snprintf(link_path, sizeof link_path, "%s/pixel_mask", tree->detector.path);
    hid_t specific = H5Gopen2(tree->out, specific_path, H5P_DEFAULT);
    bool ok = specific >= 0 && put_mask(tree, specific, format) && put_link(tree->out, mask_path, link_path);
    for (size_t i = 0; i < tree->masks.count && ok; i++) ok = put_link(tree->out, mask_path, tree->masks.pair[i].path);
    const lbc_status status =
        ok ? LBC_OK
           : lbc_fail(err, LBC_E_IO, "%s: the pixel mask cannot be written (%s)", tree->output, lbc_h5_why(why));
    lbc_h5_close(&specific);
    return status;
}
