#!/bin/sh
# Checks the scrape configuration, and that every alert fires when it should and only then.
set -eu
cd "$(dirname "$0")"
if ! command -v promtool >/dev/null 2>&1; then
    echo "punctual: promtool is not installed (Debian's package prometheus): alert rules are NOT checked" >&2
    exit 0
fi
if ! said=$(promtool check config prometheus.yml 2>&1 && promtool test rules rules.test.yml 2>&1); then
    echo "$said" >&2
    exit 1
fi
echo "Alert rules: $(grep -c '^  - name:' rules.test.yml) cases hold."
