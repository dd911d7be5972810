/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compare_options.h"

#include <math.h>

#define FIELD(name) offsetof(compare_settings, name)

static const cli_option table[] = {
    CLI_HEADING("Bounds"),
    {0, "max-rmse", CLI_ARGUMENT, CLI_REAL, FIELD(max_rmse), 0, "COUNTS",
     "largest root of the mean squared difference of pixels", NULL},
    {0, "max-shift", CLI_ARGUMENT, CLI_REAL, FIELD(max_shift), 0, "PART",
     "largest relative shift of the mean, and error of the local mean; 0.01 is 1 %", NULL},
    {0, "min-correlation", CLI_ARGUMENT, CLI_REAL, FIELD(min_correlation), 0, "R",
     "smallest correlation of the intensities of spots", NULL},
    {0, "max-lost", CLI_ARGUMENT, CLI_REAL, FIELD(max_lost), 0, "PART",
     "largest part of the counts of A that are masked or overloaded in B (0)", NULL},

    CLI_HEADING("How A is brought to B (found from their sizes and angles when not said)"),
    {'b', "bin", CLI_ARGUMENT, CLI_INT, FIELD(bin), 0, "N", "B's pixels are N x N of A's", NULL},
    {'s', "sum", CLI_ARGUMENT, CLI_INT, FIELD(sum), 0, "N", "B's images are sums of N of A's", NULL},
    {'1', "first_image", CLI_ARGUMENT, CLI_INT, FIELD(first_image), 0, "N", "image of A where B begins, from 1", NULL},
    {'N', "last_image", CLI_ARGUMENT, CLI_INT, FIELD(last_image), 0, "N",
     "image of A where B ends (the last there is; a B that ends before is outside the bounds)", NULL},

    CLI_HEADING("Messages and reports"),
    {0, "json", CLI_ARGUMENT, CLI_FILE, FIELD(json), 0, "FILE",
     "write the figures, in all and of every image, as JSON (- for standard output)", NULL},
    {0, "report", CLI_ARGUMENT, CLI_FILE, FIELD(report), 0, "FILE",
     "write a page (HTML) that shows images of both, and plots", NULL},
    {0, "overwrite", CLI_NOTHING, CLI_FLAG, FIELD(overwrite), 0, NULL, "replace existing reports", NULL},
    {'p', "parallel", CLI_ARGUMENT, CLI_INT, FIELD(parallel), 0, "N", "worker threads (all cores)", NULL},
    {0, "progress", CLI_ARGUMENT, CLI_CHOICE, FIELD(progress), 0, "WHEN",
     "show progress: auto (a bar on a terminal, a line every 10 s elsewhere), always, never", "auto|always|never"},
    {'q', "quiet", CLI_NOTHING, CLI_FLAG, FIELD(quiet), 0, NULL, "no summary: the exit status tells", NULL},
    {'V', "version", CLI_NOTHING, CLI_FLAG, FIELD(version), 0, NULL, "show name, version and date, and exit", NULL},
    {'h', "help", CLI_NOTHING, CLI_FLAG, FIELD(help), 0, NULL, "show this, and exit", NULL},
    CLI_END,
};

const cli_program compare_program = {
    .name = "l_bnl_compare",
    .summary = "how far an image series is from the one it was made of",
    .synopsis = "[options] A_MASTER B_MASTER",
    .about =
        "Compares series B with series A, which it was made of: A is binned and summed as B was, and then compared "
        "with it pixel by pixel, in local means, and by the integrated intensities of strong spots.\n"
        "Masked and overloaded pixels do not enter, but are counted where only one of the two has them. A B that "
        "ends before A does, or lost counts of A, is outside the bounds whatever they are, unless -N or --max-lost "
        "allow for it. Without other bounds there are none.",
    .table = table,
    .example = "l_bnl_compare --max-shift 0.01 --min-correlation 0.999 \\\n"
               "           run_master.h5 out_master.h5 && rm run_master.h5 run_data_*.h5",
    .exit_status = "0 B is within the bounds; 1 it is not; 2 there is no answer, because of trouble with the files or "
                   "the command line; 128 + n ended by signal n.",
    .files = ".h5",
};

void compare_settings_init(compare_settings *s)
{
    *s = (compare_settings){.bin = CLI_NONE,
                            .sum = CLI_NONE,
                            .first_image = CLI_NONE,
                            .last_image = CLI_NONE,
                            .parallel = CLI_NONE,
                            .max_rmse = NAN,
                            .max_shift = NAN,
                            .min_correlation = NAN,
                            .max_lost = 0};
}

/* A number that was given must be from 1 to most. */
static bool in_range(int64_t value, int64_t most, const char *name, char *error, size_t size)
{
    if (value == CLI_NONE || (value >= 1 && value <= most)) return true;
    snprintf(error, size, "%s %lld: must be 1 to %lld", name, (long long)value, (long long)most);
    return false;
}

static uint64_t or_zero(int64_t value)
{
    return value == CLI_NONE ? 0 : (uint64_t)value;
}

bool compare_options_from(const compare_settings *s, const char *const *operands, int count, unsigned cores,
                          lbc_compare_options *o, char *error, size_t size)
{
    lbc_compare_options_init(o);
    if (count != 2) {
        snprintf(error, size, "two masters are to be named (-h shows all options)");
        return false;
    }
    if (!in_range(s->bin, 4096, "-b", error, size) || !in_range(s->sum, UINT32_MAX, "-s", error, size) ||
        !in_range(s->first_image, INT64_MAX, "-1", error, size) ||
        !in_range(s->last_image, INT64_MAX, "-N", error, size) || !in_range(s->parallel, 4096, "-p", error, size))
        return false;
    o->a = operands[0];
    o->b = operands[1];
    o->bin = (uint32_t)or_zero(s->bin);
    o->sum = (uint32_t)or_zero(s->sum);
    o->first_image = or_zero(s->first_image);
    o->last_image = or_zero(s->last_image);
    o->max_rmse = s->max_rmse;
    o->max_shift = s->max_shift;
    o->min_correlation = s->min_correlation;
    o->max_lost = s->max_lost;
    o->draw = s->report != NULL;
    o->threads = s->parallel == CLI_NONE ? cores : (unsigned)s->parallel;
    return true;
}
