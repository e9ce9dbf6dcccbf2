#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317 # functions are called through step()
# Everything that reads the code without running it. Called by make lint.
# Arguments: build folder, sources -- headers -- scripts.
set -u

# A lone word would become a folder.
if [ $# -lt 2 ]; then
	echo "usage: scripts/lint.sh BUILD SOURCE... -- HEADER... -- SCRIPT...; make lint calls it so" >&2
	exit 2
fi
build=$1
shift
mkdir -p "$build"
sources=
headers=
scripts=
list=sources
for word in "$@"; do
	case $list:$word in
	sources:--) list=headers ;;
	headers:--) list=scripts ;;
	sources:*) sources="$sources $word" ;;
	headers:*) headers="$headers $word" ;;
	*) scripts="$scripts $word" ;;
	esac
done
status=0
dialect="-std=gnu11 -D_GNU_SOURCE -I. -Ikpatch/src/include/uapi"

# step NAME COMMAND...: say what runs, and only what is wrong
step()
{
	name=$1
	shift
	if "$@" >"$build/lint.out" 2>&1; then
		echo "  ok      $name"
	else
		echo "  FAILED  $name"
		head -n 60 "$build/lint.out"
		status=1
	fi
}

has()
{
	command -v "$1" >/dev/null && return 0
	echo "  MISSING $1; fix: make deps lint"
	status=1
	return 1
}

# Each header alone, so that it includes what it uses.
headers_stand_alone()
{
	for header in $headers; do
		# shellcheck disable=SC2086 # words
		echo "#include \"$header\"" |
			gcc $dialect -Wall -Wextra -fsyntax-only -x c - || return 1
	done
}

# gcc and clang, all warnings are errors; syntax and flow only, nothing is kept.
compiles()
{
	mkdir -p "$build/include"
	[ -f "$build/include/version.h" ] ||
		printf '#define ZAPBENCH_VERSION "lint"\n#define ZAPBENCH_GIT ""\n' >"$build/include/version.h"
	for source in $sources; do
		# shellcheck disable=SC2086 # words
		"$1" $dialect -I"$build/include" -O2 -Wall -Wextra -Wmissing-prototypes -Wshadow -Werror \
			-c "$source" -o "$build/lint.o" || return 1
	done
	rm -f "$build/lint.o"
}

# What .clang-tidy names.
tidy()
{
	# shellcheck disable=SC2016,SC2086 # sh expands it; words
	printf '%s\n' $sources | xargs -n 12 -P "$(nproc)" sh -c '
		build=$1 dialect=$2
		shift 2
		clang-tidy --quiet "$@" -- $dialect -I"$build/include"' tidy "$build" "$dialect" 2>&1 |
		grep -A 5 -E ': (error|warning): ' && return 1
	return 0
}

# Scripts are for people to read: 120 columns, and no code of another language, or of the shell, in a string.
scripts_readable()
{
	# shellcheck disable=SC2016,SC2086 # a pattern; words
	bad=$(
		awk 'length > 120 { print FILENAME ":" FNR ": over 120 columns" }' $scripts Makefile
		grep -nE '(^|[^a-z_-])eval |python3? -c|"\$python" -c' $scripts |
			grep -vE '^scripts/((tap|check).sh:[0-9]*:python=|lint.sh:)'
	)
	[ -z "$bad" ] || { echo "$bad"; return 1; }
}

# design: one file includes each of these, so that a library can be changed in one place.
one_includer()
{
	for pair in jansson.h:bench/record/ jansson.h:report/ perfmon/:bench/ hwloc.h:bench/ \
		linux/dma-heap.h:bench/ sqlite3.h:report/; do
		# shellcheck disable=SC2086
		count=$(grep -lE "^#include <${pair%%:*}" $sources $headers | grep "^${pair#*:}" | grep -vc '/test/')
		if [ "$count" -gt 1 ]; then
			echo "${pair%%:*} is included by $count files of ${pair#*:}"
			return 1
		fi
	done
	# Of a record's code only the files json-*.c know of JSON: jansson.h comes to them through json.h.
	# shellcheck disable=SC2086
	bad=$(grep -lE '^#include ("bench/record/json.h"|<jansson.h>)' $sources $headers | grep '^bench/record/' |
		grep -v '^bench/record/json[-.]')
	[ -z "$bad" ] || { echo "knows of JSON: $bad"; return 1; }
}

# room ROOM ALLOWED...: a file of ROOM includes headers of ROOM and of the rooms ALLOWED, and no others.
room()
{
	from=$1
	allowed=$(echo "$@" | tr ' ' '|')
	grep -nE '^#include "(bench|report)/' "$from"/*.[ch] | grep -vE "#include \"($allowed)/[^/]*\""
}

# Arrows point downwards only: cli, then report, then run, case, source, measure, record, base.
# What a room may include, it names here.
arrows()
{
	bad=$(
		room bench/base
		room bench/qemu bench/base
		room bench/record bench/base
		room bench/measure bench/record bench/base
		room bench/source bench/measure bench/base
		room bench/case bench/source bench/measure bench/base
		room bench/observe bench/measure bench/record bench/base
		room bench/run bench/case bench/source bench/measure bench/record bench/base
		room report/analysis bench/record bench/base
		room report/history report/analysis bench/record bench/base
		room report/render report/analysis bench/record bench/base
		room report/answer report/render report/analysis bench/record bench/base
		room report/export report/render report/analysis bench/record bench/base
		room report/site report/answer report/render report/history report/analysis bench/record bench/base
	)
	[ -z "$bad" ] || { echo "$bad"; return 1; }
}

# NAME.c and NAME.h are one node: a circle among nodes means that no file of it can be read or tested before the others.
no_circle()
{
	for file in $sources $headers; do
		node=${file%.[ch]}
		sed -n 's,^#include "\([a-z]*/.*\)\.h".*,\1,p' "$file" | grep -vx "$node" | sed "s,^,$node ,"
	done | tsort 2>&1 >/dev/null | grep . >"$build/lint.circle" || return 0
	echo "these files include each other in a circle:"
	cat "$build/lint.circle"
	return 1
}

# A case or a format that no line of its table names would never be used.
all_listed()
{
	for pair in "bench case_ bench/case/case.h" "export_format export_ report/export/export.h"; do
		# shellcheck disable=SC2086 # three words
		set -- $pair
		# shellcheck disable=SC2013 # names
		for listed in $(sed -n "s/^const struct $1 $2\([a-z_0-9]*\) = {.*/\1/p" "${3%/*}"/*.c); do
			grep -qE "X\($listed\)" "$3" && continue
			echo "${3%/*}: $2$listed is missing in the list of $3"
			return 1
		done
	done
}

licences()
{
	bad=$(for file in $sources $headers $scripts; do
		head -n 3 "$file" | grep -q SPDX-License-Identifier || echo "$file"
	done)
	[ -z "$bad" ] || { echo "no SPDX line: $bad"; return 1; }
}

# shellcheck disable=SC2086
{
	has clang-format && step "clang-format" clang-format --dry-run -Werror $sources $headers
	has cppcheck && step "cppcheck" cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability \
		--inline-suppr --suppress=missingIncludeSystem -D_GNU_SOURCE -I. -Ikpatch/src/include/uapi --std=c11 $sources
	has shellcheck && step "shellcheck" shellcheck -x $scripts
	step "headers stand alone" headers_stand_alone
	step "gcc warnings" compiles gcc
	has clang && step "clang warnings" compiles clang
	has clang-tidy && step "clang-tidy" tidy
	step "scripts are readable" scripts_readable
	step "one includer per library" one_includer
	step "arrows" arrows
	step "no circle" no_circle
	step "all cases and formats listed" all_listed
	step "licence lines" licences
	step "mutants apply" env O="$build" SRC="$PWD" scripts/check-mutants.sh --apply
	step "mutants of the kernel apply" scripts/check-kernel-mutants.sh check
	has mandoc && step "man page" mandoc -T lint -W warning bench/zapbench.1 "$build/zapbench.1"
	step "documents" scripts/documents.sh "$build/zapbench"
}
rm -f "$build/lint.out" "$build/lint.circle"
exit $status
