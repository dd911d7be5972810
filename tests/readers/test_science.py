#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The science bench: its short form through DIALS, and its figures on numbers reckoned by hand."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import types
import unittest
import xml.etree.ElementTree

import numpy as np

SOURCE = os.environ["LBC_SOURCE"]
BENCH = os.path.join(SOURCE, "bench")
sys.path.insert(0, BENCH)

from science import judge, merge, plot, real, series, settings  # noqa: E402


def observed(intensity, variance=None, true=None):
    n = len(intensity)
    return types.SimpleNamespace(intensity=np.array(intensity, float), variance=np.array(variance or [1.0] * n),
                                 true=np.array(true or [1.0] * n), d=np.full(n, 4.0), acentric=np.ones(n, bool))


class Figures(unittest.TestCase):
    def test_rows_are_weighted_means(self):
        merged = merge.Merged(observed([10, 40, 7], variance=[1, 2, 4]), np.array([5, 5, 3]))
        np.testing.assert_array_equal(merged.key, [3, 5])
        np.testing.assert_allclose(merged.mean, [7, 20])
        np.testing.assert_allclose(merged.sigma, [2, (2 / 3)**0.5])

    def test_residuals(self):
        merged = merge.Merged(observed([9, 11, 18, 20, 22, 1000]), np.array([1, 1, 2, 2, 2, 3]))
        rmeas, rpim = merged.residuals(merged.count > 0)
        self.assertAlmostEqual(rmeas, (2 * 2**0.5 + 4 * 1.5**0.5) / 80)
        self.assertAlmostEqual(rpim, (2 + 4 * 0.5**0.5) / 80)

    def test_halves_share_no_observation(self):
        key = np.repeat(np.arange(50), 4)
        merged = merge.Merged(observed(np.tile([1, 10, 100, 1000], 50)), key)
        first, second = merged.halves(1)
        np.testing.assert_allclose(first + second, 1111 / 2)
        self.assertGreater(len(np.unique(first)), 4)
        np.testing.assert_array_equal(first, merged.halves(1)[0])

    def test_resolution_is_where_the_correlation_falls(self):
        at = merge.middles(2.0)**(-1 / 3)
        self.assertEqual(merge.resolution([0.9] * 8, 2.0), 2.0)
        self.assertAlmostEqual(merge.resolution([0.9, 0.9, 0.9, 0.9, 0.3, 0.2, 0.1, 0], 2.0), at[4])
        self.assertTrue(at[4] < merge.resolution([0.9, 0.9, 0.9, 0.8, 0.1, 0.2, 0.1, 0], 2.0) < at[3])

    def test_slope_of_normal_deviates(self):
        self.assertAlmostEqual(merge.normal_slope(np.random.default_rng(1).normal(0, 2.5, 40000)), 2.5, delta=0.05)

    def test_anomalous_differences_are_of_pairs(self):
        rng = np.random.default_rng(2)
        keys = np.concatenate([np.arange(400), [1001, 1003]])  # the last two have no mate
        true = rng.exponential(100, len(keys))
        signed = merge.Merged(observed(true * 3, true=list(true)), keys)
        figures = merge.anomalous_figures(signed, [(signed.mean, signed.mean)], 3.9)
        self.assertAlmostEqual(figures["anomalous_true_cc"], 1)
        self.assertAlmostEqual(figures["anomalous_true_r"], 0)

    def test_spots_found_again(self):
        before = np.array([[10, 10, 0.5, 100], [50, 50, 0.5, 400], [90, 90, 1.5, 25]], float)
        after = np.array([[10, 11, 0.5, 110], [50, 50, 0.5, 400], [90, 90, 0.5, 25]], float)
        self.assertEqual(real.matched(before, after), (2, 0.5, 0.5))
        self.assertEqual(real.matched(before, np.zeros((0, 4)))[0], 0)


class Judgement(unittest.TestCase):
    def rows(self, original, faithful):
        figures = dict.fromkeys([*judge.FIGURES, *judge.ERRORS], 0.5)
        lossless = {k: v for k, v in figures.items() if not k.startswith("anomalous")}
        return {settings.LOSSLESS: lossless, "5/3 J125": {**lossless, "rmeas": 0.5 + original},
                "faithful J125": {**lossless, "rmeas": 0.5 + faithful}}

    def verdict(self, original, faithful):
        [line] = [line for line in judge.judged(self.rows(original, faithful)) if line[1] == "Rmeas"]
        return line[-1]

    def test_losses_are_compared(self):
        self.assertEqual(self.verdict(0.1, 0.059), "met")
        self.assertEqual(self.verdict(0.1, 0.061), "missed")
        self.assertEqual(self.verdict(0.1, -0.01), "met")
        self.assertIn("no loss", self.verdict(0.0005, 0.0004))

    def test_worse_than_irreversible_is_told(self):
        rows = self.rows(0.1, 0.05)
        rows["9/7 J125"] = {**rows["faithful J125"], "rmeas": 0.52}
        self.assertEqual([line[1] for line in judge.judged(rows) if "worse" in line[-1]], ["Rmeas"])


class Plots(unittest.TestCase):
    def test_families(self):
        self.assertEqual([plot.family(n) for n in ("9/7 J125", "faithful J40", "H16", "mine")],
                         ["9/7", "faithful", "H", "mine"])

    def test_a_seed_is_all_that_differs(self):
        for one in series.SERIES.values():
            words, other = one.options.split(), one.with_seed(77).options.split()
            self.assertEqual([(a, b) for a, b in zip(words, other) if a != b], [(words[words.index("-s") + 1], "77")])
            self.assertEqual(one.with_seed(None), one)

    def test_every_setting_is_a_point_in_every_panel(self):
        figures = {figure: 0.5 for figure, _ in plot.PANELS}
        rows = {name: {**figures, "bytes": 20000.0 + n} for n, name in enumerate(settings.SETTINGS)}
        tree = xml.etree.ElementTree.fromstring(plot.svg("a & b", rows))
        points = [e for e in tree.iter() if e.tag.endswith("circle")]
        self.assertEqual(len(points), len(plot.PANELS) * (len(rows) - 1))


@unittest.skipUnless(shutil.which("dials.integrate"), "DIALS is not installed")
class Short(unittest.TestCase):
    def test_lossy_sets_are_told_apart(self):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "out.json")
            command = ["/usr/bin/python3", "-B", os.path.join(BENCH, "science.py"), "--short", "--json", out]
            done = subprocess.run(command, capture_output=True, text=True, timeout=580)
            self.assertEqual(done.returncode, 0, done.stderr[-3000:])
            with open(out) as f:
                rows = json.load(f)["simulated"]["short"]
        self.assertEqual(list(rows), ["lossless", "5/3 J125", "faithful J125"])
        self.assertIn("| faithful J125 |", done.stdout)
        for name, row in rows.items():
            with self.subTest(name):
                self.assertGreater(row["indexed"], 0.95 * row["spots"])
                self.assertLess(row["cell_error"], 0.001)
                self.assertGreater(row["true_cc"], 0.99)
        for name in list(rows)[1:]:
            self.assertAlmostEqual(rows[name]["ratio"], 125, delta=5)
        self.assertLess(rows["lossless"]["rmeas"], rows["faithful J125"]["rmeas"])
        self.assertLess(rows["faithful J125"]["rmeas"], rows["5/3 J125"]["rmeas"])


if __name__ == "__main__":
    unittest.main()
