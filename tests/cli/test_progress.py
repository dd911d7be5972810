# SPDX-License-Identifier: LGPL-2.1-or-later
"""Progress: a bar on a terminal, lines elsewhere; in 80 columns, with and without colour, in UTF-8 and C locales."""
import fcntl
import os
import pty
import re
import struct
import subprocess
import tempfile
import termios
import unittest

from run import program, run

COLOUR = re.compile(r"\033\[\d+m")


class Progress(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = tempfile.TemporaryDirectory(prefix="lbc-progress-")
        cls.addClassCleanup(cls.data.cleanup)
        done = run("-D", "500K", "-n", 12, "-x", 0.5, "-o", "in", name="l_bnl_simulate", cwd=cls.data.name)
        assert done.returncode == 0, done.stderr

    def on_terminal(self, *options, width=80, **environment):
        """All that the program wrote to a terminal of this width."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        base = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG")}
        with subprocess.Popen([program(), "-i", "in_master.h5", "-o", "out", "--overwrite", "-p", "1", *options],
                              cwd=self.data.name, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL,
                              env={**base, "TERM": "xterm", **environment}) as process:
            os.close(theirs)
            text = b""
            while True:
                try:
                    piece = os.read(ours, 65536)
                except OSError:
                    break
                if not piece:
                    break
                text += piece
            os.close(ours)
        self.assertEqual(process.returncode, 0)
        return text.decode("utf-8")

    def bars(self, text):
        """The states of the line that is drawn over and over."""
        return [line for line in re.split(r"[\r\n]", text) if "left" in line]

    def test_bar(self):
        for name, environment in (("C", {"LC_ALL": "C"}), ("UTF-8", {"LANG": "en_GB.UTF-8"}),
                                  ("plain", {"LC_ALL": "C.UTF-8", "NO_COLOR": "1"}), ("dumb", {"TERM": "dumb"})):
            with self.subTest(name=name):
                text = self.on_terminal("-J", "50", **environment)  # slow enough to be seen
                bars = self.bars(text)
                self.assertGreater(len(bars), 0)
                for bar in bars:
                    shown = COLOUR.sub("", bar).replace("\033[K", "")
                    self.assertLess(len(shown), 80)
                    self.assertRegex(shown, r"^\[.{8,30}\] +\d+% \d+/12  \S+/s(  in \S+ out \S+ MB/s  \S+:1)?  \S+ left$")
                    self.assertEqual("\033[36m" in bar, name in ("C", "UTF-8"))
                self.assertEqual("".join(bars).isascii(), name in ("C", "dumb"))
                # the bar is gone when the summary comes, or a warning before it
                self.assertRegex(text, "\r\033\\[K(l_bnl_compress: warning: [^\n]*\r?\n)?input ")

    def test_narrow_terminals(self):
        for width in (60, 30, 10):
            for bar in self.bars(self.on_terminal(width=width, LC_ALL="C")):
                self.assertLess(len(COLOUR.sub("", bar).replace("\033[K", "")), width)

    def test_never(self):
        self.assertEqual(self.bars(self.on_terminal("--progress", "never")), [])

    def test_lines_elsewhere(self):
        done = run("-i", "in_master.h5", "-o", "out", "--overwrite", "--progress", "always", cwd=self.data.name)
        self.assertRegex(done.stderr, r"(?m)^ +\d+% \d+/12 .* left$")
        self.assertNotIn("\033", done.stderr)
        self.assertNotIn("\r", done.stderr)
        done = run("-i", "in_master.h5", "-o", "out", "--overwrite", cwd=self.data.name)
        self.assertNotIn("left", done.stderr)  # it takes less than 10 s


if __name__ == "__main__":
    unittest.main()
