#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Put a zapbench, its loader and its shared libraries into a folder, at the paths they have on Debian.
# Arguments: the program, the sysroot it was built with (/ for a program of this machine), the folder to fill; files of
# that folder whose libraries it gets, too, from the same sysroot.
set -eu

if [ $# -lt 3 ]; then
	echo "usage: scripts/target-root.sh PROGRAM SYSROOT DIR [FILE...]" >&2
	exit 2
fi
program=$1
sysroot=$2
root=$3
shift 3
case $(LC_ALL=C readelf -h "$program" | sed -n 's/^ *Machine: *//p') in
AArch64) triplet=aarch64-linux-gnu loader=lib/ld-linux-aarch64.so.1 ;;
ARM) triplet=arm-linux-gnueabihf loader=lib/ld-linux-armhf.so.3 ;;
*X86-64) triplet=x86_64-linux-gnu loader=lib64/ld-linux-x86-64.so.2 ;;
*) echo "target-root: $program is for an unknown machine" >&2 && exit 1 ;;
esac
libraries=$root/lib/$triplet
mkdir -p "$root/bin" "$libraries"
"$triplet-strip" -o "$root/bin/zapbench" "$program"

todo="$program $*"
while [ -n "$todo" ]; do
	found=
	for file in $todo; do
		for name in $(readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
			[ ! -e "$libraries/$name" ] || continue
			from=$(find "$sysroot/usr/lib/$triplet" "$sysroot/lib/$triplet" -name "$name" 2>/dev/null |
				head -n 1)
			if [ -z "$from" ]; then
				echo "target-root: $name is missing in $sysroot; fix: run scripts/sysroot.sh again" >&2
				exit 1
			fi
			cp -L "$from" "$libraries/$name"
			found="$found $libraries/$name"
		done
	done
	todo=$found
done
# Programs look for the loader there.
mkdir -p "$root/$(dirname "$loader")"
mv -f "$libraries/$(basename "$loader")" "$root/$loader"
