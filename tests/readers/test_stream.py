# SPDX-License-Identifier: LGPL-2.1-or-later
"""A set whose frames came from memory is what one made from files is, to DIALS and to us."""
import subprocess
import tempfile
import unittest

from run import pixels, program, run

import h5py
import numpy as np
from dxtbx.model.experiment_list import ExperimentListFactory


class Stream(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="lbc-stream-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.master = cls.folder.name + "/st_master.h5"
        subprocess.run([program("example_stream"), "st"], cwd=cls.folder.name, check=True, capture_output=True)

    def test_dials_knows_where_it_is(self):
        experiment, = ExperimentListFactory.from_filenames([self.master])
        panel, = experiment.detector
        self.assertEqual(panel.get_image_size(), (640, 512))
        np.testing.assert_allclose(panel.get_pixel_size(), (0.075, 0.075))
        self.assertAlmostEqual(panel.get_distance(), 150, 4)
        self.assertAlmostEqual(experiment.beam.get_wavelength(), 0.9795, 6)
        np.testing.assert_allclose(panel.get_beam_centre_px(experiment.beam.get_s0()), (320, 256), atol=1e-3)
        self.assertEqual(panel.get_trusted_range(), (-1, 36000))  # exclusive
        self.assertEqual(panel.get_material(), "Si")
        start, width = experiment.scan.get_oscillation()
        self.assertAlmostEqual(start, 0)
        self.assertAlmostEqual(width, 0.3)
        self.assertEqual(experiment.scan.get_image_range(), (1, 10))
        np.testing.assert_allclose(experiment.scan.get_exposure_times(), 10 * [0.03], rtol=1e-6)

    def test_dials_reads_its_pixels(self):
        images = pixels(self.folder.name + "/st")
        experiment, = ExperimentListFactory.from_filenames([self.master])
        for i, image in enumerate(images):
            np.testing.assert_array_equal(experiment.imageset.get_raw_data(i)[0].as_numpy_array(), image)

    def test_it_tells_what_was_done(self):
        with h5py.File(self.master) as f:
            steps = [f[f"entry/process_{n}/step"][()] for n in (1, 2, 3, 4)]
            self.assertEqual(steps, [b"select", b"sum", b"lossy", b"store"])
            self.assertEqual(f["entry/process_1/parameters/last_image"][()], 30)
            self.assertEqual(list(f["entry/l_bnl_compress/data_files"]), [b"st_000001.h5"])
            self.assertEqual(f["entry/start_time"][()], b"2026-01-31T12:00:00")
            self.assertNotIn("eiger_fw_version", f["entry/instrument/detector/detectorSpecific"])

    def test_it_is_complete(self):
        done = run("--verify", "-i", self.master)
        self.assertEqual((done.returncode, done.stderr), (0, f"{self.master}: complete, 10 images read\n"))


if __name__ == "__main__":
    unittest.main()
