#!/bin/sh
# Checks the scrape configuration, and that every alert fires when it should and only then.
set -eu
cd "$(dirname "$0")"
if ! command -v promtool >/dev/null 2>&1; then
    echo "punctual: promtool is not installed (Debian's package prometheus): alert rules are NOT checked" >&2
    exit 0
fi
promtool check config prometheus.yml >/dev/null
promtool test rules rules.test.yml >/dev/null
echo "Alert rules: $(grep -c '^  - name:' rules.test.yml) cases hold."
