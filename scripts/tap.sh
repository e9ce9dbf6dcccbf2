# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2034 # used by those who include it
# What the shell tests share: TAP, a scratch folder, and the program under test. bench/test/run.sh uses all of it.
#
# A test is a line: ok NAME COMMAND... The commands below say in lines with # why they fail:
#
#   exits STATUS COMMAND...               it exits with STATUS; its output is in $T/out and $T/err
#   prints STATUS TEXT... -- COMMAND...   and its standard output has each TEXT
#   errs STATUS TEXT... -- COMMAND...     and its standard error has each TEXT
#   measured COMMAND...                   it exits with 0, or with 3: some samples are invalid
#   says FILE TEXT...                     the file has each TEXT, letter by letter
#   lacks FILE TEXT...                    the file has none of them
#   is A B, less A B                      A equals B; A is a number and not above B
#   no COMMAND...                         it fails
#   terminal COMMAND... &                 it gets SIGINT, which a script's own background ignores
#   has_rounds FOLDER                     a run writes its journal there: waits for two rounds, sets $journal
#   record FILE QUESTION...               prints the answer: bench/test/fixtures/record.py has the questions
set -u

ZAPBENCH=$O/zapbench
# What every machine has, whatever else this one has.
export ZAPBENCH_SOURCE=memfd
T=$(mktemp -d)
trap 'chmod -R u+rwx "$T" 2>/dev/null; rm -rf "$T"' EXIT
# The interpreter itself: a wrapper in front of it costs more than most of what is asked. scripts/check.sh asks once.
python=${python-$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null)}
sanitized=$(if grep -q __asan_init "$ZAPBENCH" 2>/dev/null; then echo yes; else echo no; fi)
tap_count=0
tap_failed=0

# ok NAME COMMAND...: the command must succeed
ok()
{
	tap_name=$1
	shift
	tap_count=$((tap_count + 1))
	if "$@"; then
		echo "ok $tap_count - $tap_name"
	else
		echo "not ok $tap_count - $tap_name"
		tap_failed=$((tap_failed + 1))
	fi
}

# skip NAME REASON
skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# cannot NAME REASON: the rest of this script is one skipped test
cannot()
{
	skip "$1" "$2"
	tap_end
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
}

# need TOOL PACKAGE NAME: without the tool the rest of this script is one skipped test
need()
{
	command -v "$1" >/dev/null || cannot "$3" "no $1; apt-get install $2"
}

exits()
{
	tap_wanted=$1
	shift
	"$@" >"$T/out" 2>"$T/err"
	tap_status=$?
	[ "$tap_status" -eq "$tap_wanted" ] && return 0
	echo "# $*: status $tap_status, expected $tap_wanted"
	sed 's/^/# /' "$T/err" | tail -n 5
	return 1
}

measured()
{
	"$@" >"$T/out" 2>"$T/err"
	tap_status=$?
	[ $tap_status -eq 0 ] || [ $tap_status -eq 3 ] && return 0
	echo "# $*: status $tap_status, expected 0 or 3"
	sed 's/^/# /' "$T/err" | tail -n 5
	return 1
}

says()
{
	tap_file=$1
	shift
	for tap_text; do
		grep -qF -- "$tap_text" "$tap_file" && continue
		echo "# $tap_file does not say '$tap_text' but:"
		# Lines that begin with the same word, and the last lines.
		word=${tap_text%% *} awk -v lines="$(wc -l <"$tap_file")" '
			(index($0, ENVIRON["word"]) == 1 && shown++ < 8) || NR > lines - 8 { print "# " $0 }' "$tap_file"
		return 1
	done
}

lacks()
{
	tap_file=$1
	shift
	[ -f "$tap_file" ] || { echo "# there is no file $tap_file"; return 1; }
	for tap_text; do
		grep -nF -- "$tap_text" "$tap_file" | sed "s/^/# it is there: /" | grep . && return 1
	done
	return 0
}

# tap_expect FILE STATUS TEXT... -- COMMAND...
tap_expect()
{
	tap_output=$1
	tap_expected=$2
	shift 2
	: >"$T/texts"
	while [ "$1" != -- ]; do
		printf '%s\n' "$1" >>"$T/texts"
		shift
	done
	shift
	exits "$tap_expected" "$@" || return 1
	while IFS= read -r tap_line; do
		says "$tap_output" "$tap_line" || return 1
	done <"$T/texts"
}
prints() { tap_expect "$T/out" "$@"; }
errs() { tap_expect "$T/err" "$@"; }

# without_room BLOCKS COMMAND...: no file that it writes is larger than these blocks. That stands for a full disk: a
# write that needs more is an error, and no signal.
without_room()
{
	tap_blocks=$1
	shift
	(trap '' XFSZ; ulimit -f "$tap_blocks"; exec "$@")
}

is()
{
	[ "$1" = "$2" ] && return 0
	echo "# is '$1', expected '$2'"
	return 1
}

less()
{
	[ -n "$1" ] && [ -n "$2" ] && awk -v a="$1" -v b="$2" 'BEGIN { exit !(a + 0 <= b + 0) }' && return 0
	echo "# '$1' is not at most '$2'"
	return 1
}

no() { ! "$@"; }

terminal() { exec env --default-signal=INT "$@"; }

has_rounds()
{
	for _ in $(seq 200); do
		journal=$(ls "$1"/*.journal 2>/dev/null)
		[ -n "$journal" ] && [ "$(wc -l <"$journal")" -ge 3 ] && return 0
		sleep 0.1
	done
	echo "# no round within 20 s"
	return 1
}

# The standard library alone: Python starts in a third of the time.
standard_python() { "$python" -I -S "$@"; }

record() { standard_python "$SRC/bench/test/fixtures/record.py" "$@"; }

tap_end()
{
	echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ]
}
