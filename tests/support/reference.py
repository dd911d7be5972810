# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the pixels of an output series must be, in plain numpy: reading, masking, binning, summing and
clipping as docs/DIFFERENCES.md and the manual say. Slow and obvious, to be compared with."""
import numpy as np

MASKED, OVERLOADED = -2, -1


def meaning(frame, mask, saturation):
    """A stored frame as int64: counts, MASKED, OVERLOADED."""
    info = np.iinfo(frame.dtype)
    value = frame.astype(np.int64)
    marker = value >= info.max - 1 if info.min == 0 else value < 0
    masked = marker if mask is None else marker | ((mask & 0xFFFF) != 0)
    out = np.where(value > saturation, OVERLOADED, value)
    return np.where(masked, MASKED, out)


def mixed(parts, axis):
    """Sum along axis: a masked contributor masks, else an overloaded one overloads."""
    lowest = parts.min(axis=axis)
    total = np.where(parts < 0, 0, parts).sum(axis=axis)
    return np.where(lowest < 0, lowest, total)


def binned(frame, b, gaps):
    ny, nx = frame.shape
    my, mx = -(-ny // b), -(-nx // b)
    outside = 0 if gaps == "zero" else MASKED
    padded = np.full((my * b, mx * b), outside, np.int64)
    padded[:ny, :nx] = frame
    blocks = padded.reshape(my, b, mx, b).transpose(0, 2, 1, 3).reshape(my, mx, b * b)
    return mixed(blocks, 2)


def limit(b, s, saturation, stored, lossy=None):
    most = 65532 if stored == 2 else 2**31 - 3
    if lossy:
        most = min(most, 2**30 if lossy == "H" else 2**24 - 1)
    return min(b * b * s * saturation, most)


def groups(first, last, s, partial="drop", per_trigger=0):
    """Lists of 0-based frames, for images first..last (1-based)."""
    out, current = [], []
    for f in range(first - 1, last):
        current.append(f)
        cut = per_trigger and (f + 1) % per_trigger == 0
        if len(current) == s or cut or f == last - 1:
            if len(current) == s or partial == "keep":
                out.append(current)
            current = []
    return out


def series(images, mask=None, saturation=None, b=1, s=1, stored=2, gaps="keep", partial="drop", first=1, last=None,
           per_trigger=0, lossy=None):
    """Working frames of the output (counts and marks), before a lossy codec; S'."""
    info = np.iinfo(images.dtype)
    if saturation is None:
        saturation = info.max - 2 if info.min == 0 else info.max
    top = limit(b, s, saturation, stored, lossy)
    out = []
    for group in groups(first, last or len(images), s, partial, per_trigger):
        frames = [meaning(images[f], mask, saturation) for f in group]
        if gaps == "zero":
            frames = [np.where(f == MASKED, 0, f) for f in frames]
        total = mixed(np.array([binned(f, b, gaps) for f in frames]), 0)
        out.append(np.where(total > top, OVERLOADED, total))
    return np.array(out), top


def stored_pixels(frames, top, stored=2, gaps="keep"):
    """Working frames as they are written."""
    dtype = {2: "u2", 4: "u4", 0: "i4"}[stored]
    marker = {2: 65535, 4: 2**32 - 1, 0: -1}[stored]
    overloaded = top if gaps == "zero" else top + 1
    out = np.where(frames == OVERLOADED, overloaded, frames)
    return np.where(frames == MASKED, marker, out).astype(dtype)
