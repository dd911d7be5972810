# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bad input: one clear error each, no crash, no endless loop. LBC_LONG=1 tries more random damage."""
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import h5py
import hdf5plugin
import numpy as np

import series
from series import Dump

SANITIZED = re.search(rb"lib[at]san", subprocess.run(["ldd", series.program("lbc_test_dump")],
                                                     capture_output=True).stdout) is not None
LONG = os.environ.get("LBC_LONG") == "1"


class Bad(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lbc_test_")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.images = series.frames(6)

    def path(self, name):
        return os.path.join(self.folder, name)

    def refused(self, master, pattern, status=None):
        dump = Dump(master)
        self.assertEqual(dump.returncode, 1, dump.facts)
        self.assertRegex(dump.error, pattern)
        self.assertNotIn("\n", dump.error)
        if status:
            self.assertEqual(dump.status, status)
        return dump

    def master(self, make=None):
        """A master without images; make(entry/data group) adds some."""
        path = self.path("bad_master.h5")
        with series.new_master(path, None) as f:
            if make:
                make(f["entry/data"])
        return path


class Masters(Bad):
    def test_missing(self):
        self.refused(self.path("none.h5"), r"none.h5: cannot be opened: No such file", "input or output failed")

    def test_folder(self):
        self.refused(self.folder, "it is a folder")

    def test_pipe_and_socket(self):
        os.mkfifo(self.path("pipe"))
        self.refused(self.path("pipe"), "not a regular file")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(self.path("socket"))
            self.refused(self.path("socket"), "cannot be opened")

    def test_not_hdf5(self):
        for content in (b"", b"x", b"not HDF5\n" * 1000, b"\x89HDF\r\n\x1a", bytes(5000)):
            with open(self.path("text.h5"), "wb") as f:
                f.write(content)
            self.refused(self.path("text.h5"), "text.h5: not an HDF5 file")

    def test_signature_and_nothing_else(self):
        with open(self.path("head.h5"), "wb") as f:
            f.write(b"\x89HDF\r\n\x1a\n")
        self.refused(self.path("head.h5"), "head.h5: damaged, or cut short")

    def test_truncated(self):
        master = series.filewriter(self.folder, "run", self.images)
        size = os.path.getsize(master)
        for keep in (size - 1, size // 2, 3000, 600, 100):
            os.truncate(master, keep)
            self.refused(master, "run_master.h5: damaged, or cut short")

    def test_empty_hdf5(self):
        h5py.File(self.path("empty.h5"), "w").close()
        self.refused(self.path("empty.h5"), "no entry group")
        with h5py.File(self.path("empty.h5"), "w") as f:
            f["entry"] = 3
        self.refused(self.path("empty.h5"), "no entry group")
        with h5py.File(self.path("empty.h5"), "w") as f:
            f.create_group("entry")
        self.refused(self.path("empty.h5"), "no NXdata group")

    def test_no_images(self):
        self.refused(self.master(), "bad_master.h5: no images: neither data_000001 nor data in /entry/data")

    def test_data_file_in_place_of_a_master(self):
        series.filewriter(self.folder, "run", self.images)
        self.refused(self.path("run_data_000002.h5"), "run_data_000002.h5: is a data file: .*; give the master, "
                     f"{self.path('run_master.h5')}$")
        series.nxmx(self.folder, "dls", self.images)
        self.refused(self.path("dls_000001.h5"), f"is a data file: .*; give the master, {self.path('dls.nxs')}$")
        for name in ("other_data_000001.h5", "other.h5", "_000001.h5", "_data_1.h5", "x000001.h5"):
            os.rename(self.path("run_data_000001.h5"), self.path(name))
            self.refused(self.path(name), "is a data file: .*; give the master that links it$")
            os.rename(self.path(name), self.path("run_data_000001.h5"))

    def test_damaged_attribute(self):
        """It is left out, and the series is not lost."""
        master = series.filewriter(self.folder, "run", self.images)
        with h5py.File(master, "r+") as f:
            f["entry/instrument/detector/sensor_thickness"].attrs["remarkable"] = 7
        with open(master, "r+b") as f:
            content = f.read()
            self.assertEqual(content.count(b"remarkable"), 1)
            f.seek(content.index(b"remarkable") + 3)
            f.write(b"\0")
        self.assertEqual(Dump(master).error, "")

    def test_circles(self):
        def soft(data):
            data["data_000001"] = h5py.SoftLink("/entry/data/other")
            data["other"] = h5py.SoftLink("/entry/data/data_000001")
        self.refused(self.master(soft), "circle")
        self.refused(self.master(lambda d: d.__setitem__("data_000001", h5py.SoftLink("data_000001/x"))), "circle")
        external = h5py.ExternalLink("bad_master.h5", "/entry/data/data_000001")
        self.refused(self.master(lambda d: d.__setitem__("data_000001", external)), "circle")

        def hard(data):  # a group that holds itself is no circle of links
            data["self"] = data
            data["data_000001"] = h5py.SoftLink("self/self/self/images")
            data["images"] = self.images
        np.testing.assert_array_equal(Dump(self.master(hard)).pixels, self.images)

    def test_virtual_circle(self):
        def make(data):
            layout = h5py.VirtualLayout(self.images.shape, "u2")
            layout[...] = h5py.VirtualSource(".", "/entry/data/data", self.images.shape)
            data.create_virtual_dataset("data", layout)
        self.refused(self.master(make), "circle")

    def test_virtual_without_end(self):
        """A virtual data set takes all of its images 20 times from the next, seven deep: 20^7 ways to nothing."""
        def make(data):
            data["level0"] = self.images
            for level in range(1, 8):
                layout = h5py.VirtualLayout(self.images.shape, "u2")
                for _ in range(20):
                    layout[...] = h5py.VirtualSource(".", f"/entry/data/level{level - 1}", self.images.shape)
                data.create_virtual_dataset(f"level{level}" if level < 7 else "data", layout)
        self.refused(self.master(make), "too many mappings", "not supported")

    def test_chunks_far_apart(self):
        """A chunk a pixel, and one chunk at the end: whoever looks for it looks 2^24 times."""
        def make(data):
            dataset = data.create_dataset("data", (1, 1 << 12, 1 << 12), "u2", chunks=(1, 1, 1))
            dataset[0, -1, -1] = 1
        self.refused(self.master(make), "chunk index .* is damaged, or its chunks are too far apart")

    def test_short_chunk(self):
        """HDF5 reads on behind the end of a chunk that is too short and that no filter was applied to."""
        for filters in (dict(), dict(compression="gzip")):
            def make(data):
                dataset = data.create_dataset("data", self.images.shape, "u2", chunks=(2,) + self.images.shape[1:],
                                              **filters)
                dataset[...] = self.images
                dataset.id.write_direct_chunk((2, 0, 0), b"short", 1 if filters else 0)
            with self.subTest(filters=filters):
                self.assertRegex(Dump(self.master(make)).error, "image 3, .*shorter or longer than it should be")

    def test_bad_fields_do_not_stop_the_optional(self):
        for field in ("saturation_value", "pixel_mask"):
            master = series.filewriter(self.folder, "run", self.images)
            with h5py.File(master, "r+") as f:
                f[f"entry/instrument/detector/{field}"] = h5py.SoftLink("/nowhere")
            self.assertEqual(Dump(master).error, "")

    def test_strings_without_end(self):
        master = series.filewriter(self.folder, "run", self.images)
        with h5py.File(master, "r+") as f:
            endless = h5py.h5t.C_S1.copy()
            endless.set_size(100000)
            endless.set_strpad(h5py.h5t.STR_NULLTERM)
            for name, parent in (("NX_class", f["entry/data"]), ("units", f["entry/instrument/detector/x_pixel_size"])):
                del parent.attrs[name]
                space = h5py.h5s.create(h5py.h5s.SCALAR)
                try:
                    h5py.h5a.create(parent.id, name.encode(), endless, space)
                except (OSError, RuntimeError):  # too large for an attribute of this file format
                    endless.set_size(30000)
                    h5py.h5a.create(parent.id, name.encode(), endless, space)
                raw = np.full((), b"m" * endless.get_size(), f"S{endless.get_size()}")
                h5py.h5a.open(parent.id, name.encode()).write(raw)
        self.refused(master, 'unit "mmmmm')


class Blocks(Bad):
    def test_first_missing(self):
        master = series.filewriter(self.folder, "run3", self.images)
        os.remove(self.path("run3_data_000001.h5"))
        dump = self.refused(master, "run3")
        self.assertEqual(dump.error,
                         f"{master}: no /entry/data/data_000001 (is run3_data_000001.h5 beside it?)")

    def test_later_missing(self):
        """The images before it can still be had."""
        master = series.filewriter(self.folder, "run", self.images)
        os.remove(self.path("run_data_000002.h5"))
        dump = Dump(master)
        np.testing.assert_array_equal(dump.pixels, self.images[:2])
        self.assertRegex(dump.incomplete,
                         r"no /entry/data/data_000002 \(is run_data_000002.h5 beside it\?\); .*-N 2 takes them")

    def test_later_damaged(self):
        for damage, pattern in ((lambda p: os.truncate(p, 3000), "damaged, or cut short"),
                                (lambda p: os.truncate(p, 0), "not an HDF5 file")):
            master = series.filewriter(self.folder, "run", self.images)
            damage(self.path("run_data_000003.h5"))
            dump = Dump(master)
            self.assertEqual(dump.frames, 4)
            self.assertRegex(dump.incomplete, "run_data_000003.h5: " + pattern)

    def partly(self, path, images, written, name="entry/data/data", chunks=None, **how):
        """A file of images, of which only those whose numbers are given were written."""
        with h5py.File(path, "w") as f:
            d = f.create_dataset(name, images.shape, images.dtype, chunks=chunks or (1,) + images.shape[1:], **how)
            for i in written:
                d[i] = images[i]

    def test_unwritten_before_another_block(self):
        """Images behind them must not move up to their places."""
        for block, written in ((1, [0]), (1, []), (2, [0]), (2, [])):
            for nimages in (6, 4 + len(written), None):
                master = series.filewriter(self.folder, "run", self.images, fields={
                    "instrument/detector/detectorSpecific/nimages": nimages and (np.uint32(nimages), None)})
                self.partly(self.path(f"run_data_00000{block}.h5"), self.images[2 * block - 2:2 * block], written)
                there = 2 * block - 2 + len(written)
                were = "was" if len(written) == 1 else "were"
                why = (f"run_data_00000{block}.h5: only {len(written)} of 2 images in /entry/data/data {were} written, "
                       "but later blocks hold images")
                if there == 0:
                    self.refused(master, why)
                    continue
                dump = Dump(master)
                np.testing.assert_array_equal(dump.pixels, self.images[:there])
                self.assertRegex(dump.incomplete, f"{why}; .*-N {there} takes them")

    def test_unwritten_at_the_end(self):
        """They are not there, nor are the blocks behind them."""
        for nimages in (6, None):
            master = series.filewriter(self.folder, "run", self.images, fields={
                "instrument/detector/detectorSpecific/nimages": nimages and (np.uint32(nimages), None)})
            self.partly(self.path("run_data_000002.h5"), self.images[2:4], [0])
            self.partly(self.path("run_data_000003.h5"), self.images[4:6], [])
            dump = Dump(master)
            np.testing.assert_array_equal(dump.pixels, self.images[:3])
            self.assertRegex(dump.incomplete, "says 6 images .* only 3 are there: a run with -N 3" if nimages else "^$")

    def test_never_written(self):
        """Neither a hole nor a piece of one passes for a dark image."""
        ny, nx = self.images.shape[1:]
        for chunks in ((1, ny, nx), (1, 10, 20), (1, ny, 20), (2, ny, nx)):
            for how in ({}, {"fillvalue": 7}):
                master = series.filewriter(self.folder, "run", self.images, block=6)
                self.partly(self.path("run_data_000001.h5"), self.images, (0, 1, 4, 5), chunks=chunks, **how)
                self.refused(master, "run_data_000001.h5: image 3 was never written, or not wholly")
        for rows in (slice(0, 16), slice(30, ny)):  # whichever piece is there, it is not the image
            with h5py.File(self.path("run_data_000001.h5"), "w") as f:
                d = f.create_dataset("entry/data/data", self.images.shape, "u2", chunks=(1, 16, 20))
                d[:4], d[4, rows], d[5] = self.images[:4], self.images[4, rows], self.images[5]
            self.refused(master, "run_data_000001.h5: image 5 was never written, or not wholly")

    def test_piece_never_written(self):
        layout = h5py.VirtualLayout(self.images.shape, "u2")
        rows = slice(0, 20), slice(20, self.images.shape[1])
        for i in (0, 1):
            layout[:, rows[i]] = h5py.VirtualSource(f"module{i}.h5", "data", self.images[:, rows[i]].shape)
        for first, second, bad in ((range(6), (0, 1, 2, 4, 5), 4), ((0, 2, 3, 4, 5), range(6), 2),
                                   (range(6), (0, 1), 3), ((), range(6), 1), (range(3), range(3), None)):
            for i, written in enumerate((first, second)):
                self.partly(self.path(f"module{i}.h5"), self.images[:, rows[i]], written, "data")
            master = self.master(lambda d: d.create_virtual_dataset("data", layout))
            if bad:
                self.refused(master, f"module{int(bad - 1 in first)}.h5: image {bad} was never written, or not wholly")
            else:
                np.testing.assert_array_equal(Dump(master).pixels, self.images[:3])

    def test_piece_of_a_virtual_source_never_written(self):
        n, ny, nx = self.images.shape
        self.partly(self.path("raw.h5"), self.images, (0, 1, 3, 4, 5), "data")

        def make(data):
            inner, outer = h5py.VirtualLayout((n, ny, nx), "u2"), h5py.VirtualLayout((n, ny + 3, nx), "u2")
            inner[...] = h5py.VirtualSource("raw.h5", "data", (n, ny, nx))
            data.create_virtual_dataset("inner", inner)
            outer[:, 3:] = h5py.VirtualSource(".", "/entry/data/inner", (n, ny, nx))
            data.create_virtual_dataset("data", outer)
        self.refused(self.master(make), "raw.h5: image 3 was never written, or not wholly")

    def test_links_to_namesakes(self):
        """A relative name counts as a whole, and one that cannot be reached is not taken for absent."""
        os.symlink("circle", self.path("circle"))
        for name, pattern in (("images/run_data_000001.h5", r"\(is images/run_data_000001.h5 beside it\?\)"),
                              (self.path("circle/run_data_000001.h5"), "Too many levels of symbolic links")):
            master = series.filewriter(self.folder, "run", self.images, block=6)
            with h5py.File(master, "r+") as f:
                del f["entry/data/data_000001"]
                f["entry/data/data_000001"] = h5py.ExternalLink(name, "/entry/data/data")
            self.refused(master, pattern)

    def test_gap_in_the_numbers(self):
        master = series.filewriter(self.folder, "run", self.images)
        with h5py.File(master, "r+") as f:
            del f["entry/data/data_000002"]
        dump = Dump(master)
        self.assertEqual(dump.frames, 2)
        self.assertRegex(dump.incomplete, "no /entry/data/data_000002, though there is data_000003.*-N 2")
        with h5py.File(master, "r+") as f:
            del f["entry/data/data_000001"]
        self.refused(master, "no /entry/data/data_000001, though there is data_000003")

    def test_virtual_with_a_source_missing(self):
        for through_links in (True, False):
            master = series.virtual(self.folder, "run", self.images, through_links=through_links)
            os.remove(self.path("run_000002.h5"))
            dump = Dump(master)
            np.testing.assert_array_equal(dump.pixels, self.images[:2])
            self.assertRegex(dump.incomplete, "run_000002.h5.*-N 2 takes them")
            os.remove(self.path("run_000001.h5"))
            self.refused(master, "run_000001.h5")

    def test_virtual_with_a_hole(self):
        series.write_images(self.path("all.h5"), self.images, name="data")
        layout = h5py.VirtualLayout((9,) + self.images.shape[1:], "i4")
        layout[0:2] = h5py.VirtualSource("all.h5", "data", self.images.shape)[0:2]
        layout[4:9] = h5py.VirtualSource("all.h5", "data", self.images.shape)[0:5]
        dump = Dump(self.master(lambda d: d.create_virtual_dataset("data", layout)))
        self.assertEqual(dump.frames, 2)
        self.assertRegex(dump.incomplete, "nothing behind image 3 .*-N 2")

    def test_virtual_over_a_shorter_source(self):
        series.write_images(self.path("all.h5"), self.images, name="data")
        layout = h5py.VirtualLayout((9,) + self.images.shape[1:], "i4")
        layout[...] = h5py.VirtualSource("all.h5", "data", (9,) + self.images.shape[1:])
        dump = Dump(self.master(lambda d: d.create_virtual_dataset("data", layout)))
        self.assertEqual(dump.frames, 6)
        self.assertRegex(dump.incomplete, "nothing behind image 7")

    def test_virtual_of_another_shape(self):
        series.write_images(self.path("all.h5"), self.images, name="data")
        n, ny, nx = self.images.shape
        layout = h5py.VirtualLayout((n, ny, nx - 1), "i4")
        layout[...] = h5py.VirtualSource("all.h5", "data", (n, ny, nx - 1))
        self.refused(self.master(lambda d: d.create_virtual_dataset("data", layout)), "those behind it .* have 53 x 37")

    def test_target_is_not_there(self):
        master = series.filewriter(self.folder, "run", self.images, block=6)
        for target, pattern in (("/entry/data/images", "run_data_000001.h5 has no /entry/data/images"),
                                ("/entry/data", "is not a data set"), ("/", "is not a data set"),
                                ("/entry/data/data/deeper", "run_data_000001.h5 has no")):
            with h5py.File(master, "r+") as f:
                del f["entry/data/data_000001"]
                f["entry/data/data_000001"] = h5py.ExternalLink("run_data_000001.h5", target)
            self.refused(master, pattern)

    def test_target_is_a_folder(self):
        os.mkdir(self.path("sub"))
        link = h5py.ExternalLink("sub", "/data")
        self.refused(self.master(lambda d: d.__setitem__("data_000001", link)), "sub: .*it is a folder")

    def test_the_same_block_twice(self):
        master = series.filewriter(self.folder, "run", self.images, block=3)
        with h5py.File(master, "r+") as f:
            del f["entry/data/data_000002"]
            f["entry/data/data_000002"] = h5py.ExternalLink("run_data_000001.h5", "/entry/data/data")
        self.refused(master, "data_000002 leads to a data set that a block before it leads to")

    def test_other_shape_or_type(self):
        for other, pattern in ((series.frames(2, ny=36), "holds images of 53 x 36"),
                               (series.frames(2, nx=52), "holds images of 52 x 37"),
                               (series.frames(2, dtype="u4"), "32-bit unsigned.*16-bit unsigned"),
                               (series.frames(2, dtype="i2"), "16-bit signed")):
            master = series.filewriter(self.folder, "run", self.images)
            series.write_images(self.path("run_data_000003.h5"), other)
            self.refused(master, "run_data_000003.h5: .*" + pattern)

    def test_shapes(self):
        for shape, pattern in (((0, 4, 4), "no image was ever written"), ((2, 0, 4), "no pixels"), ((2, 4, 0), "no pixels"),
                               ((4,), "no stack of images"), ((1, 2, 4, 4), "no stack of images"), ((), "no stack"),
                               ((1, 2**20, 2**20), "absurdly large"), ((1, 2**40, 1), "absurdly large"),
                               ((1, 1, 2**33), "absurdly large"), ((2**40, 8, 8), "claims 1099511627776 images")):
            chunks = tuple(min(n, 8) or 1 for n in shape) if len(shape) else None
            master = self.master(lambda d: d.create_dataset("data", shape, "u2", chunks=chunks,
                                                            maxshape=tuple(n or None for n in shape) or None))
            self.refused(master, pattern)

    def test_null_space(self):
        self.refused(self.master(lambda d: d.__setitem__("data", h5py.Empty("u2"))), "no stack of images")

    def test_pixel_types(self):
        for dtype, pattern in (("f4", "floating-point"), ("f8", "floating-point"), ("i8", "another size"),
                               ("u8", "another size"), ("S4", "not numbers"), ("c8", "not numbers"),
                               (np.dtype([("a", "u2"), ("b", "u2")]), "not numbers"), ("?", "not numbers")):
            master = self.master(lambda d: d.create_dataset("data", (2, 4, 4), dtype, data=np.zeros((2, 4, 4), dtype)))
            self.refused(master, "bad_master.h5: the pixels of /entry/data/data are .*" + pattern)

    def test_nothing_written(self):
        for how in (dict(chunks=(1, 8, 8)), dict(chunks=(2, 8, 8)), dict(chunks=(1, 4, 4)), dict()):
            self.refused(self.master(lambda d: d.create_dataset("data", (3, 8, 8), "u2", **how)), "no image was ever")

    def test_unknown_filter(self):
        def make(data):
            series._direct(data, "data", self.images, 32765, (1, 2), lambda image: image.tobytes())
        self.refused(self.master(make), "bad_master.h5: HDF5 lacks filter 32765", "not supported")

    def test_filters_with_a_package(self):
        for storage, name in (("zstd", "32015"), ("bslz4", "32008.*package bitshuffle"),
                              ("blosc_zstd", "32001.*hdf5-filter-plugin-blosc-serial"),
                              ("lz4", "32004.*hdf5-filter-plugin")):
            master = series.filewriter(self.folder, "run", self.images, storage=storage)
            dump = Dump(master, "--through-hdf5", env={"HDF5_PLUGIN_PATH": self.folder})
            self.assertRegex(dump.error, f"run_data_000001.h5: HDF5 lacks filter {name}")


    def test_plugin_that_gives_wrong_pixels(self):
        master = series.filewriter(self.folder, "run", self.images, storage="bszstd")
        self.assertEqual(Dump(master).error, "")
        dump = Dump(master, "--through-hdf5")
        self.assertRegex(dump.error, "run_data_000001.h5: bitshuffle with Zstandard")


class Damage(Bad):
    def chunk(self, master, image):
        return Dump(master, pixels=False).places[image]

    def test_chunk_overwritten(self):
        for storage in sorted(series.FAST - {"none", "contiguous", "bshuf"}):
            master = series.filewriter(self.folder, storage, self.images, block=6, storage=storage)
            file, offset, size = self.chunk(master, 4)
            with open(file, "r+b") as f:
                f.seek(offset)
                f.write(b"\xff" * min(size, 40))
            self.refused(master, rf"{file}: image 5 cannot be decoded \([\w-]+, {size} bytes at byte {offset}\)",
                         "damaged or malformed data")

    def test_chunk_overwritten_behind_hdf5(self):
        for storage in ("deflate", "checksum"):
            master = series.filewriter(self.folder, storage, self.images, block=6, storage=storage)
            file, offset, size = self.chunk(master, 4)
            with open(file, "r+b") as f:
                f.seek(offset + 2)
                f.write(b"\xff" * 30)
            self.refused(master, rf"{file}: image 5, number 5 of \S+ \(chunk at byte {offset}\), cannot be read "
                         r"\(HDF5: (inflate|filter|data error).*\)")

    def test_mask_overwritten(self):
        master = series.filewriter(self.folder, "run", self.images)
        with h5py.File(master, "r+") as f:
            d = f.create_dataset("entry/instrument/detector/pixel_mask", data=np.arange(37 * 53, dtype="u4").reshape(37, 53),
                                 chunks=(37, 53), **hdf5plugin.Bitshuffle(cname="lz4"))
            at = d.id.get_chunk_info(0).byte_offset
        with open(master, "r+b") as f:
            f.seek(at)
            f.write(b"\xff" * 40)
        self.refused(master, "the pixel mask is damaged")

    def watch(self, change, options=(), storage="bslz4"):
        """Opens a series, changes its files, then reads it."""
        master = series.filewriter(self.folder, "run", self.images, storage=storage)
        with tempfile.TemporaryDirectory() as folder:
            pixels = os.path.join(folder, "pixels")
            child = subprocess.Popen([series.program("lbc_test_dump"), "--wait", "--pixels", pixels, *options, master],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(child.stderr.readline(), b"open\n")
            change(self.path("run_data_000002.h5"))
            out, trouble = child.communicate(b"\n", timeout=60)
        self.assertIn(child.returncode, (0, 1), trouble.decode())
        return json.loads(out)

    def test_changed_while_reading(self):
        other = self.path("other.h5")
        shutil.copy(series.filewriter(self.folder, "other", self.images), other)
        for storage, options in (("bslz4", ()), ("deflate", ())):
            for change, pattern in ((os.remove, "No such file"),
                                    (lambda p: os.replace(shutil.copy(other, other + "2"), p), "was replaced")):
                said = self.watch(change, options, storage)
                self.assertRegex(said["error"], f"run_data_000002.h5: .*{pattern}")
        said = self.watch(lambda p: os.truncate(p, 4000))
        self.assertRegex(said["error"], r"run_data_000002.h5: ends too early .*\(image [34], \d+ bytes at byte \d+\)")
        said = self.watch(lambda p: os.truncate(p, os.path.getsize(p) + 100))
        self.assertEqual(said["error"], "")

    def test_random_damage(self):
        """Bits flipped, bytes overwritten and files cut anywhere: an error or the images, never a crash of ours.
        HDF5 1.10 reads outside its bounds, or counts to the end of time, where some messages of an object header
        are damaged; no call that could be made before finds that out."""
        rng = random.Random(7)
        makers = {
            "filewriter": lambda n: series.filewriter(self.folder, n, self.images, mask=np.zeros((37, 53), "u4")),
            "latest": lambda n: series.filewriter(self.folder, n, self.images, libver="latest"),
            "nxmx": lambda n: series.nxmx(self.folder, n, self.images, mask=np.zeros((37, 53), "u4")),
            "virtual": lambda n: series.virtual(self.folder, n, self.images, through_links=False),
            "plain": lambda n: series.plain(self.folder, n, self.images, storage="deflate"),
        }
        counts = {"read": 0, "refused": 0, "hdf5": 0}
        for name, make in makers.items():
            master = make(name)
            files = [os.path.join(self.folder, f) for f in sorted(os.listdir(self.folder)) if f.startswith(name)]
            whole = {f: open_bytes(f) for f in files}
            for _ in range(400 if LONG else 12):
                victim = master if rng.random() < 0.6 else rng.choice(files)
                data = bytearray(whole[victim])
                how = rng.random()
                if how < 0.2:
                    del data[rng.randrange(len(data)):]
                else:
                    for _ in range(rng.choice((1, 1, 4, 30))):
                        at = rng.randrange(len(data))
                        if how < 0.6:
                            data[at] ^= 1 << rng.randrange(8)
                        else:
                            data[at] = rng.choice((0, 255, rng.randrange(256)))
                for file, content in whole.items():
                    with open(file, "wb") as f:
                        f.write(data if file == victim else content)
                try:
                    # HDF5 itself loses memory when it fails to open a damaged object, and asks for absurd amounts
                    dump = Dump(master, "--threads", "2", mask=True, timeout=60,
                                env={"ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1"})
                except subprocess.TimeoutExpired:
                    counts["hdf5"] += 1
                    continue
                except AssertionError as e:
                    if hdf5_broke_down(str(e)):
                        counts["hdf5"] += 1
                        continue
                    keep = os.environ.get("LBC_KEEP_DAMAGE")
                    if keep:
                        shutil.copytree(self.folder, keep, dirs_exist_ok=True)
                    raise AssertionError(f"{name}: damage to {victim}") from e
                counts["refused" if dump.error else "read"] += 1
                self.assertEqual(dump.error == "", dump.returncode == 0)
        if LONG:
            print(counts)
        self.assertGreater(counts["refused"], 5)
        self.assertGreater(counts["read"], 5)
        self.assertLessEqual(counts["hdf5"], 1 + sum(counts.values()) // (20 if SANITIZED else 200), counts)


def hdf5_broke_down(text):
    if "AddressSanitizer" in text:
        return re.search(r"AddressSanitizer(.*\n){1,4}.*/libhdf5", text) is not None
    return re.search(r": exit -(6|7|11)\n", text) is not None


def open_bytes(path):
    with open(path, "rb") as f:
        return f.read()


class Start(Bad):
    """The index is made in a time that grows with the number of images, not with its square."""

    def test_twenty_thousand_images_in_one_file(self):
        for libver in (None, "latest"):
            with h5py.File(self.path("run_data_000001.h5"), "w", libver=libver) as f:
                series.constant(f, "data", 20000, (16, 16))
            link = h5py.ExternalLink("run_data_000001.h5", "/data")
            master = self.master(lambda d: d.__setitem__("data_000001", link))
            start = time.monotonic()
            dump = Dump(master, pixels=False)
            self.assertEqual(dump.fast, 20000)
            self.assertLess(time.monotonic() - start, 4)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
