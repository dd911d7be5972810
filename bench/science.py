# SPDX-License-Identifier: LGPL-2.1-or-later
"""science - what compression does to a structure: simulated crystals, compressed, through DIALS, against the truth.

    scripts/bench science [--series NAME,...] [--settings NAME,...] [--setting 'NAME=OPTIONS']... [--seed N]
                          [--integrate 'PARAMETER...'] [--no-real] [--short] [--work FOLDER] [--jobs N] [--json FILE] [--write]

Every set (a series after l_bnl_compress with one of the settings) goes through the same DIALS: import, find_spots,
index, refine, integrate, scale. Without options: all series with all settings, and the real frames of LBC_SHARED_DATA
where there are any. --setting adds a row of one's own; without --settings such rows and the lossless one are all.
--seed makes the series anew with another seed, which tells what is chance. --integrate gives dials.integrate further
parameters, the same for all sets.
--short is one small series with two settings. With --work the results stay in that folder, and pixels that were
processed before are not processed again. --write puts tables and plots into docs/.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import tempfile

from science import plot, programs, real, series, sets, settings, table

DOCS = pathlib.Path(os.environ["LBC_SOURCE"]) / "docs"
SHORT_SETTINGS = [f"{settings.ORIGINAL} J125", f"{settings.FAITHFUL} J125"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", help=", ".join(series.SERIES))
    parser.add_argument("--settings", help=", ".join(settings.SETTINGS))
    parser.add_argument("--setting", action="append", default=[], metavar="NAME=OPTIONS")
    parser.add_argument("--seed", type=int, help="of the series (each has its own)")
    parser.add_argument("--integrate", default="", help="parameters of dials.integrate")
    parser.add_argument("--no-real", action="store_true", help="leave the real frames out")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--work", metavar="FOLDER")
    parser.add_argument("--jobs", type=int, default=2, help="sets at once (2)")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.write and (options.seed is not None or options.integrate):
        parser.error("--write is for the series as they are, without --seed and --integrate")
    return options


def chosen_series(options):
    names = options.series.split(",") if options.series else \
        [s.name for s in series.SERIES.values() if (s.name == series.SHORT) == options.short]
    return [series.SERIES[name].with_seed(options.seed).integrated_with(options.integrate) for name in names]


def chosen_settings(options):
    """{name: options}, the lossless one first."""
    own = dict(s.split("=", 1) for s in options.setting)
    names = options.settings.split(",") if options.settings else SHORT_SETTINGS if options.short else \
        [] if own else list(settings.SETTINGS)
    return {**{n: settings.SETTINGS[n] for n in [settings.LOSSLESS, *names]}, **own}


def simulated(chosen, options, work):
    """{series: {setting: figures}}"""
    wanted = chosen_settings(options)
    for one in chosen:
        series.make(one, work / one.name)
    version = programs.tool(None, "dials.version").splitlines()[0]
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        tasks = [pool.submit(sets.measure, work, one, *item, version) for item in wanted.items() for one in chosen]
        done = {(one, name): figures for one, name, figures in (task.result() for task in tasks)}
    return {one.name: {name: done[one.name, name] for name in wanted} for one in chosen}


def real_frames(options, work):
    if options.no_real or options.short or options.series or options.settings or options.setting or options.seed:
        return {}
    with tempfile.TemporaryDirectory(prefix="real-", dir=work) as folder:
        found = {}
        for name, master in real.masters().items():
            place = pathlib.Path(folder) / master.stem
            place.mkdir()
            found[name] = real.rows_of(master, place)
        return found


def sections(chosen, by_series, by_real):
    """{mark: lines} for docs/SCIENCE.md."""
    return {"judgement": table.of_judgement(by_series),
            "series": [line for one in chosen for line in table.of_series(one, by_series[one.name])],
            "shells": [line for name, rows in by_series.items()
                       for line in [f"### {name}", "", *table.of_shells(rows)]],
            "real": [line for name, rows in by_real.items() for line in real.table(name, rows)]}


def write(parts, by_series):
    table.put(DOCS / "SCIENCE.md", parts)
    for name, rows in by_series.items():
        (DOCS / f"science-{name}.svg").write_text(plot.svg(name, rows))


def main():
    options = arguments()
    chosen = chosen_series(options)
    with tempfile.TemporaryDirectory(prefix="lbc-science-") as temporary:
        work = pathlib.Path(options.work or temporary).resolve()
        by_series = simulated(chosen, options, work)
        by_real = real_frames(options, work)
    parts = sections(chosen, by_series, by_real)
    print("\n".join(line for lines in parts.values() for line in lines))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"simulated": by_series, "real": by_real}, indent=1) + "\n")
    if options.write:
        write(parts, by_series)


if __name__ == "__main__":
    main()
