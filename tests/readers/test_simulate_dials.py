# SPDX-License-Identifier: LGPL-2.1-or-later
"""DIALS on simulated series: the geometry it reads, the spots it indexes, and with LBC_LONG=1 the intensities it
measures, against the truth."""
import csv
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.path.join(os.environ["LBC_BUILD"], "bin", "l_bnl_simulate")
LONG = os.environ.get("LBC_LONG") == "1"
CELL = [79.1, 79.1, 37.9, 90, 90, 90]

# Run by the python that has DIALS: correlations of merged intensities and anomalous differences with the truth.
COMPARE = """
import csv, json, sys
from cctbx import miller, sgtbx
from cctbx.array_family import flex
from iotbx import mtz
arrays = mtz.object(sys.argv[1]).as_miller_arrays()
mean = [a for a in arrays if a.info().labels[0] == "IMEAN"][0]
split = [a for a in arrays if a.info().labels[0] == "I(+)"][0]
index, value = flex.miller_index(), flex.double()
for row in csv.DictReader(open(sys.argv[2])):
    h, k, l = int(row["h"]), int(row["k"]), int(row["l"])
    index.append((h, k, l))
    value.append(float(row["i_plus"]))
    if row["centric"] == "0":
        index.append((-h, -k, -l))
        value.append(float(row["i_minus"]))
result = []
for operator in sys.argv[3:]:
    mates = sgtbx.change_of_basis_op(operator).apply(index)
    truth = miller.array(miller.set(mean.crystal_symmetry(), mates, anomalous_flag=True), value).map_to_asu()
    truth.set_observation_type_xray_intensity()
    a, b = mean.common_sets(truth.average_bijvoet_mates())
    c, d = split.anomalous_differences().common_sets(truth.anomalous_differences())
    result.append([flex.linear_correlation(x.data(), y.data()).coefficient() for x, y in ((a, b), (c, d))])
print(json.dumps(max(result)))
"""


@unittest.skipUnless(shutil.which("dials.index"), "DIALS is not installed")
class Dials(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def call(self, *words, timeout=500):
        # a terminal's size must not shape the tables that are parsed
        done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=timeout,
                              cwd=self.folder.name, env={**os.environ, "COLUMNS": "200"})
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])
        return done.stdout

    def simulate(self, *words):
        self.call(PROGRAM, "-q", "-o", "run", *words)
        self.call("dials.import", "run_master.h5")
        with open(os.path.join(self.folder.name, "imported.expt")) as f:
            return json.load(f)

    def index(self, space_group):
        self.call("dials.find_spots", "imported.expt", "nproc=1")
        log = self.call("dials.index", "imported.expt", "strong.refl", f"space_group={space_group}", "max_cell=120",
                        "refinement_protocol.n_macro_cycles=2")
        indexed, rest = map(int, re.findall(r"\|\s*0 \|\s*(\d+) \|\s*(\d+) \|\s*[\d.]+% +\|", log)[-1])
        cell = [float(x) for x in re.sub(r"\(\d+\)", "", re.findall(r"Unit cell: (.*)", log)[-1]).split(",")]
        return indexed, indexed / (indexed + rest), cell

    def measure(self, *operators):
        self.call("dials.refine", "indexed.expt", "indexed.refl", "scan_varying=False")
        self.call("dials.integrate", "refined.expt", "refined.refl", "nproc=2", timeout=1500)
        self.call("dials.scale", "integrated.expt", "integrated.refl", "anomalous=True", "merged_mtz=merged.mtz",
                  timeout=1000)
        return json.loads(self.call("/usr/bin/python3", "-c", COMPARE, "merged.mtz", "run_truth.csv", *operators))

    def check_geometry(self, models, start, step, images):
        scan, beam = models["scan"][0], models["beam"][0]
        panel, goniometer = models["detector"][0]["panels"][0], models["goniometer"][0]
        self.assertEqual(scan["image_range"], [1, images])
        self.assertAlmostEqual(scan["oscillation"][0], start, places=4)
        self.assertAlmostEqual(scan["oscillation"][1], step, places=4)
        self.assertEqual(goniometer["rotation_axis"], [1, 0, 0])
        self.assertAlmostEqual(beam["wavelength"], 0.9795, places=5)
        self.assertEqual(panel["fast_axis"], [1, 0, 0])
        self.assertEqual(panel["slow_axis"], [0, -1, 0])
        for got, expected in zip(panel["origin"], [-0.075 * (515 + 3.37), 0.075 * (532.5 - 5.81), -80]):
            self.assertAlmostEqual(got, expected, places=3)
        self.assertEqual(panel["trusted_range"][1], 12440)
        self.assertEqual(panel["material"], "Si")
        self.assertAlmostEqual(panel["thickness"], 0.45, places=5)

    def test_dialects_are_read_alike(self):
        self.check_geometry(self.simulate("-n", 4, "-w", 0.25), 0, 0.25, 4)
        for dialect in ["filewriter2", "nxmx"]:
            with self.subTest(dialect):
                models = self.simulate("-n", 4, "-w", 0.123, "--start", 20, "--dialect", dialect, "--overwrite")
                self.check_geometry(models, 20, 0.123, 4)

    def test_spots_are_indexed(self):
        self.simulate("-n", 30, "--d-min", 2.4)
        indexed, share, cell = self.index("P43212")
        self.assertGreater(indexed, 4000)
        self.assertGreater(share, 0.95)
        for got, expected in zip(sorted(cell), sorted(CELL)):
            self.assertAlmostEqual(got / expected, 1, delta=0.001)

    @unittest.skipUnless(LONG, "takes minutes: LBC_LONG=1")
    def test_intensities_are_true(self):
        self.simulate("-n", 60, "--d-min", 2.4)
        self.index("P43212")
        intensity, _ = self.measure("h,k,l")
        self.assertGreater(intensity, 0.98)

    @unittest.skipUnless(LONG, "takes minutes: LBC_LONG=1")
    def test_anomalous_differences_are_true(self):
        self.simulate("-g", "I213", "-n", 100, "-a", 0.08, "-x", 0.3, "-m", 0.15, "--d-min", 2.4)
        _, share, cell = self.index("I213")
        self.assertGreater(share, 0.95)
        self.assertAlmostEqual(cell[0], 78.1, delta=0.1)
        intensity, anomalous = self.measure("h,k,l", "k,h,-l")  # the two ways to index a lattice of m-3m in 23
        self.assertGreater(intensity, 0.97)
        self.assertGreater(anomalous, 0.8)


if __name__ == "__main__":
    unittest.main()
