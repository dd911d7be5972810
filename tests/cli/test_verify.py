# SPDX-License-Identifier: LGPL-2.1-or-later
"""--verify: after writing, and of a set at rest: complete, incomplete, damaged."""
import os
import random
import shutil
import tempfile
import unittest

import h5py
import numpy as np

import live
import series
from run import compress, digests, run

LONG = os.environ.get("LBC_LONG") == "1"
OPTIONS = ["-d", 6, "-H", 2, "-q", "out_file"]


class Verify(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="lbc_verify_")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.images = series.frames(20, 65, 97)
        mask = np.zeros((65, 97), "u4")
        mask[3] = 1
        angles = {"sample/goniometer/omega": (np.arange(20) / 4, "degree")}
        cls.master = series.filewriter(cls.folder, "run", cls.images, block=8, mask=mask, fields=angles)
        cls.sets = {}
        for name, options in {"plain": OPTIONS, "rest": ["-d", 6, "-J", 4, "-c", "j2k"],
                              "none": ["-d", 6, "-c", "none"], "one": ["-c", "bslz4"]}.items():
            cls.sets[name] = os.path.join(cls.folder, name) + "/"
            os.mkdir(cls.sets[name])
            compress(cls.master, cls.sets[name] + "x", *options, env=live.DAY)

    def copy(self, name="plain"):
        folder = tempfile.mkdtemp(dir=self.folder)
        os.rmdir(folder)
        shutil.copytree(self.sets[name], folder)
        return folder + "/"

    def whole(self, folder):
        done = run("-i", folder + "x_master.h5", "--verify")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("x_master.h5: complete, 20 images read", done.stderr)

    def wrong(self, folder, pattern, options=()):
        before = digests(folder)
        done = run("-i", folder + "x_master.h5", "--verify", *options)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, pattern)
        self.assertEqual(len([line for line in done.stderr.splitlines() if "error" in line]), 1)
        self.assertEqual(digests(folder), before)


class AtRest(Verify):
    def test_complete(self):
        for name in self.sets:
            self.whole(self.sets[name])

    def test_of_the_input(self):
        done = run("-i", self.master, "--verify")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("data files without checksums: 3 of 3", done.stderr)

    def test_is_not_taken_for_a_run(self):
        """By who forgets -o, and takes exit 0 for leave to delete the input."""
        for options in (["-J", 20], ["-b", 2], ["-c", "bslz4"], ["--overwrite"], ["--json", "-"], ["--psnr", 60.5],
                        ["--wavelet", "9/7"], ["-m", "x"]):
            done = run("-i", self.master, "--verify", *options)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertRegex(done.stderr, "error: --?[a-zA-Z0-9_]+: without -o, --verify checks the set of -i")
        done = run("-i", self.master, "--verify", "-p", 2, "-v", "--progress", "never")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_missing_file(self):
        for name in ("x_000001.h5", "x_000002.h5", "x_000004.h5", "x_squash_000003.h5"):
            folder = self.copy()
            os.remove(folder + name)
            self.wrong(folder, f"error: [^:]*/{name}: missing, .*--resume, or the share that lacks, makes it")

    def test_a_link_that_leads_nowhere(self):
        folder = self.copy()
        os.remove(folder + "x_000002.h5")
        os.symlink("nowhere", folder + "x_000002.h5")
        done = run("-i", folder + "x_master.h5", "--verify")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"error: .*x_000002.h5: a link that leads nowhere, .* \(bring back .* or remove it\)")

    def test_incomplete_while_shares_are_missing(self):
        folder = tempfile.mkdtemp(dir=self.folder) + "/"
        for share in (0, 1, 3, 2):
            self.wrong(folder, "error: ") if share == 2 else None
            compress(self.master, folder + "x", *OPTIONS, "-p", 3, "-t", share)
        self.whole(folder)

    def test_flipped_bits(self):
        """Anywhere in the chunks or codestreams."""
        rng = random.Random(1)
        for name in self.sets:
            for _ in range(40 if LONG else 6):
                folder = self.copy(name)
                n = rng.randrange(20)
                file, index = (f"x_{n // 6 + 1:06d}.h5", n % 6) if name != "one" else ("x_000001.h5", n)
                offset, size = live.chunk_place(folder + file, index)
                live.flip(folder + file, offset + rng.randrange(size), 1 << rng.randrange(8))
                self.wrong(folder, rf"error: .*{file}: image {index + 1} is damaged \(its checksum differs\)")
                shutil.rmtree(folder)

    def flip_all(self, folder, file, flips, pattern="error: "):
        """Each of (offset, bits) by itself, which must be told; then the file is as it was, and the set sound."""
        with open(folder + file, "rb") as f:
            sound = f.read()
        for at, bits in flips:
            with self.subTest(at=at, bits=bits):
                live.flip(folder + file, at, bits)
                self.wrong(folder, pattern)
            with open(folder + file, "wb") as f:
                f.write(sound)
        self.whole(folder)

    def flip_each(self, name, find, changes):
        """In the message that find() gives the offset of, each of {offset: bits}; the chunks stay as they are."""
        folder = self.copy(name)
        with open(folder + "x_000001.h5", "rb") as file:
            at = find(file.read())
        self.assertGreater(at, 0)
        self.flip_all(folder, "x_000001.h5", [(at + offset, bits) for offset, bits in changes],
                      r"error: .*x_00000[12]\.h5: ")

    def test_flipped_bit_in_the_length_of_a_chunk(self):
        """That of one without a filter, HDF5 says, is always right; it reads as many bytes as stand there."""
        for name in ("none", "plain", "one"):
            folder = self.copy(name)
            _, size = live.chunk_place(folder + "x_000001.h5", 2)
            key = np.array([size, 0, 2, 0, 0, 0, 0, 0, 0, 0], "<u4").tobytes()
            with self.subTest(name):
                self.flip_each(name, lambda sound, key=key: sound.find(key), [(1, 64), (1, 16), (2, 1), (4, 1)])

    def test_flipped_bit_in_the_type_of_pixels(self):
        """Which no checksum of chunks knows, nor HDF5: byte order, sign, bits and bytes of a pixel."""
        uint16 = b"\x10\0\0\0\2\0\0\0\0\0\x10\0"
        for name in self.sets:
            with self.subTest(name):
                self.flip_each(name, lambda sound: sound.find(uint16),
                               [(1, 1), (1, 8), (4, 6), (8, 1), (10, 1), (10, 24)])

    def test_flipped_bit_in_the_size_of_the_fill_value(self):
        """Over which h5py trips, and HDF5 does not."""
        message = b"\5\0\x08\0\1\0\0\0\2\3\1\1\0\0\0\0"
        for name in ("none", "plain"):
            with self.subTest(name):
                self.flip_each(name, lambda sound: sound.find(message), [(15, 128), (15, 64), (12, 1)])

    def test_flipped_bit_in_the_parameters_of_the_filter(self):
        """With codestreams at rest the mask is among them."""
        folder = self.copy("rest")
        with h5py.File(folder + "x_000001.h5", "r") as file:
            words = file["entry/data/data"].id.get_create_plist().get_filter(0)[2]
        head = np.array(words[6:9], "<u4").tobytes()
        last = 4 * (len(words) - 1 - 6)
        self.flip_each("rest", lambda sound: sound.find(head), [(last + i, 1) for i in range(-4, 4)])

    def test_flipped_bit_in_a_squash_file(self):
        folder = self.copy()
        with h5py.File(folder + "x_squash_000002.h5", "r") as f:
            d = f["entry/data/data_000009"]
            offset = d.id.get_offset() + d.shape[0] // 3
        live.flip(folder + "x_squash_000002.h5", offset)
        self.wrong(folder, "x_squash_000002.h5: codestream 9 is damaged")

    def test_edited_word_about_a_codestream(self):
        for name, value in (("codec", np.bytes_("other")), ("shape", np.uint32([7, 7])), ("frame_number", 8)):
            folder = self.copy()
            with h5py.File(folder + "x_squash_000002.h5", "r+") as f:
                self.assertIn(name, f["entry/data/data_000009"].attrs)
                f["entry/data/data_000009"].attrs[name] = value
            self.wrong(folder, "x_squash_000002.h5: what it says of its codestreams is damaged")

    def test_edited_word_about_the_images(self):
        """And in the groups above them."""
        for path, name, value in (("data/data", "image_nr_high", 8), ("data", "signal", "date"), (".", "NX_class", "NX"),
                                  ("checksums", "bad_frames", 1)):
            folder = self.copy()
            with h5py.File(folder + "x_000001.h5", "r+") as f:
                self.assertIn(name, f["entry/" + path].attrs)
                f["entry/" + path].attrs[name] = value
            self.wrong(folder, "x_000001.h5: what it says of its images is damaged")

    def test_cut_short(self):
        for name in ("x_000002.h5", "x_squash_000002.h5", "x_master.h5"):
            size = os.path.getsize(self.sets["plain"] + name)
            for keep in (0, 7, 100, size // 2, size - 1):
                folder = self.copy()
                os.truncate(folder + name, keep)
                self.wrong(folder, f"error: .*{name}: ")

    def test_exchanged_files(self):
        for a, b, says in (("x_000001.h5", "x_000002.h5", "its images are numbered from 7, not from 1"),
                           ("x_000002.h5", "x_000004.h5", "holds 2 images, not 6"),
                           ("x_squash_000001.h5", "x_squash_000003.h5", "")):
            folder = self.copy()
            os.rename(folder + a, folder + "t")
            os.rename(folder + b, folder + a)
            os.rename(folder + "t", folder + b)
            self.wrong(folder, f"error: .*{a}: {says}")

    def test_a_file_of_another_set(self):
        """Of the same shape and numbers."""
        folder, other = self.copy(), tempfile.mkdtemp(dir=self.folder) + "/"
        compress(self.master, other + "x", "-d", 6, "-H", 3, "-q", "out_file")
        shutil.copy(other + "x_000002.h5", folder)
        self.wrong(folder, "x_000002.h5: was made by another job")

    def test_a_data_file_cut_short(self):
        """Is told as such: that a run takes the images before it is of no use to who asks for a check."""
        folder = self.copy()
        os.truncate(folder + "x_000002.h5", os.path.getsize(folder + "x_000002.h5") - 100)
        self.wrong(folder, r"x_000002.h5: damaged, or cut short .*\)$")

    def test_a_master_of_more_or_fewer_images(self):
        for nimages in (19, 21, 2**31):
            folder = self.copy()
            with h5py.File(folder + "x_master.h5", "r+") as f:
                f["entry/instrument/detector/detectorSpecific/nimages"][()] = nimages
            self.wrong(folder, "x_master.h5: was damaged or changed since it was written")

    def test_a_master_with_other_links(self):
        def drop(data):
            del data["data_000004"]

        def twice(data):
            del data["data_000003"]
            data["data_000003"] = h5py.ExternalLink("x_000002.h5", "/entry/data/data")

        for change in (drop, twice):
            folder = self.copy()
            with h5py.File(folder + "x_master.h5", "r+") as f:
                change(f["entry/data"])
            self.wrong(folder, "error: ")

    def changed(self, change, pattern):
        folder = self.copy()
        with h5py.File(folder + "x_master.h5", "r+") as f:
            change(f)
        self.wrong(folder, f"error: .*x_master.h5: {pattern}")

    def test_a_master_that_gives_images_in_another_order(self):
        def virtual(*parts):
            def change(f):
                layout, first = h5py.VirtualLayout(f["entry/data/data"].shape, "u2"), 0
                for number, step in parts:
                    shape = (2 if number == 4 else 6, *layout.shape[1:])
                    source = h5py.VirtualSource(f"x_{number:06d}.h5", "entry/data/data", shape)
                    for k in range(shape[0]):
                        layout[first + k] = source[k if step > 0 else shape[0] - 1 - k]
                    first += shape[0]
                del f["entry/data/data"]
                f["entry/data"].create_virtual_dataset("data", layout)
            return change

        self.changed(virtual((2, 1), (1, 1), (3, 1), (4, 1)), "its image 1 is not image 1 of .*x_000001.h5")
        self.changed(virtual((1, 1), (2, -1), (3, 1), (4, 1)), "its image 7 is not image 1 of .*x_000002.h5")
        folder = self.copy()
        with h5py.File(folder + "x_master.h5", "r+") as f:
            virtual((1, 1), (2, 1), (3, 1), (4, 1))(f)
        self.whole(folder)

    def test_a_master_that_says_something_else(self):
        def put(path, value):
            def change(f):
                f[path][()] = value
            return change

        def units(f):
            f["entry/sample/goniometer/omega"].attrs["units"] = np.bytes_("rad")

        def new(f):
            f["entry/instrument/detector/offset"] = 1.0

        specific = "entry/instrument/detector/detectorSpecific/"
        for change in (put(specific + "pixel_mask", 0), put("entry/sample/goniometer/omega", 0), units, new,
                       put("entry/instrument/beam/incident_wavelength", 1.5),
                       put(specific + "countrate_correction_count_cutoff", 7)):
            self.changed(change, r"was damaged or changed since it was written \(its checksum differs\)")

    def test_flipped_bits_in_what_tells_the_values_of_a_master(self):
        """How bytes become numbers: halves of them, other signs and orders of bytes; and the name of the entry."""
        single = b"\x11\x20\x1f\0\4\0\0\0\0\0\x20\0\x17\x08\0\x17\x7f\0\0\0"
        double = b"\x11\x20\x3f\0\x08\0\0\0\0\0\x40\0\x34\x0b\0\x34\xff\3\0\0"
        uint16 = b"\x10\0\0\0\2\0\0\0\0\0\x10\0"
        folder = self.copy()
        with open(folder + "x_master.h5", "rb") as file:
            sound = file.read()
        flips = [(sound.index(b"entry\0"), 1), (sound.index(uint16) + 1, 8)]
        for number in (single, double):
            at = sound.find(number)
            while at >= 0:
                flips.append((at + 16, 1))
                at = sound.find(number, at + 1)
        self.assertGreater(len(flips), 10)
        self.flip_all(folder, "x_master.h5", flips)

    def test_flipped_bits_in_texts_and_groups_of_a_master(self):
        """Length and alphabet of texts; what of groups only programs read that ask how they were made."""
        folder = self.copy()
        with open(folder + "x_master.h5", "rb") as file:
            sound = file.read()
        text, group = b"\x13\0\0\0", b"\x0a\0\x08\0\1\0\0\0\0\0\0\0\0\0\0\0"
        texts = [at for at in range(0, len(sound), 8) if sound[at:at + 4] == text]
        groups = [at for at in range(len(sound)) if sound[at:at + 16] == group]
        self.assertGreater(len(texts), 6)
        self.assertGreater(len(groups), 1)
        last = sound.rindex(b"\x10\0\0\0\4\0\0\0\0\0\x20\0")  # the type of the checksum itself
        flips = [(at + offset, bits) for at in texts[::len(texts) // 6] for offset, bits in ((1, 16), (5, 16))]
        self.flip_all(folder, "x_master.h5", flips + [(groups[0], 1), (groups[-1], 1), (last + 5, 16)])

    def test_flipped_bits_in_tables_and_lists_of_a_master(self):
        """Names and places of their fields, names of numbers, texts in fields, and what HDF5 keeps elsewhere."""
        folder = tempfile.mkdtemp(dir=self.folder) + "/"
        master = series.filewriter(folder, "run", series.frames(20, 16, 12))
        with h5py.File(master, "r+") as f:
            sample = f["entry"].create_group("sample")
            sample["table"] = np.array([(1, 2.5, b"text_1")], [("first", "<i4"), ("second", "<f8"), ("third", "S6")])
            sample["vector"] = np.array([((1, 2, 3),)], [("triple", "<i2", (3,))])
            sample["texts"] = np.array([b"short", b"somewhat longer"])
            states = h5py.enum_dtype({"CLOSED": 0, "OPENED": 7001}, "<i4")
            sample.create_dataset("state", data=[0, 7001], dtype=states)
            lists = sample.create_dataset("lists", (2,), h5py.vlen_dtype("<i4"))
            lists[0], lists[1] = [7002, 7003], [7004]
            sample["type"] = h5py.enum_dtype({"ELSEWHERE": 1}, "<i4")
            opaque = h5py.h5t.create(h5py.h5t.OPAQUE, 4)
            opaque.set_tag(b"tagged")
            h5py.h5d.create(sample.id, b"opaque", opaque, h5py.h5s.create_simple((1,)))
        compress(master, folder + "x", "-c", "none")
        with open(folder + "x_master.h5", "rb") as file:
            sound = file.read()
        parts = [b"first\0", b"second\0", b"third\0", b"text_1", b"triple\0", b"CLOSED\0", b"OPENED\0", b"ELSEWHERE\0",
                 b"tagged", *(np.array([n], "<i4").tobytes() for n in (7001, 7002, 7003, 7004))]
        flips = [(sound.index(part), 1) for part in parts]
        flips += [(sound.index(b"second\0\0") + 8, 1), (sound.index(b"short\0\0") + 7, 64)]
        self.flip_all(folder, "x_master.h5", flips)

    def test_flipped_bit_that_moves_an_attribute(self):
        """Behind its header, where HDF5 takes for its value what memory holds: often as many zeros as there were."""
        folder = self.copy("one")
        with open(folder + "x_master.h5", "rb") as file:
            sound = file.read()
        message = b"\1\0\7\0\x14\0\x18\0offset\0"
        places = [at for at in range(0, len(sound), 8) if sound[at:at + len(message)] == message]
        self.assertGreater(len(places), 2)
        self.flip_all(folder, "x_master.h5", [(at + 7, 1) for at in places])

    def test_a_master_without_its_list(self):
        def drop(*paths):
            def change(f):
                for path in paths:
                    del f["entry/" + path]
            return change

        def swap(f):
            del f["entry/l_bnl_compress"]
            data = f["entry/data"]
            for n in (1, 2):
                del data[f"data_{n:06d}"]
                data[f"data_{n:06d}"] = h5py.ExternalLink(f"x_{3 - n:06d}.h5", "/entry/data/data")

        self.changed(drop("squash"), "links other files than it lists")
        self.changed(drop("l_bnl_compress/squash_files"), "links other files than it lists")
        self.changed(drop("l_bnl_compress/job"), "does not say which job made its files")
        self.changed(drop("l_bnl_compress/crc32c"), "was damaged or changed")
        for change in (drop("l_bnl_compress"), swap):
            self.changed(change, "lists no files, so it is not the master that .*x_00000[12].h5 was made with")

    def test_fewer_images_in_a_file(self):
        folder = self.copy()
        with h5py.File(folder + "x_000003.h5", "r+") as f:
            f["entry/data/data"].resize(5, axis=0)
        self.wrong(folder, "error: ")

    def test_checksums_taken_away(self):
        folder = self.copy()
        with h5py.File(folder + "x_000003.h5", "r+") as f:
            del f["entry/checksums"]
        self.wrong(folder, "x_000003.h5: carries no checksums")

    def test_damage_to_the_structure(self):
        """Bits flipped anywhere in a data file: told, or the same pixels are still read from it."""
        rng = random.Random(2)
        counts = {0: 0, 1: 0}
        with h5py.File(self.sets["plain"] + "x_000002.h5", "r") as f:
            pixels = f["entry/data/data"][:]
        for _ in range(400 if LONG else 40):
            folder = self.copy()
            path = folder + "x_000002.h5"
            live.flip(path, rng.randrange(os.path.getsize(path)), 1 << rng.randrange(8))
            done = run("-i", folder + "x_master.h5", "--verify", env={"ASAN_OPTIONS": "detect_leaks=0"})
            self.assertIn(done.returncode, (0, 1), done.stderr)
            counts[done.returncode] += 1
            if done.returncode == 0:
                with h5py.File(path, "r") as f:
                    np.testing.assert_array_equal(f["entry/data/data"][:], pixels)
            shutil.rmtree(folder)
        self.assertGreater(counts[1], counts[0])


class Writing(Verify):
    def test_changes_nothing_in_the_files(self):
        for name, options in (("plain", OPTIONS), ("rest", ["-d", 6, "-J", 4, "-c", "j2k"])):
            folder = tempfile.mkdtemp(dir=self.folder) + "/"
            compress(self.master, folder + "x", *options, "--verify", env=live.DAY)
            self.assertEqual(digests(folder), digests(self.sets[name]))

    def damaged_while_written(self, master, *options, change, which="x_000001"):
        """Stops the run in the middle of a file and changes what is written of it."""
        folder = tempfile.mkdtemp(dir=self.folder) + "/"
        with live.Live("-i", master, "-o", folder + "x", "-p", 1, *options) as r:
            def begun():
                names = [n for n in live.temporaries(folder) if n.startswith("." + which)]
                return names and os.path.getsize(folder + names[0]) > 60000
            r.wait_for(begun)
            r.stop()
            names = live.temporaries(folder)
            self.assertEqual(len(names), 1)
            change(folder + names[0])
            r.go()
            r.end()
        return folder, r

    def test_finds_damage_before_files_are_put_in_place(self):
        slow = live.slow_series(tempfile.mkdtemp(dir=self.folder), frames=40)

        def change(path):
            live.flip(path, 40000)

        folder, r = self.damaged_while_written(slow, "-J", 5, "-d", 40, "-c", "none", "--verify", change=change)
        self.assertEqual(r.returncode, 1, r.stderr)
        self.assertRegex(r.stderr, r"error: .*image 1 is damaged \(its checksum differs\)")
        self.assertEqual(live.listing(folder), [])
        folder, r = self.damaged_while_written(slow, "-J", 5, "-d", 40, "-c", "none", change=change)
        self.assertEqual(r.returncode, 0, r.stderr)  # unasked, it is not read again
        done = run("-i", folder + "x_master.h5", "--verify")
        self.assertEqual(done.returncode, 1)

    def test_of_a_master_that_comes_first(self):
        folder = tempfile.mkdtemp(dir=self.folder) + "/"
        done = compress(self.master, folder + "x", *OPTIONS, "--verify", "-p", 2, "-t", 0)
        self.assertIn("written before its images, and not checked", done.stderr)
        compress(self.master, folder + "x", *OPTIONS, "--verify", "-p", 2, "-t", 1)
        compress(self.master, folder + "x", *OPTIONS, "--verify", "-p", 2, "-t", 2)
        self.whole(folder)

    def test_of_a_master_that_comes_last(self):
        """The files that are there must be those that belong there."""
        share = ["-i", self.master, "-o", "x", *OPTIONS, "-p", 2, "-t", 0]
        for a, b, says in (("x_000001.h5", "x_000002.h5", "its images are numbered from 1, not from 7"),
                           ("x_squash_000001.h5", "x_squash_000003.h5", "codestream 13 is missing")):
            with self.subTest(a):
                folder = self.copy()
                os.remove(folder + "x_master.h5")
                shutil.copyfile(folder + a, folder + "kept")
                os.rename(folder + a, folder + b)
                os.rename(folder + "kept", folder + a)
                done = run(*share, "--verify", cwd=folder)
                self.assertEqual((done.returncode, os.path.exists(folder + "x_master.h5")), (1, False), done.stderr)
                self.assertRegex(done.stderr, f"error: .*{b}: {says}")
                done = run(*share, cwd=folder)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stderr, f"warning: .*{b}: {says}")
        folder = self.copy()
        for what, told in (("x_master.h5", False), ("x_000002.h5", True)):
            os.remove(folder + what)
            done = run(*share, "--resume", cwd=folder)
            self.assertEqual((done.returncode, "x_master.h5: written before its images" in done.stderr), (0, told),
                             done.stderr)

    def test_of_a_master_over_files_of_another_job(self):
        folder = tempfile.mkdtemp(dir=self.folder) + "/"
        compress(self.master, folder + "x", "-d", 6, "-H", 3, "-q", "out_file", "-p", 2, "-t", 1)
        share = ["-i", self.master, "-o", folder + "x", *OPTIONS, "--verify", "-p", 2, "-t", 0]
        for name in ("x_000001.h5", "x_squash_000001.h5"):
            done = run(*share)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, f"error: .*/{name}: was made by another job")
            self.assertFalse(os.path.exists(folder + "x_master.h5"))
            for file in (1, 3):
                shutil.copy(f"{self.sets['plain']}x_{file:06d}.h5", folder)
        done = run(*share, "--overwrite")  # by which the other share is to replace them
        self.assertEqual(done.returncode, 0)
        self.assertIn("written before its images, and not checked", done.stderr)

    def test_dialects(self):
        folder = tempfile.mkdtemp(dir=self.folder) + "/"
        masters = {"nxmx": series.nxmx(folder, "n", self.images, mask=np.zeros((65, 97), "u4")),
                   "virtual": series.virtual(folder, "v", self.images),
                   "plain": series.plain(folder, "p", self.images)}
        for name, master in masters.items():
            for options in ([], ["-b", 3, "-s", 2], ["-u", 0, "-1", 3]):
                compress(master, folder + name, "--overwrite", "--verify", *options)


if __name__ == "__main__":
    unittest.main()
