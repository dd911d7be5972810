/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/master_parts.h"

#include "nexus/h5write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Number of the last process_N in the entry; 0: none. */
static unsigned long last_process(hid_t entry)
{
    static const char prefix[] = "process_";
    lbc_h5_names names;
    unsigned long last = 0;
    if (lbc_h5_names_read(&names, entry) != LBC_OK) return 0;
    for (size_t i = 0; i < names.count; i++) {
        if (strncmp(names.name[i], prefix, sizeof prefix - 1) != 0) continue;
        const unsigned long n = strtoul(names.name[i] + sizeof prefix - 1, NULL, 10);
        if (n > last && n < 1000000) last = n;
    }
    lbc_h5_names_free(&names);
    return last;
}

/* A last group that has fewer frames than the others is told with the step that made it. */
static bool put_short_group(hid_t group, const lbc_change *c)
{
    uint64_t first = 0;
    uint32_t count = 0;
    if (c->groups) c->group(c->plan, c->groups - 1, &first, &count);
    return !c->groups || count == c->sum || lbc_h5_put_int(group, "images_in_last_frame", count);
}

static bool put_parameters(hid_t process, const lbc_step *step, const lbc_change *c)
{
    hid_t group = lbc_h5_create_group(process, "parameters", "NXparameters");
    bool ok = group >= 0;
    for (uint32_t i = 0; i < step->nparameters && ok; i++) {
        const char *name = step->parameters[i].name, *text = step->parameters[i].text;
        const double number = step->parameters[i].number;
        if (text)
            ok = lbc_h5_put_string(group, name, text);
        else if (number >= -9e15 && number <= 9e15 && number == (double)(int64_t)number)
            ok = lbc_h5_put_int(group, name, (int64_t)number);
        else
            ok = lbc_h5_put_double(group, name, number, NULL);
    }
    if (ok && strcmp(step->name, "sum") == 0) ok = put_short_group(group, c);
    lbc_h5_close(&group);
    return ok;
}

static bool put_step(hid_t entry, unsigned long number, const lbc_step *step, const lbc_change *c)
{
    char name[40];
    snprintf(name, sizeof name, "process_%lu", number);
    hid_t process = lbc_h5_create_group(entry, name, "NXprocess");
    const bool ok = process >= 0 && lbc_h5_put_string(process, "program", "l_bnl_compress") &&
                    lbc_h5_put_string(process, "version", lbc_version()) &&
                    (!c->date || lbc_h5_put_string(process, "date", c->date)) &&
                    lbc_h5_put_int(process, "sequence_index", (int64_t)number) &&
                    lbc_h5_put_string(process, "step", step->name) && put_parameters(process, step, c);
    lbc_h5_close(&process);
    return ok;
}

lbc_status lbc_master_put_provenance(const lbc_tree *tree, lbc_error *err)
{
    char why[LBC_H5_WHY];
    const lbc_change *c = tree->context.change;
    hid_t entry = H5Gopen2(tree->out, tree->entry.path, H5P_DEFAULT);
    bool ok = entry >= 0;
    const unsigned long last = ok ? last_process(entry) : 0;
    for (uint32_t i = 0; i < c->nsteps && ok; i++) ok = put_step(entry, last + 1 + i, &c->steps[i], c);
    const lbc_status status =
        ok ? LBC_OK : lbc_fail(err, LBC_E_IO, "%s: provenance cannot be written (%s)", tree->output, lbc_h5_why(why));
    lbc_h5_close(&entry);
    return status;
}
