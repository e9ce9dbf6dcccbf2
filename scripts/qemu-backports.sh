#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Unpack the qemu-system-aarch64 of Debian's backports into a folder: its plugins can read registers and memory, which
# those of the QEMU of Debian 12 cannot. It is not installed: the QEMU that counts for make gate stays as it is.
# Argument: the folder. Prints the path of the program. Does nothing else if the folder is complete.
set -eu

if [ $# -ne 1 ]; then
	echo "usage: scripts/qemu-backports.sh DIR" >&2
	exit 2
fi
case $1 in
-*) dir=./$1 ;; # no option: the name of a folder
*) dir=$1 ;;
esac
program=$dir/usr/bin/qemu-system-aarch64
packages="qemu-system-arm qemu-system-common qemu-system-data"
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
	say "$program does not start; fix: apt-get install qemu-system-arm, for its libraries"
	exit 1
fi
mv "$dir/complete.new" "$dir/complete"
echo "$program"
