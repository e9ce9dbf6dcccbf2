#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Fail if a policy of the kernel patch costs more instructions than the reference. The policies are measured in
# emulation. The reference is the committed result, if kernel (source, configuration, compiler) and QEMU are the same.
# If not, it is the parent commit, measured with the same tools on this machine. Called by make gate and make
# gate-accept. Arguments: check FOLDER, or accept FOLDER REASON; FOLDER gets the results.
# environment:
#   KERNEL     6.12 or 6.1 (6.12)
#   PAGE_SIZE  4k, 16k or 64k (4k)
#   HEAPS      patch, or module: the policies of the modules, in Debian's own kernel (patch)
#   MODEL      also compare the counts of a model of caches and TLBs, as make bench-qemu does: cortex-a72, ... (none)
#   BASE       the commit to compare with (HEAD^, or HEAD if there are uncommitted changes)
#   PROGRAM    the zapbench that compares (build/zapbench)
# exit status: 0 no regression, 1 regression, 2 usage, 3 nothing to compare, 4 a measurement or the comparison failed
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
KERNEL=${KERNEL:-6.12}
PAGE_SIZE=${PAGE_SIZE:-4k}
export KERNEL PAGE_SIZE
usage() {
	echo "usage: scripts/gate.sh check FOLDER | accept FOLDER REASON (make gate, make gate-accept REASON='why')" >&2
	exit 2
}
[ $# -ge 2 ] || usage
mkdir -p "$2"
folder=$(cd "$2" && pwd)
# As bench-qemu.sh names it.
name=qemu-$KERNEL-$PAGE_SIZE
# Those of modules have a folder of their own: they are not compared with those of the patch.
references=results/reference
if [ "${HEAPS:-patch}" != patch ]; then
	name=$name-$HEAPS
	references=$references/$HEAPS
fi
case ${MODEL:-}:$PAGE_SIZE in
:*) ;;
cortex-a72:* | cortex-a76:16k) name=$name-model ;;
*) name=$name-$MODEL-model ;;
esac
case ${PREFETCH:-off} in off) ;; *) name=$name-$PREFETCH ;; esac
name=$name.json
reference=$top/$references/$name
measured=$folder/$name

# label KEY FILE: the value of a label of a record, or nothing
label() { tr -d '\n' <"$2" | sed -n 's/.*"key": *"'"$1"'", *"value": *"\([^"]*\)".*/\1/p'; }
# same KEY: has the result the same label as the reference?
same() { [ -n "$(label "$1" "$reference")" ] && [ "$(label "$1" "$reference")" = "$(label "$1" "$measured")" ]; }
# tools FILE: what the kernel of a record was built with, and its QEMU
tools() { tr -d '\n' <"$1" | sed -n 's/.*"build": *"\([^"]*\)".*/\1/p'; label qemu "$1"; }

case $1 in
check)
	[ $# -eq 2 ] || usage
	make -C "$top" --no-print-directory bench-qemu RESULTS="$folder" >"$folder/gate.log" 2>&1 || {
		tail -n 20 "$folder/gate.log" >&2
		echo "gate: could not measure this commit; log: $folder/gate.log" >&2
		exit 4
	}
	base=$reference
	if [ ! -e "$reference" ]; then
		why="there is no $references/$name"
	elif ! same image; then
		why="the kernel differs from the reference: $(label image "$measured"), not $(label image "$reference")"
	elif ! same qemu; then
		why="QEMU differs from the reference: $(label qemu "$measured"), not $(label qemu "$reference")"
	else
		why=
		echo "gate: same kernel and QEMU as the reference; comparing with $references/$name"
	fi
	if [ -n "$why" ]; then
		git -C "$top" rev-parse --git-dir >/dev/null 2>&1 || {
			echo "gate: $why, and there is no parent commit to measure; fix: run it in a git clone" >&2
			exit 3
		}
		if [ -z "${BASE:-}" ]; then
			BASE=HEAD^
			git -C "$top" diff --quiet HEAD || BASE=HEAD
		fi
		commit=$(git -C "$top" rev-parse --verify --quiet "$BASE^{commit}") || {
			echo "gate: $why, and there is no commit $BASE to measure; fix: fetch it, or set BASE" >&2
			exit 3
		}
		echo "gate: $why"
		# A bisection compares each commit with the same one.
		base=$folder/base-results/$commit/$name
		if [ -e "$base" ] && [ -n "$(tools "$base")" ] && [ "$(tools "$base")" = "$(tools "$measured")" ]; then
			echo "gate: comparing with $(git -C "$top" log -1 --format='%h %s' "$commit"), measured before"
			why=
		fi
	fi
	if [ -n "$why" ]; then
		echo "gate: measuring $(git -C "$top" log -1 --format='%h %s' "$commit") to compare with"
		tree=$folder/base
		git -C "$top" worktree prune
		rm -rf "$tree"
		git -C "$top" worktree add --quiet --force --detach "$tree" "$commit"
		trap 'git -C "$top" worktree remove --force "$tree"' EXIT
		trap 'exit 130' INT TERM
		rm -rf "$folder/base-results"
		mkdir -p "$folder/base-results/$commit"
		make -C "$tree" --no-print-directory bench-qemu RESULTS="$folder/base-results/$commit" \
			>"$folder/gate-base.log" 2>&1 || {
			tail -n 20 "$folder/gate-base.log" >&2
			echo "gate: could not measure $BASE; log: $folder/gate-base.log" >&2
			exit 4
		}
	fi
	status=0
	"${PROGRAM:-$top/build/zapbench}" compare "$base" "$measured" --unlike program,configurations || status=$?
	[ "$status" -ne 1 ] ||
		echo "gate: a policy costs more than before; if you accept that: make gate-accept REASON='why'" >&2
	exit "$status"
	;;
accept)
	[ -n "${3:-}" ] || usage
	[ -e "$measured" ] || {
		echo "gate: $measured is missing; fix: make gate first" >&2
		exit 2
	}
	mkdir -p "$top/$references"
	cp "$measured" "$reference.part"
	mv "$reference.part" "$reference"
	printf '%s\n  image %s, QEMU %s: %s\n' "${reference#"$top/results/reference/"}" "$(label image "$reference")" \
		"$(label qemu "$reference")" "$(printf %s "$3" | tr '\n' ' ')" >>"$top/results/reference/REASONS"
	echo "gate: $references/$name is now this result; commit it with REASONS and the change that caused it"
	;;
*) usage ;;
esac
