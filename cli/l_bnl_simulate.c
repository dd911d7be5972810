/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* l_bnl_simulate - makes up a rotation series of a made-up crystal, and tells the truth beside it. */
#include "simulate_options.h"

#include "base/clock.h"

#define PROGRAM "l_bnl_simulate"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static int usage_error(const char *text)
{
    fprintf(stderr, PROGRAM ": error: %s\n", text);
    return EXIT_USAGE;
}

static int show_help(void)
{
    cli_help(stdout, &simulate_program);
    return EXIT_DONE;
}

static const char *end_of(unsigned long long n)
{
    return n == 1 ? "" : "s";
}

static int simulate(const lbc_simulation *s, bool quiet)
{
    lbc_error error = {LBC_OK, ""};
    lbc_simulated made;
    const double begin = lbc_clock();
    const lbc_status status = lbc_simulate(s, &made, &error);
    const double seconds = lbc_clock() - begin;
    if (status != LBC_OK) {
        fprintf(stderr, PROGRAM ": error: %s\n", error.text);
        return status == LBC_E_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
    }
    if (quiet) return EXIT_DONE;
    fprintf(stderr, PROGRAM ": %s_master.h5: %u image%s in %u file%s, %.1f MB, %.2f s\n", s->prefix,
            (unsigned)s->images, end_of(s->images), (unsigned)made.files, end_of(made.files), 1e-6 * (double)made.bytes,
            seconds);
    fprintf(stderr,
            PROGRAM ": %llu spot%s to %.2f A at %.0f mm; mean count %.3f, %llu pixel%s masked, %llu overload%s\n",
            (unsigned long long)made.spots, end_of(made.spots), made.d_min, made.distance * 1e3, made.mean_count,
            (unsigned long long)made.masked, end_of(made.masked), (unsigned long long)made.overloaded,
            end_of(made.overloaded));
    return EXIT_DONE;
}

int main(int argc, char **argv)
{
    lbc_simulation simulation = lbc_simulation_default();
    simulate_settings options = simulate_settings_from(&simulation);
    char error[512];
    if (cli_parse(simulate_program.table, argc, argv, &options, NULL, 0, error, sizeof error) < 0)
        return usage_error(error);
    if (options.help) return show_help();
    if (options.version) {
        printf(PROGRAM "-%s-%s\n", lbc_version(), lbc_version_date());
        return EXIT_DONE;
    }
    if (!simulation_from(&options, &simulation, error, sizeof error)) return usage_error(error);
    return simulate(&simulation, options.quiet);
}
