# SPDX-License-Identifier: LGPL-2.1-or-later
"""Chunks of the storage codecs, both ways between us and the HDF5 plugins that Debian ships.

Where no plugin decodes a form here (Zstandard), the chunk is taken apart in Python, with the zstd
program and the bitshuffle module.
"""
import contextlib
import os
import struct
import subprocess
import tempfile
import unittest

import bitshuffle
import h5py
import hdf5plugin  # noqa: F401  (registers lz4 and Blosc)
import numpy as np

TOOL = os.path.join(os.environ["LBC_BUILD"], "bin", "storage_tool")
SHARED = os.environ.get("LBC_SHARED_DATA", "")

TYPES = {"u8": "u1", "u16": "<u2", "u32": "<u4", "i8": "i1", "i16": "<i2", "i32": "<i4"}
SHAPES = [(1, 1), (3, 3), (17, 241), (130, 514)]


def sparse(rng, shape, name):
    """Few counts and some at the ends of the type, as a detector gives them."""
    dtype = np.dtype(TYPES[name])
    image = rng.poisson(0.3, shape).astype(dtype)
    ends = rng.random(shape)
    image[ends < 0.01] = np.iinfo(dtype).max
    image[ends > 0.99] = np.iinfo(dtype).min
    return image


class Storage(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.rng = np.random.default_rng(5)

    def path(self, name):
        return os.path.join(self.folder, name)

    def encode(self, codec, name, image, level=0):
        """Our chunk of an image, and its cd_values."""
        image.tofile(self.path("pixels"))
        args = [TOOL, "encode", codec, name, *map(str, image.shape), str(level), self.path("pixels"), self.path("chunk")]
        out = subprocess.run(args, check=True, capture_output=True, text=True).stdout
        with open(self.path("chunk"), "rb") as f:
            return f.read(), tuple(int(v) for v in out.split())

    def decode(self, filter_number, name, shape, chunk, params):
        """What we make of a chunk."""
        with open(self.path("chunk"), "wb") as f:
            f.write(chunk)
        args = [TOOL, "decode", str(filter_number), name, *map(str, shape), self.path("chunk"), self.path("pixels")]
        subprocess.run(args + [str(p) for p in params], check=True)
        return np.fromfile(self.path("pixels"), dtype=TYPES[name]).reshape(shape)

    @contextlib.contextmanager
    def dataset(self, filter_number, name, shape, params):
        """An empty dataset of one chunk behind a filter."""
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((1, *shape))
        plist.set_filter(filter_number, h5py.h5z.FLAG_OPTIONAL, tuple(params))
        space = h5py.h5s.create_simple((1, *shape))
        dtype = h5py.h5t.py_create(np.dtype(TYPES[name]))
        with h5py.File(self.path("data.h5"), "w") as file:
            yield h5py.Dataset(h5py.h5d.create(file.id, b"data", dtype, space, plist))

    def check_ours(self, codec, filter_number, levels=(0,)):
        """Plugins read what we write."""
        for name in TYPES:
            for shape in SHAPES:
                for level in levels:
                    with self.subTest(type=name, shape=shape, level=level):
                        image = sparse(self.rng, shape, name)
                        chunk, params = self.encode(codec, name, image, level)
                        # filters with a set_local get only what a user gives, and add the rest
                        given = params[3:] if filter_number == 32008 else params[4:] if filter_number == 32001 else params
                        if filter_number == 32001:
                            given = (0, 0, 0, 0, *given)
                        with self.dataset(filter_number, name, shape, given) as data:
                            data.id.write_direct_chunk((0, 0, 0), chunk)
                            np.testing.assert_array_equal(data[0], image)

    def check_theirs(self, filter_number, options):
        """We read what plugins write."""
        for name in TYPES:
            for shape in SHAPES:
                for given in options:
                    with self.subTest(type=name, shape=shape, given=given):
                        image = sparse(self.rng, shape, name)
                        with self.dataset(filter_number, name, shape, given) as data:
                            data[0] = image
                            data.flush()
                            params = data.id.get_create_plist().get_filter(0)[2]
                            mask, chunk = data.id.read_direct_chunk((0, 0, 0))
                        if mask:  # the plugin could not make it smaller and left it as it was
                            self.assertLess(image.nbytes, 1000)
                            continue
                        got = self.decode(filter_number, name, shape, chunk, params)
                        np.testing.assert_array_equal(got, image)

    def test_bslz4_ours(self):
        self.check_ours("bslz4", 32008)

    def test_bshuf_ours(self):
        self.check_ours("bshuf", 32008)

    def test_bitshuffle_theirs(self):
        self.check_theirs(32008, [(0, 2), (0, 0), (), (64, 2), (1000, 2), (1 << 20, 2), (4096, 0)])

    def test_blosc_ours(self):
        self.check_ours("zstd", 32001, levels=(0, 1, 9))

    def test_blosc_theirs(self):
        # level, shuffle (0 none, 1 bytes, 2 bits), compressor (0 blosclz, 1 lz4, 5 zstd)
        self.check_theirs(32001, [(0, 0, 0, 0, *o) for o in [(3, 0, 5), (5, 1, 1), (5, 2, 1), (9, 1, 0)]])

    def test_lz4_ours(self):
        self.check_ours("lz4", 32004)

    def test_lz4_theirs(self):
        self.check_theirs(32004, [(), (0,), (1 << 12,), (1001,)])

    def test_bszstd_by_hand(self):
        for name, dtype in TYPES.items():
            for shape in SHAPES:
                for level in (-2, 22):
                    with self.subTest(type=name, shape=shape, level=level):
                        image = sparse(self.rng, shape, name)
                        chunk, params = self.encode("bszstd", name, image, level)
                        size = image.dtype.itemsize
                        self.assertEqual(params[2:], (size, 0, 3, level & 0xFFFFFFFF))
                        np.testing.assert_array_equal(self.unpack_bszstd(chunk, dtype).reshape(shape), image)

    def unpack_bszstd(self, chunk, dtype):
        size = np.dtype(dtype).itemsize
        total, block_bytes = struct.unpack(">QI", chunk[:12])
        n, block, at, parts, done = total // size, block_bytes // size, 12, [], 0
        while done < n // 8 * 8:
            m = min(block, n // 8 * 8 - done)
            (packed,) = struct.unpack(">I", chunk[at : at + 4])
            frame = chunk[at + 4 : at + 4 + packed]
            planes = subprocess.run(["zstd", "-dcq"], input=frame, check=True, capture_output=True).stdout
            parts.append(bitshuffle.bitunshuffle(np.frombuffer(planes, dtype=dtype).copy(), m))
            at += 4 + packed
            done += m
        parts.append(np.frombuffer(chunk[at:], dtype=dtype))
        return np.concatenate(parts)

    def test_plain_zstd(self):
        image = sparse(self.rng, (130, 514), "u16")
        frame = subprocess.run(["zstd", "-cq"], input=image.tobytes(), check=True, capture_output=True).stdout
        np.testing.assert_array_equal(self.decode(32015, "u16", image.shape, frame, (3,)), image)
        chunk, _ = self.encode("zstd-plain", "u16", image, 3)
        back = subprocess.run(["zstd", "-dcq"], input=chunk, check=True, capture_output=True).stdout
        self.assertEqual(back, image.tobytes())

    def test_real_frames(self):
        """Frames as detectors wrote them: our pixels are the plugin's."""
        path = os.path.join(SHARED, "real", "mx3_uint32_data_000001.h5")
        if not os.path.exists(path):
            self.skipTest("no shared data")
        with h5py.File(path, "r") as file:
            data = file["entry/data/data"]
            number, _, params, _ = data.id.get_create_plist().get_filter(0)
            for i in range(0, len(data), 7):
                _, chunk = data.id.read_direct_chunk((i, 0, 0))
                got = self.decode(number, "u32", data.shape[1:], chunk, params)
                np.testing.assert_array_equal(got, data[i])


if __name__ == "__main__":
    unittest.main()
