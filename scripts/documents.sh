#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Checks the documents: every relative link and every path that they name exists; policies and granularities have the
# meaning that the program gives them. lint-tables.sh checks all other names. Called by make lint.
set -u

cd "$(dirname "$0")/.." || exit 1
status=0

# missing FILE WHAT: report it once
missing()
{
	echo "$1: $2 does not exist"
	status=1
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
			missing "$document" "$link"
			continue
		fi
		case $link in
		*#*) anchor_exists "$target" "${link#*#}" || missing "$document" "the heading $link" ;;
		esac
	done
	# Paths in `code` and in indented commands that begin with a folder of the tree. What a command makes is not there yet.
	folders='bench|report|kpatch|scripts|docs|results/(schema|reference)|\.ci|\.github'
	for path in $(grep -oE "(^|[ \`])($folders)/[A-Za-z0-9_./-]*[A-Za-z0-9_]" "$document" | tr -d ' `' | sort -u); do
		# What a recipe makes, and what is in a kernel tree.
		grep -q "file=$path\$" "$document" && continue
		case $path in scripts/kconfig/*) continue ;; esac
		[ -e "$path" ] || [ -e "$folder/$path" ] || missing "$document" "$path"
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
	echo "$2: $1 are: $(echo "$3" | tr '\n' ' '); the program has: $(echo "$4" | tr '\n' ' ')"
	status=1
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
		grep -qF "\"$text\"" $code || { echo "meaning of $name: '$text' is not that of $code"; status=1; }
	done <"$work/rows"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for document in ./*.md docs/*.md docs/decisions/*.md report/example/report.md; do
	check_paths "${document#./}"
done
check_policies
exit $status
