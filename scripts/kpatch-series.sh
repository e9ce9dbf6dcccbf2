#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Emits a series of kernel patches that git am takes.
#
# usage: [KERNEL=6.12|6.1] [SERIES=NAME] kpatch-series.sh OUTDIR
#
# series:
#   bench    everything that zapbench measures with: the zap heaps, and the
#            importer (the default)
#   wc-heap  to send: a write-combined system heap
#   zap      to send: the zap heaps, without what only a benchmark needs
# Two of them with a + between are one after the other, for a kernel to test.
# environment:
#   SENDER       'NAME <MAIL>', who sends it: the author and the Signed-off-by of
#                every patch (a placeholder that no mail server takes)
#   BASE_COMMIT  the commit that it is for, 40 hexadecimal digits, for the cover
#                letter (none: Debian's source is no repository)
#   SEND         yes: it is to be sent, so that the two above must be set
#
# Patches of existing kernel files are kept as such, under kpatch/hooks/ and
# kpatch/wc-heap/. New files are kept as files, under kpatch/src/, and made into
# patches here, in an order in which the kernel builds after each of them: what
# nothing refers to yet comes before the hook that builds it. The same input
# gives the same bytes.
set -eu

KERNEL=${KERNEL:-6.12}
SERIES=${SERIES:-bench}
SENDER=${SENDER:-}
BASE_COMMIT=${BASE_COMMIT:-}
top=$(cd "$(dirname "$0")/.." && pwd)
src=$top/kpatch/src
founders='zapbench founders <founders@zapbench.invalid>'

die() {
	echo "kpatch-series.sh: $*" >&2
	exit 2
}

if [ $# -ne 1 ]; then
	echo "usage: [KERNEL=6.12|6.1] [SERIES=bench|wc-heap|zap] kpatch-series.sh OUTDIR" >&2
	exit 2
fi
outdir=$1
mkdir -p "$outdir"
outdir=$(cd "$outdir" && pwd)
rm -f "$outdir"/*.patch "$outdir"/cover-letter
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
n=0

# next NAME - sets $to, the next patch of the series
next() {
	n=$((n + 1))
	to=$outdir/$(printf '%04d' "$n")-${1#*-}
}

case $SERIES in
*+*)
	for one in $(echo "$SERIES" | tr + ' '); do
		SERIES=$one "$0" "$work/$one"
		for patch in "$work/$one"/*.patch; do
			next "$(basename "$patch")"
			cp "$patch" "$to"
		done
	done
	exit 0
	;;
bench | zap) hooks=$top/kpatch/hooks/$KERNEL ;;
wc-heap) hooks=$top/kpatch/wc-heap/$KERNEL ;;
*) die "there is no series $SERIES; fix: SERIES=bench, wc-heap or zap" ;;
esac
ls "$hooks"/*.patch >/dev/null 2>&1 ||
	die "no patches for Linux $KERNEL in $hooks; fix: KERNEL=6.12 or 6.1"

# A Signed-off-by states something that only a person can state.
case $SENDER in
'' | *\|*) ;;
?*' <'?*@?*.?*'>') ;;
*) die "SENDER is '$SENDER'; fix: SENDER='NAME <MAIL>'" ;;
esac
printf '%s\n' "$BASE_COMMIT" | grep -q -x -E '([0-9a-f]{40})?' ||
	die "BASE_COMMIT is '$BASE_COMMIT'; fix: 40 hexadecimal digits, as git rev-parse prints them"
if [ "${SEND:-}" = yes ]; then
	[ "$SERIES" != bench ] || die "the series bench is not for sending; fix: SERIES=wc-heap or zap"
	[ -n "$SENDER" ] ||
		die "who sends it? fix: SENDER='NAME <MAIL>', who can state the Developer's Certificate of Origin"
	[ -n "$BASE_COMMIT" ] ||
		die "for which commit is it? fix: BASE_COMMIT=\$(git -C YOUR-TREE rev-parse HEAD)"
fi

GIT_AUTHOR_NAME='zapbench founders'
GIT_AUTHOR_EMAIL=founders@zapbench.invalid
GIT_AUTHOR_DATE='2026-11-23T00:00:00Z'
GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME
GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
GIT_CONFIG_GLOBAL=/dev/null
GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE GIT_COMMITTER_NAME \
	GIT_COMMITTER_EMAIL GIT_COMMITTER_DATE GIT_CONFIG_GLOBAL GIT_CONFIG_NOSYSTEM

git -C "$work" init -q -b series
git -C "$work" commit -q --allow-empty -m base
used=0

# new SUBJECT BODY PATH... - a patch that adds the files
new() {
	subject=$1
	body=$2
	shift 2
	for path; do
		mkdir -p "$work/$(dirname "$path")"
		cp "$src/$path" "$work/$path"
		git -C "$work" add -f "$path"
		echo "$path" >>"$work/.git/emitted"
	done
	git -C "$work" commit -q -s -m "$subject" -m "$body"
	git -C "$work" format-patch -q --zero-commit --no-signature -N -1 \
		--start-number 1 -o "$work/.git/new"
	for patch in "$work"/.git/new/*.patch; do
		next "$(basename "$patch")"
		mv "$patch" "$to"
	done
}

# hook GLOB - the patches of existing files that match
hook() {
	for patch in "$hooks"/$1; do
		[ -f "$patch" ] || continue
		next "$(basename "$patch")"
		sed 's/^Subject: \[PATCH[^]]*\]/Subject: [PATCH]/' "$patch" >"$to"
		used=$((used + 1))
	done
}

# What is left to do with a complete series: number and sign its patches.
finish() {
	for patch in "$outdir"/*.patch; do
		number=$(basename "$patch" | cut -c1-4 | sed 's/^0*//')
		[ "$SERIES" = bench ] ||
			sed -i "s/^Subject: \[PATCH\]/Subject: [PATCH $number\/$n]/" "$patch"
		[ -z "$SENDER" ] || sed -i "s|$founders|$SENDER|" "$patch"
	done
}

if [ "$SERIES" = wc-heap ]; then
	hook '*.patch'
	finish
	exit 0
fi

# The zap heaps without what only a benchmark needs, made of kpatch/src in $work:
# one source, two series. A name of the benchmark that is left over is an error.
strip() {
	command -v spatch >/dev/null || die "there is no spatch; fix: apt-get install coccinelle"
	rules=$top/kpatch/zap
	cp -r "$src" "$work/src"
	src=$work/src
	rm -rf "$src/tools" "$src/drivers/dma-buf/zap_bench.c" "$src/$heaps/zap_heap_bench.c" \
		"$src/$heaps"/zap_heap_range*.c "$src/include/linux"
	awk '/^\/\* When the heap removes mappings/ { on = 1 }
		on { print }
		/^enum zap_bench_state/ { last = 1 }
		last && /^};/ { exit }' "$src/include/uapi/linux/zap_bench.h" >"$work/enums"
	rm -rf "$src/include/uapi"
	for file in main state vm; do
		spatch --sp-file "$rules/strip.cocci" --in-place --very-quiet --no-includes \
			"$src/$heaps/zap_heap_$file.c" >"$work/log" 2>&1 || {
			cat "$work/log" >&2
			exit 1
		}
	done
	sed -i "/^#include <uapi\/linux\/zap_bench.h>/{
		s/.*//
		r $work/enums
	}" "$src/$heaps/zap_heap.h"
	find "$src" -type f >"$work/files"
	while read -r file; do
		# What is left of a removed line is a blank one.
		sed -f "$rules/strip.sed" "$file" | sed 's/[ \t]*$//' | cat -s |
			sed '/^{$/{n;/^$/d;}' | sed '${/^$/d;}' >"$work/stripped"
		cp "$work/stripped" "$file"
	done <"$work/files"
	if grep -r -n -i -e 'bench' -e '->count\.' -e 'count->' -e 'zap_heap_clock' \
		-e 'zap_heap_account' -e 'zap_heap_stop' -e 'skip_clean' "$src" >&2; then
		echo "kpatch-series.sh: that is of the benchmark; fix: let kpatch/zap/ remove it" >&2
		exit 1
	fi
}

heaps=drivers/dma-buf/heaps
tests=tools/testing/selftests/zap-heap

state_message="Zap, clean, invalidate and publish, in that order, with tracepoints.  The
caches are maintained through a device of the heaps' own.  An importer that
snoops would not do: for it the DMA API does nothing.  Nor is there always
another one: the caches are invalidated when the CPU starts to read, which
may be after the last importer has gone."
# built OBJECT... - what the Makefile builds of the heaps, from the next patch on
built() {
	makefile=$work/$heaps/Makefile
	[ -f "$makefile" ] || {
		mkdir -p "$work/$heaps"
		# The hook shows the whole file.
		cat "$hooks"/*-build-the-zap-heaps.patch |
			sed -n '/^+++ .*Makefile$/,$s/^[ +]//p' | sed '1d;/^++ /d' >"$makefile"
	}
	sed -i "s/^zap_heap-y := .*/zap_heap-y := $*/" "$makefile"
	git -C "$work" add "$heaps/Makefile"
}

# The series zap: the kernel builds after each patch.
zap_series() {
	[ "$KERNEL" = 6.12 ] || die "the series zap is for KERNEL=6.12: nobody sends new heaps to an old kernel"
	strip
	hook '*-mm-*.patch'
	hook '*-dma-heap-*.patch'
	new 'dma-buf: heaps: add the policies of the zap heaps' \
"When a buffer's CPU mappings are taken away, and how much of them a fault
brings back, as functions with no side effect." \
		$heaps/zap_heap.h $heaps/zap_heap_policy.c $heaps/Kconfig.zap
	hook '*-build-the-zap-heaps.patch'
	sed -i 's/^+zap_heap-y := .*/+zap_heap-y := zap_heap_policy.o/' "$to"
	built zap_heap_policy.o
	git -C "$work" commit -q -m 'what the hook did'
	built zap_heap_policy.o zap_heap_state.o
	new 'dma-buf: heaps: add the state changes of the zap heaps' \
"$state_message" \
		include/trace/events/zap_heap.h $heaps/zap_heap_state.c
	built zap_heap_policy.o zap_heap_state.o zap_heap_vm.o
	new 'dma-buf: heaps: add the fault handlers of the zap heaps' \
"Mappings are never filled by mmap, where a zap would not find them yet." \
		$heaps/zap_heap_vm.c
	built zap_heap_main.o zap_heap_pages.o zap_heap_policy.o zap_heap_state.o zap_heap_vm.o
	new 'dma-buf: heaps: add the zap heaps' \
"Allocation, the dma-buf operations, and a heap for each combination of a
policy and a granularity that the kernel is built with.

dma-map-ops.h is included for dev_is_dma_coherent(): a buffer cannot be
write-combined for a device that snoops, and nothing else tells." \
		$heaps/zap_heap_pages.c $heaps/zap_heap_main.c
	# shellcheck disable=SC2016 # make expands it
	sed -i 's/^obj-.*ZAP)/zap_heap-$(CONFIG_DMABUF_HEAPS_ZAP_KUNIT_TEST) += zap_heap_test.o\n&/' \
		"$work/$heaps/Makefile"
	git -C "$work" add "$heaps/Makefile"
	new 'dma-buf: heaps: add KUnit tests of the zap heaps' \
"Of the policies and of the arithmetic, and that a change of the state does
its steps in order." \
		$heaps/zap_heap_test.c
	new 'Documentation: describe the zap heaps' \
"What each policy promises, and what a client must not do." \
		Documentation/driver-api/zap-heap.rst
	hook '*-Documentation-*.patch'
	hooks=$top/kpatch/zap
	hook '*.patch'
	all_sent
}

# A new file that nobody put into a patch is a mistake here.
all_sent() {
	(cd "$src" && find . -type f | sed 's,^\./,,' | LC_ALL=C sort) >"$work/.git/have"
	LC_ALL=C sort "$work/.git/emitted" >"$work/.git/sent"
	if ! diff "$work/.git/have" "$work/.git/sent" >&2; then
		echo "kpatch-series.sh: kpatch/src and the series differ, see above" >&2
		exit 1
	fi
}

if [ "$SERIES" = zap ]; then
	zap_series
	finish
	exit 0
fi

hook '*-mm-*.patch'
hook '*-dma-heap-*.patch'
new 'uapi: add the interface of the benchmark importer' \
"What a program says to /dev/zap-bench, and what it is told.  It comes first
because the heaps share its names of policies and states." \
	include/uapi/linux/zap_bench.h include/linux/zap_heap.h
new 'dma-buf: heaps: add the policies of the zap heaps' \
"When a buffer's CPU mappings are taken away, and how much of them a fault
brings back, as functions with no side effect." \
	$heaps/zap_heap.h $heaps/zap_heap_policy.c
new 'dma-buf: heaps: add the state changes of the zap heaps' \
"$state_message" \
	include/trace/events/zap_heap.h $heaps/zap_heap_state.c
new 'dma-buf: heaps: add the fault handlers of the zap heaps' \
"Mappings are never filled by mmap, where a zap would not find them yet." \
	$heaps/zap_heap_vm.c
new 'dma-buf: heaps: add the zap heaps' \
"Allocation, the dma-buf operations, and a heap for each combination of a
policy and a granularity that the kernel is built with." \
	$heaps/zap_heap_pages.c $heaps/zap_heap_main.c $heaps/zap_heap_bench.c $heaps/Kconfig.zap
new 'dma-buf: heaps: add START and END of a part to the zap heaps' \
"For the benchmark importer: DMA_BUF_IOCTL_SYNC maintains the caches for the
whole buffer, whatever part of it a program has accessed." \
	$heaps/zap_heap_range.c
new 'dma-buf: add a benchmark importer' \
"Nothing in the kernel lets a program attach, map, unmap and detach one step
at a time, which is what has to be timed." \
	drivers/dma-buf/zap_bench.c
[ "$KERNEL" = 6.1 ] ||
	new 'dma-buf: heaps: add KUnit tests of the zap heaps' \
"Of the policies and of the arithmetic, that a change of the state does its
steps in order, and that START and END of a part lose no byte of it." \
	$heaps/zap_heap_test.c $heaps/zap_heap_range_test.c
# Only now are the new files built, and made to fit an older kernel before.
hook '*-backport-*.patch'
hook '*-dma-buf-*.patch'
# shellcheck disable=SC2046 # the paths have no blanks
new 'selftests: add those of the zap heaps' \
"Every test runs against every heap that the kernel has." \
	$(cd "$src" && find $tests -type f | LC_ALL=C sort)
hook '*-selftests-*.patch'
if [ -f "$src/Documentation/driver-api/zap-heap.rst" ]; then
	new 'Documentation: describe the zap heaps' \
"What each policy promises, and what a client must not do." \
		Documentation/driver-api/zap-heap.rst
	hook '*-Documentation-*.patch'
fi

[ "$KERNEL" != 6.1 ] || printf '%s\n' $heaps/zap_heap_test.c $heaps/zap_heap_range_test.c >>"$work/.git/emitted"
all_sent
set -- "$hooks"/*.patch
if [ "$used" -ne $# ]; then
	echo "kpatch-series.sh: $# patches in $hooks, $used of them in the series" >&2
	exit 1
fi
finish
