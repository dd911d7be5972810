# SPDX-License-Identifier: LGPL-2.1-or-later
"""Binning, summing, masking and clipping, against numpy."""
import itertools
import os
import tempfile
import unittest

import numpy as np

from run import compress, pixels  # first: it tells HDF5 where the plugins are

import reference
import series

SPECIFIC = "instrument/detector/detectorSpecific/"


def images_of(dtype, n=7, ny=23, nx=31, seed=3):
    """Weak images with gaps, markers, overloads, and counts that make sums too large to store."""
    rng = np.random.default_rng(seed)
    info = np.iinfo(dtype)
    frames = rng.poisson(4, (n, ny, nx)).astype(dtype)
    frames[rng.random(frames.shape) < 0.01] = info.max
    frames[rng.random(frames.shape) < 0.01] = info.max - 1
    frames[rng.random(frames.shape) < 0.02] = info.max // 3
    frames[rng.random(frames.shape) < 0.02] = min(info.max - 2, 12000)
    if info.min < 0:
        frames[rng.random(frames.shape) < 0.01] = -1
    return frames


def mask_of(ny=23, nx=31, seed=5):
    rng = np.random.default_rng(seed)
    mask = np.zeros((ny, nx), "u4")
    mask[:, 12:14] = 1
    mask[rng.random(mask.shape) < 0.02] = 16
    mask[rng.random(mask.shape) < 0.1] |= 1 << 31  # a valid virtual pixel: not masked
    return mask


class Pixels(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.count = 0

    def check(self, master, images, options, **expected):
        self.count += 1
        prefix = os.path.join(self.folder.name, f"out{self.count}")
        compress(master, prefix, "-c", "bslz4", *options)
        frames, top = reference.series(images, **expected)
        want = reference.stored_pixels(frames, top, expected.get("stored", 2), expected.get("gaps", "keep"))
        got = pixels(prefix)
        self.assertEqual(got.dtype, want.dtype)
        np.testing.assert_array_equal(got, want, err_msg=str(options))

    def test_bin_sum_gaps_and_width(self):
        images, mask = images_of("u2"), mask_of()
        master = series.filewriter(self.folder.name, "in", images, block=3, mask=mask)
        for b, s, stored, gaps in itertools.product((1, 2, 3, 4), (1, 2, 3), (2, 4, 0), ("keep", "zero")):
            self.check(master, images, ["-b", b, "-s", s, "-u", stored, "--gaps", gaps], mask=mask, saturation=11000,
                       b=b, s=s, stored=stored, gaps=gaps)

    def test_every_pixel_type(self):
        for dtype in ("u1", "u2", "u4", "i1", "i2", "i4"):
            images = images_of(dtype)
            fields = {SPECIFIC + "countrate_correction_count_cutoff": None}
            master = series.filewriter(self.folder.name, dtype, images, fields=fields)
            for b, s, stored in ((1, 1, 2), (1, 1, 4), (2, 1, 4), (3, 2, 0), (2, 3, 2)):
                self.check(master, images, ["-b", b, "-s", s, "-u", stored], b=b, s=s, stored=stored)

    def test_sizes_and_bins(self):
        for ny, nx in ((1, 1), (1, 9), (8, 8), (9, 17), (40, 33)):
            images = images_of("u2", n=2, ny=ny, nx=nx, seed=nx)
            master = series.filewriter(self.folder.name, f"{ny}x{nx}", images)
            for b, gaps in itertools.product((1, 2, 3, 5, 8, 33), ("keep", "zero")):
                if b <= min(ny, nx):  # else there is not one whole bin, which is refused
                    self.check(master, images, ["-b", b, "--gaps", gaps], saturation=11000, b=b, gaps=gaps)

    def test_selection_and_short_groups(self):
        images = images_of("u2", n=11)
        master = series.filewriter(self.folder.name, "in", images, block=4)
        for first, last, s, partial in itertools.product((1, 4), (7, 11), (1, 2, 3, 5), ("drop", "keep")):
            if last - first + 1 >= s:
                self.check(master, images, ["-1", first, "-N", last, "-s", s, "--partial", partial, "-d", 2],
                           saturation=11000, s=s, partial=partial, first=first, last=last)

    def test_groups_end_at_a_trigger(self):
        images = images_of("u2", n=15)
        fields = {SPECIFIC + "nimages": (np.uint32(5), None), SPECIFIC + "ntrigger": (np.uint32(3), None)}
        master = series.filewriter(self.folder.name, "in", images, block=4, fields=fields)
        for first, s, partial in itertools.product((1, 3), (2, 3, 5), ("drop", "keep")):
            self.check(master, images, ["-1", first, "-s", s, "--partial", partial], saturation=11000, s=s,
                       partial=partial, first=first, per_trigger=5)

    def test_one_image_a_trigger_is_one_series(self):
        images = images_of("u2", n=6)
        fields = {SPECIFIC + "nimages": (np.uint32(1), None), SPECIFIC + "ntrigger": (np.uint32(6), None)}
        master = series.filewriter(self.folder.name, "in", images, fields=fields)
        self.check(master, images, ["-s", 3], saturation=11000, s=3)

    def test_sums_too_large_for_32_bits(self):
        images = np.full((4, 6, 6), 2**32 - 10, "u4")
        images[:, 0, 0] = 5
        fields = {SPECIFIC + "countrate_correction_count_cutoff": None}
        master = series.filewriter(self.folder.name, "in", images, fields=fields)
        for b, s in ((1, 1), (1, 4), (2, 2), (6, 4)):
            self.check(master, images, ["-b", b, "-s", s, "-u", 4], b=b, s=s, stored=4)

    def test_long_groups_are_the_same_however_they_are_split(self):
        images = images_of("u2", n=80, ny=9, nx=10)
        master = series.filewriter(self.folder.name, "in", images, block=30)
        for threads in (1, 2, 3, 7):
            self.check(master, images, ["-s", 40, "-u", 4, "-p", threads], saturation=11000, s=40, stored=4)
            self.check(master, images, ["-s", 3, "-u", 4, "-1", 2, "-N", 4, "-p", threads], saturation=11000, s=3,
                       stored=4, first=2, last=4)

    def test_marks_survive_the_lossy_codecs_exactly(self):
        images, mask = images_of("u2", n=4, ny=40, nx=50), mask_of(40, 50)
        master = series.filewriter(self.folder.name, "in", images, mask=mask)
        for options, kind in ((["-H", 16], "H"), (["-J", 20], "J"), (["-K", 20], "K"), (["-J", 20, "--wavelet", "9/7"], "J")):
            for b, s in ((1, 1), (2, 2)):
                self.count += 1
                prefix = os.path.join(self.folder.name, f"lossy{self.count}")
                compress(master, prefix, "-c", "none", "-b", b, "-s", s, *options)
                frames, top = reference.series(images, mask=mask, saturation=11000, b=b, s=s, lossy=kind)
                got = pixels(prefix)
                np.testing.assert_array_equal(got == 65535, frames == reference.MASKED)
                np.testing.assert_array_equal(got == top + 1, frames == reference.OVERLOADED)
                counts = got[frames >= 0].astype(np.int64)
                self.assertLessEqual(counts.max(), top)
                self.assertTrue((counts != frames[frames >= 0]).any(), "nothing was lost: is it coded at all?")

    def test_with_gaps_zero_an_overload_is_written_as_the_saturation_value(self):
        images, mask = images_of("u2", n=4, ny=40, nx=50), mask_of(40, 50)
        master = series.filewriter(self.folder.name, "in", images, mask=mask)
        for i, options in enumerate((["-H", 64, "-c", "none"], ["-H", 64, "-c", "hcomp"], ["-J", 9, "-c", "none"],
                                     ["-J", 9, "-c", "j2k"])):
            prefix = os.path.join(self.folder.name, f"zero{i}")
            compress(master, prefix, "--gaps", "zero", "-b", 2, *options)
            frames, top = reference.series(images, mask=mask, saturation=11000, b=2, gaps="zero", lossy=options[0][1])
            got = pixels(prefix)
            self.assertTrue((frames == reference.OVERLOADED).any())
            self.assertTrue((got[frames == reference.OVERLOADED] == top).all(), options)
            self.assertLessEqual(got.max(), top)

    def test_scale_1_loses_nothing(self):
        images, mask = images_of("u2", n=4, ny=40, nx=50), mask_of(40, 50)
        master = series.filewriter(self.folder.name, "in", images, mask=mask)
        self.check(master, images, ["-b", 2, "-H", 1], mask=mask, saturation=11000, b=2, lossy="H")


if __name__ == "__main__":
    unittest.main()
