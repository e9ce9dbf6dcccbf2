#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Put an arm64 zapbench, its loader and its shared libraries into a folder, at the paths they have on Debian.
# Arguments: the program, the sysroot it was built with, the folder to fill.
set -eu

if [ $# -ne 3 ]; then
	echo "usage: scripts/target-root.sh PROGRAM SYSROOT DIR" >&2
	exit 2
fi
program=$1
sysroot=$2
root=$3
libraries=$root/lib/aarch64-linux-gnu
mkdir -p "$root/bin" "$libraries"
aarch64-linux-gnu-strip -o "$root/bin/zapbench" "$program"

todo=$program
while [ -n "$todo" ]; do
	found=
	for file in $todo; do
		for name in $(aarch64-linux-gnu-readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
			[ ! -e "$libraries/$name" ] || continue
			from=$(find "$sysroot/usr/lib" "$sysroot/lib" -name "$name" 2>/dev/null | head -n 1)
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
mv -f "$libraries/ld-linux-aarch64.so.1" "$root/lib/"
