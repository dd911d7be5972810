# SPDX-License-Identifier: LGPL-2.1-or-later
"""speed - the program against its peers, as the tables of docs/PERFORMANCE.md.

    scripts/bench speed [--only SECTION,...] [--short] [--repeats N] [--json FILE] [--write] [--check MARGIN]

Sections: 4M (simulated), 6M and 16M (real Pilatus 6M and Eiger 16M, where LBC_SHARED_DATA has them): kinds of
frames, each by jobs and by threads, with the peers; growth: frames, -s and detectors; start: how long until the
first image is out. What a section measured replaces what FILE (build/speed.json) held of it, and --write puts all
that FILE holds into the page; so the whole may be measured in pieces. --check: exit 1 when one of FILE's
rows takes more than MARGIN times its bound on one core, or more memory than its own.

A job's time is that of a series less that of its first few images, divided by the images between: so what a run costs
once (start, masks, master) is out, and has a section of its own. One core is told in processor time, user and
system, which hardly depends on what else runs; the gain by two threads in elapsed time, the shortest of all repeats,
for which the machine must be idle. A
library's time is that of one frame of the same series in memory (bench_peers). Ours and the peers run in turn, and
medians are compared. Files lie in memory (/dev/shm) where there is room, so that no disk is measured.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import h5py
import hdf5plugin  # noqa: F401  registers the filters
import numpy as np

PROGRAMS = pathlib.Path(os.environ["LBC_BUILD"]) / "bin"
SOURCE = pathlib.Path(os.environ["LBC_SOURCE"])
SHARED = pathlib.Path(os.environ.get("LBC_SHARED_DATA", ""))
PAGE = SOURCE / "docs" / "PERFORMANCE.md"

# Options of a job, and how many images of a series it is given; a J125 image takes half a second.
JOBS = {
    "plain": (["-c", "bslz4"], 200),
    "b2s2": (["-b", "2", "-s", "2", "-c", "bslz4"], 200),
    "H16": (["-H", "16", "-c", "bslz4"], 80),
    "J125": (["-J", "125", "-c", "bslz4"], 8),
    "b2s2H16": (["-b", "2", "-s", "2", "-H", "16", "-c", "bslz4"], 80),
}
LAYERS = "8000,4000,2000,1000,500,250,125"


def timed(command, **more):
    """(elapsed seconds, processor seconds, peak bytes) of a process that must succeed."""
    start = time.monotonic()
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **more)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command}: exit {process.returncode}\n{process.stderr.read().decode()}")
    process.stderr.close()
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def ours(folder, master, options, threads, images):
    """One thread has one core: reading and writing, which other threads do, are not to have another."""
    def pin():
        if threads == 1:
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

    return timed([PROGRAMS / "l_bnl_compress", "-i", master, "-o", folder / "out", "--overwrite", "--progress", "never",
                  "-p", threads, "-N", images, *options], preexec_fn=pin)


def median(values):
    return statistics.median(values)


# ---- series ------------------------------------------------------------------------------------

def simulate(folder, detector, frames):
    prefix = folder / f"sim{detector}_{frames}"
    if not os.path.exists(f"{prefix}_master.h5"):
        timed([PROGRAMS / "l_bnl_simulate", "-D", detector, "-n", frames, "-o", prefix])
    return pathlib.Path(f"{prefix}_master.h5")


def repeated(master, folder, name, frames):
    """A series of at least `frames` images made of copies of another's blocks, and how many it has."""
    path = folder / f"{name}_{frames}_master.h5"
    with h5py.File(master) as source, h5py.File(path, "w") as f:
        source.copy("entry", f, "entry", expand_external=False, expand_soft=False, without_attrs=False)
        data = f["entry/data"]
        names = sorted(k for k in source["entry/data"] if k.startswith("data_"))
        links = [source["entry/data"].get(k, getlink=True) for k in names]
        sizes = [source["entry/data"][k].shape[0] for k in names]
        for key in [k for k in data if k.startswith("data")]:
            del data[key]
        total = number = 0
        while total < frames:
            link, size = links[number % len(links)], sizes[number % len(links)]
            number += 1
            copy = folder / f"{name}_{frames}_{number:06d}.h5"
            if not copy.exists():
                shutil.copyfile(os.path.join(os.path.dirname(master), link.filename), copy)
            data[f"data_{number:06d}"] = h5py.ExternalLink(copy.name, link.path)
            total += size
        specific = "entry/instrument/detector/detectorSpecific/"
        for where, value in ((specific + "nimages", total), (specific + "ntrigger", 1)):
            if where in f:
                f[where][...] = value
    return path, total


def first_frame(master):
    with h5py.File(master) as f:
        return f["entry/data"][sorted(k for k in f["entry/data"] if k.startswith("data_"))[0]][0]


# ---- peers -------------------------------------------------------------------------------------

def libraries(folder, frame, repeats, j2k):
    """Milliseconds of the libraries on this frame."""
    raw = folder / "frame.raw"
    frame.tofile(raw)
    out = subprocess.run([PROGRAMS / "bench_peers", "-r", str(repeats), *(["-j"] if j2k else []), raw,
                          str(frame.shape[0]), str(frame.shape[1]), str(frame.dtype.itemsize)],
                         capture_output=True, text=True, check=True)
    return json.loads(out.stdout)


PYTHON = """
import sys, h5py, numpy as np, hdf5plugin
master, out, b, s = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
with h5py.File(master) as f, h5py.File(out, "w") as g:
    blocks = [f["entry/data"][k] for k in sorted(f["entry/data"]) if k.startswith("data_")]
    frames = ((block, i) for block in blocks for i in range(len(block)))
    n, (ny, nx) = sum(map(len, blocks)), blocks[0].shape[1:]
    shape = (ny // b, nx // b)
    data = g.create_dataset("data", (n // s,) + shape, "u4", chunks=(1,) + shape, **hdf5plugin.Bitshuffle())
    for k in range(n // s):
        total = np.zeros((ny, nx), "u4")
        for _ in range(s):
            block, i = next(frames)
            total += block[i]
        data[k] = total[: shape[0] * b, : shape[1] * b].reshape(shape[0], b, shape[1], b).sum((1, 3))
"""


def programs(folder, master, frames, job):
    """Peer programs that do such a job to a whole series of `frames` images: {name: processor ms an image}."""
    with h5py.File(master) as f:
        data = f["entry/data"]
        name = sorted(k for k in data if k.startswith("data_"))[0]
        link = data.get(name, getlink=True)
        size, images = data[name].dtype.itemsize, data[name].shape[0]
    out = folder / "peer.h5"
    one = {**os.environ, "OMP_NUM_THREADS": "1"}
    if job == "plain":
        file = os.path.join(os.path.dirname(master), link.filename)
        seconds = timed(["h5repack", "-f", f"{link.path}:UD=32008,0,5,0,2,{size},0,2", file, out], env=one)[1]
        return {"h5repack": 1e3 * seconds / images}
    if job == "b2s2":
        seconds = timed(["/usr/bin/python3", "-c", PYTHON, master, out, 2, 2], env=one)[1]
        return {"h5py + numpy": 1e3 * seconds / (frames - frames % 2)}
    return {}


def tools(folder, frame, job):
    """Peer programs that work on a file of one frame: {name: processor milliseconds}."""
    if job == "H16":
        from astropy.io import fits
        path, packed, back = (folder / n for n in ("frame.fits", "frame.fits.fz", "back.fits"))
        packed.unlink(missing_ok=True)
        back.unlink(missing_ok=True)
        fits.writeto(path, frame.astype("i4"), overwrite=True)
        seconds = timed(["fpack", "-h", "-s", "-16", path])[1] + timed(["funpack", "-O", back, packed])[1]
        return {"fpack + funpack": 1e3 * seconds}
    if job == "J125":
        pgm, packed, back = (folder / n for n in ("frame.pgm", "frame.j2k", "back.pgm"))
        with open(pgm, "wb") as f:
            f.write(b"P5\n%d %d\n65535\n" % (frame.shape[1], frame.shape[0]))
            f.write(np.minimum(frame, 65532).astype(">u2").tobytes())
        opj = timed(["opj_compress", "-i", pgm, "-o", packed, "-r", LAYERS])[1]
        opj += timed(["opj_decompress", "-i", packed, "-o", back])[1]
        grk = timed(["grk_compress", "-H", "1", "-i", pgm, "-o", packed, "-r", LAYERS])[1]
        grk += timed(["grk_decompress", "-H", "1", "-i", packed, "-o", back])[1]
        return {"opj_compress + opj_decompress": 1e3 * opj, "grk_compress + grk_decompress": 1e3 * grk}
    return {}


def bound_of(job, library, plain):
    """Milliseconds a frame that ours should stay below, on one core, and what they are; None: it has none."""
    both = {name: library.get(f"{name} encode", 0) + library.get(f"{name} decode", 0)
            for name in ("bitshuffle", "cfitsio", "OpenJPEG")}
    return {
        "plain": (0.6 * both["bitshuffle"], "0.6 x bitshuffle"),
        "b2s2": (0.45 * both["bitshuffle"], "0.45 x bitshuffle"),
        "H16": (0.15 * both["cfitsio"] + plain, "0.15 x cfitsio + plain"),
        "J125": (1.05 * both["OpenJPEG"] + plain, "1.05 x OpenJPEG + plain"),
    }.get(job, (None, ""))


# ---- sections ----------------------------------------------------------------------------------

def measure_job(folder, master, total, job, wide, frame, repeats):
    """One job: ours by one thread and by two, and the peers, in turn."""
    options, images = JOBS[job]
    images = min(images, total) // 4 * 4
    few = 4 if "s2" in job else 2  # an output frame for each of two threads
    begun, done, peers = {1: [], 2: []}, {1: [], 2: []}, {}
    for _ in range(repeats):
        for threads in (1, 2):
            begun[threads].append(ours(folder, master, options + wide, threads, few))
            done[threads].append(ours(folder, master, options + wide, threads, images))
        for peer, took in {**programs(folder, master, total, job), **tools(folder, frame, job)}.items():
            peers.setdefault(peer, []).append(took)
    each = 1e3 / (images - few)
    cost = each * (median([d[1] for d in done[1]]) - median([b[1] for b in begun[1]]))
    elapsed = [each * (min(done[t])[0] - min(begun[t])[0]) for t in (1, 2)]
    peak = [max(d[2] for d in done[t]) for t in (1, 2)]
    return {"job": job, "ms": cost, "elapsed_ms": elapsed, "speedup": elapsed[0] / elapsed[1], "peak_bytes": peak,
            "peak_of_bound": max(peak[t - 1] / (2e8 + t * 6 * 4 * frame.size) for t in (1, 2)),
            "peers_ms": {k: median(v) for k, v in peers.items()}}


def measure_kind(folder, master, total, wide, jobs, repeats):
    frame = first_frame(master)
    library = libraries(folder, frame, max(repeats, 5), "J125" in jobs)
    rows = []
    for job in jobs:
        row = measure_job(folder, master, total, job, wide, frame, repeats)
        row["bound_ms"], row["bound"] = bound_of(job, library, rows[0]["ms"] if rows else 0)
        rows.append(row)
        print(f"{frame.shape[1]} x {frame.shape[0]} {job:8} {row['ms']:8.2f} ms, {of_bound(row):12} two threads "
              f"{row['speedup']:.2f} x, peak {row['peak_of_bound']:.2f} of its bound; "
              + ", ".join(f"{k} {v / row['ms']:.1f} x ours" for k, v in row["peers_ms"].items()), flush=True)
    return {"pixels": int(frame.size), "rows": rows, "library_ms": library}


def of_bound(row):
    return "no bound" if row["bound_ms"] is None else f"{row['ms'] / row['bound_ms']:.2f} of bound"


def section_4m(folder, short, repeats):
    master = simulate(folder, "4M", 20)
    master, total = repeated(master, folder, "rep", 40 if short else 200)
    jobs = [job for job in JOBS if job != "J125" or not short]
    return {"title": "Eiger 4M, simulated, u16", **measure_kind(folder, master, total, [], jobs, repeats)}


def real(folder, title, file, wide, frames, repeats):
    if not (SHARED / "real" / file).exists():
        return None
    master, total = repeated(SHARED / "real" / file, folder, "rep", frames)
    return {"title": title, **measure_kind(folder, master, total, wide, list(JOBS), repeats)}


def section_6m(folder, short, repeats):
    return real(folder, "Pilatus 6M, thaumatin, u32", "pilatus6m_thaumatin_master.h5", ["-u", "4"], 60, repeats)


def section_16m(folder, short, repeats):
    return real(folder, "Eiger 16M, weak, u16", "dls_eiger16m_master.h5", [], 30, repeats)


def section_growth(folder, short, repeats):
    """Two threads; the whole process."""
    rows = []

    def add(what, master, total, options):
        seconds, cost, peak = min(ours(folder, master, ["-c", "bslz4", *options], 2, total) for _ in range(repeats))
        rows.append({"what": what, "ms": 1e3 * seconds / total, "cpu_ms": 1e3 * cost / total, "peak_bytes": peak})
        print(f"{what:24} {rows[-1]['ms']:8.2f} ms an image, processor {rows[-1]['cpu_ms']:8.2f} ms, "
              f"peak {peak / 1e6:.0f} MB", flush=True)

    base = simulate(folder, "1M", 20)
    for frames in (20, 200) if short else (20, 200, 2000):
        master, total = repeated(base, folder, "grow", frames)
        add(f"{total} images of 1M", master, total, [])
    master, total = repeated(base, folder, "sums", 400)
    for s in (1, 10, 100):
        add(f"-s {s} of {total} images", master, total, ["-s", s, "-u", "4"])
    for detector in ("1M", "4M") if short else ("1M", "4M", "9M", "16M"):
        add(f"20 images of {detector}", simulate(folder, detector, 20), 20, [])
    return {"rows": rows}


def section_start(folder, short, repeats):
    """The first image of 3600 in 36 files. They are dark, which makes no difference to where they are found."""
    base = simulate(folder, "4M", 1)
    with h5py.File(base) as f:
        link = f["entry/data"].get("data_000001", getlink=True)
    with h5py.File(folder / "dark.h5", "w") as f:
        frame = first_frame(base)
        data = f.create_dataset(link.path, (100,) + frame.shape, frame.dtype, chunks=(1,) + frame.shape,
                                **hdf5plugin.Bitshuffle())
        data[0] = np.zeros_like(frame)
        _, chunk = data.id.read_direct_chunk((0, 0, 0))
        for i in range(1, 100):
            data.id.write_direct_chunk((i, 0, 0), chunk)
    dark = folder / "dark_master.h5"
    with h5py.File(base) as source, h5py.File(dark, "w") as f:
        source.copy("entry", f, "entry", expand_external=False, expand_soft=False)
        del f["entry/data/data_000001"]
        f["entry/data/data_000001"] = h5py.ExternalLink("dark.h5", link.path)
    master, total = repeated(dark, folder, "start", 3600)
    took = [ours(folder, master, ["-c", "bslz4"], 2, 1) for _ in range(max(repeats, 3))]
    row = {"images": total, "seconds": median([t[0] for t in took]), "cpu_seconds": median([t[1] for t in took]),
           "bound": 0.3}
    print(f"first of {total} images after {row['seconds']:.3f} s, processor {row['cpu_seconds']:.3f} s", flush=True)
    return row


SECTIONS = {"4M": section_4m, "6M": section_6m, "16M": section_16m, "growth": section_growth, "start": section_start}


# ---- the page ----------------------------------------------------------------------------------

def table(found):
    kinds = [found[name] for name in ("4M", "6M", "16M") if found.get(name)]
    lines = ["| frames | job | ms an image, one core | bound | of it | two threads | peak MB, 1 and 2 threads | of its bound "
             "| peers, times ours |", "|---|---|---|---|---|---|---|---|---|"]
    for kind in kinds:
        for r in kind["rows"]:
            of_it = "" if r["bound_ms"] is None else f"{r['ms'] / r['bound_ms']:.2f}"
            peers = ", ".join(f"{k} {v / r['ms']:.1f}" for k, v in r["peers_ms"].items())
            lines.append(f"| {kind['title']} | {r['job']} | {r['ms']:.1f} | {r['bound']} | {of_it} | {r['speedup']:.2f} x "
                         f"| {r['peak_bytes'][0] / 1e6:.0f}, {r['peak_bytes'][1] / 1e6:.0f} | {r['peak_of_bound']:.2f} "
                         f"| {peers} |")
    if kinds:
        names = list(kinds[0]["library_ms"])
        lines += ["", "Libraries on one frame of each kind, in memory, one core, milliseconds:", "",
                  "| frames | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
        lines += [f"| {k['title']} | " + " | ".join(f"{k['library_ms'][n]:.1f}" for n in names) + " |" for k in kinds]
    if found.get("growth"):
        lines += ["", "How cost grows (`-c bslz4`, two threads, the whole process):", "",
                  "| | ms an image | processor ms an image | peak MB |", "|---|---|---|---|"]
        lines += [f"| {r['what']} | {r['ms']:.2f} | {r['cpu_ms']:.2f} | {r['peak_bytes'] / 1e6:.0f} |"
                  for r in found["growth"]["rows"]]
    if found.get("start"):
        r = found["start"]
        lines += ["", f"A whole run of the first image of {r['images']} in 36 files (4M) takes {r['seconds']:.2f} s; "
                  f"bound {r['bound']} s."]
    return "\n".join(lines) + "\n"


def write_page(text):
    begin, end = "<!-- scripts/bench speed --write begins -->\n", "<!-- ends -->"
    page = PAGE.read_text()
    head, rest = page.split(begin)
    PAGE.write_text(head + begin + text + end + rest.split(end, 1)[1])


def check(found, margin):
    """The rows that take more than margin times their bound, or more memory than theirs."""
    rows = [(name, r) for name in ("4M", "6M", "16M") if found.get(name) for r in found[name]["rows"]]
    bad = [f"{name} {r['job']}: {r['ms']:.2f} ms, bound {r['bound_ms']:.2f}" for name, r in rows
           if r["bound_ms"] is not None and r["ms"] > margin * r["bound_ms"]]
    bad += [f"{name} {r['job']}: {r['peak_of_bound']:.2f} of the memory" for name, r in rows if r["peak_of_bound"] > 1]
    return bad


def room_for_files():
    """A folder in memory if 4 GB are free there."""
    shm = "/dev/shm"
    return shm if os.path.isdir(shm) and shutil.disk_usage(shm).free > 4e9 else None


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench speed")
    parser.add_argument("--only", default=",".join(SECTIONS))
    parser.add_argument("--short", action="store_true", help="fewer images, and no JPEG 2000")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--json", default=os.path.join(os.environ["LBC_BUILD"], "speed.json"))
    parser.add_argument("--write", action="store_true", help="put the tables into docs/PERFORMANCE.md")
    parser.add_argument("--check", type=float, metavar="MARGIN")
    options = parser.parse_args()
    wanted = [s for s in options.only.split(",") if s]
    for name in wanted:
        if name not in SECTIONS:
            parser.error(f"no section {name}: there are {', '.join(SECTIONS)}")
    subprocess.run(["cmake", "--build", os.environ["LBC_BUILD"], "--target", "bench_peers"], check=True,
                   stdout=subprocess.DEVNULL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    path, measured = pathlib.Path(options.json), {}
    found = json.loads(path.read_text()) if path.exists() else {}
    lacking = [name for name in SECTIONS if name not in found and name not in wanted]
    if options.write and lacking:
        parser.error(f"--write makes the whole table, and {path} lacks {', '.join(lacking)}")
    for name in wanted:
        with tempfile.TemporaryDirectory(prefix="lbc-speed-", dir=room_for_files()) as folder:
            measured[name] = SECTIONS[name](pathlib.Path(folder), options.short,
                                            options.repeats or (1 if options.short else 3))
        if measured[name] is None:
            print(f"{name}: not there")
    found.update({name: value for name, value in measured.items() if value})
    path.write_text(json.dumps(found, indent=1) + "\n")
    if options.write:
        write_page(table(found))
    bad = check(found, options.check) if options.check else []
    for line in bad:
        print(line, file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
