#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# zapbench history, through the program: what is added is there whatever happens meanwhile.
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

"$O/report/test/test_compare" "$T" || { echo "not ok 1 - planted runs can be written"; exit 1; }
cd "$T" || exit 1
ZAPBENCH_HISTORY=$T/history
export ZAPBENCH_HISTORY
history() { "$ZAPBENCH" history "$@"; }
runs() { history list | grep -cE '^[0-9]{4}-'; }
runs_of() { ZAPBENCH_HISTORY=$T/$1 runs; }
set -- before/*.json
before=$#
set -- after/*.json
after=$#
all=$((before + after))

# --- adding and listing
ok "no history is status 3" errs 3 "zapbench history add" -- history list
ok "and none is made by asking" [ ! -e history ]
ok "adding" exits 0 history add before/*.json after/*.json
cp out added
ok "each has a name" [ "$(grep -c '^added ' added)" -eq "$all" ]
ok "the same can be added again" exits 0 history add before/*.json
ok "each is said to be there" is "$(grep -c "^already there" out)" "$before"
ok "and is there once" is "$(runs)" "$all"
ok "with --again the same is another run" exits 0 history --db again add --again before/0.json before/0.json
ok "each time" exits 0 history --db again add --again before/0.json
ok "each has a name of its own" is "$(runs_of again)" 3
run=$(sed -n "s/added //p" out)
ok "a whole name means that run, also where other names begin with it" \
	exits 0 history --db again show --run "${run%-*}"
ok "their index can be rebuilt" exits 0 history --db again rebuild
ok "and has them all" is "$(runs_of again)" 3
ok "runs are listed" exits 0 history list
grep -oE "^[0-9]{4}-[^ ]*" out >dates
ok "the oldest first" sort -c dates
history list >listed
first=$(sed -n '1s/added //p' added)
gzip -dc "history/runs/$first.json.gz" >kept
ok "what is kept is what was added" cmp kept before/0.json
gzip -k before/0.json
ok "a compressed one is the same one" prints 0 "already there" -- history add before/0.json.gz
rm before/0.json.gz
echo "{}" >no.json
ok "a file that is no result is status 2" errs 2 "no.json" -- history --db other add no.json before/0.json
ok "the others are added" says out added
ok "a file that is not there" exits 2 history add none.json

# --- what they say over time
series=refault/memfd/eager/page/2M
ok "the series are listed" prints 0 $series -- history show
ok "in ASCII" no env LC_ALL=C grep -n "[^ -~]" out
ok "a series is shown" exits 0 history show $series
ok "with a row for each run" is "$(grep -cE "^[0-9]{4}-" out)" "$all"
ok "its first figure is that of the record" standard_python \
	"$SRC/report/test/fixtures/first_row.py" out before/0.json $series
ok "a part of names lists them" prints 0 "$series" -- history show "${series%/*}"
ok "one that is not there is status 3" errs 3 "zapbench history show lists them" -- history show nothing/of/it
ok "another machine has none of it" exits 3 history show $series --machine other
standard_python "$SRC/report/test/fixtures/nights.py" board before/0.json 1,1,environment.cpu.model=other
ok "a run of another machine is added" exits 0 history --db boards add before/*.json board-1.json
run=$(sed -n '$s/added //p' out)
rows_of() { history --db boards show $series "$@" | grep -cE "^[0-9]{4}-"; }
ok "both machines are shown" is "$(rows_of)" $((before + 1))
ok "--run shows the machine of that run" is "$(rows_of --run "$run")" 1
ok "or of another" is "$(rows_of --run "$first")" "$before"
ok "--run with an unknown run is status 3" errs 3 "zapbench history list" -- history --db boards check --run nothing

# --- removing
ok "a run is added that should not be there" exits 0 history --db remove add before/*.json
run=$(sed -n "s/added //p" out | head -n 1)
ok "it has a label" exits 0 history --db remove label "$run" wrong
ok "it is removed" prints 0 "removed: $run" "history --db remove add remove/removed/$run.json.gz" -- \
	history --db remove remove "$run"
ok "and is not listed" is "$(runs_of remove)" $((before - 1))
ok "nor in its series" is "$(history --db remove show $series | grep -cE "^[0-9]{4}-")" $((before - 1))
ok "nor under its label" [ ! -e "remove/labels/wrong/$run.json.gz" ]
ok "its file is kept" gzip -t "remove/removed/$run.json.gz"
ok "a rebuilt index does not have it" exits 0 history --db remove rebuild
ok "either" is "$(runs_of remove)" $((before - 1))
ok "it is restored" exits 0 history --db remove add "remove/removed/$run.json.gz"
ok "and counts again" is "$(history --db remove show $series | grep -cE "^[0-9]{4}-")" "$before"
mv "remove/runs/$run.json.gz" .
ok "a file that somebody took away is not in the index" is "$(runs_of remove)" $((before - 1))
ok "nor in its series" is "$(history --db remove show $series | grep -cE "^[0-9]{4}-")" $((before - 1))
ok "a run that is not there is status 3" exits 3 history --db remove remove none

# --- labels
for i in $(seq "$all"); do
	label=before
	[ "$i" -le "$before" ] || label=after
	history label "$(sed -n "${i}s/added //p" added)" "$label" || echo "label $i"
done >labelled 2>&1
ok "runs are put under labels" [ ! -s labelled ]
ok "and are listed with them" [ "$(history list | grep -c '  label before')" -eq "$before" ]
ok "compare takes labels" exits 1 "$ZAPBENCH" compare --unlike configurations before after
cp out by_folder
mkdir elsewhere
grep -v "^base: \|^new: " by_folder >wanted
ok "from another folder, too" exits 1 env -C elsewhere "$ZAPBENCH" compare --unlike configurations before after
grep -v "^base: \|^new: " out >got
ok "with the same answer" cmp wanted got
ok "what is no label, file or folder is named" \
	errs 2 neither -- env -C elsewhere "$ZAPBENCH" compare before neither
for name in ../x a/b '' -x .x 'a b' 'a
b' '<b>'; do
	ok "'$name' is no label" exits 2 history label -- "$first" "$name"
done
ok "an unknown run is status 3" exits 3 history label nothing before
ok "the beginning of several is status 3" errs 3 "several" -- history label "" before

# --- the index is made again
history list >listed
history show $series >shown
same() { history list | cmp - listed && history show $series | cmp - shown; }
rm history/index.db*
ok "without an index all is there" same
head -c 20000 /dev/urandom >history/index.db
ok "a broken index is status 4, with the fix" errs 4 "zapbench history rebuild" -- history list
ok "which is a rebuild" exits 0 history rebuild
ok "then all is there" same
standard_python "$SRC/report/test/fixtures/index_version.py" history/index.db 99
ok "the index of another version is made again" same
cp "history/runs/$first.json.gz" one.gz
mkdir lost && history --db lost add before/1.json >out
cp one.gz "lost/runs/$first.json.gz"
ok "a run whose adding was cut off before the index comes into it" is "$(runs_of lost)" 2

# --- files that break
head -c 300 one.gz >"history/runs/$first.json.gz"
ok "a file that broke is set aside and named" errs 4 "set aside as" "$first" -- history rebuild
ok "it is kept" [ -s "history/bad/$first.json.gz" ]
ok "and the others are there" is "$(runs)" $((all - 1))
ok "with their labels" is "$(history list | grep -c "  label after")" "$after"
ok "once" exits 0 history rebuild
ok "it can be added again" exits 0 history add before/0.json
ok "then all is there" same
# shellcheck disable=SC2016 # that is the name
sed 's/"id":"[^"]*"/"id":"..\/..\/escape $(touch x) <b>"/' before/0.json >hostile.json
ok "a hostile name is added" exits 0 history --db hostile add hostile.json
ok "under some name" [ -n "$(ls hostile/runs)" ]
ok "and stays within" is "$(find . -name "*escape*" | grep -v "^./hostile/runs/")" ""

# --- all at once, killed, and without room
# Several times: the first processes that open an index seldom meet.
times=5
for i in $(seq $times); do
	for file in before/*.json after/*.json; do
		history --db "at_once$i" add "$file" >>at_once.out 2>&1 &
	done
	wait
done
ok "many processes add at once" is "$(grep -c "^added" at_once.out)" $((times * all))
ok "and all is there" is "$(runs_of at_once$times)" "$all"
# waiting NUMBER: so many wait for their turn at the folder "turns", or the last of them does not wait.
waiting()
{
	while kill -0 $! && [ "$(grep -c -- "->.*:$(stat -c %i turns) " /proc/locks)" -lt "$1" ]; do
		sleep 0.05
	done 2>/dev/null
}
history --db turns add before/0.json >/dev/null
mkfifo go
flock turns sh -c "read line <go; ls turns/runs/*.gz" >during &
while flock -n turns true; do sleep 0.05; done
count=0
for file in after/2.json after/1.json after/0.json; do
	count=$((count + 1))
	history --db turns add $file >turns.$count &
	waiting $count
done
ok "while another one has its turn, it can be read" is "$(runs_of turns)" 1
echo >go
wait
ok "but nobody adds" is "$(wc -l <during)" 1
sed -n "s/added //p" turns.? >came
grep -v "^$" turns/order | tail -n 3 | cut -f 2 >went
ok "those who wait add in the order in which they came" cmp came went
for i in $(seq 40); do
	history --db killed add before/*.json after/*.json >/dev/null 2>&1 &
	adding=$!
	sleep "0.0$((i % 10))"
	kill -9 $adding 2>/dev/null
	wait $adding 2>/dev/null
	[ "$((i % 10))" -ne 0 ] || rm -f killed/runs/*1.json.gz killed/index.db*
done
ok "killed at any time, every file is whole" gzip -t killed/runs/*.json.gz
ok "and adding goes on" exits 0 history --db killed add before/*.json after/*.json
ok "until all is there" is "$(runs_of killed)" "$all"
ok "and nothing was broken" is "$(ls killed/bad)" ""
ok "without room it is status 4" \
	exits 4 without_room 8 "$ZAPBENCH" history --db full add before/0.json after/0.json
ok "and no part of a file is left" is "$(find full/runs -type f | grep -v "json.gz$")" ""
ok "then there is room, and it is added" exits 0 history --db full add before/0.json

# --- usage
ok "help" exits 0 history --help
ok "no line of it is wider than 105 columns" no grep -E "^.{106,}" out
for arguments in "" "add" "list it" "show a b" "label one" "forget" "--nothing"; do
	# shellcheck disable=SC2086 # words
	ok "history $arguments is status 2" exits 2 history $arguments
done
tap_end
