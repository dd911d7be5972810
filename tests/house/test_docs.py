#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the documentation says is so: its commands run, its links lead somewhere.

A fenced block of kind `console` is a session: every line after `$ ` is run, in order, in one folder per
document, with the programs of the build on the PATH. A command must end with status 0, and what it prints
must match the lines below it, in which `...` stands for anything and a speed or a time for any other.
Blocks of kind `sh` are not run: they show what needs a beamline, a cluster or root.
"""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

SOURCE = os.path.abspath(os.environ.get("LBC_SOURCE", os.path.join(os.path.dirname(__file__), "..", "..")))
BUILD = os.environ.get("LBC_BUILD", os.path.join(SOURCE, "build"))
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")


def documents():
    yield from sorted(name for name in os.listdir(SOURCE) if name.endswith(".md"))
    yield from sorted(f"docs/{name}" for name in os.listdir(os.path.join(SOURCE, "docs")) if name.endswith(".md"))


def text_of(document):
    with open(os.path.join(SOURCE, document), encoding="utf-8") as stream:
        return stream.read()


def sessions(text):
    """(command, expected output) of every console block, in order."""
    for block in BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, expected = part.partition("\n")
            while command.endswith("\\"):
                more, _, expected = expected.partition("\n")
                command = command[:-1] + " " + more.strip()
            yield command, expected.strip("\n")


def plain(text):
    """The text with blanks made one, and numbers that differ from run to run made alike."""
    return re.sub(r"\b[0-9.]+ (s|ms|images/s|[kMG]?B/s)(?!\w)", r"0 \1", " ".join(text.split()))


def matches(expected, printed):
    pattern = re.escape(plain(expected)).replace(r"\.\.\.", ".*")
    return re.fullmatch(pattern, plain(printed), re.S) is not None


class Documents(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for document in documents():
            for target, _ in LINK.findall(text_of(document)):
                if "://" in target:
                    continue
                with self.subTest(document=document, target=target):
                    self.assertTrue(os.path.exists(os.path.join(SOURCE, os.path.dirname(document), target)))

    def test_every_document_is_reached_from_the_readme(self):
        linked = {os.path.normpath(target) for target, _ in LINK.findall(text_of("README.md"))}
        self.assertEqual(set(documents()) - linked, {"README.md"})

    def test_sessions_run_as_shown(self):
        environment = dict(os.environ, PATH=os.path.join(BUILD, "bin") + ":" + os.environ["PATH"],
                           HDF5_PLUGIN_PATH=os.path.join(BUILD, "plugin"), LC_ALL="C.UTF-8")
        for document in documents():
            folder = tempfile.mkdtemp(prefix="lbc-docs-")
            self.addCleanup(shutil.rmtree, folder)
            for command, expected in sessions(text_of(document)):
                with self.subTest(document=document, command=command):
                    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, timeout=300, check=False,
                                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                    self.assertEqual(done.returncode, 0, done.stdout)
                    self.assertTrue(matches(expected, done.stdout), f"shown:\n{expected}\nprinted:\n{done.stdout}")


class TheTest(unittest.TestCase):
    def test_finds_the_commands(self):
        text = "a\n```console\n$ one \\\n    -x\nout\nput\n$ two\n```\n```sh\n$ three\n```\n"
        self.assertEqual(list(sessions(text)), [("one  -x", "out\nput"), ("two", "")])

    def test_dots_stand_for_anything(self):
        self.assertTrue(matches("took ... s\nend", "took  1.5 s\n\nend\n"))
        self.assertTrue(matches("a\n...\nz", "a\nb\nc\nz"))
        self.assertFalse(matches("took ... bytes", "took 1.5 bytes, or more"))

    def test_times_may_differ(self):
        self.assertTrue(matches("in 1.5 s, 90 images/s, 3.2 MB/s", "in 0.2 s, 181 images/s, 76.1 kB/s".replace("k", "M")))
        self.assertFalse(matches("in 15 images", "in 16 images"))
        self.assertFalse(matches("", "something"))


if __name__ == "__main__":
    unittest.main()
