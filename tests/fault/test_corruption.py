# SPDX-License-Identifier: LGPL-2.1-or-later
"""Damaged series of every dialect and storage: no crash, no hang, no wrong image said to be right.

A run on a damaged series ends in one of these ways:
  refused   exit 1, one error, nothing that looks finished
  hdf5      the same, of damage that the HDF5 library does not outlive (cli/probe.h)
  told      exit 0 with a warning, where what is damaged can be done without
  unharmed  exit 0, and the images are those of the series before
  undefined as true, but of LZ4 that decodes to what the memory held before (damage.lz4_leaves_memory)
  true      exit 0, and the images are those that h5py reads from the damaged files: what a file says without a
            checksum of its own, nobody can know to be wrong
Anything else is wrong. LBC_LONG=1 tries 2500 of them."""
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import unittest

os.environ["OMP_NUM_THREADS"] = "1"  # bitshuffle's threads do not live in a process that was forked

import numpy as np

import damage
import figures
import live
import plugin
import series
import reference
from run import compress, pixels, program

LONG = os.environ.get("LBC_LONG") == "1"
OUTCOMES = ("refused", "hdf5", "told", "unharmed", "true", "undefined")
TRIALS = 2500 if LONG else 90
SECONDS = 180  # after which a run that has not ended hangs
OPTIONS = ["-u", "4", "-d", "1000", "-p", "2"]
STORED = ("none", "bslz4")  # the second: as most of the input, so that frames go in pieces from chunk to chunk


# ---- the series ------------------------------------------------------------------------------

def mask_of(shape):
    mask = np.zeros(shape, "u4")
    mask[7] = 1
    return mask


def simulated(dialect):
    def make(folder, name):
        subprocess.run([program("l_bnl_simulate"), "-o", os.path.join(folder, name), "-D", "500K", "-n", "4", "-d", "2",
                        "--dialect", dialect], check=True, stderr=subprocess.DEVNULL)
        return os.path.join(folder, f"{name}_master.h5")
    return make


def ours(*options):
    """A set that this program wrote."""
    def make(folder, name):
        with tempfile.TemporaryDirectory() as source:
            images = series.frames(6)
            master = series.filewriter(source, "in", images, mask=mask_of(images.shape[1:]))
            compress(master, os.path.join(folder, name), "-d", 3, *options, env=live.DAY)
        return os.path.join(folder, f"{name}_master.h5")
    return make


def made(maker, **more):
    def make(folder, name):
        images = series.frames(6, *more.get("shape", ()), dtype=more.get("dtype", "u2"))
        rest = {"block": 3, **{k: v for k, v in more.items() if k not in ("shape", "dtype")}}
        if maker is series.plain:
            del rest["block"]
        if maker in (series.filewriter, series.nxmx):
            rest["mask"] = mask_of(images.shape[1:])
        return maker(folder, name, images, **rest)
    return make


SERIES = {
    **{f"filewriter_{s}": made(series.filewriter, storage=s) for s in sorted(series.STORAGES)},
    # bitshuffle's blocks are the same in and out, and all of one size: one that is missing leaves room for the next
    "whole_blocks": made(series.filewriter, shape=(64, 128), dtype="u4"),
    "latest": made(series.filewriter, libver="latest"),
    "signed": made(series.filewriter, dtype="i4", storage="bszstd"),
    "nxmx": made(series.nxmx),
    "virtual": made(series.virtual),
    "virtual_files": made(series.virtual, through_links=False),
    "plain": made(series.plain),
    "plain_deflate": made(series.plain, storage="deflate"),
    "filewriter1": simulated("filewriter1"),
    "filewriter2": simulated("filewriter2"),
    "nxmx_virtual": simulated("nxmx"),
    "ours": ours("-c", "bslz4"),
    "ours_hcomp": ours("-H", 4, "-c", "hcomp"),
    "ours_j2k": ours("-J", 4, "-c", "j2k"),
    "ours_squash": ours("-H", 2, "-q", "out_file"),
}
if not plugin.loadable():  # h5py has to read them too
    del SERIES["ours_hcomp"], SERIES["ours_j2k"]


class Series:
    def __init__(self, folder, name):
        self.name = name
        self.folder = os.path.join(folder, name)
        os.mkdir(self.folder)
        self.master = os.path.basename(SERIES[name](self.folder, "run"))
        self.files = sorted(n for n in os.listdir(self.folder) if n.endswith((".h5", ".nxs")))
        out = os.path.join(folder, name + "_out")
        compress(os.path.join(self.folder, self.master), out + "/x", "-c", "none", *OPTIONS)
        self.pixels = pixels(out + "/x")
        shutil.rmtree(out)

    def copied(self, folder, victim):
        """The files, of which one may be changed."""
        for name in self.files:
            (shutil.copy if name == victim else os.link)(os.path.join(self.folder, name), os.path.join(folder, name))
        return os.path.join(folder, self.master)


# ---- one trial -------------------------------------------------------------------------------

def ended(*options):
    """Exit status ("hang": it did not come to an end) and what was said."""
    try:
        done = subprocess.run([program("l_bnl_compress"), *options], capture_output=True, text=True, errors="replace",
                              timeout=SECONDS, check=False, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0:"
                                                                 "allocator_may_return_null=1"})
    except subprocess.TimeoutExpired:
        return "hang", ""
    return done.returncode, done.stderr


def in_a_child(question):
    """What it answers. In a process of its own: damaged files are the end of many a program."""
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            os._exit(0 if question() else 1)
        except BaseException:  # pylint: disable=broad-except
            os._exit(2)
    return os.waitpid(child, 0)[1] == 0


def is_true(master, got):
    """h5py reads these images too."""
    def question():
        readings = [reference.stored_pixels(*r, stored=4) for r in damage.images_as_read(master)]
        return any(np.array_equal(r, got) for r in readings)
    return in_a_child(question)


def judge_run(case, master, out, stored):
    status, said = ended("-i", master, "-o", out + "/x", "-c", stored, *OPTIONS)
    errors = sum(line.startswith("l_bnl_compress: error: ") for line in said.splitlines())
    left = os.listdir(out) if os.path.isdir(out) else []
    if status == 1:
        told = re.search("complete data files? (was|were) left", said) is not None
        wrong = [n for n in left if n.endswith((".tmp", "master.h5")) or not (told or n.startswith("."))]
        if errors == 1 and not wrong:
            return "hdf5" if "the HDF5 library" in said else "refused"
        return f"refused, but {errors} errors, {wrong} left: {said}"
    if status != 0:
        return f"exit {status}: {said}"
    got = pixels(out + "/x")
    if got.shape == case.pixels.shape and np.array_equal(got, case.pixels):
        return "unharmed"
    if "warning: " in said:
        return "told"
    if is_true(master, got):
        return "true"
    return "undefined" if in_a_child(lambda: damage.lz4_leaves_memory(master)) else f"wrong images: {said}"


def judge_check(case, master):
    """Of --verify of a set of ours: what it calls complete is what was written."""
    status, said = ended("-i", master, "--verify")
    if status not in (0, 1):
        return f"--verify: exit {status}: {said}"
    return None


def trial(case, seed):
    """(outcome, what was done)."""
    rng = random.Random(f"{case.name} {seed}")
    with tempfile.TemporaryDirectory(prefix="lbc_corrupt_") as folder:
        victim = case.master if rng.random() < 0.5 else rng.choice(case.files)
        master = case.copied(folder, victim)
        kind, what = damage.spoil(rng, os.path.join(folder, victim))
        stored = rng.choice(STORED)
        outcome = judge_run(case, master, folder + "/out", stored)
        if outcome in OUTCOMES and case.name.startswith("ours"):
            outcome = judge_check(case, master) or outcome
    return case.name, seed, kind, outcome, f"{case.name} {seed}: {victim}: {what}, stored as {stored}"


CASES = {}


def trial_of(name_and_seed):
    return trial(CASES[name_and_seed[0]], name_and_seed[1])


# ---- all -------------------------------------------------------------------------------------

class Corruption(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="lbc_corruption_")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        for name in SERIES:
            CASES[name] = Series(cls.folder, name)

    def test_reader_sees_what_the_program_sees(self):
        """So that `true` means something."""
        for case in CASES.values():
            with self.subTest(case.name):
                master = os.path.join(case.folder, case.master)
                self.assertTrue(is_true(master, case.pixels))
                self.assertFalse(is_true(master, case.pixels + 1))

    def test_damage(self):
        names = sorted(CASES)
        jobs = [(names[i % len(names)], i // len(names)) for i in range(TRIALS)]
        with multiprocessing.get_context("fork").Pool(int(os.environ.get("LBC_CHECK_JOBS", "2"))) as pool:
            done = pool.map(trial_of, jobs, chunksize=1)
        counts, bad = {}, []
        for _, _, kind, outcome, what in done:
            short = outcome if outcome in OUTCOMES else "bad"
            counts[short] = counts.get(short, 0) + 1
            if short == "bad":
                bad.append(f"{what}\n    {outcome}")
        kinds = {k: sum(d[2] == k for d in done) for k in sorted(damage.KINDS)}
        figures.note("corruption", {"inputs": len(done), "series": len(names), **kinds, **counts,
                                    "bad": len(bad)})
        self.assertEqual(bad, [], "\n".join(bad))
        for outcome in ("refused", "unharmed"):
            self.assertGreater(counts.get(outcome, 0), len(done) // 20, counts)


if __name__ == "__main__":
    unittest.main()
