# SPDX-License-Identifier: LGPL-2.1-or-later
"""The examples of the library run, and liblbc exports what its header declares."""
import os
import re
import subprocess
import tempfile
import unittest

from run import pixels, program, run

BUILD = os.environ["LBC_BUILD"]


class Library(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lbc-library-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def example(self, name, *words, code=0):
        done = subprocess.run([program("example_" + name), *words], cwd=self.folder, capture_output=True, text=True,
                              timeout=120, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout

    def test_stream_and_read(self):
        self.assertIn("st_master.h5: 10 images", self.example("stream", "st"))
        images = pixels(os.path.join(self.folder, "st"))
        self.assertEqual(images.shape, (10, 512, 640))
        said = self.example("read", "st_master.h5", "5")
        self.assertEqual(said, f"640 x 512 pixels, 0 masked, 0 overloaded, {images[4].sum()} counts, "
                               f"largest {images[4].max()}\n")

    def test_compress(self):
        self.assertEqual(run("-D", "500K", "-n", 4, "-o", "in", name="l_bnl_simulate", cwd=self.folder).returncode, 0)
        self.assertRegex(self.example("compress", "in_master.h5", "out"), r"^out_master\.h5: 2 images, \d+ bytes")

    def test_trouble_is_told(self):
        self.example("read", "none.h5", "1", code=1)
        self.example("stream", code=2)

    def test_exports(self):
        done = subprocess.run(["nm", "-D", "--defined-only", os.path.join(BUILD, "liblbc.so")], capture_output=True,
                              text=True, check=True)
        exported = {line.split()[2] for line in done.stdout.splitlines()}
        with open(os.path.join(os.environ["LBC_SOURCE"], "include", "lbc.h"), encoding="utf-8") as f:
            header = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
        declared = set(re.findall(r"\bLBC_API\b[^;(]*?\b(lbc_\w+)\s*\(", header))
        self.assertEqual({name for name in exported if name.startswith("lbc_")}, declared)


if __name__ == "__main__":
    unittest.main()
