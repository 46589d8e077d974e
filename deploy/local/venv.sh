#!/bin/sh
# Builds the project's own virtual environment (.venv) from the lock file, when the lock has changed.
set -eu
cd "$(dirname "$0")/../.."

exec 9>.venv.lock
flock 9
stamp=.venv/.built-from
want=$(cat requirements/dev.txt pyproject.toml | sha256sum)
[ "$(cat "$stamp" 2>/dev/null || true)" != "$want" ] || exit 0

for python in python3.14 python3.13 python3.12 python3.11 python3; do
    "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break
    python=
done
[ -n "$python" ] || { echo "punctual: no Python 3.11 or later with venv found" >&2; exit 1; }
echo "punctual: building .venv with $("$python" --version)" >&2
[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
.venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
echo "$want" > "$stamp"
