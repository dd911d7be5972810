# SPDX-License-Identifier: LGPL-2.1-or-later
"""The axis that a series is scanned about, found as readers find it: the angles and widths of its images, where it
points, and what the note and miniCBF headers say of it."""
import glob
import os
import re
import shutil
import tempfile
import unittest

import h5py
import numpy as np

import series
from run import compress
from series import Dump

N = 6
SAMPLE, GONIO, AXES = "entry/sample/", "sample/goniometer/", "sample/transformations/"
DETECTOR = "instrument/detector/"
TRIGGERS = {DETECTOR + "detectorSpecific/nimages": (3, None), DETECTOR + "detectorSpecific/ntrigger": (2, None)}


class Scan(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lbc scan ")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def master(self, fields=None, chain=(), **how):
        """chain: (name, value, vector, attributes) of each axis from the sample on."""
        path = series.filewriter(self.folder, "run", series.frames(N), fields=fields, **how)
        with h5py.File(path, "r+") as f:
            names = [name for name, *_ in chain]
            for (name, value, vector, attributes), below in zip(chain, names[1:] + ["."]):
                axis = f.require_group(SAMPLE + "transformations").create_dataset(name, data=value)
                axis.attrs["depends_on"] = below if below == "." else f"/{SAMPLE}transformations/{below}"
                axis.attrs["transformation_type"] = "rotation"
                axis.attrs["units"] = "deg"
                axis.attrs["vector"] = np.array(vector, float)
                for key, text in attributes.items():
                    axis.attrs[key] = text
            if chain:
                f[SAMPLE + "depends_on"] = f"/{SAMPLE}transformations/{names[0]}".encode()
        return path

    def expect(self, master, start, width, axis=(-1, 0, 0), angles=True):
        dump = Dump(master, pixels=False)
        self.assertEqual((dump.error, dump.warnings), ("", []))
        np.testing.assert_allclose(dump.oscillation, width, rtol=1e-5)
        np.testing.assert_allclose(dump.angles, start + width * np.arange(N) if angles else [], rtol=1e-5)
        np.testing.assert_allclose(dump.axis, axis, atol=1e-6)

    # ---- by name -------------------------------------------------------------------------------

    def test_the_axis_that_moves(self):
        steps, still = 30 + 0.5 * np.arange(N), np.full(N, 77.0)
        for place in (GONIO, AXES):
            for moving in ("omega", "phi", "kappa", "chi"):
                fields = {place + name: (steps if name == moving else still, "degree")
                          for name in ("omega", "phi", "kappa", "chi")}
                with self.subTest(place + moving):
                    self.expect(self.master(fields), 30, 0.5)

    def test_stills_are_at_omega(self):
        self.expect(self.master({GONIO + "phi": (np.full(N, 5.0), "degree"), GONIO + "omega": (np.full(N, 77.0), "degree")}),
                    77, 0)

    def test_filewriter_1_says_the_width(self):
        """Its angles are in single precision, and their difference is not what was asked for."""
        self.expect(self.master({GONIO + "phi": ((30 + 0.1 * np.arange(N)).astype("f4"), "degree"),
                                 GONIO + "phi_range_average": (0.1, "degree"), GONIO + "omega": (np.zeros(N), "degree"),
                                 GONIO + "omega_range_average": (0.0, "degree")}), 30, 0.1)

    def test_told_by_start_and_step(self):
        for step in ("_increment", "_range_average"):
            for start in ("phi_start", "phi"):
                fields = {GONIO + start: (30.0, "degree"), GONIO + "phi" + step: (0.5, "degree")}
                with self.subTest(start + step):
                    self.expect(self.master(fields), 30, 0.5)
                    # where the second trigger began is not told
                    angles = Dump(self.master({**fields, **TRIGGERS}), pixels=False).angles
                    np.testing.assert_allclose(angles, [30, 30.5, 31, np.nan, np.nan, np.nan], rtol=1e-5)

    def test_steps_are_written_out(self):
        """Those of the images that are taken, also where depends_on names the axis, and its vector stays."""
        for step in ("_increment", "_range_average"):
            for start in ("phi_start", "phi"):
                fields = {AXES + start: (30.0, "degree"), AXES + "phi" + step: (0.5, "degree")}
                if start == "phi":
                    fields["sample/depends_on"] = ("/entry/sample/transformations/phi", None)
                master = self.master(fields)
                with h5py.File(master, "r+") as f:
                    f[f"entry/{AXES}{start}"].attrs["vector"] = [0.0, 1.0, 0.0]
                with self.subTest(start + step):
                    out = os.path.join(self.folder, "out")
                    compress(master, out, "-1", 2, "-s", 2, "--partial", "keep", "--overwrite")
                    with h5py.File(out + "_master.h5", "r") as f:
                        phi = f[f["entry/sample/depends_on"][()]]
                        self.assertEqual(phi.name, f"/entry/{AXES}phi")
                        np.testing.assert_allclose(phi[()], [30.5, 31.5, 32.5])
                        np.testing.assert_allclose(f[phi.name + "_end"][()], [31.5, 32.5, 33.0])
                        if start == "phi":
                            np.testing.assert_allclose(phi.attrs["vector"], [0, 1, 0])

    def test_steps_of_several_triggers(self):
        """Nothing is made up past the first; within it all is as ever."""
        for step in ("_increment", "_range_average"):
            for start in ("phi_start", "phi"):
                fields = {AXES + start: (30.0, "degree"), AXES + "phi" + step: (0.5, "degree"),
                          GONIO + "chi": (5.0, "degree"), GONIO + "chi" + step: (0.0, "degree"), **TRIGGERS}
                if start == "phi":
                    fields["sample/depends_on"] = ("/entry/sample/transformations/phi", None)
                for options, known in (([], False), (["-1", 4], False), (["-N", 3], True)):
                    with self.subTest(start + step, options=options):
                        found, said = self.headers("-b", 2, *options, fields=fields)
                        first, later = [[30, 0.5], [30.5, 0.5], [31, 0.5]], [[0, 0.5]] * 3
                        self.assertEqual(found, first if known else later if options else first + later)
                        self.assertEqual("triggers after the first begin is not told" in said, not known, said)
                        self.assertEqual("the images of one trigger alone" in said, not known, said)
                        self.assertIn("OSCILLATION_RANGE= 0.5\n", said)
                        out = os.path.join(self.folder, "out_master.h5")
                        with h5py.File(out, "r") as f:
                            self.assertEqual("depends_on" in f["entry/sample"], known)
                            self.assertEqual("phi_end" in f["entry/" + AXES], known)
                            self.assertEqual("phi" + step in f["entry/" + AXES], known)
                            self.assertEqual(f["entry/" + GONIO + "chi"].shape, (len(found),))
                        self.assertEqual(Dump(out, pixels=False).oscillation, 0.5 if known else 0)

    def test_radians(self):
        steps = np.radians(30 + 0.5 * np.arange(N))
        for unit in ("rad", "radian", "radians"):
            self.expect(self.master({GONIO + "omega": (steps, unit)}), 30, 0.5)

    # ---- by depends_on -------------------------------------------------------------------------

    def test_what_the_sample_stands_on(self):
        steps, z, x = 30 + 0.5 * np.arange(N), (0, 0, 1), (-1, 0, 0)
        slide = ("sam_x", np.arange(N) * 0.1, (1, 0, 0), {"transformation_type": "translation", "units": "mm"})
        still = ("omega", np.zeros(1), x, {})
        for what, chain, axis in (
                ("phi scan", [("phi", steps, x, {}), ("chi", [0.0], z, {}), still], x),
                ("omega scan, as Diamond writes it", [("phi", [0.0], x, {}), slide, ("omega", steps, x, {})], x),
                ("an axis of another name", [("gon_t", steps, (0, 1, 0), {}), still], (0, 1, 0)),
                ("a path from its folder", [("phi", [0.0], x, {"depends_on": "omega"}), ("omega", steps, x, {})], x),
                ("no unit vector", [("gon_t", steps, (0, 20, 0), {})], (0, 1, 0)),
                # -x turned by 90 degrees about y is z, and that by 30 about z still is
                ("set axes below it", [("phi", steps, x, {}), ("kappa", [90.0], (0, 1, 0), {}),
                                       ("omega", [30.0], z, {})], (0, 0, 1)),
                ("in a circle", [("phi", [0.0], x, {}), ("omega", steps, x, {"depends_on": "phi"})], x)):
            with self.subTest(what):
                self.expect(self.master(chain=chain), 30, 0.5, axis)

    def test_a_chain_in_another_file(self):
        """What the sample stands on is looked for where the sample is; the new master has it in one."""
        steps, y, x = 30 + 0.5 * np.arange(N), (0, 1, 0), (-1, 0, 0)
        master = self.master({GONIO + "omega": (steps + 100, "degree")}, [("gon_t", steps, y, {}), ("still", [0.0], x, {})])
        with h5py.File(master, "r+") as f:
            f.move("entry/sample", "was")
        for place in ("entry/sample", "told/here", "x/sample"):
            with self.subTest(place):
                with h5py.File(master, "r+") as f, h5py.File(os.path.join(self.folder, "meta.h5"), "w") as meta:
                    f.copy("was", meta, place)
                    axes = meta[place + "/transformations"]
                    del meta[place + "/depends_on"]
                    meta[place + "/depends_on"] = axes["gon_t"].name
                    axes["gon_t"].attrs["depends_on"] = axes["still"].name
                    if place != "entry/sample":
                        del f["entry/sample"]
                    f["entry/sample"] = h5py.ExternalLink("meta.h5", place)
                    if place not in f:  # something else that stands where the file of the sample has it
                        f[place + "/transformations/gon_t"] = -steps
                self.expect(master, 30, 0.5, y)
                out = os.path.join(self.folder, "out")
                self.assertNotIn("depends_on", compress(master, out, "--overwrite").stderr)
                with h5py.File(out + "_master.h5", "r") as f:
                    self.assertEqual(f["entry/sample/depends_on"][()], b"/entry/sample/transformations/gon_t")
                    self.assertEqual(f["entry/sample/transformations/gon_t"].attrs["depends_on"],
                                     b"/entry/sample/transformations/still")
                self.expect(out + "_master.h5", 30, 0.5, y)

    def test_a_chain_that_is_not_copied(self):
        """It leads to what is beside the sample in its file, and not in the new master: told, and left out."""
        master = self.master({GONIO + "phi": (30 + 0.5 * np.arange(N), "degree")})
        with h5py.File(master, "r+") as f, h5py.File(os.path.join(self.folder, "meta.h5"), "w") as meta:
            f.copy("entry/sample", meta, "a/sample")
            meta["b/omega"] = np.arange(N)
            meta["a/sample/depends_on"] = b"/b/omega"
            del f["entry/sample"]
            f["entry/sample"] = h5py.ExternalLink("meta.h5", "a/sample")
        out = os.path.join(self.folder, "out")
        said = compress(master, out).stderr
        self.assertRegex(said, "warning: .*/entry/sample/depends_on is left out of the new master: no /b/omega")
        self.expect(out + "_master.h5", 30, 0.5)

    def test_a_chain_that_leads_nowhere(self):
        for chain in ("/entry/nothing", "nothing", ".", "", "/"):
            with self.subTest(chain):
                self.expect(self.master({"sample/depends_on": (chain, None) if chain else (b"", None),
                                         GONIO + "phi": (30 + 0.5 * np.arange(N), "degree")}), 30, 0.5)

    # ---- what is said of it --------------------------------------------------------------------

    def headers(self, *options, **how):
        out = os.path.join(self.folder, "out")
        said = compress(self.master(**how), out, "--minicbf", out + "_cbf", "--overwrite", *options).stderr
        found = []
        for path in sorted(glob.glob(glob.escape(out) + "_cbf_*.cbf")):
            with open(path, "rb") as f:
                head = f.read(3000).decode("latin-1")
            found.append([float(re.search(rf"# {name} (\S+) deg", head)[1]) for name in ("Start_angle", "Angle_increment")])
        return found, said

    def test_headers_and_note(self):
        fields = {GONIO + "omega": (np.full(N, 77.0), "degree"), GONIO + "phi": (30 + 0.5 * np.arange(N), "degree")}
        found, said = self.headers("-s", 2, fields=fields)
        self.assertEqual(found, [[30, 1], [31, 1], [32, 1]])
        self.assertIn("OSCILLATION_RANGE= 1\n", said)
        self.assertNotIn("ROTATION_AXIS", said)

    def test_an_unusual_axis_is_told(self):
        steps = 30 + 0.5 * np.arange(N)
        serial = {DETECTOR + "detector_number": ("E-32-0105", None), GONIO + "omega": (steps, "degree")}
        for how in ({"fields": serial}, {"chain": [("omega", steps, (0, 1, 0), {})]}):
            _, said = self.headers(**how)
            lines = [line for line in said.split("\n") if "ROTATION_AXIS" in line]
            self.assertEqual(len(lines), 1, said)
            self.assertRegex(lines[0], r"warning: .*about \(0, 1, 0\).*ROTATION_AXIS= 0 -1 0 .*axis=0,1,0 ")
        for chain in ([("omega", steps, (-1, 0.004, -0.002), {})], [("omega", steps * 0, (0, 1, 0), {})]):
            self.assertNotIn("ROTATION_AXIS", self.headers(chain=chain)[1])

    def test_a_turned_detector_is_told(self):
        cosines = {DETECTOR + "geometry/orientation/value": (np.array([-1, 0, 0, 0, -0.8, 0.6]), None),
                   DETECTOR + "geometry/translation/distances": (np.array([0.002, 0.05, -0.12]), "m")}
        for what, how, told in (("upright", {}, None),
                                ("an arm", {"arm": 20.0}, ("-1, 0, 0", "0, -0.9397, 0.342", "0 0.9397 0.342")),
                                ("an arm at 0", {"arm": 0.0}, None), ("half a degree", {"arm": 0.5}, None),
                                ("a module", {"module": ((0, -1, 0), (1, 0, 0))}, ("0, -1, 0", "1, 0, 0", "-1 0 0")),
                                ("a module on an arm", {"arm": 20.0, "module": ((-1, 0, 0), (0, -1, 0))},
                                 ("-1, 0, 0", "0, -0.9397, 0.342", "0 0.9397 0.342")),
                                ("cosines", {"fields": cosines}, ("-1, 0, 0", "0, -0.8, -0.6", "0 0.8 -0.6"))):
            with self.subTest(what):
                master = self.master(how.get("fields"))
                with h5py.File(master, "r+") as f:
                    detector = f["entry/" + DETECTOR]
                    if "arm" in how:
                        axis = detector.create_dataset("transformations/arm", data=how["arm"])
                        axis.attrs.update({"vector": [-1.0, 0, 0], "units": "deg", "depends_on": ".",
                                           "transformation_type": "rotation"})
                        detector["depends_on"] = f"/entry/{DETECTOR}transformations/arm"
                    for name, vector in zip(("fast", "slow"), how.get("module", ())):
                        axis = detector.create_dataset(f"module/{name}_pixel_direction", data=7.5e-5)
                        axis.attrs.update({"vector": np.array(vector, float), "transformation_type": "translation",
                                           "depends_on": f"/entry/{DETECTOR}transformations/arm"})
                        detector["module"].attrs["NX_class"] = "NXdetector_module"
                out = os.path.join(self.folder, "out")
                said = compress(master, out, "--minicbf", out + "_cbf", "--overwrite").stderr
                lines = [line for line in said.split("\n") if "detector is turned" in line]
                self.assertEqual(len(lines), 1 if told else 0, said)
                if told:
                    for part in (f"rows run along ({told[0]}) ", f"columns along ({told[1]}) ", f"Y-AXIS= {told[2]})"):
                        self.assertIn(part, lines[0])
                self.assertNotIn("detector is turned", compress(master, out, "--overwrite").stderr)

    def test_a_damaged_arm_ends_no_run(self):
        """Images and angles are right without."""
        master = self.master()
        with h5py.File(master, "r+") as f:
            axis = f["entry/" + DETECTOR].create_dataset("transformations/arm", data=20.0)
            axis.attrs.update({"transformation_type": "rotation", "vector": [-1.0, 0, 0]})
            f["entry/" + DETECTOR + "depends_on"] = f"/entry/{DETECTOR}transformations/arm"
        with open(master, "r+b") as file:
            file.seek(file.read().rindex(b"vector\0\0") + 8)
            file.write(b"\x01")  # the version of a type, and its class
        said = compress(master, os.path.join(self.folder, "out")).stderr
        self.assertIn("warning: " + master + ": damaged where it tells how the detector is turned", said)

    def test_a_jump_of_angle_in_a_sum_is_told(self):
        for angles, sum_, told in ((np.array([30, 30.5, 31, 45, 45.5, 46]), 2,
                                    "1 time; first: image 3 begins at 31 and image 4 at 45 degrees, with a width of "
                                    "0.5, and both go into image 2 of the output"),
                                   (np.array([30, 30.5, 31, 45, 45.5, 46]), 3, None),
                                   (np.array([30, 30.5, 31.5, 32, 33, 33.5]), 6, "2 times; first: image 2 "),
                                   ((359 + 0.5 * np.arange(N)) % 360, 6, None), (np.full(N, 3.0), 6, None)):
            with self.subTest(angles=angles, sum=sum_):
                said = self.headers("-s", sum_, fields={GONIO + "omega": (angles, "degree")})[1]
                self.assertEqual("the angle jumps" in said, told is not None, said)
                self.assertIn(told or "", said)


if __name__ == "__main__":
    unittest.main()
