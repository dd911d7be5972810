#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""JPEG 2000 against `opj_compress` and `opj_decompress`, codestreams through Grok and back, and the original program's
results where they are at hand."""
import os
import shutil
import subprocess
import tempfile
import unittest

import numpy as np

TOOL = os.path.join(os.environ.get("LBC_BUILD", "build"), "bin", "j2k_tool")
GOLDEN = os.path.join(os.environ.get("LBC_SHARED_DATA", ""), "golden")
LONG = bool(os.environ.get("LBC_LONG"))
ENGINES = ("openjpeg", "own")
WAVELETS = ("5/3", "9/7")


def detector(ny, nx, limit=65535, seed=1):
    """Background with spots."""
    generator = np.random.default_rng(seed)
    frame = generator.poisson(0.2 + 2 * np.linspace(0, 1, nx), (ny, nx)).astype("=i4")
    for _ in range(ny * nx // 2000 + 1):
        y, x = generator.integers(0, ny), generator.integers(0, nx)
        frame[y:y + 3, x:x + 3] += int(np.exp(generator.uniform(0, 9)))
    return np.minimum(frame, limit)


def read_pgm(path):
    with open(path, "rb") as f:
        data = f.read()
    fields, at = [], 0
    while len(fields) < 4:
        end = data.index(b"\n", at)
        fields += data[at:end].split(b"#")[0].split()
        at = end + 1
    nx, ny, most = (int(x) for x in fields[1:])
    return np.frombuffer(data, ">u2" if most > 255 else "u1", nx * ny, at).reshape(ny, nx).astype("=i4")


def write_pgm(path, frame):
    with open(path, "wb") as f:
        f.write(b"P5\n%d %d\n65535\n" % (frame.shape[1], frame.shape[0]))
        f.write(frame.astype(">u2").tobytes())


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lbc_j2k_")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_in_folder(self, *command):
        subprocess.run(command, check=True, cwd=self.folder, timeout=120, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def tool(self, what, shape, source, target, mode="J", ratio=20, wavelet="5/3", engine="openjpeg", bytes_=2,
             limit=65532):
        self.run_in_folder(TOOL, what, *map(str, shape), str(limit), str(bytes_), mode, str(ratio), wavelet, engine,
                           self.path(source), self.path(target))

    def encode(self, frame, target, **how):
        frame.astype("=i4").tofile(self.path("frame.raw"))
        self.tool("encode", frame.shape, "frame.raw", target, **how)

    def decode(self, shape, source):
        self.tool("decode", shape, source, "decoded.raw")
        return np.fromfile(self.path("decoded.raw"), "=i4").reshape(shape)

    def roundtrip(self, frames, **how):
        frames.astype("=i4").tofile(self.path("frames.raw"))
        self.tool("roundtrip", frames.shape[-2:], "frames.raw", "rebuilt.raw", **how)
        return np.fromfile(self.path("rebuilt.raw"), "=i4").reshape(frames.shape)


class OpenJpeg(Folder):
    def test_pixels_are_those_of_opj_compress(self):
        for wavelet in WAVELETS:
            for ratios in ((100,), (500, 250, 125)):
                frame = detector(300, 411)
                write_pgm(self.path("frame.pgm"), frame)
                self.run_in_folder("opj_compress", "-i", "frame.pgm", "-o", "theirs.j2k", "-r",
                                   ",".join(map(str, ratios)), *(["-I"] if wavelet == "9/7" else []))
                self.run_in_folder("opj_decompress", "-i", "theirs.j2k", "-o", "theirs.pgm")
                theirs = read_pgm(self.path("theirs.pgm"))
                np.testing.assert_array_equal(self.decode(frame.shape, "theirs.j2k"), theirs)

    def test_same_layers_same_pixels(self):
        frame = detector(257, 300)
        write_pgm(self.path("frame.pgm"), frame)
        for mode, ratio, layers in (("J", 1000, "4000,2000,1000"), ("J", 500, "4000,2000,1000,500"),
                                    ("K", 2000, "8000,4000,2000")):
            self.run_in_folder("opj_compress", "-i", "frame.pgm", "-o", "theirs.j2k", "-r", layers)
            self.run_in_folder("opj_decompress", "-i", "theirs.j2k", "-o", "theirs.pgm")
            np.testing.assert_array_equal(self.roundtrip(frame, mode=mode, ratio=ratio),
                                          read_pgm(self.path("theirs.pgm")))

    def test_our_codestreams(self):
        for engine in ENGINES:
            for wavelet in WAVELETS:
                frame = detector(210, 333)
                self.encode(frame, "ours.j2k", engine=engine, wavelet=wavelet)
                self.run_in_folder("opj_decompress", "-i", "ours.j2k", "-o", "ours.pgm")
                np.testing.assert_array_equal(self.decode(frame.shape, "ours.j2k"), read_pgm(self.path("ours.pgm")))


class Grok(Folder):
    def test_our_codestreams(self):
        for engine in ENGINES:
            for wavelet in WAVELETS:
                frame = detector(210, 333)
                self.encode(frame, "ours.j2k", engine=engine, wavelet=wavelet)
                self.run_in_folder("grk_decompress", "-i", "ours.j2k", "-o", "ours.pgm")
                difference = np.abs(self.decode(frame.shape, "ours.j2k") - read_pgm(self.path("ours.pgm"))).max()
                self.assertLessEqual(difference, 0 if wavelet == "5/3" else 1)

    def test_its_codestreams(self):
        for wavelet in WAVELETS:
            frame = detector(190, 250)
            write_pgm(self.path("frame.pgm"), frame)
            self.run_in_folder("grk_compress", "-i", "frame.pgm", "-o", "theirs.j2k", "-r", "80,40,20",
                               *(["-I"] if wavelet == "9/7" else []))
            self.run_in_folder("grk_decompress", "-i", "theirs.j2k", "-o", "theirs.pgm")
            difference = np.abs(self.decode(frame.shape, "theirs.j2k") - read_pgm(self.path("theirs.pgm"))).max()
            self.assertLessEqual(difference, 0 if wavelet == "5/3" else 1)


@unittest.skipUnless(os.path.isdir(GOLDEN), "the shared golden files are not here")
class Golden(Folder):
    """What the original program made of the same frames."""

    def series(self):
        import h5py
        import hdf5plugin  # noqa: F401  (registers the filters)
        parts = []
        for n in (1, 2, 3):
            with h5py.File(os.path.join(GOLDEN, "gold_data_%06d.h5" % n), "r") as f:
                parts.append(f["/entry/data/data"][:])
        return np.concatenate(parts).astype("=i4")

    def expected(self, name):
        import h5py
        with h5py.File(os.path.join(GOLDEN, "expect_%s.h5" % name), "r") as f:
            return f["/entry/data/data"][:].astype("=i4")

    def test_original_results(self):
        frames = self.series()
        for name, mode, ratio in (("j10", "J", 10), ("j125", "J", 125), ("j500", "J", 500), ("k125", "K", 125)):
            np.testing.assert_array_equal(self.roundtrip(frames, mode=mode, ratio=ratio), self.expected(name))
        n, ny, nx = frames.shape
        binned = frames.reshape(n // 2, 2, ny // 2, 2, nx // 2, 2).sum(axis=(1, 3, 5))
        np.testing.assert_array_equal(self.roundtrip(binned, ratio=75), self.expected("b2s2j75"))


if __name__ == "__main__":
    unittest.main()
