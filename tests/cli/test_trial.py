# SPDX-License-Identifier: LGPL-2.1-or-later
"""--dry-run and --suggest: what they say is what a run then does, and they write nothing."""
import os
import re
import shutil
import tempfile
import unittest

from run import compress, digests, run


def bytes_of(text):
    number, unit = text.split()
    return float(number) * {"bytes": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}[unit]


class Trials(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = tempfile.TemporaryDirectory(prefix="lbc-trial-")
        cls.addClassCleanup(cls.data.cleanup)
        done = run("-D", "500K", "-n", 8, "-x", 0.5, "-o", "in", name="l_bnl_simulate", cwd=cls.data.name)
        assert done.returncode == 0, done.stderr
        cls.master = os.path.join(cls.data.name, "in_master.h5")

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lbc-trial-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def say(self, *options, code=0):
        done = run("-i", self.master, *options, cwd=self.folder)
        self.assertEqual(done.returncode, code, done.stderr)
        for line in done.stdout.splitlines():
            if "/" not in line or line.startswith("  -"):
                self.assertLessEqual(len(line), 80, line)
        return done.stdout

    def test_dry_run_writes_nothing(self):
        text = self.say("-o", "new/out", "-b", 2, "-s", 3, "-d", 1, "-H", 16, "-c", "hcomp", "--dry-run")
        self.assertEqual(os.listdir(self.folder), [])
        self.assertIn("2 data files: new/out_000001.h5 ... new/out_000002.h5", text)
        self.assertRegex(text, r"would read .*in_master\.h5\n +6 images of 1030 x 514 uint16")
        self.assertRegex(text, r"would write +new/out_master\.h5")
        self.assertRegex(text, r"2 images of 515 x 257 uint16, about \d")
        self.assertRegex(text, r"would take +about \S+ s with \d+ threads? \(judged by 2 images\)")

    def test_the_estimate_is_about_right(self):
        options = ["-o", "out", "-H", 16, "-c", "bslz4"]
        said = re.search(r"about (\S+ \S+)\n", self.say(*options, "--dry-run"))[1]
        compress(self.master, "out", *options[2:], cwd=self.folder)
        size = os.path.getsize(os.path.join(self.folder, "out_000001.h5"))
        self.assertAlmostEqual(bytes_of(said) / size, 1, delta=0.1)

    def test_what_stands_in_the_way_is_told(self):
        compress(self.master, "out", cwd=self.folder)
        before = sorted(os.listdir(self.folder))
        self.assertIn("would stop     out_master.h5: exists", self.say("-o", "out", "--dry-run", code=1))
        self.assertNotIn("would stop", self.say("-o", "out", "--dry-run", "--overwrite"))
        self.assertNotIn("would stop", self.say("-o", "other", "--dry-run"))
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_what_stands_in_the_way_is_what_stops_the_run(self):
        compress(self.master, "whole", cwd=self.folder)
        compress(self.master, "part", "-p", 2, "-t", 1, cwd=self.folder)
        shutil.copy(os.path.join(self.folder, "whole_master.h5"), os.path.join(self.folder, "alone_master.h5"))
        shutil.copy(os.path.join(self.folder, "whole_master.h5"), os.path.join(self.folder, "m_000002.cbf"))
        os.mkdir(os.path.join(self.folder, "folder_000001.cbf"))
        for options, says in ((["-o", "whole"], "whole_master.h5: exists (--overwrite replaces it, -o names another)"),
                              (["-o", "part"], "part_000001.h5: exists (--overwrite replaces it, -o names another, "
                                               "--resume goes on with a run that was interrupted)"),
                              (["-o", "alone", "-b", 2, "--resume"],
                               "alone_master.h5: was made by another job (other options, or another input) (--resume --overwrite makes it anew)"),
                              (["-o", "new", "-m", "whole_master"], "whole_master.h5: exists (--overwrite replaces it, -m "),
                              (["-o", "new", "-H", 4, "-q", "whole"], "whole_000001.h5: exists (--overwrite replaces it, -q "),
                              (["-o", "new", "--minicbf", "m"], "m_000002.cbf: exists (--overwrite replaces it, --minicbf "),
                              (["-o", "new", "--minicbf", "folder"], "folder_000001.cbf: is a folder; choose another --minicbf"),
                              (["-o", "new", "-m", "new_000001"], "could be the name of a data file of -o")):
            self.assertIn("would stop     ", text := self.say(*options, "--dry-run", code=1))
            self.assertIn(says, text.replace("\n" + 15 * " ", " "))
            self.assertIn(says, run("-i", self.master, *options, cwd=self.folder).stderr)

    def test_what_else_is_written_is_told(self):
        text = self.say("-o", "out", "-H", 16, "-d", 4, "-q", "out_file", "--minicbf", "m", "--json", "j", "--report", "r",
                        "--dry-run")
        for line in ("2 squash files: out_squash_000001.h5 ... out_squash_000002.h5\n", "8 miniCBF files: m_??????.cbf\n",
                     "would report   j\nwould report   r\n"):
            self.assertIn(line, text)
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_run_that_resumes(self):
        compress(self.master, "out", "-d", 3, "-p", 2, "-t", 1, cwd=self.folder)
        before = digests(self.folder)
        text = self.say("-o", "out", "-d", 3, "--resume", "--dry-run")
        self.assertIn("would keep     2 data files, complete already\n", text)
        self.assertIn("1 data file: out_000002.h5\n", text)
        self.assertIn("3 images of 1030 x 514 uint16, about ", text)
        compress(self.master, "out", "-d", 3, "-p", 2, "-t", 2, cwd=self.folder)
        text = self.say("-o", "out", "-d", 3, "--resume", "--dry-run")
        self.assertIn("would keep     3 data files", text)
        self.assertNotIn("data file:", text)
        self.assertNotIn("would read", text)
        self.assertRegex(run("-i", self.master, "-o", "out", "-d", 3, "-b", 2, "--resume", "--dry-run", cwd=self.folder).stdout,
                         r"(?s)would stop     out_000001.h5: .*\(--resume --overwrite makes it anew\)\n")
        os.remove(os.path.join(self.folder, "out_000002.h5"))
        self.assertEqual(digests(self.folder), before)

    def test_a_folder_that_cannot_be_made(self):
        with open(os.path.join(self.folder, "file"), "wb"):
            pass
        for prefix, says in (("file/new/out", "file/new: cannot write here: Not a directory"), ("file/out", "file: ")):
            self.assertIn("would stop     " + says, self.say("-o", prefix, "--dry-run", code=1))
        self.assertNotIn("would stop", self.say("-o", "new/folder/out", "--dry-run"))
        for option in ("-o", "-m", "-q", "--minicbf"):
            more = ["-H", 4, *([] if option == "-o" else ["-o", "out"]), option, "file/x"]
            text = self.say(*more, "--dry-run", code=1).replace("\n" + 15 * " ", " ")
            self.assertIn(f"(choose another {option})", text)
            said = run("-i", self.master, *more, cwd=self.folder).stderr
            self.assertRegex(said, rf"error: file: .* \(choose another {option}\)")

    def test_shares(self):
        text = self.say("-o", "out", "-d", 2, "-p", 3, "-t", 1, "--dry-run")
        self.assertIn("2 data files: out_000001.h5 and out_000004.h5", text)
        self.assertIn("(data files alone)", text)
        self.assertNotIn("data file", self.say("-o", "out", "-t", 0, "--dry-run"))

    def test_wrong_options_are_refused_alike(self):
        self.assertEqual(run("-i", self.master, "-c", "hcomp", "--dry-run", cwd=self.folder).returncode, 2)
        self.assertEqual(run("-i", "none.h5", "--suggest", cwd=self.folder).returncode, 1)
        for report in ("--json", "--report"):
            done = run("-i", self.master, "--suggest", report, "r", cwd=self.folder)
            self.assertEqual((done.returncode, os.listdir(self.folder)), (2, []))
            self.assertIn(f"{report}: --suggest shows its table", done.stderr)

    def test_suggestions(self):
        text = self.say("--suggest", "-N", 4)
        self.assertEqual(os.listdir(self.folder), [])
        rows = [line for line in text.splitlines() if line.startswith("  -")]
        self.assertEqual(len(rows), 40)
        for wanted in ("-H 4 -c hcomp", "-b 2 -H 32 -c hcomp", "-J 125 -c j2k", "-b 2 -J 20 --wavelet 9/7 -c j2k",
                       *(f"{bin}-J {ratio} --profile faithful -c j2k" for bin in ("", "-b 2 ")
                         for ratio in (20, 50, 125, 250)),
                       *(f"-b 2 -H {scale} --profile faithful -c hcomp" for scale in (4, 8, 16, 32))):
            self.assertEqual(sum(row[2:].startswith(wanted + " ") for row in rows), 1, wanted)
        # best first by size within a class of spot correlation, and the classes from the best down
        least, last = 1.0, None
        for line in text.splitlines():
            heading = re.match(r"correlation of spots ([\d.]+) or more", line)
            if heading:
                self.assertLess(float(heading[1]), least)
                least, last = float(heading[1]), None
            if line.startswith("  -"):
                fields = line.split()
                ratio, correlation = float(fields[-5]), float(fields[-2])
                self.assertGreaterEqual(correlation, least - 5e-6)
                if last is not None:
                    self.assertLessEqual(ratio, last)
                last = ratio

    def test_suggestions_for_what_was_given(self):
        text = self.say("--suggest", "-N", 4, "-b", 3, "-s", 2)
        rows = [line for line in text.splitlines() if line.startswith("  -")]
        self.assertEqual(len(rows), 20)
        self.assertTrue(all(row.startswith("  -b 3 ") for row in rows))
        self.assertIn("each a sum of 2", text)

    @staticmethod
    def judged(text):
        """The rows without their speed, in any order."""
        return sorted(line.rsplit(None, 1)[0] for line in text.splitlines() if line.startswith("  -"))

    def test_suggestions_say_all_of_their_lossy_codec(self):
        """What the command says of another one is not in a row that can be pasted."""
        self.assertEqual(self.judged(self.say("--suggest", "-N", 1, "-b", 2, "--bytes-per-frame", 900, "--psnr", 60,
                                              "--profile", "faithful", "--wavelet", "5/3", "--j2k-weights", "0.1")),
                         self.judged(self.say("--suggest", "-N", 1, "-b", 2)))

    def test_a_suggestion_is_what_a_run_gives(self):
        rows = [line for line in self.say("--suggest", "-N", 1).splitlines() if line.startswith("  -b 2 ")]
        for n, settings in enumerate(("-b 2 -H 8 -c hcomp", "-b 2 -J 50 --wavelet 9/7 -c j2k",
                                      "-b 2 -J 50 --profile faithful -c j2k", "-b 2 -H 8 --profile faithful -c hcomp")):
            row = next(row for row in rows if row.startswith(f"  {settings} "))
            done = compress(self.master, f"out{n}", "-N", 1, *settings.split(), "--json", f"report{n}", cwd=self.folder)
            rmse = float(re.search(r"RMSE (\S+) counts", done.stderr)[1])
            self.assertAlmostEqual(float(row.split()[-4]) / rmse, 1, delta=0.006)


if __name__ == "__main__":
    unittest.main()
