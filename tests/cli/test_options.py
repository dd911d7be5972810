# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line of l_bnl_compress: every option, every form, every error."""
import os
import re
import tempfile
import unittest

import h5py
import numpy as np

from run import compress, data_files, digests, pixels, run  # first: it tells HDF5 where the plugins are

import series

ORIGINAL = {  # letter: (long name, takes an argument)
    "1": "first_image", "N": "last_image", "b": "bin", "s": "sum", "c": "compression", "l": "compression_level",
    "d": "data_block_size", "H": "Hcompress", "J": "J2K", "K": "J2K2", "i": "infile", "o": "out_file",
    "m": "out_master", "q": "out_squash", "p": "parallel", "t": "thread", "u": "uint", "v": "verbose", "V": "version",
    "h": "help",
}
OURS = ["wavelet", "overwrite", "partial", "gaps", "jobs", "progress", "profile", "j2k-engine", "j2k-weights", "psnr",
        "bytes-per-frame", "j2k-layers", "fill", "rounding", "curve"]


class Options(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.images = series.frames(8, 40, 48)
        self.master = series.filewriter(self.folder.name, "in", self.images, block=3)
        self.count = 0

    def path(self, *names):
        return os.path.join(self.folder.name, *names)

    def prefix(self):
        self.count += 1
        return self.path(f"out{self.count}")

    def made(self, *options):
        """Pixels of a run with these options."""
        prefix = self.prefix()
        compress(self.master, prefix, *options)
        return pixels(prefix)

    def same(self, forms, reference):
        want = self.made(*reference)
        for form in forms:
            np.testing.assert_array_equal(self.made(*form.split()), want, err_msg=form)

    def refused(self, *options, code=2, says=""):
        before = digests(self.folder.name)
        done = run(*options)
        self.assertEqual(done.returncode, code, f"{options}: {done.stderr}")
        self.assertEqual(done.stdout, "")
        lines = [line for line in done.stderr.splitlines() if "error:" in line]
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertTrue(lines[0].startswith("l_bnl_compress: error: "), lines[0])
        self.assertIn(says, lines[0])
        self.assertEqual(digests(self.folder.name), before, "a refused run wrote something")

    # ---- what it shows

    def test_help_shows_every_option_grouped_in_80_columns(self):
        for option in ("-h", "--help"):
            done = run(option)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            for letter, name in ORIGINAL.items():
                self.assertRegex(done.stdout, rf"(?m)^  -{letter}, --{name}\b")
            for name in OURS:
                self.assertRegex(done.stdout, rf"(?m)^      --{name}\b")
            self.assertGreaterEqual(len(re.findall(r"(?m)^\S.*:$", done.stdout)), 4)
            self.assertLessEqual(max(map(len, done.stdout.splitlines())), 80)

    def test_version(self):
        for option in ("-V", "--version", "--versi"):
            done = run(option)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, r"^l_bnl_compress-\d+\.\d+\.\d+-\d{4}-\d\d-\d\d\n$")

    def test_stdout_is_for_what_was_asked(self):
        done = compress(self.master, self.prefix(), "-v")
        self.assertEqual(done.stdout, "")
        self.assertIn("masked", done.stderr)

    def test_the_summary_says_what_happened(self):
        done = compress(self.master, self.path("sum"), "-b", 2, "-s", 2, "-H", 16)
        for word in ("8 images", "4 images", "48 x 40", "24 x 20", "ratio", "images/s", "masked", "overloaded", "clipped",
                     self.path("sum_master.h5"), "dials.import", "HCompress", "XDS.INP", "detectors.lib"):
            self.assertIn(word, done.stderr)

    # ---- forms of options

    def test_forms_of_numbers(self):
        self.same(["-b 2", "-b2", "-b=2", "--bin 2", "--bin=2", "--bi 2"], ["-b", 2])
        self.same(["-s 3", "-s3", "--sum 3", "--sum=3"], ["-s", 3])
        self.same(["-1 3", "-13", "-1=3", "--first_image 3", "--first_image=3"], ["-1", 3])
        self.same(["-N 5", "-N5", "--last_image 5"], ["-N", 5])
        self.same(["-u 4", "-u4", "--uint=4"], ["-u", 4])
        self.same(["-H 16", "-H16", "--Hcompress 16", "-H 0", "-H -5"], ["-H", 16])
        self.same(["-J 125", "--J2K=125", "-J 0", "-J -1"], ["-J", 125])
        self.same(["-K 125", "--J2K2 125", "-K 0"], ["-K", 125])

    def test_optional_numbers_that_are_left_out_or_too_small(self):
        plain = self.made()
        for options in ("-b", "-s", "-1", "-u", "-c", "-d", "-t", "-b 0", "-s 0", "-b=-3", "-b -s -1",
                        "--bin --sum", "-vb"):
            np.testing.assert_array_equal(self.made(*options.split()), plain, err_msg=options)
        self.assertEqual(len(data_files(self.files("-d", 0))), 8)
        self.assertEqual(len(data_files(self.files("-d", 3))), 3)
        self.assertEqual(len(data_files(self.files("-d"))), 1)

    def files(self, *options):
        prefix = self.prefix()
        compress(self.master, prefix, *options)
        return prefix

    def test_the_scale_wins_over_the_ratios(self):
        self.same(["-H 16 -J 20", "-K 30 -H 16", "-J 20 -K 9 -H 16"], ["-H", 16])
        self.same(["-J 20 -K 30", "-K 30 -J 20"], ["-J", 20])

    def test_wavelets(self):
        a, b = self.made("-J", 20, "--wavelet", "5/3"), self.made("-J", 20, "--wavelet", "9/7")
        np.testing.assert_array_equal(a, self.made("-J", 20))
        self.assertTrue((a != b).any())

    def test_profiles_are_settings_that_can_be_given_one_by_one(self):
        self.same(["-J 20 --profile original", "-J 20 --wavelet 5/3 --j2k-engine openjpeg --j2k-weights none"], ["-J", 20])
        faithful = self.made("-J", 8, "--profile", "faithful")
        self.same(["-J 8 --profile faithful --j2k-weights spot"], ["-J", 8, "--profile", "faithful"])
        for other in (["--j2k-weights", "none"], ["--wavelet", "5/3"], ["--fill", "zero"], ["--rounding", "nearest"]):
            self.assertTrue((self.made("-J", 8, "--profile", "faithful", *other) != faithful).any(), other)

    def test_a_profile_of_hcompress(self):
        faithful = self.made("-H", 16, "--profile", "faithful")
        self.same(["-H 16 --fill mean --rounding diffuse"], ["-H", 16, "--profile", "faithful"])
        for other in (["--fill", "zero"], ["--rounding", "nearest"]):
            self.assertTrue((self.made("-H", 16, "--profile", "faithful", *other) != faithful).any(), other)
        self.same(["-H 1 --profile faithful", "-H 1 --profile faithful -u 2"], [])
        self.assertEqual(self.lossy(self.files("-H", 16, "--profile", "faithful")),
                         {"codec": b"HCompress", "profile": b"faithful", "scale": 16, "fill": b"mean", "rounding": b"diffuse"})
        self.assertEqual(self.lossy(self.files("-H", 16)), {"codec": b"HCompress", "profile": b"original", "scale": 16})
        self.refused("-i", self.master, "-o", self.prefix(), "-H", 2**30, "--profile", "faithful", says="with diffusion the HCompress scale")
        self.refused("-i", self.master, "-o", self.prefix(), "-H", 16, "--profile", "faithful", "-q", "out_file",
                     says="--rounding nearest")
        self.files("-H", 16, "--profile", "faithful", "-q", "out_file", "--rounding", "nearest")

    def test_curves(self):
        faithful = ["--profile", "faithful"]
        for options, knee in ((["-J", 250], 24), (["-J", 250, "--curve", "none"], 0), (["-J", 40], 0),
                              (["-J", 40, "--curve", 7], 7), (["-J", 250, "-u", 4], 0), (["-J", 500, "-u", 4], 24),
                              (["-J", 250, "--psnr", 90], 0), (["-J", 250, "--rounding", "nearest"], 0)):
            self.assertEqual(self.lossy(self.files(*faithful, *options))["curve"], knee, options)
        prefix = self.files("-J", 8, *faithful, "--curve", 9, "-c", "j2k", "-q", "out_file")
        with h5py.File(prefix + "_squash_000001.h5", "r") as f:
            self.assertEqual(f["/entry/data/data_000001"].attrs["knee"], 9)
        self.same(["-J 8 --profile faithful --curve NONE"], ["-J", 8, *faithful])
        bent = self.made("-J", 8, *faithful, "--curve", 20)
        for other in ("none", 50):
            self.assertTrue((self.made("-J", 8, *faithful, "--curve", other) != bent).any(), other)
        job = ["-i", self.master, "-o", self.prefix()]
        for words, says in ((["--curve", "0"], "none, auto, or a number"), (["--curve", "1001"], "from 1 to 1000"),
                            (["--curve", "20x"], "20x"), (["--curve", "20"], "--rounding diffuse"),
                            (["--curve", "auto", "--rounding", "diffuse", "--psnr", "90"], "--curve none")):
            self.refused(*job, "-J", 20, *words, says=says)
        self.refused(*job, "-H", 16, "--curve", 20, says="--curve")

    def test_weights(self):
        own = ["-J", 8, "--wavelet", "9/7", "--j2k-engine", "own"]
        self.same(["-J 8 --wavelet 9/7 --j2k-weights 0.4,0.7,1,0.8,0.7,3", "-J 8 --wavelet 9/7 --j2k-weights SPOT"],
                  [*own, "--j2k-weights", "spot"])
        self.same(["-J 8 --wavelet 9/7 --j2k-engine own --j2k-weights none"], own)
        self.assertTrue((self.made(*own, "--j2k-weights", "0.1") != self.made(*own)).any())

    def test_one_layer_is_smaller_or_better(self):
        self.same(["-J 8 --j2k-layers list"], ["-J", 8])
        many, one = (self.streams("-J", 20, "--j2k-engine", "own", "--j2k-layers", n)[0] for n in ("list", "one"))
        layers = [int.from_bytes(s[s.index(b"\xff\x52") + 6 :][:2], "big") for s in (many, one)]
        self.assertEqual(layers, [9, 1])

    def streams(self, *options):
        prefix = self.files(*options, "-c", "j2k", "-q", "out_file")
        with h5py.File(prefix + "_squash_000001.h5", "r") as f:
            group = f["/entry/data"]
            return [bytes(group[name][:]) for name in sorted(n for n in group if n.startswith("data_"))]

    def test_bytes_per_frame_are_what_a_ratio_would_give(self):
        stored = 40 * 48 * 2
        for engine in ("own", "openjpeg"):
            with self.subTest(engine=engine):
                self.assertEqual(self.streams("--bytes-per-frame", stored // 8, "--j2k-engine", engine),
                                 self.streams("-J", 8, "--j2k-engine", engine))
        for n in (300, 700):
            sizes = [len(s) for s in self.streams("--bytes-per-frame", n, "--j2k-engine", "own")]
            self.assertLessEqual(max(sizes), n)
            self.assertGreater(min(sizes), 0.9 * n)
        self.same(["--bytes-per-frame 100000 --j2k-engine own"], [])  # 5/3 that may take all it needs

    def test_psnr_decides_the_size_within_that_of_the_ratio(self):
        plain = self.made().astype(float)
        for db in (96, 102):
            error = self.made("--psnr", db, "--wavelet", "9/7") - plain
            self.assertAlmostEqual(10 * np.log10(65535**2 / np.mean(error[plain < 60000] ** 2)), db, delta=2)
        sizes = [sum(map(len, self.streams("--psnr", db, "-J", 4))) for db in (90, 96, 200)]
        self.assertEqual(sizes, sorted(set(sizes)))
        most = sum(map(len, self.streams("-J", 4, "--j2k-engine", "own")))
        self.assertTrue(0.98 * most < sizes[2] <= most, (sizes, most))

    def lossy(self, prefix):
        """The parameters of the lossy step, from the master."""
        with h5py.File(prefix + "_master.h5", "r") as f:
            steps = [f["entry"][n] for n in f["entry"] if n.startswith("process_")]
            parameters = [s["parameters"] for s in steps if s["step"][()] == b"lossy"][0]
            return {k: parameters[k][()] for k in parameters}

    def test_the_master_tells_of_the_settings(self):
        prefix = self.files("--bytes-per-frame", 500, "--psnr", 90.5, "--profile", "faithful", "--j2k-weights", "0.25")
        self.assertEqual(self.lossy(prefix),
                         {"codec": b"JPEG 2000", "profile": b"faithful", "bytes_per_frame": 500, "psnr": 90.5,
                          "layers": b"one", "wavelet": b"9/7", "fill": b"mean", "rounding": b"diffuse", "curve": 0,
                          "engine": b"own", "weights": b"0.25,1,1,1,1,1"})

    def test_storage_names_in_any_case(self):
        want = self.made("-c", "none")
        for name, filter_ in {"bslz4": 32008, "BSLZ4": 32008, "bszstd": 32008, "bshuf": 32008, "zstd": 32001, "None": None,
                              "ZSTD": 32001}.items():
            prefix = self.files("-c", name)
            with h5py.File(data_files(prefix)[0], "r") as f:
                dataset = f["/entry/data/data"]
                plist = dataset.id.get_create_plist()
                self.assertEqual(plist.get_nfilters(), 0 if filter_ is None else 1)
                if filter_ is not None:
                    self.assertEqual(plist.get_filter(0)[0], filter_)
                self.assertEqual(dataset.chunks, (1, 40, 48))
                self.assertEqual(dataset.maxshape, (None, 40, 48))
                if name != "bszstd":  # Debian's bitshuffle plugin has no zstd
                    np.testing.assert_array_equal(dataset[:], want)

    def test_levels(self):
        def params(*options):
            with h5py.File(data_files(self.files(*options))[0], "r") as f:
                return f["/entry/data/data"].id.get_create_plist().get_filter(0)[2]
        self.assertEqual(params("-c", "zstd")[4], 3)
        self.assertEqual(params("-c", "zstd", "-l", 7)[4], 7)
        self.assertEqual(len(params("-c", "bszstd")), 6)
        self.assertEqual(params("-c", "bszstd")[5], 3)
        self.assertEqual(params("-c", "bszstd", "-l", -2)[5] & 0xFFFFFFFF, 2**32 - 2)
        self.assertEqual(params("-c", "bszstd", "--compression_level=22")[5], 22)
        for codec, level, used in (("zstd", 30, 9), ("zstd", -4, 0), ("bszstd", 99, 22)):
            done = compress(self.master, self.prefix(), "-c", codec, "-l", level)
            self.assertRegex(done.stderr, rf"note: -l {level}: .*{used} is used")

    # ---- where things go

    def test_a_level_for_nothing_is_told(self):
        for codec in ("bslz4", "bshuf", "none"):
            done = compress(self.master, self.prefix(), "-c", codec, "-l", 5)
            self.assertIn(f"note: -l 5: {codec} has no levels", done.stderr)
            self.assertNotIn("-l", compress(self.master, self.prefix(), "-c", codec).stderr)

    def test_numbers_that_stand_for_others_are_told(self):
        for options, says in ((["-H", 0, "-J", 0], "-H 0: below 1 means scale 16; 1 is lossless"),
                              (["-J", -1], "-J -1: below 1 means ratio 125"), (["-K", 0], "-K 0: below 1 means ratio 125"),
                              (["-b", 0], "-b 0: below 1 means 1, no binning"), (["-s", 0], "-s 0: below 1 means 1, no summing"),
                              (["-d", 0], "-d 0: below 1 means 1 image per data file"), (["-b", 1, "-s", "-d", "-H", 1], None)):
            said = compress(self.master, self.prefix(), *options).stderr
            self.assertEqual(said.count("below 1 means"), says is not None)
            self.assertIn(f"l_bnl_compress: note: {says}\n" if says else "output", said)

    def test_what_is_not_used_is_told(self):
        for options, says in ((["-H", 4, "-J", 10], "-J and -K are not used"), (["-J", 10, "-K", 10], "-K is not used"),
                              (["-H", 4], None), (["-K", 10], None)):
            said = run("-i", self.master, *options, "--dry-run").stderr
            self.assertEqual(said.count("not used"), says is not None, said)
            self.assertIn(says or "", said)

    def test_a_bin_larger_than_the_images(self):
        self.refused("-i", self.master, "-o", self.prefix(), "-b", 41,
                     says="-b 41: larger than the images of 48 x 40 pixels")
        self.assertEqual(self.made("-b", 40).shape, (8, 1, 2))

    def test_a_moved_mean_is_told_with_what_helps(self):
        """A scale far above the noise of weak images, and truncated 5/3 coefficients."""
        weak = series.filewriter(self.folder.name, "weak", np.random.default_rng(2).poisson(0.4, (8, 96, 96)).astype("u2"))
        for options, pattern in ((["-H", 16], "moves the mean count by .*: --profile faithful or a smaller -H"),
                                 (["-J", 125], r"moves the mean count by .*: --wavelet 9/7 \(--profile faithful\) or a smaller ratio"),
                                 (["-H", 16, "--profile", "faithful"], None), (["-H", 1], None), (["-J", 4, "--wavelet", "9/7"], None), ([], None)):
            said = compress(weak, self.prefix(), *options).stderr
            if pattern:
                self.assertRegex(said, "warning: the lossy codec " + pattern)
            else:
                self.assertNotIn("moves the mean", said, options)

    def test_names_of_the_master(self):
        for name, want in ((None, "sub/x_master.h5"), ("out_file", "sub/x_master.h5"), ("other", "sub/other.h5"),
                           ("other.h5", "sub/other.h5"), ("else/where", "else/where.h5")):
            with tempfile.TemporaryDirectory() as folder:
                options = [] if name is None else ["-m", name]
                done = run("-i", self.master, "-o", "sub/x", *options, cwd=folder)
                self.assertEqual(done.returncode, 0, done.stderr)
                with h5py.File(os.path.join(folder, want), "r") as f:
                    link = f["/entry/data"].get("data_000001", getlink=True)
                    self.assertEqual(link.filename, "../sub/x_000001.h5" if name == "else/where" else "x_000001.h5")
                    self.assertEqual(f["/entry/data/data_000001"].shape, (8, 40, 48))

    def test_default_names(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(run("-i", self.master, cwd=folder).returncode, 0)
            self.assertEqual(sorted(os.listdir(folder)), ["out_data_000001.h5", "out_data_master.h5"])

    def test_squash_files(self):
        for option, codec in (("-H", "hcomp"), ("-J", "j2k")):
            prefix = self.files(option, 16, "-q", "out_file", "-d", 5)
            with h5py.File(prefix + "_squash_000002.h5", "r") as f:
                names = [n for n in f["/entry/data"] if n.startswith("data_")]
                self.assertEqual(names, ["data_000006", "data_000007", "data_000008"])
                stream = f["/entry/data/data_000006"]
                self.assertEqual(stream.dtype, np.uint8)
                head = bytes(stream[:4])
                self.assertEqual(head, b"SIMP" if codec == "hcomp" else b"\xff\x4f\xff\x51")
        prefix = self.files("-H", 16, "-q", self.path("elsewhere"))
        self.assertTrue(os.path.exists(self.path("elsewhere_000001.h5")))

    # ---- shares

    def test_shares_make_the_same_files_as_a_whole_run(self):
        os.mkdir(self.path("whole"))
        os.mkdir(self.path("shares"))
        env = {"SOURCE_DATE_EPOCH": "1700000000"}
        compress(self.master, self.path("whole", "x"), "-d", 2, "-p", 2, env=env)
        for t in (0, 1, 2, 3, 4, 5):
            compress(self.master, self.path("shares", "x"), "-d", 2, "-p", 5, "-t", t, "--jobs", 1, env=env)
            if t == 0:
                self.assertEqual(os.listdir(self.path("shares")), ["x_master.h5"])
        self.assertEqual(digests(self.path("whole")), digests(self.path("shares")))

    # ---- what makes no sense

    def test_command_lines_that_make_no_sense(self):
        i = ["-i", self.master, "-o", self.path("no")]
        for options, says in (
            ([], "-i"), (["-i"], "-i"), ([*i, "-x"], "-x"), ([*i, "--nonsense"], "--nonsense"), ([*i, "word"], "word: not expected here (the input is named with -i"),
            ([*i, "-b", "two"], "two"), ([*i, "-b", "2.5"], "2.5"), ([*i, "-c", "gzip"], "gzip: no such compression; there are bslz4, "), ([*i, "-u", 3], "-u"),
            ([*i, "-c", "hcomp"], "-H"), ([*i, "-c", "j2k"], "-J"), ([*i, "-c", "j2k", "-H", 4, "-J", 5], "-J"),
            ([*i, "-c", "hcomp", "-J", 9], "-H"), ([*i, "-t", 1], "-p"), ([*i, "-t", 4, "-p", 3], "-t"),
            ([*i, "-1", 0], "-1"), ([*i, "-1", 5, "-N", 4], "-N"), ([*i, "-q", "x"], "-q"), ([*i, "--gaps", "fill"], "keep|zero"),
            ([*i, "--wavelet", "9/7"], "--wavelet"), ([*i, "--wavelet", "8/6", "-J", 9], "5/3"), ([*i, "--verbose=1"], "-v"),
            ([*i, "--j2k-engine", "own"], "--j2k-engine"), ([*i, "--j2k-weights", "spot"], "-J"),
            ([*i, "--profile", "faithful"], "-H, -J"), ([*i, "--fill", "mean"], "-H, -J"), ([*i, "-H", 4, "--psnr", 90], "--psnr"),
            ([*i, "-H", 4, "--bytes-per-frame", 900], "--bytes-per-frame"), ([*i, "-J", 9, "--bytes-per-frame", 900], "-J"),
            ([*i, "-K", 9, "--bytes-per-frame", 900], "-K"), ([*i, "--bytes-per-frame", 0], "at least 1"),
            ([*i, "-J", 9, "--psnr", 0], "above 0"), ([*i, "--psnr", 90, "--j2k-engine", "openjpeg"], "--j2k-engine own"),
            ([*i, "-J", 9, "--j2k-weights", "spot", "--j2k-engine", "openjpeg"], "--j2k-engine own"),
            ([*i, "-J", 9, "--profile", "faithful", "--j2k-engine", "openjpeg"], "--j2k-weights none"),
            ([*i, "-J", 9, "--j2k-weights", "1,2,3,4,5,6,7"], "1 to 6"), ([*i, "-J", 9, "--j2k-weights", "1,,2"], "1 to 6"),
            ([*i, "-J", 9, "--j2k-weights", "0"], "above 0"), ([*i, "-J", 9, "--profile", "true"], "faithful"),
            ([*i, "-s", 99999999999], "-s 99999999999: must be at most"), ([*i, "-d", 2**32], "-d 4294967296"),
            (["-i", self.master, "--verify", "-H", 4], "-H: without -o"), (["-i", self.master, "--verify", "--dry-run"], "--dry-run: without -o"),
            ([*i, "--jobs", 2], "--jobs"), ([*i, "--pa", "keep"], "--partial"), ([*i, "-m", "no_000001"], "-m"),
        ):
            with self.subTest(options=options):
                self.refused(*options, says=says)

    def test_names_of_files_are_given_once(self):
        once = {"-i": self.master, "-o": self.path("a"), "-m": "m", "-q": self.path("q"), "--minicbf": self.path("c"),
                "--json": self.path("j"), "--report": self.path("r")}
        words = [word for pair in once.items() for word in pair]
        for option in once:
            self.refused(*words, option, self.path("other"), says=option + " was given twice")
        self.assertEqual(self.made("-b", 4, "-b", 2).shape, self.made("-b", 2).shape)

    def test_a_date_that_is_none(self):
        for date in ("abc", "12x", "-1", "1" + 12 * "0"):
            done = run("-i", self.master, "-o", self.path("no"), env={"SOURCE_DATE_EPOCH": date})
            self.assertEqual((done.returncode, os.path.exists(self.path("no_master.h5"))), (2, False))
            self.assertIn("SOURCE_DATE_EPOCH must be", done.stderr)
        self.assertEqual(run("-h", env={"SOURCE_DATE_EPOCH": "abc"}).returncode, 0)

    def test_what_the_input_forbids(self):
        i = ["-i", self.master, "-o", self.path("no")]
        self.refused(*i, "-N", 9, code=1, says="8 images")
        self.refused(*i, "-1", 9, code=1, says="8 images")
        self.refused(*i, "-s", 9, code=1, says="-s 9 sums more images than the 8 selected of its 8 (--partial keep")
        self.refused("-i", self.path("none_master.h5"), "-o", self.path("no"), code=1, says="none_master.h5")
        self.refused(*i, "-b", 16, "-H", 4, code=2, says="4")

    def test_missing_images_name_the_option_that_helps(self):
        fields = {"instrument/detector/detectorSpecific/nimages": (np.uint32(20), None)}
        master = series.filewriter(self.folder.name, "aborted", self.images, fields=fields)
        self.refused("-i", master, "-o", self.path("no"), code=1, says="-N")
        compress(master, self.path("some"), "-N", 8)
        self.assertEqual(len(pixels(self.path("some"))), 8)

    def test_outputs_are_not_replaced_unasked(self):
        compress(self.master, self.path("a"), "-d", 2)
        self.refused("-i", self.master, "-o", self.path("a"), code=1, says="names another)")
        compress(self.master, self.path("a"), "-d", 5, "--overwrite")
        self.assertEqual(len(data_files(self.path("a"))), 2, "files beyond the new count stay")
        os.remove(self.path("a_master.h5"))
        self.refused("-i", self.master, "-o", self.path("a"), code=1, says="--resume goes on with a run")
        self.refused("-i", self.master, "-o", self.path("in_data"), "--overwrite", code=1, says="input")
        self.refused("-i", self.master, "-o", self.path("b"), "-m", self.path("in_master"), "--overwrite", code=1, says="input")

    def test_short_groups_are_announced(self):
        done = compress(self.master, self.prefix(), "-s", 3)
        self.assertRegex(done.stderr, r"note: 2 images .*left out")
        self.assertNotIn("left out", compress(self.master, self.prefix(), "-s", 3, "--partial", "keep").stderr)

    def test_clipping_is_announced_and_names_the_wider_type(self):
        images = np.full((4, 40, 48), 20000, "u2")
        fields = {"instrument/detector/detectorSpecific/countrate_correction_count_cutoff": (np.uint32(40000), None)}
        master = series.filewriter(self.folder.name, "bright", images, fields=fields)
        done = compress(master, self.prefix(), "-s", 4)
        self.assertRegex(done.stderr, r"warning: 1920 pixels .*-u 4")
        done = compress(master, self.prefix(), "-s", 2)
        self.assertRegex(done.stderr, r"warning: 3840 pixels .*32767.*-u 4")
        self.assertNotIn("warning", compress(master, self.prefix(), "-s", 4, "-u", 4).stderr)

    def test_progress(self):
        self.assertNotRegex(compress(self.master, self.prefix(), "--progress", "never").stderr, r"\d+/8 ")
        self.assertRegex(compress(self.master, self.prefix(), "--progress", "always", "-d", 1).stderr, r"\d+/8 ")


if __name__ == "__main__":
    unittest.main()
