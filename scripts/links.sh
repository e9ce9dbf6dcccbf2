#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Checks that every relative link and every path that a document names exists. Arguments: documents (Markdown). Called by make lint.
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
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

for document; do
	folder=$(dirname "$document")
	# Links: [text](target) and ![text](target); not those with a scheme.
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
	for path in $(grep -oE '(^|[ `])(bench|report|kpatch|scripts|docs|results/(schema|reference)|\.ci|\.github)/[A-Za-z0-9_./-]*[A-Za-z0-9_]' "$document" |
		tr -d ' `' | sort -u); do
		case $path in
		report/report.html | report/plots | bench/case/mine.c | report/export/export-mine.c) continue ;;
		esac
		[ -e "$top/$path" ] || [ -e "$folder/$path" ] || missing "$document" "$path"
	done
done
exit $status
