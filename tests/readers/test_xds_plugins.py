#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""XDS's plugins for HDF5, called as XDS calls them (the LIB= interface), on our output.

They are no part of this repository: LBC_XDS_PLUGINS names the libraries, separated by colons
(".../durin-plugin.so:.../dectris-neggia.so"). Without it there is nothing to test.
"""
import os
import subprocess
import sys
import tempfile
import unittest

import h5py
import hdf5plugin  # noqa: F401  registers the filters
import numpy as np

import trees

CALL = os.path.join(os.path.dirname(trees.__file__), "xds_plugin.py")
PLUGINS = [p for p in os.environ.get("LBC_XDS_PLUGINS", "").split(":") if p]


@unittest.skipUnless(PLUGINS, "LBC_XDS_PLUGINS names no plugin")
class Plugins(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.run_program("l_bnl_simulate", "-q", "-o", self.at("in"), "-n", "12", "--no-truth", "--hot", "3")

    def at(self, name):
        return os.path.join(self.folder.name, name)

    def run_program(self, name, *words):
        subprocess.run([trees.program(name), *words], check=True, capture_output=True, timeout=120)

    def read(self, library, master):
        result = self.at("result.npz")
        done = subprocess.run([sys.executable, "-B", CALL, library, master, result],
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return np.load(result)

    def check(self, library, bin_, *options):
        self.run_program("l_bnl_compress", "-i", self.at("in_master.h5"), "-o", self.at("out"), "--overwrite", "-d", "4",
                         "-b", str(bin_), *options)
        read = self.read(library, self.at("out_master.h5"))
        with h5py.File(self.at("out_master.h5"), "r") as f:
            data = f["entry/data"]
            stored = np.concatenate([data[k][()] for k in sorted(data) if k.startswith("data_")])
            mask = f["entry/instrument/detector/pixel_mask"][()]
        bits, stored = 8 * stored.dtype.itemsize, stored.astype("i8")
        good = np.broadcast_to(mask == 0, stored.shape) & (stored < 1 << (bits - 1))
        np.testing.assert_allclose(read["size"], 75e-6 * bin_, rtol=1e-6)
        self.assertEqual(read["nbytes"] * 8, bits)
        np.testing.assert_array_equal(read["frames"][good], stored[good])
        self.assertTrue((read["frames"][:, mask != 0] < 0).all())       # -1 or -2: what XDS leaves out

    def test_output(self):
        for library in PLUGINS:
            for bin_, options in [(1, ("-c", "bslz4")), (2, ("-c", "bslz4", "-s", "2")), (3, ("-c", "none", "-s", "5")),
                                  (2, ("-c", "bslz4", "-u", "4")), (2, ("-c", "bslz4", "-H", "4"))]:
                with self.subTest(library=os.path.basename(library), bin=bin_, options=options):
                    self.check(library, bin_, *options)


if __name__ == "__main__":
    unittest.main()
