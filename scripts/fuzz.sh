#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Feed hostile input to what reads files, an index and options: report/test/fuzz.c names the targets.
# Arguments: the fuzzer (made by make fuzz), the folder of the corpora.
#
# environment:
#   FUZZ     the targets (record journal comparison index options)
#   SECONDS_EACH   how long each runs (60); a corpus grows from one call to the next, so that calls add up
#   FUZZ_RUNS      how many inputs each gets, instead of a time
#   FUZZ_SEED      with it and an empty folder, the same inputs again
# What a target found stays in the folder: crash-*, leak-*, timeout-*. Run the fuzzer with that file to see it again.
# The output is TAP, and ends with 'N passed, N failed, 0 skipped'.
set -u

src=$(cd "$(dirname "$0")/.." && pwd)
fuzzer=$(realpath "$1")
mkdir -p "$2"
corpora=$(cd "$2" && pwd)
shapes=$src/bench/test/fixtures/shapes
passed=0
failed=0

# seed TARGET: the first corpus; records and journals of every shape that there was. Those of records are small, so that
# thousands are read in a second: $options holds the fuzzer to that size.
seed()
{
	mkdir -p "$corpora/$1"
	options=
	case $1 in
	record)
		python3 "$src/report/test/fixtures/small_records.py" "$corpora/$1" "$corpora/words" "$shapes"/*.json.gz || exit 1
		options="-max_len=4096 -dict=words" ;;
	comparison)
		mkdir -p "$corpora/small"
		python3 "$src/report/test/fixtures/small_records.py" "$corpora/small" "$corpora/words" "$shapes"/*.json.gz ||
			exit 1
		for small in "$corpora"/small/*; do
			printf '\n//\n' | cat "$small" - "$small" >"$corpora/$1/${small##*/}"
		done
		options="-max_len=8192 -dict=words" ;;
	journal)
		for shape in "$shapes"/*.journal.gz; do
			gzip -dc "$shape" >"$corpora/$1/$(basename "$shape" .gz)"
		done ;;
	index)
		cat >"$corpora/$1/valid" <<-'END' ;;
			INSERT INTO condition VALUES(1,'{}');INSERT INTO run VALUES(1,'a','2026-01-01','m','k','p',1,0,3);
			INSERT INTO series VALUES(1,'m','c','ns',0,1);INSERT INTO point VALUES(1,1,3.5,3,4);
			UPDATE run SET id = 2;DELETE FROM run;UPDATE series SET points = 9;
		END
	options) printf 'size=4K,4M\npolicy=eager,lazy\n1.5G\nrun\n--policy\n' >"$corpora/$1/valid" ;;
	*)
		echo "fuzz.sh: FUZZ: expected record, journal, comparison, index or options, found $1" >&2
		exit 2 ;;
	esac
}

cd "$corpora" || exit 1
# Addresses are among what the fuzzer learns from.
fixed=
[ -z "${FUZZ_SEED:-}" ] || ! setarch -R true 2>/dev/null || fixed='setarch -R'
limit=-max_total_time=${SECONDS_EACH:-60}
[ -z "${FUZZ_RUNS:-}" ] || limit=-runs=$FUZZ_RUNS
for target in ${FUZZ:-record journal comparison index options}; do
	seed "$target"
	# shellcheck disable=SC2086 # words
	FUZZ=$target $fixed "$fuzzer" $limit ${FUZZ_SEED:+-seed="$FUZZ_SEED"} -timeout=30 -rss_limit_mb=4096 \
		-verbosity=0 $options -print_final_stats=1 -artifact_prefix="$corpora/$target-" "$target" >"$target.log" 2>&1
	status=$?
	count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$target.log")
	if [ "$status" -eq 0 ] && [ "${count:-0}" -gt 0 ]; then
		passed=$((passed + 1))
		echo "ok $((passed + failed)) - $target: $count inputs"
	else
		failed=$((failed + 1))
		echo "not ok $((passed + failed)) - $target: status $status after ${count:-no} inputs; $corpora/$target.log ends:"
		tail -n 40 "$target.log" | sed 's/^/# /'
	fi
done
echo "1..$((passed + failed))"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
