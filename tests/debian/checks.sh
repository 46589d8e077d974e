#!/bin/sh
# checks.sh [STEP …]: what must hold on every Debian release. Steps: unit, demo, broker, drills, deb; all, without arguments.
# Each step runs whatever became of those before; the status says whether all went well.
set -eu
cd "$(dirname "$0")/../.."
# every drill of the broker, by its name in tests/drills/catalogue.py
DRILLS='broker-killed broker-stopped broker-full broker-leader-killed broker-data-lost broker-vhost-deleted
    broker-queue-replaced broker-permissions-removed broker-parts-deleted'

versions() {
    echo "Debian $(cat /etc/debian_version), $(.venv/bin/python --version)"
    dpkg-query -W -f '${Package} ${Version}\n' rabbitmq-server erlang-base 'postgresql-1*' 2>/dev/null | grep -v ' $'
}

unit() {
    .venv/bin/python -m pytest -q -p no:cacheprovider tests/unit
}

# The demo ends by showing the reminder, and then says how to end it.
demo() {
    log=$(mktemp)
    .venv/bin/python -m deploy.local run > "$log" 2>&1 &
    running=$!
    while kill -0 "$running" 2>/dev/null && ! grep -q 'Ctrl-C ends it' "$log"; do sleep 0.5; done
    shown=1
    ! grep -q 'Ctrl-C ends it' "$log" || shown=0
    kill -TERM "$running" 2>/dev/null || :
    wait "$running" || :
    if [ $shown = 0 ]; then grep -e 'after it was due' -e '200 after' "$log"; else cat "$log"; fi
    return $shown
}

broker() {
    .venv/bin/python -m pytest -q -p no:cacheprovider tests/integration/broker tests/integration/reminders
}

# Installs, runs and removes the package. Services are started by systemd alone, which does not run here. Without settings
# a command ends with 78, and names those that are missing.
deb() {
    package=$(make -s deb | tail -n 1) && dpkg -i "$package" && api-service --version && notifier-service --version &&
        { api-service migrate 2>&1 | grep -q DATABASE_URL; } && [ "$(stat -c %a /etc/punctual/punctual.env)" = 600 ] &&
        dpkg --purge punctual &&
        [ ! -e /opt/punctual ] && [ ! -e /etc/punctual ] && [ ! -e /usr/bin/api-service ] &&
        [ ! -e /lib/systemd/system/punctual-api.service ]
}

drills() {
    # shellcheck disable=SC2086 # one word a drill
    .venv/bin/python -m tests.drills --only $DRILLS
}

make install-tests
versions
failed=
for step in ${*:-unit demo broker drills deb}; do
    echo "== $step"
    "$step" && echo "== $step: green" || { echo "== $step: red"; failed="$failed $step"; }
done
[ -z "$failed" ] || { echo "red:$failed" >&2; exit 1; }
