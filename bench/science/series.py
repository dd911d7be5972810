# SPDX-License-Identifier: LGPL-2.1-or-later
"""The simulated series: what is made, and what DIALS is told of it.

Each is a 1M detector and just enough rotation for nine tenths of the reflections. Where the lattice has more symmetry
than the crystal, `operators` are the ways to index it; the one nearest the truth is taken.
"""
import dataclasses
import re

from . import programs


@dataclasses.dataclass(frozen=True)
class Series:
    name: str
    about: str
    options: str  # of l_bnl_simulate
    group: str
    cell: tuple
    d_min: float
    anomalous: bool = False
    operators: tuple = ("h,k,l",)
    integrate: tuple = ()  # parameters of dials.integrate, beside those that all series have

    def with_seed(self, seed):
        """The same crystal with other intensities and other noise; None: as it is."""
        return self if seed is None else \
            dataclasses.replace(self, options=re.sub(r"-s \d+", f"-s {seed}", self.options))

    def integrated_with(self, parameters):
        return dataclasses.replace(self, integrate=tuple(parameters.split()))


SHORT = "short"
SERIES = {s.name: s for s in [
    Series("lyso-strong", "lysozyme, P43212, strong", "-g P43212 -n 60 -w 0.75 -I 1000 -x 0.5 -s 11 --d-min 2.8",
           "P43212", (79.1, 79.1, 37.9), 2.8),
    Series("lyso-weak", "lysozyme, P43212, weak", "-g P43212 -n 60 -w 0.75 -I 400 -B 60 -x 0.1 -s 11 --d-min 2.8",
           "P43212", (79.1, 79.1, 37.9), 2.8),
    Series("sad", "insulin-like, I213, weak, anomalous differences of 8 %",
           "-g I213 -n 60 -w 0.8 -a 0.08 -m 0.15 -I 180 -B 30 -x 0.3 -s 13 --d-min 2.8",
           "I213", (78.1, 78.1, 78.1), 2.8, anomalous=True, operators=("h,k,l", "k,h,-l")),
    Series("large-cell", "P212121 with an axis of 250 A, spots that overlap",
           "-g P212121 -C 40,52,250,90,90,90 -n 64 -w 1.25 -m 0.2 -x 0.3 -s 14 -L 155 --spot 1.3 --d-min 4.5",
           "P212121", (40, 52, 250), 4.5),
    Series(SHORT, "a small lysozyme for the short form", "-g P43212 -n 20 -w 1 -I 1000 -x 0.2 -s 11 --d-min 3.5",
           "P43212", (79.1, 79.1, 37.9), 3.5),
]}


def make(series, folder):
    """run_master.h5 and run_truth.csv of the series in folder; what the same options left there is taken as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "options"
    if not (note.exists() and note.read_text() == series.options):
        programs.run("l_bnl_simulate", *series.options.split(), "-q", "--overwrite", "-o", folder / "run")
        note.write_text(series.options)
