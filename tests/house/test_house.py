#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The house rules hold, and the checker notices when they do not."""
import os
import shutil
import subprocess
import tempfile
import unittest

SOURCE = os.environ.get("LBC_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.environ.get("LBC_BUILD")
CHECKER = os.path.join(SOURCE, "scripts", "check-includes")
SPDX = "/* SPDX-License-Identifier: LGPL-2.1-or-later */\n"


def check(*arguments):
    return subprocess.run([CHECKER, *arguments], capture_output=True, text=True, check=False)


class TheTree(unittest.TestCase):
    def test_keeps_the_rules(self):
        done = check(*(["--build", BUILD] if BUILD else []))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""), "\n" + done.stdout + done.stderr)

    def test_packages_are_listed_once_each(self):
        with open(os.path.join(SOURCE, "packages.txt"), encoding="utf-8") as stream:
            packages = [line.strip() for line in stream if line.strip() and not line.startswith("#")]
        self.assertEqual(len(packages), len(set(packages)))
        for package in packages:
            self.assertRegex(package, r"^[a-z0-9][a-z0-9.+-]+$")

    @unittest.skipUnless(shutil.which("shellcheck"), "shellcheck is not installed")
    def test_scripts_pass_shellcheck(self):
        scripts = [os.path.join(SOURCE, name) for name in (".ci/run", "scripts/demo", "scripts/check", "scripts/bench")]
        library = os.path.join(SOURCE, "scripts", "lib")
        scripts += [os.path.join(library, name) for name in sorted(os.listdir(library)) if name.endswith(".sh")]
        done = subprocess.run(["shellcheck", "-x", "-P", os.path.join(SOURCE, "scripts"), *scripts], cwd=SOURCE,
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, "\n" + done.stdout)

    def test_every_row_is_explained(self):
        done = subprocess.run([os.path.join(SOURCE, "scripts", "check"), "--list"],
                              capture_output=True, text=True, check=True)
        with open(os.path.join(SOURCE, "scripts", "lib", "rows.sh"), encoding="utf-8") as stream:
            rows = [line[4:line.index("(")] for line in stream if line.startswith("row_")]
        listed = [line.split(None, 1) for line in done.stdout.splitlines()]
        self.assertEqual([fields[0] for fields in listed], rows)
        for fields in listed:
            self.assertEqual(len(fields), 2, f"row {fields[0]} has no comment above it")

    def test_an_unknown_row_is_refused_at_once(self):
        done = subprocess.run([os.path.join(SOURCE, "scripts", "check"), "nonsense"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no row 'nonsense'", done.stderr)


class ThePlant(unittest.TestCase):
    """A small sound house, and one violation planted at a time."""

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="lbc-house-")
        self.addCleanup(shutil.rmtree, self.root)
        self.put("include/lbc.h", SPDX + "#ifndef LBC_H\n#define LBC_H\n#include <stdint.h>\n#endif\n")
        self.put("src/frame/frame.h", SPDX + "#ifndef LBC_FRAME_FRAME_H\n#define LBC_FRAME_FRAME_H\n"
                 '#include "lbc.h"\nint32_t lbc_one(void);\n#endif\n')
        self.put("src/frame/frame.c", SPDX + '#include "frame/frame.h"\n/* exit(0) and <hdf5.h> in words */\n'
                 'int32_t lbc_one(void) { return 1; }\n')
        self.put("src/codec/bits/x86/bits.c", SPDX + '#include "frame/frame.h"\n#include <immintrin.h>\n')
        self.put("src/codec/bits/neon/bits.c", SPDX + '#include <arm_neon.h>\nstatic uint8x16_t v;\n')
        self.put("src/codec/lz4.c", SPDX + "#include <lz4.h>\n")
        self.put("src/nexus/read.c", SPDX + '#include <hdf5.h>\n#include "codec/codec.h"\nstatic const char p[] = "/entry/data";\n')
        self.put("cli/main.c", SPDX + '#include "lbc.h"\n#include <stdio.h>\nint main(void) { puts("exit"); return 0; }\n')

    def put(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)

    def violations(self, compile_headers=False):
        done = check("--root", self.root, *([] if compile_headers else ["--no-compile"]))
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.returncode, 1 if done.stdout else 0)
        return done.stdout

    def test_a_sound_house_passes(self):
        self.assertEqual(self.violations(compile_headers=True), "")

    def refuse(self, path, text, rule, line=None, compile_headers=False):
        self.put(path, text)
        where = path if line is None else f"{path}:{line}"
        found = self.violations(compile_headers)
        self.assertRegex(found, rf"(?m)^{where}[:0-9]*: {rule}: ")
        self.assertEqual(len(found.splitlines()), 1, found)

    def test_direction(self):
        for path, name in (("src/frame/a.c", "codec/codec.h"), ("src/frame/a.c", "../codec/codec.h"),
                           ("src/nexus/a.c", "report/figures.h"), ("src/pipeline/a.c", "simulate/crystal.h"),
                           ("plugin/a.c", "nexus/input.h"), ("cli/a.c", "pipeline/plan.h"),
                           ("src/base/a.c", "frame/frame.h"), ("include/lbc.h", "frame/frame.h")):
            with self.subTest(path=path, name=name):
                self.setUp()
                guard = "#ifndef LBC_H\n#define LBC_H\n%s#endif\n" if path.endswith(".h") else "%s"
                self.put(path, SPDX + guard % f'#include "{name}"\n')
                self.assertIn(": direction: ", self.violations())

    def test_an_unknown_room(self):
        self.refuse("src/attic/a.c", SPDX, "direction")

    def test_place_of_headers(self):
        for path, name in (("src/pipeline/a.c", "hdf5.h"), ("src/nexus/a.c", "openjpeg.h"), ("cli/a.c", "fitsio.h"),
                           ("src/codec/a.c", "pthread.h"), ("src/codec/bits/a.c", "immintrin.h"),
                           ("src/codec/bits/x86/a.c", "arm_neon.h"), ("src/base/a.c", "arm_neon.h"),
                           ("src/report/a.c", "getopt.h"), ("plugin/a.c", "zstd.h")):
            with self.subTest(path=path, name=name):
                self.setUp()
                self.refuse(path, SPDX + f"#include <{name}>\n", "place", 2)

    def test_one_file_wraps_a_library(self):
        self.refuse("src/codec/other.c", SPDX + "#include <lz4hc.h>\n", "place", 2)

    def test_place_of_lines(self):
        for line in ("hid_t file;", "pthread_t t;", "_Atomic int a;", "__m256i v;", "uint8x16_t v;", "vst1q_u8(p, v);",
                     'printf("x");',
                     'fprintf(stderr, "x");', "exit(1);", "abort();", 'getenv("HOME");', "signal(1, 0);",
                     'system("x");', "strcpy(a, b);", 'f("/entry/data/data");'):
            with self.subTest(line=line):
                self.setUp()
                self.refuse("src/pipeline/a.c", SPDX + "\n" + line + "\n", "place", 3)

    def test_one_file_has_a_child(self):
        self.put("cli/probe.c", SPDX + "pid_t p = fork();\n")
        self.assertEqual(self.violations(), "")
        self.refuse("cli/other.c", SPDX + "pid_t p = fork();\n", "place", 2)

    def test_words_in_comments_and_strings_are_no_violation(self):
        self.put("src/pipeline/a.c", SPDX + '/* printf(hid_t) */ static const char a[] = "exit(1)"; // getenv(\n')
        self.assertEqual(self.violations(), "")

    def test_spdx(self):
        self.refuse("src/frame/a.c", "int lbc_x;\n", "spdx")
        os.remove(os.path.join(self.root, "src/frame/a.c"))
        self.refuse("scripts/tool", "#!/bin/sh\necho\n", "spdx")

    def test_size(self):
        self.refuse("src/frame/a.c", SPDX + "int lbc_x;\n" * 600, "size")
        self.put("src/frame/a.c", SPDX + "/* house: table */\n" + "int lbc_x;\n" * 600)
        self.assertEqual(self.violations(), "")
        self.refuse("src/frame/a.c", SPDX + "int lbc_x;" + " " * 110 + "/**/\n", "size", 2)
        self.refuse("src/frame/a.c", SPDX + "\tint lbc_x;\n", "size", 2)
        self.refuse("src/frame/a.c", SPDX + "/* TO" + "DO */\n", "size", 2)

    def test_headers(self):
        self.refuse("src/frame/a.h", SPDX + "#ifndef A_H\n#define A_H\n#endif\n", "headers")
        if shutil.which("cc") or shutil.which("gcc"):
            self.refuse("src/frame/a.h", SPDX + "#ifndef LBC_FRAME_A_H\n#define LBC_FRAME_A_H\nuint8_t lbc_x(void);\n#endif\n",
                        "headers", compile_headers=True)

    @unittest.skipUnless(shutil.which("gcc") and shutil.which("ar"), "no compiler")
    def test_symbols_and_exports(self):
        build = os.path.join(self.root, "build")
        os.makedirs(os.path.join(build, "src"))
        self.put("a.c", "int lbc_good(void) { return 0; }\nint stray(void) { return 0; }\n")
        run = lambda *words: subprocess.run(words, cwd=self.root, check=True)
        run("gcc", "-c", "-fPIC", "a.c")
        run("ar", "rc", "build/src/liba.a", "a.o")
        run("gcc", "-shared", "-o", "build/src/liblbc.so", "a.o")
        self.put("include/lbc.h", SPDX + "#ifndef LBC_H\n#define LBC_H\nLBC_API int lbc_missing(void);\n#endif\n")
        done = check("--root", self.root, "--build", build, "symbols", "exports")
        self.assertEqual(done.returncode, 1)
        self.assertIn("liba.a:0: symbols: stray ", done.stdout)
        self.assertIn("exports: stray is in liblbc.so", done.stdout)
        self.assertIn("exports: lbc_missing is declared", done.stdout)


if __name__ == "__main__":
    unittest.main()
