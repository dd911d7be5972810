#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""DIALS on our output: the models it makes of a master, the frames and masks it reads, and what it makes of the spots.

Most kinds of output are opened through dxtbx, which is what dials.import does; a few by the command itself, with
LBC_LONG=1 all. The input is simulated, so that everything is known.
"""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import h5py
import hdf5plugin  # noqa: F401  registers the filters
import numpy as np

import trees

try:
    from dxtbx.model.experiment_list import ExperimentListFactory
except ImportError:
    ExperimentListFactory = None

LONG = os.environ.get("LBC_LONG") == "1"
DIALECTS = ["filewriter1", "filewriter2", "nxmx"]
SHAPE, IMAGES, WIDTH, START = (1065, 1030), 12, 0.25, 30.0
CELL = [79.1, 79.1, 37.9, 90, 90, 90]


def run(*words, cwd=None, timeout=500):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=timeout, cwd=cwd,
                          env={**os.environ, "COLUMNS": "200"})
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, words))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def stored(master):
    """All frames of an output and its pixel mask, by h5py and the files' own links."""
    with h5py.File(master, "r") as f:
        names = sorted(k for k in f["entry/data"] if k.startswith("data_"))
        frames = np.concatenate([f["entry/data"][k][()] for k in names])
        return frames, f["entry/instrument/detector/pixel_mask"][()]


@unittest.skipUnless(shutil.which("dials.import") and ExperimentListFactory, "DIALS is not installed")
class Import(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.beam = {}
        for dialect in DIALECTS:
            run(trees.program("l_bnl_simulate"), "-q", "-o", cls.at(dialect), "--dialect", dialect, "-n", IMAGES,
                "-w", WIDTH, "--start", START, "-d", 5, "--no-truth", "--intensity", 300)
            with h5py.File(cls.at(dialect + "_master.h5"), "r") as f:
                detector = f["entry/instrument/detector"]
                cls.beam[dialect] = [float(detector[f"beam_center_{a}"][()]) * 0.075 for a in "xy"]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def at(cls, name):
        return os.path.join(cls.folder.name, name)

    def make(self, dialect, *options):
        name = re.sub(r"\W", "", "_".join(map(str, (dialect,) + options)))
        run(trees.program("l_bnl_compress"), "-i", self.at(dialect + "_master.h5"), "-o", self.at(name), *options)
        return self.at(name + "_master.h5")

    def check(self, dialect, bin_=1, sum_=1, *options, images=None):
        with self.subTest(dialect=dialect, bin=bin_, sum=sum_, options=options):
            master = self.make(dialect, "-b", bin_, "-s", sum_, *options)
            frames, mask = stored(master)
            images = images or IMAGES // sum_
            self.assertEqual(len(frames), images)
            if LONG:
                self.check_command(master, images)
            [experiment] = ExperimentListFactory.from_filenames([master])
            self.check_models(experiment, dialect, bin_, sum_, images, master)
            self.check_frames(experiment.imageset, frames, mask, master)

    def check_command(self, master, images):
        with tempfile.TemporaryDirectory() as folder:
            log = run("dials.import", master, cwd=folder)
            with open(os.path.join(folder, "imported.expt")) as f:
                models = json.load(f)
        self.assertRegex(log, r"sweep: +1\n")
        self.assertEqual(len(models["experiment"]), 1)
        self.assertEqual(models["scan"][0]["image_range"], [1, images])

    def check_models(self, experiment, dialect, bin_, sum_, images, master):
        panel, scan, beam = experiment.detector[0], experiment.scan, experiment.beam
        ny, nx = (-(-n // bin_) for n in SHAPE)
        self.assertEqual(panel.get_image_size(), (nx, ny))
        np.testing.assert_allclose(panel.get_pixel_size(), [0.075 * bin_] * 2, rtol=1e-6)
        np.testing.assert_allclose(panel.get_ray_intersection(beam.get_s0()), self.beam[dialect], atol=1e-5)
        self.assertAlmostEqual(panel.get_distance(), 80, places=5)
        self.assertAlmostEqual(beam.get_wavelength(), 0.9795, places=6)
        self.assertEqual(panel.get_material(), "Si")
        self.assertEqual(scan.get_image_range(), (1, images))
        start, width = scan.get_oscillation()
        self.assertAlmostEqual(start, START, places=5)
        self.assertAlmostEqual(width, WIDTH * sum_, places=5)
        np.testing.assert_allclose(np.array(scan.get_exposure_times()), scan.get_exposure_times()[0])
        np.testing.assert_allclose(experiment.goniometer.get_rotation_axis(), [1, 0, 0], atol=1e-12)
        with h5py.File(master, "r") as f:
            saturation = int(f["entry/instrument/detector/saturation_value"][()])
        self.assertEqual(panel.get_trusted_range(), (-1, saturation))

    def check_frames(self, imageset, frames, mask, master):
        """Counts and masks of the first and last frame of each data file and one between."""
        with h5py.File(master, "r") as f:
            blocks = f["entry/l_bnl_compress/data_frames"][()]
            saturation = int(f["entry/instrument/detector/saturation_value"][()])
        ends = np.cumsum(blocks)
        for n in sorted({0, *(ends - 1), *ends[:-1], len(frames) // 2}):
            read = imageset.get_raw_data(int(n))[0].as_numpy_array()
            good = (mask == 0) & (frames[n] >= 0) & (frames[n] <= saturation)
            np.testing.assert_array_equal(read[good], frames[n][good])
            self.assertTrue((read[~good & (mask == 0)] > saturation).all() or (read[~good] < 0).any() or good.all())
            np.testing.assert_array_equal(imageset.get_mask(int(n))[0].as_numpy_array(), good)

    def test_dialects(self):
        for dialect in DIALECTS:
            self.check(dialect)
            self.check(dialect, 2, 2, "-d", 4)

    def test_bins_and_sums(self):
        for bin_, sum_ in [(1, 2), (3, 1), (2, 5), (3, 5)]:
            self.check("filewriter1", bin_, sum_, "-d", 1)

    def test_selection(self):
        master = self.make("filewriter2", "-1", 3, "-N", 10, "-s", 2, "-b", 2)
        [experiment] = ExperimentListFactory.from_filenames([master])
        self.assertEqual(experiment.scan.get_image_range(), (1, 4))
        self.assertAlmostEqual(experiment.scan.get_oscillation()[0], START + 2 * WIDTH, places=5)
        self.assertAlmostEqual(experiment.scan.get_oscillation()[1], 2 * WIDTH, places=5)

    def test_storage(self):
        self.check("filewriter1", 2, 3, "-c", "none", "-u", 4)
        self.check("filewriter2", 2, 3, "-c", "zstd", "-u", 4, "-d", 2)
        self.check("nxmx", 2, 1, "-c", "bslz4", "-H", 4, "-d", 5)

    def test_again(self):
        """Our own output is an input like any other: b 2 of b 1 s 2 is b 2 s 2, and the history grows."""
        first = self.make("filewriter1", "-s", 2, "-d", 2)
        second = self.at("again_master.h5")
        run(trees.program("l_bnl_compress"), "-i", first, "-o", self.at("again"), "-b", 2, "-d", 4)
        [experiment] = ExperimentListFactory.from_filenames([second])
        self.check_models(experiment, "filewriter1", 2, 2, IMAGES // 2, second)
        direct, _ = stored(self.make("filewriter1", "-b", 2, "-s", 2))
        again, _ = stored(second)
        np.testing.assert_array_equal(again, direct)
        with h5py.File(first, "r") as a, h5py.File(second, "r") as b:
            before, after = ({k for k in f["entry"] if k.startswith("process_")} for f in (a, b))
            self.assertTrue(before < after)
            self.assertEqual({int(k[8:]) for k in after}, set(range(1, len(after) + 1)))

    def test_detector_on_an_arm(self):
        """FileWriter 1 tells how a detector is turned in fields that only dxtbx's reader of such masters knows: it finds
        the same detector in the input and, by the usual fields, in the output."""
        cos, sin = np.cos(np.deg2rad(20)), np.sin(np.deg2rad(20))
        for name, turn in (("up", [[1, 0, 0], [0, cos, -sin], [0, sin, cos]]),
                           ("aside", [[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]]),
                           ("about", [[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])):
            arm = self.at(name + "_master.h5")
            shutil.copy(self.at("filewriter1_master.h5"), arm)
            with h5py.File(arm, "r+") as f:
                for field in ("orientation/value", "translation/distances"):
                    vectors = f["entry/instrument/detector/geometry/" + field]
                    vectors[()] = (vectors[()].reshape(-1, 3) * [1, 1, -1] @ np.transpose(turn) * [1, 1, -1]).ravel()
            [expected] = ExperimentListFactory.from_filenames([arm])[0].detector
            for bin_ in (1, 2):
                with self.subTest(name, bin=bin_):
                    [panel] = ExperimentListFactory.from_filenames([self.make(name, "-b", bin_)])[0].detector
                    np.testing.assert_allclose(panel.get_fast_axis(), expected.get_fast_axis(), atol=1e-6)
                    np.testing.assert_allclose(panel.get_slow_axis(), expected.get_slow_axis(), atol=1e-6)
                    np.testing.assert_allclose(panel.get_origin(), expected.get_origin(), atol=1e-4)

    def test_note(self):
        """What the note says XDS.INP must hold is what dxtbx makes of the master, once its library has the line
        that the note gives; and fast_dp's way to read a master is no other."""
        from dxtbx.model.detector_helpers_types import DetectorFactory, detector_helpers_types
        from dxtbx.serialize.xds import to_xds
        done = subprocess.run([trees.program("l_bnl_compress"), "-i", self.at("filewriter1_master.h5"), "-o",
                               self.at("note"), "-b", "2", "-s", "3"], capture_output=True, text=True, check=True)
        [line] = re.findall(r"^ *PAD .*", done.stderr, re.M)
        sensor, *numbers, name = line.split()
        detector_helpers_types._detectors[(DetectorFactory.sensor(sensor), *map(int, numbers))] = name
        [experiment] = ExperimentListFactory.from_filenames([self.at("note_master.h5")])
        expected = to_xds(experiment.imageset).XDS_INP()

        def value(text, word):
            return [float(x) for x in re.search(rf"\b{word}= *([-\d. ]+)", text).group(1).split()]

        for word in ("NX", "NY", "QX", "QY", "OVERLOAD", "DATA_RANGE", "OSCILLATION_RANGE"):
            np.testing.assert_allclose(value(done.stderr, word), value(expected, word), rtol=1e-5, err_msg=word)
        for word in ("ORGX", "ORGY"):
            np.testing.assert_allclose(value(done.stderr, word), value(expected, word), atol=0.011)

    def test_command(self):
        for options in [("-b", 2, "-s", 2, "-d", 3), ("-c", "zstd")]:
            self.check_command(self.make("filewriter1", *options), IMAGES // (2 if "-s" in options else 1))


@unittest.skipUnless(shutil.which("dials.index"), "DIALS is not installed")
class Process(unittest.TestCase):
    """Find, index and integrate; the cell is that of the simulation."""

    def process(self, folder, images, d_min, *options):
        def call(*words):
            return run(*words, cwd=folder)

        if not os.path.exists(os.path.join(folder, "run_master.h5")):
            call(trees.program("l_bnl_simulate"), "-q", "-o", "run", "-n", images, "--d-min", d_min, "--no-truth")
        call(trees.program("l_bnl_compress"), "-i", "run_master.h5", "-o", "out", "--overwrite", "-d", 10, *options)
        call("dials.import", "out_master.h5", "output.experiments=imported.expt")
        call("dials.find_spots", "imported.expt", "nproc=1")
        log = call("dials.index", "imported.expt", "strong.refl", "space_group=P43212", "max_cell=120",
                   "refinement_protocol.n_macro_cycles=2")
        indexed, rest = map(int, re.findall(r"\|\s*0 \|\s*(\d+) \|\s*(\d+) \|\s*[\d.]+% +\|", log)[-1])
        cell = [float(x) for x in re.sub(r"\(\d+\)", "", re.findall(r"Unit cell: (.*)", log)[-1]).split(",")]
        self.assertGreater(indexed / (indexed + rest), 0.95)
        for got, expected in zip(sorted(cell), sorted(CELL)):
            self.assertAlmostEqual(got / expected, 1, delta=0.002)
        call("dials.integrate", "indexed.expt", "indexed.refl", "nproc=1", "profile.fitting=False" if not LONG else
             "profile.fitting=True")
        return indexed

    def test_binned_and_summed(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertGreater(self.process(folder, 24, 3.4, "-b", 2, "-s", 2), 1000)

    @unittest.skipUnless(LONG, "takes minutes: LBC_LONG=1")
    def test_as_it_was(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertGreater(self.process(folder, 60, 2.4, "-b", 1, "-s", 1), 4000)
            self.assertGreater(self.process(folder, 60, 2.4, "-b", 2, "-s", 2), 4000)


if __name__ == "__main__":
    unittest.main()
