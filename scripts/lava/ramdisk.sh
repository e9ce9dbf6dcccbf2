#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Make a ramdisk for jobs of LAVA: an arm64 zapbench with its libraries, busybox, and a root shell on the console. LAVA
# adds its own files. Arguments: the program, the sysroot it was built with, the file (.cpio, not compressed, which
# every kernel can read).
set -eu

if [ $# -ne 3 ]; then
	echo "usage: scripts/lava/ramdisk.sh PROGRAM SYSROOT FILE.cpio" >&2
	exit 2
fi
command -v cpio >/dev/null || { echo "ramdisk: there is no cpio; fix: apt-get install cpio" >&2 && exit 1; }
scripts=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
root=$work/root
"$scripts/target-root.sh" "$1" "$2" "$root"
mkdir -p "$root/dev" "$root/proc" "$root/sys" "$root/tmp" "$root/root"
cp -L "$2/bin/busybox" "$root/bin/"
ln -s busybox "$root/bin/sh"
cat >"$root/init" <<'END'
#!/bin/busybox sh
busybox mount -t proc proc /proc
busybox --install -s /bin
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /tmp
# A kernel that lacks one of them still runs what does not need it.
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
# Counters can be read with no system call, where the kernel has a switch.
[ ! -e /proc/sys/kernel/perf_user_access ] || echo 1 >/proc/sys/kernel/perf_user_access
export PATH=/bin HOME=/root PS1='/ # '
while :; do
	setsid cttyhack sh
done
END
chmod 755 "$root/init"
(cd "$root" && find . -exec touch -h -d @0 {} + && find . | LC_ALL=C sort |
	cpio -o -H newc -R 0:0 --reproducible --quiet) >"$work/ramdisk"
mv "$work/ramdisk" "$3"
