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
case $SERIES in
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

outdir=$1
mkdir -p "$outdir"
outdir=$(cd "$outdir" && pwd)
rm -f "$outdir"/*.patch "$outdir"/cover-letter
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

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
n=0
used=0

# next NAME - sets $to, the next patch of the series
next() {
	n=$((n + 1))
	to=$outdir/$(printf '%04d' "$n")-${1#*-}
}

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

heaps=drivers/dma-buf/heaps
tests=tools/testing/selftests/zap-heap

hook '*-mm-*.patch'
new 'uapi: add the interface of the benchmark importer' \
"What a program says to /dev/zap-bench, and what it is told.  It comes first
because the heaps share its names of policies and states." \
	include/uapi/linux/zap_bench.h include/linux/zap_heap.h
new 'dma-buf: heaps: add the policies of the zap heaps' \
"When a buffer's CPU mappings are taken away, and how much of them a fault
brings back, as functions with no side effect." \
	$heaps/zap_heap.h $heaps/zap_heap_policy.c
new 'dma-buf: heaps: add the state changes of the zap heaps' \
"Zap, clean, invalidate and publish, in that order, with tracepoints.  The
caches are maintained through a device of the heaps' own, since for an
importer that snoops the DMA API does nothing." \
	include/trace/events/zap_heap.h $heaps/zap_heap_state.c
new 'dma-buf: heaps: add the fault handlers of the zap heaps' \
"Mappings are never filled by mmap, where a zap would not find them yet." \
	$heaps/zap_heap_vm.c
new 'dma-buf: heaps: add the zap heaps' \
"Allocation, the dma-buf operations, and a heap for each combination of a
policy and a granularity that the kernel is built with." \
	$heaps/zap_heap_main.c $heaps/zap_heap_bench.c $heaps/Kconfig.zap
new 'dma-buf: add a benchmark importer' \
"Nothing in the kernel lets a program attach, map, unmap and detach one step
at a time, which is what has to be timed." \
	drivers/dma-buf/zap_bench.c
[ "$KERNEL" = 6.1 ] ||
	new 'dma-buf: heaps: add KUnit tests of the zap heaps' \
"Of the policies and of the arithmetic, and that a change of the state does
its steps in order." \
	$heaps/zap_heap_test.c
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

# A new file that nobody put into a patch is a mistake here.
[ "$KERNEL" != 6.1 ] || echo $heaps/zap_heap_test.c >>"$work/.git/emitted"
(cd "$src" && find . -type f | sed 's,^\./,,' | LC_ALL=C sort) >"$work/.git/have"
LC_ALL=C sort "$work/.git/emitted" >"$work/.git/sent"
if ! diff "$work/.git/have" "$work/.git/sent" >&2; then
	echo "kpatch-series.sh: kpatch/src and the series differ, see above" >&2
	exit 1
fi
set -- "$hooks"/*.patch
if [ "$used" -ne $# ]; then
	echo "kpatch-series.sh: $# patches in $hooks, $used of them in the series" >&2
	exit 1
fi
finish
