/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/place.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A temporary name is  .BASE.lbc~HOST~PID~START~COUNT.tmp  with START the start time of the process
 * in clock ticks since boot (0 where /proc does not tell). HOST is the host's name and, since containers
 * may share that, the number of the name space that process numbers are from: "vm+4026531836". */
#define TMP_MARK  ".lbc~"
#define TMP_END   ".tmp"
#define HOST_SIZE 128

static void host_name(char out[HOST_SIZE])
{
    if (gethostname(out, HOST_SIZE / 2)) snprintf(out, HOST_SIZE, "unknown");
    out[HOST_SIZE / 2 - 1] = '\0';
    for (char *c = out; *c; c++)
        if (*c == '~' || *c == '/') *c = '_';
    char space[32] = ""; /* "pid:[4026531836]" */
    if (readlink("/proc/self/ns/pid", space, sizeof space - 1) < 0) return;
    const char *number = strpbrk(space, "0123456789");
    if (number) snprintf(out + strlen(out), HOST_SIZE / 2, "+%llu", strtoull(number, NULL, 10));
}

/* Field 22 of /proc/PID/stat; 0 when there is no such process or no /proc. */
static unsigned long long process_start(long pid)
{
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    const ssize_t n = read(fd, line, sizeof line - 1);
    close(fd);
    if (n <= 0) return 0;
    line[n] = '\0';
    const char *p = strrchr(line, ')'); /* the command name may hold anything */
    for (int field = 2; p && field < 22; field++) p = strchr(p + 1, ' ');
    return p ? strtoull(p + 1, NULL, 10) : 0;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Length of the folder part of path, with its slash; 0: the current folder. */
static size_t folder_length(const char *path)
{
    return (size_t)(base_name(path) - path);
}

char *lbc_place_folder_of(const char *path)
{
    const size_t n = folder_length(path);
    if (n == 0) return lbc_strdup(".");
    return n == 1 ? lbc_strdup("/") : lbc_asprintf("%.*s", (int)(n - 1), path);
}

lbc_status lbc_place_begin(lbc_place *place, const char *path, lbc_error *err)
{
    static _Atomic unsigned count;
    char host[HOST_SIZE];
    host_name(host);
    place->path = lbc_strdup(path);
    place->temporary =
        lbc_asprintf("%.*s.%s" TMP_MARK "%s~%ld~%llu~%u" TMP_END, (int)folder_length(path), path, base_name(path), host,
                     (long)getpid(), process_start((long)getpid()), atomic_fetch_add(&count, 1));
    if (place->path && place->temporary) return LBC_OK;
    free(place->temporary);
    place->temporary = NULL;
    return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", path);
}

/* fsync of a file or folder. File systems that cannot flush a folder say EINVAL; that is no failure. */
static int flush_path(const char *path, int flags)
{
    const int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0) return -1;
    int failed = fsync(fd);
    if (failed && (flags & O_DIRECTORY) && (errno == EINVAL || errno == ENOTSUP)) failed = 0;
    const int why = errno;
    close(fd);
    errno = why;
    return failed;
}

static int flush_folder_of(const char *path)
{
    char *folder = lbc_place_folder_of(path);
    if (!folder) {
        errno = ENOMEM;
        return -1;
    }
    const int failed = flush_path(folder, O_RDONLY | O_DIRECTORY);
    free(folder);
    return failed;
}

/* link() fails where the name is taken, rename() does not; file systems without hard links get the
 * check and the rename in two steps. */
static lbc_status name_it(const lbc_place *place, bool replace, lbc_error *err)
{
    struct stat there;
    if (!replace && link(place->temporary, place->path) == 0) {
        if (unlink(place->temporary) == 0) return LBC_OK;
        const int why = errno;
        unlink(place->path);
        return lbc_fail(err, LBC_E_IO, "%s: cannot be removed: %s", place->temporary, strerror(why));
    }
    if (!replace && (errno == EEXIST || lstat(place->path, &there) == 0))
        return lbc_fail(err, LBC_E_EXISTS, "%s: exists (--overwrite replaces it)", place->path);
    if (rename(place->temporary, place->path))
        return lbc_fail(err, LBC_E_IO, "%s: cannot be renamed into place: %s", place->path, strerror(errno));
    return LBC_OK;
}

lbc_status lbc_place_commit(lbc_place *place, bool replace, lbc_error *err)
{
    if (flush_path(place->temporary, O_RDONLY))
        return lbc_fail(err, LBC_E_IO, "%s: cannot flush to disk: %s", place->path, strerror(errno));
    const lbc_status status = name_it(place, replace, err);
    if (status) return status;
    free(place->temporary);
    place->temporary = NULL;
    if (flush_folder_of(place->path) == 0) return LBC_OK;
    /* A file that may be gone after a power cut must not look finished now. */
    const int why = errno;
    unlink(place->path);
    return lbc_fail(err, LBC_E_IO, "%s: cannot flush its folder to disk: %s", place->path, strerror(why));
}

void lbc_place_blame(const char *temporary, const char *path, lbc_error *err)
{
    const size_t n = strlen(temporary);
    if (!err || strncmp(err->text, temporary, n)) return;
    const lbc_error told = *err;
    lbc_fail(err, told.status, "%s%s", path, told.text + n);
}

void lbc_place_drop(lbc_place *place)
{
    if (place->temporary) unlink(place->temporary);
    free(place->temporary);
    free(place->path);
    *place = (lbc_place){0};
}

lbc_status lbc_place_flush(const char *path, lbc_error *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const bool failed = fd < 0 || fsync(fd);
    const int why = errno;
    if (!failed) posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    if (fd >= 0) close(fd);
    return failed ? lbc_fail(err, LBC_E_IO, "%s: cannot flush to disk: %s", path, strerror(why)) : LBC_OK;
}

lbc_status lbc_place_flush_folder(const char *path, lbc_error *err)
{
    if (flush_folder_of(path) == 0) return LBC_OK;
    const int why = errno;
    const size_t n = folder_length(path); /* with the last slash */
    return lbc_fail(err, LBC_E_IO, "%.*s: cannot flush this folder to disk: %s", n > 1 ? (int)n - 1 : 1, n ? path : ".",
                    strerror(why));
}

lbc_status lbc_place_remove(const char *path, lbc_error *err)
{
    if (unlink(path) && errno != ENOENT)
        return lbc_fail(err, LBC_E_IO, "%s: cannot be removed: %s", path, strerror(errno));
    return lbc_place_flush_folder(path, err);
}

/* True when name is a temporary of `base` left by a process of this host that is gone. */
static bool is_left_behind(const char *name, const char *base, const char *host)
{
    const size_t nbase = strlen(base), nhost = strlen(host), n = strlen(name);
    if (name[0] != '.' || strncmp(name + 1, base, nbase)) return false;
    if (n < strlen(TMP_END) || strcmp(name + n - strlen(TMP_END), TMP_END)) return false;
    const char *mark = NULL; /* the last one: a base name may hold the mark too */
    for (const char *p = strstr(name + 1 + nbase, TMP_MARK); p; p = strstr(p + 1, TMP_MARK)) mark = p;
    if (!mark) return false;
    const char *p = mark + strlen(TMP_MARK);
    if (strncmp(p, host, nhost) || p[nhost] != '~') return false;
    char *end;
    errno = 0;
    const long pid = strtol(p + nhost + 1, &end, 10);
    if (errno || pid <= 0 || *end != '~') return false;
    const unsigned long long start = strtoull(end + 1, &end, 10);
    if (errno || *end != '~') return false;
    if (kill((pid_t)pid, 0) && errno == ESRCH) return true;
    /* The number belongs to another process now, if both are known: /proc may hide those of other users. */
    const unsigned long long now = process_start(pid);
    return start != 0 && now != 0 && now != start;
}

unsigned lbc_place_sweep(const char *folder, const char *base)
{
    char host[HOST_SIZE];
    host_name(host);
    unsigned removed = 0;
    DIR *dir = opendir(folder);
    if (!dir) return 0;
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (is_left_behind(entry->d_name, base, host) && unlinkat(dirfd(dir), entry->d_name, 0) == 0) removed++;
    closedir(dir);
    return removed;
}

/* ---- folders -------------------------------------------------------------------------------- */

/* The nearest folder that is there, this one or one above it, and the rest of the name, which is to be made. NULL: out
 * of memory. */
static char *nearest_folder(const char *folder, const char **rest)
{
    struct stat there;
    char *path = lbc_strdup(folder);
    while (path && stat(path, &there) && errno == ENOENT && folder_length(path)) {
        char *slash = strrchr(path, '/');
        slash[slash == path] = '\0'; /* the root stays */
    }
    const bool none = path && stat(path, &there) && errno == ENOENT;
    *rest = folder + (path && !none ? strlen(path) : 0);
    *rest += strspn(*rest, "/");
    if (!none) return path;
    free(path);
    return lbc_strdup(".");
}

bool lbc_place_same_folder(const char *a, const char *b)
{
    struct stat x, y;
    const char *rest_a, *rest_b;
    char *near_a = nearest_folder(a, &rest_a), *near_b = nearest_folder(b, &rest_b);
    const size_t n = strlen(rest_a), m = strlen(rest_b), common = n < m ? n : m;
    const bool same = near_a && near_b && stat(near_a, &x) == 0 && stat(near_b, &y) == 0 && x.st_dev == y.st_dev &&
                      x.st_ino == y.st_ino && strncmp(rest_a, rest_b, common) == 0 &&
                      strspn(rest_a + common, "/") == n - common && strspn(rest_b + common, "/") == m - common;
    free(near_a);
    free(near_b);
    return same;
}

bool lbc_place_same(const char *a, const char *b)
{
    if (strcmp(base_name(a), base_name(b)) != 0) return false;
    char *folder_a = lbc_place_folder_of(a), *folder_b = lbc_place_folder_of(b);
    const bool same = folder_a && folder_b && lbc_place_same_folder(folder_a, folder_b);
    free(folder_a);
    free(folder_b);
    return same;
}

static lbc_status cannot_make(const char *folder, int why, lbc_error *err)
{
    return lbc_fail(err, LBC_E_IO, "%s: cannot make this folder: %s", folder, strerror(why));
}

lbc_status lbc_place_folder(const char *folder, lbc_error *err)
{
    lbc_status status = LBC_OK;
    char *path = lbc_strdup(folder);
    if (!path) return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", folder);
    for (char *p = path + 1; status == LBC_OK && path[0]; p++) {
        if (*p && *p != '/') continue;
        const char was = *p;
        *p = '\0';
        struct stat there;
        const bool made = mkdir(path, 0777) == 0;
        const int why = errno;
        if (made) {
            if (flush_folder_of(path) && errno != EACCES) /* one that may not be read cannot be flushed */
                status = lbc_fail(err, LBC_E_IO, "%s: cannot flush its folder to disk: %s", path, strerror(errno));
        } else if (stat(path, &there)) {
            status = cannot_make(path, why == EEXIST ? errno : why, err);
        } else if (!S_ISDIR(there.st_mode)) {
            status = cannot_make(path, why == EEXIST ? ENOTDIR : why, err);
        }
        *p = was;
        if (!was) break;
    }
    free(path);
    return status;
}

lbc_status lbc_place_try_folder(const char *folder, lbc_error *err)
{
    struct stat there;
    lbc_status status = LBC_OK;
    const char *rest;
    char *path = nearest_folder(folder, &rest);
    if (!path) return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", folder);
    if (stat(path, &there) == 0 && !S_ISDIR(there.st_mode))
        status = lbc_fail(err, LBC_E_IO, "%s: is no folder", path);
    else if (access(path, W_OK | X_OK))
        status = lbc_fail(err, LBC_E_IO, "%s: cannot write here: %s", path, strerror(errno));
    free(path);
    return status;
}
