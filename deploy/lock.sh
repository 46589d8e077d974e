#!/bin/sh
# Resolves pyproject.toml anew into the lock files of requirements/, with hashes, for every Python from 3.11 on: what only
# some of them need has a marker. uv comes from a throw-away environment.
set -eu
cd "$(dirname "$0")/.."

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools"
"$tools/bin/pip" install -q --disable-pip-version-check uv

compile() {
    "$tools/bin/uv" pip compile -q --no-header --no-python-downloads --universal --python-version 3.11 --generate-hashes "$@"
}
compile -o requirements/production.txt pyproject.toml
compile -c requirements/production.txt --group build -o requirements/build.txt
compile -c requirements/production.txt -c requirements/build.txt --group local -o requirements/local.txt pyproject.toml
compile -c requirements/local.txt --group dev -o requirements/dev.txt pyproject.toml
compile -c requirements/dev.txt --group bench -o requirements/bench.txt
compile -c requirements/dev.txt --group release -o requirements/release.txt
