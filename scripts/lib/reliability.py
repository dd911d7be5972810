#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""reliability.py FIGURES PAGE: the table of docs/RELIABILITY.md, from what the long tests left in the folder FIGURES."""
import json
import pathlib
import sys

BEGIN, END = "<!-- scripts/check fault begins -->\n", "<!-- ends -->"


def calls(f):
    kinds = ", ".join(f"{kind} {n}" for kind, n in f["points"].items())
    return (f"calls made to fail, one in each run, in {f['modes']} modes (in {f['every']} each one, in the others one in "
            f"seven of memory and HDF5)",
            f"{sum(f['points'].values())} ({kinds})", f"{f['failures']} runs that broke a promise")


def kill(f):
    return (f"SIGKILL at random moments, in {f['modes']} modes, then `--resume`", f"{f['kills']} in {f['runs']} runs",
            f"{f['identical']} of {f['runs']} byte-identical to a run left in peace; {f['wrong files']} wrong files that "
            f"look finished; {f['temporaries']} temporaries left, all removed by the next run")


def kill_calls(f):
    return ("SIGKILL before each fsync, link and unlink of a run, then `--resume`", str(f["points"]),
            "all byte-identical")


def corruption(f):
    kinds = ", ".join(f"{k} {f[k]}" for k in ("cut", "flip", "overwrite", "inside", "edit"))
    return (f"damaged series, of {f['series']} dialects and storages", f"{f['inputs']} ({kinds})",
            f"refused {f.get('refused', 0)}, of them the end of HDF5 itself {f.get('hdf5', 0)}; read with a warning "
            f"{f.get('told', 0)}; read unharmed {f.get('unharmed', 0)}; read as damaged, which nothing in the file tells, "
            f"{f.get('true', 0) + f.get('undefined', 0)}; crashes, hangs and wrong images said to be right: {f['bad']}")


def soak(f):
    peaks = ", ".join(f"`{mode}` {peak}" for mode, peak in f.items() if mode != "images")
    return (f"peak memory of {f['images'] // 10} -> {f['images']} images", str(f["images"]), peaks)


ROWS = {"calls": calls, "kill": kill, "kill_calls": kill_calls, "corruption": corruption, "soak": soak}


def main():
    folder, page = map(pathlib.Path, sys.argv[1:3])
    lines = ["| what | how many | result |", "|---|---|---|"]
    for name, row in ROWS.items():
        if not (folder / f"{name}.json").exists():
            continue  # that test was not run
        figures = json.loads((folder / f"{name}.json").read_text())
        if name == "corruption":
            figures["refused"] = figures.get("refused", 0) + figures.get("hdf5", 0)
        lines.append("| " + " | ".join(row(figures)) + " |")
    text = "\n".join(lines) + "\n"
    print(text, end="")
    head, rest = page.read_text().split(BEGIN)
    page.write_text(head + BEGIN + text + END + rest.split(END, 1)[1])


if __name__ == "__main__":
    main()
