#!/bin/sh
# Makes .venv ready: setup.sh run | test. Needs Python 3.11 to 3.13; the rest is installed when it is missing.
set -eu
cd "$(dirname "$0")/.."
purpose=${1:?run or test}

say() { printf 'setup: %s\n' "$*" >&2; }

find_python() {
    for name in python3.13 python3.12 python3.11 python3; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            printf '%s' "$name"
            return
        fi
    done
    say "Python 3.11, 3.12 or 3.13 is needed and was not found. Install it and try again."
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Debian and Ubuntu only; elsewhere the desktop brings these libraries.
apt_install() {
    if ! command -v apt-get >/dev/null 2>&1; then
        say "missing: $*. Install them with your system's package manager if the program does not start."
        return
    fi
    say "installing $*"
    if ! { as_root apt-get update -qq &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } >&2; then
        say "this failed. As an administrator, run: apt-get install $*"
        exit 1
    fi
}

# $1: lines of "soname package"; installs the packages whose library the linker cannot find.
install_missing_libraries() {
    known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null || true)
    missing=
    while read -r soname package; do
        case "$known" in *"$soname "*) ;; *) missing="$missing $package" ;; esac
    done <<EOF
$1
EOF
    # shellcheck disable=SC2086  # the names are meant to be split
    [ -z "$missing" ] || apt_install $missing
}

OFFSCREEN_LIBRARIES='libglib-2.0.so.0 libglib2.0-0
libGL.so.1 libgl1
libEGL.so.1 libegl1
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1
libxkbcommon.so.0 libxkbcommon0
libbrotlidec.so.1 libbrotli1
libgomp.so.1 libgomp1'
DISPLAY_LIBRARIES='libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-shape.so.0 libxcb-shape0
libxcb-xkb.so.1 libxcb-xkb1
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libwayland-cursor.so.0 libwayland-cursor0
libwayland-egl.so.1 libwayland-egl1'

install_system_libraries() {
    [ "$(uname -s)" = Linux ] || return 0
    libraries=$OFFSCREEN_LIBRARIES
    if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
        libraries="$libraries
$DISPLAY_LIBRARIES"
    fi
    install_missing_libraries "$libraries"
}

# uv is looked for, then fetched into .bootstrap: --target also works where the system's Python is protected.
find_uv() {
    if command -v uv >/dev/null 2>&1; then
        uv=uv
        return
    fi
    if [ ! -x .bootstrap/bin/uv ]; then
        "$python" -m pip --version >/dev/null 2>&1 || apt_install python3-pip
        say "fetching uv"
        "$python" -m pip install -q --disable-pip-version-check --root-user-action=ignore --target .bootstrap 'uv>=0.7'
    fi
    uv=.bootstrap/bin/uv
}

lock=packaging/requirements.lock
[ "$purpose" = test ] && lock=packaging/requirements-test.lock

# What `make test` installed holds all that `make run` needs. The system's Python may have gone with an update.
is_ready() {
    [ -x .venv/bin/python ] || return 1
    for done in ".venv/ready-$purpose" .venv/ready-test; do
        if [ -f "$done" ] && [ "$done" -nt "$lock" ] && [ "$done" -nt pyproject.toml ]; then return 0; fi
    done
    return 1
}

install_system_libraries
is_ready && exit 0
python=$(find_python)
find_uv
if [ ! -x .venv/bin/python ]; then
    rm -rf .venv
    "$uv" venv -q --python "$python" .venv
fi
say "installing the locked packages (the first time this takes some minutes)"
"$uv" pip sync -q --python .venv/bin/python "$lock"
"$uv" pip install -q --python .venv/bin/python --no-deps --no-build-isolation -e .
rm -f .venv/ready-run .venv/ready-test
touch ".venv/ready-$purpose"
