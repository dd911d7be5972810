#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the documentation says is so: its commands run, its links lead somewhere.

Fenced blocks are run in order, in one folder per document, with the programs of the build on the PATH.
One of kind `console` is a session: every line after `$ ` is run, must end with status 0, and print what
the lines below it say, in which `...` stands for anything and a speed or a time for any other. One of kind
`python` is a program. One of kind `sh` is a job array, of which every task is run, or one of ELSEWHERE.
"""
import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from typing import NamedTuple

SOURCE = os.path.abspath(os.environ.get("LBC_SOURCE", os.path.join(os.path.dirname(__file__), "..", "..")))
BUILD = os.environ.get("LBC_BUILD", os.path.join(SOURCE, "build"))
PLUGINS = [os.path.join(BUILD, "plugin"), *glob.glob("/usr/lib/*/hdf5/serial/plugins")]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
ARRAY = re.compile(r"^#SBATCH --array=(\d+)-(\d+)$", re.M)
ELSEWHERE = {"cmake --preset release -DLBC_BUILD_TESTS=OFF && cmake --build build && sudo cmake --install build":
             "test_install.py does it, into another folder"}
OUR_COMMAND = re.compile(r"`(l_bnl_\w+)(\s[^`]*)`|^    (l_bnl_\w+)(\s.*)$", re.M)
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")


def documents():
    yield from sorted(name for name in os.listdir(SOURCE) if name.endswith(".md"))
    yield from sorted(f"docs/{name}" for name in os.listdir(os.path.join(SOURCE, "docs")) if name.endswith(".md"))


def text_of(document):
    with open(os.path.join(SOURCE, document), encoding="utf-8") as stream:
        return stream.read()


class Step(NamedTuple):
    command: str
    expected: str
    environment: dict = {}


def session(block):
    """(command, expected output) of a console block, in order."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, expected = part.partition("\n")
        while command.endswith("\\"):
            more, _, expected = expected.partition("\n")
            command = command[:-1] + " " + more.strip()
        yield Step(command, expected.strip("\n"))


def steps(text):
    """What is to be run for a document, in order."""
    for kind, block in BLOCK.findall(text):
        if kind == "console":
            yield from session(block)
        elif kind == "python":
            yield Step("python3 - <<'END'\n" + block + "END", "...")
        elif kind == "sh" and ARRAY.search(block):
            first, last = map(int, ARRAY.search(block).groups())
            for task in range(first, last + 1):
                yield Step(block, "...", {"SLURM_ARRAY_TASK_ID": str(task), "SLURM_CPUS_PER_TASK": "2"})
        elif not (kind == "sh" and block.strip() in ELSEWHERE):
            raise AssertionError(f"a block that nobody runs:\n{block}")


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
        environment = dict(os.environ, PATH=os.path.join(BUILD, "bin") + ":/usr/bin:" + os.environ["PATH"],
                           HDF5_PLUGIN_PATH=":".join(PLUGINS), LC_ALL="C.UTF-8")
        for document in documents():
            folder = tempfile.mkdtemp(prefix="lbc-docs-")
            self.addCleanup(shutil.rmtree, folder)
            for step in steps(text_of(document)):
                with self.subTest(document=document, command=step.command):
                    done = subprocess.run(["bash", "-c", step.command], cwd=folder, env=environment | step.environment,
                                          timeout=300, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                          text=True)
                    self.assertEqual(done.returncode, 0, done.stdout)
                    self.assertTrue(matches(step.expected, done.stdout),
                                    f"shown:\n{step.expected}\nprinted:\n{done.stdout}")

    def test_options_named_in_passing_exist(self):
        for document in documents():
            for found in OUR_COMMAND.finditer(BLOCK.sub("", text_of(document))):
                program, words = found[1] or found[3], found[2] or found[4]
                usage = subprocess.run([os.path.join(BUILD, "bin", program), "-h"], capture_output=True, text=True,
                                       check=True).stdout
                for option in re.findall(r"(?<!\S)--?[A-Za-z0-9][-A-Za-z0-9]*", words):
                    with self.subTest(document=document, command=program + words):
                        self.assertRegex(usage, rf"(?<![-\w]){option}(?![-\w])")


class TheTest(unittest.TestCase):
    def test_finds_the_commands(self):
        array = "#SBATCH --array=3-4\nthree\n"
        found = list(steps(f"a\n```console\n$ one \\\n    -x\nout\nput\n$ two\n```\n```sh\n{array}```\n"))
        self.assertEqual([step.command for step in found], ["one  -x", "two", array, array])
        self.assertEqual([step.expected for step in found], ["out\nput", "", "...", "..."])
        self.assertEqual([step.environment.get("SLURM_ARRAY_TASK_ID") for step in found], [None, None, "3", "4"])

    def test_refuses_what_it_does_not_run(self):
        for block in ("```sh\nrm -rf build\n```\n", "```\nls\n```\n"):
            with self.assertRaisesRegex(AssertionError, "nobody runs"):
                list(steps(block))

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
