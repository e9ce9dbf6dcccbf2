#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Boots a kernel in QEMU and runs one command in it.
#
# usage: guest.sh --kernel IMAGE [options] -- COMMAND [ARG...]
#   --arch ARCH        arm64 (the default), amd64 or armhf
#   --add FILE[:PATH]  puts FILE into the guest, at PATH (default /bin/NAME)
#   --device NAME      a device of QEMU, beside those that every guest has
#   --root DIR         puts all of DIR into the guest, over the rest
#   --out FILE         what the guest wrote to /out is copied here at the end
#   --log FILE         the console (default: a temporary file)
#   --append WORDS     kernel command line, after the default one
#   --icount           count instructions: exact, one CPU at a time
#   --plugin FILE,ARGS loads a plugin into QEMU, which gets ARGS and ram=FILE: a
#                      file that is the guest's memory
#   --timeout SECONDS  (default 300)
#   --quiet            do not show what the command prints
# environment: SMP (1), MEM (1024); for arm64 QEMU (qemu-system-aarch64),
#   QEMU_CPU (cortex-a72), GUEST_CC (aarch64-linux-gnu-gcc); for amd64
#   qemu-system-x86_64, max, x86_64-linux-gnu-gcc, QEMU_MACHINE (q35); for armhf qemu-system-arm,
#   cortex-a15, arm-linux-gnueabihf-gcc
#
# The command's standard output is shown. The exit status is the command's; 124
# after a hang, 125 after a panic, an oops or a lockdep splat, with the tail of
# the console on standard error, and no FILE of --out in any of these cases.
set -eu

die() {
	echo "guest.sh: $*" >&2
	exit 2
}

kernel='' out='' log='' append='' icount='' timeout=300 root='' quiet='' plugin='' devices='' arch=arm64
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
tree=$work/tree
mkdir -p "$tree/bin" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/tmp"

while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=$2 && shift 2 ;;
	--arch) arch=$2 && shift 2 ;;
	--add)
		from=${2%%:*}
		to=/bin/$(basename "$from")
		case $2 in *:*) to=${2#*:} ;; esac
		[ -f "$from" ] || die "$from: no such file"
		mkdir -p "$tree/$(dirname "$to")"
		cp "$from" "$tree/$to"
		shift 2
		;;
	--root) root=$2 && shift 2 ;;
	--device) devices="$devices -device $2" && shift 2 ;;
	--out) out=$2 && shift 2 ;;
	--log) log=$2 && shift 2 ;;
	--append) append=$2 && shift 2 ;;
	--icount) icount=1 && shift ;;
	--plugin) plugin=$2 && shift 2 ;;
	--timeout) timeout=$2 && shift 2 ;;
	--quiet) quiet=1 && shift ;;
	--) shift && break ;;
	*) die "unknown option $1" ;;
	esac
done
[ -f "$kernel" ] || die "--kernel: no kernel image"
[ $# -gt 0 ] || die "no command"
case $arch in
arm64) package=arm qemu=qemu-system-aarch64 machine=virt,dtb-randomness=off cpu=cortex-a72
	console=ttyAMA0 cc=aarch64-linux-gnu ;;
amd64) package=x86 qemu=qemu-system-x86_64 machine=${QEMU_MACHINE:-q35} cpu=max console=ttyS0 cc=x86_64-linux-gnu ;;
armhf) package=arm qemu=qemu-system-arm machine=virt cpu=cortex-a15 console=ttyAMA0
	cc=arm-linux-gnueabihf ;;
*) die "--arch $arch: expected arm64, amd64 or armhf" ;;
esac
qemu=${QEMU:-$qemu}
command -v "$qemu" >/dev/null || die "apt-get install qemu-system-$package"
command -v cpio >/dev/null || die "apt-get install cpio"
: "${log:=$work/console}"
# Of a Debian, /bin is a link.
[ ! -L "$root/bin" ] || { mkdir "$tree/usr" && mv "$tree/bin" "$tree/usr/" && ln -s usr/bin "$tree/bin"; }
[ -z "$root" ] || cp -a "$root/." "$tree/"

# One argument a line, so that nothing in it needs quoting.
for arg; do
	case $arg in *"
"*) die "a newline in an argument" ;; esac
	printf '%s\n' "$arg"
done >"$tree/command"

here=$(dirname "$0")
package=gcc-$(echo "$cc" | tr _ -)
cc=${GUEST_CC:-$cc-gcc}
command -v "$cc" >/dev/null || die "apt-get install $package"
"$cc" -O1 -static -o "$tree/init" "$here/guest-init.c"

(cd "$tree" && find . -exec touch -h -d @0 {} + &&
	find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --reproducible --quiet) \
	>"$work/initramfs"

set -- -M "$machine" -cpu "${QEMU_CPU:-$cpu}" \
	-smp "${SMP:-1}" -m "${MEM:-1024}" -nic none -nographic -no-reboot
# shellcheck disable=SC2086 # words
set -- "$@" $devices
[ -z "$icount" ] || set -- "$@" -icount shift=0,sleep=off
[ -z "$plugin" ] || set -- "$@" -machine memory-backend=ram -plugin "$plugin,ram=$work/ram" \
	-object "memory-backend-file,id=ram,size=${MEM:-1024}M,mem-path=$work/ram,share=on"
# A QEMU elsewhere must not load the modules of the one that is installed.
case $qemu in
*/bin/*)
	QEMU_MODULE_DIR=$(echo "${qemu%/bin/*}"/lib/*/qemu)
	export QEMU_MODULE_DIR
	set -- "$@" -L "${qemu%/bin/*}/share/qemu" -L "${qemu%/bin/*}/share/seabios"
	;;
esac
status=0
# oops=panic: a fault in the kernel must not look like a failed command.
timeout --foreground "$timeout" "$qemu" "$@" -kernel "$kernel" \
	-initrd "$work/initramfs" \
	-append "console=$console loglevel=7 panic=-1 oops=panic $append" \
	</dev/null >"$log" 2>&1 || status=$?
tr -d '\r' <"$log" >"$work/clean"

[ -n "$quiet" ] || sed -n '/^@@guest-begin@@$/,/^@@guest-end@@/p' "$work/clean" |
	sed -e '/^@@guest-out@@$/,/^@@guest-out-end@@$/d' -e '/^@@guest-/d'

tail_log() {
	echo "guest.sh: $1; the console ends with:" >&2
	tail -n 40 "$work/clean" >&2
}

# What a kernel says when something is wrong with it. DMA-API also says hello,
# and that it got no memory, which allocations that are made to fail see to. Of
# an x86 core's flaws some are told as warnings.
complaints() {
	grep -n -E -e 'Kernel panic|Internal error: |BUG: |\[ cut here \]|WARNING: ' \
		-e 'INFO: (possible|suspicious|rcu|trying to register|lockdep is turned off)' \
		-e 'INFO: task .* blocked|UBSAN: |DMA-API: |kmemleak: .* new suspected' \
		"$work/clean" |
		grep -v -E -e 'DMA-API: (preallocated|debugging|.* debug entries|.* ENOMEM, )' \
			-e 'WARNING: See https://kernel.org/doc/html/latest/admin-guide/hw-vuln/'
}

if first=$(complaints); then
	tail_log "the kernel complained"
	echo "guest.sh: first, in line ${first%%:*}:" >&2
	tail -n "+${first%%:*}" "$work/clean" | head -n 30 >&2
	exit 125
fi
if [ "$status" -eq 124 ]; then
	tail_log "no end after $timeout s"
	exit 124
fi
ret=$(sed -n 's/^@@guest-end@@ \([0-9]*\)$/\1/p' "$work/clean")
if [ -z "$ret" ]; then
	tail_log "it ended before the command did"
	exit 125
fi
if [ -n "$out" ] && [ "$ret" -ne 0 ]; then
	tail_log "the command failed, with status $ret"
fi
if [ -n "$out" ] && [ "$ret" -eq 0 ]; then
	sed -n '/^@@guest-out@@$/,/^@@guest-out-end@@$/p' "$work/clean" |
		sed '/^@@guest-/d' | base64 -d >"$out.part" 2>/dev/null ||
		die "what the guest wrote to /out did not come through"
	[ -s "$out.part" ] || { rm -f "$out.part" && die "/out is empty"; }
	mv "$out.part" "$out"
fi
exit "$ret"
