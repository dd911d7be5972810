#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# common.sh - what scripts/demo, scripts/check and scripts/bench share. Sourced, not run.
# Needs bash and apt-get alone: everything else is installed by need_packages.

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
export LC_ALL=C.UTF-8

say() { printf '== %s\n' "$*" >&2; }

die()
{
    printf '%s: error: %s\n' "$(basename -- "$0")" "$*" >&2
    exit 1
}

as_root()
{
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo -- "$@"
    else
        die "this needs root to install packages: $* (run as root, or install sudo)"
    fi
}

# packages_of SECTION: the lines of packages.txt below "# -- SECTION:".
packages_of()
{
    local line section=
    while IFS= read -r line; do
        case $line in
            '# -- '*) section=${line#'# -- '} section=${section%%:*} ;;
            '#'* | '') ;;
            *) if [ "$section" = "$1" ]; then printf '%s\n' "$line"; fi ;;
        esac
    done <"$top/packages.txt"
}

package_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# need_packages SECTION...: installs what is missing of these sections; silent when nothing is.
need_packages()
{
    local section package missing=()
    for section in "$@"; do
        while IFS= read -r package; do
            package_installed "$package" || missing+=("$package")
        done < <(packages_of "$section")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 \
        install --no-install-recommends "${missing[@]}" >/dev/null
}

# build_folder PRESET: where CMakePresets.json puts it.
build_folder()
{
    if [ "$1" = release ]; then printf '%s/build\n' "$top"; else printf '%s/build-%s\n' "$top" "$1"; fi
}

# jobs: parallel compilers and tests. LBC_CHECK_JOBS overrides.
jobs_wanted() { printf '%s\n' "${LBC_CHECK_JOBS:-$(nproc)}"; }

# build_preset PRESET [TARGET...]: configures and builds; quiet unless it fails or warns.
# with_tests=OFF leaves the tests out, and needs no package of theirs.
build_preset()
{
    local preset=$1 folder
    shift
    folder=$(build_folder "$preset")
    say "building $preset into ${folder#"$top"/}"
    (cd -- "$top" && cmake --preset "$preset" -DLBC_BUILD_TESTS="${with_tests:-ON}" --log-level=WARNING >/dev/null)
    cmake --build "$folder" --parallel "$(jobs_wanted)" ${1+--target "$@"} -- --quiet |
        { grep -vx 'ninja: no work to do.' || true; }
}
