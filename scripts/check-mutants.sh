#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2153 # the Makefile sets OBJECTS
# Do the tests notice when a promise of the program is broken? bench/test/mutants and report/test/mutants break one
# promise each, by a change of one line. For each mutant this builds what the line changes and runs only the tests that
# the mutant names. A mutant that none of them notices has SURVIVED: a failure. Also a failure: a mutant that does not
# apply or build any more, and a named test that fails without the mutant.
#
# Called by make check-mutants, which sets O, SRC, COMPILE, LINK, LIBS and OBJECTS. MUTANTS=TEXT: those with it only.
# PARTS=N: one in N of them, another one each day (DAY, in days since 1970); 1 are all. JOBS at once (default: one per
# CPU). With --apply (make lint) it only says which mutants lack a line or have one twice, name a test that is not there
# or do not apply any more. A mutant is:
#
#   promise: what the program promises, in one line
#   after: TEXT        (optional) the code is the first such line after this one, which occurs once in the sources
#   code: TEXT         a part of a line that occurs once in the sources (without tests), in whichever file it is
#   with: TEXT         what stands there instead
#   killed-by: TEST... programs and scripts: bench/test/test_clock, report/test/check.sh
set -u

work=$O/mutants
cd "$SRC" || exit 1

# value KEY FILE
value() { sed -n "s/^$1: //p; s/^$1:\$//p" "$2"; }

# place FILE: file and line of the code of a mutant
place()
{
	# shellcheck disable=SC2046 # words
	CODE=$(value code "$1") AFTER=$(value after "$1") awk '
		BEGIN { code = ENVIRON["CODE"]; after = ENVIRON["AFTER"] }
		FNR == 1 { open = after == "" }
		after != "" && index($0, after) { anchors++; open = 1; next }
		open && index($0, code) { found++; where = FILENAME " " FNR; if (after != "") open = 0 }
		END {
			if (code == "" || found != 1 || (after != "" && anchors != 1)) {
				print "mutant does not apply: its code is there " found + 0 " times" \
					(after != "" ? ", the line before it " anchors + 0 " times" : "") >"/dev/stderr"
				exit 1
			}
			print where
		}' $(find bench report -name test -prune -o -name '*.[ch]' -print | sort)
}

# runs O TEST: 0 if the test passes, as check.sh judges
runs()
{
	case $2 in
	*.sh) set -- "$1" "$2" sh "$SRC/$2" ;;
	*) set -- "$1" "$2" "$1/$2" ;;
	esac
	run_in=$1
	out=$1/out.$(echo "$2" | tr / .)
	shift 2
	O=$run_in CMOCKA_MESSAGE_OUTPUT=TAP timeout "${TEST_TIMEOUT:-300}" "$@" >"$out" 2>&1 || return 1
	grep -qE '^(not )?ok' "$out" && ! grep '^not ok' "$out" | grep -qv '# SKIP'
}

# compiles FOLDER SOURCE OBJECT: with the overlay FOLDER/src in front of the sources
compiles()
{
	mkdir -p "$(dirname "$3")"
	source=$2
	[ ! -e "$1/src/$2" ] || source=$1/src/$2
	$(echo "$COMPILE" | sed "s# -I# -I$1/src -I#") -w -c "$source" -o "$3" 2>>"$1/build.log"
}

# links FOLDER PROGRAM...: each of the changed objects where there are some, else of those of the build
links()
{
	folder=$1
	shift
	for program; do
		objects=
		for object in $OBJECTS; do
			case $program:$object in
			zapbench:* | *:*/bench/cli/main.o) [ "$program" = zapbench ] || continue ;;
			esac
			[ ! -e "$folder/O/${object#"$O"/}" ] || object=$folder/O/${object#"$O"/}
			objects="$objects $object"
		done
		test=
		if [ "$program" != zapbench ]; then
			test=$O/$program.o
			[ ! -e "$folder/O/$program.o" ] || test=$folder/O/$program.o
		fi
		mkdir -p "$(dirname "$folder/O/$program")"
		# shellcheck disable=SC2086 # words
		$LINK $objects $test $LIBS ${test:+-lcmocka} -o "$folder/O/$program" 2>>"$folder/build.log" || return 1
	done
}

# build FOLDER FILE TEST...: everything that the changed FILE changes in what the tests run
build()
{
	folder=$1
	file=$2
	shift 2
	programs=
	for test; do
		case $test in
		*.sh)
			programs="$programs zapbench"
			# What only writes planted data stays as it is; the others are tests.
			for helper in bench/test/test_record report/test/test_compare report/test/test_choice; do
				mkdir -p "$folder/O/${helper%/*}"
				[ -e "$folder/O/$helper" ] || ln -s "$O/$helper" "$folder/O/$helper"
			done
			for helper in report/test/alarms report/test/nights report/test/no-memory report/test/replay; do
				! grep -q "O/$helper" "$test" || programs="$programs $helper"
			done ;;
		*)
			rm -f "$folder/O/$test"
			programs="$programs $test" ;;
		esac
	done
	for object in $OBJECTS $(for program in $programs; do echo "$O/$program.o"; done); do
		[ "$object" != "$O/zapbench.o" ] || continue
		source=${object#"$O"/}
		source=${source%.o}.c
		[ "$source" = "$file" ] || grep -qE "(^|[ /])$file( |:|\$)" "${object%.o}.d" || continue
		compiles "$folder" "$source" "$folder/O/${object#"$O"/}" || return 1
	done
	# shellcheck disable=SC2086 # words
	links "$folder" $programs
}

# one MUTANT: prints what became of it
one()
{
	folder=${1%.mutant}
	promise=$(value promise "$1")
	killers=$(value killed-by "$1")
	begin=$(date +%s)
	at=$(cat "$1.at")
	file=${at% *}
	mkdir -p "$folder/src/$(dirname "$file")" "$folder/O"
	CODE=$(value code "$1") WITH=$(value with "$1") awk -v line="${at#* }" '
		FNR == line {
			at = index($0, ENVIRON["CODE"])
			$0 = substr($0, 1, at - 1) ENVIRON["WITH"] substr($0, at + length(ENVIRON["CODE"]))
		}
		{ print }' "$file" >"$folder/src/$file"
	# shellcheck disable=SC2086 # words
	if ! build "$folder" "$file" $killers; then
		echo "FAILED    $promise: mutant does not build: $(grep -m 1 -E 'error|undefined' "$folder/build.log")"
		return
	fi
	for killer in $killers; do
		if ! runs "$folder/O" "$killer"; then
			echo "killed    $promise (by $killer, $(($(date +%s) - begin)) s)"
			rm -rf "$folder"
			return
		fi
	done
	echo "SURVIVED  $promise ($file:${at#* }, against $killers)"
}

# without TEST: it passes without any mutant
without()
{
	runs "$work/none" "$1" && return
	echo "FAILED    $1 fails without a mutant:"
	grep -v '^ok' "$work/none/out.$(echo "$1" | tr / .)" | tail -n 20 | sed 's/^/    /'
}

# applies MUTANT: nothing, or why it can catch nobody
applies()
{
	promise=$(value promise "$1" | head -n 1)
	for key in promise code with killed-by; do
		lines=$(grep -c "^$key:" "$1")
		[ "$lines" = 1 ] && continue
		echo "FAILED    ${promise:-a mutant}: it has $lines lines \"$key: ...\", expected one"
		return
	done
	for killer in $(value killed-by "$1"); do
		case $killer in
		*.sh) [ -e "$SRC/$killer" ] ;;
		*) [ -e "$SRC/$killer.c" ] ;;
		esac || echo "FAILED    $promise: there is no test $killer"
	done
	place "$1" 2>&1 >"$1.at" | sed "s|^|FAILED    $promise: |"
}

case ${1-} in
--one) one "$2" && exit ;;
--without) without "$2" && exit ;;
esac

rm -rf "$work"
mkdir -p "$work"
for table in bench/test/mutants report/test/mutants; do
	grep -v '^#' "$table" | awk -v RS= -v stem="$work/${table%%/*}" '
		{ print >(stem sprintf("-%02d.mutant", NR)) }'
done
[ -z "${MUTANTS-}" ] || grep -LF -- "$MUTANTS" "$work"/*.mutant | xargs -r rm
[ -n "$(find "$work" -name '*.mutant')" ] || { echo "check-mutants: no mutant has the text '$MUTANTS'" >&2; exit 2; }
for mutant in "$work"/*.mutant; do
	applies "$mutant"
done >"$work/log"
[ ! -s "$work/log" ] || { cat "$work/log"; exit 1; }
[ "${1-}" != --apply ] || exit 0
find "$work" -name '*.mutant' | sort |
	awk -v day="${DAY:-$(($(date +%s) / 86400))}" -v parts="${PARTS:-1}" '(NR + day) % parts' | xargs -r -d '\n' rm
ln -s "$O" "$work/none"
{
	cat "$work"/*.mutant | sed -n 's/^killed-by: //p' | tr ' ' '\n' | sort -u |
		xargs -r -d '\n' -n 1 -P "${JOBS:-$(nproc)}" "$0" --without
	find "$work" -name '*.mutant' | sort | xargs -r -d '\n' -n 1 -P "${JOBS:-$(nproc)}" "$0" --one
} | tee "$work/log"
awk -v mutants="$(find "$work" -name '*.mutant' | wc -l)" '
	/^killed  / { killed++ }
	/^(SURVIVED|FAILED)  / { failed++ }
	END {
		if (killed + failed < mutants)
			failed = mutants - killed # one was cut off
		printf "%d passed, %d failed, 0 skipped\n", killed, failed
		exit failed > 0 || !killed
	}' "$work/log"
