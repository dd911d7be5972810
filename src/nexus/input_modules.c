/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which parts of the image the modules of the detector are. A master without any is common. */
#include "base/memory.h"
#include "metadata/rules.h"
#include "nexus/input_internal.h"

/* (slow, fast), which an index may come before. Zeros where the field is missing or holds none such. */
static void read_pair(const lbc_input *input, const lbc_object *module, const char *name, uint32_t pair[2])
{
    double value[3];
    lbc_object field;
    size_t count = 0;
    pair[0] = pair[1] = 0;
    if (lbc_follow_dataset(&input->shared->sources, module, name, &field, NULL) != LBC_FOUND) return;
    count = lbc_h5_numbers(field.id, value, 3);
    lbc_h5_close(&field.id);
    for (size_t i = 0; (count == 2 || count == 3) && i < 2; i++) {
        const double v = value[count - 2 + i];
        if (v >= 0 && v <= INT32_MAX) pair[i] = (uint32_t)v;
    }
}

lbc_status lbc_modules_read(lbc_input *input, const lbc_groups *groups, lbc_error *err)
{
    lbc_h5_names names;
    lbc_series *s = &input->series;
    if (groups->detector.id < 0) return LBC_OK;
    lbc_status status = lbc_h5_names_read(&names, groups->detector.id);
    if (status) return lbc_fail(err, status, "%s: its detector group cannot be read", input->path);
    s->modules = input->modules = lbc_alloc_zero(names.count + 1, sizeof *input->modules);
    if (!input->modules) status = lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", input->path);
    for (size_t i = 0; i < names.count && status == LBC_OK; i++) {
        char nx_class[64];
        lbc_object group;
        if (lbc_follow_group(&input->shared->sources, &groups->detector, names.name[i], &group, NULL) != LBC_FOUND)
            continue;
        lbc_h5_attr_text(group.id, "NX_class", nx_class, sizeof nx_class);
        if (lbc_group_of(LBC_GROUP_DETECTOR, names.name[i], nx_class) == LBC_GROUP_MODULE) {
            lbc_module *module = &input->modules[s->nmodules++];
            lbc_object_path(group.id, module->path, sizeof module->path);
            read_pair(input, &group, "data_origin", module->origin);
            read_pair(input, &group, "data_size", module->size);
        }
        lbc_h5_close(&group.id);
    }
    lbc_h5_names_free(&names);
    return status;
}
