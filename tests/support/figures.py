# SPDX-License-Identifier: LGPL-2.1-or-later
"""Figures of long tests, for docs/RELIABILITY.md: note("kill", {"kills": 200}) prints them, and keeps them in the folder
LBC_FIGURES, where it is set."""
import json
import os


def note(name, values):
    print(f"{name}: " + ", ".join(f"{key} {value}" for key, value in values.items()), flush=True)
    folder = os.environ.get("LBC_FIGURES")
    if folder:
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, name + ".json"), "w", encoding="utf-8") as f:
            json.dump(values, f)
