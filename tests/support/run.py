# SPDX-License-Identifier: LGPL-2.1-or-later
"""Running the program, and reading what it wrote."""
import glob
import hashlib
import os
import shutil
import subprocess

import plugin  # before h5py
import h5py
import hdf5plugin  # noqa: F401  registers the filters
import numpy as np

SHARED = os.environ.get("LBC_SHARED_DATA", "")


def program(name="l_bnl_compress"):
    return os.path.join(os.environ["LBC_BUILD"], "bin", name)


def run(*options, cwd=None, env=None, timeout=300, name="l_bnl_compress", **more):
    """Runs the program; the result has returncode, stdout and stderr (text)."""
    return subprocess.run([program(name), *map(str, options)], cwd=cwd, env={**os.environ, **(env or {})},
                          capture_output=True, text=True, errors="replace", timeout=timeout, **more)


def compress(master, prefix, *options, **more):
    """Runs the program and wants success."""
    done = run("-i", master, "-o", prefix, *options, **more)
    if done.returncode != 0:
        raise AssertionError(f"exit {done.returncode}: {options}\n{done.stderr}")
    return done


def as_nobody(folder):
    """What run() takes to run as a user whom permissions bind: another one where this is root, and then a copy of the
    program in folder, since others may not look into the folder of the build."""
    if os.getuid():
        return {}
    return {"name": shutil.copy(program(), folder), "user": 65534, "group": 65534, "extra_groups": []}


def data_files(prefix):
    return sorted(glob.glob(glob.escape(prefix) + "_[0-9]*.h5"))


def pixels(prefix):
    """All images of the data files PREFIX_NNNNNN.h5."""
    parts = []
    for path in data_files(prefix):
        with h5py.File(path, "r") as f:
            dataset = f["/entry/data/data"]
            if str(plugin.FILTER) in dataset._filters:  # pylint: disable=protected-access
                plugin.need()
            parts.append(dataset[:])
    return np.concatenate(parts)


def digests(folder):
    """SHA-256 of every file below a folder, hidden ones too."""
    out = {}
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            with open(path, "rb") as f:
                out[os.path.relpath(path, folder)] = hashlib.sha256(f.read()).hexdigest()
    return out
