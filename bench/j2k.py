# SPDX-License-Identifier: LGPL-2.1-or-later
"""j2k - our JPEG 2000 against OpenJPEG in memory, on one core, as the table of docs/PERFORMANCE.md.

    scripts/bench j2k [--repeats N] [--frames N] [--json FILE] [--write] [--check MARGIN]

Frames: a made-up one of an Eiger 4M, the same with a background of next to nothing and a strong one, and N of a real Pilatus 6M where LBC_SHARED_DATA has them. Every row is by
both wavelets, the same layers as OpenJPEG's, in processor time; medians of each side are compared, and of several
frames the median of their ratios is told. The error is at OpenJPEG's own size. --check: exit 1 when a row takes
more than MARGIN times its bound.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import h5py
import hdf5plugin  # noqa: F401  registers the filters
import numpy as np

BENCH = pathlib.Path(os.environ["LBC_BUILD"]) / "bin" / "bench_j2k"
PAGE = pathlib.Path(os.environ["LBC_SOURCE"]) / "docs" / "PERFORMANCE.md"
PILATUS = pathlib.Path(os.environ.get("LBC_SHARED_DATA", "")) / "real" / "pilatus6m_thaumatin_data_000001.h5"

# Frames, ratio, and the most that ours may be of OpenJPEG's: (roundtrip / encode + decode, decode / decode, RMSE).
JOBS = (("simulated 4M", 125, (0.12, 0.5, 1.005)),
        ("simulated 4M, sparse", 125, (None, None, 1.005)),
        ("simulated 4M, hot", 125, (None, None, 1.005)),
        ("Pilatus 6M, real", 125, (0.15, 0.5, 1.005)),
        ("Pilatus 6M, real", 20, (0.4, None, 1.005)))
MEANS = {"simulated 4M, sparse": 0.07, "simulated 4M, hot": 20}  # counts of background
ROWS = ("roundtrip", "decode", "RMSE at equal bytes")


def pilatus(folder, n):
    """Files of counts, with 0 for what is no count, and their shape."""
    if not PILATUS.exists():
        return [], None
    paths = []
    with h5py.File(PILATUS) as f:
        data = f["entry/data/data"]
        for i in range(min(n, len(data))):
            frame = data[i]
            paths.append(folder / f"pilatus_{i}.raw")
            np.where(frame >= 0xfffffffe, 0, frame).astype("=i4").tofile(paths[-1])
        return paths, data.shape[1:]


def measure(ratio, repeats, mean, frame=None, shape=None):
    """What bench_j2k says of a frame: one dictionary a wavelet."""
    command = [BENCH, "-j", "-J", ratio, "-r", repeats, "-m", mean]
    if frame:
        command += ["-u", 4, frame, *shape]
    out = subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def ratios(m):
    theirs = m["ms"]["OpenJPEG encode"] + m["ms"]["OpenJPEG decode"]
    return (m["ms"]["our roundtrip"] / theirs, m["ms"]["our decode"] / m["ms"]["OpenJPEG decode"],
            m["rmse at their size"] / m["rmse"][0])


def rows_of(name, ratio, bounds, measured):
    """Rows of one job; measured: for each frame, for each wavelet."""
    for per_wavelet in zip(*measured):
        if not all(m["same"] for m in per_wavelet):
            sys.exit(f"{name}, J{ratio}: roundtrip and decoder differ")
        ms = {k: statistics.median(m["ms"][k] for m in per_wavelet) for k in per_wavelet[0]["ms"]}
        for i, row in enumerate(ROWS):
            if bounds[i] is not None:
                yield {"frames": name, "ratio": ratio, "wavelet": per_wavelet[0]["wavelet"], "row": row, "ms": ms,
                       "of_theirs": statistics.median(ratios(m)[i] for m in per_wavelet), "bound": bounds[i]}


def cells(r):
    ms = r["ms"]
    ours, theirs = {"roundtrip": (ms["our roundtrip"], ms["OpenJPEG encode"] + ms["OpenJPEG decode"]),
                    "decode": (ms["our decode"], ms["OpenJPEG decode"])}.get(r["row"], (None, None))
    times = [f"{ours:.1f}", f"{theirs:.1f}"] if ours else ["", ""]
    return [r["frames"], f"J{r['ratio']}", r["wavelet"], r["row"], *times, f"{r['of_theirs']:.3f}", f"{r['bound']:g}"]


def table(rows):
    head = ("frames", "job", "wavelet", "row", "ours, ms", "OpenJPEG, ms", "of OpenJPEG's", "bound")
    lines = [head, ["---"] * len(head), *map(cells, rows)]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def write_page(text):
    begin, end = "<!-- scripts/bench j2k --write begins -->\n", "<!-- ends -->"
    head, rest = PAGE.read_text().split(begin)
    PAGE.write_text(head + begin + text + end + rest.split(end, 1)[1])


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench j2k")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--frames", type=int, default=2, help="how many real ones")
    parser.add_argument("--json")
    parser.add_argument("--write", action="store_true", help="put the table into docs/PERFORMANCE.md")
    parser.add_argument("--check", type=float, metavar="MARGIN")
    options = parser.parse_args()
    subprocess.run(["cmake", "--build", os.environ["LBC_BUILD"], "--target", "bench_j2k"], check=True,
                   stdout=subprocess.DEVNULL)
    rows = []
    with tempfile.TemporaryDirectory(prefix="lbc-j2k-") as folder:
        real, shape = pilatus(pathlib.Path(folder), options.frames)
        for name, ratio, bounds in JOBS:
            frames = [(None, None)] if name.startswith("simulated") else [(path, shape) for path in real]
            repeats = options.repeats if bounds[0] else 1
            measured = [measure(ratio, repeats, MEANS.get(name, 0), *frame) for frame in frames]
            for row in rows_of(name, ratio, bounds, measured):
                rows.append(row)
                print("  ".join(f"{c:20}" if i in (0, 3) else f"{c:>8}" for i, c in enumerate(cells(row))), flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1))
    if options.write:
        write_page(table(rows))
    if options.check and any(r["of_theirs"] > options.check * r["bound"] for r in rows):
        sys.exit("a row is above its bound")


if __name__ == "__main__":
    main()
