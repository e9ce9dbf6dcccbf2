#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Install the Debian packages that are missing of the groups named (scripts/packages). Quick and silent when none is.
# exit status: 0 all are installed; 1 a package is missing and could not be installed; 2 usage
set -eu

here=$(dirname "$0")
command -v dpkg-query >/dev/null || {
	echo "deps: this is not Debian; fix: install what scripts/packages lists for: $*" >&2
	exit 1
}
wanted=
for group in "$@"; do
	packages=$(awk -v group="$group" '$1 == group { print $2 }' "$here/packages")
	if [ -z "$packages" ]; then
		groups=$(awk '!/^#/ { print $1 }' "$here/packages" | uniq | xargs)
		echo "deps: unknown group '$group'; groups: $groups" >&2
		exit 2
	fi
	wanted="$wanted $packages"
done

# missing PACKAGE...: those that are not installed, each once
missing()
{
	printf '%s\n' "$@" | sort -u | while read -r package; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
		[ "$state" = installed ] || echo "$package"
	done | xargs
}

# shellcheck disable=SC2086 # a list of names
todo=$(missing $wanted)
[ -n "$todo" ] || exit 0

echo "deps: installing $todo"
as_root='env'
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "deps: you are not root, and sudo is missing; fix: as root:" \
			"apt-get install --no-install-recommends $todo" >&2
		exit 1
	fi
	as_root='sudo env'
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM

apt() { $as_root DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get "$@" </dev/null >"$log" 2>&1; }
# shellcheck disable=SC2086 # a list of names
install() { apt install -y -qq --no-install-recommends $todo; }

# A fresh machine has no package lists, and an old one has stale lists: they are renewed only when they are needed.
install && exit 0
apt update -qq || {
	grep '^[EW]: ' "$log" | head -n 5 | sed 's/^/deps: apt-get update: /' >&2
}
install && exit 0

# Which package, and why, in apt's own words: what apt cannot even plan it says of one package at a time.
# shellcheck disable=SC2086 # a list of names
todo=$(missing $todo)
planned=
for package in $todo; do
	if LC_ALL=C apt-get install -s -qq --no-install-recommends "$package" >"$log.plan" 2>&1; then
		planned="$planned $package"
	else
		grep '^E: ' "$log.plan" | tail -n 1 | sed "s/^/deps: $package is not installed: /" >&2
	fi
done
rm -f "$log.plan"
if [ -n "$planned" ]; then
	echo "deps: not installed:$planned" >&2
	grep '^E: ' "$log" | head -n 5 | sed 's/^/deps: /' >&2
fi
echo "deps: fix: try by hand: ${as_root%env}apt-get install --no-install-recommends $todo" >&2
exit 1
