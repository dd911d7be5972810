# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs that are watched, stopped and killed, and what they leave.

    with Live("-i", master, "-o", prefix) as run:
        run.wait_for(prefix + "_000002.h5")
        run.send(signal.SIGTERM)
        run.end()                      # run.returncode, run.stderr
"""
import os
import re
import signal
import subprocess
import tempfile
import time

import h5py
import numpy as np

import series
from run import program

TEMPORARY = re.compile(r"^\..*\.lbc~.*\.tmp$")
DAY = {"SOURCE_DATE_EPOCH": "1700000000"}  # so that runs before and after midnight are the same
TIMEOUT = 300


class Live:
    def __init__(self, *options, env=None, name="l_bnl_compress", command=(), **more):
        self.stderr_file = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([*command, program(name), *map(str, options)],
                                        env={**os.environ, **DAY, **(env or {})}, stdout=subprocess.DEVNULL,
                                        stderr=self.stderr_file, stdin=subprocess.DEVNULL, **more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.stderr_file.close()

    def wait_for(self, there, seconds=TIMEOUT):
        """Until a path exists, or a function is true. False: the run ended before."""
        true = there if callable(there) else lambda: os.path.lexists(there)
        end = time.monotonic() + seconds
        while not true():
            if self.process.poll() is not None:
                return bool(true())
            if time.monotonic() > end:
                raise AssertionError("the run does not come to what is waited for")
            time.sleep(0.001)
        return True

    def send(self, number):
        self.process.send_signal(number)

    def stop(self):
        """Holds it still, or finds that it has ended; go() lets it go on."""
        self.send(signal.SIGSTOP)
        if self.process.returncode is None:
            os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def go(self):
        self.send(signal.SIGCONT)

    def end(self, seconds=TIMEOUT):
        self.process.wait(seconds)
        self.stderr_file.seek(0)
        self.stderr = self.stderr_file.read()
        self.returncode = self.process.returncode
        return self.returncode


def temporaries(folder):
    return sorted(n for n in os.listdir(folder) if TEMPORARY.match(n))


def listing(folder):
    """Names of all that is there but lock files, which the next run takes over."""
    return sorted(n for n in os.listdir(folder) if not n.endswith(".lbc-lock"))


def slow_series(folder, name="slow", frames=60, shape=(160, 256), block=7, storage="none"):
    """A series that a lossy codec is busy with for a while: a few images of noise, over and over."""
    rng = np.random.default_rng(5)
    few = [rng.poisson(20, shape).astype("u2") for _ in range(4)]
    mask = np.zeros(shape, "u4")
    mask[50:52] = 1
    images = np.stack([few[i % 4] for i in range(frames)])
    images[:, 0, 0] = np.arange(frames)
    return series.filewriter(folder, name, images, block=block, mask=mask, storage=storage)


def chunk_place(path, n, dataset="/entry/data/data"):
    """Offset and size of stored chunk n."""
    with h5py.File(path, "r") as f:
        d = f[dataset]
        for i in range(d.id.get_num_chunks()):
            info = d.id.get_chunk_info(i)
            if info.chunk_offset[0] == n:
                return info.byte_offset, info.size
    raise KeyError(n)


def flip(path, offset, mask=1):
    """Changes bits of one byte."""
    with open(path, "r+b") as f:
        f.seek(offset)
        byte = f.read(1)[0]
        f.seek(offset)
        f.write(bytes([byte ^ mask]))
