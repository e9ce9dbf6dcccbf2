#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Load the modules of the zap heaps, measure with them, and unload them at every end. Called by make bench-module, which
# has built all of it. Arguments: the folder of the modules, the program, where results go, options of zapbench run.
set -eu

if [ $# -lt 3 ]; then
	echo "usage: scripts/bench-module.sh MODULES PROGRAM RESULTS [OPTION...]" >&2
	exit 2
fi
modules=$1
program=$2
results=$3
shift 3
die() {
	echo "bench-module: $*" >&2
	exit 1
}
root=
[ "$(id -u)" -eq 0 ] || root=sudo
for name in zap_heap zap_bench; do
	[ ! -e /sys/module/$name ] || die "$name is in the kernel already; fix: sudo rmmod zap_bench zap_heap, or make bench"
done

loaded=
unload() {
	# shellcheck disable=SC2086 # nothing, or words
	[ -z "$loaded" ] || $root rmmod $loaded
}
trap unload EXIT
trap 'exit 130' HUP INT TERM
for name in zap_heap zap_bench; do
	if said=$($root insmod "$modules/$name.ko" 2>&1); then
		loaded="$name $loaded"
		continue
	fi
	case $said in
	*ormat*) die "$said; fix: make module for this kernel, $(uname -r)" ;;
	*ermitted* | *ey*rejected*)
		fix=$("$program" list | sed -n '/^  zap-heap /,/fix:/s/^ *fix: //p')
		die "$said; fix: ${fix:-run it as root}"
		;;
	*) die "$said; fix: dmesg has the reason" ;;
	esac
done
status=0
$root "$program" run --source zap-heap "$@" --out "$results" || status=$?
# Some samples are invalid: the table shows it.
[ $status -eq 3 ] || exit $status
