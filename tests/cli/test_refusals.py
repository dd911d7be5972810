# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is refused before anything is written, disks that fill up, and what --overwrite does and does not."""
import contextlib
import os
import resource
import shutil
import socket
import stat
import subprocess
import tempfile
import time
import unittest

import h5py
import numpy as np

import live
import plugin
import series
from run import as_nobody, compress, digests, run


def state(folder):
    """Every file's content, and what else there is."""
    out = {}
    for root, folders, names in os.walk(folder):
        for name in names + folders:
            path = os.path.join(root, name)
            out[path] = os.lstat(path).st_mode
            if stat.S_ISREG(out[path]):
                with open(path, "rb") as f:
                    out[path] = f.read()
    return out


class Refusal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.mkdtemp(prefix="lbc_refusal_")
        cls.addClassCleanup(shutil.rmtree, cls.shared, ignore_errors=True)
        cls.images = series.frames(20, 65, 97)
        cls.master = series.filewriter(cls.shared, "run", cls.images, block=8)

    def setUp(self):
        self.folder = tempfile.mkdtemp(dir=self.shared) + "/"

    def input_here(self):
        return series.filewriter(self.folder, "run", self.images, block=8)

    def refused(self, *options, code=1, pattern="", master=None, folder=None, **more):
        """One clear error, and nothing has changed."""
        folder = folder or self.folder
        before = state(folder)
        done = run("-i", master or self.master, *options, **more)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertRegex(done.stderr, pattern)
        errors = [line for line in done.stderr.splitlines() if "error:" in line]
        self.assertEqual(len(errors), 1, done.stderr)
        self.assertEqual(state(folder), before)
        return done


class Inputs(Refusal):
    """An output that is an input is refused, always."""

    def check(self, *options, pattern="is an input of this run", master=None):
        for more in ([], ["--overwrite"], ["--resume"], ["--overwrite", "--resume"]):
            with self.subTest(options=options, more=more):
                self.refused(*options, *more, pattern=pattern, master=master)

    def test_by_its_own_name(self):
        master = self.input_here()
        self.check("-o", self.folder + "run_data", master=master)
        self.check("-o", self.folder + "run", master=master)
        self.check("-o", self.folder + "x", "-m", self.folder + "run_master", master=master)
        self.check("-o", self.folder + "x", "-H", 4, "-q", self.folder + "run_data", master=master)
        self.check("-o", self.folder + "./../" + os.path.basename(self.folder[:-1]) + "/run", master=master)

    def test_through_links(self):
        master = self.input_here()
        os.symlink("run_data_000002.h5", self.folder + "s_000002.h5")
        self.check("-o", self.folder + "s", "-d", 4, master=master)
        os.link(self.folder + "run_data_000002.h5", self.folder + "h_000001.h5")
        self.check("-o", self.folder + "h", master=master)
        os.symlink(self.folder, self.shared + "/way")
        self.addCleanup(os.unlink, self.shared + "/way")
        self.check("-o", self.shared + "/way/run", master=master)
        os.symlink(master, self.folder + "x_master.h5")
        self.check("-o", self.folder + "x", master=master)

    def test_files_that_the_master_links_for_other_fields(self):
        master = series.nxmx(self.folder, "run", self.images, mask=np.zeros((65, 97), "u4"))
        os.rename(self.folder + "run_meta.h5", self.folder + "meta.h5")
        os.symlink("meta.h5", self.folder + "run_meta.h5")
        os.symlink("meta.h5", self.folder + "x_000001.h5")
        self.check("-o", self.folder + "x", master=master)

    def test_an_old_set_that_is_the_input(self):
        """Its files beyond the new count would be removed."""
        compress(self.master, self.folder + "x", "-d", 2)
        self.check("-o", self.folder + "x", master=self.folder + "x_master.h5")


class Outputs(Refusal):
    def test_that_exist(self):
        for name in ("x_000002.h5", "x_master.h5", "x_squash_000001.h5"):
            for make in (lambda p: open(p, "w").close(), os.mkdir, lambda p: os.symlink("nowhere", p), os.mkfifo):
                make(self.folder + name)
                self.refused("-o", self.folder + "x", "-d", 10, "-H", 4, "-q", "out_file",
                             pattern=f"{name}: (exists|is a folder)")
                if os.path.isdir(self.folder + name):
                    self.refused("-o", self.folder + "x", "-d", 10, "-H", 4, "-q", "out_file", "--overwrite",
                                 pattern=f"{name}: is a folder")
                    os.rmdir(self.folder + name)
                else:
                    os.remove(self.folder + name)

    def test_that_appear_during_the_run(self):
        """The name is taken after it was looked at: still nothing is replaced."""
        slow = live.slow_series(self.folder)
        for name, code in (("x_000004.h5", 1), ("x_master.h5", 1)):
            with live.Live("-i", slow, "-o", self.folder + "x", "-J", 10, "-d", 10, "-p", 1) as r:
                r.wait_for(self.folder + "x_000001.h5")
                r.stop()
                with open(self.folder + name, "w") as f:
                    f.write("precious")
                r.go()
                self.assertEqual(r.end(), code, r.stderr)
            self.assertIn(f"{name}: exists", r.stderr)
            with open(self.folder + name) as f:
                self.assertEqual(f.read(), "precious")
            for left in os.listdir(self.folder):
                if left.startswith(("x_", ".x")):
                    os.remove(self.folder + left)

    def test_of_the_same_name(self):
        sub = self.folder + "sub/"
        os.mkdir(sub)
        for options, pattern in ((["-m", "x_000001"], "could be the name of a data file"),
                                 (["-m", self.folder + "sub/../x_000002.h5"], "could be the name of a data file"),
                                 (["-H", 4, "-q", self.folder + "x"], "would replace the data files"),
                                 (["-H", 4, "-q", self.folder + "sub/../x"], "would replace the data files"),
                                 (["-H", 4, "-q", sub + "q", "-m", sub + "q_000001"], "of a squash file")):
            for more in ([], ["--overwrite"]):
                self.refused("-o", self.folder + "x", *options, *more, code=2, pattern=pattern)

    def test_in_a_folder_that_cannot_be_made_or_written(self):
        with open(self.folder + "file", "w"):
            pass
        self.refused("-o", self.folder + "file/x", pattern="file: cannot make this folder: Not a directory")
        self.refused("-o", self.folder + "file/deep/x", pattern="cannot make this folder: Not a directory")
        self.refused("-o", "/proc/lbc/x", pattern="/proc/lbc: cannot make this folder")
        self.refused("-o", "/proc/self/x", pattern="/proc/self")
        os.mkdir(self.folder + "closed")
        os.chmod(self.folder + "closed", 0o555)
        os.chmod(self.folder, 0o755)
        os.chmod(self.shared, 0o755)
        more = as_nobody(self.folder)
        self.refused("-o", self.folder + "closed/x", pattern="closed: cannot write here: Permission denied", **more)
        self.refused("-o", self.folder + "closed/new/x", pattern="closed/new: cannot make.*Permission denied", **more)

    def test_without_a_name(self):
        self.refused("-o", self.folder, code=2, pattern="prefix is missing")
        self.refused("-o", self.folder + "x", "-m", self.folder, code=2, pattern="file name is missing")

    def test_while_another_run_writes_them(self):
        slow = live.slow_series(self.folder)
        prefix = self.folder + "x"
        with live.Live("-i", slow, "-o", prefix, "-J", 10, "-d", 10, "-p", 1) as r:
            r.wait_for(prefix + "_000001.h5")
            r.stop()
            for more in ([], ["--overwrite"], ["--resume"], ["-p", 2, "-t", 1], ["-p", 2, "-t", 0, "--overwrite"]):
                self.refused("-o", prefix, "-J", 10, "-d", 10, *more, master=slow,
                             pattern="x: another run is writing files of this name; .* another -o")
            compress(slow, prefix + "x")  # another name
            r.go()
            self.assertEqual(r.end(), 0, r.stderr)
        compress(slow, prefix, "-J", 10, "-d", 10, "--resume")

    def test_while_another_run_writes_some_of_them(self):
        slow = live.slow_series(self.folder)
        prefix = self.folder + "x"
        names = {"-m": prefix + "_master.h5", "-q": prefix + "q", "--minicbf": self.folder + "m/x"}
        with live.Live("-i", slow, "-o", prefix, "-J", 10, "-d", 10, "-p", 1, *(w for n in names.items() for w in n)) as r:
            r.wait_for(prefix + "_000001.h5")
            r.stop()
            before = digests(self.folder)
            for option, name in names.items():
                for more in ([], ["--overwrite"], ["--resume"], ["-p", 2, "-t", 1], ["-p", 2, "-t", 0, "--overwrite"]):
                    self.refused("-o", prefix + "_other", "-J", 10, option, name, *more, master=slow,
                                 pattern=f"{name}: another run is writing files of this name; .* another {option}")
            self.assertEqual(digests(self.folder), before)
            r.go()
            self.assertEqual(r.end(), 0, r.stderr)
        compress(slow, prefix + "_other", "-J", 10, *(w for n in names.items() for w in n), "--overwrite")
        self.assertEqual([n for n in os.listdir(self.folder) if "lock" in n], [])

    def test_one_prefix_for_files_of_several_kinds(self):
        compress(self.master, self.folder + "x", "--minicbf", self.folder + "x")
        self.assertIn("x_000001.cbf", os.listdir(self.folder))

    def test_a_lock_left_by_a_dead_run_is_taken_over(self):
        with open(self.folder + ".x.lbc-lock", "w"):
            pass
        compress(self.master, self.folder + "x")
        self.assertNotIn(".x.lbc-lock", os.listdir(self.folder))

    def test_a_share_does_not_touch_another_set(self):
        compress(self.master, self.folder + "x", "-d", 10)
        self.refused("-o", self.folder + "x", "-d", 5, "-p", 2, "-t", 2, pattern="x_master.h5: was made by another job")
        compress(self.master, self.folder + "x", "-d", 5, "-p", 2, "-t", 2, "--overwrite")
        self.assertEqual(sorted(os.listdir(self.folder)), ["x_000001.h5", "x_000002.h5", "x_000004.h5"])
        compress(self.master, self.folder + "x", "-d", 5, "-p", 2, "-t", 0)
        compress(self.master, self.folder + "x", "-d", 5, "-p", 2, "-t", 1, "--overwrite")
        self.assertEqual(run("-i", self.folder + "x_master.h5", "--verify").returncode, 0)

    def test_reports(self):
        for option in ("--json", "--report"):
            for target in (self.master, os.path.join(self.shared, "run_data_000001.h5"), "/dev/null", self.folder):
                self.refused("-o", self.folder + "x", option, target, "--overwrite", pattern="error: ")

    def test_reports_with_names_of_the_run(self):
        os.symlink(self.folder, self.folder + "link")
        more = ["-H", 4, "-q", "out_file", "--minicbf", self.folder + "c", "--overwrite"]
        for name in ("x_master.h5", "x_000001.h5", "x_000077.h5", "x_squash_000001.h5", "c_000002.cbf", "link/x_master.h5"):
            for option in ("--json", "--report"):
                self.refused("-o", self.folder + "x", *more, option, self.folder + name, code=2,
                             pattern="has the name of .* of this run; choose another")
        self.refused("-o", self.folder + "x", "--json", self.folder + "r", "--report", self.folder + "link/r", code=2,
                     pattern="are two files")
        compress(self.master, self.folder + "x", "--json", self.folder + "x_000001", "--report", self.folder + "x.html")

    def test_a_run_that_is_repeated_replaces_its_reports_alone(self):
        reports = ["--json", self.folder + "r.json", "--report", self.folder + "r.html"]
        compress(self.master, self.folder + "x", *reports)
        self.refused("-o", self.folder + "x", *reports, pattern=r"r\.json: exists")
        compress(self.master, self.folder + "x", *reports, "--resume")
        with open(self.folder + "r.html", "w") as f:
            f.write("<!DOCTYPE html>mine")
        self.refused("-o", self.folder + "x", *reports, "--resume", pattern=r"r\.html: exists")


class Overwrite(Refusal):
    def test_a_smaller_set(self):
        """Files of the old set beyond the new count go; those of others with a like name stay."""
        prefix = self.folder + "x"
        compress(self.master, prefix, "-d", 2, "-H", 4, "-q", "out_file")
        others = ["x_extra_000009.h5", "x_000099.h5", "x_0000010.h5", "xx_000010.h5", "x_000010.h5.bak"]
        for name in others:
            with open(self.folder + name, "w"):
                pass
        compress(self.master, prefix, "-d", 10, "-H", 4, "-q", "out_file", "--overwrite", env=live.DAY)
        ours = [f"x{s}_{n:06d}.h5" for s in ("", "_squash") for n in (1, 2)] + ["x_master.h5"]
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(ours + others))
        fresh = tempfile.mkdtemp(dir=self.shared) + "/"
        compress(self.master, fresh + "x", "-d", 10, "-H", 4, "-q", "out_file", env=live.DAY)
        new = digests(fresh)
        self.assertEqual({n: d for n, d in digests(self.folder).items() if n in ours}, new)

    def test_a_set_whose_master_has_another_name(self):
        """It loses its files to the new one, which is told."""
        goes = r"warning: .*{}_000001.h5: goes, and is of another set than .*{}.h5; a master that lists it is then"
        prefix = self.folder + "x"
        compress(self.master, prefix, "-m", self.folder + "m1")
        for more in ([], ["--resume"]):
            done = compress(self.master, prefix, "-b", 2, "-m", self.folder + "m2", "--overwrite", "--dry-run", *more)
            self.assertRegex(done.stderr, goes.format("x", "m2"))
        self.assertRegex(compress(self.master, prefix, "-b", 2, "-m", self.folder + "m2", "--overwrite").stderr,
                         goes.format("x", "m2"))
        self.assertEqual(run("-i", self.folder + "m1.h5", "--verify").returncode, 1)
        done = compress(self.master, self.folder + "y", "-H", 4, "-q", prefix, "--overwrite")
        self.assertRegex(done.stderr, goes.format("x", "y_master"))
        done = compress(self.master, self.folder + "y", "-H", 8, "-q", prefix, "--overwrite")
        self.assertNotIn("goes", done.stderr)

    def test_fewer_mini_cbf_files(self):
        """Those of the old job beyond the new count go, up to the first that is not its."""
        prefix, mini = self.folder + "x", self.folder + "m"
        compress(self.master, prefix, "-N", 12, "--minicbf", mini)
        with open(self.folder + "m_000011.cbf", "w") as f:
            f.write("precious")
        compress(self.master, prefix, "-N", 6, "--minicbf", mini, "--overwrite")
        left = [f"m_{n:06d}.cbf" for n in (1, 2, 3, 4, 5, 6, 11, 12)]
        self.assertEqual(sorted(n for n in os.listdir(self.folder) if n.endswith(".cbf")), left)

    def test_files_elsewhere_with_the_same_names_stay(self):
        """The old master links another folder's files."""
        prefix = self.folder + "x"
        os.mkdir(self.folder + "data")
        compress(self.master, self.folder + "data/x", "-d", 5, "-m", self.folder + "x_master")
        with open(self.folder + "x_000004.h5", "w") as f:
            f.write("precious")
        compress(self.master, prefix, "-d", 10, "--overwrite")
        with open(self.folder + "x_000004.h5") as f:
            self.assertEqual(f.read(), "precious")
        self.assertEqual(len(os.listdir(self.folder + "data")), 4)

    def test_the_old_master_goes_first(self):
        """From then on the set does not look finished, until it is."""
        prefix = self.folder + "x"
        slow = live.slow_series(self.folder)
        compress(slow, prefix, "-d", 2)
        before = os.stat(prefix + "_000001.h5").st_ino
        with live.Live("-i", slow, "-o", prefix, "-J", 10, "-d", 10, "-p", 1, "--overwrite") as r:
            r.wait_for(lambda: os.stat(prefix + "_000001.h5").st_ino != before)
            r.stop()
            self.assertNotIn("x_master.h5", os.listdir(self.folder))
            self.assertNotIn("x_000007.h5", os.listdir(self.folder))
            r.go()
            self.assertEqual(r.end(), 0, r.stderr)
        self.assertEqual(run("-i", prefix + "_master.h5", "--verify").returncode, 0)

    def test_a_run_that_comes_to_nothing_leaves_the_old_set(self):
        master = self.input_here()
        compress(master, self.folder + "x", "-d", 2)
        data = self.folder + "run_data_000001.h5"
        live.flip(data, live.chunk_place(data, 0)[0])
        self.refused("-o", self.folder + "x", "-d", 10, "--overwrite", master=master, pattern="image 1")

    def test_data_files_of_another_program_stay(self):
        """Though the master that goes links them, and their names are as ours would be."""
        for n in range(2):
            series.filewriter(self.folder, "det", self.images, block=8)
            compress(self.master, self.folder + "det_data", "-m", "det_master.h5", "-d", 100, "--overwrite")
            self.assertEqual(sorted(os.listdir(self.folder)),
                             ["det_data_000001.h5", "det_data_000002.h5", "det_data_000003.h5", "det_master.h5"], n)

    def shares_of_which_one_is_held_up(self, calls, at, lock, wait=0, then=None):
        """Replaces a set by three shares: share 1 waits for 2.5 s at that one of its calls, once the lock is there;
        meanwhile the others are done."""
        prefix = self.folder + "x"
        share = ["-o", prefix, "-i", self.master, "-J", "10", "-d", "10", "-p", "2", "--overwrite", "-t"]
        held = subprocess.Popen(["strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=" + calls,
                                 "-e", f"inject={calls}:delay_enter=2500000:when={at}",
                                 live.program("l_bnl_compress"), *share, "1"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while held.poll() is None and not os.path.exists(self.folder + lock):
            time.sleep(0.01)
        time.sleep(wait)
        for other in ("2", "0"):
            done = run(*share, other)
            self.assertEqual(done.returncode, 0, done.stderr)
        if then:
            then()
        error = held.communicate(timeout=120)[1]
        if "ptrace" in error and held.returncode:
            self.skipTest("no leave to trace")
        self.assertEqual(held.returncode, 0, error)
        done = run("-i", prefix + "_master.h5", "--verify")
        self.assertEqual(done.returncode, 0, done.stderr)

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_a_share_removes_no_master_but_the_old_one(self):
        """It is held up before it removes what it has found."""
        compress(self.master, self.folder + "x", "-d", 2)
        self.shares_of_which_one_is_held_up("rename,link,unlink", 1, ".x.lbc-lock", wait=0.5)

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_a_share_removes_no_new_master_that_has_the_number_of_the_old_one(self):
        """File systems give the number of a file that is gone to the next."""
        master, kept = self.folder + "x_master.h5", self.folder + "kept"

        def take_the_old_number():
            shutil.copyfile(master, kept)
            os.rename(kept, master)

        compress(self.master, self.folder + "x", "-d", 2)
        os.link(master, kept)
        self.shares_of_which_one_is_held_up("flock", 3, ".x_master.h5.turn.lbc-lock", then=take_the_old_number)

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_the_old_master_is_gone_for_good_before_its_files(self):
        prefix = self.folder + "x"
        compress(self.master, prefix, "-d", 2)
        done = subprocess.run(["strace", "-f", "-qq", "-y", "-e", "trace=unlink,unlinkat,fsync", "-o",
                               self.folder + "trace", live.program("l_bnl_compress"), "-i", self.master, "-o", prefix,
                               "-d", "10", "--overwrite"], capture_output=True, text=True, timeout=300, check=False)
        if "ptrace" in done.stderr and done.returncode:
            self.skipTest("no leave to trace")
        with open(self.folder + "trace") as f:
            calls = [line for line in f if " = 0" in line]
        gone = [i for i, c in enumerate(calls) if "x_master.h5" in c and "unlink" in c][0]
        files = [i for i, c in enumerate(calls) if "x_0000" in c and "unlink" in c and ".lbc~" not in c]
        self.assertEqual(len(files), 8)
        self.assertGreater(files[0], gone)
        self.assertIn("fsync", calls[gone + 1])

    def test_links_are_replaced_and_not_followed(self):
        prefix = self.folder + "x"
        with open(self.folder + "precious", "w") as f:
            f.write("precious")
        os.symlink("precious", prefix + "_000001.h5")
        os.symlink("precious", prefix + "_master.h5")
        compress(self.master, prefix, "--overwrite")
        with open(self.folder + "precious") as f:
            self.assertEqual(f.read(), "precious")
        self.assertFalse(os.path.islink(prefix + "_000001.h5"))
        self.assertFalse(os.path.islink(prefix + "_master.h5"))


@contextlib.contextmanager
def small_disk(folder, size):
    """A file system of this many bytes."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True,
                          text=True, check=False)
    if done.returncode:
        raise unittest.SkipTest("no leave to mount a small file system: " + done.stderr.strip())
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


class Space(Refusal):
    def sizes(self, *options):
        folder = tempfile.mkdtemp(dir=self.shared) + "/"
        compress(self.master, folder + "x", *options)
        out = {n: os.path.getsize(folder + n) for n in os.listdir(folder)}
        shutil.rmtree(folder)
        return out

    def test_is_estimated_before_the_start(self):
        for options in (["-d", 5], ["-d", 5, "-H", 1, "-q", "out_file"], ["-c", "none"], ["-H", 4, "-c", "hcomp"]):
            total = sum(self.sizes(*options).values())
            with self.subTest(options), small_disk(self.folder, total // 3 // 4096 * 4096):
                self.refused("-o", self.folder + "x", *options, pattern=r"error: .*: 20 images would take about .* MB, "
                             r"but .* MB are free \(make room, or choose another -o\)")
                self.assertEqual(os.listdir(self.folder), [])

    def test_estimate_has_the_mini_cbf_files(self):
        """Which are larger than what is at rest; elsewhere they need that room there."""
        options = ["-H", 64, "-c", "hcomp", "--minicbf"]
        folder = tempfile.mkdtemp(dir=self.shared) + "/"
        compress(self.master, folder + "x", *options, folder + "x")
        sizes = {n: os.path.getsize(folder + n) for n in os.listdir(folder)}
        cbf = sum(size for name, size in sizes.items() if name.endswith(".cbf"))
        self.assertGreater(cbf, 2 * (sum(sizes.values()) - cbf))
        with small_disk(self.folder, cbf // 2 // 4096 * 4096):
            for out in (self.folder, folder + "other/"):
                self.refused("-o", out + "x", *options, self.folder + "x",
                             pattern=f"error: {self.folder[:-1]}: 20 images would take about .* MB.*choose another "
                                     + ("-o" if out == self.folder else "--minicbf"))
            said = run("-i", self.master, "-o", self.folder + "x", "--dry-run", *options, self.folder + "x")
            self.assertEqual(said.returncode, 1)
            self.assertRegex(said.stdout, r"would stop +\S+: 20 images\s+would\s+take\s+about")
            compress(self.master, self.folder + "x", *options, folder + "y")

    def test_of_files_that_will_be_replaced_counts(self):
        """The first new file stands beside the whole old set; where there is no room for that, the old set stays."""
        total = sum(self.sizes("-c", "none").values())
        old = ["-d", 2, "-c", "none", "-N", 18]
        with small_disk(self.folder, int(1.4 * total) // 4096 * 4096):
            compress(self.master, self.folder + "x", *old)
            compress(self.master, self.folder + "x", *old, "--overwrite")
        for new in (old, ["-d", 12, "-u", 4, *old[2:]]):
            with small_disk(self.folder, int(1.3 * total) // 4096 * 4096):
                compress(self.master, self.folder + "x", *old)
                self.refused("-o", self.folder + "x", *new, "--overwrite", pattern="make room")

    def test_met_in_the_middle(self):
        """Every size of disk between nothing and enough: an error and no death, or a set that is right."""
        options = ["-d", 5, "-H", 1, "-q", "out_file", "-p", 2]
        total = sum(self.sizes(*options).values())
        outcomes = {0: 0, 1: 0}
        with small_disk(self.folder, 4096):
            for size in range(4096, 2 * total, 20480):
                subprocess.run(["mount", "-o", f"remount,size={size}", self.folder], check=True)
                done = run("-i", self.master, "-o", self.folder + "x", *options)
                self.assertIn(done.returncode, (0, 1), f"{size}: {done.stderr}")
                outcomes[done.returncode] += 1
                names = os.listdir(self.folder)
                if done.returncode:
                    self.assertNotIn("x_master.h5", names)
                    self.assertRegex(done.stderr, "error: .*(No space left on device|MB are free)")
                    self.assertEqual([n for n in names if n.startswith(".")], [])
                else:
                    self.assertEqual(run("-i", self.folder + "x_master.h5", "--verify").returncode, 0)
                left = run("-i", self.master, "-o", self.folder + "x", *options, "--resume")
                self.assertIn(left.returncode, (0, 1), left.stderr)
                for name in os.listdir(self.folder):
                    os.remove(self.folder + name)
        self.assertGreater(outcomes[0], 1)
        self.assertGreater(outcomes[1], 5)

    def test_limit_of_the_size_of_a_file(self):
        """SIGXFSZ would be death; as an error it leaves what is complete."""
        for limit in (1000, 20000, 45000):
            def set_limit(limit=limit):
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            done = run("-i", self.master, "-o", self.folder + "x", "-d", 6, "-c", "none", preexec_fn=set_limit)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("File too large", done.stderr)
            self.assertEqual(os.listdir(self.folder), [])

    def test_limit_of_open_files(self):
        master = series.filewriter(self.folder, "many", self.images, block=1)

        def set_limit(limit):
            return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

        compress(master, self.folder + "x", "-d", 1, preexec_fn=set_limit(40))
        for limit in range(4, 12):
            done = run("-i", master, "-o", self.folder + "y", preexec_fn=set_limit(limit))
            self.assertIn(done.returncode, (0, 1), done.stderr)
            if done.returncode:
                self.assertNotIn("y_master.h5", os.listdir(self.folder))
                self.assertRegex(done.stderr, "error: ")
            for name in os.listdir(self.folder):
                if name.startswith("y"):
                    os.remove(self.folder + name)

    @unittest.skipUnless(plugin.loadable(), "a sanitizer maps more than that")
    def test_limit_of_memory(self):
        for megabytes in (60, 80, 400):
            def set_limit(limit=megabytes << 20):
                resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            done = run("-i", self.master, "-o", self.folder + "x", "-J", 10, "-N", 2, "-p", 2, "--overwrite",
                       preexec_fn=set_limit)
            if done.returncode == 127:  # not even the libraries could be loaded
                continue
            self.assertIn(done.returncode, (0, 1), done.stderr)
            self.assertEqual("x_master.h5" in os.listdir(self.folder), done.returncode == 0)


class Standard(Refusal):
    def test_output_that_cannot_be_written(self):
        for option in ("-h", "-V"):
            with open("/dev/full", "w") as full:
                done = subprocess.run([live.program("l_bnl_compress"), option], stdout=full, stderr=subprocess.PIPE,
                                      text=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("standard output", done.stderr)

    def test_descriptors_that_are_closed(self):
        """Files must not get the numbers of the standard streams and be written into."""
        for closed in ("0", "1", "2", "012"):
            prefix = self.folder + f"c{closed}"
            close = " ".join(f"{n}<&-" if n == "0" else f"{n}>&-" for n in closed)
            done = subprocess.run(["sh", "-c", f'exec "$0" "$@" {close}', live.program("l_bnl_compress"), "-i",
                                   self.master, "-o", prefix, "--verify", "-v", "--progress", "always"], check=False)
            self.assertEqual(done.returncode, 0)
            self.assertEqual(run("-i", prefix + "_master.h5", "--verify").returncode, 0)

    def test_socket_as_input(self):
        with socket.socket(socket.AF_UNIX) as s:
            path = self.folder + "s"
            s.bind(path)
            done = run("-i", path, "-o", self.folder + "x")
            self.assertEqual(done.returncode, 1)
            self.assertIn("cannot be opened", done.stderr)


if __name__ == "__main__":
    unittest.main()
