#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The new master: every field of the rule table, every kind of HDF5 object, and masters that mean harm."""
import hashlib
import os
import shutil
import subprocess
import tempfile
import unittest

import h5py
import hdf5plugin  # noqa: F401  registers the filters
import numpy as np

import series
import trees

NY, NX, N = 37, 53, 12
DET = "instrument/detector/"
SPECIFIC = DET + "detectorSpecific/"


def rich_fields():
    """A value for every row of the table."""
    steps = np.arange(N)
    fields = {
        "definition": ("NXsomething", None),
        DET + "bit_depth_image": (np.uint8(16), None),
        DET + "bit_depth_readout": (np.int32(12), None),
        DET + "count_time": (np.float32(0.0049), "s"),
        DET + "frame_time": (5.0, "ms"),
        DET + "detector_readout_time": (np.float32(1e-5), "s"),
        DET + "saturation_value": (np.int16(9999), None),
        DET + "underload_value": (np.int32(-1), None),
        DET + "sensor_material": ("SILICON", None),
        DET + "pixel_mask_applied": (np.int32(5), None),
        DET + "flatfield_correction_applied": (np.bool_(True), None),
        DET + "flatfield": (np.random.default_rng(3).uniform(0.9, 1.1, (NY, NX)).astype("f4"), None),
        DET + "timestamps": (10 ** 18 + 7 * steps, "ns"),
        DET + "exposures_end": (steps + 0.25, "s"),
        SPECIFIC + "compression": ("lz4", None),
        SPECIFIC + "eiger_fw_version": ("release-2020.2.5", None),
        SPECIFIC + "frame_period": (np.float32(0.00125), "s"),
        SPECIFIC + "nframes_sum": (np.uint32(4), None),
        SPECIFIC + "summation_nimages": (np.uint8(200), None),
        SPECIFIC + "number_of_excluded_pixels": (np.uint32(0), None),
        SPECIFIC + "x_pixels_in_detector": (np.uint16(NX), None),
        SPECIFIC + "y_pixels_in_detector": (np.uint16(NY), None),
        SPECIFIC + "data_collection_date": ("2024-02-29T23:59:59.95", None),
        SPECIFIC + "shadow_mask": (np.eye(NY, NX, dtype="u1"), None),
        SPECIFIC + "detectorModule_000/flatfield": (np.ones((20, 24), "f4"), None),
        SPECIFIC + "detectorModule_000/countrate_correction_table": (np.ones((40, 2), "f4"), None),
        SPECIFIC + "detectorModule_000/countrate_correction_count_cutoff": (np.uint32(7000), None),
        SPECIFIC + "detectorModule_000/data_origin": (np.array([21, 10], "i4"), None),
        SPECIFIC + "detectorModule_000/data_size": (np.array([31, 25], "u4"), None),
        DET + "geometry/translation/distances": (np.arange(3.0), "m"),
        "sample/goniometer/omega": ((30 + 0.1 * steps).astype("f4"), "degree"),
        "sample/goniometer/omega_end": ((30.1 + 0.1 * steps).astype("f4"), "degree"),
        "sample/goniometer/omega_increment": (np.float32(0.1), "degree"),
        "sample/goniometer/omega_range_average": (np.float32(0.1), "degree"),
        "sample/goniometer/omega_range_total": (np.float32(1.2), "degree"),
        "sample/goniometer/omega_start": (np.float32(30), "degree"),
        "sample/goniometer/phi": (np.zeros(N), "degree"),
        "sample/goniometer/phi_start": (np.float32(0), "degree"),
        "sample/unit_cell": (np.array([79.1, 79.1, 37.9, 90, 90, 90]), None),
        "sample/name": ("lysozyme", None),
    }
    return fields


def read_bytes(path):
    with open(path, "rb") as f:
        return f.read()


class Metadata(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def at(self, name):
        return os.path.join(self.folder.name, name)

    def compress(self, master, *options, out="out", status=0):
        done = subprocess.run([series.program("l_bnl_compress"), "-i", master, "-o", self.at(out), "--overwrite",
                               *map(str, options)], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stderr

    def rich(self, mask=True):
        pixel_mask = None
        if mask:
            pixel_mask = np.zeros((NY, NX), "u4")
            pixel_mask[5:8] = 1
            pixel_mask[20, 30], pixel_mask[21, 31] = 16, 1 << 31
        master = series.filewriter(self.folder.name, "run", series.frames(N, NY, NX), block=5, fields=rich_fields(),
                                   mask=pixel_mask)
        with h5py.File(master, "r+") as f:
            entry = f["entry"]
            entry["sample/goniometer"].attrs["NX_class"] = "NXtransformations"
            entry[DET + "geometry"].attrs["NX_class"] = "NXgeometry"
        return master, pixel_mask

    def walk(self, master, bin_, sum_, groups, mask_in=None, saturation=65532, depth=16, codec="bslz4"):
        before, after = trees.read(master), trees.read(self.at("out_master.h5"))
        mask_out = after["/entry/" + SPECIFIC + "pixel_mask"].value
        change = trees.Change(bin_, sum_, groups, N, (NY, NX), (-(-NY // bin_), -(-NX // bin_)), saturation, depth,
                              codec, mask_in, mask_out, frame_time=0.005 if "/entry/" + DET + "frame_time" in before else 0)
        self.assertEqual(trees.unexplained(before, after, change), [])
        self.assertEqual(trees.strings_are_terminated(self.at("out_master.h5")), [])
        self.assertFalse(trees.has_times(self.at("out_master.h5")))
        return before, after

    # ---- the table -----------------------------------------------------------------------------

    def test_every_row(self):
        master, mask = self.rich()
        groups = [(k, k + 4) for k in (0, 5)]
        self.compress(master, "-b", 3, "-s", 5, "-c", "bslz4", "-d", 1)
        before, after = self.walk(master, 3, 5, groups, mask, saturation=65532)
        entry = {p[len("/entry/"):]: n for p, n in after.items() if p.startswith("/entry/")}
        self.assertEqual(entry["definition"].value, "NXmx")
        self.assertEqual(entry[DET + "sensor_material"].value, "Silicon")
        self.assertEqual(entry[DET + "pixel_mask_applied"].value, 1)
        self.assertEqual(entry[DET + "pixel_mask_applied"].dtype, np.int8)
        self.assertEqual(entry[DET + "frame_time"].value, 25.0)             # in ms, as it was
        self.assertEqual(entry[SPECIFIC + "summation_nimages"].value, 1000)  # u8 has no room for that
        self.assertEqual(entry[DET + "timestamps"].value.tolist(), [10 ** 18, 10 ** 18 + 35])  # to the last digit
        self.assertEqual(entry["start_time"].value, "2024-02-29T23:59:59.95")
        self.assertEqual(entry["end_time_estimated"].value, "2024-03-01T00:00:00.00")   # 10 images of 5 ms
        self.assertEqual(entry["sample/depends_on"].value, "/entry/sample/transformations/omega")
        self.assertEqual(entry["sample/transformations/omega"].dtype, np.float64)

    def test_fields_without_a_value(self):
        empty = {"flatfield_correction_applied": "i4", "count_time": "f4", "detector_readout_time": "f4"}
        master, _ = self.rich()
        with h5py.File(master, "r+") as f:
            for name, dtype in empty.items():
                del f["entry/" + DET + name]
                f["entry/" + DET + name] = h5py.Empty(dtype)
        self.compress(master, "-b", 2, "-s", 2, "-c", "bslz4")
        with h5py.File(self.at("out_master.h5")) as f:
            for name, dtype in empty.items():
                self.assertEqual(f["entry/" + DET + name][()], h5py.Empty(dtype), name)

    def test_short_last_group(self):
        master, mask = self.rich()
        self.compress(master, "-s", 5, "--partial", "keep", "-c", "zstd", "-u", 4, "-1", 2)
        groups = [(1, 5), (6, 10), (11, 11)]
        _, after = self.walk(master, 1, 5, groups, mask, saturation=49995, depth=32, codec="zstd")
        [step] = [n.split("/")[2] for n in after if n.endswith("/images_in_last_frame")]
        self.assertEqual(after[f"/entry/{step}/step"].value, "sum")
        self.assertEqual(after[f"/entry/{step}/parameters/images_in_last_frame"].value, 1)
        self.assertAlmostEqual(after["/entry/sample/goniometer/omega_range_total"].value, 1.1, places=5)

    def test_nothing_but_storage(self):
        master, mask = self.rich()
        with h5py.File(master, "r+") as f:
            f["entry/" + DET + "sensor_material"][()] = "Diamond"
        self.compress(master, "-c", "bslz4")
        _, after = self.walk(master, 1, 1, [(k, k) for k in range(N)], mask, saturation=9999)
        self.assertEqual(after["/entry/" + DET + "sensor_material"].value, "Diamond")    # a name we do not know stays
        self.assertNotIn("/entry/" + SPECIFIC + "eiger_fw_version", after)
        self.assertIn("/entry/" + SPECIFIC + "detectorModule_000/flatfield", after)

    def test_diamond_dialect(self):
        """Units in mm stay so; a metadata file beside becomes content; the mask finds its place."""
        images, mask = series.frames(N, NY, NX), np.zeros((NY, NX), "i4")
        mask[3, 3] = 1
        for make in (series.nxmx, series.virtual):
            with self.subTest(make.__name__):
                name = make.__name__
                master = series.nxmx(self.folder.name, name, images, 5, mask=mask)
                if make is series.virtual:
                    master = series.virtual(self.folder.name, name, images, 5)
                    with h5py.File(self.at(f"{name}_meta.h5"), "w") as f:
                        f["mask"] = mask
                with h5py.File(self.at(f"{name}_meta.h5"), "r+") as f:
                    f["_dectris/detector_number"] = [b"E-32-0118"]
                    f["_dectris/countrate_correction_count_cutoff"] = np.array([57618])
                with h5py.File(master, "r+") as f:
                    f["entry/sample/transformations/omega"] = 0.1 * np.arange(N)
                    f["entry/sample/transformations/omega"].attrs["vector"] = [-1.0, 0, 0]
                    for other in ("entry/sample/sample_omega/omega", "entry/data/omega"):
                        f[other] = f["entry/sample/transformations/omega"]
                    f["entry/sample/sample_omega"].attrs["NX_class"] = "NXpositioner"
                    f["entry/sample/depends_on"] = b"/entry/sample/transformations/omega"
                    for link, target in (("serial_number", "detector_number"),
                                         ("cutoff", "countrate_correction_count_cutoff"), ("gone", "nothing")):
                        f["entry/instrument/detector/" + link] = h5py.ExternalLink(f"{name}_meta.h5", "/_dectris/" + target)
                said = self.compress(master, "-b", 2, "-s", 2, "-c", "bslz4", "-d", 2)
                self.assertIn("/entry/instrument/detector/gone", said)
                _, after = self.walk(master, 2, 2, [(k, k + 1) for k in range(0, N, 2)], mask.astype("u4"),
                                     saturation=65532)
                same = [after["/entry/" + p].identity for p in
                        ("sample/transformations/omega", "sample/sample_omega/omega", "data/omega")]
                self.assertEqual(len(set(same)), 1)
                self.assertEqual(after["/entry/instrument/detector/x_pixel_size"].attrs["units"], "mm")
                self.assertEqual(after["/entry/instrument/detector/serial_number"].value.tolist(), ["E-32-0118"])
                self.assertEqual(after["/entry/instrument/detectorSpecific/pixel_mask"].kind, "soft")
                np.testing.assert_allclose(after["/entry/instrument/detector/module/fast_pixel_direction"].value, 150e-6)

    def test_an_axis_has_a_value_for_each_image(self):
        """Where it is told by its start and increment alone, has but one value, or something else has its name."""
        images, told = series.frames(N, NY, NX), "sample/goniometer/omega"
        step = {told + "_start": (30.0, "degree"), told + "_increment": (0.5, "degree")}
        for what, fields in (("no array", {**step, told + "_range_average": (0.5, "degree")}),
                             ("one value", {**step, told: (np.array([30.0]), "degree")}),
                             ("one of its end", {told: (np.array([30.0]), "degree"), told + "_end": (np.array([30.5]), "degree"),
                                                 told + "_range_average": (0.5, "degree")}),
                             ("as many as sums", {**step, told: (30 + 0.5 * np.arange(N // 2), "degree")}),
                             ("another that stands", {**step, "sample/goniometer/phi": (np.zeros(N), "degree")}),
                             ("a group", {told: (30 + 0.5 * np.arange(N), "degree"),
                                          "sample/transformations/omega/value": (1.0, None)})):
            with self.subTest(what):
                master = series.filewriter(self.folder.name, "axis", images, fields=fields)
                self.compress(master, "-s", 2)
                with h5py.File(self.at("out_master.h5"), "r") as f:
                    omega = f[f["entry/sample/depends_on"][()]]
                    self.assertEqual(omega.name, "/entry/sample/transformations/omega")
                    np.testing.assert_allclose(omega[()], 30 + np.arange(N // 2))
                    np.testing.assert_allclose(omega.attrs["vector"], [-1, 0, 0])
                    if what != "a group":
                        np.testing.assert_allclose(f["entry/sample/transformations/omega_end"][()], 31 + np.arange(N // 2))
                self.compress(master, "-1", 4)
                with h5py.File(self.at("out_master.h5"), "r") as f:
                    if what not in ("a group", "another that stands"):
                        np.testing.assert_allclose(f["entry/sample/transformations/omega"][()], 31.5 + 0.5 * np.arange(N - 3))

    def test_axes_of_detectors_that_dxtbx_knows(self):
        for serial, vector in (("E-32-0112", [1, 0, 0]), ("Eiger 16M, S/N E-32-0105", [0, 1, 0]), ("E-32-0100", [-1, 0, 0])):
            master = series.filewriter(self.folder.name, "run", series.frames(N, NY, NX), fields={
                DET + "detector_number": (serial, None), "sample/goniometer/omega": (0.1 * np.arange(N), "degree")})
            self.compress(master)
            with h5py.File(self.at("out_master.h5"), "r") as f:
                self.assertEqual(f["entry/sample/transformations/omega"].attrs["vector"].tolist(), vector)

    def test_times_of_what_is_selected(self):
        """They move where frames follow one another at a known time."""
        at = "2024-02-29T23:59:%02d.50"
        fields = {"start_time": (at % 10, None), "end_time": (at % 34, None), "end_time_estimated": (at % 40, None),
                  SPECIFIC + "data_collection_date": (at % 9, None), DET + "frame_time": (2000.0, "ms")}
        cut = {SPECIFIC + "nimages": (np.uint32(4), None), SPECIFIC + "ntrigger": (np.uint32(3), None)}
        each = {SPECIFIC + "nimages": (np.uint32(1), None), SPECIFIC + "ntrigger": (np.uint32(N), None)}
        for more, options, expected in (
                ({}, [], (10, 34, 40, 9)), ({}, ["-1", 4, "-N", 9, "-s", 3], (16, 28, 34, 15)),
                (each, ["-1", 4, "-N", 9], (16, 28, 34, 15)), ({}, ["-s", 5], (10, 30, 36, 9)),
                (cut, ["-1", 5], (10, 34, 40, 9)), ({DET + "frame_time": None}, ["-1", 4], (10, 34, 40, 9))):
            with self.subTest(f"{options} {list(more)}"):
                self.compress(series.filewriter(self.folder.name, "run", series.frames(N, NY, NX), fields={**fields, **more}),
                              *options, "--minicbf", self.at("out"))
                after = trees.read(self.at("out_master.h5"))
                names = ("start_time", "end_time", "end_time_estimated", SPECIFIC + "data_collection_date")
                self.assertEqual([after["/entry/" + n].value for n in names], [at % s for s in expected])
                moves = more is not cut and DET + "frame_time" not in more
                step = 2 * (options[options.index("-s") + 1] if "-s" in options else 1) * moves
                for n in (0, 1):
                    self.assertIn(f"# {at % (expected[0] + n * step)}0\r\n".encode(),
                                  read_bytes(self.at(f"out_{n + 1:06d}.cbf"))[:2000])

    def test_a_beam_centre_in_mm(self):
        centre = {DET + "beam_center_x": (np.float32(26.5 * 0.075), "mm"), DET + "beam_center_y": (18.25 * 75e-6, "m")}
        for b in (1, 2):
            said = self.compress(series.filewriter(self.folder.name, "run", series.frames(N, NY, NX), fields=centre),
                                 "-s", 2, "-b", b)
            self.assertIn(f"ORGX= {26.5 / b + 0.5:.2f} ORGY= {18.25 / b + 0.5:.2f}\n", said)
            with h5py.File(self.at("out_master.h5"), "r") as f:
                for name, pixels in (("beam_center_x", 26.5), ("beam_center_y", 18.25)):
                    self.assertAlmostEqual(float(f["entry/" + DET + name][()]), pixels / b, places=5)
                    self.assertEqual(f["entry/" + DET + name].attrs["units"], b"pixel")

    def test_a_beam_centre_in_pixels_that_says_metres(self):
        """One beside the detector, or far off it as where it is on an arm, may be true."""
        for unit, x, pixels in (("m", 26.5, 26.5), ("mm", 26.5, 26.5 / 0.075), ("mm", 7.5, 100), ("m", -0.003, -40),
                                ("m", 0.375, 5000)):
            centre = {DET + "beam_center_x": (x, unit), DET + "beam_center_y": (18.25, "pixel")}
            with self.subTest(f"{x} {unit}"):
                said = self.compress(series.filewriter(self.folder.name, "run", series.frames(N, NY, NX), fields=centre))
                self.assertEqual("far off any detector" in said, (unit, x) == ("m", 26.5), said)
                with h5py.File(self.at("out_master.h5"), "r") as f:
                    self.assertAlmostEqual(float(f["entry/" + DET + "beam_center_x"][()]), pixels, places=3)
                    self.assertEqual(f["entry/" + DET + "beam_center_x"].attrs["units"], b"pixel")

    def test_a_small_data_size(self):
        """Its type has no room for that of the images."""
        master = series.filewriter(self.folder.name, "run", series.frames(2, 60, 300), fields={
            DET + "module/data_origin": (np.array([0, 0], "u1"), None),
            DET + "module/data_size": (np.array([50, 200], "u1"), "pixel")})
        self.compress(master)
        with h5py.File(self.at("out_master.h5"), "r") as f:
            size = f["entry/" + DET + "module/data_size"]
            self.assertEqual((size[()].tolist(), size.attrs["units"]), ([60, 300], b"pixel"))

    def test_modules_of_a_detector_of_several(self):
        size = {DET + "module_a/data_size": (np.array([20, NX], "i4"), None),
                DET + "module_a/data_origin": (np.array([0, 0], "i4"), None),
                DET + "module_b/data_size": (np.array([NY - 20, NX], "i4"), None),
                DET + "module_b/data_origin": (np.array([20, 0], "i4"), None)}
        master = series.filewriter(self.folder.name, "run", series.frames(N, NY, NX), fields=size)
        with h5py.File(master, "r+") as f:
            for name in "ab":
                f["entry/" + DET + "module_" + name].attrs["NX_class"] = "NXdetector_module"
        for b in (1, 2):
            self.compress(master, "-b", b)
            with h5py.File(self.at("out_master.h5"), "r") as f:
                for name in "ab":
                    for field in ("data_size", "data_origin"):
                        was = size[f"{DET}module_{name}/{field}"][0]
                        self.assertEqual(f[f"entry/{DET}module_{name}/{field}"][()].tolist(), (-(-was // b)).tolist())

    def test_a_map_of_saturation(self):
        master = series.filewriter(self.folder.name, "run", series.frames(N, NY, NX), fields={
            DET + "saturation_value": (np.full((NY, NX), 9000, "u4"), None)})
        for options, most, shape in (([], 9000, (NY, NX)), (["-b", 2, "-u", 4], 36000, (NY // 2 + 1, NX // 2 + 1))):
            self.compress(master, *options)
            with h5py.File(self.at("out_master.h5"), "r") as f:
                self.assertEqual(np.unique(f["entry/" + DET + "saturation_value"][()]).tolist(), [most])
                self.assertEqual(f["entry/" + DET + "saturation_value"].shape, shape)

    # ---- the files -----------------------------------------------------------------------------

    def test_links_and_virtual_dataset(self):
        master, _ = self.rich()
        self.compress(master, "-d", 5, "-q", "out_file", "-H", 2, "-c", "bslz4")
        with h5py.File(self.at("out_master.h5"), "r") as f:
            data = f["entry/data"]
            self.assertEqual(f.id.get_create_plist().get_version()[0], 0)
            self.assertEqual(sorted(data), ["data", "data_000001", "data_000002", "data_000003"])
            for k in range(3):
                link = data.get(f"data_{k + 1:06d}", getlink=True)
                self.assertEqual((link.filename, link.path), (f"out_{k + 1:06d}.h5", "/entry/data/data"))
            self.assertEqual([s.file_name for s in data["data"].virtual_sources()],
                             [f"out_{k + 1:06d}.h5" for k in range(3)])
            parts = np.concatenate([data[f"data_{k + 1:06d}"][()] for k in range(3)])
            np.testing.assert_array_equal(data["data"][()], parts)
            numbers = [(data[k].attrs["image_nr_low"], data[k].attrs["image_nr_high"]) for k in sorted(data) if k != "data"]
            self.assertEqual(numbers, [(1, 5), (6, 10), (11, 12)])
            self.assertEqual(f["entry/squash/data_000002/data_000006"].attrs["scale"], 2)
            self.assertEqual([n.decode() for n in f["entry/l_bnl_compress/data_files"]],
                             [f"out_{k + 1:06d}.h5" for k in range(3)])
        os.remove(self.at("out_000002.h5"))
        with h5py.File(self.at("out_master.h5"), "r") as f:
            self.assertTrue((f["entry/data/data"][5:10] == 65535).all())      # masked, not dark

    def test_one_file(self):
        master, _ = self.rich()
        self.compress(master)
        with h5py.File(self.at("out_master.h5"), "r") as f:
            self.assertEqual(list(f["entry/data"]), ["data_000001"])
            self.assertEqual(f["entry/data"].attrs["signal"], b"data_000001")
            self.assertNotIn("squash", f["entry"])

    def test_mask_layout(self):
        big = series.frames(2, 200, 300)
        for mask in (None, np.tile(np.array([0, 0, 0, 1 << 20 | 2], "u4"), (200, 75))):
            master = series.filewriter(self.folder.name, "big", big, mask=mask)
            for codec, filters in (("bslz4", []), ("none", []), ("zstd", [2, 1]), ("bshuf", [2, 1])):
                self.compress(master, "-c", codec)
                with h5py.File(self.at("out_master.h5"), "r") as f:
                    stored = f["entry/" + SPECIFIC + "pixel_mask"]
                    create = stored.id.get_create_plist()
                    self.assertEqual([create.get_filter(i)[0] for i in range(create.get_nfilters())], filters)
                    self.assertEqual(stored.chunks is None, not filters)
                    self.assertGreater(stored.id.get_storage_size(), 0)
                    self.assertEqual(stored.dtype, np.uint32)
                    np.testing.assert_array_equal(stored[()], 0 if mask is None else mask & 0xffff)
                    self.assertEqual(f["entry/instrument/detector"].get("pixel_mask", getlink=True).path,
                                     "/entry/" + SPECIFIC + "pixel_mask")

    def test_same_bytes(self):
        master, _ = self.rich()
        with h5py.File(master, "r+") as f:
            f["entry/instrument/detector/data"] = h5py.SoftLink("/entry/data/data_000001")

        def digests(out, *options):
            os.mkdir(self.at(out))
            self.compress(master, "-b", 2, "-s", 2, "-d", 2, *options, out=out + "/x")
            return {name: hashlib.sha256(read_bytes(os.path.join(self.at(out), name))).hexdigest()
                    for name in os.listdir(self.at(out))}

        one = digests("one", "-p", 1)
        self.assertEqual(one, digests("two", "-p", 2))
        self.assertEqual(digests("alone", "-p", 3, "-t", 0), {"x_master.h5": one["x_master.h5"]})

    def test_history(self):
        master, _ = self.rich()
        self.compress(master, "-s", 2, "-d", 2, "-q", "out_file", "-H", 2, out="first")
        self.compress(self.at("first_master.h5"), "-b", 2, out="second")
        first, second = trees.read(self.at("first_master.h5")), trees.read(self.at("second_master.h5"))
        for path, node in first.items():
            if "/process_" in path and node.kind == "dataset":
                self.assertEqual(second[path].value, node.value, path)
        steps = [second[f"/entry/process_{n}/step"].value for n in range(1, 99) if f"/entry/process_{n}" in second]
        self.assertEqual(steps[:1] + steps[-1:], ["select", "store"])
        self.assertEqual([second[f"/entry/process_{n + 1}/sequence_index"].value for n in range(len(steps))],
                         list(range(1, len(steps) + 1)))
        self.assertNotIn("/entry/squash", second)           # it belonged to the first
        self.assertEqual(second["/entry/l_bnl_compress/data_frames"].value.tolist(), [6])

    # ---- every kind of object ------------------------------------------------------------------

    def test_kinds_of_objects(self):
        master, _ = self.rich()
        with h5py.File(master, "r+") as f:
            site = f.create_group("entry/site")
            site.attrs["variable"] = "text of any length"
            site.attrs["list"] = np.array(["a", "bcd"], dtype=h5py.string_dtype())
            site.attrs["empty"] = h5py.Empty("f8")
            site.attrs["complex"] = np.array([1 + 2j])
            site["variable"] = np.array(["one", "", "three"], dtype=h5py.string_dtype())
            site["unicode"] = "Å ü"
            site["padded"] = np.array([b"ab  "], dtype="S6")
            ragged = site.create_dataset("ragged", (2,), dtype=h5py.vlen_dtype("i4"))
            ragged[0], ragged[1] = np.arange(3), np.arange(5)
            site["pairs"] = np.array([(1, 2.5), (3, 4.5)], dtype=[("n", "i4"), ("x", "f8")])
            site["opaque"] = np.void(b"\x01\x02\x03")
            site["colour"] = np.array([2, 1], dtype=h5py.enum_dtype({"RED": 1, "GREEN": 2}, basetype="i4"))
            site["big_endian"] = np.arange(4, dtype=">i8")
            site["nothing"] = h5py.Empty("i4")
            site["none_long"] = np.zeros((0, 5))
            site["type"] = np.dtype("f8")
            site["typed"] = np.arange(3.0)
            site["reference"] = np.array([site.ref], dtype=h5py.ref_dtype)
            site["table"] = np.random.default_rng(1).integers(0, 9, (300, 90))
            site["soft"] = h5py.SoftLink("table")
            site["chain"] = h5py.SoftLink("/entry/site/soft")
            site["lost"] = h5py.SoftLink("/entry/nowhere")
            site["to_images"] = h5py.SoftLink("/entry/data/data_000001")
            site["again"] = site["table"]
            site["deeper/down"] = site["table"]
            site["same_group"] = site["deeper"]
            site["time_stamps"] = np.array([b"2024-01-%02d" % (n + 1) for n in range(N)])
        said = self.compress(master, "-s", 2)
        for word in ("/entry/site/reference", "/entry/site/lost"):
            self.assertIn(word, said)
        with h5py.File(master, "r") as a, h5py.File(self.at("out_master.h5"), "r") as b:
            site, copy = a["entry/site"], b["entry/site"]
            self.assertEqual(copy.attrs["variable"], b"text of any length")
            self.assertEqual(copy.attrs["list"].tolist(), [b"a", b"bcd"])
            self.assertIsInstance(copy.attrs["empty"], h5py.Empty)
            self.assertEqual(copy.attrs["complex"], 1 + 2j)
            self.assertEqual(copy["variable"][()].tolist(), [b"one", b"", b"three"])
            self.assertEqual(copy["unicode"][()].decode(), "Å ü")
            self.assertEqual(copy["padded"][0], b"ab  ")
            for name in ("pairs", "colour", "big_endian", "typed", "table", "soft", "chain", "none_long"):
                np.testing.assert_array_equal(copy[name][()], site[name][()])
                self.assertEqual(copy[name].dtype, site[name].dtype)
            self.assertEqual(copy["opaque"][()].tobytes(), b"\x01\x02\x03")
            self.assertEqual([x.tolist() for x in copy["ragged"]], [[0, 1, 2], [0, 1, 2, 3, 4]])
            self.assertIsNone(copy["nothing"].shape)
            self.assertIsInstance(copy["type"], h5py.Datatype)
            self.assertEqual(copy["time_stamps"][()].tolist(), [b"2024-01-%02d" % (n + 1) for n in range(0, N, 2)])
            self.assertEqual(copy["table"], copy["again"])
            self.assertEqual(copy["table"], copy["deeper/down"])
            self.assertEqual(copy["deeper"], copy["same_group"])
            self.assertIn("to_images", copy)
            self.assertFalse({"reference", "lost"} & set(copy))
        self.assertEqual(trees.strings_are_terminated(self.at("out_master.h5")), [])

    def test_soft_groups(self):
        master, _ = self.rich()
        with h5py.File(master, "r+") as f:
            f["entry/sample/beam"] = h5py.SoftLink("/entry/instrument/beam")
            f["entry/sample/transformations"] = h5py.SoftLink("goniometer")
            f["entry/instrument/detector/data"] = h5py.SoftLink("/entry/data/data_000001")
            f["entry/instrument/detector/mask"] = h5py.SoftLink("pixel_mask")
        self.compress(master, "-b", 2)
        with h5py.File(self.at("out_master.h5"), "r") as f:
            for path, target in (("sample/beam", "/entry/instrument/beam"), ("sample/transformations", "goniometer"),
                                 (DET + "data", "/entry/data/data_000001"), (DET + "mask", "pixel_mask")):
                self.assertEqual(f["entry"].get(path, getlink=True).path, target)
            self.assertEqual(f["entry/sample/depends_on"][()], b"/entry/sample/transformations/omega")
            self.assertEqual(f["entry/sample/goniometer/omega"].attrs["depends_on"], b".")
            self.assertEqual(f["entry"][DET + "data"].shape, (N, 19, 27))

    def test_dangling_groups(self):
        """Links to groups that are gone give way to what NXmx wants there."""
        master, _ = self.rich()
        with h5py.File(master, "r+") as f:
            f["entry/sample/beam"] = h5py.SoftLink("/entry/instrument/gone")
            f["entry/instrument/detector/transformations"] = h5py.ExternalLink("gone.h5", "/transformations")
        self.compress(master)
        with h5py.File(self.at("out_master.h5"), "r") as f:
            self.assertAlmostEqual(f["entry/sample/beam/incident_wavelength"][()], 0.9795, places=6)
            self.assertEqual(f["entry/instrument/detector/transformations/translation"].attrs["units"], b"m")

    def test_beside_the_images(self):
        """Only images and axes stay in NXdata."""
        master, _ = self.rich()
        with h5py.File(master, "r+") as f:
            data = f["entry/data"]
            data["omega"] = 0.1 * np.arange(N)
            data.attrs["axes"] = "omega"
            data["note"] = b"text"
            data["table"] = np.arange(12).reshape(4, 3)
            data["logs/temperature"] = np.arange(N)
            data["squash_000001"] = h5py.ExternalLink("run_squash_000001.h5", "/entry/data")
        self.compress(master, "-s", 2)
        with h5py.File(self.at("out_master.h5"), "r") as f:
            self.assertEqual(sorted(f["entry/data"]), ["data_000001", "note", "omega"])
            self.assertEqual(f["entry/data"].attrs["axes"], b"omega")
            np.testing.assert_allclose(f["entry/data/omega"][()], 0.2 * np.arange(N // 2))
            np.testing.assert_array_equal(f["entry/data_beside/table"][()], np.arange(12).reshape(4, 3))
            self.assertEqual(f["entry/data_beside"].attrs["NX_class"], b"NXcollection")
            self.assertEqual(f["entry/data_beside/logs/temperature"].shape, (N // 2,))

    def test_detector_in_another_file(self):
        master, mask = self.rich()
        with h5py.File(master, "r+") as f, h5py.File(self.at("other.h5"), "w") as other:
            f.copy("entry/instrument/detector", other, "device")
            del other["device/pixel_mask"]
            other["device/pixel_mask"] = h5py.SoftLink("/device/detectorSpecific/pixel_mask")
            del f["entry/instrument/detector"]
            f["entry/instrument/detector"] = h5py.ExternalLink("other.h5", "/device")
        self.compress(master, "-b", 2)
        with h5py.File(self.at("out_master.h5"), "r") as f:
            detector = f["entry/instrument/detector"]
            self.assertEqual(detector.attrs["NX_class"], b"NXdetector")
            self.assertEqual(detector["depends_on"][()], b"/entry/instrument/detector/transformations/translation")
            self.assertEqual(detector["pixel_mask"].shape, (19, 27))
            np.testing.assert_allclose(detector["x_pixel_size"][()], 150e-6)
            self.assertNotIn("device", f)

    def test_second_detector(self):
        master, _ = self.rich()
        with h5py.File(master, "r+") as f:
            other = f.create_group("entry/instrument/diode")
            other.attrs["NX_class"] = "NXdetector"
            other["data"] = np.arange(5)
            f.create_group("entry/thumbnails").attrs["NX_class"] = "NXdata"
        self.assertIn("/entry/instrument/diode", self.compress(master))
        with h5py.File(self.at("out_master.h5"), "r") as f:
            self.assertEqual(f["entry/instrument/diode"].attrs["NX_class"], b"NXcollection")
            self.assertEqual(f["entry/thumbnails"].attrs["NX_class"], b"NXcollection")
            self.assertEqual(f["entry/instrument/detector"].attrs["NX_class"], b"NXdetector")
            self.assertEqual(f["entry/instrument/diode/data"][()].tolist(), [0, 1, 2, 3, 4])

    # ---- masters that mean harm ----------------------------------------------------------------

    def test_cycles(self):
        master, _ = self.rich()
        with h5py.File(master, "r+") as f:
            f["entry/loop"] = f["entry"]
            f["entry/top"] = f["/"]
            f["entry/sample/up"] = f["entry/instrument"]
            f["entry/instrument/down"] = f["entry/sample"]
            f["entry/self"] = h5py.SoftLink("/entry/self")
            f["entry/out"] = h5py.ExternalLink("run_master.h5", "/")
            f["entry/outside"] = h5py.ExternalLink("other.h5", "/")
        with h5py.File(self.at("other.h5"), "w") as f:
            f["back"] = h5py.ExternalLink("run_master.h5", "/entry")
            f["on"] = h5py.ExternalLink("other.h5", "/")
        self.compress(master, "-b", 2)
        with h5py.File(self.at("out_master.h5"), "r") as f:
            self.assertEqual(f["entry/loop"], f["entry"])
            self.assertEqual(f["entry/top"], f["/"])
            self.assertEqual(f["entry/sample/up"], f["entry/instrument"])
            self.assertEqual(f["entry/outside/back"], f["entry"])
            self.assertNotIn("self", f["entry"])

    def test_depth(self):
        master, _ = self.rich()
        with h5py.File(master, "r+") as f:
            group = f.create_group("entry/deep")
            for _ in range(100):
                group = group.create_group("d")
        said = self.compress(master, status=1)
        self.assertIn("nested", said)
        self.assertFalse(os.path.exists(self.at("out_master.h5")))

    def test_absurd_sizes(self):
        master, _ = self.rich()
        with h5py.File(master, "r+") as f:
            f.create_dataset("entry/vast", (1 << 45,), "f8", chunks=(1 << 20,))
            f.create_dataset("entry/large", (1 << 28, 8), "u1", chunks=(1 << 20, 8))
            f.create_dataset("entry/sample/goniometer/vast", (1 << 40,), "f8", chunks=(1 << 20,))
        said = self.compress(master)
        for name in ("/entry/vast", "/entry/large", "/entry/sample/goniometer/vast"):
            self.assertIn(name, said)

    def test_chain_of_files(self):
        """Each file leads to the next twice: as paths they are more than there are atoms."""
        master, _ = self.rich()
        for n in range(40):
            with h5py.File(self.at(f"chain{n}.h5"), "w") as f:
                f["a"] = f["b"] = h5py.ExternalLink(f"chain{n + 1}.h5", "/")
        with h5py.File(master, "r+") as f:
            f["entry/chain"] = h5py.ExternalLink("chain0.h5", "/")
        self.compress(master)

    def test_flood_of_warnings(self):
        master, _ = self.rich()
        with h5py.File(master, "r+") as f:
            site = f.create_group("entry/site")
            for n in range(5000):
                site[f"n{n}"] = h5py.ExternalLink("gone.h5", "/x")
        said = self.compress(master)
        self.assertIn("4900 more messages", said)
        self.assertLess(len(said.splitlines()), 150)

    def test_damage(self):
        """Bytes of the master's tree overwritten: an error or a master, never a crash."""
        master, _ = self.rich()
        clean = read_bytes(master)
        rng = np.random.default_rng(7)
        for _ in range(100 if os.environ.get("LBC_LONG") == "1" else 20):
            dirty = bytearray(clean)
            for at in rng.integers(96, len(clean), 8):
                dirty[at] = rng.integers(0, 256)
            with open(master, "wb") as f:
                f.write(dirty)
            done = subprocess.run([series.program("l_bnl_compress"), "-i", master, "-o", self.at("hurt/out"),
                                   "--overwrite", "-b", "2", "-N", "4"], capture_output=True, text=True, timeout=120)
            self.assertIn(done.returncode, (0, 1), done.stderr)
            shutil.rmtree(self.at("hurt"), ignore_errors=True)


if __name__ == "__main__":
    unittest.main()
