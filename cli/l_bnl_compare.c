/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* l_bnl_compare - how far a series is from the one it was made of. */
#include "compare_options.h"
#include "console.h"
#include "probe.h"

#include <stdlib.h>

#define PROGRAM "l_bnl_compare"

/* Exit status: the answer of a comparison, or that there is none. */
enum { WITHIN = 0, OUTSIDE = 1, TROUBLE = 2 };

static int show_help(void)
{
    cli_help(stdout, &compare_program);
    return WITHIN;
}

static int trouble(const char *text)
{
    console_error(PROGRAM, text);
    return TROUBLE;
}

static report_leave leave_of(const compare_settings *s)
{
    return s->overwrite ? REPORT_FILE : REPORT_NOTHING;
}

/* Writes the reports that were asked for. */
static bool report(const compare_settings *s, const lbc_compare_options *o, const lbc_comparison *c)
{
    char error[LBC_ERROR_SIZE];
    bool ok = true;
    if (s->json) ok = report_put(s->json, lbc_compare_json(o, c), leave_of(s), error, sizeof error);
    if (ok && s->report) ok = report_put(s->report, lbc_compare_html(o, c), leave_of(s), error, sizeof error);
    if (!ok) console_error(PROGRAM, error);
    return ok;
}

static int compare(const compare_settings *settings, const lbc_compare_options *options, console *c)
{
    lbc_error error = {LBC_OK, ""};
    lbc_comparison comparison;
    const lbc_status status = lbc_compare(options, &comparison, &error);
    const bool compared = status == LBC_OK || status == LBC_E_MISMATCH;
    int code = status == LBC_OK ? WITHIN : OUTSIDE;
    progress_clear(&c->progress);
    if (!compared) {
        code = console_end(c, status, &error);
        if (code < 128) code = TROUBLE;
    } else {
        char *summary = settings->quiet ? NULL : lbc_compare_summary(options, &comparison);
        if (summary) fputs(summary, stderr);
        free(summary);
        if (!report(settings, options, &comparison)) code = TROUBLE;
    }
    lbc_comparison_free(&comparison);
    return code;
}

int main(int argc, char **argv)
{
    compare_settings settings;
    lbc_compare_options options;
    const char *operands[2];
    char error[512];
    compare_settings_init(&settings);
    const int count = cli_parse(compare_program.table, argc, argv, &settings, operands, 2, error, sizeof error);
    if (count < 0) return trouble(error);
    if (settings.help) return show_help();
    if (settings.version) {
        printf(PROGRAM "-%s-%s\n", lbc_version(), lbc_version_date());
        return WITHIN;
    }
    if (!console_limit_cpu(PROGRAM)) return TROUBLE;
    if (!compare_options_from(&settings, operands, count, console_cores(), &options, error, sizeof error) ||
        !report_may_go(settings.json, leave_of(&settings), error, sizeof error) ||
        !report_may_go(settings.report, leave_of(&settings), error, sizeof error) ||
        !report_differ(settings.json, settings.report, error, sizeof error))
        return trouble(error);

    console c;
    console_open(&c, PROGRAM, settings.progress, false);
    options.message = console_message;
    options.progress = console_progress;
    options.user = &c;
    if (!probe_files(PROGRAM, &(lbc_options){.input = options.a}, LBC_TO_READ) ||
        !probe_files(PROGRAM, &(lbc_options){.input = options.b}, LBC_TO_READ))
        return TROUBLE;
    return compare(&settings, &options, &c);
}
