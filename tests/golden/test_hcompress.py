#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""HCompress pixels against `fpack -h -s -SCALE` and funpack, our FITS files through funpack and astropy, and the
original program's results where they are at hand."""
import os
import shutil
import subprocess
import tempfile
import unittest

import numpy as np
from astropy.io import fits

TOOL = os.path.join(os.environ.get("LBC_BUILD", "build"), "bin", "lbc_test_hcompress")
GOLDEN = os.path.join(os.environ.get("LBC_SHARED_DATA", ""), "golden")
LONG = bool(os.environ.get("LBC_LONG"))


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lbc_hcompress_")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def ours(self, what, frames, limit, scale):
        """Runs the tool on int32 frames; returns the path of what it wrote."""
        source, target = self.path("input.raw"), self.path("output." + what)
        np.ascontiguousarray(frames, dtype="=i4").tofile(source)
        ny, nx = frames.shape[-2:]
        subprocess.run([TOOL, what, str(ny), str(nx), str(limit), str(scale), source, target], check=True, timeout=60)
        return target

    def roundtrip(self, frames, limit, scale):
        return np.fromfile(self.ours("roundtrip", frames, limit, scale), dtype="=i4").reshape(frames.shape)

    def run_in_folder(self, *command):
        subprocess.run(command, check=True, cwd=self.folder, timeout=60, stdout=subprocess.DEVNULL)


def frame(ny, nx, limit, strength):
    generator = np.random.default_rng(ny * 1000 + nx)
    counts = generator.poisson(strength, (ny, nx))
    counts[ny // 2, nx // 3] = limit
    return np.minimum(counts, limit).astype("=i4")


class Fpack(Folder):
    """Pixels, and the bytes of each tile, are fpack's."""

    def fpack(self, counts, limit, scale):
        for name in ("image.fits", "image.fits.fz", "unpacked.fits"):
            if os.path.exists(self.path(name)):
                os.remove(self.path(name))
        fits.writeto(self.path("image.fits"), counts.astype(">i2" if limit <= 32767 else ">i4"))
        self.run_in_folder("fpack", "-h", "-s", str(-scale), "image.fits")
        self.run_in_folder("funpack", "-O", "unpacked.fits", "image.fits.fz")
        return fits.getdata(self.path("unpacked.fits"))

    def check(self, ny, nx, limit, scale, strength):
        with self.subTest(ny=ny, nx=nx, limit=limit, scale=scale):
            counts = frame(ny, nx, limit, strength)
            theirs = self.fpack(counts, limit, scale)
            pixels = self.roundtrip(counts, limit, scale)
            if limit <= 32767:
                pixels = np.minimum(pixels, 32767)
            self.assertTrue(np.array_equal(pixels, theirs))

            packed = self.ours("fits", counts, limit, scale)
            with fits.open(packed, disable_image_compression=True) as a, \
                    fits.open(self.path("image.fits.fz"), disable_image_compression=True) as b:
                self.assertEqual(len(a[1].data), len(b[1].data))
                for ours, its in zip(a[1].data, b[1].data):
                    self.assertEqual(bytes(ours[0]), bytes(its[0]))
                for key in ("ZIMAGE", "ZTILE1", "ZTILE2", "ZCMPTYPE", "ZNAME1", "ZVAL1", "ZNAME2", "ZVAL2", "ZBITPIX",
                            "ZNAXIS", "ZNAXIS1", "ZNAXIS2", "TTYPE1", "TFORM1", "PCOUNT", "NAXIS1", "NAXIS2"):
                    self.assertEqual(a[1].header[key], b[1].header[key], key)

            if os.path.exists(self.path("ours.fits")):
                os.remove(self.path("ours.fits"))
            self.run_in_folder("funpack", "-O", "ours.fits", packed)
            self.assertTrue(np.array_equal(fits.getdata(self.path("ours.fits")), theirs))
            self.assertTrue(np.array_equal(fits.getdata(packed), theirs))

    def test_heights(self):
        for ny in range(4, 71):
            self.check(ny, 40 + ny % 3, 65532, 4, 1)

    def test_scales(self):
        for scale in (1, 2, 4, 16, 64, 1000, 65536):
            self.check(33, 129, 65532, scale, 20)
            self.check(33, 129, 20000, scale, 2)

    def test_large_counts(self):
        for scale in (1, 16, 1000):
            self.check(40, 90, 2 ** 24 - 1, scale, 1e6)
            self.check(40, 90, 2 ** 30, scale, 1e8)

    def test_detectors(self):
        self.check(514, 1030, 65532, 16, 0.5)
        if LONG:
            self.check(2167, 2070, 65532, 16, 0.5)
            self.check(2527, 2463, 65532, 4, 4)

    def test_fits_is_sound(self):
        counts = frame(70, 103, 65532, 3)
        name = self.ours("fits", counts, 65532, 16)
        with open(name, "rb") as stream:
            first = stream.read()
        self.assertEqual(len(first) % 2880, 0)
        with fits.open(name, disable_image_compression=True) as hdus:
            hdus.verify("exception")
        with open(self.ours("fits", counts, 65532, 16), "rb") as stream:
            self.assertEqual(stream.read(), first)


class Streams(Folder):
    def test_decode(self):
        for shape, scale in (((70, 103), 16), ((30, 64), 1), ((514, 1030), 4)):
            counts = frame(*shape, 65532, 2)
            stream = self.ours("stream", counts, 65532, scale)
            target = self.path("pixels.raw")
            self.run_in_folder(TOOL, "decode", str(shape[0]), str(shape[1]), "65532", str(scale), stream, target)
            pixels = np.fromfile(target, dtype="=i4").reshape(shape)
            self.assertTrue(np.array_equal(pixels, self.roundtrip(counts, 65532, scale)))
            if scale == 1:
                self.assertTrue(np.array_equal(pixels, counts))


def load(name):
    import h5py
    import hdf5plugin  # noqa: F401  (registers bitshuffle)
    with h5py.File(os.path.join(GOLDEN, name), "r") as file:
        return file["/entry/data/data"][...]


def bin_and_sum(frames, b, s):
    n, ny, nx = frames.shape
    rows, cols = -(-ny // b), -(-nx // b)
    padded = np.zeros((n, rows * b, cols * b), dtype=np.int64)
    padded[:, :ny, :nx] = frames
    binned = padded.reshape(n, rows, b, cols, b).sum(axis=(2, 4))
    return binned.reshape(n // s, s, rows, cols).sum(axis=1)


@unittest.skipUnless(os.path.isdir(GOLDEN), "no golden data here")
class Original(Folder):
    """What the original program made of the same frames (its masked pixels were 0)."""

    def test_pixels(self):
        frames = np.concatenate([load(f"gold_data_00000{n}.h5") for n in (1, 2, 3)])
        for name, b, s, scale in (("h4", 1, 1, 4), ("h16", 1, 1, 16), ("h64", 1, 1, 64), ("b2s2h16", 2, 2, 16)):
            with self.subTest(name):
                expected = load(f"expect_{name}.h5").astype(np.int64)
                counts = np.minimum(bin_and_sum(frames, b, s), 65532)
                pixels = np.clip(self.roundtrip(counts, 65532, scale), 0, 65532)
                self.assertTrue(np.array_equal(pixels, expected))


if __name__ == "__main__":
    unittest.main()
