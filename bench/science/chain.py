# SPDX-License-Identifier: LGPL-2.1-or-later
"""DIALS from master to scaled intensities, in the current folder, in one process, which spares five starts.

    chain.py MASTER SERIES [PARAMETER...]     leaves unmerged.mtz, and prints figures of spots and cell as JSON

PARAMETERs are for dials.integrate, beside those that all sets have.
Every set of a series is treated alike. Run in a process of its own: what DIALS prints goes to chain.log.
"""
import contextlib
import importlib
import json
import logging
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from science.series import SERIES  # noqa: E402


def steps(series, master):
    """(program, arguments) in order."""
    cell = ",".join(map(str, series.cell + (90, 90, 90)))
    return [
        ("dials_import", [master]),
        ("find_spots", ["imported.expt", "nproc=1"]),
        ("index", ["imported.expt", "strong.refl", f"space_group={series.group}", f"unit_cell={cell}",
                   f"max_cell={1.3 * max(series.cell):.0f}", "indexing.method=fft1d",
                   "basis_vector_combinations.max_refine=3", "refinement_protocol.n_macro_cycles=2",
                   f"refinement_protocol.d_min_start={series.d_min}"]),
        ("refine", ["indexed.expt", "indexed.refl", "scan_varying=False"]),
        ("integrate", ["refined.expt", "refined.refl", "nproc=1", f"prediction.d_min={series.d_min}",
                       *series.integrate]),
        ("scale", ["integrated.expt", "integrated.refl", f"anomalous={series.anomalous}", "output.html=None",
                   "unmerged_mtz=unmerged.mtz"]),
    ]


def geometry(series):
    """Spots found and indexed, the largest relative error of a cell edge, and the size of the integrated spots."""
    from dials.array_family import flex
    from dxtbx.model.experiment_list import ExperimentListFactory
    strong = flex.reflection_table.from_file("strong.refl")
    indexed = flex.reflection_table.from_file("indexed.refl")
    cell = ExperimentListFactory.from_json_file("refined.expt", check_format=False)[0].crystal.get_unit_cell()
    error = max(abs(a / b - 1) for a, b in zip(sorted(cell.parameters()[:3]), sorted(series.cell)))
    profile = ExperimentListFactory.from_json_file("integrated.expt", check_format=False)[0].profile
    return {"spots": len(strong), "indexed": indexed.get_flags(indexed.flags.indexed).count(True), "cell_error": error,
            "sigma_b": profile.sigma_b(deg=True), "sigma_m": profile.sigma_m(deg=True)}


def main(master, name, *parameters):
    series = SERIES[name].integrated_with(" ".join(parameters))
    with open("chain.log", "w") as log, contextlib.redirect_stdout(log):
        for program, arguments in steps(series, master):
            for logger in ("dials", "dxtbx"):  # or every program adds its lines once more
                logging.getLogger(logger).handlers.clear()
            importlib.import_module("dials.command_line." + program).run(arguments)
            print(f"== {program}: {sum(os.times()[:2]):.1f} s of processor time so far")
        figures = geometry(series)
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
