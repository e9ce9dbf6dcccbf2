#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the options of the zap heaps cost: the size of the code, and the
# instructions of a fault, of kernels with all, with some and with one of them.
#
# usage: kernel-toggles.sh [CONFIG...]
#
# CONFIG names fragments of kpatch/config/ (all-on product product-page).
# Builds each kernel, boots it under qemu -icount, and prints one table
# in reStructuredText. The figures are those of objdump and of zap_heap_cost.
# environment: as for kernel-build.sh
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
scripts=$top/scripts
KERNEL=${KERNEL:-6.12}
KBUILD_DIR=${KBUILD_DIR:-$HOME/.cache/zapbench/kernel}
QEMU_CPU=${QEMU_CPU:-cortex-a72}
export KERNEL KBUILD_DIR QEMU_CPU
[ $# -gt 0 ] || set -- all-on product product-page
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# The bytes of code of an object: sections that are code, whatever their names.
code_bytes() {
	[ -f "$1" ] || {
		echo 0
		return
	}
	total=0
	# shellcheck disable=SC2013 # numbers
	for size in $(aarch64-linux-gnu-objdump -h "$1" |
		awk '$1 ~ /^[0-9]+$/ { size = $3 } /, CODE/ { print size }'); do
		total=$((total + 0x$size))
	done
	echo $total
}

heaps_bytes() {
	total=0
	for object in "$1"/drivers/dma-buf/heaps/zap_heap_*.o; do
		case $object in
		*_test.o) ;;
		# It may be there of an earlier configuration.
		*_bench.o | *_range.o) [ -z "$importer" ] || total=$((total + $(code_bytes "$object"))) ;;
		*) total=$((total + $(code_bytes "$object"))) ;;
		esac
	done
	echo $total
}

# fault HEAP - instructions a page of a read fault, of $work/cost
fault() {
	awk -v heap="$1" '$1 == "#" && $2 == heap && $3 == "read:" { open = 1; next }
		open && /instructions a page/ { print $5; exit }' "$work/cost"
}

row() {
	printf '%-14s %-15s %10s %10s %10s %10s %10s %10s\n' "$@"
}
line='============== =============== ========== ========== ========== ========== ========== =========='

for name; do
	TARGETS='Image' "$scripts/kernel-build.sh" "$name" >"$work/out"
	out=$(cat "$work/out")
	source=$KBUILD_DIR/$KERNEL/source
	if [ ! -f "$work/zap_heap_cost" ]; then
		make -C "$source" O="$work/hdr" ARCH=arm64 \
			INSTALL_HDR_PATH="$work/usr" headers_install >"$work/log" 2>&1
		aarch64-linux-gnu-gcc -O2 -static -pthread -isystem "$work/usr/include" \
			-o "$work/zap_heap_cost" \
			"$source/tools/testing/selftests/zap-heap/zap_heap_cost.c"
	fi
	# A guest fails where a fault takes more than its limit.
	"$scripts/guest.sh" --kernel "$out/arch/arm64/boot/Image" --log "$work/console" \
		--add "$work/zap_heap_cost" --timeout 300 --icount -- zap_heap_cost \
		>"$work/cost"
	importer=$(sed -n 's/^CONFIG_ZAP_BENCH=y/yes/p' "$out/.config")
	policy=$(sed -n 's/^CONFIG_DMABUF_HEAPS_ZAP_\(EAGER\|LAZY\|CACHED\|UNCACHED\|REFUSE\)=y/\1/p' \
		"$out/.config" | tr '[:upper:]\n' '[:lower:] ' | sed 's/ $//')
	case $policy in
	*\ *) policy=all heap=lazy ;;
	*) heap=$policy ;;
	esac
	set -- "$name" "$policy" "$(heaps_bytes "$out")" \
		"$([ -z "$importer" ] || code_bytes "$out/drivers/dma-buf/zap_bench.o")"
	for gran in page around buffer huge; do
		set -- "$@" "$(fault "zap-$heap-$gran")"
	done
	for value; do
		[ -n "$value" ] && echo "$value" || echo '\-'
	done >"$work/values"
	# shellcheck disable=SC2046 # one word a line
	row $(cat "$work/values") >>"$work/rows"
done
echo "$line"
row kernel policy heaps importer page around buffer huge
echo "$line"
cat "$work/rows"
echo "$line"
