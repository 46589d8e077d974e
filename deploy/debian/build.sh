#!/bin/sh
# Builds dist/punctual_VERSION_ARCHITECTURE.deb from this folder: /opt/punctual with the packages of the production lock, the
# units for systemd, the example of settings. The package is for the Debian release that builds it: its Python is used.
set -eu
cd "$(dirname "$0")/../.."

python=/usr/bin/python3
"$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    { echo "punctual: this needs Debian's Python 3.11 or later with venv: apt-get install python3-venv" >&2; exit 1; }
version=$("$python" -c 'import tomllib; print(tomllib.load(open("pyproject.toml", "rb"))["project"]["version"])')
series=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
next=$("$python" -c 'import sys; print("%d.%d" % (sys.version_info[0], sys.version_info[1] + 1))')
architecture=$(dpkg --print-architecture)

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
root=$stage/root
home=$root/opt/punctual
mkdir -p dist "$root/DEBIAN" "$root/usr/lib/systemd/system" "$root/usr/bin" "$root/etc/punctual" "$root/usr/share/doc/punctual"

"$python" -m venv "$home"
"$home/bin/pip" install -q --disable-pip-version-check --no-compile --require-hashes -r requirements/production.txt
.venv/bin/python -m pip wheel -q --disable-pip-version-check --no-deps --no-build-isolation -w "$stage" .
"$home/bin/pip" install -q --disable-pip-version-check --no-compile --no-deps "$stage"/punctual-*.whl
"$home/bin/pip" uninstall -q -y --disable-pip-version-check setuptools pip 2>/dev/null || "$home/bin/pip" uninstall -q -y pip
find "$home/bin" -mindepth 1 ! -name 'python*' ! -name api-service ! -name notifier-service -delete
find "$home" -name __pycache__ -prune -exec rm -rf {} +
sed -i "s#$home#/opt/punctual#g" "$home/bin/api-service" "$home/bin/notifier-service" "$home/pyvenv.cfg"
ln -s /opt/punctual/bin/api-service /opt/punctual/bin/notifier-service "$root/usr/bin/"

install -m 0644 deploy/systemd/*.service deploy/systemd/*.socket deploy/systemd/*.target "$root/usr/lib/systemd/system/"
install -m 0600 deploy/systemd/punctual.env.example "$root/etc/punctual/punctual.env"
install -m 0644 LICENSE "$root/usr/share/doc/punctual/copyright"
gzip -9n < CHANGELOG.md > "$root/usr/share/doc/punctual/changelog.gz"
echo /etc/punctual/punctual.env > "$root/DEBIAN/conffiles"
install -m 0755 deploy/debian/postinst deploy/debian/prerm deploy/debian/postrm "$root/DEBIAN/"
cat > "$root/DEBIAN/control" <<CONTROL
Package: punctual
Version: $version
Architecture: $architecture
Maintainer: Punctual maintainers <maintainers@punctual.example>
Section: net
Priority: optional
Depends: python3 (>= $series), python3 (<< $next)
Recommends: postgresql, rabbitmq-server, nginx
Installed-Size: $(du -sk "$root" | cut -f1)
Description: books medical appointments and tells people about them
 A pair of services over PostgreSQL and RabbitMQ: one takes bookings over HTTP,
 the other sends confirmations and reminders by e-mail and in the app.
CONTROL
dpkg-deb --root-owner-group -Zxz -z1 --build "$root" dist >&2
echo "dist/punctual_${version}_$architecture.deb"
