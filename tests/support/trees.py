# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two masters compared, object by object, and every difference explained by a rule.

The rules stand here a second time, in words of numpy, and know nothing of the table in src/metadata.

    before, after = trees.read(input_master), trees.read(output_master)
    trees.unexplained(before, after, change)      -> lines, empty when all is right
"""
import os
import re
from dataclasses import dataclass, field

import h5py
import numpy as np


@dataclass
class Node:
    kind: str                       # group, dataset, soft, dangling
    group: str = ""                 # what the group it is in is for
    value: object = None            # array, or target of a soft link
    dtype: object = None
    attrs: dict = field(default_factory=dict)
    identity: tuple = ()            # of hard-linked objects
    images: bool = False


def _plain(value):
    """Bytes and strings alike as str, arrays as arrays, booleans as integers."""
    if isinstance(value, (bytes, np.bytes_)):
        return value.decode("utf-8", "replace").rstrip("\0 ")
    if isinstance(value, h5py.Empty):
        return None
    array = np.asarray(value)
    if array.dtype.kind in "SO":
        return np.array([_plain(x) for x in array.ravel()], dtype=object).reshape(array.shape)[()]
    if array.dtype.kind == "b":
        array = array.astype("i1")
    return array[()]


def _attributes(obj):
    found = {}
    for name in obj.attrs:
        try:
            found[name] = _plain(obj.attrs[name])
        except OSError:
            pass
    return found


def _group_kind(parent, name, nx_class):
    if re.fullmatch(r"detectorModule_\d+", name):
        return "tile"
    if name in ("detectorSpecific", "_dectris"):
        return "specific"
    if nx_class in ("NXtransformations", "NXpositioner", "NXgoniometer") or name in ("goniometer", "transformations"):
        return "axes"
    if parent == "geometry" or nx_class == "NXgeometry":
        return "geometry"
    return {"NXentry": "entry", "NXdata": "data", "NXinstrument": "instrument", "NXdetector": "detector",
            "NXdetector_module": "module", "NXsample": "sample", "NXbeam": "beam", "NXprocess": "process"}.get(nx_class, "other")


def read(path):
    """{path: Node} of everything a master holds or leads to, but for images."""
    nodes, seen = {}, {}

    def dataset(where, obj, group):
        info = h5py.h5o.get_info(obj.id)
        node = Node("dataset", group, dtype=obj.dtype, attrs=_attributes(obj), identity=(info.fileno, info.addr))
        if obj.ndim >= 3 or obj.is_virtual:
            node.images = True
        else:
            node.value = _plain(obj[()])
        nodes[where] = node

    def walk(where, obj, group):
        for name in obj:
            there = f"{where}/{name}"
            link = obj.get(name, getlink=True)
            if isinstance(link, h5py.SoftLink):
                nodes[there] = Node("soft", group, value=link.path)
                continue
            try:
                child = obj[name]
            except (KeyError, OSError):
                nodes[there] = Node("dangling", group)
                continue
            if isinstance(child, h5py.Dataset):
                dataset(there, child, group)
            elif isinstance(child, h5py.Group):
                info = h5py.h5o.get_info(child.id)
                kind = _group_kind(group, name, _attributes(child).get("NX_class", ""))
                nodes[there] = Node("group", group, attrs=_attributes(child), identity=(info.fileno, info.addr))
                if (info.fileno, info.addr) not in seen:
                    seen[info.fileno, info.addr] = there
                    walk(there, child, kind)

    with h5py.File(path, "r") as f:
        walk("", f, "root")
    return nodes


@dataclass
class Change:
    bin: int
    sum: int
    groups: list          # [(first, last)] images of each output frame, 0-based
    frames_in: int        # length of per-image arrays
    shape_in: tuple
    shape_out: tuple
    saturation: int
    depth: int
    codec: str
    mask_in: object = None
    mask_out: object = None
    reversed_size: bool = False    # dxtbx turns data_size of early Diamond files round, so they keep it so
    frame_time: float = 0          # seconds from frame to frame


def _moved(text, seconds):
    """A time with as many digits of a second as it had, rounded."""
    digits = len(text.partition(".")[2])
    time = np.datetime64(text, "us") + np.timedelta64(round(seconds * 1e6) + 10 ** (6 - digits) // 2, "us")
    return str(time)[:len("2024-02-29T23:59:59") + (digits and digits + 1)]


# ---- the rules -------------------------------------------------------------------------------

def _sample(value, images):
    return value[np.array(images)]


def _mean_map(value, c):
    """Mean over the unmasked pixels of each bin; over all where none is unmasked."""
    (ny, nx), b = c.shape_in, c.bin
    good = np.ones((ny, nx)) if c.mask_in is None else ((c.mask_in & 0xffff) == 0).astype(float)

    def blocks(array):
        rows = np.add.reduceat(array, np.arange(0, ny, b), axis=0)
        return np.add.reduceat(rows, np.arange(0, nx, b), axis=1)

    values = value.astype(float)
    n, total, n_all, total_all = blocks(good), blocks(values * good), blocks(np.ones((ny, nx))), blocks(values)
    return np.where(n > 0, total / np.maximum(n, 1), total_all / n_all)


def _or_map(value, c):
    """OR over each bin; bit 0 set where the bin hangs over the edge."""
    (ny, nx), b = c.shape_in, c.bin
    padded = np.pad(value.astype("u4") & 0xffff, ((0, -ny % b), (0, -nx % b)), constant_values=1)
    rows = np.bitwise_or.reduce(padded.reshape(-1, b, padded.shape[1]), axis=1)
    return np.bitwise_or.reduce(rows.reshape(len(rows), -1, b), axis=2)


DROPPED = object()
MATERIALS = {"silicon": "Silicon", "si": "Si", "cdte": "CdTe", "gaas": "GaAs"}
# known from the run, and written even where the input's link to them dangles
ALWAYS = {"pixel_mask", "saturation_value", "underload_value", "bit_depth_image", "bit_depth_readout"}
DET = {"detector", "specific"}


def _axis_range(path, nodes, c):
    stem = re.sub(r"_(start|range_total)$", "", path)
    start, end, step = (nodes.get(stem + e) for e in ("", "_end", "_increment"))
    first, last = c.groups[0][0], c.groups[-1][1]
    if start is None or np.ndim(start.value) == 0 or len(start.value) <= last:
        return None
    if path.endswith("_start"):
        return start.value[first]
    if end is not None and len(np.atleast_1d(end.value)) > last:
        return end.value[last] - start.value[first]
    if step is not None:
        return start.value[last] + step.value - start.value[first]
    return start.value[last + 1] - start.value[first] if last + 1 < len(start.value) else None


def rule(path, node, nodes, c):
    """(name of the rule, expected value) of one dataset; (None, its value) when nothing changes it."""
    name, group, value, b, s = path.rsplit("/", 1)[1], node.group, node.value, c.bin, c.sum
    numeric = not isinstance(value, str) and np.asarray(value).dtype.kind in "iuf"
    shape = np.shape(value)
    if node.images:
        return "images", DROPPED
    if group in DET and name == "pixel_mask":
        return "mask", c.mask_out
    if group == "specific" and name == "eiger_fw_version":
        return "dropped when binned", DROPPED
    if group == "tile" and len(shape) == 2 and min(shape) >= 16 and b > 1:
        return "dropped when binned", DROPPED
    if numeric and shape == c.shape_in and b > 1:
        return ("flags", _or_map(value, c)) if "mask" in name else ("map", _mean_map(value, c))
    if group == "entry" and name == "definition":
        return "definition", "NXmx"
    if c.frame_time and (group == "entry" and name == "start_time" or group in DET and name == "data_collection_date"):
        return "begin", _moved(value, c.groups[0][0] * c.frame_time)
    if c.frame_time and group == "entry" and name in ("end_time", "end_time_estimated"):
        return "end", _moved(value, (c.groups[-1][1] + 1 - c.frames_in) * c.frame_time)
    if group == "detector" and name == "sensor_material" and value.lower() in MATERIALS:
        return "material", MATERIALS[value.lower()]
    if group in DET and numeric:
        changed = {
            "x_pixel_size": lambda: value * b, "y_pixel_size": lambda: value * b,
            "beam_center_x": lambda: value / b, "beam_center_y": lambda: value / b,
            "x_pixels_in_detector": lambda: c.shape_out[1], "y_pixels_in_detector": lambda: c.shape_out[0],
            "nimages": lambda: len(c.groups), "ntrigger": lambda: 1,
            "count_time": lambda: value * s, "frame_time": lambda: value * s,
            "nframes_sum": lambda: value * s, "summation_nimages": lambda: value * s,
            "saturation_value": lambda: c.saturation, "countrate_correction_count_cutoff": lambda: c.saturation,
            "underload_value": lambda: 0, "bit_depth_image": lambda: c.depth, "bit_depth_readout": lambda: c.depth,
            "number_of_excluded_pixels": lambda: np.count_nonzero(c.mask_out),
        }.get(name)
        if changed:
            return name, np.broadcast_to(changed(), shape)
        if name.endswith("_applied") or name == "auto_summation":
            return "boolean", np.asarray(value != 0).astype("i1")
    if group in DET and name == "compression":
        return "compression", c.codec
    if group == "module" and numeric:
        changed = {
            "fast_pixel_direction": lambda: value * b, "slow_pixel_direction": lambda: value * b,
            "data_size": lambda: np.array(c.shape_out[::-1] if c.reversed_size else c.shape_out), "data_origin": lambda: value // b,
        }.get(name)
        if changed:
            return name, changed()
    if group == "tile" and numeric:
        if name == "countrate_correction_count_cutoff":
            return name, c.saturation
        if name == "data_origin":
            return name, value // b
        if name == "data_size":
            return name, -(-value.astype(int) // b)
    if group in ("axes", "data") and numeric:
        per_image = len(shape) > 0 and shape[0] == c.frames_in
        factor = s if re.search(r"_(increment|increment_set|range_average)$", name) else 1
        if re.search(r"_(range_total|start)$", name):
            ranged = _axis_range(path, nodes, c)
            if ranged is not None:
                return "range", ranged
        elif per_image:
            which = 1 if name.endswith("_end") else 0
            return "per image", _sample(value, [g[which] for g in c.groups]) * factor
        elif factor != 1:
            return "x sum", value * factor
    elif group not in ("tile", "module", "geometry", "process") and len(shape) > 0 and shape[0] == c.frames_in > 9:
        which = 1 if name.endswith("_end") else 0
        return "per image", _sample(value, [g[which] for g in c.groups])
    return None, value


def _equal(a, b):
    if a is None or b is None:
        return a is b
    if isinstance(a, str) or isinstance(b, str) or np.asarray(a).dtype == object or np.asarray(b).dtype == object:
        return np.array_equal(np.asarray(a, dtype=object), np.asarray(b, dtype=object))
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    tolerance = 1e-6 if "f4" in (a.dtype.str[1:], b.dtype.str[1:]) else 1e-12
    return np.allclose(a.astype(float), b.astype(float), rtol=tolerance, atol=tolerance * 1e-3, equal_nan=True)


def unexplained(before, after, c):
    """What is lost or changed without a rule, and rules that were not kept, one line each."""
    lines, twins = [], {}
    for path, node in before.items():
        twin = after.get(path)
        if node.group == "data" and re.search(r"/data(_\d+)?$", path):
            continue                                  # images: their links are checked elsewhere
        if node.kind == "dangling":
            if twin is not None and path.rsplit("/", 1)[1] not in ALWAYS:
                lines.append(f"{path}: dangles in the input, but is there")
        elif node.kind == "soft":
            if path.endswith("/pixel_mask"):
                continue
            if twin is None or twin.value != node.value:
                lines.append(f"{path}: soft link lost")
        elif node.kind == "group":
            if twin is None or twin.kind != "group":
                lines.append(f"{path}: group lost")
            else:
                lines += _attributes_differ(path, node, twin)
        else:
            lines += _dataset_differs(path, node, twin, before, after, c)
            if twin is not None and twin.kind == "dataset":
                twins.setdefault(node.identity, []).append(twin.identity)
    for identities in twins.values():
        if len(set(identities)) > 1:
            lines.append(f"{len(identities)} hard links are {len(set(identities))} objects now")
    return lines


def _dataset_differs(path, node, twin, before, after, c):
    name, expected = rule(path, node, before, c)
    if expected is DROPPED:
        return [f"{path}: should have been dropped ({name})"] if twin is not None else []
    if twin is None:
        return [f"{path}: lost"]
    if twin.kind == "soft":
        return [] if name == "mask" and after[twin.value].kind == "dataset" else [f"{path}: became a soft link"]
    lines = [] if _equal(twin.value, expected) else [f"{path}: is {twin.value!r}, not {expected!r} ({name or 'copied'})"]
    if name is None and twin.dtype != node.dtype and node.dtype.kind in "iuf" and path.split("/")[-1] not in ("",):
        lines.append(f"{path}: type {node.dtype} became {twin.dtype}")
    return lines + _attributes_differ(path, node, twin)


def _attributes_differ(path, node, twin):
    lines = []
    for name, value in node.attrs.items():
        if name in ("signal", "NX_class", "depends_on") and name != "depends_on":
            continue
        if name not in twin.attrs or not _equal(twin.attrs[name], value):
            lines.append(f"{path}@{name}: {value!r} became {twin.attrs.get(name)!r}")
    return lines


def additions(before, after):
    """Paths that the output has and the input has not."""
    return sorted(p for p in after if p not in before)


def strings_are_terminated(path):
    """Names of string fields and attributes that are not of fixed length, null-terminated, with room."""
    bad = []

    def check(where, tid, raw):
        if not isinstance(tid, h5py.h5t.TypeStringID):
            return
        longest = max((len(x) for x in np.atleast_1d(raw).ravel()), default=0)
        if tid.is_variable_str() or tid.get_strpad() != h5py.h5t.STR_NULLTERM or longest >= tid.get_size():
            bad.append(where)

    def visit(name, obj):
        if isinstance(obj, h5py.Dataset) and obj.dtype.kind in "SO":
            check(name, obj.id.get_type(), obj[()])
        for a in obj.attrs:
            aid = h5py.h5a.open(obj.id, a.encode())
            if aid.get_type().get_class() == h5py.h5t.STRING:
                raw = obj.attrs[a]
                check(f"{name}@{a}", aid.get_type(), raw.encode() if isinstance(raw, str) else raw)

    with h5py.File(path, "r") as f:
        f.visititems(visit)
    return bad


def has_times(path):
    """True when any object of the file carries a modification time."""
    found = []

    def visit(name, obj):
        info = h5py.h5o.get_info(obj.id)
        if any(getattr(info, t, 0) for t in ("mtime", "ctime", "atime", "btime")):
            found.append(name)

    with h5py.File(path, "r") as f:
        f.visititems(visit)
    return bool(found)


def program(name):
    return os.path.join(os.environ["LBC_BUILD"], "bin", name)
