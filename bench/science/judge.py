# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a setting costs, and whether one costs little enough beside another of the same bytes.

The loss of a figure is how far it is worse than that of the lossless set: of Rmeas the rise, of a correlation the fall.
A ratio of two losses means nothing where the greater of them is within the noise, so such are shown and not judged.
"""
from .settings import FAITHFUL, IRREVERSIBLE, LOSSLESS, ORIGINAL, RATIOS

# figure: (its name, +1 where more is better)
FIGURES = {
    "rmeas": ("Rmeas", -1), "cc_half_outer": ("CC1/2 outer", 1), "anomalous_cc": ("anomalous CC", 1),
    "true_cc_outer": ("CC outer with truth", 1), "anomalous_true_cc": ("anomalous CC with truth", 1),
    "true_r": ("R with truth", -1),
}
# figure: largest loss beside that of the original's settings at the same bytes
BOUNDS = {"rmeas": 0.6, "cc_half_outer": 0.6, "anomalous_cc": 0.6, "true_cc_outer": 0.7, "anomalous_true_cc": 0.4}
# the same of errors that are 0 without loss
ERRORS = {"local_mean_error": ("error of the local mean", 0.25), "box_error": ("box error of spots", 0.6)}
NOISE = 0.001


def loss(rows, name, figure):
    return FIGURES[figure][1] * (rows[LOSSLESS][figure] - rows[name][figure])


def beside_original(rows, ratio):
    """(figure, loss or error of the original's, of faithful, bound) of one series at one ratio."""
    original, faithful = f"{ORIGINAL} J{ratio}", f"{FAITHFUL} J{ratio}"
    for figure, bound in BOUNDS.items():
        if figure in rows[LOSSLESS]:
            yield FIGURES[figure][0], loss(rows, original, figure), loss(rows, faithful, figure), bound
    for figure, (name, bound) in ERRORS.items():
        yield name, rows[original][figure], rows[faithful][figure], bound


def worse_than_irreversible(rows, ratio):
    """(figure, by how much) of what faithful does worse than the plain 9/7 of the same bytes, beyond the noise."""
    for figure, (name, _) in FIGURES.items():
        if figure in rows[LOSSLESS]:
            more = loss(rows, f"{FAITHFUL} J{ratio}", figure) - loss(rows, f"{IRREVERSIBLE} J{ratio}", figure)
            if more > NOISE:
                yield name, more


def judged(rows):
    """Lines of a table for all ratios at which one series has all that is compared."""
    for ratio in RATIOS:
        names = [f"{family} J{ratio}" for family in (ORIGINAL, IRREVERSIBLE, FAITHFUL)]
        if not all(n in rows for n in [LOSSLESS, names[0], names[2]]):
            continue
        for figure, before, after, bound in beside_original(rows, ratio):
            if before <= NOISE:
                said = "met (no loss to speak of)" if after <= NOISE else "missed (the original loses nothing)"
                yield ratio, figure, before, after, "-", bound, said
            else:
                yield ratio, figure, before, after, f"{after / before:.2f}", bound, \
                    "met" if after <= bound * before else "missed"
        if names[1] in rows:
            for figure, more in worse_than_irreversible(rows, ratio):
                yield ratio, figure, 0.0, more, "-", 0, "missed: worse than 9/7"
