#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# One night: measures, stores, measures suspects again, renews the dashboard, and tells by its exit status. Made to be called by a timer for
# years (make nightly; zapbench-nightly where it is installed). Its answer is on standard output.
help()
{
	cat <<'EOF'
usage: zapbench-nightly [OPTION OF zapbench run]...

Measure, add the result to the history, measure again what looks like a regression, renew the dashboard, say what changed.
What a night that was killed has left is recovered first. Two at once on one folder: the second waits for the first.

environment
  ZAPBENCH_FOLDER   where all is kept: history/, dashboard/ and night/, the night that goes on (results)
  ZAPBENCH_MEASURE  what measures in place of "zapbench run"; called with a folder to put results into, emulated ones then
  ZAPBENCH          the program (zapbench beside this one, or in the PATH)
  ZAPBENCH_THRESHOLD  percent; smaller changes are none (1)

exit status: 0 quiet; 1 a regression that nobody has acknowledged; 2 usage; 3 too few nights to say anything; 4 this night
could not be measured or stored, or the pages could not be written: what was measured stays in night/

examples
  zapbench-nightly                                                          # quick, the first source that there is
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
# Installed it lies beside this script, where the PATH of cron need not lead.
beside=$(dirname "$0")/zapbench
[ -x "$beside" ] || beside=zapbench
zapbench=${ZAPBENCH:-$beside}
folder=${ZAPBENCH_FOLDER:-results}
threshold=${ZAPBENCH_THRESHOLD:-1}
night=$folder/night
say() { echo "zapbench-nightly: $*" >&2; }
give_up() {
	say "$*"
	exit 4
}
command -v "$zapbench" >/dev/null || give_up "$zapbench is not there; fix: make install, or ZAPBENCH=the program"
mkdir -p "$night" || give_up "$night cannot be made; fix: make it, or name another as ZAPBENCH_FOLDER"
if [ -z "${ZAPBENCH_LOCKED:-}" ] && command -v flock >/dev/null; then
	ZAPBENCH_LOCKED=1 exec flock "$night" "$0" "$@"
fi
history() { "$zapbench" history --db "$folder/history" "$@"; }

# measure OPTION...: results into the folder of the night. That some samples are invalid (3) is in the record.
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

# store [--again]: what is in the folder goes into the history; it is removed when it is safe there.
store()
{
	for result in "$night"/*.json; do
		[ -e "$result" ] || continue
		[ ! -L "$result" ] || continue
		# Twice: the first may have failed for a file of the history that it set aside.
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
	say "a night was cut off; what it measured is recovered"
	"$zapbench" recover "$journal" || mv "$journal" "$journal.bad"
done
store
[ -z "$bad" ] || say "what is no result was left as $bad"

bad=
measure "$@"
# What else measures may repeat itself to the byte, and is another night all the same.
store ${ZAPBENCH_MEASURE:+--again}
[ -z "$bad" ] || give_up "what was measured could not be stored, and is in $bad"

# Runs alone are only suspect. Two more make three, which is what a change is called with. Only its cases are run; emulated runs repeat
# themselves.
suspects=$(history suspects --threshold "$threshold") || give_up "the history could not be asked"
if [ -n "$suspects" ] && [ -z "${ZAPBENCH_MEASURE:-}" ]; then
	# shellcheck disable=SC2086 # words
	echo "to be measured again:" $suspects
	# shellcheck disable=SC2086 # words
	measure $suspects "$@" --repeat 2
	store
	[ -z "$bad" ] || give_up "what was measured could not be stored, and is in $bad"
fi

pages=0
history dashboard "$folder/dashboard" --threshold "$threshold" || pages=$?
history check --threshold "$threshold"
status=$?
case $status:$pages in
0:0 | 3:0 | 1:*) exit $status ;;
*:0) give_up "the history could not be checked" ;;
*) give_up "the dashboard is not whole" ;;
esac
