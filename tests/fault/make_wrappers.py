#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes what fault.c wraps of HDF5, and the options by which all that it wraps is linked.

Every HDF5 function that the given library calls gets one line, WRAP(kind, type, name, failure, errno, parameters,
arguments), with the signature that HDF5's own header declares, so that a call which is new in src/nexus can fail
without anybody's having to think of it.
"""
import argparse
import re
import subprocess

# They tell what went wrong, or are part of hdf5.h's macros, which do not look at what they answer.
HARMLESS = re.compile(r"H5E\w+|H5check_version|H5open")
# What gives something back has given it back, whatever it says.
LATE = re.compile(r"H5\w+close|H5Idec_ref|H5free_memory|H5Dvlen_reclaim")
# Types that have no negative values; their functions fail with 0.
UNSIGNED = ("size_t", "hsize_t")


def called(nm, library):
    """The functions of HDF5 that a library calls; names in _g are variables."""
    listed = subprocess.run([nm, "-u", library], capture_output=True, text=True, check=True).stdout
    names = set(re.findall(r"\bU (H5\w+)$", listed, re.M))
    return sorted(n for n in names if not n.endswith("_g") and not HARMLESS.fullmatch(n))


def declarations(compiler, folders):
    """{name: (type, parameters)} of hdf5.h."""
    done = subprocess.run([compiler, "-E", "-P", *(f"-I{f}" for f in folders), "-x", "c", "-"],
                          input="#include <hdf5.h>\n", capture_output=True, text=True, check=True)
    text = re.sub(r"\s+", " ", done.stdout)
    return {name: (kind.replace("extern ", "").strip(), parameters.strip())
            for kind, name, parameters in re.findall(r"([\w ]+[ *])(H5\w+) ?\(([^()]*)\) ?(?=;)", text)}


def wrapper(name, kind, parameters):
    macro = "WRAP_LATE" if LATE.fullmatch(name) else "WRAP"
    failure = "0" if kind in UNSIGNED else "NULL" if kind.endswith("*") else f"({kind})-1"
    arguments = re.findall(r"(\w+) ?(?:\[[\w ]*\])? ?(?:,|$)", parameters) if parameters != "void" else []
    return f"{macro}(hdf5, {kind}, {name}, {failure}, 0, ({parameters}), ({', '.join(arguments)}))\n"


def main():
    parser = argparse.ArgumentParser()
    for option in ("--nm", "--cc", "--include", "--by-hand"):
        parser.add_argument(option, required=True)
    for place in ("library", "wrappers", "options"):
        parser.add_argument(place)
    a = parser.parse_args()
    declared = declarations(a.cc, a.include.split(";"))
    names = called(a.nm, a.library)
    with open(a.wrappers, "w", encoding="ascii") as f:
        f.writelines(wrapper(n, *declared[n]) for n in names)
    with open(a.by_hand, encoding="utf-8") as f:
        names += re.findall(r"\b__wrap_([a-z]\w+)\(|^WRAP(?:_LATE)?\(\w+, [\w *]+, (\w+),", f.read(), re.M)
    names = sorted({n if isinstance(n, str) else n[0] or n[1] for n in names})
    with open(a.options, "w", encoding="ascii") as f:
        f.writelines(f"-Wl,--wrap={n}\n" for n in names)


if __name__ == "__main__":
    main()
