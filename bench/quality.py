# SPDX-License-Identifier: LGPL-2.1-or-later
"""quality - what can be told of the lossy settings without integration, from sparse frames to bright ones.

    scripts/bench quality [--series NAME,...] [--images N] [--json FILE] [--write]

Simulated lysozyme on an Eiger 1M, at backgrounds that end at about the mean counts that name the series; JPEG 2000 with
5/3, with 9/7 and with the profile faithful at three ratios, each against the lossless pixels by l_bnl_compare, in about
two minutes. --write puts the table into docs/SCIENCE.md.
"""
import argparse
import json
import os
import pathlib
import sys
import tempfile

from science import judge, programs, settings, sets, table

PAGE = pathlib.Path(os.environ["LBC_SOURCE"]) / "docs" / "SCIENCE.md"
COMMON = "-g P43212 -w 0.75 -s 5 --d-min 2.2"
SERIES = {"0.05": "-I 40 --background 0.06", "1": "-I 300 --background 2", "5": "-I 300 --background 13",
          "20": "-I 600 --background 52"}
FAMILIES = (settings.ORIGINAL, settings.IRREVERSIBLE, settings.FAITHFUL)
MEAN_BOUND = 0.01
HEADS = ["mean", "setting", "bytes an image", "mean", "local mean", "box error", "beside 5/3: local", "box", ""]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", default=",".join(SERIES), help=", ".join(SERIES))
    parser.add_argument("--images", type=int, default=10)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def measure(folder, name, images):
    """(mean count, {setting: figures}) of a series."""
    programs.run("l_bnl_simulate", *COMMON.split(), *SERIES[name].split(), "-n", images, "-q", "-o", folder / "run")
    master, rows = folder / "run_master.h5", {}
    for ratio in settings.RATIOS:
        for setting in (f"{family} J{ratio}" for family in FAMILIES):
            compressed = programs.compress(master, folder / "set", settings.SETTINGS[setting])
            told = programs.compare(master, compressed)
            rows[setting] = {**programs.sizes(compressed), **sets.local_figures(told)}
            print(f"mean {name:5} {setting}", file=sys.stderr, flush=True)
    return told["figures"]["mean_before"], rows


def misses(rows, ratio):
    """What of the profile faithful is beyond its bounds, beside the original's settings."""
    original, faithful = (rows[f"{family} J{ratio}"] for family in (settings.ORIGINAL, settings.FAITHFUL))
    missed = ["mean"] if abs(faithful["mean_ratio"] - 1) > MEAN_BOUND else []
    return missed + [name for figure, (name, bound) in judge.ERRORS.items()
                     if faithful[figure] > bound * original[figure]]


def line(mean, rows, setting):
    row, ratio = rows[setting], setting.split("J")[-1]
    cells = [f"{mean:.2g}", setting, f"{row['bytes']:.0f}", f"x {row['mean_ratio']:.3f}",
             f"{row['local_mean_error']:.1%}", f"{row['box_error']:.2f}"]
    if not setting.startswith(settings.FAITHFUL):
        return cells + ["", "", ""]
    original = rows[f"{settings.ORIGINAL} J{ratio}"]
    beside = [f"{row[f] / original[f]:.2f}" if original[f] > 0 else "-" for f in judge.ERRORS]
    missed = misses(rows, ratio)
    return cells + beside + ["missed: " + ", ".join(missed) if missed else "met"]


def main():
    options = arguments()
    found = {}
    for name in options.series.split(","):
        with tempfile.TemporaryDirectory(prefix="lbc-quality-") as folder:
            found[name] = measure(pathlib.Path(folder), name, options.images)
    lines = table.grid(HEADS, [line(mean, rows, setting) for mean, rows in found.values() for setting in rows])
    print("\n".join(lines))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(found, indent=1) + "\n")
    if options.write:
        table.put(PAGE, {"quality": lines})


if __name__ == "__main__":
    main()
