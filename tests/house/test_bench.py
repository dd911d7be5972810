# SPDX-License-Identifier: LGPL-2.1-or-later
"""The short form of scripts/bench speed: it runs, and what one core takes is within twice its bound. Processor time
is compared with processor time, so that whatever else runs does not matter much. And that of scripts/bench quality."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

BUILD, SOURCE = pathlib.Path(os.environ["LBC_BUILD"]), pathlib.Path(os.environ["LBC_SOURCE"])


@unittest.skipUnless("CMAKE_BUILD_TYPE:STRING=Release" in (BUILD / "CMakeCache.txt").read_text(), "not the release build")
class Speed(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lbc-bench-")
        self.addCleanup(folder.cleanup)
        self.json = os.path.join(folder.name, "speed.json")

    def bench(self, *options):
        return subprocess.run(["/usr/bin/python3", "-B", SOURCE / "bench" / "speed.py", "--short", "--json", self.json,
                               *options], capture_output=True, text=True, check=False)

    def test_rows_and_bounds(self):
        done = self.bench("--only", "4M,start", "--check", "2")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with open(self.json, encoding="utf-8") as f:
            found = json.load(f)
        self.assertEqual([r["job"] for r in found["4M"]["rows"]], ["plain", "b2s2", "H16", "b2s2H16"])
        self.assertEqual(found["start"]["images"], 3600)
        again = self.bench("--only", "", "--check", "0.01")
        self.assertEqual(again.returncode, 1)
        self.assertRegex(again.stderr, r"4M plain: [0-9.]+ ms, bound [0-9.]+")
        with open(self.json, encoding="utf-8") as f:
            self.assertEqual(json.load(f), found)  # nothing was measured, nothing is lost

    def test_an_unknown_section(self):
        self.assertEqual(self.bench("--only", "5M").returncode, 2)


class Quality(unittest.TestCase):
    def test_rows(self):
        with tempfile.TemporaryDirectory(prefix="lbc-bench-") as folder:
            path = os.path.join(folder, "quality.json")
            done = subprocess.run(["/usr/bin/python3", "-B", SOURCE / "bench" / "quality.py", "--series", "1", "--images",
                                   "1", "--json", path], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(path, encoding="utf-8") as f:
                mean, rows = json.load(f)["1"]
        self.assertAlmostEqual(mean, 1, delta=0.1)
        self.assertEqual(len(rows), 9)
        self.assertEqual(sum(line.startswith("| 0.9") for line in done.stdout.splitlines()), 9)
        for name, row in rows.items():
            if name.startswith("faithful"):
                self.assertAlmostEqual(row["mean_ratio"], 1, delta=0.02, msg=name)


if __name__ == "__main__":
    unittest.main()
