#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Build the zap heaps and their importer as modules of a kernel without the patch.
# Argument: the folder for them. Prints the paths of the two modules.
# environment: KDIR, the headers of the kernel (/lib/modules/$(uname -r)/build); ARCH and CROSS_COMPILE as for a kernel;
# LIB_MODULES, in tests, is in the place of /lib/modules
set -eu

if [ $# -ne 1 ]; then
	echo "usage: scripts/module.sh DIR" >&2
	exit 2
fi
kpatch=$(cd "$(dirname "$0")/../kpatch" && pwd)
running=$(uname -r)
given=${KDIR:+yes}
: "${LIB_MODULES:=/lib/modules}" "${KDIR:=$LIB_MODULES/$running/build}"
die() {
	echo "module: $*" >&2
	exit 1
}
if [ ! -e "$KDIR/Makefile" ]; then
	case $given:$running in
	yes:*) die "KDIR=$KDIR has no kernel headers; fix: KDIR= the folder of a kernel that is built" ;;
	:6.12.* | :6.1.*)
		fix="apt-get install linux-headers-$running, or KDIR=DIR"
		# An archive keeps no headers of the kernel before the last update.
		minor=${running#6.}
		other=$(printf '%s\n' "$LIB_MODULES/6.${minor%%.*}".*/build/Makefile | sort -V | tail -n 1)
		[ -e "$other" ] || die "$KDIR has no kernel headers; fix: $fix"
		other=$(basename "${other%/build/Makefile}")
		die "$KDIR has no kernel headers; headers of $other are installed; fix: reboot into $other, or $fix"
		;;
	esac
	die "the modules are for Linux 6.12 and 6.1, and this is $running; fix: KDIR= the folder of such a kernel that is" \
		"built, or make bench, which needs no modules"
fi
[ -e "$KDIR/Module.symvers" ] || die "$KDIR has no Module.symvers; fix: KDIR= the folder of a kernel that is built"

rm -rf "$1"
mkdir -p "$1"
dir=$(cd "$1" && pwd)
# Objects must not come to lie in the source tree.
cp -R "$kpatch/src" "$kpatch/module" "$dir/"
fit() { # WHAT PATCH...
	command -v patch >/dev/null || die "there is no patch; fix: apt-get install patch"
	what=$1
	shift
	cat "$@" | patch -s -p1 -d "$dir/src" || die "the $what does not apply"
}
# The sources are those of 6.12 for arm64.
case $(cat "$KDIR/include/config/kernel.release" 2>/dev/null) in
6.1.*) fit "backport to Linux 6.1" "$kpatch"/hooks/6.1/*-backport-*.patch ;;
esac
grep -q '^CONFIG_ARM64=y' "$KDIR/include/config/auto.conf" ||
	fit "patch for other architectures" "$kpatch/module/arch.patch"
set -- -C "$KDIR" M="$dir/module"
# An empty ARCH in the environment would be no architecture at all.
if [ -n "${ARCH-}" ]; then set -- "$@" ARCH="$ARCH"; else unset ARCH; fi
if [ -n "${CROSS_COMPILE-}" ]; then set -- "$@" CROSS_COMPILE="$CROSS_COMPILE"; else unset CROSS_COMPILE; fi
# Type information for BPF needs pahole and vmlinux, which headers do not have.
if ! env -u MAKEFLAGS -u MAKELEVEL make "$@" CONFIG_DEBUG_INFO_BTF_MODULES= modules >"$dir/log" 2>&1; then
	grep -E -m 5 'error|ERROR|\*\*\*' "$dir/log" >&2 || tail -n 5 "$dir/log" >&2
	die "the modules do not build; $dir/log has all messages"
fi
printf '%s\n' "$dir/module/zap_heap.ko" "$dir/module/zap_bench.ko"
