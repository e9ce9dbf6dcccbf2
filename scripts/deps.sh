#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Install the Debian packages of the groups named (scripts/packages) that are missing. Quick and silent when none is.
set -eu

here=$(dirname "$0")
missing=
for group in "$@"; do
	packages=$(awk -v group="$group" '$1 == group { print $2 }' "$here/packages")
	if [ -z "$packages" ]; then
		echo "deps: no group '$group' in scripts/packages" >&2
		exit 2
	fi
	for package in $packages; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
		[ "$state" = installed ] || missing="$missing $package"
	done
done
[ -n "$missing" ] || exit 0

echo "deps: installing$missing"
as_root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "deps: neither root nor sudo; remedy: as root, apt-get install$missing" >&2
		exit 1
	fi
	as_root=sudo
fi
# A fresh machine has no package lists; an old one has stale ones.
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of names
$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1 || {
	$as_root apt-get update -qq
	$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
}
