#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where the detector and its modules are, in masters that say it in several ways or wrongly, and what else is told of
single pixels: the maps of channels, peaks."""
import os
import subprocess
import tempfile
import unittest

import h5py
import hdf5plugin  # noqa: F401  registers the filters
import numpy as np

import series

NY, NX, N = 37, 53, 12
DET = "instrument/detector/"


class Geometry(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.images = series.frames(N, NY, NX)

    def at(self, name):
        return os.path.join(self.folder.name, name)

    def compress(self, master, *options, status=0):
        done = subprocess.run([series.program("l_bnl_compress"), "-i", master, "-o", self.at("out"), "--overwrite",
                               *map(str, options)], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stderr

    def modules(self, make=series.filewriter, **modules):
        """A master with modules: name=(origin, size)."""
        fields = {}
        for name, (origin, size) in modules.items():
            fields[DET + name + "/data_origin"] = (np.array(origin, "i4"), None)
            fields[DET + name + "/data_size"] = (np.array(size, "i4"), None)
        master = make(self.folder.name, "run", self.images, fields=fields)
        with h5py.File(master, "r+") as f:
            for name in modules:
                f["entry/" + DET + name].attrs["NX_class"] = "NXdetector_module"
        return master

    def field(self, name, dataset="out_master.h5"):
        with h5py.File(self.at(dataset), "r") as f:
            return f["entry/" + DET + name][()].tolist()


class Modules(Geometry):
    def test_edges_that_fall_on_bins(self):
        """The last module hangs over the image's own edge, as an image of one module would."""
        master = self.modules(a=((0, 0), (12, 24)), b=((0, 24), (12, NX - 24)), c=((18, 0), (NY - 18, NX)))
        for bin_ in (1, 2, 3, 6):
            self.compress(master, "-b", bin_)
            for name, origin, end in (("a", (0, 0), (12, 24)), ("b", (0, 24), (12, NX)), ("c", (18, 0), (NY, NX))):
                got = np.array(self.field(name + "/data_origin")), np.array(self.field(name + "/data_size"))
                np.testing.assert_array_equal(got[0] * bin_, origin)
                np.testing.assert_array_equal(got[0] + got[1], -(-np.array(end) // bin_))

    def test_edges_inside_of_bins(self):
        """Rounded one by one, the first two would share a row, and the third would move by half a pixel."""
        whole, upper = (12, 24), ((0, 0), (19, NX))
        for what, at_fault, divisor, modules in (
                ("a shared row", "a", 19, {"a": upper, "b": ((19, 0), (NY - 19, NX))}),
                ("of two divisors", "a", 15, {"a": ((0, 0), (15, NX)), "b": ((15, 0), (NY - 15, NX))}),
                ("a gap that hides it", "a", 1, {"a": upper, "b": ((20, 0), (NY - 20, NX))}),
                ("moved in part", "b", 1, {"a": ((0, 0), (20, 24)), "b": ((0, 25), (20, NX - 25))}),
                ("one, not at the corner", "a", 1, {"a": ((0, 3), (NY, 20))}),
                ("behind an index", "b", 3, {"a": ((0, 0, 0), (1, *whole)), "b": ((0, 15, 0), (1, *whole))})):
            with self.subTest(what):
                master = self.modules(**modules)
                before = sorted(os.listdir(self.folder.name))
                said = self.compress(master, "-b", 2, status=1)
                self.assertEqual(sorted(os.listdir(self.folder.name)), before)
                self.assertEqual(len(said.splitlines()), 1, said)
                self.assertIn(f"{master}: -b 2 ", said)
                origin, size = modules[at_fault]
                for part in (f"/entry/instrument/detector/{at_fault} ", f"data_origin {origin[-2]} {origin[-1]}",
                             f"data_size {size[-2]} {size[-1]}", f"-b 1, or a divisor of {divisor}\n" if divisor > 1 else "-b 1\n"):
                    self.assertIn(part, said)
                self.compress(master, "-b", 1)
                os.remove(self.at("out_master.h5"))
                os.remove(self.at("out_000001.h5"))
                if divisor > 1:
                    self.compress(master, "-b", divisor)
                    os.remove(self.at("out_master.h5"))
                    os.remove(self.at("out_000001.h5"))

    def test_one_module_is_the_whole_image(self):
        """Whatever its size says; turned round is how many masters have it."""
        for size, told in (((NY, NX), False), ((NX, NY), False), ((NY - 8, NX - 5), True), ((NX - 5, NY - 8), True),
                           ((2 * NY, NX), True)):
            master = self.modules(module=((0, 0), size))
            for bin_ in (1, 2):
                with self.subTest(size=size, bin=bin_):
                    said = self.compress(master, "-b", bin_)
                    self.assertEqual(self.field("module/data_size"), [-(-NY // bin_), -(-NX // bin_)])
                    self.assertEqual(self.field("module/data_origin"), [0, 0])
                    about = [line for line in said.splitlines() if "data_size" in line]
                    self.assertEqual(len(about), told, said)
                    if told:
                        self.assertIn(f"{master}: /entry/{DET}module has a data_size of {size[0]} {size[1]}", about[0])
                        self.assertIn(f"{NY} {NX} pixels", about[0])

    def test_groups_of_that_name(self):
        """Without a class it is a module all the same, and gets its class; of another class, or no group, it is none."""
        for what, nx_class in (("no class", None), ("another", "NXcollection"), ("no group", "")):
            with self.subTest(what):
                master = self.modules(module=((0, 0), (NY, NX)))
                with h5py.File(master, "r+") as f:
                    detector = f["entry/" + DET]
                    del detector["module"].attrs["NX_class"]
                    if nx_class:
                        detector["module"].attrs["NX_class"] = nx_class
                    elif nx_class == "":
                        del detector["module"]
                        detector["module"] = 5
                self.compress(master, "-b", 2)
                with h5py.File(self.at("out_master.h5"), "r") as f:
                    module = f["entry/" + DET + "module"]
                    if nx_class is None:
                        self.assertEqual(module.attrs["NX_class"], b"NXdetector_module")
                        self.assertEqual(module["data_size"][()].tolist(), [19, 27])
                    elif nx_class:
                        self.assertEqual(module["data_size"][()].tolist(), [NY, NX])


class Cosines(Geometry):
    """geometry/orientation and geometry/translation of FileWriter 1; test_dials.py compares them with what dxtbx sees."""

    def turned(self, orientation, distances, unit="m", **more):
        fields = {DET + "geometry/orientation/value": (np.array(orientation), None),
                  DET + "geometry/translation/distances": (np.array(distances), unit), **more}
        return series.filewriter(self.folder.name, "run", self.images, fields=fields)

    def vectors(self):
        with h5py.File(self.at("out_master.h5"), "r") as f:
            module = f["entry/" + DET + "module"]
            offset = module["module_offset"]
            return (module["fast_pixel_direction"].attrs["vector"], module["slow_pixel_direction"].attrs["vector"],
                    offset[()] * offset.attrs["vector"])

    def test_units(self):
        """The corner is told from the sample, and module_offset from the beam at the distance, 0.125 m."""
        for unit, scale in (("m", 1), ("mm", 1e3)):
            master = self.turned([-1, 0, 0, 0, -0.8, 0.6], scale * np.array([0.002, 0.05, -0.12]), unit)
            self.assertNotIn("geometry", self.compress(master, "-b", 2))
            for got, expected in zip(self.vectors(), ([-1, 0, 0], [0, -0.8, -0.6], [0.002, 0.05, -0.005])):
                np.testing.assert_allclose(got, expected, atol=1e-9)

    def test_upright(self):
        """The usual values, values that are none, and a chain of axes, which has the word."""
        corner = np.array([26.5, 18.25]) * np.float32(7.5e-5)
        chain = {DET + "depends_on": ("/entry/instrument/detector/transformations/arm", None),
                 DET + "transformations/arm": (20.0, "deg")}
        usual, odd = [-1.0, 0, 0, 0, -1, 0], [-1.0, 0, 0, 0, -0.8, 0.6]
        for what, orientation, distances, more in (("usual", usual, [*corner, -0.125], {}),
                                                   ("no directions", 6 * [0.5], [0, 0.1, -0.125], {}),
                                                   ("three numbers", [-1.0, 0, 0], [0, 0.1, -0.125], {}),
                                                   ("chain", odd, [0, 0.1, -0.125], chain)):
            with self.subTest(what):
                said = self.compress(self.turned(orientation, distances, **more))
                self.assertEqual("/entry/instrument/detector/geometry/orientation/value" in said, what == "no directions")
                for got, expected in zip(self.vectors(), ([-1, 0, 0], [0, -1, 0], [*corner, 0])):
                    np.testing.assert_allclose(got, expected, rtol=1e-12)


class Pixels(Geometry):
    def test_channels(self):
        """What a threshold has for itself goes the way of the detector's own, and its mask stays its own."""
        group, mask = DET + "threshold_1_channel/", np.zeros((NY, NX), "u4")
        mask[4, 5] = 4
        fields = {"saturation_value": (np.uint32(9000), None), "underload_value": (np.int32(-5), None),
                  "flatfield": (np.arange(NY * NX, dtype="f4").reshape(NY, NX), None), "pixel_mask": (mask, None),
                  "threshold_energy": (np.array([6000.0, 9000.0]), "eV"), "flatfield_applied": (np.int32(7), None)}
        master = series.filewriter(self.folder.name, "run", self.images, fields={
            DET + "saturation_value": (np.uint32(9000), None), **{group + k: v for k, v in fields.items()}})
        with h5py.File(master, "r+") as f:
            f["entry/" + group].attrs["NX_class"] = "NXdetector_channel"
        self.compress(master, "-b", 2, "-s", 3, "-u", 4)
        with h5py.File(self.at("out_master.h5"), "r") as f:
            channel, detector = f["entry/" + group], f["entry/" + DET]
            self.assertEqual(channel.attrs["NX_class"], b"NXdetector_channel")
            self.assertEqual(channel["saturation_value"][()], 2 * 2 * 3 * 9000)
            self.assertEqual(channel["underload_value"][()], 0)
            self.assertEqual(channel["flatfield_applied"][()], 1)
            self.assertEqual(channel["threshold_energy"][()].tolist(), [6000, 9000])
            self.assertEqual(channel["flatfield"][0, 0], (0 + 1 + NX + NX + 1) / 4)
            edge = np.zeros((19, 27), "u4")
            edge[-1] = edge[:, -1] = 1
            np.testing.assert_array_equal(detector["pixel_mask"][()], edge)
            edge[2, 2] = 4
            np.testing.assert_array_equal(channel["pixel_mask"][()], edge)
        self.compress(master)
        with h5py.File(self.at("out_master.h5"), "r") as f:
            np.testing.assert_array_equal(f["entry/" + group + "pixel_mask"][()], mask)

    def test_peaks(self):
        """They stay with the images they are of, and are not told of others."""
        x, n = np.random.default_rng(5).uniform(0, NX, (N, 30)), np.arange(N)
        fields = {"result_1/nPeaks": (n, None), "result_1/peakXPosRaw": (x, None), "result_1/peakYPosRaw": (x / 2, None),
                  "result_1/note": ("by hand", None)}
        master = series.filewriter(self.folder.name, "run", self.images, fields=fields)
        self.assertNotIn("left out", self.compress(master, "-1", 3))
        with h5py.File(self.at("out_master.h5"), "r") as f:
            np.testing.assert_array_equal(f["entry/result_1/peakXPosRaw"][()], x[2:])
            np.testing.assert_array_equal(f["entry/result_1/nPeaks"][()], n[2:])
        for options in (("-b", 2), ("-s", 2)):
            said = self.compress(master, *options)
            with h5py.File(self.at("out_master.h5"), "r") as f:
                self.assertEqual(list(f["entry/result_1"]), ["note"])
            for name in ("nPeaks", "peakXPosRaw", "peakYPosRaw"):
                self.assertIn(f"{master}: /entry/result_1/{name} is left out", said)


class Goniometer(Geometry):
    def test_arrays_where_autoproc_looks(self):
        """Its imginfo reads goniometer/omega and no other field unless that is missing altogether."""
        told = {"omega_start": 30.0, "omega_increment": 0.5, "chi_start": 45.0, "chi_increment": 0.0, "phi": [7.0],
                "phi_range_average": 0.0, "kappa": np.arange(N) * 0.25, "kappa_increment": 0.25}
        master = series.filewriter(self.folder.name, "run", self.images, fields={
            **{"sample/goniometer/" + name: (np.array(value), "degree") for name, value in told.items()},
            "sample/depends_on": ("/entry/sample/goniometer/phi", None)})
        with h5py.File(master, "r+") as f:
            f["entry/sample/goniometer/phi"].attrs["vector"] = [0.0, 1, 0]
        for options, first, step in (((), 0, 1), (("-s", 2, "-1", 3), 2, 2)):
            self.compress(master, *options)
            images = first + step * np.arange((N - first) // step)
            with h5py.File(self.at("out_master.h5"), "r") as f:
                axes = f["entry/sample/goniometer"]
                for name, values in (("omega", 30 + 0.5 * images), ("omega_end", 30 + 0.5 * (images + step)),
                                     ("chi", 45 + 0 * images), ("chi_end", 45 + 0 * images), ("phi", 7 + 0 * images),
                                     ("kappa", 0.25 * images)):
                    np.testing.assert_allclose(axes[name][()], values, err_msg=name)
                    self.assertEqual(axes[name].attrs["units"], b"degree")
                self.assertEqual(axes["phi"].attrs["vector"].tolist(), [0, 1, 0])
                self.assertNotIn("kappa_end", axes)


if __name__ == "__main__":
    unittest.main()
