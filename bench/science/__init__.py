# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rooms of `scripts/bench science`: series and settings, the chain of DIALS, merging, judging, tables and plots."""
