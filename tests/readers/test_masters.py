#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Real masters, with frames made to fit them: nothing is lost that no rule changes."""
import os
import subprocess
import tempfile
import unittest

import h5py
import numpy as np

import fit
import trees

try:
    from dxtbx.model.experiment_list import ExperimentListFactory
except ImportError:
    ExperimentListFactory = None

MASTERS = os.path.join(os.environ.get("LBC_SHARED_DATA", ""), "masters")
FRAMES, BIN, SUM = 4, 2, 2


def compress(*arguments):
    done = subprocess.run([trees.program("l_bnl_compress"), *arguments], capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"{' '.join(arguments)}\n{done.stderr}")
    return done.stderr


@unittest.skipUnless(os.path.isdir(MASTERS), "real masters are not here")
class RealMasters(unittest.TestCase):
    def run_on(self, name, beside=(), mask=None, reversed_size=False):
        with tempfile.TemporaryDirectory() as folder:
            master, shape, total = fit.frames_for(os.path.join(MASTERS, name), folder, FRAMES,
                                                  [os.path.join(MASTERS, b) for b in beside])
            last = min(FRAMES, total)
            keep = ["--partial", "keep"] if last < SUM else []
            said = compress("-i", master, "-o", os.path.join(folder, "out"), "-b", str(BIN), "-s", str(SUM),
                            "-c", "bslz4", "-N", str(last), "-d", "1", *keep)
            before, after = trees.read(master), trees.read(os.path.join(folder, "out_master.h5"))
            groups = [(k, min(k + SUM, last) - 1) for k in range(0, last, SUM)]
            mask_in = mask(before) if mask else None
            mask_out = after["/entry/instrument/detector/detectorSpecific/pixel_mask"].value
            out = tuple(-(-n // BIN) for n in shape)
            saturation = int(after["/entry/instrument/detector/saturation_value"].value)
            change = trees.Change(BIN, SUM, groups, total, shape, out, saturation, 16, "bslz4", mask_in, mask_out,
                                  reversed_size)
            self.assertEqual(trees.unexplained(before, after, change), [])
            self.check_mask(mask_in, mask_out, shape, out)
            self.check_forms(os.path.join(folder, "out_master.h5"), len(groups))
            self.check_pixels(folder, shape, groups, mask_out)
            self.check_dxtbx(os.path.join(folder, "out_master.h5"), out, saturation)
            return before, after, said

    def check_mask(self, mask_in, mask_out, shape, out):
        expected = np.zeros(out, "u4")
        if mask_in is not None:
            padded = np.zeros((out[0] * BIN, out[1] * BIN), "u4")
            padded[:shape[0], :shape[1]] = mask_in & 0xffff
            expected = np.bitwise_or.reduce(padded.reshape(out[0], BIN, out[1], BIN), axis=(1, 3))
        if shape[0] % BIN:
            expected[-1] |= 1
        if shape[1] % BIN:
            expected[:, -1] |= 1
        np.testing.assert_array_equal(mask_out, expected)

    def check_forms(self, master, frames):
        self.assertEqual(trees.strings_are_terminated(master), [])
        self.assertFalse(trees.has_times(master))
        with h5py.File(master, "r") as f:
            self.assertEqual(f.id.get_create_plist().get_version()[0], 0)
            classes = []
            f.visititems(lambda n, o: classes.append(o.attrs.get("NX_class", b"")) if isinstance(o, h5py.Group) else None)
            self.assertEqual(classes.count(b"NXdata"), 1)
            self.assertEqual(classes.count(b"NXdetector"), 1)
            files = f["entry/l_bnl_compress/data_files"][()]
            self.assertEqual(sum(f["entry/l_bnl_compress/data_frames"][()]), frames)
            self.assertEqual(len(files), frames)
            if len(files) > 1:
                self.assertEqual(f["entry/data/data"].shape[0], frames)
                self.assertEqual(f["entry/data"].attrs["signal"], b"data")

    def check_pixels(self, folder, shape, groups, mask):
        """A few frames, so that samples and images belong together."""
        with h5py.File(os.path.join(folder, "out_master.h5"), "r") as f:
            stored = f["entry/data/data_000001"][0].astype(int)
        first, last = groups[0]
        total = sum(fit.image(shape, n).astype(int) for n in range(first, last + 1))
        ny, nx = (n // BIN * BIN for n in shape)
        binned = total[:ny, :nx].reshape(ny // BIN, BIN, nx // BIN, BIN).sum(axis=(1, 3))
        good = mask[:ny // BIN, :nx // BIN] == 0
        np.testing.assert_array_equal(stored[:ny // BIN, :nx // BIN][good], binned[good])

    def check_dxtbx(self, master, out, saturation):
        if ExperimentListFactory is None:
            return
        [experiment] = ExperimentListFactory.from_filenames([master])
        panel = experiment.detector[0]
        self.assertEqual(panel.get_image_size(), out[::-1])
        self.assertEqual(panel.get_trusted_range(), (-1, saturation))
        with h5py.File(master, "r") as f:
            stored = f["entry/data/data_000001"][0]
        good = stored <= saturation
        np.testing.assert_array_equal(experiment.imageset.get_raw_data(0)[0].as_numpy_array()[good], stored[good])

    def test_filewriter_1(self):
        before, after, _ = self.run_on(
            "dectris_eiger9m_fw1.6.4_master.h5",
            mask=lambda nodes: nodes["/entry/instrument/detector/detectorSpecific/pixel_mask"].value)
        self.assertEqual(after["/entry/definition"].value, "NXmx")
        self.assertEqual(after["/entry/sample/depends_on"].value, "/entry/sample/transformations/omega")
        module = after["/entry/instrument/detector/module/module_offset"]
        offset = module.value * module.attrs["vector"]
        np.testing.assert_allclose(offset, [1607.415 * 75e-6, 1586.4314 * 75e-6, 0], rtol=1e-6)
        self.assertEqual(after["/entry/start_time"].value, "2016-12-16T07:06:17.852051")
        self.assertNotIn("/entry/instrument/source", after)       # nobody said which

    def test_dls_links(self):
        before, after, said = self.run_on("dls_i04_eiger16m_3600_master.h5", reversed_size=True)
        self.assertIn("pixel_mask", said)                         # whose link dangles
        self.assertEqual(after["/entry/instrument/name"].value, "I04")
        self.assertIn("/entry/instrument/detector/detectorSpecific/nimages", after)

    def test_dls_virtual(self):
        _, after, said = self.run_on("dls_i04_eiger2_16m_vds_master.h5", beside=["FJ_P5P1_1_meta.h5"])
        self.assertIn("mask", said)                               # which was never written
        self.assertEqual(after["/entry/instrument/detector/serial_number"].value.tolist(), ["E-32-0118"])

    def test_dls_virtual_without_metadata(self):
        _, after, said = self.run_on("dls_i03_ins_8_5.nxs")
        self.assertIn("flatfield", said)
        self.assertNotIn("/entry/instrument/detector/flatfield", after)

    def test_dls_fast_slow(self):
        _, after, _ = self.run_on("dls_i04_therm_6_2.nxs", reversed_size=True)
        self.assertEqual(after["/entry/instrument/detector/module/data_size"].value.tolist(), [2074, 2181])

    def test_mx3(self):
        _, after, _ = self.run_on("mx3_eiger2_9m_master.h5")
        self.assertEqual(after["/entry/sample/beam"].attrs["NX_class"], "NXbeam")


if __name__ == "__main__":
    unittest.main()
