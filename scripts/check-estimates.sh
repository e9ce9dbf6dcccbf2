#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# How good are estimates? Frames whose policies need no kernel patch are measured on this machine, and estimated: counts
# of the model of zen4 in emulation, times the unit costs that zapbench run --profile costs measures here. Prints in how
# many pairs of options the order is right, and the median error. The figures are told, not judged: no value fails.
# Called by make check-estimates. Arguments: this machine's zapbench, the plugin of QEMU, a folder for the results.
# environment: COSTS, FRAMES: seconds of the two runs (120, 60)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 3 ] || {
	echo "usage: scripts/check-estimates.sh ZAPBENCH PLUGIN FOLDER (make check-estimates)" >&2
	exit 2
}
zapbench=$1
plugin=$2
folder=$3
frames="frame --source memfd --set policy=eager,lazy,cached --set granularity=around,buffer,huge --set access=read"
frames="$frames --set size=1M,4M --set frames=4 --set touched=0.125,1"
mkdir -p "$folder"
MODEL=zen4 PREFETCH=stride RUN="$frames" "$here/bench-qemu.sh" "$zapbench" / "$folder" "$plugin" "$zapbench" \
	>"$folder/counts.log" 2>&1 || {
	tail -n 20 "$folder/counts.log" >&2
	echo "check-estimates: no counts; log: $folder/counts.log" >&2
	exit 1
}
counts=$folder/qemu-${KERNEL:-6.12}-4k-zen4-model-stride.json

# run NAME SECONDS OPTION...: status 3, some samples are invalid, is no failure
run()
{
	name=$1
	seconds=$2
	shift 2
	"$zapbench" run "$@" --budget "$seconds" --out "$folder/$name.json" >"$folder/$name.log" 2>&1 || [ $? -eq 3 ] || {
		tail -n 20 "$folder/$name.log" >&2
		echo "check-estimates: cannot measure $name; log: $folder/$name.log" >&2
		exit 1
	}
}
run costs "${COSTS:-120}" --profile costs
# shellcheck disable=SC2086 # words
run frames "${FRAMES:-60}" $frames
"$zapbench" model --counts "$counts" --costs "$folder/costs.json" --json >"$folder/estimates.json"
python3 "$here/test/fixtures/estimated.py" "$folder/estimates.json" "$folder/frames.json"
