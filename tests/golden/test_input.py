# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the input side makes of series in every dialect and storage: its pixels are those that went in (and
that h5py reads), by the fast way and through HDF5."""
import glob
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

import h5py
import hdf5plugin  # noqa: F401 (registers filters with h5py)
import numpy as np

import series
from series import Dump

TYPES = ("u1", "u2", "u4", "i1", "i2", "i4")


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lbc test \u00e9 ")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def same(self, dump, images):
        self.assertEqual(dump.error, "")
        self.assertEqual(dump.pixels.dtype, images.dtype.newbyteorder("="))
        np.testing.assert_array_equal(dump.pixels, images)


class Storage(Folder):
    """Every way of storing times every pixel type."""

    def check(self, storage, dtype):
        images = series.frames(7, dtype=dtype)
        name = f"{storage}_{dtype}"
        master = series.filewriter(self.folder, name, images, block=4, storage=storage)
        dump = Dump(master)
        self.same(dump, images)
        self.assertEqual(dump.fast, 7 if storage in series.FAST or (storage == "big_endian" and images.itemsize == 1)
                         else 0)
        if storage in series.NO_PLUGIN:
            return
        through = Dump(master, "--through-hdf5")
        self.assertEqual(through.fast, 0)
        self.same(through, images)
        with h5py.File(master) as f:
            np.testing.assert_array_equal(f["entry/data/data_000001"][()], images[:4])

    def test_every_storage_and_type(self):
        for storage in series.STORAGES:
            for dtype in TYPES:
                with self.subTest(storage=storage, dtype=dtype):
                    self.check(storage, dtype)

    def test_latest_file_format(self):
        images = series.frames(9)
        for storage in ("bslz4", "none", "deflate", "contiguous"):
            master = series.filewriter(self.folder, storage, images, block=9, storage=storage, libver="latest")
            self.same(Dump(master), images)

    def test_user_block(self):
        images = series.frames(3)
        master = series.filewriter(self.folder, "run", images, block=3)
        with h5py.File(self.path("run_data_000001.h5"), "w", userblock_size=512) as f:
            series.STORAGES["bslz4"](f, "entry/data/data", images)
        with open(self.path("run_data_000001.h5"), "r+b") as f:
            f.write(b"a user block")
        dump = Dump(master)
        self.same(dump, images)
        self.assertEqual(dump.fast, 3)

    def test_places_are_those_of_hdf5(self):
        images = series.frames(6)
        master = series.filewriter(self.folder, "run", images, block=3)
        places = Dump(master).places
        for i, (file, offset, size) in enumerate(places):
            with h5py.File(file) as f:
                info = f["entry/data/data"].id.get_chunk_info_by_coord((i % 3, 0, 0))
            self.assertEqual((offset, size), (info.byte_offset, info.size))

    def test_single_image(self):
        image = series.frames(1)[0]
        for how in (dict(), dict(chunks=image.shape), dict(chunks=(16, 16), compression="gzip")):
            path = self.path("one.h5")
            with series.new_master(path, None) as f:
                f.create_dataset("entry/data/data", data=image, **how)
            self.same(Dump(path), image[None])

    def test_compact(self):
        image = series.frames(2, ny=8, nx=16)
        path = self.path("compact.h5")
        with series.new_master(path, None) as f:
            properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            properties.set_layout(h5py.h5d.COMPACT)
            dataset = h5py.h5d.create(f["entry/data"].id, b"data", h5py.h5t.NATIVE_UINT16,
                                      h5py.h5s.create_simple(image.shape), properties)
            dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, image)
        self.same(Dump(path), image)

    def test_pixels_of_12_bits(self):
        images = series.frames(2) & 0xfff
        path = self.path("twelve.h5")
        with series.new_master(path, None) as f:
            twelve = h5py.h5t.STD_U16LE.copy()
            twelve.set_precision(12)
            properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            properties.set_chunk((1,) + images.shape[1:])
            dataset = h5py.h5d.create(f["entry/data"].id, b"data", twelve, h5py.h5s.create_simple(images.shape),
                                      properties)
            dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, images)
        dump = Dump(path)
        self.same(dump, images)
        self.assertEqual(dump.fast, 0)

    def test_threads(self):
        images = series.frames(40)
        for storage in ("bslz4", "deflate"):
            master = series.filewriter(self.folder, storage, images, block=3, storage=storage)
            self.same(Dump(master, "--threads", "8"), images)

    def test_more_files_than_descriptors(self):
        images = series.frames(150, ny=8, nx=16)
        for storage in ("bslz4", "deflate"):
            master = series.filewriter(self.folder, storage, images, block=1, storage=storage)
            few = ("bash", "-c", 'ulimit -n 90; exec "$@"', "few")
            self.same(Dump(master, "--threads", "4", command=few), images)

    def test_unwritten_images(self):
        """Holes are masked, with a warning, where the fill value is a marker, and cannot be read elsewhere
        (test_input_bad); images never written at the end do not count."""
        for dtype, fill in (("u2", 65535), ("u2", 65534), ("u4", 2**32 - 1), ("i4", -1)):
            image = series.frames(1, dtype=dtype)[0]
            ny, nx = image.shape
            for chunks in ((1, ny, nx), (1, 10, 20), (3, ny, nx)):
                path = self.path("holes.h5")
                with series.new_master(path, None) as f:
                    d = f.create_dataset("entry/data/data", (9, ny, nx), dtype, chunks=chunks, fillvalue=fill)
                    d[0] = d[4] = image
                dump = Dump(path)
                deep = chunks[0] > 1
                expected = np.full((6 if deep else 5, ny, nx), fill, dtype)
                expected[0] = expected[4] = image
                self.same(dump, expected)
                if not deep:
                    self.assertRegex(" ".join(dump.warnings), "never written, or not wholly: 3 of 5; .* is masked")


class Dialects(Folder):
    def setUp(self):
        super().setUp()
        self.images = series.frames(5)

    def test_image_numbers(self):
        """They may be missing, begin anywhere, and begin again; where they leave some out, the master's word counts."""
        def numbered(nimages, *numbers, ntrigger=1, first=2):
            fields = {"instrument/detector/detectorSpecific/nimages": (np.uint32(nimages), None),
                      "instrument/detector/detectorSpecific/ntrigger": (np.uint32(ntrigger), None)}
            master = series.filewriter(self.folder, "run", self.images, fields=fields)
            for i, number in enumerate(numbers):
                if number is not None:
                    with h5py.File(self.path(f"run_data_{i + 1:06d}.h5"), "r+") as f:
                        f["entry/data/data"].attrs["image_nr_low"] = np.uint64(number)
            with h5py.File(self.path("run_data_000001.h5"), "r+") as f:
                f["entry/data/data"].resize(first, axis=0)
            return Dump(master)
        for numbers in ((1, 3, 5), (101, 103, 105), (0, 2, 4), (1, 1, 1), (1, None, 5)):
            dump = numbered(5, *numbers)
            self.same(dump, self.images)
            self.assertEqual((dump.incomplete, dump.warnings), ("", []))
        self.assertEqual(numbered(1, 1, 3, 1, ntrigger=5).warnings, [])
        for numbers, at, there, wanted in (((1, 3, 1), 3, 1, 5), ((1, 1, 5), 3, 5, 3), ((3, 1, 5), 2, 1, 5),
                                           ((1, 3, 3), 3, 3, 5), ((1, 2, 4), 2, 2, 3), ((None, 3, 9), 3, 9, 5)):
            dump = numbered(5, *numbers)
            self.same(dump, self.images)
            self.assertRegex(" ".join(dump.warnings), rf"run_data_00000{at}.h5: /entry/data/data begins with image {there} "
                             rf"\(image_nr_low\), where image {wanted} should follow: is the file of this name")
            self.assertEqual((len(dump.warnings), dump.incomplete), (1, ""))
        for numbers in ((0, 1, 3), (1, 3, 5)):
            dump = numbered(3, *numbers, first=0)
            self.same(dump, self.images[2:])
            self.assertEqual((dump.incomplete, dump.warnings), ("", []))
        dump = numbered(5, 1, 181, 361)
        self.same(dump, self.images)
        self.assertRegex(dump.warnings[0],
                         "run_data_000002.h5: .* begins with image 181 .* 5 images, so none is missing")
        dump = numbered(6, 1, 3, 6)
        self.same(dump, self.images[:4])
        self.assertRegex(dump.incomplete, r"run_data_000003.h5: /entry/data/data begins with image 6 \(image_nr_low\), "
                         "but those before it end with image 4; .*-N 4 takes them")

    def test_filewriter(self):
        mask = np.zeros(self.images.shape[1:], "u4")
        mask[3] = 1
        mask[4, 4] = 1 << 31 | 8
        dump = Dump(series.filewriter(self.folder, "run", self.images, mask=mask), mask=True)
        self.same(dump, self.images)
        np.testing.assert_array_equal(dump.mask, mask)
        self.assertEqual((dump.nimages, dump.ntrigger, dump.data_files, dump.incomplete), (5, 1, 3, ""))
        self.assertEqual(dump.saturation, 11000)
        self.assertTrue(dump.saturation_from.endswith("countrate_correction_count_cutoff"))
        self.assertEqual([os.path.basename(f) for f in dump.files],
                         ["run_master.h5"] + [f"run_data_00000{i}.h5" for i in (1, 2, 3)])
        self.assertEqual(dump.facts["bytes"], sum(os.path.getsize(f) for f in dump.files[1:]))
        self.assertAlmostEqual(dump.wavelength, 0.9795, 6)
        self.assertAlmostEqual(dump.distance, 0.125, 9)
        self.assertAlmostEqual(dump.pixel_x, 7.5e-5, 10)
        self.assertEqual((dump.beam_x, dump.beam_y), (26.5, 18.25))

    def test_blocks_from_zero(self):
        self.same(Dump(series.filewriter(self.folder, "run", self.images, first=0)), self.images)

    def test_many_blocks_in_order(self):
        images = series.frames(12, ny=8, nx=16)
        master = series.filewriter(self.folder, "run", images, block=1)
        with h5py.File(master, "r+") as f:  # names that do not sort as their numbers do
            data = f["entry/data"]
            for i in range(1, 13):
                data.move(f"data_{i:06d}", f"data_{i}")
        self.same(Dump(master), images)

    def test_blocks_in_the_master(self):
        path = self.path("run.h5")
        with series.new_master(path, None) as f:
            f["elsewhere"] = self.images[2:]
            f["entry/data/data_000001"] = self.images[:2]
            f["entry/data/data_000002"] = h5py.SoftLink("/elsewhere")
        dump = Dump(path)
        self.same(dump, self.images)
        self.assertEqual(dump.data_files, 1)

    def test_link_to_a_soft_link_to_another_file(self):
        master = series.filewriter(self.folder, "run", self.images, block=5)
        os.mkdir(self.path("deep"))
        os.rename(self.path("run_data_000001.h5"), self.path("deep/really.h5"))
        with h5py.File(self.path("run_data_000001.h5"), "w") as f:
            f["entry/data/data"] = h5py.SoftLink("/other/images")
            f["other"] = h5py.ExternalLink("deep/really.h5", "/entry/data")
        with h5py.File(self.path("deep/really.h5"), "r+") as f:
            f["entry/data/images"] = h5py.SoftLink("data")
        dump = Dump(master)
        self.same(dump, self.images)
        self.assertTrue(dump.places[0][0].endswith("deep/really.h5"))

    def test_nxmx_in_mm(self):
        mask = np.zeros(self.images.shape[1:], "i4")
        mask[0] = -2**31
        dump = Dump(series.nxmx(self.folder, "run", self.images, mask=mask), mask=True)
        self.same(dump, self.images)
        np.testing.assert_array_equal(dump.mask.view("i4"), mask)
        self.assertEqual((dump.nimages, dump.ntrigger, dump.incomplete), (0, 0, ""))
        self.assertEqual(dump.saturation, 12345)
        self.assertAlmostEqual(dump.pixel_x, 7.5e-5, 12)
        self.assertAlmostEqual(dump.distance, 0.125, 12)

    def test_virtual(self):
        for through_links in (True, False):
            for dtype in ("i4", "i8"):
                master = series.virtual(self.folder, "run", self.images, dtype=dtype, through_links=through_links)
                dump = Dump(master)
                self.same(dump, self.images)
                self.assertEqual((dump.type, dump.fast, dump.data_files), ("uint16", 5, 3))

    def test_virtual_in_another_order(self):
        """Interleaved files, as some writers make them: the virtual data set gives the order."""
        images = series.frames(8)
        path = self.path("run.nxs")
        layout = h5py.VirtualLayout(images.shape, "i4")
        for i in (0, 1):
            series.write_images(self.path(f"part{i}.h5"), images[i::2], name="data")
            layout[i::2] = h5py.VirtualSource(f"part{i}.h5", "data", images[i::2].shape)
        with series.new_master(path, None, series.NXMX_FIELDS) as f:
            f["entry/data"].create_virtual_dataset("data", layout)
        dump = Dump(path)
        self.same(dump, images)
        self.assertEqual(dump.fast, 8)

    def test_virtual_part_of_a_source(self):
        images = series.frames(9)
        series.write_images(self.path("all.h5"), images, name="data")
        layout = h5py.VirtualLayout((4,) + images.shape[1:], "u2")
        layout[0:2] = h5py.VirtualSource("all.h5", "data", images.shape)[5:7]
        layout[2:4] = h5py.VirtualSource("all.h5", "data", images.shape)[0:6:3]
        with series.new_master(self.path("run.nxs"), None) as f:
            f["entry/data"].create_virtual_dataset("data", layout)
        self.same(Dump(self.path("run.nxs")), images[[5, 6, 0, 3]])

    def test_virtual_behind_virtual(self):
        images = series.frames(6)
        series.virtual(self.folder, "inner", images)
        layout = h5py.VirtualLayout(images.shape, "i4")
        layout[...] = h5py.VirtualSource("inner.nxs", "/entry/data/data", images.shape)
        with series.new_master(self.path("run.nxs"), None) as f:
            f["entry/data"].create_virtual_dataset("data", layout)
        dump = Dump(self.path("run.nxs"))
        self.same(dump, images)
        self.assertEqual(dump.fast, 6)

    def test_virtual_in_pieces(self):
        """Modules in files of their own: HDF5 puts them together, as the modules' type."""
        images = series.frames(4, ny=40, nx=53)
        layout = h5py.VirtualLayout(images.shape, "i8")
        for i in (0, 1):
            rows = slice(20 * i, 20 * i + 20)
            series.write_images(self.path(f"module{i}.h5"), images[:, rows], name="data", storage="deflate")
            layout[:, rows] = h5py.VirtualSource(f"module{i}.h5", "data", (4, 20, 53))
        os.mkdir(self.path("elsewhere"))
        with series.new_master(self.path("run.nxs"), None) as f:
            f["entry/data"].create_virtual_dataset("data", layout)
        dump = Dump(self.path("run.nxs"), cwd=self.path("elsewhere"))
        self.same(dump, images)
        self.assertEqual((dump.fast, dump.type, dump.data_files), (0, "uint16", 3))
        os.remove(self.path("module1.h5"))
        self.assertIn("module1.h5", Dump(self.path("run.nxs")).error)

    def test_virtual_in_pieces_of_any_rank(self):
        """Modules in one data set, before and behind the images."""
        images = series.frames(4, ny=40, nx=53)
        for modules_first in (True, False):
            stack = images.reshape(4, 2, 20, 53)
            stack = stack.swapaxes(0, 1) if modules_first else stack
            layout = h5py.VirtualLayout(images.shape, "u2")
            source = h5py.VirtualSource("modules.h5", "data", stack.shape)
            for i in (0, 1):
                layout[:, 20 * i:20 * i + 20] = source[i] if modules_first else source[:, i]
            for kept in (4, 3):
                with h5py.File(self.path("modules.h5"), "w") as f:
                    d = f.create_dataset("data", stack.shape, "u2", chunks=(1, 1, 20, 53))
                    for n in range(kept):
                        d[(slice(None), n) if modules_first else n] = images[n].reshape(2, 20, 53)
                with series.new_master(self.path("run.nxs"), None) as f:
                    f["entry/data"].create_virtual_dataset("data", layout)
                dump = Dump(self.path("run.nxs"))
                if kept == 4:
                    self.same(dump, images)
                else:
                    self.assertRegex(dump.error, "modules.h5: image 1 was never written, or not wholly")

    def test_virtual_and_more_blocks(self):
        master = series.virtual(self.folder, "run", self.images)
        series.write_images(self.path("run_000004.h5"), self.images[:1], name="data")
        with h5py.File(master, "r+") as f:
            f["entry/data/data_000004"] = h5py.ExternalLink("run_000004.h5", "/data")
        dump = Dump(master)
        self.same(dump, self.images)
        self.assertRegex(" ".join(dump.warnings), "uses 3 of the 4 blocks")

    def test_plain(self):
        dump = Dump(series.plain(self.folder, "run", self.images))
        self.same(dump, self.images)
        self.assertEqual((dump.data_files, len(dump.files)), (1, 1))

    def test_other_names(self):
        """Groups are found by NX_class."""
        master = series.filewriter(self.folder, "run", self.images)
        with h5py.File(master, "r+") as f:
            f.move("entry", "scan_1")
            f["scan_1"].move("data", "images")
            f["scan_1"].move("instrument", "beamline")
            f["scan_1/beamline"].move("detector", "eiger")
            f["scan_1/beamline"].move("beam", "light")
        dump = Dump(master)
        self.same(dump, self.images)
        self.assertEqual(dump.nimages, 5)

    def test_no_classes(self):
        master = series.filewriter(self.folder, "run", self.images)
        with h5py.File(master, "r+") as f:
            for path in series.CLASSES:
                if "entry/" + path in f:
                    del f["entry/" + path].attrs["NX_class"]
        self.same(Dump(master), self.images)

    def test_strings_of_every_kind(self):
        master = series.filewriter(self.folder, "run", self.images)
        with h5py.File(master, "r+") as f:
            f["entry"].attrs["NX_class"] = "NXentry"  # variable length, UTF-8
            f["entry/data"].attrs["NX_class"] = np.array([b"NXdata"])  # one element
            no_end = h5py.h5t.C_S1.copy()  # no room for the null
            no_end.set_size(2)
            no_end.set_strpad(h5py.h5t.STR_NULLPAD)
            size = f["entry/instrument/detector/x_pixel_size"]
            size[...] = 0.075
            del size.attrs["units"]
            a = h5py.h5a.create(size.id, b"units", no_end, h5py.h5s.create(h5py.h5s.SCALAR))
            a.write(np.array(b"mm", "S2"))
        dump = Dump(master)
        self.same(dump, self.images)
        self.assertAlmostEqual(dump.pixel_x, 7.5e-5, 10)

    def test_moved_series(self):
        """Absolute names of another machine, and a master reached by a symbolic link from elsewhere."""
        master = series.filewriter(self.folder, "run", self.images, block=5)
        with h5py.File(master, "r+") as f:
            del f["entry/data/data_000001"]
            f["entry/data/data_000001"] = h5py.ExternalLink("/no/such/place/run_data_000001.h5", "/entry/data/data")
        self.same(Dump(master), self.images)
        other = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, other)
        os.symlink(master, os.path.join(other, "link.h5"))
        self.same(Dump(os.path.join(other, "link.h5")), self.images)
        self.same(Dump("run_master.h5", cwd=self.folder), self.images)


class Fields(Folder):
    def setUp(self):
        super().setUp()
        self.images = series.frames(2, ny=8, nx=16)

    def dump(self, fields, mask=None):
        return Dump(series.filewriter(self.folder, "run", self.images, fields=fields, mask=mask), mask=mask is not None)

    def test_units(self):
        for value, unit in ((7.5e-5, "m"), (0.075, "mm"), (75, "um"), (75, "\u00b5m"), (75, "micron"), (75, "microns"),
                            (0.0075, "cm"), (75000, "nm"), (7.5e-5, "meters"), (0.075, "Millimetre"), (7.5e-5, None)):
            dump = self.dump({"instrument/detector/x_pixel_size":
                              (value, None if unit is None else unit.encode().decode("latin-1").encode("latin-1"))})
            self.assertAlmostEqual(dump.pixel_x, 7.5e-5, 12, unit)
        for value, unit in ((1.5, "angstrom"), (1.5, "Angstroms"), (1.5, "A"), (1.5, "\u00c5"), (0.15, "nm"),
                            (150, "pm"), (1.5e-10, "m"), (1.5, None)):
            dump = self.dump({"instrument/beam/incident_wavelength":
                              (value, None if unit is None else unit.encode())})
            self.assertAlmostEqual(dump.wavelength, 1.5, 9, unit)
        self.assertRegex(self.dump({"instrument/detector/x_pixel_size": (3, "furlong")}).error, 'unit "furlong"')

    def test_wavelength_from_energy(self):
        gone = {"instrument/beam/incident_wavelength": None}
        specific = "instrument/detector/detectorSpecific/photon_energy"
        for field, value in ((specific, (12398.4198, "eV")), (specific, (12.3984198, "keV")),
                             (specific, (12398.4198, None)), ("instrument/beam/incident_energy", (12398.4198, "eV"))):
            self.assertAlmostEqual(self.dump({**gone, field: value}).wavelength, 1.0, 6)
        self.assertAlmostEqual(self.dump({**gone, "sample/beam/incident_wavelength": (1.25, "angstrom")}).wavelength,
                               1.25)

    def test_distance_from_elsewhere(self):
        gone = {"instrument/detector/detector_distance": None}
        for field, value in (
                ("instrument/detector/distance", (0.25, "m")),
                ("instrument/detector_distance", (np.array([250.]), "mm")),
                ("instrument/detector_z/det_z", (np.array([250.]), "mm")),
                ("instrument/transformations/det_z", (np.array([250.]), "mm")),
                ("instrument/detector/transformations/translation", (0.25, "m")),
                ("instrument/detector/geometry/translation/distances", (np.array([0.1, 0.2, -0.25]), "m"))):
            self.assertAlmostEqual(self.dump({**gone, field: value}).distance, 0.25, 9, field)

    def test_required(self):
        for field, name in (("detector/x_pixel_size", "pixel size"), ("detector/y_pixel_size", "pixel size"),
                            ("beam/incident_wavelength", "wavelength"), ("detector/detector_distance", "distance"),
                            ("detector/beam_center_x", "beam centre"), ("detector/beam_center_y", "beam centre")):
            path = "instrument/" + field
            self.assertRegex(self.dump({path: None}).error, f"run_master.h5: no .*{name}")
            for bad in (np.nan, np.inf, -1e30, 1e30):
                self.assertRegex(self.dump({path: (bad, None)}).error, f"{field} is .*{name}")
            if "centre" not in name:
                for bad in (0.0, -1.0):
                    self.assertRegex(self.dump({path: (bad, None)}).error, f"{field} is .*{name}")
            self.assertRegex(self.dump({path: ("text", None)}).error, f"run_master.h5: no .*{name}")
            self.assertRegex(self.dump({path: (np.zeros(0), None)}).error, f"run_master.h5: no .*{name}")

    def test_saturation(self):
        detector, specific = "instrument/detector/", "instrument/detector/detectorSpecific/"
        places = [detector + "saturation_value", specific + "countrate_correction_count_cutoff",
                  specific + "saturation_value", specific + "detectorModule_000/countrate_correction_count_cutoff"]
        fields = {place: (np.uint32(1000 + i), None) for i, place in enumerate(places)}
        for i, place in enumerate(places):
            dump = self.dump(fields)
            self.assertEqual((dump.saturation, dump.saturation_from), (1000 + i, "/entry/" + place))
            fields[place] = None
        dump = self.dump(fields)
        self.assertEqual((dump.saturation, dump.saturation_from), (65533, "pixel type"))
        dump = self.dump({**fields, places[0]: (np.float64(np.nan), None), places[2]: (np.uint64(2**40), None)})
        self.assertEqual(dump.saturation, 2**40)
        self.assertRegex(" ".join(dump.warnings), "saturation_value is nan")

    def test_scalars_of_every_kind(self):
        for value in (np.float64(75e-6), np.array([75e-6]), np.array([[75e-6]], ">f4"), np.float16(75e-6)):
            self.assertAlmostEqual(self.dump({"instrument/detector/x_pixel_size": (value, "m")}).pixel_x, 75e-6, 6)
        for value in (np.uint8(2), np.int64(2), np.array([2], ">u4"), np.float32(2), np.array([[[2]]])):
            dump = self.dump({"instrument/detector/detectorSpecific/nimages": (value, None)})
            self.assertEqual((dump.nimages, dump.incomplete), (2, ""))
        dump = self.dump({"instrument/detector/detectorSpecific/ntrigger": (np.bool_(True), None)})
        self.assertEqual((dump.ntrigger, dump.incomplete), (1, ""))

    def test_nimages_and_ntrigger(self):
        specific = "instrument/detector/detectorSpecific/"

        def incomplete(nimages, ntrigger):
            return self.dump({specific + "nimages": nimages and (np.uint32(nimages), None),
                              specific + "ntrigger": ntrigger and (np.uint32(ntrigger), None)}).incomplete
        self.assertEqual(incomplete(2, 1), "")
        self.assertEqual(incomplete(1, 2), "")
        self.assertEqual(incomplete(9, None), "")
        self.assertEqual(incomplete(None, 9), "")
        self.assertRegex(incomplete(3, 1), "says 3 images .* only 2 are there: a run with -N 2")
        self.assertRegex(incomplete(1, 1), "says 1 image .* but 2 are there: a run with -N 2 takes all, .*-N 1 the one")

    def test_nimages_alone(self):
        """They claim nothing, as there may have been any number of triggers; but not part of one."""
        specific = "instrument/detector/detectorSpecific/"
        for nimages, doubted in ((1, False), (2, False), (3, True), (9, True)):
            fields = {specific + "nimages": (np.uint32(nimages), None), specific + "ntrigger": None}
            warnings = self.dump(fields).warnings
            self.assertEqual(bool(warnings), doubted, warnings)
            if doubted:
                self.assertRegex(warnings[0], f"says nimages {nimages} and no ntrigger, but 2 images are there")

    def test_masks_that_do_not_serve(self):
        mask = np.ones((8, 16), "u4")
        for bad, what in ((np.ones((16, 8), "u4"), "shape"), (np.ones((2, 8, 16), "u4"), "dimensions"),
                          (mask.astype("f4"), "integers"), (np.uint32(1), "dimensions")):
            dump = self.dump({}, mask=bad)
            self.assertFalse(dump.facts["mask"])
            self.assertRegex(" ".join(dump.warnings), what)
        master = series.filewriter(self.folder, "never", self.images)
        with h5py.File(master, "r+") as f:
            f.create_dataset("entry/instrument/detector/pixel_mask", (8, 16), "u4")
        self.assertRegex(" ".join(Dump(master).warnings), "never written")
        with h5py.File(master, "r+") as f:  # the second place serves where the first does not
            f["entry/instrument/detector/detectorSpecific/pixel_mask"] = mask
        dump = Dump(master, mask=True)
        np.testing.assert_array_equal(dump.mask, mask)

    def test_masks_stored_in_every_way(self):
        mask = np.arange(128, dtype="u4").reshape(8, 16)
        for dtype in ("u1", "u2", "u4", "i4", "u8", ">u4"):
            for how in (dict(), dict(chunks=(8, 16), compression="gzip"), dict(chunks=(4, 4)),
                        dict(chunks=(8, 16), **hdf5plugin.Bitshuffle(cname="lz4"))):
                master = series.filewriter(self.folder, "run", self.images)
                with h5py.File(master, "r+") as f:
                    f.create_dataset("entry/instrument/detector/pixel_mask", data=mask.astype(dtype), **how)
                np.testing.assert_array_equal(Dump(master, mask=True).mask, mask)


class Environment(Folder):
    def setUp(self):
        super().setUp()
        self.images = series.frames(3)
        self.master = series.filewriter(self.folder, "run", self.images)

    def test_locks_and_variables(self):
        """A writer's lock, HDF5's variables and a strange working folder change nothing."""
        locked = [h5py.File(self.path(f"run_data_00000{i}.h5"), "r+") for i in (1, 2)]
        self.addCleanup(lambda: [f.close() for f in locked])
        env = {"HDF5_USE_FILE_LOCKING": "TRUE", "HDF5_EXT_PREFIX": "/no/such", "HDF5_VDS_PREFIX": "/no/such",
               "HDF5_DRIVER": "core", "HDF5_PLUGIN_PATH": "/no/such"}
        for f in locked:
            f.flush()
        self.same(Dump(self.master, env=env), self.images)

    def test_nothing_is_written(self):
        files = sorted(glob.glob(self.path("*")))
        for f in files:
            os.chmod(f, 0o444)
        os.chmod(self.folder, 0o555)
        self.addCleanup(os.chmod, self.folder, 0o755)

        def state():
            return [(os.stat(f).st_mtime_ns, pathlib.Path(f).read_bytes()) for f in files]
        before = state()
        self.same(Dump(self.master), self.images)
        self.same(Dump(self.master, "--through-hdf5"), self.images)
        self.assertEqual(sorted(glob.glob(self.path("*"))), files)
        self.assertEqual(state(), before)


class Shared(unittest.TestCase):
    """Real data, where they are at hand."""

    def setUp(self):
        self.data = os.environ.get("LBC_SHARED_DATA", "")
        if not os.path.isdir(self.data):
            self.skipTest("no shared data")

    def check(self, name):
        master = os.path.join(self.data, name)
        with h5py.File(master) as f:
            data = f["entry/data"]
            images = np.concatenate([data[k][()] for k in sorted(data) if k.startswith("data_")])
        for options in ((), ("--through-hdf5",)):
            dump = Dump(master, *options)
            self.assertEqual((dump.error, dump.incomplete), ("", ""))
            np.testing.assert_array_equal(dump.pixels, images)
            self.assertEqual(dump.fast, 0 if options else len(images))

    def test_golden(self):
        self.check("golden/gold_master.h5")

    def test_simulated(self):
        self.check("sim/lyso_master.h5")

    def test_eiger_16m(self):
        self.check("real/dls_eiger16m_master.h5")

    def test_pilatus_6m(self):
        self.check("real/pilatus6m_thaumatin_master.h5")

    def test_mx3(self):
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(self.data, "real/mx3_uint32_data_000001.h5")
            os.symlink(source, os.path.join(folder, "x_data_000001.h5"))
            master = os.path.join(folder, "x_master.h5")
            with series.new_master(master, None) as f:
                f["entry/data/data_000001"] = h5py.ExternalLink("x_data_000001.h5", "/entry/data/data")
            with h5py.File(source) as f:
                images = f["entry/data/data"][()]
            dump = Dump(master)
            self.assertEqual(dump.error, "")
            np.testing.assert_array_equal(dump.pixels, images)

    def test_masters_without_images(self):
        for master in glob.glob(os.path.join(self.data, "masters", "*")):
            dump = Dump(master, pixels=False)
            self.assertEqual(dump.returncode, 1)
            if not master.endswith("_meta.h5"):
                self.assertRegex(dump.error, r"no /entry/data/data_000001 \(is \S+_000001.h5 beside it\?\)", master)

    def test_masters_with_images_made_for_them(self):
        """Real masters, with small images put where their links point (those with a mask: of its size)."""
        small = (64, 80)
        for name, shape, warning in (
                ("dectris_eiger9m_fw1.6.4_master.h5", (3269, 3110), None),
                ("dls_i04_eiger16m_3600_master.h5", small, "is _b4_1_meta.h5 beside it"),
                ("dls_i04_eiger2_16m_vds_master.h5", (4362, 4148), "was never written"),
                ("dls_i03_ins_8_5.nxs", (4362, 4148), "is ins_8_5_meta.h5 beside it"),
                ("dls_i04_therm_6_2.nxs", (4362, 4148), None),
                ("mx3_eiger2_9m_master.h5", small, None)):
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                master = os.path.join(folder, name)
                shutil.copy(os.path.join(self.data, "masters", name), master)
                shutil.copy(os.path.join(self.data, "masters", "FJ_P5P1_1_meta.h5"), folder)
                with h5py.File(master) as f:
                    links = {k: f["entry/data"].get(k, getlink=True) for k in f["entry/data"]}
                    links = [v for v in links.values() if isinstance(v, h5py.ExternalLink)]
                    count = f["entry/data/data"].shape[0] if "data" in f["entry/data"] else 4 * len(links)
                for i, link in enumerate(links):
                    n = count // len(links) if count < 3600 else min(1000, count - 1000 * i)
                    with h5py.File(os.path.join(folder, link.filename), "w") as f:
                        series.constant(f, link.path, n, shape)
                dump = Dump(master, pixels=False)
                self.assertEqual(dump.error, "")
                self.assertEqual((dump.frames, dump.fast), (count, count))
                self.assertEqual((dump.ny, dump.nx, dump.type), shape + ("uint16",))
                self.assertEqual(dump.facts["mask"], name.startswith("dectris"))
                if warning:
                    self.assertIn(warning, " ".join(dump.warnings))
                else:
                    self.assertEqual(dump.warnings, [])

if __name__ == "__main__":
    unittest.main(argv=sys.argv)
