#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The real program from end to end: what it measures, prints, writes and answers. cases.sh has what the cases measure.
# slow: runs of seconds
# measures: its runs have a second, and want a figure
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

# --- what is there
ok "help" exits 0 "$ZAPBENCH" --help
ok "help of run names every parameter" prints 0 "touched" "--loop SECONDS" -- "$ZAPBENCH" run --help
ok "version" prints 0 "zapbench 0." -- "$ZAPBENCH" --version
ok "list says what is not here, and why" prints 0 "refault on memfd" "fix:" -- "$ZAPBENCH" list
if [ -e /dev/udmabuf ]; then
	skip "list names the missing udmabuf" "this machine has /dev/udmabuf"
else
	ok "list names the missing udmabuf" says "$T/out" "not here: /dev/udmabuf"
	ok "a source that is not here is an error with its fix" \
		errs 1 "fix: sudo modprobe udmabuf" -- "$ZAPBENCH" run --source udmabuf
fi
ok "policies with the same calls are listed as one" \
	prints 0 "eager+lazy   page    write  zap: madvise(MADV_DONTNEED)" -- "$ZAPBENCH" list
ok "info" prints 0 "page_size_bytes" "resolution_ns" -- "$ZAPBENCH" info
has_pmu() { [ -n "$(find /sys/bus/event_source/devices -name cpu -o -name 'armv8*' 2>/dev/null)" ]; }
if has_pmu; then
	skip "info: no event without a PMU, with the reason" "this machine has a PMU"
else
	ok "info: no event without a PMU, with the reason" grep -qE "^  cycles +not counted: " "$T/out"
fi

# --- wrong words
ok "a wrong command is answered with the nearest" errs 2 "did you mean 'run'" -- "$ZAPBENCH" rnu
ok "a wrong case" errs 2 "did you mean 'refault'" -- "$ZAPBENCH" run refualt
ok "a wrong parameter" errs 2 "did you mean 'access'" -- "$ZAPBENCH" run --set acess=read
ok "a wrong value" errs 2 "did you mean 'eager'" -- "$ZAPBENCH" run --policy egaer
ok "a wrong option" errs 2 "did you mean --budget?" -- "$ZAPBENCH" run --bugdet 3
ok "a wrong profile" errs 2 "did you mean 'quick'" -- "$ZAPBENCH" run --profile quikc
for bad in --budget=-1 --budget=x --precision=0 --cpu=1.5 --seed=-1 --repeat=0 --label=x --set=size=4097 --loop=0; do
	ok "$bad is a usage error" exits 2 "$ZAPBENCH" run "$bad"
done
ok "a CPU that does not exist is named" errs 1 "4095" -- "$ZAPBENCH" run null --cpu 4095
ok "a parameter without effect" errs 2 "no effect" -- "$ZAPBENCH" run null --set maps=2
ok "model without a file" exits 2 "$ZAPBENCH" model
ok "model: a wrong number" errs 2 "--bytes: expected a number from 4096" -- "$ZAPBENCH" model x --bytes 4X
ok "model: a question without a size" errs 2 "give --bytes" -- "$ZAPBENCH" model x --maps 2
ok "model: a file that is not there" errs 2 "nothing.json" -- "$ZAPBENCH" model "$T/nothing.json"
ok "the round's process is not for users" exits 2 "$ZAPBENCH" __round 0

# --- a run
mkdir "$T/r"
ok "a run of everything, quickly" measured "$ZAPBENCH" run --budget 3 --seed 7 --label kernel=stock \
	--label 'who="me" <&>' --out "$T/r/"
status=$tap_status
cp "$T/out" "$T/table"
cp "$T/err" "$T/progress"
grep -v "^results: " "$T/table" >"$T/lines"
ok "the table fits a mail: 78 columns" no grep -E "^.{79,}" "$T/lines"
ok "the finding comes first" sh -c "head -n 1 '$T/table' | grep -q '^finding: '"
ok "where userspace imitates the policies it names no winner" \
	grep -qE '^finding: (No recommendation|Inconclusive): ' "$T/table"
ok "the table is ASCII" no env LC_ALL=C grep -n "[^ -~]" "$T/table"
ok "progress without a terminal is plain lines" no grep "[[:cntrl:]]" "$T/progress"
ok "a run says what it will do before it does it" \
	grep -qE "^zapbench: [0-9]+ configurations, [0-9]+ skipped; warm-up first$" "$T/progress"
times="[0-9.e-]+ s per round: at most 3 s of rounds, then [0-9]+ s to count events; ends by [0-9:]+$"
ok "and how long it takes" grep -qE "$times" "$T/progress"
ok "and what takes the time before the rounds" says "$T/progress" "checking the bytes and mappings of each source"
ok "the table says what userspace cannot do" says "$T/table" "NOT measured: write-combined"
file=$T/r/latest.json
ok "latest.json is a link" [ -L "$file" ]
ok "to the record" [ -s "$file" ]
ok "no journal is left" is "$(find "$T/r" -name "*.journal")" ""
ok "the record has its seed" is "$(record "$file" get run.seed)" 7
ok "and its labels and command" says "$file" "stock" "--budget 3"
# What else goes on in the machine may take a page away now and then: such a sample must be marked, and be rare.
wrong=$(record "$file" wrong-faults)
samples=$(record "$file" all-samples)
ok "samples took the expected faults" less "$wrong" "$((samples / 100))"
ok "and the status says whether all did" is "$status" "$([ "$wrong" -eq 0 ] && echo 0 || echo 3)"
ok "no major fault" is "$(record "$file" major-faults)" 0
written=refault/memfd/eager+lazy/page/4M
ok "a page-wise write refault is one fault per page" \
	is "$(record "$file" ratio faults_expected operations $written)" 1.0
ok "the control takes none" is "$(record "$file" field faults_expected refault/memfd/cached/none/4M)" 0
ok "every configuration ran in every round" is "$(record "$file" rounds)" "$(record "$file" get rounds.count)"
ok "in shuffled order, each position once per round" is "$(record "$file" shuffled)" yes
if [ "$sanitized" = yes ]; then
	skip "the harness costs at most 1 % of a refault" "the sanitizers' cost is not the harness's"
else
	null=$(record "$file" unit-time null)
	page=$(record "$file" unit-time $written)
	ok "the harness costs at most 1 % of a refault" less "$null" "$(awk -v p="$page" 'BEGIN { print p / 100 }')"
fi
if command -v jsonschema >/dev/null; then
	ok "the record is what its schema says" exits 0 jsonschema -i "$file" "$SRC/results/schema/zapbench.schema.json"
else
	skip "the record is what its schema says" "no jsonschema; apt-get install python3-jsonschema"
fi

# --- the same seed at the same time: each run has a name of its own
mkdir "$T/at-once"
for _ in 1 2 3 4 5 6 7 8; do
	"$ZAPBENCH" run null --seed 3 --budget 0.1 --quiet --out "$T/at-once/" 2>>"$T/at-once.err" &
done
wait
ok "eight runs of one seed in one second are eight results" is \
	"$(find "$T/at-once" -type f -name "*.json" | wc -l)" 8
ok "and none of them met the journal of another" \
	is "$(grep -c "it is the journal of a stopped run" "$T/at-once.err")" 0

# --- the same seed is the same order
"$ZAPBENCH" run null zap frame --budget 0.3 --seed 3 --quiet --out "$T/a.json"
"$ZAPBENCH" run null zap frame --budget 0.3 --seed 3 --quiet --out "$T/b.json"
# On a busy machine one of them may have a single round.
both=2
for name in a b; do
	count=$(record "$T/$name.json" get rounds.count)
	[ "$count" -ge "$both" ] || both=$count
done
ok "one seed, one order of rounds" is \
	"$(record "$T/a.json" positions "$both")" "$(record "$T/b.json" positions "$both")"

# --- plan, loop, repeat, standard output
mkdir "$T/dry"
ok "a dry run says how long a run takes" \
	prints 0 "A round took" "minutes at most" -- env -C "$T/dry" "$ZAPBENCH" run --dry-run
ok "and writes nothing" is "$(ls "$T/dry")" ""
ok "one configuration is no plural" prints 0 "1 configuration, 0 skipped" -- \
	"$ZAPBENCH" run null --budget 0.1 --dry-run
ok "a loop takes one configuration" errs 2 "choose one" -- "$ZAPBENCH" run refault --loop 1
# How many repetitions a pass has depends on the clock.
ok "a loop" errs 0 " pages, 0 of them with unexpected fault counts" -- \
	"$ZAPBENCH" run refault --set granularity=page --set timing=batch --policy eager --loop 0.3
mkdir "$T/n"
ok "three runs" exits 0 "$ZAPBENCH" run null --repeat 3 --budget 0.1 --quiet --out "$T/n/x.json"
# shellcheck disable=SC2012 # names of the program's own
ok "repeat makes one file per run" is "$(ls "$T/n" | tr '\n' ' ')" "latest.json x-1.json x-2.json x-3.json "
ok "the record on standard output" errs 0 "ns/page" -- "$ZAPBENCH" run null --budget 0.1 --out -
ok "is JSON" "$python" -m json.tool "$T/out" "$T/formatted"
ok "repeat does not go to standard output" exits 2 "$ZAPBENCH" run --repeat 2 --out -

# --- in a terminal
if command -v script >/dev/null; then
	# typed SETTING...: a run in a terminal, with these in its environment
	typed() { env "$@" script -qec "TERM=xterm $ZAPBENCH run null --budget 0.3 --out $T/o.json" "$T/typed" >/dev/null; }
	typed COLUMNS=80
	ok "a terminal gets one line that is redrawn, in colour" says "$T/typed" "$(printf '\r\033[36m')"
	typed NO_COLOR=1
	ok "NO_COLOR is honoured" lacks "$T/typed" "$(printf '\033')"
	script -qec "stty cols 120; $ZAPBENCH run refault --policy eager --budget 3 --out $T/o.json" "$T/typed" >/dev/null
	tr '\r' '\n' <"$T/typed" >"$T/lines"
	# A busy machine may leave a row without an interval until the end.
	figure='(widest: [^ ]+ [0-9.]+ ns \+-[0-9.]+ %|no interval yet: [^ ]+ ([0-9.]+ ns|.*$))'
	ok "progress has the time left, and the row with the widest interval and its median" \
		grep -qE "round [0-9]+, [0-9] s left, $figure" "$T/lines"
	script -qec "stty cols 60; $ZAPBENCH run refault --policy eager --budget 2.5 --out $T/o.json" "$T/typed" >/dev/null
	tr '\r' '\n' <"$T/typed" | sed 's/\x1b\[[0-9;]*m//g' | grep "^round" >"$T/lines"
	ok "it fits the terminal" no grep -E ".{60}" "$T/lines"
	ok "without losing the figure" grep -qE "$figure" "$T/lines"
else
	skip "progress on a terminal" "no script(1)"
fi
tap_end
