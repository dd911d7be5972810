# SPDX-License-Identifier: LGPL-2.1-or-later
"""--json and --report: figures are those of the pixels, by the schema; the page stands alone."""
import html.parser
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import jsonschema
import numpy as np

from run import SHARED, compress, pixels, program, run

SOURCE = os.environ["LBC_SOURCE"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

with open(os.path.join(SOURCE, "docs", "report.schema.json"), encoding="utf-8") as stream:
    SCHEMA = json.load(stream)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def counts(images):
    """float64, NAN for what is no count in an unsigned 16-bit series with saturation value below 65534."""
    return np.where(images >= 65534, np.nan, images.astype(float))


class Page(html.parser.HTMLParser):
    """What a page holds, and whether its elements are closed in order."""
    VOID = {"meta", "link", "img", "br", "path", "circle"}

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.titles, self.links, self.classes = [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        attrs = dict(attrs)
        self.links += [attrs[name] for name in ("src", "href", "xlink:href", "data") if name in attrs]
        self.titles += [attrs["aria-label"]] if tag == "svg" else []
        self.classes += attrs.get("class", "").split()
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            raise AssertionError(f"</{tag}> closes something else")


class Reports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = tempfile.TemporaryDirectory(prefix="lbc-report-")
        cls.addClassCleanup(cls.data.cleanup)
        done = run("-D", "500K", "-n", 9, "-x", 0.5, "-o", "in", name="l_bnl_simulate", cwd=cls.data.name)
        assert done.returncode == 0, done.stderr
        cls.master = os.path.join(cls.data.name, "in_master.h5")
        cls.images = pixels(os.path.join(cls.data.name, "in_data"))

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lbc-report-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def json_of(self, *options, prefix="out"):
        compress(self.master, self.path(prefix), "--json", self.path(prefix + ".json"), *options)
        with open(self.path(prefix + ".json"), encoding="utf-8") as f:
            report = json.load(f)
        VALIDATOR.validate(report)
        return report

    def check_pixels(self, report, before, after):
        """The figures against those of the pixels; NAN is no count."""
        both = ~np.isnan(before) & ~np.isnan(after)
        difference = np.where(both, after - before, 0)
        figures = report["figures"]
        self.assertEqual(figures["pixels"], both.sum())
        self.assertEqual(figures["pixels_lost"], 0)
        self.assertEqual(figures["largest_difference"], np.abs(difference).max())
        self.assertAlmostEqual(figures["rmse"], np.sqrt((difference ** 2).sum() / both.sum()), 6)
        self.assertAlmostEqual(figures["mean_before"], before[both].mean(), 6)
        self.assertAlmostEqual(figures["mean_after"], after[both].mean(), 6)
        self.assertAlmostEqual(figures["relative_mean_shift"], after[both].sum() / before[both].sum() - 1, 6)
        for row, b, a in zip(report["images"], before, after):
            ok = ~np.isnan(b) & ~np.isnan(a)
            self.assertAlmostEqual(row["rmse"], np.sqrt(((a - b)[ok] ** 2).mean()), 6)
            self.assertAlmostEqual(row["mean_after"], a[ok].mean(), 6)
        self.assertEqual(sum(report["counts"]["pixels_before"]), (~np.isnan(before)).sum())
        self.assertEqual(report["counts"]["pixels_after"][0], (after == 0).sum())

    def test_figures_are_those_of_the_pixels(self):
        for options in (["-H", 16, "-c", "bslz4"], ["-J", 20, "-c", "bslz4"]):
            with self.subTest(options=options):
                report = self.json_of(*options, "--overwrite")
                self.check_pixels(report, counts(self.images), counts(pixels(self.path("out"))))
                self.assertGreater(report["figures"]["rmse"], 0.1)
                self.assertEqual(len(report["images"]), 9)
                self.assertGreater(report["figures"]["spots"], 100)
                self.assertGreater(report["figures"]["spot_correlation"], 0.9)

    def test_at_rest_they_are_those_of_what_is_stored(self):
        for options in (["-H", 16, "-c", "hcomp"], ["-H", 16, "-c", "hcomp", "-q", "out_file"],
                        ["-J", 20, "-c", "j2k", "--wavelet", "9/7"], ["-H", 16, "-c", "hcomp", "--verify"]):
            with self.subTest(options=options):
                report = self.json_of(*options, "--overwrite")
                self.check_pixels(report, counts(self.images), counts(pixels(self.path("out"))))
                self.assertGreater(report["codestreams"]["bytes"], 0)

    def test_binned_and_summed(self):
        report = self.json_of("-b", 2, "-s", 3, "-H", 4, "-c", "bslz4")
        plain = self.path("plain")
        compress(self.master, plain, "-b", 2, "-s", 3, "-c", "bslz4")
        self.check_pixels(report, counts(pixels(plain)), counts(pixels(self.path("out"))))
        self.assertEqual([row["first_input_image"] for row in report["images"]], [1, 4, 7])
        self.assertEqual([row["input_images"] for row in report["images"]], [3, 3, 3])
        self.assertEqual(sum(row["bytes_in"] for row in report["images"]), report["input"]["bytes_stored"])

    def test_without_a_lossy_codec_nothing_differs(self):
        report = self.json_of("-b", 2, "-c", "bslz4")
        self.check_pixels(report, counts(pixels(self.path("out"))), counts(pixels(self.path("out"))))
        self.assertEqual(report["figures"]["rmse"], 0)
        self.assertEqual(report["figures"]["local_mean_shift"], 0)
        self.assertEqual(report["figures"]["spot_correlation"], 1)
        self.assertIsNone(report["codestreams"])

    def test_gaps_zero_has_no_masked_pixels(self):
        report = self.json_of("-H", 16, "-c", "bslz4", "--gaps", "zero")
        self.assertEqual(report["figures"]["pixels"], self.images.size)

    def test_means_by_resolution_are_those_of_rings(self):
        report = self.json_of("-H", 16, "-c", "bslz4")
        rings = report["resolution"]
        self.assertEqual(len(rings), 100)
        self.assertEqual(sum(ring["pixels"] for ring in rings), report["figures"]["pixels"])
        total = sum(ring["pixels"] * (ring["mean_before"] or 0) for ring in rings)
        self.assertAlmostEqual(total / report["figures"]["pixels"], report["figures"]["mean_before"], 6)
        self.assertIsNone(rings[0]["d_max"])
        self.assertLess(rings[-1]["d_min"], 3)

    def test_threads_and_split_sums_change_nothing(self):
        reports = []
        for threads in (1, 3):
            report = self.json_of("-s", 9, "-H", 8, "-c", "bslz4", "-p", threads, prefix=f"p{threads}")
            for part in ("settings", "time"):
                report.pop(part)
            for name in ("master", "first_file", "last_file"):
                report["output"].pop(name)
            reports.append(report)
        self.assertEqual(*reports)

    def test_a_share_reports_what_it_did(self):
        report = self.json_of("-H", 8, "-c", "bslz4", "-d", 2, "-p", 2, "-t", 2)
        self.assertEqual([row["image"] for row in report["images"]], [3, 4, 7, 8])
        self.assertIsNone(report["output"]["master"])
        report = self.json_of("-H", 8, "-c", "bslz4", "-d", 2, "-p", 2, "-t", 0, prefix="none")
        self.assertIsNone(report["figures"])
        self.assertEqual(report["images"], [])

    def test_summary_says_how_the_codec_did(self):
        done = compress(self.master, self.path("out"), "-H", 16, "-c", "bslz4")
        sampled = re.search(r"RMSE (\S+) counts, mean (\S+) -> (\S+) \((\S+) %\)\n +measured on 2 of 9 images ", done.stderr)
        self.assertTrue(sampled, done.stderr)
        before, after = counts(self.images[::8]), counts(pixels(self.path("out"))[::8])
        self.assertAlmostEqual(float(sampled[1]), np.sqrt(np.nanmean((after - before) ** 2)), 3)
        done = compress(self.master, self.path("all"), "-H", 16, "-c", "bslz4", "--json", self.path("j"))
        self.assertRegex(done.stderr, r"local mean off by \S+ % \(median\), [\d ]+ spots: correlation 0\.\d+")
        self.assertNotIn("measured on", done.stderr)
        self.assertIn(f"report    {self.path('j')}\n", done.stderr)
        for line in done.stderr.splitlines():
            if "/" not in line and "warning: " not in line:
                self.assertLessEqual(len(line), 80, line)

    def test_summary_names_all_that_was_written(self):
        done = run("-i", self.master, "-o", "it's", "-H", 16, "-c", "hcomp", "-N", 7, "-d", 3, "-q", "out_file",
                   "--minicbf", "m", "--json", "j.json", "--report", "r.html", cwd=self.folder)
        for line in ("          7 of 9 images of 1030 x 514 uint16, ", "          3 data files: it's_000001.h5 ... it's_000003.h5\n",
                     "          3 squash files: it's_squash_000001.h5 ... it's_squash_000003.h5\n",
                     "          7 miniCBF files: m_??????.cbf\n", "next      dials.import 'it'\\''s_master.h5'\n",
                     "report    j.json\n", "report    r.html\n"):
            self.assertIn(line, done.stderr)

    def test_summary_of_a_part_of_the_set(self):
        options = ["-H", 16, "-c", "bslz4", "-d", 2]
        done = compress(self.master, self.path("out"), *options, "-p", 2, "-t", 1)
        self.assertIn(f"3 of 5 data files: {self.path('out')}_000001.h5, ..., {self.path('out')}_000005.h5 (not all between)\n",
                      done.stderr)
        self.assertIn("          5 of 9 images of 1030 x 514 uint16, ", done.stderr)
        self.assertIn("share     1 of 2: all figures are of its files alone\n", done.stderr)
        done = compress(self.master, self.path("out"), *options, "--resume")
        self.assertIn(f"2 of 5 data files: {self.path('out')}_000002.h5 and {self.path('out')}_000004.h5\n", done.stderr)
        self.assertIn("kept      3 data files, complete before this run; no other figure counts them\n", done.stderr)
        said = compress(self.master, self.path("out"), "-d", 5, "-p", 2, "-t", 2, "--minicbf", self.path("m"), "--overwrite")
        self.assertIn(f"          4 of 9 miniCBF files: {self.path('m')}_??????.cbf\n", said.stderr)

    def test_summary_says_what_takes_less(self):
        for options, says in ((["-u", 4, "-c", "none"], "input: -H with -c hcomp, or -J with -c j2k, takes less"),
                              (["-H", 2, "-u", 4, "-c", "none"], "input: -c hcomp, which stores the codestreams, takes less"),
                              (["-H", 16, "-c", "hcomp"], None)):
            said = compress(self.master, self.path("out"), *options, "--overwrite").stderr
            self.assertEqual("larger than the input" in said, says is not None)
            self.assertIn(says or "ratio", said)

    def test_summary_says_what_readers_need(self):
        for options, says in ((["-c", "zstd"], "filter Blosc: Debian's hdf5-"), (["-c", "BSZSTD"], "Zstandard"),
                              (["-c", "bslz4"], "filter bitshuffle: "), (["-c", "bshuf"], "filter bitshuffle: "),
                              (["-c", "j2k", "-J", 9], "HDF5's own"), (["-c", "none"], None)):
            said = compress(self.master, self.path("out"), *options, "--overwrite").stderr
            self.assertEqual("through the HDF5 filter" in said, says is not None)
            self.assertIn(says or "next", said)

    def test_summary_accounts_for_a_large_pixel_mask(self):
        said = compress(self.master, self.path("out"), "-N", 1, "-H", 99, "-c", "bslz4").stderr
        self.assertIn("and a pixel mask of 2.12 MB in the master, uncompressed for neggia\n", said)
        self.assertNotIn("pixel mask", compress(self.master, self.path("not"), "-N", 1, "-H", 99, "-c", "zstd").stderr)

    def test_summary_has_plain_numbers(self):
        said = compress(self.master, self.path("out"), "-N", 1, "-J", 50000, "-c", "bslz4").stderr
        self.assertRegex(said, r"mean \S+ -> \S+ \(\+\d{3} %\)\n")
        self.assertNotRegex(said, r"\de\+")

    def test_the_page_has_plain_numbers(self):
        compress(self.master, self.path("out"), "-N", 1, "-J", 50000, "-c", "bslz4", "--report", self.path("r.html"))
        with open(self.path("r.html"), encoding="utf-8") as f:
            self.assertRegex(page := f.read(), r"\+\d{3} %")
        self.assertNotRegex(re.sub(r'"[^"]*"', "", page), r"\de[-+]\d")

    def test_stdout_is_json_alone(self):
        done = compress(self.master, self.path("out"), "-H", 16, "--json", "-")
        VALIDATOR.validate(json.loads(done.stdout))
        self.assertEqual(compress(self.master, self.path("no"), "-H", 16).stdout, "")

    def test_a_series_without_its_report_is_called_complete(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([program("l_bnl_compress"), "-i", self.master, "-o", self.path("out"), "--json", "-"],
                                  stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "error: the report cannot be written: .*\n.*the series itself is complete")
        self.assertEqual(run("-i", self.path("out_master.h5"), "--verify").returncode, 0)

    # ---- files -------------------------------------------------------------------------------------

    def test_a_report_replaces_nothing_unasked(self):
        for option in ("--json", "--report"):
            there = self.path("there")
            with open(there, "w", encoding="utf-8") as f:
                f.write("mine")
            done = run("-i", self.master, "-o", self.path("out"), option, there)
            self.assertEqual(done.returncode, 1)
            self.assertIn("exists (--overwrite", done.stderr)
            self.assertEqual(os.listdir(self.folder), ["there"])

    def test_a_report_never_replaces_a_series(self):
        victim = self.path("victim.h5")
        shutil.copy(self.master, victim)
        done = run("-i", self.master, "-o", self.path("out"), "--overwrite", "--json", victim)
        self.assertEqual(done.returncode, 1)
        self.assertIn("HDF5", done.stderr)
        with open(self.master, "rb") as a, open(victim, "rb") as b:
            self.assertEqual(a.read(), b.read())

    def test_a_report_that_cannot_be_written_is_told_before_the_work(self):
        open(self.path("file"), "w", encoding="utf-8").close()
        for place in ("file/r.json", "file/new/r.json", "new/"):
            done = run("-i", self.master, "-o", self.path("out"), "--json", self.path(place))
            self.assertEqual(done.returncode, 1, place)
            self.assertEqual(os.listdir(self.folder), ["file"])

    def test_a_missing_folder_is_made_as_that_of_the_series(self):
        compress(self.master, self.path("out"), "-N", 1, "--json", self.path("new/er/r.json"), "--report",
                 self.path("other/r.html"))
        self.assertEqual(os.listdir(self.path("new/er")), ["r.json"])
        self.assertEqual(os.listdir(self.path("other")), ["r.html"])
        for name in ("x_master.h5", "x_000001.h5"):
            done = run("-i", self.master, "-o", self.path("made/x"), "--json", self.path("made/" + name))
            self.assertEqual(done.returncode, 2)
            self.assertIn("has the name of", done.stderr)
        done = run("-i", self.master, "-o", "y", "--json", "made/r", "--report", "./made/r", cwd=self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertFalse(os.path.exists(self.path("made")))

    def test_numbers_share_lines(self):
        compress(self.master, self.path("out"), "-J", 20, "--json", self.path("r.json"))
        with open(self.path("r.json"), encoding="utf-8") as f:
            text = f.read()
        VALIDATOR.validate(json.loads(text))
        lines = text.splitlines()
        self.assertIn('  "shape": [514, 1030],', lines)
        self.assertFalse([line for line in lines if re.fullmatch(r"\s*[-\d.e+]+,?", line) or len(line) > 100])
        self.assertRegex(text, r'\n  "smallest_count": \[0, 1, 2, .*,\n   \d')

    def test_brackets_and_quotes_in_names_are_no_arrays(self):
        name = 'a[1, 2]"\\[3,  4]'
        os.symlink(os.path.dirname(self.master), self.path(name))
        master = os.path.join(self.path(name), "in_master.h5")
        done = compress(master, self.path("out"), "-N", 1, "--json", "-")
        self.assertEqual(json.loads(done.stdout)["input"]["master"], master)

    # ---- the page ----------------------------------------------------------------------------------

    def page(self, *options):
        compress(self.master, self.path("out"), "--report", self.path("page.html"), *options)
        with open(self.path("page.html"), encoding="utf-8") as f:
            return f.read()

    def test_page_is_whole_and_loads_nothing(self):
        text = self.page("-H", 16, "-c", "hcomp")
        page = Page(text)
        self.assertEqual(page.open, [])
        self.assertNotIn("script", page.tags)
        self.assertNotRegex(text, r"https?://|@import|url\(")
        for link in page.links:
            self.assertTrue(link.startswith("data:"), link[:60])
        for plot in ("by resolution", "shift of the mean", "spots", "Histogram", "Bytes an image", "RMSE", "local mean"):
            self.assertTrue(any(plot in title for title in page.titles), plot)
        # two or three different images, each before, after and the difference, and as many of three spots
        self.assertIn(page.tags.count("img"), (2 * 3 * (1 + 3), 3 * 3 * (1 + 3)))
        self.assertNotRegex(text, r"\bnan\b|\binf\b")
        self.assertIn("prefers-color-scheme:dark", text)

    def test_images_have_whole_numbers(self):
        text = self.page("-H", 16, "-N", 3, "-c", "hcomp")
        chart = text[text.index("<title>RMSE of an image"):]
        below = re.search(r'<g class="tick" text-anchor="middle">(.*?)</g>', chart)[1]
        self.assertEqual(re.findall(r">([\d.]+)<", below), ["1", "2", "3"])

    def test_page_of_one_image_and_of_none(self):
        page = Page(self.page("-N", 1, "-c", "bslz4"))
        self.assertEqual(page.tags.count("img"), 3 * (1 + 3))
        text = self.page("-p", 2, "-t", 0, "--overwrite")
        self.assertEqual(Page(text).tags.count("img"), 0)

    def test_names_are_escaped(self):
        name = self.path("a <b> & \"c\"_master.h5")
        os.symlink(self.master, name)
        for n in os.listdir(self.data.name):
            if n.startswith("in_data"):
                os.symlink(os.path.join(self.data.name, n), self.path(n))
        done = run("-i", name, "-o", self.path("out"), "--report", self.path("p.html"), "--json", self.path("p.json"))
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.path("p.html"), encoding="utf-8") as f:
            text = f.read()
        self.assertIn("a &lt;b&gt; &amp; &quot;c&quot;_master.h5", text)
        self.assertNotIn("<b> &", text)
        with open(self.path("p.json"), encoding="utf-8") as f:
            self.assertEqual(json.load(f)["input"]["master"], name)

    @unittest.skipUnless(CHROMIUM, "chromium is not installed")
    def test_a_browser_shows_it(self):
        self.page("-H", 16, "-c", "hcomp")
        shot = self.path("shot.png")
        browse = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
                  "--user-data-dir=" + self.path("profile"), "--enable-logging=stderr", "--hide-scrollbars",
                  "--window-size=1180,3000"]
        done = subprocess.run([*browse, "--screenshot=" + shot, "file://" + self.path("page.html")], check=False,
                              capture_output=True, text=True, errors="replace", timeout=240)
        self.assertEqual(done.returncode, 0, done.stderr)
        console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        self.assertEqual(console, [])
        with open(shot, "rb") as f:
            head = f.read(24)
        self.assertEqual(head[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual((int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")), (1180, 3000))
        self.assertGreater(os.path.getsize(shot), 200000)  # a blank page has a few kilobytes

    @unittest.skipUnless(os.path.isdir(os.path.join(SHARED, "real")), "no shared data")
    def test_real_images(self):
        self.master = os.path.join(SHARED, "real", "pilatus6m_thaumatin_master.h5")
        report = self.json_of("-J", 125, "-u", 4, "-c", "bslz4", "-N", 2)
        self.assertGreater(report["figures"]["spots"], 500)
        self.assertGreater(report["figures"]["local_mean_shift"], 0.05)  # 5/3 raises the background
        better = self.json_of("-J", 125, "--wavelet", "9/7", "-u", 4, "-c", "bslz4", "-N", 2, prefix="better")
        self.assertLess(better["figures"]["rmse"], report["figures"]["rmse"])
        self.assertLess(better["figures"]["local_mean_shift"], report["figures"]["local_mean_shift"] / 2)


if __name__ == "__main__":
    unittest.main()
