# SPDX-License-Identifier: LGPL-2.1-or-later
"""speed - the program against its peers, as the tables of docs/PERFORMANCE.md.

    scripts/bench speed [--short] [--repeats N] [--json FILE] [--write]

Rows: kinds of frames (simulated 4M; real Pilatus 6M and Eiger 16M where LBC_SHARED_DATA has them) x jobs x
1 and 2 threads. Ours is the whole process, divided by its input frames; a peer in memory is bench_peers or the
bitshuffle library on one frame of the same series; a peer program is a whole process too. Ours and the peers run
in turn, and medians are compared. Then how cost grows with the number of frames, with -s and with the detector.
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

import bitshuffle
import h5py
import hdf5plugin  # noqa: F401  registers the filters
import numpy as np

PROGRAMS = pathlib.Path(os.environ["LBC_BUILD"]) / "bin"
SOURCE = pathlib.Path(os.environ["LBC_SOURCE"])
SHARED = pathlib.Path(os.environ.get("LBC_SHARED_DATA", ""))
PAGE = SOURCE / "docs" / "PERFORMANCE.md"

JOBS = {
    "plain": ["-c", "bslz4"],
    "b2s2": ["-b", "2", "-s", "2", "-c", "bslz4"],
    "H16": ["-H", "16", "-c", "bslz4"],
    "J125": ["-J", "125", "-c", "bslz4"],
    "b2s2H16": ["-b", "2", "-s", "2", "-H", "16", "-c", "bslz4"],
}


def timed(command, **more):
    """(seconds, peak bytes) of a process that must succeed."""
    start = time.monotonic()
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **more)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command}: exit {process.returncode}\n{process.stderr.read().decode()}")
    process.stderr.close()
    return seconds, usage.ru_maxrss * 1024


def ours(folder, master, options, threads):
    return timed([PROGRAMS / "l_bnl_compress", "-i", master, "-o", folder / "out", "--overwrite", "--progress", "never",
                  "-p", threads, *options])


# ---- series ------------------------------------------------------------------------------------

def simulate(folder, detector, frames):
    prefix = folder / f"sim{detector}_{frames}"
    if not os.path.exists(f"{prefix}_master.h5"):
        timed([PROGRAMS / "l_bnl_simulate", "-D", detector, "-n", frames, "-o", prefix])
    return pathlib.Path(f"{prefix}_master.h5")


def repeated(master, folder, name, frames):
    """A series of `frames` images made of copies of another's blocks."""
    path = folder / f"{name}_{frames}_master.h5"
    with h5py.File(master) as source, h5py.File(path, "w") as f:
        source.copy("entry", f, "entry", expand_external=False, expand_soft=False, without_attrs=False)
        data = f["entry/data"]
        links = [data.get(k, getlink=True) for k in sorted(data) if k.startswith("data_")]
        sizes = [source["entry/data"][k].shape[0] for k in sorted(source["entry/data"]) if k.startswith("data_")]
        for key in [k for k in data if k.startswith("data")]:
            del data[key]
        total = number = 0
        while total < frames:
            link = links[number % len(links)]
            number += 1
            copy = folder / f"{name}_{frames}_{number:06d}.h5"
            if not copy.exists():
                shutil.copyfile(os.path.join(os.path.dirname(master), link.filename), copy)
            data[f"data_{number:06d}"] = h5py.ExternalLink(copy.name, link.path)
            total += sizes[(number - 1) % len(links)]
        for where in ("entry/instrument/detector/detectorSpecific/nimages",
                      "entry/instrument/detector/detectorSpecific/ntrigger"):
            if where in f:
                f[where][...] = total if where.endswith("nimages") else 1
    return path, total


def kinds(folder, short):
    """(name, master, frames, options every job needs)."""
    frames = 10 if short else 20
    yield "simulated 4M", simulate(folder, "4M", frames), frames, []
    real = SHARED / "real"
    for name, file, wide in (("Pilatus 6M, real", "pilatus6m_thaumatin_master.h5", ["-u", "4"]),
                             ("Eiger 16M, real", "dls_eiger16m_master.h5", [])):
        if (real / file).exists() and not short:
            master, total = repeated(real / file, folder, name.split()[0], 12)
            yield name, master, total, wide


# ---- peers -------------------------------------------------------------------------------------

def first_frame(master):
    with h5py.File(master) as f:
        return f["entry/data"][sorted(k for k in f["entry/data"] if k.startswith("data_"))[0]][0]


def libraries(folder, frame, repeats):
    """Milliseconds of the libraries on this frame: bench_peers, and Debian's bitshuffle."""
    raw = folder / "frame.raw"
    frame.tofile(raw)
    out = subprocess.run([PROGRAMS / "bench_peers", raw, str(frame.shape[0]), str(frame.shape[1]),
                          str(frame.dtype.itemsize), str(repeats)], capture_output=True, text=True, check=True)
    peers = json.loads(out.stdout)
    encode, decode = [], []
    for _ in range(repeats):
        start = time.monotonic()
        packed = bitshuffle.compress_lz4(frame)
        middle = time.monotonic()
        bitshuffle.decompress_lz4(packed, frame.shape, frame.dtype)
        encode.append(middle - start)
        decode.append(time.monotonic() - middle)
    peers["bitshuffle_encode"] = 1e3 * statistics.median(encode)
    peers["bitshuffle_decode"] = 1e3 * statistics.median(decode)
    return peers


PYTHON = """
import sys, h5py, numpy as np, bitshuffle, hdf5plugin
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


def programs(folder, master, job):
    """Peer programs that do such a job to a whole series: {name: seconds}."""
    with h5py.File(master) as f:
        data = f["entry/data"]
        link = data.get(sorted(k for k in data if k.startswith("data_"))[0], getlink=True)
        file = os.path.join(os.path.dirname(master), link.filename)
        frames = data[sorted(k for k in data if k.startswith("data_"))[0]].shape[0]
        size = data[sorted(k for k in data if k.startswith("data_"))[0]].dtype.itemsize
    out = folder / "peer.h5"
    if job == "plain":
        seconds, _ = timed(["h5repack", "-f", f"{link.path}:UD=32008,0,5,0,2,{size},0,2", file, out])
        return {"h5repack": 1e3 * seconds / frames}
    if job == "b2s2":
        seconds, _ = timed(["/usr/bin/python3", "-c", PYTHON, master, out, 2, 2])
        with h5py.File(out) as f:
            return {"h5py + numpy": 1e3 * seconds / (2 * len(f["data"]))}
    return {}


def tools(folder, frame, job):
    """Peer programs that work on a file of one frame: {name: milliseconds}."""
    if job == "H16":
        from astropy.io import fits
        path = folder / "frame.fits"
        fits.writeto(path, frame.astype("i4"), overwrite=True)
        (folder / "frame.fits.fz").unlink(missing_ok=True)
        pack, _ = timed(["fpack", "-h", "-s", "-16", path])
        unpack, _ = timed(["funpack", "-O", folder / "frame.out.fits", f"{path}.fz"]
                          if not (folder / "frame.out.fits").exists() else ["funpack", "-F", f"{path}.fz"])
        return {"fpack + funpack": 1e3 * (pack + unpack)}
    if job == "J125":
        pgm = folder / "frame.pgm"
        with open(pgm, "wb") as f:
            f.write(b"P5\n%d %d\n65535\n" % (frame.shape[1], frame.shape[0]))
            f.write(np.minimum(frame, 65532).astype(">u2").tobytes())
        found = {}
        layers = "8000,4000,2000,1000,500,250,125"
        pack, _ = timed(["opj_compress", "-i", pgm, "-o", folder / "frame.j2k", "-r", layers])
        unpack, _ = timed(["opj_decompress", "-i", folder / "frame.j2k", "-o", folder / "back.pgm"])
        found["opj_compress + opj_decompress"] = 1e3 * (pack + unpack)
        try:
            seconds, _ = timed(["grk_compress", "-i", pgm, "-o", folder / "frame2.j2k", "-r", layers])
            found["grk_compress"] = 1e3 * seconds
        except (FileNotFoundError, SystemExit):
            pass
        return found
    return {}


def bound_of(job, peers, plain):
    """Milliseconds a frame that ours should stay below, on one core, and what they are."""
    library = peers["bitshuffle_encode"] + peers["bitshuffle_decode"]
    if job == "plain":
        return 0.6 * library, "0.6 x bitshuffle library, decode + encode"
    if job == "b2s2":
        return 0.45 * library, "0.45 x bitshuffle library, decode + encode"
    if job == "H16":
        return 0.15 * (peers["cfitsio_encode"] + peers["cfitsio_decode"]) + plain, "0.15 x cfitsio + plain"
    if job == "J125":
        return 1.05 * (peers["openjpeg_encode"] + peers["openjpeg_decode"]) + plain, "1.05 x OpenJPEG + plain"
    return None, ""


# ---- rows --------------------------------------------------------------------------------------

def measure_kind(folder, name, master, frames, wide, repeats, rows):
    frame = first_frame(master)
    floors = libraries(folder, frame, repeats)
    plain = None
    for job, options in JOBS.items():
        one, two, memory, others = [], [], [], {}
        for _ in range(repeats):  # in turn: A B C A B C
            for threads, list_ in ((1, one), (2, two)):
                seconds, peak = ours(folder, master, options + wide, threads)
                list_.append(1e3 * seconds / frames)
                memory.append(peak)
            for peer, took in {**programs(folder, master, job), **tools(folder, frame, job)}.items():
                others.setdefault(peer, []).append(took)
        ms = statistics.median(one)
        plain = ms if job == "plain" else plain
        bound, what = bound_of(job, floors, plain)
        rows.append({"frames": name, "job": job, "ms_1": ms, "ms_2": statistics.median(two),
                     "speedup": ms / statistics.median(two), "bound_ms": bound, "bound": what,
                     "peak_bytes": max(memory), "pixels": int(frame.size),
                     "peers_ms": {k: statistics.median(v) for k, v in others.items()}})
        show(rows[-1])
    return floors


def show(row):
    bound = "" if row["bound_ms"] is None else (
        f"  bound {row['bound_ms']:8.2f} ({row['bound']}): {row['ms_1'] / row['bound_ms']:.2f} of it")
    peers = "".join(f"  {k} {v:.1f} ms = {v / row['ms_1']:.1f} x ours" for k, v in row["peers_ms"].items())
    print(f"{row['frames']:18} {row['job']:8} {row['ms_1']:8.2f} ms a frame, 2 threads {row['speedup']:.2f} x, "
          f"peak {row['peak_bytes'] / 1e6:.0f} MB{bound}{peers}", flush=True)


def growth(folder, short):
    """Cost against the number of frames, -s, and the detector."""
    rows = []
    base = simulate(folder, "1M", 20)
    for frames in (20, 200) if short else (20, 200, 2000):
        master, total = repeated(base, folder, "grow", frames)
        seconds, peak = ours(folder, master, ["-c", "bslz4"], 2)
        rows.append({"what": f"{total} frames of 1M", "ms": 1e3 * seconds / total, "peak_bytes": peak})
    master, total = repeated(base, folder, "sums", 100 if short else 400)
    for s in (1, 10, 100):
        seconds, peak = ours(folder, master, ["-s", s, "-u", "4", "-c", "bslz4"], 2)
        rows.append({"what": f"-s {s}", "ms": 1e3 * seconds / total, "peak_bytes": peak})
    for detector in ("1M", "4M") if short else ("1M", "4M", "9M", "16M"):
        seconds, peak = ours(folder, simulate(folder, detector, 20 if detector == "1M" else 10), ["-c", "bslz4"], 1)
        rows.append({"what": f"detector {detector}", "ms": 1e3 * seconds / (20 if detector == "1M" else 10),
                     "peak_bytes": peak})
    for row in rows:
        print(f"{row['what']:22} {row['ms']:8.2f} ms a frame, peak {row['peak_bytes'] / 1e6:.0f} MB", flush=True)
    return rows


def table(rows, floors, grown):
    lines = ["| frames | job | ms a frame, 1 thread | 2 threads | bound | of it | peak MB | peers (x ours) |",
             "|---|---|---|---|---|---|---|---|"]
    for r in rows:
        bound = ("", "") if r["bound_ms"] is None else (r["bound"], f"{r['ms_1'] / r['bound_ms']:.2f}")
        peers = ", ".join(f"{k} {v / r['ms_1']:.1f}" for k, v in r["peers_ms"].items())
        lines.append(f"| {r['frames']} | {r['job']} | {r['ms_1']:.1f} | {r['speedup']:.2f} x | {bound[0]} | {bound[1]} | "
                     f"{r['peak_bytes'] / 1e6:.0f} | {peers} |")
    lines += ["", "Libraries on one frame of each kind, one core, milliseconds:", "",
              "| frames | " + " | ".join(next(iter(floors.values()))) + " |",
              "|---|" + "---|" * len(next(iter(floors.values())))]
    lines += [f"| {name} | " + " | ".join(f"{v:.1f}" for v in f.values()) + " |" for name, f in floors.items()]
    lines += ["", "| how cost grows | ms a frame | peak MB |", "|---|---|---|"]
    lines += [f"| {r['what']} | {r['ms']:.2f} | {r['peak_bytes'] / 1e6:.0f} |" for r in grown]
    return "\n".join(lines) + "\n"


def write_page(text):
    begin, end = "<!-- scripts/bench speed --write begins -->\n", "<!-- ends -->"
    page = PAGE.read_text()
    head, rest = page.split(begin)
    PAGE.write_text(head + begin + text + end + rest.split(end, 1)[1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--json")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/PERFORMANCE.md")
    options = parser.parse_args()
    repeats = options.repeats or (3 if options.short else 5)
    subprocess.run(["cmake", "--build", os.environ["LBC_BUILD"], "--target", "bench_peers"], check=True,
                   stdout=subprocess.DEVNULL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    rows, floors = [], {}
    with tempfile.TemporaryDirectory(prefix="lbc-speed-") as name:
        folder = pathlib.Path(name)
        for kind, master, frames, wide in kinds(folder, options.short):
            floors[kind] = measure_kind(folder, kind, master, frames, wide, repeats, rows)
        grown = growth(folder, options.short)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"rows": rows, "libraries_ms": floors, "growth": grown}, indent=1))
    if options.write:
        write_page(table(rows, floors, grown))


if __name__ == "__main__":
    main()
