#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# zapbench compare, through the program, on runs with planted answers (report/test/test_compare.c) and on real ones.
# one CPU: zapbench chooses the same CPU in all tests, which would wait for each other
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

"$O/report/test/test_compare" "$T" || { echo "not ok 1 - planted runs can be written"; exit 1; }
cd "$T" || exit 1
# Each side of what was planted has a configuration that the other lacks.
compare() { "$ZAPBENCH" compare --unlike configurations "$@"; }
# section TITLE FILE: the rows below it, up to the next
section()
{
	awk -v title="$1" '
		index($0, title " (") == 1 { on = 1; next }
		/^[a-z].*\([0-9]+\) / || /^$/ { on = 0 }
		on' "$2"
}
# in_section TITLE TEXT...: the section of the last output has each TEXT
in_section()
{
	section "$1" out >rows_of_section
	shift
	says rows_of_section "$@"
}

# --- what was planted
ok "a regression is status 1" exits 1 compare before after
cp out table
ok "no line is wider than 75 columns" no grep -E "^.{76,}" table
ok "the table is ASCII, hostile names too" no env LC_ALL=C grep -n "[^ -~]" table
ok "the table says that the kernels differ" says table "kernel.release: 6.12.1, now 6.12.1-mine"
ok "the slower ones" in_section slower "refault memfd eager page 2M" "refault memfd eager page 1M"
ok "the faster one" in_section faster "refault memfd eager buffer 1M"
ok "the inconclusive ones" in_section inconclusive "zap memfd eager page 1M" "zap memfd lazy page 1M"
ok "those that are the same" in_section "no difference" "refault memfd lazy page 1M"
sections() { grep -oE "^(slower|faster|inconclusive|no difference)" table | tr "\n" ,; }
ok "the sections are in order of importance" is "$(sections)" "slower,faster,inconclusive,no difference,"
section slower table | head -n 1 >first
ok "the largest regression is first" says first "refault memfd eager page 2M"
section faster table >faster_rows
ok "a change has its figures" grep -qE "buffer 1M +1[0-9]{3}|buffer 1M +9[0-9.]+" faster_rows
ok "and its percentage" grep -qE " -(19|20|21)\.[0-9] " faster_rows
ok "configurations of one run set are named" \
	says table "zap/memfd/eager/page/4M: only in base" "zap/memfd/eager/page/8M: only in new"
ok "no regression is status 0" exits 0 compare before after --case zap
ok "and no row is slower" no grep -q "^slower" out
ok "with base and new exchanged the comparison is another" exits 1 compare after before
ok "what was faster is slower" in_section slower "refault memfd eager buffer 1M"
ok "a threshold above all changes" exits 0 compare before after --threshold 50
ok "one policy" exits 0 compare before after --policy lazy
ok "shows no other policy" lacks out "memfd eager"

# --- Markdown and JSON
if command -v script >/dev/null; then
	TERM=xterm script -qec "$ZAPBENCH compare before after --unlike configurations" typed >/dev/null
	ok "in a terminal what is slower is red" says typed "$(printf '\033[31m')"
	ok "what is faster is green" says typed "$(printf '\033[32m')"
	TERM=xterm NO_COLOR=1 script -qec "$ZAPBENCH compare before after --unlike configurations" typed >/dev/null
	ok "unless NO_COLOR is set" lacks typed "$(printf '\033')"
else
	skip "colours on a terminal" "no script(1)"
fi
ok "markdown" prints 1 "| slower | refault memfd eager page 2M |" -- compare before after --markdown
ok "a hostile name stays text in markdown" says out '\|\<script\>\*'
ok "and nothing of it is an element" no grep "[^\\]<script" out
# A bar that is text has a backslash before it.
grep "^|" out | sed 's/\\[|]//g' >rows
ok "each row of markdown has its eight bars" no grep -vE "^([^|]*\|){8}$" rows
ok "json" exits 1 compare before after --json
cp out comparison.json
ok "json is well-formed" exits 0 python3 -m json.tool comparison.json
if command -v jsonschema >/dev/null; then
	schema=$SRC/results/schema/zapbench-comparison.schema.json
	sed 's/"additionalProperties": true/"additionalProperties": false/' "$schema" >strict.json
	ok "the schema describes every field" exits 0 jsonschema -i comparison.json strict.json
	sed 's/"verdict": "slower"/"verdict": "worse"/; s/"verdict":"slower"/"verdict":"worse"/' comparison.json >wrong.json
	ok "and refuses another verdict" exits 1 jsonschema -i wrong.json "$schema"
else
	skip "the schema" "no jsonschema; apt-get install python3-jsonschema"
fi
ok "json has the hostile name as it is" standard_python "$SRC/report/test/fixtures/hostile_name.py" comparison.json

# --- too few runs
ok "two files decide nothing, and that is no regression" exits 0 compare before/0.json after/0.json
ok "it says why, and how to get more boots" \
	says out "8 inconclusive: one boot on each side" "run each time: zapbench run --out base/"
ok "the estimates are shown" in_section inconclusive "refault memfd eager page 2M"
ok "with their difference and without an interval" grep -qE "[+](29|30|31)\.[0-9] +-$" out

ok "runs of several boots are not within one" errs 2 "not all runs are of one boot" -- \
	compare before after --within-boot

# --- what is not alike
mkdir other
for file in after/*.json; do
	sed 's/Simulated/Another <b>/; s/"page_size_bytes":4096/"page_size_bytes":16384/' "$file" >"other/${file##*/}"
done
ok "runs of different machines are refused" exits 3 compare before other
ok "with all that differs, and what to do" says err "different machine: cpu.model: Simulated, now Another <b>" \
	"different page-size: memory.page_size_bytes: 4096, now 16384" "--unlike machine"
ok "an override of one of two is not enough" exits 3 compare before other --unlike machine
ok "with the override they are compared, and marked" \
	prints 1 "DIFFERS, overridden: memory.page_size_bytes: 4096, now 16384" -- \
	compare before other --unlike machine,page-size
mkdir module
for file in after/*.json; do
	sed 's/"zap_heaps": *"[^"]*"/"zap_heaps":"module, shim 1"/' "$file" >"module/${file##*/}"
done
ok "the modules and the patch are refused" errs 3 "different zap-heaps: zap_heaps: no module, now module, shim 1" -- \
	compare before module
ok "with the override they are compared, and marked" prints 1 "DIFFERS, overridden: zap_heaps: no module" -- \
	compare before module --unlike zap-heaps
ok "an unknown word" errs 2 "did you mean 'machine'" -- compare before after --unlike machin
ok "emulation has no override" errs 2 "cannot be compared with times" -- compare before after --unlike emulation
ok "emulated against a board: one line, whatever else differs" errs 3 \
	"not comparable: instructions of an emulated machine and times" -- \
	compare "$SRC/results/reference/qemu-6.12-4k.json" before/0.json
ok "and the fix" is "$(wc -l <err)" 2
ok "emulated runs and timed runs" errs 3 "instructions of an emulated machine" -- \
	compare before/0.json emulated-0.json --unlike machine,run
other_set() { errs 3 "$@" -- "$ZAPBENCH" compare before after; }
ok "other configurations are refused, and named" other_set "different configurations: set of configurations: 9" \
	"of which not all runs have zap/memfd/eager/page/4M" "--unlike configurations"
ok "with the override the table says so" says table "DIFFERS, overridden: set of configurations: 9"
mkdir mixed
cp after/[1-6].json mixed
sed 's/6\.12\.1-mine/6.12.9/' after/0.json >mixed/0.json
ok "two kernels in one run set" errs 3 "6.12.9 and 6.12.1-mine" -- compare before mixed
ok "the same runs in both run sets" errs 2 "is in base and in new" -- compare before before

# --- emulated: to the instruction
ok "one instruction more per fault is a regression" exits 1 compare emulated-0.json emulated-1.json --threshold 50
ok "the table says how many" says out "EMULATED" "+1.000"
ok "and names no time" lacks out " ns "
cp emulated-0.json again.json
ok "no instruction more is no regression" exits 0 compare emulated-0.json again.json
ok "and no difference" in_section "no difference" "refault zap-heap eager around 1M"

# --- within a run
ok "within a run, which is no regression" prints 0 "paired by" -- compare one.json --by policy=eager,lazy
ok "the slower policy" in_section slower "refault memfd eager page 1M"
ok "a parameter" exits 0 compare one.json --by size=1M,4M
ok "without a difference" in_section "no difference" "refault memfd eager page 1M"
ok "an unknown parameter" exits 2 compare one.json --by colour=red,blue
ok "a value that no configuration has" exits 3 compare one.json --by size=1M,2M
for bad in policy policy= "policy=a," policy=a,b,c "=a,b"; do
	ok "--by $bad is a usage error" exits 2 compare one.json --by "$bad"
done
ok "--by takes one file" exits 2 compare before/0.json after/0.json --by policy=eager,lazy

# --- files that are none
printf '{"schema": "zapbench-record", "schema_ver' >truncated.json
echo '{"schema": "hyperfine", "results": []}' >foreign.json
: >empty.json
for file in truncated foreign empty nothing; do
	ok "$file.json is an error that names it" errs 2 "$file.json" -- compare before "$file.json"
	ok "and nothing is printed" [ ! -s out ]
done
mkdir none
ok "a folder without results" errs 2 "no results file there" -- compare before none
mkdir broken
cp after/*.json broken
cp truncated.json broken/3.json
cp broken/4.json broken/copy.json
ln -s 5.json broken/latest.json
ok "a broken file of a folder is left out" errs 1 "not used: broken/3.json" -- compare before broken
ok "the table counts the others" says out "new: broken, 9 runs"
ok "a copy of a run is not counted again" says err "a copy of run"
ok "and the status says that not every file counted" exits 2 compare before broken --case zap
mkdir only
cp truncated.json only
ok "a folder of nothing else" errs 2 "only/truncated.json" -- compare before only

# --- words
ok "help" prints 0 "--threshold" "exit status" -- compare --help
for bad in "" before "before after x" "before after --threshold x" "before after --threshold -1" \
	"before after --case ," "before after --wrong"; do
	# shellcheck disable=SC2086
	ok "'compare $bad' is a usage error" exits 2 compare $bad
done
onto_full() { "$@" >/dev/full; }
ok "output that cannot be written" errs 4 "No space left on device" -- onto_full compare before after

# --- a real run against itself
ok "run --aa" measured "$ZAPBENCH" run zap --aa --set size=256K --set maps=1 --budget 1 --out aa.json
ok "its table shows both halves" says out "half=1" "half=2"
ok "and how often they differed" says out "A/A: "
ok "they are compared with each other" prints 0 "zap memfd" -- \
	compare aa.json --by half=1,2 --threshold 50
ok "a known delay" measured "$ZAPBENCH" run refault --policy eager --set granularity=page --set timing=batch \
	--set size=256K --set delay=0,100000 --budget 1 --out delay.json
found_or_too_few()
{
	prints 0 "paired by" -- compare "$@" || return 1
	in_section slower refault || grep -qE "undisturbed round( is|s are) too few" out
}
ok "fifty times the cost is found" found_or_too_few delay.json --by delay=0,100000 --threshold 100
ok "a delay needs timing=batch" errs 1 "use timing=batch" -- \
	"$ZAPBENCH" run refault --set timing=event --set delay=10 --policy eager --set granularity=page
tap_end
