#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""JPEG 2000 against `opj_compress` and `opj_decompress`, codestreams through Grok and back and through FFmpeg, and the
original program's results where they are at hand."""
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


def frames():
    """One of each kind, in several sizes."""
    yield np.full((1, 1), 40000)
    yield np.full((70, 131), 65535)
    impulse = np.zeros((65, 64))
    impulse[33, 62] = 65535
    yield impulse
    yield np.random.default_rng(5).integers(0, 65536, (97, 40))
    yield detector(210, 333)


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


def write_pgm(path, frame, limit=65535):
    with open(path, "wb") as f:
        f.write(b"P5\n%d %d\n%d\n" % (frame.shape[1], frame.shape[0], limit))
        f.write(frame.astype(">u2" if limit > 255 else "u1").tobytes())


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


class Others(Folder):
    """Grok and FFmpeg, which take 16 bits: the same pixels with 5/3, within 1 with 9/7. But where others, as we, scale
    details with 1.625732422, which is twice 0.812893066, FFmpeg has 1.625786132, and so in a pixel that stands alone 1
    in 30000 more."""

    def compare(self, ours, theirs, wavelet, scale=0.0):
        self.assertLessEqual(np.abs(ours - theirs).max(), 0 if wavelet == "5/3" else 1 + scale * ours.max())

    def test_our_codestreams(self):
        for engine in ENGINES:
            for wavelet in WAVELETS:
                for frame in frames():
                    self.encode(frame, "ours.j2k", engine=engine, wavelet=wavelet)
                    ours = self.decode(frame.shape, "ours.j2k")
                    self.run_in_folder("grk_decompress", "-i", "ours.j2k", "-o", "ours.pgm")
                    self.compare(ours, read_pgm(self.path("ours.pgm")), wavelet)
                    self.run_in_folder("ffmpeg", "-v", "error", "-y", "-c:v", "jpeg2000", "-i", "ours.j2k", "-f",
                                       "rawvideo", "-pix_fmt", "gray16le", "ours.raw")
                    theirs = np.fromfile(self.path("ours.raw"), "<u2").reshape(frame.shape).astype("=i4")
                    self.compare(ours, theirs, wavelet, 1 / 30000)

    def test_their_codestreams(self):
        for compress, decompress in (("grk_compress", "grk_decompress"), ("opj_compress", "opj_decompress")):
            for wavelet in WAVELETS:
                for limit, shape in ((255, (190, 250)), (4095, (64, 131)), (65535, (97, 65))):
                    frame = detector(*shape, limit)
                    write_pgm(self.path("frame.pgm"), frame, limit)
                    self.run_in_folder(compress, "-i", "frame.pgm", "-o", "theirs.j2k", "-r", "80,40,20",
                                       *(["-I"] if wavelet == "9/7" else []))
                    self.run_in_folder(decompress, "-i", "theirs.j2k", "-o", "theirs.pgm")
                    self.compare(self.decode(shape, "theirs.j2k"), read_pgm(self.path("theirs.pgm")), wavelet)


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
