# SPDX-License-Identifier: LGPL-2.1-or-later
"""The HDF5 plugin of the build. Import it before h5py: it sets HDF5_PLUGIN_PATH."""
import glob
import os
import pathlib
import unittest

FILTER = 33212
FOLDER = pathlib.Path(os.environ["LBC_BUILD"]) / "plugin"
LIBRARY = FOLDER / "libh5lbc.so"
SYSTEM = ":".join(glob.glob("/usr/lib/*/hdf5/serial/plugins"))  # HDF5's own, which the variable takes the place of


def loadable():
    """A sanitized library needs a sanitized program."""
    if not LIBRARY.exists():
        return False
    code = LIBRARY.read_bytes()
    return not any(name in code for name in (b"__asan_init", b"__tsan_init", b"__ubsan_handle"))


# HDF5 may load all that is there to find one.
os.environ["HDF5_PLUGIN_PATH"] = f"{FOLDER}:{SYSTEM}" if loadable() else SYSTEM


def need():
    """Skips a test case that has HDF5 load the plugin."""
    if not loadable():
        raise unittest.SkipTest("no plugin that HDF5 could load")
