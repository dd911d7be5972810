# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is promised of every run: the same bytes whoever does the work, files that appear whole, the
master last, an input that is left alone, names of any kind."""
import os
import re
import shutil
import stat
import subprocess
import tempfile
import time
import unittest

import h5py
import numpy as np

import live
import series
from run import as_nobody, compress, data_files, digests, pixels, run

MODES = {
    "zstd": [],
    "plain": ["-c", "bslz4"],
    "wide_sum": ["-s", 2, "-c", "bszstd", "-u", 4],
    "hcomp": ["-H", 8, "-s", 2, "-c", "bslz4"],
    "bin_sum": ["-b", 2, "-s", 3, "-c", "bslz4", "-u", 4, "--partial", "keep"],
    "long_sum": ["-s", 40, "--partial", "keep"],
    "hcomp_at_rest": ["-H", 8, "-c", "hcomp"],
    "j2k_squash": ["-J", 10, "-q", "out_file", "-c", "bshuf"],
    "j2k_at_rest": ["-K", 5, "-c", "j2k", "-b", 2],
    "faithful": ["-J", 10, "--profile", "faithful", "-c", "bslz4", "-q", "out_file"],
    "faithful_psnr": ["--psnr", 70, "--profile", "faithful", "-c", "j2k", "-u", 4, "-s", 2],
    "gaps_zero": ["-H", 3, "--gaps", "zero", "-c", "bszstd", "-b", 3],
}


class Promise(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="lbc_promise_")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        mask = np.zeros((65, 97), "u4")
        mask[10:12] = 1
        cls.images = series.frames(45, 65, 97)
        cls.master = series.filewriter(cls.folder, "run", cls.images, block=8, mask=mask)

    def new(self):
        """A new folder for outputs, with a final slash."""
        return tempfile.mkdtemp(dir=self.folder) + "/"

    def made(self, *options, env=None, name="x", master=None):
        folder = self.new()
        compress(master or self.master, folder + name, "-d", 6, *options, env={**live.DAY, **(env or {})})
        return digests(folder)


class SameBytes(Promise):
    def test_for_any_number_of_threads(self):
        for mode, options in MODES.items():
            first = self.made(*options, "-p", 1)
            for threads in (0, 2, 3, 8):
                with self.subTest(mode=mode, threads=threads):
                    self.assertEqual(self.made(*options, "-p", threads), first)

    def test_for_any_split(self):
        for mode in ("bin_sum", "j2k_squash", "hcomp_at_rest"):
            options = [*MODES[mode], "-d", 6]
            first = self.made(*options)
            for shares, order in ((2, (0, 1, 2)), (3, (3, 1, 2, 0)), (9, (5, 4, 0, 1, 2, 3, 6, 7, 8, 9))):
                with self.subTest(mode=mode, shares=shares):
                    folder = self.new()
                    for share in order:
                        compress(self.master, folder + "x", *options, "-p", shares, "-t", share, env=live.DAY)
                    self.assertEqual(digests(folder), first)

    def test_for_shares_at_once(self):
        first = self.made("-H", 4)
        folder = self.new()
        shares = [live.Live("-i", self.master, "-o", folder + "x", "-d", 6, "-H", 4, "-p", 3, "-t", t, "--jobs", 1)
                  for t in range(4)]
        for share in shares:
            with share:
                self.assertEqual(share.end(), 0, share.stderr)
        self.assertEqual(digests(folder), first)

    def test_for_any_instruction_set(self):
        for mode, options in MODES.items():
            first = self.made(*options, env={"LBC_CPU": "c"})
            for level in ("sse2", "avx2", "avx512"):
                with self.subTest(mode=mode, level=level):
                    self.assertEqual(self.made(*options, env={"LBC_CPU": level}), first)

    def test_wherever_and_whenever(self):
        first = self.made("-b", 2)
        elsewhere = self.new()
        for name in os.listdir(self.folder):
            if name.startswith("run"):
                shutil.copy(os.path.join(self.folder, name), elsewhere)
        env = {"TZ": "Pacific/Kiritimati", "LANG": "de_DE.UTF-8", "LC_ALL": "C", "HDF5_USE_FILE_LOCKING": "FALSE"}
        self.assertEqual(self.made("-b", 2, "--verify", env=env, master=elsewhere + "run_master.h5"), first)
        other_day = self.made("-b", 2, env={"SOURCE_DATE_EPOCH": "1800000000"})
        differ = [name for name in first if first[name] != other_day[name]]
        self.assertEqual(differ, ["x_master.h5"])

    def test_other_options_are_seen_to_give_other_bytes(self):
        """So that the comparisons above can fail."""
        first = self.made()
        for options in (["-l", 4], ["-N", 44], ["-b", 2], ["-u", 4], ["--gaps", "zero"]):
            other = self.made(*options)
            self.assertTrue(all(first[n] != other[n] for n in first if n in other and n.endswith("_000008.h5")), options)


class Whole(Promise):
    def test_readers_never_see_half_a_file(self):
        """Every file that has its final name can be read, from the first moment, and never changes."""
        folder = self.new()
        master = live.slow_series(folder, frames=40)
        seen, at_master = {}, None
        with live.Live("-i", master, "-o", folder + "x", "-J", 10, "-d", 2, "-q", "out_file", "-p", 2) as r:
            while True:
                running = r.process.poll() is None
                names = [n for n in os.listdir(folder) if n.startswith("x_")]
                for name in names:
                    if name in seen:
                        continue
                    path = folder + name
                    with open(path, "rb") as f:
                        seen[name] = f.read()
                    with h5py.File(path, "r") as f:
                        self.assertIn("data", f["entry"])
                        if "squash" not in name and "master" not in name:
                            self.assertEqual(len(f["entry/data/data"]), 2)
                            f["entry/checksums"][()]
                    if name == "x_master.h5":
                        at_master = set(n for n in os.listdir(folder) if n.startswith("x_"))
                if not running:
                    break
                time.sleep(0.002)
            self.assertEqual(r.end(), 0, r.stderr)
        for name, content in seen.items():
            with open(folder + name, "rb") as f:
                self.assertEqual(f.read(), content, name)
        self.assertEqual(len(seen), 41)
        self.assertEqual(at_master, set(seen))  # the master came when all else was there
        self.assertEqual(live.temporaries(folder), [])
        self.assertEqual([n for n in os.listdir(folder) if n.endswith("lock")], [])

    def test_no_master_without_a_file_that_has_gone_meanwhile(self):
        """Of a run that made it, and of one that kept it."""
        folder = self.new()
        master = live.slow_series(folder, frames=40)
        for options in ([], ["--resume"]):
            with live.Live("-i", master, "-o", folder + "x", "-J", 10, "-d", 2, "-p", 1, *options) as r:
                r.wait_for(folder + ("x_000003.h5" if options else "x_000002.h5"))
                os.unlink(folder + "x_000001.h5")
                self.assertEqual(r.end(), 1, r.stderr)
            self.assertIn("x_000001.h5: ", r.stderr)
            self.assertFalse(os.path.exists(folder + "x_master.h5"))
            compress(master, folder + "x", "-J", 10, "-d", 2, "--resume")
            for n in range(3, 21):
                os.unlink(folder + f"x_{n:06d}.h5")
            os.unlink(folder + "x_master.h5")

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_order_of_system_calls(self):
        """temporary made exclusively, flushed, named, folder flushed; the master last; inputs read only."""
        folder = self.new()
        done = subprocess.run(["strace", "-f", "-qq", "-y", "-s", "4096", "-e",
                               "trace=open,openat,creat,fsync,rename,renameat,renameat2,link,linkat,unlink,unlinkat",
                               "-o", folder + "trace", live.program("l_bnl_compress"), "-i", self.master, "-o",
                               folder + "x", "-d", "12", "-p", "2", "-H", "4", "-q", "out_file"],
                              capture_output=True, text=True, timeout=300, check=False)
        if "ptrace" in done.stderr and done.returncode:
            self.skipTest("no leave to trace")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(folder + "trace") as f:
            calls = [line for line in f if " = -1 " not in line and ".gcda" not in line]  # what coverage notes
        named = []
        for i, line in enumerate(calls):
            m = re.search(r'(?:link|rename)(?:at2?)?\((?:AT_FDCWD[^,]*, )?"([^"]+)", (?:AT_FDCWD[^,]*, )?"([^"]+)"', line)
            if not m:
                continue
            temporary, final = m.groups()
            named.append(os.path.basename(final))
            made = [c for c in calls[:i] if temporary in c and "O_CREAT" in c]
            self.assertEqual(len(made), 1, final)
            self.assertIn("O_EXCL", made[0])
            self.assertIn("O_NOFOLLOW", made[0])
            self.assertIn("O_CLOEXEC", made[0])
            flushed = [k for k, c in enumerate(calls[:i]) if "fsync(" in c and os.path.basename(temporary) in c]
            written = [k for k, c in enumerate(calls[:i]) if temporary in c and re.search("O_WRONLY|O_RDWR", c)]
            self.assertTrue(flushed and flushed[-1] > written[-1], final)
            after = [c for c in calls[i + 1:] if "fsync(" in c][0]
            self.assertIn(os.path.realpath(folder).rstrip("/") + ">", after)
        self.assertEqual(named, [f"x{s}_{n:06d}.h5" for n in (1, 2, 3, 4) for s in ("_squash", "")] + ["x_master.h5"])
        for line in calls:
            if re.search(r'open\w*\(.*/run_(master|data_\d+)\.h5"', line):
                self.assertIn("O_RDONLY", line)
        for line in calls:  # nothing is made beside the outputs
            if ("O_CREAT" in line or "O_TRUNC" in line) and '"/tmp/tsan.rodata.' not in line:  # ThreadSanitizer's own
                self.assertIn(f'"{folder}.x', line)

    def test_files_have_the_mode_of_the_umask(self):
        folder = self.new()
        compress(self.master, folder + "x", "-q", "out_file", "-H", 4, preexec_fn=lambda: os.umask(0o027))
        for name in os.listdir(folder):
            self.assertEqual(stat.S_IMODE(os.stat(folder + name).st_mode), 0o640, name)

    def test_a_link_that_waits_under_a_temporary_name_is_not_followed(self):
        """Names are not to be guessed, but if they were: the run goes on only by making its own file."""
        folder = self.new()
        with live.Live("-i", live.slow_series(folder), "-o", folder + "x", "-J", 10, "-d", 4, "-p", 1) as r:
            r.wait_for(lambda: live.temporaries(folder))
            r.stop()
            first = live.temporaries(folder)[0]
            ahead = re.sub("000001", "000002", first).replace("~0.tmp", "~1.tmp")
            os.symlink(folder + "victim", folder + ahead)
            r.go()
            self.assertEqual(r.end(), 1, r.stderr)
        self.assertFalse(os.path.exists(folder + "victim"))
        self.assertNotIn("x_master.h5", os.listdir(folder))
        self.assertIn("x_000002.h5", r.stderr)

    def test_master_lists_its_files(self):
        folder = self.new()
        compress(self.master, folder + "x", "-d", 20, "-H", 4, "-q", folder + "sq/y")
        with h5py.File(folder + "x_master.h5", "r") as f:
            ours = f["entry/l_bnl_compress"]
            self.assertEqual(list(ours["data_files"]), [b"x_000001.h5", b"x_000002.h5", b"x_000003.h5"])
            self.assertEqual(list(ours["data_frames"]), [20, 20, 5])
            with h5py.File(folder + "x_000002.h5", "r") as data:
                self.assertEqual(ours["job"][()], data["entry/checksums"].attrs["job"])


class Input(Promise):
    def test_is_left_alone(self):
        before = {}
        names = [n for n in os.listdir(self.folder) if n.startswith("run")]
        for name in names:
            path = os.path.join(self.folder, name)
            with open(path, "rb") as f:
                before[name] = (f.read(), os.stat(path).st_mtime_ns, os.stat(path).st_ctime_ns)
        folder = self.new()
        for options in ([], ["--overwrite", "--verify"], ["--resume"], ["--overwrite", "-H", 4, "-q", "out_file"]):
            compress(self.master, folder + "x", *options)
        for name in names:
            path = os.path.join(self.folder, name)
            with open(path, "rb") as f:
                self.assertEqual((f.read(), os.stat(path).st_mtime_ns, os.stat(path).st_ctime_ns), before[name])

    def test_on_a_read_only_medium(self):
        """Files and folder that nobody may write; another user where the tests are run by root."""
        where = self.new()
        master = series.filewriter(where, "run", self.images[:6])
        out = self.new()
        for name in os.listdir(where):
            os.chmod(where + name, 0o444)
        os.chmod(where, 0o555)
        os.chmod(self.folder, 0o755)
        os.chmod(out, 0o777)
        more = as_nobody(self.folder)
        compress(master, out + "x", "--verify", **more)
        self.assertEqual(len(pixels(out + "x")), 6)


class Names(Promise):
    STRANGE = ["two words", "it's", 'a "quote"', "line\nbreak", "Messung_ä_測定_é", "$(touch pwned)`id`;&|", "-dash",
               "%s%n%d", "back\\slash", "*?[a]", "~", "tab\tend ", ".hidden"]

    def test_of_any_kind(self):
        for strange in self.STRANGE:
            with self.subTest(strange):
                folder = self.new() + strange + "/"
                os.mkdir(folder)
                master = series.filewriter(folder, strange, self.images[:9], block=4)
                out = self.new() + strange + "/" + strange
                compress(master, out, "-d", 4, "-q", out + "_q", "-H", 4, "--verify", cwd=self.new())
                self.assertEqual(run("-i", out + "_master.h5", "--verify").returncode, 0)
                with h5py.File(out + "_master.h5", "r") as f:
                    self.assertEqual(f["entry/data/data_000003"].shape[0], 1)
                compress(out + "_master.h5", out + "_again", "--minicbf", out + "_cbf", cwd=self.new())
                self.assertEqual(len(data_files(out + "_again")), 1)
                self.assertEqual(live.temporaries(os.path.dirname(out)), [])
                done = run("-i", master, "-o", out)
                self.assertEqual((done.returncode, len(done.stderr.splitlines())), (1, 1), done.stderr)

    def test_in_the_current_folder(self):
        folder = self.new()
        master = series.filewriter(folder, "-i", self.images[:3])
        done = run("-i", "./" + os.path.basename(master), "-o", "-o", cwd=folder)
        self.assertEqual(done.returncode, 2)  # "-o" looks like an option and -o wants an argument
        compress("./" + os.path.basename(master), "./-o", cwd=folder)
        self.assertIn("-o_master.h5", os.listdir(folder))

    def test_too_long(self):
        folder = self.new()
        done = run("-i", self.master, "-o", folder + "n" * 250)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "error: .*File name too long")
        self.assertEqual(os.listdir(folder), [])


if __name__ == "__main__":
    unittest.main()
