#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every exit status that a command's --help lists happens, and no other one: what a script may rely on.
# one CPU: zapbench chooses the same CPU in all tests, which would wait for each other
# measures: the exit status of a run tells whether it has figures
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

cd "$T" || exit 1
unset ZAPBENCH_HISTORY
"$O/report/test/test_compare" "$T" || { echo "not ok 1 - planted runs can be written"; exit 1; }
# shellcheck source=report/test/fixtures/nights.sh
. "$SRC/report/test/fixtures/nights.sh"
commands=$("$ZAPBENCH" __complete '' | grep -v '^-')
to_full() { "$@" >/dev/full; }
to_closed() { "$@" >&-; }

# walk COMMAND STATUS NAME WORD...: the command with these words ends with STATUS
: >walked
walk()
{
	walk_command=$1
	walk_status=$2
	walk_name=$3
	shift 3
	echo "$walk_command $walk_status" >>walked
	ok "$walk_command, status $walk_status: $walk_name" exits "$walk_status" "$@"
}

# --- what the table says
statuses_of() { sed -n '/^exit status$/,/^$/s/^  \([0-9][0-9]*\)\( + signal\)\{0,1\}  .*/\1/p'; }
"$ZAPBENCH" --help | statuses_of >all
for command in $commands; do
	"$ZAPBENCH" "$command" --help | statuses_of >of_command
	ok "$command lists its statuses" [ -s of_command ]
	ok "each is one of those of all commands" is "$(grep -vxFf all of_command)" ""
	sed "s/^/$command /" of_command >>listed
done
"$ZAPBENCH" __man status >man.out
while read -r status; do
	ok "the man page has status $status" grep -qE "^\.It $status( |\$)" man.out
done <all

# --- an answer that nobody can read is a failure; compare, ab and history have another status for it
for command in $commands; do
	walk "$command" 0 "help" "$ZAPBENCH" "$command" --help
	walk "$command" 2 "an unknown option" "$ZAPBENCH" "$command" --nonsense
	case $command in
	compare | ab | history) walk "$command" 4 "help onto a full disk" to_full "$ZAPBENCH" "$command" --help ;;
	*) walk "$command" 1 "help onto a full disk" to_full "$ZAPBENCH" "$command" --help ;;
	esac
done
ok "it says why" says err "standard output: No space left on device"
ok "a closed standard output is another one" exits 4 to_closed "$ZAPBENCH" history --help
ok "that is said, too" says err "standard output: Bad file descriptor"
ok "--help" exits 1 to_full "$ZAPBENCH" --help
ok "--version" exits 1 to_full "$ZAPBENCH" --version
walk list 0 "list" "$ZAPBENCH" list
walk list 1 "list onto a full disk" to_full "$ZAPBENCH" list
walk info 0 "info" "$ZAPBENCH" info
walk info 1 "info onto a full disk" to_full "$ZAPBENCH" info
walk list 2 "an argument" "$ZAPBENCH" list 1
walk identify 0 "identify" "$ZAPBENCH" identify memfd
walk identify 1 "identify onto a full disk" to_full "$ZAPBENCH" identify memfd
walk identify 2 "a heap that is not there" "$ZAPBENCH" identify no-such-heap
walk observe 3 "a program without dma-bufs" "$ZAPBENCH" observe -- true
walk observe 1 "a program that fails" "$ZAPBENCH" observe -- false
walk observe 2 "no program" "$ZAPBENCH" observe

# --- run
small="--set size=64K --set maps=1 --policy eager --quiet"
newest() { readlink results/runs/latest.json; }
walk run 0 "a run" measured "$ZAPBENCH" run null --budget 0.1 --quiet
before=$(newest)
if "$ZAPBENCH" run refault --policy uncached --dry-run >out 2>&1; then
	skip "no policy that this machine has" "the kernel carries out all of them"
else
	walk run 1 "a policy that is not here" "$ZAPBENCH" run --policy uncached --budget 0.1
	ok "the reason is said" says err "cannot imitate policy uncached" "fix: "
fi
walk run 1 "an event that nobody knows" "$ZAPBENCH" run null --events cylces,page-faults --budget 0.1
ok "with the nearest" says err "unknown event cylces" "did you mean cycles?"
walk run 1 "no event that can be counted" "$ZAPBENCH" run null --events tracepoint:no:event --budget 0.1
ok "the same in a dry run" exits 1 "$ZAPBENCH" run null --events cylces --dry-run
ok "after none of them another result is the newest" is "$(newest)" "$before"
mkdir begun
# shellcheck disable=SC2086 # options
"$ZAPBENCH" run zap $small --budget 60 --precision 0.01 --out begun/ >/dev/null 2>&1 &
ok "a run begins" has_rounds begun
sleep 1 # longer than the budget below, so that no round is added
kill -9 $!
wait
# wrong LINES: other faults than expected in the rounds of these lines, which then have no checksum
wrong()
{
	sed "s/--budget 60/--budget 0.1/; s/,\"crc32\":[0-9]*}\$/}/; $1s/\(\"configurations\":\[\[[^,]*\),[0-9]*,/\1,7,/" \
		"$journal"
}
wrong '2,$' >invalid.json.journal
wrong 2 >some.json.journal
cp some.json.journal recovered.json.journal
sed '2s/:/;/' some.json.journal >damaged.json.journal
ln -s none latest.json
walk run 3 "some samples are invalid" "$ZAPBENCH" run --resume some.json.journal --quiet
ok "that result is the newest" is "$(readlink latest.json)" some.json
walk run 1 "nothing but invalid samples" "$ZAPBENCH" run --resume invalid.json.journal --quiet
ok "the reason is said" says err "nothing was measured"
ok "the samples are kept" [ -s invalid.json ]
ok "but not as the newest result" is "$(readlink latest.json)" some.json
interrupted()
{
	mkdir -p interrupted
	# shellcheck disable=SC2086 # options
	terminal "$ZAPBENCH" run zap $small --budget 60 --precision 0.01 --out interrupted/ &
	has_rounds interrupted && kill -INT $!
	wait $!
}
ok "run, status 130: interrupted" exits 130 interrupted
echo "run 128" >>walked
walk run 2 "a wrong number" "$ZAPBENCH" run --budget x
walk run 2 "a file that is not a journal" "$ZAPBENCH" run --resume none.json.journal

# --- compare
walk compare 0 "nothing changed" "$ZAPBENCH" compare emulated-0.json emulated-0.json
cp emulated-0.json again.json
walk compare 0 "the same again" "$ZAPBENCH" compare emulated-0.json again.json
walk compare 1 "a regression" "$ZAPBENCH" compare emulated-0.json emulated-1.json
walk compare 0 "one policy costs more than another" "$ZAPBENCH" compare one.json --by policy=eager,lazy
ok "which is said" says out slower
walk compare 2 "a file that is not a result" "$ZAPBENCH" compare before none.json
walk compare 3 "nothing in common" "$ZAPBENCH" compare one.json --by size=1M,2M
walk compare 4 "a regression onto a full disk" to_full "$ZAPBENCH" compare emulated-0.json emulated-1.json

# --- ab
walk ab 0 "A and B in one command" "$ZAPBENCH" ab --a true --b true --pairs 1 --dir ab -- null --budget 0.1
resumed() { "$ZAPBENCH" ab --resume ab/plan.json; }
rm ab/a/* ab/b/*
cp emulated-0.json ab/a
cp emulated-1.json ab/b
walk ab 1 "a regression" resumed
walk ab 4 "a regression onto a full disk" to_full resumed
cp one.json ab/b/emulated-1.json
walk ab 3 "instructions and times" resumed
walk ab 2 "a file that is not a plan" "$ZAPBENCH" ab --resume one.json
walk ab 4 "a command that fails" "$ZAPBENCH" ab --a false --b false --dir ab-failed
ab_interrupted()
{
	# The signal comes while a command is at work, and ab waits for its end.
	# shellcheck disable=SC2016 # for the command
	command='touch begun-ab; for _ in $(seq 300); do [ ! -e end-ab ] || break; sleep 0.1; done'
	terminal "$ZAPBENCH" ab --a "$command" --b "$command; true" --dir ab-stopped &
	for _ in $(seq 200); do
		[ ! -e begun-ab ] || break
		sleep 0.1
	done
	kill -INT $!
	touch end-ab
	wait $!
}
ok "ab, status 130: interrupted" exits 130 ab_interrupted
echo "ab 128" >>walked

# --- model, report, export, recover
emulated=$SRC/results/reference/qemu-6.12-4k.json
walk model 0 "unit costs" "$ZAPBENCH" model "$emulated"
walk model 1 "too few configurations" "$ZAPBENCH" model one.json
walk model 1 "onto a full disk" to_full "$ZAPBENCH" model "$emulated"
walk model 2 "no file" "$ZAPBENCH" model
walk model 2 "a file that is not a result" "$ZAPBENCH" model none.json
walk report 0 "written" "$ZAPBENCH" report one.json --no-pdf
walk report 2 "a file that is not a result" "$ZAPBENCH" report none.json --no-pdf
walk report 2 "one of two" "$ZAPBENCH" report none.json one.json --no-pdf
touch file
walk report 1 "a folder that cannot be" "$ZAPBENCH" report one.json --no-pdf --out file/report
walk export 0 "csv" "$ZAPBENCH" export --to csv one.json
walk export 1 "onto a full disk" to_full "$ZAPBENCH" export --to csv one.json
walk export 3 "nothing that the format can hold" "$ZAPBENCH" export --to google-benchmark "$emulated"
walk export 2 "a file that is not a result" "$ZAPBENCH" export --to csv none.json
walk recover 2 "a file that is not a journal" "$ZAPBENCH" recover none.json.journal
walk recover 1 "a result that is there" "$ZAPBENCH" recover recovered.json.journal --out one.json
walk recover 0 "a journal" "$ZAPBENCH" recover recovered.json.journal
walk recover 3 "a damaged line" "$ZAPBENCH" recover damaged.json.journal

# --- history
walk history 3 "no history" "$ZAPBENCH" history list
cp "$SRC"/results/schema/*.json .
walk history 2 "files that are not results are named" "$ZAPBENCH" history add zapbench*.schema.json one.json
schemas=$(find . -maxdepth 1 -name 'zapbench*.schema.json' | wc -l)
ok "each of them" is "$(grep -c "not added: zapbench.*schema.json" err)" "$schemas"
ok "the others are added" grep -q "^added " out
walk history 0 "results/*.json as the project has them" "$ZAPBENCH" history add "$SRC"/results/reference/*.json
walk history 0 "list" "$ZAPBENCH" history list
walk history 4 "list onto a full disk" to_full "$ZAPBENCH" history list
walk history 2 "a file that is not there" "$ZAPBENCH" history add none.json
walk history 3 "a run that is not there" "$ZAPBENCH" history acknowledge none
# shellcheck disable=SC2086 # words
nights few before/0.json 1,1
walk history 3 "too few runs" "$ZAPBENCH" history --db few check
nights exact "$emulated" 1,1 2,1
walk history 0 "no regression" "$ZAPBENCH" history --db exact check
standard_python "$SRC/report/test/fixtures/instruction_more.py" exact-1.json planted.json >planted
history add planted.json >out.added
walk history 1 "a regression" "$ZAPBENCH" history --db exact check
walk history 4 "which is not said onto a full disk" to_full "$ZAPBENCH" history --db exact check
walk history 0 "which is acknowledged" "$ZAPBENCH" history --db exact acknowledge "$(sed -n 's/^added //p' out.added)"
plant gone before/0.json 1,1 2,1 3,1 4,1 5,1 6,1
standard_python "$SRC/report/test/fixtures/without.py" zap/ gone-2.json gone-3.json gone-4.json gone-5.json gone-6.json
db=gone
history add gone-*.json >out
walk history 5 "configurations that are no longer measured" "$ZAPBENCH" history --db gone check
echo nonsense >exact/index.db
rm -f exact/index.db-*
walk history 4 "a broken index" "$ZAPBENCH" history --db exact check

# --- nothing is left out
sort -u walked >happened
sort -u listed >documented
ok "every documented status happens, and every other one is undocumented" is "$(diff documented happened)" ""
tap_end
