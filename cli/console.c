/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "console.h"

#include "base/place.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- signals --------------------------------------------------------------------------------- */

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    if (caught) _exit(128 + number);
    caught = number;
}

/* A signal that the parent had ignored stays so: nohup, and jobs in the background of a script. */
static void catch_signal(int number)
{
    struct sigaction action, before;
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_IGN) return;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static void catch_signals(void)
{
    struct sigaction ignore;
    catch_signal(SIGINT);
    catch_signal(SIGTERM);
    catch_signal(SIGHUP);
    /* A file that grows beyond its limit, and messages that nobody reads, are errors and no death. */
    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN;
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGXFSZ, &ignore, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

/* Where a standard stream is closed, the next file would get its number, and messages. */
static void open_streams(void)
{
    int fd;
    do fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) close(fd);
}

/* ---- messages and progress ------------------------------------------------------------------- */

void console_open(console *c, const char *program, int progress, bool verbose)
{
    *c = (console){.program = program, .verbose = verbose};
    open_streams();
    progress_open(&c->progress, stderr, progress);
    catch_signals();
}

void console_message(void *user, lbc_level level, const char *text)
{
    console *c = user;
    if (level == LBC_LEVEL_INFO && !c->verbose) return;
    progress_clear(&c->progress);
    const char *kind = level == LBC_LEVEL_WARNING ? "warning: " : level == LBC_LEVEL_NOTICE ? "note: " : "";
    fprintf(stderr, "%s: %s%s\n", c->program, kind, text);
}

int console_progress(void *user, const lbc_progress *progress)
{
    console *c = user;
    progress_show(&c->progress, progress);
    return caught;
}

void console_error(const char *program, const char *text)
{
    fprintf(stderr, "%s: error: %s\n", program, text);
}

int console_end(const console *c, lbc_status status, const lbc_error *error)
{
    if (status == LBC_OK) return EXIT_DONE;
    console_error(c->program, error->text);
    if (status == LBC_E_CANCELLED && caught) return 128 + caught;
    return status == LBC_E_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
}

unsigned console_cores(void)
{
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}

bool console_limit_cpu(const char *program)
{
    const char *level = getenv("LBC_CPU");
    if (!level || lbc_limit_cpu(level) == LBC_OK) return true;
    console_error(program, "LBC_CPU must be one of c, neon, sse2, avx2, avx512");
    return false;
}

/* ---- reports --------------------------------------------------------------------------------- */

static bool to_stdout(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* How the file at path begins, as text. */
static void read_head(const char *path, char *head, size_t size)
{
    FILE *file = fopen(path, "rb");
    const size_t n = file ? fread(head, 1, size - 1, file) : 0;
    if (file) fclose(file);
    head[n] = '\0';
}

static bool is_hdf5(const char *head)
{
    static const char magic[] = "\211HDF\r\n\032\n";
    return strncmp(head, magic, sizeof magic - 1) == 0;
}

/* Both kinds name the program at once. */
static bool is_report(const char *head)
{
    return strstr(head, "l_bnl_compress") != NULL;
}

bool report_differ(const char *a, const char *b, char *error, size_t size)
{
    if (!a || !b || to_stdout(a) || to_stdout(b) || !lbc_place_same(a, b)) return true;
    snprintf(error, size, "--json and --report %s: are two files; name another for one of them", b);
    return false;
}

/* Makes the folder of a report, or sees whether it can be made. */
static lbc_status do_folder(lbc_status (*what)(const char *folder, lbc_error *err), const char *path, lbc_error *err)
{
    char *folder = lbc_place_folder_of(path);
    const lbc_status status = folder ? what(folder, err) : lbc_fail(err, LBC_E_MEMORY, "out of memory for a report");
    free(folder);
    return status;
}

bool report_may_go(const char *path, report_leave leave, char *error, size_t size)
{
    struct stat there;
    if (!path || to_stdout(path)) return true;
    if (lstat(path, &there) == 0) {
        if (!S_ISREG(there.st_mode)) {
            snprintf(error, size, "%s: is no regular file, and is not replaced", path);
            return false;
        }
        char head[512];
        read_head(path, head, sizeof head);
        if (is_hdf5(head)) {
            snprintf(error, size, "%s: is an HDF5 file, which no report replaces", path);
            return false;
        }
        if (leave == REPORT_FILE || (leave == REPORT_REPORT && is_report(head))) return true;
        snprintf(error, size, "%s: exists (--overwrite replaces it)", path);
        return false;
    }
    lbc_error trouble = {LBC_OK, ""};
    if (path[0] == '\0' || path[strlen(path) - 1] == '/')
        lbc_fail(&trouble, LBC_E_ARGUMENT, "%s: is no name of a file", path);
    else
        (void)do_folder(lbc_place_try_folder, path, &trouble);
    if (trouble.status) snprintf(error, size, "%s", trouble.text);
    return trouble.status == LBC_OK;
}

static bool put_text(FILE *file, const char *text)
{
    const bool written = fputs(text, file) >= 0;
    return fflush(file) == 0 && written;
}

/* Makes the file, which must not exist. */
static bool put_file(const char *path, const char *text)
{
    const int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    if (!file) {
        if (descriptor >= 0) close(descriptor);
        return false;
    }
    const bool written = put_text(file, text);
    return fclose(file) == 0 && written;
}

bool report_put(const char *path, char *text, report_leave leave, char *error, size_t size)
{
    lbc_place place = {0};
    lbc_error trouble = {LBC_OK, "out of memory for a report"};
    lbc_status status = text ? LBC_OK : LBC_E_MEMORY;
    if (!report_may_go(path, leave, error, size)) { /* something may have come since the work was begun */
        free(text);
        return false;
    }
    if (status == LBC_OK && to_stdout(path)) {
        if (!put_text(stdout, text))
            status = lbc_fail(&trouble, LBC_E_IO, "the report cannot be written: %s", strerror(errno));
    } else if (status == LBC_OK) {
        status = do_folder(lbc_place_folder, path, &trouble);
        if (status == LBC_OK) status = lbc_place_begin(&place, path, &trouble);
        if (status == LBC_OK && !put_file(place.temporary, text))
            status = lbc_fail(&trouble, LBC_E_IO, "%s: cannot be written: %s", path, strerror(errno));
        if (status == LBC_OK) status = lbc_place_commit(&place, leave != REPORT_NOTHING, &trouble);
        lbc_place_drop(&place);
    }
    free(text);
    if (status) snprintf(error, size, "%s", trouble.text);
    return status == LBC_OK;
}
