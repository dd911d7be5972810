# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs that are ended by a signal or by an error, what they leave, and how --resume goes on from there."""
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import h5py
import numpy as np

import live
import series
from run import compress, digests, run

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
OPTIONS = ["-J", 10, "-d", 5, "-q", "out_file"]


class Ended(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="lbc_interrupt_")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.master = live.slow_series(cls.folder)
        whole = tempfile.mkdtemp(dir=cls.folder) + "/"
        compress(cls.master, whole + "x", *OPTIONS, env=live.DAY)
        cls.whole = digests(whole)

    def new(self):
        return tempfile.mkdtemp(dir=self.folder) + "/"

    def live(self, folder, *options, **more):
        return live.Live("-i", self.master, "-o", folder + "x", *OPTIONS, *options, **more)

    def check_left(self, folder):
        """Complete files of the set and nothing else."""
        left = digests(folder)
        self.assertNotIn("x_master.h5", left)
        for name, digest in left.items():
            self.assertEqual(digest, self.whole.get(name), name)
        return len([n for n in left if "squash" not in n])

    def resumed(self, folder, *options, **more):
        done = run("-i", self.master, "-o", folder + "x", *OPTIONS, "--resume", *options, env=live.DAY, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(digests(folder), self.whole)
        return done


class Signals(Ended):
    def test_each_ends_the_run(self):
        for number in SIGNALS:
            with self.subTest(number.name):
                folder = self.new()
                with self.live(folder, "-p", 2) as r:
                    r.wait_for(folder + "x_000002.h5")
                    r.send(number)
                    self.assertEqual(r.end(60), 128 + number, r.stderr)
                files = self.check_left(folder)
                self.assertGreaterEqual(files, 2)
                self.assertRegex(r.stderr, f"{files} complete data files? (was|were) left")
                self.assertIn("--resume", r.stderr)
                self.assertRegex(r.stderr, r"error: stopped after \d+ of 60 images")
                done = self.resumed(folder)
                self.assertIn(f"{files}", done.stderr)

    def test_before_the_first_file(self):
        folder = self.new()
        with self.live(folder) as r:
            r.wait_for(lambda: live.temporaries(folder))
            r.send(signal.SIGTERM)
            self.assertEqual(r.end(60), 128 + signal.SIGTERM, r.stderr)
        self.assertEqual(os.listdir(folder), [])

    def test_a_second_one_ends_it_at_once(self):
        folder = self.new()
        rng = np.random.default_rng(1)
        big = rng.poisson(30, (2, 2400, 2500)).astype("u2")
        master = series.filewriter(folder, "big", big, storage="none")
        with live.Live("-i", master, "-o", folder + "x", "-J", 3, "-p", 1) as r:
            r.wait_for(lambda: os.path.exists(folder + ".x.lbc-lock"))
            time.sleep(0.1)
            r.stop()
            r.send(signal.SIGINT)
            r.go()
            time.sleep(0.4)  # the frame takes longer
            r.stop()
            r.send(signal.SIGTERM)
            r.go()
            self.assertIn(r.end(60), (128 + signal.SIGTERM, 128 + signal.SIGINT), r.stderr)
            self.assertNotIn("error", r.stderr)  # it had no time to say anything
        self.assertEqual([n for n in os.listdir(folder) if n.startswith("x")], [])

    def test_ignored_ones_stay_ignored(self):
        """As nohup leaves SIGHUP, and a shell script SIGINT for what it runs in the background."""
        folder = self.new()
        ignore = lambda: [signal.signal(n, signal.SIG_IGN) for n in (signal.SIGHUP, signal.SIGINT)]
        with self.live(folder, preexec_fn=ignore) as r:
            r.wait_for(folder + "x_000001.h5")
            r.send(signal.SIGHUP)
            r.send(signal.SIGINT)
            self.assertEqual(r.end(), 0, r.stderr)
        self.assertEqual(digests(folder), self.whole)

    def test_messages_that_nobody_reads_do_not_end_it(self):
        folder = self.new()
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([live.program("l_bnl_compress"), "-i", self.master, "-o", folder + "x",
                               *map(str, OPTIONS), "--progress", "always"], stderr=writer, timeout=300,
                              env={**os.environ, **live.DAY}, check=False)
        os.close(writer)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(digests(folder), self.whole)

    def test_while_it_looks_for_what_to_keep(self):
        folder = self.new()
        compress(self.master, folder + "x", *OPTIONS, env=live.DAY)
        os.remove(folder + "x_master.h5")
        before = digests(folder)
        with self.live(folder, "--resume") as r:
            r.wait_for(lambda: os.path.exists(folder + ".x.lbc-lock"))
            r.send(signal.SIGTERM)
            code = r.end(60)
        if code:  # it may have been done by then
            self.assertEqual(code, 128 + signal.SIGTERM, r.stderr)
            self.assertEqual(digests(folder), before)
        self.resumed(folder)

    def test_of_a_check_of_a_set(self):
        folder = self.new()
        compress(self.master, folder + "x", *OPTIONS, env=live.DAY)
        with live.Live("-i", folder + "x_master.h5", "--verify", "-p", 1) as r:
            time.sleep(0.05)
            r.stop()
            r.send(signal.SIGTERM)
            r.go()
            code = r.end(60)
        self.assertIn(code, (0, 128 + signal.SIGTERM, -signal.SIGTERM), r.stderr)
        self.assertEqual(digests(folder), self.whole)


class Killed(Ended):
    def killed(self, files=2, *options):
        folder = self.new()
        with self.live(folder, *options) as r:
            r.wait_for(lambda: os.path.exists(folder + f"x_{files:06d}.h5") and live.temporaries(folder))
            r.stop()
            left = live.temporaries(folder)
            r.send(signal.SIGKILL)
            r.end()
        return folder, left

    def test_leaves_temporaries_that_the_next_run_removes(self):
        folder, left = self.killed()
        self.assertEqual(live.temporaries(folder), left)
        self.assertTrue(left)
        finished = {n: d for n, d in digests(folder).items() if not n.startswith(".")}
        for name, digest in finished.items():
            self.assertEqual(digest, self.whole[name])
        self.resumed(folder)

    def test_temporaries_of_others_are_left_alone(self):
        folder, left = self.killed()
        theirs = [left[0].replace(".lbc~", ".lbc~elsewhere"), left[0].replace(".x_", ".y_")]
        for name in theirs:
            shutil.copy(folder + left[0], folder + name)
        with live.Live("-i", self.master, "-o", folder + "xx", "-J", 10, "-p", 1) as other:
            other.wait_for(lambda: any(".xx_" in n for n in live.temporaries(folder)))
            other.stop()
            alive = [n for n in live.temporaries(folder) if ".xx_" in n]
            compress(self.master, folder + "x", *OPTIONS, "--resume", env=live.DAY)
            self.assertEqual(live.temporaries(folder), sorted(theirs + alive))
            other.go()
            self.assertEqual(other.end(), 0, other.stderr)
        self.assertEqual(live.temporaries(folder), sorted(theirs))

    def test_shares_are_resumed(self):
        folder, _ = self.killed()
        for share in (2, 0, 1):
            done = run("-i", self.master, "-o", folder + "x", *OPTIONS, "--resume", "-p", 2, "-t", share, env=live.DAY)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(digests(folder), self.whole)


class Resumed(Ended):
    def broken(self, *gone):
        folder = self.new()
        compress(self.master, folder + "x", *OPTIONS, env=live.DAY)
        for name in gone:
            os.remove(folder + name)
        return folder

    def kept(self, folder, end=".h5"):
        return {n: (os.stat(folder + n).st_ino, os.stat(folder + n).st_mtime_ns) for n in os.listdir(folder) if n.endswith(end)}

    def test_a_complete_set(self):
        folder = self.broken()
        before = self.kept(folder)
        self.resumed(folder)
        after = self.kept(folder)
        self.assertEqual([n for n in after if after[n] != before[n]], ["x_master.h5"])

    def test_what_is_missing_is_made_and_no_more(self):
        for gone in (["x_000003.h5"], ["x_000012.h5", "x_master.h5"], ["x_squash_000002.h5", "x_master.h5"],
                     ["x_000001.h5", "x_squash_000001.h5", "x_000009.h5"]):
            with self.subTest(gone):
                folder = self.broken(*gone)
                before = self.kept(folder)
                self.resumed(folder)
                after = self.kept(folder)
                new = {n for n in after if after[n] != before.get(n)} - {"x_master.h5"}
                numbers = {n[-9:-3] for n in gone if n != "x_master.h5"}
                self.assertEqual({n[-9:-3] for n in new}, numbers)

    def test_a_damaged_file_is_made_anew(self):
        for name, dataset in (("x_000004.h5", "/entry/data/data"), ("x_squash_000004.h5", None)):
            with self.subTest(name):
                folder = self.broken("x_master.h5")
                if dataset:
                    offset, size = live.chunk_place(folder + name, 3)
                else:
                    with h5py.File(folder + name, "r") as f:
                        d = f["/entry/data/data_000017"]
                        offset, size = d.id.get_offset(), d.shape[0]
                live.flip(folder + name, offset + size // 2)
                done = self.resumed(folder)
                self.assertRegex(done.stderr, f"{name}: .*damaged.*made anew")

    def test_a_file_cut_short_is_not_taken_for_anything(self):
        """It cannot tell whose it is."""
        folder = self.broken("x_master.h5")
        os.truncate(folder + "x_000004.h5", 3000)
        before = digests(folder)
        done = run("-i", self.master, "-o", folder + "x", *OPTIONS, "--resume", env=live.DAY)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "x_000004.h5: .*cut short.*--resume --overwrite makes it anew")
        self.assertEqual(digests(folder), before)
        self.resumed(folder, "--overwrite")

    def test_files_of_another_job_are_refused(self):
        others = {"options": (self.master, ["-J", 11, "-d", 5, "-q", "out_file"]),
                  "selection": (self.master, [*OPTIONS, "-1", 2]),
                  "blocks": (self.master, ["-J", 10, "-d", 4, "-q", "out_file"])}
        for what, (master, options) in others.items():
            for name in ("x_000002.h5", "x_squash_000002.h5"):
                with self.subTest(what=what, name=name):
                    theirs, folder = self.new(), self.broken("x_000007.h5", "x_master.h5")
                    compress(master, theirs + "x", *options, env=live.DAY)
                    shutil.copy(theirs + name, folder + name)
                    if "squash" in name:
                        os.remove(folder + "x_000002.h5")
                    before = digests(folder)
                    done = run("-i", self.master, "-o", folder + "x", *OPTIONS, "--resume", env=live.DAY)
                    self.assertEqual(done.returncode, 1)
                    self.assertRegex(done.stderr, f"error: .*{name}: was made by another job")
                    self.assertEqual(digests(folder), before)
                    self.resumed(folder, "--overwrite")

    def test_every_setting_of_jpeg_2000_makes_another_job(self):
        folder, last = self.new(), ["-1", 57]
        size, codec = ["--bytes-per-frame", 8192], ["--profile", "faithful"]
        compress(self.master, folder + "x", *size, *codec, *last, env=live.DAY)
        whole = digests(folder)
        os.remove(folder + "x_master.h5")
        before = digests(folder)
        others = [[*size, *codec, *more] for more in (
            ["--rounding", "nearest"], ["--fill", "zero"], ["--j2k-layers", "list"], ["--j2k-weights", "0.5"],
            ["--j2k-weights", "none"], ["--wavelet", "5/3"], ["--psnr", 60])]
        others += [[*other, *codec] for other in (["--bytes-per-frame", 8191], ["-J", 10], ["-K", 10])]
        for options in others:
            with self.subTest(options):
                done = run("-i", self.master, "-o", folder + "x", *options, *last, "--resume", env=live.DAY)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, "error: .*x_000001.h5: was made by another job")
                self.assertEqual(digests(folder), before)
        same = [*size, *codec, "--j2k-weights", "spot", *last]
        done = run("-i", self.master, "-o", folder + "x", *same, "--resume", env=live.DAY)
        self.assertEqual(done.returncode, 0, done.stderr)  # the same in other words
        self.assertEqual(digests(folder), whole)

    def test_a_file_of_another_program_is_refused(self):
        folder = self.broken("x_000002.h5", "x_squash_000002.h5", "x_master.h5")
        for content in (b"precious", None):
            with open(folder + "x_000002.h5", "wb") as f:
                f.write(content or b"")
            if content is None:
                series.write_images(folder + "x_000002.h5", np.zeros((5, 160, 256), "u2"))
            done = run("-i", self.master, "-o", folder + "x", *OPTIONS, "--resume", env=live.DAY)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, "x_000002.h5: ")

    def test_a_changed_input_is_noticed(self):
        """Even where not one stored size has changed, and only in the middle."""
        folder, copy = self.broken("x_000012.h5", "x_master.h5"), self.new()
        for name in os.listdir(self.folder):
            if name.startswith("slow"):
                shutil.copy(os.path.join(self.folder, name), copy)
        offset, size = live.chunk_place(copy + "slow_data_000003.h5", 2)
        live.flip(copy + "slow_data_000003.h5", offset + size // 2)
        done = run("-i", copy + "slow_master.h5", "-o", folder + "x", *OPTIONS, "--resume", env=live.DAY)
        self.assertEqual(done.returncode, 1)
        self.assertIn("x_000004.h5: was made from an input that has changed since", done.stderr)

    def resume_of(self, master, prefix, *options):
        """What is left of a set is made whole; the same as from nothing, or refused, in which case it stays."""
        folder = os.path.dirname(prefix) + "/"
        os.remove(prefix + "_master.h5")
        before, fresh = digests(folder), self.new()
        compress(master, fresh + "x", *options, env=live.DAY)
        done = run("-i", master, "-o", prefix, *options, "--resume", "--verify", env=live.DAY)
        self.assertEqual(digests(folder), before if done.returncode else digests(fresh))
        return done

    def test_images_that_were_bad_and_are_well_again(self):
        where, folder = self.new(), self.new()
        master = series.filewriter(where, "in", series.frames(12, 20, 30), block=4)
        data, options = where + "in_data_000002.h5", ["-d", 3, "--skip-bad", "-q", "out_file", "-H", 1]
        place = live.chunk_place(data, 0)[0]  # of image 5, in data file 2
        live.flip(data, place)
        done = run("-i", master, "-o", folder + "x", *options, env=live.DAY)
        self.assertIn("1 image could not be read", done.stderr)
        done = self.resume_of(master, folder + "x", *options)  # and still is bad
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, "warning: .*x_000002.h5: kept, with 1 image that could not be read masked")
        self.assertNotIn("anew", done.stderr)
        live.flip(data, place)
        done = self.resume_of(master, folder + "x", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("x_000002.h5: images that could not be read when it was made: 1, and now 0; it is made anew",
                      done.stderr)
        self.assertNotIn("could not be read and", done.stderr)
        self.assertIn("kept", done.stderr)

    def test_first_middle_or_last_image_that_was_bad_and_is_well_again(self):
        """Which the name of the job is made of: it is the input that has changed, and not one masked image is kept."""
        where = self.new()
        master = series.filewriter(where, "in", series.frames(12, 20, 30), block=12)
        options, changed = ["-d", 3, "--skip-bad"], r"was made from an input that has changed since \(.*\), or from another"
        fresh = self.new()
        compress(master, fresh + "x", *options, env=live.DAY)
        for image in (0, 5, 11):
            with self.subTest(image):
                folder, place = self.new(), live.chunk_place(where + "in_data_000001.h5", image)[0]
                live.flip(where + "in_data_000001.h5", place)
                compress(master, folder + "x", *options, env=live.DAY)
                live.flip(where + "in_data_000001.h5", place)
                before = digests(folder)
                again = ["-i", master, "-o", folder + "x", *options, "--resume"]
                for name in ("x_master.h5", "x_000001.h5"):
                    done = run(*again)
                    self.assertEqual((done.returncode, digests(folder)), (1, before), done.stderr)
                    self.assertRegex(done.stderr, rf"error: .*{name}: {changed} \(--resume --overwrite makes it anew\)")
                    if name == "x_master.h5":
                        os.remove(folder + name)
                        del before[name]
                done = run(*again, "--overwrite", env=live.DAY)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stderr, rf"x_000001.h5: {changed}; it is made anew")
                self.assertEqual(digests(folder), digests(fresh))

    def test_a_damaged_master_is_called_damaged(self):
        """And with leave, made anew from the files that are whole."""
        def cut(path):
            os.truncate(path, os.path.getsize(path) // 2)

        def edit(path):
            with h5py.File(path, "r+") as f:
                f["entry/l_bnl_compress/job"][()] = b"0" * 24

        for spoil, says in ((cut, "does not tell what it was made from: it is damaged, or of another program"),
                            (edit, r"was damaged or changed since it was written \(its checksum differs\)")):
            with self.subTest(spoil.__name__):
                folder = self.broken()
                spoil(folder + "x_master.h5")
                before = self.kept(folder)
                done = run("-i", self.master, "-o", folder + "x", *OPTIONS, "--resume")
                self.assertEqual((done.returncode, self.kept(folder)), (1, before), done.stderr)
                self.assertRegex(done.stderr, rf"error: .*x_master.h5: {says}.* \(--resume --overwrite makes it anew\)")
                self.resumed(folder, "--overwrite")
                after = self.kept(folder)
                self.assertEqual([n for n in after if after[n] != before[n]], ["x_master.h5"])

    def test_squash_files_do_not_drop_out_of_the_list(self):
        folder = self.new()
        options = ["-i", self.master, "-o", folder + "x", "-d", 3, "-H", 4, "-c", "bslz4"]
        done = run(*options, "-q", "out_file", env=live.DAY)
        self.assertEqual(done.returncode, 0, done.stderr)
        before = self.kept(folder)
        squash = sorted(name for name in before if "squash" in name)
        done = run(*options, "--resume", env=live.DAY)
        self.assertEqual((done.returncode, self.kept(folder)), (1, before), done.stderr)
        lists = f"x_master.h5: lists {len(squash)} squash files, of which {squash[0]} is the first, and would no more"
        self.assertIn(lists, done.stderr)
        done = run(*options, "-q", folder + "other", "--resume", env=live.DAY)
        self.assertEqual((done.returncode, self.kept(folder)), (1, before), done.stderr)
        self.assertIn(lists + " (give the -q of before, or --resume --overwrite)", done.stderr)
        done = run(*options, "--overwrite", env=live.DAY)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"has {len(squash)} squash files, of which {squash[0]} is the first", done.stderr)
        self.assertEqual({n: d for n, d in self.kept(folder).items() if n in squash}, {n: before[n] for n in squash})

    def test_no_files_drop_out_of_the_list_for_others(self):
        folder = self.new()
        options = ["-i", self.master, "-m", folder + "m.h5", "-d", 3, "-H", 4, "-c", "bslz4"]
        compress_to = ["-o", folder + "x", "-q", folder + "sx"]
        self.assertEqual(run(*options, *compress_to, env=live.DAY).returncode, 0)
        before = self.kept(folder)
        for change, kind in ((["-o", folder + "y", "-q", folder + "sx"], "data"),
                             (["-o", folder + "deep/x", "-q", folder + "sx"], "data"),
                             (["-o", folder + "x", "-q", folder + "sy"], "squash")):
            with self.subTest(change):
                done = run(*options, *change, "--resume", env=live.DAY)
                self.assertEqual((done.returncode, self.kept(folder)), (1, before), done.stderr)
                self.assertRegex(done.stderr, rf"m.h5: lists \d+ {kind} files, of which s?x_000001.h5 is the first")
        os.makedirs(folder + "far/away")
        os.rename(folder + "m.h5", folder + "far/away/m.h5")  # by itself: it lists nothing that is there
        moved = [str(word).replace("m.h5", "far/away/m.h5") for word in options]
        done = run(*moved, *compress_to, "--resume", env=live.DAY)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(run("-i", folder + "far/away/m.h5", "--verify").returncode, 0)
        shutil.rmtree(folder + "far")
        self.assertEqual(run(*options, *compress_to, "--resume", env=live.DAY).returncode, 0)
        self.assertEqual({n for n in self.kept(folder)}, {n for n in before})
        share = ["-p", 2, "-t", 1]
        done = run(*options, "-o", folder + "y", "-q", folder + "sx", *share, env=live.DAY)
        self.assertEqual((done.returncode, {n for n in self.kept(folder)}), (1, {n for n in before}), done.stderr)
        self.assertRegex(done.stderr, r"m.h5: lists \d+ data files, .* \(give the -o of before, or --overwrite\)")
        done = run(*options, "-o", folder + "x", "-q", folder + "sy", "--overwrite", env=live.DAY)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"has \d+ squash files, of which sx_000001.h5 is the first; without the -q of before")
        self.assertEqual({n for n in before} - {*self.kept(folder)}, set())

    def test_inputs_that_go_through_hdf5_are_told_apart(self):
        for storage in ("chunks_of_2_plain", "tiles_deep"):
            with self.subTest(storage):
                where, folder = self.new(), self.new()
                images = series.frames(12, 37, 53)
                masters = [series.filewriter(where, f"in{n}", images + n, block=12, storage=storage) for n in (0, 1)]
                compress(masters[0], folder + "x", "-d", 3, "--skip-bad", env=live.DAY)
                done = self.resume_of(masters[1], folder + "x", "-d", 3, "--skip-bad")
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn("x_000001.h5: was made from an input that has changed since", done.stderr)

    def test_groups_that_end_with_triggers_are_another_job(self):
        where, folder = self.new(), self.new()
        options = ["-s", 3, "--partial", "keep", "-u", 4, "-d", 2]
        for nimages, ntrigger in ((4, 3), (6, 2)):
            master = series.filewriter(where, "in", series.frames(12, 20, 30), block=12, fields={
                "instrument/detector/detectorSpecific/nimages": (np.uint32(nimages), None),
                "instrument/detector/detectorSpecific/ntrigger": (np.uint32(ntrigger), None)})
            if nimages == 4:
                compress(master, folder + "x", *options, env=live.DAY)
        self.assertIn("was made by another job", self.resume_of(master, folder + "x", *options).stderr)

    def test_what_appears_while_it_runs_is_not_replaced(self):
        """It was not there to be looked at."""
        folder, theirs = self.broken("x_000007.h5", "x_squash_000007.h5", "x_master.h5"), self.new()
        compress(self.master, theirs + "x", *OPTIONS, "-J", 11, env=live.DAY)
        for name in ("x_000007.h5", "x_squash_000007.h5", "x_master.h5"):
            with self.subTest(name), self.live(folder, "--resume", "-p", 1) as r:
                r.wait_for(lambda: live.temporaries(folder))
                r.stop()
                shutil.copy(theirs + name, folder + name)
                r.go()
                self.assertEqual(r.end(), 1, r.stderr)
                self.assertIn(f"{name}: exists", r.stderr)
                self.assertEqual(digests(folder)[name], digests(theirs)[name])
            for made in ("x_000007.h5", "x_squash_000007.h5", name):
                if os.path.exists(folder + made):
                    os.remove(folder + made)

    def test_nor_is_a_mini_cbf_file(self):
        folder = self.new()
        options = ["-J", 10, "-d", 5, "--minicbf", folder + "c"]
        with live.Live("-i", self.master, "-o", folder + "x", *options, "--resume", "-p", 1) as r:
            r.wait_for(folder + "c_000002.cbf")
            r.stop()
            with open(folder + "c_000060.cbf", "wb") as f:
                f.write(b"precious")
            r.go()
            self.assertEqual(r.end(), 1, r.stderr)
        self.assertIn("c_000060.cbf: exists", r.stderr)
        with open(folder + "c_000060.cbf", "rb") as f:
            self.assertEqual(f.read(), b"precious")

    def test_images_that_were_well_and_are_bad(self):
        """Read through HDF5, which then gives nothing of them."""
        folder, where = self.new(), self.new()
        master = series.filewriter(where, "in", series.frames(12, 20, 30), block=12, storage="chunks_of_3")
        options = ["-d", 3, "--skip-bad"]
        compress(master, folder + "x", *options, env=live.DAY)
        offset, size = live.chunk_place(where + "in_data_000001.h5", 6)
        with open(where + "in_data_000001.h5", "r+b") as f:
            f.seek(offset)
            f.write(b"\xff" * size)
        done = self.resume_of(master, folder + "x", *options)
        self.assertEqual(done.returncode, 1)
        self.assertIn("x_000003.h5: was made from an input that has changed since", done.stderr)
        compress(master, folder + "x", *options, "--resume", "--overwrite", env=live.DAY)

    def test_mini_cbf_files(self):
        """Are kept where they are whole and of this job, made anew where they are damaged or gone, and else in the way."""
        folder = self.new()
        options = ["-i", self.master, "-d", 5, "-N", 12, "--minicbf", folder + "p"]
        done = run(*options, "-o", folder + "x", "-H", 200, env=live.DAY)
        self.assertEqual(done.returncode, 0, done.stderr)
        theirs = digests(folder)
        done = run(*options, "-o", folder + "y", "--resume", "--verify", env=live.DAY)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "error: .*p_000001.cbf: is no image of this job")
        self.assertEqual(digests(folder), theirs)
        done = run(*options, "-o", folder + "y", "--resume", "--overwrite", env=live.DAY)
        self.assertEqual(done.returncode, 0, done.stderr)
        ours = digests(folder)
        self.assertNotEqual(ours["p_000001.cbf"], theirs["p_000001.cbf"])
        os.remove(folder + "y_master.h5")
        os.truncate(folder + "p_000001.cbf", 1000)
        live.flip(folder + "p_000007.cbf", os.path.getsize(folder + "p_000007.cbf") // 2)
        os.remove(folder + "p_000011.cbf")
        done = run(*options, "-o", folder + "y", "--resume", env=live.DAY)
        self.assertEqual(done.returncode, 0, done.stderr)
        for n in (1, 7):
            self.assertRegex(done.stderr, f"p_{n:06d}.cbf: is damaged; it is made anew")
        self.assertEqual(digests(folder), ours)
        before = self.kept(folder, ".cbf")
        os.remove(folder + "y_000002.h5")
        self.assertEqual(run(*options, "-o", folder + "y", "--resume", env=live.DAY).returncode, 0)
        self.assertEqual(digests(folder), ours)
        after = self.kept(folder, ".cbf")
        self.assertEqual([n for n in sorted(after) if after[n] != before[n]], [f"p_{n:06d}.cbf" for n in range(6, 11)])
        shutil.copy(folder + "p_000002.cbf", folder + "p_000003.cbf")
        for content in (None, b"precious", b""):
            if content is not None:
                with open(folder + "p_000003.cbf", "wb") as f:
                    f.write(content)
            before = digests(folder)
            for name in ("y", "new"):
                done = run(*options, "-o", folder + name, "--resume", env=live.DAY)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, "error: .*p_000003.cbf: is no image of this job")
            self.assertEqual(digests(folder), before)

    def test_without_resume_they_are_in_the_way(self):
        folder = self.broken("x_000012.h5", "x_master.h5")
        done = run("-i", self.master, "-o", folder + "x", *OPTIONS, env=live.DAY)
        self.assertEqual(done.returncode, 1)
        self.assertIn("x_000001.h5: exists", done.stderr)


class Failed(Ended):
    def test_leaves_complete_files_and_no_master_and_goes_on_when_mended(self):
        where, folder = self.new(), self.new()
        for name in os.listdir(self.folder):
            if name.startswith("slow"):
                shutil.copy(os.path.join(self.folder, name), where)
        victim = where + "slow_data_000004.h5"
        size = os.path.getsize(victim)
        with open(victim, "rb") as f:
            content = f.read()
        offset = live.chunk_place(victim, 3)[0]
        with live.Live("-i", where + "slow_master.h5", "-o", folder + "x", *OPTIONS, "-p", 1) as r:
            r.wait_for(folder + "x_000002.h5")
            os.truncate(victim, offset + 100)  # while it is being read
            self.assertEqual(r.end(), 1, r.stderr)
        self.assertRegex(r.stderr, rf"error: .*slow_data_000004.h5: .*image 2[2-8], \d+ bytes at byte \d+")
        files = self.check_left(folder)
        self.assertRegex(r.stderr, f"{files} complete data files? (was|were) left")
        with open(victim, "wb") as f:
            f.write(content)
        self.assertEqual(os.path.getsize(victim), size)
        done = run("-i", where + "slow_master.h5", "-o", folder + "x", *OPTIONS, "--resume", env=live.DAY)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(digests(folder), self.whole)

    def test_a_file_that_vanishes_while_it_is_read(self):
        """Is more than a bad image."""
        for more in ([], ["--skip-bad"]):
            where, folder = self.new(), self.new()
            master = live.slow_series(where, block=1)  # more files than are kept open
            with live.Live("-i", master, "-o", folder + "x", *OPTIONS, *more, "-p", 1) as r:
                r.wait_for(folder + "x_000001.h5")
                r.stop()
                os.remove(where + "slow_data_000050.h5")
                r.go()
                self.assertEqual(r.end(), 1, r.stderr)
            self.assertRegex(r.stderr, "error: .*slow_data_000050.h5: .*No such file")
            self.assertNotIn("x_master.h5", os.listdir(folder))
            self.assertEqual(live.temporaries(folder), [])


if __name__ == "__main__":
    unittest.main()
