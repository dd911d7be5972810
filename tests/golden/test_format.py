# SPDX-License-Identifier: LGPL-2.1-or-later
"""A decoder written from docs/FORMAT.md alone, against the plugin: the page says all that is needed."""
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["LBC_BUILD"])

import plugin  # before h5py

import h5py
import numpy as np

import series
import test_around as around

CODES = {"111110": 0, "000": 1, "001": 2, "1000": 3, "010": 4, "1001": 5, "11010": 6, "11011": 7, "011": 8,
         "11100": 9, "1010": 10, "11101": 11, "1011": 12, "11110": 13, "111111": 14, "1100": 15}


class Bits:
    """The highest bit of a byte first."""

    def __init__(self, data):
        self.text = "".join(f"{byte:08b}" for byte in data)
        self.at = 0

    def take(self, n):
        self.at += n
        return int(self.text[self.at - n : self.at] or "0", 2)

    def code(self):
        n = 3
        while self.text[self.at : self.at + n] not in CODES:
            n += 1
        self.at += n
        return CODES[self.text[self.at - n : self.at]]

    def golomb(self, order):
        zeros = 0
        while self.take(1) == 0:
            zeros += 1
        u = 1 << zeros | self.take(zeros)
        return (u - 1) << order | self.take(order)


def crc32c(data):
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


# ---- packed sets of pixels -------------------------------------------------------------------


def unpack_set(data, ny, nx):
    if not data:
        return np.zeros((ny, nx), bool)
    if data[0] == 0:
        width = (nx + 7) // 8
        rows = np.frombuffer(data, np.uint8, ny * width, 1).reshape(ny, width)
        return np.unpackbits(rows, axis=1, bitorder="little")[:, :nx].astype(bool)
    k, l, bits = data[1], data[2], Bits(data[3:])
    runs, at = np.zeros(ny * nx, bool), 0
    for _ in range(bits.golomb(0)):
        at += bits.golomb(k)
        length = bits.golomb(l) + 1
        runs[at : at + length] = True
        at += length
    p = np.zeros((ny + 2, nx + 2), bool)  # two rows above, a column at either side
    for y in range(ny):
        one, two = p[y + 1], p[y]
        p[y + 2, 1:-1] = runs[y * nx : (y + 1) * nx] ^ (one[1:-1] & (one[:-2] | one[2:] | two[1:-1]))
    return p[2:, 1:-1]


# ---- HCompress -------------------------------------------------------------------------------


def take_plane(bits, rows, cols):
    """One bit plane of a quadrant."""
    sizes = [(rows, cols)]
    while sizes[-1] != (1, 1) or len(sizes) == 1:
        sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
    start = bits.take(4)
    if start == 0:
        marked = np.ones(sizes[1], bool)
        sizes, read, order = sizes[:2], lambda: bits.take(4), 1
    else:
        assert start == 15
        marked, read, order = np.ones((1, 1), bool), bits.code, -1
    for (ny, nx), (cells_y, cells_x) in zip(sizes[-2::-1], sizes[:0:-1]):
        below = np.zeros((2 * cells_y, 2 * cells_x), bool)
        for y, x in list(zip(*np.nonzero(marked)))[::order]:
            cell = read()
            below[2 * y : 2 * y + 2, 2 * x : 2 * x + 2] = [[cell & 8, cell & 4], [cell & 2, cell & 1]]
        marked = below[:ny, :nx]
    return marked


def nearer_zero(h, by):
    return np.where(h >= 0, h - by, h + by)


def inverse_level(s, hy, hx, hc, k, scale, rows, cols):
    def mixed(q):
        return np.sign(q) * (((np.abs(q) * scale + 2**k) >> (k + 1)) << 1)

    out = np.zeros((rows, cols), np.int64)
    r, c = rows // 2, cols // 2
    hx, hy = mixed(hx), mixed(hy)
    hc = np.sign(hc) * ((np.abs(hc) * scale + (2 ** (k - 1) if k else 0)) >> k)
    odd = hc & 1
    x, y = nearer_zero(hx[:, :c], odd), nearer_zero(hy[:r], odd)
    two = (hc ^ x ^ y) & 2
    h0 = 4 * s[:r, :c] + np.where((s[:r, :c] < 0) & (odd == 0), two, odd - two)
    out[0 : 2 * r : 2, 0 : 2 * c : 2] = (h0 - x - y + hc) >> 2
    out[0 : 2 * r : 2, 1 : 2 * c : 2] = (h0 - x + y - hc) >> 2
    out[1 : 2 * r : 2, 0 : 2 * c : 2] = (h0 + x - y - hc) >> 2
    out[1 : 2 * r : 2, 1 : 2 * c : 2] = (h0 + x + y + hc) >> 2
    if cols % 2:
        x = hx[:, c]
        h0 = nearer_zero(4 * s[:r, c], x & 2)
        out[0 : 2 * r : 2, -1], out[1 : 2 * r : 2, -1] = (h0 - x) >> 2, (h0 + x) >> 2
    if rows % 2:
        y = hy[r]
        h0 = nearer_zero(4 * s[r, :c], y & 2)
        out[-1, 0 : 2 * c : 2], out[-1, 1 : 2 * c : 2] = (h0 - y) >> 2, (h0 + y) >> 2
    if rows % 2 and cols % 2:
        out[-1, -1] = s[r, c]
    return out


def decode_tile(body, rows, cols, scale, fraction):
    (last,) = struct.unpack(">q", body[:8])
    planes, bits = body[8:11], Bits(body[11:])
    r, c = (rows + 1) // 2, (cols + 1) // 2
    coef = np.zeros((rows, cols), np.int64)
    for n, (part_y, part_x) in enumerate(((slice(r), slice(c)), (slice(r), slice(c, None)),
                                          (slice(r, None), slice(c)), (slice(r, None), slice(c, None)))):
        part = coef[part_y, part_x]
        for plane in range(planes[(n > 0) + (n > 2)] - 1, -1, -1):
            part |= take_plane(bits, *part.shape).astype(np.int64) << plane
    assert bits.take(4) == 0
    bits.at += -bits.at % 8
    flat = coef.reshape(-1)
    for i in np.flatnonzero(flat):
        if bits.take(1):
            flat[i] = -flat[i]
    assert bits.at + -bits.at % 8 == len(bits.text)

    sizes = [(rows, cols)]
    while sizes[-1] != (1, 1):
        sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
    n = len(sizes) - 1
    if fraction:
        coef, last, scale = 16 * coef + np.sign(coef), 16 * last, scale << fraction >> 4
    s = np.array([[(1 if last >= 0 else -1) * ((abs(last) * scale + 2**n) >> (n + 1))]], np.int64)
    for k in range(n - 1, -1, -1):
        (ny, nx), (my, mx) = sizes[k], sizes[k + 1]
        s = inverse_level(s, coef[:my, mx:nx], coef[my:ny, :mx], coef[my:ny, mx:nx], k, scale, ny, nx)
    return s


def decode_hcompress(stream, shape, fraction):
    magic, version, zero, tile_rows, ny, nx, scale = struct.unpack("<4sBBHIIi", stream[:20])
    assert (magic, version, zero, ny, nx) == (b"LBCH", 1, 0, *shape)
    lengths, at = [], 20
    for _ in range(-(-ny // tile_rows)):
        length = shift = 0
        while True:
            length |= (stream[at] & 127) << shift
            shift, at = shift + 7, at + 1
            if stream[at - 1] < 128:
                break
        lengths.append(length)
    tiles = []
    for n, length in enumerate(lengths):
        tiles.append(decode_tile(stream[at : at + length], min(tile_rows, ny - n * tile_rows), nx, scale, fraction))
        at += length
    assert at == len(stream)
    return np.concatenate(tiles)


def decode_j2k(stream, shape, fraction):
    assert not fraction  # OpenJPEG's values are whole
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / "a.j2k").write_bytes(stream)
        subprocess.run(["opj_decompress", "-i", path / "a.j2k", "-o", path / "a.rawl"], check=True, capture_output=True)
        return np.fromfile(path / "a.rawl", "<u2").reshape(shape).astype(np.int64)


# ---- chunks ----------------------------------------------------------------------------------


def decode_chunk(chunk, values):
    codec, limit, flags, kind, ny, nx, layers, words = (values[i] for i in (0, 3, 4, 6, 7, 8, 9, 10))
    dtype = {1: np.uint16, 2: np.uint32, 3: np.int32}[kind]
    fixed = {1: 11, 2: 26}[values[5]]
    assert len(values) == fixed + 2 * layers + words
    mask = unpack_set(struct.pack(f"<{words}I", *values[fixed + 2 * layers :]), ny, nx)
    head = struct.unpack("<4s4BIIIIII", chunk[:32])
    assert head[:7] == (b"LBCR", 1, codec, kind, 0, ny, nx)
    a, b, c, crc = head[7:]
    assert crc == crc32c(chunk[:28] + chunk[32:]) and len(chunk) == 32 + a + b + c
    masked = mask ^ unpack_set(chunk[32 : 32 + a], ny, nx)
    overloaded = unpack_set(chunk[32 + a : 32 + a + b], ny, nx)
    fraction = around.fraction(limit) if values[5] == 2 and values[11] & 2 else 0
    decoded = {1: decode_hcompress, 2: decode_j2k}[codec](chunk[32 + a + b :], (ny, nx), fraction)
    if fraction:
        gaps = overloaded if flags & 1 else masked | overloaded
        decoded = around.diffuse(np.where(gaps, around.NONE, np.clip(decoded, -(2**29), 2**29)), limit)
    out = np.clip(decoded, 0, limit).astype(dtype)
    if not flags & 1:
        out[masked] = -1 if kind == 3 else np.iinfo(dtype).max
    out[overloaded] = limit if flags & 1 else limit + 1
    return out


class Format(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        plugin.need()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="lbc-format-"))
        cls.rng = np.random.default_rng(3)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def draw(self, shape, dtype, limit):
        image = self.rng.poisson(3, shape).astype(np.int64)
        peaks = self.rng.random(shape) < 0.01
        image[peaks] += self.rng.integers(0, limit, peaks.sum())
        image[shape[0] // 2 : shape[0] // 2 + 3] = -1
        image[self.rng.random(shape) < 0.003] = -1
        marker = -1 if dtype == np.int32 else np.iinfo(dtype).max
        image[image > limit] = limit + 1
        image[image == -1] = marker
        return image.astype(dtype)

    def check(self, image, request):
        path = self.folder / "f.h5"
        with h5py.File(path, "w") as f:
            f.create_dataset("d", data=image[None], chunks=(1, *image.shape), compression=plugin.FILTER, compression_opts=request)
        with h5py.File(path) as f:
            dataset = f["d"]
            values = filter_values(path)
            decoded = decode_chunk(dataset.id.read_direct_chunk((0, 0, 0))[1], values)
            np.testing.assert_array_equal(decoded, dataset[0])
            return decoded

    def test_hcompress(self):
        for shape in ((16, 16), (33, 41), (50, 64), (5, 7), (20, 130), (37, 4)):
            for dtype, limit in ((np.uint16, 900), (np.uint32, 90000), (np.int32, 65000)):
                for scale in (1, 2, 7, 64, 3001):
                    with self.subTest(shape=shape, dtype=dtype, scale=scale):
                        image = self.draw(shape, dtype, limit)
                        decoded = self.check(image, (1, scale, 0, limit))
                        if scale == 1:
                            np.testing.assert_array_equal(decoded, image)

    def test_jpeg_2000(self):
        for shape in ((64, 70), (33, 41)):
            for dtype in (np.uint16, np.int32):
                with self.subTest(shape=shape, dtype=dtype):
                    self.check(self.draw(shape, dtype, 3000), (2, 10, 0, 3000))

    def test_gaps_zero(self):
        self.check(self.draw((33, 41), np.uint16, 900), (1, 4, 0, 900, 1))

    def test_masks_of_every_kind(self):
        for density in (0.0, 0.001, 0.1, 0.5, 0.9, 1.0):
            image = self.rng.poisson(3, (60, 77)).astype(np.uint16)
            image[self.rng.random(image.shape) < density] = 65535
            np.testing.assert_array_equal(self.check(image, (1, 1)), image)

    def test_mask_in_the_cd_values(self):
        compress = BUILD / "bin" / "l_bnl_compress"
        if not compress.exists():
            self.skipTest("no l_bnl_compress")
        frames = self.rng.poisson(3, (2, 90, 110)).astype(np.uint16)
        mask = np.zeros((90, 110), np.uint32)
        mask[40:44] = mask[:, 60:63] = 1
        mask[self.rng.random(mask.shape) < 0.002] = 8
        frames[1, 80, 80] = 65535
        master = series.filewriter(self.folder, "masked", frames, mask=mask, storage="none")
        for options in (("-c", "hcomp", "-H", "1"), ("-c", "hcomp", "-H", "7", "--profile", "faithful"),
                        ("-c", "hcomp", "-H", "3", "--rounding", "diffuse"), ("-c", "hcomp", "-H", "16", "--fill", "mean"),
                        ("-c", "j2k", "-J", "10"),
                        ("-c", "j2k", "-J", "10", "--j2k-engine", "own")):
            out = self.folder / "at_rest"
            subprocess.run([compress, "-i", master, "-o", out, "--overwrite", *options], check=True, capture_output=True)
            path = pathlib.Path(f"{out}_000001.h5")
            values = filter_values(path)
            self.assertGreater(values[10], 0)
            with h5py.File(path) as f:
                dataset = f["entry/data/data"]
                for k in range(2):
                    chunk = dataset.id.read_direct_chunk((k, 0, 0))[1]
                    self.assertEqual(struct.unpack("<I", chunk[16:20])[0] > 0, k == 1)
                    np.testing.assert_array_equal(decode_chunk(chunk, values), dataset[k])
                    np.testing.assert_array_equal(dataset[k] == 65535, (mask > 0) | (frames[k] == 65535))

    def test_the_page_names_the_filter(self):
        page = (pathlib.Path(os.environ["LBC_SOURCE"]) / "docs" / "FORMAT.md").read_text()
        self.assertIn(f"**{plugin.FILTER}**", page)
        for code, cell in CODES.items():
            self.assertRegex(page, rf"\| {cell} \| {code} \|")


def filter_values(path):
    """All cd_values (h5py itself gives 16): the filter's number, bytes of its name, flags and number of values, 16 bits
    each, then the name and the values."""
    data = pathlib.Path(path).read_bytes()
    for found in re.finditer(re.escape(struct.pack("<H", plugin.FILTER)), data):
        length, flags, count = struct.unpack("<3H", data[found.end() : found.end() + 6])
        at = found.end() + 6 + length
        if flags < 2 and count >= 11 and at + 4 * count < len(data):
            return struct.unpack(f"<{count}I", data[at : at + 4 * count])
    raise AssertionError("no filter message")


if __name__ == "__main__":
    unittest.main()
