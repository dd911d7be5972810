/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* l_bnl_compress - reads an image series, makes it much smaller, writes a new one. */
#include "compress_options.h"
#include "progress.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM "l_bnl_compress"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* ---- signals: the first asks the run to end, the second ends the process -------------------- */

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    if (caught) _exit(128 + number);
    caught = number;
}

static void catch_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

/* ---- what the library calls ----------------------------------------------------------------- */

typedef struct {
    progress_display progress;
    bool verbose;
} screen;

static void show_message(void *user, lbc_level level, const char *text)
{
    screen *s = user;
    if (level == LBC_LEVEL_INFO && !s->verbose) return;
    progress_clear(&s->progress);
    const char *kind = level == LBC_LEVEL_WARNING ? "warning: " : level == LBC_LEVEL_NOTICE ? "note: " : "";
    fprintf(stderr, PROGRAM ": %s%s\n", kind, text);
}

static int show_progress(void *user, const lbc_progress *progress)
{
    screen *s = user;
    progress_show(&s->progress, progress);
    return caught;
}

/* ---- the program ---------------------------------------------------------------------------- */

static int usage_error(const char *text)
{
    fprintf(stderr, PROGRAM ": error: %s\n", text);
    return EXIT_USAGE;
}

static int show_help(void)
{
    puts("usage: " PROGRAM " -i MASTER [options]\n\n"
         "Sums and bins the images of a macromolecular-crystallography series (DECTRIS\n"
         "Eiger FileWriter or NXmx), compresses them with HCompress or JPEG 2000, and\n"
         "writes a new, much smaller series in the same conventions.");
    cli_usage(stdout, compress_table);
    puts("\nexample: " PROGRAM " -i run_master.h5 -b 2 -s 2 -H 16 -c hcomp -o out");
    return EXIT_DONE;
}

static int64_t date_of_run(void)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    return epoch && *epoch ? strtoll(epoch, NULL, 10) : (int64_t)time(NULL);
}

static unsigned cores(void)
{
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}

/* Reports a status; returns the exit code. */
static int end_with(lbc_status status, const lbc_error *error)
{
    if (status == LBC_OK) return EXIT_DONE;
    fprintf(stderr, PROGRAM ": error: %s\n", error->text);
    if (status == LBC_E_CANCELLED && caught) return 128 + caught;
    return status == LBC_E_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
}

static int compress(const compress_settings *settings, const lbc_options *options, screen *s)
{
    lbc_error error = {LBC_OK, ""};
    lbc_result result;
    const lbc_status status = lbc_compress(options, &result, &error);
    progress_clear(&s->progress);
    if (status == LBC_OK) {
        char *summary = lbc_summary(options, &result, settings->verbose);
        if (summary) fputs(summary, stderr);
        free(summary);
    }
    lbc_result_free(&result);
    return end_with(status, &error);
}

static int verify(const lbc_options *options, screen *s)
{
    lbc_error error = {LBC_OK, ""};
    uint64_t frames = 0;
    const lbc_status status = lbc_verify(options, &frames, &error);
    progress_clear(&s->progress);
    if (status == LBC_OK) fprintf(stderr, "%s: complete, %" PRIu64 " images read\n", options->input, frames);
    return end_with(status, &error);
}

int main(int argc, char **argv)
{
    compress_settings settings;
    lbc_options options;
    char error[512];
    compress_settings_init(&settings);
    if (cli_parse(compress_table, argc, argv, &settings, NULL, 0, error, sizeof error) < 0) return usage_error(error);
    if (settings.help) return show_help();
    if (settings.version) {
        printf(PROGRAM "-%s-%s\n", lbc_version(), lbc_version_date());
        return EXIT_DONE;
    }
    const char *level = getenv("LBC_CPU");
    if (level && lbc_limit_cpu(level)) return usage_error("LBC_CPU must be one of c, sse2, avx2, avx512");
    if (!compress_options_from(&settings, cores(), &options, error, sizeof error)) return usage_error(error);

    screen s = {.verbose = settings.verbose};
    progress_open(&s.progress, stderr, settings.progress);
    options.message = show_message;
    options.progress = show_progress;
    options.user = &s;
    options.date = date_of_run();
    catch_signals();
    return settings.verify && !settings.out_file ? verify(&options, &s) : compress(&settings, &options, &s);
}
