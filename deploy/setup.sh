#!/bin/sh
# Makes the virtual environment $1 with exactly what requirements.lock names, and Vilina itself in place.
set -eu
venv=$1
python=${PYTHON:-python3}

say() { printf '%s\n' "$*" >&2; }

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    say "Vilina needs Python 3.11 or newer, and \"$python\" is not. Name another one: make PYTHON=python3.12 ..."
    exit 1
}

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3-venv
    else
        say "This Python cannot make virtual environments. On Debian: sudo apt-get install python3-venv"
        exit 1
    fi
fi

say "Setting up Vilina in $venv: about a minute, the first time only."
"$python" -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
