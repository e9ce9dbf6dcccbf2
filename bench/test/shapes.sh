#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The promise of the record's format: results of every earlier shape read, compare, export, and stay in a history.
# fixtures/shapes/README.md says what was new in each shape.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

fixtures=$SRC/bench/test/fixtures/shapes
shapes="8eab1d4 1588601 8f22939 c8f5d1f 3a07704 0081732 e308142 b5d4b8e 0bfbff0"
cd "$T" || exit 1

for shape in $shapes; do
	gzip -dc "$fixtures/$shape.json.gz" >"$shape.json"
	gzip -dc "$fixtures/$shape.journal.gz" >"$shape.journal"
	sed 's/\("id": *"\)/\1again-/' "$shape.json" >"again-$shape.json"
done

same_in()
{
	"$ZAPBENCH" compare --unlike program,run,configurations --threshold 100 "$1" "$2" >"$T/out" 2>"$T/err"
}
compares() { same_in "$1" "$2" && says out 'refault memfd eager'; }
last=
for shape in $shapes; do
	ok "$shape: exports" exits 0 "$ZAPBENCH" export --to csv "$shape.json"
	ok "$shape: its figures are in it" says out 'null,' refault/memfd/eager/page/64K median faults/page
	for format in openmetrics google-benchmark bmf github-action-benchmark otava ktap lava; do
		ok "$shape: as $format" exits 0 "$ZAPBENCH" export --to $format "$shape.json"
	done
	# Chromium makes the PDF of the page, whatever the record: report.sh has that.
	ok "$shape: has a report" exits 0 "$ZAPBENCH" report "$shape.json" --no-pdf --out "report-$shape"
	ok "$shape: compares with itself" compares "$shape.json" "again-$shape.json"
	[ -z "$last" ] || ok "$shape: compares with the shape before" compares "$last.json" "$shape.json"
	ok "$shape: its journal is recovered" exits 0 "$ZAPBENCH" recover "$shape.journal" --out "recovered-$shape.json"
	ok "$shape: with all rounds" says "recovered-$shape.json" '"count": 20'
	ok "$shape: what is recovered exports" exits 0 "$ZAPBENCH" export --to csv "recovered-$shape.json"
	last=$shape
done

# --- a history
ZAPBENCH_HISTORY=$T/history
export ZAPBENCH_HISTORY
history() { "$ZAPBENCH" history "$@"; }
in_history() { is "$(history list | grep -cE '^[0-9]{4}-')" "$1"; }
none_moved() { [ -z "$(ls history/bad)" ]; }
# shellcheck disable=SC2046 # one file each
ok "every shape is added" exits 0 history add $(for shape in $shapes; do echo "$shape.json"; done)
ok "all are there" in_history 9
ok "a rebuild keeps them" exits 0 history rebuild
ok "every one" in_history 9
ok "and moves none away" none_moved

# --- a version to come
sed 's/"schema_version": "1.1"/"schema_version": "1.99"/; s/"case": /"grain": 7, "case": /; s/again-/newer-/' \
	again-e308142.json >newer.json
ok "a newer minor version is added" exits 0 history add newer.json
ok "and stays in a rebuilt history" exits 0 history rebuild
ok "beside the others" in_history 10
kept() { gzip -dc history/runs/*newer*.json.gz | cmp - newer.json; }
ok "the history keeps what this version does not know" kept
ok "it compares" compares e308142.json newer.json

sed 's/"schema_version": "1.99"/"schema_version": "2.0"/' newer.json | gzip >history/runs/2-0.json.gz
ok "of another major version is said why it is not used" exits 0 history rebuild
ok "by name" says err 'history/runs/2-0.json.gz' 'expected major version 1, found "2.0"'
ok "it stays where it is" [ -e history/runs/2-0.json.gz ]
ok "and disturbs nobody" in_history 10
sed 's/"seed": *"[0-9]*"/"seed": "x"/; s/"seed":"[0-9]*"/"seed":"x"/' newer.json | gzip >history/runs/seed.json.gz
ok "so does a record with a value that is wrong" exits 0 history rebuild
ok "also named" says err 'history/runs/seed.json.gz'
ok "none is moved" none_moved
echo '{ "schema": "another" }' | gzip >history/runs/other.json.gz
ok "what is no record is moved away" exits 4 history rebuild
ok "to bad" [ -e history/bad/other.json.gz ]
tap_end
