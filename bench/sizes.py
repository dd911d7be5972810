# SPDX-License-Identifier: LGPL-2.1-or-later
"""sizes - bytes of whole output sets at rest and decompressed, as the tables of docs/FORMAT.md and README.md.

    scripts/bench sizes [--sets NAME,...] [--write]

For each set of LBC_SHARED_DATA and a simulated 4M, each scale and ratio, plain and binned and summed by two: the
codestreams alone, the set that `-c hcomp` or `-c j2k` writes, and what the same pixels take as bslz4, bszstd and zstd.
Masters are left out. --write puts the tables into docs/FORMAT.md, and a short one into README.md.
"""
import argparse
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

import h5py

SOURCE = pathlib.Path(os.environ["LBC_SOURCE"])
PROGRAMS = pathlib.Path(os.environ["LBC_BUILD"]) / "bin"
SHARED = pathlib.Path(os.environ["LBC_SHARED_DATA"])
SETS = {
    "golden": SHARED / "golden/gold_master.h5",
    "lyso": SHARED / "sim/lyso_master.h5",
    "dls_eiger16m": SHARED / "real/dls_eiger16m_master.h5",
    "pilatus6m_thaumatin": SHARED / "real/pilatus6m_thaumatin_master.h5",
    "simulated 4M": None,
}
LOSSY = [("-H", "4"), ("-H", "16"), ("-H", "64"), ("-J", "20"), ("-J", "125"), ("-J", "500")]
LOSSLESS = ["bslz4", "bszstd", "zstd"]
PAGE = SOURCE / "docs" / "FORMAT.md"
README = SOURCE / "README.md"
# What README shows of all rows: options and way of storing.
SHORT = {("", "-H 16", "bslz4"): "`-H 16`, `bslz4`", ("", "-H 16", "rest"): "`-H 16` at rest",
         ("", "-J 125", "rest"): "`-J 125` at rest", ("-b 2 -s 2", "-H 16", "rest"): "`-b 2 -s 2 -H 16` at rest",
         ("-b 2 -s 2", "-J 125", "rest"): "`-b 2 -s 2 -J 125` at rest"}


def run(program, *arguments):
    done = subprocess.run([str(PROGRAMS / program), *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, done.args))}\n{done.stderr}")


def data_files(prefix):
    return sorted(pathlib.Path(prefix).parent.glob(pathlib.Path(prefix).name + "_[0-9]*.h5"))


def size_of(files):
    return sum(f.stat().st_size for f in files)


def compress(folder, master, name, *options):
    """Bytes of the data files; they stay."""
    run("l_bnl_compress", "-i", master, "-o", folder / name, "--overwrite", "--progress", "never", *options)
    return size_of(data_files(folder / name))


def facts_of(master):
    """(frames, raw bytes, bytes of the data files) of an input."""
    frames = raw = 0
    files = set()
    with h5py.File(master) as f:
        for name in f["entry/data"]:
            link = f["entry/data"].get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink) and name.startswith("data_"):
                files.add((pathlib.Path(master).parent / link.filename).resolve())
                data = f["entry/data"][name]
                frames += data.shape[0]
                raw += data.size * data.dtype.itemsize
    return frames, raw, size_of(files)


def chunks_of(files):
    """(frames, bytes of the codestreams, bytes of marks) of files at rest."""
    frames = streams = marks = 0
    for file in files:
        with h5py.File(file) as f:
            data = f["entry/data/data"]
            for k in range(data.shape[0]):
                a, b, c = struct.unpack("<3I", data.id.read_direct_chunk((k, 0, 0))[1][16:28])
                frames, streams, marks = frames + 1, streams + c, marks + a + b
    return frames, streams, marks


def mask_bytes(files):
    """Of the series' mask in the first file at rest: cd_values[10] words, docs/FORMAT.md."""
    with h5py.File(files[0]) as f:
        return 4 * f["entry/data/data"].id.get_create_plist().get_filter(0)[2][10]


def pixel_option(master):
    """Sums of 32-bit counts stay 32-bit."""
    with h5py.File(master) as f:
        first = next(n for n in f["entry/data"] if n.startswith("data_"))
        return ("-u", "2" if f["entry/data"][first].dtype.itemsize == 2 else "4")


def number(n):
    return f"{n:,}".replace(",", " ")


def megabytes(n):
    return f"{n / 1e6:.3g}"


def rows(folder, master, options, sizes):
    kind = pixel_option(master)
    for lossy in LOSSY:
        codec = "hcomp" if lossy[0] == "-H" else "j2k"
        rest = compress(folder, master, "rest", "-c", codec, *lossy, *kind, *options)
        frames, streams, marks = chunks_of(data_files(folder / "rest"))
        plain = [compress(folder, folder / "rest_master.h5", "plain", "-c", c, *kind) for c in LOSSLESS]
        over = rest - streams
        setting = (" ".join(options), " ".join(lossy))
        sizes.update({(*setting, "rest"): rest, (*setting, "mask"): mask_bytes(data_files(folder / "rest"))})
        sizes.update({(*setting, c): bytes_ for c, bytes_ in zip(LOSSLESS, plain)})
        yield (f"`{' '.join(lossy)}`", *map(number, plain), number(streams), f"**{number(rest)}**",
               f"{100 * over / streams:.1f} %", number(round(over / frames)), number(round(marks / frames)))


def table(name, master, folder, sizes):
    """The lines of a set's tables; sizes gets {(options, lossy, way of storing): bytes}."""
    lines = []
    frames, raw, stored = facts_of(master)
    sizes.update({"frames": frames, "raw": raw, "stored": stored})
    for title, options in (("As they are", ()), ("`-b 2 -s 2`", ("-b", "2", "-s", "2"))):
        lines += [f"| {title} | bslz4 | bszstd | zstd | codestreams | at rest | overhead | an image | of it marks |",
                  "|---|" + "--:|" * 8]
        for row in rows(folder, master, options, sizes):
            lines.append("| " + " | ".join(row) + " |")
            print(lines[-1], file=sys.stderr, flush=True)
        lines.append("")
    masks = [number(sizes[o, "-H 16", "mask"]) for o in ("", "-b 2 -s 2")]
    return [f"### {name}", "",
            f"{frames} images, {number(raw)} bytes raw, {number(stored)} in the input's data files. The series' mask "
            f"takes {masks[0]} bytes of each file,", f"{masks[1]} when binned.", "", *lines]


def short_table(sets):
    lines = ["MB of the images of a series:", "",
             "| series | images | raw | input, `bslz4` | " + " | ".join(SHORT.values()) + " |",
             "|---|" + "--:|" * (3 + len(SHORT))]
    for name, s in sets.items():
        cells = [s["frames"], *(megabytes(n) for n in (s["raw"], s["stored"], *(s[key] for key in SHORT)))]
        lines.append(f"| {name} | " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def put(path, text):
    """text between the marks of a page."""
    marked = f"<!-- sizes -->\n\n{text.rstrip()}\n\n<!-- end -->"
    path.write_text(re.sub(r"<!-- sizes -->.*<!-- end -->", lambda _: marked, path.read_text(), flags=re.S))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    lines, sets = [], {}
    with tempfile.TemporaryDirectory(prefix="lbc-sizes-") as temporary:
        folder = pathlib.Path(temporary)
        for name in options.sets.split(","):
            master = SETS[name]
            if master is None:
                master = folder / "sim_master.h5"
                run("l_bnl_simulate", "-D", "4M", "-n", "20", "-o", folder / "sim")
            if not master.exists():
                print(f"{name}: not here", file=sys.stderr)
                continue
            print(f"== {name}", file=sys.stderr, flush=True)
            sets[name] = {}
            lines += table(name, master, folder, sets[name])
    text = "\n".join(lines)
    print(text, short_table(sets), sep="\n")
    if options.write:
        put(PAGE, text)
        put(README, short_table(sets))


if __name__ == "__main__":
    main()
