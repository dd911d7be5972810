#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The programs and the plugin work from where they are installed: by `cmake --install`, and out of the Debian packages."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = os.environ.get("LBC_BUILD", "")

# Reads all images of two series and wants them equal. Run in a process of its own, as HDF5 reads HDF5_PLUGIN_PATH once.
COMPARE_H5PY = """
import sys, h5py, hdf5plugin
a, b = (h5py.File(name)["/entry/data/data_000001"][()] for name in sys.argv[1:])
assert a.shape == b.shape and (a == b).all() and a.any()
"""
COMPARE_DXTBX = """
import sys
from dxtbx.model.experiment_list import ExperimentListFactory
a, b = (ExperimentListFactory.from_filenames([name])[0].imageset for name in sys.argv[1:])
assert len(a) == len(b) == 4
for i in range(4):
    assert (a.get_raw_data(i)[0] == b.get_raw_data(i)[0]).all_eq(True)
"""


def run(*words, **more):
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300, **more)
    if done.returncode != 0:
        raise AssertionError(f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


@unittest.skipUnless(BUILD, "LBC_BUILD names no build folder")
class Installed(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lbc-install-")
        self.addCleanup(shutil.rmtree, self.folder)

    def check(self, prefix, plugins):
        """The programs below prefix make a series, and foreign programs read it through the plugin there."""
        environment = dict(os.environ, HDF5_PLUGIN_PATH=plugins)
        program = lambda name: os.path.join(prefix, "bin", name)
        run(program("l_bnl_simulate"), "-n", "4", "-D", "500K", "-o", "raw", cwd=self.folder)
        for codec, prefix_out in (("hcomp", "rest"), ("bslz4", "plain")):
            run(program("l_bnl_compress"), "-i", "raw_master.h5", "-H", "16", "-c", codec, "-o", prefix_out, cwd=self.folder)
        masters = "rest_master.h5", "plain_master.h5"
        run(sys.executable, "-c", COMPARE_H5PY, *masters, cwd=self.folder, env=environment)
        try:
            import dxtbx  # noqa: F401
        except ImportError:
            return
        run(sys.executable, "-c", COMPARE_DXTBX, *masters, cwd=self.folder, env=environment)

    @unittest.skipUnless(shutil.which("cmake"), "cmake is not installed")
    def test_below_a_prefix(self):
        prefix = os.path.join(self.folder, "a prefix")
        said = run("cmake", "--install", BUILD, "--prefix", prefix)
        told = re.search(r"HDF5_PLUGIN_PATH=(.*)", said)
        self.assertTrue(told, said)
        self.assertTrue(told.group(1).startswith(prefix), told.group(0))
        self.check(prefix, told.group(1))

    @unittest.skipUnless(shutil.which("dpkg-shlibdeps") and shutil.which("cpack"), "dpkg-dev is not installed")
    def test_from_packages(self):
        run("cpack", "--config", os.path.join(BUILD, "CPackConfig.cmake"), "-B", os.path.join(self.folder, "packages"))
        root = os.path.join(self.folder, "root")
        for package in glob.glob(os.path.join(self.folder, "packages", "*.deb")):
            run("dpkg-deb", "-x", package, root)
        plugin = glob.glob(os.path.join(root, "usr", "lib", "**", "libh5lbc.so"), recursive=True)
        self.assertEqual(len(plugin), 1)
        folder = os.path.dirname(plugin[0])
        self.check(os.path.join(root, "usr"), f"{folder}:{folder[len(root):]}")  # the latter is where HDF5 looks


if __name__ == "__main__":
    unittest.main()
