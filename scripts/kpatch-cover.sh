#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Writes the cover letter of a series: its text, figures of a result, and what
# it changes.
#
# usage: [SERIES=wc-heap|zap] kpatch-cover.sh ZAPBENCH RESULT DIR
#
# DIR holds the patches that kpatch-series.sh wrote; the letter is DIR/cover-letter,
# so that git am of DIR/*.patch does not take it for a patch. The text is
# kpatch/SERIES/cover: the subject, an empty line, and the letter. In it a table
#	@figures CASE
#	@ heading
#	configuration
#	@end
# becomes the medians of the configurations, as zapbench exports them. One that
# the result does not have is an error.
# environment: SENDER, BASE_COMMIT as for kpatch-series.sh
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
SERIES=${SERIES:-wc-heap}
SENDER=${SENDER:-zapbench founders <founders@zapbench.invalid>}
[ $# -eq 3 ] || {
	echo "usage: [SERIES=wc-heap|zap] kpatch-cover.sh ZAPBENCH RESULT DIR" >&2
	exit 2
}
zapbench=$1
result=$2
dir=$3
text=$top/kpatch/$SERIES/cover
[ -f "$text" ] || {
	echo "kpatch-cover.sh: $SERIES has no cover letter ($text)" >&2
	exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

"$zapbench" export --to csv --out "$work/figures" "$result" >"$work/out" || {
	cat "$work/out" >&2
	exit 1
}

# The letter with its tables filled in.
fill() {
	awk -F , -v result="$(basename "$result")" '
		NR == FNR && FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		NR == FNR {
			if ($at["figure"] != "median") next
			name = $at["configuration"]
			if (name in value) next
			value[name] = sprintf("%.0f", $at["value"])
			unit[name] = $at["unit"]
			kernel = $at["kernel"]
			next
		}
		/^@figures/ { inside = 1; next }
		/^@end/ {
			inside = 0
			printf "\n  (medians; Linux %s, results/reference/%s)\n", kernel, result
			next
		}
		inside && /^@ / { printf "%s%s:\n", tables++ ? "\n" : "", substr($0, 3); next }
		inside && !($0 in value) { print "no figure of " $0 >"/dev/stderr"; bad = 1; next }
		inside { printf "  %-56s %10s %s\n", $0, value[$0], unit[$0]; next }
		{ print }
		END { exit bad }' "$work/figures" "$text"
}

fill >"$work/letter" || {
	echo "kpatch-cover.sh: $result has no such figures; fix: another result, or other names in $text" >&2
	exit 1
}
total=$(find "$dir" -name '*.patch' | wc -l)
{
	echo 'From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001'
	echo "From: $SENDER"
	echo 'Date: Thu, 26 Nov 2026 00:00:00 +0000'
	echo "Subject: [PATCH 0/$total] $(head -n 1 "$work/letter")"
	sed 1d "$work/letter"
	echo
	for patch in "$dir"/*.patch; do
		# A long subject goes on in the next line.
		awk '/^Subject: /{ on = 1; sub(/^Subject: \[PATCH[^]]*\] /, ""); printf "  %s", $0; next }
			on && /^ / { printf "%s", $0; next }
			on { print ""; exit }' "$patch"
	done
	echo
	# A file that several patches change has one line.
	cat "$dir"/*.patch | git apply --numstat | awk -F '\t' '
		!($3 in plus) { order[++n] = $3 }
		{ plus[$3] += $1; minus[$3] += $2 }
		END { for (i = 1; i <= n; i++) printf "  %-60s +%d -%d\n", order[i], plus[order[i]], minus[order[i]] }'
	[ -z "${BASE_COMMIT:-}" ] || printf '\nbase-commit: %s\n' "$BASE_COMMIT"
} >"$dir/cover-letter"
