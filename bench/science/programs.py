# SPDX-License-Identifier: LGPL-2.1-or-later
"""Running our programs, and seeing what they left."""
import glob
import hashlib
import json
import os
import pathlib
import subprocess

BIN = pathlib.Path(os.environ["LBC_BUILD"]) / "bin"
os.environ["HDF5_PLUGIN_PATH"] = ":".join(  # the variable replaces HDF5's own folder, so that is named too
    [os.path.join(os.environ["LBC_BUILD"], "plugin"), *glob.glob("/usr/lib/*/hdf5/serial/plugins")])

import h5py
import hdf5plugin  # noqa: F401  registers the filters


class Failed(Exception):
    """A program did; the message holds its command and its words."""


def tool(folder, *words):
    """Standard output of a program run in a folder, on one core."""
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, cwd=folder,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})
    if done.returncode:
        raise Failed(f"{' '.join(done.args)}\n{done.stdout[-1000:]}{done.stderr[-3000:]}")
    return done.stdout


def run(name, *words):
    """Standard output of one of our programs."""
    return tool(None, BIN / name, *words)


def compress(master, prefix, options):
    """Compresses to prefix; with a codec at rest, so that bytes at rest are what they are called."""
    words = options.split()
    if "-c" not in words:
        words += ["-c", "hcomp" if "-H" in words else "j2k"] if {"-H", "-J", "-K"} & set(words) else ["-c", "bslz4"]
    run("l_bnl_compress", "-i", master, "-o", prefix, "--overwrite", "--progress", "never", "-p", 1, *words)
    return pathlib.Path(f"{prefix}_master.h5")


def compare(a, b):
    return json.loads(run("l_bnl_compare", "-q", "--json", "-", "-p", 1, a, b))


def images(master):
    """The data sets of a master, in order."""
    with h5py.File(master) as f:
        for name in sorted(n for n in f["entry/data"] if n.startswith("data_")):
            yield f["entry/data"][name]


def sizes(master):
    """Bytes an image: of the data files as they lie on the disk, and how many times as much its pixels are."""
    frames, raw, files = 0, 0, set()
    for data in images(master):
        frames, raw = frames + data.shape[0], raw + data.nbytes
        files.add(data.file.filename)
    rest = sum(os.path.getsize(f) for f in files)
    return {"bytes": rest / frames, "ratio": raw / rest}


def digest(master):
    """Of all pixels as a reader sees them."""
    total = hashlib.sha256()
    for data in images(master):
        for image in data:
            total.update(image.tobytes())
    return total.hexdigest()
