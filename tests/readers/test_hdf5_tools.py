#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""h5ls, h5dump and h5py on every kind of output: HDF5's own view of our files."""
import os
import shutil
import subprocess
import tempfile
import unittest

import h5py
import hdf5plugin  # noqa: F401  registers the filters
import numpy as np

import series
import trees

CODECS = ["none", "bslz4", "bshuf", "zstd", "bszstd"]
N = 7


def run(*words):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=120)
    if done.returncode or "error" in done.stderr:
        raise AssertionError(f"{' '.join(map(str, words))}: {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


@unittest.skipUnless(shutil.which("h5dump"), "hdf5-tools is not installed")
class Tools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        frames = series.frames(N, 230, 310)
        mask = np.zeros((230, 310), "u4")
        mask[50:60] = 1
        cls.master = series.filewriter(cls.folder.name, "run", frames, mask=mask)
        for codec in CODECS:
            run(trees.program("l_bnl_compress"), "-i", cls.master, "-o", cls.at(codec), "-c", codec, "-b", 2, "-d", 3,
                "-q", "out_file", "-H", 2)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def at(cls, name):
        return os.path.join(cls.folder.name, name)

    def test_h5repack_makes_a_sound_copy(self):
        """It sizes the filter's entry before it knows the plugin's name, so that our files must have it."""
        for codec in ("none", "bslz4", "zstd"):
            copy = self.at(f"copy_{codec}.h5")
            run("h5repack", self.at(f"{codec}_000001.h5"), copy)
            with h5py.File(self.at(f"{codec}_000001.h5"), "r") as a, h5py.File(copy, "r") as b:
                np.testing.assert_array_equal(a["entry/data/data"][:], b["entry/data/data"][:])

    def test_h5ls(self):
        for codec in CODECS:
            listing = run("h5ls", "-r", self.at(f"{codec}_master.h5"))
            self.assertIn("/entry/data/data         Dataset {7, 115, 155}", listing)
            self.assertIn(f"External Link {{{codec}_000003.h5//entry/data/data}}", listing)
            listing = run("h5ls", "-v", self.at(f"{codec}_000001.h5") + "/entry/data/data")
            self.assertIn("{3/Inf, 115/115, 155/155}", listing)
            self.assertIn("{1, 115, 155}", listing)
            self.assertNotIn("Modified", listing)
            self.assertIn("/entry/data/data_000007", run("h5ls", "-r", self.at(f"{codec}_squash_000003.h5")))

    def test_h5dump(self):
        for codec in CODECS:
            self.assertIn("SUPERBLOCK_VERSION 0", run("h5dump", "-B", "-H", self.at(f"{codec}_000001.h5")))
            header = run("h5dump", "-p", "-H", "-d", "/entry/data/data", self.at(f"{codec}_000001.h5"))
            self.assertEqual("FILTER_ID" in header, codec != "none")
            run("h5dump", "-d", "/entry/instrument/detector/module/data_size", self.at(f"{codec}_master.h5"))
            self.assertIn("SUPERBLOCK_VERSION 0", run("h5dump", "-B", "-H", self.at(f"{codec}_master.h5")))

    @staticmethod
    def read(path):
        with h5py.File(path, "r") as f:
            return f["entry/data/data"][()]

    def test_pixels_do_not_depend_on_the_codec(self):
        expected = self.read(self.at("none_master.h5"))
        self.assertEqual(expected.shape, (N, 115, 155))
        for codec in CODECS:
            if codec in series.NO_PLUGIN:
                continue
            np.testing.assert_array_equal(self.read(self.at(f"{codec}_master.h5")), expected)
            raw = self.at("raw")
            run("h5dump", "-d", "/entry/data/data", "-b", "LE", "-o", raw, self.at(f"{codec}_000002.h5"))
            np.testing.assert_array_equal(np.fromfile(raw, "<u2").reshape(3, 115, 155), expected[3:6])

    def test_from_another_folder(self):
        """Links are relative to the master, wherever the reader stands."""
        here = os.getcwd()
        try:
            os.chdir("/")
            self.assertEqual(self.read(self.at("bslz4_master.h5"))[N - 1, 30, 2], self.read(self.at("bslz4_000003.h5"))[0, 30, 2])
        finally:
            os.chdir(here)
        os.mkdir(self.at("moved"))
        for name in ("bslz4_master.h5", *(f"bslz4_{k:06d}.h5" for k in (1, 2, 3))):
            shutil.copy(self.at(name), self.at("moved"))
        np.testing.assert_array_equal(self.read(self.at("moved/bslz4_master.h5")), self.read(self.at("bslz4_master.h5")))


if __name__ == "__main__":
    unittest.main()
