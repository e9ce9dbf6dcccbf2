#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Unpack Debian's own arm64 kernel and its headers, the newest of Debian 12, into a folder. Nothing is installed.
# Arguments: 6.12 or 6.1, the folder. Does nothing if the folder is complete. It holds vmlinuz, release (what uname -r
# says), headers, a KDIR for scripts/module.sh, and modules: drivers of devices without hardware and what they need, in
# the order in which they load.
set -eu

if [ $# -ne 2 ]; then
	echo "usage: scripts/stock-kernel.sh 6.12|6.1 DIR" >&2
	exit 2
fi
say() { echo "stock-kernel: $*" >&2; }
case $1 in
6.12) releases='6\.12\.[0-9]+\+deb12' ;;
6.1) releases='6\.1\.0-[0-9]+' ;;
*) say "$1: expected 6.12 or 6.1"; exit 2 ;;
esac
modules="virtio-pci vgem virtio-gpu vivid"
[ "$(cat "$2/complete" 2>/dev/null)" != "$modules" ] || exit 0
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -e "$keyring" ] || { say "$keyring is missing; fix: apt-get install debian-archive-keyring"; exit 1; }

# A list, an index and a cache of its own: the machine's own packages know nothing of arm64.
rm -rf "$2"
mkdir -p "$2/apt/lists/partial" "$2/apt/archives/partial" "$2/apt/parts"
dir=$(cd "$2" && pwd)
for suite in "debian bookworm" "debian-security bookworm-security"; do
	echo "deb [signed-by=$keyring] http://deb.debian.org/$suite main"
done >"$dir/apt/sources.list"
machine=$(dpkg --print-architecture)
apt()
{
	tool=$1
	shift
	"$tool" -q -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Architectures::="$machine" \
		-o Dir::Etc::sourcelist="$dir/apt/sources.list" -o Dir::Etc::sourceparts="$dir/apt/parts" \
		-o Dir::State::lists="$dir/apt/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$dir/apt" \
		-o APT::Sandbox::User= "$@"
}
if ! apt apt-get update --error-on=any >"$dir/log" 2>&1; then
	tail -n 3 "$dir/log" >&2
	say "cannot read the index of bookworm; fix: a network that reaches deb.debian.org"
	exit 1
fi
release=$(apt apt-cache search --names-only "^linux-image-$releases-arm64\$" | cut -d ' ' -f 1 | sort -V | tail -n 1)
release=${release#linux-image-}
[ -n "$release" ] || { say "Debian 12 has no arm64 kernel $1 any more"; exit 1; }
short=${release%-arm64}
# The programs of kbuild run on this machine.
kbuild=linux-kbuild-$short
[ "$1" != 6.1 ] || kbuild=linux-kbuild-6.1
if ! (cd "$dir/apt/archives" && apt apt-get download "linux-image-$release" "linux-headers-$release" \
	"linux-headers-$short-common" "$kbuild:$machine") >>"$dir/log" 2>&1; then
	tail -n 3 "$dir/log" >&2
	say "cannot download the packages of $release; fix: a network that reaches deb.debian.org"
	exit 1
fi
dpkg-deb -x "$dir"/apt/archives/linux-image-*.deb "$dir/apt/image"
mv "$dir"/apt/image/boot/config-* "$dir"
mv "$dir/apt/image/boot/vmlinuz-$release" "$dir/vmlinuz"
# All its modules are 500 MB.
mkdir "$dir/modules"
depmod -b "$dir/apt/image" "$release"
# shellcheck disable=SC2086 # words
modprobe -d "$dir/apt/image" -S "$release" --show-depends -a $modules |
	awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$dir/apt/load"
number=10
while read -r module; do
	case $module in
	*.xz) xz -dc "$module" >"$dir/modules/$number-$(basename "$module" .xz)" ;;
	*) cp "$module" "$dir/modules/$number-$(basename "$module")" ;;
	esac
	number=$((number + 1))
done <"$dir/apt/load"
for package in "$dir"/apt/archives/linux-[hk]*.deb; do
	dpkg-deb -x "$package" "$dir"
done
rm -rf "$dir/apt"
# The Makefile of the headers names the common ones by their path in /usr.
ln -s "usr/src/linux-headers-$release" "$dir/headers"
sed -i "s, /usr/src/, $dir/usr/src/,g" "$dir/headers/Makefile"
echo "$release" >"$dir/release"
echo "$modules" >"$dir/complete"
