#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The documents of the current folder name what is there, and nothing else. Argument: the program. Called by make lint.
# The program's tables are read through zapbench __complete. --help, completion and the man page's lists are made of the
# same tables, so what is checked here is what people wrote:
#   1. Each relative link, heading and path exists.
#   2. No row of a table is wider than 120 columns.
#   3. Names and meanings of policies and granularities are those of the program.
#   4. Each source, policy, granularity and command is in the README or in docs/. Cases, formats, parameters and options
#      need not be: list, --help and the man page have them all, so that a new case is one file and one line.
#      Kinds of workload are in the glossary.
#      Tables headed "case", "policy", ... hold no other names.
#   5. Each command line "zapbench ..." in a document or in the man page has a command, options and values that exist.
#   6. Each name in the hand-written lists of the man page exists, and each of its generated lists is one that the
#      program prints.
set -eu
program=$1
page=bench/zapbench.1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A file and no variable: a pipeline would lose that.
wrong()
{
	echo "$*"
	: >"$work/wrong"
}

# anchor_exists FILE ANCHOR: is there a heading whose anchor this is, as GitHub makes it?
anchor_exists()
{
	sed -n 's/^##* *//p' "$1" | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9_\n-' | grep -qxF "$2"
}

# Each link and each path of the document $1.
check_paths()
{
	document=$1
	folder=$(dirname "$document")
	# Links: [text](target) and ![text](target); not those with a scheme.
	# shellcheck disable=SC2013 # no link holds a blank
	for link in $(grep -o '](\([^()]*\))' "$document" | sed 's/^](//; s/)$//' | grep -vE '^[a-z]+:'); do
		path=${link%%#*}
		target=$document
		[ -z "$path" ] || target=$folder/$path
		if [ ! -e "$target" ]; then
			wrong "$document: $link does not exist"
			continue
		fi
		case $link in
		*#*) anchor_exists "$target" "${link#*#}" || wrong "$document: the heading $link does not exist" ;;
		esac
	done
	# Paths in `code` and in indented commands that begin with a folder of the tree. What a command makes is not there yet.
	folders='bench|report|kpatch|scripts|docs|results/(schema|reference)|\.ci|\.github'
	for path in $(grep -oE "(^|[ \`])($folders)/[A-Za-z0-9_./-]*[A-Za-z0-9_]" "$document" | tr -d ' `' | sort -u); do
		# What a recipe makes, and what is in a kernel tree.
		grep -q "file=$path\$" "$document" && continue
		case $path in scripts/kconfig/* | scripts/get_maintainer.pl) continue ;; esac
		[ -e "$path" ] || [ -e "$folder/$path" ] || wrong "$document: $path does not exist"
	done
}

# rows FILE HEADING: the first two cells of the table whose first cell that is, as "name|text"
rows()
{
	awk -F ' *[|] *' -v heading="$2" '
		$2 == heading { found = 1; getline; next }
		found && !/^[|]/ { exit }
		found { print $2 "|" $3 }' "$1"
}

# same WHAT FILE FOUND EXPECTED: the names in a document are those of the program, in order
same()
{
	[ "$3" = "$4" ] && return
	wrong "$2: $1 are: $(echo "$3" | tr '\n' ' '); the program has: $(echo "$4" | tr '\n' ' ')"
}

# Names and meanings of policies and granularities are those of bench/base/policy.c.
check_policies()
{
	code=bench/base/policy.c
	policies=$(sed -n 's/^\t\t\.name = "\(.*\)",$/\1/p' $code)
	granularities=$(sed -n 's/^\t\[GRANULARITY_.*\] = { "\([a-z]*\)",.*/\1/p' $code)
	for document in README.md docs/glossary.md; do
		same policies $document "$(rows $document policy | cut -d '|' -f 1)" "$policies"
	done
	same granularities docs/glossary.md "$(rows docs/glossary.md granularity | cut -d '|' -f 1)" "$granularities"
	{
		rows README.md policy
		rows docs/glossary.md policy
		rows docs/glossary.md granularity
	} >"$work/rows"
	while IFS='|' read -r name text; do
		grep -qF "\"$text\"" $code || wrong "meaning of $name: '$text' is not that of $code"
	done <"$work/rows"
}

for document in ./*.md docs/*.md docs/decisions/*.md report/example/report.md; do
	check_paths "${document#./}"
done
# The report's tables are the program's own.
awk '/^[|]/ && length($0) > 120 { print FILENAME ":" FNR }' ./*.md docs/*.md docs/decisions/*.md >"$work/wide"
while IFS= read -r line; do
	wrong "${line#./}: a row of a table is wider than 120 columns; fix: write a list"
done <"$work/wide"
check_policies

names() { "$program" __complete "$@" | grep -v '^[:-]' || :; }
names run '' >"$work/case"
names run --source '' >"$work/source"
names run --policy '' >"$work/policy"
names run --set granularity= | sed 's/^granularity=//' >"$work/granularity"
names run --set '' | sed 's/=$//' >"$work/parameter"
names export --to '' >"$work/format"
names '' >"$work/command"
names history '' | grep -v json >"$work/history"

documents="README.md CONTRIBUTING.md $(find docs -name '*.md' | sort | tr '\n' ' ')"
for kind in case format; do
	[ -s "$work/$kind" ] || wrong "the program has no $kind"
done
for kind in source policy granularity command; do
	[ -s "$work/$kind" ] || wrong "the program has no $kind"
	while IFS= read -r name; do
		# shellcheck disable=SC2086
		grep -qwF -e "$name" $documents || wrong "$kind $name is in no document; fix: describe it in docs/"
	done <"$work/$kind"
done

# Reports call a workload by its kind.
for name in $(names run --set use= | sed 's/^use=//'); do
	grep -q "^| $name |" docs/glossary.md || wrong "workload $name is not in docs/glossary.md"
done

# Tables of the documents: the first column of one that is headed "case", "policy", ... holds names of that kind.
# shellcheck disable=SC2086
awk -F ' *[|] *' '
	/^[|]/ && !rows { kind = $2 ~ /^(case|source|policy|granularity|format|command)$/ ? $2 : "" }
	/^[|]/ { if (rows > 1 && kind) print kind, $2, FILENAME ":" FNR; rows++; next }
	{ rows = 0 }' $documents | tr -d '`' >"$work/tables"
while read -r kind name where; do
	grep -qxF -e "$name" "$work/$kind" || wrong "$where: there is no $kind '$name'"
done <"$work/tables"

# has KIND NAME FILE-AND-LINE
has() { grep -qxF -e "$2" "$work/$1" || wrong "$3: there is no $1 '$2'"; }

# Words of command lines, one line each: FILE:LINE:WORDS. In documents they are indented, or between backquotes.
{
	# shellcheck disable=SC2016,SC2086
	grep -noE '^    .*|`[^`]*`' $documents | tr -d '`'
	sed 's/^\.Dl//' "$page" | grep -nE '^ zapbench ' | sed "s|^|$page:|"
} | sed 's/  *#.*//; s/[|;&].*//' |
	grep -E ':[0-9]+: *(build/|\./)?zapbench +[a-z]' | tr -d "[]'\"" >"$work/lines"

# value OPTION VALUE: does the program have it?
value()
{
	case $1 in
	--to) has format "$2" "$where" ;;
	--policy) for name in $(echo "$2" | tr ',' ' '); do has policy "$name" "$where"; done ;;
	--set | --by)
		has parameter "${2%%=*}" "$where"
		case $2 in
		granularity=*) for name in $(echo "${2#*=}" | tr ',' ' '); do has granularity "$name" "$where"; done ;;
		policy=*) for name in $(echo "${2#*=}" | tr ',' ' '); do has policy "$name" "$where"; done ;;
		esac
		;;
	esac
}

# options_of COMMAND: sets $options, a file
options_of()
{
	options=$work/options.$1
	[ -e "$options" ] || "$program" __complete "$1" -- >"$options"
}

while IFS=: read -r file number line; do
	where=$file:$number
	set -f
	# shellcheck disable=SC2086 # words
	set -- $line
	set +f
	shift
	command=$1
	if ! grep -qxF -e "$command" "$work/command"; then
		wrong "$where: there is no command '$command'"
		continue
	fi
	[ "$command" != history ] || case ${2:-} in '' | -*) ;; *) has history "$2" "$where" ;; esac
	options_of "$command"
	option=
	for word in "$@"; do
		case $word in
		--) # of zapbench run
			options_of run
			option=
			continue
			;;
		--*)
			option=${word%%=*}
			grep -qxF -e "$option" "$options" || wrong "$where: $command has no $option"
			continue
			;;
		*[A-Z.]*) ;;
		*) [ -z "$option" ] || value "$option" "$word" ;;
		esac
		option=
	done
done <"$work/lines"
[ -s "$work/lines" ] || wrong "no document has a command line"

# The man page's own lists, and its generated ones.
cat "$work/case" "$work/source" "$work/policy" "$work/format" "$work/history" >"$work/name"
sed -n 's/^\.It Cm \([a-z][a-z-]*\)$/\1/p; s/^\.It Sy \([a-z][a-z-]*\)$/\1/p' "$page" | sort -u >"$work/notes"
while IFS= read -r name; do
	has name "$name" "$page"
done <"$work/notes"
sed -n 's/^\.\\" generated: //p' "$page" >"$work/parts"
while IFS= read -r part; do
	"$program" __man "$part" >"$work/part" || wrong "$page: there is no generated part '$part'"
	[ -s "$work/part" ] || wrong "$page: the generated part '$part' is empty"
done <"$work/parts"
[ -s "$work/parts" ] || wrong "$page: it has no generated part"
[ ! -e "$work/wrong" ]
