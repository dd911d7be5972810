# SPDX-License-Identifier: LGPL-2.1-or-later
"""The installed library, from a C program that knows nothing but pkg-config; and the Debian packages."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import plugin

BUILD = pathlib.Path(os.environ["LBC_BUILD"])

PROGRAM = r"""
#include <lbc.h>
#include <stdio.h>
int main(void)
{
    lbc_options options;
    lbc_result result = {0};
    lbc_error err = {LBC_OK, ""};
    lbc_options_init(&options);
    options.input = "no_such_master.h5";
    const lbc_status status = lbc_compress(&options, &result, &err);
    lbc_result_free(&result);
    printf("%s\n%s\n", lbc_version(), err.text);
    return status == LBC_OK;
}
"""


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        plugin.need()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="lbc-install-"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def run_in(self, *command, **environment):
        done = subprocess.run([str(c) for c in command], cwd=self.folder, capture_output=True, text=True, timeout=300,
                              env={**os.environ, **environment})
        self.assertEqual(done.returncode, 0, f"{done.args}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    @unittest.skipUnless(shutil.which("cc") and shutil.which("pkg-config"), "no compiler")
    def test_library(self):
        prefix = self.folder / "prefix"
        for component in ("library", "development"):
            self.run_in("cmake", "--install", BUILD, "--prefix", prefix, "--component", component)
        (found,) = prefix.rglob("lbc.pc")
        library = found.parent.parent
        flags = self.run_in("pkg-config", "--cflags", "--libs", "lbc", PKG_CONFIG_PATH=str(found.parent))
        (self.folder / "program.c").write_text(PROGRAM)
        self.run_in("cc", "-Wall", "-Werror", "program.c", "-o", "program", *flags.split())
        said = self.run_in("./program", LD_LIBRARY_PATH=str(library)).splitlines()
        self.assertRegex(said[0], r"^\d+\.\d+\.\d+$")
        self.assertIn("no_such_master.h5", said[1])
        self.assertRegex(self.run_in("objdump", "-p", library / "liblbc.so"), r"SONAME +liblbc\.so\.1\n")
        self.examples(prefix, library)

    def examples(self, prefix, library):
        """The examples are made with what is installed alone, by CMake, and run."""
        (source,) = prefix.rglob("examples")
        self.run_in("cmake", "-S", source, "-B", "examples", f"-DCMAKE_PREFIX_PATH={prefix}")
        self.run_in("cmake", "--build", "examples")
        said = self.run_in("examples/example_stream", "streamed", LD_LIBRARY_PATH=str(library))
        self.assertIn("streamed_master.h5: 10 images", said)

    @unittest.skipUnless(shutil.which("dpkg-shlibdeps"), "no dpkg-dev")
    def test_packages(self):
        self.run_in("cpack", "--config", BUILD / "CPackConfig.cmake", "-G", "DEB", "-B", self.folder / "packages")
        packages = {p.name.split("_")[0]: p for p in (self.folder / "packages").glob("*.deb")}
        self.assertEqual(set(packages), {"l-bnl-compress", "libh5lbc", "liblbc1", "liblbc-dev"})
        content = {name: self.run_in("dpkg-deb", "-c", path) for name, path in packages.items()}
        self.assertIn("./usr/bin/l_bnl_compress\n", content["l-bnl-compress"])
        self.assertIn("./usr/lib/x86_64-linux-gnu/hdf5/serial/plugins/libh5lbc.so\n", content["libh5lbc"])
        self.assertIn("./usr/include/lbc.h\n", content["liblbc-dev"])
        self.assertIn("/liblbc.so.1 ->", content["liblbc1"])
        self.assertIn("./usr/share/man/man1/l_bnl_compare.1\n", content["l-bnl-compress"])
        for name in ("README.md", "docs/USER_GUIDE.md", "docs/report.png"):  # as they link to one another
            self.assertIn(f"./usr/share/doc/l-bnl-compress/{name}\n", content["l-bnl-compress"])
        self.assertIn("liblbc1 (=", self.run_in("dpkg-deb", "-f", packages["liblbc-dev"], "Depends"))
        needs = self.run_in("dpkg-deb", "-f", packages["libh5lbc"], "Depends")
        self.assertIn("libc6", needs)
        self.assertNotIn("hdf5", needs)


if __name__ == "__main__":
    unittest.main()
