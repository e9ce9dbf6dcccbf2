#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Make an arm64 sysroot of Debian packages, enough to cross-build zapbench. Argument: the folder to make.
# Nothing is done when it is there already, with the packages that are wanted now.
set -eu

if [ $# -ne 1 ]; then
	echo "usage: scripts/sysroot.sh DIR" >&2
	exit 2
fi
# busybox is for the guests that try out what is made for a board.
packages=libc6-dev,linux-libc-dev,libpfm4-dev,libhwloc-dev,libjansson-dev,libgsl-dev,zlib1g-dev,libsqlite3-dev,libcmocka-dev,busybox-static
[ "$(cat "$1/packages" 2>/dev/null)" != "$packages" ] || exit 0
if ! command -v mmdebstrap >/dev/null; then
	echo "sysroot: mmdebstrap is missing; remedy: make deps GROUPS=cross" >&2
	exit 1
fi
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
mkdir -p "$(dirname "$1")"
# Unpacked, not installed: no arm64 code has to run. It appears under its name only when it is whole.
rm -rf "$1.new"
mmdebstrap --quiet --arch=arm64 --variant=extract \
	--include="$packages" \
	"$codename" "$1.new"
echo "$packages" >"$1.new/packages"
rm -rf "$1"
mv "$1.new" "$1"
