# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bad input, given to the program: one clear error, exit 1, nothing left. Every case of
golden/test_input_bad.py, and what the program alone can do: --skip-bad."""
import glob
import os
import re
import resource
import sys
import tempfile
import unittest

import h5py
import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))

import live
import series
import test_input_bad as bad
from run import compress, digests, pixels, run

LONG = os.environ.get("LBC_LONG") == "1"
ADVICE = " (--skip-bad masks what cannot be read)"
DIGESTED = {"ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1"}  # as for the dumps of damaged files


def left(folder):
    return [name for _, _, names in os.walk(folder) for name in names]


def run_on(case, master, *options):
    """Runs the program; an error is one line, and leaves nothing."""
    with tempfile.TemporaryDirectory(prefix="lbc_test_") as out:
        done = run("-i", master, "-o", out + "/new/x", "-p", 2, *options, env=DIGESTED)
        errors = [line for line in done.stderr.splitlines() if line.startswith("l_bnl_compress: error: ")]
        if done.returncode == 0:
            case.assertEqual(errors, [])
            case.assertIn("x_master.h5", left(out))
        else:
            case.assertEqual(done.returncode, 1, done.stderr)
            case.assertEqual(len(errors), 1, done.stderr)
            case.assertEqual([n for n in left(out) if "master" in n or n.startswith(".")], [])
            if not re.search("complete data files? (was|were) left", done.stderr):
                case.assertEqual(left(out), [])
        return done, errors


class ByTheProgram:
    """Mixed into the classes of golden/test_input_bad.py."""

    def refused(self, master, pattern, status=None):
        dump = super().refused(master, pattern, status)
        done, errors = run_on(self, master)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(errors[0], pattern)
        return dump

    def setUp(self):
        super().setUp()
        dump = bad.Dump

        def dump_and_run(master, *options, **more):
            said = dump(master, *options, **more)
            if not options:  # else it is of damage that may hit what only the program looks at
                done, errors = run_on(self, master)
                wrong = said.error or said.incomplete
                self.assertEqual(done.returncode, 1 if wrong else 0, f"{wrong}\n{done.stderr}")
                if wrong:
                    self.assertEqual(errors[0].split(": error: ", 1)[1].removesuffix(ADVICE), wrong)
            else:
                run_on(self, master)
            return said

        bad.Dump = dump_and_run
        self.addCleanup(setattr, bad, "Dump", dump)


class Masters(ByTheProgram, bad.Masters):
    pass


class Blocks(ByTheProgram, bad.Blocks):
    test_plugin_that_gives_wrong_pixels = None  # hangs on which plugins the program finds


class Damage(ByTheProgram, bad.Damage):
    pass


class Hdf5(bad.Bad):
    """Damage that the HDF5 library itself does not outlive."""

    def run_broken(self, how, *options, name="l_bnl_compress", at=None):
        def limit():
            resource.setrlimit(resource.RLIMIT_CPU, (2 if how == "spin" else 20, resource.RLIM_INFINITY))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        library = os.path.join(os.environ["LBC_BUILD"], "tests", "broken_hdf5.so")
        broken = {"LD_PRELOAD": library, "LBC_BREAK": how, **({"LBC_BREAK_AT": at} if at else {})}
        return run(*options, name=name, env=broken, preexec_fn=limit, cwd=self.folder)

    def broken(self, how, *options, name="l_bnl_compress", at=None):
        before = digests(self.folder)
        done = self.run_broken(how, *options, name=name, at=at)
        errors = [line for line in done.stderr.splitlines() if "error:" in line]
        self.assertEqual(len(errors), 1, done.stderr)
        self.assertEqual(digests(self.folder), before)
        return done.returncode, errors[0]

    @unittest.skipIf(bad.SANITIZED, "the sanitizer's library must come first, and it takes the signals")
    def test_is_told_as_any_other(self):
        master = series.filewriter(self.folder, "run", self.images)
        for how, pattern in (("crash", r"damaged, .*breaks down over it \(signal 11\)"),
                             ("spin", "damaged, .*was at it for .* to no end"),
                             ("grow", "damaged, .*takes more than 4 GiB of memory for it"),
                             ("kill", r"not known to be sound: .*was killed at it \(signal 9\)")):
            for options in (["-o", "x"], ["--verify"], ["--dry-run"], ["--suggest"]):
                code, error = self.broken(how, "-i", master, *options)
                self.assertEqual(code, 1)
                self.assertRegex(error, f"{master}: {pattern}")
                if how in ("spin", "grow"):
                    break
        code, error = self.broken("crash", master, master, name="l_bnl_compare")
        self.assertEqual(code, 2)
        self.assertIn(f"{master}: damaged", error)

    def test_bits_beyond_the_bytes_of_a_number(self):
        """HDF5 1.10 converts them over its stack, or not, as the bytes behind them happen to be."""
        mask = np.zeros(self.images.shape[1:], "u4")
        master = series.filewriter(self.folder, "run", self.images, mask=mask)
        with open(master, "rb") as file:
            sound = file.read()
        uint32 = b"\x10\0\0\0\4\0\0\0\0\0\x20\0"
        at, found = sound.find(uint32), 0
        while at >= 0:
            with open(master, "wb") as file:
                file.write(sound[:at + 11] + b"\1" + sound[at + 12:])
            done = run("-i", master, "-o", os.path.join(self.folder, "x"))
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertRegex(done.stderr, f"error: {master}: a data type cannot be read: its bits lie beyond its bytes")
            at, found = sound.find(uint32, at + 1), found + 1
        self.assertGreater(found, 2)

    def test_where_the_parts_of_a_virtual_data_set_are(self):
        """HDF5 1.10 acts on it before it looks at its checksum: for minutes, over other memory, where a count is off."""
        master = series.virtual(self.folder, "run", self.images, through_links=False)
        compress(master, self.path("x"), "-d", 3)
        for name, options in ((master, ["-o", self.path("y")]), (self.path("x_master.h5"), ["--verify"])):
            with open(name, "rb") as file:
                sound = file.read()
            heap = sound.index(b"GCOL")
            size = int.from_bytes(sound[heap + 24:heap + 32], "little")
            block = heap + 32
            self.assertEqual(sound[block], 0)  # the version
            for at in range(block, block + size, 1 if LONG else 5):
                with open(name, "r+b") as file:
                    file.seek(at)
                    file.write(bytes([sound[at] ^ 1 << at % 8]))
                done = run("-i", name, *options, timeout=10)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertRegex(done.stderr, f"error: {name}: (/entry/data/data: |was )damaged")
                with open(name, "r+b") as file:
                    file.write(sound)
            self.assertEqual(run("-i", name, *options).returncode, 0)

    @unittest.skipIf(bad.SANITIZED, "the sanitizer's library must come first, and it takes the signals")
    def test_in_files_of_ours(self):
        """Which --verify, --resume and a share's master read, and any run that finds a master in its place."""
        master = series.filewriter(self.folder, "run", self.images)
        options = ["-i", master, "-o", "x", "-d", 3, "-H", 2, "-q", "s"]
        compress(master, self.path("x"), *options[4:-1], self.path("s"))
        for at, file in (("/entry/checksums", "x_000001.h5"), ("data_000004", "s_000002.h5")):
            self.assertIn(f" {file}: damaged", self.broken("crash", "-i", "x_master.h5", "--verify", at=at)[1])
        for more in ([], ["--overwrite"], ["--resume"], ["--dry-run"]):
            self.assertIn(" x_master.h5: damaged", self.broken("crash", *options, *more, at="data_files")[1])
        done = self.run_broken("crash", *options[:4], "--suggest", at="data_files")
        self.assertEqual(done.returncode, 0, f"a file that is not read: {done.stderr}")
        done = self.run_broken("crash", "x_master.h5", "x_master.h5", name="l_bnl_compare", at="/entry/checksums")
        self.assertEqual(done.returncode, 0, f"a field that is not read: {done.stderr}")
        os.remove(self.path("x_master.h5"))
        os.remove(self.path("x_000001.h5"))
        for at, file in (("/entry/checksums", "x_000002.h5"), ("data_000004", "s_000002.h5")):
            for more in (["--resume"], ["--verify", "-p", 2, "-t", 0]):
                self.assertIn(f" {file}: damaged", self.broken("crash", *options, *more, at=at)[1])


class Facts(bad.Bad):
    """What the master says of the images."""

    def test_counts_below_0(self):
        for dtype, least, told in (("i4", -100, True), ("i4", -1, False), ("u4", -100, False)):
            master = series.filewriter(self.folder, "run", self.images.astype(dtype), fields={
                "instrument/detector/underload_value": (np.int32(least), None)})
            done, _ = run_on(self, master)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual("underload_value of -100 speaks of counts below 0" in done.stderr, told)

    def test_nimages(self):
        for nimages, ntrigger, pattern in ((7, 1, "says 7 images .*but only 6 are there: a run with -N 6 takes them"),
                                           (3, 4, "master says 12 images"), (5, 1, "master says 5 images.*but 6 are"),
                                           (2**31, 2**31, "only 6 are there"), (1, 5, "says 5 images")):
            master = series.filewriter(self.folder, "run", self.images, fields={
                "instrument/detector/detectorSpecific/nimages": (np.uint32(nimages), None),
                "instrument/detector/detectorSpecific/ntrigger": (np.uint32(ntrigger), None)})
            done, errors = run_on(self, master)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(errors[0], pattern)
            done, _ = run_on(self, master, "-N", 5)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_selections(self):
        master = series.filewriter(self.folder, "run", self.images)
        for options, pattern in ((["-N", 7], "-N 7, but only 6 images exist"),
                                 (["-1", 7], "-1 7, but only 6 images exist"),
                                 (["-s", 7], "-s 7 sums more images than the 6 selected of its 6")):
            done, errors = run_on(self, master, *options)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(errors[0], pattern)
        fields = {f"instrument/detector/detectorSpecific/{n}": (np.uint32(v), None)
                  for n, v in (("nimages", 3), ("ntrigger", 2))}
        master = series.filewriter(self.folder, "two", self.images, fields=fields)
        done, errors = run_on(self, master, "-s", 4)
        self.assertIn("-s 4 sums more images than the 3 of a trigger", errors[0])
        for options, pattern in ((["-s", 2], "warning: 2 images left out at the ends of triggers, which have 3 each"),
                                 (["-s", 2, "--partial", "keep"], "warning: triggers have 3 images each, and no sum"),
                                 (["-s", 2, "-1", 2, "-N", 5], None),   # the last alone is left out: there is no gap
                                 (["-s", 3], None)):
            done, _ = run_on(self, master, *options)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(re.findall("warning:.*trigger", done.stderr) != [], bool(pattern), done.stderr)
            self.assertRegex(done.stderr, pattern or "output")

    def test_selections_that_begin_within_a_trigger(self):
        """What is left of one may be too few though -s divides the whole."""
        fields = {f"instrument/detector/detectorSpecific/{n}": (np.uint32(v), None)
                  for n, v in (("nimages", 6), ("ntrigger", 2))}
        master = series.filewriter(self.folder, "run", series.frames(12), fields=fields)
        for more, told in (([], "1 image left out at the ends of triggers, which have 6 each, and no sum of -s 2"),
                           (["--partial", "keep"], "triggers have 6 images each, and no sum of -s 2 crosses one")):
            done, _ = run_on(self, master, "-s", 2, "-1", 2, *more)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"warning: {told}", done.stderr)
            self.assertNotIn("multiple", done.stderr)
        done, _ = run_on(self, master, "-s", 2, "-1", 6)   # the first alone is left out: there is no gap
        self.assertNotIn("warning", done.stderr)
        self.assertIn("1 image at the end of a group too short for a sum of 2", done.stderr)
        done, errors = run_on(self, master, "-s", 5, "-1", 4, "-N", 9)
        self.assertEqual(done.returncode, 1)
        self.assertIn("-s 5 sums more images than are selected of any trigger", errors[0])

    def test_numbers_that_are_none(self):
        for path in ("instrument/beam/incident_wavelength", "instrument/detector/x_pixel_size",
                     "instrument/detector/beam_center_x", "instrument/detector/detector_distance"):
            for value in (np.nan, np.inf, -np.inf, -1.0):
                if path.endswith("beam_center_x") and value == -1:
                    continue
                unit = series.FIELDS[path][1]
                master = series.filewriter(self.folder, "run", self.images, fields={path: (np.float32(value), unit)})
                done, errors = run_on(self, master)
                if done.returncode == 0 and value == -1:
                    continue
                self.assertEqual(done.returncode, 1, f"{path} {value}")
                self.assertRegex(errors[0], path.split("/")[-1])

    def test_fields_that_must_be_there(self):
        for path in ("instrument/beam/incident_wavelength", "instrument/detector/x_pixel_size",
                     "instrument/detector/y_pixel_size", "instrument/detector/beam_center_y",
                     "instrument/detector/detector_distance"):
            for value in (None, ("text", None), (np.zeros(0), "m"), (np.float32(1), "furlong")):
                master = series.filewriter(self.folder, "run", self.images, fields={path: value})
                done, errors = run_on(self, master)
                if value and value[1] == "furlong" and "beam_center" in path:
                    continue
                self.assertEqual(done.returncode, 1, f"{path} {value}")
                self.assertRegex(errors[0], "run_master.h5: ")

    def test_unreadable_filter_names_the_plugin(self):
        def make(data):
            series._direct(data, "data", np.stack([self.images] * 2).reshape(-1, *self.images.shape[1:]), 32013, (1,),
                           lambda image: image.tobytes())
        done, errors = run_on(self, self.master(make), "-N", 2)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(errors[0], r"filter 32013; install the ZFP plugin")


class SkipBad(bad.Bad):
    def setUp(self):
        super().setUp()
        self.images = series.frames(30, 37, 53)
        mask = np.zeros((37, 53), "u4")
        mask[5] = 1
        self.whole = series.filewriter(self.folder, "run", self.images, block=10, mask=mask)
        self.places = {}
        for n in (13, 14, 27):
            file = self.path(f"run_data_{n // 10 + 1:06d}.h5")
            offset, size = live.chunk_place(file, n % 10)
            self.places[n] = file, offset, size
            with open(file, "r+b") as f:
                f.seek(offset)
                f.write(b"\xff" * min(40, size))

    def test_by_default_the_first_stops_the_run(self):
        file, offset, size = self.places[13]
        for options in ([], ["-b", 2], ["-H", 4, "-c", "hcomp"]):
            done, errors = run_on(self, self.whole, "-d", 4, *options)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(errors[0], rf"{file}: image 14 cannot be decoded \(bslz4, {size} bytes at byte {offset}\)")
            self.assertTrue(errors[0].endswith(ADVICE), errors)
            self.assertIn("3 complete data files were left", done.stderr)
        self.assertIn("1 complete data file was left", run_on(self, self.whole, "-d", 10)[0].stderr)

    def test_else_they_are_masked_and_told(self):
        out = self.path("out/x")
        done = compress(self.whole, out, "--skip-bad", "--verify")
        good = self.path("good/x")
        whole = series.filewriter(self.folder, "good", self.images, block=10)
        with h5py.File(whole, "r+") as f:
            f["entry/instrument/detector/pixel_mask"] = np.zeros((37, 53), "u4")
            f["entry/instrument/detector/pixel_mask"][5] = 1
        compress(whole, good)
        expected = pixels(good)
        expected[[13, 14, 27]] = 65535
        np.testing.assert_array_equal(pixels(out), expected)
        for n, (file, offset, _) in self.places.items():
            self.assertRegex(done.stderr, rf"warning: {file}: image {n + 1} cannot be decoded .*byte {offset}")
        self.assertRegex(done.stderr, "warning: 3 images could not be read and were masked")
        told = r"warning: .*x_master.h5: was made with --skip-bad, .* \(3\) are masked"
        self.assertRegex(run("-i", out + "_master.h5", "--verify").stderr, told)
        self.assertNotIn("warning", run("-i", good + "_master.h5", "--verify").stderr)

    def test_no_image_without_counts_is_made_of_one(self):
        done = run("-i", self.whole, "-o", self.path("x"), "--skip-bad", "--gaps", "zero")
        self.assertEqual((done.returncode, os.path.exists(self.path("x_master.h5"))), (2, False))
        self.assertRegex(done.stderr, "error: --skip-bad masks what cannot be read, and with --gaps zero")

    def test_a_sum_with_one_is_masked_whoever_reads_it(self):
        first = None
        for threads in (1, 2, 8):
            folder = self.path(f"s{threads}")
            compress(self.whole, folder + "/x", "--skip-bad", "-s", 10, "-d", 1, "-p", threads, env=live.DAY)
            first = first or digests(folder)
            self.assertEqual(digests(folder), first)
        got = pixels(self.path("s1/x"))
        self.assertEqual((got == 65535).all(axis=(1, 2)).tolist(), [False, True, True])

    def bad_from_14_to_15(self, *options):
        return run("-i", self.whole, "-o", self.path("new/x"), "-1", 14, "--skip-bad", *options)

    def test_nothing_but_bad_ones(self):
        for options in (["-N", 15], ["-N", 15, "-d", 1, "-p", 2, "-t", 2], ["-N", 15, "--dry-run"],
                        ["-N", 15, "-s", 2], ["-s", 14, "-N", 27, "--json", "-"],
                        ["-N", 15, "-H", 4, "-c", "hcomp", "--overwrite"]):
            with self.subTest(options=options):
                done = self.bad_from_14_to_15(*options)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertRegex(done.stderr, r"error: .*--skip-bad would mask every image .* trouble: .*: image 14 cannot")
                self.assertFalse(os.path.exists(self.path("new")))
        self.assertEqual(self.bad_from_14_to_15("-N", 16).returncode, 0)
        self.assertRegex(self.bad_from_14_to_15("-N", 15, "--suggest").stderr, "error: .* not one can be read")

    def test_what_is_tried_tells_of_them(self):
        said = self.bad_from_14_to_15("-N", 16, "--dry-run")
        self.assertEqual(said.returncode, 0)
        self.assertIn("(judged by 1 image)\n", said.stdout)
        for n in (14, 15):
            self.assertRegex(said.stderr, rf"warning: .*image {n} cannot be decoded .*; it is masked\n")
        self.assertRegex(self.bad_from_14_to_15("-N", 17, "-s", 2, "--dry-run").stderr, "more of its sum, which is masked")

    def test_they_are_not_measured(self):
        for options in (["-N", 20], ["-N", 20, "-s", 1, "-c", "hcomp"], ["-N", 20, "-c", "bslz4", "--minicbf", self.path("m")]):
            said = self.bad_from_14_to_15("-H", 4, "--overwrite", *options).stderr
            self.assertRegex(said, r"not measured: 1 image in (8|32) is, and none of these could be read\n")
            self.assertNotIn("nan", said)
            self.assertRegex(said, "warning: 2 images could not be read and were masked\n")
        said = self.bad_from_14_to_15("-H", 4, "--overwrite", "-N", 16, "--json", self.path("j"), "--report", self.path("r"))
        self.assertRegex(said.stderr, r"RMSE \d")
        with open(self.path("r"), encoding="utf-8") as f:
            self.assertNotRegex(re.sub(r"<style>.*?</style>", "", f.read(), flags=re.S), r"\bnan\b")

    def test_a_sum_with_one_that_was_never_written_is_masked(self):
        never = self.path("run_data_000002.h5")
        with h5py.File(never, "w") as f:
            d = f.create_dataset("entry/data/data", (10, 37, 53), "u2", chunks=(1, 37, 53))
            for i in (0, 1, 2, 3, 4, 5, 8, 9):
                d[i] = self.images[10 + i]
        compress(self.whole, self.path("x"), "-N", 20, "-s", 2, "--skip-bad")
        masked = (pixels(self.path("x")) == 65535).all(axis=(1, 2))
        np.testing.assert_array_equal(masked, [i == 8 for i in range(10)])
        done = run("-i", self.whole, "-o", self.path("y"), "-N", 20, "-s", 2)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, f"error: {never}: image 17 was never written, or not wholly")

    def torn(self, shape, whole_block):
        """A good series and one of whose image 4 the second block of pixels is bad: its size, or all of it but that.
        And where that image is."""
        images = series.frames(6, *shape)
        good = series.filewriter(self.folder, "good", images, block=6)
        torn = series.filewriter(self.folder, "torn", images, block=6)
        offset, size = live.chunk_place(self.path("torn_data_000001.h5"), 3)
        with open(self.path("torn_data_000001.h5"), "r+b") as f:
            f.seek(offset + 12)
            f.seek(int.from_bytes(f.read(4), "big"), os.SEEK_CUR)
            second = int.from_bytes(f.read(4), "big")
            f.seek(0 if whole_block else -4, os.SEEK_CUR)
            f.write(b"\xff" * (second if whole_block else 4))
        return good, torn, offset, size

    def test_damage_far_into_an_image(self):
        """When pixels before it have been stored already; and where the blocks behind it, all as long as it, could
        pass for it and them."""
        for shape, whole_block in (((90, 120), False), ((128, 128), True)):
            good, torn, offset, size = self.torn(shape, whole_block)
            where = rf"torn_data_000001.h5: image 4 cannot be decoded \(bslz4, {size} bytes at byte {offset}\)"
            for options in ([], ["-s", 2], ["-s", 3, "-c", "zstd"], ["-H", 4, "-c", "bslz4"],
                            ["-H", 4, "-s", 2, "-b", 2]):
                with self.subTest(shape=shape, options=options):
                    done, errors = run_on(self, torn, *options)
                    self.assertEqual(done.returncode, 1)
                    self.assertRegex(errors[0], where)
                    compress(torn, self.path("t/x"), "--skip-bad", "--verify", "--overwrite", *options)
                    compress(good, self.path("g/x"), "--overwrite", *options)
                    expected = pixels(self.path("g/x"))
                    expected[3 // (options[options.index("-s") + 1] if "-s" in options else 1)] = 65535
                    np.testing.assert_array_equal(pixels(self.path("t/x")), expected)

    def test_one_that_is_beyond_the_end(self):
        os.truncate(self.path("run_data_000002.h5"), 5000)
        done = run("-i", self.whole, "-o", self.path("x"), "--skip-bad")
        self.assertEqual(done.returncode, 1)  # a file that cannot be opened is more than one bad image
        self.assertRegex(done.stderr, "run_data_000002.h5: damaged, or cut short")

    def test_resumed(self):
        for name in ("a", "b"):
            compress(self.whole, self.path(name + "/x"), "--skip-bad", "-d", 4, env=live.DAY)
        os.remove(self.path("b/x_000004.h5"))
        os.remove(self.path("b/x_master.h5"))
        compress(self.whole, self.path("b/x"), "--skip-bad", "-d", 4, "--resume", env=live.DAY)
        self.assertEqual(digests(self.path("a")), digests(self.path("b")))
        before = digests(self.path("b"))
        done = run("-i", self.whole, "-o", self.path("b/x"), "-d", 4, "--resume")
        self.assertEqual((done.returncode, digests(self.path("b"))), (1, before))
        self.assertRegex(done.stderr, r"error: .*x_000004.h5: was made with --skip-bad, and 2 of its images .*give --skip-bad again")
        done = run("-i", self.whole, "-o", self.path("b/x"), "-d", 4, "--resume", "--overwrite")
        self.assertEqual((done.returncode, digests(self.path("b"))), (1, before))
        self.assertRegex(done.stderr, r"error: .*: image 14 cannot be decoded .*\(--skip-bad masks")
        self.assertIn("x_master.h5: the set that was there is as it was", done.stderr)
        self.assertNotIn("no master was written", done.stderr)

    def test_no_image_that_could_be_read_is_lost_to_a_mask(self):
        """Without leave: the input may go on rotting."""
        folder = self.path("c")
        again = ["-i", self.whole, "-o", folder + "/x", "-d", 10, "--skip-bad"]
        compress(self.whole, *again[3:], env=live.DAY)
        before = digests(folder)
        number = os.stat(folder + "/x_000002.h5").st_ino
        done = run(*again, "--resume", env=live.DAY)
        self.assertEqual((done.returncode, digests(folder)), (0, before), done.stderr)
        self.assertNotIn("anew", done.stderr)
        self.assertRegex(done.stderr, "warning: .*x_000002.h5: kept, with 2 images that could not be read masked")
        live.flip(self.places[13][0], live.chunk_place(self.places[13][0], 7)[0] + 20)
        done = run(*again, "--resume", env=live.DAY)
        self.assertEqual((done.returncode, digests(folder)), (1, before), done.stderr)
        self.assertRegex(done.stderr, "error: .*x_000002.h5: .* has changed since; if that is damaged, this is the file to")
        self.assertEqual(os.stat(folder + "/x_000002.h5").st_ino, number)

    def test_shares_with_and_without(self):
        share = ["-i", self.whole, "-o", self.path("x"), "-d", 10, "-p", 3, "-t"]
        self.assertEqual(run(*share, 1).returncode, 0)
        for n in (2, 3):
            self.assertEqual(run(*share, n, "--skip-bad").returncode, 0)
        says = r"x_000002.h5: was made with --skip-bad, and 2 of its images could not be read"
        done = run(*share, 0, "--verify")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "error: .*" + says)
        self.assertFalse(os.path.exists(self.path("x_master.h5")))
        done = run(*share, 0)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, "warning: .*" + says)
        done = run(*share, 0, "--verify", "--overwrite")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "error: .*" + says)
        done = run(*share, 0, "--skip-bad", "--verify", "--overwrite")
        self.assertEqual((done.returncode, "warning" in done.stderr), (0, False), done.stderr)

    def test_a_run_that_one_stopped_goes_on(self):
        """To what it is from the first image on."""
        for options in ([], ["-H", 4, "-q", "out_file", "--minicbf", "m/x"], ["-J", 10, "-c", "j2k"]):
            with self.subTest(options):
                left, whole = tempfile.mkdtemp(dir=self.folder), tempfile.mkdtemp(dir=self.folder)
                options = ["-i", self.whole, "-o", "x", "-d", 4, *options]
                done = run(*options, env=live.DAY, cwd=left)
                self.assertEqual((done.returncode, len(glob.glob(left + "/x_0*.h5"))), (1, 3), done.stderr)
                cbf = len(glob.glob(left + "/m/x_*.cbf"))
                self.assertEqual(f"{cbf} miniCBF files were left (m/x_...; --resume goes on from there)" in done.stderr, cbf > 0)
                names = glob.glob(left + "/x_*.h5") + sorted(glob.glob(left + "/m/x_*.cbf"))[:12]
                kept = {name: os.stat(name).st_ino for name in names}
                for folder, more in ((left, ["--resume"]), (whole, [])):
                    done = run(*options, "--skip-bad", *more, env=live.DAY, cwd=folder)
                    self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(digests(left), digests(whole))
                self.assertEqual({name: os.stat(name).st_ino for name in kept}, kept)


class Growing(bad.Bad):
    def test_a_file_that_grows_while_it_is_read(self):
        """Images that come after the start are not of this run."""
        master = live.slow_series(self.folder, storage="zstd")
        out = self.path("out/x")
        with live.Live("-i", master, "-o", out, "-J", 10, "-d", 5, "-p", 1) as r:
            r.wait_for(out + "_000001.h5")
            r.stop()
            with h5py.File(self.path("slow_data_000009.h5"), "r+", locking=False) as f:
                d = f["entry/data/data"]
                d.resize(len(d) + 3, axis=0)
                d.id.write_direct_chunk((len(d) - 2, 0, 0), series.zstd(bytes(160 * 256 * 2)))
            r.go()
            self.assertEqual(r.end(), 0, r.stderr)
        self.assertEqual(len(pixels(out)), 60)


if __name__ == "__main__":
    unittest.main()
