#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# One nightly run: measure, store, measure suspects again, update the dashboard, and tell the outcome by the exit
# status. A timer calls it for years (make nightly; zapbench-nightly where it is installed). The answer is on standard
# output. Whatever fails tonight must not fail for ever: what cannot be stored waits for the next night.
help()
{
	cat <<'EOF'
usage: zapbench-nightly [OPTION OF zapbench run]...

Measure, add the result to the history, measure again what looks like a regression, update the dashboard, print what
changed. Before that, recover what an interrupted run left, and store what could not be stored before. A second one of
the same board waits for the first, at most twice ZAPBENCH_SECONDS plus two hours. Several boards may share a folder:
each has a lock and a folder of its own in night/.

environment
  ZAPBENCH_FOLDER     has history/, dashboard/ and night/BOARD/, the run that is being made (results/runs)
  ZAPBENCH_BOARD      the name of this board: letters, digits, '.', '_' and '-' (the name of this host)
  ZAPBENCH_MEASURE    command to measure with instead of zapbench run; it gets a folder and puts emulated results there
  ZAPBENCH            the program (zapbench beside this script, or in the PATH)
  ZAPBENCH_THRESHOLD  ignore changes below this percentage (1)
  ZAPBENCH_COMMIT_URL the dashboard links each commit of zapbench to this address and the hash
  ZAPBENCH_SECONDS    end each measurement after this time, and store the rounds that it has (18000)

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
beside=$(dirname -- "$0")/zapbench
[ -x "$beside" ] || beside=zapbench
zapbench=${ZAPBENCH:-$beside}
folder=${ZAPBENCH_FOLDER:-results/runs}
# No option: the name of a folder.
case $folder in
-*) folder=./$folder ;;
esac
# A history that began before 0.2.0, in results/, goes on there.
case $folder in
*/runs) [ -d "$folder/history" ] || [ ! -d "${folder%/runs}/history" ] || folder=${folder%/runs} ;;
esac
threshold=${ZAPBENCH_THRESHOLD:-1}
seconds=${ZAPBENCH_SECONDS:-18000}
board=${ZAPBENCH_BOARD:-$(uname -n)}
failed=
say() { printf 'zapbench-nightly: %s\n' "$*" >&2; }
give_up() {
	say "$*"
	exit 4
}
wrong() {
	say "$*"
	exit 2
}
case $board in
'' | [.-]* | *[!A-Za-z0-9._-]*) wrong "ZAPBENCH_BOARD: '$board' is not a name of letters, digits, '.', '_' and '-'" ;;
esac
case $seconds in
0* | *[!0-9]*) wrong "ZAPBENCH_SECONDS: '$seconds' is not a whole number above 0" ;;
esac
night=$folder/night/$board
command -v -- "$zapbench" >/dev/null || give_up "$zapbench is missing; fix: make install, or set ZAPBENCH"
mkdir -p "$night" || give_up "cannot create $night; fix: create it, or set ZAPBENCH_FOLDER"

# within SECONDS COMMAND...: ended after that time, in a way that lets a run save its rounds; then the status is 124.
if timeout --foreground 1 true 2>/dev/null; then
	within() { timeout --foreground -k 120 "$@"; }
elif timeout -k 1 1 true 2>/dev/null; then
	within() { timeout -k 120 "$@"; }
else
	within() {
		shift
		"$@"
	}
fi
# One night of a board at a time. Who is killed lets go: the lock is that of an open file, which those that it started
# have open, too.
lock()
{
	command -v flock >/dev/null || return 0
	[ -r "$night" ] || give_up "cannot read $night; fix: make it readable for $(id -un)"
	exec 9<"$night"
	# The one before it ends within this time. Not every flock can wait so.
	if flock -w 1 "$folder/night" true 2>/dev/null; then
		flock -w $((2 * seconds + 7200)) 9 ||
			give_up "process $(cat "$night/pid" 2>/dev/null || echo '(unknown)'), another night of board" \
				"$board, has locked $night for more than $((2 * seconds + 7200)) seconds; fix: end it;" \
				"fuser -v '$night' names its processes"
	else
		flock 9 || give_up "cannot lock $night"
	fi
	echo $$ >"$night/pid"
	trap 'rm -f "$night/pid"' EXIT
}
lock
history()
{
	verb=$1
	shift
	within 3600 "$zapbench" history --db "$folder/history" "$verb" "$@"
}

# measure OPTION...: puts results into $night. Its status is that of measuring, but 0 where the record is whole or says
# itself what it lacks: some samples are invalid (3), time is up.
measure()
{
	if [ -n "${ZAPBENCH_MEASURE:-}" ]; then
		# shellcheck disable=SC2016 # the inner shell's argument
		within "$seconds" sh -c "$ZAPBENCH_MEASURE"' "$1"' sh "$night"
	else
		within "$seconds" "$zapbench" run "$@" --out "$night/"
	fi
	status=$?
	case $status in
	0 | 3) return 0 ;;
	124) say "measuring took more than $seconds seconds and was ended; its rounds are stored" ;;
	*) return $status ;;
	esac
}

# set_aside FILE WHY: out of the way of the nights to come.
set_aside()
{
	mv -- "$1" "$1.bad" && say "$2, renamed to $1.bad"
}

# recover: the rounds of runs that were killed. What cannot be read now is tried again the next night.
recover()
{
	for journal in "$night"/*.journal "$folder"/night/*.journal; do
		[ -f "$journal" ] || continue
		[ ! -L "$journal" ] || continue
		say "the last run was interrupted; its rounds are recovered"
		out=$night/$(basename -- "$journal" .journal)
		[ ! -e "$out" ] || out=$night/again-$(date +%s)-$(basename -- "$journal" .journal)
		within 600 "$zapbench" recover "$journal" --out "$out"
		case $? in
		0 | 3) ;; # 3: without damaged lines
		2) set_aside "$journal" "not a journal" ;;
		*) say "$journal could not be recovered; the next night tries again" ;;
		esac
	done
}

# store [--again]: adds the results to the history, and removes each file after it is safe there. $run is the last one.
# A file that is no result (2) is set aside; what cannot be stored for another reason waits for the next night.
store()
{
	for result in "$night"/*.json "$folder"/night/*.json; do
		[ -f "$result" ] || continue
		[ ! -L "$result" ] || continue
		added=$(history add "$@" "$result")
		case $? in
		0)
			run=${added##* }
			printf '%s\n' "$added"
			rm -f -- "$result"
			;;
		2) set_aside "$result" "not a result" ;;
		*)
			say "could not store $result; the next night tries again"
			failed="could not store all results; they are kept in $night"
			;;
		esac
	done
	rm -f -- "$night/latest.json" "$folder/night/latest.json"
}

# mend: an index that cannot be read is made again of the files. It would fail every night.
mend()
{
	[ -f "$folder/history/index.db" ] || return 0
	history check >/dev/null 2>&1
	[ $? -eq 4 ] || return 0
	say "the history cannot be read; its index is made again"
	history rebuild
}

run=
mend
recover
store
failed=
measure "$@"
status=$?
run=
# An emulated result may be the same to the byte as the last, and is a new run all the same.
store ${ZAPBENCH_MEASURE:+--again}
case $status in
0) ;;
2) exit 2 ;;
*) give_up "measuring failed with status $status" ;;
esac

# The newest runs may differ: they are only a suspect. Two more of its cases are run; emulated runs need none, as they
# repeat exactly. Only of this board, and only what can be run here.
if [ -n "$run" ] && [ -z "${ZAPBENCH_MEASURE:-}" ]; then
	suspects=$(history suspects --run "$run" --threshold "$threshold") || {
		say "could not look for suspects"
		suspects=
		failed=${failed:-suspects were not measured again}
	}
	again=
	options=$#
	for suspect in $(printf '%s\n' "$suspects" | grep -x '[a-z0-9][a-z0-9-]*'); do
		if within 600 "$zapbench" run "$suspect" "$@" --dry-run --quiet >/dev/null 2>&1; then
			again="$again $suspect"
			set -- "$@" "$suspect"
		else
			say "$suspect is suspect, and cannot be run again here"
		fi
	done
	if [ $# -gt $options ]; then
		echo "measuring again:$again"
		measure "$@" --repeat 2 || say "measuring again failed with status $?"
		store
	fi
fi

pages=0
history dashboard "$folder/dashboard" --threshold "$threshold" \
	${ZAPBENCH_COMMIT_URL:+--commit-url "$ZAPBENCH_COMMIT_URL"} || pages=$?
history check ${run:+--run "$run"} --threshold "$threshold"
status=$?
[ -z "$failed" ] || [ $status -eq 1 ] || give_up "$failed"
case $status:$pages in
0:0 | 3:0 | 5:0 | 1:*) exit $status ;;
3:3) exit 3 ;; # no run has a valid figure yet: there is nothing to show
*:0) give_up "could not check the history" ;;
*) give_up "could not write the whole dashboard" ;;
esac
