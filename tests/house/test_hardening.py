#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is installed is hardened: position-independent, its tables read-only once it is loaded, no stack that runs, stack
protector, and the checked forms of the C library's functions. (Temporaries and the umask: cli/test_promises.py.)"""
import os
import re
import subprocess
import unittest

SOURCE = os.environ["LBC_SOURCE"]
BUILD = os.environ["LBC_BUILD"]
PROGRAMS = [os.path.join(BUILD, "bin", name) for name in ("l_bnl_compress", "l_bnl_compare", "l_bnl_simulate")]
LIBRARIES = [os.path.join(BUILD, "liblbc.so"), os.path.join(BUILD, "plugin", "libh5lbc.so")]


def said(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def cached(name):
    with open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8") as f:
        found = re.search(rf"^{name}:\w+=(.*)$", f.read(), re.M)
    return found[1] if found else ""


class Hardening(unittest.TestCase):
    def test_programs_are_position_independent(self):
        for path in PROGRAMS:
            self.assertIn("Type:                              DYN", said("readelf", "-hW", path), path)

    def test_tables_are_read_only_and_stacks_do_not_run(self):
        for path in PROGRAMS + LIBRARIES:
            with self.subTest(path):
                headers = said("readelf", "-lWd", path)
                self.assertIn("GNU_RELRO", headers)
                self.assertRegex(headers, r"\(FLAGS\) +BIND_NOW")
                self.assertRegex(headers, r"GNU_STACK +0x\w+ 0x\w+ 0x\w+ 0x\w+ 0x\w+ RW +0x")
                self.assertNotRegex(headers, r"\((RPATH|TEXTREL)\)")

    @unittest.skipIf(cached("LBC_SANITIZE") or "Rel" not in cached("CMAKE_BUILD_TYPE"), "of what is installed alone")
    def test_calls_are_checked(self):
        for path in PROGRAMS + LIBRARIES:
            with self.subTest(path):
                needed = said("nm", "-D", "--undefined-only", path)
                self.assertIn("__stack_chk_fail", needed)
                self.assertRegex(needed, r"__\w+_chk\b")

    def test_every_file_is_made_exclusively(self):
        """No place in the sources makes a file that may be there already, or be a link."""
        made = []
        for room in ("src", "cli", "plugin"):
            for folder, _, names in os.walk(os.path.join(SOURCE, room)):
                for name in names:
                    if not name.endswith(".c"):
                        continue
                    path = os.path.join(folder, name)
                    with open(path, encoding="utf-8") as f:
                        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
                    for call in re.findall(r"\bopen\([^;]*O_CREAT[^;]*;", text):
                        made.append(name)
                        if name != "claim.c":  # whose lock is shared by design, and never written
                            self.assertIn("O_EXCL", call, path)
                        self.assertIn("O_NOFOLLOW", call, path)
                        self.assertIn("O_CLOEXEC", call, path)
                    for mode in re.findall(r"\bfopen\([^;]*\"([wa]\w*)\"", text):
                        made.append(name)
                        self.assertIn("x", mode, path)
                    self.assertNotRegex(text, r"\b(creat|mkstemp|freopen)\s*\(", path)
        self.assertIn("h5out.c", made)


if __name__ == "__main__":
    unittest.main()
