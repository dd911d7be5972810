# SPDX-License-Identifier: LGPL-2.1-or-later
"""Unmerged intensities as DIALS scaled them, each with the true one of its reflection."""
import csv
import dataclasses

import numpy as np

D_MAX = 20.0


@dataclasses.dataclass
class Observed:
    """Arrays, one element an observation."""
    intensity: np.ndarray
    variance: np.ndarray
    d: np.ndarray        # spacing, angstrom
    pair: np.ndarray     # number of the unique reflection
    plus: np.ndarray     # which of the Friedel pair
    acentric: np.ndarray
    true: np.ndarray     # true intensity of that mate

    def chosen(self, which):
        return Observed(**{f.name: getattr(self, f.name)[which] for f in dataclasses.fields(self)})


def truth_rows(truth_file):
    with open(truth_file, newline="") as f:
        return [(tuple(int(row[i]) for i in "hkl"), float(row["i_plus"]), float(row["i_minus"]), float(row["d"]))
                for row in csv.DictReader(f)]


def expected(truth_file, d_min):
    """Number of unique reflections that can be observed."""
    return sum(d_min <= row[3] <= D_MAX for row in truth_rows(truth_file))


def read(mtz_file, truth_file, operator, d_min):
    """The observations between D_MAX and d_min; operator turns the truth's indices to those of the file."""
    from cctbx import sgtbx
    from cctbx.array_family import flex
    from iotbx import mtz
    file = mtz.object(str(mtz_file))
    [array] = [a for a in file.as_miller_arrays(merge_equivalents=False) if a.info().labels[0] == "I"]
    # the file's own indices have lost the sign of what was measured
    array = array.customized_copy(indices=file.extract_original_index_miller_indices(), anomalous_flag=True)
    array = array.map_to_asu()

    rows = truth_rows(truth_file)
    mates = [h for h, *_ in rows] + [tuple(-x for x in h) for h, *_ in rows]
    values = flex.double([row[1] for row in rows] + [row[2] for row in rows])
    mates = sgtbx.change_of_basis_op(operator).apply(flex.miller_index(mates))
    told = array.customized_copy(indices=mates, data=values, sigmas=None).map_to_asu()
    truth = dict(zip(told.indices(), told.data()))

    pairs = array.customized_copy(anomalous_flag=False).map_to_asu().indices()
    number = {}
    observed = Observed(
        intensity=array.data().as_numpy_array(), variance=array.sigmas().as_numpy_array()**2,
        d=array.d_spacings().data().as_numpy_array(),
        pair=np.array([number.setdefault(h, len(number)) for h in pairs]),
        plus=np.array([h == u for h, u in zip(array.indices(), pairs)]),
        acentric=~array.centric_flags().data().as_numpy_array(),
        true=np.array([truth.get(h, np.nan) for h in array.indices()]))
    return observed.chosen((observed.d >= d_min) & (observed.d <= D_MAX) & np.isfinite(observed.true))
