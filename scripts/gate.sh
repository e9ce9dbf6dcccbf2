#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Has this commit made a policy of the kernel patch cost more? Measures them in instructions retired, and compares with the committed
# reference: to the instruction where kernel (source, configuration, compiler) and emulator are the reference's, by the rule of emulated
# runs where they are not, with the parent commit, measured by the same tools on this machine.
# Called by make gate and make gate-accept. Arguments: check FOLDER, or accept FOLDER REASON; FOLDER is where results are made.
# environment: KERNEL (6.12), PAGE_SIZE (4k), BASE (the commit to compare with; HEAD^, or HEAD when something is not committed), PROGRAM
# (this zapbench, to compare with)
# exit status: 0 no regression, 1 regression, 2 usage, 3 nothing that can be compared, others: what failed
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
KERNEL=${KERNEL:-6.12}
PAGE_SIZE=${PAGE_SIZE:-4k}
export KERNEL PAGE_SIZE
usage() {
	echo "usage: scripts/gate.sh check FOLDER | accept FOLDER REASON; as make gate, or make gate-accept REASON='why'" >&2
	exit 2
}
[ $# -ge 2 ] || usage
mkdir -p "$2"
folder=$(cd "$2" && pwd)
name=qemu-$KERNEL-$PAGE_SIZE.json
reference=$top/results/reference/$name
measured=$folder/$name

# label KEY FILE: what a record says of itself, or nothing
label() { tr -d '\n' <"$2" | sed -n 's/.*"key": *"'"$1"'", *"value": *"\([^"]*\)".*/\1/p'; }
# same KEY: is it that of the reference?
same() { [ -n "$(label "$1" "$reference")" ] && [ "$(label "$1" "$reference")" = "$(label "$1" "$measured")" ]; }

case $1 in
check)
	[ $# -eq 2 ] || usage
	make -C "$top" --no-print-directory bench-qemu RESULTS="$folder" >"$folder/gate.log" 2>&1 || {
		tail -n 20 "$folder/gate.log" >&2
		echo "gate: this commit could not be measured; all of its output: $folder/gate.log" >&2
		exit 4
	}
	base=$reference
	if [ ! -e "$reference" ]; then
		why="results/reference/$name is not there"
	elif ! same image; then
		why="the kernel is another than the reference's: $(label image "$measured"), not $(label image "$reference")"
	elif ! same qemu; then
		why="QEMU is another than the reference's: $(label qemu "$measured"), not $(label qemu "$reference")"
	else
		why=
		echo "gate: kernel and QEMU are the reference's; compared with results/reference/$name"
	fi
	if [ -n "$why" ]; then
		git -C "$top" rev-parse --git-dir >/dev/null 2>&1 || {
			echo "gate: $why, and there is no parent to measure in its place; fix: run it in a git clone" >&2
			exit 3
		}
		if [ -z "${BASE:-}" ]; then
			BASE=HEAD^
			git -C "$top" diff --quiet HEAD || BASE=HEAD
		fi
		commit=$(git -C "$top" rev-parse --verify --quiet "$BASE^{commit}") || {
			echo "gate: $why, and there is no commit $BASE to measure in its place; fix: fetch it, or name another as BASE" >&2
			exit 3
		}
		echo "gate: $why"
		echo "gate: measuring $(git -C "$top" log -1 --format='%h %s' "$commit") with the same tools, to compare with that"
		tree=$folder/base
		git -C "$top" worktree prune
		rm -rf "$tree"
		git -C "$top" worktree add --quiet --force --detach "$tree" "$commit"
		trap 'git -C "$top" worktree remove --force "$tree"' EXIT
		trap 'exit 130' INT TERM
		mkdir -p "$folder/base-results"
		make -C "$tree" --no-print-directory bench-qemu RESULTS="$folder/base-results" >"$folder/gate-base.log" 2>&1 || {
			tail -n 20 "$folder/gate-base.log" >&2
			echo "gate: $BASE could not be measured; all of its output: $folder/gate-base.log" >&2
			exit 4
		}
		base=$folder/base-results/$name
	fi
	status=0
	"${PROGRAM:-$top/build/zapbench}" compare "$base" "$measured" --unlike program || status=$?
	[ "$status" -ne 1 ] || echo "gate: it costs more than before. If that is meant: make gate-accept REASON='why'" >&2
	exit "$status"
	;;
accept)
	[ -n "${3:-}" ] || usage
	[ -e "$measured" ] || {
		echo "gate: $measured is not there; fix: make gate first" >&2
		exit 2
	}
	mkdir -p "$top/results/reference"
	cp "$measured" "$reference.part"
	mv "$reference.part" "$reference"
	printf '%s\n  image %s, QEMU %s: %s\n' "$name" "$(label image "$reference")" "$(label qemu "$reference")" \
		"$(echo "$3" | tr '\n' ' ')" >>"$top/results/reference/REASONS"
	echo "gate: results/reference/$name is this one now; commit it together with REASONS, and what made it so"
	;;
*) usage ;;
esac
