/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every call by which a run can fail, made to fail at its k-th use.
 *
 * The linker's --wrap sends each such call of our own objects to a wrapper here. The program is l_bnl_compress with
 * its options, but runs many times: a line "KIND K FOLDER" on standard input runs it once in FOLDER with the K-th call
 * of this kind failing and no other, and what it says goes to FOLDER/said. It answers "STATUS SIGNAL CALL": how the run
 * ended, and which call failed, "-" for none because there were fewer. Where -p or --jobs is 1, all of a run is in one
 * thread, so that the K-th call is always the same one.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "compress_options.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <jansson.h>
#include <openjpeg.h>
#include <png.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#define SECONDS 120 /* for a run, before it counts as one that does not end */

/* ---- which call fails ----------------------------------------------------------------------- */

enum { memory, opening, reading, writing, flushing, naming, looking, locking, thread, library, hdf5, KINDS };

static const char *const kind_name[KINDS] = {"memory",  "open", "read",   "write",   "fsync", "rename",
                                             "inquiry", "lock", "thread", "library", "hdf5"};

/* Of the run under way, whose process is a child of the one that reads and tells. */
static struct run {
    int kind;
    unsigned long k;
    atomic_ulong uses;
    const char *_Atomic failed;
} * run;

/* Whether this call is to fail. */
static bool fails(int kind, const char *name)
{
    if (kind != run->kind || atomic_fetch_add(&run->uses, 1) + 1 != run->k) return false;
    run->failed = name;
    return true;
}

/* ---- wrappers ------------------------------------------------------------------------------- */

/* Instead of the call. */
#define WRAP(kind, type, name, failure, why, parameters, arguments)                                                    \
    type __real_##name parameters;                                                                                     \
    type __wrap_##name parameters;                                                                                     \
    type __wrap_##name parameters                                                                                      \
    {                                                                                                                  \
        if (!fails(kind, #name)) return __real_##name arguments;                                                       \
        errno = why;                                                                                                   \
        return failure;                                                                                                \
    }

/* After the call, which cannot be undone: what is closed is closed. */
#define WRAP_LATE(kind, type, name, failure, why, parameters, arguments)                                               \
    type __real_##name parameters;                                                                                     \
    type __wrap_##name parameters;                                                                                     \
    type __wrap_##name parameters                                                                                      \
    {                                                                                                                  \
        const type result = __real_##name arguments;                                                                   \
        if (!fails(kind, #name)) return result;                                                                        \
        errno = why;                                                                                                   \
        return failure;                                                                                                \
    }

/* clang-format off */
WRAP(memory, void *, malloc, NULL, ENOMEM, (size_t n), (n))
WRAP(memory, void *, calloc, NULL, ENOMEM, (size_t n, size_t size), (n, size))
WRAP(memory, void *, realloc, NULL, ENOMEM, (void *p, size_t n), (p, n))
WRAP(memory, int, posix_memalign, ENOMEM, 0, (void **p, size_t alignment, size_t n), (p, alignment, n))

WRAP(opening, FILE *, fopen, NULL, EMFILE, (const char *path, const char *mode), (path, mode))
WRAP(opening, FILE *, fdopen, NULL, ENOMEM, (int fd, const char *mode), (fd, mode))
WRAP(opening, DIR *, opendir, NULL, EMFILE, (const char *path), (path))

WRAP(reading, ssize_t, read, -1, EIO, (int fd, void *to, size_t n), (fd, to, n))
WRAP(reading, ssize_t, pread, -1, EIO, (int fd, void *to, size_t n, off_t at), (fd, to, n, at))
WRAP(reading, size_t, fread, 0, EIO, (void *to, size_t size, size_t n, FILE *file), (to, size, n, file))

WRAP(writing, ssize_t, write, -1, ENOSPC, (int fd, const void *from, size_t n), (fd, from, n))
WRAP(writing, ssize_t, pwrite, -1, ENOSPC, (int fd, const void *from, size_t n, off_t at), (fd, from, n, at))
WRAP(writing, int, ftruncate, -1, EFBIG, (int fd, off_t size), (fd, size))
WRAP_LATE(writing, int, close, -1, EIO, (int fd), (fd))
WRAP_LATE(writing, int, fflush, EOF, ENOSPC, (FILE *file), (file))
WRAP_LATE(writing, int, fclose, EOF, ENOSPC, (FILE *file), (file))

WRAP(flushing, int, fsync, -1, EIO, (int fd), (fd))
WRAP(naming, int, rename, -1, EACCES, (const char *from, const char *to), (from, to))
WRAP(naming, int, link, -1, EMLINK, (const char *from, const char *to), (from, to))
WRAP(naming, int, mkdir, -1, EACCES, (const char *path, mode_t mode), (path, mode))

WRAP(looking, int, stat, -1, EIO, (const char *path, struct stat *to), (path, to))
WRAP(looking, int, lstat, -1, EIO, (const char *path, struct stat *to), (path, to))
WRAP(looking, int, fstat, -1, EIO, (int fd, struct stat *to), (fd, to))
WRAP(looking, int, statvfs, -1, EIO, (const char *path, struct statvfs *to), (path, to))
WRAP(looking, int, access, -1, EIO, (const char *path, int mode), (path, mode))
WRAP(looking, char *, realpath, NULL, EIO, (const char *path, char *to), (path, to))
WRAP(looking, ssize_t, readlink, -1, EIO, (const char *path, char *to, size_t n), (path, to, n))
WRAP(looking, int, gethostname, -1, EPERM, (char *to, size_t n), (to, n))
WRAP(locking, int, flock, -1, ENOLCK, (int fd, int how), (fd, how))

WRAP(thread, int, pthread_create, EAGAIN, 0,
     (pthread_t *to, const pthread_attr_t *how, void *(*body)(void *), void *user), (to, how, body, user))

WRAP(library, ZSTD_CCtx *, ZSTD_createCCtx, NULL, 0, (void), ())
WRAP(library, ZSTD_DCtx *, ZSTD_createDCtx, NULL, 0, (void), ())
WRAP(library, opj_codec_t *, opj_create_compress, NULL, 0, (OPJ_CODEC_FORMAT format), (format))
WRAP(library, opj_codec_t *, opj_create_decompress, NULL, 0, (OPJ_CODEC_FORMAT format), (format))
WRAP(library, opj_stream_t *, opj_stream_create, NULL, 0, (OPJ_SIZE_T n, OPJ_BOOL input), (n, input))
WRAP(library, opj_image_t *, opj_image_create, NULL, 0,
     (OPJ_UINT32 n, opj_image_cmptparm_t *parameters, OPJ_COLOR_SPACE space), (n, parameters, space))
WRAP(library, OPJ_BOOL, opj_encode, OPJ_FALSE, 0, (opj_codec_t *codec, opj_stream_t *stream), (codec, stream))
WRAP(library, OPJ_BOOL, opj_decode, OPJ_FALSE, 0, (opj_codec_t *codec, opj_stream_t *stream, opj_image_t *image),
     (codec, stream, image))
WRAP(library, json_t *, json_object, NULL, 0, (void), ())
WRAP(library, json_t *, json_array, NULL, 0, (void), ())
WRAP(library, json_t *, json_integer, NULL, 0, (json_int_t value), (value))
WRAP(library, json_t *, json_real, NULL, 0, (double value), (value))
WRAP(library, json_t *, json_string, NULL, 0, (const char *text), (text))
WRAP(library, char *, json_dumps, NULL, 0, (const json_t *from, size_t flags), (from, flags))
WRAP(library, png_infop, png_create_info_struct, NULL, 0, (png_const_structrp png), (png))
WRAP(library, png_structp, png_create_write_struct, NULL, 0,
     (png_const_charp version, png_voidp user, png_error_ptr error, png_error_ptr warning),
     (version, user, error, warning))

#include "wrap_hdf5.inc"
/* clang-format on */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    if (!fails(opening, "open")) return __real_open(path, flags, mode);
    errno = EMFILE;
    return -1;
}

bool __real_compress_options_from(const compress_settings *settings, unsigned cores, lbc_options *options, char *error,
                                  size_t size);
bool __wrap_compress_options_from(const compress_settings *settings, unsigned cores, lbc_options *options, char *error,
                                  size_t size);
bool __wrap_compress_options_from(const compress_settings *settings, unsigned cores, lbc_options *options, char *error,
                                  size_t size)
{
    const bool ok = __real_compress_options_from(settings, cores, options, error, size);
    if (ok && options->threads == 1) options->threads = 0;
    return ok;
}

/* ---- one run after the other ---------------------------------------------------------------- */

static bool stream_to(int stream, const char *path, int flags)
{
    const int fd = __real_open(path, flags, 0666);
    return fd >= 0 && dup2(fd, stream) == stream && __real_close(fd) == 0;
}

/* Before main: returns in the child alone. */
__attribute__((constructor)) static void serve(void)
{
    char name[16], folder[512];
    run = mmap(NULL, sizeof *run, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (run == MAP_FAILED) _exit(EXIT_FAILURE);
    while (scanf("%15s %lu %511s", name, &run->k, folder) == 3) {
        for (run->kind = 0; run->kind < KINDS && strcmp(name, kind_name[run->kind]) != 0;) run->kind++;
        run->uses = 0;
        run->failed = NULL;
        const pid_t child = fork();
        if (child == 0) {
            const bool ready = chdir(folder) == 0 && stream_to(STDIN_FILENO, "/dev/null", O_RDONLY) &&
                               stream_to(STDOUT_FILENO, "said", O_WRONLY | O_CREAT | O_TRUNC) &&
                               dup2(STDOUT_FILENO, STDERR_FILENO) == STDERR_FILENO;
            alarm(SECONDS);
            if (ready) return;
            _exit(EXIT_FAILURE);
        }
        int how = 0;
        if (child < 0 || waitpid(child, &how, 0) != child) _exit(EXIT_FAILURE);
        printf("%d %d %s\n", WEXITSTATUS(how), WTERMSIG(how), run->failed ? run->failed : "-");
        __real_fflush(stdout);
    }
    _exit(EXIT_SUCCESS);
}
