# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory does not grow with the number of images: one run over ten times as many takes as much.
LBC_LONG=1: 20000 images against 2000."""
import os
import re
import tempfile
import time
import unittest

import h5py
import numpy as np

import figures
import live
import plugin
import series

LONG = os.environ.get("LBC_LONG") == "1"
MANY = 20000 if LONG else 2000
SHAPE = (96, 128)
BLOCK = 100
INDEX = 600  # bytes of the index that an image may take: its place, its angle, its time, its checksum
SLACK = 3 << 20  # of the allocator
MODES = {
    "plain": ["-c", "bslz4"],
    "b2s2_verify": ["-b", 2, "-s", 2, "--verify"],
    "H16_at_rest": ["-H", 16, "-c", "hcomp", "-q", "out_file"],
}


@unittest.skipUnless(plugin.loadable(), "a sanitizer keeps memory that was freed")
class Soak(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix="lbc_soak_")
        cls.addClassCleanup(holder.cleanup)
        cls.folder = holder.name
        with h5py.File(os.path.join(cls.folder, "data.h5"), "w") as f:
            series.constant(f, "data", BLOCK, SHAPE)

    def master(self, images):
        """Links to the same file under many names: each is opened, indexed and read as one of its own."""
        path = os.path.join(self.folder, f"{images}_master.h5")
        nimages = {"instrument/detector/detectorSpecific/nimages": (np.uint32(images), None)}
        with series.new_master(path, nimages) as f:
            for n in range(images // BLOCK):
                name = f"{images}_{n + 1:06d}.h5"
                os.link(os.path.join(self.folder, "data.h5"), os.path.join(self.folder, name))
                f[f"entry/data/data_{n + 1:06d}"] = h5py.ExternalLink(name, "/data")
        return path

    def peak(self, master, options):
        """Bytes, as the system noted them while it ran."""
        most = 0
        with tempfile.TemporaryDirectory(dir=self.folder) as out:
            with live.Live("-i", master, "-o", os.path.join(out, "x"), "-p", 2, "-d", 500, *options) as r:
                while r.process.poll() is None:
                    with open(f"/proc/{r.process.pid}/status", encoding="ascii") as f:
                        most = max([most, *map(int, re.findall(r"VmHWM:\s+(\d+) kB", f.read()))])
                    time.sleep(0.005)
                self.assertEqual(r.end(), 0, r.stderr)
        self.assertGreater(most, 0)
        return most * 1024

    def test_memory_is_flat(self):
        few, many, said = self.master(MANY // 10), self.master(MANY), {}
        raw = MANY * SHAPE[0] * SHAPE[1] * 2
        for mode, options in MODES.items():
            with self.subTest(mode):
                first, last = self.peak(few, options), self.peak(many, options)
                said[mode] = f"{first / 1e6:.1f} -> {last / 1e6:.1f} MB"
                self.assertLess(last - first, INDEX * MANY * 9 // 10 + SLACK)
        self.assertGreater(raw, 3 * (INDEX * MANY + SLACK))  # frames that were kept would be seen
        figures.note("soak", {"images": MANY, **said})


if __name__ == "__main__":
    unittest.main()
