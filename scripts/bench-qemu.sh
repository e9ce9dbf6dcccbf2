#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Measure every policy of the kernel patch in instructions retired: build the patched kernel if something that it
# depends on changed, boot it under qemu-system-aarch64 -icount with an arm64 zapbench, and copy the results file out.
# Called by make bench-qemu. Arguments: the arm64 program, its sysroot, the results folder; with MODEL also the plugin
# of QEMU and this machine's zapbench.
# With MODEL=zen4, an x86-64 core, the guest is Debian's own amd64 kernel with this machine's zapbench: it has no zap
# heaps, so the policies are those that userspace imitates on a memfd.
# environment:
#   KERNEL     6.12 or 6.1 (6.12)
#   HEAPS      patch, or module: Debian's own kernel with the heaps as modules; not with MODEL (patch)
#   PAGE_SIZE  4k, 16k or 64k (4k)
#   QEMU_CPU   a CPU of QEMU (cortex-a72, or cortex-a76 for 16k pages)
#   SMP        number of CPUs (1)
#   MODEL      a core whose caches and TLBs a plugin of QEMU models: cortex-a53, -a55, -a72, -a76 or zen4 (none)
#   PREFETCH   of the model: off, next or stride (off)
#   MEM        memory in MiB (by PAGE_SIZE)
#   RUN        what zapbench runs ("--profile matrix --source zap-heap", or --source memfd for zen4)
set -eu

MODEL=${MODEL:-}
PREFETCH=${PREFETCH:-off}
if [ $# -ne 3 ] && { [ -z "$MODEL" ] || [ $# -ne 5 ]; }; then
	echo "usage: [MODEL=CORE] scripts/bench-qemu.sh PROGRAM SYSROOT RESULTS [PLUGIN ZAPBENCH]" >&2
	exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
program=$1
sysroot=$2
results=$3
plugin=${4:-}
zapbench=${5:-}
KERNEL=${KERNEL:-6.12}
PAGE_SIZE=${PAGE_SIZE:-4k}
export KERNEL PAGE_SIZE
HEAPS=${HEAPS:-patch}
SMP=${SMP:-1}
wrong() {
	echo "bench-qemu: $*" >&2
	exit 2
}
arch=arm64
source=zap-heap
case $MODEL:${QEMU_CPU:-}:$SMP in
zen4::1 | zen4:EPYC-Genoa:1) arch=amd64 source=memfd QEMU_CPU=EPYC-Genoa ;;
esac
case $MODEL:${QEMU_CPU:-$MODEL}:$SMP in
:* | zen4:EPYC-Genoa:1) ;;
zen4:*:1) wrong "MODEL=zen4 QEMU_CPU=$QEMU_CPU: its guest has the CPU EPYC-Genoa; fix: leave out QEMU_CPU" ;;
*:"$MODEL":1) QEMU_CPU=$MODEL ;;
*:*:1) wrong "MODEL=$MODEL QEMU_CPU=$QEMU_CPU: the modelled core and the CPU differ; fix: leave out QEMU_CPU" ;;
*) wrong "MODEL=$MODEL SMP=$SMP: one CPU is modelled; fix: leave out SMP" ;;
esac
case $PREFETCH in off | next | stride) ;; *) wrong "PREFETCH=$PREFETCH: expected off, next or stride" ;; esac
case $KERNEL in 6.12 | 6.1) ;; *) wrong "KERNEL=$KERNEL: expected 6.12 or 6.1" ;; esac
case $HEAPS:$MODEL:$KERNEL-$PAGE_SIZE in
patch:* | module::*-4k | module::6.12-16k) ;;
module:?*:*) wrong "HEAPS=module MODEL=$MODEL: the model is for the patch; fix: leave out one of them" ;;
module:*) wrong "HEAPS=module KERNEL=$KERNEL PAGE_SIZE=$PAGE_SIZE: Debian has no such kernel" ;;
*) wrong "HEAPS=$HEAPS: expected patch or module" ;;
esac
case $SMP in '' | *[!0-9]* | 0) wrong "SMP=$SMP: expected a number of CPUs, 1 or more" ;; esac
# cortex-a72 and similar CPUs have no 16 KiB pages: such a kernel stops there without a message. The same tests take
# more memory with larger pages.
case $PAGE_SIZE:${QEMU_CPU:-} in
16k:EPYC-* | 64k:EPYC-*) wrong "PAGE_SIZE=$PAGE_SIZE MODEL=$MODEL: x86-64 has 4k pages; fix: leave out PAGE_SIZE" ;;
4k:*) : "${QEMU_CPU:=cortex-a72}" "${MEM:=1024}" ;;
16k:cortex-a35 | 16k:cortex-a53 | 16k:cortex-a57 | 16k:cortex-a72)
	wrong "QEMU_CPU=$QEMU_CPU has no 16k pages; fix: cortex-a76 or later"
	;;
16k:*) : "${QEMU_CPU:=cortex-a76}" "${MEM:=2048}" ;;
64k:*) : "${QEMU_CPU:=cortex-a72}" "${MEM:=3072}" ;;
*) wrong "PAGE_SIZE=$PAGE_SIZE: expected 4k, 16k or 64k" ;;
esac
export QEMU_CPU SMP MEM

cache=$(dirname "${KBUILD_DIR:-$HOME/.cache/zapbench/kernel}")
append="rodata=full"
if [ $arch = amd64 ]; then
	[ "$(dpkg --print-architecture)" = amd64 ] ||
		wrong "MODEL=$MODEL: the guest runs this machine's program; fix: a machine with x86-64"
	"$here/stock-kernel.sh" "$KERNEL" "$cache/stock-$KERNEL-amd64" amd64
	image=$cache/stock-$KERNEL-amd64/vmlinuz
	label=$(cat "$cache/stock-$KERNEL-amd64/release")
	program=$zapbench
	sysroot=/
	# Its firmware names no QEMU, and is done in a moment; that of a PC takes minutes with a plugin.
	append="zapbench.emulated=1"
	export QEMU_MACHINE=microvm
elif [ "$HEAPS" = module ]; then
	flavour=arm64 stock=$cache/stock-$KERNEL
	[ "$PAGE_SIZE" = 4k ] || flavour=$PAGE_SIZE stock=$stock-$PAGE_SIZE
	"$here/stock-kernel.sh" "$KERNEL" "$stock" "$flavour"
	image=$stock/vmlinuz
	# What decides the figures: that kernel, the sources of the modules, the compiler.
	top=$(dirname "$here")
	label=$(cat "$stock/release")-$({
		aarch64-linux-gnu-gcc --version | head -n 1
		cd "$top/kpatch" && find module src/drivers src/include hooks/6.1 -type f -exec sha256sum {} + | LC_ALL=C sort
	} | sha256sum | cut -c 1-16)
else
	image=$("$here/kernel-build.sh" all-on)
	label=${image##*-}
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
"$here/target-root.sh" "$program" "$sysroot" "$work/root"
if [ "$HEAPS" = module ]; then
	KDIR=$stock/headers ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- "$here/module.sh" "$work/module" >"$work/made"
	# The guest loads them in the order of their names.
	mkdir "$work/root/modules"
	cp "$work/module/module/zap_heap.ko" "$work/root/modules/1-zap_heap.ko"
	cp "$work/module/module/zap_bench.ko" "$work/root/modules/2-zap_bench.ko"
fi
mkdir -p "$results"
# The name tells what differs from the defaults.
out=$results/qemu-$KERNEL-$PAGE_SIZE
[ $arch = arm64 ] || out=$out-$MODEL
[ $arch = amd64 ] || [ "$QEMU_CPU" = cortex-a72 ] || [ "$PAGE_SIZE:$QEMU_CPU" = 16k:cortex-a76 ] || out=$out-$QEMU_CPU
[ "$SMP" = 1 ] || out=$out-smp$SMP
[ "$HEAPS" = patch ] || out=$out-$HEAPS
[ -z "$MODEL" ] || out=$out-model
[ "$PREFETCH" = off ] || out=$out-$PREFETCH
out=$out.json
rm -f "$out" # so that a failed run leaves no older result
# A plugin reads registers only in the QEMU of backports. Without a model it is the QEMU that it always was.
case $MODEL:$arch in
:*) ;;
*:arm64) QEMU=$("$here/qemu-backports.sh" "$cache/qemu") ;;
*) QEMU=$("$here/qemu-backports.sh" "$cache/qemu-$arch" $arch) ;;
esac
export QEMU="${QEMU:-qemu-system-aarch64}"
# Results of the same image and QEMU are comparable to the instruction.
qemu=$("$QEMU" --version | sed -n 's/^QEMU emulator version \([^ ]*\).*/\1/p')
echo "bench-qemu: Linux $KERNEL, $PAGE_SIZE pages, $QEMU_CPU, heaps by $HEAPS, counting instructions"
timeout=240
if [ "$HEAPS" = module ]; then
	timeout=600
	# A random number per system call, of which every few take longer.
	append="$append randomize_kstack_offset=off"
fi
set --
if [ -n "$MODEL" ]; then
	echo "bench-qemu: modelling the caches and TLBs of $MODEL with QEMU $qemu"
	timeout=600
	append="$append GUEST_ALONE=1"
	set -- --quiet --plugin "$plugin,model=$MODEL,prefetch=$PREFETCH,out=$work/counts"
fi
# With a fixed seed two runs are the same to the instruction.
# shellcheck disable=SC2086 # words
"$here/guest.sh" "$@" --arch $arch --icount --kernel "$image" --root "$work/root" --log "$results/qemu.log" \
	--timeout "$timeout" --append "$append" --out "$out" -- \
	/bin/zapbench run ${RUN:---profile matrix --source $source} \
	--seed 1 --label "kernel=$KERNEL" --label "page_size=$PAGE_SIZE" --label "cpu=$QEMU_CPU" --label "smp=$SMP" \
	--label "image=$label" --label "qemu=$qemu" ${MODEL:+--model} --out /out
[ -z "$MODEL" ] || "$zapbench" __model-counts "$work/counts" "$out" || { rm -f "$out"; exit 1; }
ln -sfn "$(basename "$out")" "$results/latest.json"
echo "results: $out"
