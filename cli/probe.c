/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "probe.h"

#include "console.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#define PATH_SIZE 4096
#define SECONDS   60 /* of processor time; an honest series of 100000 images takes less than one */
#define GIBIBYTES 4  /* of memory; that series takes some tens of megabytes */

enum { TOO_LARGE = 3 }; /* exit status of the child */

/* What getrusage counts a gibibyte as. */
#ifdef __APPLE__
#define RSS_UNITS (1L << 30)
#else
#define RSS_UNITS (1L << 20)
#endif

static void set_limit(int resource, rlim_t most)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit)) return;
    if (limit.rlim_cur > most) limit.rlim_cur = most;
    (void)setrlimit(resource, &limit); /* refused: the limit that was there is no higher than its own */
}

/* The child's half. `at` is shared with the parent: the file that the child is at. */

static void note_file(void *at, const char *path)
{
    snprintf(at, PATH_SIZE, "%s", path);
}

static void look_at_memory(int number)
{
    struct rusage usage;
    (void)number;
    if (getrusage(RUSAGE_SELF, &usage) == 0 && usage.ru_maxrss / RSS_UNITS >= GIBIBYTES) _exit(TOO_LARGE);
}

/* A limit of the system's would make HDF5 fail in some way that no one could tell from others. */
static void watch_memory(void)
{
    const struct sigaction action = {.sa_handler = look_at_memory, .sa_flags = SA_RESTART};
    const struct timeval often = {0, 100000}; /* of processor time */
    if (sigaction(SIGPROF, &action, NULL) == 0) (void)setitimer(ITIMER_PROF, &(struct itimerval){often, often}, NULL);
}

static void go_through(const lbc_options *options, lbc_purpose purpose, char *at)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action;
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody would know how it ended */
#endif
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (sigaction(signals[i], NULL, &action) || action.sa_handler == SIG_IGN) continue;
        signal(signals[i], SIG_DFL);
    }
    set_limit(RLIMIT_CPU, SECONDS);
    set_limit(RLIMIT_CORE, 0);
    watch_memory();
    lbc_rehearse(options, purpose, note_file, at);
}

/* What a signal that ended the child says of the file it was at. LBC_OK: nothing. */
static lbc_status explain(int number, const char *file, lbc_error *err)
{
    switch (number) {
    case SIGINT:
    case SIGTERM:
    case SIGHUP: return LBC_OK; /* meant for all of us */
    case SIGXCPU:
        return lbc_fail(err, LBC_E_FORMAT,
                        "%s: damaged, or a file it leads to is: the HDF5 library was at it for %d s, to no end; copy "
                        "or make it anew",
                        file, SECONDS);
    case SIGSEGV:
    case SIGBUS:
    case SIGABRT:
    case SIGFPE:
    case SIGILL:
        return lbc_fail(err, LBC_E_FORMAT,
                        "%s: damaged, or a file it leads to is: the HDF5 library breaks down over it (signal %d); copy "
                        "or make it anew",
                        file, number);
    default:
        return lbc_fail(err, LBC_E_CANCELLED,
                        "%s: not known to be sound: the process that looks for damage before the run was killed at it "
                        "(signal %d), by somebody or by the system for want of memory; start again",
                        file, number);
    }
}

static lbc_status judge(int end, const char *file, lbc_error *err)
{
    if (WIFSIGNALED(end)) return explain(WTERMSIG(end), file, err);
    if (WEXITSTATUS(end) != TOO_LARGE) return LBC_OK;
    return lbc_fail(err, LBC_E_FORMAT,
                    "%s: damaged, or a file it leads to is: the HDF5 library takes more than %d GiB of memory for it; "
                    "copy or make it anew",
                    file, GIBIBYTES);
}

bool probe_files(const char *program, const lbc_options *options, lbc_purpose purpose)
{
    int end = 0;
    pid_t ended = -1;
    lbc_error error;
    char *at = mmap(NULL, PATH_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const pid_t child = at == MAP_FAILED ? -1 : fork();
    if (child == 0) {
        go_through(options, purpose, at);
        _exit(0);
    }
    if (child > 0) {
        do ended = waitpid(child, &end, 0);
        while (ended < 0 && errno == EINTR);
    }
    /* no process or page to spare, or lost sight of it: then without */
    const bool broke = ended > 0 && judge(end, at, &error);
    if (at != MAP_FAILED) munmap(at, PATH_SIZE);
    if (broke) console_error(program, error.text);
    return !broke;
}
