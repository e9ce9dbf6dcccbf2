#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# zapbench history, through the program: what is added is there whatever happens meanwhile.
# The conditions are strings on purpose: ok() evaluates them.
# shellcheck disable=SC2016
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

"$O/report/test/test_compare" "$T" || { echo "not ok 1 - planted runs can be written"; exit 1; }
cd "$T" || exit 1
ZAPBENCH_HISTORY=$T/history
export ZAPBENCH_HISTORY
history() { "$ZAPBENCH" history "$@"; }
runs() { history list | grep -cE '^[0-9]{4}-'; }
set -- before/*.json
before=$#
set -- after/*.json
after=$#
all=$((before + after))

# --- adding and listing
ok "no history is status 3" eval 'exits 3 history list && says err "zapbench history add"'
ok "and none is made by asking" [ ! -e history ]
ok "adding" exits 0 history add before/*.json after/*.json
cp out added
ok "each has a name" [ "$(grep -c '^added ' added)" -eq "$all" ]
ok "the same again is there once" eval 'exits 0 history add before/*.json && [ "$(grep -c "^already there" out)" -eq "$before" ] && [ "$(runs)" -eq "$all" ]'
ok "but with --again it is another run, with a name of its own" eval 'exits 0 history --db again add --again before/0.json before/0.json && exits 0 history --db again add --again before/0.json && [ "$(ZAPBENCH_HISTORY=$T/again runs)" -eq 3 ] && exits 0 history --db again rebuild && [ "$(ZAPBENCH_HISTORY=$T/again runs)" -eq 3 ]'
ok "runs are listed, the oldest first" eval 'exits 0 history list && grep -oE "^[0-9]{4}-[^ ]*" out >dates && sort -c dates'
history list >listed
ok "what is kept is what was added" eval 'gzip -dc "history/runs/$(sed -n "1s/added //p" added).json.gz" | cmp - before/0.json'
ok "a compressed one is the same one" eval 'gzip -k before/0.json && exits 0 history add before/0.json.gz && says out "already there"'
rm before/0.json.gz
ok "a file that is no result is status 2, the others are added" eval 'echo "{}" >no.json && exits 2 history --db other add no.json before/0.json && says err "no.json" && says out added'
ok "a file that is not there" exits 3 history add none.json

# --- what they say over time
ok "the series are listed" eval 'exits 0 history show && says out "refault/memfd/eager/page/2M" && LC_ALL=C awk "/[^ -~]/ { exit 1 }" out'
ok "a series has a row for each run" eval 'exits 0 history show refault/memfd/eager/page/2M && [ "$(grep -cE "^[0-9]{4}-" out)" -eq "$all" ]'
ok "its first figure is that of the record" eval 'python3 -c "
import json, sys
c = [c for c in json.load(open(sys.argv[1]))[\"configurations\"] if c[\"name\"] == \"refault/memfd/eager/page/2M\"][0]
row = [line.split() for line in open(\"out\") if line[:2] == \"20\"][0]
assert abs(float(row[1]) / c[\"summary\"][\"value\"][\"value\"] - 1) < 1e-3, (row, c[\"summary\"][\"value\"])" before/0.json'
ok "one that is not there is status 3" eval 'exits 3 history show nothing/of/it && says err "zapbench history show lists them"'
ok "another machine has none of it" exits 3 history show refault/memfd/eager/page/2M --machine other

# --- labels
for i in $(seq "$all"); do
	label=before
	[ "$i" -le "$before" ] || label=after
	history label "$(sed -n "${i}s/added //p" added)" "$label" || echo "label $i"
done >labelled 2>&1
ok "runs are put under labels" [ ! -s labelled ]
ok "and are listed with them" [ "$(history list | grep -c '  label before')" -eq "$before" ]
ok "compare takes labels" exits 1 "$ZAPBENCH" compare before after
cp out by_folder
mkdir elsewhere
ok "from elsewhere, of the same answer" eval 'cd elsewhere && exits 1 "$ZAPBENCH" compare before after && cd .. && tail -n +3 out >a && tail -n +3 by_folder >b && cmp a b'
ok "what is neither is said" eval 'cd elsewhere && exits 2 "$ZAPBENCH" compare before neither && says "$T/err" neither && cd ..'
for name in ../x a/b '' -x .x 'a b' 'a
b' '<b>'; do
	ok "'$name' is no label" exits 2 history label -- "$(sed -n '1s/added //p' added)" "$name"
done
ok "an unknown run is status 3" exits 3 history label nothing before
ok "the beginning of several is status 3" eval 'exits 3 history label "" before && says err "several"'

# --- the index is made again
history list >listed
history show refault/memfd/eager/page/2M >shown
same() { history list | cmp - listed && history show refault/memfd/eager/page/2M | cmp - shown; }
rm history/index.db*
ok "without an index all is there" same
head -c 20000 /dev/urandom >history/index.db
ok "a broken index is status 1, with the remedy" eval 'exits 1 history list && says err "zapbench history rebuild"'
ok "which mends it" eval 'exits 0 history rebuild && same'
python3 -c "import sqlite3; c = sqlite3.connect('history/index.db'); c.execute('pragma user_version = 99'); c.commit()"
ok "the index of another version is made again" same
cp "history/runs/$(sed -n '1s/added //p' added).json.gz" one.gz
mkdir lost && ZAPBENCH_HISTORY=$T/lost history add before/1.json >out
cp one.gz "lost/runs/$(sed -n '1s/added //p' added).json.gz"
ok "a run whose adding was cut off before the index comes into it" eval '[ "$(ZAPBENCH_HISTORY=$T/lost runs)" -eq 2 ]'

# --- files that break
head -c 300 one.gz >"history/runs/$(sed -n '1s/added //p' added).json.gz"
ok "a file that broke is set aside and named" eval 'exits 1 history rebuild && says err "set aside as" && says err "$(sed -n "1s/added //p" added)"'
ok "it is kept" [ -s "history/bad/$(sed -n '1s/added //p' added).json.gz" ]
ok "and the others are there, with their labels" eval '[ "$(runs)" -eq $((all - 1)) ] && [ "$(history list | grep -c "  label after")" -eq "$after" ]'
ok "once" exits 0 history rebuild
ok "it can be added again" eval 'exits 0 history add before/0.json && same'
sed 's/"id":"[^"]*"/"id":"..\/..\/escape $(touch x) <b>"/' before/0.json >hostile.json
ok "a hostile name stays within" eval 'exits 0 history --db hostile add hostile.json && [ "$(ls hostile/runs)" != "" ] && [ "$(find . -name "*escape*" | grep -vc "^./hostile/runs/")" -eq 0 ]'

# --- all at once, killed, and without room
# many times, as the first who open an index meet seldom
for i in $(seq 10); do
	for file in before/*.json after/*.json; do
		history --db "at_once$i" add "$file" >>at_once.out 2>&1 &
	done
	wait
done
ok "added by many at once" eval '[ "$(grep -c "^added" at_once.out)" -eq $((10 * all)) ] && [ "$(ZAPBENCH_HISTORY=$T/at_once10 runs)" -eq "$all" ]'
for i in $(seq 40); do
	history --db killed add before/*.json after/*.json >/dev/null 2>&1 &
	adding=$!
	sleep "0.0$((i % 10))"
	kill -9 $adding 2>/dev/null
	wait $adding 2>/dev/null
	[ "$((i % 10))" -ne 0 ] || rm -f killed/runs/*1.json.gz killed/index.db*
done
ok "killed at any time, every file is whole" eval 'for file in killed/runs/*.json.gz; do gzip -t "$file" || exit 1; done'
ok "and adding goes on" eval 'exits 0 history --db killed add before/*.json after/*.json && [ "$(ZAPBENCH_HISTORY=$T/killed runs)" -eq "$all" ] && [ -z "$(ls killed/bad)" ]'
ok "without room it is status 1" eval 'exits 1 sh -c "trap \"\" XFSZ; ulimit -f 8; exec \"\$@\"" sh "$ZAPBENCH" history --db full add before/0.json after/0.json'
ok "and nothing half is left" eval '[ "$(ls full/runs | grep -vc "json.gz$")" -eq 0 ] && exits 0 history --db full add before/0.json'

# --- usage
ok "help" eval 'exits 0 history --help && ! grep -E "^.{106,}" out'
for arguments in "" "add" "list it" "show a b" "label one" "forget" "--nothing"; do
	# shellcheck disable=SC2086 # words
	ok "history $arguments is status 2" exits 2 history $arguments
done
tap_end
