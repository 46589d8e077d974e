#!/bin/sh
# venv.sh [tests]: builds the project's own virtual environment (.venv) from a lock file, when the lock has changed. The
# lock of the local stack has the services' packages and a few more; with `tests`, those of tests and checks too. An
# environment that has these serves the local stack as well.
set -eu
cd "$(dirname "$0")/../.."

stamp=.venv/.built-from
stack=requirements/local.txt
tests=requirements/dev.txt
lock=$stack
[ "${1:-}" != tests ] || lock=$tests

state_of() {
    cat "$1" pyproject.toml | sha256sum
}

exec 9>.venv.lock
flock 9
built=$(cat "$stamp" 2>/dev/null || true)
[ "$built" != "$(state_of "$lock")" ] && [ "$built" != "$(state_of "$tests")" ] || exit 0

for python in python3.14 python3.13 python3.12 python3.11 python3; do
    "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break
    python=
done
[ -n "$python" ] || { echo "punctual: no Python 3.11 or later with venv found" >&2; exit 1; }
began=$(date +%s)
echo "punctual: building .venv with $("$python" --version), $(grep -c == "$lock") packages of $lock" >&2
[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r "$lock"
.venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
state_of "$lock" > "$stamp"
echo "punctual: .venv is ready after $(($(date +%s) - began)) s" >&2
