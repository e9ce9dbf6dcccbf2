#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# zapbench compare, through the program, on runs with planted answers (report/test/test_compare.c) and on real ones.
# The conditions are strings on purpose: ok() evaluates them.
# shellcheck disable=SC2016
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

"$O/report/test/test_compare" "$T" || { echo "not ok 1 - planted runs can be written"; exit 1; }
cd "$T" || exit 1
compare() { "$ZAPBENCH" compare "$@"; }
# section TITLE FILE: the rows below it, up to the next
section() { awk -v title="$1" 'index($0, title " (") == 1 { on = 1; next } /^[a-z].*\([0-9]+\) / || /^$/ { on = 0 } on' "$2"; }
in_section() { section "$1" "$T/out" >"$T/section"; says "$T/section" "$2"; }

# --- what was planted
ok "a regression is status 1" exits 1 compare before after
cp out table
ok "no line is wider than 75 columns" eval '! grep -E "^.{76,}" table'
ok "the table is ASCII, hostile names too" eval '! LC_ALL=C grep -n "[^ -~]" table'
ok "kernels are what is compared, and said" says table "kernel.release: 6.12.1, now 6.12.1-mine"
ok "the slower ones" eval 'in_section slower "refault memfd eager page 2M" && in_section slower "refault memfd eager page 1M"'
ok "the faster one" in_section faster "refault memfd eager buffer 1M"
ok "the undecided ones" eval 'in_section undecided "zap memfd eager page 1M" && in_section undecided "zap memfd lazy page 1M"'
ok "those that are the same" in_section "no difference" "refault memfd lazy page 1M"
ok "sections come by what matters" eval '[ "$(grep -oE "^(slower|faster|undecided|no difference)" table | tr "\n" ,)" = "slower,faster,undecided,no difference," ]'
ok "the largest regression is first" eval 'section slower table | head -n 1 | grep -q "refault memfd eager page 2M"'
ok "a change has its figure" eval 'section faster table | grep -qE "buffer 1M +1[0-9]{3}|buffer 1M +9[0-9.]+" && section faster table | grep -qE " -(19|20|21)\.[0-9] "'
ok "configurations of one side are named" eval 'says table "zap/memfd/eager/page/4M: only in base" && says table "zap/memfd/eager/page/8M: only in new"'
ok "no regression is status 0" eval 'exits 0 compare before after --case zap && ! grep -q "^slower" out'
ok "the other way round is another answer" eval 'exits 1 compare after before && in_section slower "refault memfd eager buffer 1M"'
ok "a threshold above them all" exits 0 compare before after --threshold 50
ok "a policy" eval 'exits 0 compare before after --policy lazy && ! grep -q "eager" out'

# --- Markdown and JSON
ok "markdown" eval 'exits 1 compare before after --markdown && says out "| slower | refault memfd eager page 2M |"'
ok "a hostile name stays text in markdown" eval 'says out "\\|\\<script\\>\\*" && ! grep -q "[^\\]<script" out'
ok "each row of markdown has its seven bars" eval '! grep "^|" out | sed "s/\\\\[|]//g" | grep -vE "^([^|]*\|){7}$"'
ok "json" eval 'exits 1 compare before after --json && python3 -m json.tool <out >/dev/null'
cp out comparison.json
if command -v jsonschema >/dev/null; then
	schema=$SRC/results/schema/zapbench-comparison.schema.json
	sed 's/"additionalProperties": true/"additionalProperties": false/' "$schema" >strict.json
	ok "the schema describes every field" exits 0 jsonschema -i comparison.json strict.json
	sed 's/"verdict": "slower"/"verdict": "worse"/; s/"verdict":"slower"/"verdict":"worse"/' comparison.json >wrong.json
	ok "and refuses another verdict" exits 1 jsonschema -i wrong.json "$schema"
else
	skip "the schema" "no jsonschema; apt-get install python3-jsonschema"
fi
ok "json has the hostile name as it is" eval 'python3 -c "import json,sys; r=json.load(open(sys.argv[1])); assert any(\"<script>\" in c[\"name\"] and chr(27) in c[\"name\"] for c in r[\"comparisons\"])" comparison.json'

# --- too few runs
ok "two files decide nothing, and that is no regression" exits 0 compare before/0.json after/0.json
ok "how many runs would decide, and how to make them" eval 'says out "8 undecided: 1 and 1 runs: 6 a side are needed" && says out "remedy: zapbench"'
ok "points are shown all the same" eval 'in_section undecided "refault memfd eager page 2M" && grep -qE "[+](29|30|31)\.[0-9] +-$" out'

# --- what is not alike
mkdir other
for file in after/*.json; do sed 's/Simulated/Another <b>/; s/"page_size_bytes":4096/"page_size_bytes":16384/' "$file" >"other/${file##*/}"; done
ok "unlike machines are refused" exits 3 compare before other
ok "with all that differs, and the remedy" eval 'says err "unlike, machine: cpu.model: Simulated, now Another <b>" && says err "unlike, page-size: memory.page_size_bytes: 4096, now 16384" && says err "--unlike machine"'
ok "consent to one of two is not enough" exits 3 compare before other --unlike machine
ok "with consent they are compared, and marked" eval \
	'exits 1 compare before other --unlike machine,page-size && says out "UNLIKE, by consent: memory.page_size_bytes: 4096, now 16384"'
ok "a wrong kind" eval 'exits 2 compare before after --unlike machin && says err "did you mean '"'machine'"'"'
ok "nobody consents to emulation" eval 'exits 2 compare before after --unlike emulation && says err "cannot be compared with times"'
ok "emulated against not" eval 'exits 3 compare before/0.json emulated-0.json --unlike machine,run && says err "instructions of an emulated machine"'
mkdir mixed
cp after/[1-6].json mixed
sed 's/6\.12\.1-mine/6.12.9/' after/0.json >mixed/0.json
ok "two kernels on one side" eval 'exits 3 compare before mixed && says err "6.12.9 and 6.12.1-mine"'
ok "the same runs on both sides" eval 'exits 2 compare before before && says err "is on both sides"'

# --- emulated: to the instruction
ok "one instruction more per fault is a finding" exits 1 compare emulated-0.json emulated-1.json --threshold 50
ok "and is said" eval 'says out "EMULATED" && says out "+1.000" && ! grep -q " ns " out'
ok "none more is none" eval 'cp emulated-0.json again.json && exits 0 compare emulated-0.json again.json && in_section "no difference" "refault zap-heap eager around 1M"'

# --- within a run
ok "within a run" eval 'exits 1 compare one.json --by policy=eager,lazy && in_section slower "refault memfd eager page 1M" && says out "paired by"'
ok "a parameter" eval 'exits 0 compare one.json --by size=1M,4M && in_section "no difference" "refault memfd eager page 1M"'
ok "one that there is not" exits 2 compare one.json --by colour=red,blue
ok "one that nothing differs in" exits 3 compare one.json --by size=1M,2M
for bad in policy policy= "policy=a," policy=a,b,c "=a,b"; do
	ok "--by $bad is a usage error" exits 2 compare one.json --by "$bad"
done
ok "--by takes one file" exits 2 compare before/0.json after/0.json --by policy=eager,lazy

# --- files that are none
printf '{"schema": "zapbench-record", "schema_ver' >truncated.json
echo '{"schema": "hyperfine", "results": []}' >foreign.json
: >empty.json
for file in truncated foreign empty nothing; do
	ok "$file.json is an error that names it" eval "exits 2 compare before $file.json && says err $file.json && [ ! -s out ]"
done
ok "a folder without results" eval 'mkdir none && exits 2 compare before none && says err "no results file in it"'
mkdir broken
cp after/*.json broken
cp truncated.json broken/3.json
cp broken/4.json broken/copy.json
ln -s 5.json broken/latest.json
ok "a broken file of a folder is left out, and said" eval \
	'exits 1 compare before broken && says err "left out: broken/3.json" && says out "new: broken, 9 runs"'
ok "a copy of a run is no other run" says err "a copy is no other run"
ok "and the status says that not every file counted" exits 2 compare before broken --case zap
ok "a folder of nothing else" eval 'mkdir only && cp truncated.json only && exits 2 compare before only && says err "only/truncated.json"'

# --- words
ok "help" eval 'exits 0 compare --help && says out "--threshold" && says out "exit status"'
for bad in "" before "before after x" "before after --threshold x" "before after --threshold -1" "before after --case ," "before after --wrong"; do
	# shellcheck disable=SC2086
	ok "'compare $bad' is a usage error" exits 2 compare $bad
done
ok "output that cannot be written" eval '"$ZAPBENCH" compare before after >/dev/full 2>err; [ $? -eq 2 ] && says err "could not be written"'

# --- a real run against itself
measured() { "$@" >"$T/out" 2>"$T/err"; tap_status=$?; [ $tap_status -eq 0 ] || [ $tap_status -eq 3 ]; }
ok "run --aa" measured "$ZAPBENCH" run zap --aa --set size=256K --set maps=1 --budget 1 --out aa.json
ok "its table shows both halves" eval 'says out "half=1" && says out "half=2"'
ok "and how often they differed" says out "A/A: "
ok "they are compared with each other" eval '"$ZAPBENCH" compare aa.json --by half=1,2 --threshold 50 >out 2>err; [ $? -le 1 ] && says out "zap memfd"'
ok "a known delay" measured "$ZAPBENCH" run refault --policy eager --set granularity=page --set timing=batch --set size=256K \
	--set delay=0,100000 --budget 1 --out delay.json
ok "fifty times the cost is found" eval 'exits 1 compare delay.json --by delay=0,100000 --threshold 100 || says out "undisturbed rounds are too few"'
ok "a delay has no place in single events" eval 'exits 1 "$ZAPBENCH" run refault --set timing=event --set delay=10 --policy eager --set granularity=page && says err "use timing=batch"'
tap_end
