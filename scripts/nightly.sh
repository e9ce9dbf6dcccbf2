#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# One nightly run: measure, store, measure suspects again, update the dashboard, and tell the outcome by the exit
# status. A timer calls it for years (make nightly; zapbench-nightly where it is installed). The answer is on standard
# output.
help()
{
	cat <<'EOF'
usage: zapbench-nightly [OPTION OF zapbench run]...

Measure, add the result to the history, measure again what looks like a regression, update the dashboard, print what
changed. Before that, recover what an interrupted run left. A second one on the same folder waits for the first.

environment
  ZAPBENCH_FOLDER     has history/, dashboard/ and night/, the run that is being made (results/runs)
  ZAPBENCH_MEASURE    command to measure with instead of zapbench run; it gets a folder and puts emulated results there
  ZAPBENCH            the program (zapbench beside this script, or in the PATH)
  ZAPBENCH_THRESHOLD  ignore changes below this percentage (1)

exit status
  0  no change, or only acknowledged regressions
  1  open regression
  2  wrong usage
  3  too few runs to look for changes
  4  measuring, storing or writing the dashboard failed; what was measured stays in night/
  5  a configuration is no longer measured

examples
  zapbench-nightly                                     # profile quick, on the first source available
  ZAPBENCH_FOLDER=/srv/zapbench zapbench-nightly --profile matrix --label board=rock5b
EOF
}
set -u

case ${1:-} in
-h | --help)
	help
	exit 0
	;;
esac
# An installed program is beside this script; the PATH of cron may not have that folder.
beside=$(dirname "$0")/zapbench
[ -x "$beside" ] || beside=zapbench
zapbench=${ZAPBENCH:-$beside}
folder=${ZAPBENCH_FOLDER:-results/runs}
# A history that began before 0.2.0, in results/, goes on there.
case $folder in
*/runs) [ -d "$folder/history" ] || [ ! -d "${folder%/runs}/history" ] || folder=${folder%/runs} ;;
esac
threshold=${ZAPBENCH_THRESHOLD:-1}
night=$folder/night
say() { echo "zapbench-nightly: $*" >&2; }
give_up() {
	say "$*"
	exit 4
}
command -v "$zapbench" >/dev/null || give_up "$zapbench is missing; fix: make install, or set ZAPBENCH"
mkdir -p "$night" || give_up "cannot create $night; fix: create it, or set ZAPBENCH_FOLDER"
if [ -z "${ZAPBENCH_LOCKED:-}" ] && command -v flock >/dev/null; then
	ZAPBENCH_LOCKED=1 exec flock "$night" "$0" "$@"
fi
history() { "$zapbench" history --db "$folder/history" "$@"; }

# measure OPTION...: puts results into $night. Status 3, some samples are invalid, is no failure: the record has them.
measure()
{
	if [ -n "${ZAPBENCH_MEASURE:-}" ]; then
		$ZAPBENCH_MEASURE "$night"
	else
		"$zapbench" run "$@" --out "$night/"
	fi
	status=$?
	case $status in
	0 | 3) ;;
	2) exit 2 ;;
	*) give_up "measuring failed with status $status" ;;
	esac
}

# store [--again]: adds the results to the history, and removes each file after it is safe there.
store()
{
	for result in "$night"/*.json; do
		[ -e "$result" ] || continue
		[ ! -L "$result" ] || continue
		# The first try may fail because of a broken file of the history, which it then sets aside.
		if history add "$@" "$result" || history add "$@" "$result"; then
			rm "$result"
		else
			mv "$result" "$result.bad"
			bad="$result.bad"
		fi
	done
	rm -f "$night/latest.json"
}

bad=
for journal in "$night"/*.journal; do
	[ -e "$journal" ] || continue
	say "the last run was interrupted; its rounds are recovered"
	"$zapbench" recover "$journal" || mv "$journal" "$journal.bad"
done
store
[ -z "$bad" ] || say "not a result, renamed to $bad"

bad=
measure "$@"
# An emulated result may be the same to the byte as the last, and is a new run all the same.
store ${ZAPBENCH_MEASURE:+--again}
[ -z "$bad" ] || give_up "could not store the result; it is kept as $bad"

# One run alone is only a suspect: a change needs three. Two more of its cases are run; emulated runs need none, as they
# repeat exactly.
suspects=$(history suspects --threshold "$threshold") || give_up "could not read the history"
if [ -n "$suspects" ] && [ -z "${ZAPBENCH_MEASURE:-}" ]; then
	# shellcheck disable=SC2086 # words
	echo "measuring again:" $suspects
	# shellcheck disable=SC2086 # words
	measure $suspects "$@" --repeat 2
	store
	[ -z "$bad" ] || give_up "could not store the result; it is kept as $bad"
fi

pages=0
history dashboard "$folder/dashboard" --threshold "$threshold" || pages=$?
history check --threshold "$threshold"
status=$?
case $status:$pages in
0:0 | 3:0 | 5:0 | 1:*) exit $status ;;
*:0) give_up "could not check the history" ;;
*) give_up "could not write the whole dashboard" ;;
esac
