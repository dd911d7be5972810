/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* l_bnl_compress - reads an image series, makes it much smaller, writes a new one. */
#include "compress_options.h"
#include "console.h"
#include "probe.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PROGRAM   "l_bnl_compress"
#define LAST_DATE INT64_C(253402300799) /* of the year 9999 */

/* ---- the program ---------------------------------------------------------------------------- */

static int usage_error(const char *text)
{
    console_error(PROGRAM, text);
    return EXIT_USAGE;
}

/* What was asked for has reached whoever asked. */
static int end_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) return EXIT_DONE;
    console_error(PROGRAM, "standard output: cannot be written");
    return EXIT_FAILED;
}

static int show_help(void)
{
    cli_help(stdout, &compress_program);
    return end_output();
}

/* Prints text, which it frees, on stdout: it is what was asked for. */
static bool show_text(char *text)
{
    const bool shown = text && fputs(text, stdout) >= 0 && fflush(stdout) == 0;
    if (!shown) console_error(PROGRAM, text ? "standard output cannot be written" : "out of memory");
    free(text);
    return shown;
}

/* False: SOURCE_DATE_EPOCH makes no sense, which has been said. */
static bool date_of_run(int64_t *date)
{
    char *end;
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    *date = epoch && *epoch ? strtoll(epoch, &end, 10) : (int64_t)time(NULL);
    if (!epoch || !*epoch || (end != epoch && !*end && *date >= 0 && *date <= LAST_DATE)) return true;
    console_error(PROGRAM, "SOURCE_DATE_EPOCH must be a number of seconds since 1970");
    return false;
}

/* A run that is resumed may find the reports of the one before. */
static report_leave leave_of(const compress_settings *s)
{
    return s->overwrite ? REPORT_FILE : s->resume ? REPORT_REPORT : REPORT_NOTHING;
}

/* Whether a report can go to path, or NULL, and is none of the files of the run. */
static bool may_report(const compress_settings *s, const lbc_options *options, const char *path, lbc_error *err)
{
    if (path && strcmp(path, "-") && lbc_stays_apart(options, path, err)) return false;
    err->status = LBC_E_IO;
    return report_may_go(path, leave_of(s), err->text, sizeof err->text);
}

static bool may_report_all(const compress_settings *s, const lbc_options *options, lbc_error *err)
{
    if (!may_report(s, options, s->json, err) || !may_report(s, options, s->report, err)) return false;
    err->status = LBC_E_ARGUMENT;
    return report_differ(s->json, s->report, err->text, sizeof err->text);
}

/* Writes one report, and says where it is, as the summary does of the rest. */
static bool put(const char *path, char *text, report_leave leave)
{
    char error[LBC_ERROR_SIZE];
    const bool ok = report_put(path, text, leave, error, sizeof error);
    if (!ok)
        console_error(PROGRAM, error);
    else if (strcmp(path, "-"))
        fprintf(stderr, "report    %s\n", path);
    return ok;
}

/* Writes the reports that were asked for. */
static bool report(const compress_settings *settings, const lbc_options *options, const lbc_result *result)
{
    const report_leave leave = leave_of(settings);
    const bool ok = (!settings->json || put(settings->json, lbc_report_json(options, result), leave)) &&
                    (!settings->report || put(settings->report, lbc_report_html(options, result), leave));
    if (!ok)
        fprintf(stderr, "%s: %s, as said above\n", PROGRAM,
                options->shares ? "the files of this share are complete" : "the series itself is complete");
    return ok;
}

static int compress(const compress_settings *settings, const lbc_options *options, console *c)
{
    lbc_error error = {LBC_OK, ""};
    lbc_result result;
    const lbc_status status = lbc_compress(options, &result, &error);
    bool reported = true;
    progress_clear(&c->progress);
    if (status == LBC_OK) {
        char *summary = lbc_summary(options, &result, settings->verbose);
        if (summary) fputs(summary, stderr);
        free(summary);
        reported = report(settings, options, &result);
    }
    lbc_result_free(&result);
    return reported ? console_end(c, status, &error) : EXIT_FAILED;
}

static int dry_run(const compress_settings *settings, const lbc_options *options, console *c)
{
    lbc_error error = {LBC_OK, ""};
    lbc_estimate estimate;
    const lbc_status status = lbc_estimate_run(options, &estimate, &error);
    bool shown = true;
    progress_clear(&c->progress);
    if (status == LBC_OK) shown = show_text(lbc_estimate_text(options, &estimate));
    if (status == LBC_OK && settings->json) printf("would report   %s\n", settings->json);
    if (status == LBC_OK && settings->report) printf("would report   %s\n", settings->report);
    shown = shown && end_output() == EXIT_DONE;
    const bool stops = status == LBC_OK && estimate.stop;
    lbc_estimate_free(&estimate);
    return shown && !stops ? console_end(c, status, &error) : EXIT_FAILED;
}

static int suggest(const lbc_options *options, console *c)
{
    lbc_error error = {LBC_OK, ""};
    lbc_suggestion suggestions[LBC_SUGGESTIONS];
    unsigned count = 0;
    const lbc_status status = lbc_suggest(options, suggestions, &count, &error);
    progress_clear(&c->progress);
    if (status == LBC_OK && !show_text(lbc_suggest_text(options, suggestions, count))) return EXIT_FAILED;
    return console_end(c, status, &error);
}

static int verify(const lbc_options *options, console *c)
{
    lbc_error error = {LBC_OK, ""};
    uint64_t frames = 0;
    const lbc_status status = lbc_verify(options, &frames, &error);
    progress_clear(&c->progress);
    if (status == LBC_OK)
        fprintf(stderr, "%s: complete, %" PRIu64 " image%s read\n", options->input, frames, frames == 1 ? "" : "s");
    return console_end(c, status, &error);
}

int main(int argc, char **argv)
{
    compress_settings settings;
    lbc_options options;
    int64_t date;
    char error[512];
    compress_settings_init(&settings);
    if (cli_parse(compress_program.table, argc, argv, &settings, NULL, 0, error, sizeof error) < 0)
        return usage_error(error);
    if (settings.help) return show_help();
    if (settings.version) {
        printf(PROGRAM "-%s-%s\n", lbc_version(), lbc_version_date());
        return end_output();
    }
    if (!console_limit_cpu(PROGRAM) || !date_of_run(&date)) return EXIT_USAGE;
    if (!compress_options_from(&settings, console_cores(), &options, error, sizeof error)) return usage_error(error);
    lbc_error trouble;
    if (!may_report_all(&settings, &options, &trouble)) {
        console_error(PROGRAM, trouble.text);
        return trouble.status == LBC_E_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
    }

    console c;
    console_open(&c, PROGRAM, settings.progress, settings.verbose);
    options.message = console_message;
    options.progress = console_progress;
    options.user = &c;
    options.date = date;
    const bool at_rest = compress_only_checks(&settings);
    compress_tell_substitutions(&settings, console_message, &c);
    const lbc_purpose purpose = at_rest ? LBC_TO_VERIFY : settings.suggest ? LBC_TO_READ : LBC_TO_COMPRESS;
    if (!probe_files(PROGRAM, &options, purpose)) return EXIT_FAILED;
    if (settings.suggest) return suggest(&options, &c);
    if (settings.dry_run) return dry_run(&settings, &options, &c);
    return at_rest ? verify(&options, &c) : compress(&settings, &options, &c);
}
