#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Run every test program and every test script, each of which speaks TAP, and close with one line that counts.
# Arguments: the test programs.
#
# O and SRC come from the Makefile. TESTS="WORD..." runs the tests with one of the words in their names. JOBS tests run
# at once (default: two per CPU, since many of them wait). A script with a line "# alone: why" runs when nothing
# else does. One with a line "# one CPU: why" stays on one CPU; these scripts are spread over all CPUs. One with a line
# "# measures: why" that fails runs once more when nothing else does, and both outcomes are shown: what other programs
# do to a figure is no defect, what fails twice is one. TEST_TIMEOUT is in seconds. Each test leaves its output in
# $O/check/NAME.out and its seconds in $O/check/NAME.seconds: the next time the slowest begin first. Where no seconds
# are known, those with a line "# slow: why" come first, and programs after scripts.
set -u

# cpu_of SLOT: the CPU of one of the tests that run at once
cpu_of()
{
	awk -v slot="$1" '/^Cpus_allowed_list:/ {
		nr_ranges = split($2, range, ",")
		for (i = 1; i <= nr_ranges; i++) {
			nr_ends = split(range[i], end, "-")
			for (c = end[1]; c <= end[nr_ends]; c++)
				cpu[count++] = c
		}
		print cpu[slot % count]
	}' /proc/self/status
}

# one NAME COMMAND...: run one test, print its lines in one piece, and leave its counts in $COUNTS.
one()
{
	name=$1
	shift
	file=$O/check/$(echo "$name" | tr / .)
	begin=$(date +%s.%N)
	# A test that hangs is a test that failed.
	CMOCKA_MESSAGE_OUTPUT=TAP timeout "${TEST_TIMEOUT:-600}" "$@" >"$file.out" 2>&1
	status=$?
	seconds=$(echo "$begin $(date +%s.%N)" | awk '{ printf "%.1f", $2 - $1 }')
	echo "$seconds" >"$file.seconds"
	# cmocka calls what it skips "not ok # SKIP"
	skip=$(grep -cE '^(not )?ok.*# SKIP' "$file.out")
	bad=$(grep '^not ok' "$file.out" | grep -vc '# SKIP')
	good=$(grep '^ok' "$file.out" | grep -vc '# SKIP')
	if [ $((bad + good + skip)) -eq 0 ]; then
		bad=1 # a test that dies before it says anything has failed
	elif [ $status -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
	fi
	again=
	if [ "$bad" -gt 0 ] && [ -n "${AGAIN-}" ] && grep -qs '^# measures: ' "$SRC/$name"; then
		again=' it runs again, alone'
		echo "$SRC/$name" >>"$AGAIN"
	fi
	echo "$good $bad $skip" >"$COUNTS/$(basename "$file")"
	{
		printf '%-40s %4d passed %3d failed %3d skipped %6s s%s\n' "$name" "$good" "$bad" "$skip" "$seconds" "$again"
		grep -E '^(not )?ok.*# SKIP' "$file.out" | sed 's/^not //; s/^/    /'
		if [ "$bad" -gt 0 ]; then
			echo "    status $status, last words:"
			grep -v '^ok' "$file.out" | tail -n 60 | sed 's/^/    /'
		fi
	} >"$file.report"
	flock "$O/check/lock" cat "$file.report"
	rm "$file.report"
}

# wanted NAME: TESTS names it, or names none
wanted()
{
	[ -n "${TESTS-}" ] || return 0
	for word in $TESTS; do
		case $1 in
		*"$word"*) return 0 ;;
		esac
	done
	return 1
}

if [ "${1-}" = --one ]; then
	shift
	case $1 in
	*.sh)
		name=${1#"$SRC"/}
		if grep -q '^# one CPU: ' "$1"; then
			set -- taskset -c "$(cpu_of "${SLOT:-0}")" sh "$1"
		else
			set -- sh "$1"
		fi
		one "$name" "$@"
		;;
	*) one "${1#"$O"/}" "$1" ;;
	esac
	exit 0
fi

# What took long the last time comes first. What is new comes before it all: it may take long.
by_seconds()
{
	while read -r test; do
		file=${test#"$O"/}
		file=${file#"$SRC"/}
		file=$O/check/$(echo "$file" | tr / .).seconds
		unknown=9998
		case $test in
		*.sh) ! grep -q '^# slow: ' "$test" || unknown=9999 ;;
		esac
		echo "$(cat "$file" 2>/dev/null || echo $unknown) $test"
	done | sort -k 1,1 -rn -s | cut -d ' ' -f 2-
}

# For tap.sh.
python=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null)
export python

mkdir -p "$O/check"
# Scratch folders in memory: the tests wait for the disk at every fsync(). Some of them run a program from there.
if [ -z "${TMPDIR-}" ]; then
	probe=$(mktemp /dev/shm/zapbench-XXXXXX 2>/dev/null) && printf '#!/bin/sh\n' >"$probe" && chmod +x "$probe" &&
		"$probe" 2>/dev/null && TMPDIR=/dev/shm && export TMPDIR
	[ -z "$probe" ] || rm -f "$probe"
fi
COUNTS=$O/check/counts.$$
export COUNTS
mkdir "$COUNTS"
list=$O/check/list
: >"$list.together"
: >"$list.alone"
: >"$list.again"
for test in "$SRC"/*/test/*.sh "$@"; do
	name=${test#"$O"/}
	wanted "${name#"$SRC"/}" || continue
	if [ "$test" != "${test%.sh}" ] && grep -q '^# alone: ' "$test"; then
		echo "$test" >>"$list.alone"
	else
		echo "$test" >>"$list.together"
	fi
done
if [ ! -s "$list.together" ] && [ ! -s "$list.alone" ]; then
	echo "check: no test has one of these words in its name: $TESTS" >&2
	exit 2
fi
AGAIN=$list.again
export AGAIN
by_seconds <"$list.together" | xargs -r -d '\n' -n 1 -P "${JOBS:-$(($(nproc) * 2))}" \
	--process-slot-var=SLOT "$0" --one
xargs -r -d '\n' -n 1 "$0" --one <"$list.alone"
AGAIN='' xargs -r -d '\n' -n 1 "$0" --one <"$list.again"

count=$(cat "$list.together" "$list.alone" | wc -l)
# A test without counts was cut off with this script's own child: it has failed.
cat "$COUNTS"/* 2>/dev/null | awk -v wanted="$count" '
	{ passed += $1; failed += $2; skipped += $3 }
	END {
		failed += wanted - NR
		printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
		exit failed > 0
	}'
status=$?
rm -r "$COUNTS"
exit $status
