# SPDX-License-Identifier: LGPL-2.1-or-later
"""miniCBF files: DIALS imports them as one sequence with the models and pixels of the HDF5 set, and
CBFlib reads them."""
import glob
import os
import re
import subprocess
import tempfile
import unittest

import h5py
import numpy as np

from run import compress, pixels, run

COMPARE = r"""
import json, sys
import numpy as np
from dxtbx.model.experiment_list import ExperimentListFactory as F
import pycbf
cbf, h5 = (F.from_filenames(sys.argv[i].split('\n')) for i in (1, 2))
assert len(cbf) == len(h5) == 1, (len(cbf), len(h5))
a, b = cbf[0], h5[0]
assert a.scan.get_num_images() == b.scan.get_num_images()
assert np.allclose(a.scan.get_oscillation(), b.scan.get_oscillation())
assert abs(a.beam.get_wavelength() - b.beam.get_wavelength()) < 1e-6
p, q = a.detector[0], b.detector[0]
for name in ('get_pixel_size', 'get_image_size', 'get_origin', 'get_fast_axis', 'get_slow_axis', 'get_trusted_range'):
    assert np.allclose(getattr(p, name)(), getattr(q, name)(), atol=1e-3), (name, getattr(p, name)(), getattr(q, name)())
assert p.get_material() == q.get_material() and abs(p.get_thickness() - q.get_thickness()) < 1e-5
assert np.allclose(a.goniometer.get_rotation_axis(), b.goniometer.get_rotation_axis())
for i in range(a.scan.get_num_images()):
    x = a.imageset.get_raw_data(i)[0].as_numpy_array().astype('i8')
    y = b.imageset.get_raw_data(i)[0].as_numpy_array().astype('i8')
    y[(y == 65535) | (y == -1)] = -1
    assert (x == y).all(), i
handle = pycbf.cbf_handle_struct()
handle.read_file(sys.argv[1].split('\n')[0].encode(), pycbf.MSG_DIGEST)
handle.find_category(b'array_data')
handle.find_column(b'data')
z = np.frombuffer(handle.get_integerarray_as_string(), 'i4')
assert (z == a.imageset.get_raw_data(0)[0].as_numpy_array().ravel()).all()
print('same')
"""

AXIS = r"""
import sys
from dxtbx.model.experiment_list import ExperimentListFactory as F
print(*F.from_filenames(sys.argv[1:])[0].goniometer.get_rotation_axis())
"""

# Of each file: the class that dxtbx chooses, image size, sensor, rotation axis.
OPEN = r"""
import sys
from dxtbx.format.Registry import get_format_class_for_file
for path in sys.argv[1:]:
    kind = get_format_class_for_file(path)
    image = kind(path)
    panel = image.get_detector()[0]
    print(kind.__name__, *panel.get_image_size(), panel.get_material() or '-', panel.get_thickness(),
          image.get_goniometer().get_rotation_axis())
"""

# Detectors whose beamline dxtbx knows by name and number.
KNOWN = [("Dectris Eiger 16M", "E-32-0105"), ("Dectris Eiger 16M", "E-32-0107"), ("EIGER2 XE 16M", "160-0001"),
         ("PILATUS3 6M", "S/N 60-0119"), ("PILATUS 6M-F", "60-0115-F")]


class MiniCbf(unittest.TestCase):
    def test_models_and_pixels(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run("-D", "500K", "-n", 8, "-o", os.path.join(folder, "in"), name="l_bnl_simulate")
            self.assertEqual(done.returncode, 0, done.stderr)
            for options in ([], ["-b", 2, "-s", 2, "-H", 16, "-c", "bslz4"], ["-s", 4, "-J", 20, "-c", "j2k"],
                            ["--gaps", "zero"]):
                with self.subTest(options):
                    out = os.path.join(folder, "out%d" % len(options), "x")
                    compress(os.path.join(folder, "in_master.h5"), out, "--minicbf", out + "_i", *options)
                    files = sorted(glob.glob(out + "_i_*.cbf"))
                    self.assertEqual(len(files), len(pixels(out)))
                    told = subprocess.run(["/usr/bin/python3", "-c", COMPARE, "\n".join(files), out + "_master.h5"],
                                          capture_output=True, text=True, timeout=240)
                    self.assertEqual(told.stdout.strip()[-4:], "same", told.stderr[-2000:])

    def test_detector_and_sensor(self):
        """A binned file tells the serial number in its place, and opens at its size whatever the detector; a sensor
        that dxtbx does not know is taken for no other. The axis then is dxtbx's usual one."""
        with tempfile.TemporaryDirectory() as folder:
            master = os.path.join(folder, "in_master.h5")
            run("-D", "500K", "-n", 1, "-o", os.path.join(folder, "in"), name="l_bnl_simulate")
            files = []
            for n, (name, serial) in enumerate(KNOWN):
                with h5py.File(master, "r+") as f:
                    detector = f["entry/instrument/detector"]
                    for field, value in [("description", name), ("detector_number", serial),
                                         ("sensor_material", "Gallium Arsenide" if n == 0 else "SILICON")]:
                        del detector[field]
                        detector[field] = value
                compress(master, os.path.join(folder, "out%d" % n), "-b", 2, "--minicbf", os.path.join(folder, "i%d" % n))
                files.append(os.path.join(folder, "i%d_000001.cbf" % n))
                with open(files[-1], "rb") as f:
                    self.assertIn(b"# Detector: pixel array, S/N %s\r\n" % serial.removeprefix("S/N ").encode(),
                                  f.read(2000))
            told = subprocess.run(["/usr/bin/python3", "-c", OPEN, *files], capture_output=True, text=True, timeout=240)
            rows = ["FormatCBFMini 515 257 %s (1.0, 0.0, 0.0)" % sensor for sensor in ["- 0.0"] + 4 * ["Si 0.45"]]
            self.assertEqual(told.stdout.splitlines(), rows, told.stderr[-2000:])

    def test_an_unusual_axis_is_told_as_dials_wants_it(self):
        with tempfile.TemporaryDirectory() as folder:
            master, out = os.path.join(folder, "in_master.h5"), os.path.join(folder, "x")
            done = run("-D", "500K", "-n", 2, "-o", os.path.join(folder, "in"), name="l_bnl_simulate")
            self.assertEqual(done.returncode, 0, done.stderr)
            with h5py.File(master, "r+") as f:
                f["entry/sample/goniometer/omega"].attrs["vector"] = [0.6, 0.48, 0.64]
            said = compress(master, out, "--minicbf", out).stderr
            said = re.search(r"geometry\.goniometer\.axis=(\S+)", said)[1]
            told = subprocess.run(["/usr/bin/python3", "-c", AXIS, out + "_master.h5"], capture_output=True, text=True,
                                  timeout=240)
            np.testing.assert_allclose([float(x) for x in said.split(",")], [float(x) for x in told.stdout.split()],
                                       atol=1e-3, err_msg=told.stderr[-2000:])

    def test_existing_files_are_not_replaced_unasked(self):
        with tempfile.TemporaryDirectory() as folder:
            run("-D", "500K", "-n", 2, "-o", os.path.join(folder, "in"), name="l_bnl_simulate")
            master, taken = os.path.join(folder, "in_master.h5"), os.path.join(folder, "y_000002.cbf")
            with open(taken, "w") as f:
                f.write("mine")
            options = ("-i", master, "-o", os.path.join(folder, "out"), "--minicbf", os.path.join(folder, "y"))
            done = run(*options)
            self.assertEqual(done.returncode, 1)
            self.assertIn("y_000002.cbf", done.stderr)
            self.assertFalse(os.path.exists(os.path.join(folder, "out_master.h5")))
            self.assertEqual(run(*options, "--overwrite").returncode, 0)
            self.assertGreater(os.path.getsize(taken), 1000)


if __name__ == "__main__":
    unittest.main()
