# SPDX-License-Identifier: LGPL-2.1-or-later
"""xds_plugin.py LIBRARY MASTER RESULT: reads all frames of a master through one of XDS's plugins, as XDS would, and
saves what it got. A process of its own, since a plugin may abort, and one without h5py, since durin wants to be the
first to touch HDF5."""
import ctypes
import sys

import numpy as np


def call_plugin(library, master, result):
    plugin = ctypes.CDLL(library)
    info, error = (ctypes.c_int * 1024)(), ctypes.c_int()
    nx, ny, nbytes, images = (ctypes.c_int() for _ in range(4))
    qx, qy = ctypes.c_float(), ctypes.c_float()
    by = ctypes.byref

    def check(step):
        if error.value:
            sys.exit(f"{step}: error {error.value}")

    plugin.plugin_open(master.encode(), info, by(error))
    check("plugin_open")
    plugin.plugin_get_header(by(nx), by(ny), by(nbytes), by(qx), by(qy), by(images), info, by(error))
    check("plugin_get_header")
    frames = np.empty((images.value, ny.value, nx.value), "i4")
    for n in range(images.value):
        pixels = frames[n].ctypes.data_as(ctypes.POINTER(ctypes.c_int))
        plugin.plugin_get_data(by(ctypes.c_int(n + 1)), by(nx), by(ny), pixels, info, by(error))
        check(f"plugin_get_data of frame {n + 1}")
    np.savez(result, frames=frames, nbytes=nbytes.value, size=[qx.value, qy.value])
    plugin.plugin_close(by(error))


if __name__ == "__main__":
    call_plugin(*sys.argv[1:])
