# SPDX-License-Identifier: LGPL-2.1-or-later
"""The figures as Markdown tables, which are text enough for a terminal."""
import re

from . import judge
from .settings import LOSSLESS

# heading: how the figure of a row is written
MEASURED = {
    "bytes an image": "{bytes:.0f}", "ratio": "{ratio:.1f}", "spots": "{spots}", "indexed": "{indexed}",
    "cell": "{cell_error:.3%}", "I/sigma": "{i_over_sigma:.1f}", "Rmeas": "{rmeas:.4f}", "Rpim": "{rpim:.4f}",
    "CC1/2": "{cc_half:.4f}", "outer": "{cc_half_outer:.4f}", "d(0.3)": "{d_cc03:.2f}",
}
MEASURED_ANOMALOUS = {"anom. CC": "{anomalous_cc:.4f}", "slope": "{anomalous_slope:.2f}"}
TRUTH = {
    "mean": "x {mean_ratio:.3f}", "local mean": "{local_mean_error:.1%}", "box error": "{box_error:.2f}",
    "CC": "{true_cc:.4f}", "CC outer": "{true_cc_outer:.4f}", "R": "{true_r:.4f}", "R outer": "{true_r_outer:.4f}",
}
TRUTH_ANOMALOUS = {"anom. CC": "{anomalous_true_cc:.4f}", "anom. CC outer": "{anomalous_true_cc_outer:.4f}",
                   "anom. R": "{anomalous_true_r:.3f}"}
SHELLS = {"true_cc_shells": "CC with the truth", "true_r_shells": "R with the truth",
          "anomalous_true_cc_shells": "anomalous CC with the truth"}


def grid(heads, lines):
    return ["| " + " | ".join(heads) + " |", "|---|" + "--:|" * (len(heads) - 1),
            *("| " + " | ".join(line) + " |" for line in lines), ""]


def put(page, parts):
    """Takes the place of what a page has between <!-- mark --> and <!-- end -->; parts: {mark: lines}."""
    text = page.read_text()
    for mark, lines in parts.items():
        if lines:
            block = "\n".join([f"<!-- {mark} -->", "", *lines]).rstrip() + "\n\n<!-- end -->"
            text = re.sub(rf"<!-- {mark} -->.*?<!-- end -->", lambda _, block=block: block, text, flags=re.S)
    page.write_text(text)


def of_columns(rows, columns):
    return grid(["setting", *columns],
                [[name, *(how.format(**r) for how in columns.values())] for name, r in rows.items()])


def of_series(series, rows):
    """rows: {setting: figures} of one series, the lossless one among them."""
    first = rows[LOSSLESS]
    anomalous = "anomalous_cc" in first
    lines = [f"### {series.name}: {series.about}", "",
             f"`l_bnl_simulate {series.options}`: {first['observations']} observations, "
             f"{first['completeness']:.1%} complete.", "", "From DIALS:", ""]
    lines += of_columns(rows, {**MEASURED, **(MEASURED_ANOMALOUS if anomalous else {})})
    lines += ["Against the lossless pixels, and against the true intensities:", ""]
    lines += of_columns(rows, {**TRUTH, **(TRUTH_ANOMALOUS if anomalous else {})})
    return lines


def of_shells(rows):
    lines = []
    for figure, about in SHELLS.items():
        if figure in rows[LOSSLESS]:
            count = len(rows[LOSSLESS][figure])
            heads = [about, *(f"shell {n + 1}" for n in range(count))]
            lines += grid(heads, [[name, *(f"{x:.4f}" for x in r[figure])] for name, r in rows.items()])
    return lines


def of_judgement(by_series):
    lines = [[f"{name} J{ratio}", figure, f"{before:.4f}", f"{after:.4f}", beside, f"{bound:.2f}", said]
             for name, rows in by_series.items()
             for ratio, figure, before, after, beside, bound, said in judge.judged(rows)]
    return grid(["set", "loss or error", "5/3", "faithful", "ratio", "bound", ""], lines) if lines else []
