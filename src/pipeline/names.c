/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/names.h"

#include "base/memory.h"
#include "base/place.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *lbc_names_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool ends_with_h5(const char *name)
{
    const size_t n = strlen(name);
    return n >= 3 && strcmp(name + n - 3, ".h5") == 0;
}

static bool means_default(const char *word)
{
    return !word || strcmp(word, "out_file") == 0;
}

static char *master_path(const lbc_options *o)
{
    if (means_default(o->out_master)) return lbc_asprintf("%s_master.h5", o->out_file);
    const char *end = ends_with_h5(o->out_master) ? "" : ".h5";
    const size_t folder = strchr(o->out_master, '/') ? 0 : (size_t)(lbc_names_base(o->out_file) - o->out_file);
    return lbc_asprintf("%.*s%s%s", (int)folder, o->out_file, o->out_master, end);
}

lbc_status lbc_names_make(lbc_names *names, const lbc_options *o, lbc_error *err)
{
    if (!*lbc_names_base(o->out_file))
        return lbc_fail(err, LBC_E_ARGUMENT, "-o %s: a file name prefix is missing after the folder", o->out_file);
    if (!means_default(o->out_master) && !*lbc_names_base(o->out_master))
        return lbc_fail(err, LBC_E_ARGUMENT, "-m %s: a file name is missing after the folder", o->out_master);
    names->prefix = lbc_strdup(o->out_file);
    names->folder = lbc_place_folder_of(o->out_file);
    names->master = master_path(o);
    names->master_folder = names->master ? lbc_place_folder_of(names->master) : NULL;
    if (o->out_squash) {
        names->squash =
            means_default(o->out_squash) ? lbc_asprintf("%s_squash", o->out_file) : lbc_strdup(o->out_squash);
        names->squash_folder = names->squash ? lbc_place_folder_of(names->squash) : NULL;
        if (names->squash && !*lbc_names_base(names->squash))
            return lbc_fail(err, LBC_E_ARGUMENT, "-q %s: a file name prefix is missing after the folder",
                            o->out_squash);
        if (names->squash && names->prefix && strcmp(names->squash, names->prefix) == 0)
            return lbc_fail(err, LBC_E_ARGUMENT, "-q %s: squash files would replace the data files of -o",
                            o->out_squash);
    }
    if (o->minicbf) {
        if (!*lbc_names_base(o->minicbf))
            return lbc_fail(err, LBC_E_ARGUMENT, "--minicbf %s: a file name prefix is missing after the folder",
                            o->minicbf);
        names->minicbf_folder = lbc_place_folder_of(o->minicbf);
    }
    if (!names->prefix || (o->minicbf && !names->minicbf_folder) || !names->folder || !names->master ||
        !names->master_folder || (o->out_squash && (!names->squash || !names->squash_folder)))
        return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    return LBC_OK;
}

void lbc_names_free(lbc_names *names)
{
    free(names->prefix);
    free(names->folder);
    free(names->master);
    free(names->master_folder);
    free(names->squash);
    free(names->squash_folder);
    free(names->minicbf_folder);
    *names = (lbc_names){0};
}

char *lbc_names_file(const char *prefix, uint64_t n)
{
    return lbc_asprintf("%s_%06" PRIu64 ".h5", prefix, n + 1);
}

/* Of PREFIX_NNNNNN and this end. */
static uint64_t number_of(const char *path, const char *prefix, const char *end)
{
    const char *name = lbc_names_base(path), *base = lbc_names_base(prefix);
    const size_t n = strlen(base);
    if (strncmp(name, base, n) || name[n] != '_') return 0;
    const char *digits = name + n + 1;
    const size_t count = strspn(digits, "0123456789");
    if (count < 6 || (count > 6 && digits[0] == '0') || count > 12 || strcmp(digits + count, end)) return 0;
    return strtoull(digits, NULL, 10);
}

uint64_t lbc_names_number(const char *path, const char *prefix)
{
    return number_of(path, prefix, ".h5");
}

uint64_t lbc_names_cbf_number(const char *path, const char *prefix)
{
    return number_of(path, prefix, ".cbf");
}

char *lbc_names_linked(const char *master, const char *link)
{
    const int folder = link[0] == '/' ? 0 : (int)(lbc_names_base(master) - master);
    return lbc_asprintf("%.*s%s", folder, master, link);
}

/* to relative to from; both absolute, without links, "." or "..". */
static char *relative(const char *from, const char *to)
{
    size_t common = 0; /* length of the shared folders, with their slash */
    for (size_t i = 0;; i++) {
        const bool ends_from = from[i] == '\0', ends_to = to[i] == '\0';
        if ((ends_from || from[i] == '/') && (ends_to || to[i] == '/')) common = i;
        if (ends_from || ends_to || from[i] != to[i]) break;
    }
    const char *rest_from = from + common, *rest_to = to + common;
    size_t up = 0;
    for (const char *p = rest_from; *p; p++) up += *p == '/' && p[1];
    while (*rest_to == '/') rest_to++;
    char *path = lbc_alloc(3 * up + strlen(rest_to) + 2, 1);
    if (!path) return NULL;
    char *p = path;
    for (size_t i = 0; i < up; i++) p = stpcpy(p, "../");
    p = stpcpy(p, rest_to);
    if (*rest_to) stpcpy(p, "/");
    return path;
}

char *lbc_names_link(const char *from, const char *to)
{
    char *link = NULL, *way = NULL;
    char *to_folder = lbc_place_folder_of(to);
    char *a = realpath(from, NULL), *b = to_folder ? realpath(to_folder, NULL) : NULL;
    if (a && b) way = relative(a, b);
    if (way) link = lbc_asprintf("%s%s", way, lbc_names_base(to));
    const int why = errno;
    free(way);
    free(a);
    free(b);
    free(to_folder);
    errno = why;
    return link;
}
