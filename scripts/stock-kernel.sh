#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Unpack Debian's own kernel and its headers, the newest of Debian 12, into a folder. Nothing is installed.
# Arguments: 6.12 or 6.1, the folder, for what: arm64 (the default), 16k (arm64 with 16K pages: 6.12, of backports),
# amd64 or armhf. Does nothing if the folder is complete. It holds vmlinuz, release (what uname -r says), and headers, a
# KDIR for scripts/module.sh; for arm64 and amd64 also modules: drivers of devices without hardware and what they need,
# in the order in which they load; for amd64 also bin/busybox, which the others have in their sysroots.
set -eu

if [ $# -lt 2 ] || [ $# -gt 3 ]; then
	echo "usage: scripts/stock-kernel.sh 6.12|6.1 DIR [arm64|16k|amd64|armhf]" >&2
	exit 2
fi
say() { echo "stock-kernel: $*" >&2; }
case $1 in
6.12) releases='6\.12\.[0-9]+\+deb12' ;;
6.1) releases='6\.1\.0-[0-9]+' ;;
*) say "$1: expected 6.12 or 6.1"; exit 2 ;;
esac
arch=${3:-arm64}
flavour=$arch
busybox=
modules=
suites="debian/bookworm debian-security/bookworm-security"
case $arch in
arm64) modules="virtio-pci vgem virtio-gpu vivid" ;;
16k) arch=arm64 flavour=arm64-16k suites="debian/bookworm debian/bookworm-backports" ;;
amd64) modules=vgem busybox="busybox-static:amd64" ;;
# Its security index names packages that are not there.
armhf) flavour=armmp suites=debian/bookworm ;;
*) say "$arch: expected arm64, 16k, amd64 or armhf"; exit 2 ;;
esac
[ ! -e "$2/complete" ] || [ "$(cat "$2/complete")" != "$modules" ] || exit 0
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -e "$keyring" ] || { say "$keyring is missing; fix: apt-get install debian-archive-keyring"; exit 1; }

# A list, an index and a cache of its own: the machine's own packages know nothing of arm64.
rm -rf "$2"
mkdir -p "$2/apt/lists/partial" "$2/apt/archives/partial" "$2/apt/parts"
dir=$(cd "$2" && pwd)
for suite in $suites; do
	echo "deb [signed-by=$keyring] http://deb.debian.org/${suite%/*} ${suite#*/} main"
done >"$dir/apt/sources.list"
machine=$(dpkg --print-architecture)
apt()
{
	tool=$1
	shift
	"$tool" -q -o APT::Architecture="$arch" -o APT::Architectures::="$arch" -o APT::Architectures::="$machine" \
		-o Dir::Etc::sourcelist="$dir/apt/sources.list" -o Dir::Etc::sourceparts="$dir/apt/parts" \
		-o Dir::State::lists="$dir/apt/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$dir/apt" \
		-o APT::Sandbox::User= "$@"
}
if ! apt apt-get update --error-on=any >"$dir/log" 2>&1; then
	tail -n 3 "$dir/log" >&2
	say "cannot read the index of bookworm; fix: a network that reaches deb.debian.org"
	exit 1
fi
release=$(apt apt-cache search --names-only "^linux-image-$releases-$flavour\$" | cut -d ' ' -f 1 | sort -V | tail -n 1)
release=${release#linux-image-}
[ -n "$release" ] || { say "Debian 12 has no kernel $1 for $flavour any more"; exit 1; }
short=${release%-"$flavour"}
# The programs of kbuild run on this machine.
kbuild=linux-kbuild-$short
[ "$1" != 6.1 ] || kbuild=linux-kbuild-6.1
# shellcheck disable=SC2086 # nothing, or a word
if ! (cd "$dir/apt/archives" && apt apt-get download $busybox "linux-image-$release" "linux-headers-$release" \
	"linux-headers-$short-common" "$kbuild:$machine") >>"$dir/log" 2>&1; then
	tail -n 3 "$dir/log" >&2
	say "cannot download the packages of $release; fix: a network that reaches deb.debian.org"
	exit 1
fi
# All its modules are 500 MB.
mkdir "$dir/modules" "$dir/apt/image"
dpkg-deb --fsys-tarfile "$dir"/apt/archives/linux-image-*.deb |
	tar -x -C "$dir/apt/image" ./boot ${modules:+./lib}
mv "$dir"/apt/image/boot/config-* "$dir"
mv "$dir/apt/image/boot/vmlinuz-$release" "$dir/vmlinuz"
: >"$dir/apt/load"
[ -z "$modules" ] || depmod -b "$dir/apt/image" "$release"
# No pipeline: it would hide a failure of modprobe.
# shellcheck disable=SC2086 # words
[ -z "$modules" ] || modprobe -d "$dir/apt/image" -S "$release" --show-depends -a $modules >"$dir/apt/depends"
[ -z "$modules" ] || awk '$1 == "insmod" && !seen[$2]++ { print $2 }' "$dir/apt/depends" >"$dir/apt/load"
number=10
while read -r module; do
	case $module in
	*.xz) xz -dc "$module" >"$dir/modules/$number-$(basename "$module" .xz)" ;;
	*) cp "$module" "$dir/modules/$number-$(basename "$module")" ;;
	esac
	number=$((number + 1))
done <"$dir/apt/load"
for package in "$dir"/apt/archives/linux-[hk]*.deb ${busybox:+"$dir"/apt/archives/busybox*.deb}; do
	dpkg-deb -x "$package" "$dir"
done
rm -rf "$dir/apt"
# The Makefile of the headers names the common ones by their path in /usr.
ln -s "usr/src/linux-headers-$release" "$dir/headers"
sed -i "s, /usr/src/, $dir/usr/src/,g" "$dir/headers/Makefile"
echo "$release" >"$dir/release"
echo "$modules" >"$dir/complete"
