#!/bin/sh
# Installs what the cluster needs beside the local stack: HAProxy, ip and tc. Debian's own HAProxy is not started.
set -eu
missing=
[ -x /usr/sbin/haproxy ] || missing="$missing haproxy"
command -v ip >/dev/null 2>&1 && command -v tc >/dev/null 2>&1 || missing="$missing iproute2"
command -v nsenter >/dev/null 2>&1 && command -v setpriv >/dev/null 2>&1 || missing="$missing util-linux"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
    echo "cluster: needs root to install$missing, and to make network namespaces" >&2
    exit 1
fi
POLICY=/usr/sbin/policy-rc.d
if [ ! -e "$POLICY" ]; then # no package may start a server
    trap 'rm -f "$POLICY"' EXIT
    printf '#!/bin/sh\nexit 101\n' > "$POLICY"
    chmod 755 "$POLICY"
fi
apt-get update -qq
# shellcheck disable=SC2086 # a list of words
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
