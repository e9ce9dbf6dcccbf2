#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Checks the kernel side.
#
# usage: check-kernel.sh [STEP...]
#
# Steps, in the order they run without arguments:
#   series    both series apply with git am, and come out the same twice
#   off       with all of it off, the code of mm and dma-buf is Debian's own,
#             with the changes of mm that the series begins with
#   lint      checkpatch --strict on both series; sparse and W=1 on new files
#   tests     kselftests, under rodata=full and without it
#   cost      instructions retired, twice, with limits; both runs must agree
#   stress    races, on two CPUs
#   fuzz      random sequences of calls: by one thread, then by three
#   kunit     KUnit tests, on two CPUs
#   mutants   each is caught by the test that it names (kpatch/mutants); those
#             of today, or all where the step is asked for by all
#   fixes     patches for other files of the kernel (kpatch/fixes): each makes
#             its test pass, which skips without
#   subsets   every policy alone and a product build; four of them boot
#   send      the series that are for sending, by check-kernel-series.sh; and the
#             write-combined system heap boots, and passes the kernel's tests
#   old       Linux 6.1: builds, boots, kselftests
# Steps to ask for by name:
#   boots     every kernel of subsets boots, with its own heaps and no others
#   bisect    mm, with that of arm64, and dma-buf build after each patch of the
#             series
#   module    the importer as a module
#   kselftest the tests, built by the kernel's own selftests Makefile
#   pages     16 KiB and 64 KiB pages: kselftests, random sequences of calls
#   debug     all of the tests on a kernel with KASAN, lockdep, kmemleak and
#             more, and every allocation made to fail once
#   kcsan     stress, some kselftests and random calls on a kernel with KCSAN, which
#             looks for data races in the files that the series adds; first it
#             must report that of a mutant
# and all, which is all of these.
# Ends with 'N passed, N failed, N skipped': the tests within the guests, and
# one for each other line.
# environment:
#   PAGE_SIZE      4k, 16k or 64k: of every kernel that a step builds (4k)
#   STRESS_SECONDS time of stress per heap (3)
#   FUZZ_SEED, FUZZ_SEEDS  the first, and how many; 500 calls each (the day's,
#                  200; in debug 50, in pages 20, with KCSAN 10)
#   MUTANTS        today, all, or names (today; all with the steps all)
set -u
unset MAKEFLAGS # of the make that called: its jobs are not those of the kernel

top=$(cd "$(dirname "$0")/.." && pwd)
scripts=$top/scripts
KERNEL=6.12
KBUILD_DIR=${KBUILD_DIR:-$HOME/.cache/zapbench/kernel}
export KERNEL KBUILD_DIR
default='series off lint tests cost stress fuzz kunit mutants fixes subsets send old'
named='boots bisect module kselftest pages debug kcsan'
policies='policy-eager policy-lazy policy-cached policy-uncached policy-refuse'
passed=0
failed=0
skipped=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# page_size SIZE - sets what kernels and guests with pages of that size need
page_size() {
	PAGE_SIZE=$1
	case $1 in
	4k) QEMU_CPU=cortex-a72 MEM=1024 ;;
	16k) QEMU_CPU=cortex-a76 MEM=2048 ;;
	64k) QEMU_CPU=cortex-a72 MEM=3072 ;;
	*)
		echo "check-kernel.sh: PAGE_SIZE=$1: expected 4k, 16k or 64k" >&2
		exit 2
		;;
	esac
	export PAGE_SIZE QEMU_CPU MEM
}
size=${PAGE_SIZE:-4k}
page_size "$size"

# check NAME COMMAND... - counts it, and shows its output if it fails
check() {
	name=$1
	shift
	start=$(date +%s)
	if "$@" >"$work/log" 2>&1; then
		result=ok
	else
		result=FAIL
	fi
	seconds=$(($(date +%s) - start))
	# What a guest's tests count, they count by themselves.
	totals=$(sed -n 's/^# Totals: pass:\([0-9]*\) fail:\([0-9]*\) .*skip:\([0-9]*\).*/\1 \2 \3/p' \
		"$work/log" | tail -n 1)
	if [ -n "$totals" ]; then
		# shellcheck disable=SC2086 # three numbers
		set -- $totals
		passed=$((passed + $1))
		failed=$((failed + $2))
		skipped=$((skipped + $3))
		name="$name: $1 passed, $2 failed, $3 skipped"
		[ "$result" = ok ] || [ "$2" -gt 0 ] || failed=$((failed + 1))
	elif [ $result = ok ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
	echo "$result $name (${seconds} s)"
	if [ $result = FAIL ]; then
		grep -e '^not ok' -e Expected "$work/log" | head -n 20
		tail -n 30 "$work/log"
	fi
	[ $result = ok ]
}

# build [CONFIG...] - sets $image
build() {
	image=$("$scripts/kernel-build.sh" "$@") && [ -f "$image" ]
}

# objects CONFIG... - builds mm and dma-buf only, and sets $objects
objects() {
	objects=$(TARGETS='mm/ arch/arm64/mm/ drivers/dma-buf/' "$scripts/kernel-build.sh" "$@") &&
		[ -f "$objects/mm/memory.o" ]
}

# Gives the source of $KERNEL the files of $SERIES, and sets $source and $headers.
# An image that was built before leaves the source as the last build made it.
sources() {
	source=$KBUILD_DIR/$KERNEL/source
	headers=$(TARGETS=headers "$scripts/kernel-build.sh" all-on) &&
		headers=$headers/usr/include
}

# The test programs, for the kernel that $KERNEL names, in $bin.
programs() {
	bin=$work/bin-$KERNEL
	[ ! -d "$bin" ] || return 0
	programs_into "$bin.part" && mv "$bin.part" "$bin"
}

programs_into() {
	rm -rf "$1"
	sources || return 1
	mkdir -p "$1/selftests" "$1/usr"
	cp -r "$headers" "$1/usr/" || return 1
	cp "$source"/tools/testing/selftests/kselftest*.h "$1/selftests" || return 1
	cp -r "$source/tools/testing/selftests/zap-heap" "$1/selftests/" || return 1
	for prog in "$1"/selftests/zap-heap/*.c; do
		aarch64-linux-gnu-gcc -Wall -Werror -O2 -static -pthread \
			-isystem "$1/usr/include" -o "$1/$(basename "$prog" .c)" \
			"$prog" || return 1
	done
}

# guest 'PROGRAM [ARG...]' [OPTION...] - runs a test program on $image
guest() {
	command=$1
	shift
	# shellcheck disable=SC2086 # words
	"$scripts/guest.sh" --kernel "$image" --log "$work/console" \
		--add "$bin/${command%% *}" --timeout "${TIMEOUT:-300}" "$@" -- $command
}

series() {
	out=$work/series-$1
	KERNEL=$1 "$scripts/kpatch-series.sh" "$out" || return 1
	KERNEL=$1 "$scripts/kpatch-series.sh" "$work/again" || return 1
	diff -r "$out" "$work/again" || return 1

	# Into a repository that has what the hooks change, as Debian has it.
	repo=$work/am-$1
	mkdir "$repo"
	cat "$out"/*.patch | git apply --numstat | cut -f 3 | sort -u |
		sed "s,^,linux-source-$1/," >"$work/paths"
	# tar fails for those that the series makes.
	tar -C "$repo" --strip-components=1 -I 'xz -T0' -xf \
		"/usr/src/linux-source-$1.tar.xz" -T "$work/paths" 2>/dev/null
	git -C "$repo" init -q -b series &&
		git -C "$repo" config user.name check &&
		git -C "$repo" config user.email check@zapbench.invalid &&
		git -C "$repo" add -A && git -C "$repo" commit -q -m base &&
		git -C "$repo" am -q "$out"/*.patch || return 1
	! grep -L '^Signed-off-by: ' "$out"/*.patch | grep . || return 1
	# The backport changes what the files are.
	[ "$1" != 6.1 ] || return 0
	(cd "$top/kpatch/src" && find . -type f) >"$work/files"
	while read -r file; do
		cmp "$top/kpatch/src/$file" "$repo/$file" || return 1
	done <"$work/files"
}

# The code and the symbols of what was built, with no paths in it, and without
# the objects that are named. The name of an initcall has a line number in it.
code_of() {
	(cd "$1" && find mm arch/arm64/mm drivers/dma-buf -name '*.o' | LC_ALL=C sort |
		grep -v -x -F -e "${2:-none}" | while read -r object; do
			aarch64-linux-gnu-objdump -d -r "$object" | sed 1,2d
			aarch64-linux-gnu-nm -S "$object" |
				sed 's/__initcall__kmod_.*_[0-9]*_[0-9]*_/__initcall__/'
		done)
}

# What the series does to mm comes first: mends, and helpers that no option
# switches off.
off() {
	mends=$(ls "$top"/kpatch/hooks/6.12/*-mm-*.patch)
	n=$(echo "$mends" | grep -c .)
	# shellcheck disable=SC2086 # a list of files
	mended=$(git apply --numstat $mends | cut -f 3 | sed 's/\.c$/.o/')
	PATCHES=0 objects all-off || return 1
	code_of "$objects" "$mended" >"$work/off-debian"
	PATCHES=$n objects all-off || return 1
	code_of "$objects" "$mended" >"$work/off-mends"
	# They change what no other file becomes.
	cmp "$work/off-debian" "$work/off-mends" || return 1
	code_of "$objects" >"$work/off-before"
	objects all-off || return 1
	code_of "$objects" >"$work/off-after"
	# Something must be in it for the comparison to mean anything.
	grep -q '<vmf_insert_pfn_pmd>:' "$work/off-before" || return 1
	wc -l "$work/off-after"
	cmp "$work/off-before" "$work/off-after"
}

# What checkpatch takes for a mistake and is none, by patch.
ignored() {
	# That there is no MAINTAINERS entry.
	printf FILE_PATH_CHANGES
	case $(basename "$1") in
	# A commit of Linux: there is no repository of it here to look it up in.
	*-mm-huge_memory-*) echo ,UNKNOWN_COMMIT_ID ;;
	# A pointer to a lock; mm has them everywhere.
	*-mm-*) echo ,UNCOMMENTED_DEFINITION ;;
	# The shape of trace events.
	*-state-changes-*) echo ,OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT ;;
	# A path that begins like that of the file it is in.
	*-build-the-zap-heaps*) echo ,EMBEDDED_FILENAME ;;
	# Memory that others change is what is tested; and the macros of the
	# test harness, used as they have to be.
	*-selftests-add-*) echo ,VOLATILE,COMPLEX_MACRO,SPACING ;;
	*) echo ;;
	esac
}

checkpatch() {
	for patch in "$work/series-$1"/*.patch; do
		"$KBUILD_DIR/6.12/source/scripts/checkpatch.pl" --strict --no-tree \
			--quiet --ignore "$(ignored "$patch")" "$patch" || return 1
	done
}

# What make says about the new files, with sparse and more warnings.
new_files_clean() {
	out=$KBUILD_DIR/$KERNEL/build-all-on-kunit/drivers/dma-buf
	rm -f "$out"/heaps/zap_heap*.o "$out"/zap_bench.o
	out=$(W=1 C=1 TARGETS=drivers/dma-buf/ "$scripts/kernel-build.sh" all-on \
		kunit) || return 1
	grep -q 'CHECK.*zap_heap_vm.c' "$out/build.log" || return 1
	! grep -A 3 -e 'zap_[a-z_]*\.[ch]:[0-9]*:.*\(warning\|error\)' \
		"$out/build.log"
}

cost_twice() {
	guest zap_heap_cost --icount >"$work/cost1" || return 1
	guest zap_heap_cost --icount >"$work/cost2" || return 1
	cat "$work/cost1"
	diff "$work/cost1" "$work/cost2"
}

# The results of KUnit, of the boot whose console is in $work/console: one total
# of both suites.
kunit_results() {
	tr -d '\r' <"$work/console" | sed -n 's/^\[ *[0-9.]*\] *//
		/ok .*zap_heap_test_/p
		/^# zap-heap\(-range\)\{0,1\}: pass/p' | awk -F '[: ]+' '
		{ print }
		/^# zap-heap/ { pass += $4; fail += $6; skip += $8; suites++ }
		END { if (suites == 2) printf "# Totals: pass:%d fail:%d skip:%d\n", pass, fail, skip }'
}

kunit() {
	SMP=2 guest 'zap_heap_test -t heaps_are_those_built' --quiet \
		--append rodata=full || return 1
	kunit_results >"$work/kunit"
	cat "$work/kunit"
	grep -q '^# Totals: pass:[1-9][0-9]* fail:0 ' "$work/kunit"
}

# caught MUTANT - whether the test that it names fails for it, and fails as a
# test does: the kernel boots, and the test program comes to its end
caught() {
	by=$("$scripts/check-kernel-mutants.sh" field "$1" killed-by)
	passes=$("$scripts/check-kernel-mutants.sh" field "$1" passes)
	crash=$("$scripts/check-kernel-mutants.sh" field "$1" may-crash)
	# shellcheck disable=SC2086 # a kind and a test
	set -- ${by:-$passes}
	case $1 in
	kunit)
		# The tests run at boot, whatever the guest does then.
		SMP=2 guest 'zap_heap_test -t heaps_are_those_built' --quiet \
			--append rodata=full || return 1
		kunit_results >"$work/mutant"
		;;
	kselftest)
		# The test takes some seconds; a guest that hangs is not waited for.
		[ "$crash" != yes ] || TIMEOUT=100
		guest "zap_heap_test -t $2" --append rodata=full >"$work/mutant" 2>&1
		status=$?
		unset TIMEOUT
		;;
	stress)
		SMP=2 guest "zap_heap_stress 1" --append rodata=full \
			>"$work/mutant" 2>&1
		status=$?
		;;
	*)
		echo "no line 'killed-by: kunit TEST', 'kselftest TEST' or 'stress TEST'"
		return 1
		;;
	esac
	sed -i 's/Totals/totals/' "$work/mutant"
	cat "$work/mutant"
	# What overwrites memory may end in any way, after the test has failed.
	if [ "$crash" = yes ]; then
		grep -q "^ *not ok .*[ .]$2\$" "$work/mutant"
		return
	fi
	grep -q '^# totals: ' "$work/mutant" || return 1
	if [ -n "$passes" ]; then
		[ "$status" -eq 0 ] && ! grep '^ *not ok ' "$work/mutant"
	else
		[ "$1" = kunit ] || [ "$status" -eq 1 ] || return 1
		grep -q "^ *not ok .*[ .]$2\$" "$work/mutant"
	fi
}

# fuzz SEEDS SECONDS [PREFIX] - with seconds at most for each seed
# What is random is so by the day; the log says what to give to repeat it.
fuzz() {
	seed=${FUZZ_SEED:-$(date +%Y%m%d0000)} seeds=${FUZZ_SEEDS:-$1}
	SMP=2 TIMEOUT=$((300 + seeds * $2))
	export SMP TIMEOUT
	check "${3-}fuzz $seed $seeds" guest "zap_heap_fuzz $seed $seeds 1" \
		--append rodata=full
	check "${3-}fuzz $seed $seeds, three threads" \
		guest "zap_heap_fuzz $seed $seeds 3" --append rodata=full
	unset SMP TIMEOUT
}

# race MUTANT - KCSAN reports a data race in the function that the mutant names
race() {
	by=$("$scripts/check-kernel-mutants.sh" field "$1" killed-by)
	guest 'zap_heap_stress 1' --append rodata=full >"$work/mutant" 2>&1
	status=$?
	sed 's/Totals/totals/' "$work/mutant"
	[ "$status" -eq 125 ] || return 1
	grep "BUG: KCSAN: data-race in .*${by#kcsan }" "$work/console"
}

# fixed PATCH - its test passes with it, and does not without
fixed() {
	by=$(sed -n 's/^Mended-by-this: kselftest //p' "$1")
	[ -n "$by" ] || return 1
	guest "zap_heap_test -t $by" >"$work/fixed" || return 1
	grep "^ok .*$by # SKIP" "$work/fixed" || return 1
	FIX=$(basename "$1" .patch)
	export FIX
	build all-on kunit
	built=$?
	unset FIX
	[ $built -eq 0 ] || return 1
	guest "zap_heap_test -t $by" >"$work/fixed" || return 1
	cat "$work/fixed"
	grep "^ok .*$by\$" "$work/fixed" || return 1
	# Commits of Linux: there is no repository of it here to look them up in.
	"$KBUILD_DIR/6.12/source/scripts/checkpatch.pl" --strict --no-tree --quiet \
		--ignore UNKNOWN_COMMIT_ID "$1"
}

# expected CONFIG - the heaps that a kernel of it has
expected() {
	case $1 in
	policy-eager) echo zap-eager-huge ;;
	policy-lazy) echo zap-lazy-around zap-lazy-huge ;;
	policy-*) echo "zap-${1#policy-}" ;;
	product) echo zap-lazy-buffer ;;
	all-on)
		echo zap-cached zap-eager-around zap-eager-buffer zap-eager-contpte \
			zap-eager-huge zap-eager-page zap-lazy-around zap-lazy-buffer \
			zap-lazy-contpte zap-lazy-huge zap-lazy-page zap-refuse zap-uncached
		;;
	esac
}

# boots CONFIG [RODATA] - its kernel has those heaps, and the tests that apply
# pass. With rodata=on the linear mapping keeps its pages.
boots() {
	build "$1" || return 1
	guest zap_heap_test --append "rodata=${2:-full}" >"$work/boots" 2>&1
	status=$?
	cat "$work/boots"
	# Without the importer all tests skip, and the program says so by 4.
	[ $status -eq 0 ] || [ $status -eq 4 ] || return 1
	want=$(expected "$1")
	grep -q "^# heaps:${want:+ $want}\$" "$work/boots"
}

# The tests of the kernel itself, which the series extends.
system_heap_tests() {
	sources || return 1
	tests=tools/testing/selftests
	aarch64-linux-gnu-gcc -Wall -O2 -static -isystem "$bin/usr/include" \
		-I "$source/$tests" -o "$bin/dmabuf-heap" \
		"$source/$tests/dmabuf-heaps/dmabuf-heap.c" || return 1
	# Without it, no buffer of zap-refuse can be mapped.
	guest dmabuf-heap --append rodata=full || return 1
	grep -q 'Testing heap: system-uncached' "$work/console"
}

old() {
	KERNEL=6.1
	check 'build 6.1' build all-on && check '6.1: test programs' programs &&
		check '6.1: kselftests' guest zap_heap_test --append rodata=full
	KERNEL=6.12
}

bisect() {
	total=$(find "$work/series-6.12" -name '*.patch' | wc -l)
	n=0
	while [ "$n" -lt "$total" ]; do
		n=$((n + 1))
		PATCHES=$n
		export PATCHES
		patch=$(printf '%s' "$work/series-6.12/$(printf '%04d' "$n")"-*)
		check "after $(basename "$patch" .patch)" objects all-on kunit
	done
	unset PATCHES
}

module_build() {
	objects=$(TARGETS='Image modules' "$scripts/kernel-build.sh" all-on module) &&
		[ -f "$objects/drivers/dma-buf/zap_bench.ko" ] &&
		image=$objects/arch/arm64/boot/Image
}

# The init of the guest loads what is in /modules.
module() {
	guest zap_heap_test --append rodata=full --add \
		"$objects/drivers/dma-buf/zap_bench.ko:/modules/zap_bench.ko"
}

# As somebody would build them in a kernel tree.
kselftest_make() {
	sources || return 1
	make -C "$source/tools/testing/selftests" O="$work/kselftest" \
		TARGETS=zap-heap ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- \
		KHDR_INCLUDES="-isystem $bin/usr/include" || return 1
	for prog in zap_heap_test zap_heap_stress zap_heap_faults zap_heap_fuzz \
		zap_heap_cost; do
		find "$work/kselftest" -name $prog -type f | grep -q . || return 1
	done
}

case "${*:-default}" in
default) steps=$default ;;
all)
	steps="$default $named"
	: "${MUTANTS:=all}"
	;;
*) steps=$* ;;
esac
for step in $steps; do
	case " $default $named " in
	*" $step "*) ;;
	*)
		echo "check-kernel.sh: no step $step; there are $default $named, and all" >&2
		exit 2
		;;
	esac
done

# One at a time: what is in the build folders must stay while it is looked at.
mkdir -p "$KBUILD_DIR"
exec 8>"$KBUILD_DIR/check-lock"
flock -n 8 || { echo "waiting for another check-kernel.sh" && flock 8; }

for step in $steps; do
	echo "== $step"
	case $step in
	tests | cost | stress | fuzz | subsets | boots | pages | kselftest)
		check 'build all-on' build all-on || continue
		check 'test programs' programs || continue
		;;
	kunit | mutants | fixes)
		check 'build all-on kunit' build all-on kunit || continue
		check 'test programs' programs || continue
		;;
	lint | bisect)
		for v in 6.12 6.1; do
			[ -d "$work/series-$v" ] ||
				check "series for $v" env KERNEL=$v \
					"$scripts/kpatch-series.sh" "$work/series-$v"
		done
		;;
	esac
	case $step in
	series)
		check 'series for 6.12' series 6.12
		check 'series for 6.1' series 6.1
		;;
	off)
		check 'all-off leaves the code as it was' off
		;;
	lint)
		check 'sparse and W=1' new_files_clean
		check 'checkpatch --strict, 6.12' checkpatch 6.12
		check 'checkpatch --strict, 6.1' checkpatch 6.1
		;;
	tests)
		check 'kselftests' guest zap_heap_test
		check 'kselftests, rodata=full' guest zap_heap_test \
			--append rodata=full
		;;
	cost)
		check 'cost' cost_twice
		;;
	stress)
		SMP=2
		export SMP
		TIMEOUT=$((300 + 15 * ${STRESS_SECONDS:-3}))
		export TIMEOUT
		check 'stress' guest "zap_heap_stress ${STRESS_SECONDS:-3}" \
			--append rodata=full
		unset SMP TIMEOUT
		;;
	fuzz)
		fuzz 200 1
		;;
	kunit)
		check 'KUnit' kunit
		;;
	mutants)
		# shellcheck disable=SC2086 # a list
		mutants=$("$scripts/check-kernel-mutants.sh" list ${MUTANTS:-today}) ||
			check "mutants: $MUTANTS" false
		for MUTANT in $mutants; do
			export MUTANT
			check "mutant $MUTANT builds" build all-on kunit &&
				check "mutant $MUTANT is caught" caught "$MUTANT"
			unset MUTANT
		done
		;;
	fixes)
		for patch in "$top"/kpatch/fixes/*.patch; do
			check 'build all-on kunit' build all-on kunit || continue
			check "fix $(basename "$patch" .patch)" fixed "$patch"
		done
		;;
	subsets)
		for name in $policies product; do
			check "build $name" objects "$name"
		done
		check 'boot policy-eager' boots policy-eager
		check 'boot policy-lazy' boots policy-lazy
		check 'boot policy-cached' boots policy-cached
		check 'boot policy-refuse, the alias stays' boots policy-refuse on
		;;
	send)
		check 'series wc-heap for 6.12' "$scripts/check-kernel-series.sh" wc-heap
		check 'series wc-heap for 6.1' env KERNEL=6.1 \
			"$scripts/check-kernel-series.sh" wc-heap
		check 'series zap' "$scripts/check-kernel-series.sh" zap
		# With the importer, which can tell what its mappings are.
		SERIES=wc-heap+bench
		export SERIES
		check 'build wc-heap' build all-on wc-heap &&
			check 'test programs' programs &&
			check 'wc-heap: dmabuf-heaps kselftests' system_heap_tests &&
			check 'wc-heap: zap_heap_system' guest zap_heap_system
		unset SERIES
		;;
	old)
		old
		;;
	boots)
		for name in $policies product all-off all-on; do
			check "boot $name" boots "$name"
		done
		;;
	bisect)
		bisect
		;;
	module)
		check 'build all-on module' module_build || continue
		check 'test programs' programs || continue
		check 'importer as a module' module
		;;
	kselftest)
		check 'make TARGETS=zap-heap' kselftest_make
		;;
	pages)
		for pages in 16k 64k; do
			page_size $pages
			check "build $pages" build all-on || continue
			check "$pages: kselftests" guest zap_heap_test \
				--append rodata=full
			fuzz 20 10 "$pages: "
		done
		page_size "$size"
		;;
	debug)
		check 'build all-on kunit debug' build all-on kunit debug || continue
		check 'test programs' programs || continue
		TIMEOUT=3600 SMP=2
		[ "$MEM" -ge 3072 ] || MEM=3072
		export TIMEOUT SMP MEM
		check 'debug: KUnit' kunit
		check 'debug: kselftests' guest zap_heap_test --append rodata=full
		check 'debug: stress' guest zap_heap_stress --append rodata=full
		check 'debug: allocations that fail' guest zap_heap_faults \
			--append rodata=full
		fuzz 50 30 'debug: '
		unset TIMEOUT SMP
		page_size "$size"
		;;
	kcsan)
		check 'test programs' programs || continue
		# With all of the kernel, it would look at one of these accesses
		# in thousands.
		KCSAN_ONLY=$(find "$top/kpatch/src/drivers" -name '*.c' -exec basename {} .c \; |
			LC_ALL=C sort | tr '\n' ' ')
		TIMEOUT=1500 SMP=2
		export KCSAN_ONLY TIMEOUT SMP
		for MUTANT in $("$scripts/check-kernel-mutants.sh" list kcsan); do
			export MUTANT
			check "mutant $MUTANT builds, with KCSAN" build all-on kcsan &&
				check "KCSAN reports the race of mutant $MUTANT" \
					race "$MUTANT"
			unset MUTANT
		done
		check 'build all-on kcsan' build all-on kcsan || continue
		# A report ends the guest with an error, as all else that a kernel
		# complains about.
		check 'KCSAN: stress' guest "zap_heap_stress ${STRESS_SECONDS:-3}" \
			--append rodata=full
		# Of these, those that make two tasks meet.
		tests=
		for name in fault_waits_for_change mprotect_keeps_faults_out \
			fork_is_zapped fork_races_zap mremap_races_zap \
			start_waits_for_fence start_keeps_others_stores; do
			tests="$tests -t $name"
		done
		check 'KCSAN: kselftests' guest "zap_heap_test$tests" \
			--append rodata=full
		seed=${FUZZ_SEED:-$(date +%Y%m%d0000)} seeds=${FUZZ_SEEDS:-10}
		check "KCSAN: fuzz $seed $seeds, three threads" \
			guest "zap_heap_fuzz $seed $seeds 3" --append rodata=full
		unset KCSAN_ONLY TIMEOUT SMP
		;;
	esac
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
