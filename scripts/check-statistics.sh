#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# How often do comparisons on this machine report a change where nothing changed, and what is the smallest change that
# they find? Arguments: zapbench, and alarms, replay and statistics of report/test. The status is 1 if there are more
# false alarms than the 99 % point of the binomial distribution allows, or statistics sees a promise broken.
# environment:
#   STEPS         tables, simulate, replay, within, between, power (all)
#   REPS          years that the step replay simulates (40: under 40 s; 1000 for narrow intervals)
#   TIMES         comparisons per line of the step tables (200: 15 s; 2000 for narrow intervals)
#   SECONDS_EACH  time per configuration in the step power (10)
#   FOLDER        keep the results here (they are removed)
set -u

zapbench=$1
alarms=$2
replay=$3
statistics=$4
steps=${STEPS:-tables simulate replay within between power}
folder=${FOLDER:-$(mktemp -d)}
[ -n "${FOLDER:-}" ] || trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder"
seconds=${SECONDS_EACH:-10}
status=0

# measure RESULT OPTION...: a run. Some invalid samples are no failure: they are in the record.
measure()
{
	result=$folder/$1.json
	shift
	"$zapbench" run --quiet --events page-faults "$@" --out "$result" 2>"$folder/err" && return
	[ $? -ne 3 ] || return 0
	cat "$folder/err" >&2
	exit 1
}

has() { case " $steps " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

if has tables; then
	"$statistics" "${TIMES:-200}" || status=1
fi

if has simulate; then
	"$alarms" 10000 || status=1
fi

if has replay; then
	"$replay" "${REPS:-40}" || status=1
fi

# 54 comparisons of a configuration with itself; few in a round, as a disturbed round is excluded whole
if has within; then
	options="--aa --policy eager --budget 4"
	small="$options --set size=256K"
	batch="--set timing=batch"
	# shellcheck disable=SC2086 # words
	for i in 1 2 3 4 5 6 7 8 9; do
		measure "w-1-$i" refault $small $batch --set granularity=page
		measure "w-2-$i" refault $small $batch --set granularity=buffer
		measure "w-3-$i" refault $options $batch --set size=2M --set granularity=huge
		measure "w-4-$i" refault $small $batch --set granularity=around --set access=read
		measure "w-5-$i" zap $small --set granularity=page --set maps=1
		measure "w-6-$i" zap $small --set granularity=page --set maps=4
	done
	"$alarms" halves "$folder"/w-*.json || status=1
fi

# 11 times 5 runs against 5, of 5 configurations: 55 comparisons
if has between; then
	i=100
	while [ $i -lt 210 ]; do
		measure "b-$i" refault --set timing=batch --set size=256K --set granularity=page,buffer \
			--set access=write,read --policy eager,cached --budget 1
		i=$((i + 1))
	done
	"$alarms" between 5 "$folder"/b-*.json || status=1
fi

# 20 trials; the delays are about 0, 0.5, 1, 2 and 5 % of a refault of 2000 ns
if has power; then
	i=10
	while [ $i -lt 30 ]; do
		measure "p-$i" refault --set timing=batch --set size=256K --set granularity=page --policy eager \
			--set delay=0,10,20,40,100 --precision 0.01 --budget $((5 * seconds))
		i=$((i + 1))
	done
	"$alarms" found "$folder"/p-*.json || status=1
fi
exit $status
