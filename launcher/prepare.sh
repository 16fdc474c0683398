#!/bin/sh
# Makes or brings up to date the virtual environment: prepare.sh REQUIREMENTS_FILE
# Installs only when the requirements have changed since the last time.
set -eu

requirements=$1
stamp=.venv/.installed-$requirements
oldest="3.11"

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    found=""
    for name in python3 python3.11 python3.12 python3.13 python3.14 python; do
        path=$(command -v "$name") || continue
        if is_new_enough "$path"; then
            printf '%s' "$path"
            return 0
        fi
        version=$("$path" -c 'import platform; print(platform.python_version())' \
            2>/dev/null) || version="a broken one"
        found="${found:+$found, }$version ($path)"
    done
    fail "Python $oldest or newer is needed; found ${found:-none}." \
        "On Debian 12: apt-get install python3 python3-venv"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 1
    fi
}

install_venv_module() {
    version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    package=python$version-venv
    echo "Installing $package, which Debian keeps apart from Python."
    if ! command -v apt-get >/dev/null ||
        ! as_root apt-get update -qq ||
        ! as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq "$package"; then
        fail "Python's venv module is missing. Install it: apt-get install $package"
    fi
}

make_environment() {
    python=$(find_python)
    "$python" -c 'import ensurepip, venv' 2>/dev/null || install_venv_module "$python"
    echo "Making the virtual environment .venv with $python."
    "$python" -m venv --clear .venv
}

fingerprint() {
    { cat requirements.txt "$requirements"; .venv/bin/python -V; } | sha256sum
}

# Two make commands at once must not install into the same folder.
exec 9<Makefile
if command -v flock >/dev/null; then
    flock 9
fi

if ! is_new_enough .venv/bin/python || ! .venv/bin/python -m pip -V >/dev/null 2>&1
then
    make_environment
fi
if [ "$(cat "$stamp" 2>/dev/null)" != "$(fingerprint)" ]; then
    echo "Installing $requirements into .venv. This takes a minute the first time."
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --root-user-action ignore --requirement "$requirements"
    fingerprint >"$stamp"
fi
