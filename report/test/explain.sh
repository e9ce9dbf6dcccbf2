#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# zapbench explain: which row is meant, and what is told of it.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

"$O/report/test/test_choice" "$T"
planted=$T/planted.json
name=$(sed -n 's/.*"name": "\(frame[^"]*lazy[^"]*\)".*/\1/p' "$planted" | head -n 1)
explain() { "$ZAPBENCH" explain "$@"; }
# explained TEXT... -- ROW FILE: the paragraph has each text, wherever its lines end
explained()
{
	: >"$T/texts"
	while [ "$1" != -- ]; do
		echo "$1" >>"$T/texts"
		shift
	done
	shift
	exits 0 explain "$@" || return 1
	tr '\n' ' ' <"$T/out" | tr -s ' ' >"$T/line"
	while read -r text; do
		says "$T/line" "$text" || return 1
	done <"$T/texts"
}

ok "a row by its name" explained "$name costs " " us per frame: the median of 60 samples" \
	-- "$name" "$planted"
ok "faults, rounds, layout, counters" says "$T/line" "every sample did." "It was measured in 60 rounds" \
	"0 samples were discarded" "memory layout" "No event was counted."
ok "whether another run agrees, and what it is good for" says "$T/line" "another run" \
	"Use it to compare rows of this run." \
	"Do not use it " "for another board, kernel or boot."
ok "in lines of at most 78 columns" no grep -E ".{79}" "$T/out"
cp "$T/line" "$T/by-name"
sed "s|\(\"name\": \"[^\"]*\)/touched=1/|\1/|" "$planted" >"$T/printed.json"
label=$(explain 'frame lazy arond 1M touched=0.25 frames=4' "$planted" 2>&1 |
	sed -n "s/.*did you mean '\([^']*\)'.*/\1/p")
ok "a wrong row has a near one" [ -n "$label" ]
ok "which is a row of the table" explained "us per frame" -- "$label" "$planted"
# The table of these rows has "1M" and "frames=4" in its heading; other rows have the word "cached" too.
ok "a row as the table prints it" explained "frame/zap-heap/cached/none/1M/frames=4 costs" -- cached "$T/printed.json"
ok "a name with a slip" errs 2 "did you mean '$name'" -- explain "${name}x" "$planted"
ok "a word with a slip" errs 2 "no row has the word 'laxy'; did you mean 'lazy'?" -- explain "frame laxy" "$planted"
ok "the nearest of all words" errs 2 "no row has the word 'eagr'; did you mean 'eager'?" -- \
	explain "eagr refault frame zap" "$SRC/results/reference/qemu-6.12-4k.json"
ok "nothing near" errs 2 "no row 'zzzzzzzz'" "fix: give words of a row" -- explain zzzzzzzz "$planted"
ok "several rows are named" errs 2 "'frame lazy' means " "$name" "fix: give a name or more words" -- \
	explain "frame lazy" "$planted"
ok "no row is a usage error" errs 2 "ROW is missing" -- explain
ok "a row without quotes too" errs 2 "put the row in quotes" -- explain frame lazy "$planted"
ok "a file that is none" exits 2 explain "$name" "$T/none.json"
ok "the newest result is the default" errs 2 "results/runs/latest.json" -- sh -c "cd '$T' && '$ZAPBENCH' explain x"

# Policy bounce chooses its copy in each round.
ok "the ways to copy, in how many rounds each" explained \
	"Copies out of the buffer were made by memcpy in 40 rounds, by vector in 19 rounds." \
	"Copies into the buffer were made by stream in 59 rounds." -- "frame bounce fresh touched=0.25" "$T/variants.json"
ok "a policy that copies nothing tells none" explained "us per frame" -- \
	"frame prefault thread touched=0.25" "$T/variants.json"
ok "not even of no rounds" lacks "$T/line" "Copies "

# What a figure must not be used for.
sed 's/"not_played": ""/"not_played": "cache maintenance"/' "$planted" >"$T/imitated.json"
ok "imitated policies choose nothing" explained \
	"to choose a policy for a product, since these are not measured: cache maintenance" -- "$name" "$T/imitated.json"
ok "an emulated figure is no time" explained "EMULATED" "as a time, or to compare cached with write-combined memory" \
	"Another run gives the same to the instruction." -- "frame lazy" "$T/emulated.json"
sed 's/"faults_expected": [0-9]*/"faults_expected": 7/
	s/"faults_expected_max": [0-9]*/"faults_expected_max": 7/' "$planted" >"$T/invalid.json"
ok "invalid samples are good for nothing" explained "INVALID: 60 of 60 samples" "Use it for nothing" \
	-- "$name" "$T/invalid.json"
tap_end
