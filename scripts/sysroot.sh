#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Make an arm64 sysroot of Debian packages, enough to cross-build zapbench. Argument: the folder to make.
# Nothing is done when it is there already.
set -eu

if [ $# -ne 1 ]; then
	echo "usage: scripts/sysroot.sh DIR" >&2
	exit 2
fi
[ ! -e "$1/usr/include/hwloc.h" ] || exit 0
if ! command -v mmdebstrap >/dev/null; then
	echo "sysroot: mmdebstrap is missing; remedy: make deps GROUPS=cross" >&2
	exit 1
fi
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
mkdir -p "$(dirname "$1")"
# Unpacked, not installed: no arm64 code has to run. It appears under its name only when it is whole.
rm -rf "$1.new"
mmdebstrap --quiet --arch=arm64 --variant=extract \
	--include=libc6-dev,linux-libc-dev,libpfm4-dev,libhwloc-dev,libjansson-dev,libgsl-dev,zlib1g-dev,libcmocka-dev \
	"$codename" "$1.new"
mv "$1.new" "$1"
