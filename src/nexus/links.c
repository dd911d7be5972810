/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/memory.h"
#include "nexus/doubt.h"
#include "nexus/h5util.h"
#include "nexus/sources.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_LINKS 32 /* followed one through another before we call it a circle */
#define MAX_NAME  4096

const char *lbc_object_path(hid_t id, char *buffer, size_t size)
{
    if (H5Iget_name(id, buffer, size) <= 0) snprintf(buffer, size, "?");
    return buffer;
}

/* ---- files beside one another -------------------------------------------------------------- */

/* Nothing has this name. One that cannot be reached, for want of a permission or of a server, is not absent: another
 * file must not be taken in its place. */
static bool absent(const char *path)
{
    struct stat info;
    return stat(path, &info) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* Where `name`, said in the file at `path`, is. Freed with free(); NULL: out of memory. When it is nowhere, the
 * place where it is expected. */
static char *locate(const char *path, const char *name)
{
    char *expected = lbc_path_beside(path, name);
    if (!expected || !absent(expected)) return expected;
    /* of an absolute name of another time or machine, the last part counts; a relative one counts as a whole */
    const char *near = name[0] == '/' ? lbc_path_base(name) : name;
    char *other = lbc_path_beside(path, near);
    if (other && absent(other)) {
        /* the file was reached by a symbolic link, and its neighbours are where it really is */
        char *real = realpath(path, NULL);
        free(other);
        other = real ? lbc_path_beside(real, near) : NULL;
        free(real);
    }
    if (other && !absent(other)) {
        free(expected);
        return other;
    }
    free(other);
    return expected;
}

lbc_status lbc_sources_beside(lbc_sources *sources, lbc_source *source, const char *name, lbc_source **found,
                              lbc_error *err)
{
    if (strcmp(name, ".") == 0) {
        *found = source;
        return lbc_source_open(source, err);
    }
    char *path = locate(source->path, name);
    if (!path) return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", source->path);
    const lbc_status status = lbc_sources_add(sources, path, found, err);
    free(path);
    return status;
}

/* ---- links --------------------------------------------------------------------------------- */

/* One walk from an object along a path; links inside a link's target make it deeper. */
typedef struct walk {
    lbc_sources *sources;
    lbc_error *err;
    int depth;
} walk;

static lbc_found follow(walk *w, const lbc_object *from, const char *path, lbc_object *object);

static lbc_found broken(const walk *w, lbc_status status, const lbc_object *at, const char *name, const char *what)
{
    char group[512];
    lbc_fail(w->err, status, "%s: %s/%s: %s", at->source->path,
             strcmp(lbc_object_path(at->id, group, sizeof group), "/") == 0 ? "" : group, name, what);
    return LBC_BROKEN;
}

/* "run3_master.h5: no /entry/data/data_000001 (why)" */
static lbc_found dangling(const walk *w, const lbc_object *at, const char *name, const char *why)
{
    char group[512];
    lbc_fail(w->err, LBC_E_IO, "%s: no %s/%s (%s)", at->source->path,
             strcmp(lbc_object_path(at->id, group, sizeof group), "/") == 0 ? "" : group, name, why);
    return LBC_DANGLING;
}

/* The object may be one that another link led to; a circle is told apart by its length alone. */
static lbc_found follow_soft(walk *w, const lbc_object *at, const char *name, const char *target, lbc_object *object)
{
    char why[MAX_NAME + 64];
    const lbc_found found = follow(w, at, target, object);
    if (found != LBC_ABSENT) return found;
    snprintf(why, sizeof why, "its link leads to %s, which is not there", target);
    return dangling(w, at, name, why);
}

static lbc_found follow_external(walk *w, const lbc_object *at, const char *name, const char *file, const char *target,
                                 lbc_object *object)
{
    char why[LBC_ERROR_SIZE + MAX_NAME];
    lbc_error trouble;
    lbc_object root = LBC_OBJECT_NONE;
    const lbc_status status = lbc_sources_beside(w->sources, at->source, file, &root.source, &trouble);
    if (status == LBC_E_MEMORY) return broken(w, status, at, name, "out of memory");
    if (status != LBC_OK) {
        char *path = locate(at->source->path, file);
        if (path && absent(path))
            snprintf(why, sizeof why, "is %s %s?", file, file[0] == '/' ? "there" : "beside it");
        else
            snprintf(why, sizeof why, "%s", trouble.text);
        free(path);
        return dangling(w, at, name, why);
    }
    root.id = root.source->h5;
    const lbc_found found = follow(w, &root, target, object);
    if (found != LBC_ABSENT) return found;
    snprintf(why, sizeof why, "%s has no %s", file, target);
    return dangling(w, at, name, why);
}

static lbc_found follow_link_value(walk *w, const lbc_object *at, const char *name, const H5L_info_t *info,
                                   lbc_object *object)
{
    lbc_found found = LBC_BROKEN;
    const char *file = NULL, *target = NULL;
    unsigned flags;
    const size_t size = info->u.val_size;
    if (size == 0 || size > 2 * MAX_NAME) return broken(w, LBC_E_FORMAT, at, name, "damaged link");
    if (w->depth >= MAX_LINKS) return broken(w, LBC_E_FORMAT, at, name, "links that go in a circle");
    char *value = lbc_alloc_zero(size + 1, 1);
    if (!value) return broken(w, LBC_E_MEMORY, at, name, "out of memory");
    w->depth++;
    if (H5Lget_val(at->id, name, value, size, H5P_DEFAULT) < 0)
        found = broken(w, LBC_E_FORMAT, at, name, "damaged link");
    else if (info->type == H5L_TYPE_SOFT)
        found = follow_soft(w, at, name, value, object);
    else if (H5Lunpack_elink_val(value, size, &flags, &file, &target) < 0)
        found = broken(w, LBC_E_FORMAT, at, name, "damaged link");
    else
        found = follow_external(w, at, name, file, target, object);
    w->depth--;
    free(value);
    return found;
}

static H5I_type_t kind_of(hid_t id)
{
    return (H5I_type_t)lbc_sure(H5Iget_type(id), id, "an object");
}

/* One component. */
static lbc_found follow_link(walk *w, const lbc_object *at, const char *name, lbc_object *object)
{
    H5L_info_t info;
    const H5I_type_t kind = kind_of(at->id);
    if (kind != H5I_GROUP && kind != H5I_FILE) return LBC_ABSENT;
    if (!lbc_h5_has_link(at->id, name)) return LBC_ABSENT;
    if (H5Lget_info(at->id, name, &info, H5P_DEFAULT) < 0) return broken(w, LBC_E_FORMAT, at, name, "damaged link");
    switch (info.type) {
    case H5L_TYPE_HARD:
        *object = (lbc_object){H5Oopen(at->id, name, H5P_DEFAULT), at->source};
        return object->id >= 0 ? LBC_FOUND : broken(w, LBC_E_FORMAT, at, name, "damaged (HDF5 cannot open it)");
    case H5L_TYPE_SOFT:
    case H5L_TYPE_EXTERNAL: return follow_link_value(w, at, name, &info, object);
    default: return broken(w, LBC_E_UNSUPPORTED, at, name, "a link of a kind that only its maker can follow");
    }
}

static lbc_found follow(walk *w, const lbc_object *from, const char *path, lbc_object *object)
{
    char name[MAX_NAME];
    lbc_object at = *from;
    *object = LBC_OBJECT_NONE;
    const hid_t start = path[0] == '/' ? from->source->h5 : from->id;
    at.id = H5Oopen(start, path[0] == '/' ? "/" : ".", H5P_DEFAULT);
    if (at.id < 0) return broken(w, LBC_E_FORMAT, from, path, "damaged (HDF5 cannot open the group)");
    for (;;) {
        path += strspn(path, "/");
        const size_t n = strcspn(path, "/");
        if (n == 0) {
            *object = at;
            return LBC_FOUND;
        }
        lbc_found found = LBC_ABSENT;
        lbc_object next = at;
        if (n < sizeof name) {
            memcpy(name, path, n);
            name[n] = 0;
            path += n;
            if (strcmp(name, ".") == 0) continue;
            found = follow_link(w, &at, name, &next);
        }
        lbc_h5_close(&at.id);
        if (found != LBC_FOUND) {
            *object = LBC_OBJECT_NONE;
            return found;
        }
        at = next;
    }
}

lbc_found lbc_follow(lbc_sources *sources, const lbc_object *from, const char *path, lbc_object *object, lbc_error *err)
{
    walk w = {sources, err, 0};
    /* a group in a file whose HDF5 side was closed */
    if (lbc_source_open(from->source, err) != LBC_OK) {
        *object = LBC_OBJECT_NONE;
        return LBC_BROKEN;
    }
    return follow(&w, from, path, object);
}

static lbc_found follow_kind(lbc_sources *sources, const lbc_object *from, const char *path, H5I_type_t kind,
                             lbc_object *object, lbc_error *err)
{
    const lbc_found found = lbc_follow(sources, from, path, object, err);
    if (found != LBC_FOUND || kind_of(object->id) == kind) return found;
    lbc_h5_close(&object->id);
    *object = LBC_OBJECT_NONE;
    return LBC_ABSENT;
}

lbc_found lbc_follow_dataset(lbc_sources *sources, const lbc_object *from, const char *path, lbc_object *object,
                             lbc_error *err)
{
    return follow_kind(sources, from, path, H5I_DATASET, object, err);
}

lbc_found lbc_follow_group(lbc_sources *sources, const lbc_object *from, const char *path, lbc_object *object,
                           lbc_error *err)
{
    return follow_kind(sources, from, path, H5I_GROUP, object, err);
}

/* ---- by meaning ---------------------------------------------------------------------------- */

lbc_found lbc_follow_class(lbc_sources *sources, const lbc_object *from, const char *nx_class, const char *usual,
                           lbc_object *object, lbc_error *err)
{
    lbc_h5_names names;
    lbc_object candidate;
    const lbc_found usual_found = lbc_follow_group(sources, from, usual, object, err);
    if (usual_found == LBC_FOUND && lbc_h5_is_class(object->id, nx_class)) return LBC_FOUND;
    if (lbc_h5_names_read(&names, from->id) != LBC_OK) return usual_found;
    bool better = false;
    for (size_t i = 0; i < names.count && !better; i++) {
        if (strcmp(names.name[i], usual) == 0) continue;
        if (lbc_follow_group(sources, from, names.name[i], &candidate, NULL) != LBC_FOUND) continue;
        better = lbc_h5_is_class(candidate.id, nx_class);
        if (!better) lbc_h5_close(&candidate.id);
    }
    lbc_h5_names_free(&names);
    if (!better) return usual_found;
    lbc_h5_close(&object->id);
    *object = candidate;
    return LBC_FOUND;
}
