# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files damaged at random, and what a damaged series still says to another program.

    what = damage.spoil(rng, path)         cuts, flips, overwrites or edits one file; says what it did
    damage.images_as_read(master, shape)   working frames by h5py, in every way a series can be read
"""
import os
import re

import run  # noqa: F401  first: it says where HDF5's plugins are
import bitshuffle
import h5py
import numpy as np

import reference
import series


# ---- bytes -----------------------------------------------------------------------------------

def cut(rng, path):
    size = os.path.getsize(path)
    keep = rng.randrange(size)
    os.truncate(path, keep)
    return f"cut from {size} to {keep} bytes"


def flip(rng, path):
    with open(path, "r+b") as f:
        size = os.path.getsize(path)
        places = [rng.randrange(size) for _ in range(rng.choice((1, 1, 1, 4, 30)))]
        for at in places:
            f.seek(at)
            byte = f.read(1)[0]
            f.seek(at)
            f.write(bytes([byte ^ 1 << rng.randrange(8)]))
    return f"bits flipped at {places}"


def overwrite(rng, path):
    size = os.path.getsize(path)
    at, length = rng.randrange(size), rng.choice((1, 2, 4, 8, 64, 512))
    kind = rng.choice(("zeros", "ones", "noise"))
    data = {"zeros": b"\0" * length, "ones": b"\xff" * length, "noise": rng.randbytes(length)}[kind]
    with open(path, "r+b") as f:
        f.seek(at)
        f.write(data[:size - at])
    return f"{length} bytes of {kind} at {at}"


def _chunks(f):
    """(offset, size) of every stored chunk."""
    found = []

    def visit(_, item):
        if isinstance(item, h5py.Dataset) and item.chunks and not item.is_virtual:
            infos = (item.id.get_chunk_info(i) for i in range(item.id.get_num_chunks()))
            found.extend((i.byte_offset, i.size) for i in infos)

    f.visititems(visit)
    return found


def inside(rng, path):
    """Amid the blocks of a compressed image, which are damaged and still as long as they were."""
    with h5py.File(path, "r") as f:
        chunks = [c for c in _chunks(f) if c[1] > 512]
    if not chunks:
        return overwrite(rng, path)
    at, size = rng.choice(chunks)
    at, length = at + rng.randrange(16, size - 256), rng.choice((16, 64, 256))
    with open(path, "r+b") as f:
        f.seek(at)
        f.write(rng.choice((b"\xff" * length, rng.randbytes(length))))
    return f"{length} bytes at {at}, inside a chunk"


# ---- fields ----------------------------------------------------------------------------------

VALUES = (np.float32("nan"), np.float64("inf"), -1, 0, 2**40, -2**63, 1e300, np.uint8(7), np.bytes_(b"text"), "\u00b5" * 300,
          np.zeros(0), np.zeros((3, 0, 5)), np.arange(7.0), np.zeros((2, 3, 4), "u2"), h5py.Empty("f4"),
          np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]), np.full((37, 53), 0xffffffff, "u4"))


def links_of(f):
    """(group, name) of every link."""
    found = []

    def visit(group):
        for name in group:
            found.append((group, name))
            if group.get(name, getclass=True, getlink=True) is h5py.HardLink and isinstance(group[name], h5py.Group):
                visit(group[name])

    visit(f)
    return found


def edit(rng, path):
    with h5py.File(path, "r+") as f:
        group, name = rng.choice(links_of(f))
        where = f"{group.name}/{name}"
        hard = group.get(name, getclass=True, getlink=True) is h5py.HardLink
        how = rng.choice(("gone", "value", "value", "soft", "external", "attribute", "attribute", "size", "huge"))
        if how == "attribute" and hard:
            attributes = list(group[name].attrs) or ["units", "NX_class", "depends_on"]
            attribute, value = rng.choice(attributes), rng.choice(VALUES)
            if attribute in group[name].attrs:
                del group[name].attrs[attribute]
            if rng.random() < 0.7:
                group[name].attrs[attribute] = value
            return f"{where}@{attribute} = {value!r}"
        if how == "size" and hard and isinstance(group[name], h5py.Dataset) and group[name].maxshape[:1] == (None,):
            length = rng.choice((0, 1, len(group[name]) + 1, 2**33))
            group[name].resize(length, axis=0)
            return f"{where} of length {length}"
        del group[name]
        if how == "value":
            group[name] = rng.choice(VALUES)
        elif how == "huge":
            group.create_dataset(name, rng.choice(((2**40,), (2**20, 2**20), (3, 2**20, 2**20))), "u2")
        elif how == "soft":
            group[name] = h5py.SoftLink(rng.choice((where, group.name, "/nowhere", "/", f"{where}/deeper")))
        elif how == "external":
            file = rng.choice((os.path.basename(path), ".", "/dev/zero", "/dev/null", "nowhere.h5"))
            group[name] = h5py.ExternalLink(file, rng.choice((where, "/", "/entry")))
        return f"{where}: {how}"


KINDS = {"cut": cut, "flip": flip, "overwrite": overwrite, "inside": inside, "edit": edit}


def spoil(rng, path):
    kind = rng.choice(("cut", "flip", "flip", "overwrite", "inside", "edit", "edit"))
    return kind, KINDS[kind](rng, path)


# ---- another reader --------------------------------------------------------------------------

DETECTOR, SPECIFIC = "entry/instrument/detector/", "entry/instrument/detector/detectorSpecific/"
SATURATION = (DETECTOR + "saturation_value", SPECIFIC + "countrate_correction_count_cutoff",
              SPECIFIC + "saturation_value", SPECIFIC + "detectorModule_000/countrate_correction_count_cutoff")


def _field(f, path):
    try:
        return np.asarray(f[path][()])
    except (KeyError, OSError, ValueError, TypeError, AttributeError):
        return None


def _saturation(f, dtype):
    info = np.iinfo(dtype)
    for path in SATURATION:
        value = _field(f, path)
        if value is not None and value.size and value.dtype.kind in "iuf" and value.ravel()[0] >= 1:
            return min(float(value.ravel()[0]), 2**53)
    return info.max - 2 if info.min == 0 else info.max


def _bszstd(chunk, image):
    """What series.bszstd made."""
    size, at, parts = image.itemsize, 12, []
    left = image.size // 8 * 8
    block = int.from_bytes(chunk[8:12], "big") // size
    while left:
        n, length = min(block, left), int.from_bytes(chunk[at:at + 4], "big")
        shuffled = np.frombuffer(series.unzstd(chunk[at + 4:at + 4 + length], n * size), image.dtype)
        parts.append(bitshuffle.bitunshuffle(shuffled.copy(), n).tobytes())
        at, left = at + 4 + length, left - n
    return b"".join(parts) + chunk[at:at + image.size % 8 * size]


def _by_hand(dataset, n):
    """The first n images of what Zstandard made, which has no plugin here."""
    out = np.zeros((n,) + dataset.shape[1:], dataset.dtype)
    plain = "32015" in dataset._filters  # pylint: disable=protected-access
    for i, image in enumerate(out):
        skipped, chunk = dataset.id.read_direct_chunk((i, 0, 0))
        raw = chunk if skipped else series.unzstd(chunk, image.nbytes) if plain else _bszstd(chunk, image)
        out[i] = np.frombuffer(raw, dataset.dtype).reshape(image.shape)
    return out


def _stack(dataset):
    """All images, but for what was never written at the end."""
    n = len(dataset)
    if dataset.chunks:
        places = (dataset.id.get_chunk_info(i).chunk_offset[0] for i in range(dataset.id.get_num_chunks()))
        n = min(n, max(places, default=-dataset.chunks[0]) + dataset.chunks[0])
    filters = dataset._filters  # pylint: disable=protected-access
    if "32015" in filters or filters.get("32008", (0,))[-1] == 3:
        return _by_hand(dataset, n)
    return dataset[:n]


def _copies_itself(block):
    """Whether an LZ4 block has a match at distance 0."""
    at = 0

    def length(n):
        nonlocal at
        while n >= 15 and at < len(block):
            n, at = n + block[at], at + 1
            if block[at - 1] != 255:
                break
        return n

    while at < len(block):
        token, at = block[at], at + 1
        literals = length(token >> 4)  # which moves `at`
        at += literals
        if at + 2 > len(block):
            break
        if block[at:at + 2] == b"\0\0":
            return True
        at += 2
        length(token & 15)
    return False


def lz4_leaves_memory(master):
    """LZ4 before 1.10 takes a match at distance 0 for a valid one, and its pixels are what the memory held."""
    with h5py.File(master, "r") as f:
        for name in f["entry/data"]:
            try:
                dataset = f["entry/data"][name]
                chunks = [dataset.id.read_direct_chunk((i, 0, 0))[1] for i in range(dataset.id.get_num_chunks())]
            except (KeyError, OSError, ValueError, TypeError):
                continue
            for chunk in chunks:
                at = 12  # of bitshuffle's and LZ4's own form: sizes, then blocks with their lengths
                while at + 4 <= len(chunk):
                    end = at + 4 + int.from_bytes(chunk[at:at + 4], "big")
                    if _copies_itself(chunk[at + 4:end]):
                        return True
                    at = end
    return False


def images_as_read(master):
    """[(working frames, saturation)]: of the blocks and of what the master calls data, as far as they can be read."""
    found = []
    with h5py.File(master, "r") as f:
        data = f["entry/data"]
        stacks = []
        try:
            stacks.append(np.concatenate([_stack(data[name]) for name in sorted(data) if re.fullmatch(r"data_\d+", name)]))
        except (KeyError, OSError, ValueError):
            pass
        try:
            whole = _stack(data["data"])
            stacks.append(whole if not stacks else whole.astype(stacks[0].dtype))
        except (KeyError, OSError, ValueError):
            pass
        masks = [m for m in (_field(f, DETECTOR + "pixel_mask"), _field(f, SPECIFIC + "pixel_mask"), None)]
        for images in stacks:
            if images.ndim != 3 or images.dtype.kind not in "iu":
                continue
            mask = next((m for m in masks if m is not None and m.shape == images.shape[1:]), None)
            saturation = _saturation(f, images.dtype)
            found.append(reference.series(images, mask, saturation, stored=4))
    return found
