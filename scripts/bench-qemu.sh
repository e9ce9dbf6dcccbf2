#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every policy of the kernel patch, measured in instructions retired: builds the patched kernel when something it depends on changed, boots
# it under qemu-system-aarch64 -icount with an arm64 zapbench, and brings the results file out.
# Called by make bench-qemu. Arguments: the arm64 program, its sysroot, the results folder.
# environment: KERNEL (6.12), PAGE_SIZE (4k), QEMU_CPU (cortex-a72, or cortex-a76 for 16k pages), SMP (1)
set -eu

if [ $# -ne 3 ]; then
	echo "usage: scripts/bench-qemu.sh PROGRAM SYSROOT RESULTS" >&2
	exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
program=$1
sysroot=$2
results=$3
KERNEL=${KERNEL:-6.12}
PAGE_SIZE=${PAGE_SIZE:-4k}
export KERNEL PAGE_SIZE
case ${QEMU_CPU:-}:$PAGE_SIZE in
:16k) QEMU_CPU=cortex-a76 ;; # cortex-a72 has no 16 KiB pages
:*) QEMU_CPU=cortex-a72 ;;
esac
export QEMU_CPU
case $PAGE_SIZE in
4k | 16k | 64k) ;;
*)
	echo "bench-qemu: PAGE_SIZE=$PAGE_SIZE: expected 4k, 16k or 64k" >&2
	exit 2
	;;
esac

image=$("$here/kernel-build.sh" all-on)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
"$here/target-root.sh" "$program" "$sysroot" "$work/root"
mkdir -p "$results"
out=$results/qemu-$KERNEL-$PAGE_SIZE.json
echo "bench-qemu: Linux $KERNEL, $PAGE_SIZE pages, $QEMU_CPU, counting instructions"
# A fixed seed: two runs are the same to the instruction.
"$here/guest.sh" --icount --kernel "$image" --root "$work/root" --log "$results/qemu.log" --timeout 240 \
	--append "rodata=full" --out "$out" -- \
	/bin/zapbench run --profile matrix --source zap-heap \
	--seed 1 --label "kernel=$KERNEL" --label "page_size=$PAGE_SIZE" --label "cpu=$QEMU_CPU" --out /out
ln -sfn "$(basename "$out")" "$results/latest.json"
echo "results: $out"
