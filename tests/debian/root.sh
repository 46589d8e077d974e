#!/bin/sh
# root.sh SUITE [STEP …]: the steps of checks.sh (all of them, without arguments) on another Debian release, in a system
# of its own. For root; the network is this machine's, so only free ports are used.
#
# DEBIAN_ROOTS/SUITE (/var/tmp/punctual-debian/SUITE) is made by debootstrap at the first call, in minutes, and kept.
# The mirror is mirror.sh's. What is committed here is cloned into it
# anew; mounts and processes end with the command.
set -eu
cd "$(dirname "$0")/../.."
suite=${1:?which release: trixie, forky}
shift
root=${DEBIAN_ROOTS:-/var/tmp/punctual-debian}/$suite
[ "$(id -u)" = 0 ] || { echo "punctual: only root can make and enter $root" >&2; exit 1; }

make_root() {
    command -v debootstrap >/dev/null || { apt-get update -q && apt-get install -qy debootstrap; } >&2
    scripts=/usr/share/debootstrap/scripts # a release may be younger than this machine's debootstrap
    set -- --variant=minbase --include=ca-certificates,make,git,curl,procps,locales "$suite" "$root" "$(sh tests/debian/mirror.sh)"
    mkdir -p "$root"
    if [ -e "$scripts/$suite" ]; then debootstrap "$@"; else debootstrap "$@" "$scripts/sid"; fi >&2
    touch "$root/etc/made"
}

# How this machine resolves names, trusts certificates and reaches package indexes.
lend_network() {
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    for each in /etc/pip.conf "$HOME/.config/pip/pip.conf"; do
        [ -e "$each" ] || continue
        mkdir -p "$root$(dirname "$each")"
        grep -v -e find-links -e constraint -e file:// "$each" > "$root$each" || : # paths of this machine
    done
}

[ -e "$root/etc/made" ] || make_root
lend_network
rm -rf "$root/srv/punctual"
git clone -q . "$root/srv/punctual"
exec env -u PIP_FIND_LINKS LC_ALL=C.UTF-8 unshare --mount --pid --fork --kill-child sh -eu -c '
    root=$1
    shift
    for each in sys dev dev/pts dev/shm; do mount --bind "/$each" "$root/$each"; done
    mount -t proc proc "$root/proc"
    exec chroot "$root" sh /srv/punctual/tests/debian/checks.sh "$@"' root.sh "$root" "$@"
