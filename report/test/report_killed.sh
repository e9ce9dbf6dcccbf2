#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# zapbench report, killed (kill -9) at random moments: each file of the folder is what it was, or what it becomes, and
# what is left half-written goes away with a later report.
#
# environment: TRIES   how often it is killed (8)
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

"$O/report/test/test_choice" "$T"
cd "$T" || exit 1
report() { "$ZAPBENCH" report --no-pdf "$@" --out report; }
# The files of a report; the plots are made before them, and again each time.
sums() { (cd report && cksum report.html report.md report.txt 2>/dev/null); }
report planted.json >out 2>&1
sums >old
report partial.json >out 2>&1
sums >new
find report | sort >entries
report planted.json >out 2>&1
begin=$(date +%s%N)
report planted.json >out 2>&1
took_ms=$((($(date +%s%N) - begin) / 1000000))
tries=${TRIES:-8}
half=0
for i in $(seq "$tries"); do
	"$ZAPBENCH" report --no-pdf partial.json --out report >out 2>&1 &
	reporting=$!
	sleep "$(awk -v ms=$((took_ms * i / tries)) 'BEGIN { print ms / 1000 }')"
	kill -9 $reporting 2>/dev/null
	wait $reporting 2>/dev/null
	sums | grep -vxF -f old -f new && half=$((half + 1))
	[ "$(sums | wc -l)" -eq 3 ] || half=$((half + 1))
done
ok "$tries reports that are killed within $took_ms ms leave no half file" is $half 0
# As that of one which was killed while it wrote.
: >report/report.html.123-0.tmp
: >report/plots/x.svg.123-0.tmp
find report -name "*.tmp" -exec touch -d "3 days ago" {} +
report partial.json >out 2>&1
ok "a later report is complete" is "$(sums)" "$(cat new)"
ok "and removes what they left, after a day" is "$(find report | sort)" "$(cat entries)"
mkdir -p /tmp/zapbench-report-killed$$
touch -d "3 days ago" /tmp/zapbench-report-killed$$
PATH=$T "$ZAPBENCH" report partial.json --out report >out 2>&1
ok "so does one that prints a PDF with a browser's profile" [ ! -e /tmp/zapbench-report-killed$$ ]
tap_end
