#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Make a sysroot of Debian packages, enough to cross-build zapbench. Arguments: the folder to make; the architecture
# (arm64, which is the default, or armhf); packages to take instead, separated by commas. Does nothing if the folder has
# these packages already.
set -eu

if [ $# -lt 1 ] || [ $# -gt 3 ]; then
	echo "usage: scripts/sysroot.sh DIR [arm64|armhf [PACKAGES]]" >&2
	exit 2
fi
arch=${2:-arm64}
case $arch in
arm64 | armhf) ;;
*) echo "sysroot: $arch: expected arm64 or armhf" >&2 && exit 2 ;;
esac
case $1 in
-*) set -- "./$1" "$arch" ${3+"$3"} ;; # no option: the name of a folder
esac
# busybox is for the guests of tests.
packages=libc6-dev,linux-libc-dev,libpfm4-dev,libhwloc-dev,libjansson-dev,libgsl-dev,zlib1g-dev,libsqlite3-dev
packages=$packages,libcmocka-dev,busybox-static
packages=${3:-$packages}
[ "$(cat "$1/packages" 2>/dev/null)" != "$packages" ] || exit 0
if ! command -v mmdebstrap >/dev/null; then
	echo "sysroot: mmdebstrap is missing; fix: make deps GROUPS=cross" >&2
	exit 1
fi
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
mkdir -p "$(dirname "$1")"
# The packages are unpacked, not installed: no code of them has to run. The folder gets its name when it is complete.
rm -rf "$1.new"
mode=root
[ "$(id -u)" -eq 0 ] || mode=chrootless # the only mode that needs no right and no other package
# The suite's main part alone for armhf: the index of its security part names versions that its packages do not have.
mirror=
[ "$arch" != armhf ] || mirror="deb http://deb.debian.org/debian $codename main"
mmdebstrap --quiet --mode=$mode --arch="$arch" --variant=extract \
	--include="$packages" \
	"$codename" "$1.new" ${mirror:+"$mirror"} || {
	echo "sysroot: cannot make $1; fix: a network that reaches Debian, and room for 300 MB there" >&2
	exit 1
}
echo "$packages" >"$1.new/packages"
rm -rf "$1"
mv "$1.new" "$1"
