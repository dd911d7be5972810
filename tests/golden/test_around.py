# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is done around a lossy codec, against a reference written from docs/FORMAT.md."""
import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np

TOOL = pathlib.Path(os.environ["LBC_BUILD"]) / "bin" / "frame_tool"
NONE, MASKED, OVERLOADED = -(2**31), -2, -1
LEVELS = ("c", "avx2", "avx512")  # those that the machine lacks fall back to one it has


def hashed(x):
    x = np.asarray(x).astype(np.uint32)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    return x ^ (x >> np.uint32(16))


def fraction(limit):
    return 29 - int(limit).bit_length()


def diffuse(values, limit):
    ny, nx = values.shape
    f = fraction(limit)
    there = values != NONE
    s = int(hashed(np.sum(values, dtype=np.int64) & 0xFFFFFFFF))
    x = np.arange(nx, dtype=np.int64)
    noise = lambda at: (hashed(at & 0xFFFFFFFF) >> np.uint32(33 - f)).astype(np.int64)
    e = noise(~(s + x)) - 2 ** (f - 2)
    out = np.zeros(values.shape, np.int64)
    for y in range(ny):
        ends = np.concatenate((e[:1], e, e[-1:]))
        l, m, r = ends[:-2], ends[1:-1], ends[2:]
        w = np.where(there[y], values[y], 0) + (l >> 2) + (m - 2 * (m >> 2)) + (r >> 2)
        n = np.clip((w + 2 ** (f - 2) + noise(s + y * nx + x)) >> f, 0, limit)
        out[y] = np.where(there[y], n, 0)
        e = np.clip(w - (out[y] << f), -(2**28), 2**28)
    return out


def fill(frame, limit):
    ny, nx = frame.shape
    out = np.where(frame == OVERLOADED, limit, frame).astype(np.int64)
    for y, x in np.argwhere(frame == MASKED):
        side, mean = 8, 0
        while True:
            cell = frame[y // side * side :][:side, x // side * side :][:, :side]
            counts = cell[cell >= 0].astype(np.int64)
            if counts.size >= 16:
                mean = (int(counts.sum()) << 16) // counts.size
            if counts.size >= 16 or (side >= ny and side >= nx):
                break
            side *= 2
        out[y, x] = (mean + int(hashed(y * nx + x) >> np.uint32(16))) >> 16
    return out


def bend(counts, knee):
    start = 8 * knee
    return np.floor(np.sqrt(float(start**2) + 8.0 * start * counts) + 0.5).astype(np.int64) - start


def straighten(values, limit, knee):
    f, g = fraction(limit), fraction(bend(limit, knee))
    t = values * 2.0 ** (f - g - 2)
    counts = t + np.where(t > 0, t * t * (2.0**-f / (4 * knee)), 0)
    return np.where(values == NONE, NONE, np.floor(np.minimum(counts, 2**29) + 0.5)).astype(np.int64)


class Around(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.rng = np.random.default_rng(5)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def tool(self, what, frame, limit, level="avx512", *more):
        source, target = (os.path.join(self.folder.name, n) for n in ("in", "out"))
        frame.astype(np.int32).tofile(source)
        subprocess.run([TOOL, what, *map(str, frame.shape), str(limit), level, source, target, *map(str, more)],
                       check=True)
        return np.fromfile(target, np.int32).reshape(frame.shape)

    def test_diffusion(self):
        for shape in ((1, 1), (1, 40), (33, 1), (29, 67), (64, 130)):
            for limit in (1, 900, 65532, 2**24 - 1):
                one = 2 ** fraction(limit)
                values = np.rint(self.rng.normal(0.4, 1.5, shape) * one)
                values[self.rng.random(shape) < 0.05] = limit * one
                values = np.clip(values, -(2**29), 2**29).astype(np.int64)
                values[self.rng.random(shape) < 0.1] = NONE
                expected = diffuse(values, limit)
                for level in LEVELS:
                    with self.subTest(shape=shape, limit=limit, level=level):
                        np.testing.assert_array_equal(self.tool("diffuse", values, limit, level), expected)

    def test_what_no_codec_would_give_overflows_nothing(self):
        for value in (2**29, -(2**29)):
            for limit in (1, 2**24 - 1):
                values = np.full((60, 50), value, np.int64)
                np.testing.assert_array_equal(self.tool("diffuse", values, limit), diffuse(values, limit))

    def test_diffusion_keeps_sums(self):
        limit, shape = 12440, (400, 400)
        one = 2 ** fraction(limit)
        boxes = lambda a: a.reshape(10, 40, 10, 40).sum((1, 3))
        for mean, sigma in ((0.02, 0.05), (0.02, 0.2), (0.3, 0.5), (5.7, 0.5)):
            with self.subTest(mean=mean, sigma=sigma):
                noise = self.rng.normal(0, sigma, shape)
                values = np.rint((mean + noise - noise.mean()) * one)
                counts = self.tool("diffuse", values, limit)
                self.assertGreaterEqual(counts.min(), 0)
                self.assertAlmostEqual(counts.mean(), mean, delta=0.002)
                # Only what crosses its edges changes the sum of a box. Rounding each pixel by itself would add 11 with
                # sigma = 0.5, and where the mean is small move the sum besides, by up to 85.
                self.assertLess((boxes(counts) - boxes(values) / one).std(), 7)

    def test_whole_counts_stay(self):
        counts = self.rng.poisson(0.7, (50, 60))
        values = counts * 2 ** fraction(900)
        np.testing.assert_array_equal(self.tool("diffuse", values, 900), counts)

    def test_the_curve(self):
        for limit, knee in ((1, 1), (900, 20), (65532, 1), (65532, 20), (65532, 1000), (2**24 - 1, 1000)):
            with self.subTest(limit=limit, knee=knee):
                counts = np.unique(np.geomspace(1, limit + 1, 5000).astype(np.int64) - 1)[None]
                bent = self.tool("bend", counts, limit, "c", knee)
                np.testing.assert_array_equal(bent, bend(counts, knee))
                self.assertLess(bent.max(), max(2**16, 2 * limit))
                one = 2 ** fraction(bent.max())
                back = self.tool("straighten", bent.astype(np.int64) * one, limit, "c", knee) / 2 ** fraction(limit)
                # Half a step of the curve, which is a quarter of a count where it is straight.
                np.testing.assert_array_less(np.abs(back - counts), 0.13 * np.sqrt(1 + counts / knee) + 0.01)
                values = np.rint(self.rng.normal(0, 2**24, (40, 50)))
                values[::7] = self.rng.integers(-(2**29), 2**29, values[::7].shape)
                values[3], values[4, :3] = NONE, (-(2**29), 2**29, 0)
                np.testing.assert_array_equal(self.tool("straighten", values, limit, "c", knee),
                                              straighten(values, limit, knee))

    def test_filled_gaps(self):
        for shape in ((1, 1), (7, 9), (40, 61), (130, 65)):
            for density in (0.02, 0.5, 0.97, 1):
                with self.subTest(shape=shape, density=density):
                    frame = self.rng.poisson(3.3, shape)
                    frame[shape[0] // 2 :][:20] = MASKED
                    frame[self.rng.random(shape) < density] = MASKED
                    frame[self.rng.random(shape) < 0.02] = OVERLOADED
                    np.testing.assert_array_equal(self.tool("fill", frame, 900), fill(frame, 900))


if __name__ == "__main__":
    unittest.main()
