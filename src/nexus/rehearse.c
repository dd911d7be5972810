/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a run does to a master, done to no end. */
#include "nexus/rehearse.h"

#include "nexus/h5write.h"
#include "nexus/tree.h"

#define SMALL ((uint64_t)1 << 16) /* bytes: content above it is not what takes HDF5 down, and takes time */

static void group_of_one(const void *plan, uint64_t k, uint64_t *first, uint32_t *count)
{
    (void)plan;
    *first = k;
    *count = 1;
}

/* A file that is never on disk. */
static hid_t file_in_memory(void)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), file = H5I_INVALID_HID;
    if (access >= 0 && H5Pset_fapl_core(access, 1 << 20, false) >= 0)
        file = H5Fcreate("rehearsal", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    lbc_h5_close(&access);
    return file;
}

/* How it goes is for the run itself to find out and to say. */
static void copy_master(lbc_tree *tree, const lbc_input *input)
{
    lbc_groups groups;
    if (lbc_groups_open(input, &groups, NULL)) return;
    tree->out = file_in_memory();
    if (tree->out >= 0 && lbc_tree_copy(tree, &groups, NULL) == LBC_OK && tree->mask_object >= 0)
        (void)lbc_copy_attributes(tree->mask_object, tree->out, false, NULL);
    lbc_h5_close(&tree->out);
    lbc_groups_close(&groups);
}

void lbc_master_rehearse(const lbc_input *input)
{
    const lbc_series *s = lbc_input_series(input);
    const lbc_change same = {.bin = 1,
                             .sum = 1,
                             .in = s->shape,
                             .out = s->shape,
                             .type = s->type,
                             .saturation = s->saturation,
                             .codec = "none",
                             .frames_in = s->frames,
                             .groups = s->frames,
                             .group = group_of_one};
    lbc_tree tree = {.context = {&same, s->nimages * (s->ntrigger ? s->ntrigger : 1), s->mask},
                     .input = lbc_input_path(input),
                     .output = "rehearsal",
                     .sources = lbc_input_sources(input),
                     .out = H5I_INVALID_HID,
                     .mask_object = H5I_INVALID_HID,
                     .largest = SMALL};
    lbc_h5_enter();
    copy_master(&tree, input);
    lbc_h5_close(&tree.mask_object);
    lbc_input_rest(input);
    lbc_h5_leave();
    lbc_tree_free(&tree);
}
