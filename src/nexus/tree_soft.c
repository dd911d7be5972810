/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/doubt.h"
#include "nexus/h5util.h"
#include "nexus/tree.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Where a path leads. ELSEWHERE: through an external link. Those are not followed, since the bytes of a
 * master must not depend on whether the data files are there yet. */
typedef enum target { NOWHERE, HERE, ELSEWHERE } target;

enum { LONGEST_CHAIN = 32 };

static target resolve(hid_t file, const char *path, int chain);

/* The target of a soft link as a path from the root; freed with free(); NULL: out of memory. */
static char *read_target(hid_t file, const char *path, size_t size)
{
    char *text = lbc_alloc_zero(size + 1, 1), *whole = NULL;
    if (text && H5Lget_val(file, path, text, size, H5P_DEFAULT) >= 0) {
        const char *slash = strrchr(path, '/');
        whole = text[0] == '/' ? lbc_strdup(text) : lbc_asprintf("%.*s/%s", (int)(slash - path), path, text);
    }
    free(text);
    return whole;
}

/* One link, whose parent is known to be there. */
static target resolve_link(hid_t file, const char *path, int chain)
{
    H5L_info_t info;
    if (H5Lget_info(file, path, &info, H5P_DEFAULT) < 0) return NOWHERE;
    if (info.type == H5L_TYPE_HARD) return HERE;
    if (info.type != H5L_TYPE_SOFT) return ELSEWHERE;
    char *aim = read_target(file, path, info.u.val_size);
    if (!aim) lbc_doubt(file, path, lbc_status_string(LBC_E_MEMORY));
    const target found = aim ? resolve(file, aim, chain + 1) : NOWHERE;
    free(aim);
    return found;
}

static target resolve(hid_t file, const char *path, int chain)
{
    target found = HERE;
    if (chain >= LONGEST_CHAIN) return NOWHERE;
    char *prefix = lbc_strdup(path);
    if (!prefix) {
        lbc_doubt(file, path, lbc_status_string(LBC_E_MEMORY));
        return NOWHERE;
    }
    for (char *p = prefix; *p && found == HERE;) {
        p += strspn(p, "/");
        p += strcspn(p, "/");
        const char cut = *p;
        *p = '\0';
        if (strspn(prefix, "/") < strlen(prefix)) found = resolve_link(file, prefix, chain);
        *p = cut;
    }
    free(prefix);
    return found;
}

lbc_status lbc_tree_link(lbc_tree *tree, lbc_error *err)
{
    char why[LBC_H5_WHY];
    for (size_t i = 0; i < tree->soft.count; i++) {
        const char *path = tree->soft.pair[i].path, *text = tree->soft.pair[i].text;
        if (H5Lexists(tree->out, path, H5P_DEFAULT) > 0) continue;
        if (H5Lcreate_soft(text, tree->out, path, H5P_DEFAULT, H5P_DEFAULT) < 0)
            return lbc_fail(err, LBC_E_IO, "%s: %s: cannot be written (%s)", tree->output, path, lbc_h5_why(why));
    }
    return LBC_OK;
}

lbc_status lbc_tree_prune(lbc_tree *tree, lbc_error *err)
{
    char why[LBC_H5_WHY];
    /* A link may lead through another, so taking one away can leave the next without an end. */
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < tree->soft.count; i++) {
            const char *path = tree->soft.pair[i].path;
            if (H5Lexists(tree->out, path, H5P_DEFAULT) <= 0 || resolve(tree->out, path, 0) != NOWHERE) continue;
            lbc_tree_note(tree, LBC_LEVEL_WARNING, "%s: soft link %s is left out of the new master: no %s", tree->input,
                          path, tree->soft.pair[i].text);
            if (H5Ldelete(tree->out, path, H5P_DEFAULT) < 0)
                return lbc_fail(err, LBC_E_IO, "%s: %s: cannot be taken away (%s)", tree->output, path,
                                lbc_h5_why(why));
            changed = true;
        }
    }
    return LBC_OK;
}
