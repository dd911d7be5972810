/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe.h"

#include "console.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#define SECONDS 60 /* of processor time; an honest series of 100000 images takes less than one */

static void set_limit(int resource, rlim_t most)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit)) return;
    if (limit.rlim_cur > most) limit.rlim_cur = most;
    (void)setrlimit(resource, &limit); /* refused: the limit that was there is no higher than its own */
}

static void go_through(const char *master)
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
    lbc_rehearse(master);
}

bool probe_series(const char *program, const char *master)
{
    int end;
    pid_t ended;
    char text[LBC_ERROR_SIZE];
    const pid_t child = fork();
    if (child < 0) return true; /* no process to spare: then without */
    if (child == 0) {
        go_through(master);
        _exit(0);
    }
    do ended = waitpid(child, &end, 0);
    while (ended < 0 && errno == EINTR);
    if (ended < 0 || !WIFSIGNALED(end)) return true;
    switch (WTERMSIG(end)) {
    case SIGINT:
    case SIGTERM:
    case SIGHUP: return true; /* meant for all of us */
    case SIGXCPU:
        snprintf(text, sizeof text,
                 "%s: damaged, or a file it leads to is: the HDF5 library was at it for %d s, to no end", master,
                 SECONDS);
        break;
    default:
        snprintf(text, sizeof text,
                 "%s: damaged, or a file it leads to is: the HDF5 library breaks down over it (signal %d)", master,
                 WTERMSIG(end));
    }
    console_error(program, text);
    return false;
}
