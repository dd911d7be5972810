# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every call that can fail is made to fail, one in each run; what a run promises must hold whichever it was.

fault_compress is l_bnl_compress with wrapped calls (fault.c). In each mode the k-th call of each kind fails, for k = 1,
2, ... until a run comes to its end before the k-th. LBC_LONG unset, for some k; with it for all in the modes `every`,
and in the others for every seventh call of memory and HDF5, most of which all modes have in common. Of every run:

- it ends by itself, with 0 or 1, and no sanitizer has anything to say;
- 0: all files are there, and are those of a run in which nothing failed, but that a field of the input which HDF5 could
  not read may be left out with a warning (of the master, of miniCBF files, and of the name of the job, which data and
  squash files carry: their images and codestreams are the same), and that of a set which was replaced a file may be
  left which the new master does not list; and no flush failed, of which there is at least one for each file, be it new
  or kept;
- 1: one error line says what failed, and of which file; no temporary is left; each file that is there is as before
  the run, or is one of the finished ones; a new master is there only if all that it links is.

Closing, it prints a line a kind: fault KIND points N failures N.
"""
import collections
import concurrent.futures
import itertools
import json
import os
import queue
import re
import shutil
import subprocess
import tempfile
import types
import unittest

import h5py
import numpy as np

import figures
import live
import series
from run import compress, digests, program, run

KINDS = ("memory", "open", "read", "write", "fsync", "rename", "inquiry", "lock", "thread", "library", "hdf5")
LONG = bool(os.environ.get("LBC_LONG"))
LEFT_OUT = re.compile(r"^l_bnl_compress: warning: .* left out", re.M)
NAMES_FILE = re.compile(r"\.(h5|nxs|json|html|cbf|lbc-lock): |^(\.|m): ")  # or a folder
NO_FILE = ("memory", "thread", "library")  # where none need be concerned
OUTPUT = re.compile(r"x(_squash)?_\d{6}\.h5$")
LOCK = re.compile(r"^\..*\.lbc-lock$")
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # many small files, each flushed

points = collections.Counter()
failures = collections.Counter()
inputs = {}


def setUpModule():
    inputs["folder"] = folder = tempfile.mkdtemp(prefix="lbc_fault_", dir=FAST)
    unittest.addModuleCleanup(shutil.rmtree, folder, ignore_errors=True)
    images = series.frames(5)
    mask = np.zeros(images.shape[1:], "u4")
    mask[3, 4] = 1
    inputs["fast"] = series.filewriter(folder, "fast", images, mask=mask)
    inputs["slow"] = series.filewriter(folder, "slow", images, storage="shuffle_deflate", mask=mask)
    inputs["nxmx"] = series.nxmx(folder, "nxmx", images, mask=mask)
    inputs["virtual"] = series.virtual(folder, "virtual", images)


def tearDownModule():
    for kind in KINDS:
        print(f"fault {kind} points {points[kind]} failures {failures[kind]}", flush=True)
    figures.note("calls", {"modes": len(MODES), "every": sum(m.every for m in MODES.values()), "points": points,
                           "failures": sum(failures.values())})


class Program:
    """fault_compress, by which runs are made one after the other."""

    def __init__(self, options):
        sanitizer = os.environ.get("ASAN_OPTIONS", "")
        leaks = os.path.join(os.path.dirname(os.path.abspath(__file__)), "leaks.txt")
        self.process = subprocess.Popen([program("fault_compress"), *map(str, options)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, **live.DAY, "ASAN_OPTIONS": f"{sanitizer}:exitcode=99",
                                             "LSAN_OPTIONS": f"suppressions={leaks}:print_suppressions=0"})

    def run(self, folder, kind="none", k=0):
        """.returncode as subprocess has it, .said, and in .failed the call that failed, or None."""
        self.process.stdin.write(f"{kind} {k} {folder}\n")
        self.process.stdin.flush()
        status, number, failed = self.process.stdout.readline().split()
        with open(folder + "said", encoding="utf-8", errors="replace") as f:
            said = f.read()
        os.remove(folder + "said")
        return types.SimpleNamespace(returncode=int(status) or -int(number), said=said,
                                     failed=failed if failed != "-" else None)

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def whole(path):
    """A report is not the same in two runs, but is not cut short."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    return bool(json.loads(text)) if path.endswith(".json") else text.endswith("</html>\n")


def but_for_a_field(name, folder, after):
    """Whether a file is as it should be, but for a field of the input that was left out."""
    if name == "x_master.h5" or name.endswith(".cbf"):
        return True
    files = [name for name in (folder + name, after + name) if os.path.exists(name)]
    return len(files) == 2 and OUTPUT.match(name) and stored(files[0]) == stored(files[1])


def stored(path):
    """The images of a data file, as they are stored, or the codestreams of a squash file."""
    with h5py.File(path, "r") as f:
        if "data" not in f["entry/data"]:
            return {name: stream[()].tobytes() for name, stream in f["entry/data"].items()}
        images = f["entry/data/data"].id
        return [images.read_direct_chunk((n, 0, 0)) for n in range(images.shape[0])]


class Mode:
    def __init__(self, *options, source="fast", before=None, reports=(), every=False):
        self.options, self.source, self.before, self.reports, self.every = options, source, before, reports, every

    def arguments(self, threads):
        source = [] if "-i" in self.options else ["-i", inputs[self.source], "-o", "x", "-d", 2]
        return [*source, "--jobs" if "-t" in self.options else "-p", threads, *self.options]

    def check(self, folder, kind, done, first, last, after):
        """What is wrong with a run from files `first` that should have come to `last`, those of the folder `after`; "":
        nothing."""
        now = {n: d for n, d in digests(folder).items() if not LOCK.match(os.path.basename(n))}
        now_reports = [r for r in self.reports if now.pop(r, None)]
        if done.returncode not in (0, 1):
            return f"exit {done.returncode}"
        for name in now_reports:
            if not whole(folder + name):
                return f"{name} is cut short"
        if done.returncode == 0 and kind == "fsync" and done.failed:
            return "exit 0, and not all is on the disk"
        if done.returncode == 0:
            replaced = {n for n in {*now} - {*last} if now[n] == first.get(n)}
            changed = {n for n in {*now, *last} - replaced if now.get(n) != last.get(n)}
            if len(now_reports) != len(self.reports):
                return "exit 0 without all reports"
            if not changed or LEFT_OUT.search(done.said) and all(but_for_a_field(n, folder, after) for n in changed):
                return ""
            return f"exit 0, and not as they should be: {changed}"
        errors = re.findall(r"^l_bnl_compress: error: (.*)", done.said, re.M)
        if len(errors) != 1:
            return f"exit 1 with {len(errors)} errors"
        if kind not in NO_FILE and not NAMES_FILE.search(errors[0]) or ".lbc~" in errors[0]:
            return "exit 1 with an error that names no file, or a temporary one"
        strange = [n for n in now if now[n] not in (first.get(n), last.get(n))]
        if strange:
            return f"left {strange}"
        master = now.get("x_master.h5")
        complete = [s for s in (first, last) if master and s.get("x_master.h5") == master and
                    all(now.get(n) == d for n, d in s.items() if n.endswith(".h5"))]
        return "left a master of an incomplete set" if master and not complete else ""


def finished(*options):
    """The files of an earlier run."""
    return lambda folder: compress(inputs["fast"], folder + "x", "-d", 2, *options, env=live.DAY)


def interrupted(*options, without=()):
    def make(folder):
        finished(*options)(folder)
        for name in ("x_000002.h5", "x_master.h5", *without):
            os.remove(folder + name)
    return make


def interrupted_with_minicbf(folder):
    interrupted("-c", "bslz4", "--minicbf", folder + "m/m", without=["m/m_000003.cbf", "m/m_000005.cbf"])(folder)


MODES = {
    "bslz4": Mode("-c", "bslz4", every=True),
    "zstd": Mode("-c", "zstd"),
    "bin_and_sum": Mode("-b", 2, "-s", 2, "-c", "bslz4"),
    "hcomp": Mode("-H", 4, "-c", "hcomp"),
    "j2k": Mode("-J", 10, "-c", "j2k"),
    "j2k_openjpeg": Mode("-J", 10, "-c", "bslz4", "--j2k-engine", "openjpeg"),
    "squash": Mode("-J", 10, "-q", "out_file", "-c", "bslz4"),
    "verify": Mode("-H", 4, "-q", "out_file", "-c", "bslz4", "--verify", every=True),
    "check": Mode("-i", "x_master.h5", "--verify", before=finished("-c", "bslz4"), every=True),
    "resume": Mode("-c", "bslz4", "--resume", before=interrupted("-c", "bslz4"), every=True),
    "overwrite": Mode("-c", "bslz4", "--overwrite", before=finished("-c", "zstd", "-b", 2, "-d", 1)),
    "minicbf": Mode("-c", "bslz4", "--minicbf", "m/m"),
    "minicbf_resume": Mode("-c", "bslz4", "--minicbf", "m/m", "--resume", before=interrupted_with_minicbf, every=True),
    "reports": Mode("-H", 4, "-c", "bslz4", "--json", "r.json", "--report", "r.html",
                    reports=("r.json", "r.html")),
    "share": Mode("-c", "bslz4", "-p", 2, "-t", 1),
    "share_of_the_master": Mode("-c", "bslz4", "-p", 2, "-t", 0),
    "slow_input": Mode("-c", "bslz4", source="slow"),
    "nxmx": Mode("-c", "bslz4", source="nxmx"),
    "virtual": Mode("-c", "bslz4", source="virtual", every=True),
}


def chosen(mode, kind, threads):
    """The numbers of the calls that fail in turn."""
    if LONG and threads == 1:
        return itertools.count(1, 1 if mode.every or kind not in ("memory", "hdf5") else 7)
    stride = {"hdf5": 97, "library": 23, "fsync": 1}.get(kind, 13)
    return itertools.count(1, stride * (1 if threads == 1 else 3))


class Calls(unittest.TestCase):
    def prepare(self, mode, threads):
        """A folder as it is before a run, its files, those after one in which nothing fails, and the folder of these."""
        folder = tempfile.mkdtemp(dir=inputs["folder"]) + "/"
        mode.before and mode.before(folder)
        after = folder[:-1] + "_after/"
        shutil.copytree(folder, after)
        one = Program(mode.arguments(threads))
        done = one.run(after)
        one.end()
        self.assertEqual(done.returncode, 0, done.said)
        return folder, digests(folder), {n: d for n, d in digests(after).items() if n not in mode.reports}, after

    def all_points(self, mode, kind, threads, programs, prepared):
        """How many calls failed, and what is wrong with each run that is not right."""
        before, *files = prepared

        def point(k):
            folder = tempfile.mktemp(dir=inputs["folder"]) + "/"
            shutil.copytree(before, folder)
            one = programs.get()
            done = one.run(folder, kind, k)
            programs.put(one)
            wrong = mode.check(folder, kind, done, *files)
            shutil.rmtree(folder)
            return done.failed, wrong and f"{kind} {k} ({done.failed}), {threads} threads: {wrong}\n{done.said[:3000]}"

        count, wrongs = 0, []
        numbers = chosen(mode, kind, threads)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            while True:
                results = list(pool.map(point, itertools.islice(numbers, os.cpu_count())))
                count += sum(1 for failed, _ in results if failed)
                wrongs += [w for _, w in results if w]
                if not results[-1][0]:
                    points[kind] += count
                    failures[kind] += len(wrongs)
                    return count, wrongs

    def all_kinds(self, mode, threads):
        prepared = self.prepare(mode, threads)
        _, first, last, _ = prepared
        programs = queue.Queue()
        for _ in range(os.cpu_count()):
            programs.put(Program(mode.arguments(threads)))
        for kind in KINDS:
            with self.subTest(kind, threads=threads):
                count, wrongs = self.all_points(mode, kind, threads, programs, prepared)
                self.assertTrue(not wrongs, "\n".join(["", *wrongs]))
                if kind == "fsync" and threads == 1 and first != last:
                    self.assertGreaterEqual(count, len([n for n in last if not LOCK.match(n)]))
        while not programs.empty():
            programs.get().end()


def test_of(mode):
    def test(self):
        self.all_kinds(mode, 1)
        self.all_kinds(mode, 2)
    return test


for mode_name, a_mode in MODES.items():
    setattr(Calls, f"test_{mode_name}", test_of(a_mode))


if __name__ == "__main__":
    unittest.main()
