#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Checks the kernel side.
#
# usage: check-kernel.sh [STEP...]
#
# Steps, in the order they run without arguments:
#   series    both series apply to Debian's source, byte for byte as git am does
#   lint      checkpatch --strict on the series, sparse and W=1 on the new files
#   tests     kselftests, under rodata=full and without it
#   cost      instructions retired, twice, with limits; both runs must agree
#   stress    races, on two CPUs
#   kunit     KUnit tests
#   mutants   each must be caught
#   subsets   every policy alone, a product, and none: they build and boot
#   debug     all of the tests on a kernel with KASAN, lockdep and the like
# Ends with a line 'N passed, N failed'.
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
scripts=$top/scripts
KERNEL=${KERNEL:-6.12}
KBUILD_DIR=${KBUILD_DIR:-$HOME/.cache/zapbench/kernel}
export KERNEL KBUILD_DIR
tests=kpatch/src/tools/testing/selftests/zap-heap
passed=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# check NAME COMMAND... - counts it, and shows its output if it fails
check() {
	name=$1
	shift
	if "$@" >"$work/log" 2>&1; then
		passed=$((passed + 1))
		echo "ok   $name"
	else
		failed=$((failed + 1))
		echo "FAIL $name"
		grep -e '^not ok' -e Expected "$work/log" | head -n 20
		tail -n 30 "$work/log"
	fi
}

# build [CONFIG...] - sets $image
build() {
	image=$("$scripts/kernel-build.sh" "$@") && [ -f "$image" ]
}

programs() {
	[ ! -d "$work/bin" ] || return 0
	[ -d "$KBUILD_DIR/linux-$KERNEL" ] || build all-on || return 1
	mkdir "$work/bin"
	make -C "$KBUILD_DIR/linux-$KERNEL" O="$work/hdr" ARCH=arm64 \
		INSTALL_HDR_PATH="$work/hdr/usr" headers_install >/dev/null || return 1
	mkdir -p "$work/selftests"
	cp "$KBUILD_DIR/linux-$KERNEL"/tools/testing/selftests/kselftest*.h \
		"$work/selftests" || return 1
	cp -r "$top/$tests" "$work/selftests/" || return 1
	for prog in zap_heap_test zap_heap_cost zap_heap_stress; do
		aarch64-linux-gnu-gcc -Wall -Werror -O2 -static -pthread \
			-isystem "$work/hdr/usr/include" -o "$work/bin/$prog" \
			"$work/selftests/zap-heap/$prog.c" || return 1
	done
}

# guest PROGRAM [OPTION...] - runs a test program on $image
guest() {
	prog=$1
	shift
	"$scripts/guest.sh" --kernel "$image" --add "$work/bin/$prog" \
		--timeout "${TIMEOUT:-300}" "$@" -- "$prog"
}

cost_twice() {
	guest zap_heap_cost --icount >"$work/cost1" || return 1
	guest zap_heap_cost --icount >"$work/cost2" || return 1
	cat "$work/cost1"
	diff "$work/cost1" "$work/cost2"
}

kunit() {
	"$scripts/guest.sh" --kernel "$image" --log "$work/console" \
		--add "$work/bin/zap_heap_test" -- zap_heap_test --help
	tr -d '\r' <"$work/console" >"$work/kunit"
	grep -e 'zap_heap_test' -e '# zap-heap' "$work/kunit"
	grep -q '# zap-heap: pass:[1-9][0-9]* fail:0' "$work/kunit"
}

# caught - whether a mutant fails the KUnit tests, or the kselftests
caught() {
	kunit || return 0
	! guest zap_heap_test
}

lint() {
	tree=$KBUILD_DIR/linux-$KERNEL
	for patch in "$work"/series/*.patch; do
		# New files and no MAINTAINERS entry: that is asked for in general.
		"$tree/scripts/checkpatch.pl" --strict --no-tree --quiet \
			--ignore FILE_PATH_CHANGES,VOLATILE,PREFER_ARRAY_SIZE,ARRAY_SIZE \
			"$patch" || return 1
	done
}

new_files_clean() {
	out=$KBUILD_DIR/build-$KERNEL-all-on
	touch "$KBUILD_DIR/linux-$KERNEL"/drivers/dma-buf/heaps/zap_heap*.c \
		"$KBUILD_DIR/linux-$KERNEL"/drivers/dma-buf/zap_bench.c
	make -C "$KBUILD_DIR/linux-$KERNEL" O="$out" ARCH=arm64 \
		CROSS_COMPILE=aarch64-linux-gnu- W=1 C=1 \
		drivers/dma-buf/ >"$work/w1" 2>&1 || return 1
	! grep -A 3 -e 'zap_[a-z_]*\.[ch]:[0-9]*:.*\(warning\|error\)' "$work/w1"
}

booted() {
	"$scripts/guest.sh" --kernel "$image" --add "$work/bin/zap_heap_test" -- \
		zap_heap_test
}

[ $# -gt 0 ] || set -- series lint tests cost stress kunit mutants subsets debug
for step; do
	case $step in
	series)
		for v in 6.12 6.1; do
			check "series for $v" env KERNEL=$v \
				"$scripts/kpatch-series.sh" "$work/series-$v"
		done
		;;
	lint)
		check 'series' "$scripts/kpatch-series.sh" "$work/series"
		check 'build all-on' build all-on
		check 'checkpatch --strict' lint
		check 'sparse and W=1' new_files_clean
		;;
	tests)
		check 'build all-on' build all-on
		check 'test programs' programs
		check 'kselftests' guest zap_heap_test
		check 'kselftests, rodata=full' guest zap_heap_test \
			--append rodata=full
		;;
	cost)
		check 'build all-on' build all-on
		check 'test programs' programs
		check 'cost' cost_twice
		;;
	stress)
		check 'build all-on' build all-on
		check 'test programs' programs
		SMP=2
		export SMP
		check 'stress' guest zap_heap_stress --append rodata=full
		unset SMP
		;;
	kunit)
		check 'build all-on kunit' build all-on kunit
		check 'test programs' programs
		check 'KUnit' kunit
		;;
	mutants)
		check 'test programs' programs
		for patch in "$top"/kpatch/mutants/*.patch; do
			MUTANT=$(basename "$patch" .patch)
			export MUTANT
			check "mutant $MUTANT builds" build all-on kunit
			check "mutant $MUTANT is caught" caught
			unset MUTANT
		done
		;;
	subsets)
		check 'test programs' programs
		for name in policy-eager policy-lazy policy-cached policy-uncached \
			policy-refuse product all-off; do
			check "build $name" build "$name"
			check "boot $name" booted
		done
		;;
	debug)
		check 'build debug' build all-on kunit debug
		check 'test programs' programs
		TIMEOUT=1200
		SMP=2
		MEM=2048
		export TIMEOUT SMP MEM
		check 'debug: KUnit' kunit
		check 'debug: kselftests' guest zap_heap_test \
			--append rodata=full
		check 'debug: stress' guest zap_heap_stress \
			--append rodata=full
		unset TIMEOUT SMP MEM
		;;
	*)
		echo "check-kernel.sh: no step $step" >&2
		exit 2
		;;
	esac
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
