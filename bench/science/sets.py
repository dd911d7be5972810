# SPDX-License-Identifier: LGPL-2.1-or-later
"""One set - a series compressed with one setting - from pixels to figures, processed once for the same pixels."""
import contextlib
import hashlib
import json
import pathlib
import sys
import tempfile

import numpy as np

from . import chain, merge, programs


def local_figures(told):
    """What can be told without DIALS, from a comparison by l_bnl_compare."""
    figures = told["figures"]
    before, after = np.array(told["spot_sample"], float).T
    return {"mean_ratio": figures["mean_after"] / figures["mean_before"],
            "local_mean_error": figures["local_mean_shift"],
            "box_error": float(np.median(np.abs(after - before) / np.sqrt(np.maximum(before, 1))))}


def through_dials(one, master, folder):
    """Figures of spots and cell, by DIALS in a process of its own; in a new folder, which then holds unmerged.mtz."""
    folder.mkdir()
    told = programs.tool(folder, sys.executable, "-B", chain.__file__, master, one.name, *one.integrate)
    for file in folder.iterdir():
        if file.name != "unmerged.mtz":
            file.unlink()
    return json.loads(told.splitlines()[-1])


def processed(one, folder, compressed, version):
    """The folder of what DIALS made of these pixels, in a run before or now."""
    said = repr((version, one.options, chain.steps(one, "MASTER"), programs.digest(compressed)))
    kept = folder / hashlib.sha256(said.encode()).hexdigest()[:24]
    if not kept.exists():
        with tempfile.TemporaryDirectory(prefix="dials-", dir=folder) as place:
            fresh = pathlib.Path(place) / "kept"
            figures = local_figures(programs.compare(folder / "run_master.h5", compressed))
            figures.update(through_dials(one, compressed, fresh))
            (fresh / "figures.json").write_text(json.dumps(figures))
            with contextlib.suppress(OSError):  # another setting with the same pixels was first
                fresh.rename(kept)
    return kept


def measure(work, one, name, options, version):
    """All figures of one set. Several at once may share a folder, but not a setting."""
    folder = work / one.name
    label = "set-" + hashlib.sha256((name + options).encode()).hexdigest()[:12]
    compressed = programs.compress(folder / "run_master.h5", folder / label, options)
    kept = processed(one, folder, compressed, version)
    figures = {**programs.sizes(compressed), **json.loads((kept / "figures.json").read_text()),
               **merge.figures(kept / "unmerged.mtz", folder / "run_truth.csv", one)}
    for file in folder.glob(label + "_*"):
        file.unlink()
    print(f"{one.name:12} {name:16} {figures['bytes']:9.0f} bytes an image, Rmeas {figures['rmeas']:.4f}",
          file=sys.stderr, flush=True)
    return one.name, name, figures
