# SPDX-License-Identifier: LGPL-2.1-or-later
"""Figures of unmerged intensities, among themselves and against the true ones.

Shells are of equal volume between the same two spacings in every set of a series. A correlation of half sets is the
mean over many random halvings, which takes most of its own noise away; the halvings are the same in every set that
kept the same observations. In a series with anomalous signal I+ and I- are merged apart for R values and half sets.
"""
from statistics import NormalDist

import numpy as np

from .observed import D_MAX, expected, read

SHELLS = 8
HALVINGS = 25
LIMIT = 0.3  # of CC1/2, where the resolution is said to end


class Merged:
    """Observations grouped by an integer key; one row a key, in ascending order of keys."""

    def __init__(self, observed, key):
        self.key, self.first, self.row = np.unique(key, return_index=True, return_inverse=True)
        self.intensity, self.weight = observed.intensity, 1 / observed.variance
        self.count = np.bincount(self.row)
        self.mean = self.means(self.intensity)
        self.sigma = np.sqrt(1 / np.bincount(self.row, self.weight))
        self.true = self.means(observed.true)
        self.d, self.acentric = observed.d[self.first], observed.acentric[self.first]

    def means(self, values, chosen=slice(None)):
        """Weighted means of the chosen observations; NaN for rows without any."""
        row, weight = self.row[chosen], self.weight[chosen]
        with np.errstate(invalid="ignore"):
            return (np.bincount(row, weight * values[chosen], len(self.key)) /
                    np.bincount(row, weight, len(self.key)))

    def halves(self, seed):
        """Two means of every row, each of a random half of its observations."""
        rng = np.random.default_rng(seed)
        order = np.lexsort((rng.random(len(self.row)), self.row))
        place = np.empty(len(order), int)
        place[order] = np.arange(len(order)) - np.repeat(np.cumsum(self.count) - self.count, self.count)
        odd = (place + rng.integers(0, 2, len(self.key))[self.row]) % 2 == 1
        return self.means(self.intensity, odd), self.means(self.intensity, ~odd)

    def residuals(self, rows):
        """(Rmeas, Rpim) of these rows, as far as they have more than one observation."""
        chosen = (rows & (self.count > 1))[self.row]
        n = self.count[self.row][chosen]
        difference = np.abs(self.intensity - self.mean[self.row])[chosen]
        total = self.intensity[chosen].sum()
        return (float((difference * np.sqrt(n / (n - 1))).sum() / total),
                float((difference / np.sqrt(n - 1)).sum() / total))


def correlation(a, b):
    """Of the elements that are numbers in both; NaN where those are too few to tell."""
    both = np.isfinite(a) & np.isfinite(b)
    return float("nan") if np.count_nonzero(both) < 3 else float(np.corrcoef(a[both], b[both])[0, 1])


def r_value(observed, true):
    return float(np.abs(observed - true).sum() / true.sum())


def middles(d_min):
    """1/d^3 in the middle of the shells, from the innermost."""
    low, high = D_MAX**-3, d_min**-3
    return low + (high - low) * (np.arange(SHELLS) + 0.5) / SHELLS


def shell_of(d, d_min):
    """Number of the shell of each spacing, 0 innermost."""
    low, high = D_MAX**-3, d_min**-3
    return np.clip(((d**-3.0 - low) / (high - low) * SHELLS).astype(int), 0, SHELLS - 1)


def by_shell(function, shell):
    return [function(shell == n) for n in range(SHELLS)]


def resolution(cc_half, d_min):
    """Spacing where CC1/2 falls through LIMIT, between the middles of shells; d_min where it does not."""
    at = middles(d_min)
    for n in range(1, SHELLS):
        if cc_half[n] < LIMIT <= cc_half[n - 1]:
            return float(np.interp(LIMIT, [cc_half[n], cc_half[n - 1]], [at[n], at[n - 1]])**(-1 / 3))
    return d_min


def normal_slope(deviates):
    """Slope of the normal probability plot, of its middle from -0.9 to 0.9."""
    n = len(deviates)
    expectation = np.array([NormalDist().inv_cdf((k + 0.5) / n) for k in range(n)])
    middle = np.abs(expectation) < 0.9
    return float(np.polyfit(expectation[middle], np.sort(deviates)[middle], 1)[0])


def half_figures(halves, d, d_min):
    """CC1/2 in all, outermost, by shell, and the resolution it leaves."""
    shell = shell_of(d, d_min)
    mean = lambda rows: float(np.mean([correlation(a[rows], b[rows]) for a, b in halves]))
    shells = by_shell(mean, shell)
    return {"cc_half": mean(shell >= 0), "cc_half_outer": shells[-1], "cc_half_shells": shells,
            "d_cc03": resolution(shells, d_min)}


def true_figures(merged, d_min):
    """Merged intensities against the true ones, on one scale."""
    shell, true = shell_of(merged.d, d_min), merged.true * (merged.mean.sum() / merged.true.sum())
    cc = by_shell(lambda rows: correlation(merged.mean[rows], true[rows]), shell)
    r = by_shell(lambda rows: r_value(merged.mean[rows], true[rows]), shell)
    return {"true_cc": correlation(merged.mean, true), "true_cc_outer": cc[-1], "true_cc_shells": cc,
            "true_r": r_value(merged.mean, true), "true_r_outer": r[-1], "true_r_shells": r}


def anomalous_figures(signed, halves, d_min):
    """Of the differences I+ - I- of acentric reflections of which both were observed."""
    minus = np.flatnonzero((signed.key[:-1] + 1 == signed.key[1:]) & (signed.key[:-1] % 2 == 0) & signed.acentric[:-1])
    plus = minus + 1
    difference, true = signed.mean[plus] - signed.mean[minus], signed.true[plus] - signed.true[minus]
    shells = by_shell(lambda rows: correlation(difference[rows], true[rows]), shell_of(signed.d[plus], d_min))
    true = true * (signed.mean.sum() / signed.true.sum())
    return {"anomalous_cc": float(np.mean([correlation(a[plus] - a[minus], b[plus] - b[minus]) for a, b in halves])),
            "anomalous_slope": normal_slope(difference / np.hypot(signed.sigma[plus], signed.sigma[minus])),
            "anomalous_true_cc": correlation(difference, true), "anomalous_true_cc_outer": shells[-1],
            "anomalous_true_cc_shells": shells,
            "anomalous_true_r": float(np.abs(difference - true).sum() / np.abs(true).sum())}


def one_indexing(mtz_file, truth_file, series, operator):
    d_min = series.d_min
    observed = read(mtz_file, truth_file, operator, d_min)
    merged = Merged(observed, observed.pair)
    signed = Merged(observed, 2 * observed.pair + observed.plus) if series.anomalous else merged
    halves = [signed.halves(seed) for seed in range(HALVINGS)]
    outer = shell_of(merged.d, d_min) == SHELLS - 1
    rmeas, rpim = signed.residuals(signed.count > 1)
    figures = {
        "observations": len(observed.intensity), "completeness": len(merged.key) / expected(truth_file, d_min),
        "i_over_sigma": float(np.mean(merged.mean / merged.sigma)),
        "i_over_sigma_outer": float(np.mean((merged.mean / merged.sigma)[outer])), "rmeas": rmeas, "rpim": rpim,
        **half_figures(halves, signed.d, d_min), **true_figures(merged, d_min)}
    if series.anomalous:
        figures.update(anomalous_figures(signed, halves, d_min))
    return figures


def figures(mtz_file, truth_file, series):
    """All of them, by the way of indexing that is nearest the truth."""
    return max((one_indexing(mtz_file, truth_file, series, operator) for operator in series.operators),
               key=lambda figures: figures["true_cc"])
