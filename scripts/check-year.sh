#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A year of nights of zapbench-nightly, about half of them with a fault: it is killed, the disk is full, the clock
# jumps, a broken file lies there, the index is broken, another board measures in the same folder, there is no memory.
# At the end every result that was measured is stored once, and the regression of the last nights is found alone.
# Arguments: the program, a folder for what is made (removed if nothing fails). Called by make check-all.
#
# environment:
#   YEAR_NIGHTS   how many nights (365; 30 or more)
#   YEAR_SEED     which faults they get (1)
# The output is TAP with the number of each fault, and ends with 'N passed, N failed, 0 skipped'.
set -u

[ $# -eq 2 ] || { echo "usage: scripts/check-year.sh ZAPBENCH DIR" >&2 && exit 2; }
SRC=$(cd -- "$(dirname -- "$0")/.." && pwd) || exit 2
O=$(realpath -- "$(dirname -- "$1")") || exit 2
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"
mkdir -p -- "$2" || exit 2
work=$(cd -- "$2" && mktemp -d "$PWD/year-XXXXXX") || exit 2
nights=${YEAR_NIGHTS:-365}
slower=8 # the last nights cost more
RANDOM=${YEAR_SEED:-1}
cd "$work" || exit 2
gzip -dc -- "$SRC/bench/test/fixtures/shapes/0bfbff0.json.gz" >base.json || exit 2
export ZAPBENCH ZAPBENCH_FOLDER=$work/all ZAPBENCH_SECONDS=60 YEAR=$work

# What measures: the result is there as a whole or not at all, as that of zapbench run.
cat >measure <<'END'
#!/bin/sh
cp "$YEAR/next.json" "$1/next.tmp" && mv "$1/next.tmp" "$1/next-$(cat "$YEAR/number").json" || exit 1
cat "$YEAR/number" >>"$YEAR/measured"
END
chmod +x measure
export ZAPBENCH_MEASURE=$work/measure

# plant NUMBER BOARD FACTOR [CHANGE]: what the night measures, and on which board
plant()
{
	python3 "$SRC/report/test/fixtures/nights.py" night base.json "$1,$3,board=$2${4:+,$4}" || exit 2
	mv "night-$1.json" next.json
	echo "night-$(printf '%03d' "$1")" >number
	export ZAPBENCH_BOARD=$2
}
nightly() { "$SRC/scripts/nightly.sh" >>nightly.log 2>&1; }
killed() { timeout -s KILL "0.$(printf '%03d' $((RANDOM % 999 + 1)))" "$SRC/scripts/nightly.sh" >>nightly.log 2>&1; }
full() { (ulimit -f $((RANDOM % 60 + 1)) && nightly); }
without_memory() { (ulimit -v $((RANDOM % 60000 + 10000)) && nightly); }

# ends STATUS NUMBER BOARD FACTOR: a night without a fault
ends()
{
	local status
	plant "$2" "$3" "$4"
	nightly
	status=$?
	[ $status -eq "$1" ] || echo "# status $status"
	[ $status -eq "$1" ]
}

declare -A count
wrong=
for ((n = 1; n <= nights; n++)); do
	factor=1
	[ "$n" -le $((nights - slower)) ] || factor=1.3
	fault=$((RANDOM % 14))
	plant "$n" here $factor
	case $fault in
	0) name=killed && killed ;;
	1) name=full-disk && full ;;
	2)
		name=clock
		plant "$n" here $factor "run.started_at=$((RANDOM % 40 + 2000))-01-01T00:00:00Z"
		nightly
		;;
	3)
		name=broken-file
		mkdir -p all/night/here
		head -c 3000 next.json >"all/night/here/broken-$n.json"
		head -c $((RANDOM % 3000)) /dev/urandom >"all/night/here/broken-$n.json.journal"
		nightly
		;;
	4)
		name=broken-index
		[ ! -f all/history/index.db ] || printf 'not an index' | dd of=all/history/index.db conv=notrunc 2>/dev/null
		nightly
		;;
	5) name=other-board && plant "$n" there 1 && nightly ;;
	6) name=no-memory && without_memory ;;
	*) name=none && nightly ;;
	esac
	status=$?
	count[$name]=$((${count[$name]:-0} + 1))
	case $name:$status in
	none:[0135] | clock:[0135] | broken-file:[0135] | other-board:[0135]) ;;
	killed:* | full-disk:* | no-memory:* | broken-index:*) ;;
	*) wrong="$wrong $name in night $n: status $status;" ;;
	esac
done 2>>shell.log
ok "a night whose fault stops nothing says what changed" [ -z "$wrong" ]
[ -z "$wrong" ] || echo "#$wrong"
ok "the regression of the last nights is found" ends 1 $((nights + 1)) here 1.3
# A board of its own has too few runs to say more than that.
plant $((nights + 2)) there 1
nightly
ok "every result that was measured is stored, once" cmp <(sort measured) <("$ZAPBENCH" history --db all/history list |
	sed -n 's/^[0-9][^ ]*  \(night-[0-9]*\)-.*/\1/p' | sort)
ok "nothing waits" [ -z "$(find all/night -name '*.json')" ]
"$ZAPBENCH" history --db all/history check >check.out 2>&1
ok "only this board has regressions" grep -q "^REGRESSIONS" check.out
ok "a history that is made again says the same" sh -c "\"$ZAPBENCH\" history --db all/history rebuild >rebuild 2>&1
	\"$ZAPBENCH\" history --db all/history check >again.out 2>&1; cmp check.out again.out"
echo "# $nights nights, $(wc -l <measured) measured:$(for name in "${!count[@]}"; do
	echo " $name ${count[$name]}"
done | sort | tr '\n' ',')"
tap_end
echo "$((tap_count - tap_failed)) passed, $tap_failed failed, 0 skipped"
[ "$tap_failed" -eq 0 ] || { echo "# see $work" && exit 1; }
cd / && rm -rf -- "$work"
