# SPDX-License-Identifier: LGPL-2.1-or-later
"""Image series in every dialect and storage that the input side must read, made with h5py.

    series.filewriter(folder, "run", frames)            a FileWriter master and its data files
    series.nxmx(folder, "run", frames, units="mm")      links to /data, fields in mm, a metadata file
    series.virtual(folder, "run", frames)               a virtual data set over the blocks
    series.plain(folder, "run", frames)                 one data set, /entry/data/data

Each returns the path of the master. `storage` names how chunks are stored (STORAGES); `fields` changes or,
with None, leaves out a field: {"instrument/detector/x_pixel_size": (0.075, "mm")}.
dump() runs lbc_test_dump on a master.
"""
import ctypes
import ctypes.util
import json
import os
import struct
import subprocess
import tempfile

import bitshuffle
import h5py
import hdf5plugin
import numpy as np

BITSHUFFLE, LZ4, ZSTD, BLOSC = 32008, 32004, 32015, 32001


# ---- pixels ----------------------------------------------------------------------------------

def frames(n=5, ny=37, nx=53, dtype="u2", seed=1):
    """Weak Poisson images with some of the type's extremes."""
    rng = np.random.default_rng(seed)
    info = np.iinfo(dtype)
    images = rng.poisson(3, (n, ny, nx)).astype(dtype)
    images[:, ny // 2, nx // 2] = info.max
    images[:, 0, nx - 1] = info.max - 1
    images[:, ny - 1, 0] = info.min
    images[:, 1, 1] = np.arange(n)
    return images


# ---- chunks that h5py cannot make --------------------------------------------------------------

_zstd = ctypes.CDLL(ctypes.util.find_library("zstd"))
_zstd.ZSTD_compressBound.restype = ctypes.c_size_t
_zstd.ZSTD_compress.restype = _zstd.ZSTD_decompress.restype = ctypes.c_size_t


def zstd(data, level=3):
    room = _zstd.ZSTD_compressBound(ctypes.c_size_t(len(data)))
    out = ctypes.create_string_buffer(room)
    n = _zstd.ZSTD_compress(out, ctypes.c_size_t(room), bytes(data), ctypes.c_size_t(len(data)), level)
    return out.raw[:n]


def unzstd(data, size):
    """The size bytes that were compressed."""
    out = ctypes.create_string_buffer(size)
    n = _zstd.ZSTD_decompress(out, ctypes.c_size_t(size), bytes(data), ctypes.c_size_t(len(data)))
    if n != size:
        raise ValueError("damaged")
    return out.raw


def bszstd(image):
    """Filter 32008 with Zstandard, as bitshuffle 0.4 makes it."""
    size = image.dtype.itemsize
    block = max(128, 8192 // size // 8 * 8)
    flat = image.ravel()
    out = struct.pack(">QI", flat.nbytes, block * size)
    at, packable = 0, len(flat) // 8 * 8
    while at < packable:
        n = min(block, packable - at)
        packed = zstd(bitshuffle.bitshuffle(flat[at:at + n], n).tobytes())
        out += struct.pack(">I", len(packed)) + packed
        at += n
    return out + flat[packable:].tobytes()


# ---- storage -----------------------------------------------------------------------------------

def _chunked(frames_, **how):
    return dict(chunks=(1,) + frames_.shape[1:], **how)


def _direct(group, name, images, filter_, params, encode, skip=()):
    """A data set whose chunks are encoded here. Images in `skip` are stored as they are, with the
    filter marked as not applied."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((1,) + images.shape[1:])
    properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    if filter_:
        properties.set_filter(filter_, h5py.h5z.FLAG_OPTIONAL, params)
    links = h5py.h5p.create(h5py.h5p.LINK_CREATE)
    links.set_create_intermediate_group(True)
    space = h5py.h5s.create_simple(images.shape, (h5py.h5s.UNLIMITED,) + images.shape[1:])
    dataset = h5py.h5d.create(group.id, name.encode(), h5py.h5t.py_create(images.dtype), space, properties, links)
    for i, image in enumerate(images):
        skipped = i in skip
        dataset.write_direct_chunk((i, 0, 0), image.tobytes() if skipped else encode(image), 1 if skipped else 0)
    return group[name]


def _h5py(**how):
    return lambda group, name, images: group.create_dataset(name, data=images, **{
        k: v(images) if callable(v) else v for k, v in how.items()})


def _one_frame(images):
    return (1,) + images.shape[1:]


def _size(images):
    return images.dtype.itemsize


STORAGES = {
    "none": _h5py(chunks=_one_frame),
    "bslz4": _h5py(chunks=_one_frame, **hdf5plugin.Bitshuffle(nelems=0, cname="lz4")),
    "bslz4_blocks": _h5py(chunks=_one_frame, **hdf5plugin.Bitshuffle(nelems=512, cname="lz4")),
    "bshuf": _h5py(chunks=_one_frame, **hdf5plugin.Bitshuffle(nelems=0, cname="none")),
    "bszstd": lambda g, n, f: _direct(g, n, f, BITSHUFFLE, (0, 3), bszstd),
    "lz4": _h5py(chunks=_one_frame, **hdf5plugin.LZ4()),
    "lz4_blocks": _h5py(chunks=_one_frame, **hdf5plugin.LZ4(nbytes=1000)),
    "zstd": lambda g, n, f: _direct(g, n, f, ZSTD, (3,), lambda image: zstd(image.tobytes())),
    "blosc_zstd": _h5py(chunks=_one_frame, **hdf5plugin.Blosc(cname="zstd", clevel=3, shuffle=0)),
    "blosc_lz4": _h5py(chunks=_one_frame, **hdf5plugin.Blosc(cname="lz4", clevel=5, shuffle=1)),
    "blosc_bit": _h5py(chunks=_one_frame, **hdf5plugin.Blosc(cname="zstd", clevel=1, shuffle=2)),
    "contiguous": _h5py(),
    "deflate": _h5py(chunks=_one_frame, compression="gzip"),
    "shuffle_deflate": _h5py(chunks=_one_frame, compression="gzip", shuffle=True),
    "checksum": _h5py(chunks=_one_frame, fletcher32=True),
    "chunks_of_3": _h5py(chunks=lambda f: (3,) + f.shape[1:], compression="gzip"),
    "chunks_of_2_plain": _h5py(chunks=lambda f: (2,) + f.shape[1:]),
    "tiles": _h5py(chunks=(1, 16, 20), compression="gzip"),
    "tiles_deep": _h5py(chunks=(2, 37, 20)),
    "skipped": lambda g, n, f: _direct(g, n, f, ZSTD, (3,), lambda image: zstd(image.tobytes()), skip=(1, 3)),
    "big_endian": lambda g, n, f: g.create_dataset(n, data=f.astype(f.dtype.newbyteorder(">")), chunks=_one_frame(f)),
}
FAST = {"none", "bslz4", "bslz4_blocks", "bshuf", "bszstd", "lz4", "lz4_blocks", "zstd", "blosc_zstd", "blosc_lz4",
        "blosc_bit", "contiguous", "skipped"}
# what Debian 12 has no plugin for: HDF5 cannot read it, and nothing can be compared with
NO_PLUGIN = {"zstd", "skipped", "bszstd"}


def write_images(path, images, storage="bslz4", name="entry/data/data", libver=None):
    with h5py.File(path, "w", libver=libver) as f:
        STORAGES[storage](f, name, images)


def constant(group, name, n, shape, value=3):
    """n equal images, quickly made: one chunk is compressed and written n times."""
    image = np.full(shape, value, "u2")
    with h5py.File("scratch", "w", driver="core", backing_store=False) as f:
        chunk = STORAGES["bslz4"](f, "data", image[None]).id.read_direct_chunk((0, 0, 0))[1]
    dataset = group.create_dataset(name, (n,) + shape, "u2", chunks=(1,) + shape, maxshape=(None,) + shape,
                                   **hdf5plugin.Bitshuffle(nelems=0, cname="lz4"))
    for i in range(n):
        dataset.id.write_direct_chunk((i, 0, 0), chunk)
    return dataset


# ---- masters -----------------------------------------------------------------------------------

FIELDS = {
    "instrument/beam/incident_wavelength": (np.float32(0.9795), "angstrom"),
    "instrument/detector/x_pixel_size": (np.float32(7.5e-5), "m"),
    "instrument/detector/y_pixel_size": (np.float32(7.5e-5), "m"),
    "instrument/detector/beam_center_x": (np.float32(26.5), "pixel"),
    "instrument/detector/beam_center_y": (np.float32(18.25), "pixel"),
    "instrument/detector/detector_distance": (np.float32(0.125), "m"),
    "instrument/detector/sensor_material": ("Si", None),
    "instrument/detector/sensor_thickness": (np.float32(4.5e-4), "m"),
    "instrument/detector/detectorSpecific/ntrigger": (np.uint32(1), None),
    "instrument/detector/detectorSpecific/countrate_correction_count_cutoff": (np.uint32(11000), None),
}
NXMX_FIELDS = {
    "definition": ("NXmx", None),
    "instrument/beam/incident_wavelength": (0.9795, "angstrom"),
    "instrument/detector/x_pixel_size": (0.075, "mm"),
    "instrument/detector/y_pixel_size": (0.075, "mm"),
    "instrument/detector/beam_center_x": (26.5, "pixels"),
    "instrument/detector/beam_center_y": (18.25, "pixels"),
    "instrument/detector_distance": (np.array([125.0]), "mm"),
    "instrument/detector/saturation_value": (np.int64(12345), None),
}
CLASSES = {
    "": "NXentry", "data": "NXdata", "instrument": "NXinstrument", "instrument/detector": "NXdetector",
    "instrument/beam": "NXbeam", "instrument/detector/detectorSpecific": "NXcollection", "sample": "NXsample",
    "sample/beam": "NXbeam",
}


def write_fields(entry, fields):
    for path, field in fields.items():
        if field is None:
            continue
        value, unit = field
        if isinstance(value, str):
            value = np.bytes_(value)
        entry[path] = value
        if unit is not None:
            entry[path].attrs["units"] = np.bytes_(unit)
    for path, nx_class in CLASSES.items():
        if path == "" or path in entry:
            (entry[path] if path else entry).attrs["NX_class"] = np.bytes_(nx_class)


def new_master(path, fields, standard=FIELDS):
    f = h5py.File(path, "w")
    entry = f.create_group("entry")
    entry.create_group("data")
    write_fields(entry, {**standard, **(fields or {})})
    return f


def blocks(images, block):
    return [images[i:i + block] for i in range(0, len(images), block)]


def filewriter(folder, name, images, block=2, storage="bslz4", fields=None, first=1, mask=None, libver=None):
    path = os.path.join(folder, f"{name}_master.h5")
    specific = "instrument/detector/detectorSpecific/"
    with new_master(path, {specific + "nimages": (np.uint32(len(images)), None), **(fields or {})}) as f:
        for i, part in enumerate(blocks(images, block)):
            number = f"{i + first:06d}"
            file = f"{name}_data_{number}.h5"
            write_images(os.path.join(folder, file), part, storage, libver=libver)
            f[f"entry/data/data_{number}"] = h5py.ExternalLink(file, "/entry/data/data")
        if mask is not None:
            f["entry/" + specific + "pixel_mask"] = mask
            f["entry/instrument/detector/pixel_mask"] = h5py.SoftLink("/entry/" + specific + "pixel_mask")
    return path


def nxmx(folder, name, images, block=2, storage="bslz4", fields=None, mask=None):
    """As Diamond's: links to /data, detectorSpecific beside the detector, the mask in another file."""
    path = os.path.join(folder, f"{name}.nxs")
    with new_master(path, fields, NXMX_FIELDS) as f:
        for i, part in enumerate(blocks(images, block)):
            file = f"{name}_{i + 1:06d}.h5"
            write_images(os.path.join(folder, file), part, storage, name="data")
            f[f"entry/data/data_{i + 1:06d}"] = h5py.ExternalLink(file, "/data")
        f["entry/data"].attrs["signal"] = np.bytes_("data_000001")
        f["entry/instrument/detector/pixel_mask"] = h5py.ExternalLink(f"{name}_meta.h5", "/mask")
        f["entry/instrument/detectorSpecific/pixel_mask"] = h5py.ExternalLink(f"{name}_meta.h5", "/mask")
    if mask is not None:
        with h5py.File(os.path.join(folder, f"{name}_meta.h5"), "w") as f:
            f["mask"] = mask
    return path


def virtual(folder, name, images, block=2, storage="bslz4", fields=None, dtype="i4", through_links=True):
    """A virtual data set over blocks, declared wider than they are; by links in the master or by file."""
    path = nxmx(folder, name, images, block, storage, fields)
    layout = h5py.VirtualLayout(images.shape, dtype)
    at = 0
    for i, part in enumerate(blocks(images, block)):
        file, inside = (".", f"/entry/data/data_{i + 1:06d}") if through_links else (f"{name}_{i + 1:06d}.h5", "/data")
        layout[at:at + len(part)] = h5py.VirtualSource(file, inside, part.shape, images.dtype)
        at += len(part)
    with h5py.File(path, "r+") as f:
        f["entry/data"].create_virtual_dataset("data", layout)
        f["entry/data"].attrs["signal"] = np.bytes_("data")
    return path


def plain(folder, name, images, storage="bslz4", fields=None):
    path = os.path.join(folder, f"{name}.h5")
    with new_master(path, fields, NXMX_FIELDS) as f:
        STORAGES[storage](f, "entry/data/data", images)
    return path


# ---- lbc_test_dump -----------------------------------------------------------------------------

def program(name):
    return os.path.join(os.environ["LBC_BUILD"], "bin", name)


class Dump:
    """What lbc_test_dump says: .facts, .pixels and .mask (arrays or None), .returncode."""

    def __init__(self, master, *options, pixels=True, mask=False, env=None, cwd=None, command=(), timeout=240):
        with tempfile.TemporaryDirectory() as folder:
            pixel_file, mask_file = os.path.join(folder, "pixels"), os.path.join(folder, "mask")
            arguments = [*command, program("lbc_test_dump"), *options]
            if pixels:
                arguments += ["--pixels", pixel_file]
            if mask:
                arguments += ["--mask", mask_file]
            done = subprocess.run([*arguments, master], capture_output=True, timeout=timeout, cwd=cwd,
                                  env={**os.environ, **(env or {})})
            self.returncode = done.returncode
            if done.returncode not in (0, 1) or not done.stdout.endswith(b"}\n"):
                raise AssertionError(f"lbc_test_dump {master}: exit {done.returncode}\n{done.stderr.decode()[:3000]}")
            self.facts = json.loads(done.stdout.decode("utf-8", "surrogateescape"))
            self.pixels = self.mask = None
            if os.path.exists(pixel_file):
                f = self.facts
                self.pixels = np.fromfile(pixel_file, f["type"]).reshape(f["frames"], f["ny"], f["nx"])
            if os.path.exists(mask_file):
                self.mask = np.fromfile(mask_file, "u4").reshape(self.facts["ny"], self.facts["nx"])

    def __getattr__(self, name):
        return self.facts[name]
