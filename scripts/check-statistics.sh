#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# How often do comparisons make a difference of nothing on this machine, and what is the smallest change that they find? Arguments:
# zapbench, report/test/alarms, results/test/replay. STEPS: simulate, replay, within, between, power; default: all. Each is judged in its own output, and the
# status is 1 when false alarms are more than the 99 % point of the binomial distribution allows. SECONDS_EACH: the budget of a
# configuration in power (10). What is measured is kept in FOLDER, when that is given.
set -u

zapbench=$1
alarms=$2
replay=$3
steps=${STEPS:-simulate replay within between power}
folder=${FOLDER:-$(mktemp -d)}
[ -n "${FOLDER:-}" ] || trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder"
seconds=${SECONDS_EACH:-10}
status=0

# measure OPTION...: a run; that some samples are invalid is in its record
measure()
{
	"$zapbench" run --quiet --events page-faults "$@" 2>"$folder/err" || [ $? -eq 3 ] && return
	cat "$folder/err" >&2
	exit 1
}

has() { case " $steps " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

if has simulate; then
	"$alarms" 10000 || status=1
fi

if has replay; then
	"$replay" 1000 || status=1
fi

# 54 comparisons of a configuration with itself, few in a round: a round is left out whole.
if has within; then
	for i in 1 2 3 4 5 6 7 8 9; do
		measure refault --aa --set timing=batch --set size=256K --set granularity=page --policy eager --budget 4 --out "$folder/w-1-$i.json"
		measure refault --aa --set timing=batch --set size=256K --set granularity=buffer --policy eager --budget 4 --out "$folder/w-2-$i.json"
		measure refault --aa --set timing=batch --set size=2M --set granularity=huge --policy eager --budget 4 --out "$folder/w-3-$i.json"
		measure refault --aa --set timing=batch --set size=256K --set access=read --set granularity=around --policy eager --budget 4 --out "$folder/w-4-$i.json"
		measure zap --aa --set size=256K --set granularity=page --set maps=1 --policy eager --budget 4 --out "$folder/w-5-$i.json"
		measure zap --aa --set size=256K --set granularity=page --set maps=4 --policy eager --budget 4 --out "$folder/w-6-$i.json"
	done
	"$alarms" halves "$folder"/w-*.json || status=1
fi

# 11 times 5 runs against 5, of 5 configurations: 55 comparisons
if has between; then
	i=100
	while [ $i -lt 210 ]; do
		measure refault --set timing=batch --set size=256K --set granularity=page,buffer --set access=write,read --policy eager,cached \
			--budget 1 --out "$folder/b-$i.json"
		i=$((i + 1))
	done
	"$alarms" between 5 "$folder"/b-*.json || status=1
fi

# 20 trials; the delays are some 0, 0.5, 1, 2 and 5 % of a refault of 2000 ns
if has power; then
	i=10
	while [ $i -lt 30 ]; do
		measure refault --set timing=batch --set size=256K --set granularity=page --policy eager --set delay=0,10,20,40,100 \
			--precision 0.01 --budget $((5 * seconds)) --out "$folder/p-$i.json"
		i=$((i + 1))
	done
	"$alarms" found "$folder"/p-*.json || status=1
fi
exit $status
