#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Unpack the QEMU of Debian's backports into a folder: its plugins can read registers and memory, which those of the
# QEMU of Debian 12 cannot. It is not installed: the QEMU that counts for make gate stays as it is.
# Arguments: the folder, what it emulates (arm64, which is the default, or amd64, in a folder of its own). Prints the
# path of the program. Does nothing else if the folder is complete.
set -eu

usage() {
	echo "usage: scripts/qemu-backports.sh DIR [arm64|amd64]" >&2
	exit 2
}
[ $# -eq 1 ] || [ $# -eq 2 ] || usage
case $1 in
-*) dir=./$1 ;; # no option: the name of a folder
*) dir=$1 ;;
esac
case ${2:-arm64} in
arm64) system=aarch64 package=arm firmware='' ;;
amd64) system=x86_64 package=x86 firmware=seabios ;; # a firmware starts the kernel
*) usage ;;
esac
program=$dir/usr/bin/qemu-system-$system
packages="qemu-system-$package qemu-system-common qemu-system-data $firmware"
say() { echo "qemu-backports: $*" >&2; }
if [ -e "$dir/complete" ]; then
	echo "$program"
	exit 0
fi
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -e "$keyring" ] || { say "$keyring is missing; fix: apt-get install debian-archive-keyring"; exit 1; }

# A list, an index and a cache of its own: the machine's own packages know nothing of backports.
rm -rf "$dir"
mkdir -p "$dir/apt/lists/partial" "$dir/apt/archives/partial" "$dir/apt/parts"
dir=$(cd "$dir" && pwd)
echo "deb [signed-by=$keyring] http://deb.debian.org/debian bookworm-backports main" >"$dir/apt/sources.list"
apt()
{
	tool=$1
	shift
	"$tool" -q -o Dir::Etc::sourcelist="$dir/apt/sources.list" -o Dir::Etc::sourceparts="$dir/apt/parts" \
		-o Dir::State::lists="$dir/apt/lists" -o Dir::Cache="$dir/apt" -o APT::Sandbox::User= "$@"
}
if ! apt apt-get update --error-on=any >"$dir/log" 2>&1; then
	tail -n 3 "$dir/log" >&2
	say "cannot read the index of bookworm-backports; fix: a network that reaches deb.debian.org"
	exit 1
fi
# shellcheck disable=SC2086 # words
if ! (cd "$dir/apt/archives" && apt apt-get download $packages) >>"$dir/log" 2>&1; then
	tail -n 3 "$dir/log" >&2
	say "cannot download $packages; fix: a network that reaches deb.debian.org"
	exit 1
fi
for package in "$dir"/apt/archives/*.deb; do
	dpkg-deb -x "$package" "$dir" || {
		say "cannot unpack $package; fix: room there"
		exit 1
	}
done
rm -rf "$dir/apt"
if ! "$program" --version >"$dir/complete.new" 2>>"$dir/log"; then
	tail -n 3 "$dir/log" >&2
	say "$program does not start; fix: apt-get install qemu-system-$package, for its libraries"
	exit 1
fi
mv "$dir/complete.new" "$dir/complete"
echo "$program"
