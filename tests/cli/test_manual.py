# SPDX-License-Identifier: LGPL-2.1-or-later
"""Manual pages and completions tell of every option that -h shows, and are well formed."""
import os
import re
import shutil
import subprocess
import unittest

from run import program

MANUAL = os.path.join(os.environ["LBC_BUILD"], "manual")
PROGRAMS = ("l_bnl_compress", "l_bnl_compare", "l_bnl_simulate")


def read(*names):
    with open(os.path.join(MANUAL, *names), encoding="utf-8") as f:
        return f.read()


def help_of(name):
    return subprocess.run([program(name), "-h"], capture_output=True, text=True, check=True).stdout


def options_of(name):
    """(letter or None, long name, argument or None, text) of every option in -h."""
    found, text = [], help_of(name)
    for line in text.splitlines():
        option = re.match(r"  (?:-(.), |    )--(\S+)(?: (\S+))?(?:  +(.*))?$", line)
        if option:
            found.append([*option.groups()[:3], option[4] or ""])
        elif found and re.match(r" {30}\S", line):
            found[-1][3] = (found[-1][3] + " " + line.strip()).strip()
    return found


def complete(name, *words):
    """What bash offers for the last of these words."""
    script = f"""source {MANUAL}/bash/{name}
COMP_WORDS=({name} {' '.join("'" + w + "'" for w in words)}); COMP_CWORD={len(words)}
_{name}; printf '%s\\n' "${{COMPREPLY[@]}}" """
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, cwd=MANUAL)
    return done.stdout.split()


class Manual(unittest.TestCase):
    def test_there_are_options(self):
        self.assertGreater(len(options_of("l_bnl_compress")), 30)
        self.assertIn(["b", "bin", "[N]", "sum blocks of N x N pixels into one (1); below 1 means 1"], options_of("l_bnl_compress"))

    def test_every_option_is_in_the_page(self):
        for name in PROGRAMS:
            page = read(name + ".1").replace("\\-", "-").replace("\\fB", "").replace("\\fI", "").replace("\\fR", "")
            for letter, option, argument, text in options_of(name):
                head = (f"-{letter}, " if letter else "") + f"--{option}" + (f" {argument}" if argument else "")
                with self.subTest(program=name, option=option):
                    self.assertIn(f".TP\n{head}\n{text}", page.replace(".\n.", "\n."))

    def test_pages_have_their_sections(self):
        for name in PROGRAMS:
            page = read(name + ".1")
            for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES", "SEE ALSO"):
                self.assertIn(f"\n.SH {section}\n", page)
            self.assertRegex(page, rf'\.TH {name.upper()} 1 "\d{{4}}-\d\d-\d\d" "l_bnl_compress \d+\.\d+\.\d+"')

    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not installed")
    def test_pages_are_sound(self):
        for name in PROGRAMS:
            done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", os.path.join(MANUAL, name + ".1")],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.stdout, "")

    # ---- bash --------------------------------------------------------------------------------------

    def test_bash_knows_every_option(self):
        for name in PROGRAMS:
            names = set(complete(name, "-"))
            for letter, option, _, _ in options_of(name):
                self.assertIn("--" + option, names)
                if letter:
                    self.assertIn("-" + letter, names)

    def test_bash_knows_the_words_of_a_choice(self):
        self.assertEqual(complete("l_bnl_compress", "--wavelet", ""), ["5/3", "9/7"])
        self.assertEqual(complete("l_bnl_compress", "--progress", "a"), ["auto", "always"])
        self.assertEqual(complete("l_bnl_simulate", "-D", "1"), ["1M", "16M"])

    def test_bash_knows_files(self):
        self.assertIn("l_bnl_compress.1", complete("l_bnl_compress", "-i", "l_bnl"))
        self.assertEqual(complete("l_bnl_compare", "l_bnl_comp"), [])  # no master
        self.assertEqual(complete("l_bnl_compress", "-H", ""), [])

    def test_an_optional_argument_may_be_the_next_option(self):
        self.assertIn("--sum", complete("l_bnl_compress", "-b", "--su"))

    def test_codecs_are_those_of_the_program(self):
        text = next(o[3] for o in options_of("l_bnl_compress") if o[1] == "compression")
        for codec in complete("l_bnl_compress", "-c", ""):
            self.assertIn(codec, text)
        self.assertEqual(len(complete("l_bnl_compress", "-c", "")), 7)

    # ---- zsh ---------------------------------------------------------------------------------------

    def test_zsh_knows_every_option(self):
        for name in PROGRAMS:
            text = read("zsh", "_" + name)
            self.assertTrue(text.startswith(f"#compdef {name}\n"))
            for _, option, _, _ in options_of(name):
                self.assertRegex(text, rf"--{re.escape(option)}[=\[}})]")

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh_reads_it(self):
        for name in PROGRAMS:
            done = subprocess.run(["zsh", "-n", os.path.join(MANUAL, "zsh", "_" + name)], capture_output=True, text=True,
                                  check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
