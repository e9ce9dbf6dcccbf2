#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The real program from end to end: what it measures, prints, writes and answers.
# The conditions are strings on purpose: ok() evaluates them.
# shellcheck disable=SC2016,SC2034
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"

# field FILE PYTHON-EXPRESSION over the record r: prints it
field() { python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"; }
is() { [ "$1" = "$2" ] || { echo "# is '$1', expected '$2'"; return 1; }; }
less() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a + 0 <= b + 0) }' || { echo "# $1 is not at most $2"; return 1; }; }

# --- what is there
ok "help" exits 0 "$ZAPBENCH" --help
ok "help of run names every parameter" eval 'exits 0 "$ZAPBENCH" run --help && says "$T/out" "touched" && says "$T/out" "--loop SECONDS"'
ok "version" eval 'exits 0 "$ZAPBENCH" --version && says "$T/out" "zapbench 0."'
ok "list says what is not here, and why" eval 'exits 0 "$ZAPBENCH" list && says "$T/out" "refault on memfd" && says "$T/out" "fix:"'
if [ -e /dev/udmabuf ]; then
	skip "list names the missing udmabuf" "this machine has /dev/udmabuf"
else
	ok "list names the missing udmabuf" says "$T/out" "not here: /dev/udmabuf"
	ok "a source that is not here is an error with its remedy" eval \
		'exits 1 "$ZAPBENCH" run --source udmabuf && says "$T/err" "fix: sudo modprobe udmabuf"'
fi
"$ZAPBENCH" list >"$T/out"
ok "policies with the same calls are listed as one" says "$T/out" "eager+lazy   page    write  zap: madvise(MADV_DONTNEED)"
ok "info" eval 'exits 0 "$ZAPBENCH" info && says "$T/out" "page_size_bytes" && says "$T/out" "resolution_ns"'
if ls /sys/bus/event_source/devices/cpu >/dev/null 2>&1 || ls -d /sys/bus/event_source/devices/armv8* >/dev/null 2>&1; then
	skip "info: no event without a PMU, with the reason" "this machine has a PMU"
else
	ok "info: no event without a PMU, with the reason" eval 'grep -E "^  cycles +not counted: " "$T/out" >/dev/null'
fi

# --- wrong words
ok "no command" exits 2 "$ZAPBENCH"
ok "a wrong command is answered with the nearest" eval 'exits 2 "$ZAPBENCH" rnu && says "$T/err" "did you mean '"'run'"'"'
ok "a wrong case" eval 'exits 2 "$ZAPBENCH" run refualt && says "$T/err" "did you mean '"'refault'"'"'
ok "a wrong parameter" eval 'exits 2 "$ZAPBENCH" run --set acess=read && says "$T/err" "did you mean '"'access'"'"'
ok "a wrong value" eval 'exits 2 "$ZAPBENCH" run --policy egaer && says "$T/err" "did you mean '"'eager'"'"'
ok "a wrong option" eval 'exits 2 "$ZAPBENCH" run --bugdet 3 && says "$T/err" "did you mean --budget?"'
ok "a wrong profile" eval 'exits 2 "$ZAPBENCH" run --profile quikc && says "$T/err" "did you mean '"'quick'"'"'
for bad in '--budget=-1' '--budget=x' '--precision=0' '--cpu=1.5' '--seed=-1' '--repeat=0' '--label=x' '--set=size=4097' '--loop=0'; do
	ok "$bad is a usage error" exits 2 "$ZAPBENCH" run "$bad"
done
ok "a CPU that does not exist names those that do" eval 'exits 1 "$ZAPBENCH" run null --cpu 4095 && says "$T/err" "4095"'
ok "a parameter without effect" eval 'exits 2 "$ZAPBENCH" run null --set maps=2 && says "$T/err" "no effect"'
ok "model without a file" exits 2 "$ZAPBENCH" model
ok "model: a wrong number" eval 'exits 2 "$ZAPBENCH" model x --bytes 4X && says "$T/err" "--bytes: expected a number from 4096"'
ok "model: a question without a size" eval 'exits 2 "$ZAPBENCH" model x --maps 2 && says "$T/err" "give --bytes"'
ok "model: a file that is not there" eval 'exits 1 "$ZAPBENCH" model "$T/nothing.json" && says "$T/err" "nothing.json"'
ok "the round's process is not for users" exits 2 "$ZAPBENCH" __round 0

# --- a run
mkdir "$T/r"
measured() { "$@" >"$T/out" 2>"$T/err"; tap_status=$?; [ $tap_status -eq 0 ] || [ $tap_status -eq 3 ]; }
ok "a run of everything, quickly" measured "$ZAPBENCH" run --budget 4 --seed 7 --label kernel=stock --label 'who="me" <&>' --out "$T/r/"
cp "$T/out" "$T/table"
ok "the table fits a mail: 78 columns" eval '! grep -E "^.{79,}" "$T/table" | grep -v "^results: "'
ok "the table is ASCII" eval '! LC_ALL=C grep -n "[^ -~]" "$T/table"'
ok "progress without a terminal is plain lines" eval '! grep "[[:cntrl:]]" "$T/err"'
ok "a run says what it will do, and how long, before it does it" eval \
	'grep -qE "^zapbench: [0-9]+ configurations, [0-9]+ skipped; warm-up first$" "$T/err" && grep -qE "[0-9.e-]+ s per round: at most 4 s of rounds, then [0-9]+ s to count events; ends by [0-9:]+$" "$T/err"'
ok "the table says what userspace cannot do" says "$T/table" "NOT measured: write-combined"
record=$T/r/latest.json
ok "latest.json leads to the record" eval '[ -L "$record" ] && [ -s "$record" ]'
ok "no journal is left" eval '! ls "$T"/r/*.journal 2>/dev/null'
ok "the record has its seed, labels and command" eval \
	'is "$(field "$record" "r[\"run\"][\"seed\"]")" 7 && says "$record" "stock" && says "$record" "--budget 4"'
# What else goes on in the machine may take a page away now and then: such a sample must be marked, and be rare.
wrong=$(field "$record" "sum(f!=c['faults_expected'] for c in r['configurations'] for f in c['samples']['faults_minor'])")
samples=$(field "$record" "sum(len(c['samples']['faults_minor']) for c in r['configurations'])")
ok "samples took the faults they must" less "$wrong" "$((samples / 100))"
ok "and the status says whether all did" is "$tap_status" "$([ "$wrong" -eq 0 ] && echo 0 || echo 3)"
ok "no major fault" is "$(field "$record" "sum(sum(c['samples']['faults_major']) for c in r['configurations'])")" 0
ok "a page-wise write refault is one fault a page" is "$(field "$record" "[c['faults_expected']/c['operations'] for c in r['configurations'] if c['name']=='refault/memfd/eager+lazy/page/4M'][0]")" 1.0
ok "the control takes none" is "$(field "$record" "[c['faults_expected'] for c in r['configurations'] if c['name']=='refault/memfd/cached/none/4M'][0]")" 0
ok "every configuration ran in every round" is "$(field "$record" "len({len(c['samples']['time_ns']) for c in r['configurations']})")" 1
ok "in shuffled order" is "$(field "$record" "len(set(r['configurations'][0]['samples']['position']))>1")" True
ok "each position once a round" is "$(field "$record" "all(sorted(p)==list(range(len(r['configurations']))) for p in zip(*[c['samples']['position'] for c in r['configurations']]))")" True
null=$(field "$record" "[sorted(c['samples']['time_ns'])[len(c['samples']['time_ns'])//2]/c['operations'] for c in r['configurations'] if c['case']=='null'][0]")
page=$(field "$record" "[sorted(c['samples']['time_ns'])[len(c['samples']['time_ns'])//2]/c['operations'] for c in r['configurations'] if c['name']=='refault/memfd/eager+lazy/page/4M'][0]")
if [ "$sanitized" = yes ]; then
	skip "the harness costs at most 1 % of a refault" "the sanitizers' cost is not the harness's"
else
	ok "the harness costs at most 1 % of a refault" less "$null" "$(awk -v p="$page" 'BEGIN { print p / 100 }')"
fi
if command -v jsonschema >/dev/null; then
	ok "the record is what its schema says" exits 0 jsonschema -i "$record" "$SRC/results/schema/zapbench.schema.json"
else
	skip "the record is what its schema says" "no jsonschema; apt-get install python3-jsonschema"
fi

# --- the same seed is the same order
"$ZAPBENCH" run null zap --budget 0.3 --seed 3 --quiet --out "$T/a.json"
"$ZAPBENCH" run null zap --budget 0.3 --seed 3 --quiet --out "$T/b.json"
ok "one seed, one order of rounds" is "$(field "$T/a.json" "r['configurations'][0]['samples']['position'][:3]")" \
	"$(field "$T/b.json" "r['configurations'][0]['samples']['position'][:3]")"

# --- owners, layouts, orders: whoever holds the mappings, the faults add up
for set in 'maps=3 owners=threads' 'maps=3 owners=processes' 'maps=3 owners=self'; do
	# shellcheck disable=SC2086
	ok "zap with $set" measured "$ZAPBENCH" run zap --set ${set% *} --set ${set#* } --budget 0.5 --quiet --out "$T/o.json"
done
ok "random layout" measured "$ZAPBENCH" run refault --layout random --set granularity=page --set timing=batch --budget 0.5 --quiet --out "$T/o.json"
for set in order=reverse order=random touched=0.1 stride=7 size=64K,1M; do
	ok "refault with $set" measured "$ZAPBENCH" run refault --set "$set" --set timing=batch --budget 0.5 --quiet --out "$T/o.json"
	ok "its samples are valid" less "$(field "$T/o.json" "sum(f!=c['faults_expected'] for c in r['configurations'] for f in c['samples']['faults_minor'])")" 1
done
ok "a ring of three buffers" measured "$ZAPBENCH" run frame --source memfd --policy eager,lazy --set granularity=around --set ring=1,3 --set size=1M \
	--budget 1 --quiet --out "$T/o.json"
ok "takes three times the faults" [ "$(field "$T/o.json" "[[c['faults_expected'] / c['repetitions'] / (c['params']['ring'] * c['params']['frames']) for c in r['configurations'] if c['policy'] == p][:2] for p in ('eager', 'lazy')]" | python3 -c 'import sys; print(all(a == b > 0 for a, b in eval(sys.stdin.read())))')" = True ]
ok "more frames one by one than the buffer has pages" measured "$ZAPBENCH" run frame --source memfd --policy cached --set timing=event --set frames=1000 \
	--set ring=16 --set size=64K --budget 1 --quiet --out "$T/o.json"
ok "frame with every granularity" measured "$ZAPBENCH" run frame --set granularity=around,buffer,huge --set touched=0.1,1 --budget 1 --quiet --out "$T/o.json"

# --- bytes moved: each sample checks them, and takes no fault
ok "bandwidth by every instruction" measured "$ZAPBENCH" run bandwidth --policy eager --set granularity=page --set state=after --set size=260K \
	--set transfer=read,write,fill,copy-from,copy-to --set isa=scalar,vector,stream --budget 1 --quiet --out "$T/o.json"
ok "a repetition moves the whole buffer" is "$(field "$T/o.json" "sorted({c['bytes']/c['repetitions'] for c in r['configurations']})")" "[266240.0]"
ok "no transfer faults" is "$(field "$T/o.json" "sorted({c['faults_expected'] for c in r['configurations']})")" "[0]"
ok "nothing comes after a zap that never is" eval \
	'exits 1 "$ZAPBENCH" run bandwidth --policy cached --set state=after && says "$T/err" "never zaps"'

# --- loads: a chain that is not followed fails the run
ok "tlb-reach" measured "$ZAPBENCH" run tlb-reach --policy eager --set granularity=page --set access=write --set pages=16,64 \
	--set chain=1024 --set state=before,after --set size=256K --budget 1 --out "$T/o.json"
ok "its loads take no fault" is "$(field "$T/o.json" "sorted({c['faults_expected'] for c in r['configurations']})")" "[0]"
ok "two points show no knee, and that is said" says "$T/out" "none: too few points"
ok "pages that cannot hold the chain" eval \
	'exits 1 "$ZAPBENCH" run tlb-reach --policy eager --set pages=3 && says "$T/err" "powers of 2"'

# --- the parts of a first access: one pass faults, the others do not
ok "tlb-refill" measured "$ZAPBENCH" run tlb-refill --policy eager --set granularity=page --set access=write --set size=64K \
	--set order=sequential --set pass=fault,first,flushed,second,unzapped --budget 1 --quiet --out "$T/o.json"
ok "one pass takes the faults" is \
	"$(field "$T/o.json" "[c['faults_expected']/c['operations'] for c in r['configurations']]")" "[1.0, 0.0, 0.0, 0.0, 0.0]"

# --- what a granularity brings back for nothing, in bytes: of 256 KiB 32 are touched
bytes() { field "$T/o.json" "[set(c['samples']['$1_bytes']) for c in r['configurations']]"; }
ok "access-pattern" measured "$ZAPBENCH" run access-pattern --policy eager --set granularity=page,buffer --set access=write \
	--set order=random --set stride=1 --set size=256K --set touched=0.125 --budget 1 --quiet --out "$T/o.json"
ok "page by page nothing unused is mapped" is "$(bytes unused) of $(bytes mapped)" "[{0.0}, {229376.0}] of [{32768.0}, {262144.0}]"
ok "access-pattern reads, then writes" measured "$ZAPBENCH" run access-pattern --policy eager --set granularity=around,huge \
	--set access=both --set order=reverse --set size=2M --set touched=0.5 --set stride=1 --budget 1 --out "$T/o.json"
ok "the table says what was mapped for nothing" says "$T/out" "unused 1048576 bytes"

# --- plan, loop, repeat, standard output
ok "a dry run measures nothing and says how long" eval 'cd "$T" && exits 0 "$ZAPBENCH" run --dry-run && says "$T/out" "A round took" && says "$T/out" "minutes at most" && [ ! -e results ]'
ok "a loop takes one configuration" eval 'exits 2 "$ZAPBENCH" run refault --loop 1 && says "$T/err" "choose one"'
ok "a loop" eval 'exits 0 "$ZAPBENCH" run refault --set granularity=page --set timing=batch --policy eager --loop 0.3 && says "$T/err" " passes of 1024 pages, 0 of them"'
mkdir "$T/n"
ok "repeat makes a file a run" eval 'exits 0 "$ZAPBENCH" run null --repeat 3 --budget 0.1 --quiet --out "$T/n/x.json" && is "$(ls "$T/n" | tr "\n" " ")" "latest.json x-1.json x-2.json x-3.json "'
ok "the record on standard output" eval 'exits 0 "$ZAPBENCH" run null --budget 0.1 --out - && python3 -m json.tool <"$T/out" >/dev/null && says "$T/err" "ns/page"'
ok "repeat does not go to standard output" exits 2 "$ZAPBENCH" run --repeat 2 --out -

# --- in a terminal
if command -v script >/dev/null; then
	script -qec "TERM=xterm $ZAPBENCH run null --budget 0.3 --out $T/o.json" "$T/typescript" >/dev/null
	ok "a terminal gets one line that is redrawn, in colour" eval 'says "$T/typescript" "$(printf "\r\033[36m")"'
	NO_COLOR=1 script -qec "TERM=xterm $ZAPBENCH run null --budget 0.3 --out $T/o.json" "$T/typescript" >/dev/null
	ok "NO_COLOR is honoured" eval '! grep -q "$(printf "\033")" "$T/typescript"'
else
	skip "progress on a terminal" "no script(1)"
fi
tap_end
