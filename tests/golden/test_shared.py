# SPDX-License-Identifier: LGPL-2.1-or-later
"""Real and golden data, where they are at hand (LBC_SHARED_DATA)."""
import os
import tempfile
import unittest

import h5py
import numpy as np

from run import SHARED, compress, pixels  # first: it tells HDF5 where the plugins are

import series

GOLDEN = {
    "b2s1": "-b 2", "b3s1": "-b 3", "b1s3": "-s 3", "b2s2": "-b 2 -s 2", "sel3to10s2": "-1 3 -N 10 -s 2",
    "h4": "-H 4", "h16": "-H 16", "h64": "-H 64", "b2s2h16": "-b 2 -s 2 -H 16",
    "j10": "-J 10", "j125": "-J 125", "j500": "-J 500", "k125": "-K 125", "b2s2j75": "-b 2 -s 2 -J 75",
}


def shared(*names):
    return os.path.join(SHARED, *names)


class Shared(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def out(self, name):
        return os.path.join(self.folder.name, name)

    @unittest.skipUnless(os.path.isdir(shared("golden")), "no golden data here")
    def test_golden_files_of_the_original_program(self):
        for name, options in GOLDEN.items():
            with self.subTest(name):
                compress(shared("golden", "gold_master.h5"), self.out(name), "--gaps", "zero", "-c", "bslz4", "-d", 100,
                         *options.split())
                with h5py.File(shared("golden", f"expect_{name}.h5"), "r") as f:
                    np.testing.assert_array_equal(pixels(self.out(name)), f["/entry/data/data"][:])

    @unittest.skipUnless(os.path.isdir(shared("real")), "no real data here")
    def test_real_series(self):
        masters = [shared("real", "dls_eiger16m_master.h5"), shared("real", "pilatus6m_thaumatin_master.h5"), self.mx3()]
        for i, master in enumerate(masters):
            with self.subTest(master):
                wide = [] if i == 0 else ["-u", 4]
                exact, h, j = self.out(f"e{i}"), self.out(f"h{i}"), self.out(f"j{i}")
                compress(master, exact, "-b", 2, "-s", 2, "-c", "none", *wide)
                compress(master, h, "-b", 2, "-s", 2, "-H", 16, "-c", "bslz4", *wide)
                compress(master, j, "-J", 125, "-c", "zstd", *wide)
                self.check_sums(master, pixels(exact))
                self.check_lossy(pixels(exact), pixels(h))
                compress(master, self.out(f"p{i}"), "-c", "none", *wide)
                self.check_lossy(pixels(self.out(f"p{i}")), pixels(j))

    def mx3(self):
        """A master for the detector's data file that came without one."""
        path = self.out("mx3_master.h5")
        with series.new_master(path, {"instrument/detector/detectorSpecific/nimages": (np.uint32(20), None)}) as f:
            f["entry/data/data_000001"] = h5py.ExternalLink(shared("real", "mx3_uint32_data_000001.h5"), "/entry/data/data")
        return path

    def check_sums(self, master, got):
        """2 x 2 x 2 sums of unmasked pixels, against numpy; what else is masked here, the mask says."""
        with h5py.File(master, "r") as f:
            images = next(v for k, v in sorted(f["/entry/data"].items()) if k.startswith("data_"))[:]
        ny, nx = images.shape[1] // 2, images.shape[2] // 2
        whole = images[: 2 * len(got), : 2 * ny, : 2 * nx].astype(np.int64)
        whole[whole > series.Dump(master, pixels=False).saturation] = -10**12  # markers are above it too
        total = whole.reshape(len(got), 2, ny, 2, nx, 2).sum((1, 3, 5))
        got = got[:, :ny, :nx].astype(np.int64)
        counted = (total >= 0) & (got < np.iinfo("i4").max) & (got != 65535)
        self.assertGreater(counted.mean(), 0.5)
        np.testing.assert_array_equal(got[counted], total[counted])

    def check_lossy(self, before, after):
        """The same pixels are marked; the others stay near."""
        self.assertEqual(before.shape, after.shape)
        marker = np.iinfo(before.dtype).max
        np.testing.assert_array_equal(before == marker, after == marker)
        kept = before != marker
        difference = after[kept].astype(np.float64) - before[kept]
        self.assertLess(abs(difference.mean()), 1)
        self.assertLess(difference.std(), 0.7 * before[kept].std() + 1)


if __name__ == "__main__":
    unittest.main()
