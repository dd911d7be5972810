# SPDX-License-Identifier: LGPL-2.1-or-later
"""Codestreams at rest in DIALS and h5py, with the plugin as `cmake --install` puts it below a prefix."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import plugin

BUILD = pathlib.Path(os.environ["LBC_BUILD"])
IMAGES = 4


def run(folder, *command, **environment):
    done = subprocess.run([str(c) for c in command], cwd=folder, capture_output=True, text=True, timeout=300,
                          env={**os.environ, **environment})
    if done.returncode:
        raise AssertionError(f"{done.args}\n{done.stdout}\n{done.stderr}")
    return done.stdout


@unittest.skipUnless((BUILD / "bin" / "l_bnl_simulate").exists(), "no l_bnl_simulate")
class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        plugin.need()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="lbc-readers-"))
        said = run(cls.folder, "cmake", "--install", BUILD, "--prefix", cls.folder / "prefix", "--component", "plugin")
        cls.plugins = re.search(r"set HDF5_PLUGIN_PATH=(\S+)", said)[1]
        run(cls.folder, BUILD / "bin" / "l_bnl_simulate", "-D", "500K", "-n", IMAGES, "-o", "sim")
        for name, options in (("hcomp", ("-H", "8")), ("j2k", ("-J", "20"))):
            for out, codec in ((f"{name}_rest", name), (f"{name}_plain", "bslz4")):
                run(cls.folder, BUILD / "bin" / "l_bnl_compress", "-i", "sim_master.h5", "-o", out, "-c", codec, *options)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_plugin_is_installed_alone(self):
        files = [p.name for p in (self.folder / "prefix").rglob("*") if p.is_file()]
        self.assertEqual(files.count("libh5lbc.so"), 1)
        self.assertTrue(self.plugins.startswith(str(self.folder / "prefix")))

    def test_h5py(self):
        script = ("import h5py, sys\n"
                  "a, b = (h5py.File(p)['entry/data/data_000001'][()] for p in sys.argv[1:])\n"
                  "assert a.shape == b.shape and (a == b).all() and a.any()\n")
        for name in ("hcomp", "j2k"):
            with self.subTest(name):
                run(self.folder, "/usr/bin/python3", "-c", script, f"{name}_rest_master.h5", f"{name}_plain_master.h5",
                    HDF5_PLUGIN_PATH=self.plugins)

    @unittest.skipUnless(shutil.which("dials.find_spots"), "no DIALS")
    def test_dials_finds_the_same_spots(self):
        for name in ("hcomp", "j2k"):
            found = []
            for out in (f"{name}_rest", f"{name}_plain"):
                run(self.folder, "dials.import", f"{out}_master.h5", f"output.experiments={out}.expt",
                    HDF5_PLUGIN_PATH=self.plugins)
                said = run(self.folder, "dials.find_spots", f"{out}.expt", f"output.reflections={out}.refl", "nproc=1",
                           HDF5_PLUGIN_PATH=self.plugins)
                found.append(re.findall(r"Found (\d+) strong pixels on image", said))
            with self.subTest(name):
                self.assertEqual(len(found[0]), IMAGES)
                self.assertEqual(*found)
                self.assertGreater(int(found[0][0]), 100)


if __name__ == "__main__":
    unittest.main()
