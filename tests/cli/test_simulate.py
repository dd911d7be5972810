# SPDX-License-Identifier: LGPL-2.1-or-later
"""l_bnl_simulate: options, errors, files, and the same bytes for the same seed."""
import csv
import hashlib
import os
import subprocess
import tempfile
import unittest

import h5py
import hdf5plugin  # noqa: F401  registers the filters
import numpy as np

PROGRAM = os.path.join(os.environ["LBC_BUILD"], "bin", "l_bnl_simulate")

# The pixels of `-D 500K -n 2`, whatever the machine, compiler and compression.
PIXELS_OF_SEED_1 = "d4ab564841227f822e4390a5f00ac21f"

AXES = ["omega", "chi", "kappa", "phi"]
SUFFIXES = ["", "_end", "_increment", "_range_average", "_range_total", "_start"]


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


class Simulate(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def run_program(self, *words):
        return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=120,
                              cwd=self.folder.name)

    def make(self, name, *words, detector="500K", images=2):
        done = self.run_program("-D", detector, "-n", images, "-o", name, *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, "")
        return done

    def refused(self, *words, code=2):
        done = self.run_program(*words)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertRegex(done.stderr, r"\Al_bnl_simulate: error: [^\n]+\n\Z")
        self.assertEqual(done.stdout, "")
        return done.stderr

    def frames(self, name, first=1):
        with h5py.File(self.path(name + "_master.h5"), "r") as master:
            data = master["entry/data"]
            names = sorted(k for k in data if k.startswith("data_"))
            self.assertEqual(names[0], f"data_{first:06d}")
            return np.concatenate([data[k][()] for k in names])

    # ---- help and errors

    def test_help(self):
        done = self.run_program("-h")
        self.assertEqual(done.returncode, 0)
        for word in ["--seed", "--space-group", "--anomalous", "--detector", "--dialect", "P43212", "I213", "P212121"]:
            self.assertIn(word, done.stdout)
        self.assertTrue(all(len(line) <= 80 for line in done.stdout.splitlines()[6:-3]))
        done = self.run_program("--version")
        self.assertRegex(done.stdout, r"\Al_bnl_simulate-\d+\.\d+\.\d+-\d{4}-\d\d-\d\d\n\Z")

    def test_nonsense_is_refused(self):
        for words in [["--no-such"], ["-n", "0"], ["-n", "x"], ["-n"], ["-b", "8"], ["-D", "3M"], ["-g", "P9"],
                      ["-C", "1,2,3"], ["-C", "79,80,38,90,90,90"], ["--beam", "5"], ["-w", "0"], ["-m", "0"],
                      ["-W", "9"], ["-g", "P1", "-C", "900,900,900,90,90,90"], ["-L", "1"], ["--first-block", "2"], ["--style", "x"], ["-c", "gzip"],
                      ["-c", "j2k"], ["--cutoff", "65533"], ["-x", "-1"], ["-s", "-1"], ["operand"]]:
            with self.subTest(words):
                self.refused("-o", self.path("a"), *words)
        self.assertEqual(os.listdir(self.folder.name), [])

    def test_unknown_detectors_are_told_those_that_are_known(self):
        for words, known in [(["-D", "list"], "500K, 1M, 4M, 9M, 16M"), (["-D"], "500K|1M|4M|9M|16M")]:
            self.assertIn(known, self.refused("-o", self.path("a"), *words))

    def test_outputs_are_not_overwritten_unasked(self):
        self.make("a")
        before = digest(self.path("a_data_000001.h5"))
        self.assertIn("a_truth.csv", self.refused("-D", "500K", "-n", "2", "-o", "a", "-s", 2, code=1))
        os.remove(self.path("a_truth.csv"))
        self.assertIn("a_data_000001.h5", self.refused("-D", "500K", "-n", 2, "-o", "a", "--no-truth", "-s", 2, code=1))
        self.assertEqual(digest(self.path("a_data_000001.h5")), before)
        self.make("a", "-s", 2, "--overwrite")
        self.make("a", "-s", 2, "--overwrite", "--no-truth")
        self.assertNotEqual(digest(self.path("a_data_000001.h5")), before)
        self.assertFalse(os.path.exists(self.path("a_truth.csv")))

    def test_folder_is_made(self):
        self.make("new/er/a", "-q")
        self.assertEqual(sorted(os.listdir(self.path("new/er"))), ["a_data_000001.h5", "a_master.h5", "a_truth.csv"])

    # ---- repeatability

    def test_same_seed_same_bytes(self):
        self.make("a", "-p", 1, "-d", 3, images=5)
        os.mkdir(self.path("other"))
        self.make("other/a", "-p", 3, "-d", 3, images=5)
        names = ["a_master.h5", "a_data_000001.h5", "a_data_000002.h5", "a_truth.csv"]
        for name in names:
            self.assertEqual(digest(self.path(name)), digest(self.path("other/" + name)), name)
        self.make("other/a", "-s", 2, "-d", 3, "--overwrite", images=5)
        for name in names[1:]:
            self.assertNotEqual(digest(self.path(name)), digest(self.path("other/" + name)), name)

    def test_pixels_are_the_same_everywhere(self):
        self.make("a", "-c", "none")
        self.assertEqual(hashlib.sha256(self.frames("a").tobytes()).hexdigest()[:32], PIXELS_OF_SEED_1)

    def test_blocks_and_compression_leave_the_pixels_alone(self):
        self.make("a", images=4)
        expected = self.frames("a")
        for n, words in enumerate([["-d", 1], ["-d", 3, "--first-block", 0], ["-c", "none"], ["-c", "lz4"],
                                   ["--style", "ntrigger"], ["--dialect", "filewriter2"], ["--dialect", "nxmx"]]):
            with self.subTest(words):
                self.make(f"b{n}", *words, images=4)
                got = self.frames(f"b{n}", 0 if "--first-block" in words else 1)
                np.testing.assert_array_equal(got, expected)
        self.make("wide", "-b", 32, "--cutoff", 12440, images=4)
        wide = self.frames("wide")
        self.assertEqual((expected.dtype, wide.dtype), (np.uint16, np.uint32))
        np.testing.assert_array_equal(wide.astype(np.uint16), expected)
        self.assertEqual(wide.max(), 2**32 - 1)

    # ---- what is in the files

    def test_detectors(self):
        for detector, shape in [("500K", (514, 1030)), ("1M", (1065, 1030)), ("4M", (2167, 2070)),
                                ("9M", (3269, 3110)), ("16M", (4371, 4150))]:
            with self.subTest(detector):
                self.make(detector, "--no-truth", "--d-min", 4, detector=detector, images=1)
                with h5py.File(self.path(detector + "_master.h5"), "r") as f:
                    self.assertEqual(f["entry/data/data_000001"].shape, (1,) + shape)
                    det = f["entry/instrument/detector"]
                    self.assertEqual(det["description"][()].decode(), "Dectris Eiger " + detector)
                    self.assertEqual(det["pixel_mask"].shape, shape)
                    specific = det["detectorSpecific"]
                    self.assertEqual(specific["x_pixels_in_detector"][()], shape[1])
                    self.assertEqual(specific["y_pixels_in_detector"][()], shape[0])

    def test_master_fields(self):
        self.make("a", "-w", 0.25, "--start", 30, "-d", 2, "-L", 100, "--beam", "500.5,260.25", "-W", 1.0, images=5)
        with h5py.File(self.path("a_master.h5"), "r") as f:
            self.assertNotIn("definition", f["entry"])
            self.assertEqual(f.attrs.keys(), set())
            links = [f["entry/data"].get(k, getlink=True) for k in sorted(f["entry/data"])]
            self.assertEqual([(x.filename, x.path) for x in links],
                             [(f"a_data_{n:06d}.h5", "/entry/data/data") for n in (1, 2, 3)])
            det = f["entry/instrument/detector"]
            self.assertAlmostEqual(float(f["entry/instrument/beam/incident_wavelength"][()]), 1.0)
            self.assertAlmostEqual(float(det["detector_distance"][()]), 0.1)
            self.assertEqual(det["detector_distance"].attrs["units"], b"m")
            self.assertEqual(float(det["beam_center_x"][()]), 500.5)
            self.assertEqual(float(det["beam_center_y"][()]), 260.25)
            self.assertAlmostEqual(float(det["x_pixel_size"][()]), 75e-6)
            self.assertEqual(det["bit_depth_image"][()], 16)
            np.testing.assert_array_equal(det["geometry/orientation/value"][()], [-1, 0, 0, 0, -1, 0])
            np.testing.assert_allclose(det["geometry/translation/distances"][()], [500.5 * 75e-6, 260.25 * 75e-6, -0.1],
                                       rtol=1e-6)
            specific = det["detectorSpecific"]
            self.assertEqual((specific["nimages"][()], specific["ntrigger"][()]), (5, 1))
            self.assertEqual(specific["countrate_correction_count_cutoff"][()], 12440)
            self.assertAlmostEqual(float(specific["photon_energy"][()]), 12398.42, places=1)
            self.assertEqual(specific["number_of_excluded_pixels"][()], np.count_nonzero(det["pixel_mask"][()]))
            goniometer = f["entry/sample/goniometer"]
            for axis in AXES:
                for suffix in SUFFIXES:
                    self.assertEqual(goniometer[axis + suffix].attrs["units"], b"degree")
            np.testing.assert_allclose(goniometer["omega"][()], 30 + 0.25 * np.arange(5))
            np.testing.assert_allclose(goniometer["omega_end"][()], 30.25 + 0.25 * np.arange(5))
            self.assertEqual(goniometer["omega_range_total"][()], 1.25)
        with h5py.File(self.path("a_data_000002.h5"), "r") as f:
            data = f["entry/data/data"]
            self.assertEqual(data.chunks, (1, 514, 1030))
            self.assertEqual((data.attrs["image_nr_low"], data.attrs["image_nr_high"]), (3, 4))

    def test_styles_and_dialects(self):
        self.make("a", "--style", "ntrigger", "--dialect", "filewriter2")
        with h5py.File(self.path("a_master.h5"), "r") as f:
            specific = f["entry/instrument/detector/detectorSpecific"]
            self.assertEqual((specific["nimages"][()], specific["ntrigger"][()]), (1, 2))
            self.assertEqual(f["entry/definition"][()], b"NXmx")
            module = f["entry/instrument/detector/module"]
            np.testing.assert_array_equal(module["data_size"][()], [514, 1030])
            np.testing.assert_array_equal(module["fast_pixel_direction"].attrs["vector"], [-1, 0, 0])
            omega = f[f["entry/sample/depends_on"][()].decode()]
            np.testing.assert_array_equal(omega.attrs["vector"], [-1, 0, 0])
            np.testing.assert_array_equal(omega[()], [0, 0.5])
        self.make("b", "--dialect", "nxmx", "-d", 2, images=3)
        with h5py.File(self.path("b_master.h5"), "r") as f:
            self.assertTrue(f["entry/data/data"].is_virtual)
            self.assertNotIn("goniometer", f["entry/sample"])
            np.testing.assert_array_equal(f["entry/data/data"][()], self.frames("b"))

    def test_pixels(self):
        self.make("a", "--cutoff", 200, "--hot", 2, "--dead", 5, "--noisy", 4, detector="1M", images=3)
        frames = self.frames("a")
        with h5py.File(self.path("a_master.h5"), "r") as f:
            mask = f["entry/instrument/detector/pixel_mask"][()]
        values, counts = np.unique(mask, return_counts=True)
        self.assertEqual(dict(zip(values.tolist(), counts.tolist())),
                         {0: mask.size - 37 * 1030 - 9, 1: 37 * 1030, 2: 5, 16: 4})
        self.assertTrue((frames[:, mask != 0] == 65535).all())
        live = frames[:, mask == 0]
        self.assertEqual(live.max(), 201)  # overloads: one above the cutoff
        self.assertGreater(np.count_nonzero(live == 201), 10)
        self.assertTrue(1.0 < live.mean() < 4.0)
        # Poisson noise: two images differ by as much as their mean says where there are no spots
        quiet = (frames[0] < 12) & (frames[1] < 12) & (mask == 0)
        difference = frames[0][quiet].astype(float) - frames[1][quiet]
        self.assertAlmostEqual(difference.var() / (2 * frames[:2, quiet].mean()), 1.0, delta=0.1)

    def test_truth(self):
        self.make("a", "-g", "I213", "-a", 0.1, "-B", 0, "--predictions", "--d-min", 3, images=20)
        with open(self.path("a_truth.csv"), newline="") as f:
            rows = list(csv.DictReader(f))
        self.assertEqual(list(rows[0]), ["h", "k", "l", "i_plus", "i_minus", "centric", "epsilon", "d"])
        truth = {(int(r["h"]), int(r["k"]), int(r["l"])): (float(r["i_plus"]), float(r["i_minus"])) for r in rows}
        self.assertEqual(len(truth), len(rows))
        self.assertTrue(all((h + k + l) % 2 == 0 for h, k, l in truth))
        self.assertTrue(all(float(r["d"]) >= 3 for r in rows))
        self.assertTrue(all(r["i_plus"] == r["i_minus"] for r in rows if r["centric"] == "1"))
        plus, minus = np.array([truth[k] for k in truth]).T
        general = np.array([r["centric"] == "0" and r["epsilon"] == "1" for r in rows])
        self.assertAlmostEqual(plus[general].mean() / 1000, 1, delta=0.1)
        ratio = np.abs(np.sqrt(plus) - np.sqrt(minus))[general].mean() / np.sqrt(plus)[general].mean()
        self.assertAlmostEqual(ratio, 0.1, delta=0.015)

        def lookup(h, k, l):
            """The intensity of any reflection, by the rotations of the point group 23."""
            for a, b, c in ((h, k, l), (k, l, h), (l, h, k)):
                for x, y, z in ((a, b, c), (-a, -b, c), (-a, b, -c), (a, -b, -c)):
                    if (x, y, z) in truth:
                        return truth[x, y, z][0]
                    if (-x, -y, -z) in truth:
                        return truth[-x, -y, -z][1]
            raise KeyError((h, k, l))

        with open(self.path("a_predictions.csv"), newline="") as f:
            spots = list(csv.DictReader(f))
        self.assertGreater(len(spots), 300)
        # photons / intensity is the Lorentz factor, polarization and absorption: alike for neighbours, never 0
        factor = [float(s["photons"]) / lookup(int(s["h"]), int(s["k"]), int(s["l"])) for s in spots]
        self.assertGreater(min(factor), 0.4)

    def test_spots_are_where_predicted(self):
        self.make("a", "--predictions", "--background", 0.2, "--d-min", 2.5, "-m", 0.1, images=8)
        frames = self.frames("a").astype(np.int64)
        frames[frames == 65535] = 0
        with open(self.path("a_predictions.csv"), newline="") as f:
            spots = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(f)]
        tried = 0
        for s in spots:
            n, x, y = int(s["angle"] // 0.5), int(s["x"]), int(s["y"])
            if s["photons"] < 500 or s["width"] > 0.2 or not (1 <= n < 7 and 8 <= x < 1022 and 8 <= y < 506):
                continue
            box = frames[n - 1:n + 2, y - 5:y + 6, x - 5:x + 6].sum()
            inside = 3 * 121 * 0.2
            self.assertGreater(box, 0.85 * s["photons"] - 5 * s["photons"]**0.5 - inside, s)
            tried += 1
        self.assertGreater(tried, 50)


if __name__ == "__main__":
    unittest.main()
