#!/bin/sh
# Installs the Debian packages that the local stack misses: Python with venv, PostgreSQL, RabbitMQ; called with `tests`,
# also those that only tests need, where it may (without root, whoever needs one says so and goes on without).
# Debian's own servers neither start nor stay; policy-rc.d and createcluster.conf end as they were.
# Given servers (DATABASE_URL, AMQP_URL) need no package. Safe when two clones do it at once.
set -eu

LOCK=/run/lock/punctual-install.lock
POLICY=/usr/sbin/policy-rc.d
CLUSTERS=/etc/postgresql-common/createcluster.conf
KEPT=.before-punctual
purpose=${1:-}

python_is_usable() {
    for candidate in python3.14 python3.13 python3.12 python3.11 python3; do
        "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return
    done
    return 1
}

missing() {
    python_is_usable || printf '%s ' python3 python3-venv
    if [ -z "${DATABASE_URL:-}" ] && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
        printf '%s ' postgresql
    fi
    if [ -z "${AMQP_URL:-}" ] && ! ls /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server >/dev/null 2>&1; then
        printf '%s ' rabbitmq-server
    fi
}

missing_for_tests() {
    [ "$purpose" = tests ] || return 0
    command -v promtool >/dev/null 2>&1 || printf '%s ' prometheus
    [ -x /usr/bin/chromium ] || printf '%s ' chromium
    [ -x /usr/sbin/nginx ] || printf '%s ' nginx-light
    command -v spamassassin >/dev/null 2>&1 || printf '%s ' spamassassin
    # it would take the place of another mail server, so only where there is none
    [ -x /usr/sbin/sendmail ] || [ -x /usr/sbin/postfix ] || printf '%s ' postfix
}

put_back() {
    for file in "$POLICY" "$CLUSTERS"; do
        if [ -e "$file$KEPT" ]; then
            mv -f "$file$KEPT" "$file"
        elif grep -qs 'punctual: only while installing' "$file"; then
            rm -f "$file"
        fi
    done
}

# No package may start a server: https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
forbid_starting() {
    [ ! -e "$POLICY" ] || cp -p "$POLICY" "$POLICY$KEPT"
    printf '#!/bin/sh\n# punctual: only while installing\nexit 101\n' > "$POLICY"
    chmod 755 "$POLICY"
}

forbid_main_cluster() {
    cp -p "$CLUSTERS" "$CLUSTERS$KEPT"
    printf '\n# punctual: only while installing\ncreate_main_cluster = false\n' >> "$CLUSTERS"
}

apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@" >&2
}

install_packages() {
    trap put_back EXIT
    trap 'exit 130' INT TERM HUP
    put_back # what an interrupted run has left
    forbid_starting
    for package in "$@"; do
        apt-cache show "$package" >/dev/null 2>&1 || { apt update; break; }
    done
    case " $* " in *" postgresql "*)
        # its configuration file must exist before the package that reads it is configured
        apt install --no-install-recommends postgresql-common || { apt update; apt install --no-install-recommends postgresql-common; }
        forbid_main_cluster ;;
    esac
    apt install --no-install-recommends "$@" || { apt update; apt install --no-install-recommends "$@"; }
}

packages=$(missing)
extras=$(missing_for_tests)
[ -n "$packages$extras" ] || exit 0
if [ "$(id -u)" != 0 ]; then
    [ -z "$extras" ] || echo "punctual: not installed, since only root can: $extras" >&2
    [ -n "$packages" ] || exit 0
    cat >&2 <<MESSAGE
punctual: this machine misses: $packages
Install them as root:
    apt-get install --no-install-recommends $packages
or use servers that run already:
    DATABASE_URL=postgresql://user:password@host:5432/name AMQP_URL=amqp://user:password@host:5672/ make run
MESSAGE
    exit 1
fi
echo "punctual: installing $packages$extras" >&2
exec 9>"$LOCK"
flock 9
packages="$(missing)$(missing_for_tests)" # somebody else may have installed them while we waited
# shellcheck disable=SC2086 # one word a package
[ -z "$packages" ] || install_packages $packages 9>&-
