# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frames made to fit a master that came without its images.

    master = fit.frames_for(path_of_master, folder, frames=8)

copies the master (and the metadata file beside it, if any) into folder and writes the data files that its
links name, with the first `frames` frames of the series in them. Frame n holds (x + 2 y + 3 n) mod 50 in
a frame of zeros 8 pixels wide, so that every pixel tells where it belongs.
"""
import os
import shutil

import h5py
import numpy as np


def image(shape, n):
    ny, nx = shape
    row = np.arange(nx + 50, dtype="u2") % 50
    pixels = np.zeros(shape, "u2")
    for y in range(8, ny - 8):
        shift = (2 * y + 3 * n) % 50
        pixels[y, 8:-8] = row[shift + 8:shift + nx - 8]
    return pixels


def _write(path, inside, total, shape, images):
    create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    create.set_chunk((1,) + shape)
    links = h5py.h5p.create(h5py.h5p.LINK_CREATE)
    links.set_create_intermediate_group(True)
    with h5py.File(path, "w") as f:
        space = h5py.h5s.create_simple((total,) + shape, (h5py.h5s.UNLIMITED,) + shape)
        data = h5py.h5d.create(f.id, inside.encode(), h5py.h5t.STD_U16LE, space, create, links)
        for n, pixels in enumerate(images):
            data.write_direct_chunk((n, 0, 0), pixels.tobytes())


def shape_of(master):
    """(ny, nx) and the number of images the master speaks of."""
    with h5py.File(master, "r") as f:
        data = f["entry/data"]
        if isinstance(data.get("data"), h5py.Dataset):
            return data["data"].shape[1:], data["data"].shape[0]
        detector = f["entry/instrument/detector"]
        specific = detector.get("detectorSpecific")
        if specific is not None and "nimages" in specific:
            shape = int(specific["y_pixels_in_detector"][()]), int(specific["x_pixels_in_detector"][()])
            return shape, int(specific["nimages"][()]) * int(specific.get("ntrigger", np.array(1))[()])
        return (4362, 4148), len(data["omega"])      # DLS without a detectorSpecific group: Eiger 16M


def frames_for(master, folder, frames, beside=()):
    copy = os.path.join(folder, os.path.basename(master))
    shutil.copy(master, copy)
    os.chmod(copy, 0o644)
    for other in beside:
        shutil.copy(other, folder)
    shape, total = shape_of(copy)
    images = [image(shape, n) for n in range(min(frames, total))]
    with h5py.File(copy, "r") as f:
        links = [f["entry/data"].get(k, getlink=True) for k in sorted(f["entry/data"]) if k.startswith("data_")]
    per_file = -(-total // len(links)) if len(links) == 1 else 1000
    for i, link in enumerate(links):
        here = min(per_file, total - i * per_file)
        _write(os.path.join(folder, link.filename), link.path, here, shape, images if i == 0 else [])
    return copy, shape, total
