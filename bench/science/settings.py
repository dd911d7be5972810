# SPDX-License-Identifier: LGPL-2.1-or-later
"""The settings that are compared, by name: options of l_bnl_compress. Rows that are judged against each other take the
same bytes."""

LOSSLESS = "lossless"
RATIOS = (40, 125, 400)
ORIGINAL, IRREVERSIBLE, FAITHFUL = "5/3", "9/7", "faithful"

SETTINGS = {LOSSLESS: "-c bslz4"}
for ratio in RATIOS:
    SETTINGS[f"{ORIGINAL} J{ratio}"] = f"-J {ratio}"
    SETTINGS[f"{IRREVERSIBLE} J{ratio}"] = f"-J {ratio} --wavelet 9/7"
    SETTINGS[f"{FAITHFUL} J{ratio}"] = f"-J {ratio} --profile faithful"
for scale in (4, 16, 64):
    SETTINGS[f"H{scale}"] = f"-H {scale}"
    SETTINGS[f"{FAITHFUL} H{scale}"] = f"-H {scale} --profile faithful"
