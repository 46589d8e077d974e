#!/bin/sh
# Brings the Nu HTML checker for the tests of mails into the virtual environment, where npm and Java are. Without them those
# tests say so and are skipped.
set -eu
VERSION=26.9.27
jar=.venv/vnu.jar
[ ! -e "$jar" ] || exit 0
command -v npm >/dev/null 2>&1 && command -v java >/dev/null 2>&1 || exit 0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if (cd "$folder" && npm pack --silent "vnu-jar@$VERSION" >/dev/null 2>&1 && tar xzf vnu-jar-*.tgz); then
    mv "$folder/package/build/dist/vnu.jar" "$jar"
else
    echo "punctual: npm could not bring vnu-jar; the test of the HTML of mails is skipped" >&2
fi
