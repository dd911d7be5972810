# SPDX-License-Identifier: LGPL-2.1-or-later
"""Real frames before and after: the spots DIALS finds where it opens the master, and what l_bnl_compare says."""
import os
import pathlib
import sys

import numpy as np

from . import programs, settings
from .sets import local_figures
from .table import grid

MASTERS = {"Eiger 16M, weak": "dls_eiger16m_master.h5", "Pilatus 6M, thaumatin": "pilatus6m_thaumatin_master.h5"}
NAMES = [name for name in settings.SETTINGS if name.endswith(("J125", "H16"))]
SAME_SPOT = 2.0  # pixels


def masters():
    folder = pathlib.Path(os.environ.get("LBC_SHARED_DATA", "")) / "real"
    return {name: folder / file for name, file in MASTERS.items() if (folder / file).exists()}


def spots(master, folder):
    """(x, y, frame, counts) of each spot DIALS finds; None when it finds none, or does not open the master."""
    folder.mkdir()
    try:
        programs.tool(folder, "dials.import", master)
    except programs.Failed:
        return None
    programs.tool(folder, "dials.find_spots", "imported.expt", "nproc=1")
    if not (folder / "strong.refl").exists():
        return None
    from dials.array_family import flex
    table = flex.reflection_table.from_file(str(folder / "strong.refl"))
    return np.column_stack([table["xyzobs.px.value"].as_numpy_array(), table["intensity.sum.value"].as_numpy_array()])


def matched(before, after):
    """(spots found again, median distance in pixels, median change of counts over their root)."""
    distance, change = [], []
    for x, y, z, counts in before:
        if not len(after):
            break
        away = np.hypot(after[:, 0] - x, after[:, 1] - y)
        away[np.abs(after[:, 2] - z) > 0.75] = np.inf
        best = int(np.argmin(away))
        if away[best] <= SAME_SPOT:
            distance.append(away[best])
            change.append(abs(after[best, 3] - counts) / max(counts, 1)**0.5)
    return len(distance), *(float(np.median(x)) if x else float("nan") for x in (distance, change))


def rows_of(master, folder):
    """{setting: figures}; those of spots are missing where DIALS does not open the master."""
    wide = next(programs.images(master)).dtype.itemsize > 2
    before, rows = spots(master, folder / "before"), {}
    for n, name in enumerate(NAMES):
        options = settings.SETTINGS[name] + (" -u 4" if wide else "")
        compressed = programs.compress(master, folder / f"set-{n}", options)
        row = {**programs.sizes(compressed), **local_figures(programs.compare(master, compressed))}
        if before is not None:
            after = spots(compressed, folder / f"after-{n}")
            after = np.zeros((0, 4)) if after is None else after
            again, distance, change = matched(before, after)
            row.update(spots_before=len(before), spots=len(after), again=again, distance=distance, change=change)
        rows[name] = row
        print(f"{master.name:32} {name}", file=sys.stderr, flush=True)
    return rows


def table(name, rows):
    columns = {"bytes an image": "{bytes:.0f}", "ratio": "{ratio:.1f}", "mean": "x {mean_ratio:.3f}",
               "local mean": "{local_mean_error:.1%}", "box error": "{box_error:.2f}"}
    if "spots" in next(iter(rows.values())):
        columns.update({"spots before": "{spots_before}", "after": "{spots}", "found again": "{again}",
                        "moved by": "{distance:.2f} px", "counts / sqrt": "{change:.2f}"})
    return [f"### {name}", "", *grid(["setting", *columns], [[setting, *(how.format(**row) for how in columns.values())]
                                                             for setting, row in rows.items()])]
