# SPDX-License-Identifier: LGPL-2.1-or-later
"""l_bnl_compare: finds how B was made of A, its figures are those of the pixels, its exit status can be relied on."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

import jsonschema
import numpy as np

from run import compress, program, run  # before h5py: it names the folders of filters

import h5py
import series

with open(os.path.join(os.environ["LBC_SOURCE"], "docs", "report.schema.json"), encoding="utf-8") as stream:
    VALIDATOR = jsonschema.Draft202012Validator(json.load(stream))


def compare(*words, **more):
    return subprocess.run([program("l_bnl_compare"), *map(str, words)], capture_output=True, text=True, timeout=300,
                          check=False, **more)


class Compare(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = tempfile.TemporaryDirectory(prefix="lbc-compare-")
        cls.addClassCleanup(cls.data.cleanup)
        done = run("-D", "500K", "-n", 14, "-x", 0.5, "-o", "in", name="l_bnl_simulate", cwd=cls.data.name)
        assert done.returncode == 0, done.stderr
        cls.master = os.path.join(cls.data.name, "in_master.h5")

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lbc-compare-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, name, *options):
        compress(self.master, self.path(name), *options)
        return self.path(name + "_master.h5")

    def json_of(self, *words):
        done = compare("-q", "--json", "-", *words)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        found = json.loads(done.stdout)
        VALIDATOR.validate(found)
        self.assertEqual(found["within_bounds"], done.returncode == 0)
        return found

    # ---- figures -----------------------------------------------------------------------------------

    def test_a_series_equals_itself(self):
        found = self.json_of(self.master, self.master, "--max-rmse", 0, "--max-shift", 0, "--min-correlation", 1)
        self.assertTrue(found["within_bounds"])
        self.assertEqual(found["figures"]["rmse"], 0)
        self.assertEqual(found["ratio_of_stored_bytes"], 1)

    def test_lossless_copies_equal(self):
        for options in (["-c", "bslz4"], ["-c", "zstd", "-u", 4], ["-b", 2, "-c", "none"], ["-s", 7, "-c", "bslz4"],
                        ["-b", 3, "-s", 5, "--partial", "keep"], ["-H", 1, "-c", "hcomp"], ["--gaps", "zero"]):
            with self.subTest(options=options):
                made = self.make("copy", *options, "--overwrite")
                found = self.json_of(self.master, made, "--max-rmse", 0)
                self.assertEqual(found["figures"]["largest_difference"], 0)
                self.assertEqual(found["figures"]["pixels_lost"], 0)

    def test_finds_bin_sum_and_selection(self):
        made = self.make("out", "-b", 2, "-s", 3, "-1", 3, "-N", 11, "-c", "bslz4")
        found = self.json_of(self.master, made, "-N", 11, "--max-rmse", 0)
        self.assertEqual(found["a_brought_to_b"], {"bin": 2, "sum": 3, "first_image": 3})
        self.assertEqual(found["a"]["images"], 9)
        self.assertEqual(found["b"]["images"], 3)

    def test_figures_are_those_of_the_run(self):
        made = self.make("out", "-b", 2, "-H", 8, "-c", "hcomp", "--json", self.path("run.json"))
        with open(self.path("run.json"), encoding="utf-8") as f:
            of_run = json.load(f)
        found = self.json_of(self.master, made)
        self.assertEqual(found["figures"], of_run["figures"])
        self.assertEqual(found["counts"], of_run["counts"])
        for name in ("rmse", "mean_after", "local_mean_shift", "spot_correlation", "bytes_in", "bytes_out"):
            self.assertEqual([row[name] for row in found["images"]], [row[name] for row in of_run["images"]])

    def test_other_dialects(self):
        images = np.random.default_rng(1).poisson(5, (6, 40, 44)).astype("u2")
        a = series.filewriter(self.folder, "a", images)
        b = series.nxmx(self.folder, "b", images[:, :, :])
        self.assertEqual(self.json_of(a, b, "-b", 1)["figures"]["rmse"], 0)
        images[2, 10, 10] += 9
        c = series.plain(self.folder, "c", images)
        found = self.json_of(a, c)
        self.assertEqual(found["figures"]["largest_difference"], 9)
        self.assertAlmostEqual(found["images"][2]["rmse"], np.sqrt(81 / 1760), 9)
        self.assertEqual(found["images"][1]["rmse"], 0)

    # ---- bounds ------------------------------------------------------------------------------------

    def test_bounds_decide_the_exit_status(self):
        made = self.make("out", "-H", 16, "-c", "hcomp")
        figures = self.json_of(self.master, made)["figures"]
        shift = max(abs(figures["relative_mean_shift"]), figures["local_mean_shift"])
        for option, value in (("--max-rmse", figures["rmse"]), ("--max-shift", shift)):
            self.assertEqual(compare(option, value * 1.001, self.master, made).returncode, 0)
            outside = compare(option, value * 0.999, self.master, made)
            self.assertEqual(outside.returncode, 1)
            self.assertIn("outside the bounds", outside.stderr)
        correlation = figures["spot_correlation"]
        self.assertEqual(compare("--min-correlation", correlation - 1e-6, self.master, made).returncode, 0)
        self.assertEqual(compare("--min-correlation", correlation + 1e-6, self.master, made).returncode, 1)

    def test_missing_images_are_outside(self):
        made = self.make("out", "-N", 10, "-c", "bslz4")
        done = compare(self.master, made)
        self.assertEqual(done.returncode, 1)
        self.assertIn("ends 4 images before", done.stderr)
        self.assertEqual(compare(self.master, made, "-N", 10).returncode, 0)

    def test_lost_pixels_are_outside(self):
        copy = self.make("out", "-c", "bslz4")
        with h5py.File(copy, "r+") as f:
            mask = f["/entry/instrument/detector/detectorSpecific/pixel_mask"]
            image = mask[:]
            image[100:110, 100:110] = 1
            mask[:] = image
        done = compare(self.master, copy)
        self.assertEqual(done.returncode, 1)
        self.assertIn("lost", done.stderr)
        found = self.json_of(self.master, copy)
        self.assertEqual(found["figures"]["pixels_lost"], 14 * 100)
        self.assertEqual(compare(self.master, copy, "--max-lost", 0.01).returncode, 0)

    def test_nothing_to_compare_is_outside(self):
        copy = self.make("out", "-c", "bslz4")
        with h5py.File(copy, "r+") as f:
            f["/entry/instrument/detector/detectorSpecific/pixel_mask"][:] = 1
        self.assertEqual(compare(self.master, copy, "--max-lost", 1).returncode, 1)

    # ---- trouble -----------------------------------------------------------------------------------

    def test_trouble_is_2(self):
        made = self.make("out", "-b", 2, "-c", "bslz4")
        for words, said in (([], "two masters"), ([self.master], "two masters"),
                            ([self.master, self.path("none.h5")], "none.h5"),
                            ([made, self.master], "cannot be binned"),
                            ([self.master, made, "-b", 3], "cannot be binned"),
                            ([self.master, made, "-s", 2], "say with -s and -1"),
                            ([self.master, made, "-1", 99], "it has 14"),
                            ([self.master, made, "--max-rmse", "much"], "not a number"),
                            ([self.master, made, "-b", 0], "-b 0"),
                            ([self.master, made, "x"], "not expected")):
            with self.subTest(words=words):
                done = compare(*words)
                self.assertEqual(done.returncode, 2)
                self.assertIn(said, done.stderr)
                self.assertEqual(done.stdout, "")

    def test_a_damaged_file_is_trouble(self):
        made = self.make("out", "-c", "bslz4")
        os.truncate(self.path("out_000001.h5"), os.path.getsize(self.path("out_000001.h5")) // 2)
        self.assertEqual(compare(self.master, made).returncode, 2)

    def test_nothing_is_written_to_either(self):
        made = self.make("out", "-H", 16)
        before = {name: os.stat(self.path(name)).st_mtime_ns for name in os.listdir(self.folder)}
        self.assertEqual(compare(self.master, made, "--report", self.path("page.html")).returncode, 0)
        os.remove(self.path("page.html"))
        self.assertEqual({name: os.stat(self.path(name)).st_mtime_ns for name in os.listdir(self.folder)}, before)

    # ---- what is said ------------------------------------------------------------------------------

    def test_summary_and_page(self):
        made = self.make("out", "-b", 2, "-s", 2, "-H", 16, "-c", "hcomp")
        shutil.copy(made, self.path("made.h5"))
        done = compare("in_master.h5", made, "--report", self.path("page.html"), cwd=self.data.name)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"A to B +bin 2, sum 2, from image 1; \d")
        self.assertIn("within the bounds", done.stderr)
        for line in done.stderr.splitlines():
            if "/" not in line:
                self.assertLessEqual(len(line), 80, line)
        with open(self.path("page.html"), encoding="utf-8") as f:
            page = f.read()
        self.assertIn(page.count("<img"), (24, 36))  # two or three different images
        self.assertIn("in_master.h5 against out_master.h5", page)
        self.assertEqual(compare("-q", self.master, made).stderr, "")

    def test_help_and_version(self):
        shown = compare("-h")
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        for line in shown.stdout.splitlines():
            self.assertLessEqual(len(line), 80, line)
        self.assertRegex(compare("-V").stdout, r"^l_bnl_compare-\d+\.\d+\.\d+-\d{4}-\d\d-\d\d\n$")


if __name__ == "__main__":
    unittest.main()
