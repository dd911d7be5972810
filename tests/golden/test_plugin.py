# SPDX-License-Identifier: LGPL-2.1-or-later
"""libh5lbc: what HDF5 programs get from codestreams at rest, and what they can write themselves."""
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["LBC_BUILD"])
COMPRESS = BUILD / "bin" / "l_bnl_compress"
import plugin  # before h5py

import h5py
import numpy as np

import series

NY, NX, FRAMES, SATURATION = 150, 212, 4, 3000
MARKED = {"2": 65535, "4": 4294967295, "0": -1}


def made_up_frames():
    """Background, peaks, a gap, bad pixels and overloads, one bad in a single frame."""
    rng = np.random.default_rng(7)
    frames = rng.poisson(2.5, (FRAMES, NY, NX)).astype(np.uint16)
    for frame in frames:
        for y, x in rng.integers(3, 140, (20, 2)):
            frame[y - 1 : y + 2, x - 1 : x + 2] += rng.integers(50, 900, (3, 3)).astype(np.uint16)
    frames[:, 70:76] = 65535
    frames[:, 5, 9] = 65535
    frames[2, 100, 100] = 65535
    frames[1, 20:22, 30:33] = 4000
    frames[3, 0, 0] = 65534
    return frames


def write_series(folder, frames):
    """A master and data files as a FileWriter has them; returns the master."""
    mask = np.zeros((NY, NX), np.uint32)
    mask[70:76] = 1
    mask[5, 9] = 8
    return series.filewriter(folder, "in", frames, mask=mask, fields={
        "instrument/detector/detectorSpecific/countrate_correction_count_cutoff": (np.uint32(SATURATION), None),
        "instrument/detector/description": ("Dectris Eiger 1M", None),
        "instrument/detector/count_time": (np.float32(0.1), "s"),
        "instrument/detector/frame_time": (np.float32(0.1), "s"),
        "sample/goniometer/omega": (np.arange(FRAMES) * 0.1, "degree"),
        "sample/goniometer/omega_range_average": (np.float32(0.1), "degree"),
    })


def run(*command, **more):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=300, **more)


def compress(master, out, *options):
    done = run(COMPRESS, "-i", master, "-o", out, "-p", 2, *options)
    if done.returncode:
        raise AssertionError(f"{done.args}: {done.stderr}")
    return pathlib.Path(f"{out}_000001.h5")


def pixels(path, name="entry/data/data"):
    with h5py.File(path) as f:
        return f[name][()]


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        plugin.need()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="lbc-plugin-"))
        cls.frames = made_up_frames()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def write(self, name, frames, request, chunks=None):
        path = self.folder / name
        with h5py.File(path, "w") as f:
            f.create_dataset("d", data=frames, chunks=chunks or (1, *frames.shape[-2:]), compression=plugin.FILTER,
                             compression_opts=request)
        return path


class Library(Case):
    def test_exports_only_what_hdf5_asks_for(self):
        names = run("nm", "-D", "--defined-only", plugin.LIBRARY).stdout.split()[2::3]
        self.assertEqual(sorted(names), ["H5PLget_plugin_info", "H5PLget_plugin_type"])

    def test_links_no_hdf5_and_no_lossless_codec(self):
        needed = run("readelf", "-d", plugin.LIBRARY).stdout
        for library in ("hdf5", "blosc", "lz4", "zstd", "fits", "libz."):
            self.assertNotIn(library, needed)


class Requests(Case):
    """h5py gives codec and scale or ratio; the rest is filled in from the data set."""

    def marks_are_kept(self, frames, back, limit):
        masked, over = frames >= 65534, (frames > limit) & (frames < 65534)
        np.testing.assert_array_equal(back == 65535, masked)
        np.testing.assert_array_equal(back == limit + 1, over)

    def test_every_request(self):
        for request in ((1, 16), (2, 20), (2, 125, 1), (2, 20, 256), (1, 4, 0, SATURATION), (2, 10, 0, 900)):
            with self.subTest(request=request):
                path = self.write("request.h5", self.frames, request)
                limit = request[3] if len(request) > 3 else 65532
                self.marks_are_kept(self.frames, pixels(path, "d"), limit)
                with h5py.File(path) as f:
                    self.assertLess(f["d"].id.get_storage_size(), self.frames.nbytes / 5)

    def test_scale_1_is_lossless(self):
        expected = np.where(self.frames >= 65534, 65535, self.frames)
        np.testing.assert_array_equal(pixels(self.write("one.h5", self.frames, (1, 1)), "d"), expected)
        for kind in (np.uint32, np.int32):
            values = np.minimum(self.frames, 3000).astype(kind) * 1000
            np.testing.assert_array_equal(pixels(self.write("one.h5", values, (1, 1)), "d"), values)

    def test_images_without_a_frame_axis(self):
        path = self.write("flat.h5", self.frames[0], (1, 1), chunks=(NY, NX))
        np.testing.assert_array_equal(pixels(path, "d"), np.where(self.frames[0] >= 65534, 65535, self.frames[0]))

    def test_gaps_zero(self):
        back = pixels(self.write("zero.h5", self.frames, (1, 1, 0, 2000, 1)), "d")
        np.testing.assert_array_equal(back, np.minimum(self.frames, 2000))

    def test_senseless_requests_say_why(self):
        for request, words in (((1, 0), "scale"), ((3, 1), r"cd_values\[0\] is 3"), ((2, 0), "ratio"),
                               ((2, 10, 2), "layers"), ((1,), "at least two"), ((1, 4, 0, 65533), "largest count")):
            with self.subTest(request=request), self.assertRaisesRegex(ValueError, "libh5lbc: .*" + words):
                self.write("bad.h5", self.frames, request)

    def test_data_sets_that_are_no_images_are_refused(self):
        for values, chunks, words in ((self.frames, (2, NY, NX), "one image each"),
                                      (self.frames.astype(np.float32), None, "uint16, uint32 or int32"),
                                      (self.frames.astype(np.int16), None, "uint16, uint32 or int32"),
                                      (self.frames.astype(">u2"), None, "little-endian")):
            with self.subTest(words), self.assertRaisesRegex(ValueError, "libh5lbc: .*" + words):
                self.write("bad.h5", values, (1, 4), chunks)

    def test_h5repack_writes_what_h5py_writes(self):
        plain, packed = self.folder / "plain.h5", self.folder / "packed.h5"
        with h5py.File(plain, "w") as f:
            f.create_dataset("d", data=self.frames)
        done = run("h5repack", "-l", f"/d:CHUNK=1x{NY}x{NX}", "-f", f"/d:UD={plugin.FILTER},0,2,1,16", plain, packed)
        self.assertEqual(done.returncode, 0, done.stderr)
        np.testing.assert_array_equal(pixels(packed, "d"), pixels(self.write("h5py.h5", self.frames, (1, 16)), "d"))
        # Once more with the params it has now: they are complete, and stay.
        done = run("h5repack", packed, self.folder / "again.h5")
        self.assertEqual(done.returncode, 0, done.stderr)
        np.testing.assert_array_equal(pixels(self.folder / "again.h5", "d"), pixels(packed, "d"))
        done = run("h5repack", "-f", "NONE", packed, self.folder / "unpacked.h5")
        self.assertEqual(done.returncode, 0, done.stderr)
        np.testing.assert_array_equal(pixels(self.folder / "unpacked.h5", "d"), pixels(packed, "d"))

    def test_h5dump_reads(self):
        path = self.write("dump.h5", self.frames, (1, 1))
        done = run("h5dump", "-d", "/d", "-s", "1,20,28", "-c", "1,1,6", "-y", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        values = ", ".join(str(v) for v in self.frames[1, 20, 28:34])
        self.assertIn(values, done.stdout)


class HostileChunks(Case):
    """An HDF5 error with a message, and nothing worse."""

    def chunk_of(self, request):
        with h5py.File(self.write("good.h5", self.frames, request)) as f:
            return f["d"].id.read_direct_chunk((0, 0, 0))[1]

    def read_with(self, request, chunk):
        path = self.write("hostile.h5", self.frames[:1], request)
        with h5py.File(path, "r+") as f:
            f["d"].id.write_direct_chunk((0, 0, 0), chunk)
        return pixels(path, "d")

    def test_damage_is_named(self):
        for request in ((1, 16), (2, 20)):
            good = self.chunk_of(request)
            other = self.chunk_of((3 - request[0], 20))
            flipped = bytearray(good)
            flipped[len(good) // 2] ^= 4
            for chunk, words in ((good[:-1], "cut off"), (good[:20], "does not begin"), (b"", "does not begin"),
                                 (bytes(flipped), "checksum"), (b"XXXX" + good[4:], "does not begin"),
                                 (good[:4] + b"\2" + good[5:], "version 2"), (other, "cd_values say"),
                                 (good[:8] + struct.pack("<I", NY + 1) + good[12:], "cd_values say"),
                                 (good + b"\0", "damaged")):
                if not chunk:
                    continue  # HDF5 takes an empty chunk for one that was never written
                with self.subTest(request=request, words=words), self.assertRaisesRegex(OSError, "libh5lbc: .*" + words):
                    self.read_with(request, chunk)

    def test_forged_codestreams(self):
        """With a right checksum the codec itself must see what is wrong."""
        for request in ((1, 16), (2, 20)):
            good = self.chunk_of(request)
            forged = good[:32] + bytes(len(good) - 32)
            with self.subTest(request=request), self.assertRaisesRegex(OSError, "libh5lbc: .*codestream"):
                self.read_with(request, mend_checksum(forged))


def crc32c(data):
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


def mend_checksum(chunk):
    return chunk[:28] + struct.pack("<I", crc32c(chunk[:28] + chunk[32:])) + chunk[32:]


class Twins(Case):
    """Pixels read through the plugin are those that a lossless codec stores after the same lossy step."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not COMPRESS.exists():
            raise unittest.SkipTest("no l_bnl_compress")
        cls.master = write_series(cls.folder, cls.frames)

    OPTIONS = (
        ("-H", "4"), ("-H", "64", "-u", "4"), ("-H", "1", "-u", "0"), ("-H", "16", "-b", "2", "-s", "2"),
        ("-J", "20"), ("-J", "125", "-u", "0"), ("-K", "50"), ("-J", "10", "-b", "3", "-s", "3", "-u", "4"),
        ("-H", "16", "--profile", "faithful"), ("-H", "9", "--profile", "faithful", "-u", "4"), ("-H", "16", "--fill", "mean"),
        ("-H", "64", "--rounding", "diffuse", "-b", "2", "-s", "2", "-u", "0"), ("-H", "5", "--profile", "faithful", "--gaps", "zero"),
        ("-H", "16", "--gaps", "zero"), ("-J", "20", "--gaps", "zero", "-b", "2"), ("-J", "20", "--wavelet", "9/7"),
        ("-J", "20", "--j2k-engine", "own"), ("--bytes-per-frame", "1500", "-b", "2"), ("--psnr", "84", "-u", "4"),
        ("-K", "20", "--j2k-weights", "0.5,2", "--wavelet", "9/7"), ("-J", "40", "--profile", "faithful"),
        ("-J", "20", "--rounding", "diffuse"), ("-J", "30", "--fill", "mean", "-u", "0"),
        ("-J", "30", "--profile", "faithful", "-b", "2", "-u", "4"),
        ("-J", "20", "--rounding", "diffuse", "--curve", "3"), ("-J", "400", "--profile", "faithful", "-u", "0"),
        ("-J", "10", "--profile", "faithful", "--gaps", "zero", "--wavelet", "5/3"),
    )

    def test_at_rest_and_plain(self):
        for i, options in enumerate(self.OPTIONS):
            with self.subTest(options=options):
                codec = "hcomp" if options[0] == "-H" else "j2k"
                rest = compress(self.master, self.folder / f"rest{i}", "-c", codec, *options)
                plain = compress(self.master, self.folder / f"plain{i}", "-c", "bslz4", *options)
                twin = pixels(plain)
                np.testing.assert_array_equal(pixels(rest), twin)
                if "zero" in options:
                    continue  # the program would mask again what is written as counts
                kind = options[options.index("-u") + 1] if "-u" in options else "2"
                self.assertGreater(int((twin == MARKED[kind]).sum()), 0)
                # ... and the program makes it plain again.
                again = compress(f"{self.folder}/rest{i}_master.h5", self.folder / f"again{i}", "-c", "bslz4",
                                 "-u", kind)
                np.testing.assert_array_equal(pixels(again), twin)

    def test_codestreams_are_squashed_alike(self):
        rest = compress(self.master, self.folder / "q_rest", "-c", "hcomp", "-H", "16")
        also = compress(self.master, self.folder / "q_also", "-c", "hcomp", "-H", "16", "-q", self.folder / "q_squash")
        with h5py.File(rest) as a, h5py.File(also) as b:
            for k in range(FRAMES):
                chunks = [f["entry/data/data"].id.read_direct_chunk((k, 0, 0))[1] for f in (a, b)]
                self.assertEqual(*chunks)

    def test_filter_makes_the_same_codestreams(self):
        """Frames that went through the program unharmed, written by h5py with the same cd_values."""
        exact = pixels(compress(self.master, self.folder / "e_exact", "-c", "bslz4"))
        for i, options in enumerate((("-J", "20"), ("-J", "20", "--profile", "faithful"), ("--psnr", "85"),
                                     ("--bytes-per-frame", "1000", "--j2k-weights", "0.5"),
                                     ("-H", "16", "--profile", "faithful"))):
            with self.subTest(options=options):
                codec = "hcomp" if options[0] == "-H" else "j2k"
                rest = compress(self.master, self.folder / f"e_rest{i}", "-c", codec, *options)
                self.same_chunks(rest, exact)

    def same_chunks(self, rest, exact):
        with h5py.File(rest) as f:
            source = f["entry/data/data"]
            dcpl = source.id.get_create_plist()
            with h5py.File(self.folder / "e_h5py.h5", "w") as g:
                space = h5py.h5s.create_simple(source.shape)
                made = h5py.Dataset(h5py.h5d.create(g.id, b"d", source.id.get_type(), space, dcpl))
                made[...] = exact
            with h5py.File(self.folder / "e_h5py.h5") as g:
                for k in range(FRAMES):
                    self.assertEqual(source.id.read_direct_chunk((k, 0, 0))[1], g["d"].id.read_direct_chunk((k, 0, 0))[1])

    def test_overhead(self):
        rest = compress(self.master, self.folder / "o_rest", "-c", "hcomp", "-H", "1")
        with h5py.File(rest) as f:
            data = f["entry/data/data"]
            for k in range(FRAMES):
                chunk = data.id.read_direct_chunk((k, 0, 0))[1]
                a, b, c = struct.unpack("<3I", chunk[16:28])
                self.assertEqual(len(chunk), 32 + a + b + c)
                self.assertLess(a + b, 20)
                if k == 0:
                    self.assertEqual(a + b, 0)

    def test_dxtbx_reads(self):
        script = (
            "import sys\n"
            "from dxtbx.model.experiment_list import ExperimentListFactory\n"
            "import numpy as np\n"
            "sets = [ExperimentListFactory.from_filenames([p])[0].imageset for p in sys.argv[1:]]\n"
            "assert len(sets[0]) == len(sets[1]) == 4\n"
            "for k in range(4):\n"
            "    a, b = (s.get_raw_data(k)[0].as_numpy_array() for s in sets)\n"
            "    assert a.shape == (150, 212) and (a == b).all() and a.any()\n"
            "    a, b = (s.get_mask(k)[0].as_numpy_array() for s in sets)\n"
            "    assert (a == b).all() and not a.all()\n"
            "print('same')\n"
        )
        if run(sys.executable, "-c", "import dxtbx").returncode:
            self.skipTest("no dxtbx")
        for codec, option in (("hcomp", ("-H", "16")), ("j2k", ("-J", "20"))):
            compress(self.master, self.folder / f"dx_{codec}", "-c", codec, *option)
            compress(self.master, self.folder / f"dx_{codec}_plain", "-c", "bslz4", *option)
            done = run(sys.executable, "-c", script, self.folder / f"dx_{codec}_master.h5",
                       self.folder / f"dx_{codec}_plain_master.h5")
            self.assertEqual(done.stdout.strip(), "same", done.stderr)


if __name__ == "__main__":
    unittest.main()
