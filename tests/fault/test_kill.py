# SPDX-License-Identifier: LGPL-2.1-or-later
"""SIGKILL at random moments: what is left is whole files of the set and temporaries of the dead, and --resume makes of
it, byte for byte, what a run that was left in peace makes. LBC_LONG=1 kills 210 times."""
import concurrent.futures
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import figures
import live
from run import compress, digests, run

LONG = os.environ.get("LBC_LONG") == "1"
KILLS = 30 if LONG else 2  # of each mode
MODES = {
    "plain": ["-c", "bslz4", "-d", 3],
    "b2s2": ["-b", 2, "-s", 2, "-d", 2],
    "H16_at_rest": ["-H", 16, "-c", "hcomp", "-d", 4, "--verify"],
    "J125_at_rest": ["-J", 125, "-c", "j2k", "-d", 5],
    "J10_squash": ["-J", 10, "-q", "out_file", "-d", 4],
    "shares": ["-J", 20, "-d", 3, "-p", 3],
    "overwrite": ["-H", 2, "-d", 6, "-q", "out_file"],
}
OLD = ["-d", 4, "-N", 50]  # the set that is overwritten


class Kill(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="lbc_kill_")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.master = live.slow_series(cls.folder, frames=60, shape=(128, 160))
        cls.whole, cls.seconds = {}, {}
        for mode, options in MODES.items():
            folder = tempfile.mkdtemp(dir=cls.folder) + "/"
            start = time.monotonic()
            compress(cls.master, folder + "x", *options, env=live.DAY)
            cls.seconds[mode] = time.monotonic() - start
            cls.whole[mode] = digests(folder)
        old = tempfile.mkdtemp(dir=cls.folder) + "/"
        compress(cls.master, old + "x", *OLD, env=live.DAY)
        cls.old_folder, cls.old = old, digests(old)

    def commands(self, mode, prefix):
        """The runs that make the set together."""
        command = ["-i", self.master, "-o", prefix, *MODES[mode]]
        if mode == "shares":
            return [[*command, "-t", t, "--jobs", 1] for t in range(4)]
        return [[*command, "--overwrite"]] if mode == "overwrite" else [command]

    def killed(self, rng, mode, folder, *more):
        """Begins the runs, and kills them one after another. How many did not come to their end."""
        runs = [live.Live(*command, *more) for command in self.commands(mode, folder + "x")]
        count = 0
        for r in runs:
            time.sleep(rng.uniform(0, 1.1 * self.seconds[mode] / len(runs)))
            with r:
                r.send(signal.SIGKILL)
                count += r.end() == -signal.SIGKILL
        return count

    def check_left(self, mode, folder):
        """Every file that has its name is of the new set, or of the old one as long as that is there."""
        left = {n: d for n, d in digests(folder).items() if not n.startswith(".")}
        whole, old = self.whole[mode], self.old if mode == "overwrite" else {}
        wrong = [n for n, d in left.items() if d not in (whole.get(n), old.get(n))]
        if left.get("x_master.h5") == whole["x_master.h5"] and mode != "shares":  # where it may come first
            wrong += [n for n in whole if left.get(n) != whole[n]]
        elif "x_master.h5" in left and mode != "shares":
            wrong += [n for n in old if left.get(n) != old[n]]
        others = [n for n in os.listdir(folder) if n.startswith(".") and not n.endswith(".lbc-lock")]
        return wrong + sorted(set(others) - set(live.temporaries(folder)))

    def trial(self, mode, seed):
        rng = random.Random(f"{mode} {seed}")
        folder = tempfile.mkdtemp(dir=self.folder) + "/"
        if mode == "overwrite":
            for name in self.old:
                shutil.copy(self.old_folder + name, folder)
        kills = self.killed(rng, mode, folder)
        wrong = self.check_left(mode, folder)
        temporaries = len(live.temporaries(folder))
        if rng.random() < 0.3:
            kills += self.killed(rng, mode, folder, "--resume", *(["--overwrite"] if mode == "overwrite" else []))
            wrong += self.check_left(mode, folder)
        for command in self.commands(mode, folder + "x"):
            done = run(*command, "--resume", env=live.DAY)
            if done.returncode:
                wrong.append(done.stderr)
        # killed between the old master and its files, a run leaves some of these, which no master lists any more
        old = {n: d for n, d in self.old.items() if mode == "overwrite" and n not in self.whole[mode]}
        same = {n: d for n, d in digests(folder).items() if old.get(n) != d} == self.whole[mode]
        shutil.rmtree(folder)
        return mode, seed, kills, temporaries, wrong, same

    def test_at_random_moments(self):
        jobs = [(mode, seed) for seed in range(KILLS) for mode in MODES]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            done = list(pool.map(lambda job: self.trial(*job), jobs))
        kills = sum(d[2] for d in done)
        figures.note("kill", {"modes": len(MODES), "runs": len(done), "kills": kills,
                              "temporaries": sum(d[3] for d in done), "identical": sum(d[5] for d in done),
                              "wrong files": sum(len(d[4]) for d in done)})
        for mode, seed, _, _, wrong, same in done:
            with self.subTest(mode=mode, seed=seed):
                self.assertEqual(wrong, [])
                self.assertTrue(same, "not what an uninterrupted run writes")
        self.assertGreater(kills, len(done) // 2)

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_before_every_system_call_that_changes_the_folder(self):
        """Killed at its n-th fsync, link, rename or unlink, for every n, which chance may miss."""
        options = ["-J", 125, "-d", 20, "-q", "out_file", "-c", "j2k"]
        whole = tempfile.mkdtemp(dir=self.folder) + "/"
        compress(self.master, whole + "x", *options, env=live.DAY)
        whole, ended = digests(whole), {}
        for call in ("fsync", "link", "unlink"):
            for n in range(1, 100):
                folder = tempfile.mkdtemp(dir=self.folder) + "/"
                done = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                                       f"inject={call}:signal=SIGKILL:when={n}", live.program("l_bnl_compress"), "-i",
                                       self.master, "-o", folder + "x", *map(str, options)], capture_output=True,
                                      text=True, timeout=300, check=False, env={**os.environ, **live.DAY})
                if "ptrace" in done.stderr or "invalid" in done.stderr:
                    self.skipTest("no leave to trace: " + done.stderr)
                if done.returncode == 0:
                    ended[call] = n
                    shutil.rmtree(folder)
                    break
                left = {name: d for name, d in digests(folder).items() if not name.startswith(".")}
                self.assertEqual({name: whole.get(name) for name in left}, left)
                self.assertTrue("x_master.h5" not in left or left == whole)
                compress(self.master, folder + "x", *options, "--resume", env=live.DAY)
                self.assertEqual(digests(folder), whole)
                shutil.rmtree(folder)
                if not LONG and n > 2:
                    break
        self.assertTrue(ended or not LONG)
        if LONG:
            figures.note("kill_calls", {"points": sum(n - 1 for n in ended.values())})


if __name__ == "__main__":
    unittest.main()
